// A map of more paths than have elements of their own: all of them are drawn, and answer as
// the others do.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { bigLog } from '../bench/big_log.mjs';
import { buildPage } from '../build.mjs';
import { Browser } from './browser.mjs';
import { key, numbers } from './drive.mjs';
import { embed } from './make_page.mjs';

const data = bigLog({ activities: 30, edges: 420, variants: 160, cases: 500 });
let browser, html, page;

before(async () => {
	browser = await Browser.open();
	html = embed(await buildPage(), data);
	page = await browser.page(html);
	for (const name of ['activities', 'paths']) await slide(page, name, 100);
	await page.click('.zoom button:last-child');
});

after(async () => {
	assert.deepEqual(page.faults, []);
	await browser.close();
});

const slide = (on, name, value) => on.locator(key(`slider ${name}`)).evaluate((input, v) => {
	input.value = v;
	input.dispatchEvent(new Event('input', { bubbles: true }));
}, value);

/** Cases by path, from the data. */
function casesByPath() {
	const { variants, cases, activities } = data;
	const from = variants.length.reduce((begin, n) => [...begin, begin.at(-1) + n], [0]);
	const found = new Map();
	for (const v of cases.variant) {
		const labels = variants.activities.slice(from[v], from[v + 1]).map((a) => activities.label[a]);
		const ends = [['Start', labels[0]], [labels.at(-1), 'Slut']];
		for (const name of new Set([...ends, ...labels.slice(1).map((label, i) => [labels[i], label])].map((pair) => pair.join(' → ')))) found.set(name, (found.get(name) ?? 0) + 1);
	}
	return found;
}

/** What is drawn: ways of own elements by key, and the ways that share elements. */
const drawn = (on) => on.evaluate(() => {
	const split = (element) => element.getAttribute('d').split(/(?=M)/);
	return {
		own: Object.fromEntries([...document.querySelectorAll('.map-canvas .edge')].map((edge) => [edge.dataset.key, edge.querySelector('.line').getAttribute('d')])),
		shared: [...document.querySelectorAll('.map-canvas .thin .line')].flatMap(split),
		heads: [...document.querySelectorAll('.map-canvas .thin .head')].flatMap(split).length,
	};
});

/** Where on the window a way is, a quarter along. */
const placeOf = (on, way) => on.evaluate((d) => {
	const line = document.querySelector('.map-canvas .thin .line').cloneNode();
	line.setAttribute('d', d);
	document.querySelector('.map-canvas .thin').append(line);
	const at = line.getPointAtLength(line.getTotalLength() / 4);
	const place = new DOMPoint(at.x, at.y).matrixTransform(line.getScreenCTM());
	line.remove();
	return [place.x, place.y];
}, way);

const nameOf = (edge) => edge.split('\u0002').map((node) => ({ '\u0001start': 'Start', '\u0001end': 'Slut' })[node] ?? node).join(' → ');

test('all paths are drawn, most of them together', async () => {
	const { own, shared, heads } = await drawn(page);
	const [shown, all] = (await page.locator('.how-many').nth(1).innerText()).split(' af ').map(numbers);
	assert.equal(shown, all);
	assert.equal(Object.keys(own).length + shared.length, all);
	assert.equal(heads, shared.length);
	assert.ok(all > 400 && new Set([...Object.values(own), ...shared]).size === all);
	assert.ok((await page.locator('.map-canvas .drawing *').count()) < 1000);
});

test('a path without elements of its own says what it is, and is chosen by a click', async () => {
	const cases = casesByPath();
	const { shared } = await drawn(page);
	let chosen = 0;
	for (const way of shared.filter((_, k) => k % 41 === 0)) {
		const [x, y] = await placeOf(page, way);
		await page.mouse.move(x, y);
		const tip = (await page.locator('.tip').innerText()).split('\n');
		await page.mouse.click(x, y);
		const ways = (await drawn(page)).own;
		const selected = await page.locator('.edge.is-selected').getAttribute('data-key');
		assert.equal(await page.locator('.panel h2').innerText(), nameOf(selected));
		assert.equal(tip[0], nameOf(selected));
		assert.equal(numbers(tip[1]), cases.get(nameOf(selected)));
		assert.equal(numbers(await page.locator('.panel .facts dd').first().evaluate((dd) => dd.firstChild.textContent)), cases.get(nameOf(selected)));
		chosen += ways[selected] === way ? 1 : 0;
		await page.keyboard.press('Escape');
	}
	// Where paths cross, another one may be as near.
	assert.ok(chosen >= 4, `${chosen} were the one that was pointed at`);
});

