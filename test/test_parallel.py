"""Parallel plans: that there are any, and that their results are those of serial ones, to the byte."""

import re

import pytest
from client import binary_rows, connect, explain, force_parallel, load, longer, rows, value
from random_logs import KINDS, random_log, ticket_log

TABLES = ("event", "kept", "graphs")


@pytest.fixture(scope="module")
def logs(scratch):
    """Tables of events, traces and graphs, spread over many pages; some blocks hold NULLs alone."""
    with connect(scratch) as db:
        events = {0: ticket_log(seed=21, cases=longer(3000, 30000))}
        events.update((n, random_log(kind, f"parallel {n}")) for n, kind in enumerate(KINDS, 1))
        load(db, events, table="event", temp=False)
        for statement in (
            "INSERT INTO event SELECT 0, NULL, NULL, NULL, NULL FROM generate_series(1, 2000)",
            """CREATE TABLE kept AS SELECT log, case_id, trace_agg(activity, at, seq) AS t FROM event
               WHERE case_id IS NOT NULL GROUP BY log, case_id""",
            "INSERT INTO kept SELECT 0, NULL, NULL FROM generate_series(1, 20000)",
            "CREATE TABLE graphs AS SELECT log, case_id % 50 AS n, dfg_agg(t) AS g FROM kept "
            "GROUP BY log, case_id % 50",
            "INSERT INTO graphs SELECT 0, NULL, NULL FROM generate_series(1, 20000)",
            "ALTER TABLE event ALTER case_id SET (n_distinct = 20)",  # few groups for all the planner knows: they are worth a partial plan
        ):
            db.execute(statement)
        for table in TABLES:
            db.execute(f"ALTER TABLE {table} SET (parallel_workers = 4)")
            db.execute(f"ANALYZE {table}")
        yield
        for table in TABLES:
            db.execute(f"DROP TABLE {table}")


QUERIES = {
    "dfg_agg(trace)": "SELECT dfg_agg(t) FROM kept",
    "dfg_agg(trace) by log": "SELECT log, dfg_agg(t) FROM kept GROUP BY log ORDER BY log",
    "dfg_union_agg": "SELECT dfg_union_agg(g) FROM graphs",
    "dfg_union_agg by log": "SELECT log, dfg_union_agg(g) FROM graphs GROUP BY log ORDER BY log",
    "trace_agg": "SELECT trace_agg(activity, at, seq) FROM event",
    "trace_agg of two": "SELECT trace_agg(activity, at) FROM event",
    "trace_agg by case": "SELECT log, case_id, trace_agg(activity, at, seq) FROM event GROUP BY log, case_id "
                         "ORDER BY log, case_id",
    "trace_agg of ties": "SELECT log, trace_agg(activity, at) FROM event GROUP BY log ORDER BY log",
    "no rows": "SELECT trace_agg(activity, at, seq) FROM event WHERE length(activity) > 1000000",
    "rows for few workers": "SELECT dfg_agg(t) FROM kept WHERE abs(case_id - 7) < 1",
    "NULLs alone": "SELECT dfg_agg(t) FROM kept WHERE case_id IS NULL",
    "NULL graphs alone": "SELECT dfg_union_agg(g) FROM graphs WHERE n IS NULL",
    "NULL events alone": "SELECT trace_agg(activity, at, seq) FROM event WHERE activity IS NULL",
    "filter": "SELECT dfg_agg(t) FILTER (WHERE case_id % 3 = 0), count(*) FROM kept",
}


def plans(query):
    """The query, and how the plan of its parallel form may be."""
    return ["hash", "sort"] if "GROUP BY" in query else ["plain"]


CASES = [(name, method) for name, query in QUERIES.items() for method in plans(query)]


@pytest.mark.parametrize("name, method", CASES)
def test_serial_is_parallel(db, logs, name, method):
    query = QUERIES[name]
    db.execute("SET max_parallel_workers_per_gather = 0")
    assert "Partial" not in explain(db, query)
    serial = binary_rows(db, query)
    force_parallel(db)
    db.execute(f"SET enable_hashagg = {'off' if method == 'sort' else 'on'}")
    db.execute(f"SET enable_sort = {'off' if method == 'hash' else 'on'}")
    assert re.search(r"Partial (Hash|Group)?Aggregate", explain(db, query))
    assert binary_rows(db, query) == serial


@pytest.mark.parametrize("name", QUERIES)
def test_plan_is_partial(db, logs, name):
    """Workers really ran and handed over partial states."""
    force_parallel(db)
    plan = explain(db, QUERIES[name], "ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF")
    assert re.search(r"Partial (Hash|Group)?Aggregate", plan)
    assert int(re.search(r"Workers Launched: (\d+)", plan)[1]) > 0


