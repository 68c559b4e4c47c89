"""The largest values: counts at their limit are right, one more is an error that names limit and value."""

import pytest
from client import LONG, failure, rows, value
from limits import (
    AT, DFG_MAX_ACTIVITIES, DFG_MAX_BYTES, DFG_MAX_EDGES, MANY, TRACE_MAX_EVENTS, TRACE_MAX_LABELS, limit_in,
)  # fmt: skip

only_long = pytest.mark.skipif(not LONG, reason="takes a minute and gigabytes: TICKET_MINING_LONG=1 runs it")


def test_most_labels_of_a_trace(db):
    query = f"SELECT trace_agg(n::text, {AT} + n * interval '1 second') AS t FROM {MANY.format(TRACE_MAX_LABELS)}"
    db.execute(f"CREATE TEMP TABLE widest AS {query}")
    assert value(db, "SELECT cardinality(trace_activities(t)) FROM widest") == TRACE_MAX_LABELS
    assert value(db, "SELECT t::text::trace = t FROM widest") is True
    assert value(db, "SELECT dfg_events(dfg_agg(t)) FROM widest") == TRACE_MAX_LABELS


def test_too_many_labels_of_a_trace(db):
    count = TRACE_MAX_LABELS + 1
    limit_in(failure(db, f"SELECT trace_agg(n::text, {AT}) FROM {MANY.format(count)}"), TRACE_MAX_LABELS, count)
    arrays = f"array_agg(n::text), array_agg({AT})"
    limit_in(failure(db, f"SELECT trace({arrays}) FROM {MANY.format(count)}"), TRACE_MAX_LABELS, count)
    text = "{" + ",".join(map(str, range(count))) + "} 1@2023-01-01T00:00:00Z"
    limit_in(failure(db, "SELECT %s::trace", (text,)), TRACE_MAX_LABELS, count)


def test_more_labels_in_a_raw_case_than_in_a_trace(db):
    """A graph out of events has limits of its own; nothing is cut."""
    count = TRACE_MAX_LABELS + 1
    query = f"SELECT dfg_agg(1, n::text, {AT} + n * interval '1 second') AS g FROM {MANY.format(count)}"
    assert rows(db, f"SELECT dfg_events(g), (SELECT count(*) FROM dfg_activities(g)) FROM ({query}) x") == [(count, count)]


@only_long
@pytest.mark.parametrize("call", ("trace_agg('A', {at})", "trace_agg('A', {at}, n)"))
def test_most_events_of_a_trace(db, call):
    call = call.format(at=f"{AT} + n * interval '1 second'")
    assert value(db, f"SELECT trace_length({call}) FROM {MANY.format(TRACE_MAX_EVENTS)}") == TRACE_MAX_EVENTS
    limit_in(failure(db, f"SELECT {call} FROM {MANY.format(TRACE_MAX_EVENTS + 1)}"), TRACE_MAX_EVENTS, TRACE_MAX_EVENTS + 1)


def test_too_many_events_in_text(db):
    """A literal of more events than a trace can have is refused while it is read, whatever the memory."""
    query = "SELECT ('{{A}}' || repeat(' 1@2023-01-01T00:00:00Z', {}))::trace"
    limit_in(failure(db, query.format(TRACE_MAX_EVENTS + 1)), TRACE_MAX_EVENTS)


def test_activities_of_a_graph(db):
    query = f"SELECT dfg_agg(n, n::text, {AT}) AS g FROM {MANY}"
    largest = f"({query.format(DFG_MAX_ACTIVITIES)}) x"
    assert rows(db, f"SELECT dfg_cases(g), dfg_events(g) FROM {largest}") == [(DFG_MAX_ACTIVITIES,) * 2]
    limit_in(failure(db, query.format(DFG_MAX_ACTIVITIES + 1)), DFG_MAX_ACTIVITIES, DFG_MAX_ACTIVITIES + 1)


@only_long
def test_edges_of_a_graph(db):
    """Cases of two events each, every pair of activities once."""
    query = """SELECT dfg_agg(n, a, at) AS g FROM
                 (SELECT n, unnest(ARRAY['s' || n / 2500, 't' || n % 2500]) AS a, unnest(ARRAY['2023-01-01Z', '2023-01-02Z'::timestamptz]) AS at
                  FROM generate_series(1, {}) n) x"""
    limit_in(failure(db, query.format(DFG_MAX_EDGES + 1)), DFG_MAX_EDGES, DFG_MAX_EDGES + 1)


def test_bytes_of_a_graph(db):
    """By way of events and by way of traces."""
    label = "lpad(n::text, 4096, 'x')"
    limit_in(failure(db, f"SELECT dfg_agg(n, {label}, {AT}) FROM {MANY.format(50_000)}"), DFG_MAX_BYTES)
    traces = f"(SELECT trace_agg({label}, {AT}) AS t FROM {MANY.format(50_000)}) x"
    limit_in(failure(db, f"SELECT dfg_agg(t) FROM {traces}"), DFG_MAX_BYTES)


@only_long
def test_longest_texts(db):
    """Labels of quotes alone take twice their bytes in text: both forms stay under a gigabyte and come back."""
    label = "lpad(n::text, 4096, '\"')"
    db.execute(f"CREATE TEMP TABLE longest AS SELECT trace_agg({label}, {AT}) AS t "
               f"FROM {MANY.format(TRACE_MAX_LABELS)}")
    assert value(db, "SELECT t::text::trace = t FROM longest") is True
    db.execute(f"CREATE TEMP TABLE widest AS SELECT dfg_agg(n, {label}, {AT}) AS g FROM {MANY.format(48_000)}")
    assert value(db, "SELECT g::text::dfg = g FROM widest") is True
