/*
 * Inputs that are two binary values, [first][second][size of the first, 2
 * bytes], and how they mutate: as bytes, by way of their text form, or one
 * becomes a damaged copy of the other.
 */
#ifndef FUZZ_PAIR_H
#define FUZZ_PAIR_H

#include "shim.h"

typedef struct Pair
{
	Bytes value[2];
} Pair;

extern Pair pair_of(const uint8 *data, size_t size);

/* Given by the target: a valid value's text (NULL for another), and back. */
extern char *pair_to_text(Bytes value);
extern struct varlena *pair_from_text(const char *literal);

#endif
