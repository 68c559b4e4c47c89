// The page's modules for tests that need no browser.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/** Exports of modules of src/, by the names of their files without .ts. */
export async function load(...modules) {
	const contents = modules.map((name) => `export * from './${name}';`).join('\n');
	const { outputFiles } = await build({
		stdin: { contents, resolveDir: fileURLToPath(new URL('../src', import.meta.url)), loader: 'ts' },
		bundle: true, write: false, format: 'esm', target: 'es2022', charset: 'utf8', logLevel: 'error',
	});
	const directory = await mkdtemp(join(tmpdir(), 'ticket_mining-modules-'));
	try {
		await writeFile(join(directory, 'modules.mjs'), outputFiles[0].text);
		return await import(pathToFileURL(join(directory, 'modules.mjs')).href);
	} finally {
		await rm(directory, { recursive: true });
	}
}
