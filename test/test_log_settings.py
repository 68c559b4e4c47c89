"""Time zones, names of logs, attributes and settings of a log through its life, and its end."""

import psycopg
import pytest
from client import column, connect, failure, message, rows, value
from psycopg import sql
from small_log import AS_OF, CREATE, SOURCES, assert_right, last_run, mined, refresh


@pytest.fixture
def sources(databases, template):
    with databases.copy(template) as name, connect(name) as db:
        db.execute(SOURCES)
        yield db


OTHERS = """CREATE FOREIGN DATA WRAPPER elsewhere; CREATE SERVER far FOREIGN DATA WRAPPER elsewhere; CREATE FOREIGN TABLE src.far_cases (case_id integer) SERVER far;
            CREATE TABLE src.placed (case_id integer, place point)"""


@pytest.fixture(scope="module")
def still_place(databases, refreshed):
    """A database with a refreshed log, in which nothing else is committed."""
    name = databases.create(refreshed)
    with connect(name) as db:
        db.execute(OTHERS)
    return name


@pytest.fixture
def still(still_place):
    """For what is refused, or needs no refresh."""
    with connect(still_place) as db:
        db.execute("BEGIN")
        yield db
        db.execute("ROLLBACK")


# ---- time zones -------------------------------------------------------------------------------

BAD_ZONES = ("", " ", "Europe/Kopenhagen", "Europe/Copenhagn", "Copenhagen", "GMT+1", "UTC+1", "+01:00", "+01", "-3", "1", "CEST-2", "XYZ", "posixrules", "localtime",
             "<+01>-1", "Europe/Copenhagen ", " Europe/Copenhagen", "Europe/Copenhagen;", "UTC; 24/7", "UTC; Mo-Fr 08:00-16:00", "UTC;Mo-Fr", "../../etc/passwd", "'",
             "UTC' AS x, 1/0 --", "Europe/Copenhagen\n", "interval '1 hour'", "NULL", "x" * 300)  # fmt: skip


@pytest.mark.parametrize("zone", BAD_ZONES)
def test_mistyped_zone(still, zone):
    """PostgreSQL would take some of them for an offset; and one that is not a zone must not pass for a calendar."""
    error = failure(still, "CALL ticket_mining.create_log('other', 'src.events', time_zone => %s)", (zone,))
    assert error.sqlstate == "22023" and error.diag.message_detail.startswith("time_zone: ")


@pytest.mark.parametrize("given, zone", (
    ("", "UTC"), (", time_zone => NULL", "UTC"), (", time_zone => 'Europe/Copenhagen'", "Europe/Copenhagen"), (", calendar => 'Asia/Tokyo; Mo-Fr 08:00-16:00'", "Asia/Tokyo"),
    (", calendar => 'Asia/Tokyo; Mo-Fr 08:00-16:00', time_zone => 'Europe/Paris'", "Europe/Paris"), (", time_zone => 'UTC'", "UTC"), (", time_zone => 'America/Argentina/Ushuaia'", "America/Argentina/Ushuaia"),
))  # fmt: skip
def test_zone_that_is_taken(sources, given, zone):
    sources.execute(f"CALL ticket_mining.create_log('desk', 'src.events'{given})")
    assert column(sources, "SELECT time_zone FROM desk.settings") == [zone]
    refresh(sources)
    assert value(sources, "SELECT min(at) = (SELECT min(at) FROM src.events) AT TIME ZONE %s FROM desk.events", (zone,))
    assert value(sources, "SELECT as_of = %s::timestamptz AT TIME ZONE %s FROM desk.status", (AS_OF, zone))


# ---- names of logs ----------------------------------------------------------------------------

NAMES = ('a "quoted" one', "it's", "Ærø Støtte 😀", "select", "a.b;-- /* %s %I $1 \\", "$USER", "settings", "Æ" * 31, " \t")


