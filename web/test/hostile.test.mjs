// What is not nice: hostile text, an empty log, one case, a graph alone, a tiny window,
// a sample, paper, storage that is full of nonsense.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { buildPage } from '../build.mjs';
import { Browser } from './browser.mjs';
import { histories, logData } from './desk.mjs';
import { key } from './drive.mjs';
import { load } from './load.mjs';
import { embed } from './make_page.mjs';

const HOSTILE = [
	'</script><script>window.broken = 1</script>', '<img src=x onerror="window.broken=1">', '"\'`${window.broken=1}', '\u202Egnirts desrever\u202C \u200F<b>', 'x'.repeat(1000),
	'javascript:window.broken=1', '@DATA@', '$& $1 $`', '\u2028\u2029\u0000\u0007', '=HYPERLINK("http://evil.example")', '<!--', '__proto__', 'constructor', '&lt;i&gt;'];

let browser, template;

before(async () => {
	browser = await Browser.open();
	template = await buildPage();
});

after(() => browser.close());

async function withPage(data, options, run) {
	const page = await browser.page(embed(template, data), options);
	try {
		await run(page);
		assert.deepEqual(page.faults, []);
		assert.deepEqual(page.requests.filter((url) => !/^(file|blob):/.test(url)), []);
		assert.equal(await page.evaluate(() => window.broken), undefined);
	} finally {
		await page.context().close();
	}
}

const panels = ['tab details', 'tab variants', 'kpi partners', 'kpi landing', 'kpi reopened', 'kpi holders', 'kpi correspondence', 'tab compare', 'tab lookup', 'tab quality'];

async function everyPanel(page) {
	for (const name of panels) await page.click(key(name));
	await page.click(key('language'));
	for (const name of panels) await page.click(key(name));
}

function hostileData() {
	const data = logData(histories(60, 2));
	const label = (i) => HOSTILE[i % HOSTILE.length] + (i >= HOSTILE.length ? i : '');
	data.title = HOSTILE[0];
	data.activities.activity = data.activities.activity.map((_, i) => label(i));
	data.activities.label = data.activities.activity;
	data.teams.team = data.teams.team.map((_, i) => label(i));
	data.teams.label = data.teams.team;
	data.segments.segment[5] = HOSTILE[0];
	data.cases.no = data.cases.no.map((no, i) => `${label(i % HOSTILE.length)} ${no}`);
	for (const attribute of data.cases.attributes) attribute.values = attribute.values.map((_, i) => label(i));
	data.cases.attributes[0].name = HOSTILE[1];
	data.cases.attributes[1].name = '__proto__';
	data.quality.push({ finding: HOSTILE[0], subject: HOSTILE[1], number: 1, unit: 'constructor', base: null, meaning: HOSTILE[2] });
	return data;
}

test('hostile text is text', async () => {
	await withPage(hostileData(), {}, async (page) => {
		await everyPanel(page);
		assert.equal(await page.locator('script').count(), 2);
		assert.equal(await page.locator('img').count(), 0);
		const widest = await page.locator('.node .body').evaluateAll((all) => Math.max(...all.map((rect) => rect.width.baseVal.value)));
		assert.ok(widest < 220, `node of ${widest}`);
		await page.click(key('tab details'));
		const highest = await page.locator('.paths tbody tr').evaluateAll((all) => Math.max(...all.map((row) => row.offsetHeight)));
		assert.ok(highest < 120, `row of ${highest}`);
		await page.locator('.node.activity').first().click();
		await page.click('.actions .primary');
		await page.click(key('chain json'));
		await page.click(key('kpi reopened'));
		await page.locator('.values button').nth(4).click();
		assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0, 'nothing is wider than the window');
	});
});

test('only http and https are links', async () => {
	for (const [template_, isLink] of [['javascript:alert({case_no})', false], ['https://desk.example/{case_no}?id={case_id}', true], ['data:text/html,{case_no}', false], ['HTTP://desk.example/"><b>{case_no}', false]]) {
		const data = { ...logData(histories(10, 2)), case_url: template_ };
		data.cases.no[0] = '../"\'<b> ø/!*()&?#';
		await withPage(data, {}, async (page) => {
			await page.locator('.node.activity').first().click();
			await page.click(key('tab lookup'));
			await page.fill(key('lookup'), 'ø/');
			await page.press(key('lookup'), 'Enter');
			const links = await page.locator('.panel a').evaluateAll((all) => all.map((a) => [a.getAttribute('href'), a.rel]));
			if (!isLink) return assert.deepEqual(links, []);
			const no = '..%2F%22%27%3Cb%3E%20%C3%B8%2F%21%2A%28%29%26%3F%23';
			assert.deepEqual(links[0], [`https://desk.example/${no}?id=${no}`, 'noopener noreferrer']);
		});
	}
});

test('CSV cells that would be formulas or break rows', async () => {
	const { csvCell } = await load('ui/cases');
	const cells = { '=1+1': "'=1+1", '+45 12': "'+45 12", '-1': "'-1", '@a': "'@a", 'a;b': '"a;b"', 'a"b': '"a""b"', 'a\nb': '"a\nb"', '=";"': '"\'="";"""', Mail: 'Mail', '': '' };
	for (const [cell, expected] of Object.entries(cells)) assert.equal(csvCell(cell), expected, cell);
});

