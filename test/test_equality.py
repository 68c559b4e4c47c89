"""Equality, order and hash of values: GROUP BY, DISTINCT, joins, ORDER BY and indexes."""

import itertools

import oracle
import pytest
from client import binary_rows, column, explain, failure, load, rows, shuffled, value
from pattern_oracle import pattern_text
from random_logs import ticket_log
from random_patterns import random_patterns
from random_values import random_graphs, random_traces

TEXTS = {
    "trace": lambda: [oracle.trace_text(trace) for trace in random_traces("equality", 400)],
    "dfg": lambda: [oracle.graph_text(graph) for graph in random_graphs("equality", 60)],
    "trace_pattern": lambda: list(map(pattern_text, random_patterns("equality", 200))),
}


@pytest.fixture(params=TEXTS)
def values(db, request):
    """Values of a type, each between one and three times, in a table (v, text)."""
    texts = TEXTS[request.param]()
    texts = shuffled(texts + texts[::2] + texts[::3], 1)
    db.execute(f"CREATE TEMP TABLE val AS SELECT v::{request.param}, v AS text FROM unnest(%s::text[]) v", (texts,))
    db.execute("ANALYZE val")
    return request.param


@pytest.mark.parametrize("method", ("hashagg", "sort"))
def test_group_by(db, values, method):
    """Values are grouped as their texts are, hashed and sorted."""
    db.execute(f"SET enable_{'sort' if method == 'hashagg' else 'hashagg'} = off")
    query = "SELECT count(*) FROM val GROUP BY v"
    plan = explain(db, query)
    assert ("HashAggregate" in plan) == (method == "hashagg")
    wanted = rows(db, "SELECT count(*), min(text) FROM val GROUP BY text ORDER BY 2")
    assert rows(db, "SELECT count(*), min(text) FROM val GROUP BY v ORDER BY 2") == wanted


def test_distinct(db, values):
    ((values_found, texts_found),) = rows(db, "SELECT count(DISTINCT v), count(DISTINCT text) FROM val")
    assert values_found == texts_found > 1


@pytest.mark.parametrize("method", ("hashjoin", "mergejoin", "nestloop"))
def test_join(db, values, method):
    for other in {"hashjoin", "mergejoin", "nestloop"} - {method}:
        db.execute(f"SET enable_{other} = off")
    query = "SELECT count(*), count(*) FILTER (WHERE a.text = b.text) FROM val a JOIN val b ON a.v = b.v"
    node = {"hashjoin": "Hash Join", "mergejoin": "Merge Join", "nestloop": "Nested Loop"}[method]
    assert node in explain(db, query)
    ((by_text,),) = rows(db, "SELECT count(*) FROM val a JOIN val b USING (text)")
    assert rows(db, query) == [(by_text, by_text)]


def test_order_is_total(db, values):
    """Every operator agrees with the place in the order."""
    db.execute("CREATE TEMP TABLE placed AS SELECT v, dense_rank() OVER (ORDER BY v) AS place FROM "
               "(SELECT DISTINCT v FROM val LIMIT 120) d")
    operators = ("=", "<>", "<", "<=", ">", ">=")
    wrong = " OR ".join(f"(a.v {op} b.v) IS DISTINCT FROM (a.place {op} b.place)" for op in operators)
    assert rows(db, f"SELECT a.v, b.v FROM placed a, placed b WHERE {wrong} LIMIT 1") == []
    assert value(db, "SELECT count(DISTINCT place) = count(*) FROM placed")


def test_order_by_is_stable(db, values):
    """Rows in another order are sorted the same."""
    orders = [column(db, f"SELECT v::text FROM (SELECT v FROM val ORDER BY {key}) s ORDER BY v") for key in ("text", "md5(text)")]
    assert orders[0] == orders[1]


@pytest.mark.parametrize("method", ("btree", "hash"))
def test_index(db, values, method):
    """Every value is found by index. Long values do not fit a btree: they get a hash index."""
    db.execute("DELETE FROM val WHERE pg_column_size(v) > 2000" if method == "btree" else "SELECT 1")
    db.execute(f"CREATE INDEX ON val USING {method} (v)")
    db.execute("SET enable_seqscan = off")
    query = "SELECT count(*) FROM val b WHERE b.v = a.v"
    assert "Index" in explain(db, f"SELECT ({query}) FROM val a")
    pairs = rows(db, f"SELECT ({query}), (SELECT count(*) FROM val b WHERE b.text = a.text) FROM val a")
    assert pairs and all(found == wanted for found, wanted in pairs)