@pytest.mark.parametrize("name", NAMES)
def test_odd_name(sources, name):
    """Every name that a schema can have is as good as any other; all of a log's life under it."""
    given = CREATE.format("desk").split("(", 1)[1].replace("'desk'", "%s", 1)
    sources.execute(f"CALL ticket_mining.create_log({given}", (name,))
    sources.execute("CALL ticket_mining.refresh(%s, '2023-06-01Z')", (name,))
    sources.execute("UPDATE src.events SET at = at - interval '1 hour' WHERE case_id = 3")
    sources.execute("CALL ticket_mining.refresh(%s, '2023-06-01Z')", (name,))
    assert rows(sources, "SELECT log, state, cases, last_error FROM ticket_mining.logs()") == [(name, "refreshed", 40, None)]
    assert value(sources, sql.SQL("SELECT count(*) FROM {}.events").format(sql.Identifier(name))) == value(sources, "SELECT count(*) FROM src.events")
    assert value(sources, sql.SQL("SELECT log FROM {}.status").format(sql.Identifier(name))) == name
    assert value(sources, "SELECT count(*) > 5 FROM ticket_mining.case_history(%s, 'IR3')", (name,))
    sources.execute("CALL ticket_mining.drop_log(%s)", (name,))
    assert value(sources, "SELECT count(*) FROM pg_namespace WHERE nspname = %s", (name,)) == 0
    assert rows(sources, "SELECT * FROM ticket_mining.logs()") == []


@pytest.mark.parametrize("name", ("", None, "public", "ticket_mining", "information_schema", "pg_catalog", "pg_toast", "pg_mine", "pg_temp", "pg_temp_3", "src", "$user"))
def test_name_that_cannot_be(still, name):
    error = failure(still, "CALL ticket_mining.create_log(%s::name, 'src.events')", (name,))
    assert error.sqlstate in ("3F000", "42P06") and error.diag.message_hint


def test_schema_exists(desk):
    """Neither a log nor another schema is touched."""
    before = mined(desk)
    error = failure(desk, "CALL ticket_mining.create_log('desk', 'src.events')")
    assert error.sqlstate == "42P06" and "drop_log" in error.diag.message_hint
    assert mined(desk) == before


def test_renamed(desk):
    """A log goes with its schema, and its sources with theirs once the settings say so."""
    desk.execute("ALTER SCHEMA desk RENAME TO helpdesk; ALTER SCHEMA src RENAME TO source")
    assert "does not exist" in message(failure(desk, "CALL ticket_mining.refresh('helpdesk')"))
    desk.execute("""UPDATE helpdesk.settings SET events = 'source.events', assignments = 'source.assignments', messages = 'source.messages', cases = 'source.cases';
                    INSERT INTO source.events VALUES (77, 'Ny', '2023-05-05Z', 1)""")
    refresh(desk, "helpdesk")
    assert_right(desk, "helpdesk")
    assert rows(desk, "SELECT log, state FROM ticket_mining.logs()") == [("helpdesk", "refreshed")]


@pytest.mark.parametrize("call", ("refresh('desk2')", "drop_log('desk2')", "refresh('src')", "drop_log('src')", "drop_log('public')", "drop_log(NULL)", "refresh(NULL)",
                                  "grant_reader('src', 'someone')", "refresh('Desk')"))  # fmt: skip
def test_no_such_log(still_place, call):
    with connect(still_place) as db:
        error = failure(db, f"CALL ticket_mining.{call}")
        assert error.sqlstate == "42704" and "logs()" in error.diag.message_hint
        assert value(db, "SELECT count(*) FROM src.events") > 0


# ---- attributes -------------------------------------------------------------------------------


def clashing(db):
    """The columns of the mined cases but case_id and case_no."""
    return column(db, "SELECT column_name FROM ticket_mining.mined_columns WHERE table_name = 'cases' AND column_name NOT IN ('case_id', 'case_no')")


def test_clash_of_every_name(still):
    names = clashing(still)
    still.execute(f"CREATE TABLE src.named (case_id integer, {', '.join(f'{name} text' for name in names)})")
    error = failure(still, "CALL ticket_mining.create_log('other', 'src.events', cases => 'src.named')")
    assert sorted(error.diag.message_detail.split("\n")) == sorted(f"cases: column {name} has the name of a mined column; rename it in a view" for name in names)


