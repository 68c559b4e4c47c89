"""What a log must never be silently wrong about: ids, far dates, a blank map, months that are final, names that are not there."""

import pytest
from client import column, connect, failure, message, rows, value

AS_OF = "2023-07-01Z"


@pytest.fixture(scope="module")
def place(databases, template):
    return databases.create(template)


@pytest.fixture
def desk(place):
    """A connection whose notices are kept; what the test makes is dropped."""
    with connect(place) as db:
        db.notices = []
        db.add_notice_handler(lambda notice: db.notices.append((notice.message_primary, notice.message_hint)))
        yield db
        for name in column(db, "SELECT quote_ident(nspname) FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema|ticket_mining)'"):
            db.execute(f"DROP SCHEMA {name} CASCADE")
        db.execute("CREATE SCHEMA public")


def create(db, name="desk", **given):
    db.execute(f"CALL create_log('{name}', {', '.join(f'{key} => {said!r}' for key, said in given.items())})")


def refresh(db, as_of=AS_OF, name="desk"):
    db.execute(f"CALL refresh('{name}', %s)", (as_of,))


def quality(db, finding):
    """(number, meaning) of a finding about the whole log."""
    return rows(db, "SELECT number, meaning FROM desk.quality WHERE finding = %s", (finding,))


# ---- ids ----------------------------------------------------------------------------------------

EVENT = "activity text, at timestamptz, seq integer"


@pytest.mark.parametrize("kinds, ids", (
    (("numeric(10,0)", "numeric(12,2)"), ("7", "7.00")),
    (("integer", "numeric(12,2)"), ("7", "7")),
    (("bigint", "text"), ("7", "7")),
    (("numeric", "text"), ("7.50", "7.5")),
    (("uuid", "text"), ("0c8d6ab1-3a2e-4f7e-9d66-a1b2c3d4e5f6", "0C8D6AB1-3A2E-4F7E-9D66-A1B2C3D4E5F6")),
    (("text", "varchar(36)"), ("0c8d6ab1-3a2e-4f7e-9d66-a1b2c3d4e5f6", "0C8D6AB1-3A2E-4F7E-9D66-A1B2C3D4E5F6")),
))  # fmt: skip
def test_ids_join_by_value(desk, kinds, ids):
    """Of whatever scale, type or case of letters: the case has its team, and its row."""
    desk.execute(f"CREATE TABLE e (case_id {kinds[0]}, {EVENT}); CREATE TABLE a (case_id {kinds[1]}, team text, at timestamptz);"
                 f"CREATE TABLE c (case_id {kinds[1]}, priority integer)")  # fmt: skip
    desk.execute("INSERT INTO e VALUES (%s, 'Ny', '2023-06-01Z', 1)", (ids[0],))
    desk.execute("INSERT INTO a VALUES (%s, 'Drift', '2023-06-01Z')", (ids[1],))
    desk.execute("INSERT INTO c VALUES (%s, 3)", (ids[1],))
    create(desk, events="e", assignments="a", cases="c")
    refresh(desk)
    assert rows(desk, "SELECT current_team, priority FROM desk.cases") == [("Drift", 3)]
    assert quality(desk, "cases without a row")[0][0] == quality(desk, "assignments without events")[0][0] == 0


def test_texts_are_other_ids_by_their_bytes(desk):
    """Also in columns whose collation takes them for one; likewise labels and attributes."""
    desk.execute("CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)")
    desk.execute("CREATE TABLE e (case_id text COLLATE ci, activity text COLLATE ci, at timestamptz, seq integer);"
                 "CREATE TABLE c (case_id text COLLATE ci, note text COLLATE ci)")  # fmt: skip
    desk.execute("INSERT INTO e VALUES ('A1', 'Ny', '2023-06-01Z', 1), ('A1', 'NY', '2023-06-02Z', 2), ('a1', 'ny', '2023-06-03Z', 3)")
    desk.execute("INSERT INTO c VALUES ('A1', 'x'), ('a1', 'X')")
    create(desk, events="e", cases="c")
    assert sorted(column(desk, "SELECT activity FROM desk.activity_map")) == ["NY", "Ny", "ny"]
    refresh(desk)
    assert rows(desk, 'SELECT case_id, event_count, note FROM desk.cases ORDER BY case_id COLLATE "C"') == [("A1", 2, "x"), ("a1", 1, "X")]
    desk.execute("UPDATE c SET note = 'x'")
    refresh(desk)
    assert column(desk, "SELECT note FROM desk.cases") == ["x", "x"]