def test_unique(db, values):
    db.execute(f"CREATE TEMP TABLE once (v {values} UNIQUE)")
    db.execute("INSERT INTO once SELECT v FROM (SELECT DISTINCT v FROM val WHERE pg_column_size(v) < 2000) d")
    error = failure(db, "INSERT INTO once SELECT v FROM once LIMIT 1")
    assert error.sqlstate == "23505"


def test_value_too_long_for_btree(db):
    """The documented way for long values: index trace_variant(), or a hash index."""
    load(db, {0: ticket_log(2, cases=2000)})
    db.execute("CREATE TEMP TABLE long AS SELECT trace_agg(activity, at, seq) AS t FROM ev")
    assert failure(db, "CREATE INDEX ON long (t)").sqlstate == "54000"
    for index in ("(trace_variant(t))", "USING hash (t)"):
        db.execute(f"CREATE INDEX ON long {index}")
    db.execute("SET enable_seqscan = off")
    for condition in ("trace_variant(t) = trace_variant(given)", "t = given"):
        query = f"SELECT count(*) FROM long, (SELECT t AS given FROM long OFFSET 0) g WHERE {condition}"
        assert value(db, query) == 1
        assert "Index" in explain(db, query)


def test_variant_index(db):
    """An expression index on the variant is used."""
    load(db, {0: ticket_log(2, cases=3000)})
    db.execute("CREATE TEMP TABLE kept AS SELECT case_id, trace_agg(activity, at, seq) AS t FROM ev GROUP BY case_id")
    db.execute("CREATE INDEX ON kept (trace_variant(t))")
    db.execute("ANALYZE kept")
    wanted = rows(db, "SELECT trace_variant(t), count(*) FROM kept GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20")
    query = "SELECT count(*) FROM kept WHERE trace_variant(t) = {}"
    assert "Index" in explain(db, query.format(wanted[-1][0]))
    assert all(value(db, query.format(variant)) == count for variant, count in wanted)


DIFFERENT = [
    "{A} 1@2023-01-01T00:00:00Z",
    "{B} 1@2023-01-01T00:00:00Z",
    "{A} 1@2023-01-01T00:00:00.000001Z",
    "{A} | 1@2023-01-01T00:00:00Z",
    "{A} 1@2023-01-01T00:00:00Z |",
    "{A} | 1@2023-01-01T00:00:00Z |",
    "{A} 1@2023-01-01T00:00:00Z 1@2023-01-01T00:00:00Z",
    "{A} 1@2023-01-01T00:00:00Z | 1@2023-01-01T00:00:00Z",
    "{A,B} 1@2023-01-01T00:00:00Z 2@2023-01-01T00:00:00Z",
    "{B,A} 1@2023-01-01T00:00:00Z 2@2023-01-01T00:00:00Z",
]


def test_what_is_different(db):
    """Labels, times, breaks and the order of ties all count."""
    for one, other in itertools.product(DIFFERENT, repeat=2):
        equal = value(db, "SELECT %s::trace = %s::trace", (one, other))
        assert equal == (one == other), (one, other)
    assert len(set(binary_rows(db, "SELECT v::trace FROM unnest(%s::text[]) v", (DIFFERENT,)))) == len(DIFFERENT)


def test_hash_of_different_values_differs(db, values):
    """No more hashes collide than chance allows."""
    name = value(db, "SELECT p.oid::regproc::text FROM pg_proc p JOIN pg_amproc a ON a.amproc = p.oid "
                     "AND a.amprocnum = 1"
                     " JOIN pg_opfamily f ON f.oid = a.amprocfamily JOIN pg_am m ON m.oid = f.opfmethod"
                     " WHERE m.amname = 'hash' AND a.amproclefttype = %s::regtype", (values,))  # fmt: skip
    distinct, hashes = rows(db, f"SELECT count(DISTINCT text), count(DISTINCT {name}(v)) FROM val")[0]
    assert distinct - hashes <= 1
