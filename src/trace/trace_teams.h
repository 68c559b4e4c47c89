/*
 * Teams, over the trace of a case's assignments: the label is the team. The
 * label "none" says that no team has the case: a visit of its own, which
 * everything that compares teams skips and so joins its neighbours.
 */
#ifndef TM_TRACE_TEAMS_H
#define TM_TRACE_TEAMS_H

#include "trace/trace.h"

#define NO_TEAM PG_UINT32_MAX

typedef struct Visit
{
	uint32 team; /* number of the label */
	uint32 next; /* the next team; NO_TEAM for none */
	TimestampTz from_at;
	TimestampTz to_at;
	bool is_return; /* the team had the case before, and another one since */
	bool is_bounce; /* A, B, A: back at A */
} Visit;

typedef enum Landing
{
	LANDING_NONE,      /* no team has had the case */
	LANDING_DIRECT,    /* one team */
	LANDING_FORWARDED, /* one handover, from an intake team */
	LANDING_REROUTED
} Landing;

/* The visits of the events before an end; the last one ends with it. */
extern uint32 trace_find_visits(const Trace *trace, TimestampTz until, Visit **found);

extern uint32 trace_count_handovers(const Trace *trace);

/* The landing by an instant; is_intake says which labels are intake teams. */
extern Landing trace_find_landing(const Trace *trace, TimestampTz by, const bool *is_intake);

#endif