def test_ids_that_match_nothing_are_named(desk):
    desk.execute(f"CREATE TABLE e (case_id integer, {EVENT}); CREATE TABLE a (case_id integer, team text, at timestamptz);"
                 "CREATE TABLE m (case_id integer, direction text, at timestamptz); CREATE TABLE c (case_id integer)")  # fmt: skip
    desk.execute("INSERT INTO e SELECT n, 'Ny', '2023-06-01Z', 1 FROM generate_series(1, 20) n")
    desk.execute("INSERT INTO a SELECT n, 'Drift', '2023-06-01Z' FROM generate_series(18, 24) n, generate_series(1, 2)")
    desk.execute("INSERT INTO m VALUES (30, 'in', '2023-06-01Z'), (1, 'in', '2023-06-01Z')")
    desk.execute("INSERT INTO c SELECT n FROM generate_series(11, 21) n")
    create(desk, events="e", assignments="a", messages="m", cases="c")
    refresh(desk)
    found = {finding: quality(desk, finding)[0] for finding in
             ("cases without events", "cases without a row", "assignments without events", "messages without events")}  # fmt: skip
    assert {finding: number for finding, (number, _) in found.items()} == {
        "cases without events": 1, "cases without a row": 10, "assignments without events": 8, "messages without events": 1}  # fmt: skip
    assert found["cases without a row"][1].endswith(": 1, 2, 3, 4, 5")
    assert found["assignments without events"][1].endswith(": 21, 22, 23, 24")


def test_ids_that_tools_round(desk):
    desk.execute(f"CREATE TABLE e (case_id bigint, {EVENT})")
    desk.execute("INSERT INTO e VALUES (9007199254740993, 'Ny', '2023-06-01Z', 1), (5, 'Ny', '2023-06-01Z', 1)")
    create(desk, events="e")
    refresh(desk)
    assert quality(desk, "case ids beyond 2^53")[0][0] == 1
    assert value(desk, "SELECT case_no FROM desk.cases WHERE case_id > 5") == "9007199254740993"


# ---- far dates ----------------------------------------------------------------------------------

NONE = ("0001-01-01", "1753-01-01", "1900-01-01", "9999-12-31", "1900-01-01 00:00:01", "9999-12-31 23:59:59.9999999", "infinity", "-infinity", "4714-11-24 BC", "10000-01-01", "200000-01-01")
KEPT = ("1753-01-02", "1899-12-31", "2999-12-31", "9999-12-30 23:59:59", "0001-01-02")


@pytest.mark.parametrize("kind", ("timestamp", "timestamptz", "date"))
def test_attributes_that_stand_for_none(desk, kind):
    """They are NULL, and counted by attribute; deadlines in the future stay as they are."""
    times = [at for at in (*NONE, *KEPT) if kind != "date" or at[10:] in ("", " BC") or at[4:5] != "-"]
    desk.execute(f"CREATE TABLE e (case_id integer, {EVENT}); CREATE TABLE c (case_id integer, due {kind}, other {kind})")
    for number, at in enumerate(times):
        desk.execute("INSERT INTO e VALUES (%s, 'Ny', '2023-06-01Z', 1)", (number,))
        desk.execute(f"INSERT INTO c VALUES (%s, %s::text::{kind}, NULL)", (number, at))
    create(desk, events="e", cases="c", time_zone="Europe/Copenhagen" if kind == "timestamp" else "UTC")
    refresh(desk)
    none = [number for number, at in enumerate(times) if at in NONE]
    assert column(desk, "SELECT case_id FROM desk.cases WHERE due IS NULL ORDER BY 1") == none
    assert rows(desk, "SELECT subject, number, base FROM desk.quality WHERE finding = 'times for none'") == [("due", len(none), len(times))]
    kept = [value(desk, f"SELECT %s::text::{kind}::{'date' if kind == 'date' else 'timestamp'}::text", (at,)) for at in times if at in KEPT]
    assert sorted(column(desk, "SELECT due::text FROM desk.cases WHERE due IS NOT NULL")) == sorted(kept)


