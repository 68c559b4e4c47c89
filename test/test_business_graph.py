"""Graphs with durations in business time, against durations step by step; their forms, and that different calendars do not mix."""

import re
from decimal import Decimal
from functools import lru_cache

import holder_oracle
import oracle
import pytest
from calendar_oracle import hours_interval
from client import by_log, column, connect, explain, failure, force_parallel, longer, message, raw_query, rows, type_oid, value
from dice import dice
from mutations import mutated_bytes, mutations
from random_cases import modern_calendars, recent_trace
from random_logs import DANISH, ODD, PLAIN
from test_binary_form import copy_in, copy_out
from test_mutated import BATCH, judge, make_probe, mutated_text
from test_text_form import again
from timestamps import utc

EPOCH = utc(2020)
COPENHAGEN = "Europe/Copenhagen; Mo-Th 08:00-15:30; Fr 08:00-14:00; PH(DK) off; Dec 24 off"


class Logs:
    """Logs of random traces, each with a calendar, as a table (log, c, t), and the oracle's graphs."""

    def __init__(self, db, seed, count, most=60):
        rng, self.db, self.name = dice(seed), db, f"kept_{seed}"
        self.calendars = modern_calendars(seed, count)
        self.traces = [self.some_traces(rng, most) for _ in self.calendars]
        db.execute(f"CREATE TEMP TABLE {self.name} (log int, c business_calendar, t trace)")
        with db.cursor().copy(f"COPY {self.name} FROM STDIN") as copy:
            for log, (calendar, traces) in enumerate(zip(self.calendars, self.traces)):
                for trace in rng.sample(traces, len(traces)) + [None]:
                    copy.write_row((log, str(calendar), trace and oracle.trace_text(trace)))

    @staticmethod
    def some_traces(rng, most):
        labels = rng.choice((PLAIN, DANISH, ODD[:40], ["A"]))
        return [recent_trace(rng, labels) for _ in range(rng.randint(1, most))]

    @lru_cache(maxsize=None)
    def graph(self, log):
        return business_graph(self.traces[log], self.calendars[log])

    def texts(self):
        return {log: business_text(self.graph(log), calendar) for log, calendar in enumerate(self.calendars)}


def business_graph(traces, calendar):
    return oracle.graph(holder_oracle.in_business_time(trace, calendar, EPOCH) for trace in traces)


def business_text(graph, calendar):
    return f"{oracle.quoted(str(calendar))} {oracle.graph_text(graph)}"


@pytest.fixture(scope="module")
def logs(scratch):
    with connect(scratch) as db:
        yield Logs(db, "graphs", longer(72, 400))


@pytest.fixture(scope="module")
def texts(logs):
    return logs.texts()


AGGREGATED = "SELECT log, dfg_agg(t, c) AS g FROM {} GROUP BY log"


def test_graphs(logs, texts):
    """One calendar a group, another in each."""
    assert dict(rows(logs.db, f"SELECT log, g::text FROM ({AGGREGATED.format(logs.name)}) x")) == texts


def test_calendar_of_a_graph(logs):
    found = dict(rows(logs.db, f"SELECT log, dfg_calendar(g)::text FROM ({AGGREGATED.format(logs.name)}) x"))
    assert found == {log: str(calendar) for log, calendar in enumerate(logs.calendars)}
    assert value(logs.db, f"SELECT dfg_calendar(dfg_agg(t)) FROM {logs.name}") is None
    assert value(logs.db, "SELECT dfg_calendar(NULL)") is None


def edge_rows(graph):
    """The rows of dfg_edges, intervals in hours."""
    for source, target in sorted(graph.edges, key=oracle.edge_key):
        edge = graph.edges[source, target]
        intervals = (None if us is None else hours_interval(us) for us in oracle.edge_statistics(edge.durations))
        yield (source, target, *edge[:3], Decimal(sum(edge.durations)).scaleb(-6), *intervals)


def test_edges(logs):
    """All statistics, with no day in any interval."""
    found = by_log(logs.db, f"SELECT log, e.* FROM ({AGGREGATED.format(logs.name)}) x, dfg_edges(g) e")
    for log, calendar in enumerate(logs.calendars):
        assert found.get(log, []) == list(edge_rows(logs.graph(log))), str(calendar)
    assert not any("day" in str(cell) for listed in found.values() for row in listed for cell in row[6:])


