"""Graphs of parts merge into the graph of the whole, in any way of merging."""

from functools import lru_cache

import oracle
import pytest
from client import STORED, binary_rows, failure, graphs, load, longer, rows, value
from dice import dice
from random_logs import KINDS, random_log, ticket_log


def part_of(case, parts, seed):
    return dice(f"{case} {seed}").randrange(parts)


@lru_cache(maxsize=None)
def computed(kind):
    """Logs with cases that are split into parts, and the text of the graph of each whole."""
    logs = {0: ticket_log(seed=1, cases=1000)}
    if kind in KINDS:
        logs = {seed: random_log(kind, f"union {seed}") for seed in range(longer(4, 20))}
    graphs = {seed: oracle.graph(oracle.traces(events).values()) for seed, events in logs.items()}
    texts = {seed: oracle.graph_text(graph) for seed, graph in graphs.items() if graph}
    return {seed: partitioned(events, seed) for seed, events in logs.items()}, texts


@pytest.fixture(params=[*KINDS, "tickets"])
def parts(db, request):
    """A temporary table part(log, n, g) of graphs of disjoint cases; gives the text of each whole."""
    logs, texts = computed(request.param)
    load(db, logs, case_type="int[]")
    query = """SELECT log, case_id[1] AS n, dfg_agg(case_id, activity, at, seq) AS g FROM ev
               WHERE case_id IS NOT NULL GROUP BY log, case_id[1]"""
    db.execute(f"CREATE TEMP TABLE part AS SELECT * FROM ({query}) p WHERE g IS NOT NULL")
    return texts


def partitioned(events, seed):
    """The events with case ids that begin with the number of a part."""
    parts = (1, 2, 7, 30)[seed % 4]
    return [
        event if event.case is None else event._replace(case=f"{{{part_of(event.case, parts, seed)},{event.case}}}")
        for event in events
    ]


ORDERS = ("n", "n DESC", "md5(n::text)", "dfg_events(g), n")


@pytest.mark.parametrize("order", ORDERS)
def test_aggregate(db, parts, order):
    query = f"SELECT log, dfg_union_agg(g) AS g FROM (SELECT * FROM part ORDER BY {order}) p GROUP BY log"
    assert graphs(db, query) == parts


@pytest.mark.parametrize("merge", ("acc + g", "g + acc", "dfg_union(acc, g)", "dfg_union(g, acc)"))
def test_operator_and_function(db, parts, merge):
    """One after the other, from the left and from the right."""
    db.execute(f"""CREATE FUNCTION pg_temp.merge(acc dfg, g dfg) RETURNS dfg LANGUAGE sql
                   AS $$ SELECT CASE WHEN acc IS NULL THEN g ELSE {merge} END $$""")
    db.execute("CREATE AGGREGATE pg_temp.merge_all(dfg) (SFUNC = pg_temp.merge, STYPE = dfg)")
    assert graphs(db, "SELECT log, pg_temp.merge_all(g ORDER BY md5(n::text)) AS g FROM part GROUP BY log") == parts


def test_tree_of_merges(db, parts):
    """Merges of merges, of texts and of stored values."""
    query = """SELECT log, dfg_union_agg(g) AS g FROM
                 (SELECT log, dfg_union_agg(CASE WHEN n % 2 = 0 THEN g ELSE g::text::dfg END) AS g
                  FROM part GROUP BY log, n % 3) m
               GROUP BY log"""
    assert graphs(db, query) == parts


def test_single_cases(db):
    """The graph of many cases out of graphs of one case each."""
    load(db, {0: ticket_log(seed=4, cases=1500)})
    singles = ("SELECT log, dfg_union_agg(g) AS g FROM (SELECT log, dfg_agg(t) AS g FROM ({}) c "
               "GROUP BY log, case_id) s GROUP BY log")
    traces = "SELECT log, case_id, trace_agg(activity, at, seq) AS t FROM ev GROUP BY log, case_id"
    assert graphs(db, singles.format(traces)) == graphs(db, STORED)


def test_union_is_commutative_and_associative(db, parts):
    triples = ("part a JOIN part b USING (log) JOIN part c USING (log) WHERE a.n < b.n AND b.n < c.n "
               "AND md5(a.n::text || b.n) < '4'")
    wrong = "(a.g + b.g) + c.g <> a.g + (b.g + c.g) OR a.g + b.g <> b.g + a.g"
    assert rows(db, f"SELECT log FROM {triples} AND ({wrong}) LIMIT 1") == []


def test_arguments_keep_their_values(db):
    """A merge changes neither of its arguments."""
    load(db, {0: ticket_log(seed=4, cases=100)})
    db.execute("CREATE TEMP TABLE two AS SELECT case_id % 2 AS n, dfg_agg(case_id, activity, at, seq) AS g FROM ev "
               "GROUP BY 1")
    query = """SELECT a.g = b.old AND b.g <> a.g FROM
                 (SELECT g, g + g, g + g FROM two WHERE n = 0) a, (SELECT g + g AS g, g AS old FROM two WHERE n = 0) b"""
    assert value(db, query) is True
    assert value(db, "SELECT bool_and(before = g::text) FROM (SELECT g::text AS before, g, dfg_union_agg(g) OVER () "
                     "FROM two) w") is True