UNSUPPORTED = ("point", "jsonb", "json", "bytea", "text[]", "integer[]", "int4range", "inet", "xml", "tsvector", "time", "timetz", "money", "bit(3)", "oid", "ticket_mining.trace", "src.pair",
               "integer ARRAY")  # fmt: skip


def test_unsupported_attributes(still):
    columns = ", ".join(f"thing{number} {kind}" for number, kind in enumerate(UNSUPPORTED))
    still.execute(f"CREATE TYPE src.pair AS (a integer, b text); CREATE TABLE src.typed (case_id integer, size integer, {columns})")
    error = failure(still, "CALL ticket_mining.create_log('other', 'src.events', cases => 'src.typed')")
    found = [line.split(" of type ")[0] for line in error.diag.message_detail.split("\n")]
    assert sorted(found) == sorted(f"cases: column thing{number}" for number in range(len(UNSUPPORTED)))


# Columns of every sort of name and type, what they are mined as.
ODD_COLUMNS = {
    "Priority": ("smallint", "3", 3, "smallint"), "select": ("integer", "4", 4, "integer"), 'a "b" c': ("bigint", "5", 5, "bigint"), "it's": ("boolean", "true", 1, "smallint"),
    "Område": ("text", "'Æ'", "Æ", "text"), "%s %I %": ("varchar(5)", "'x'", "x", "text"), "x" * 63: ("numeric", "1.5", 1.5, "double precision"),
    "x" * 62 + "y": ("numeric", "2.5", 2.5, "double precision"), "æ" * 31: ("real", "0.5", 0.5, "double precision"), "æ" * 30 + "xy": ("real", "0.25", 0.25, "double precision"),
    "$1": ("uuid", "'00000000-0000-0000-0000-000000000001'", "00000000-0000-0000-0000-000000000001", "text"), "c": ("interval", "'2 minutes'", 120.0, "double precision"),
    "f": ("text", "NULL", None, "text"), "label": ("src.label", "'ok'", "ok", "text"), "level": ("src.level", "'low'", "low", "text"), "size ": ("src.deep", "7", 7, "integer"),
    "attribute x": ("text", "'1'", "1", "text"), "x": ("text", "'2'", "2", "text"), "trace": ("text", "'t'", "t", "text"), "is_new": ("text", "'n'", "n", "text"),
    "old_key": ("text", "'o'", "o", "text"), "at": ("text", "'a'", "a", "text"), "checksum": ("text", "'s'", "s", "text"), "team": ("name", "'n'", "n", "text"),
}  # fmt: skip


def test_odd_attributes(sources):
    """Names that stand for something else inside, or differ in their last letter only."""
    sources.execute("CREATE DOMAIN src.label AS text; CREATE TYPE src.level AS ENUM ('low'); CREATE DOMAIN src.number AS integer; CREATE DOMAIN src.deep AS src.number")
    for name, (kind, literal, _, _) in ODD_COLUMNS.items():
        sources.execute(sql.SQL("ALTER TABLE src.cases ADD {} {}").format(sql.Identifier(name), sql.SQL(kind)))
        sources.execute(sql.SQL("UPDATE src.cases SET {} = {} WHERE case_id = 1").format(sql.Identifier(name), sql.SQL(literal)))
    create = CREATE.format("desk")
    sources.execute(create)
    refresh(sources)
    for name, (_, _, wanted, kind) in ODD_COLUMNS.items():
        attribute = sql.Identifier(name)
        assert value(sources, sql.SQL("SELECT {} FROM desk.cases WHERE case_id = 1").format(attribute)) == wanted, name
        assert value(sources, sql.SQL("SELECT pg_typeof({})::text FROM desk.cases LIMIT 1").format(attribute)) == kind, name
    sources.execute("UPDATE src.cases SET \"it's\" = false, label = 'new' WHERE case_id IN (1, 2)")
    refresh(sources)
    assert rows(sources, "SELECT \"it's\", label FROM desk.cases WHERE case_id IN (1, 2)") == [(0, "new")] * 2
    assert_right(sources)


