/*
 * The module's magic block.
 */
#include "postgres.h"

#include "fmgr.h"

#include "compat.h"

TM_MODULE_MAGIC;
