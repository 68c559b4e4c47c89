"""Any percentiles of the durations of a graph: those of dfg_edges(), and of percentile_cont() while durations are few."""

import psycopg
import pytest
from client import rows, value

GRAPH = """(SELECT dfg_agg(c, CASE WHEN n % 3 = 0 THEN 'a' ELSE 'b' END, timestamptz '2023-01-01Z' + n * n * interval '1 second', n) AS g
            FROM generate_series(1, {cases}) c, generate_series(1, 9) n) s"""
ALL = "array(SELECT generate_series(0, 100))"


def graph(cases):
    return GRAPH.format(cases=cases)


@pytest.mark.parametrize("cases", (1, 7, 1000))
def test_the_same_as_in_edges(db, cases):
    """Exact, and from a sketch: 1,000 cases have some thousand durations an edge."""
    wanted = rows(db, f"""SELECT source, target, p.percent, p.duration FROM {graph(cases)}, dfg_edges(g) e,
                          LATERAL (VALUES (50, median), (90, p90), (95, p95)) p (percent, duration)""")
    found = rows(db, f"SELECT source, target, percent, duration FROM {graph(cases)}, dfg_percentiles(g, '{{95,50,90}}')")
    assert len(found) == 9 and found == wanted


@pytest.mark.parametrize(("cases", "part"), ((7, 0), (1000, 1 / 128)))
def test_ends(db, cases, part):
    """0 and 100 are the shortest and the longest; from a sketch as near as it is."""
    off = value(db, f"""SELECT max(abs(extract(epoch FROM p.duration) / extract(epoch FROM CASE percent WHEN 0 THEN min ELSE max END) - 1))
                        FROM {graph(cases)}, dfg_edges(g) e JOIN LATERAL dfg_percentiles(g, '{{0,100}}') p USING (source, target)""")
    assert off <= part


def test_the_same_as_percentile_cont(db):
    """Rounded to the microsecond."""
    differences = value(db, f"""
        WITH steps AS (SELECT activity AS source, lead(activity) OVER w AS target, lead(at) OVER w - at AS duration
                       FROM (SELECT CASE WHEN n % 3 = 0 THEN 'a' ELSE 'b' END AS activity, timestamptz '2023-01-01Z' + n * n * interval '1 second' AS at
                             FROM generate_series(1, 9) n) e WINDOW w AS (ORDER BY at))
        SELECT max(abs(extract(epoch FROM p.duration) - extract(epoch FROM w.duration)))
        FROM {graph(1)}, dfg_percentiles(g, {ALL}) p
        JOIN LATERAL (SELECT percentile_cont(p.percent / 100.0) WITHIN GROUP (ORDER BY s.duration) AS duration
                      FROM steps s WHERE (s.source, s.target) = (p.source, p.target)) w ON true""")
    assert differences <= 0.000001
    assert value(db, f"SELECT count(*) FROM {graph(1)}, dfg_percentiles(g, {ALL})") == 3 * 101


def test_business_time_has_hours(db):
    assert value(db, f"""SELECT max(duration)::text FROM (SELECT dfg_agg(trace_agg, 'UTC; 24/7') AS g FROM (
        SELECT trace_agg(a, timestamptz '2023-01-01Z' + d * interval '50 hours') FROM (VALUES ('a', 0), ('b', 1)) v (a, d)) t) s, dfg_percentiles(g, '{{99}}')""") == "50:00:00"


@pytest.mark.parametrize(("percents", "state"), (("{-1}", "22023"), ("{101}", "22023"), ("{50,NULL}", "22004")))
def test_refused(db, percents, state):
    with pytest.raises(psycopg.Error) as caught:
        db.execute(f"SELECT dfg_percentiles(g, '{percents}') FROM {graph(1)}")
    assert caught.value.sqlstate == state


def test_none(db):
    assert rows(db, f"SELECT * FROM {graph(1)}, dfg_percentiles(g, '{{}}')") == []
    assert rows(db, "SELECT * FROM dfg_percentiles(NULL, '{50}')") == []
