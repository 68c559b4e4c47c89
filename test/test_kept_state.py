"""What functions keep from call to call: over errors that are caught, rolled back savepoints, interleaved cursors and calls within calls it stays right."""


import psycopg
import pytest
from client import failure, rows, value
from dice import dice

TRACE = "'{A,B,C} 1@2023-01-02T08:00:00Z 2@2023-01-03T09:00:00Z 1@2023-01-05T10:00:00Z 3@2023-01-09T10:00:00Z'::trace"

# An expression over x text, and values of x that alternate: good ones, and ones that fail while something is made to be kept.
KEPT = {
    "business_duration": ("business_duration(split_part(x, '|', 1)::business_calendar, split_part(x, '|', 2)::timestamptz, '2023-05-01Z')",
                          ("UTC; Mo-Fr 08:00-16:00|2022-01-01Z", "UTC; Mo-Fr 08:00-16:00|1899-01-01Z", "UTC; Mo-Fr 08:00-16:00; PH(DK) off|1995-01-01Z",
                           "UTC; Mo-Fr 08:00-16:00; PH(DK) off|1980-01-01Z", "UTC; 24/7|1901-01-01Z", "UTC; Xx 08:00|2022-01-01Z")),
    "business_add": ("business_add(split_part(x, '|', 1)::business_calendar, '2023-05-01Z', split_part(x, '|', 2)::interval)",
                     ("UTC; Mo-Fr 08:00-16:00|9 hours", "UTC; Mo off|9 hours", "UTC; Mo-Fr 08:00-16:00|900000000 hours", "UTC; 2023 May 02 08:00-09:00|9 hours",
                      "UTC; 2023 May 02 08:00-09:00|1 hour", "UTC; Mo-Fr 08:00-16:00|-9 hours")),
    "business_is_open": ("business_is_open('UTC; Mo-Fr 08:00-16:00', x::timestamptz)", ("2023-05-01 09:00Z", "1800-01-01Z", "2023-05-01 19:00Z", "infinity")),
    "a pattern": (f"trace_match_count({TRACE}, x::trace_pattern)", ("A", "A (", "A|B", "(.?){500}", "((.?){99}){99}", "B ~> C")),
    "a pattern, other traces": ("trace_match_count(x::trace, 'A ~> B')", ("{A,B} 1@2023-01-01T00:00:00Z 2@2023-01-02T00:00:00Z", "{A", "{B} 1@2023-01-01T00:00:00Z",
                                "{" + ",".join(f"L{n}" for n in range(300)) + ",A,B} 301@2023-01-01T00:00:00Z 302@2023-01-02T00:00:00Z " + " ".join(f"{n + 1}@2023-01-03T00:00:00Z" for n in range(300)))),
    "trace_filter": (f"trace_filter({TRACE}, x::jsonb)", ('[{"keep_events": ["A"]}]', '[{"keep_evnts": ["A"]}]', '[{"keep_cases": {"attribute": {"priority": [1]}}}]', '[{"drop_events": ["A"]}]',
                     '[{"crop_events_match": "A ("}]', '[{"keep_cases": {"matches": "A ~> C"}}]', "{}")),
    "trace_filter of attributes": (f"trace_filter({TRACE}, '[{{\"keep_cases\": {{\"attribute\": {{\"priority\": [1]}}}}}}]', x::jsonb)", ('{"priority": 1}', "{}", '{"priority": 2}', "1")),
    "trace_reopen_count": (f"trace_reopen_count({TRACE}, x::text[], '{{C}}')", ("{B}", "{C}", "{A,B}", "{NULL}", "{}")),
    "trace_repeat_count": (f"trace_repeat_count({TRACE}, x::text[], '{{B}}')", ("{B}", "{A}", "{A,B}", "{NULL}", "{B,C}")),
    "trace_time_in": (f"trace_time_in({TRACE}, '{{A}}', '2023-02-01Z', x::business_calendar)", ("UTC; 24/7", "UTC; Mo off", "UTC; Mo-Fr 08:00-16:00", "nowhere; 24/7")),
}  # fmt: skip


