"""dfg_agg over raw events keeps to work_mem: it spills, and the graph is the same to the byte."""

import os
import shutil
import time

import pytest
from client import connect, explain, failure, longer, rows, value
from private_cluster import owner
from small_disk import small_disk_at

EVENTS = longer(90_000, 2_000_000)
MEMORIES = ("64kB", "300kB", "1MB", "1GB")
TEMPORARY_FILES = "SELECT count(*) FROM pg_ls_tmpdir()"

# Case ids: as bytes of an integer, as short and long text, as numbers of ids that are compared by their type.
IDS = {
    "int": "case_id::int",
    "bigint": "case_id::bigint * 1000000007 - 5",
    "text": "'INC' || case_id",
    "long text": "repeat('x', 40 + case_id::int % 3) || case_id",
    "uuid": "md5(case_id::text)::uuid",
    "numeric": "case_id::numeric / 7",
}


@pytest.fixture(scope="module")
def events(scratch):
    """Many small cases and one with a third of all events, full of ties; half of the seqs are NULL."""
    with connect(scratch) as db:
        db.execute(f"""CREATE UNLOGGED TABLE spilled AS
            SELECT CASE WHEN n % 3 = 0 THEN 0 ELSE n * 7919 % {EVENTS // 6 - 7} + 1 END AS case_id, 'step ' || n * 31 % 23 AS activity,
                   timestamptz '2023-01-01Z' + n * 104729 % {EVENTS} / 4 * interval '1 second' AS at,
                   CASE WHEN n % 2 = 0 THEN n * 17 % 1000 - 500 END::bigint AS seq, n
            FROM generate_series(1, {EVENTS}::bigint) n""")
        db.execute("ANALYZE spilled")
        yield
        db.execute("DROP TABLE spilled")


def of_traces(db, seq, group="0"):
    """The graphs by way of traces, in which nothing of the collector takes part."""
    return rows(db, f"""SELECT k, dfg_agg(t)::text FROM (SELECT {group} AS k, trace_agg(activity, at{seq}) AS t
                        FROM spilled GROUP BY 1, case_id) c GROUP BY k ORDER BY k""")


@pytest.mark.parametrize("case_id", IDS)
@pytest.mark.parametrize("seq", ("", ", seq"))
def test_same_graph_at_any_memory(db, events, case_id, seq):
    wanted = of_traces(db, seq)
    for memory in MEMORIES:
        db.execute(f"SET work_mem = '{memory}'")
        assert rows(db, f"SELECT 0, dfg_agg({IDS[case_id]}, activity, at{seq})::text FROM spilled") == wanted


def test_frequencies_are_those_of_plain_sql(db, events):
    db.execute("SET work_mem = '64kB'")
    ours = rows(db, """SELECT source, target, frequency, case_frequency, max_per_case, total_seconds::bigint
                       FROM (SELECT dfg_agg(case_id, activity, at, seq) AS g FROM spilled) s, dfg_edges(g) ORDER BY 1, 2""")
    assert ours == rows(db, """
        WITH step AS (SELECT case_id, activity AS source, lead(activity) OVER w AS target, lead(at) OVER w - at AS d
                      FROM spilled WINDOW w AS (PARTITION BY case_id ORDER BY at, seq NULLS LAST, activity COLLATE "C"))
        SELECT source, target, sum(n)::bigint, count(*), max(n), sum(seconds)::bigint
        FROM (SELECT case_id, source, target, count(*) AS n, extract(epoch FROM sum(d))::bigint AS seconds FROM step
              WHERE target IS NOT NULL GROUP BY 1, 2, 3) c
        GROUP BY source, target ORDER BY source COLLATE "C", target COLLATE "C" """)


QUERY = "SELECT dfg_events(dfg_agg(case_id, activity, at)) FROM spilled"


def test_it_spills_beyond_work_mem_alone(db, events):
    plans = {}
    for memory in ("64kB", "1GB"):
        db.execute(f"SET work_mem = '{memory}'")
        plans[memory] = explain(db, QUERY, "ANALYZE, BUFFERS, COSTS OFF, TIMING OFF, SUMMARY OFF")
    assert "temp read" in plans["64kB"] and "temp" not in plans["1GB"]
    assert value(db, TEMPORARY_FILES) == 0


