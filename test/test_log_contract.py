"""What create_log() and edits of settings take and refuse: all faults in one error, foreign tables, odd names, urls, zones, attributes."""

import psycopg
import pytest
from client import column, connect, failure, rows, value
from small_log import SOURCES, drop_desk, mined, refresh


@pytest.fixture(scope="module")
def place(databases, template):
    """A database whose desk is made anew for each test."""
    return databases.create(template)


@pytest.fixture(scope="module")
def plainly(place):
    """What is mined of the table itself."""
    with connect(place) as db:
        drop_desk(db)
        db.execute(SOURCES)
        create(db)
        refresh(db)
        return mined(db)


@pytest.fixture
def desk(place, plainly):
    """The sources, without a log."""
    with connect(place) as db:
        drop_desk(db)
        db.execute(SOURCES)
        yield db


@pytest.fixture(scope="module")
def still_place(databases, template):
    """A database with the sources, in which nothing is committed."""
    name = databases.create(template)
    with connect(name) as db:
        db.execute(SOURCES)
    return name


@pytest.fixture
def sources(still_place):
    """The same for tests that refresh nothing, so that a rollback is enough."""
    with connect(still_place) as db:
        db.execute("BEGIN")
        yield db
        db.execute("ROLLBACK")


def create(db, name="desk", events="src.events", **given):
    """Calls create_log(); relations are given by name."""
    given = {"events": events, **given}
    named = [f"{key} => %s{'::text::regclass' * (key in ('events', 'assignments', 'messages', 'cases'))}" for key in given]
    db.execute(f"CALL ticket_mining.create_log(%s, {', '.join(named)})", (name, *given.values()))


def faults(db, **given):
    """The lines of the one error that create_log() ends with; nothing of the log is left."""
    db.execute("SAVEPOINT before")
    try:
        create(db, **given)
    except psycopg.Error as error:
        assert error.sqlstate == "22023", error
        db.execute("ROLLBACK TO before")
        assert value(db, "SELECT to_regnamespace('desk') IS NULL")
        return error.diag.message_detail.split("\n")
    raise AssertionError(f"a log was made of {given}")


# ---- columns and types --------------------------------------------------------------------------

COLUMNS = {
    "events": ("case_id", "activity", "at"),
    "assignments": ("case_id", "team", "at"),
    "messages": ("case_id", "direction", "at"),
    "cases": ("case_id",),
}


def made_without(db, relation, missing):
    """A relation of the contract without one of its columns."""
    kinds = {"case_id": "bigint", "at": "timestamptz"}
    listed = ", ".join(f"{name} {kinds.get(name, 'text')}" for name in COLUMNS[relation] if name != missing)
    db.execute(f"CREATE TABLE src.lacking_{relation} ({listed})")
    return f"src.lacking_{relation}"


@pytest.mark.parametrize("relation, missing", [(relation, name) for relation, names in COLUMNS.items() for name in names])
def test_missing_column(sources, relation, missing):
    lacking = made_without(sources, relation, missing)
    assert faults(sources, **{relation: lacking}) == [f"{relation}: {lacking} has no column {missing}"]


def test_all_faults_in_one_error(sources):
    """Every relation and every setting has its faults; the headline says how many."""
    sources.execute("""CREATE TABLE src.bad_events (case_id jsonb, at timestamp, seq numeric);
                       CREATE TABLE src.bad_cases (case_id integer, status text, place point, "Sted" box)""")
    found = faults(sources, events="src.bad_events", assignments="src.messages", messages="src.assignments", cases="src.bad_cases",
                   time_zone="Europe/Kopenhagen", case_url="javascript:{case_no}")  # fmt: skip
    for start in ("time_zone: ", "case_url: ", "events: column case_id is of type jsonb", "events: src.bad_events has no column activity",
                  "events: column seq is of type numeric", "assignments: src.messages has no column team", "messages: src.assignments has no column direction",
                  "cases: column status has the name", "cases: column place of type point", 'cases: column Sted of type box'):  # fmt: skip
        assert [line for line in found if line.startswith(start)], (start, found)
    assert len(found) == len(set(found)) == 10


