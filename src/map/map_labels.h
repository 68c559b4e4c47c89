/*
 * Labels as they are shown in a map. This page defines it for all who draw one,
 * the page in the browser (web/src/ui/label.ts) among them.
 *
 * Two labels that differ look different. So a label is shown as it is, but for
 *
 * - what cannot be seen, or cannot be told apart, which is shown by its code,
 *   as ‹U+200B›: controls, characters that only format, blanks other than the
 *   blank, what is for private use or no character;
 * - a blank at either end or beside another one, shown as ␣;
 * - ‹ and ␣ themselves, shown by their codes: where they stand, they are of this
 *   page and not of a label;
 * - all that is not ASCII, by its code, in a label that is not in Unicode's normal
 *   form C: another one that looks the same may be in it;
 * - a label of nothing, shown as ‹empty›, and a label of – alone, by its code,
 *   for elsewhere that means that there is no value.
 *
 * What is left alike are letters that two alphabets share, as a Latin and a
 * Cyrillic a, and characters for which nobody has a font.
 *
 * A name is a label that is no longer than MAP_NAME_CHARACTERS as it is shown: a
 * longer one is cut in its middle, where … stands then. Of what is left two thirds
 * are from its beginning (rounded down), the rest from its end; a mark in ‹ › is
 * never broken. Where names of one graph would be equal, they are numbered, from
 * ‹1› on through the graph, in the order of the labels.
 */
#ifndef TM_MAP_LABELS_H
#define TM_MAP_LABELS_H

#include "map/map.h"
#include "map/map_words.h"

#define MAP_NAME_CHARACTERS 60

/* Gives each activity of a map its label as it is shown, and its name. */
extern void map_name_activities(Map *map, const MapLanguage *language);

#endif
