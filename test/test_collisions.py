"""Texts that were chosen to collide cost no more than others, and what differs from process to process shows in no result."""

import collisions
import pytest
from client import column, connect, longer, rows, value

# Long before the end of a query whose tables search all labels, or all cases, for each.
SOON = "10s"

AT = "'2023-01-01Z'::timestamptz"
LIST = "(SELECT array_agg(k) FROM short)"
CASE = f"(SELECT trace({LIST}, (SELECT array_agg({AT}) FROM short)))"
QUOTED = r"""string_agg('"' || replace(k, '\', '\\') || '"', ',' ORDER BY n)"""


@pytest.fixture(scope="module")
def chosen(scratch):
    """Labels that collide in one step of the frozen hash, ids that do in all, and labels of cases of one variant."""
    texts = {
        "short": collisions.short_texts(40_000),
        "long": collisions.texts(collisions.pairs(15)),
        "variants": collisions.variants(13),
    }
    with connect(scratch) as db:
        for table, given in texts.items():
            db.execute(f"CREATE UNLOGGED TABLE {table} (n serial, k text)")
            with db.cursor().copy(f"COPY {table} (k) FROM STDIN") as copy:
                for text in given:
                    copy.write_row((text,))
        db.execute("CREATE UNLOGGED TABLE arrays (k integer[])")
        arrays = collisions.arrays(column(db, "SELECT hashint4(n) FROM generate_series(0, 399999) n"), 15)
        with db.cursor().copy("COPY arrays FROM STDIN") as copy:
            for array in arrays:
                copy.write_row((array,))
        assert value(db, "SELECT count(DISTINCT k) FROM long") == 2**15
        assert value(db, "SELECT count(DISTINCT hash_array(k)) FROM arrays") == 1
        assert value(db, f"SELECT count(DISTINCT trace_variant(trace(ARRAY[k], ARRAY[{AT}]))) FROM variants") == 1
        yield
        db.execute("DROP TABLE short, long, variants, arrays")


QUERIES = {
    "filter_labels": (f"SELECT cardinality(filter_labels(jsonb_build_array(jsonb_build_object('drop_events', {LIST}))))", 40_000),
    "trace of arrays": (f"SELECT trace_length({CASE})", 40_000),
    "trace_agg": (f"SELECT trace_length(trace_agg(k, {AT})) FROM short", 40_000),
    "text of a trace in": (
        f"""SELECT trace_length((SELECT ('{{' || {QUOTED} || '}} ' || string_agg(n || '@2023-01-01T00:00:00Z', ' ' ORDER BY n))::trace
                                 FROM short))""",
        40_000,
    ),
    "text of a graph in": (f"SELECT dfg_events(dfg_agg(n, k, {AT})::text::dfg) FROM short", 40_000),
    "graph of a trace": (f"SELECT dfg_events(dfg_agg({CASE}))", 40_000),
    "graph of edges": (f"SELECT dfg_events(dfg_agg(1, k, {AT} + n * interval '1 second')) FROM short", 40_000),
    "trace_keep": (f"SELECT trace_length(trace_keep({CASE}, {LIST}))", 40_000),
    "trace_filter": (f"SELECT trace_length(trace_filter({CASE}, jsonb_build_array(jsonb_build_object('keep_events', {LIST}))))", 40_000),
    "trace_segments": (
        f"""SELECT count(*) FROM (SELECT jsonb_object_agg(k, k) AS map FROM short) m,
                   trace_segments(trace(ARRAY['Ny'], ARRAY[{AT}]), m.map, {AT} + interval '1 day')""",
        1,
    ),
    "case ids": (f"SELECT dfg_cases(dfg_agg(k, 'Ny'::text, {AT})) FROM long", 2**15),
    "case ids of several events": (f"SELECT dfg_cases(dfg_agg(k, 'Ny'::text, {AT})) FROM long, generate_series(1, 3)", 2**15),
    "case ids with a hash of their type": (f"SELECT dfg_cases(dfg_agg(k, 'Ny'::text, {AT})) FROM arrays", 2**15),
    "labels of any length": (f"SELECT trace_length(trace_agg(k, {AT})) FROM long", 2**15),
    "variants": (f"SELECT dfg_cases(dfg_agg(trace(ARRAY[k], ARRAY[{AT}]))) FROM variants, generate_series(1, 20)", 20 * 2**13),
}


@pytest.mark.parametrize("name", QUERIES)
def test_soon(db, chosen, name):
    query, result = QUERIES[name]
    db.execute(f"SET statement_timeout = '{SOON}'")
    assert value(db, query) == result


SAME = {
    "graph of events": "SELECT dfg_agg(n % 2000, a, at) FROM told",
    "graph of events by text": "SELECT dfg_agg('case ' || n % 2000, a, at) FROM told",
    "graph of events by number": "SELECT dfg_agg((n % 2000)::numeric, a, at) FROM told",
    "graph of traces": "SELECT dfg_agg(t) FROM traces",
    "graph that was not read": "SELECT e FROM (SELECT dfg_agg(n % 2000, a, at) AS g FROM told) x, dfg_edges(g) e",
    "map": "SELECT process_map_dot(dfg_agg(t)) FROM traces",
    "traces": "SELECT md5(string_agg(t::text, ' ' ORDER BY c)) FROM traces",
    "segments": """SELECT s FROM traces, trace_segments(t, '{"A1": "us", "A2": "user", "A3": null}', now()) s WHERE c < 20 AND s.to_at < '2024-01-01Z'
                   ORDER BY c, s.from_at""",
    "labels": "SELECT filter_labels(jsonb_build_array(jsonb_build_object('drop_events', (SELECT array_agg(a ORDER BY n) FROM told))))",
}


@pytest.fixture(scope="module")
def told(scratch):
    """Cases of many and few variants."""
    with connect(scratch) as db:
        db.execute(f"""CREATE UNLOGGED TABLE told AS SELECT n, 'A' || n * n % 7919 % 300 AS a, {AT} + n * 7 % 1009 * interval '1 minute' AS at
                       FROM generate_series(1, 20000::bigint) n""")
        db.execute("CREATE UNLOGGED TABLE traces AS SELECT n % 2000 AS c, trace_agg(a, at) AS t FROM told GROUP BY n % 2000")
        db.execute("INSERT INTO traces SELECT 2000 + c, t FROM traces, generate_series(1, 3) WHERE c < 100")
        yield
        db.execute("DROP TABLE told, traces")


@pytest.mark.parametrize("memory", ("64kB", "64MB"))
def test_same_in_every_session(scratch, told, memory):
    """Each session has tables in an order of its own, whether they fit into its memory or not."""
    found = []
    for _ in range(longer(4, 20)):
        with connect(scratch, work_mem=memory) as db:
            found.append({name: rows(db, query) for name, query in SAME.items()})
    assert all(found[0].values())
    assert all(other == found[0] for other in found)