def test_headline(sources):
    sources.execute("CREATE TABLE src.bare ()")
    error = failure(sources, "CALL ticket_mining.create_log('desk', 'src.bare')")
    assert "3 faults" in error.diag.message_primary and "contract" in error.diag.message_hint


# What a column of each contract may be of; the rest is refused.
TYPES = ("smallint", "integer", "bigint", "numeric(10)", "uuid", "text", "varchar(20)", "char(8)", "name", "level", "label", "number", "deep_number", "moment",
         "timestamptz", "timestamptz(0)", "timestamp", "date", "time", "interval", "boolean", "real", "jsonb", "bytea", "text[]", "integer[]", "int4range",
         "ticket_mining.trace", "inet", "money", "point", "oid", "pair")  # fmt: skip
LABELS = {"text", "varchar(20)", "char(8)", "name", "level", "label"}
INTEGERS = {"smallint", "integer", "bigint", "number", "deep_number"}
ACCEPTED = {
    "case_id": LABELS | INTEGERS | {"numeric(10)", "uuid"},
    "activity": LABELS,
    "at": {"timestamptz", "timestamptz(0)", "moment"},
    "seq": INTEGERS,
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_types(sources, name):
    """Domains count as what they are over."""
    sources.execute("""CREATE TYPE public.level AS ENUM ('low', 'High'); CREATE DOMAIN public.label AS text CHECK (VALUE <> '');
                       CREATE DOMAIN public.number AS integer; CREATE DOMAIN public.deep_number AS number; CREATE DOMAIN public.moment AS timestamptz;
                       CREATE TYPE public.pair AS (a integer, b text)""")
    taken = set()
    for kind in TYPES:
        sources.execute("SAVEPOINT before")
        columns = {"case_id": "bigint", "activity": "text", "at": "timestamptz", "seq": "bigint", name: kind}
        sources.execute(f"CREATE TABLE src.typed ({', '.join(f'{column} {typed}' for column, typed in columns.items())})")
        if not _is_refused(sources, f"events: column {name} is of type "):
            taken.add(kind)
        sources.execute("ROLLBACK TO before")
    assert taken == ACCEPTED[name]


def _is_refused(db, fault):
    try:
        create(db, events="src.typed")
    except psycopg.Error as error:
        assert error.sqlstate == "22023" and error.diag.message_detail.startswith(("events: column at is a timestamp", fault)), error
        return True
    return False


@pytest.mark.parametrize("ids, mined_type", (
    ("smallint, integer, bigint, integer", "bigint"), ("integer, text, integer, integer", "text"), ("bigint, bigint, bigint, varchar(9)", "text"),
    ("uuid, uuid, uuid, uuid", "text"), ("numeric, integer, integer, integer", "text"),
))  # fmt: skip
def test_type_of_case_ids(sources, ids, mined_type):
    """Integers everywhere are integers in the log."""
    given = {}
    for relation, kind in zip(COLUMNS, ids.split(", ")):
        given[relation] = f"src.x_{relation}"
        sources.execute(f"CREATE TABLE src.x_{relation} (case_id {kind}, {COLUMNS[relation][1] if relation != 'cases' else 'case_no'} text, at timestamptz)")
        if relation == "cases":
            sources.execute("ALTER TABLE src.x_cases DROP COLUMN at")
    create(sources, **given)
    assert set(column(sources, """SELECT format_type(atttypid, NULL) FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
                                  WHERE relnamespace = 'desk'::regnamespace AND relkind = 'r' AND attname LIKE '%case_id'""")) == {mined_type}


def test_timestamp_without_zone(sources):
    """Refused unless time_zone says which zone it is in; that of the calendar will not do."""
    sources.execute("CREATE VIEW src.plain AS SELECT case_id, activity, at AT TIME ZONE 'Europe/Copenhagen' AS at FROM src.events")
    (fault,) = faults(sources, events="src.plain")
    assert "time_zone" in fault and "column at" in fault
    create(sources, events="src.plain", time_zone="Europe/Copenhagen")
    assert rows(sources, "SELECT time_zone, events FROM desk.settings") == [("Europe/Copenhagen", "src.plain")]


def test_timestamp_without_zone_is_read_in_it(desk, plainly):
    desk.execute("CREATE VIEW src.plain AS SELECT case_id, activity, at AT TIME ZONE 'Asia/Kathmandu' AS at, seq FROM src.events")
    create(desk, events="src.plain", time_zone="Asia/Kathmandu")
    refresh(desk)
    found = mined(desk)
    assert (found["traces"], found["edge_stats"]) == (plainly["traces"], plainly["edge_stats"])


@pytest.mark.parametrize("what, statement", (
    ("sequence", "CREATE SEQUENCE src.thing"), ("index", "CREATE INDEX thing ON src.events (at)"), ("composite type", "CREATE TYPE src.thing AS (case_id int)"),
))  # fmt: skip
def test_no_relation_to_read(sources, what, statement):
    sources.execute(statement)
    assert "events: src.thing is not a table or view" in faults(sources, events="src.thing")


def test_no_events(sources):
    assert faults(sources, events=None) == ["events: must be given"]


# ---- views and tables of every kind -------------------------------------------------------------

VIEWS = {
    "view": "CREATE VIEW src.seen AS SELECT * FROM src.events",
    "view of a view": "CREATE VIEW src.inner_one AS SELECT * FROM src.events; CREATE VIEW src.seen AS SELECT *, 1 AS more FROM src.inner_one",
    "security barrier": "CREATE VIEW src.seen WITH (security_barrier) AS SELECT * FROM src.events",
    "security invoker": "CREATE VIEW src.seen WITH (security_invoker) AS SELECT * FROM src.events",
    "recursive": "CREATE RECURSIVE VIEW src.seen (case_id, activity, at, seq) AS SELECT case_id, activity, at, seq FROM src.events "
                 "UNION SELECT case_id, activity, at, seq FROM seen WHERE false",
    "materialized": "CREATE MATERIALIZED VIEW src.seen AS SELECT * FROM src.events",
    "partitioned": "CREATE TABLE src.seen (LIKE src.events) PARTITION BY HASH (case_id); "
                   "CREATE TABLE src.p0 PARTITION OF src.seen FOR VALUES WITH (MODULUS 2, REMAINDER 0); "
                   "CREATE TABLE src.p1 PARTITION OF src.seen FOR VALUES WITH (MODULUS 2, REMAINDER 1); INSERT INTO src.seen SELECT * FROM src.events",
    "inherited": "CREATE TABLE src.seen (LIKE src.events); CREATE TABLE src.child () INHERITS (src.seen); INSERT INTO src.child SELECT * FROM src.events",
    "unlogged": "CREATE UNLOGGED TABLE src.seen AS SELECT * FROM src.events",
    "set operation": "CREATE VIEW src.seen AS SELECT * FROM src.events WHERE case_id < 9 UNION ALL SELECT * FROM src.events WHERE case_id >= 9",
    "function": "CREATE FUNCTION src.told() RETURNS SETOF src.events LANGUAGE sql AS 'SELECT * FROM src.events'; CREATE VIEW src.seen AS SELECT * FROM src.told()",
    "other order of columns": "CREATE VIEW src.seen AS SELECT seq, at, 1 AS label, 2 AS e, activity, case_id FROM src.events",
    "odd name": 'CREATE SCHEMA "Sager; og \'ting\'"; CREATE VIEW "Sager; og \'ting\'"."Hænde""lser %s" AS SELECT * FROM src.events',
}


@pytest.mark.parametrize("kind", VIEWS)
def test_views(desk, plainly, kind):
    """All that can be read is read alike."""
    desk.execute(VIEWS[kind])
    create(desk, events='"Sager; og \'ting\'"."Hænde""lser %s"' if kind == "odd name" else "src.seen")
    refresh(desk)
    assert mined(desk) == plainly


FOREIGN = """CREATE FOREIGN DATA WRAPPER elsewhere; CREATE SERVER far FOREIGN DATA WRAPPER elsewhere;
             CREATE FOREIGN TABLE src.far_events (case_id integer, activity text, at timestamptz, seq bigint) SERVER far"""
BEHIND = {
    "itself": "",
    "view": "CREATE VIEW src.seen AS SELECT * FROM src.far_events",
    "three views": "CREATE VIEW src.a AS SELECT * FROM src.far_events; CREATE VIEW src.b AS SELECT * FROM src.a; CREATE VIEW src.seen AS SELECT * FROM src.b",
    "subquery": "CREATE VIEW src.seen AS SELECT * FROM src.events e WHERE EXISTS (SELECT FROM src.far_events f WHERE f.case_id = e.case_id)",
    "with": "CREATE VIEW src.seen AS WITH f AS (SELECT * FROM src.far_events) SELECT * FROM f UNION ALL SELECT * FROM src.events",
    "partition": "CREATE TABLE src.seen (LIKE src.events) PARTITION BY LIST (case_id); ALTER TABLE src.seen ATTACH PARTITION src.far_events DEFAULT",
    "partition of a partition": "CREATE TABLE src.mid (LIKE src.events) PARTITION BY LIST (case_id); ALTER TABLE src.mid ATTACH PARTITION src.far_events DEFAULT; "
                                "CREATE TABLE src.seen (LIKE src.events) PARTITION BY LIST (case_id); ALTER TABLE src.seen ATTACH PARTITION src.mid DEFAULT",
    "view of partitions": "CREATE TABLE src.mid (LIKE src.events) PARTITION BY LIST (case_id); ALTER TABLE src.mid ATTACH PARTITION src.far_events DEFAULT; "
                          "CREATE VIEW src.seen AS SELECT * FROM src.mid",
    "child": "CREATE TABLE src.seen (LIKE src.events); ALTER FOREIGN TABLE src.far_events INHERIT src.seen",
}


@pytest.mark.parametrize("kind", BEHIND)
def test_foreign_tables(sources, kind):
    """Refused wherever they are, with what to do instead."""
    sources.execute(FOREIGN)
    sources.execute(BEHIND[kind])
    (fault,) = faults(sources, events="src.far_events" if kind == "itself" else "src.seen")
    assert fault.startswith("events: foreign table src.far_events") and "copy it" in fault


@pytest.mark.parametrize("relation", ("assignments", "messages", "cases"))
def test_foreign_tables_of_other_relations(sources, relation):
    sources.execute(FOREIGN + f"; CREATE FOREIGN TABLE src.far (LIKE src.{relation}) SERVER far".replace("(LIKE src.cases)", "(case_id integer)")
                    .replace("(LIKE src.assignments)", "(case_id integer, team text, at timestamptz)").replace("(LIKE src.messages)", "(case_id integer, direction text, at timestamptz)"))
    (fault,) = faults(sources, **{relation: "src.far"})
    assert fault.startswith(f"{relation}: foreign table src.far")


# ---- the url of a case --------------------------------------------------------------------------

BAD_URLS = (
    "", " ", "desk.example/{case_no}", "//desk.example/{case_no}", "ftp://desk.example/{case_no}", "file:///etc/{case_no}", "javascript:alert({case_no})",
    "JavaScript:alert(1)//{case_no}", " https://desk.example/{case_no}", "\thttps://desk.example/{case_no}", "java\nscript:alert({case_no})", "data:text/html,{case_no}",
    "vbscript:{case_no}", "https:", "https://", "https:///{case_no}", "https://{case_no}", "https://{case_no}.example/", "https://user@desk.example/{case_no}",
    "https://desk.example@evil.example/{case_no}", "https://desk.example\\@evil.example/{case_no}", "https:\\\\desk.example/{case_no}",
    'https://desk.example/"onclick={case_no}', "https://desk.example/<{case_no}>", "https://desk.example/a b{case_no}", "https://desk.example/{case_no}\n",
    "https://desk.example/", "https://desk.example/{caseno}", "https://desk.example/{CASE_NO}", "https://desk.example/{ case_no }", "https://desk.example/%s", "https:/desk.example/{case_no}",
)  # fmt: skip
GOOD_URLS = (
    "https://desk.example/{case_no}", "http://desk/{case_no}", "https://desk.example:8443/case?no={case_no}&id={case_id}#top", "https://127.0.0.1/{case_id}/x",
    "https://desk.example/{case_no}/{case_no}", "https://xn--brugersttte-9gb.example/sag/{case_no}", "https://desk.example/søg?sag={case_no}", "https://[::1]:80/{case_no}",
)  # fmt: skip


@pytest.mark.parametrize("url", BAD_URLS)
def test_bad_url(sources, url):
    (fault,) = faults(sources, case_url=url)
    assert fault.startswith("case_url: ")


@pytest.mark.parametrize("url", GOOD_URLS)
def test_good_url(sources, url):
    create(sources, case_url=url)


NUMBERS = (
    "IR1", "", " ", "a b", "../../logout", "?admin=1", "#x", "&x=1", "%41", "%", "{case_id}", "{case_no}", "\\1", "\\", "javascript:alert(1)", "\"><script>alert('x')</script>",
    "Sag nr. 1/2", "æøå", "☃", "😀", "a\nb\r\tc\u0001\u007f", "~-._", "\u202etxt", "$1", "&amp;", "'; DROP TABLE x; --",
)  # fmt: skip
UNRESERVED = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"


def encoded(text):
    return "".join(chr(byte) if byte in UNRESERVED else f"%{byte:02X}" for byte in text.encode())


def test_case_numbers_in_urls(desk):
    """Whatever a case is called, it stays one part of the url."""
    desk.execute("CREATE TABLE src.odd_events (case_id text, activity text, at timestamptz); CREATE TABLE src.odd_cases (case_id text, case_no text)")
    for number, text in enumerate(NUMBERS):
        desk.execute("INSERT INTO src.odd_events VALUES (%s, 'Ny', '2023-01-01Z')", (f"{number} {text}",))
        desk.execute("INSERT INTO src.odd_cases VALUES (%s, %s)", (f"{number} {text}", text))
    create(desk, events="src.odd_events", cases="src.odd_cases", case_url="https://desk.example/{case_id}/x?no={case_no}&again={case_no}")
    refresh(desk)
    wanted = {text: f"https://desk.example/{encoded(f'{number} {text}')}/x?no={encoded(text)}&again={encoded(text)}" for number, text in enumerate(NUMBERS)}
    assert dict(rows(desk, "SELECT case_no, url FROM desk.cases")) == wanted


def test_url_of_a_case_without_number(desk):
    """Its case_id stands for it."""
    desk.execute("UPDATE src.cases SET case_no = NULL WHERE case_id = 3; DELETE FROM src.cases WHERE case_id = 4")
    create(desk, cases="src.cases", case_url="https://desk.example/{case_no}")
    refresh(desk)
    found = dict(rows(desk, "SELECT case_id, url FROM desk.cases WHERE case_id < 6"))
    assert found == {1: "https://desk.example/IR1", 2: "https://desk.example/IR2", 3: "https://desk.example/3", 4: "https://desk.example/4", 5: "https://desk.example/IR5"}
