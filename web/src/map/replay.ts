// Replay: a sample of cases travels along the map, all in their true time.

import type { LogContext } from '../app/context';
import type { Traces } from '../mine/traces';
import { button, fill, h, select, svg } from '../ui/dom';
import { date, number } from '../ui/format';
import { say } from '../ui/words';
import { wayOf } from './geometry';
import type { MapPanel } from './panel';
import type { SceneEdge } from './scene';

/** A step of a case along a shown edge. */
interface Ride {
	readonly from: number;
	readonly to: number;
	readonly edge: SceneEdge;
}

const MOST_CASES = 250;
const SECONDS = 40;
const POINTS = 24;

export class Replay {
	private bar = h('div', { class: 'replay' });
	private canvas = h('canvas', { class: 'replay-canvas', 'aria-hidden': 'true' });
	private rides: Ride[] = [];
	private ways = new Map<SceneEdge, Float32Array>();
	private span: readonly [number, number] = [0, 0];
	private at = 0;
	private speed = 1;
	private isPlaying = false;
	private sample = 0;
	private clock = h('span', { class: 'replay-date' });
	private slider = h('input', { type: 'range', min: 0, max: 1000, step: 1, value: 0 });

	constructor(
		private context: LogContext,
		private panel: MapPanel,
	) {
		this.slider.addEventListener('input', () => {
			this.at =
				this.span[0] + (Number(this.slider.value) / 1000) * (this.span[1] - this.span[0]);
			this.paint();
		});
	}

	get isOn(): boolean {
		return this.bar.isConnected;
	}

	start(): void {
		if (this.isOn) return this.stop();
		this.prepare();
		if (!this.rides.length) return;
		this.panel.view.element.append(this.canvas);
		this.panel.element.append(this.bar);
		this.isPlaying = true;
		this.drawBar();
		this.run();
	}

	stop(): void {
		this.isPlaying = false;
		this.bar.remove();
		this.canvas.remove();
	}

	/** The cases or the map have changed. */
	refresh(): void {
		if (!this.isOn) return;
		this.prepare();
		if (this.rides.length) this.drawBar();
		else this.stop();
	}

	private prepare(): void {
		const { traces } = this.context.mined();
		this.ways.clear();
		this.rides = [];
		const step = Math.max(1, traces.cases.length / MOST_CASES);
		this.sample = Math.min(traces.cases.length, MOST_CASES);
		const edges = new Map(
			this.panel.scene.edges.map((edge) => [`${edge.source.name} ${edge.target.name}`, edge]),
		);
		for (let k = 0; k < this.sample; k++) this.addRides(traces, Math.floor(k * step), edges);
		this.span = [
			this.rides.reduce((least, ride) => Math.min(least, ride.from), Infinity),
			this.rides.reduce((most, ride) => Math.max(most, ride.to), -Infinity),
		];
		if (this.at < this.span[0] || this.at > this.span[1]) this.at = this.span[0];
	}

	private addRides(traces: Traces, i: number, edges: ReadonlyMap<string, SceneEdge>): void {
		for (let e = traces.from[i]! + 1; e < traces.to[i]!; e++) {
			const edge = traces.gap[e]
				? undefined
				: edges.get(`${traces.activity[e - 1]!} ${traces.activity[e]!}`);
			if (edge && traces.at[e]! > traces.at[e - 1]!)
				this.rides.push({ from: traces.at[e - 1]!, to: traces.at[e]!, edge });
		}
	}

	private drawBar(): void {
		fill(
			this.bar,
			button(this.isPlaying ? '❚❚' : '▶', () => this.toggle(), {
				title: say(this.isPlaying ? 'pause' : 'replay'),
				'aria-label': say(this.isPlaying ? 'pause' : 'replay'),
				'data-key': 'play',
			}),
			this.slider,
			this.clock,
			select(
				say('speed'),
				['0.25', '0.5', '1', '2', '4'].map((s) => [
					s,
					`${number(Number(s), s.length > 1 ? s.length - 2 : 0)}×`,
				]),
				String(this.speed),
				(value) => (this.speed = Number(value)),
				{ 'data-key': 'speed' },
			),
			h(
				'small',
				{},
				say(
					'replay_sample',
					number(this.sample),
					number(this.context.mined().traces.cases.length),
				),
			),
			button('×', () => this.stop(), {
				title: say('stop_replay'),
				'aria-label': say('stop_replay'),
			}),
		);
		this.slider.setAttribute('aria-label', say('replay'));
	}

	private toggle(): void {
		this.isPlaying = !this.isPlaying;
		if (this.isPlaying && this.at >= this.span[1]) this.at = this.span[0];
		this.drawBar();
		if (this.isPlaying) this.run();
	}

	private run(): void {
		let before = performance.now();
		const tick = (now: number) => {
			if (!this.isPlaying || !this.isOn) return;
			this.at +=
				((now - before) / 1000 / SECONDS) * this.speed * (this.span[1] - this.span[0]);
			before = now;
			this.paint();
			if (this.at >= this.span[1]) this.toggle();
			else requestAnimationFrame(tick);
		};
		requestAnimationFrame(tick);
	}

	private paint(): void {
		const { view, element } = this.panel.view;
		const ratio = devicePixelRatio || 1;
		const [width, height] = [element.clientWidth, element.clientHeight];
		if (
			this.canvas.width !== Math.round(width * ratio) ||
			this.canvas.height !== Math.round(height * ratio)
		) {
			[this.canvas.width, this.canvas.height] = [
				Math.round(width * ratio),
				Math.round(height * ratio),
			];
		}
		const context = this.canvas.getContext('2d')!;
		context.setTransform(1, 0, 0, 1, 0, 0);
		context.clearRect(0, 0, this.canvas.width, this.canvas.height);
		context.setTransform(ratio * view.k, 0, 0, ratio * view.k, ratio * view.x, ratio * view.y);
		context.fillStyle = getComputedStyle(element).getPropertyValue('--token');
		for (const ride of this.rides)
			if (ride.from <= this.at && this.at < ride.to) this.dot(context, ride);
		this.slider.value = String(
			Math.round((1000 * (this.at - this.span[0])) / (this.span[1] - this.span[0] || 1)),
		);
		this.clock.textContent = date(this.context.model.time.wall(this.at));
	}

	private dot(context: CanvasRenderingContext2D, ride: Ride): void {
		const way = this.way(ride.edge);
		const place = ((this.at - ride.from) / (ride.to - ride.from)) * (POINTS - 1);
		const low = Math.min(POINTS - 2, Math.floor(place));
		const part = place - low;
		const x = way[2 * low]! * (1 - part) + way[2 * low + 2]! * part;
		const y = way[2 * low + 1]! * (1 - part) + way[2 * low + 3]! * part;
		context.beginPath();
		context.arc(x, y, 4, 0, 2 * Math.PI);
		context.fill();
	}

	/** Points of an edge's way at equal distances. */
	private way(edge: SceneEdge): Float32Array {
		let points = this.ways.get(edge);
		if (!points) {
			points = new Float32Array(2 * POINTS);
			const path = svg('path', { d: wayOf(edge).path });
			const length = path.getTotalLength();
			for (let k = 0; k < POINTS; k++) {
				const { x, y } = path.getPointAtLength((length * k) / (POINTS - 1));
				points.set([x, y], 2 * k);
			}
			this.ways.set(edge, points);
		}
		return points;
	}

	/** A node has been moved: its edges have other ways. */
	forgetWays(): void {
		this.ways.clear();
	}
}
