// How fluid the page is with a big log, in headless Chromium: node bench/bench.mjs
// Frames of a drag with all 5,000 paths shown, and with as many as at first; the time from a
// click on a slicer until the page has been painted anew.

import { buildPage } from '../build.mjs';
import { Browser } from '../test/browser.mjs';
import { embed } from '../test/make_page.mjs';
import { bigLog } from './big_log.mjs';

const browser = await Browser.open();
const html = embed(await buildPage(), bigLog());
const began = performance.now();
const page = await browser.page(html);
await page.waitForSelector('.node.activity');
console.log(`page of ${(html.length / 1e6).toFixed(1)} MB, shown after ${Math.round(performance.now() - began)} ms`);

const key = (name) => `[data-key="${name}"]`;
const settle = () => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

const session = await page.context().newCDPSession(page);
await session.send('Performance.enable', { timeDomain: 'threadTicks' });

/** Milliseconds that the page's main thread has worked: what a machine without other load would take. */
async function worked() {
	const { metrics } = await session.send('Performance.getMetrics');
	return metrics.find(({ name }) => name === 'TaskDuration').value * 1000;
}

/** Milliseconds from an action in the page until the frame after it. */
const paint = (action, argument) => page.evaluate(async ([source, value]) => {
	const start = performance.now();
	new Function('value', source)(value);
	await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
	return performance.now() - start;
}, [action, argument]);

async function frames(move) {
	await page.evaluate(() => {
		window.frames_ = [];
		const tick = (now) => { window.frames_.push(now); window.timer_ = requestAnimationFrame(tick); };
		window.timer_ = requestAnimationFrame(tick);
	});
	await move();
	const times = await page.evaluate(() => { cancelAnimationFrame(window.timer_); return window.frames_; });
	const gaps = times.slice(1).map((t, i) => t - times[i]).sort((a, b) => a - b);
	return `${(1000 / (gaps.reduce((a, b) => a + b, 0) / gaps.length)).toFixed(0)} frames a second, slowest ${gaps.at(-1).toFixed(0)} ms, p90 ${gaps[Math.floor(gaps.length * 0.9)].toFixed(0)} ms`;
}

async function drag() {
	const box = await page.locator('.node.activity').first().boundingBox();
	await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
	await page.mouse.down();
	const result = await frames(async () => {
		for (let k = 0; k < 60; k++) await page.mouse.move(box.x + 3 * k, box.y + 100 + 60 * Math.sin(k / 6));
	});
	await page.mouse.up();
	return result;
}

async function slicers() {
	const times = [];
	for (const name of ['value category 1', 'value priority 2', `month ${2023 * 12 + 4}`, 'value category 0', 'clear slices', 'value channel 3', 'clear slices']) {
		await settle();
		const before = await worked();
		const wall = await paint('document.querySelector(value).click()', key(name));
		times.push([wall, (await worked()) - before].map(Math.round));
	}
	return `${times.map(([wall]) => wall).join(', ')} ms until painted; ${times.map(([, own]) => own).join(', ')} ms of the page's own work`;
}

await page.click(key('dimension channel'));

const shown = () => page.evaluate(() => `${document.querySelectorAll('.node').length} nodes, paths ${document.querySelectorAll('.how-many')[1].textContent}`);
const slide = (name, value) => paint(`const i = document.querySelector(value[0]); i.value = value[1]; i.dispatchEvent(new Event('input', { bubbles: true }))`, [key(`slider ${name}`), value]);

for (const [activities, paths] of [[null, null], [100, 8], [100, 100]]) {
	if (activities !== null) {
		const time = [await slide('activities', activities), await slide('paths', paths)];
		await page.click('.zoom button:last-child');
		console.log(`\nsliders at ${activities} and ${paths}: ${time.map(Math.round).join(', ')} ms`);
	}
	await settle();
	console.log(await shown());
	console.log(`  slicers: ${await slicers()}`);
	console.log(`  drag: ${await drag()}`);
	console.log(`  pan: ${await frames(async () => {
		await page.mouse.move(700, 500);
		await page.mouse.down();
		for (let k = 0; k < 40; k++) await page.mouse.move(700 - 4 * k, 500 + 2 * k);
		await page.mouse.up();
	})}`);
}
console.log(page.faults);
await browser.close();
