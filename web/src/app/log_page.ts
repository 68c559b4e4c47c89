// The page of a whole log: head, slicers and chain, the map, and panels.

import type { LogData, Positions } from '../data';
import { readChain } from '../chain/check';
import { parseExact } from '../chain/exact';
import { ChainPanel } from '../chain/panel';
import { activityColours } from '../map/look';
import { MapPanel } from '../map/panel';
import { Replay } from '../map/replay';
import { isPositions } from '../map/save';
import { comparePanel } from '../panels/compare';
import { details } from '../panels/details';
import { figures, nothingDone, scope } from '../panels/head';
import { findCases, lookupPanel } from '../panels/lookup';
import { qualityPanel } from '../panels/quality';
import {
	correspondencePanel,
	holdersPanel,
	landingPanel,
	partnersPanel,
	reopenedPanel,
} from '../panels/questions';
import { SlicersPanel } from '../panels/slicers';
import { VariantsPanel } from '../panels/variants';
import { caseActions, caseLinks } from '../ui/cases';
import { button, fill, h } from '../ui/dom';
import { cases as sayCases } from '../ui/format';
import { sayLabel } from '../ui/label';
import { say, speak, type Word } from '../ui/words';
import type { LogContext } from './context';
import { Frame } from './frame';
import { LogModel } from './model';
import { initialState, Store, type PanelName, type State } from './state';
import { Storage } from './storage';

/** The five questions are opened by their figures in the head. */
const tabs: readonly (PanelName & Word)[] = ['details', 'variants', 'compare', 'lookup', 'quality'];

export class LogPage {
	private model: LogModel;
	private storage: Storage;
	private store: Store;
	private context: LogContext;
	private frame: Frame;
	private warning = h('div', {});
	private kpis = h('section', { class: 'kpis' });
	private slicers: SlicersPanel;
	private chain: ChainPanel;
	private map: MapPanel;
	private replay: Replay;
	private variants = new VariantsPanel();
	private tabs = h('nav', { class: 'tabs' });
	private panel = h('div', { class: 'panel', id: 'panel', tabindex: -1, role: 'region' });
	private drawer = h('aside', { class: 'drawer' });
	private paper = h('div', { class: 'paper' });
	private search: HTMLInputElement;

	constructor(data: LogData) {
		this.model = new LogModel(data);
		this.storage = new Storage(`ticket_mining ${data.log} `);
		this.store = new Store(this.firstState(data));
		this.context = this.makeContext(data);
		this.frame = new Frame(this.store, this.storage, sayLabel(data.title));
		this.search = this.makeSearch();
		this.slicers = new SlicersPanel(this.context);
		this.chain = new ChainPanel(this.context);
		this.map = new MapPanel(this.context, () => [
			button(say('replay'), () => this.replay.start(), { 'data-key': 'replay' }),
		]);
		this.replay = new Replay(this.context, this.map);
		document.body.append(
			this.frame.bar,
			this.warning,
			h(
				'main',
				{ class: 'page' },
				this.kpis,
				h('div', { class: 'rail' }, this.slicers.element, this.chain.element),
				this.map.element,
				h('div', { class: 'side' }, this.tabs, this.panel, this.drawer),
			),
			this.paper,
		);
		this.store.watch((state, before) => this.update(state, before));
		addEventListener('beforeprint', () => this.print());
		addEventListener('keydown', (event) => this.key(event));
	}

	show(): void {
		this.update(this.store.state, null);
	}

	private firstState(data: LogData): State {
		const isLanguage = (value: unknown): value is State['language'] =>
			value === 'da' || value === 'en';
		const language = this.storage.get('language', isLanguage) ?? data.language;
		speak(language);
		const moved: Positions = {
			...data.positions,
			...this.storage.get('positions', isPositions),
		};
		return initialState(language, {
			moved,
			chain: readChain(this.model.log, parseExact(data.chain)),
		});
	}

	private makeContext(data: LogData): LogContext {
		const { model, store } = this;
		const { activity, label, segment } = data.activities;
		return {
			store,
			model,
			clocks: data.calendar ? ['elapsed', 'business'] : ['elapsed'],
			names: {
				activity,
				label,
				colour: activityColours(data.segments.segment, segment),
				seconds: (ticks) => model.seconds(ticks),
				day: (business) => model.day(business),
			},
			mined: () => model.mined(store.state),
			processMap: () => model.mined(store.state).map,
			list: (text, cases) => this.list(text, cases),
		};
	}