def test_edges_add_up_to_business_duration(logs):
    """The total of an edge is what business_duration gives for its steps."""
    steps = f"""SELECT log, source, target, sum(extract(epoch FROM business_duration(c, from_at, to_at))) FROM {logs.name}, trace_steps(t)
                GROUP BY 1, 2, 3"""
    edges = f"SELECT log, source, target, total_seconds FROM ({AGGREGATED.format(logs.name)}) x, dfg_edges(g)"
    assert sorted(rows(logs.db, steps)) == sorted(rows(logs.db, edges)) != []


def test_what_is_not_time_is_as_without_a_calendar(logs):
    both = f"(SELECT log, dfg_agg(t, c) AS g, dfg_agg(t) AS h FROM {logs.name} GROUP BY log) x"
    assert column(logs.db, f"SELECT log FROM {both} WHERE (dfg_cases(g), dfg_events(g)) <> (dfg_cases(h), dfg_events(h))") == []
    for function, names in (("dfg_activities", "activity, frequency, case_frequency, max_per_case, starts, ends"),
                            ("dfg_edges", "source, target, frequency, case_frequency, max_per_case")):  # fmt: skip
        ours, theirs = (f"SELECT log, {names} FROM {both}, {function}({graph})" for graph in "gh")
        assert rows(logs.db, f"({ours} EXCEPT ALL {theirs}) UNION ALL ({theirs} EXCEPT ALL {ours})") == []


def test_jsonb(logs):
    found = dict(rows(logs.db, f"SELECT log, g::jsonb FROM ({AGGREGATED.format(logs.name)}) x"))
    for log, calendar in enumerate(logs.calendars):
        assert found[log]["calendar"] == str(calendar)
        assert len(found[log]["edges"]) == len(logs.graph(log).edges)


def test_sketch_of_business_time(db):
    """More durations of an edge than are kept one by one."""
    rng = dice("sketch")
    (calendar,) = modern_calendars("sketch", 1)
    traces = [recent_trace(rng, ["A", "B"]) for _ in range(1500)]
    db.execute("CREATE TEMP TABLE many AS SELECT t::trace FROM unnest(%s::text[]) t", ([oracle.trace_text(trace) for trace in traces],))
    graph = business_graph(traces, calendar)
    assert max(len(edge.durations) for edge in graph.edges.values()) > oracle.DFG_EXACT_DURATIONS
    assert value(db, "SELECT dfg_agg(t, %s)::text FROM many", (str(calendar),)) == business_text(graph, calendar)
    assert rows(db, "SELECT e.* FROM (SELECT dfg_agg(t, %s) AS g FROM many) x, dfg_edges(g) e", (str(calendar),)) == list(edge_rows(graph))


# ---- forms ------------------------------------------------------------------------------------


def test_texts_come_back(db, texts):
    assert again(db, "dfg", list(texts.values())) == list(texts.values())


def test_texts_written_loosely(db, texts):
    """White space before, between and after; a calendar that is quoted with more backslashes than it needs."""
    loose = [f'  "{re.escape(text.split(chr(34))[1])}"\n\t {text.split(chr(34), 2)[2]} ' for text in texts.values()]
    assert again(db, "dfg", loose) == list(texts.values())


@pytest.mark.parametrize("form", ("BINARY", "CSV", "TEXT"))
def test_copy_out_and_in(logs, form):
    logs.db.execute("DROP TABLE IF EXISTS taken")
    logs.db.execute("CREATE TEMP TABLE taken (log int, g dfg)")
    query = f"SELECT log, g FROM ({AGGREGATED.format(logs.name)}) x ORDER BY log"
    data = copy_out(logs.db, query, form)
    copy_in(logs.db, "taken", data, form)
    assert copy_out(logs.db, "SELECT log, g FROM taken ORDER BY log", form) == data
    assert value(logs.db, f"SELECT count(*) FROM taken JOIN ({query}) x USING (log, g)") == len(logs.calendars)


