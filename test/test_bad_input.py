"""Errors with the right SQLSTATE, the limit and the value; and the largest values that are right."""

import pytest
from client import column, failure, message, rows, value
from limits import AT, LABEL_MAX_BYTES, MANY, limit_in



@pytest.mark.parametrize("call", (
    "trace_agg(a, at)", "trace_agg(a, at, 1)", "dfg_agg(1, a, at)", "dfg_agg(1, a, at, 1)", "trace(ARRAY[a], ARRAY[at])",
))  # fmt: skip
@pytest.mark.parametrize("at", ("infinity", "-infinity"))
def test_infinity(db, call, at):
    error = failure(db, f"SELECT {call} FROM (VALUES ('A', '{at}'::timestamptz)) v (a, at)")
    assert error.sqlstate == "22008"
    assert "infinite" in message(error)


def test_infinity_without_a_case(db):
    """A row that is no event is skipped before its time is looked at."""
    rows = "(VALUES (NULL::int, 'A', 'infinity'::timestamptz), (1, NULL, 'infinity'))"
    assert value(db, f"SELECT dfg_agg(c, a, at) FROM {rows} v (c, a, at)") is None


@pytest.mark.parametrize("call", ("trace_agg(a, at{})", "dfg_agg(1, a, at{})"))
@pytest.mark.parametrize("seq", ("", ", 1", ", 1::bigint", ", 1::smallint"))
@pytest.mark.parametrize("kind", ("timestamp", "date"))
def test_time_without_zone(db, call, seq, kind):
    error = failure(db, f"SELECT {call.format(seq)} FROM (VALUES ('A', '2023-01-01'::{kind})) v (a, at)")
    assert error.sqlstate == "42804"
    assert "AT TIME ZONE" in error.diag.message_hint


@pytest.mark.parametrize("call, place", (
    ("trace_agg(a, at ORDER BY n)", "third"), ("trace_agg(a, at, n ORDER BY n)", "third"), ("trace_agg(a, at ORDER BY at)", "third"),
    ("dfg_agg(1, a, at ORDER BY n)", "fourth"), ("dfg_agg(1, a, at, n ORDER BY n, at)", "fourth"),
))  # fmt: skip
def test_order_by_inside(db, call, place):
    error = failure(db, f"SELECT {call} FROM (VALUES ('A', {AT}, 1), ('B', {AT}, 2)) v (a, at, n)")
    assert error.sqlstate == "0A000"
    assert "ORDER BY" in error.diag.message_primary
    assert "seq" in error.diag.message_hint


def test_order_by_outside(db):
    """ORDER BY where it belongs, and inside an aggregate whose result it cannot change."""
    query = ("SELECT trace_length(trace_agg(a, at, n)) FROM (SELECT * "
             f"FROM (VALUES ('A', {AT}, 1), ('B', {AT}, 2)) v (a, at, n) ORDER BY n) s")
    assert value(db, query) == 2


def calls_with(label):
    return (
        f"trace_agg({label}, {AT})", f"trace_agg({label}, {AT}, 1)", f"dfg_agg(1, {label}, {AT})", f"dfg_agg(1, {label}, {AT}, 1)",
        f"trace(ARRAY[{label}], ARRAY[{AT}])",
    )  # fmt: skip


LABELS = {
    "ascii": "repeat('x', {})",
    "two bytes": "repeat('æ', {0} / 2) || repeat('x', {0} % 2)",
    "four bytes": "repeat('x', {0} % 4) || repeat('😀', {0} / 4)",
}


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("number", range(5))
def test_longest_label(db, kind, number):
    call = calls_with(LABELS[kind].format(LABEL_MAX_BYTES))[number]
    text = value(db, f"SELECT ({call})::text")
    assert len(text.split("{")[1].split("}")[0].encode()) == LABEL_MAX_BYTES


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("number", range(5))
@pytest.mark.parametrize("size", (LABEL_MAX_BYTES + 1, 100_000))
def test_label_too_long(db, kind, number, size):
    limit_in(failure(db, f"SELECT {calls_with(LABELS[kind].format(size))[number]}"), LABEL_MAX_BYTES, size)


