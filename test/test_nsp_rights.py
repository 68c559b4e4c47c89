"""Who may make a source and load it: an ordinary role with the right to use the foreign server, and nobody in its name."""

from contextlib import contextmanager

import psycopg
import pytest
from client import connect, failure, force_parallel, message, rows, value
from nsp_source import OddDesk, assert_landed, create_log, create_source, drop_all, load, nsp_database
from small_log import Background, wait_for
from tds.server import Server

REFUSED = psycopg.errors.InvalidParameterValue


@pytest.fixture(scope="module")
def name(databases):
    return nsp_database(databases)


@pytest.fixture
def served(name):
    """A database with a foreign server, and its tickets."""
    desk = OddDesk(tickets=20)
    with Server(desk.database) as server, connect(name) as db:
        create_source(db, server, "others")
        db.execute("DROP USER MAPPING FOR PUBLIC SERVER others_server")
        yield db, server, desk
        drop_all(db)


@contextmanager
def session_of(db, role):
    try:
        with psycopg.connect(dbname=db.info.dbname, user=role, autocommit=True) as session:
            yield session
    finally:
        db.execute(f"DROP OWNED BY {role} CASCADE")


def test_ordinary_role(served, role):
    """Each right that is missing is named; with all of them everything works."""
    db, server, desk = served
    db.execute(f"GRANT CREATE ON DATABASE {db.info.dbname} TO {role}")
    with session_of(db, role) as session:
        with pytest.raises(REFUSED) as caught:
            session.execute("CALL ticket_mining.create_nsp_source('nsp', 'others_server')")
        assert "no right to use the foreign server" in caught.value.diag.message_detail and "no user mapping for role" in caught.value.diag.message_detail
        db.execute(f"GRANT USAGE ON FOREIGN SERVER others_server TO {role}")
        with pytest.raises(REFUSED) as caught:
            session.execute("CALL ticket_mining.create_nsp_source('nsp', 'others_server')")
        assert "no right" not in caught.value.diag.message_detail
        session.execute(f"CREATE USER MAPPING FOR {role} SERVER others_server OPTIONS (username '{server.user}', password '{server.password}')")
        session.execute("CALL ticket_mining.create_nsp_source('nsp', 'others_server')")
        create_log(session)
        load(session, refresh="desk")
        assert_landed(session, desk.database)
        assert value(session, "SELECT count(*) FROM desk.cases") == value(session, "SELECT count(DISTINCT case_id) FROM nsp.events")


def test_error_of_an_ordinary_role(served, role):
    """It hears what the remote server said, though it may not change what the server logs."""
    db, server, _ = served
    db.execute(f"GRANT CREATE ON DATABASE {db.info.dbname} TO {role}; GRANT USAGE ON FOREIGN SERVER others_server TO {role}")
    with session_of(db, role) as session:
        session.execute(f"CREATE USER MAPPING FOR {role} SERVER others_server OPTIONS (username '{server.user}', password 'wrong')")
        session.execute("CALL ticket_mining.create_nsp_source('nsp', 'others_server')")
        with pytest.raises(psycopg.Error) as caught:
            load(session)
        assert f"The remote server said: Login failed for user '{server.user}'." in caught.value.diag.message_detail
        assert rows(session, "SELECT state FROM nsp.loads") == [("failed",)]


@pytest.mark.parametrize("call", ("CALL ticket_mining.load('others')", "SELECT * FROM ticket_mining.check_source('others')", "CALL ticket_mining.drop_source('others')"))
def test_source_of_another(served, role, call):
    """Nobody but the owner, and a superuser least of all, runs what stands in its views."""
    db, _, _ = served
    with psycopg.connect(dbname=db.info.dbname, user=role, autocommit=True) as session, pytest.raises(psycopg.errors.InsufficientPrivilege, match='source "others" belongs to role'):
        session.execute(call)


@contextmanager
def planted(db, server, role):
    """What a role puts into the schema of another's source, and a function of its own that must not run."""
    db.execute(f"GRANT USAGE, CREATE ON SCHEMA others TO {role}; CREATE USER MAPPING FOR CURRENT_USER SERVER others_server OPTIONS (username '{server.user}', password '{server.password}')")
    with session_of(db, role) as session:
        session.execute("CREATE FUNCTION others.trap() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'sprung'; END$$")
        yield session