@pytest.mark.parametrize("count", (999, 1000, 1001, 2000, 2001))
def test_around_the_exact_limit(db, count):
    """Exact or sketch depends on the number of durations alone: split in two anywhere."""
    events = pairs(count)
    load(db, {0: events})
    wanted = oracle.graph_text(oracle.graph(oracle.traces(events).values()))
    assert ("~" in wanted) == (count > oracle.DFG_EXACT_DURATIONS)
    assert set(graphs(db).values()) == {wanted}
    for split in (1, 500, count - 1000 if count > 1000 else 10, count - 1):
        query = ("SELECT log, dfg_union_agg(g) AS g FROM (SELECT log, dfg_agg(case_id, activity, at) AS g FROM ev "
                 f"GROUP BY log, case_id < {split}) p GROUP BY log")
        assert set(graphs(db, query).values()) == {wanted}


def pairs(count):
    """That many cases of two events each, with durations of all sizes."""
    rng = dice(count)
    durations = (rng.choice((rng.randrange(100), rng.randrange(10**6), rng.randrange(10**14))) for _ in range(count))
    return [oracle.Event(case, activity, at, None) for case, d in enumerate(durations) for activity, at in (("A", 0), ("B", d))]


@pytest.mark.parametrize("durations", ([0] * 1001, [63] * 1001, [64] * 1001, [2**62] * 1001, [0] * 600 + [2**40] * 600, list(range(1100))))
def test_statistics_of_a_sketch(db, durations):
    """Clamped to what there is: a thousand times the same duration has just that median."""
    events = [
        oracle.Event(case, activity, at, None) for case, d in enumerate(durations) for activity, at in (("A", 0), ("B", d))
    ]
    load(db, {0: events})
    graph = oracle.graph(oracle.traces(events).values())
    assert rows(db, "SELECT e.* FROM (SELECT dfg_agg(case_id, activity, at) AS g FROM ev) x, dfg_edges(g) e") == oracle.edge_rows(graph)


def test_nothing_to_merge(db):
    """No graph at all gives NULL; a NULL among graphs is left out by the aggregate."""
    assert value(db, "SELECT dfg_union_agg(g) FROM (SELECT NULL::dfg AS g WHERE false) x") is None
    assert value(db, "SELECT dfg_union_agg(NULL::dfg) FROM generate_series(1, 3)") is None
    text = "1 {A} 1(1,1,1,1,1)"
    assert value(db, "SELECT dfg_union_agg(g)::text FROM unnest(ARRAY[NULL, %s, NULL]::dfg[]) g", (text,)) == text
    assert rows(db, "SELECT %s::dfg + NULL, dfg_union(NULL, %s)", (text, text)) == [(None, None)]


HUGE = f"{2**62} {{A}} 1({2**62},{2**62},1,{2**62},{2**62})"


def test_counts_that_overflow(db):
    """Two graphs whose counts together do not fit 64 bits: an error, not another number."""
    assert value(db, "SELECT dfg_cases(%s::dfg)", (HUGE,)) == 2**62
    error = failure(db, "SELECT (%s::dfg + %s::dfg)::text", (HUGE, HUGE))
    assert error.sqlstate in ("54000", "22003")


def test_totals_wider_than_64_bits(db):
    """A billion durations of ten years and more: totals and squares are exact, statistics are right."""
    durations = [2**48 + n for n in range(1001)]
    events = [oracle.Event(n, a, at, None) for n, d in enumerate(durations) for a, at in (("A", 0), ("B", d))]
    load(db, {0: events})
    db.execute("CREATE TEMP TABLE doubled AS SELECT dfg_agg(case_id, activity, at) AS g FROM ev")
    for _ in range(30):
        db.execute("UPDATE doubled SET g = g + g")
    times = 2**30
    ((frequency, total, low, high, mean),) = rows(
        db, "SELECT frequency, total_seconds * 1000000, extract(epoch FROM min) * 1000000, extract(epoch "
            "FROM max) * 1000000,"
            " extract(epoch FROM mean) * 1000000 FROM doubled, dfg_edges(g)")  # fmt: skip
    assert (frequency, total) == (1001 * times, sum(durations) * times)
    assert (low, high, mean) == (durations[0], durations[-1], sum(durations) // 1001)
    squares = sum(d * d for d in durations) * times
    assert f":{sum(durations) * times},{squares},{durations[0]},{durations[-1]}~" in value(db, "SELECT g::text FROM doubled")
    count, scaled = 1001 * times, 1001 * sum(d * d for d in durations) - sum(durations) ** 2
    deviation = (oracle.isqrt(4 * scaled * times * times // (count * (count - 1))) + 1) // 2
    assert value(db, "SELECT extract(epoch FROM stddev) * 1000000 FROM doubled, dfg_edges(g)") == deviation


def test_binary_of_a_union(db, parts):
    """The bytes of a union are those of the whole, not only its text."""
    merged = binary_rows(db, "SELECT dfg_union_agg(g) FROM part GROUP BY log ORDER BY log")
    whole = binary_rows(db, "SELECT dfg_agg(case_id, activity, at, seq) AS g FROM ev WHERE case_id IS NOT NULL "
                            "GROUP BY log"
                            " HAVING count(activity || at::text) > 0 ORDER BY log")  # fmt: skip
    assert merged == whole
