// Making a step of a chain without writing JSON.

import type { LogContext } from '../app/context';
import { button, h, select } from '../ui/dom';
import { cut, FAULT, namesOf, sayLabel, SHORT } from '../ui/label';
import { say, type Word } from '../ui/words';
import { readChain } from './check';
import { ChainError, type Step } from './grammar';

type Kind =
	| 'keep_has'
	| 'keep_has_any'
	| 'drop_has_any'
	| 'edge'
	| 'starts_with'
	| 'ends_with'
	| 'duration'
	| 'length'
	| 'matches'
	| 'keep_events'
	| 'drop_events'
	| 'mask_events'
	| 'crop_events';
const kinds: readonly Kind[] = [
	'keep_has_any',
	'keep_has',
	'drop_has_any',
	'edge',
	'starts_with',
	'ends_with',
	'duration',
	'length',
	'matches',
	'drop_events',
	'keep_events',
	'mask_events',
	'crop_events',
];

/** Inputs of one kind of step, and what they say. */
interface Fields {
	readonly elements: readonly HTMLElement[];
	/** null as long as something is missing. */
	step(): unknown;
}

export function filterForm(
	context: LogContext,
	add: (step: Step) => void,
	cancel: () => void,
): HTMLElement {
	let fields: Fields;
	const room = h('div', { class: 'fields' });
	const fault = h('p', { class: 'fault', role: 'alert' });
	const choose = (kind: string) => {
		fields = makeFields(context, kind as Kind);
		room.replaceChildren(...fields.elements);
	};
	const apply = () => {
		try {
			const step = fields.step();
			if (step === null) fault.textContent = say('no_activity_chosen');
			else add(readChain(context.model.log, [step])[0]!);
		} catch (error) {
			if (!(error instanceof ChainError)) throw error;
			fault.textContent = say('bad_json', cut(error.message, FAULT));
		}
	};
	const chooser = select(
		say('kind_of_filter'),
		kinds.map((kind) => [kind, say(`f_${kind}` as Word)]),
		kinds[0]!,
		choose,
	);
	choose(kinds[0]!);
	return h(
		'div',
		{
			class: 'editor',
			onkeydown: (event: KeyboardEvent) => event.key === 'Escape' && cancel(),
		},
		chooser,
		room,
		fault,
		h(
			'div',
			{ class: 'actions' },
			button(say('add_filter'), apply, { class: 'primary' }),
			button(say('cancel'), cancel),
		),
	);
}

function makeFields(context: LogContext, kind: Kind): Fields {
	switch (kind) {
		case 'keep_has':
			return activityFields(context, (names) => ({ keep_cases: { has: names } }));
		case 'keep_has_any':
			return activityFields(context, (names) => ({ keep_cases: { has_any: names } }));
		case 'drop_has_any':
			return activityFields(context, (names) => ({ drop_cases: { has_any: names } }));
		case 'starts_with':
		case 'ends_with':
			return activityFields(context, (names) => ({ keep_cases: { [kind]: names } }));
		case 'keep_events':
		case 'drop_events':
		case 'mask_events':
			return activityFields(context, (names) => ({ [kind]: names }));
		case 'edge':
			return edgeFields(context);
		case 'crop_events':
			return cropFields(context);
		case 'duration':
			return durationFields();
		case 'length':
			return lengthFields();
		case 'matches':
			return patternFields();
	}
}

function activityFields(context: LogContext, make: (names: string[]) => unknown): Fields {
	const { activities } = context.model.data;
	const frequency = context.mined().graph.activities.caseFrequency;
	const order = activities.activity
		.map((_, a) => a)
		.sort((a, b) => frequency[b]! - frequency[a]!);
	const boxes = order.map((a) =>
		h(
			'label',
			{ class: 'check' },
			h('input', { type: 'checkbox', value: activities.activity[a]! }),
			sayLabel(activities.label[a]!),
		),
	);
	const list = h(
		'fieldset',
		{ class: 'checks' },
		h('legend', {}, say('activities_choice')),
		boxes,
	);
	const chosen = () =>
		[...list.querySelectorAll<HTMLInputElement>('input:checked')].map((input) => input.value);
	return { elements: [list], step: () => (chosen().length ? make(chosen()) : null) };
}

