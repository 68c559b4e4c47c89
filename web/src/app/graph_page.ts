// The page of a graph alone: the map, and the figures of what is selected.

import type { GraphData, Positions } from '../data';
import { MapPanel } from '../map/panel';
import { isPositions } from '../map/save';
import { buildMap } from '../mine/process_map';
import { graphOfData } from '../mine/graph_data';
import { details } from '../panels/details';
import { fill, h } from '../ui/dom';
import { calendarDay, cases, events } from '../ui/format';
import { sayLabel } from '../ui/label';
import { say, speak } from '../ui/words';
import type { Context } from './context';
import { Frame } from './frame';
import { initialState, Store, type State } from './state';
import { Storage } from './storage';

const COLOUR = '#2f6fb7';

export class GraphPage {
	private store: Store;
	private storage: Storage;
	private context: Context;
	private frame: Frame;
	private map: MapPanel;
	private panel = h('div', { class: 'panel', id: 'panel', tabindex: -1, role: 'region' });
	private paper = h('div', { class: 'paper' });
	private search: HTMLInputElement;

	constructor(private data: GraphData) {
		speak(data.language);
		this.storage = new Storage(`ticket_mining ${data.title} `);
		const moved: Positions = {
			...data.positions,
			...this.storage.get('positions', isPositions),
		};
		const map = buildMap(graphOfData(data), data.activities.activity);
		const clock = data.calendar ? 'business' : 'elapsed';
		this.store = new Store(initialState(data.language, { moved, clock }));
		const { activity } = data.activities;
		this.context = {
			store: this.store,
			clocks: [clock],
			processMap: () => map,
			names: {
				activity,
				label: activity,
				colour: activity.map(() => COLOUR),
				seconds: (seconds) => seconds,
				day: () => calendarDay,
			},
		};
		this.frame = new Frame(this.store, this.storage, sayLabel(data.title));
		this.search = h('input', {
			type: 'search',
			class: 'search',
			'data-key': 'search',
			oninput: () => this.store.update({ search: this.search.value }),
		});
		this.map = new MapPanel(this.context);
		document.body.append(
			this.frame.bar,
			h(
				'main',
				{ class: 'page is-graph' },
				this.map.element,
				h('div', { class: 'side' }, this.panel),
			),
			this.paper,
		);
		addEventListener('beforeprint', () => fill(this.paper, this.map.onPaper()));
		this.store.watch((state, before) => this.update(state, before));
	}

	show(): void {
		this.update(this.store.state, null);
	}

	private update(state: State, before: State | null): void {
		speak(state.language);
		if (before && state.moved !== before.moved) this.storage.set('positions', state.moved);
		if (state.language !== before?.language) {
			document.title = sayLabel(this.data.title);
			this.search.placeholder = say('search_activity');
			this.search.setAttribute('aria-label', say('search_activity'));
			this.panel.setAttribute('aria-label', say('details'));
			this.frame.update(
				h(
					'p',
					{ class: 'scope' },
					h(
						'span',
						{},
						say('graph_of', cases(this.data.cases), events(this.data.events)),
					),
					this.data.calendar && h('span', {}, sayLabel(this.data.calendar)),
				),
				this.search,
			);
		}
		this.map.update(state, before);
		fill(this.panel, details(this.context));
	}
}
