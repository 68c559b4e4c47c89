// How the page shows labels: node test/show_labels.mjs <LISTS >RESULTS
// Of lists of labels and a language: [label, whole, name in its list] of each.

import { readFileSync } from 'node:fs';
import { load } from './load.mjs';

const { sayLabel, namesOf, NAME, speak } = await load('ui/label', 'ui/words');

function result([language, labels]) {
	speak(language);
	const names = namesOf(labels, NAME);
	return labels.map((label) => [label, sayLabel(label), names.get(label)]);
}

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, 'utf8')).map(result)));