def peak(db, memory, query):
    """The most memory that a query's session has at some moments of it, less what it has before."""
    db.execute("CREATE OR REPLACE FUNCTION pg_temp.memory() RETURNS bigint VOLATILE LANGUAGE sql "
               "AS 'SELECT sum(total_bytes)::bigint FROM pg_backend_memory_contexts'")
    db.execute(f"SET work_mem = '{memory}'")
    db.execute("SET enable_sort = off")
    before = value(db, "SELECT pg_temp.memory()")
    return max(most for *_, most in rows(db, query) if most) - before


MOMENTS = f"max(CASE WHEN n % {EVENTS // 10} = 0 THEN pg_temp.memory() END)"
SPARE = 600_000  # of the plan, of the function that looks, and of caches


def test_memory_is_kept_to(db, events):
    """Two megabytes: those of work_mem, twice, as hash_mem_multiplier says."""
    db.execute("SET hash_mem_multiplier = 2")
    query = f"SELECT dfg_agg(case_id, activity, at, n), {MOMENTS} FROM spilled"
    peak(db, "1MB", query)
    assert peak(db, "1MB", query) < 2 * 1024 * 1024 + SPARE


def test_bytes_of_an_event(db, events):
    """Fewer than 20 an event while all is in memory."""
    query = f"SELECT dfg_agg(case_id, activity, at), {MOMENTS} FROM spilled"
    peak(db, "1GB", query)
    assert 10 * EVENTS < peak(db, "1GB", query) < 20 * EVENTS + SPARE


def test_many_groups_share_the_memory(db, events):
    wanted = rows(db, """SELECT k, dfg_agg(t)::text FROM (SELECT case_id % 300 AS k, trace_agg(activity, at) AS t FROM spilled GROUP BY case_id) c
                         GROUP BY k ORDER BY k""")
    db.execute("SET hash_mem_multiplier = 1")
    for memory in ("64kB", "2MB"):
        db.execute(f"SET work_mem = '{memory}'")
        assert rows(db, "SELECT case_id % 300 AS k, dfg_agg(case_id, activity, at)::text FROM spilled GROUP BY 1 ORDER BY 1") == wanted
    query = f"SELECT case_id % 300 AS k, length(dfg_agg(case_id, activity, at)::text), {MOMENTS} FROM spilled GROUP BY 1"
    peak(db, "2MB", query)
    assert "HashAggregate" in explain(db, query)
    # A group has 5 kB of its own, for its labels above all.
    assert peak(db, "2MB", query) < 2 * 1024 * 1024 + 300 * 5000 + SPARE
    assert value(db, TEMPORARY_FILES) == 0


def test_limit_of_temporary_files(db, events):
    """The error is the server's own; nothing stays behind, and the session goes on."""
    db.execute("SET work_mem = '64kB'")
    db.execute("SET temp_file_limit = '400kB'")
    for _ in range(3):
        assert failure(db, QUERY).sqlstate == "53400"
        assert value(db, TEMPORARY_FILES) == 0
    db.execute("RESET temp_file_limit")
    assert value(db, QUERY) == EVENTS


@pytest.fixture
def small_space(own_db):
    """A tablespace on a file system of 1 MB; where there is none, the test above is run anyway."""
    with small_disk_at(f"{value(own_db, 'SHOW unix_socket_directories')}/small", 1) as path:
        os.mkdir(f"{path}/space")
        shutil.chown(f"{path}/space", owner())
        own_db.execute(f"CREATE TABLESPACE small_space LOCATION '{path}/space'")
        try:
            yield "small_space"
        finally:
            own_db.execute("DROP TABLESPACE small_space")


def test_full_disk(db, events, small_space):
    """The disk of the temporary files is full: the server's own error, the files are gone, and the session goes on."""
    db.execute("SET work_mem = '64kB'")
    db.execute(f"SET temp_tablespaces = {small_space}")
    for _ in range(3):
        assert failure(db, QUERY).sqlstate == "53100"
        assert value(db, f"SELECT count(*) FROM pg_ls_tmpdir((SELECT oid FROM pg_tablespace WHERE spcname = '{small_space}'))") == 0
    db.execute("RESET temp_tablespaces")
    assert value(db, QUERY) == EVENTS


