// Labels that are hard to tell apart: wherever the page shows them, whichever two differ look different.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { buildPage } from '../build.mjs';
import { Browser } from './browser.mjs';
import { histories, logData } from './desk.mjs';
import { key } from './drive.mjs';
import { embed } from './make_page.mjs';

const LONG = 'Afventer svar fra leverandøren om ændring af den nye aftale, trin ';
const ACTIVITIES = ['', ' ', '\u200b', '\u00a0', '\u3000', '–', '‹tom›', 'Løst', 'Løst ', 'L\u200bøst', 'A\u030aben', '\u00c5ben', `${LONG}1`];
const TEAMS = ['none', '', '   ', 'intet team', '‹intet team›', 'Netværk', 'Netværk\u200b', 'Netv\u0061\u0308rk', '–'];
const VALUES = ['', ' ', '\u2800', '–', '(ingen)', '‹ingen›', '(tom)', 'a b', 'a  b', 'a\tb', 'a\nb', 'ab', 'a\u2060b', LONG, `${LONG}1`, `${LONG}2 `, `${LONG}2`, `${LONG.repeat(3)}1${LONG}`, `${LONG.repeat(3)}2${LONG}`];

let browser, template;

before(async () => {
	browser = await Browser.open();
	template = await buildPage();
});

after(() => browser.close());

function alike(language) {
	const data = logData(histories(300, 11), { language });
	data.activities.activity = data.activities.label = ACTIVITIES;
	data.teams.team = data.teams.label = TEAMS;
	const [category, priority] = data.cases.attributes;
	Object.assign(category, { values: VALUES, value: data.cases.no.map((_, c) => (c % (VALUES.length + 1)) - 1) });
	Object.assign(priority, { type: 'number', values: ['9007199254740992', '9007199254740993', '0.001', '0.002'], value: data.cases.no.map((_, c) => c % 4) });
	data.team_visits.team[0] = 0;
	data.cases.first_team = data.cases.first_team.map((_, c) => c % TEAMS.length);
	data.cases.no = data.cases.no.map((no, c) => ['', ' ', '\u200b', '–', 'T1', 'T1 ', 'T\u00a01', 'T 1', 'x'.repeat(70), `${'x'.repeat(70)}y`][c] ?? no);
	data.quality.push(...ACTIVITIES.slice(1).map((subject) => ({ finding: 'activity not mapped', subject, number: 1, unit: 'cases', base: null, meaning: '' })));
	return data;
}

/** What is left for the eye: no letter by form, nothing that cannot be seen, one of several blanks. */
const seen = (text) => text.replace(/(?!\s)[\p{Cc}\p{Cf}\p{Co}\p{Default_Ignorable_Code_Point}\u2800]/gu, '').replace(/\s+/g, ' ').trim().normalize();

function assertApart(texts, count, of) {
	const looks = texts.map(seen);
	assert.equal(looks.length, count, of);
	assert.equal(new Set(looks).size, count, `${of}: ${looks.filter((look, i) => looks.indexOf(look) !== i).join(' | ')}`);
	for (const look of looks) assert.ok(look && look !== '–', `${of}: ${look}`);
}

const showAll = (page) => page.evaluate(() => {
	for (const name of ['activities', 'paths']) {
		const input = document.querySelector(`[data-key="slider ${name}"]`);
		input.value = 100;
		input.dispatchEvent(new Event('input', { bubbles: true }));
	}
});

