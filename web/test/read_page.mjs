// What a page says under slices and chains: node test/read_page.mjs PAGE <SCENARIOS >READINGS
// Both are lists in JSON; see drive.mjs for their entries.

import { readFileSync } from 'node:fs';
import { Browser } from './browser.mjs';
import { clear, read, readQuestions, setChain, slice } from './drive.mjs';

const scenarios = JSON.parse(readFileSync(0, 'utf8'));
const browser = await Browser.open();
try {
	const page = await browser.page(readFileSync(process.argv[2], 'utf8'));
	const readings = [];
	for (const scenario of scenarios) {
		await slice(page, scenario);
		if (scenario.chain?.length) await setChain(page, scenario.chain);
		readings.push({ ...(await read(page)), questions: await readQuestions(page) });
		await clear(page);
	}
	const left = page.requests.filter((url) => !url.startsWith('file:'));
	process.stdout.write(JSON.stringify({ readings, faults: page.faults, requests: left }));
} finally {
	await browser.close();
}
