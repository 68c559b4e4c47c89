// Random chains of filters over the made-up desk, in any order of case and event steps.

import { ACTIVITIES } from './desk.mjs';

const labels = ACTIVITIES.map((a) => a[0]);

export function randomChain(dice, stories) {
	const chain = [];
	const length = 1 + Math.floor(dice() * 4);
	for (let n = 0; n < length; n++) chain.push(randomStep(dice, stories));
	return chain;
}

const pick = (dice, list) => list[Math.floor(dice() * list.length)];
const some = (dice, most) => [...new Set(Array.from({ length: 1 + Math.floor(dice() * most) }, () => pick(dice, labels)))];

function period(dice) {
	const instant = () => new Date(Date.UTC(2023, Math.floor(dice() * 12), 1 + Math.floor(dice() * 28), Math.floor(dice() * 24))).toISOString().replace('.000', '');
	const [from_at, to_at] = [instant(), instant()].sort();
	const kind = dice();
	return kind < 0.6 ? { from_at, to_at } : kind < 0.8 ? { from_at } : { to_at };
}

function condition(dice, stories) {
	const bound = pick(dice, ['over', 'under', 'at_least', 'at_most']);
	const kinds = [
		() => ({ has: some(dice, 2) }), () => ({ has_any: some(dice, 3) }), () => ({ starts_with: some(dice, 3) }), () => ({ ends_with: some(dice, 4) }),
		() => ({ edge: { source: pick(dice, labels), target: pick(dice, labels), ...(dice() < 0.5 && { [bound]: pick(dice, ['PT1H', 'PT7200S', 'P1D', 'P10D']) }) } }),
		() => ({ [`duration_${bound}`]: pick(dice, ['PT1H', 'P1D', 'P10D', 'P11DT2H']) }), () => ({ [`length_${bound}`]: 2 + Math.floor(dice() * 7) }),
		() => ({ [pick(dice, ['starts_in', 'ends_in', 'contained_in', 'intersects'])]: period(dice) }),
		() => ({ attribute: { priority: ['Normal', pick(dice, ['Lav', 'Høj'])], ...(dice() < 0.3 && { department: [null, 'Jobcenter'] }) } }),
		() => ({ attribute: { case_no: stories.filter(() => dice() < 0.5).map((story) => story.no) } })];
	return pick(dice, kinds)();
}

function randomStep(dice, stories) {
	const kinds = [
		() => ({ keep_events: some(dice, 9) }), () => ({ drop_events: some(dice, 3) }), () => ({ mask_events: some(dice, 3) }),
		() => ({ crop_events: { ...(dice() < 0.8 ? { from: some(dice, 4) } : {}), to: some(dice, 5), ...(dice() < 0.4 && { from_which: 'last' }), ...(dice() < 0.4 && { to_which: 'first' }) } }),
		() => ({ crop_between: period(dice) }),
		() => ({ keep_cases: condition(dice, stories) }), () => ({ drop_cases: condition(dice, stories) }),
		() => ({ keep_cases: { ...condition(dice, stories), ...condition(dice, stories) } })];
	return pick(dice, kinds)();
}
