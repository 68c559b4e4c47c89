"""A chain of five mixed steps in all 120 orders is the same steps done by plain SQL on the table of the events."""

import json
from itertools import permutations

import pytest
from client import load, rows
from dice import dice
from timestamps import HOUR, utc

CASES = 200
ACTIVITIES = ["Ny", "Tildelt", "Note", "Intern", "Løst", "Genåbnet", "Lukket"]

# A masked event stays in the table, hidden: it stands between its neighbours. A case without a row to be seen is out.
BEGIN = """
    CREATE TEMP TABLE was AS
    SELECT case_id, row_number() OVER (PARTITION BY case_id ORDER BY at, seq, activity COLLATE "C") AS n, activity, at, false AS hidden FROM ev;
    CREATE TEMP TABLE now (LIKE was);
    CREATE INDEX ON now (case_id, n);
    CREATE TEMP VIEW seen AS SELECT * FROM now WHERE NOT hidden;
"""
OUT = "DELETE FROM now WHERE case_id NOT IN (SELECT case_id FROM seen)"

# What lies before the first row that is kept goes, unless there is nothing to be seen of it; and so behind the last.
CUT = """
    DELETE FROM now USING (SELECT case_id, first, last, EXISTS (SELECT FROM seen s WHERE s.case_id = p.case_id AND s.n < first) AS cuts_begin,
                                  EXISTS (SELECT FROM seen s WHERE s.case_id = p.case_id AND s.n > last) AS cuts_end FROM ({}) p) p
    WHERE now.case_id = p.case_id AND (p.first IS NULL OR p.last IS NULL OR p.last < p.first OR cuts_begin AND n < first OR cuts_end AND n > last)
"""

# Each step of a chain, and the statement that does the same.
STEPS = {
    "drop": ({"drop_events": ["Note"]}, "DELETE FROM now WHERE NOT hidden AND activity = 'Note'"),
    "keep": ({"keep_events": ["Ny", "Tildelt", "Løst", "Genåbnet", "Lukket", "Intern"]},
             "DELETE FROM now WHERE NOT hidden AND activity NOT IN ('Ny', 'Tildelt', 'Løst', 'Genåbnet', 'Lukket', 'Intern')"),
    "mask": ({"mask_events": ["Intern"]}, "UPDATE now SET hidden = true WHERE activity = 'Intern'"),
    "crop": ({"crop_events": {"from": ["Tildelt"], "to": ["Løst", "Lukket"]}}, CUT.format(
        "SELECT c.case_id, f.first, (SELECT max(n) FROM seen s WHERE s.case_id = c.case_id AND activity IN ('Løst', 'Lukket') AND n >= f.first) AS last "
        "FROM (SELECT DISTINCT case_id FROM seen) c, LATERAL (SELECT min(n) AS first FROM seen s WHERE s.case_id = c.case_id AND activity = 'Tildelt') f")),
    "between": ({"crop_between": {"from_at": "2023-01-02T00:00:00Z", "to_at": "2023-01-09T00:00:00Z"}}, CUT.format(
        "SELECT case_id, min(n) FILTER (WHERE at >= '2023-01-02Z' AND at < '2023-01-09Z') AS first, "
        "max(n) FILTER (WHERE at >= '2023-01-02Z' AND at < '2023-01-09Z') AS last FROM seen GROUP BY case_id")),
    "pattern": ({"keep_cases": {"matches": "Løst ~> Genåbnet"}},
                "DELETE FROM now WHERE case_id NOT IN (SELECT a.case_id FROM seen a JOIN seen b USING (case_id) "
                "WHERE a.n < b.n AND a.activity = 'Løst' AND b.activity = 'Genåbnet')"),
    "duration": ({"keep_cases": {"duration_over": "P2D"}},
                 "DELETE FROM now WHERE case_id IN (SELECT case_id FROM seen GROUP BY case_id HAVING max(at) - min(at) <= '2 days')"),
    "edge": ({"drop_cases": {"edge": {"source": "Tildelt", "target": "Løst", "under": "PT12H"}}},
             "DELETE FROM now WHERE case_id IN (SELECT case_id FROM (SELECT *, lead(activity) OVER w AS next_activity, lead(hidden) OVER w AS next_hidden, "
             "lead(at) OVER w AS next_at FROM now WINDOW w AS (PARTITION BY case_id ORDER BY n)) s "
             "WHERE NOT hidden AND activity = 'Tildelt' AND next_activity = 'Løst' AND NOT next_hidden AND next_at - at < '12 hours')"),
    "start": ({"keep_cases": {"starts_with": ["Ny", "Tildelt"], "length_at_least": 2}},
              "DELETE FROM now WHERE case_id NOT IN (SELECT DISTINCT case_id FROM now n WHERE activity IN ('Ny', 'Tildelt') AND NOT hidden "
              "AND NOT EXISTS (SELECT FROM now b WHERE b.case_id = n.case_id AND b.n < n.n) "
              "AND (SELECT count(*) FROM seen s WHERE s.case_id = n.case_id) >= 2)"),
}  # fmt: skip

MIXES = (("drop", "mask", "crop", "pattern", "duration"), ("keep", "mask", "between", "edge", "start"))


def events():
    """Cases of three to twelve events over two weeks, with ties that seq decides."""
    rng = dice("orders")
    for case in range(CASES):
        times = sorted(utc(2023) + rng.choice((0, 5, 5, 30, 100, 250)) * HOUR + rng.randrange(3) * HOUR for _ in range(rng.randint(3, 12)))
        for seq, at in enumerate(times):
            yield case, rng.choice(ACTIVITIES), at, seq


@pytest.fixture
def log(own_db):
    load(own_db, {1: list(events())})
    own_db.execute(BEGIN)
    own_db.execute("CREATE TEMP TABLE traces AS SELECT case_id, trace_agg(activity, at, seq) AS t FROM ev GROUP BY case_id; ANALYZE")
    return own_db


# The rows to be seen; a break before an event is told by its number, and one behind the last by one more.
LEFT = """SELECT case_id, array_agg(activity ORDER BY n) FILTER (WHERE NOT hidden), array_agg(at::text ORDER BY n) FILTER (WHERE NOT hidden),
                 array_remove(array_agg(DISTINCT CASE WHEN hidden THEN before + 1 END), NULL)
          FROM (SELECT *, count(*) FILTER (WHERE NOT hidden) OVER (PARTITION BY case_id ORDER BY n)::integer AS before FROM now) n GROUP BY case_id ORDER BY case_id"""
FILTERED = """SELECT case_id, trace_activities(f), array(SELECT at::text FROM trace_events(f) ORDER BY event_no), trace_breaks(f)
              FROM (SELECT case_id, trace_filter(t, %s::jsonb) AS f FROM traces OFFSET 0) t WHERE f IS NOT NULL ORDER BY case_id"""


def by_sql(db, order):
    """The events and breaks that the statements leave, a row a case."""
    db.execute("TRUNCATE now; INSERT INTO now SELECT * FROM was")
    for name in order:
        db.execute(STEPS[name][1])
        db.execute(OUT)
    return rows(db, LEFT)


@pytest.mark.parametrize("mix", MIXES, ids=" ".join)
def test_all_orders(log, mix):
    found = {}
    for order in permutations(mix):
        chain = json.dumps([STEPS[name][0] for name in order])
        found[order] = rows(log, FILTERED, (chain,))
        assert found[order] == by_sql(log, order), order
    results = {str(result) for result in found.values()}
    assert len(found) == 120 and len(results) > 1 and all(0 < len(result) < CASES for result in found.values())