def test_attribute_added_later(desk):
    """Its column comes with the next refresh, with values of all cases, also of those that did not change."""
    desk.execute("ALTER TABLE src.cases ADD colour text; UPDATE src.cases SET colour = 'c' || case_id")
    refresh(desk)
    assert value(desk, "SELECT bool_and(colour = 'c' || case_id) FROM desk.cases")
    assert value(desk, "SELECT col_description('desk.cases'::regclass, attnum) FROM pg_attribute WHERE attrelid = 'desk.cases'::regclass AND attname = 'colour'")
    assert_right(desk)


def test_attribute_removed(desk):
    """Reports may rest on it, so the owner must say that it may go."""
    desk.execute("ALTER TABLE src.cases DROP COLUMN priority")
    error = failure(desk, f"CALL ticket_mining.refresh('desk', '{AS_OF}')")
    assert "priority (gone)" in error.diag.message_primary and "ALTER TABLE desk.cases DROP COLUMN" in error.diag.message_hint
    desk.execute("ALTER TABLE desk.cases DROP COLUMN priority")
    refresh(desk)
    assert_right(desk)


def test_attribute_of_another_type(desk):
    desk.execute("ALTER TABLE src.cases ALTER priority TYPE text USING 'P' || priority")
    error = failure(desk, f"CALL ticket_mining.refresh('desk', '{AS_OF}')")
    assert "priority (now text, was integer)" in error.diag.message_primary
    desk.execute("ALTER TABLE desk.cases DROP COLUMN priority")
    refresh(desk)
    assert_right(desk)
    assert value(desk, "SELECT priority FROM desk.cases WHERE case_id = 4") == "P1"


def test_attribute_renamed(desk):
    """The new name is there at once; the old one stops the refresh until it is dropped."""
    desk.execute("ALTER TABLE src.cases RENAME priority TO urgency")
    failure(desk, f"CALL ticket_mining.refresh('desk', '{AS_OF}')")
    desk.execute("ALTER TABLE desk.cases DROP COLUMN priority")
    refresh(desk)
    assert_right(desk)


def test_attribute_dropped_in_the_log(desk):
    """It comes back, with its values."""
    desk.execute("ALTER TABLE desk.cases DROP COLUMN priority")
    refresh(desk)
    assert_right(desk)


def test_attributes_swapped(desk):
    """The same values under each other's names."""
    desk.execute("ALTER TABLE src.cases ADD colour integer; UPDATE src.cases SET colour = 7")
    refresh(desk)
    desk.execute("ALTER TABLE src.cases RENAME priority TO x; ALTER TABLE src.cases RENAME colour TO priority; ALTER TABLE src.cases RENAME x TO colour")
    refresh(desk)
    assert_right(desk)


# ---- settings that are edited -------------------------------------------------------------------

BAD_SETTINGS = {
    "events = NULL": "events: must be given",
    "events = 'src.nothing'": "events: relation src.nothing does not exist",
    "events = 'events'": "events: relation events does not exist",
    "events = 'src.cases'": "events: src.cases has no column activity",
    "events = ''": "events: ",
    "events = 'a b'": "events: ",
    "events = 'src.events; DROP TABLE src.cases'": "events: ",
    "events = 'src.events, src.cases'": "events: ",
    "events = '(SELECT 1)'": "events: ",
    "events = 'a.b.c.d'": "events: ",
    "assignments = 'src.messages'": "assignments: src.messages has no column team",
    "messages = 'src.assignments'": "messages: src.assignments has no column direction",
    "cases = 'src.far_cases'": "cases: foreign table src.far_cases",
    "cases = 'src.placed'": "cases: column place of type point cannot be an attribute",
    "time_zone = 'Europe/Kopenhagen'": "time_zone: ",
    "time_zone = 'UTC; Mo-Fr 08:00-16:00'": "time_zone: ",
    "case_url = 'javascript:{case_no}'": "case_url: ",
    "case_url = 'https://desk.example/'": "case_url: ",
}
@pytest.mark.parametrize("edit", BAD_SETTINGS)
def test_bad_setting(still, edit):
    """Refused like what create_log() is given."""
    error = failure(still, f"UPDATE desk.settings SET {edit}")
    assert error.sqlstate == "22023" and BAD_SETTINGS[edit] in message(error)


