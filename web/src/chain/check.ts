// What the grammar alone cannot say: whether patterns can be read, and whether the page has
// the attributes that a chain asks for.

import type { Log } from '../mine/log';
import { checkAttributes } from './attribute';
import { parseChain, type Chain } from './grammar';
import { compilePattern } from './pattern';

export function readChain(log: Log, json: unknown): Chain {
	const chain = parseChain(json);
	for (const step of chain) {
		if ('crop_match' in step) compilePattern(log, step.crop_match.pattern);
		const conditions =
			'keep_cases' in step ? step.keep_cases : 'drop_cases' in step ? step.drop_cases : {};
		if (conditions.matches !== undefined) compilePattern(log, conditions.matches);
		if (conditions.attribute) checkAttributes(log, Object.keys(conditions.attribute));
	}
	return chain;
}
