"""A cancelled query ends soon, leaves nothing behind, and the session goes on."""

import threading
import time

import psycopg
import pytest
from client import column, connect, failure, force_parallel, load, value
from random_logs import ticket_log

EVENTS = 1_000_000
AT = "'2023-01-01Z'::timestamptz"
MEMORY = "SELECT sum(total_bytes) FROM pg_backend_memory_contexts"
SPARE = 16 * 1024 * 1024


@pytest.fixture(scope="module")
def big(scratch):
    """A table of many events, one trace of them all, its text, a big graph and its text."""
    with connect(scratch) as db:
        db.execute(f"""CREATE UNLOGGED TABLE many AS SELECT n % 1000 AS c, 'A' || n * 7919 % 5000 AS a,
                              {AT} + n * 7 % {EVENTS} * interval '1 second' AS at
                       FROM generate_series(1, {EVENTS}::bigint) n""")
        db.execute("""CREATE UNLOGGED TABLE one AS SELECT t, g, t::text AS trace_text, g::text AS graph_text
                      FROM (SELECT trace_agg(a, at) AS t, dfg_agg(c, a, at) AS g FROM many) x""")
        yield
        db.execute("DROP TABLE many, one")


LONG = {
    "trace_agg": "SELECT trace_length(trace_agg(a, at)) FROM many, generate_series(1, 5)",
    "trace_agg of many cases": "SELECT count(*) FROM (SELECT trace_agg(a, at) FROM many, generate_series(1, 20) "
                               "GROUP BY c) x",
    "dfg_agg of events": "SELECT dfg_cases(dfg_agg(c, a, at)) FROM many, generate_series(1, 5)",
    "dfg_agg of traces": "SELECT dfg_cases(dfg_agg(t)) FROM one, generate_series(1, 20)",
    "dfg_union_agg": "SELECT dfg_cases(dfg_union_agg(g)) FROM one, generate_series(1, 200)",
    "text of a trace in": "SELECT count(trace_text::trace) FROM one, generate_series(1, 20)",
    "text of a trace out": "SELECT sum(length(t::text)) FROM one, generate_series(1, 20)",
    "text of a graph in": "SELECT count(graph_text::dfg) FROM one, generate_series(1, 200)",
    "text of a graph out": "SELECT sum(length(g::text)) FROM one, generate_series(1, 200)",
    "trace_events": "SELECT count(*) FROM one, generate_series(1, 50) n, trace_events(CASE WHEN n > 0 THEN t END)",
    "trace_steps": "SELECT count(*) FROM one, generate_series(1, 50) n, trace_steps(CASE WHEN n > 0 THEN t END)",
    "trace_collapse": "SELECT count(trace_collapse(t)) FROM one, generate_series(1, 50)",
    "trace_drop": "SELECT count(trace_drop(t, '{A1}')) FROM one, generate_series(1, 50)",
    "trace_has_edge": "SELECT count(*) FROM one, generate_series(1, 200) n WHERE trace_has_edge(t, 'A1', 'A' || n)",
    "a long chain": "SELECT count(trace_filter(t, (SELECT jsonb_agg('{\"drop_cases\": {\"has\": [\"A1\", \"x\"]}}'::jsonb) FROM generate_series(1, 1000)))) FROM one",
    "dfg_compare": "SELECT count(*) FROM one, generate_series(1, 500) n, dfg_compare(g, CASE WHEN n > 0 THEN g END)",
    "dfg_edges": "SELECT count(*) FROM one, generate_series(1, 500) n, dfg_edges(CASE WHEN n > 0 THEN g END)",
    "trace as jsonb": "SELECT count(t::jsonb) FROM one, generate_series(1, 20)",
    "pattern": "SELECT count(t ~ p) FROM one, generate_series(1, 3000), (VALUES ('(A1 ~> A2){> 4000 days} ^'::trace_pattern)) v (p)",
    "pattern of many states": "SELECT count(t ~ p) FROM one, generate_series(1, 200), (VALUES ('(.?){400} nowhere'::trace_pattern)) v (p)",
    "trace_matches": "SELECT count(m) FROM one, generate_series(1, 200) n, trace_matches(CASE WHEN n > 0 THEN t END, '. .') m",
    "a pattern made ready": "SELECT count(t ~ repeat('(.?)', n)::trace_pattern) FROM (VALUES ('{A} 1@2023-01-01T00:00:00Z'::trace)) v (t), generate_series(1, 499) n",
    "index of traces": "CREATE TEMP TABLE copies AS SELECT t FROM one, generate_series(1, 30); CREATE INDEX ON copies USING gin (t)",
    "graph as jsonb": "SELECT count(g::jsonb) FROM one, generate_series(1, 200)",
}