def test_attributes_that_stand_for_none_in_local_time(desk):
    """The day of the zone, or of UTC, at any time."""
    desk.execute(f"CREATE TABLE e (case_id integer, {EVENT}); CREATE TABLE c (case_id integer, due timestamptz)")
    desk.execute("INSERT INTO e SELECT n, 'Ny', '2023-06-01Z', 1 FROM generate_series(1, 4) n")
    desk.execute("INSERT INTO c VALUES (1, timestamp '1900-01-01' AT TIME ZONE 'Europe/Copenhagen'), (2, '1900-01-01 00:00+00'), (3, '1900-01-01 12:00+00'),"
                 " (4, '1900-01-02 00:00+00')")  # fmt: skip
    create(desk, events="e", cases="c", time_zone="Europe/Copenhagen")
    refresh(desk)
    assert column(desk, "SELECT case_id FROM desk.cases WHERE due IS NULL ORDER BY 1") == [1, 2, 3]


@pytest.mark.parametrize("kind", ("timestamptz", "timestamp"))
@pytest.mark.parametrize("at, finding", (
    ("0001-01-01 00:00", "events too early"), ("1969-12-31 12:00", "events too early"), ("4714-11-24 00:00 BC", "events too early"),
    ("2023-07-02 00:00:01", "events too late"), ("9999-12-31 23:59:59", "events too late"), ("294276-12-31 23:59", "events too late"),
    ("2023-07-01 12:00", "events after as_of"), ("infinity", "events infinite time"), ("-infinity", "events infinite time"),
))  # fmt: skip
def test_events_of_no_time(desk, kind, at, finding):
    """One of them in a log: it is left out and reported, with its case, and the rest is as without it."""
    desk.execute(f"CREATE TABLE e (case_id integer, activity text, at {kind}, seq integer)")
    desk.execute("INSERT INTO e SELECT n, l, ('2023-06-0' || n || ' 08:00')::timestamp AT TIME ZONE 'UTC', 1"
                 " FROM generate_series(1, 3) n, unnest('{Ny,Løst}'::text[]) l")  # fmt: skip
    create(desk, events="e", time_zone="America/New_York")
    desk.execute("UPDATE desk.activity_map SET kind = 'resolved' WHERE activity = 'Løst'")
    moment = "2023-07-01 00:00+00" if kind == "timestamptz" else "2023-07-01 04:00+00"
    refresh(desk, moment)
    tables = ("cases", "events", "case_months", "dates", "edge_stats")
    before = {table: rows(desk, f"SELECT * FROM desk.{table} ORDER BY 1, 2, 3") for table in tables}
    desk.execute(f"INSERT INTO e VALUES (2, 'Ny', %s::text::{kind}, 9)", (at,))
    refresh(desk, moment)
    assert {table: rows(desk, f"SELECT * FROM desk.{table} ORDER BY 1, 2, 3") for table in tables} == before
    number, meaning = quality(desk, finding)[0]
    assert number == 1 and (meaning.endswith(": 2"))
    assert value(desk, "SELECT rejected ->> %s FROM desk.refreshes ORDER BY refresh_no DESC LIMIT 1", (finding.removeprefix("events "),)) == "1"
    assert value(desk, "SELECT count(*) FROM desk.dates") == 365


def test_bounds_of_times_are_settings(desk):
    desk.execute(f"CREATE TABLE e (case_id integer, {EVENT})")
    desk.execute("INSERT INTO e VALUES (1, 'Ny', '1965-05-05Z', 1), (2, 'Ny', '2023-06-01Z', 1), (3, 'Ny', '2023-07-04Z', 1)")
    create(desk, events="e")
    refresh(desk)
    assert column(desk, "SELECT case_id FROM desk.cases") == [2]
    assert quality(desk, "events too late")[0][0] == 1
    desk.execute("UPDATE desk.settings SET earliest_date = '1960-01-01', days_ahead = 30")
    assert value(desk, "SELECT state FROM desk.status") == "edited, not refreshed"
    refresh(desk)
    assert column(desk, "SELECT case_id FROM desk.cases ORDER BY 1") == [1, 2]
    assert (quality(desk, "events too late")[0][0], quality(desk, "events after as_of")[0][0]) == (0, 1)
    for wrong in ("earliest_date = '-infinity'", "earliest_date = '10000-01-01'", "days_ahead = -1", "days_ahead = 40000", "earliest_date = NULL"):
        assert failure(desk, f"UPDATE desk.settings SET {wrong}").sqlstate in ("23514", "23502")


