// Numbers, dates and durations in the reader's form.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './load.mjs';

const page = await load('ui/format', 'ui/words', 'mine/calendar_time', 'ui/label', 'mine/order');
const plain = (text) => text.replace(/[\u00a0\u202f]/g, ' ');
const workday = { seconds: 7.4 * 3600, isWork: true };

test('durations in their two greatest units', () => {
	const told = [[0, '0 s'], [0.4, '0 s'], [0.5, '1 s'], [59.5, '1 min'], [725, '12 min 5 s'], [3599.4, '59 min 59 s'], [3599.5, '1 t'], [11100, '3 t 5 min'], [86399, '1 d'], [86400 * 2 + 3 * 3600, '2 d 3 t'],
		[86400 * 1000, '1.000 d'], [-3600, '−1 t'], [NaN, '–']];
	page.speak('da');
	for (const [seconds, text] of told) assert.equal(plain(page.duration(seconds)), text);
	page.speak('en');
	assert.equal(plain(page.duration(86400 * 1000 + 7200)), '1,000 d 2 h');
	assert.equal(plain(page.duration(3 * workday.seconds + 3600, workday)), '3 wd 1 h');
	assert.equal(plain(page.duration(2 * 3600, workday)), '2 h');
});

test('durations where there is little room', () => {
	page.speak('da');
	for (const [seconds, text] of [[0, '0 s'], [59, '59 s'], [60, '1 min'], [3599, '1,0 t'], [9000, '2,5 t'], [86400 * 2.12, '2,1 d'], [86400 * 12, '12 d'], [workday.seconds * 2, '2,0 arb.d', workday]]) {
		assert.equal(plain(page.shortDuration(seconds, text.includes('arb') ? workday : undefined)), text);
	}
});

test('one, and several', () => {
	page.speak('en');
	assert.deepEqual([page.cases(1), page.cases(2), page.events(1), page.events(1000), page.variants(1), page.variants(0), page.visits(1), page.visits(2)],
		['1 case', '2 cases', '1 event', '1,000 events', '1 variant', '0 variants', '1 visit', '2 visits']);
	page.speak('da');
	assert.deepEqual([page.cases(1), page.events(1), page.events(2), page.visits(2)], ['1 sag', '1 hændelse', '2 hændelser', '2 besøg']);
});

test('numbers, shares and dates', () => {
	page.speak('da');
	assert.deepEqual([page.number(13015), page.percent(342, 13015), page.percent(1, 2), page.percent(0, 5), page.percent(1, 0), page.month(2023 * 12 + 4)].map(plain), ['13.015', '2,6 %', '50 %', '0 %', '–', 'maj 2023']);
	assert.equal(page.dateTime(Date.UTC(2023, 2, 1, 9, 5)), '1. mar. 2023 09.05');
	page.speak('en');
	assert.equal(page.number(13015), '13,015');
	assert.equal(page.dateTime(Date.UTC(2023, 2, 1, 9, 5)), '1 Mar 2023 09:05');
});

test('local time by the offsets of the data, over a change of the clock', () => {
	const change = Date.UTC(2023, 9, 29, 1) / 1000;
	const far = new page.LocalTime({ time_zone: { from: [0, change * 1000], offset: [7200, 3600] }, ticks_per_second: 1000 });
	assert.equal(new Date(far.wall((change - 1) * 1000)).toISOString(), '2023-10-29T02:59:59.000Z');
	assert.equal(new Date(far.wall(change * 1000)).toISOString(), '2023-10-29T02:00:00.000Z');
	assert.equal(far.month(Date.UTC(2023, 9, 31, 22, 59)), 2023 * 12 + 9);
	assert.equal(far.month(Date.UTC(2023, 9, 31, 23)), 2023 * 12 + 10);
});

test('the beginning of a month as an instant, where the clock shows midnight twice, and where it skips it', () => {
	const zone = (...changes) => new page.LocalTime({ time_zone: { from: [0, ...changes.map(([at]) => Date.parse(at))], offset: [-18000, ...changes.map(([, offset]) => offset)] }, ticks_per_second: 1000 });
	const begins = (time, year, month) => [new Date(time.monthBegins(12 * year + month - 1)).toISOString(), time.monthStart(12 * year + month - 1)];
	const havana = zone(['2020-03-08T05:00Z', -14400], ['2020-11-01T05:00Z', -18000]);
	assert.deepEqual(begins(havana, 2020, 11), ['2020-11-01T05:00:00.000Z', '2020-11-01T00:00:00-04:00']);
	assert.deepEqual(begins(havana, 2020, 10), ['2020-10-01T04:00:00.000Z', '2020-10-01T00:00:00-04:00']);
	assert.deepEqual(begins(havana, 2020, 12), ['2020-12-01T05:00:00.000Z', '2020-12-01T00:00:00-05:00']);
	const asuncion = zone(['2016-10-02T04:00Z', -10800], ['2017-03-26T03:00Z', -14400], ['2017-10-01T04:00Z', -10800]);
	assert.deepEqual(begins(asuncion, 2017, 10), ['2017-10-01T04:00:00.000Z', '2017-10-01T00:00:00-04:00']);
});

test('numbers with all digits of their texts', () => {
	page.speak('da');
	assert.deepEqual(['9007199254740993', '-1234.50', '0.1', '1e+300', 'NaN', '12'].map(page.numberOfText), ['9.007.199.254.740.993', '-1.234,50', '0,1', '1e+300', 'NaN', '12']);
	page.speak('en');
	assert.equal(page.numberOfText('1234.5'), '1,234.5');
});

test('labels: order of code points', () => {
	assert.deepEqual(['\ud83d\ude00', '\uffff', 'b', 'B', '', 'ø'].sort(page.compareLabels), ['', 'B', 'b', 'ø', '\uffff', '\ud83d\ude00']);
});

test('labels: what cannot be seen is shown, and what is long loses its middle', () => {
	page.speak('da');
	const told = { '': '‹tom›', ' ': '␣', 'a\u202e\u0000b\n\u2066c ': 'a‹U+202E›‹U+0000›b‹U+000A›‹U+2066›c␣', '\u200f': '‹U+200F›', '–': '‹U+2013›', 'a b': 'a b', '(tom)': '(tom)', '‹tom›': '‹U+2039›tom›', 'A\u030a ø': 'A‹U+030A› ‹U+00F8›', '\u{e0041}': '‹U+E0041›' };
	for (const [label, text] of Object.entries(told)) assert.equal(page.sayLabel(label), text);
	assert.deepEqual(Object.fromEntries(page.namesOf(['Løst: trin 12', 'Løst: trin 22', 'Løst', 'Løst: trin 11'], 8)), { 'Løst': 'Løst', 'Løst: trin 11': 'Løst… 11', 'Løst: trin 12': 'Løst… 12', 'Løst: trin 22': 'Løst… 22' });
	assert.deepEqual(Object.fromEntries(page.namesOf(['Trin 1 af 2 her', 'Trin 2 af 2 her'], 8)), { 'Trin 1 af 2 her': 'Trin…her‹1›', 'Trin 2 af 2 her': 'Trin…her‹2›' });
	assert.equal(page.visibleJson('["a\u200b\u{e0041} ‹æ›"]'), '["a\\u200b\\udb40\\udc41 ‹æ›"]');
});
