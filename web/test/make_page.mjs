// Pages for tests and for looking at: node test/make_page.mjs FILE [CASES]

import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { buildPage } from '../build.mjs';
import { histories, logData } from './desk.mjs';

export function embed(template, data) {
	const json = JSON.stringify(data).replace(/[<>&\u2028\u2029]/g, (c) => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0'));
	return template.replace('@DATA@', () => json);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const [file, cases = '11500'] = process.argv.slice(2);
	await writeFile(file, embed(await buildPage(), logData(histories(Number(cases)))));
}
