"""dfg_compare against plain SQL over the two graphs, on random logs; its errors."""

import oracle
import pytest
from client import failure, message, rows, value
from random_values import random_graphs

# Of two graphs a and b, what stands side by side, by a full join of their edges.
JOINED = """
    WITH g AS (SELECT %s::text::dfg AS a, %s::text::dfg AS b),
         a AS (SELECT e.* FROM g, dfg_edges(g.a) e), b AS (SELECT e.* FROM g, dfg_edges(g.b) e)
    SELECT source, target, coalesce(a.frequency, 0), coalesce(b.frequency, 0), coalesce(a.case_frequency, 0), coalesce(b.case_frequency, 0),
           coalesce(a.case_frequency, 0) / dfg_cases(g.a)::float8, coalesce(b.case_frequency, 0) / dfg_cases(g.b)::float8,
           coalesce(b.case_frequency, 0) / dfg_cases(g.b)::float8 - coalesce(a.case_frequency, 0) / dfg_cases(g.a)::float8, a.median, b.median
    FROM a FULL JOIN b USING (source, target) CROSS JOIN g
    ORDER BY source COLLATE "C", target COLLATE "C"
"""


def test_side_by_side(db):
    graphs = [text for text in map(oracle.graph_text, random_graphs("compare", 60)) if len(text) < 50_000]
    assert len(graphs) > 30
    one_sided = 0
    for a, b in zip(graphs, graphs[1:] + graphs[:1]):
        found = rows(db, "SELECT * FROM dfg_compare(%s::text::dfg, %s::text::dfg)", (a, b))
        assert found == rows(db, JOINED, (a, b)), (a, b)
        one_sided += any(row[2] == 0 for row in found)
    assert one_sided > 5


def test_with_itself_and_turned_around(db):
    a, b = (oracle.graph_text(g) for g in random_graphs("compare", 12)[-2:])
    for *_, x, y, difference, first, second in rows(db, "SELECT * FROM dfg_compare(%s::text::dfg, %s::text::dfg)", (a, a)):
        assert difference == 0 and x == y and first == second
    there = rows(db, "SELECT source, target, a_rate, b_rate, rate_difference FROM dfg_compare(%s::text::dfg, %s::text::dfg)", (a, b))
    back = rows(db, "SELECT source, target, b_rate, a_rate, -rate_difference FROM dfg_compare(%s::text::dfg, %s::text::dfg)", (b, a))
    assert there == back


TRACE = "'{A,B} 1@2023-01-02T08:00:00Z 2@2023-01-03T09:00:00Z'::trace"


def test_calendars(db):
    """Medians of two clocks say nothing side by side; those of one calendar are business time."""
    hours = "'UTC; Mo-Fr 08:00-16:00'"
    error = failure(db, f"SELECT * FROM dfg_compare((SELECT dfg_agg({TRACE})), (SELECT dfg_agg({TRACE}, {hours})))")
    assert error.sqlstate == "22023" and "graphs with durations of different calendars cannot be compared" in message(error)
    assert value(db, f"SELECT a_median::text FROM dfg_compare((SELECT dfg_agg({TRACE}, {hours})), (SELECT dfg_agg({TRACE}, {hours})))") == "09:00:00"


@pytest.mark.parametrize("a, b", ((f"(SELECT dfg_agg({TRACE}))", "NULL"), ("NULL", "NULL")))
def test_null(db, a, b):
    assert rows(db, f"SELECT * FROM dfg_compare({a}, {b})") == []