test('near enough to be read, every path in sight has its figures', async () => {
	const cases = casesByPath();
	assert.equal(await page.locator('.thin-labels *').count(), 0);
	const box = await page.locator('.map-canvas').boundingBox();
	await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
	for (let k = 0; k < 8; k++) await page.mouse.wheel(0, -120);
	const read = () => page.locator('.map-canvas .thin-labels .edge-label').evaluateAll((all) => all.map((label) => [label.dataset.key, label.textContent]));
	const labels = await read();
	assert.ok(labels.length > 10);
	for (const [edge, text] of labels) assert.match(text, new RegExp(`^${cases.get(nameOf(edge))} · .*[a-z]$`));
	await page.mouse.down();
	await page.mouse.move(box.x + box.width / 2 - 300, box.y + box.height / 2, { steps: 4 });
	await page.mouse.up();
	const others = await read();
	assert.ok(others.some(([edge]) => !labels.some(([before]) => before === edge)));
	await page.click('.zoom button:last-child');
	assert.equal(await page.locator('.thin-labels *').count(), 0);
});

test('by keyboard to paths without elements of their own', async () => {
	await page.focus('#map');
	const seen = new Set();
	for (let k = 0; k < 60; k++) {
		await page.keyboard.press('e');
		const [edge, name] = await page.evaluate(() => [document.activeElement.dataset.key, document.activeElement.getAttribute('aria-label')]);
		assert.ok(name.startsWith(`${nameOf(edge)}: `));
		seen.add(edge);
		if (k % 8 === 7) await page.keyboard.press('ArrowDown');
	}
	assert.ok(seen.size > 10);
});

test('a node that is dragged takes all of its paths along', async () => {
	const on = await browser.page(html);
	for (const name of ['activities', 'paths']) await slide(on, name, 100);
	await on.click('.zoom button:last-child');
	const before = await drawn(on);
	const name = 'Aktivitet 012';
	const box = await on.locator(`.node${key(name)}`).boundingBox();
	const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
	await on.mouse.move(x, y);
	await on.mouse.down();
	await on.mouse.move(x + 60, y + 40, { steps: 5 });
	await on.mouse.up();
	const moved = await drawn(on);
	const all = (of) => [...Object.values(of.own), ...of.shared];
	const touching = [...casesByPath().keys()].filter((path) => path.split(' → ').includes(name)).length;
	assert.ok(touching > 20);
	assert.equal(all(moved).length, all(before).length);
	assert.equal(all(moved).filter((way) => !all(before).includes(way)).length, touching);
	await on.context().close();
});

test('the saved drawing and paper have every path and its figures', async () => {
	const all = casesByPath().size;
	await page.click(key('save'));
	const [file] = await Promise.all([page.waitForEvent('download'), page.click('text=Gem som SVG')]);
	const svg = await readFile(await file.path(), 'utf8');
	assert.equal(svg.match(/<tspan/g).length, 3 * all);
	assert.equal(svg.match(/<path/g).length, 2 * all);
	await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
	assert.equal(await page.locator('.paper-map .edge').count(), all);
	assert.equal(await page.locator('.paper-map .edge-label').count(), all);
	assert.ok((await page.locator('.map-canvas .edge').count()) < all);
});

test('a slice of rare paths shows no more at first than can be seen; cleared, all is as it was', async () => {
	const other = await browser.page(embed(await buildPage(), bigLog()));
	await other.waitForSelector('.node.activity');
	const shown = () => other.evaluate(() => [...document.querySelectorAll('.kpis, .sliders, .panel')].map((part) => part.innerText));
	const first = await shown();
	for (const name of ['value category 1', 'value priority 2', `month ${2023 * 12 + 4}`]) await other.click(key(name));
	const activities = await other.locator('.node.activity').count();
	assert.ok(activities > 1 && activities <= 40, `${activities} activities`);
	assert.notDeepEqual(await shown(), first);
	await other.click(key('clear slices'));
	assert.deepEqual(await shown(), first);
	assert.deepEqual(other.faults, []);
	await other.close();
});
