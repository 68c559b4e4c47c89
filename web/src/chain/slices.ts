// Slices as steps of a chain, so that a whole choice can go to SQL. Months of all cohorts but
// that of creation have no step that means the same, and stay slices.

import type { LogModel } from '../app/model';
import type { State } from '../app/state';
import { dayOf, type Dimension } from '../mine/dimensions';
import { exact } from './exact';
import type { Scalar, Step } from './grammar';

/** What to change to make the slices the first steps of the chain; null without any to take. */
export function slicesToSteps(
	model: LogModel,
	state: State,
): Pick<State, 'months' | 'slices' | 'chain'> | null {
	const steps = [...monthStep(model, state), ...attributeStep(model, state)];
	if (!steps.length) return null;
	return {
		chain: [...steps, ...state.chain],
		slices: new Map(),
		months: state.cohort === 'created' ? null : state.months,
	};
}

function monthStep(model: LogModel, { cohort, months }: State): Step[] {
	if (!months || cohort !== 'created') return [];
	return [
		{
			keep_cases: {
				starts_in: {
					from_at: model.time.monthStart(months[0]),
					to_at: model.time.monthStart(months[1] + 1),
				},
			},
		},
	];
}

function attributeStep(model: LogModel, { slices }: State): Step[] {
	const attribute: Record<string, Scalar[]> = {};
	for (const dimension of model.dimensions) {
		const codes = slices.get(dimension.name);
		if (codes)
			attribute[columnOf(dimension)] = [...codes].flatMap((code) =>
				valuesOf(model, dimension, code),
			);
	}
	return Object.keys(attribute).length ? [{ keep_cases: { attribute } }] : [];
}

function columnOf({ name, isAttribute }: Dimension): string {
	if (isAttribute) return name;
	return name === 'team' ? 'teams' : 'status';
}

function valuesOf(model: LogModel, dimension: Dimension, code: number): Scalar[] {
	const { teams, activities } = model.data;
	const value = dimension.values[code]!;
	if (!dimension.isAttribute && dimension.name === 'team') return [teams.team[code]!];
	if (!dimension.isAttribute)
		return [
			...activities.activity.filter((_, a) => activities.kind[a] === value),
			...(value === 'open' ? ['none'] : []),
		];
	if (value === '' && code === dimension.values.length - 1 && dimension.hasNone) return [null];
	if (dimension.type === 'time') return timesOf(model, dimension, value);
	if (dimension.type === 'number') return [exact(value)];
	return dimension.type === 'boolean' ? [value === 'true'] : [value];
}

/** A chain takes times as they are, not as days. */
function timesOf({ data }: LogModel, { name }: Dimension, day: string): string[] {
	return data.cases.attributes
		.find((a) => a.name === name)!
		.values.filter((time) => dayOf(time) === day);
}
