"""The GIN index of traces: it finds what a scan finds, and the planner takes it for what is rare."""


import oracle
import pytest
from client import column, connect, explain, failure, longer, rows, value
from dice import dice
from pattern_oracle import pattern_text
from random_patterns import random_case, random_pattern

TRACES = 3000
WORDS = ["A", "B", "C", "D", "E", "F", "G", "H"]


@pytest.fixture(scope="module")
def many_traces():
    rng = dice("index")
    return [oracle.trace_text(random_case(rng, rng.sample(WORDS, rng.randint(1, 5)))) for _ in range(TRACES)]


@pytest.fixture
def indexed(db, many_traces):
    """A table of traces with an index on them."""
    db.execute("CREATE TEMP TABLE cases AS SELECT n AS case_id, t::trace AS trace FROM unnest(%s::text[]) WITH ORDINALITY u(t, n)", (many_traces,))
    db.execute("CREATE INDEX cases_trace ON cases USING gin (trace)")
    db.execute("ANALYZE cases")
    return db


def ways(db, query, params):
    """The rows of a query by a scan, and by the index."""
    found = []
    for scan, index in (("on", "off"), ("off", "on")):
        db.execute(f"SET enable_seqscan = {scan}")
        db.execute(f"SET enable_bitmapscan = {index}")
        found.append(rows(db, query, params))
    db.execute("RESET enable_seqscan")
    db.execute("RESET enable_bitmapscan")
    return found


def uses_index(db, query):
    return "Bitmap Index Scan" in explain(db, query)


BY_PATTERN = """SELECT p, (SELECT array_agg(case_id ORDER BY case_id) FROM cases WHERE trace ~ p::trace_pattern)
                FROM unnest(%s::text[]) p"""


def test_random_patterns(indexed):
    """Never a case too few or too many."""
    rng = dice("patterns for the index")
    texts = [pattern_text(random_pattern(rng, labels=rng.sample(WORDS, 4), depth=rng.choice((1, 2, 3)))) for _ in range(longer(400, 4000))]
    indexed.execute("SET enable_seqscan = off")
    assert uses_index(indexed, "SELECT 1 FROM unnest('{A}'::text[]) p, LATERAL (SELECT 1 FROM cases WHERE trace ~ p::trace_pattern) x")
    by_scan, by_index = ways(indexed, BY_PATTERN, (texts,))
    assert by_scan == by_index
    assert sum(found is not None and len(found) < TRACES for _, found in by_scan) > len(texts) // 2


def test_random_sets_of_activities(indexed, many_traces):
    rng = dice("sets")
    sets = ["{" + ",".join(rng.choices([*WORDS, "nowhere"], weights=[4] * 8 + [1], k=rng.choice((0, 1, 2, 3)))) + "}" for _ in range(200)]
    query = """SELECT a, (SELECT count(*) FROM cases WHERE trace @> a::text[]) FROM unnest(%s::text[]) a"""
    by_scan, by_index = ways(indexed, query, (sets,))
    assert by_scan == by_index
    activities = column(indexed, "SELECT trace_activities(trace) FROM cases")
    wanted = [(text, sum(set(filter(None, text[1:-1].split(","))) <= set(case) for case in activities)) for text in sets]
    assert by_scan == wanted


@pytest.mark.parametrize("pattern", ("A B", "A -> B -> C", "A ~> B", "(A | B) C", "[A B] C+", "^ A $", "(A B){< 1 day}", "A{3}", "A (B | C)? D"))
def test_only_candidates_are_looked_at(indexed, pattern):
    """The index leaves out those without an edge or an activity that the pattern needs."""
    indexed.execute("SET enable_seqscan = off")
    lines = explain(indexed, f"SELECT 1 FROM cases WHERE trace ~ '{pattern}'", "ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF")
    found = int(lines.split("Bitmap Index Scan")[1].split("rows=")[1].split()[0])
    assert value(indexed, "SELECT count(*) FROM cases WHERE trace ~ %s", (pattern,)) <= found < TRACES // 2, lines


