// A binary heap of numbers, the least first.

export class Heap {
	private items: number[] = [];

	push(value: number): void {
		const { items } = this;
		let at = items.push(value) - 1;
		while (at > 0) {
			const up = (at - 1) >> 1;
			if (items[up]! <= value) break;
			items[at] = items[up]!;
			at = up;
		}
		items[at] = value;
	}

	pop(): number | undefined {
		const { items } = this;
		const least = items[0];
		const last = items.pop();
		if (last !== undefined && items.length) this.sink(last);
		return least;
	}

	private sink(value: number): void {
		const { items } = this;
		let at = 0;
		for (;;) {
			let down = 2 * at + 1;
			if (down >= items.length) break;
			if (down + 1 < items.length && items[down + 1]! < items[down]!) down++;
			if (items[down]! >= value) break;
			items[at] = items[down]!;
			at = down;
		}
		items[at] = value;
	}
}
