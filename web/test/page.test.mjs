// The page in Chromium: what is seen and clicked, against the raw histories.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { buildPage } from '../build.mjs';
import { Browser } from './browser.mjs';
import { facts, histories, logData, random, reopenings } from './desk.mjs';
import { clear, key, numbers, read, setChain, slice } from './drive.mjs';
import { embed } from './make_page.mjs';
import * as oracle from './oracle.mjs';
import { randomChain } from './random_chains.mjs';

const stories = histories(800, 5);
let browser, template, page;

before(async () => {
	browser = await Browser.open();
	template = await buildPage();
	page = await browser.page(embed(template, logData(stories)));
});

after(() => browser.close());

const kpi = async (name) => numbers(await page.locator(`${key(`kpi ${name}`)} .kpi-value`).innerText());

/** A page of its own for tests that leave it changed. */
async function withPage(data, options, run) {
	const other = await browser.page(embed(template, data), options);
	try {
		await run(other);
		assert.deepEqual(other.faults, []);
		assert.deepEqual(other.requests.filter((url) => !url.startsWith('file:') && !url.startsWith('blob:')), []);
	} finally {
		await other.context().close();
	}
}

async function assertFigures(on, cases, of) {
	const expected = oracle.graph(cases);
	const { cases: told, figures, paths } = await read(on);
	assert.equal(paths.length, Math.min(60, expected.size), of);
	for (const [name, n, times] of paths) {
		assert.deepEqual([numbers(n), times ? numbers(times) : numbers(n)], [expected.get(name).cases.size, expected.get(name).times], `${of}: ${name}`);
	}
	const again = cases.filter(({ story }) => reopenings(facts(story)).some((r) => r.outcome === 'answered_again')).length;
	assert.equal(numbers(told), cases.length, of);
	assert.equal(numbers(figures.reopened[0]), again, of);
}

test('the first view says how many cases, of when, and shows both measures on the paths', async () => {
	assert.equal(numbers(await page.locator('.kpi-cases .kpi-value').innerText()), stories.length);
	assert.match(await page.locator('.scope').innerText(), /pr\. 1\. jan\. 2024 00\.00.*oprettet/);
	const labels = await page.locator('.edge-label text').allTextContents();
	const between = labels.filter((text) => text.includes(' · '));
	assert.ok(between.length > 10);
	for (const text of between) assert.match(text, /^[\d.]+ · [\d.,]+\u00a0(s|min|t|d)$/);
	assert.equal(await kpi('reopened'), stories.filter((story) => reopenings(facts(story)).some((r) => r.outcome === 'answered_again')).length);
});

test('a node that is dragged moves, its edges follow, and both are there after a reload', async () => {
	await withPage(logData(histories(300, 3)), {}, async (on) => {
		const node = on.locator('.node.activity', { hasText: 'Tildelt' });
		const place = () => node.getAttribute('transform');
		const ways = () => on.locator('.edge').evaluateAll((all) => all.filter((e) => e.dataset.key.split('\u0002').includes('Tildelt')).map((e) => e.querySelector('.line').getAttribute('d')));
		const others = () => on.locator('.edge').evaluateAll((all) => all.filter((e) => !e.dataset.key.split('\u0002').includes('Tildelt')).map((e) => e.dataset.key + e.querySelector('.line').getAttribute('d')).sort());
		const [placeBefore, waysBefore, othersBefore] = [await place(), await ways(), await others()];
		const box = await node.boundingBox();
		await on.mouse.move(box.x + 20, box.y + 10);
		await on.mouse.down();
		await on.mouse.move(box.x + 120, box.y + 60, { steps: 8 });
		await on.mouse.up();
		const [placeAfter, waysAfter] = [await place(), await ways()];
		assert.notEqual(placeAfter, placeBefore);
		assert.ok(waysAfter.length > 1 && waysAfter.every((way) => !waysBefore.includes(way)));
		assert.deepEqual(await others(), othersBefore);
		await on.reload();
		assert.equal(await place(), placeAfter);
		await on.click(key('tidy'));
		assert.equal(await place(), placeBefore);
	});
});

