// Does to the page what a reader does, and reads what it says.

export const key = (name) => `[data-key="${name}"]`;
export const numbers = (text) => Number(text.replace(/[.,\s]/g, '').replace(/[^\d].*$/, ''));

/** Slices: { cohort, months: [first, last] as 2023-01 or null, slices: { dimension: [labels] } }. */
export async function slice(page, { cohort = 'created', months = null, slices = {} }) {
	await page.selectOption(key('cohort'), cohort);
	if (months) {
		const [first, last] = months.map((month) => 12 * Number(month.slice(0, 4)) + Number(month.slice(5)) - 1);
		await page.click(key(`month ${first}`));
		if (last !== first) await page.click(key(`month ${last}`), { modifiers: ['Shift'] });
	}
	for (const [name, labels] of Object.entries(slices)) for (const label of labels) await chooseValue(page, name, label);
}

async function chooseValue(page, name, label) {
	const head = page.locator(key(`dimension ${name}`));
	if ((await head.getAttribute('aria-expanded')) === 'false') await head.click();
	const box = page.locator('.dimension', { has: head });
	const more = box.locator(key(`longer ${name}`));
	if ((await more.count()) && !/færre|fewer/.test(await more.innerText())) await more.click();
	await box.locator(`button[title="${label.replace(/["\\]/g, '\\$&')}"]`).click();
}

export async function setChain(page, chain) {
	await page.click(key('chain json'));
	await page.fill('.editor textarea', JSON.stringify(chain));
	await page.click('.editor .primary');
}

export async function clear(page) {
	for (const name of ['clear chain', 'clear slices']) if (await page.locator(key(name)).count()) await page.click(key(name));
}

/** Everything the page says of what is left. */
export async function read(page) {
	await page.keyboard.press('Escape');
	await page.click(key('tab details'));
	return page.evaluate(() => {
		const text = (element) => element?.textContent ?? '';
		const cells = (row) => [...row.children].map(text);
		return {
			cases: text(document.querySelector('.kpi-cases .kpi-value')),
			note: text(document.querySelector('.kpi-cases .kpi-note')),
			figures: Object.fromEntries([...document.querySelectorAll('button.kpi')].map((kpi) => [kpi.dataset.key.slice(4), [text(kpi.querySelector('.kpi-value')), text(kpi.querySelector('.kpi-note'))]])),
			steps: [...document.querySelectorAll('.step small')].map((step) => text(step.firstChild)),
			paths: [...document.querySelectorAll('.paths tbody tr')].map(cells),
		};
	});
}

/** The tables and bars of the questions. */
export async function readQuestions(page) {
	const read = {};
	for (const name of ['partners', 'landing', 'reopened', 'holders']) {
		await page.click(key(`kpi ${name}`));
		read[name] = await page.evaluate(() => {
			const cells = (row) => [...row.children].map((cell) => (cell.querySelector('small.block') ? cell.firstElementChild.childNodes[1].textContent : cell.textContent));
			return {
				tables: [...document.querySelectorAll('.panel table')].map((table) => [...table.querySelectorAll('tbody tr')].map(cells)),
				bars: [...document.querySelectorAll('.partner-list section')].map((part) => [part.querySelector('h3').textContent, [...part.querySelectorAll('.part')].map((bar) => bar.title)]),
			};
		});
	}
	return read;
}
