"""What Citus needs to push mining to its workers, tested without Citus, which no Debian suite has.

Grouped by the distribution column an aggregate runs on the workers whatever it is like. Else it is sent to
them as a partial aggregate if it has a combine function and a state of an ordinary type, whose text or binary
form then goes to the coordinator: four servers stand in for the workers here.
"""

from contextlib import ExitStack

import documents
import psycopg
import pytest
from client import BytesLoader, connect, rows, type_oid, value
from private_cluster import private_cluster
from random_logs import ticket_log
from timestamps import pg_time

SHARDS = 4
PUSHED = ("dfg_agg(trace)", "dfg_agg(trace,business_calendar)", "dfg_union_agg(dfg)")


@pytest.mark.parametrize("aggregate", PUSHED)
def test_aggregate_can_be_pushed_down(db, aggregate):
    """An ordinary aggregate of ordinary arguments, with a combine function and a state that is a type with text and binary forms."""
    found = rows(db, """
        SELECT aggkind = 'n', aggcombinefn <> 0, state.typtype::text, state.typsend <> 0 AND state.typreceive <> 0, p.proparallel::text, p.pronargs > 0,
               aggfinalfn::oid::int, NOT EXISTS (SELECT FROM unnest(p.proargtypes) t (oid) JOIN pg_type USING (oid) WHERE typtype = 'p'),
               has_function_privilege('public', aggtransfn, 'execute') AND has_function_privilege('public', aggcombinefn, 'execute')
        FROM pg_aggregate JOIN pg_proc p ON p.oid = aggfnoid JOIN pg_type state ON state.oid = aggtranstype
        WHERE aggfnoid = %s::regprocedure""", (aggregate,))
    assert found == [(True, True, "b", True, "s", True, 0, True, True)]


def test_functions_by_hand(db):
    """As Citus calls them: no aggregate around them, states that are NULL, the arguments alone."""
    assert value(db, "SELECT dfg_agg_combinefn(NULL, NULL) IS NULL") is True
    trace = "trace('{A,B}'::text[], '{2023-01-01Z,2023-01-02Z}'::timestamptz[])"
    assert value(db, f"SELECT dfg_agg_transfn(NULL, NULL) IS NULL AND dfg_agg_transfn(NULL, {trace}, 'UTC; 24/7') IS NOT NULL") is True
    one = value(db, f"SELECT dfg_agg_transfn(NULL, {trace})::text")
    assert one == value(db, f"SELECT dfg_agg(t)::text FROM (VALUES ({trace})) v (t)")
    for combined in (f"dfg_agg_combinefn(NULL, '{one}')", f"dfg_agg_combinefn('{one}', NULL)"):
        assert value(db, f"SELECT {combined}::text") == one
    two = f"dfg_agg_combinefn(dfg_agg_transfn('{one}', {trace}), dfg_agg_transfn(NULL, {trace}))"
    assert value(db, f"SELECT {two}::text") == value(db, f"SELECT dfg_agg(t)::text FROM (VALUES ({trace}), ({trace}), ({trace})) v (t)")


@pytest.fixture(scope="module")
def workers():
    """Servers with a shard each of a log, by case; one of them has nothing."""
    events = [event for event in ticket_log(seed=8, cases=400) if None not in event[:3]]
    with ExitStack() as stack:
        found = []
        for shard in range(SHARDS):
            cluster = stack.enter_context(private_cluster())
            db = stack.enter_context(cluster.connect())
            db.execute("CREATE EXTENSION ticket_mining")
            db.execute("CREATE TABLE event (case_id bigint, activity text, at timestamptz, seq bigint)")
            with db.cursor().copy("COPY event FROM STDIN") as copy:
                for case, activity, at, seq in events:
                    if int(case) % (SHARDS - 1) == shard:
                        copy.write_row((case, activity, pg_time(at), seq))
            db.execute("CREATE TABLE traces AS SELECT case_id, trace_agg(activity, at, seq) AS trace FROM event GROUP BY case_id")
            db.execute("CREATE VIEW partial AS SELECT dfg_agg(trace) AS graph, dfg_agg(trace, 'UTC; Mo-Fr 08:00-16:00') AS business FROM traces")
            found.append((cluster, db))
        yield events, found


