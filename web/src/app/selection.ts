// What is selected on the map: its figures, the cases behind it, and the conditions that
// keep cases with or without it.

import type { Conditions } from '../chain/grammar';
import type { Log } from '../mine/log';
import type { ProcessMap } from '../mine/process_map';
import type { Traces } from '../mine/traces';
import { nodeName } from '../map/scene';
import type { NodeName, Selected } from './state';

export function sameSelection(a: Selected, b: Selected): boolean {
	if (!a || !b) return a === b;
	if ('node' in a) return 'node' in b && a.node === b.node;
	return !('node' in b) && a.source === b.source && a.target === b.target;
}

/** Index of the map's edge; -1 where the map no longer has it. */
export function findEdge(
	map: ProcessMap,
	selected: { source: NodeName; target: NodeName },
): number {
	return map.edges.findIndex(
		(edge) =>
			nodeName(map, edge.source) === selected.source &&
			nodeName(map, edge.target) === selected.target,
	);
}

/** The cases that have what is selected, newest first. */
export function casesOf(log: Log, traces: Traces, selected: NonNullable<Selected>): number[] {
	const test =
		'node' in selected
			? nodeTest(log, traces, selected.node)
			: edgeTest(log, traces, selected.source, selected.target);
	const found: number[] = [];
	for (let i = 0; i < traces.cases.length; i++) if (test(i)) found.push(traces.cases[i]!);
	return found;
}

type Test = (i: number) => boolean;

function nodeTest(log: Log, traces: Traces, node: NodeName): Test {
	if (node === 'start') return (i) => !traces.gap[traces.from[i]!];
	if (node === 'end' || node === 'open')
		return (i) =>
			!traces.gapAtEnd[i] && (log.isOpen[traces.cases[i]!] === 1) === (node === 'open');
	return (i) => {
		for (let e = traces.from[i]!; e < traces.to[i]!; e++)
			if (traces.activity[e] === node) return true;
		return false;
	};
}

function edgeTest(log: Log, traces: Traces, source: NodeName, target: NodeName): Test {
	if (source === 'start')
		return (i) => !traces.gap[traces.from[i]!] && traces.activity[traces.from[i]!] === target;
	if (target === 'end' || target === 'open') {
		const ends = nodeTest(log, traces, target);
		return (i) => ends(i) && traces.activity[traces.to[i]! - 1] === source;
	}
	return (i) => {
		for (let e = traces.from[i]! + 1; e < traces.to[i]!; e++) {
			if (
				traces.activity[e] === target &&
				traces.activity[e - 1] === source &&
				!traces.gap[e]
			)
				return true;
		}
		return false;
	};
}

/** As a condition of a filter chain; null where no condition says it. */
export function conditionOf(
	activity: readonly string[],
	selected: NonNullable<Selected>,
): Conditions | null {
	if ('node' in selected)
		return typeof selected.node === 'number' ? { has: [activity[selected.node]!] } : null;
	const { source, target } = selected;
	if (source === 'start') return { starts_with: [activity[target as number]!] };
	if (typeof target !== 'number') return { ends_with: [activity[source as number]!] };
	return { edge: { source: activity[source as number]!, target: activity[target]! } };
}