def test_label_too_long_after_others(db):
    """The same where it is not the first label of the case, nor among the first few."""
    for before in (1, 15, 16, 17, 300):
        query = f"""SELECT trace_agg(a, {AT}), dfg_agg(1, a, {AT}) FROM
                    (SELECT n::text FROM generate_series(1, {before}) n UNION ALL SELECT repeat('x', 4097)) x (a)"""
        limit_in(failure(db, query), LABEL_MAX_BYTES, 4097)


def test_label_too_long_in_text(db):
    for literal, type_name in (("{%s} 1@2023-01-01T00:00:00Z", "trace"), ("1 {%s} 1(1,1,1,1,1)", "dfg")):
        assert value(db, f"SELECT %s::{type_name}::text", (literal % ("x" * 4096),)) == literal % ("x" * 4096)
        limit_in(failure(db, f"SELECT %s::{type_name}", (literal % ("x" * 4097),)), LABEL_MAX_BYTES)
        limit_in(failure(db, f"SELECT %s::{type_name}", (literal % ('"' + "\\x" * 4097 + '"'),)), LABEL_MAX_BYTES)


TWENTY_THOUSAND = (f"SELECT dfg_agg(n % {{}}, 'aktivitet ' || n % 20000, {AT} + n * interval '1 second') AS g "
                   f"FROM {MANY.format(60000)}")


@pytest.mark.parametrize("cases", (7, 60000))
def test_twenty_thousand_activities(db, cases):
    """In one graph, of few and of many cases."""
    db.execute(f"CREATE TEMP TABLE wide AS {TWENTY_THOUSAND.format(cases)}")
    assert rows(db, "SELECT dfg_cases(g), dfg_events(g) FROM wide") == [(cases, 60000)]
    assert rows(db, "SELECT count(*), sum(frequency) FROM wide, dfg_activities(g)") == [(20000, 60000)]
    assert value(db, "SELECT sum(frequency) FROM wide, dfg_edges(g)") in (60000 - cases, None)
    assert value(db, "SELECT g::text::dfg = g FROM wide") is True


def test_number_of_cases_beside_every_row(db):
    """What a share needs is at hand: the whole graph is not read anew for each of twenty thousand rows."""
    db.execute("SET statement_timeout = '20s'")
    query = ("SELECT count(*) FILTER (WHERE case_frequency <= dfg_cases(g)) "
             f"FROM ({TWENTY_THOUSAND.format(7)}) x, dfg_activities(g)")
    assert value(db, query) == 20000


@pytest.mark.parametrize("count", (1_000_000,))
def test_a_million_events_in_one_case(db, count):
    """As a trace, as a graph in both ways, as text and back."""
    query = (f"SELECT 1 AS c, 'A' || n % 3 AS a, {AT} + (n * 7 % {count}) * interval '1 second' AS at, n "
             f"FROM {MANY.format(count)}")
    db.execute("CREATE TEMP TABLE million AS SELECT trace_agg(a, at, n) AS t, dfg_agg(c, a, at, n) AS g "
               f"FROM ({query}) x")
    assert rows(db, "SELECT trace_length(t), dfg_events(g), trace_end(t) - trace_start(t) = trace_duration(t) "
                    "FROM million") == [(count, count, True)]
    assert value(db, "SELECT g = (SELECT dfg_agg(t) FROM million) FROM million") is True
    assert value(db, "SELECT t::text::trace = t AND g::text::dfg = g FROM million") is True
    assert value(db, "SELECT sum(frequency) FROM million, dfg_edges(g)") == count - 1
    assert value(db, "SELECT count(*) FROM million, trace_steps(t)") == count - 1


@pytest.mark.parametrize("first, last", (("4714-11-24 00:00:00+00 BC", "294276-12-31 23:59:59.999999+00"),))
def test_duration_beyond_64_bits(db, first, last):
    """From the first time there is to the last one: right, or a clear error."""
    calls = {
        "duration": "trace_duration(t)",
        "total": "(SELECT total_seconds FROM dfg_edges(dfg_agg(t)))",
        "step": "(SELECT duration FROM trace_steps(max(t)))",
    }
    source = f"(SELECT trace_agg(a, at) AS t FROM (VALUES ('A', '{first}'::timestamptz), ('B', '{last}')) v (a, at)) x"
    days = value(db, f"SELECT extract(epoch FROM {calls['duration']}) FROM {source}")
    assert days == 109203528 * 86400 - value(db, "SELECT 0.000001")
    assert value(db, f"SELECT {calls['total']} FROM {source}") == days