@pytest.fixture(scope="module")
def coordinator(scratch, workers):
    """A database that reaches the workers, and the graph of all events at once."""
    events, servers = workers
    with connect(scratch) as db:
        db.execute("CREATE EXTENSION postgres_fdw")
        db.execute("CREATE EXTENSION dblink")
        db.execute("CREATE TABLE event_of_all (case_id bigint, activity text, at timestamptz, seq bigint)")
        with db.cursor().copy("COPY event_of_all FROM STDIN") as copy:
            for case, activity, at, seq in events:
                copy.write_row((case, activity, pg_time(at), seq))
        for n, (cluster, _) in enumerate(servers):
            db.execute(f"CREATE SERVER worker_{n} FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '{cluster.directory}', port '5432', dbname 'postgres')")
            db.execute(f"CREATE USER MAPPING FOR CURRENT_USER SERVER worker_{n} OPTIONS (user 'postgres')")
            db.execute(f"CREATE FOREIGN TABLE partial_{n} (graph dfg, business dfg) SERVER worker_{n} OPTIONS (schema_name 'public', table_name 'partial')")
        yield db
        db.execute("DROP EXTENSION postgres_fdw, dblink CASCADE")
        db.execute("DROP TABLE event_of_all")


def whole(db, calendar=""):
    return value(db, f"""SELECT dfg_agg(t{calendar})::text FROM (SELECT trace_agg(activity, at, seq) AS t FROM event_of_all GROUP BY case_id) c""")


def test_a_shard_without_rows_is_null(workers):
    _, servers = workers
    assert [value(db, "SELECT graph IS NULL FROM partial") for _, db in servers] == [False] * (SHARDS - 1) + [True]


@pytest.mark.parametrize("column, calendar", (("graph", ""), ("business", ", 'UTC; Mo-Fr 08:00-16:00'")))
def test_states_through_postgres_fdw(coordinator, column, calendar):
    """As text between servers, which is how Citus up to 13 sends states."""
    union = " UNION ALL ".join(f"SELECT {column} FROM partial_{n}" for n in range(SHARDS))
    assert value(coordinator, f"SELECT dfg_union_agg({column})::text FROM ({union}) s") == whole(coordinator, calendar)


def test_states_through_dblink(coordinator, workers):
    calls = " UNION ALL ".join(
        f"SELECT g FROM dblink('host={cluster.directory} port=5432 dbname=postgres user=postgres', 'SELECT graph::text FROM partial') AS d (g text)"
        for cluster, _ in workers[1])  # fmt: skip
    assert value(coordinator, f"SELECT dfg_union_agg(g::ticket_mining.dfg)::text FROM ({calls}) s") == whole(coordinator)


def test_states_in_binary(coordinator, workers):
    """By the send function of one server and the receive function of another, which is how Citus from 14 on sends them."""
    states = []
    for _, db in workers[1]:
        oid = value(db, "SELECT 'ticket_mining.dfg'::regtype::oid::int8")
        db.adapters.register_loader(int(oid), BytesLoader)
        with db.cursor(binary=True) as cursor:
            states += [state for (state,) in cursor.execute("SELECT graph FROM partial").fetchall()]
    oid = int(type_oid(coordinator, "dfg"))
    coordinator.execute("CREATE TEMP TABLE received (graph dfg)")
    for state in states:
        result = coordinator.pgconn.exec_params(b"INSERT INTO received VALUES ($1)", [state], [oid], [1])
        assert result.status == psycopg.pq.ExecStatus.COMMAND_OK, result.error_message
    assert value(coordinator, "SELECT dfg_union_agg(graph)::text FROM received") == whole(coordinator)


def test_per_case_aggregates_of_shards(coordinator, workers):
    """Grouped by the case, the whole of it runs on a worker; the coordinator adds what comes."""
    query = """SELECT count(*), sum(trace_length(t)), count(*) FILTER (WHERE trace_reopen_count(t, ARRAY['Lukket']) > 0)
               FROM (SELECT trace_agg(activity, at, seq) AS t FROM {} GROUP BY case_id) c"""
    parts = [rows(db, query.replace("{}", "event"))[0] for _, db in workers[1]]
    assert tuple(sum(part or 0 for part in column) for column in zip(*parts)) == rows(coordinator, query.replace("{}", "event_of_all"))[0]


def test_what_the_documentation_says(own_db):
    """Its statements, with stand-ins for the functions of Citus that look whether there is such a column."""
    blocks = [block.text for block in documents.blocks(documents.ROOT / "docs" / "performance.md", "sql citus")]
    own_db.execute("""CREATE FUNCTION create_distributed_table(name regclass, distribution_column text, colocate_with text DEFAULT 'default') RETURNS void
        LANGUAGE plpgsql AS $$BEGIN
            ASSERT (SELECT count(*) FROM pg_attribute WHERE attrelid = name AND attname = distribution_column) = 1;
            ASSERT colocate_with = 'default' OR to_regclass(colocate_with) IS NOT NULL;
        END$$""")
    assert blocks
    for block in blocks:
        own_db.execute(block.replace("CREATE EXTENSION citus;", "").replace("CREATE EXTENSION ticket_mining;", ""))
