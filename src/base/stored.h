/*
 * Comparison and hashing of stored values: of the bytes after the version,
 * which come first. They are what they are whether or not they are valid, so
 * nothing is checked here.
 */
#ifndef TM_STORED_H
#define TM_STORED_H

#include "fmgr.h"

extern int stored_compare_args(FunctionCallInfo fcinfo);
extern Datum stored_hash_arg(FunctionCallInfo fcinfo);
extern Datum stored_hash_extended_args(FunctionCallInfo fcinfo);

/* The six comparisons, the btree and the hash support functions of a type. */
#define TM_STORED_COMPARISONS(type) \
	TM_STORED_COMPARISON(type##_eq, ==) \
	TM_STORED_COMPARISON(type##_ne, !=) \
	TM_STORED_COMPARISON(type##_lt, <) \
	TM_STORED_COMPARISON(type##_le, <=) \
	TM_STORED_COMPARISON(type##_gt, >) \
	TM_STORED_COMPARISON(type##_ge, >=) \
	TM_STORED_FUNCTION(type##_cmp, Int32GetDatum(stored_compare_args(fcinfo))) \
	TM_STORED_FUNCTION(type##_hash, stored_hash_arg(fcinfo)) \
	TM_STORED_FUNCTION(type##_hash_extended, stored_hash_extended_args(fcinfo)) \
	StaticAssertDecl(true, "takes the semicolon")

#define TM_STORED_COMPARISON(name, relation) \
	TM_STORED_FUNCTION(name, BoolGetDatum(stored_compare_args(fcinfo) relation 0))

#define TM_STORED_FUNCTION(name, result) \
	TM_FUNCTION(name); \
	Datum name(PG_FUNCTION_ARGS) \
	{ \
		PG_RETURN_DATUM(result); \
	}

/* Takes the rest of a message, or gives a value, in the stored form. */
extern struct varlena *stored_receive(FunctionCallInfo fcinfo);
extern Datum stored_send(struct varlena *value);

#endif