EVERYWHERE = (".", "A*", "[^A]", "A | .", ". ~> .", ". .")
NOWHERE = ("A ^ B", "$ A", "(A){> 1 day} ^ B")


@pytest.mark.parametrize("pattern", EVERYWHERE + NOWHERE)
def test_patterns_without_keys(indexed, pattern):
    """What may be anywhere is looked for everywhere; what cannot be, nowhere."""
    by_scan, by_index = ways(indexed, f"SELECT case_id FROM cases WHERE trace ~ '{pattern}' ORDER BY 1", None)
    assert by_scan == by_index
    assert (by_scan == []) is (pattern in NOWHERE)


def test_plans(own_db):
    """The index for what is rare, a scan for what is common, by estimates of the right size."""
    db = own_db
    db.execute("""CREATE TABLE cases AS SELECT n AS case_id,
                         trace(CASE WHEN n % 2000 = 0 THEN '{New,Rare,Closed}'::text[] ELSE '{New,Open,Closed}' END,
                               ARRAY['2023-01-01Z', '2023-01-02Z', '2023-01-03Z']::timestamptz[]) AS trace
                  FROM generate_series(1, 40000) n""")
    db.execute("CREATE INDEX ON cases USING gin (trace)")
    db.execute("ANALYZE cases")
    for rare in ("trace ~ 'New -> Rare'", "trace @> '{Rare}'", "trace ~ 'Rare ~> Closed'", "trace ~ 'Rare' AND case_id > 0"):
        assert uses_index(db, f"SELECT * FROM cases WHERE {rare}"), rare
        assert value(db, f"SELECT count(*) FROM cases WHERE {rare}") == 20
    for common in ("trace ~ 'New -> Open'", "trace @> '{New,Closed}'", "trace ~ '.'"):
        assert not uses_index(db, f"SELECT * FROM cases WHERE {common}"), common
        estimate = int(explain(db, f"SELECT * FROM cases WHERE {common}", "COSTS ON").split("rows=")[1].split()[0])
        assert 30_000 < estimate <= 40_000


def test_a_pattern_that_comes_at_run_time(indexed):
    """From another table, and as a parameter."""
    indexed.execute("CREATE TEMP TABLE wanted (p trace_pattern)")
    indexed.execute("INSERT INTO wanted VALUES ('A B'), ('B ~> A'), (NULL)")
    by_scan, by_index = ways(indexed, "SELECT p::text, case_id FROM wanted, cases WHERE trace ~ p ORDER BY 1, 2", None)
    assert by_scan == by_index != []


def test_inserts_updates_deletes_and_vacuum(indexed):
    """Through the list of pending entries and behind it."""
    def counts():
        by_scan, by_index = ways(indexed, "SELECT count(*), min(case_id), max(case_id) FROM cases WHERE trace ~ 'X -> Y'", None)
        assert by_scan == by_index
        return by_scan[0][0]

    new = "trace('{X,Y}', '{2023-01-01Z,2023-01-02Z}'::timestamptz[])"
    assert counts() == 0
    indexed.execute(f"INSERT INTO cases SELECT -n, {new} FROM generate_series(1, 500) n")
    assert counts() == 500
    indexed.execute("VACUUM cases")
    assert counts() == 500
    indexed.execute(f"UPDATE cases SET trace = {new} WHERE case_id BETWEEN 1 AND 100")
    indexed.execute("UPDATE cases SET trace = trace_drop(trace, '{X}') WHERE case_id < -400")
    assert counts() == 500
    indexed.execute("DELETE FROM cases WHERE case_id < 0")
    indexed.execute("VACUUM cases")
    assert counts() == 100
    indexed.execute("UPDATE cases SET trace = NULL WHERE case_id <= 50")
    assert counts() == 50
    indexed.execute("REINDEX INDEX cases_trace")
    assert counts() == 50


