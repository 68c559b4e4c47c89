// Reads the data out of the page and shows it.

import type { Data } from './data';
import { GraphPage } from './app/graph_page';
import { LogPage } from './app/log_page';
import { h } from './ui/dom';
import { cut, FAULT } from './ui/label';

function begin(): void {
	const text = document.getElementById('data')?.textContent ?? '';
	try {
		const data = JSON.parse(text) as Data;
		if (data.version !== 1) throw new Error(`data of version ${String(data.version)}`);
		(data.form === 'log' ? new LogPage(data) : new GraphPage(data)).show();
	} catch (error) {
		document.body.append(
			h(
				'main',
				{ class: 'broken', role: 'alert' },
				h('h1', {}, 'The page cannot be shown'),
				h('p', {}, cut(String(error), FAULT)),
			),
		);
		throw error;
	}
}

begin();