def test_planted_landing_table(served, role):
    """A table of the name of a part that is to come, of somebody else: named, and not written to; once it is gone all is well."""
    db, server, desk = served
    with planted(db, server, role) as mallory:
        mallory.execute("CREATE TABLE others.landed_extra (id bigint, missing_since timestamptz, landed_at timestamptz); "
                        "CREATE TRIGGER trap BEFORE INSERT ON others.landed_extra FOR EACH STATEMENT EXECUTE FUNCTION others.trap(); GRANT ALL ON others.landed_extra TO PUBLIC")  # fmt: skip
        load(db, "others")
        db.execute("INSERT INTO others.parts (part, remote_schema, remote_table) VALUES ('extra', 'dbo', 'SysPriority'); "
                   "INSERT INTO others.mapping (part, field, remote_column, read_as, is_key, is_required) VALUES ('extra', 'id', 'Id', 'integer', true, true)")  # fmt: skip
        error = failure(db, "CALL ticket_mining.load('others')")
        assert error.sqlstate == "42501" and f'landed_extra of role "{role}"' in message(error)
        mallory.execute("DROP TABLE others.landed_extra")
        load(db, "others")
        assert_landed(db, desk.database, "others")
        assert value(db, "SELECT count(*) FROM others.landed_extra") > 0


def test_planted_view(served, role):
    """The same for a view that its owner has dropped."""
    db, server, _ = served
    with planted(db, server, role) as mallory:
        db.execute("DROP VIEW others.cases")
        mallory.execute("CREATE VIEW others.cases AS SELECT 1 AS case_id, NULL::text AS case_no")
        for call in ("CALL ticket_mining.load('others')", "CALL ticket_mining.drop_source('others')", "SELECT * FROM ticket_mining.check_source('others')"):
            assert f'cases of role "{role}"' in message(failure(db, call))
        mallory.execute("DROP VIEW others.cases")
        load(db, "others")


def test_planted_foreign_table(served, role):
    """Of the name that loads once used for theirs, and temporary tables of such names: not used, and not in the way."""
    db, server, desk = served
    with planted(db, server, role) as mallory:
        mallory.execute("CREATE TABLE others.remote_tickets (case_id bigint); CREATE VIEW others.remote_changes AS SELECT 1 AS seq; CREATE TYPE others.remote_comments AS (a int)")
        db.execute("CREATE TEMPORARY TABLE nsp_remote (a int); CREATE TEMPORARY TABLE nsp_fields (a int); CREATE TEMPORARY VIEW nsp_stage AS SELECT 1; CREATE TEMPORARY SEQUENCE nsp_findings; CREATE TEMPORARY TABLE remote_columns (part text)")
        load(db, "others")
        load(db, "others", full=True)
        assert_landed(db, desk.database, "others")
        assert value(db, "SELECT count(*) FROM pg_foreign_table") == 0


def test_types_of_others_in_the_path(served, role):
    """The session finds a domain public.text before PostgreSQL's type."""
    db, server, desk = served
    with planted(db, server, role):
        db.execute("CREATE DOMAIN public.text AS integer; CREATE DOMAIN public.int8 AS integer; CREATE FUNCTION public.format(text, text) RETURNS pg_catalog.text LANGUAGE sql RETURN 'x'; SET search_path = public, ticket_mining, pg_catalog")
        try:
            load(db, "others")
        finally:
            db.execute("SET search_path = public, ticket_mining; DROP FUNCTION public.format(text, text); DROP DOMAIN public.text; DROP DOMAIN public.int8")
        assert_landed(db, desk.database, "others")


def test_foreign_keys_of_others(served, role):
    """They are refused by name: their triggers would run with the rights of the owner who loads."""
    db, server, _ = served
    with planted(db, server, role) as mallory:
        load(db, "others")
        db.execute(f"GRANT REFERENCES ON others.catalog TO {role}")
        mallory.execute("CREATE TABLE others.mine (part text, remote_column text, FOREIGN KEY (part, remote_column) REFERENCES others.catalog ON DELETE CASCADE)")
        assert "others.mine" in message(failure(db, "CALL ticket_mining.load('others')"))
        mallory.execute("DROP TABLE others.mine")
        load(db, "others")


EVIL = """CREATE FUNCTION others.evil(integer) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'sprung'; END $$"""
LATE = "CREATE TRIGGER late BEFORE INSERT OR UPDATE ON {} FOR EACH ROW WHEN (others.evil(1)) EXECUTE FUNCTION suppress_redundant_updates_trigger()"


