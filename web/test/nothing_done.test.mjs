// A log in which no activity is resolved or closed, as every new one is: the page says so, and
// tells nothing that rests on it.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { buildPage } from '../build.mjs';
import { Browser } from './browser.mjs';
import { histories, logData } from './desk.mjs';
import { key, numbers } from './drive.mjs';
import { load } from './load.mjs';
import { embed } from './make_page.mjs';

const stories = histories(200, 5);
const WHY = { da: 'Ingen aktivitet er løst eller lukket', en: 'No activity is resolved or closed' };

function newLog(language) {
	const data = logData(stories, { language });
	const { cases, activities } = data;
	activities.kind = activities.kind.map((kind) => (kind === 'note' ? 'note' : 'open'));
	for (const name of ['first_resolved', 'resolved', 'closed', 'landing']) cases[name] = cases[name].map(() => null);
	cases.is_open = cases.is_open.map(() => 1);
	data.reopenings = { count: cases.no.map(() => 0), done_at: [], done_as: [], reopened_at: [], reopened_as: [], done_again_at: [], done_again_as: [], outcome: [] };
	data.team_visits.outcome = data.team_visits.outcome.map((outcome) => (['resolved', 'closed'].includes(outcome) ? 'open' : outcome));
	return data;
}

let browser, template;

before(async () => {
	browser = await Browser.open();
	template = await buildPage();
});

after(() => browser.close());

for (const language of ['da', 'en']) {
	test(`said at the top and in place of figures, in ${language === 'da' ? 'Danish' : 'English'}`, async () => {
		const page = await browser.page(embed(template, newLog(language)), { bypassCSP: true });
		const warning = await page.locator('.warning').innerText();
		assert.ok(warning.startsWith(WHY[language]) && warning.includes('support.activity_map') && /\bkind\b/.test(warning), warning);
		const [top, map] = await Promise.all(['.warning', '.map'].map((part) => page.locator(part).boundingBox()));
		assert.ok(top.y + top.height <= map.y && top.height > 20);
		for (const name of ['landing', 'reopened', 'holders']) {
			assert.deepEqual(await page.locator(`${key(`kpi ${name}`)} > span`).allTextContents().then((all) => all.slice(1)), ['–', WHY[language]], name);
			await page.click(key(`kpi ${name}`));
			assert.equal(await page.locator('.panel .headline').innerText(), `– ${WHY[language]}`, name);
			assert.match(await page.locator('.panel .note').first().innerText(), /activity_map/);
			assert.equal(await page.locator('.panel .columns').count(), 0);
		}
		assert.equal(await page.locator('.kpi-cases .kpi-note').innerText(), '');
		assert.equal(await page.locator(key('dimension state')).count(), 0);
		assert.deepEqual(await page.locator('.node.terminal').evaluateAll((all) => all.map((node) => node.dataset.key)), ['\u0001start', '\u0001end']);
		assert.equal(numbers(await page.locator('.node.end .figure').textContent()), stories.length);
		await page.click(key('kpi partners'));
		assert.ok((await page.locator('.panel').innerText()).includes(WHY[language]));
		assert.equal(await page.locator('.own-times dt', { hasText: /^(Alder|Age)$/ }).count(), 0);
		await page.click(key('tab compare'));
		for (const row of await page.locator('.compare').first().locator('tbody tr').allInnerTexts()) if (/Rigtigt|Genåbnet|Besvaret|Reel|Right|Reopened|Answered|Real/.test(row)) assert.match(row, /–.*–.*–/s);
		await page.addScriptTag({ path: createRequire(import.meta.url).resolve('axe-core/axe.min.js') });
		const { violations } = await page.evaluate(() => globalThis.axe.run({ resultTypes: ['violations'] }));
		assert.deepEqual(violations.filter((v) => ['serious', 'critical'].includes(v.impact)).map((v) => v.id), []);
		await page.click(key('language'));
		assert.ok((await page.locator('.warning').innerText()).startsWith(WHY[language === 'da' ? 'en' : 'da']));
		assert.deepEqual(page.faults, []);
		await page.context().close();
	});
}

test('cases are active where something happened, and no longer', async () => {
	const { readLog, cohortMonths, LocalTime } = await load('mine/log', 'mine/cohort', 'mine/calendar_time');
	const data = newLog('en');
	const [log, time] = [readLog(data), new LocalTime(data)];
	const { of, codes } = cohortMonths(log, time, 'active');
	stories.forEach((story, c) => {
		const months = new Set(story.events.map(([, at]) => time.month(at)));
		assert.deepEqual(Array.from(codes.subarray(of[c], of[c + 1])).sort(), [...months].sort());
	});
});

test('not said of a log with such an activity, nor of an empty one', async () => {
	for (const data of [logData(stories), logData([])]) {
		const page = await browser.page(embed(template, data));
		assert.equal(await page.locator('.warning').count(), 0);
		await page.context().close();
	}
});
