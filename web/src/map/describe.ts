// Nodes and edges in words: all figures for the tip under the pointer, and for screen readers
// their names with what is written on them.

import type { Context } from '../app/context';
import type { Clock } from '../mine/graph';
import { number, duration, cases, events } from '../ui/format';
import { sayLabel } from '../ui/label';
import { say } from '../ui/words';
import { edgeText, type SceneEdge, type SceneNode } from './scene';

export function describe(context: Context, of: SceneNode | SceneEdge): string {
	return 'source' in of ? describeEdge(context, of) : describeNode(context, of);
}

function describeNode({ processMap }: Context, node: SceneNode): string {
	const { activities } = processMap().graph;
	if (typeof node.name !== 'number') return `${node.label}: ${cases(node.count)}`;
	const a = node.name;
	return `${sayLabel(node.label)}: ${cases(activities.caseFrequency[a]!)}, ${events(activities.frequency[a]!)}`;
}

function describeEdge(context: Context, { source, target, index }: SceneEdge): string {
	const { names, clocks } = context;
	const map = context.processMap();
	const edge = map.edges[index]!;
	const head = `${sayLabel(source.label)} → ${sayLabel(target.label)}\n${cases(edge.caseFrequency)}`;
	if (edge.edge < 0) return head;
	const line = (clock: Clock) => {
		const s = map.graph.statistics(edge.edge, clock);
		const told = (['median', 'mean', 'p90', 'total'] as const).map(
			(measure) =>
				`${say(measure)} ${duration(names.seconds(s[measure]), names.day(clock === 'business'))}`,
		);
		return `${say(clock)}: ${told.join(', ')}`;
	};
	return [
		`${head}, ${number(edge.frequency)} ${say('times').toLowerCase()}, ${say('max_per_case').toLowerCase()} ${number(edge.maxPerCase)}`,
		...clocks.map(line),
	].join('\n');
}

export function nameOf({ store }: Context, of: SceneNode | SceneEdge): string {
	if (!('source' in of)) return `${sayLabel(of.label)} ${of.figure}`;
	const { unit, measure } = store.state;
	return `${sayLabel(of.source.label)} → ${sayLabel(of.target.label)}: ${edgeText(of.text)} (${say(unit)}${of.text[1] && `, ${say(measure)}`})`;
}
