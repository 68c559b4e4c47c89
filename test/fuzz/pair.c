/*
 * Taking pairs apart, and mutating them.
 */
#include "pair.h"

#define SIZE_BYTES 2

/* What libFuzzer offers, and what it calls. */
extern size_t LLVMFuzzerMutate(uint8 *data, size_t size, size_t max_size);
extern size_t LLVMFuzzerCustomMutator(uint8 *data, size_t size, size_t max_size, unsigned seed);

Pair
pair_of(const uint8 *data, size_t size)
{
	Pair pair = {{{data, size}, {data + size, 0}}};
	size_t first;

	if (size < SIZE_BYTES)
		return pair;
	first = Min((size_t) (data[size - 2] | data[size - 1] << 8), size - SIZE_BYTES);
	pair.value[0].size = first;
	pair.value[1].data = data + first;
	pair.value[1].size = size - SIZE_BYTES - first;
	return pair;
}

/* A value on its way through a mutation. */
typedef struct Mutation
{
	uint8 *bytes;
	size_t size;
	size_t max_size;
} Mutation;

/* Where the value is valid, and its changed text is too, takes what that says. */
static void
mutate_text(void *arg)
{
	Mutation *mutation = arg;
	Bytes old = {mutation->bytes, mutation->size};
	char *text = pair_to_text(old);
	size_t capacity;
	uint8 *changed;
	struct varlena *value;

	if (text == NULL)
		return;
	capacity = 2 * strlen(text) + 64;
	changed = palloc0(capacity + 1);
	memcpy(changed, text, strlen(text));
	changed[LLVMFuzzerMutate(changed, strlen(text), capacity)] = '\0';
	text = fuzz_literal(changed, strlen((char *) changed));
	value = text == NULL ? NULL : pair_from_text(text);
	if (value == NULL || bytes_of(value).size > mutation->max_size)
		return;
	mutation->size = bytes_of(value).size;
	memcpy(mutation->bytes, bytes_of(value).data, mutation->size);
}

static void
mutate_bytes(Mutation *mutation)
{
	mutation->size = LLVMFuzzerMutate(mutation->bytes, mutation->size, mutation->max_size);
}

/* Puts both values into the input; what does not fit is cut off. */
static size_t
put_together(uint8 *data, size_t max_size, Bytes first, Bytes second)
{
	size_t room = max_size - SIZE_BYTES;

	first.size = Min(Min(first.size, room), PG_UINT16_MAX);
	second.size = Min(second.size, room - first.size);
	memcpy(data, first.data, first.size);
	memcpy(data + first.size, second.data, second.size);
	data += first.size + second.size;
	data[0] = (uint8) first.size;
	data[1] = (uint8) (first.size >> 8);
	return first.size + second.size + SIZE_BYTES;
}

static uint8 *
copy_with_room(Bytes value, size_t room)
{
	uint8 *copy = palloc0(Max(room, value.size) + 1);

	memcpy(copy, value.data, value.size);
	return copy;
}

static size_t
mutate_pair(uint8 *data, size_t size, size_t max_size, unsigned seed)
{
	Pair pair = pair_of(data, size);
	int which = seed / 4 % 2;
	Bytes old = pair.value[seed % 4 == 3 ? !which : which];
	Mutation mutation = {copy_with_room(old, max_size), old.size, max_size};
	Bytes other = {copy_with_room(pair.value[!which], 0), pair.value[!which].size};
	Bytes changed;

	if (seed % 4 < 2)
		(void) shim_try(mutate_text, &mutation);
	else
		mutate_bytes(&mutation);
	changed = (Bytes){mutation.bytes, mutation.size};
	return which == 0 ? put_together(data, max_size, changed, other)
					  : put_together(data, max_size, other, changed);
}

size_t
LLVMFuzzerCustomMutator(uint8 *data, size_t size, size_t max_size, unsigned seed)
{
	if (max_size < 16 || seed % 16 == 0)
		return LLVMFuzzerMutate(data, size, max_size);
	size = mutate_pair(data, size, max_size, seed / 16);
	shim_free_all();
	return size;
}
