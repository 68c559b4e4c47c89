"""Text that callers choose is never run as a statement for them, and nothing of theirs runs under a setting that only a superuser may change."""

import pytest
from callables import SAMPLES, callables
from client import connect, value
from nsp_source import OddDesk, nsp_database
from psycopg import Error
from small_log import create_desk
from tds import fdw
from tds.server import Server

# What a function would have to run, were it to run its text as a statement, or to put it into one.
TEXTS = (
    "SELECT pg_temp.spring()", "pg_temp.spring()", "x' || pg_temp.spring() || '", "x\" FROM pg_temp.spring(); --", "x; SELECT pg_temp.spring()",
)  # fmt: skip
FORMS = {
    "text": str, "name": str, "text[]": lambda text: [text], "name[]": lambda text: [text],
    "jsonb": lambda text: f'[{{{quoted(text)}: {quoted(text)}}}]', "json": lambda text: f"[{quoted(text)}]",
}  # fmt: skip


def quoted(text):
    return '"' + text.replace('"', '\\"') + '"'


# It remembers, whatever becomes of the transaction, that it was run, and whether under settings that its caller may not change.
SPRING = """
    CREATE TEMPORARY SEQUENCE sprung; CREATE TEMPORARY SEQUENCE raised;
    CREATE TABLE pg_temp.before AS SELECT name, setting FROM pg_settings WHERE context = 'superuser';
    CREATE FUNCTION pg_temp.spring() RETURNS text LANGUAGE plpgsql AS $$ BEGIN
        PERFORM nextval('pg_temp.sprung');
        IF EXISTS (SELECT FROM pg_catalog.pg_settings s JOIN pg_temp.before b USING (name) WHERE s.setting <> b.setting) THEN
            PERFORM nextval('pg_temp.raised');
        END IF;
        RETURN 'x'; END $$
"""


def sprung(db, sequence="sprung"):
    """Whether, since this was last asked."""
    found = value(db, f"SELECT is_called FROM pg_temp.{sequence}")
    db.execute(f"SELECT setval('pg_temp.{sequence}', 1, false)")
    return found


# ---- a role without rights --------------------------------------------------------------------------


@pytest.fixture
def nobody(own_db, role):
    """A session of a role without rights, in a database with a log of somebody else's."""
    create_desk(own_db)
    with connect(own_db.info.dbname, statement_timeout="10s") as db:
        db.execute(f"SET SESSION AUTHORIZATION {role}")
        db.execute(SPRING)
        yield db
    own_db.execute(f"DROP OWNED BY {role}")


def tried(db, statement, given):
    """Most refuse what they are given."""
    try:
        db.execute(statement, given)
    except Error:
        pass


def calls(called, samples):
    """Each text in each of the arguments that take one, and in all of them."""
    places = [i for i, one in enumerate(called.arguments) if one.type in FORMS]
    for text in TEXTS:
        for chosen in [[place] for place in places] + [places] * (len(places) > 1):
            yield [FORMS[one.type](text) if i in chosen else samples[one.type] for i, one in enumerate(called.arguments)]


def test_nothing_runs_text(nobody):
    """All that PUBLIC may call, of other logs, and of the caller's temporary schema as if it were one."""
    temporary = value(nobody, "SELECT pg_my_temp_schema()::regnamespace::text")
    ran, raised = set(), set()
    nobody.execute("SELECT pg_temp.spring()")
    assert sprung(nobody) and not sprung(nobody)
    for called in callables(nobody):
        for schema in ("desk", temporary):
            for given in calls(called, SAMPLES | {"name": schema}):
                tried(nobody, called.statement(called.arguments), given)
        if sprung(nobody):
            ran.add(called.signature)
        if sprung(nobody, "raised"):
            raised.add(called.signature)
    assert (sorted(ran), sorted(raised)) == ([], [])


# ---- a role that may load, and have things run by that --------------------------------------------------


@pytest.fixture
def owner(databases, role):
    """An ordinary role with a source, in a database that is dropped with all that is the role's."""
    name = nsp_database(databases)
    databases.server.execute(f"GRANT CREATE ON DATABASE {name} TO {role}")
    with Server(OddDesk(tickets=10).database) as server, connect(name) as db:
        fdw.attach(db, server, "nsp_server")
        db.execute(f"GRANT USAGE ON FOREIGN SERVER nsp_server TO {role}; SET SESSION AUTHORIZATION {role}")
        db.execute("CALL ticket_mining.create_nsp_source('nsp', 'nsp_server')")
        db.execute(SPRING)
        yield db
    databases.server.execute(f"DROP DATABASE {name} WITH (FORCE)")


CHECK = """
    CREATE FUNCTION nsp.spring() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_temp.spring(); RETURN true; END $$;
    ALTER TABLE nsp.landed_changes ADD CHECK (nsp.spring())"""


def test_settings_while_a_load_runs(owner):
    """A function of the owner's, where a load comes by, sees no setting changed that is not the owner's to change."""
    owner.execute(CHECK)
    owner.execute("CALL ticket_mining.load('nsp')")
    assert sprung(owner)
    assert not sprung(owner, "raised")