@pytest.fixture
def each(db):
    """A function that evaluates an expression for each text, over and over, and catches what fails: the expression keeps its state."""
    def ask(expression, texts):
        db.execute(f"""CREATE FUNCTION pg_temp.each(texts text[]) RETURNS text[] LANGUAGE plpgsql AS $f$
            DECLARE x text; found text; all_found text[] := '{{}}';
            BEGIN
                FOREACH x IN ARRAY texts LOOP
                    BEGIN
                        found := ({expression})::text;
                    EXCEPTION WHEN OTHERS THEN
                        found := SQLSTATE || SQLERRM;
                    END;
                    all_found := all_found || found;
                END LOOP;
                RETURN all_found;
            END $f$""")
        found = value(db, "SELECT pg_temp.each(%s)", (texts,))
        db.execute("DROP FUNCTION pg_temp.each(text[])")
        return found

    return ask


def alone(db, expression, text):
    """What the expression gives in a statement of its own, or how it fails."""
    try:
        return value(db, f"SELECT ({expression})::text FROM (SELECT %s::text) v (x)", (text,)), None
    except psycopg.Error as error:
        return None, error.sqlstate + error.diag.message_primary


@pytest.mark.parametrize("name", KEPT)
def test_errors_that_are_caught(db, each, name):
    expression, texts = KEPT[name]
    expected = {text: alone(db, expression, text) for text in texts}
    assert len(set(expected.values())) > 2 and any(error for _, error in expected.values()), expected
    order = dice(name).choices(texts, k=60)
    assert each(expression, order) == [expected[text][0] or expected[text][1] for text in order]


@pytest.mark.parametrize("name", KEPT)
def test_calls_within_calls(db, name):
    """A function that calls itself where its own expression is being evaluated."""
    expression, texts = KEPT[name]
    single = {text: given for text in texts if (given := alone(db, expression, text)[0])}
    db.execute(f"""CREATE FUNCTION pg_temp.nested(texts text[]) RETURNS text LANGUAGE plpgsql AS $f$
        DECLARE x text := texts[1];
        BEGIN
            IF cardinality(texts) = 0 THEN RETURN ''; END IF;
            RETURN ({expression})::text || pg_temp.nested(texts[2:]) || ({expression})::text;
        END $f$""")
    texts = (list(single) * 5)[:5]
    expected = ""
    for text in reversed(texts):
        expected = single[text] + expected + single[text]
    assert value(db, "SELECT pg_temp.nested(%s)", (texts,)) == expected
    db.execute("DROP FUNCTION pg_temp.nested(text[])")


# ---- aggregates ---------------------------------------------------------------------------------


@pytest.fixture
def events(db):
    """Many events, in groups: of each more than little memory holds."""
    db.execute("""CREATE TEMP TABLE many AS SELECT n % 4 AS g, n / 4 % 5000 AS c, 'A' || n * 7919 % 50 AS a, '2023-01-01Z'::timestamptz + n * interval '1 second' AS at
                  FROM generate_series(0, 99999) n""")
    yield db
    db.execute("DROP TABLE IF EXISTS many")


GRAPHS = "SELECT g, md5(dfg_agg(c, a, at)::text) FROM many GROUP BY g ORDER BY g"
TRACES = "SELECT g, md5(trace_agg(a, at)::text) FROM many GROUP BY g ORDER BY g"