@pytest.mark.parametrize("table", ("loads", "catalog", "landed_changes"))
def test_triggers_of_others(served, role, table):
    """Whoever's function they call, they are refused by name: those that are there, and those that come while a load waits for its locks."""
    db, server, _ = served
    with planted(db, server, role) as mallory, connect(db.info.dbname) as watcher:
        db.execute(f"GRANT TRIGGER ON others.{table} TO {role}")
        mallory.execute(EVIL)
        mallory.execute(LATE.format(f"others.{table}"))
        error = failure(db, "CALL ticket_mining.load('others')")
        assert error.sqlstate == "55000" and f"late on others.{table}" in message(error)
        db.execute(f"DROP TRIGGER late ON others.{table}")
        mallory.autocommit = False
        mallory.execute(LATE.format(f"others.{table}"))
        running = Background(lambda: load(db, "others"))
        wait_for(lambda: value(watcher, "SELECT EXISTS (SELECT FROM pg_locks WHERE pid = %s AND NOT granted)", (db.info.backend_pid,)), "a load that waits")
        mallory.commit()
        error = running.end()
        assert error is not None and error.sqlstate == "55000" and f"late on others.{table}" in message(error)
        db.execute(f"DROP TRIGGER late ON others.{table}")
        load(db, "others")


def test_triggers_on_the_map_of_a_log(served, role):
    """It is written to for a source, too."""
    db, server, _ = served
    with planted(db, server, role) as mallory:
        load(db, "others")
        create_log(db, schema="others")
        db.execute(f"GRANT USAGE ON SCHEMA desk TO {role}; GRANT TRIGGER ON desk.activity_map TO {role}")
        mallory.execute(EVIL)
        mallory.execute(LATE.format("desk.activity_map"))
        assert "late on desk.activity_map" in message(failure(db, "CALL ticket_mining.suggest_activity_map('others', 'desk')"))
        db.execute("SET default_transaction_isolation = 'repeatable read'")
        assert failure(db, "CALL ticket_mining.suggest_activity_map('others', 'desk')").sqlstate == "25000"
        db.execute("RESET default_transaction_isolation")


def test_dropped_without_what_others_have_put_there(served, role):
    """A table of somebody else's, of a name like a part's, stays, and with it the schema."""
    db, server, desk = served
    with planted(db, server, role) as mallory:
        mallory.execute("CREATE TABLE others.landed_notes (note text); INSERT INTO others.landed_notes VALUES ('mine')")
        error = failure(db, "CALL ticket_mining.drop_source('others')")
        assert error.sqlstate == "2BP01" and "landed_notes" in message(error)
        assert rows(mallory, "SELECT * FROM others.landed_notes") == [("mine",)]
        load(db, "others")
        assert_landed(db, desk.database, "others")


def test_parallel_plans(served, role):
    """Every function that a load calls says truly whether a parallel worker may run it."""
    db, server, desk = served
    with planted(db, server, role):
        db.execute("SELECT set_config(name, 'on', false) FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query')")
        force_parallel(db, workers=1)
        db.execute("CALL ticket_mining.create_nsp_source('made', 'others_server')")
        load(db, "others", full=True)
        # What is there already is compared, which needs no worker to be as strict.
        db.execute("SET max_parallel_workers = 0")
        load(db, "others", full=True)
        assert rows(db, "SELECT * FROM ticket_mining.check_source('others')") == []
        db.execute("CALL ticket_mining.drop_source('made')")
        assert_landed(db, desk.database, "others")


# ---- what others have made of a source ------------------------------------------------------------


def test_views_of_others(served, role):
    """And columns of the type of a landing table keep an edited mapping out: they are named, with their owners."""
    db, server, desk = served
    db.execute(f"CREATE USER MAPPING FOR PUBLIC SERVER others_server OPTIONS (username '{server.user}', password '{server.password}')")
    db.execute(f"CALL ticket_mining.create_nsp_source('nsp', 'others_server'); GRANT USAGE ON SCHEMA nsp TO {role}; GRANT SELECT ON nsp.cases TO {role}")
    load(db)
    db.execute(f"CREATE SCHEMA theirs AUTHORIZATION {role}")
    with session_of(db, role) as session:
        session.execute("CREATE TEMPORARY VIEW mine AS SELECT priority FROM nsp.cases; CREATE TABLE theirs.held (c nsp.landed_tickets)")
        (temporary,) = session.execute("SELECT pg_my_temp_schema()::regnamespace::text").fetchone()
        db.execute("UPDATE nsp.mapping SET read_as = 'text' WHERE part = 'tickets' AND field = 'priority'")
        error = failure(db, "CALL ticket_mining.load('nsp')")
        assert error.sqlstate == "2BP01" and f'{temporary}.mine of role "{role}"' in error.diag.message_detail
        session.execute("DROP VIEW mine")
        error = failure(db, "CALL ticket_mining.load('nsp')")
        assert error.sqlstate == "2BP01" and f'column c of table theirs.held of role "{role}"' in error.diag.message_detail
    load(db)