GOOD = '"UTC; Mo-Fr 08:00-16:00" 1 {A} 1(2,1,2,1,1) 1-1(1,1,1:5)'
BAD = {
    "calendar without quotes": ('"UTC; Mo-Fr 08:00-16:00"', "UTC; Mo-Fr 08:00-16:00"),
    "empty calendar": ('"UTC; Mo-Fr 08:00-16:00"', '""'),
    "no end of the quotes": ('16:00" 1', "16:00 1"),
    "bad calendar": ("08:00-16:00", "25:00-26:00"),
    "overlapping shifts": ("08:00-16:00", "08:00-16:00,15:00-17:00"),
    "unknown zone": ("UTC", "Mars/Olympus"),
    "calendar that is not normal": ("Mo-Fr", "Mo,Tu-Fr"),
    "zone that is not normal": ("UTC", "utc"),
    "white space in the quotes": ('"UTC', '" UTC'),
    "two calendars": ('"UTC; Mo-Fr 08:00-16:00"', '"UTC; Mo-Fr 08:00-16:00" "UTC; Mo-Fr 08:00-16:00"'),
    "calendar behind the cases": ('"UTC; Mo-Fr 08:00-16:00" 1', '1 "UTC; Mo-Fr 08:00-16:00"'),
    "calendar alone": (' 1 {A} 1(2,1,2,1,1) 1-1(1,1,1:5)', ""),
}  # fmt: skip


@pytest.mark.parametrize("fault", BAD)
def test_bad_graph(db, fault):
    """A calendar in a graph is in its normal form, or the graph is none."""
    assert again(db, "dfg", [GOOD]) == [GOOD]
    error = failure(db, "SELECT %s::dfg", (GOOD.replace(*BAD[fault]),))
    assert error.sqlstate == "22P02"
    assert "type dfg" in message(error)


@pytest.mark.parametrize("border", ("text", "binary"))
def test_damaged_graphs(db, texts, border):
    """They end in an error of the right kind or in a graph that comes back from its text."""
    rng, seeds = dice(f"damaged {border}"), [text for text in texts.values() if len(text) < 4000]
    if border == "text":
        make_probe(db, "dfg", "text", "item::dfg")
        found = rows(db, "SELECT * FROM pg_temp.probe(%s::text[])", (mutations(rng, damaged_text, seeds, longer(2, 50) * BATCH),))
        states = judge(found, "dfg", "text")
        assert states["22P02"] > BATCH // 2 and states[""] > 0
        return
    oid = type_oid(db, "dfg")
    seeds = [raw_query(db, "SELECT $1::dfg", [(25, text.encode())], [0], 1)[2] for text in seeds]
    for data in mutations(rng, mutated_bytes, seeds, longer(1, 50) * BATCH):
        state, text, sent = raw_query(db, "SELECT $1", [(oid, data)], [1], 1)
        assert (state is None and sent == data) or (state in ("22P03", "54000") and ("dfg" in text or state == "54000")), (state, text, data.hex())


def damaged_text(rng, text, other):
    """Every second time in the calendar."""
    if rng.randrange(2):
        return mutated_text(rng, text, other)
    quoted, rest = text[1:].split('"', 1)
    return f'"{mutated_text(rng, quoted, other[1:].split(chr(34), 1)[0])}"{rest}'


# ---- merging ----------------------------------------------------------------------------------


@pytest.fixture
def two(db):
    """Two graphs each of two calendars and of none, as a table (name, g)."""
    traces = "VALUES ('{A,B} 1@2023-01-02T00:00:00Z 2@2023-01-05T12:00:00Z'::trace), ('{A,C} 1@2023-03-01T09:00:00Z 2@2023-03-01T10:00:00Z')"
    db.execute(f"""CREATE TEMP TABLE two AS SELECT c, dfg_agg(t, c::business_calendar) AS g FROM ({traces}) v (t),
                   unnest(ARRAY['UTC; Mo-Fr 08:00-16:00', 'UTC; 24/7']) c GROUP BY c UNION ALL SELECT 'elapsed', dfg_agg(t) FROM ({traces}) v (t)""")
    return db


PAIRS = [(a, b) for a in ("UTC; Mo-Fr 08:00-16:00", "UTC; 24/7", "elapsed") for b in ("UTC; Mo-Fr 08:00-16:00", "UTC; 24/7", "elapsed") if a != b]
MERGES = {
    "+": "SELECT a.g + b.g FROM two a, two b WHERE a.c = %(a)s AND b.c = %(b)s",
    "dfg_union": "SELECT dfg_union(a.g, b.g) FROM two a, two b WHERE a.c = %(a)s AND b.c = %(b)s",
    "dfg_union_agg": "SELECT dfg_union_agg(g) FROM two WHERE c IN (%(a)s, %(b)s)",
    "combine": "SELECT dfg_agg_combinefn(a.g, b.g) FROM two a, two b WHERE a.c = %(a)s AND b.c = %(b)s",
}


