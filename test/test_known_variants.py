"""Graphs of many cases that share few variants, which a graph remembers: the same as case by case; and damage behind a known variant."""


import oracle
import pytest
from client import failure, value
from dice import dice
from oracle import Trace
from random_logs import DANISH, ODD
from timestamps import DAY, MINUTE, utc

CASES = 1500


def random_variants(rng, count):
    labels = rng.choice((DANISH, ODD[:40], ["A"], ["A", "B"]))
    return [[rng.choice(labels) for _ in range(rng.choice((1, 1, 2, 3, 6, 12, 40)))] for _ in range(count)]


def frequent_traces(seed):
    """Some variants that come again and again, some once; now and then with breaks, ties and other units of time."""
    rng, traces = dice(seed), []
    few, once = random_variants(rng, rng.choice((1, 3, 20))), random_variants(rng, 300)
    for _ in range(CASES):
        variant = rng.choice(few) if rng.randrange(10) else rng.choice(once)
        at, steps, unit = utc(2021) + rng.randrange(1000) * DAY, [], rng.choice((1, 1000, MINUTE))
        for name in variant:
            steps.append((name, at))
            at += unit * rng.choice((0, 1, rng.randrange(100_000)))
        breaks = {rng.randrange(len(steps) + 1)} if rng.randrange(20) == 0 else set()
        traces.append(Trace(tuple(steps), frozenset(breaks)))
    return traces


def fill(db, traces):
    db.execute("CREATE TEMP TABLE frequent (n int, t trace) ON COMMIT DROP")
    with db.cursor().copy("COPY frequent FROM STDIN") as copy:
        for n, trace in enumerate(traces):
            copy.write_row((n, oracle.trace_text(trace)))


@pytest.mark.parametrize("seed", range(12))
def test_graph(db, seed):
    traces = frequent_traces(seed)
    with db.transaction():
        fill(db, traces)
        assert value(db, "SELECT dfg_agg(t)::text FROM frequent") == oracle.graph_text(oracle.graph(traces))


@pytest.mark.parametrize("seed", range(4))
def test_calendar(db, seed):
    """In business time, where a graph of one case knows no variant."""
    calendar = "Europe/Copenhagen; Mo-Th 08:00-15:30; Fr 08:00-14:00; PH(DK) off"
    with db.transaction():
        fill(db, frequent_traces(seed))
        assert value(
            db,
            """SELECT dfg_agg(t, %(calendar)s)::text = (SELECT dfg_union_agg(g)::text
                   FROM (SELECT dfg_agg(t, %(calendar)s) AS g FROM frequent GROUP BY n) cases) FROM frequent""",
            {"calendar": calendar},
        )


def test_read_again_and_again(db):
    """A graph that is read while it grows counts each case once."""
    traces = frequent_traces(99)[:400]
    with db.transaction():
        fill(db, traces)
        found = db.execute("SELECT n, (dfg_agg(t) OVER (ORDER BY n))::text FROM frequent ORDER BY n").fetchall()
    for n, text in found[:: len(found) // 20]:
        assert text == oracle.graph_text(oracle.graph(traces[: n + 1]))


def test_damaged_deltas_of_a_known_variant(own_db):
    """The bytes of a known variant need no second check, those behind them do: here a time beyond the last that there is."""
    db = own_db
    db.execute("CREATE FUNCTION forged(bytea) RETURNS trace LANGUAGE internal IMMUTABLE STRICT AS 'byteasend'")
    db.execute("CREATE FUNCTION bytes_of(trace) RETURNS bytea LANGUAGE internal IMMUTABLE STRICT AS 'byteasend'")
    db.execute("CREATE TABLE known AS SELECT '{A,B} 1@2023-01-01T00:00:00Z 2@2023-01-01T00:00:00.1Z'::trace AS t FROM generate_series(1, 100)")
    assert value(db, "SELECT dfg_cases(dfg_agg(t)) FROM known") == 100
    good = value(db, "SELECT bytes_of(t) FROM known LIMIT 1")
    wide = good[:1] + bytes([good[1] & 0xF0 | 8]) + good[2:-1] + b"\xff" * 8
    for bad, message in ((wide, "time of an event is out of range"), (good[:-1] + b"\x00", "deltas are wider than needed"), (good[:-1], "value has")):
        error = failure(db, "SELECT dfg_agg(t) FROM (SELECT t FROM known UNION ALL SELECT forged(%s)) x", (bad,))
        assert error.sqlstate == "XX001" and message in str(error), str(error)
