// A step of a chain in words.

import type { LogContext } from '../app/context';
import { nameOf } from '../ui/cases';
import { date, duration, number } from '../ui/format';
import { sayLabel } from '../ui/label';
import { say, type Word } from '../ui/words';
import { parseDuration, parseInstant, type Conditions, type Period, type Step } from './grammar';

export function describeStep(context: LogContext, step: Step): string {
	const own = nameOf(step);
	if ('keep_cases' in step)
		return say('step_keep_cases', own ?? describeConditions(context, step.keep_cases));
	if ('drop_cases' in step)
		return say('step_drop_cases', own ?? describeConditions(context, step.drop_cases));
	if ('keep_events' in step) return say('step_keep_events', list(context, step.keep_events));
	if ('drop_events' in step) return say('step_drop_events', list(context, step.drop_events));
	if ('mask_events' in step) return say('step_mask_events', list(context, step.mask_events));
	if ('crop_match' in step) return say('step_crop_match', sayLabel(step.crop_match.pattern));
	if ('crop_between' in step) return say('step_crop_between', ...periodEnds(step.crop_between));
	const { from, to, from_which = 'first', to_which = 'last' } = step.crop_events;
	return say(
		'step_crop_events',
		from ? say(`${from_which}_of`, list(context, from)) : say('start_of_case'),
		to ? say(`${to_which}_of`, list(context, to)) : say('end_of_case'),
	);
}

function label({ model }: LogContext, activity: string): string {
	const { activities } = model.data;
	const known = activities.activity.indexOf(activity);
	return sayLabel(known < 0 ? activity : activities.label[known]!);
}

function list(context: LogContext, names: readonly string[]): string {
	return names.map((name) => label(context, name)).join(', ');
}

function periodEnds({ from_at, to_at }: Period): [string, string] {
	const day = (iso: string | undefined) =>
		iso === undefined ? '…' : date(parseInstant(iso) * 1000);
	return [day(from_at), day(to_at)];
}

function describeConditions(context: LogContext, conditions: Conditions): string {
	return Object.entries(conditions)
		.map(([name, value]) => describeCondition(context, name as keyof Conditions, value))
		.join(` ${say('and')} `);
}

type Any = Conditions[keyof Conditions];

function describeCondition(context: LogContext, name: keyof Conditions, value: Any): string {
	const bounded = /^(duration|length)_(.*)$/.exec(name);
	if (bounded) {
		const amount =
			bounded[1] === 'length'
				? number(value as number)
				: duration(parseDuration(value as string));
		return say(`cond_${bounded[1]}` as Word, say(`bound_${bounded[2]}` as Word), amount);
	}
	switch (name) {
		case 'matches':
			return say('cond_matches', sayLabel(value as string));
		case 'edge':
			return describeEdge(context, value as NonNullable<Conditions['edge']>);
		case 'attribute':
			return describeAttribute(value as NonNullable<Conditions['attribute']>);
		case 'starts_in':
		case 'ends_in':
		case 'contained_in':
		case 'intersects':
			return say(`cond_${name}`, periodEnds(value as Period).join(' – '));
		case 'has_any':
			return say(
				(value as string[]).length > 1 ? 'cond_has_any' : 'cond_has',
				list(context, value as string[]),
			);
		default:
			return say(`cond_${name}` as Word, list(context, value as string[]));
	}
}

function describeEdge(context: LogContext, edge: NonNullable<Conditions['edge']>): string {
	const bounds = (['over', 'under', 'at_least', 'at_most'] as const)
		.filter((bound) => edge[bound] !== undefined)
		.map((bound) => `${say(`bound_${bound}`)} ${duration(parseDuration(edge[bound]!))}`);
	return [
		say('cond_edge', label(context, edge.source), label(context, edge.target)),
		...bounds,
	].join(', ');
}

function describeAttribute(wanted: NonNullable<Conditions['attribute']>): string {
	return Object.entries(wanted)
		.map(([name, values]) =>
			name === 'case_no' || name === 'case_id'
				? say('cond_ids', number(values.length))
				: say(
						'cond_attribute',
						sayLabel(name),
						values
							.slice(0, 4)
							.map((v) => (v === null ? say('no_value') : sayLabel(String(v))))
							.join(', ') + (values.length > 4 ? ' …' : ''),
					),
		)
		.join(` ${say('and')} `);
}
