// Pictures of the page in both languages: the same layout, no text that is cut off or lies on
// another one, and no word of the other language.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { buildPage } from '../build.mjs';
import { Browser } from './browser.mjs';
import { histories, logData } from './desk.mjs';
import { clear, key, setChain } from './drive.mjs';
import { load } from './load.mjs';
import { embed } from './make_page.mjs';
import { cutOff, overlapping, visibleTexts } from './texts.mjs';

const { words } = await load('ui/words');
const data = logData(histories(300, 21));
const panels = ['tab details', 'kpi partners', 'kpi landing', 'kpi reopened', 'kpi holders', 'kpi correspondence', 'tab variants', 'tab compare', 'tab lookup', 'tab quality'];
const languages = ['da', 'en'];
let browser, pages;

before(async () => {
	browser = await Browser.open();
	const template = await buildPage();
	pages = await Promise.all(languages.map((language) => browser.page(embed(template, { ...data, language }))));
});

after(async () => {
	for (const page of pages) assert.deepEqual(page.faults, []);
	await browser.close();
});

/** Words without regard to case, numbers and signs. */
const tokens = (text) => text.toLowerCase().match(/[\p{L}_]{2,}/gu) ?? [];

/** Words of which nobody doubts which language they are. */
const certain = ['og af med ikke som til fra det den sag sager hændelser aktivitet aktiviteter overgang overgange varighed kvalitet sammenlign hvor hvilke vis ryd',
	'the of and with not from this that case cases events activity activities path paths duration quality compare how which show clear'].map(tokens);

/** Those that only the one language has, and the data do not. */
function ownWords(language) {
	const all = (k) => new Set([...certain[k], ...Object.values(words).flatMap((pair) => tokens(pair[k])).filter((word) => !certain[1 - k].includes(word))]);
	const other = all(1 - language);
	const given = new Set(tokens(JSON.stringify([data.activities, data.teams, data.segments, data.quality, data.calendar, data.cases.attributes, data.log, data.title])));
	return [...all(language)].filter((word) => !other.has(word) && !given.has(word));
}

/** All that can be read or heard. */
const told = (page) => page.evaluate(() => [document.body.innerText, ...[...document.querySelectorAll('*')].flatMap((element) =>
	['title', 'aria-label', 'placeholder', 'aria-valuetext'].map((name) => element.getAttribute(name) ?? ''))].join('\n'));

async function open(page, panel) {
	await page.click(key(panel));
	if (panel !== 'tab lookup') return;
	await page.fill(key('lookup'), data.cases.no[5]);
	await page.press(key('lookup'), 'Enter');
}

const boxes = (page, selector) => page.evaluate((wanted) => [...document.querySelectorAll(wanted)].map((element) => {
	const { x, y, width, height } = element.getBoundingClientRect();
	return [element.dataset.key ?? element.className, [x, y, width, height]];
}), selector);

function assertNear(found, wanted, by, of) {
	assert.deepEqual(found.map(([name]) => name), wanted.map(([name]) => name), of);
	found.forEach(([name, box], i) => box.forEach((value, k) => assert.ok(Math.abs(value - wanted[i][1][k]) <= by, `${of} ${name}: ${box} and ${wanted[i][1]}`)));
}

test('both languages have the same layout', async () => {
	const [da, en] = pages;
	const sorted = async (page) => (await boxes(page, '.map-canvas .node')).sort(([a], [b]) => (a < b ? -1 : 1));
	assertNear(await boxes(da, '.bar, .kpis, .kpi, .rail, .map, .map-canvas, .map-foot, .side, .panel'), await boxes(en, '.bar, .kpis, .kpi, .rail, .map, .map-canvas, .map-foot, .side, .panel'), 12, 'part');
	assertNear(await sorted(da), await sorted(en), 30, 'node');
});

test('no word of the other language', async () => {
	for (const [k, page] of pages.entries()) {
		const foreign = ownWords(1 - k);
		assert.ok(foreign.length > 200);
		for (const panel of panels) {
			await open(page, panel);
			// The button that changes the language is in the other one.
			const text = new Set(tokens((await told(page)).replace(/\b(English|Dansk)\b/g, '')));
			assert.deepEqual(foreign.filter((word) => text.has(word)), [], `${languages[k]} ${panel}`);
		}
	}
});

test('no text is cut off, none lies on another', async () => {
	for (const [k, page] of pages.entries()) {
		for (const panel of panels) {
			await open(page, panel);
			assert.ok((await page.evaluate(visibleTexts)).length > 100);
			assert.deepEqual(await page.evaluate(`(${overlapping})(${visibleTexts})`), [], `${languages[k]} ${panel}`);
			assert.deepEqual(await page.evaluate(cutOff), [], `${languages[k]} ${panel}`);
		}
		await setChain(page, [{ drop_events: ['Note'] }, { keep_cases: { has: ['Afventer bruger', 'Genåbnet'], duration_over: 'P10D' } }]);
		assert.deepEqual(await page.evaluate(`(${overlapping})(${visibleTexts})`), [], `${languages[k]} chain`);
		await clear(page);
	}
});

/** The share of pixels that differ between two pictures of one size. */
const difference = (page, one, other) => page.evaluate(async (pictures) => {
	const [a, b] = await Promise.all(pictures.map(async (bytes) => {
		const image = await createImageBitmap(new Blob([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))]));
		const canvas = new OffscreenCanvas(image.width, image.height);
		canvas.getContext('2d').drawImage(image, 0, 0);
		return canvas.getContext('2d').getImageData(0, 0, image.width, image.height).data;
	}));
	if (a.length !== b.length) return 1;
	let differing = 0;
	for (let i = 0; i < a.length; i += 4) if (Math.abs(a[i] - b[i]) + Math.abs(a[i + 1] - b[i + 1]) + Math.abs(a[i + 2] - b[i + 2]) > 60) differing++;
	return differing / (a.length / 4);
}, [one, other].map((picture) => picture.toString('base64')));

test('pictures of both languages differ where words do, and nowhere else', async () => {
	const shot = async (page, panel) => {
		await open(page, panel);
		return page.screenshot();
	};
	for (const panel of panels) {
		const share = await difference(pages[0], await shot(pages[0], panel), await shot(pages[1], panel));
		assert.ok(share > 0.001 && share < 0.12, `${panel}: ${share}`);
	}
	const [details, partners] = [await shot(pages[0], 'tab details'), await shot(pages[0], 'kpi partners')];
	assert.ok((await difference(pages[0], details, partners)) > 0.02);
});

test('on paper, in both languages: nothing cut off, nothing on another, the same parts', async () => {
	const parts = [];
	for (const page of pages) {
		await page.setViewportSize({ width: 703, height: 1010 });
		await page.emulateMedia({ media: 'print' });
		await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
		assert.deepEqual(await page.evaluate(`(${overlapping})(${visibleTexts})`), []);
		assert.deepEqual(await page.evaluate(cutOff), []);
		parts.push(await page.evaluate(() => [...document.querySelectorAll('.paper > *, .paper-questions > *')].map((part) => part.className)));
		assert.ok((await page.screenshot({ fullPage: true })).length > 50_000);
	}
	assert.deepEqual(parts[0], parts[1]);
});
