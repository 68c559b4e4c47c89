/*
 * What has been made of an argument, kept from call to call as long as the
 * argument is the same. It is compared each time: a variable of PL/pgSQL
 * changes under a call that looks constant.
 */
#ifndef TM_KEPT_H
#define TM_KEPT_H

#include "fmgr.h"

/* Begins as zeros. */
typedef struct Kept
{
	MemoryContext context;
	struct varlena *value;
	void *made; /* NULL: not made, or not to the end */
} Kept;

/* Makes something of a value, which stays where it is as long as that, in the current context. */
typedef void *(*KeptMake)(struct varlena *value);

/* What was made of the value; it is made, in a context below the parent, unless it is kept. */
extern void *kept_get(Kept *kept, MemoryContext parent, const struct varlena *value, KeptMake make);

/* So many of them, kept with the function that is called. */
extern Kept *kept_of_call(FunctionCallInfo fcinfo, int count);

/* Whether two values are the same to the byte. */
extern bool kept_is_same(const struct varlena *a, const struct varlena *b);

#endif
