// Which chains the page's code takes, whatever attributes they ask for:
// node test/check_chains.mjs PAGE <CHAINS >FAULTS

import { readFileSync } from 'node:fs';
import { load } from './load.mjs';

const { readLog, readChain, parseExact } = await load('mine/log', 'chain/check', 'chain/exact');
const [, text] = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(readFileSync(process.argv[2], 'utf8'));
const log = readLog(JSON.parse(text));

function fault(chain) {
	try {
		readChain(log, chain);
	} catch (error) {
		if (!/this page has no attribute/.test(error.message)) return String(error);
	}
	return '';
}

process.stdout.write(JSON.stringify(parseExact(readFileSync(0, 'utf8')).map(fault)));