for (const language of ['da', 'en']) {
	test(`in ${language === 'da' ? 'Danish' : 'English'}`, async () => {
		const page = await browser.page(embed(template, alike(language)));
		await showAll(page);
		const nodes = await page.locator('.node.activity').evaluateAll((all) => all.map((node) => [[...node.querySelectorAll('.label')].map((line) => line.textContent).join('\n'), node.getAttribute('aria-label')]));
		assertApart(nodes.map(([label]) => label), ACTIVITIES.length, 'map');
		assertApart(nodes.map(([, name]) => name.replace(/ [\d.,]+$/, '')), ACTIVITIES.length, 'names for screen readers');
		assert.ok(nodes.some(([label]) => label === (language === 'da' ? '‹tom›' : '‹empty›')) && nodes.some(([label]) => label === '‹U+2039›tom›'));

		await page.click(key('tab variants'));
		const chevrons = await page.locator('.chevron').evaluateAll((all) => all.map((one) => [one.textContent, one.title]));
		const pairs = [...new Map(chevrons.map(([text, title]) => [title, text]))];
		assert.ok(pairs.length > 9);
		assertApart(pairs.map(([title]) => title), pairs.length, 'titles of chevrons');
		assertApart(pairs.map(([, text]) => text), pairs.length, 'chevrons');

		await page.click(key('add filter'));
		assertApart(await page.locator('.editor .check').allInnerTexts(), ACTIVITIES.length, 'form');
		await page.selectOption('.editor select', 'edge');
		assertApart(await page.locator('.editor .field select').first().locator('option').allTextContents(), ACTIVITIES.length, 'choices');

		for (const name of ['category', 'priority', 'team']) {
			const longer = page.locator(key(`longer ${name}`));
			if (await longer.count()) await longer.click();
			const values = await page.locator('.dimension', { has: page.locator(key(`dimension ${name}`)) }).locator('.values button').evaluateAll((all) => all.map((one) => [one.querySelector('.value-label').innerText, one.title]));
			const count = { category: VALUES.length + 1, priority: 4, team: TEAMS.length }[name];
			assertApart(values.map(([label]) => label), count, `values of ${name}`);
			assertApart(values.map(([, title]) => title), count, `titles of ${name}`);
		}

		await page.click(key('kpi landing'));
		const teams = await page.locator('.panel section table').last().locator('tbody th').allInnerTexts();
		assertApart(teams, TEAMS.length, 'teams');

		await page.click(key('tab quality'));
		assertApart((await page.locator('.quality tbody th').allInnerTexts()).slice(3), ACTIVITIES.length - 1, 'findings');

		await page.click(key('tab details'));
		await page.locator(key('\u0001start')).click();
		await page.locator('.panel .figure').first().click();
		assertApart(await page.locator('.drawer .ids li:not(.more) > :first-child').allInnerTexts(), 60, 'cases');
		assert.ok(await page.locator('.drawer .ids li:not(.more) > :first-child').evaluateAll((all) => all.every((one) => one.scrollWidth <= one.clientWidth + 1 || getComputedStyle(one).display === 'inline')));
		assert.deepEqual(page.faults, []);
		await page.context().close();
	});
}

test('a chain shows by its code what cannot be seen, and is the same when it comes back', async () => {
	const chain = [{ keep_cases: { attribute: { priority: ['WIDE'], category: ['a\u2060b', 'ab', VALUES[6]] } } }, { drop_events: ['\u200b', 'L\u200bøst'] }];
	const page = await browser.page(embed(template, { ...alike('en'), chain: JSON.stringify(chain).replace('"WIDE"', '9007199254740993') }));
	const told = () => page.locator('.step-text').allInnerTexts();
	const before = await told();
	await page.click(key('chain json'));
	const json = await page.locator('.editor textarea').inputValue();
	for (const part of ['9007199254740993', 'a\\u2060b', '"L\\u200bøst"']) assert.ok(json.includes(part), part);
	await page.click('.editor .primary');
	assert.deepEqual(await told(), before);
	assert.match(before.join('\n'), /priority: 9007199254740993.*a‹U\+2060›b.*‹U\+200B›, L‹U\+200B›øst/s);
	await page.context().close();
});

test('what is said of a fault is short', async () => {
	const page = await browser.page(embed(template, alike('en')));
	await page.click(key('chain json'));
	for (const text of [JSON.stringify([{ keep_cases: { attribute: { ['x'.repeat(5000)]: [1] } } }]), `[{"x": ${'9'.repeat(3000)}x`, `[{"${'y'.repeat(3000)}": []}]`]) {
		await page.fill('.editor textarea', text);
		await page.click('.editor .primary');
		const fault = await page.locator('.editor .fault').innerText();
		assert.ok(fault.length > 20 && fault.length < 240, fault);
	}
	await page.context().close();
});
