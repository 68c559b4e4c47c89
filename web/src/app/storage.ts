// What the browser remembers between visits: places of nodes, language, theme. A page from a
// file may have no storage; then nothing is remembered.

export class Storage {
	constructor(private prefix: string) {}

	get<T>(name: string, isValid: (value: unknown) => value is T): T | null {
		try {
			const value: unknown = JSON.parse(localStorage.getItem(this.prefix + name) ?? 'null');
			return isValid(value) ? value : null;
		} catch {
			return null;
		}
	}

	set(name: string, value: unknown): void {
		try {
			localStorage.setItem(this.prefix + name, JSON.stringify(value));
		} catch {
			// Full or forbidden: the page works without.
		}
	}
}
