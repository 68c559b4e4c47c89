/*
 * Between SQL and traces.
 */
#ifndef TM_TRACE_FMGR_H
#define TM_TRACE_FMGR_H

#include "fmgr.h"
#include "compat.h"

#include "trace/trace.h"

/* The bytes of a stored value, of whichever header. */
static inline const uint8 *
trace_bytes(struct varlena *value)
{
	return (const uint8 *) VARDATA_ANY(value);
}

/* Takes a stored value apart, checked. */
static inline void
trace_open(struct varlena *value, Trace *trace)
{
	Fault fault;

	if (unlikely(!trace_check(trace_bytes(value), VARSIZE_ANY_EXHDR(value), trace, &fault)))
		fault_throw_stored(&fault, "trace");
}

/* The same where no label is read. */
static inline void
trace_open_events(struct varlena *value, Trace *trace)
{
	Fault fault;

	if (unlikely(!trace_check_events(trace_bytes(value), VARSIZE_ANY_EXHDR(value), trace, &fault)))
		fault_throw_stored(&fault, "trace");
}

/* The same where only the header is read: no more of the value is fetched than that. */
static inline void
trace_open_header(struct varlena *value, Trace *trace)
{
	Fault fault;

	if (unlikely(!trace_check_header(trace_bytes(value), VARSIZE_ANY_EXHDR(value), trace, &fault)))
		fault_throw_stored(&fault, "trace");
}

#define PG_GETARG_TRACE(n, trace) trace_open(PG_GETARG_VARLENA_PP(n), trace)
#define PG_GETARG_TRACE_EVENTS(n, trace) trace_open_events(PG_GETARG_VARLENA_PP(n), trace)
#define PG_GETARG_TRACE_HEADER(n, trace) \
	trace_open_header( \
		(struct varlena *) PG_DETOAST_DATUM_SLICE(PG_GETARG_DATUM(n), 0, TRACE_HEADER_BYTES), \
		trace)

#endif
