/*
 * Makes the corpora to start from: seeds traces.txt graphs.txt calendars.txt patterns.txt
 * DIRECTORY writes DIRECTORY/TARGET/NUMBER. What is too long to write down is made here.
 * A literal need not be valid: then it is one for the text target alone.
 */
#include "shim.h"

#include "lib/stringinfo.h"

#include "dfg/dfg.h"
#include "pattern/pattern_tree.h"
#include "trace/trace_state.h"

static const char *directory;
static int seeds_written;

static void
put_seed(const char *target, Bytes first, Bytes second)
{
	char path[1024];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s/%d", directory, target, seeds_written++);
	file = fopen(path, "wb");
	if (file == NULL || fwrite(first.data, 1, first.size, file) != first.size ||
		fwrite(second.data, 1, second.size, file) != second.size || fclose(file) != 0)
	{
		perror(path);
		exit(1);
	}
}

static Bytes
bytes_of_text(const char *text)
{
	Bytes bytes = {(const uint8 *) text, strlen(text)};

	return bytes;
}

/* Two values, as the binary targets want them. */
static void
put_pair(const char *target, Bytes first, Bytes second)
{
	uint8 *rest = palloc(second.size + 2);
	Bytes behind = {rest, second.size + 2};

	memcpy(rest, second.data, second.size);
	rest[second.size] = (uint8) first.size;
	rest[second.size + 1] = (uint8) (first.size >> 8);
	put_seed(target, first, behind);
}

/* The value with the one before it. */
static void
put_binary(const char *target, Bytes value, Bytes *before)
{
	put_pair(target, value, before->data == NULL ? value : *before);
	*before = value;
}

/* The state from which trace_agg makes the trace. */
static void
put_state(const Trace *trace)
{
	TraceState *state = trace_state_create(shared_labels_create(CurrentMemoryContext));
	Label *labels = trace_labels(trace);
	TraceCursor cursor = trace_first(trace);
	Bytes raw = {(const uint8 *) "", 1};

	do
		state =
			trace_state_add(state, labels[cursor.label], cursor.at, cursor.event % 2, cursor.event);
	while (trace_next(&cursor));
	put_seed("fuzz_state", raw, bytes_of(trace_state_serialize(state)));
}

static void
put_trace(const char *literal)
{
	static Bytes before;
	Fault fault;
	struct varlena *value = trace_from_text(literal, &fault);
	Trace trace;

	put_seed("fuzz_trace_text", bytes_of_text(literal), bytes_of_text(""));
	if (value == NULL)
		return;
	MUST(trace_check(bytes_of(value).data, bytes_of(value).size, &trace, &fault));
	put_binary("fuzz_trace_binary", bytes_of(value), &before);
	put_state(&trace);
}

static void
put_dfg(const char *literal)
{
	static Bytes before;
	Fault fault;
	struct varlena *value = dfg_from_text(literal, &fault);

	put_seed("fuzz_dfg_text", bytes_of_text(literal), bytes_of_text(""));
	if (value != NULL)
		put_binary("fuzz_dfg_binary", bytes_of(value), &before);
}

/* A calendar, after instants of the years 2000 to 2023. */
static void
put_calendar(const char *literal)
{
	static const uint8 instants[] = {0, 60, 0, 0, 0, 1, 0, 64, 0, 64, 0, 0, 0, 70, 0, 0, 128, 2};
	Bytes first = {instants, sizeof(instants)};

	put_seed("fuzz_calendar", first, bytes_of_text(literal));
}

static void
put_pattern(const char *literal)
{
	Fault fault;
	PatternTree *tree = pattern_tree_from_text(literal, &fault);

	put_seed("fuzz_pattern_text", bytes_of_text(literal), bytes_of_text(""));
	if (tree != NULL)
		put_seed("fuzz_pattern_binary", bytes_of(pattern_tree_store(tree)), bytes_of_text(""));
}

/* A label of the longest length, and more labels than one byte counts. */
static void
put_large_traces(void)
{
	StringInfoData literal;
	int i;

	initStringInfo(&literal);
	appendStringInfoChar(&literal, '{');
	for (i = 0; i < LABEL_MAX_BYTES / 2; i++)
		appendStringInfoString(&literal, "\303\270");
	appendStringInfoString(&literal, "} 1@2023-01-02T08:00:00Z");
	put_trace(literal.data);
	initStringInfo(&literal);
	for (i = 0; i < 300; i++)
		appendStringInfo(&literal, "%c%d", i == 0 ? '{' : ',', i);
	appendStringInfoChar(&literal, '}');
	for (i = 0; i < 300; i++)
		appendStringInfo(&literal, " %d@2023-01-02T08:00:00Z", i + 1);
	put_trace(literal.data);
}

/*
 * Logs for fuzz_collector, which says what the bytes mean; first how much memory there is, and
 * the parts of the 16 cases.
 */
static void
put_logs(void)
{
	/* An edge with very many durations, and a few others. */
	static const uint8 many[] = {3,   1,  0,  1, 2, 0,  1,  2,  0, 1,   2, 0, 1,  2,  0,  1, 2,
								 0,   1,  0,  0, 1, 17, 9,  0,  7, 200, 2, 2, 0,  1,  17, 2, 255,
								 240, 19, 13, 0, 3, 5,  30, 35, 5, 0,   0, 4, 67, 19, 1,  0, 99};
	/* 504 durations in a part and 496 in another: the most that are kept one by one. */
	static const uint8 exact[] = {0, 3, 0, 1, 2, 0, 1, 2, 0,  1, 2, 0, 1, 2,
								  0, 1, 2, 0, 0, 8, 0, 1, 63, 1, 8, 0, 1, 62};
	Bytes first = {many, sizeof(many)};
	Bytes second = {exact, sizeof(exact)};

	put_seed("fuzz_collector", first, bytes_of_text(""));
	put_seed("fuzz_collector", second, bytes_of_text(""));
}

static void
for_each_line(const char *path, void (*put)(const char *literal))
{
	FILE *file = fopen(path, "r");
	char line[4096];

	MUST(file != NULL);
	while (fgets(line, sizeof(line), file) != NULL)
	{
		line[strcspn(line, "\n")] = '\0';
		put(line);
	}
	fclose(file);
}

static void
put_all(void *arg)
{
	char **paths = arg;

	for_each_line(paths[1], put_trace);
	for_each_line(paths[2], put_dfg);
	for_each_line(paths[3], put_calendar);
	for_each_line(paths[4], put_pattern);
	put_large_traces();
	put_logs();
}

int
main(int argc, char **argv)
{
	MUST(argc == 6);
	directory = argv[5];
	MUST(shim_try(put_all, argv));
	shim_free_all();
	return 0;
}
