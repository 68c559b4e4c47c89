"""The constructor, the casts to jsonb, breaks and NULLs: what random logs do not reach."""

import json
from decimal import Decimal

import oracle
import pytest
from client import column, failure, load, message, rows, value
from dice import dice
from random_logs import long_log, random_log
from random_values import random_graphs, random_traces
from timestamps import iso_time, pg_time

AT = "'2023-01-01Z'::timestamptz"


@pytest.fixture(scope="module")
def traces():
    return random_traces("functions", 500)


def over(traces, select, more=""):
    """A query over the traces as x (n, t), and its parameter."""
    query = (f"SELECT {select} FROM (SELECT n, v::trace AS t "
             f"FROM unnest(%s::text[]) WITH ORDINALITY u(v, n)) x {more} ORDER BY n")
    return query, ([oracle.trace_text(trace) for trace in traces],)


def test_constructor(db, traces):
    """Events in the order given, ties too."""
    whole = [oracle.Trace(trace.steps) for trace in traces]
    for trace in whole[:200]:
        labels, times = zip(*trace.steps)
        text = value(db, "SELECT trace(%s, %s::text[]::timestamptz[])::text", (list(labels), [pg_time(at) for at in times]))
        assert text == oracle.trace_text(trace)


@pytest.mark.parametrize("activities, at, state", (
    ("ARRAY['A', 'B']", f"ARRAY[{AT}]", "22023"),
    ("ARRAY['A']", f"ARRAY[{AT}, {AT}]", "22023"),
    ("'{}'::text[]", "'{}'::timestamptz[]", "22023"),
    ("ARRAY['A', 'B']", f"ARRAY[{AT}, {AT} - interval '1 microsecond']", "22023"),
    ("ARRAY['A', NULL]", f"ARRAY[{AT}, {AT}]", "22004"),
    ("ARRAY['A', 'B']", f"ARRAY[{AT}, NULL]", "22004"),
    ("ARRAY['A']", "ARRAY['infinity'::timestamptz]", "22008"),
    ("ARRAY['A']", "ARRAY['-infinity'::timestamptz]", "22008"),
    ("ARRAY[repeat('x', 4097)]", f"ARRAY[{AT}]", "54000"),
))  # fmt: skip
def test_constructor_refuses(db, activities, at, state):
    assert failure(db, f"SELECT trace({activities}, {at})").sqlstate == state


def test_constructor_of_timestamps_without_zone(db):
    """No cast happens behind the user's back."""
    error = failure(db, "SELECT trace(ARRAY['A'], ARRAY['2023-01-01'::timestamp])")
    assert error.sqlstate in ("42883", "42804")


def test_breaks(db, traces):
    """No step across a break; the events are all there."""
    assert any(trace.breaks for trace in traces)
    query, params = over(traces, "n, s.*", ", trace_steps(t) s")
    assert rows(db, query + ", step_no", params) == [(n, *row) for n, t in enumerate(traces, 1) for row in oracle.step_rows(t)]
    query, params = over(traces, "n, e.*", ", trace_events(t) e")
    assert rows(db, query + ", event_no", params) == [(n, *row) for n, t in enumerate(traces, 1) for row in oracle.event_rows(t)]


def test_collapse_with_breaks(db, traces):
    query, params = over(traces, "trace_collapse(t)::text")
    assert column(db, query, params) == [oracle.trace_text(oracle.collapse(trace)) for trace in traces]


def test_graph_with_breaks(db, traces):
    """No edge links across a break, and a case cut there neither starts nor ends with what is next to it."""
    for number in range(0, len(traces), 10):
        some = traces[number : number + 10]
        query = "SELECT dfg_agg(v::trace)::text FROM unnest(%s::text[]) v"
        assert value(db, query, ([oracle.trace_text(trace) for trace in some],)) == oracle.graph_text(oracle.graph(some))


def test_reopenings_with_breaks(db, traces):
    """A masked event is neither done nor open: it changes nothing."""
    lists = ["A", "Løst", "Løst m. mail"], ["Løst m. mail"], ["B", "Ny"]
    query, params = over(traces, "n, r.*", ", trace_reopenings(t, %s, %s, %s) r")
    found = rows(db, query + ", reopening_no", (*params, *lists))
    assert found == [(n, *row) for n, t in enumerate(traces, 1) for row in oracle.reopening_rows(t, *lists)]


def trace_json(trace):
    """What a trace is as JSON."""
    events = [{"activity": activity, "at": iso_time(at)} for activity, at in trace.steps]
    for number in trace.breaks - {len(events)}:
        events[number]["break_before"] = True
    if len(events) in trace.breaks:
        events[-1]["break_after"] = True
    return events


