/*
 * The hot loops of the core on a fixed log, without a server, to be counted:
 *
 *   tasks TASK     runs what the task needs, and then measured()
 *   tasks          lists the tasks
 *
 * The log has 20,000 events in some 3,100 cases, in the order of time.
 */
#include "shim.h"

#include <stdio.h>

#include "dfg/collector.h"
#include "dfg/dfg_statistics.h"
#include "trace/trace_state.h"

#define EVENTS 20000

static const char *const labels[] = {
	"Ny",       "Tildelt", "I gang", "Afventer bruger", "Svar modtaget", "Afventer leverandør",
	"Planlagt", "Note",    "Løst",   "Løst m. mail",    "Lukket",        "Genåbnet"};

typedef struct Event
{
	TimestampTz at;
	uint32 case_no;
	uint32 label;
} Event;

static Event events[EVENTS];
static uint32 ncases;

static TraceState **states;
static SharedLabels *shared;
static Bytes *traces;
static Collector *collector;
static Dfg *graph;
static Bytes value;

static uint32
next_random(uint32 below)
{
	static uint64 state = 4711;

	state = state * UINT64CONST(6364136223846793005) + UINT64CONST(1442695040888963407);
	return (uint32) (state >> 33) % below;
}

static int
compare_times(const void *a, const void *b)
{
	const Event *x = a;
	const Event *y = b;

	return x->at != y->at ? (x->at < y->at ? -1 : 1)
						  : (x->case_no > y->case_no) - (x->case_no < y->case_no);
}

static void
make_log(void)
{
	uint32 n = 0;

	while (n < EVENTS)
	{
		TimestampTz at = ncases * 600 * USECS_PER_SEC;
		uint32 size = 4 + next_random(6);
		uint32 i;

		for (i = 0; i < size && n < EVENTS; i++, n++)
		{
			at += (60 + (int64) next_random(1000) * next_random(300)) * USECS_PER_SEC;
			events[n].at = at;
			events[n].case_no = ncases + 100000;
			events[n].label = i < 2 ? i : i + 1 < size ? 2 + next_random(7) : 9 + next_random(3);
		}
		ncases++;
	}
	qsort(events, EVENTS, sizeof(Event), compare_times);
}

static Label
label_of(const Event *event)
{
	return (Label){labels[event->label], (uint32) strlen(labels[event->label])};
}

/* ---- the tasks ---- */

static void
collect_into(size_t bytes)
{
	uint32 i;

	collector = collector_create(collector_memory_create(CurrentMemoryContext, bytes));
	for (i = 0; i < EVENTS; i++)
	{
		uint8 word[CASE_KEY_WORD_BYTES];
		RawEvent event = {{word, word_width(zigzag(events[i].case_no))}, 0, false, events[i].at, 0};

		store_word(word, zigzag(events[i].case_no));
		collector_add(collector, &event, label_of(&events[i]));
	}
}

static void
collect(void)
{
	collect_into(SIZE_MAX);
}

static void
collect_with_little_memory(void)
{
	collect_into(128 * 1024);
}

static void
graph_of_events(void)
{
	graph = dfg_create();
	collector_finish(collector, graph);
	dfg_settle(graph);
}

static void
collect_traces(void)
{
	uint32 i;

	for (i = 0; i < EVENTS; i++)
	{
		TraceState **state = &states[events[i].case_no - 100000];

		if (*state == NULL)
			*state = trace_state_create(shared);
		*state = trace_state_add(*state, label_of(&events[i]), events[i].at, false, 0);
	}
}

static void
finish_traces(void)
{
	uint32 i;

	for (i = 0; i < ncases; i++)
		traces[i] = bytes_of(trace_state_finish(states[i]));
}

static void
graph_of_traces(void)
{
	uint32 i;

	graph = dfg_create();
	for (i = 0; i < ncases; i++)
		dfg_add_trace(graph, traces[i].data, traces[i].size);
	dfg_settle(graph);
}

/* A hundred variants that come again and again. */
static void
graph_of_known_variants(void)
{
	uint32 i;

	for (i = 0; i < ncases; i++)
		dfg_add_trace(graph, traces[i % 100].data, traces[i % 100].size);
	dfg_settle(graph);
}

static void
flatten_graph(void)
{
	value = bytes_of(dfg_flatten(graph));
}

static void
load_graph(void)
{
	Fault fault = fuzz_no_fault();

	MUST(dfg_load(value.data, value.size, &fault) != NULL);
}

static void
merge_graphs(void)
{
	dfg_merge(dfg_create(), graph);
}

static void
describe_graph(void)
{
	DurationStatistics statistics;
	uint32 i;

	for (i = 0; i < graph->nedges; i++)
		durations_describe(&graph->edges[i].durations, &statistics);
}

typedef struct Task
{
	const char *name;
	void (*run)(void);
	void (*before[4])(void); /* what it needs */
} Task;

static const Task tasks[] = {
	{"collect", collect},
	{"collect_with_little_memory", collect_with_little_memory},
	{"graph_of_events", graph_of_events, {collect}},
	{"graph_of_events_with_little_memory", graph_of_events, {collect_with_little_memory}},
	{"collect_traces", collect_traces},
	{"finish_traces", finish_traces, {collect_traces}},
	{"graph_of_traces", graph_of_traces, {collect_traces, finish_traces}},
	{"graph_of_known_variants",
	 graph_of_known_variants,
	 {collect_traces, finish_traces, graph_of_traces}},
	{"flatten_graph", flatten_graph, {collect, graph_of_events}},
	{"load_graph", load_graph, {collect, graph_of_events, flatten_graph}},
	{"merge_graphs", merge_graphs, {collect, graph_of_events}},
	{"describe_graph", describe_graph, {collect, graph_of_events}},
};

/* What is counted: see --toggle-collect in run. */
void __attribute__((noinline)) measured(void (*run)(void));

void
measured(void (*run)(void))
{
	run();
}

static void
run_task(void *arg)
{
	const Task *task = arg;
	int i;

	states = palloc0(ncases * sizeof(TraceState *));
	shared = shared_labels_create(CurrentMemoryContext);
	traces = palloc0(ncases * sizeof(Bytes));
	for (i = 0; i < (int) lengthof(task->before) && task->before[i] != NULL; i++)
		task->before[i]();
	measured(task->run);
}

int
main(int argc, char **argv)
{
	size_t i;

	make_log();
	for (i = 0; i < lengthof(tasks); i++)
		if (argc < 2)
			puts(tasks[i].name);
		else if (strcmp(argv[1], tasks[i].name) == 0)
			return shim_try(run_task, (void *) &tasks[i]) ? 0 : 1;
	return argc < 2 ? 0 : 2;
}