function activitySelect(context: LogContext, label: Word, isOptional: boolean): HTMLSelectElement {
	const { activities } = context.model.data;
	const names = namesOf(activities.label, SHORT);
	const entries = activities.activity.map(
		(name, a) => [`=${name}`, names.get(activities.label[a]!)!] as const,
	);
	return select(
		say(label),
		isOptional ? [['', say('any_activity')], ...entries] : entries,
		isOptional ? '' : (entries[0]?.[0] ?? ''),
		() => {},
	);
}

function labelled(label: string, ...inputs: HTMLElement[]): HTMLElement {
	return h('div', { class: 'field' }, h('span', {}, label), inputs);
}

type BoundName = 'over' | 'under' | 'at_least' | 'at_most';
const boundNames: readonly BoundName[] = ['over', 'at_least', 'under', 'at_most'];

interface BoundInput {
	readonly element: HTMLElement;
	value(): [BoundName, string] | null;
}

const boundSelect = (label: string) =>
	select(
		label,
		boundNames.map((name) => [name, say(`bound_${name}`)]),
		'over',
		() => {},
	);

/** A bound of a duration; none where no number is given. */
function boundInput(): BoundInput {
	const bound = boundSelect(say('duration_iso'));
	const amount = h('input', {
		type: 'number',
		min: 0,
		step: 'any',
		class: 'short',
		'aria-label': say('duration_iso'),
	});
	const unit = select(
		say('unit'),
		[
			['H', say('unit_hours')],
			['D', say('unit_days')],
		],
		'D',
		() => {},
	);
	const seconds = () => Math.round(Number(amount.value) * (unit.value === 'D' ? 86400 : 3600));
	return {
		element: labelled(say('duration_iso'), bound, amount, unit),
		value: () => (amount.value === '' ? null : [bound.value as BoundName, `PT${seconds()}S`]),
	};
}

function edgeFields(context: LogContext): Fields {
	const [source, target, bound] = [
		activitySelect(context, 'from_activity', false),
		activitySelect(context, 'to_activity', false),
		boundInput(),
	];
	return {
		elements: [
			labelled(say('from_activity'), source),
			labelled(say('to_activity'), target),
			bound.element,
		],
		step: () => {
			const limit = bound.value();
			return {
				keep_cases: {
					edge: {
						source: source.value.slice(1),
						target: target.value.slice(1),
						...(limit && { [limit[0]]: limit[1] }),
					},
				},
			};
		},
	};
}

function cropFields(context: LogContext): Fields {
	const [from, to] = [
		activitySelect(context, 'from_activity', true),
		activitySelect(context, 'to_activity', true),
	];
	return {
		elements: [labelled(say('from_activity'), from), labelled(say('to_activity'), to)],
		step: () => ({
			crop_events: {
				...(from.value && { from: [from.value.slice(1)] }),
				...(to.value && { to: [to.value.slice(1)] }),
			},
		}),
	};
}

function durationFields(): Fields {
	const bound = boundInput();
	return {
		elements: [bound.element],
		step: () => {
			const limit = bound.value();
			return { keep_cases: limit ? { [`duration_${limit[0]}`]: limit[1] } : {} };
		},
	};
}

function lengthFields(): Fields {
	const bound = boundSelect(say('number'));
	const amount = h('input', {
		type: 'number',
		min: 0,
		step: 1,
		value: 10,
		class: 'short',
		'aria-label': say('number'),
	});
	return {
		elements: [labelled(say('number'), bound, amount)],
		step: () => ({ keep_cases: { [`length_${bound.value}`]: Number(amount.value) } }),
	};
}

function patternFields(): Fields {
	const input = h('input', {
		type: 'text',
		class: 'wide',
		spellcheck: 'false',
		'aria-label': say('pattern'),
		placeholder: "'Løst m. mail' ~> 'Løst m. mail'",
	});
	return {
		elements: [labelled(say('pattern'), input)],
		step: () => ({ keep_cases: { matches: input.value } }),
	};
}