def test_trace_as_json(db, traces):
    query, params = over(traces, "t::jsonb::text")
    assert [json.loads(text) for text in column(db, query, params)] == list(map(trace_json, traces))


def seconds(us):
    return None if us is None else Decimal(us).scaleb(-6)


def graph_json(graph):
    """What a graph is as JSON, durations in seconds."""
    names = ("activity", "frequency", "case_frequency", "max_per_case", "starts", "ends")
    statistics = ("min_seconds", "max_seconds", "mean_seconds", "stddev_seconds", "median_seconds", "p90_seconds", "p95_seconds")
    edges = []
    for pair in sorted(graph.edges, key=oracle.edge_key):
        edge = graph.edges[pair]
        edges.append(dict(zip(("source", "target", *names[1:4]), (*pair, *edge[:3])), total_seconds=seconds(sum(edge.durations))))
        edges[-1].update(zip(statistics, map(seconds, oracle.edge_statistics(edge.durations))))
    activities = [dict(zip(names, row)) for row in oracle.activity_rows(graph)]
    return {"cases": graph.cases, "events": oracle.event_count(graph), "activities": activities, "edges": edges}


def test_graph_as_json(db):
    graphs = random_graphs("json", 60)
    query = "SELECT v::dfg::jsonb::text FROM unnest(%s::text[]) WITH ORDINALITY u(v, n) ORDER BY n"
    texts = column(db, query, (list(map(oracle.graph_text, graphs)),))
    found = [json.loads(text, parse_float=Decimal, parse_int=Decimal) for text in texts]
    wanted = (json.dumps(graph_json(graph), default=str) for graph in graphs)
    assert found == [json.loads(text, parse_int=Decimal, object_hook=as_numbers) for text in wanted]


def as_numbers(item):
    """Decimals were written as strings under the names that end in _seconds."""
    return {name: Decimal(v) if name.endswith("_seconds") and v is not None else v for name, v in item.items()}


def test_casts_are_explicit(db):
    """jsonb is never made of a value by assignment or in passing."""
    casts = rows(db, """SELECT castsource::regtype::text, castcontext::text FROM pg_cast
                        WHERE castsource::regtype::text IN ('trace', 'dfg') AND casttarget = 'jsonb'::regtype ORDER BY 1""")
    assert casts == [("dfg", "e"), ("trace", "e")]


STRICT = (
    "trace(NULL, NULL::timestamptz[])", f"trace(NULL, ARRAY[{AT}])", "trace_length(NULL)", "trace_start(NULL)", "trace_end(NULL)",
    "trace_duration(NULL)", "trace_variant(NULL)", "trace_activities(NULL)", "trace_collapse(NULL)", "NULL::trace::jsonb",
    "NULL::dfg::jsonb", "dfg_cases(NULL)", "dfg_events(NULL)", "dfg_union(NULL, NULL)", "trace_has_match(NULL, 'A')", "NULL::trace ~ 'A'",
    "trace_match_count(NULL, 'A')", "trace_contains(NULL, '{A}')", "NULL::trace @> '{A}'", "trace_existence(NULL, 'A')",
    "trace_absence_violations(NULL, 'A')", "trace_response(NULL, 'A', 'B')",
)  # fmt: skip


@pytest.mark.parametrize("call", STRICT)
def test_null_gives_null(db, call):
    assert value(db, f"SELECT {call}") is None


@pytest.mark.parametrize("call", ("trace_events(NULL)", "trace_steps(NULL)", "dfg_edges(NULL)", "dfg_activities(NULL)", "trace_matches(NULL, 'A')"))
def test_null_gives_no_rows(db, call):
    assert rows(db, f"SELECT * FROM {call}") == []


def test_aggregates_of_nothing(db):
    """No rows, or no row that is an event: NULL."""
    nothing = f"(SELECT NULL::int AS c, NULL::text AS a, NULL::timestamptz AS at, NULL::trace AS t WHERE false) x"
    calls = "trace_agg(a, at), trace_agg(a, at, 1), dfg_agg(t), dfg_agg(c, a, at), dfg_agg(c, a, at, 1)"
    assert rows(db, f"SELECT {calls} FROM {nothing}") == [(None,) * 5]
    unknown = f"(VALUES (1, 'A', NULL), (1, NULL, {AT}), (NULL, 'A', {AT})) v (c, a, at)"
    assert rows(db, "SELECT dfg_agg(c, a, at), dfg_agg(c, a, at, 1), trace_agg(a, at) FILTER (WHERE c IS NOT NULL) "
                    f"FROM {unknown}") == [(None,) * 3]


