"""An aggregate keeps labels once for the query, up to a number and a length: cases with others give the same traces."""


import pytest
from client import explain, force_parallel, rows, value
from dice import dice

# More labels than a query shares, and some that are longer.
LABELS = [f"step {n}" for n in range(6000)] + ["x" * 128, "x" * 129, "x" * 4096, "", "æ" * 64, "æ" * 65]


def fill(db, seed, cases):
    """Cases from a few labels and from all; some events have a seq, in any order of rows."""
    rng = dice(seed)
    db.execute("CREATE TEMP TABLE event (c int, a text, at timestamptz, seq bigint)")
    with db.cursor().copy("COPY event FROM STDIN") as copy:
        for case in range(cases):
            labels = rng.sample(LABELS, rng.choice((1, 3, 40)))
            for minute in range(rng.choice((1, 2, 11, 12, 13, 40))):
                seq = rng.randrange(-5, 5) if case % 3 == 0 and rng.randrange(2) else None
                copy.write_row((case, rng.choice(labels), f"2023-01-01T00:{rng.choice((minute, 59 - minute)):02}:00Z", seq))


# What the aggregate is compared with takes its labels from arrays.
SAME = """SELECT count(*), count(*) FILTER (WHERE t = e) FROM (SELECT c, trace_agg(a, at, seq) AS t FROM event GROUP BY c) x
    JOIN (SELECT c, trace(array_agg(a ORDER BY at, seq NULLS LAST, a COLLATE "C"), array_agg(at ORDER BY at, seq NULLS LAST, a COLLATE "C")) AS e
          FROM event GROUP BY c) y USING (c)"""


@pytest.mark.parametrize("seed", range(3))
def test_more_labels_than_are_shared(db, seed):
    fill(db, seed, 2500)
    assert value(db, "SELECT count(DISTINCT a) FROM event") > 4096
    assert rows(db, SAME) == [(2500, 2500)]


def test_states_of_both_kinds_together(own_db):
    """Partial states of parallel workers, each with labels that it shares and some that it does not."""
    own_db.execute("CREATE TABLE many AS SELECT n % 50 AS c, 'step ' || n * 7 % 6000 AS a, to_timestamp(n) AS at FROM generate_series(1, 30000) n")
    own_db.execute("ANALYZE many")
    query = "SELECT c, trace_agg(a, at)::text FROM many GROUP BY c ORDER BY c"
    serial = rows(own_db, query)
    force_parallel(own_db)
    assert "Partial" in explain(own_db, query)
    assert rows(own_db, query) == serial