def test_as_of_has_a_bound(desk):
    """All days up to it are rows, and all months in which a case is open."""
    desk.execute(f"CREATE TABLE e (case_id integer, {EVENT}); INSERT INTO e VALUES (1, 'Ny', '2023-05-01Z', 1)")
    create(desk, events="e")
    for far in ("9999-12-29Z", "3000-01-01Z"):
        error = failure(desk, f"CALL refresh('desk', '{far}')")
        assert error.sqlstate == "22008" and "at most 100 years from now" in error.diag.message_primary
    assert value(desk, "SELECT count(*) FROM desk.refreshes") == 0
    refresh(desk, as_of="2040-01-01Z")
    assert value(desk, "SELECT count(*) FROM desk.dates") == 18 * 365 + 5


def test_the_core_refuses_infinity(desk):
    assert failure(desk, "SELECT trace_agg('Ny', 'infinity'::timestamptz)").sqlstate == "22008"


# ---- a log in which nothing is done -------------------------------------------------------------


def test_blank_map(desk):
    """Months in proportion to the events, nothing said of the backlog, and a clear warning; once something is done, all is there."""
    desk.execute(f"CREATE TABLE e (case_id integer, {EVENT})")
    desk.execute("INSERT INTO e SELECT n, 'Ny', timestamptz '2013-01-05Z' + n * interval '1 day', 1 FROM generate_series(1, 300) n")
    desk.execute("INSERT INTO e SELECT n, 'Løst', timestamptz '2013-03-05Z' + n * interval '1 day', 2 FROM generate_series(1, 200) n")
    create(desk, events="e")
    refresh(desk)
    assert value(desk, "SELECT count(*) <= (SELECT count(*) FROM desk.events) FROM desk.case_months")
    assert column(desk, "SELECT DISTINCT is_open_at_end FROM desk.case_months") == [None]
    assert quality(desk, "no activity is done")[0][0] == 300
    told = [hint for said, hint in desk.notices if "no activity of log" in said]
    assert len(told) == 1 and "activity_map" in told[0]
    desk.execute("UPDATE desk.activity_map SET kind = 'resolved' WHERE activity = 'Løst'")
    desk.notices.clear()
    refresh(desk)
    assert quality(desk, "no activity is done") == [] and not any("no activity" in said for said, _ in desk.notices)
    assert value(desk, "SELECT count(*) FROM desk.case_months WHERE month = '2020-05-01' AND is_open_at_end = 1") == 100
    assert value(desk, "SELECT count(*) FROM desk.case_months WHERE is_open_at_end IS NULL") == 0
    desk.execute("UPDATE desk.activity_map SET kind = 'open'")
    refresh(desk)
    assert column(desk, "SELECT DISTINCT is_open_at_end FROM desk.case_months") == [None]


# ---- months that are final ----------------------------------------------------------------------


@pytest.mark.parametrize("as_of, is_final", (
    ("2023-03-31 00:30+02", 0), ("2023-03-31 00:59:59+02", 0), ("2023-03-31 01:00+02", 1),
    ("2023-10-30 23:59+01", 0), ("2023-10-30 23:00+01", 1),
))  # fmt: skip
def test_month_is_final_after_thirty_days_of_24_hours(desk, as_of, is_final):
    """February and September, whose 30 days a change of the clock is in: what was reopened within them does not change any more."""
    is_final = 1 if as_of == "2023-10-30 23:59+01" else is_final
    desk.execute(f"CREATE TABLE e (case_id integer, {EVENT})")
    desk.execute("INSERT INTO e VALUES (1, 'Løst', '2023-02-28 22:50Z', 1), (1, 'Ny', '2023-03-30 22:40Z', 2)")
    create(desk, events="e", time_zone="Europe/Copenhagen")
    desk.execute("UPDATE desk.activity_map SET kind = 'resolved' WHERE activity = 'Løst'")
    refresh(desk, as_of)
    day = "2023-02-01" if as_of < "2023-06" else "2023-09-01"
    assert value(desk, "SELECT is_month_final FROM desk.dates WHERE date = %s", (day,)) == is_final