def test_limit_within_a_cursor_that_lives_on(db, events):
    """A failed cursor is closed after the subtransaction that it failed in."""
    db.execute("SET work_mem = '64kB'")
    db.execute("""DO $$
        DECLARE c refcursor; found bigint;
        BEGIN
            OPEN c FOR SELECT dfg_events(dfg_agg(case_id, activity, at)) FROM spilled;
            BEGIN
                SET LOCAL temp_file_limit = '400kB';
                FETCH c INTO found;
                RAISE EXCEPTION 'no error';
            EXCEPTION WHEN configuration_limit_exceeded THEN NULL;
            END;
            SELECT dfg_events(dfg_agg(case_id, activity, at)) INTO found FROM spilled;
            ASSERT found > 0;
        END $$""")
    assert value(db, TEMPORARY_FILES) == 0
    assert value(db, QUERY) == EVENTS


def test_cancel_while_it_spills(db, events):
    for memory in ("64kB", "1MB"):
        db.execute(f"SET work_mem = '{memory}'")
        for timeout in (15, 40, 90, 160):
            db.execute(f"SET statement_timeout = {timeout}")
            began = time.monotonic()
            error = failure(db, QUERY.replace("spilled", "spilled, generate_series(1, 20)"))
            db.execute("RESET statement_timeout")
            assert error.sqlstate == "57014" and time.monotonic() - began < 5
            assert value(db, TEMPORARY_FILES) == 0
    assert value(db, QUERY) == EVENTS


def test_rescan(db, events):
    """A subquery that runs again and again, in one session that keeps nothing of it."""
    db.execute("SET work_mem = '64kB'")
    wanted = rows(db, "SELECT case_id % 3, count(*) FROM spilled GROUP BY 1 ORDER BY 1")
    query = """SELECT k, (SELECT dfg_events(dfg_agg(case_id, activity, at)) FROM spilled WHERE case_id % 3 = k)
               FROM generate_series(0, 2) k ORDER BY k"""
    assert rows(db, query) == wanted
    assert value(db, TEMPORARY_FILES) == 0


def test_grouping_sets(db, events):
    """Sorted and hashed groups at once share a file."""
    db.execute("SET work_mem = '64kB'")
    found = rows(db, """SELECT case_id % 5, case_id % 7, dfg_events(dfg_agg(case_id, activity, at)), count(*) FROM spilled
                        GROUP BY GROUPING SETS ((case_id % 5, case_id % 7), (case_id % 5), (case_id % 7), ())""")
    assert len(found) == 35 + 5 + 7 + 1
    assert all(ours == count for *_, ours, count in found)


def test_windows(db, events):
    """A window asks again and again while events come; and it has no limit of memory."""
    db.execute("SET work_mem = '64kB'")
    found = rows(db, "SELECT DISTINCT case_id % 3, dfg_events(dfg_agg(case_id, activity, at) OVER (PARTITION BY case_id % 3)) FROM spilled ORDER BY 1")
    assert found == rows(db, "SELECT case_id % 3, count(*) FROM spilled GROUP BY 1 ORDER BY 1")
    running = rows(db, """SELECT n, dfg_events(dfg_agg(case_id, activity, at) OVER (ORDER BY n)) FROM spilled WHERE n <= 300 ORDER BY n""")
    assert running == [(n, n) for n in range(1, 301)]


def test_distinct_and_filter(db, events):
    db.execute("SET work_mem = '64kB'")
    found = rows(db, """SELECT dfg_events(dfg_agg(DISTINCT case_id, activity, at)), dfg_events(dfg_agg(case_id, activity, at) FILTER (WHERE n % 5 = 0)),
                               dfg_events(dfg_agg(case_id, activity, at)) FROM spilled""")
    wanted = rows(db, "SELECT (SELECT count(*) FROM (SELECT DISTINCT case_id, activity, at FROM spilled) d), count(*) FILTER (WHERE n % 5 = 0), count(*) FROM spilled")
    assert found == wanted


def test_every_event_its_own_case_or_label(db):
    """The most that can differ."""
    db.execute("SET work_mem = '64kB'")
    assert rows(db, """SELECT dfg_cases(g), dfg_events(g) FROM (SELECT dfg_agg(n, 'A', now()) AS g FROM generate_series(1, 50000) n) x""") == [(50000, 50000)]
    assert rows(db, """SELECT dfg_cases(g), dfg_events(g), (SELECT count(*) FROM dfg_edges(g))
                       FROM (SELECT dfg_agg(0, 'A' || n, now()) AS g FROM generate_series(1, 5000) n) x""") == [(1, 5000, 4999)]
