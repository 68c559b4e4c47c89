"""Patterns against an oracle, and against Python's re, on random patterns and traces."""


import oracle
import pytest
from client import column, connect, explain, failure, force_parallel, longer, rows, value
from dice import dice
from oracle import Trace
from pattern_oracle import is_regular, matches, matches_by_re, pattern_text
from random_patterns import loose_pattern, random_case, random_pattern, random_patterns
from timestamps import HOUR, pg_time, utc

BATCH = 5000
PAIRS = longer(20_000, 500_000)

FOUND = """SELECT n, t::trace ~ p::trace_pattern, trace_match_count(t::trace, p::trace_pattern),
                  (SELECT coalesce(array_agg(ARRAY[first_event, last_event] ORDER BY match_no), '{}')
                   FROM trace_matches(t::trace, p::trace_pattern))
           FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY u(p, t, n) ORDER BY n"""


def check(db, pairs):
    """What the extension finds for each (pattern, trace) is what the oracle finds; gives how many match."""
    texts = [pattern_text(pattern) for pattern, _ in pairs], [oracle.trace_text(trace) for _, trace in pairs]
    matching = 0
    for (pattern, trace), (_, has_match, count, found) in zip(pairs, rows(db, FOUND, texts), strict=True):
        wanted = matches(pattern, trace)
        assert [tuple(pair) for pair in found] == wanted, (pattern_text(pattern), trace)
        assert (has_match, count) == (wanted != [], len(wanted)), (pattern_text(pattern), trace)
        if is_regular(pattern):
            assert matches_by_re(pattern, trace) == wanted, (pattern_text(pattern), trace)
        matching += has_match
    return matching


def random_pairs(seed, count, **options):
    """A new pattern for every fourth trace."""
    rng, pattern = dice(seed), None
    for number in range(count):
        if number % 4 == 0:
            pattern = random_pattern(rng, depth=rng.choice((1, 2, 3, 4)), **options)
        yield pattern, random_case(rng)