# ---- what is not there --------------------------------------------------------------------------


@pytest.fixture
def named(desk):
    """A log with labels, teams and two labels that people take for one."""
    desk.execute(f"CREATE TABLE e (case_id integer, {EVENT}); CREATE TABLE a (case_id integer, team text, at timestamptz)")
    desk.execute("INSERT INTO e VALUES (1, 'Ny', '2023-06-01Z', 1), (1, 'Løst m. mail', '2023-06-02Z', 2), (1, 'Genåbnet', '2023-06-03Z', 3),"
                 " (2, 'Løst m. mail ', '2023-06-02Z', 2), (3, U&'L\\00F8st m. mail', '2023-06-02Z', 2), (3, 'GENÅBNET', '2023-06-03Z', 3),"
                 " (4, U&'Gena\\030Abnet', '2023-06-03Z', 1)")  # fmt: skip
    desk.execute("INSERT INTO a VALUES (1, 'Drift', '2023-06-01Z')")
    create(desk, events="e", assignments="a")
    refresh(desk)
    desk.notices.clear()
    return desk


def test_unknown_activities_of_an_edge(named):
    assert len(rows(named, "SELECT * FROM edge_cases('desk', 'Løst m. mail', 'Genåbnet')")) == 1
    error = failure(named, "SELECT * FROM edge_cases('desk', 'Lost m. mail', 'Genåbnet')")
    assert error.sqlstate == "42704" and "'Lost m. mail'" in message(error) and "'Løst m. mail'" in error.diag.message_hint
    error = failure(named, "SELECT * FROM edge_cases('desk', 'Ny', 'Zzzzzzzzzzzzz')")
    assert error.sqlstate == "42704" and "desk.activities" in error.diag.message_hint


def test_unknown_variant(named):
    for variant in column(named, "SELECT variant FROM desk.variants"):
        assert rows(named, "SELECT * FROM variant_cases('desk', %s)", (variant,)) != []
    rounded = "SELECT * FROM variant_cases('desk', (SELECT (variant::float8::numeric + 1024)::text FROM desk.variants WHERE rank = 1))"
    assert failure(named, rounded).sqlstate == "42704"


@pytest.mark.parametrize("call", (
    """pattern_cases('desk', '"Løst m. mial" Genåbnet')""",
    """filter_cases('desk', '[{"drop_events": ["Løst m. mial"]}]')""",
    """filter_cases('desk', '[{"keep_cases": {"edge": {"source": "Løst m. mial", "target": "Ny"}}}]')""",
    """filter_cases('desk', '[{"keep_cases": {"matches": "\\"Løst m. mial\\""}}]')""",
    """explain_filter('desk', '[{"crop_events": {"from": ["Ny"], "to": ["Løst m. mial"]}}]')""",
    """report_html('desk', filter => '[{"keep_cases": {"has": ["Løst m. mial"]}}]')""",
))  # fmt: skip
def test_unknown_activities_of_patterns_and_chains(named, call):
    named.execute(f"SELECT * FROM {call}")
    ((said, hint),) = named.notices
    assert "no activity 'Løst m. mial'" in said and "'Løst m. mail'" in hint


def test_unknown_case(named):
    error = failure(named, "SELECT * FROM case_history('desk', 'IR77')")
    assert error.sqlstate == "42704" and "'IR77'" in message(error)


