"""dfg_percentiles: any share, against PostgreSQL's percentile_cont of the durations themselves."""

from fractions import Fraction

import pytest
from client import connect, failure, message, rows
from dice import dice
from random_logs import ticket_log
from timestamps import pg_time

SHARES = (0.0, 0.001, 0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.999999, 1.0)


@pytest.fixture(scope="module")
def log(databases, template):
    """Edges of a few durations and of some hundreds, all of them exact."""
    with connect(databases.create(template)) as db:
        db.execute("CREATE TABLE ev (case_id int, activity text, at timestamptz, seq int)")
        with db.cursor().copy("COPY ev FROM STDIN") as copy:
            for event in ticket_log("percentiles", cases=400):
                copy.write_row((event.case, event.activity, pg_time(event.at), event.seq))
        db.execute("CREATE TABLE g AS SELECT dfg_agg(case_id, activity, at, seq) AS g FROM ev")
        yield db


PLAIN = """
    SELECT source, target, array_agg(us ORDER BY us) FROM (
        SELECT activity AS source, lead(activity) OVER w AS target,
               (extract(epoch FROM lead(at) OVER w - at) * 1000000)::bigint AS us
        FROM ev WINDOW w AS (PARTITION BY case_id ORDER BY at, seq)) s
    WHERE target IS NOT NULL GROUP BY 1, 2"""
FOUND = "SELECT source, target, share, (extract(epoch FROM duration) * 1000000)::bigint FROM g, dfg_percentiles(g, %s) ORDER BY 1, 2, 3"


def percentile(durations, share):
    """In microseconds, rounded half up."""
    place = (len(durations) - 1) * Fraction(str(share))
    low = int(place)
    exact = durations[low] + (place - low) * (durations[min(low + 1, len(durations) - 1)] - durations[low])
    return int(exact + Fraction(1, 2))


def test_any_share(log):
    edges = rows(log, PLAIN)
    assert len(edges) > 20 and max(len(durations) for *_, durations in edges) > 20
    wanted = {(source, target, share): percentile(durations, share) for source, target, durations in edges for share in SHARES}
    given = dice("shares").sample(SHARES, len(SHARES))
    assert {(source, target, share): us for source, target, share, us in rows(log, FOUND, (given,))} == wanted


def test_same_as_edges(log):
    """Where dfg_edges has them, too; of sketches as well."""
    log.execute("SET work_mem = '64MB'")
    many = "SELECT dfg_agg(trace('{A,B}'::text[], ARRAY['2023-01-01Z'::timestamptz, '2023-01-01Z'::timestamptz + n * n * interval '1 s'])) AS g FROM generate_series(1, 5000) n"
    for graph in ("SELECT g FROM g", many):
        edges = rows(log, f"SELECT source, target, unnest('{{0.5,0.9,0.95}}'::float8[]), unnest(ARRAY[median, p90, p95]) FROM ({graph}) s, dfg_edges(g)")
        assert rows(log, f"SELECT p.* FROM ({graph}) s, dfg_percentiles(g, '{{0.95,0.5,0.9}}') p") == edges


def test_order_and_repeats(log):
    one = "dfg_agg(trace('{A,B}'::text[], '{2023-01-01Z,2023-01-02Z}'::timestamptz[]))"
    query = f"SELECT source, target, share, duration FROM (SELECT {one} AS g) s, dfg_percentiles(g, %s)"
    assert rows(log, query, ([1.0, 0.5, 0.5],)) == [("A", "B", share, "1 day") for share in (0.5, 0.5, 1.0)]
    assert rows(log, query, ([],)) == [] == rows(log, query, (None,))
    assert rows(log, "SELECT * FROM dfg_percentiles(NULL, '{0.5}')") == []


BAD = {
    "'{-0.1}'": ("22003", "not -0.1"), "'{1.5}'": ("22003", "not 1.5"), "'{NaN}'": ("22003", "not NaN"), "'{Infinity}'": ("22003", "not Infinity"),
    "'{50}'": ("22003", "The median is 0.5"), "'{0.5,NULL}'": ("22004", "must not be null"), "'{{0.5},{0.9}}'": ("2202E", "one dimension"),
}


@pytest.mark.parametrize("shares", BAD)
def test_bad_shares(log, shares):
    error = failure(log, f"SELECT dfg_percentiles(g, {shares}) FROM g")
    assert error.sqlstate == BAD[shares][0] and BAD[shares][1] in message(error)
