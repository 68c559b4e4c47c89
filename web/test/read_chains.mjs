// What the page's code leaves of its cases under chains, null for the one that the page begins
// with: node test/read_chains.mjs PAGE <CHAINS >RESULTS

import { readFileSync } from 'node:fs';
import { load } from './load.mjs';

const { readLog, wholeTraces, applyChain, readChain, mineGraph, parseExact } = await load('mine/log', 'mine/traces', 'mine/graph', 'chain/evaluate', 'chain/check', 'chain/exact');
const [, text] = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(readFileSync(process.argv[2], 'utf8'));
const data = JSON.parse(text);
const log = readLog(data);
const { activity } = data.activities;

function result(chain) {
	const { traces, left } = applyChain(log, wholeTraces(log), readChain(log, chain ?? parseExact(data.chain)));
	const graph = mineGraph(log, traces);
	const { edges, activities: { starts, ends, open } } = graph;
	const seconds = (k) => graph.statistics(k, 'elapsed').total / data.ticks_per_second;
	return {
		left: left.map(({ cases, events }) => [cases, events]),
		ends: activity.map((name, a) => [name, starts[a], ends[a] + open[a]]).filter(([, begin, end]) => begin + end),
		edges: Array.from({ length: edges.count }, (_, k) => [activity[edges.source[k]], activity[edges.target[k]], edges.frequency[k], edges.caseFrequency[k], edges.maxPerCase[k], seconds(k)]),
	};
}

process.stdout.write(JSON.stringify(parseExact(readFileSync(0, 'utf8')).map(result)));