test('positions are exported and taken back, by file and by data', async () => {
	const data = logData(histories(200, 3));
	await withPage(data, {}, async (on) => {
		await on.focus('#map');
		await on.keyboard.press('Shift+ArrowRight');
		await on.click(key('save'));
		const [file] = await Promise.all([on.waitForEvent('download'), on.click('text=Gem placeringer')]);
		const positions = JSON.parse(await readFile(await file.path(), 'utf8'));
		assert.ok(positions['Ny'].every(Number.isInteger));
		const moved = { ...positions, Ny: [555, -222] };
		await withPage({ ...data, positions: moved }, {}, async (next) => {
			assert.equal(await next.locator(key('Ny')).getAttribute('transform'), 'translate(555 -222)');
		});
		await on.setInputFiles('input[type=file]', { name: 'p.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(moved)) });
		await on.waitForFunction(() => document.querySelector('[data-key="Ny"]').getAttribute('transform') === 'translate(555 -222)');
		await on.setInputFiles('input[type=file]', { name: 'p.json', mimeType: 'application/json', buffer: Buffer.from('{"Ny":"x"}') });
		await on.waitForSelector('text=Filen har ingen placeringer');
	});
});

test('sliders change the map, and every shown activity has a way from start and to an end', async () => {
	const set = async (name, value) => page.locator(key(`slider ${name}`)).evaluate((input, v) => {
		input.value = v;
		input.dispatchEvent(new Event('input', { bubbles: true }));
	}, value);
	const seen = new Set();
	for (const [activities, share] of [[100, 100], [100, 0], [50, 30], [0, 0], [20, 80], [70, 5]]) {
		await set('activities', activities);
		await set('paths', share);
		const edges = await page.locator('.edge').evaluateAll((all) => all.map((e) => e.dataset.key.split('\u0002')));
		const nodes = await page.locator('.node').evaluateAll((all) => all.map((n) => n.dataset.key));
		const reach = (roots, near) => {
			const found = new Set(roots);
			for (let size = -1; size < found.size; ) {
				size = found.size;
				for (const edge of edges) if (found.has(edge[near])) found.add(edge[1 - near]);
			}
			return found;
		};
		const [fromStart, toEnd] = [reach(['\u0001start'], 0), reach(['\u0001end', '\u0001open'], 1)];
		assert.ok(nodes.includes('\u0001end') && nodes.includes('\u0001open'), `ends at ${activities} ${share}`);
		assert.equal(numbers(await page.locator('.node.open .figure').textContent()), stories.filter((story) => facts(story).isOpen).length);
		for (const node of nodes) assert.ok(fromStart.has(node) && toEnd.has(node), `${node} at ${activities} ${share}`);
		seen.add(`${nodes.length} ${edges.length}`);
	}
	assert.ok(seen.size > 4);
});

test('figures agree with the histories under random slices and chains', async () => {
	const dice = random(21);
	await withPage(logData(stories), {}, async (on) => {
		await assertFigures(on, oracle.whole(stories), 'whole log');
		for (let n = 0; n < (process.env.TICKET_MINING_LONG === '1' ? 40 : 4); n++) {
			const cohort = ['created', 'resolved', 'closed', 'active'][Math.floor(dice() * 4)];
			const month = 1 + Math.floor(dice() * 12);
			const chosen = stories.find((story) => oracle.months(story, cohort).has(`2023-${String(month).padStart(2, '0')}`)).priority;
			const name = `2023-${String(month).padStart(2, '0')}`;
			await slice(on, { cohort, months: [name, name], slices: { priority: [chosen] } });
			const chain = randomChain(dice, stories);
			await setChain(on, chain);
			const sliced = oracle.whole(stories.filter((s) => s.priority === chosen && oracle.months(s, cohort).has(name)));
			const { cases, left } = oracle.applyChain(sliced, chain);
			const of = `${cohort} ${month} ${chosen} ${JSON.stringify(chain).slice(0, 500)}`;
			const told = await on.locator('.step small').allTextContents();
			assert.deepEqual(told.map((text) => text.replace(/ −.*/, '').split(' · ').map(numbers)), left.map((l) => [l.cases, l.events]), of);
			await assertFigures(on, cases, of);
			await clear(on);
		}
		await assertFigures(on, oracle.whole(stories), 'whole log again');
	});
});

test('a page begins with the chain of its data', async () => {
	const chain = [{ keep_cases: { has: ['Genåbnet'] } }, { drop_events: ['Note'] }];
	await withPage({ ...logData(stories), chain: JSON.stringify(chain) }, {}, async (on) => {
		const { cases, left } = oracle.applyChain(oracle.whole(stories), chain);
		const { steps } = await read(on);
		assert.deepEqual(steps.map((step) => step.split(' · ').map(numbers)), left.map((l) => [l.cases, l.events]));
		await assertFigures(on, cases, 'first chain');
		await on.click(key('clear chain'));
		await assertFigures(on, oracle.whole(stories), 'without it');
	});
});

test('slices become steps that leave the same cases', async () => {
	await withPage(logData(stories), {}, async (on) => {
		await slice(on, { months: ['2023-03', '2023-09'], slices: { state: ['lukket'], priority: ['Normal', 'Lav'], department: ['‹ingen›', 'Jobcenter'], team: ['Digitalisering'] } });
		const before = await read(on);
		assert.ok(numbers(before.cases) > 3);
		await on.click(key('chain json'));
		await on.click(key('slices to steps'));
		const after = await read(on);
		assert.deepEqual({ ...after, steps: [] }, { ...before, steps: [] });
		const { left } = oracle.applyChain(oracle.whole(stories), [{ keep_cases: { starts_in: { from_at: '2023-03-01T00:00:00+01:00', to_at: '2023-10-01T00:00:00+01:00' } } }]);
		assert.deepEqual(after.steps[0].split(' · ').map(numbers), [left[0].cases, left[0].events]);
		assert.equal(after.steps.length, 2);
	});
});

test('clicking a number lists the right cases; copied and as CSV', async () => {
	await withPage(logData(stories), {}, async (on) => {
		await on.click(key('kpi reopened'));
		await on.click('.headline .figure');
		const expected = stories.filter((story) => reopenings(facts(story)).some((r) => r.outcome === 'answered_again'));
		await on.waitForSelector('.drawer .ids');
		const listed = await on.locator('.drawer .ids a').evaluateAll((all) => all.map((a) => [a.textContent, a.getAttribute('href')]));
		assert.deepEqual(listed, expected.slice(0, 60).map((s) => [s.no, `https://desk.example/ticket/${s.no}`]));
		const [file] = await Promise.all([on.waitForEvent('download'), on.click('.drawer >> text=CSV')]);
		const csv = await readFile(await file.path(), 'utf8');
		assert.equal(csv.charCodeAt(0), 0xfeff);
		const rows = csv.slice(1).trimEnd().split('\r\n').map((row) => row.split(';'));
		assert.deepEqual(rows.slice(1).map((row) => row[0]), expected.map((s) => s.no));
		assert.deepEqual(rows.slice(1).map((row) => row[5]), expected.map((s) => s.category));
		await on.click('.drawer .primary');
		assert.equal(numbers(await on.locator('.kpi-cases .kpi-value').innerText()), expected.length);
		await assertFigures(on, oracle.whole(expected), 'only these');
	});
});

test('a path that is clicked shows its figures and cases, and filters with and without', async () => {
	await withPage(logData(stories), {}, async (on) => {
		const edge = on.locator('.edge', { hasText: '' }).nth(-3);
		const [source, target] = (await edge.getAttribute('data-key')).split('\u0002');
		await edge.evaluate((e) => {
			const line = e.querySelector('.line');
			const at = line.getPointAtLength(line.getTotalLength() * 0.25);
			const p = new DOMPoint(at.x, at.y).matrixTransform(line.getScreenCTM());
			window.place = [p.x, p.y];
		});
		await on.mouse.click(...(await on.evaluate(() => window.place)));
		const name = await on.locator('.panel h2').innerText();
		const [a, b] = name.split(' → ');
		assert.ok([a, b].length === 2 && name.includes('→'), `${source} ${target}`);
		const expected = oracle.graph(oracle.whole(stories)).get(name);
		assert.equal(numbers(await on.locator('.panel .facts dd').first().evaluate((dd) => dd.firstChild.textContent)), expected.cases.size);
		await on.click('text=Kun sager uden');
		assert.equal(numbers(await on.locator('.kpi-cases .kpi-value').innerText()), stories.length - expected.cases.size);
	});
});

test('a filter by activities asks for one', async () => {
	await withPage(logData(stories), {}, async (on) => {
		await on.click(key('add filter'));
		await on.click('.editor .primary');
		assert.equal(await on.locator('.editor .fault').innerText(), 'Vælg mindst én aktivitet');
		await on.locator('.editor .check', { hasText: 'Genåbnet' }).click();
		await on.click('.editor .primary');
		const { cases } = oracle.applyChain(oracle.whole(stories), [{ keep_cases: { has_any: ['Genåbnet'] } }]);
		await assertFigures(on, cases, 'by the form');
	});
});

test('steps of the chain move by mouse and by keyboard', async () => {
	await withPage(logData(stories), {}, async (on) => {
		await setChain(on, [{ drop_events: ['Note'] }, { keep_cases: { has: ['Genåbnet'] } }, { keep_cases: { length_over: 6 } }]);
		const order = () => on.locator('.step-text').evaluateAll((all) => all.map((e) => e.firstChild.textContent));
		const first = await order();
		await on.focus(key('step 0'));
		await on.keyboard.press('Alt+ArrowDown');
		assert.deepEqual(await order(), [first[1], first[0], first[2]]);
		assert.equal(await on.evaluate(() => document.activeElement.dataset.key), 'step 1');
		await on.dragAndDrop(key('step 2'), key('step 0'));
		assert.deepEqual(await order(), [first[2], first[1], first[0]]);
		const { cases } = oracle.applyChain(oracle.whole(stories), [{ keep_cases: { length_over: 6 } }, { keep_cases: { has: ['Genåbnet'] } }, { drop_events: ['Note'] }]);
		await assertFigures(on, cases, 'reordered');
		await on.focus(key('step 0'));
		await on.keyboard.press('Delete');
		assert.equal((await order()).length, 2);
	});
});

test('picked variants are all that the map shows', async () => {
	await withPage(logData(stories), {}, async (on) => {
		await on.click(key('tab variants'));
		await on.locator('.variants input').nth(1).check();
		const chevrons = await on.locator('.variants li').nth(1).locator('.chevron').allInnerTexts();
		const expected = stories.filter((story) => story.events.map(([a]) => a).join() === chevrons.join());
		assert.equal(numbers(await on.locator('.kpi-cases .kpi-value').innerText()), expected.length);
		const nodes = await on.locator('.node.activity .label').allTextContents();
		assert.deepEqual(nodes.sort(), [...new Set(chevrons)].sort());
		// A variant that is no more does not hide all the others.
		await setChain(on, [{ drop_events: ['Lukket'] }]);
		assert.ok(numbers(await on.locator('.kpi-cases .kpi-value').innerText()) > expected.length);
	});
});

test('a case that is looked up shows all that happened to it', async () => {
	await withPage(logData(stories), {}, async (on) => {
		const story = stories.reduce((most, s) => (s.events.length > most.events.length ? s : most));
		await on.fill(key('search'), story.no);
		await on.press(key('search'), 'Enter');
		assert.equal(await on.locator('.one-case h2').innerText(), story.no);
		assert.equal(await on.locator('.timeline li').count() >= story.events.length + story.messages.length, true);
		assert.deepEqual(await on.locator('.timeline .status .entry').allInnerTexts(), story.events.map(([a]) => a));
	});
});

test('keyboard alone: into the map, between nodes, along edges, select, move, let go', async () => {
	await withPage(logData(stories), {}, async (on) => {
		await on.focus('#map');
		const focused = () => on.evaluate(() => document.activeElement.dataset.key);
		assert.equal(await focused(), '\u0001start');
		await on.keyboard.press('ArrowDown');
		assert.equal(await focused(), 'Ny');
		await on.keyboard.press('e');
		assert.equal((await focused()).split('\u0002')[0], 'Ny');
		await on.keyboard.press('Enter');
		assert.match(await on.locator('.panel h2').innerText(), /^Ny → /);
		await on.keyboard.press('Escape');
		assert.equal(await focused(), 'Ny');
		await on.keyboard.press('/');
		assert.equal(await focused(), 'search');
	});
});

test('Danish and English, light and dark, without serious faults of accessibility', async () => {
	const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
	// Few cases: all parts of the page are there, and the fewer elements are judged again and again.
	const few = histories(80, 5);
	const views = ['tab details', 'tab variants', 'kpi partners', 'kpi landing', 'kpi reopened', 'kpi holders', 'kpi correspondence', 'tab compare', 'tab lookup', 'tab quality', 'language', 'kpi reopened', 'add filter'];
	for (const colorScheme of ['light', 'dark']) {
		const other = await browser.page(embed(template, logData(few)), { colorScheme, bypassCSP: true });
		await other.addScriptTag({ path: axe });
		for (const [n, name] of views.entries()) {
			await other.click(key(name));
			// The map is the same in all views of a language, and all but colours in both colour schemes: judged once in each.
			const exclude = n === 0 || name === 'language' ? [] : ['.map'];
			const rules = colorScheme === 'dark' ? { runOnly: ['color-contrast', 'link-in-text-block'] } : {};
			const run = ([context, options]) => globalThis.axe.run(context, options);
			const { violations } = await other.evaluate(run, [{ include: ['html'], exclude }, { resultTypes: ['violations'], ...rules }]);
			const serious = violations.filter((v) => ['serious', 'critical'].includes(v.impact)).map((v) => `${v.id}: ${v.nodes.map((n) => n.target).slice(0, 3).join(' | ')}`);
			assert.deepEqual(serious, [], `${colorScheme} ${name}`);
		}
		assert.equal(await other.locator('html').getAttribute('lang'), 'en');
		assert.equal(await other.locator('.kpi-cases .kpi-value').innerText(), few.length.toLocaleString('en-GB'));
		assert.deepEqual(other.faults, []);
		await other.context().close();
	}
});

test('SVG and PNG of the map', async () => {
	await withPage(logData(stories), {}, async (on) => {
		const save = async (label) => {
			await on.click(key('save'));
			const [file] = await Promise.all([on.waitForEvent('download'), on.click(`text=${label}`)]);
			return readFile(await file.path());
		};
		const svg = (await save('Gem som SVG')).toString();
		assert.match(svg, /^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
		assert.ok(svg.includes('Løst m. mail') && !svg.includes('var(--'));
		const parsed = await on.evaluate((text) => new DOMParser().parseFromString(text, 'image/svg+xml').querySelectorAll('parsererror').length, svg);
		assert.equal(parsed, 0);
		const png = await save('Gem som PNG');
		assert.equal(png.subarray(1, 4).toString(), 'PNG');
		assert.ok(png.length > 10_000);
	});
});

test('replay moves cases along the map, and stops', async () => {
	await withPage(logData(stories), {}, async (on) => {
		await on.click(key('replay'));
		await on.waitForSelector('.replay');
		const dots = () => on.evaluate(() => {
			const canvas = document.querySelector('.replay-canvas');
			return canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((v) => v);
		});
		await on.locator('.replay input').evaluate((input) => {
			input.value = 500;
			input.dispatchEvent(new Event('input'));
		});
		assert.ok(await dots());
		await on.click(key('play'));
		await on.locator('.replay button').last().click();
		assert.equal(await on.locator('.replay').count(), 0);
	});
});

test('nothing leaves the page, nothing is said on the console', () => {
	assert.deepEqual(page.faults, []);
	assert.deepEqual(page.requests.filter((url) => !url.startsWith('file:')), []);
});
