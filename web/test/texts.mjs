// What can be read of the page, and where it stands. These functions run in the page.

/** Every piece of text in sight: what it says, its box as far as it can be seen, and which element it is in. */
export function visibleTexts() {
	const clip = (box, element) => {
		for (let at = element; at && at !== document.documentElement; at = at.parentElement) {
			const style = getComputedStyle(at);
			if (style.overflowX === 'visible' && style.overflowY === 'visible' || at.ownerSVGElement || at.tagName === 'svg' || style.display === 'inline') continue;
			const own = at.getBoundingClientRect();
			box = { left: Math.max(box.left, own.left), top: Math.max(box.top, own.top), right: Math.min(box.right, own.right), bottom: Math.min(box.bottom, own.bottom) };
		}
		return box;
	};
	const found = [];
	const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let node = walker.nextNode(); node; node = walker.nextNode()) {
		const element = node.parentElement;
		if (!node.data.trim() || /^(SCRIPT|STYLE|OPTION)$/.test(element.tagName) || !element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) continue;
		const range = document.createRange();
		range.selectNodeContents(node);
		for (const rect of range.getClientRects()) {
			const box = clip(rect, element);
			if (box.right - box.left > 1 && box.bottom - box.top > 1) found.push({ text: node.data.trim(), left: box.left, top: box.top, right: box.right, bottom: box.bottom });
		}
	}
	return found;
}

/** Pairs of texts of which one lies on the other; lines may touch. */
export function overlapping(texts) {
	const all = texts();
	const found = [];
	for (const [i, a] of all.entries()) {
		for (const b of all.slice(i + 1)) {
			const [width, height] = [Math.min(a.right, b.right) - Math.max(a.left, b.left), Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)];
			if (width > 2 && height > 0.35 * Math.min(a.bottom - a.top, b.bottom - b.top)) found.push([a.text, b.text]);
		}
	}
	return found;
}

/** Texts that do not fit; a shortened one may have all of it as its title, and be seen to be shortened. */
export function cutOff() {
	const found = [];
	for (const element of document.querySelectorAll('body *')) {
		if (!element.clientWidth || ![...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()) || !element.checkVisibility()) continue;
		const style = getComputedStyle(element);
		if (style.overflowX === 'visible' || style.display === 'inline') continue;
		const isShortened = style.textOverflow === 'ellipsis' && element.closest('[title]');
		if (element.scrollHeight > element.clientHeight + 2 || (element.scrollWidth > element.clientWidth + 1 && !isShortened)) found.push(element.textContent);
	}
	return found;
}