def test_all_faults_of_an_edit(still):
    error = failure(still, "UPDATE desk.settings SET events = 'src.cases', time_zone = 'x', case_url = 'x', messages = 'src.nothing'")
    assert [line.split(":")[0] for line in error.diag.message_detail.split("\n")] == ["case_url", "time_zone", "events", "events", "messages"]


@pytest.mark.parametrize("statement", ("DELETE FROM desk.settings", "INSERT INTO desk.settings (events, time_zone) VALUES ('src.events', 'UTC')", "TRUNCATE desk.settings",
                                       "INSERT INTO desk.settings (is_settings, events, time_zone) VALUES (false, 'src.events', 'UTC')"))  # fmt: skip
def test_one_row_of_settings(still, statement):
    assert failure(still, statement).sqlstate in ("23505", "23514", "55000")


@pytest.mark.parametrize("given, table", (("src.odd-name", 'src."odd-name"'), ("src.Events2", "src.events2"), ('"src"."Events3"', 'src."Events3"'), ("src . events4", "src.events4")))
def test_relation_as_one_may_write_it(desk, given, table):
    """What names a relation for PostgreSQL is read as that, or refused at once."""
    desk.execute(f"CREATE TABLE {table} AS SELECT * FROM src.events WHERE case_id < 20")
    try:
        desk.execute("UPDATE desk.settings SET events = %s", (given,))
    except psycopg.Error as error:
        assert error.sqlstate == "22023"
        return
    refresh(desk)
    assert_right(desk)
    assert value(desk, "SELECT cases FROM desk.status") == 19


@pytest.mark.parametrize("edit", (
    "events = 'src.some_events'", "assignments = NULL, messages = NULL", "time_zone = 'Asia/Tokyo'", "calendar = NULL",
    "case_url = 'https://desk.example/{case_no}'", "events = 'src.some_events', assignments = NULL, time_zone = 'UTC', calendar = 'Asia/Tokyo; Sa-Su 10:00-12:00'",
))  # fmt: skip
def test_edit_and_refresh(desk, edit):
    """Until the refresh the log says so."""
    desk.execute("CREATE VIEW src.some_events AS SELECT * FROM src.events WHERE case_id % 2 = 0")
    before = mined(desk)
    desk.execute(f"UPDATE desk.settings SET {edit}")
    assert value(desk, "SELECT state FROM desk.status") == "edited, not refreshed"
    assert mined(desk) == before
    refresh(desk)
    assert_right(desk)
    assert mined(desk) != before


@pytest.mark.parametrize("table, values", (
    ("activity_map", "('x', 'done')"), ("activity_map", "('x', NULL)"), ("activity_map", "(NULL, 'open')"), ("activity_map", "('x', 'open', true)"),
    ("activity_map", "('x', 'note', true)"), ("activity_map", "('Ny', 'open')"), ("activity_map", "('x', 'open', false, '')"), ("activity_map", "('x', 'open', false, NULL)"),
    ("activity_map", "(repeat('x', 1301))"), ("activity_map", "(repeat('ø', 651))"), ("team_map", "('x', 'boss')"), ("team_map", "('none')"), ("team_map", "(repeat('x', 1301))"),
    ("team_map", "('x', 'ours', 'when we like')"), ("segment_map", "('')"), ("segment_map", "('x', NULL)"), ("segment_map", "('us')"),
))  # fmt: skip
def test_bad_row_of_a_map(still, table, values):
    assert failure(still, f"INSERT INTO desk.{table} VALUES {values}").sqlstate[:2] in ("23", "22")