@pytest.mark.parametrize("name", LONG)
def test_timeout(db, big, name):
    """The timeout reaches the same session at several moments, and it keeps no memory."""
    value(db, "SELECT dfg_cases(dfg_agg(c, a, at)) FROM many WHERE c < 5")
    before = value(db, MEMORY)
    for timeout in (20, 60, 150, 300):
        db.execute(f"SET statement_timeout = {timeout}")
        began = time.monotonic()
        error = failure(db, LONG[name])
        assert error.sqlstate == "57014"
        assert time.monotonic() - began < 5
        db.execute("RESET statement_timeout")
    assert value(db, MEMORY) < before + SPARE
    assert value(db, "SELECT dfg_cases(dfg_agg(c, a, at)) FROM many WHERE c < 5") == 5


def in_background(work):
    """Runs work in a thread; what it raises is in the list it gives."""
    caught = []

    def guarded():
        try:
            work()
        except psycopg.Error as error:
            caught.append(error)

    thread = threading.Thread(target=guarded)
    thread.start()
    return thread, caught


@pytest.mark.parametrize("name", ("dfg_agg of events", "dfg_agg of traces", "trace_agg", "text of a trace in"))
def test_pg_cancel_backend(db, other_db, big, name):
    pid = db.info.backend_pid
    thread, caught = in_background(lambda: db.execute(LONG[name]))
    running = "SELECT count(*) FROM pg_stat_activity WHERE pid = %s AND state = 'active' AND query = %s"
    while value(other_db, running, (pid, LONG[name])) == 0 and thread.is_alive():
        pass
    assert value(other_db, "SELECT pg_cancel_backend(%s)", (pid,)) is True
    thread.join(20)
    assert not thread.is_alive()
    assert [error.sqlstate for error in caught] == ["57014"]
    assert value(db, "SELECT dfg_cases(dfg_agg(c, a, at)) FROM many WHERE c < 5") == 5
    assert db.info.backend_pid == pid


def test_error_in_a_transaction(db, big):
    """A savepoint survives an error inside an aggregate, over and over without growing."""
    db.execute("BEGIN")
    sizes = []
    for _ in range(12):
        db.execute("SAVEPOINT s")
        assert failure(db, "SELECT dfg_agg(c, a, CASE WHEN n = 20000 THEN 'infinity' ELSE at END) FROM "
                           "(SELECT *, row_number() OVER () AS n FROM many LIMIT 30000) x").sqlstate == "22008"
        db.execute("ROLLBACK TO s")
        db.execute("RELEASE s")
        sizes.append(value(db, MEMORY))
    assert sizes[-1] <= sizes[2] + SPARE
    assert value(db, "SELECT count(*) FROM many") == EVENTS
    db.execute("ROLLBACK")


def test_cancelled_workers(db, big):
    """Parallel workers stop too."""
    force_parallel(db)
    db.execute("ALTER TABLE many SET (parallel_workers = 4)")
    db.execute("SET statement_timeout = 100")
    query = "SELECT trace_length(trace_agg(a, at)) FROM many"
    assert failure(db, query.replace("FROM many", "FROM (SELECT m.a, m.at FROM many m, generate_series(1, 10)) x")).sqlstate == "57014"
    db.execute("RESET statement_timeout")
    assert value(db, query) == EVENTS


def test_no_leak_in_repeated_calls(db):
    """Thousands of calls in one statement, and many statements: memory stays where it was."""
    load(db, {0: ticket_log(3, cases=2000)})
    db.execute("CREATE TEMP TABLE kept AS SELECT case_id, trace_agg(activity, at, seq) AS t FROM ev GROUP BY case_id")
    statements = (
        "SELECT count(g) FROM (SELECT dfg_agg(t) OVER (PARTITION BY case_id) AS g FROM kept) x",
        "SELECT sum(trace_reopen_count(t, '{Lukket}')), count(trace_collapse(t)), count(t::text::trace) FROM kept",
        "SELECT dfg_union_agg(g) FROM (SELECT dfg_agg(t) AS g FROM kept GROUP BY case_id) x",
        "SELECT count(*) FROM kept, trace_steps(t)",
    )
    sizes = []
    for _ in range(8):
        for statement in statements:
            column(db, statement)
        sizes.append(value(db, MEMORY))
    assert sizes[-1] <= sizes[1] + SPARE // 4
