/*
 * Small values on their way from and to SQL.
 */
#ifndef TM_SQL_VALUES_H
#define TM_SQL_VALUES_H

#include "fmgr.h"
#include "utils/array.h"
#include "utils/timestamp.h"

#include "base/label.h"
#include "base/wide.h"

extern Slice slice_of_text(text *value);
extern Datum label_to_text(Label label);

/* Texts of the labels, for functions that return many rows. */
extern Datum *labels_to_texts(const Label *labels, uint32 count);

/* The elements of a text[]; NULL among them is an error that names the argument. */
extern Slice *slices_of_array(ArrayType *array, const char *argument, uint32 *count);

/* Microseconds as an interval: days of 24 hours, and a time, as timestamptz - timestamptz gives. */
extern Datum interval_of_duration(uint64 microseconds);

/* Microseconds of business time, of either sign: no days, for working days are shorter. */
extern Datum interval_of_business_time(int64 microseconds);

/* A time that must not be infinite. */
extern TimestampTz finite_time_argument(FunctionCallInfo fcinfo, int n, const char *name);

/* Microseconds as exact seconds. */
extern Datum seconds_of_duration(const Wide *microseconds);

/*
 * Throws where the aggregate is called with ORDER BY inside: it sorts by
 * itself, and ties want seq.
 */
extern void aggregate_refuse_order_by(FunctionCallInfo fcinfo, const char *call);

#endif
