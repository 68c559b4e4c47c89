// Takes a picture of a page in Chromium:  node test/demo/picture.mjs [PAGE [PICTURE]]
// By default of the demo's report.html, for the README. It needs web/'s packages: npm ci there.

import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from '../../web/node_modules/playwright-core/index.mjs';

const here = path => fileURLToPath(new URL(path, import.meta.url));
const [page = here('../../report.html'), picture = here('report.png')] = process.argv.slice(2);

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
const tab = await browser.newPage({ viewport: { width: 1440, height: 900 }, locale: 'en-GB', timezoneId: 'Europe/Copenhagen', colorScheme: 'light' });
await tab.goto(pathToFileURL(resolve(page)).href);
await tab.locator('svg').first().waitFor();
await tab.evaluate(() => document.fonts.ready);
await tab.waitForTimeout(1000); // until what moves has come to rest
await tab.screenshot({ path: picture, animations: 'disabled' });
await browser.close();
