/*
 * Reopenings: done activities come in runs; the first open event after a run
 * reopens the case, and the next run decides the outcome.
 */
#ifndef TM_TRACE_REOPEN_H
#define TM_TRACE_REOPEN_H

#include "trace/trace.h"

typedef enum ActivityKind
{
	ACTIVITY_OPEN,
	ACTIVITY_DONE,   /* resolved or closed */
	ACTIVITY_ANSWER, /* done, and answers the user */
	ACTIVITY_NOTE    /* changes nothing */
} ActivityKind;

typedef enum ReopeningOutcome
{
	OUTCOME_OPEN,          /* no done event yet */
	OUTCOME_SILENT,        /* done again without an answer */
	OUTCOME_FIRST_ANSWER,  /* answered, for the first time in the case */
	OUTCOME_ANSWERED_AGAIN /* answered, as in an earlier run */
} ReopeningOutcome;

/* An event of a case: when, and the number of its label. */
typedef struct CaseEvent
{
	TimestampTz at;
	uint32 label;
} CaseEvent;

typedef struct Reopening
{
	CaseEvent done; /* the first event of the run before */
	CaseEvent reopened;
	CaseEvent done_again; /* the first event of the next run, unless open */
	ReopeningOutcome outcome;
} Reopening;

/* The labels of each kind, sorted by their bytes. */
typedef struct ActivityKinds
{
	Label *done;
	uint32 ndone;
	Label *answered;
	uint32 nanswered;
	Label *notes;
	uint32 nnotes;
} ActivityKinds;

/* Sorts the lists; the label that breaks a rule (answered within done, no note done), or NULL. */
extern const Label *activity_kinds_prepare(ActivityKinds *kinds, bool *is_note);

/* The kind of each label of a trace. */
extern uint8 *activity_kinds_of(const ActivityKinds *kinds, const Trace *trace);

extern uint32 trace_find_reopenings(const Trace *trace, const uint8 *kind_of, Reopening **found);
extern uint32 trace_count_reopenings(const Trace *trace, const uint8 *kind_of);

/* Answers beyond the first of each run. */
extern uint32 trace_count_repeats(const Trace *trace, const uint8 *kind_of);

#endif
