// Builds the page: one self-contained template, dist/page.html, in which @DATA@ stands for
// the data (see src/data.ts). Script and style are allowed by their hashes alone.

import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const MOST_BYTES = 250_000;

async function bundle(entry) {
	const result = await build({
		entryPoints: [here(entry)], bundle: true, minify: true, write: false, target: 'es2022', format: 'iife', charset: 'utf8', legalComments: 'none', logLevel: 'warning',
	});
	return result.outputFiles[0].text.trim();
}

const hash = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

export async function buildPage() {
	const script = (await bundle('src/main.ts')).replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');
	const style = (await bundle('src/style/page.css')).replaceAll('</style', '');
	const licence = (await readFile(here('node_modules/@dagrejs/dagre/LICENSE'), 'utf8')).trim();
	const values = { LICENCE: licence, SCRIPT_HASH: hash(script), STYLE_HASH: hash(style), STYLE: style, SCRIPT: script };
	const template = await readFile(here('src/page.html'), 'utf8');
	const page = template.replace(/@(LICENCE|SCRIPT_HASH|STYLE_HASH|STYLE|SCRIPT)@/g, (_, name) => values[name]);
	if (page.split('@DATA@').length !== 2) throw new Error('the placeholder of the data must stand in the page once');
	const size = Buffer.byteLength(page);
	if (size > MOST_BYTES) throw new Error(`the page has ${size} bytes, but the limit is ${MOST_BYTES}`);
	return page;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const page = await buildPage();
	await mkdir(here('dist'), { recursive: true });
	await writeFile(here('dist/page.html'), page);
	console.log(`dist/page.html: ${Buffer.byteLength(page)} bytes`);
}
