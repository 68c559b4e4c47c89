/*
 * Between SQL and patterns.
 */
#ifndef TM_PATTERN_FMGR_H
#define TM_PATTERN_FMGR_H

#include "fmgr.h"
#include "compat.h"

#include "pattern/pattern.h"
#include "pattern/pattern_tree.h"

/* Takes a stored value apart, checked. */
extern PatternTree *pattern_tree_of_value(const struct varlena *value);

/* The pattern of an argument, kept from call to call (base/kept.h). */
extern Pattern *pattern_argument(FunctionCallInfo fcinfo, int n);

#endif