test('an empty log, a log of one case, and one whose cases are all filtered out', async () => {
	await withPage(logData([]), {}, async (page) => {
		await everyPanel(page);
		await page.click(key('add filter'));
		assert.equal(await page.locator('.node').count(), 0);
	});
	await withPage(logData(histories(1, 4)), {}, async (page) => {
		await everyPanel(page);
		assert.ok((await page.locator('.node.activity').count()) > 0);
		await page.click(key('replay'));
	});
	await withPage({ ...logData(histories(20, 4)), chain: '[{ "keep_cases": { "length_over": 1000 } }]' }, {}, async (page) => {
		await everyPanel(page);
		assert.equal(await page.locator('.node').count(), 0);
		assert.match(await page.locator('.map-empty').innerText(), /No cases are left/);
		await page.click(key('clear chain'));
		assert.ok((await page.locator('.node').count()) > 3);
	});
});

test('a log without calendar, urls, attributes, messages and teams', async () => {
	const data = logData(histories(50, 6).map((story) => ({ ...story, teams: [], messages: [] })));
	Object.assign(data, { calendar: null, case_url: null });
	data.cases.attributes = [];
	data.events.business_since = data.holds.business_duration = data.team_visits.business_elapsed = data.team_visits.business_own = null;
	await withPage(data, {}, async (page) => {
		await everyPanel(page);
		assert.equal(await page.locator(key('clock')).count(), 0);
	});
});

test('a sample says so', async () => {
	await withPage({ ...logData(histories(30, 4)), sample: { cases: 45000, limit: 30 } }, {}, async (page) => {
		assert.match(await page.locator('.scope').innerText(), /Stikprøve: 29 af 45\.000 sager/);
	});
});

test('a graph alone', async () => {
	const graph = {
		version: 1, form: 'graph', title: 'Kort', language: 'en', positions: { A: [10, 20] }, cases: 5e9, events: 1.2e10, calendar: 'UTC; Mo-Fr 08:00-16:00',
		activities: { activity: ['A', HOSTILE[0], 'B'], frequency: [5e9, 2, 5e9], case_frequency: [5e9, 2, 5e9], max_per_case: [1, 1, 3], starts: [5e9, 0, 0], ends: [0, 0, 5e9] },
		edges: { source: [0, 0, 1, 2], target: [2, 1, 2, 2], frequency: [5e9, 2, 2, 9], case_frequency: [5e9, 2, 2, 9], max_per_case: [1, 1, 1, 2], total: [1e13, 1, 2, 3], min: [1, 1, 1, 1],
			max: [5, 5, 5, 5], mean: [2000, 1, 1, 1], stddev: [1, null, 1, 1], median: [7200, 30, 90000, 0], p90: [3, 3, 3, 3], p95: [4, 4, 4, 4] },
	};
	await withPage(graph, {}, async (page) => {
		const labels = await page.locator('.edge-label text').allTextContents();
		assert.ok(labels.includes('5,000,000,000 · 2.0\u00a0h'), labels.join());
		assert.equal(await page.locator(key('A')).getAttribute('transform'), 'translate(10 20)');
		await page.locator(key('B')).click();
		assert.match(await page.locator('.panel').innerText(), /5,000,000,000/);
	});
});

test('nonsense in the storage, and none at all', async () => {
	await withPage(logData(histories(20, 4)), {}, async (page) => {
		await page.evaluate(() => {
			for (const name of ['positions', 'language', 'theme']) localStorage.setItem(`ticket_mining support ${name}`, name === 'positions' ? '{"Ny":[1e999,null]}' : '{{{');
		});
		await page.reload();
		assert.ok((await page.locator('.node').count()) > 3);
	});
});

test('a tiny window: all can be reached, nothing is wider than it', async () => {
	await withPage(logData(histories(100, 4)), { viewport: { width: 360, height: 560 } }, async (page) => {
		await everyPanel(page);
		assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 360);
		assert.ok((await page.locator('.map-canvas').boundingBox()).height > 300);
	});
});

test('on paper: head, figures, map and all questions; no controls; light', async () => {
	await withPage(logData(histories(100, 4)), { colorScheme: 'dark' }, async (page) => {
		await page.emulateMedia({ media: 'print' });
		await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
		assert.equal(await page.locator('.paper .question:visible').count(), 5);
		for (const hidden of ['.map-tools', '.rail', '.tabs', '.map-canvas']) assert.equal(await page.locator(hidden).first().isVisible(), false, hidden);
		assert.equal(await page.locator('.paper-map .edge').count(), await page.locator('.map-canvas .edge').count());
		assert.ok(await page.locator('.paper-map .edge-label').first().isVisible());
		assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), 'rgb(255, 255, 255)');
		const pdf = await page.pdf({ preferCSSPageSize: true });
		assert.ok(pdf.length > 20_000);
	});
});
