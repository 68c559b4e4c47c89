"""A second oracle: the graph by window functions, count(DISTINCT) and percentile_cont in plain SQL."""

import pytest
from client import RAW, connect, load, longer, rows
from random_logs import KINDS, random_log, ticket_log

STEPS = """
CREATE TEMP TABLE step AS
SELECT log, case_id, activity AS source,
       lead(activity) OVER w AS target,
       (extract(epoch FROM lead(at) OVER w - at) * 1000000)::numeric AS us,
       row_number() OVER w = 1 AS first
FROM ev WHERE case_id IS NOT NULL AND activity IS NOT NULL AND at IS NOT NULL
WINDOW w AS (PARTITION BY log, case_id ORDER BY at, seq NULLS LAST, activity COLLATE "C")"""

EDGES = """
CREATE TEMP TABLE wanted AS
SELECT log, source, target, count(*) AS frequency, count(DISTINCT case_id) AS case_frequency,
       (SELECT max(n) FROM (SELECT count(*) AS n FROM step i
                            WHERE (i.log, i.source, i.target) = (s.log, s.source, s.target) GROUP BY i.case_id) c) AS max_per_case,
       sum(us) / 1000000 AS total_seconds, min(us) AS min, max(us) AS max, round(avg(us)) AS mean, round(stddev_samp(us)) AS stddev,
       percentile_cont(ARRAY[0.5, 0.9, 0.95]) WITHIN GROUP (ORDER BY us::float8) AS percentiles
FROM step s WHERE target IS NOT NULL GROUP BY log, source, target"""

FOUND = f"""
CREATE TEMP TABLE found AS
SELECT log, e.* FROM ({RAW.format('ev')}) x, dfg_edges(g) e"""

US = "extract(epoch FROM {}) * 1000000"

# A percentile may differ by a microsecond: percentile_cont works in floating point. Beyond 1000 durations it is a sketch.
DIFFERENCES = f"""
SELECT log, source, target, f, w
FROM found f FULL JOIN wanted w USING (log, source, target)
WHERE (f.frequency, f.case_frequency, f.max_per_case, f.total_seconds, {US.format('f.min')}, {US.format('f.max')}, {US.format('f.mean')})
      IS DISTINCT FROM (w.frequency, w.case_frequency, w.max_per_case, w.total_seconds, w.min, w.max, w.mean)
   OR ({US.format('f.stddev')}) IS DISTINCT FROM w.stddev
   OR {' OR '.join(
       f"abs({US.format('f.' + name)} - w.percentiles[{n}]) > 1 + CASE WHEN w.frequency > 1000 THEN 0.01 * w.percentiles[{n}] ELSE 0 END"
       for n, name in enumerate(("median", "p90", "p95"), 1))}"""

ACTIVITIES = """
SELECT log, activity, sum(n), count(*), max(n), sum(starts), sum(ends)
FROM (SELECT log, case_id, source AS activity, count(*) AS n, count(*) FILTER (WHERE first) AS starts,
             count(*) FILTER (WHERE target IS NULL) AS ends
      FROM step GROUP BY log, case_id, source) c
GROUP BY log, activity ORDER BY log, activity COLLATE "C" """

# Where times are all over the years, floating point loses microseconds: the other oracle sees to those kinds.
FLOAT_IS_EXACT = sorted(KINDS.keys() - {"before christ", "far future", "all of time", "magnitudes"})


@pytest.fixture(scope="module", params=[*FLOAT_IS_EXACT, "tickets"])
def steps(scratch, request):
    """A session with the events, the steps between them, and the graphs by plain SQL, in temporary tables."""
    logs = {0: ticket_log(seed=7, cases=longer(1000, 20000))}
    if request.param in KINDS:
        logs = {seed: random_log(request.param, seed) for seed in range(1000, 1000 + longer(6, 60))}
    with connect(scratch) as db:
        load(db, logs)
        for statement in (STEPS, "CREATE INDEX ON step (log, source, target)", EDGES):
            db.execute(statement)
        yield db


def test_edges(steps):
    steps.execute(FOUND)
    assert rows(steps, "SELECT count(*) > 0 FROM wanted") == [(True,)]
    assert rows(steps, DIFFERENCES + " LIMIT 3") == []


def test_activities(steps):
    found = rows(steps, f"SELECT log, a.* FROM ({RAW.format('ev')}) x, dfg_activities(g) a "
                        "ORDER BY log, activity COLLATE \"C\"")
    assert found == rows(steps, ACTIVITIES)


def test_cases_and_events(steps):
    found = rows(steps, f"SELECT log, dfg_cases(g), dfg_events(g) FROM ({RAW.format('ev')}) x WHERE g IS NOT NULL "
                        "ORDER BY log")
    assert found == rows(steps, "SELECT log, count(DISTINCT case_id), count(*) FROM step GROUP BY log ORDER BY log")
