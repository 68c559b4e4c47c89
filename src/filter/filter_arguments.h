/*
 * Filters between SQL and C.
 */
#ifndef TM_FILTER_ARGUMENTS_H
#define TM_FILTER_ARGUMENTS_H

#include "fmgr.h"

#include "filter/filter.h"

/* Takes a trace argument apart. */
extern void part_argument(FunctionCallInfo fcinfo, int n, TracePart *part);

/* Gives back what is left: NULL for nothing. */
extern Datum part_result(FunctionCallInfo fcinfo, const TracePart *part);

/* For each label of the part, whether a text[] argument has it. */
extern bool *list_argument(FunctionCallInfo fcinfo, int n, const char *name, const TracePart *part);

/* The period of two arguments; one that ends before it begins is an error. */
extern Period period_arguments(FunctionCallInfo fcinfo, int n);

/* first or last. */
extern Which which_argument(FunctionCallInfo fcinfo, int n, const char *name);

/* The bounds of two interval arguments, either of which may be NULL. */
extern Bounds bounds_arguments(FunctionCallInfo fcinfo, int n);

#endif