@pytest.mark.parametrize("relation, column_name", (("events", "activity"), ("assignments", "team")))
def test_longest_labels(desk, relation, column_name):
    """1300 bytes are a label, whatever its letters."""
    desk.execute(f"UPDATE src.{relation} SET {column_name} = repeat('ø', 650) WHERE case_id = 7")
    refresh(desk)
    assert_right(desk)


def test_longest_case_ids(sources):
    sources.execute("CREATE TABLE src.long AS SELECT repeat('ø', 500) AS case_id, activity, at FROM src.events WHERE case_id = 1")
    sources.execute("CALL ticket_mining.create_log('desk', 'src.long')")
    refresh(sources)
    assert column(sources, "SELECT octet_length(case_id) FROM desk.cases") == [1000]
    sources.execute("UPDATE src.long SET case_id = repeat('x', 1001)")
    assert "1001 bytes" in message(failure(sources, "CALL ticket_mining.refresh('desk')"))
    assert last_run(sources)[0] == "failed"


def test_labels_too_long_at_first(sources):
    """A log can be made of them, so that one sees it; the refresh refuses."""
    sources.execute("UPDATE src.events SET activity = repeat('x', 1301) WHERE case_id = 7 AND seq = 2")
    sources.execute("CALL ticket_mining.create_log('desk', 'src.events')")
    assert failure(sources, "CALL ticket_mining.refresh('desk')").sqlstate == "54000"


# ---- the end ------------------------------------------------------------------------------------


def test_drop(desk):
    """Nothing of it stays but what it read."""
    before = rows(desk, "SELECT relname FROM pg_class WHERE relnamespace = 'src'::regnamespace ORDER BY 1")
    desk.execute("CALL ticket_mining.drop_log('desk')")
    assert value(desk, "SELECT to_regnamespace('desk') IS NULL")
    assert rows(desk, "SELECT relname FROM pg_class WHERE relnamespace = 'src'::regnamespace ORDER BY 1") == before
    create = CREATE.format("desk")
    desk.execute(create)
    refresh(desk)
    assert_right(desk)


FOREIGN_OBJECTS = (
    "CREATE TABLE desk.mine (a integer)", "CREATE VIEW desk.mine AS SELECT 1", "CREATE FUNCTION desk.mine() RETURNS integer LANGUAGE sql RETURN 1",
    "CREATE VIEW public.mine AS SELECT count(*) FROM desk.cases", "CREATE VIEW public.mine AS SELECT * FROM desk.status", "CREATE TYPE desk.mine AS (a integer)",
    "CREATE MATERIALIZED VIEW public.mine AS SELECT * FROM desk.variants", "CREATE SEQUENCE desk.mine", "CREATE VIEW public.mine AS SELECT * FROM desk.activity_map",
    "CREATE FUNCTION public.mine() RETURNS SETOF desk.cases LANGUAGE sql AS 'SELECT * FROM desk.cases'", "CREATE TABLE public.mine (case_key bigint REFERENCES desk.cases)",
)  # fmt: skip


@pytest.mark.parametrize("statement", FOREIGN_OBJECTS)
def test_drop_leaves_the_objects_of_others(still, statement):
    """An error, which names them."""
    still.execute(statement)
    error = failure(still, "CALL ticket_mining.drop_log('desk')")
    assert error.sqlstate == "2BP01" and "mine" in message(error)


def test_drop_does_all_or_nothing(desk):
    """The log is whole after the error."""
    desk.execute("CREATE TABLE desk.mine (a integer)")
    before = mined(desk)
    failure(desk, "CALL ticket_mining.drop_log('desk')")
    assert mined(desk) == before
    refresh(desk)
    assert_right(desk)


def test_drop_in_a_transaction(desk):
    desk.execute("BEGIN; CALL ticket_mining.drop_log('desk'); ROLLBACK")
    refresh(desk)
    assert_right(desk)


def test_create_and_drop_in_one_transaction(sources):
    sources.execute("BEGIN; CALL ticket_mining.create_log('a', 'src.events'); CALL ticket_mining.drop_log('a'); CALL ticket_mining.create_log('a', 'src.events'); COMMIT")
    refresh(sources, "a")
    assert value(sources, "SELECT cases FROM a.status") == 40
