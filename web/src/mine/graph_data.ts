// A graph that comes ready-made, in the form of one that is mined here. Its durations are in
// seconds.

import type { GraphData } from '../data';
import type { Graph } from './graph';
import type { Statistics } from './statistics';

export function graphOfData(data: GraphData): Graph {
	const { activities: a, edges: e } = data;
	const places = new Map(e.source.map((source, k) => [`${source} ${e.target[k]}`, k]));
	return {
		cases: data.cases,
		events: data.events,
		activities: {
			frequency: ints(a.frequency),
			caseFrequency: ints(a.case_frequency),
			maxPerCase: ints(a.max_per_case),
			starts: ints(a.starts),
			ends: ints(a.ends),
			open: new Float64Array(a.activity.length),
		},
		edges: {
			count: e.source.length,
			source: Int32Array.from(e.source),
			target: Int32Array.from(e.target),
			frequency: ints(e.frequency),
			caseFrequency: ints(e.case_frequency),
			maxPerCase: ints(e.max_per_case),
		},
		statistics: (k): Statistics => ({
			count: e.frequency[k]!,
			total: e.total[k]!,
			min: e.min[k]!,
			max: e.max[k]!,
			mean: e.mean[k]!,
			median: e.median[k]!,
			p90: e.p90[k]!,
		}),
		find: (source, target) => places.get(`${source} ${target}`) ?? -1,
	};
}

/** Counts of a ready-made graph may be beyond 32 bits. */
function ints(values: readonly number[]): Float64Array {
	return Float64Array.from(values);
}