def test_set_returning_functions_anywhere(db):
    """In FROM, in the select list, under LIMIT, with ORDINALITY, in a subquery that stops early."""
    text = oracle.trace_text(oracle.Trace((("A", 0), ("B", 1), ("C", 2))))
    assert column(db, "SELECT (trace_events(%s::trace)).activity", (text,)) == ["A", "B", "C"]
    assert column(db, "SELECT activity FROM trace_events(%s::trace) LIMIT 2", (text,)) == ["A", "B"]
    assert rows(db, "SELECT source, n FROM trace_steps(%s::trace) WITH ORDINALITY s(step_no, source, target, "
                    "from_at, to_at, duration, n)", (text,)) == [("A", 1), ("B", 2)]
    assert value(db, "SELECT EXISTS (SELECT FROM trace_events(%s::trace))", (text,)) is True


def test_aggregates_as_window_functions(db):
    """Running graphs and traces: the final function leaves the state as it was."""
    events = sorted((e for e in long_log("ties with seq", "windows") if oracle.is_event(e)), key=lambda e: (e.at, e.activity, e.seq or 0))
    load(db, {0: events[:200]})
    query = """SELECT (dfg_agg(case_id, activity, at, seq) OVER w)::text, (trace_agg(activity, at, seq) OVER w)::text
               FROM (SELECT *, row_number() OVER (ORDER BY ctid) AS n FROM ev) x WINDOW w AS (ORDER BY n)"""
    found = rows(db, query)
    for number in dice(1).sample(range(len(found)), 40):
        part = events[: number + 1]
        assert found[number][0] == oracle.graph_text(oracle.graph(oracle.traces(part).values()))
        assert found[number][1] == oracle.trace_text(oracle.trace([e._replace(case=0) for e in part]))


def test_union_aggregates_as_window_functions(db):
    """Running unions, and moving frames."""
    load(db, {0: [e for kind in ("plain", "huge groups") for e in random_log(kind, 1)]})
    db.execute("CREATE TEMP TABLE parts AS SELECT n, dfg_agg(t) AS g FROM "
               "(SELECT case_id % 7 AS n, trace_agg(activity, at) AS t FROM ev WHERE case_id IS NOT NULL "
               "GROUP BY case_id) x GROUP BY n")
    for frame in ("ORDER BY n", "ORDER BY n ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING"):
        wrong = f"""SELECT n FROM (SELECT n, dfg_union_agg(g) OVER w AS g, array_agg(n) OVER w AS parts FROM parts WINDOW w AS ({frame})) x
                    WHERE g::text IS DISTINCT FROM (SELECT dfg_union_agg(p.g)::text FROM parts p WHERE p.n = ANY (parts))"""
        assert rows(db, wrong) == []


def test_several_aggregates_of_one_query(db):
    """With FILTER, DISTINCT and grouping sets beside one another."""
    events = long_log("ties with seq", "several")
    load(db, {0: events})
    calls = (
        "dfg_agg(case_id, activity, at, seq)",
        "dfg_agg(case_id, activity, at, seq) FILTER (WHERE activity <> 'A')",
        "dfg_agg(DISTINCT case_id, activity, at, seq)",
    )
    logs = events, [event for event in events if event.activity != "A"], set(events)
    graphs = [oracle.graph(oracle.traces(log).values()) for log in logs]
    wanted = tuple(graph and oracle.graph_text(graph) for graph in graphs)
    assert rows(db, "SELECT " + ", ".join(f"({call})::text" for call in calls) + " FROM ev") == [wanted]


def test_grouping_sets(db):
    load(db, {seed: random_log("ties", seed) for seed in range(5)})
    query = ("SELECT log, dfg_agg((log, case_id)::text, activity, at)::text AS g FROM ev WHERE case_id IS NOT NULL "
             "GROUP BY {} ORDER BY log")
    parts, whole = rows(db, query.format("log")), rows(db, query.format("ROLLUP (log)"))
    assert whole[:-1] == parts
    assert whole[-1][1] == value(db, "SELECT dfg_agg((log, case_id)::text, activity, at)::text FROM ev "
                                     "WHERE case_id IS NOT NULL")


def test_messages_of_the_constructor(db):
    error = failure(db, f"SELECT trace(ARRAY['A', 'B'], ARRAY[{AT}, {AT} - interval '1 day'])")
    assert "2" in error.diag.message_primary and "earlier" in error.diag.message_primary
    assert "trace_agg" in message(error)
