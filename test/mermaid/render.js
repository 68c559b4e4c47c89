// Renders Mermaid texts in a browser: an array of texts on the input; for each, on the
// output, the texts of its nodes by id and of its edges, or the error; and what else
// the texts brought about: dialogs, requests, scripts that ran.
import { readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';

const texts = JSON.parse(readFileSync(0, 'utf8'));
const script = new URL('node_modules/@mermaid-js/tiny/dist/mermaid.tiny.js', import.meta.url).pathname;
const browser = await chromium.launch({ executablePath: process.argv[2], args: ['--no-sandbox'] });
const page = await browser.newPage();
const incidents = [];

page.on('dialog', dialog => { incidents.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
page.on('request', request => incidents.push(`request: ${request.url()}`));
page.on('pageerror', error => incidents.push(`error: ${error.message}`));
await page.setContent('<!doctype html><body></body>');
await page.addScriptTag({ content: readFileSync(script, 'utf8') });
await page.evaluate(() => mermaid.initialize({ startOnLoad: false, maxEdges: 10000, maxTextSize: 5000000 }));

// A line of a label is told in a line of text.
async function render(text) {
	try {
		await mermaid.parse(text);
		const { svg } = await mermaid.render('map', text);
		document.body.innerHTML = svg;
	} catch (error) {
		return { error: String(error) };
	}
	const nodes = [...document.querySelectorAll('.node')].map(node => [node.id.replace(/^.*flowchart-([^-]+)-\d+$/, '$1'), node.querySelector('.nodeLabel').innerText]);
	return {
		nodes: Object.fromEntries(nodes),
		edges: [...document.querySelectorAll('.edgeLabel .edgeLabel')].map(label => label.innerText.trim()),
		elements: [...new Set([...document.querySelectorAll('.label *, .edgeLabel *')].map(element => element.tagName.toLowerCase()))].sort(),
		ran: typeof window.hacked !== 'undefined',
	};
}

const rendered = [];
for (const text of texts)
	rendered.push(await page.evaluate(render, text));
await browser.close();
console.log(JSON.stringify({ rendered, incidents }));