def test_sums_of_the_longest_durations(db):
    """Thousands of steps over all of time in one graph: the total is exact, the deviation zero."""
    text = "{A,B} 1@4714-11-24T00:00:00ZBC 2@294276-12-31T23:59:59.999999Z"
    db.execute("CREATE TEMP TABLE longest AS SELECT dfg_agg(%s::trace) AS g FROM generate_series(1, 3000)", (text,))
    duration = value(db, "SELECT extract(epoch FROM trace_duration(%s::trace))", (text,))
    found = rows(db, "SELECT total_seconds, extract(epoch FROM min), extract(epoch FROM mean), extract(epoch "
                     "FROM stddev), extract(epoch FROM median) FROM longest, dfg_edges(g)")
    assert found == [(3000 * duration, duration, duration, 0, duration)]
    assert value(db, "SELECT g::text::dfg = g FROM longest") is True


WRONG_CALLS = (
    ("trace_agg(1, now())", "42883"), ("trace_agg('A', 'x')", "22007"), ("dfg_agg('A', now())", "42883"), ("dfg_edges('x')", "22P02"),
    ("trace_events('x')", "22P02"), ("dfg_agg(1)", "42883"), ("trace_agg('A', now(), 'x')", "22P02"),
)  # fmt: skip


@pytest.mark.parametrize("call, state", WRONG_CALLS)
def test_wrong_calls(db, call, state):
    assert failure(db, f"SELECT {call}").sqlstate == state


def test_support_functions_called_directly(db):
    """Nobody outside an aggregate gets into the functions of its state."""
    query = """SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
               WHERE nspname = 'ticket_mining' AND prokind = 'f' AND 'internal'::regtype = ANY (proargtypes)"""
    for function in column(db, query):
        name, count = function.split("(")[0], function.count(",") + 1
        error = failure(db, f"SELECT {name}({', '.join(['NULL'] * count)})")
        assert error.sqlstate in ("42883", "0A000", "XX000", "42725"), function


def test_typed_combine_function_called_directly(db):
    """Anybody may call it, as Citus does: NULL with NULL is NULL, NULL with a graph is that graph."""
    graph = "1 {A} 1(1,1,1,1,1)"
    call = "SELECT dfg_agg_combinefn(%s, %s)::text"
    assert value(db, call, (None, None)) is None
    assert value(db, call, (graph, None)) == graph
    assert value(db, call, (None, graph)) == graph
    assert value(db, call, (graph, graph)) == "2 {A} 1(2,2,1,2,2)"


def test_typed_transition_function_called_directly(db):
    """Step by step through the text form, as between machines."""
    call = "SELECT dfg_agg_transfn(%s, %s)::text"
    trace = "{A} 1@2023-01-01T00:00:00Z"
    assert value(db, call, (None, None)) is None
    state = value(db, call, (None, trace))
    assert state == "1 {A} 1(1,1,1,1,1)"
    assert value(db, call, (state, None)) == state
    assert value(db, call, (state, trace)) == "2 {A} 1(2,2,1,2,2)"


def test_soft_errors(db):
    """pg_input_is_valid() says no without an error."""
    if db.info.server_version < 160000:
        pytest.skip("pg_input_is_valid() came with PostgreSQL 16")
    for literal, kind in (("{A} 1@x", "trace"), ("x", "dfg"), ("{" + "x" * 5000 + "} 1@2023-01-01T00:00:00Z", "trace")):
        assert value(db, "SELECT pg_input_is_valid(%s, %s)", (literal, f"ticket_mining.{kind}")) is False
    assert value(db, "SELECT pg_input_is_valid('{A} 1@2023-01-01T00:00:00Z', 'ticket_mining.trace')") is True