@pytest.mark.parametrize("merge", MERGES)
@pytest.mark.parametrize("a, b", PAIRS)
def test_different_calendars_do_not_merge(two, merge, a, b):
    """The error names both; a graph of elapsed time is not the one of 24/7."""
    error = failure(two, MERGES[merge], {"a": a, "b": b})
    assert error.sqlstate == "22023"
    assert a in message(error) and b in message(error)


@pytest.mark.parametrize("calendar", ("UTC; Mo-Fr 08:00-16:00", "UTC; 24/7", "elapsed"))
def test_same_calendars_merge(two, calendar):
    """Twice the cases, the same calendar."""
    for merge in MERGES.values():
        both = merge.replace("IN (%(a)s, %(b)s)", "= %(a)s") if "union_agg" not in merge else \
            "SELECT dfg_union_agg(g) FROM (SELECT g FROM two WHERE c = %(a)s UNION ALL SELECT g FROM two WHERE c = %(b)s) x"
        found = rows(two, f"SELECT dfg_cases(g), coalesce(dfg_calendar(g)::text, 'elapsed') FROM ({both}) x (g)", {"a": calendar, "b": calendar})
        assert found == [(4, calendar)]


def test_graphs_are_not_equal_for_their_calendars(two):
    """Though the numbers are the same."""
    assert rows(two, "SELECT count(DISTINCT g), count(DISTINCT dfg_hash(g)) FROM two") == [(3, 3)]
    assert value(two, """SELECT (a.g)::text = '"UTC; 24/7" ' || (b.g)::text FROM two a, two b WHERE a.c = 'UTC; 24/7' AND b.c = 'elapsed'""") is True
    assert value(two, "SELECT a.g = b.g FROM two a, two b WHERE a.c = 'UTC; 24/7' AND b.c = 'elapsed'") is False


def test_union_is_the_graph_of_all_cases(db):
    """Merged from parts, in any order, as one graph of all the traces."""
    rng = dice("union")
    for calendar in modern_calendars("union", longer(12, 100)):
        traces = Logs.some_traces(rng, 60)
        texts = [oracle.trace_text(trace) for trace in traces]
        parts = "SELECT dfg_agg(t::trace, %(c)s) AS g FROM unnest(%(t)s::text[]) WITH ORDINALITY u(t, n) GROUP BY n %% 5"
        found = value(db, f"SELECT dfg_union_agg(g ORDER BY md5(g::text))::text FROM ({parts}) p", {"c": str(calendar), "t": texts})
        assert found == business_text(business_graph(traces, calendar), calendar)


TRACE = "{A,B} 1@2023-01-02T00:00:00Z 2@2023-01-05T12:00:00Z"


def test_calendars_that_differ_within_an_aggregate(db):
    query = "SELECT dfg_agg(%s::trace, c::business_calendar) FROM unnest(ARRAY['UTC; Mo off', 'UTC; Tu off']) c"
    error = failure(db, query, (TRACE,))
    assert error.sqlstate == "22023"
    assert "UTC; Mo off" in message(error) and "UTC; Tu off" in message(error)


def test_same_calendar_in_other_words(db):
    """Is the same value."""
    query = "SELECT dfg_agg(%s::trace, c::business_calendar)::text FROM unnest(ARRAY['UTC; Mo-Tu off', 'utc;Tu,Mo off']) c"
    assert value(db, query, (TRACE,)).startswith('"UTC; Mo-Tu off" 2 {A,B} ')


def test_transition_functions_called_directly(db):
    """Step by step through the text form, as between machines; the calendar of the state holds."""
    call = "SELECT dfg_agg_transfn(%s::dfg, %s::trace, %s::business_calendar)::text"
    state = value(db, call, (None, TRACE, COPENHAGEN))
    assert state.startswith(f'"{COPENHAGEN}" 1 ')
    both = value(db, "SELECT dfg_agg(%s::trace, %s)::text FROM generate_series(1, 2)", (TRACE, COPENHAGEN))
    assert value(db, call, (state, TRACE, COPENHAGEN)) == both
    assert value(db, call, (state, None, COPENHAGEN)) == state
    for other in (failure(db, call, (state, TRACE, "UTC; 24/7")), failure(db, "SELECT dfg_agg_transfn(%s::dfg, %s::trace)", (state, TRACE))):
        assert other.sqlstate == "22023"
        assert COPENHAGEN in message(other)