@pytest.fixture(scope="module")
def desk(scratch):
    """Traces of a service desk of some years, 12 MB; with statistics of their variants, whose number nobody could guess."""
    with connect(scratch) as db:
        db.execute("""CREATE TABLE desk_traces AS SELECT n AS case_id, n % 6 AS team, trace('{Ny,Tildelt,I gang,Løst m. mail,Genåbnet,Løst m. mail,Lukket}'::text[],
                          ARRAY(SELECT timestamptz '2023-01-01Z' + (n * 600 + k * 7919) * interval '1 second' FROM generate_series(1, 7) k)) AS trace
                      FROM generate_series(1, 110000) n""")
        db.execute("CREATE STATISTICS desk_variants ON (trace_variant(trace)) FROM desk_traces")
        db.execute("ANALYZE desk_traces")
        yield
        db.execute("DROP TABLE desk_traces")


WITHOUT_SETTINGS = {
    "graph": "SELECT dfg_agg(trace) FROM desk_traces",
    "graph in business time": "SELECT dfg_agg(trace, 'UTC; Mo-Fr 08:00-16:00') FROM desk_traces",
    "graph of some cases": "SELECT dfg_agg(trace) FROM desk_traces WHERE trace_start(trace) >= '2023-06-01Z'",
    "graphs by team": "SELECT team, dfg_agg(trace) FROM desk_traces GROUP BY team",
    "variants": "SELECT trace_variant(trace) AS variant, count(*) FROM desk_traces GROUP BY variant",
    "reopened cases": "SELECT count(*) FROM desk_traces WHERE trace_reopen_count(trace, '{Løst m. mail,Lukket}') > 0",
    "time of the cases": "SELECT avg(trace_time_in(trace, '{I gang}', NULL)) FROM desk_traces",
}


@pytest.mark.parametrize("name", WITHOUT_SETTINGS)
def test_planner_chooses_parallel_plan(scratch, desk, name):
    """By the costs of the functions alone, with the settings that PostgreSQL comes with."""
    with connect(scratch) as db:
        plan = explain(db, WITHOUT_SETTINGS[name])
    assert "Gather" in plan and re.search(r"Partial (Hash|Group)?Aggregate", plan), plan


def test_partial_states_of_all_sizes(db, logs):
    """As many workers as rows, or more: most partial states are NULL."""
    for limit in (0, 1, 2, 5):
        db.execute("SET max_parallel_workers_per_gather = 0")
        query = f"SELECT dfg_agg(t) FROM kept WHERE log = 0 AND abs(case_id) < {limit}"
        serial = rows(db, query)
        force_parallel(db)
        assert rows(db, query) == serial


def test_spilled_hash(db, logs):
    """With little memory the hashed groups go to disk and come back the same."""
    query = QUERIES["trace_agg by case"]
    wanted = binary_rows(db, query)
    db.execute("SET work_mem = '64kB'")
    db.execute("SET enable_sort = off")
    assert binary_rows(db, query) == wanted
    force_parallel(db)
    assert binary_rows(db, query) == wanted


def test_nested_stages(db, logs):
    """Traces and graph in one query, whatever is parallel of it."""
    query = """SELECT dfg_agg(t) FROM (SELECT trace_agg(activity, at, seq) AS t FROM event
               WHERE case_id IS NOT NULL GROUP BY log, case_id) c"""
    db.execute("SET max_parallel_workers_per_gather = 0")
    serial = binary_rows(db, query)
    force_parallel(db)
    assert binary_rows(db, query) == serial


def test_raw_aggregate_is_not_partial(db, logs):
    """A case may lie in several partial states: dfg_agg over events has no partial form, and is right all the same."""
    force_parallel(db)
    query = "SELECT dfg_agg(case_id, activity, at, seq) FROM event WHERE log = 0"
    assert "Partial" not in explain(db, query)
    assert binary_rows(db, query) == binary_rows(db, "SELECT dfg_agg(t) FROM kept WHERE log = 0")


def test_work_mem_of_raw_aggregate(db, logs):
    """Where it has to spill the result is the same."""
    query = "SELECT dfg_agg(case_id, activity, at, seq) FROM event WHERE log = 0"
    wanted = value(db, query)
    for memory in ("64kB", "1MB", "1GB"):
        db.execute(f"SET work_mem = '{memory}'")
        assert value(db, query) == wanted


def test_parallel_functions(db, logs):
    """Functions of traces run in workers."""
    force_parallel(db)
    query = ("SELECT sum(trace_length(t)), count(DISTINCT trace_variant(t)) FROM kept "
             "WHERE trace_reopen_count(t, '{Lukket}') >= 0")
    assert "Parallel Seq Scan" in explain(db, query)
    found = rows(db, query)
    db.execute("SET max_parallel_workers_per_gather = 0")
    assert rows(db, query) == found


def test_debug_force_parallel(db, logs):
    """Everything that may runs in a worker: nothing depends on the leader's memory."""
    name = value(db, "SELECT name FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query')")
    queries = (*QUERIES.values(), "SELECT count(*) FROM kept, trace_events(t)", "SELECT count(*) FROM graphs, dfg_edges(g)")
    wanted = [binary_rows(db, query) for query in queries]
    db.execute(f"SET {name} = on")
    assert [binary_rows(db, query) for query in queries] == wanted