	private update(state: State, before: State | null): void {
		speak(state.language);
		if (before && state.moved !== before.moved) this.storage.set('positions', state.moved);
		if (before && state.language !== before.language)
			this.storage.set('language', state.language);
		const isOther = (...keys: (keyof State)[]) =>
			!before || keys.some((key) => state[key] !== before[key]);
		const cases = ['cohort', 'months', 'slices', 'chain', 'picked', 'language'] as const;
		if (isOther('language')) this.drawFrame();
		if (isOther(...cases, 'clock', 'panel')) fill(this.kpis, figures(this.context));
		if (isOther('cohort', 'months', 'slices', 'language')) this.slicers.update();
		if (isOther('cohort', 'months', 'slices', 'chain', 'language')) this.chain.update();
		this.map.update(state, before);
		if (isOther(...cases, 'activities', 'paths', 'unit', 'measure', 'clock'))
			this.replay.refresh();
		if (isOther('moved')) this.replay.forgetWays();
		if (isOther('panel', 'language')) this.drawTabs();
		if (
			isOther(
				...cases,
				'panel',
				'clock',
				'measure',
				'unit',
				'selected',
				'lookup',
				'compare',
			) ||
			(isOther('search') && state.panel === 'details')
		)
			this.drawPanel(before !== null && isOther('panel', 'selected', 'lookup'));
		if (isOther(...cases)) this.drawer.replaceChildren();
	}

	private drawFrame(): void {
		document.title = sayLabel(this.model.data.title);
		this.search.placeholder = say('search');
		this.search.setAttribute('aria-label', say('search'));
		this.kpis.setAttribute('aria-label', say('questions'));
		this.panel.setAttribute('aria-label', say('panels'));
		this.frame.update(scope(this.context), this.search);
		fill(this.warning, nothingDone(this.context));
	}

	private makeSearch(): HTMLInputElement {
		const input = h('input', { type: 'search', class: 'search', 'data-key': 'search' });
		input.addEventListener('input', () => this.store.update({ search: input.value }));
		input.addEventListener('keydown', (event) => {
			if (event.key !== 'Enter' || this.map.showFound()) return;
			const found = findCases(this.context, input.value)[0];
			if (found !== undefined) this.store.update({ panel: 'lookup', lookup: found });
		});
		return input;
	}

	private drawTabs(): void {
		const { panel } = this.store.state;
		this.tabs.setAttribute('aria-label', say('panels'));
		fill(
			this.tabs,
			tabs.map((name) =>
				button(say(name), () => this.store.update({ panel: name }), {
					'aria-current': name === panel ? 'page' : null,
					'data-key': `tab ${name}`,
				}),
			),
		);
	}

	private drawPanel(fromTop: boolean): void {
		fill(
			this.panel,
			this.model.log.size
				? this.content(this.store.state.panel)
				: h('p', { class: 'hint' }, say('empty_log')),
		);
		if (fromTop) this.panel.scrollTop = 0;
	}

	private content(name: PanelName): HTMLElement {
		const { context } = this;
		switch (name) {
			case 'details':
				return details(context);
			case 'variants':
				return this.variants.render(context);
			case 'partners':
				return partnersPanel(context);
			case 'landing':
				return landingPanel(context);
			case 'reopened':
				return reopenedPanel(context);
			case 'holders':
				return holdersPanel(context);
			case 'correspondence':
				return correspondencePanel(context);
			case 'compare':
				return comparePanel(context);
			case 'lookup':
				return lookupPanel(context);
			case 'quality':
				return qualityPanel(context);
		}
	}

	/** The cases behind a number, below the panel. */
	private list(label: string, cases: ArrayLike<number>): void {
		fill(
			this.drawer,
			h(
				'div',
				{ class: 'title-row' },
				h('h2', {}, label, h('small', {}, ` ${sayCases(cases.length)}`)),
				button('×', () => this.drawer.replaceChildren(), {
					class: 'close',
					title: say('close'),
					'aria-label': say('close'),
				}),
			),
			caseActions(this.context, label, cases),
			caseLinks(this.context, cases),
		);
	}

	/** On paper: the map, then all questions, and what they rest on. */
	private print(): void {
		const names: readonly PanelName[] = [
			'partners',
			'landing',
			'reopened',
			'holders',
			'correspondence',
			'quality',
		];
		const isEmpty = !this.model.log.size;
		fill(
			this.paper,
			!isEmpty && this.map.onPaper(),
			!isEmpty &&
				h(
					'div',
					{ class: 'paper-questions' },
					names.map((name) => this.content(name)),
				),
		);
	}

	private key(event: KeyboardEvent): void {
		const isTyping = /^(INPUT|TEXTAREA|SELECT)$/.test((event.target as Element).tagName);
		if (event.key === '/' && !isTyping) {
			event.preventDefault();
			this.search.focus();
		} else if (event.key === 'Escape' && !isTyping) {
			this.drawer.replaceChildren();
			if (this.store.state.selected) this.store.update({ selected: null });
		}
	}
}