def test_what_a_session_sees(own_db):
    """Through the index the same as without: its own rows, and those that others have committed."""
    own_db.execute("CREATE TABLE cases AS SELECT trace('{A,B}', '{2023-01-01Z,2023-01-02Z}'::timestamptz[]) AS trace FROM generate_series(1, 100)")
    own_db.execute("CREATE INDEX ON cases USING gin (trace)")
    query = "SELECT count(*) FROM cases WHERE trace ~ 'A B'"
    with connect(own_db.info.dbname) as other:
        for db in (own_db, other):
            db.execute("SET enable_seqscan = off")
        own_db.execute("BEGIN")
        own_db.execute("INSERT INTO cases SELECT * FROM cases")
        assert (value(own_db, query), value(other, query)) == (200, 100)
        own_db.execute("ROLLBACK")
        assert (value(own_db, query), value(other, query)) == (100, 100)
        other.execute("BEGIN")
        other.execute("DELETE FROM cases WHERE ctid = ANY (ARRAY(SELECT ctid FROM cases LIMIT 30))")
        own_db.execute("INSERT INTO cases SELECT * FROM cases LIMIT 5")
        assert (value(own_db, query), value(other, query)) == (105, 75)
        other.execute("COMMIT")
        own_db.execute("VACUUM cases")
        assert (value(own_db, query), value(other, query)) == (75, 75)


def test_breaks_make_no_pair(db):
    """A pair across a break is not indexed, and its activities are."""
    db.execute("CREATE TEMP TABLE cases AS SELECT '{A,B} 1@2023-01-01T00:00:00Z | 2@2023-01-02T00:00:00Z'::trace AS trace")
    db.execute("CREATE INDEX ON cases USING gin (trace)")
    db.execute("SET enable_seqscan = off")
    assert [value(db, "SELECT count(*) FROM cases WHERE trace ~ %s", (p,)) for p in ("A B", "A ~> B", "A", "B")] == [0, 1, 1, 1]
    assert value(db, "SELECT count(*) FROM cases WHERE trace @> '{B,A}'") == 1


def test_many_keys(indexed):
    """More keys than are asked for: nothing is lost."""
    labels = " ".join(f"x{n}" for n in range(300))
    for pattern in (f"[A {labels}] [B {labels}]", f"[A {labels}]", "(A? B? C? D?){100}", f"(A | {labels.replace(' ', ' | ')}) B", "([A B C D] [A B C D]){100} | A B"):
        by_scan, by_index = ways(indexed, "SELECT case_id FROM cases WHERE trace ~ %s ORDER BY 1", (pattern,))
        assert by_scan == by_index != [], pattern


def test_null_among_activities(indexed):
    """An error that says so, by either way."""
    for scan in ("on", "off"):
        indexed.execute(f"SET enable_seqscan = {scan}")
        assert failure(indexed, "SELECT * FROM cases WHERE trace @> '{A,NULL}'").sqlstate == "22004"


def test_rights(own_db, role):
    """Those of the table: the index shows no row that its policies hide, and none to who may not read."""
    own_db.execute("CREATE TABLE cases AS SELECT n AS case_id, trace('{A}', '{2023-01-01Z}'::timestamptz[]) AS trace FROM generate_series(1, 10) n")
    own_db.execute("CREATE INDEX ON cases USING gin (trace)")
    own_db.execute("ALTER TABLE cases ENABLE ROW LEVEL SECURITY")
    own_db.execute("CREATE POLICY odd ON cases USING (case_id % 2 = 1)")
    own_db.execute("SET enable_seqscan = off")
    query = "SELECT count(*) FROM cases WHERE trace ~ 'A'"
    own_db.execute(f"GRANT USAGE ON SCHEMA ticket_mining TO {role}")
    own_db.execute(f"SET ROLE {role}")
    assert failure(own_db, query).sqlstate == "42501"
    own_db.execute("RESET ROLE")
    own_db.execute(f"GRANT SELECT ON cases TO {role}")
    own_db.execute(f"SET ROLE {role}")
    assert value(own_db, query) == 5
    own_db.execute("RESET ROLE")
    own_db.execute(f"DROP OWNED BY {role}")
