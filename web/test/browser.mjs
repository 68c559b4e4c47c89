// Debian's Chromium, which opens pages from files; whatever it asks of the network or says
// on its console is kept.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];

export class Browser {
	static async open() {
		const directory = await mkdtemp(join(tmpdir(), 'ticket_mining-page-'));
		const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: flags });
		return Object.assign(new Browser(), { directory, browser });
	}

	/** Opens a page of text; page.faults are errors and warnings of the console, page.requests what it asked for. */
	async page(html, options = {}) {
		const file = join(this.directory, `${Math.random().toString(36).slice(2)}.html`);
		await writeFile(file, html);
		const context = await this.browser.newContext({ viewport: { width: 1440, height: 900 }, acceptDownloads: true, ...options });
		const page = await context.newPage();
		const [faults, requests] = [[], []];
		page.on('console', (message) => ['error', 'warning'].includes(message.type()) && faults.push(message.text()));
		page.on('pageerror', (error) => faults.push(String(error.stack ?? error)));
		page.on('request', (request) => requests.push(request.url()));
		page.setDefaultTimeout(60_000);
		await page.goto(pathToFileURL(file).href);
		return Object.assign(page, { faults, requests, file });
	}

	async close() {
		await this.browser.close();
		await rm(this.directory, { recursive: true, force: true });
	}
}
