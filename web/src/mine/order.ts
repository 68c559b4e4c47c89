// The order of labels: that of their bytes in UTF-8, which is that of code points.

export function compareLabels(a: string, b: string): number {
	for (let i = 0; i < a.length && i < b.length;) {
		const [x, y] = [a.codePointAt(i)!, b.codePointAt(i)!];
		if (x !== y) return x - y;
		i += x > 0xffff ? 2 : 1;
	}
	return a.length - b.length;
}