def test_nulls(db):
    assert value(db, "SELECT dfg_agg(NULL::trace, 'UTC; 24/7')") is None
    assert value(db, "SELECT dfg_agg(t, 'UTC; 24/7') FROM (SELECT NULL::trace) x (t) WHERE false") is None
    error = failure(db, "SELECT dfg_agg(%s::trace, NULL::business_calendar)", (TRACE,))
    assert error.sqlstate == "22004"
    assert "calendar" in message(error)


def test_times_outside_the_calendar(db):
    for at in ("1850-01-01", "2300-01-01"):
        first, last = sorted((f"{at}T00:00:00Z", "2023-01-01T00:00:00Z"))
        error = failure(db, "SELECT dfg_agg(%s::trace, 'UTC; 24/7')", (f"{{A}} 1@{first} 1@{last}",))
        assert error.sqlstate == "22008"
        assert "1900" in message(error) and "2200" in message(error)


# ---- parallel plans ---------------------------------------------------------------------------

CALENDARS = ("UTC; Mo off", "UTC; 24/7", "Asia/Kolkata; Mo-Fr 09:30-17:30", COPENHAGEN)


@pytest.fixture(scope="module")
def kept(scratch):
    """A table of traces over many pages, each part with a calendar, with some NULLs."""
    rng = dice("parallel")
    with connect(scratch) as db:
        db.execute("CREATE TABLE business_kept (n int, part int, c business_calendar, t trace)")
        with db.cursor().copy("COPY business_kept FROM STDIN") as copy:
            for number in range(longer(6000, 60000)):
                part = number % len(CALENDARS)
                copy.write_row((number, part, CALENDARS[part], oracle.trace_text(recent_trace(rng, DANISH)) if number % 9 else None))
        db.execute("ALTER TABLE business_kept SET (parallel_workers = 4)")
        db.execute("ANALYZE business_kept")
        yield "business_kept"
        db.execute("DROP TABLE business_kept")


QUERIES = {
    "all": f"SELECT dfg_agg(t, '{COPENHAGEN}')::text FROM {{}}",
    "by part": f"SELECT part, dfg_agg(t, '{COPENHAGEN}')::text FROM {{}} GROUP BY part ORDER BY part",
    "a calendar for each part": "SELECT part, dfg_agg(t, c)::text FROM {} GROUP BY part ORDER BY part",
    "NULLs alone": "SELECT dfg_agg(t, c)::text FROM {} WHERE t IS NULL",
}


@pytest.mark.parametrize("name", QUERIES)
def test_serial_is_parallel(db, kept, name):
    query = QUERIES[name].format(kept)
    db.execute("SET max_parallel_workers_per_gather = 0")
    assert "Partial" not in explain(db, query)
    serial = rows(db, query)
    force_parallel(db)
    assert re.search(r"Partial (Hash|Group)?Aggregate", explain(db, query))
    plan = explain(db, query, "ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF")
    assert int(re.search(r"Workers Launched: (\d+)", plan)[1]) > 0
    assert rows(db, query) == serial


def test_different_calendars_in_different_workers(db, kept):
    """The error is the same whether the rows or the partial states differ."""
    query = f"SELECT dfg_agg(t, (CASE WHEN n < 3000 THEN 'UTC; Mo off' ELSE 'UTC; Tu off' END)::business_calendar) FROM {kept}"
    for prepare in (lambda: db.execute("SET max_parallel_workers_per_gather = 0"), lambda: force_parallel(db)):
        prepare()
        error = failure(db, query)
        assert error.sqlstate == "22023"
        assert "UTC; Mo off" in message(error) and "UTC; Tu off" in message(error)


def test_parallel_functions_of_calendars(db, kept):
    """Business time, segments and visits run in workers."""
    force_parallel(db)
    query = f"""SELECT sum(business_duration('{COPENHAGEN}', trace_start(t), trace_end(t))), sum(trace_time_in(t, '{{Ny}}', NULL, '{COPENHAGEN}')),
                       sum(trace_handover_count(t)) FROM {kept} WHERE business_is_open('{COPENHAGEN}', trace_start(t))"""
    assert "Parallel Seq Scan" in explain(db, query)
    found = rows(db, query)
    db.execute("SET max_parallel_workers_per_gather = 0")
    assert rows(db, query) == found
