// The map with its controls: sliders, measures, legend, layout, selection.

import type { Context } from '../app/context';
import { shares, type Shares } from '../app/defaults';
import { sameSelection } from '../app/selection';
import { sameTraces, type Measure, type Selected, type State, type Unit } from '../app/state';
import type { Clock } from '../mine/graph';
import { simplify, type Shown } from '../mine/process_map';
import { button, fill, h, select } from '../ui/dom';
import { number } from '../ui/format';
import { say } from '../ui/words';
import { describe, nameOf } from './describe';
import { listenToKeys } from './keys';
import { Layout } from './layout';
import { legend } from './legend';
import { listenToPointer } from './pointer';
import { buildScene, type Scene, type SceneEdge, type SceneNode } from './scene';
import { saveMenu } from './save';
import { Tip } from './tip';
import { MapView } from './view';

export class MapPanel {
	readonly element: HTMLElement;
	readonly view: MapView;
	scene: Scene = { nodes: [], edges: [], nodeOf: new Map() };
	shown: Shown | null = null;
	private shares: Shares = { activities: 1, paths: 1 };
	private layout = new Layout();
	private toolbar = h('div', { class: 'map-tools' });
	private sliders = h('div', { class: 'sliders' });
	private corner = h('div', { class: 'map-legend' });
	private empty = h('p', { class: 'map-empty' });
	private tip: Tip;
	/** The state that the controls show. */
	private drawnControls: State | null = null;
	private mustLayOut = true;
	private mustFit = true;

	constructor(
		private context: Context,
		private extras: (panel: MapPanel) => readonly HTMLElement[] = () => [],
	) {
		const canvas = h('div', { class: 'map-canvas', id: 'map', tabindex: 0, role: 'group' });
		this.view = new MapView(canvas);
		this.tip = new Tip(canvas);
		this.element = h(
			'section',
			{ class: 'map' },
			this.toolbar,
			canvas,
			h('div', { class: 'map-foot' }, this.sliders, this.corner),
		);
		canvas.append(this.zoomButtons(), this.empty);
		const actions = {
			scene: () => this.scene,
			nodeOf: (key: string) => this.scene.nodes.find((node) => node.key === key),
			fit: () => this.view.fit(),
			select: (of: SceneNode | SceneEdge | null) => this.select(of),
			moved: (node: SceneNode) => this.moved(node),
			hover: (of: SceneNode | SceneEdge | null, event: PointerEvent) =>
				this.tip.show(of && describe(this.context, of), event),
		};
		listenToPointer(this.view, actions);
		listenToKeys(this.view, actions);
		new ResizeObserver(() => this.mustFit && this.view.fit()).observe(canvas);
	}

	private select(of: SceneNode | SceneEdge | null): void {
		const selected: Selected = !of
			? null
			: 'source' in of
				? { source: of.source.name, target: of.target.name }
				: { node: of.name };
		this.context.store.update(selected ? { selected, panel: 'details' } : { selected });
	}

	private moved(node: SceneNode): void {
		this.mustFit = false;
		const { store } = this.context;
		store.update({ moved: { ...store.state.moved, [node.key]: [node.x, node.y] } });
	}

	/** The map on paper, with its legend. */
	onPaper(): HTMLElement {
		const picture = this.view.picture();
		picture.setAttribute('aria-label', say('map'));
		return h(
			'div',
			{ class: 'paper-map' },
			picture,
			h('div', { class: 'map-legend' }, legend(this.context.store.state)),
		);
	}

	/** Lays out anew; places that the reader chose are given up. */
	tidy(): void {
		this.mustLayOut = this.mustFit = true;
		this.context.store.update({ moved: {} });
	}

	update(state: State, before: State | null): void {
		const isRedrawn = !before || drawnDifferently(state, before);
		if (
			before &&
			(state.activities !== before.activities ||
				state.paths !== before.paths ||
				state.picked !== before.picked)
		)
			this.mustLayOut = true;
		if (isRedrawn) this.redraw(state);
		else if (state.moved !== before.moved) this.placeMoved(state, before);
		if (
			isRedrawn ||
			!sameSelection(state.selected, before.selected) ||
			state.search !== before.search
		)
			this.mark(state);
	}

	private redraw(state: State): void {
		const { context } = this;
		const map = context.processMap();
		this.shares = shares(map, state);
		this.shown = simplify(map, this.shares.activities, this.shares.paths);
		this.scene = map.ranked.length
			? buildScene(map, this.shown, context.names, state)
			: { nodes: [], edges: [], nodeOf: new Map() };
		// Before the layout, which follows the room that is left.
		const isControlled =
			!this.drawnControls ||
			controlled.some((key) => state[key] !== this.drawnControls![key]);
		if (isControlled) this.drawControls(state);
		this.drawSliders();
		if (isControlled) this.view.measure();
		this.empty.textContent = this.scene.nodes.length ? '' : say('nothing_left');
		let isLaidOut = false;
		if (this.mustLayOut || this.layout.lacks(this.scene)) {
			const { width, height } = this.view.size;
			this.layout.compute(this.scene, width && height ? width / height : 1);
			this.mustLayOut = false;
			isLaidOut = true;
		}
		this.layout.apply(this.scene, state.moved);
		this.view.draw(this.scene, (of) => nameOf(context, of));
		if (this.mustFit && isLaidOut) this.view.fit();
	}

