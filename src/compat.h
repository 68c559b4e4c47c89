/*
 * Every difference between the supported PostgreSQL versions (15 and up).
 * Include it after postgres.h.
 */
#ifndef TM_COMPAT_H
#define TM_COMPAT_H

#if PG_VERSION_NUM < 150000
#error "ticket_mining needs PostgreSQL 15 or later"
#endif

/* 16 moved the varlena macros to a header of their own. */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/*
 * 16 lets an input function report bad input softly, through the escontext of
 * its call; before that, every such error is thrown.
 */
#if PG_VERSION_NUM < 160000
struct Node;
#define ereturn(escontext, result, ...) \
	do \
	{ \
		(void) (escontext); \
		ereport(ERROR, __VA_ARGS__); \
		return result; \
	} while (0)
#define TM_ESCONTEXT(fcinfo) NULL
#else
#include "nodes/miscnodes.h"
#define TM_ESCONTEXT(fcinfo) ((fcinfo)->context)
#endif

/* 16 has PG_FUNCTION_INFO_V1 declare the function, exported; 15 does not. */
#define TM_FUNCTION(name) \
	PGDLLEXPORT Datum name(PG_FUNCTION_ARGS); \
	PG_FUNCTION_INFO_V1(name)

/* 18 has a word for functions that do not return; it stands before "static" and "extern". */
#if PG_VERSION_NUM < 180000
#define pg_noreturn pg_attribute_noreturn()
#endif

/* 18 gave the magic block a name and a version. */
#ifdef PG_MODULE_MAGIC_EXT
#define TM_MODULE_MAGIC PG_MODULE_MAGIC_EXT(.name = "ticket_mining")
#else
#define TM_MODULE_MAGIC PG_MODULE_MAGIC
#endif

/* 16 has one function for the owners of all kinds of objects. */
#if PG_VERSION_NUM >= 160000
#define tm_owns_relation(relation) object_ownercheck(RelationRelationId, relation, GetUserId())
#else
#define tm_owns_relation(relation) pg_class_ownercheck(relation, GetUserId())
#endif

/* A variable of the module alone is reached without a table of addresses; 16 hides all. */
#ifdef __GNUC__
#define TM_HIDDEN __attribute__((visibility("hidden")))
#else
#define TM_HIDDEN
#endif

/* Fetches memory into the cache, where the compiler can say so. */
#ifdef __GNUC__
#define prefetch(address) __builtin_prefetch(address)
#else
#define prefetch(address) ((void) (address))
#endif

#endif