@pytest.mark.parametrize("query", (GRAPHS, TRACES))
def test_interleaved_cursors(events, query):
    """Two at once, group by group, savepoints rolled back between; what went to files in a savepoint is still there."""
    expected = rows(events, query)
    events.execute("BEGIN; SET LOCAL work_mem = '64kB'; SET LOCAL hash_mem_multiplier = 1; SET LOCAL enable_hashagg = off")
    events.execute(f"DECLARE one CURSOR FOR {query}; DECLARE two CURSOR FOR {query}")
    found = {"one": [], "two": []}
    for name in ("one", "two", "two", "one", "one", "two", "one", "two"):
        events.execute("SAVEPOINT s")
        found[name] += rows(events, f"FETCH {name}")
        assert failure(events, "SELECT dfg_agg(c, a, CASE WHEN c = 4999 THEN 'infinity' ELSE at END) FROM many").sqlstate == "22008"
        events.execute("ROLLBACK TO s")
    events.execute("COMMIT")
    assert found == {"one": expected, "two": expected}


def test_cursor_that_fails(events):
    """A cursor whose aggregate fails is at its end; the other one goes on."""
    expected = rows(events, GRAPHS)
    events.execute("BEGIN")
    events.execute(f"DECLARE good CURSOR FOR {GRAPHS}; DECLARE bad CURSOR FOR SELECT g, dfg_agg(c, a, CASE WHEN g = 2 THEN 'infinity' ELSE at END) FROM many GROUP BY g ORDER BY g")
    found = rows(events, "FETCH good")
    events.execute("SAVEPOINT s")
    assert failure(events, "FETCH ALL bad").sqlstate == "22008"
    events.execute("ROLLBACK TO s")
    found += rows(events, "FETCH ALL good")
    events.execute("COMMIT")
    assert found == expected


@pytest.mark.parametrize("aggregate", ("dfg_agg(c, {}, at)", "trace_agg({}, at)", "dfg_agg((SELECT trace_agg(x, at) FROM (SELECT {} AS x OFFSET 0) y))"))
def test_aggregate_within_its_argument(events, aggregate):
    """The label of an event is made by a function that uses the same aggregate, and by one that fails and is caught."""
    inner = aggregate.format("a")
    events.execute(f"""CREATE FUNCTION pg_temp.label(given text) RETURNS text LANGUAGE plpgsql AS $f$
        BEGIN
            BEGIN PERFORM {inner.replace("at)", "'infinity'::timestamptz)")} FROM many WHERE c < 2; EXCEPTION WHEN datetime_field_overflow THEN NULL; END;
            PERFORM {inner} FROM many WHERE c < 3;
            RETURN given;
        END $f$""")
    small = "(SELECT * FROM many WHERE c < 10 LIMIT 40) m"
    expected = value(events, f"SELECT ({inner})::text FROM {small}")
    assert value(events, f"SELECT ({aggregate.format('pg_temp.label(a)')})::text FROM {small}") == expected
    events.execute("DROP FUNCTION pg_temp.label(text)")


def test_rolled_back_graph(db):
    """A graph in a variable, of which a change fails in a block: it is as before."""
    db.execute("""CREATE FUNCTION pg_temp.changed() RETURNS text[] LANGUAGE plpgsql AS $f$
        DECLARE
            g dfg := (SELECT dfg_agg(n, 'A' || n % 7, '2023-01-01Z'::timestamptz + n * interval '1 hour') FROM generate_series(1, 200) n);
            h dfg := (SELECT dfg_agg('{A,B} 1@2023-01-01T00:00:00Z 2@2023-01-02T00:00:00Z'::trace, 'UTC; 24/7'::business_calendar));
            texts text[] := ARRAY[g::text];
        BEGIN
            FOR n IN 1..5 LOOP
                BEGIN g := dfg_union(g, h); EXCEPTION WHEN invalid_parameter_value THEN texts := texts || g::text; END;
                BEGIN g := g + g; PERFORM 1/0; EXCEPTION WHEN division_by_zero THEN texts := texts || (dfg_cases(g) / (200 * 2 ^ n)::bigint)::text; END;
            END LOOP;
            RETURN texts;
        END $f$""")
    found = value(db, "SELECT pg_temp.changed()")
    db.execute("DROP FUNCTION pg_temp.changed()")
    assert found[1] == found[0] and found[2::2] == ["1"] * 5