@pytest.mark.parametrize("call, sqlstate", (
    ("edge_cases('{0}', 'Nyt', 'Ny')", "42704"), ("variant_cases('{0}', '1')", "42704"), ("variant_cases('{0}', 1)", "42704"),
    ("pattern_cases('{0}', 'Ny')", None), ("filter_cases('{0}', '[]')", None), ("filter_cases('{0}', '[{{\"x\": 1}}]')", "22023"),
    ("""filter_cases('{0}', '[{{"keep_cases": {{"attribute": {{"y": [1]}}}}}}]')""", "42703"), ("explain_filter('{0}', '[{{\"x\": 1}}]')", "22023"),
    ("case_history('{0}', 'x')", "42704"),
))  # fmt: skip
def test_errors_say_in_few_lines_where_they_are(named, call, sqlstate):
    """Without a statement of ours that is longer than a call."""
    for log, wanted in [("nowhere", "42704"), *([("desk", sqlstate)] if sqlstate else [])]:
        error = failure(named, f"SELECT * FROM {call.format(log)}")
        assert error.sqlstate == wanted
        lines = error.diag.context.split("\n")
        assert len(lines) <= 4 and not any("FROM" in line for line in lines), error.diag.context


def test_unknown_team_of_a_chain(named):
    named.execute("""SELECT * FROM filter_cases('desk', '[{"drop_cases": {"attribute": {"teams": ["Driftt"], "current_team": ["Drift", "none"]}}}]')""")
    assert [said for said, _ in named.notices] == ["log \"desk\" has no team 'Driftt'"]


def test_unknown_attribute_of_a_chain(named):
    error = failure(named, """SELECT * FROM filter_cases('desk', '[{"keep_cases": {"attribute": {"curent_team": ["Drift"]}}}]')""")
    assert error.sqlstate == "42703" and "'current_team'" in error.diag.message_hint


def test_unknown_labels_of_a_derived_log(named):
    named.execute("""CALL create_log('part', from_log => 'desk', filter => '[{"drop_events": ["Nyt"]}]')""")
    assert any("no activity 'Nyt'" in said for said, _ in named.notices)


def test_known_labels_are_no_notice(named):
    named.execute("""SELECT * FROM filter_cases('desk', '[{"drop_events": ["Ny"]}, {"keep_cases": {"attribute": {"teams": ["Drift"]}}}]')""")
    named.execute("""SELECT * FROM pattern_cases('desk', 'Ny ~> Genåbnet')""")
    assert named.notices == []


def test_chains_name_variants_as_text_or_as_before(named):
    variant = value(named, "SELECT variant FROM desk.cases WHERE case_id = 1")
    for said in (f'"{variant}"', variant):
        chain = f'[{{"keep_cases": {{"attribute": {{"variant": [{said}]}}}}}}]'
        assert column(named, "SELECT case_id FROM filter_cases('desk', %s)", (chain,)) == ["1"]


def test_labels_that_people_take_for_one(named):
    found = rows(named, "SELECT subject, number, unit FROM desk.quality WHERE finding = 'labels nearly equal' ORDER BY subject")
    assert found == [("'GENÅBNET', 'Gena\u030abnet', 'Genåbnet'", 3, "labels"), ("'Løst m. mail', 'Løst m. mail '", 2, "labels")]


# ---- what is left in a session ------------------------------------------------------------------


def test_temporary_tables_of_the_session(named):
    """Of the names that a refresh uses, and would use next: they are neither read nor in its way."""
    for name in ("fresh", "changed", "followed", "attributes", "reading", "happened", "mined"):
        named.execute(f"CREATE TEMPORARY TABLE log_{name} (case_id integer); CREATE TEMPORARY TABLE {name} (case_id integer); "
                      f"CREATE TEMPORARY VIEW run_{name} AS SELECT 1 AS case_id")  # fmt: skip
    named.execute("INSERT INTO e VALUES (9, 'Ny', '2023-06-05Z', 1)")
    refresh(named)
    assert value(named, "SELECT count(*) FROM desk.cases") == 5
    assert value(named, "SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema() AND relkind = 'r'") == 14


def test_a_relation_of_no_rows(desk):
    desk.execute(f"CREATE TABLE e (case_id integer, {EVENT})")
    create(desk, events="e")
    refresh(desk)
    assert value(desk, "SELECT count(*) FROM desk.cases") == 0
    assert quality(desk, "no activity is done") == []