@pytest.mark.parametrize("bounds", (True, False))
def test_random(db, bounds):
    """Sequences, choices, repetitions, anchors, gaps, breaks, and time bounds."""
    matching = regular = 0
    pairs = list(random_pairs(f"pairs {bounds}", PAIRS // 2, bounds=bounds))
    for begin in range(0, len(pairs), BATCH):
        matching += check(db, pairs[begin : begin + BATCH])
        regular += sum(is_regular(pattern) for pattern, _ in pairs[begin : begin + BATCH])
    assert len(pairs) // 4 < matching < len(pairs)
    assert bounds or regular > len(pairs) // 2


def test_other_ways_to_write_a_pattern(db):
    """They give the same value, and it has one text."""
    rng = dice("loose")
    patterns = random_patterns("loose", longer(3000, 100_000))
    texts = list(map(pattern_text, patterns))
    assert column(db, "SELECT p::trace_pattern::text FROM unnest(%s::text[]) WITH ORDINALITY u(p, n) ORDER BY n", (texts,)) == texts
    loose = [loose_pattern(rng, pattern) for pattern in patterns]
    assert column(db, "SELECT p::trace_pattern::text FROM unnest(%s::text[]) WITH ORDINALITY u(p, n) ORDER BY n", (loose,)) == texts


def long_case(rng, size, labels="ABCD"):
    at, steps = utc(2020), []
    for _ in range(size):
        steps.append((rng.choice(labels), at))
        at += rng.choice((0, HOUR, HOUR, 3 * HOUR))
    return Trace(tuple(steps), frozenset(n for n in range(size) if rng.randrange(50) == 0))


@pytest.mark.parametrize("size", (4095, 4096, 4097, 8193, 20_000))
def test_traces_of_several_blocks(db, size):
    """The places of matches are found a block of events at a time; matches go across their borders."""
    rng = dice(f"blocks {size}")
    texts = ["A B", "A ~> B", "(A ~> D){>= 5 hours}", "(A .{0,9} D){< 6 hours}", "[^D]+", "(A | B C)* D", "(.{100}){> 4 days}", ". ~> $", "^ .+"]
    trace = oracle.trace_text(long_case(rng, size))
    for text in texts:
        found = rows(db, "SELECT first_event, last_event FROM trace_matches(%s, %s)", (trace, text))
        pieces = "SELECT trace_match_count(%s, %s)"
        assert value(db, pieces, (trace, text)) == len(found)
        assert all(first <= last for first, last in found)
        assert all(before[1] < after[0] for before, after in zip(found, found[1:]))
    check_against_steps(db, trace)


def check_against_steps(db, trace):
    """Matches of an edge are the steps with it, for an edge that cannot overlap itself."""
    found = rows(db, "SELECT from_at, to_at FROM trace_matches(%s, 'A B') ORDER BY match_no", (trace,))
    assert found == rows(db, "SELECT from_at, to_at FROM trace_steps(%s) WHERE source = 'A' AND target = 'B' ORDER BY step_no", (trace,))


def test_times_of_matches(db):
    """from_at and to_at are those of the first and last event."""
    rng = dice("times")
    for _ in range(200):
        trace = random_case(rng)
        found = rows(db, "SELECT first_event, last_event, from_at, to_at FROM trace_matches(%s, '. ~> [A B]')", (oracle.trace_text(trace),))
        assert [(row[2], row[3]) for row in found] == [(pg_time(trace.steps[first - 1][1]), pg_time(trace.steps[last - 1][1])) for first, last, *_ in found]


def test_durations_do_not_depend_on_settings(db):
    for style in ("postgres", "iso_8601", "sql_standard", "postgres_verbose"):
        db.execute(f"SET IntervalStyle = {style}")
        assert value(db, "SELECT '(A ~> B){< 1 week 90 minutes 0.25 seconds}'::trace_pattern::text") == "(A ~> B){< 7 days 1 hour 30 minutes 0.25 seconds}"


AGES = "{A,B} 1@4714-11-24T00:00:00ZBC 2@294276-12-31T23:59:59.999999Z"


@pytest.mark.parametrize("bound, fits", (("< 36525000 days", False), ("<= 36525000 days", False), ("> 36525000 days", True), (">= 36525000 days", True), ("< 0 days", False)))
def test_bounds_at_the_ends_of_time(db, bound, fits):
    """The longest bound and the longest trace: no overflow."""
    assert value(db, f"SELECT '{AGES}'::trace ~ '(A B){{{bound}}}'") is fits
    assert value(db, f"SELECT trace_match_count('{AGES}', '(A B){{{bound}}}')") == fits


def test_answered_again_by_a_pattern(db):
    """The headline of reopenings, another way: an answer, later something that is neither done nor a note, later an answer."""
    labels = ["Ny", "Løst m. mail", "Løst", "Lukket", "Genåbnet", "Notat"]
    rng = dice("answered again")
    texts = [oracle.trace_text(random_case(rng, labels)) for _ in range(longer(3000, 100_000))]
    db.execute("CREATE TEMP TABLE desk AS SELECT t::trace FROM unnest(%s::text[]) t", (texts,))
    by_reopenings = """SELECT t FROM desk WHERE 'answered_again' = ANY (ARRAY(
                           SELECT outcome FROM trace_reopenings(t, '{Løst,"Løst m. mail",Lukket}', '{"Løst m. mail"}', '{Notat}')))"""
    by_pattern = """SELECT t FROM desk WHERE t ~ '"Løst m. mail" ~> [^Løst "Løst m. mail" Lukket Notat] ~> "Løst m. mail"'"""
    assert value(db, f"SELECT count(*) FROM ({by_pattern}) x") > 100
    assert rows(db, f"({by_reopenings} EXCEPT ALL {by_pattern}) UNION ALL ({by_pattern} EXCEPT ALL {by_reopenings})") == []


SECONDS = """
CREATE FUNCTION pg_temp.seconds(t trace, p trace_pattern) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE begun timestamptz; least float8 := 'infinity';
BEGIN
    FOR run IN 1..5 LOOP
        begun := clock_timestamp();
        PERFORM t ~ p, trace_match_count(t, p);
        least := least(least, extract(epoch FROM clock_timestamp() - begun));
    END LOOP;
    RETURN least;
END $$"""

EXPLOSIVE = (
    "(A*)*", "(A*)* B", "(A | A)* B", "(A+)+ B", "((A*)*)*", "(A?){20} A{20} B", ".* .* .* B", "A ~> A ~> A ~> B", "(A | A .* B)", "(A ~> A){> 1 hour} B",
    "(A? | A A)* B", "^ (A | A A)* $", "(A ~> B){< 1 day} | A",
)  # fmt: skip


@pytest.fixture(scope="module")
def of_one_activity(scratch):
    """A hundred thousand times the same."""
    with connect(scratch) as db:
        db.execute("CREATE UNLOGGED TABLE same AS SELECT trace_agg('A', '2020-01-01Z'::timestamptz + n * interval '1 minute') AS t FROM generate_series(1, 100000) n")
        yield
        db.execute("DROP TABLE same")


@pytest.mark.parametrize("pattern", EXPLOSIVE)
def test_patterns_that_explode_elsewhere(db, of_one_activity, pattern):
    """They take some passes over the trace: beside those of the simplest pattern neither powers nor squares of a hundred thousand events."""
    db.execute(SECONDS)
    db.execute("SET statement_timeout = '60s'")
    ratio = value(db, "SELECT pg_temp.seconds(t, %s) / pg_temp.seconds(t, 'B ~> B') FROM same", (pattern,))
    assert ratio < 50


@pytest.mark.parametrize("dictionary", (b"\x02\x05A", b"\x03\x01AB", b"\x02\xffA"))
def test_damaged_labels(db, dictionary):
    """Labels that do not fill the dictionary."""
    db.execute("CREATE FUNCTION pg_temp.forged(bytea) RETURNS trace LANGUAGE internal IMMUTABLE STRICT AS 'byteasend'")
    data = b"\x01" + bytes(9) + b"\x01\x01" + dictionary + b"\x00"
    for call in ("pg_temp.forged(%s) ~ 'A'", "trace_match_count(pg_temp.forged(%s), 'A')", "trace_matches(pg_temp.forged(%s), 'A')", "pg_temp.forged(%s) @> '{A}'", "trace_existence(pg_temp.forged(%s), 'A')"):
        assert failure(db, f"SELECT {call}", (data,)).sqlstate == "XX001"


def test_a_pattern_that_changes_under_a_call(db):
    """A variable of PL/pgSQL looks constant to the call, and is not; nor are the labels of the traces."""
    db.execute("""CREATE FUNCTION pg_temp.changing() RETURNS text LANGUAGE plpgsql AS $$
                  DECLARE p trace_pattern; t trace; found text := '';
                  BEGIN
                      FOR n IN 1..60 LOOP
                          p := (ARRAY['A', 'B', '[^A]', 'A B'])[1 + n % 4];
                          t := trace(ARRAY[(ARRAY['A', 'B', 'C'])[1 + n % 3]] || ARRAY(SELECT 'x' || i FROM generate_series(1, n % 20) i),
                                     ARRAY(SELECT '2023-01-01Z'::timestamptz FROM generate_series(0, n % 20)));
                          IF (t ~ p) <> (trace_match_count(t, p) > 0) OR (t ~ p) IS DISTINCT FROM (t ~ p::text::trace_pattern) THEN
                              found := found || n || ' ';
                          END IF;
                      END LOOP;
                      RETURN found;
                  END $$""")
    assert value(db, "SELECT pg_temp.changing()") == ""


def test_parallel_workers(db):
    """They match as one process does."""
    db.execute("CREATE UNLOGGED TABLE parallel_cases AS SELECT trace(ARRAY['A', CASE WHEN n %% 3 = 0 THEN 'B' ELSE 'C' END], ARRAY['2023-01-01Z', '2023-01-02Z']::timestamptz[]) AS t "
               "FROM generate_series(1, 20000) n".replace("%%", "%"))
    force_parallel(db)
    query = "SELECT count(*) FROM parallel_cases WHERE t ~ '(A B){<= 1 day}'"
    assert "Parallel Seq Scan" in explain(db, query)
    assert value(db, query) == 6666
    db.execute("DROP TABLE parallel_cases")