	private placeMoved(state: State, before: State): void {
		const isOwnDrag =
			Object.keys(state.moved).length >= Object.keys(before.moved).length &&
			this.scene.nodes.every(
				(node) =>
					!state.moved[node.key] ||
					(state.moved[node.key]![0] === node.x && state.moved[node.key]![1] === node.y),
			);
		if (isOwnDrag) return;
		this.redraw(state);
		this.view.fit();
	}

	private mark(state: State): void {
		const { selected } = state;
		const wanted = state.search.trim().toLocaleLowerCase();
		this.view.mark(
			(of) =>
				sameSelection(
					selected,
					'source' in of
						? { source: of.source.name, target: of.target.name }
						: { node: of.name },
				),
			(node) => wanted.length > 0 && node.label.toLocaleLowerCase().includes(wanted),
		);
	}

	/** Brings what search finds into sight; false if there is nothing. */
	showFound(): boolean {
		const wanted = this.context.store.state.search.trim().toLocaleLowerCase();
		const found =
			wanted &&
			this.scene.nodes.find(
				(node) =>
					typeof node.name === 'number' &&
					node.label.toLocaleLowerCase().includes(wanted),
			);
		if (!found) return false;
		this.view.reveal(found);
		this.select(found);
		return true;
	}

	private drawControls(state: State): void {
		const { store, clocks } = this.context;
		this.view.element.setAttribute('aria-label', `${say('map')}. ${say('map_keys')}`);
		const choose =
			<K extends keyof State>(key: K) =>
			(value: string) =>
				store.update({ [key]: value } as Pick<State, K>);
		fill(
			this.toolbar,
			select(
				say('unit'),
				(['cases', 'events'] as Unit[]).map((unit) => [unit, say(unit)]),
				state.unit,
				choose('unit'),
				{ 'data-key': 'unit' },
			),
			h('span', { class: 'plus', 'aria-hidden': 'true' }, '+'),
			select(
				say('duration'),
				(['median', 'mean', 'p90', 'total'] as Measure[]).map((m) => [m, say(m)]),
				state.measure,
				choose('measure'),
				{ 'data-key': 'measure' },
			),
			clocks.length > 1
				? select(
						say('duration'),
						clocks.map((clock: Clock) => [clock, say(clock)]),
						state.clock,
						choose('clock'),
						{ 'data-key': 'clock' },
					)
				: h('span', { class: 'quiet' }, say(clocks[0]!)),
			h('span', { class: 'spacer' }),
			this.extras(this),
			button(say('tidy'), () => this.tidy(), { 'data-key': 'tidy' }),
			saveMenu(this.context, this),
		);
		fill(this.corner, legend(state));
		this.drawnControls = state;
	}

	private drawSliders(): void {
		const { shown } = this;
		const map = this.context.processMap();
		if (!shown) return;
		fill(
			this.sliders,
			this.slider(
				'activities',
				this.shares.activities,
				say('n_of_m', number(shown.activities), number(map.ranked.length)),
			),
			this.slider(
				'paths',
				this.shares.paths,
				say('n_of_m', number(shown.paths), number(map.edges.length)),
			),
		);
	}

	private slider(key: 'activities' | 'paths', share: number, text: string): HTMLElement {
		const change = (event: Event) =>
			this.context.store.update({
				[key]: Number((event.target as HTMLInputElement).value) / 100,
			} as Pick<State, typeof key>);
		return h(
			'label',
			{ class: 'slider' },
			h('span', { class: 'what' }, say(key)),
			h('input', {
				type: 'range',
				min: 0,
				max: 100,
				step: 1,
				value: Math.round(share * 100),
				oninput: change,
				'data-key': `slider ${key}`,
				'aria-valuetext': text,
			}),
			h('span', { class: 'how-many' }, text),
		);
	}

	private zoomButtons(): HTMLElement {
		const own = (label: string, title: () => string, action: () => void) => {
			const made = button(label, action, { title: title(), 'aria-label': title() });
			made.addEventListener('pointerdown', (event) => event.stopPropagation());
			return made;
		};
		return h(
			'div',
			{ class: 'zoom' },
			own(
				'+',
				() => say('zoom_in'),
				() => this.zoom(1.25),
			),
			own(
				'−',
				() => say('zoom_out'),
				() => this.zoom(0.8),
			),
			own(
				'⤢',
				() => say('fit'),
				() => this.view.fit(),
			),
		);
	}

	private zoom(factor: number): void {
		this.mustFit = false;
		this.view.zoomAt(factor);
	}
}

/** What the controls above and below the map depend on. */
const controlled = ['unit', 'measure', 'clock', 'language'] as const;

function drawnDifferently(state: State, before: State): boolean {
	const keys = ['unit', 'measure', 'clock', 'activities', 'paths', 'language'] as const;
	return !sameTraces(state, before) || keys.some((key) => state[key] !== before[key]);
}
