"""What runs while the remote server is read, or in a load: whatever it does, the read ends and the session goes on."""

import psycopg
import pytest
from client import connect, failure, message, rows, value
from nsp_source import OddDesk, assert_landed, create_source, drop_all, last_load, load, nsp_database
from private_cluster import private_cluster
from small_log import Background, wait_for
from tds import fdw
from tds.server import Server

SAYS = "RAISE WARNING 'warned'; RAISE NOTICE 'noticed';"
# Within an import another one, as deep as is asked for; it leaves nothing.
IMPORTS = """scratch := 'deep ' || gen_random_uuid(); EXECUTE format('CREATE SCHEMA %I', scratch);
             PERFORM ticket_mining.nsp_import_remote('nsp', 'dbo', scratch::name);
             SET LOCAL client_min_messages = warning; EXECUTE format('DROP SCHEMA %I CASCADE', scratch);"""


def deeper(imports, times=1):
    """Some that go so deep, whoever is the first."""
    return f"""IF depth < {times} THEN
                   PERFORM set_config('test.depth', (depth + 1)::text, true); {imports} PERFORM set_config('test.depth', depth::text, true);
               END IF;"""  # fmt: skip


@pytest.fixture(scope="module")
def name(databases):
    return nsp_database(databases)


@pytest.fixture
def source(name):
    """(session, server, desk): a source that is not loaded yet."""
    desk = OddDesk(tickets=10)
    with Server(desk.database) as server, connect(name) as db:
        create_source(db, server)
        yield db, server, desk
    with connect(name) as db:
        db.execute("DROP EVENT TRIGGER IF EXISTS on_import")
        drop_all(db)


def on_import(db, body):
    """What is done when remote tables have been imported, and before that statement has ended: nothing else can run there."""
    db.execute(f"""CREATE FUNCTION nsp.on_import() RETURNS event_trigger LANGUAGE plpgsql AS $$
                   DECLARE depth integer := coalesce(nullif(current_setting('test.depth', true), ''), '0'); scratch text;
                   BEGIN {body} END $$;
                   CREATE EVENT TRIGGER on_import ON ddl_command_end WHEN TAG IN ('IMPORT FOREIGN SCHEMA') EXECUTE FUNCTION nsp.on_import()""")


def on_landing(db, body):
    """What is done while the history lands, once."""
    db.execute(f"""DROP SEQUENCE IF EXISTS nsp.landing; CREATE SEQUENCE nsp.landing; CREATE FUNCTION nsp.on_landing() RETURNS boolean LANGUAGE plpgsql AS $$
                   BEGIN IF nextval('nsp.landing') = 1 THEN {body} END IF; RETURN true; END $$;
                   ALTER TABLE nsp.landed_changes ADD CHECK (nsp.on_landing())""")


def hear(db):
    """The warnings and notices from now on."""
    heard = []
    db.add_notice_handler(lambda diag: heard.append(diag.message_primary))
    return heard


def goes_on(db):
    """A session that has lost nothing: its next error comes at once, and says what it should; others are heard."""
    assert failure(db, "SELECT 1/0").sqlstate == "22012"
    assert message(failure(db, "SELECT 1/0")) == "division by zero"
    heard = hear(db)
    db.execute(f"DO $$ BEGIN {SAYS} END $$")
    assert heard == ["warned", "noticed"]
    changed = "SELECT name FROM pg_settings WHERE name IN ('log_min_messages', 'client_min_messages') AND setting <> reset_val"
    assert rows(db, changed) == []


def loads_again(db, desk):
    db.execute("DROP FUNCTION IF EXISTS nsp.on_import(), nsp.on_landing() CASCADE; DROP SEQUENCE IF EXISTS nsp.landing")
    load(db, full=True)
    assert_landed(db, desk.database)
    assert rows(db, "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'ticket_mining %' OR nspname LIKE 'deep %'") == []
    assert rows(db, "SELECT FROM pg_foreign_table") == []


NESTED = (
    "SELECT ticket_mining.tds_execute($a$SELECT ticket_mining.tds_execute('DO $x$ BEGIN RAISE WARNING ''hi''; END $x$')$a$)",
    "SELECT ticket_mining.tds_execute($a$SELECT ticket_mining.tds_execute('SELECT 1')$a$)",
)


@pytest.mark.parametrize("statement", NESTED)
def test_no_function_runs_a_text(db, role, statement):
    with psycopg.connect(dbname=db.info.dbname, user=role, autocommit=True) as session:
        assert failure(session, statement).sqlstate == "42883"
        assert failure(session, "SELECT 1/0").sqlstate == "22012"


def test_function_of_an_earlier_version(db):
    """A database that is not updated yet names it still; it runs nothing."""
    db.execute("CREATE FUNCTION public.tds_execute(statement text) RETURNS bigint AS '$libdir/ticket_mining' LANGUAGE C STRICT")
    error = failure(db, "SELECT public.tds_execute('CREATE TABLE public.made ()')")
    db.execute("DROP FUNCTION public.tds_execute(text)")
    assert error.sqlstate == "55000" and error.diag.message_hint == "ALTER EXTENSION ticket_mining UPDATE;"
    assert value(db, "SELECT to_regclass('public.made')") is None


def test_functions_take_no_statement(db):
    """Nothing that is run is handed in: no argument of a function is a statement, a query, a condition or an expression."""
    named = """SELECT p.oid::regprocedure::text FROM pg_proc p, unnest(proargnames[1:pronargs]) name
               WHERE pronamespace = 'ticket_mining'::regnamespace AND proname ~ '^(nsp|tds)_' AND name ~ 'statement|query|condition|expression|steps'"""
    assert rows(db, named) == []


def test_owner_alone(source, role):
    """Nobody reads through the source of another, whatever is in his own session."""
    db, _, _ = source
    with psycopg.connect(dbname=db.info.dbname, user=role, autocommit=True) as session:
        for call in ("nsp_read_remote('nsp', 'changes', false)", "nsp_import_remote('nsp', 'dbo', 'pg_temp')"):
            assert 'source "nsp" belongs to role' in message(failure(session, f"SELECT ticket_mining.{call}"))


def test_server_of_another_wrapper(source):
    db, _, _ = source
    db.execute("CREATE FOREIGN DATA WRAPPER other; CREATE SERVER other FOREIGN DATA WRAPPER other; UPDATE nsp.settings SET server = 'other'")
    for call in ("nsp_import_remote('nsp', 'dbo', 'public')", "nsp_read_remote('nsp', 'changes', false)"):
        error = failure(db, f"SELECT ticket_mining.{call}")
        assert error.sqlstate == "55000" and 'the foreign server "other" is one of other, not of tds_fdw' in message(error)
    db.execute("DROP FOREIGN DATA WRAPPER other CASCADE")


# ---- within a read ----------------------------------------------------------------------------------


@pytest.mark.parametrize("depth", (0, 1, 3))
def test_nested(source, depth):
    """Each gathers for itself, and what others say is not touched."""
    db, _, desk = source
    on_import(db, f"{SAYS} {deeper(IMPORTS, depth)} {SAYS}")
    heard = hear(db)
    load(db)
    assert last_load(db)["state"] == "done"
    assert heard.count("warned") == 2 * (depth + 1) and "noticed" not in heard
    goes_on(db)
    loads_again(db, desk)


def test_endless_nesting(source):
    """The depth of the stack ends it, or the server, which has no more connections."""
    db, _, desk = source
    on_import(db, f"{SAYS} {deeper(IMPORTS, 10**9)}")
    db.execute("SET max_stack_depth = '500kB'")
    error = failure(db, "CALL ticket_mining.load('nsp')")
    assert error.sqlstate == "54001", message(error)
    goes_on(db)
    loads_again(db, desk)


def test_cancel(source):
    """Two reads deep."""
    db, _, desk = source
    on_import(db, f"{SAYS} {deeper(IMPORTS)} LOOP RAISE WARNING 'still here'; PERFORM pg_sleep(0.01); END LOOP;")
    db.execute("SET statement_timeout = '3s'")
    assert failure(db, "CALL ticket_mining.load('nsp')").sqlstate == "57014"
    db.execute("SET statement_timeout = '60s'")
    goes_on(db)
    loads_again(db, desk)


# The catalog is asked by three queries; of the second import the first one fails.
FAULT = {"relation": "INFORMATION_SCHEMA", "number": 1205, "text": "Deadlock."}


def second_import_fails(server):
    server.faults.add("error", **FAULT, skip=3, times=1)


def test_caught(source):
    """The error of an inner read is caught; the outer one goes on, and knows nothing of it."""
    db, server, desk = source
    on_import(db, deeper(f"""BEGIN {IMPORTS} RAISE 'no error'; EXCEPTION WHEN fdw_error OR fdw_unable_to_create_execution OR fdw_unable_to_create_reply THEN
                                 RAISE WARNING '% (%)', SQLERRM, SQLSTATE; END;
                             BEGIN PERFORM 1/0; EXCEPTION WHEN division_by_zero THEN {SAYS} END;"""))
    second_import_fails(server)
    heard = hear(db)
    load(db)
    assert last_load(db)["state"] == "done" and any("(HV" in text for text in heard) and "warned" in heard
    goes_on(db)
    loads_again(db, desk)


def test_words(source):
    """An error of an inner read that nobody catches has the server's words; what is no error of a foreign table has its own."""
    db, server, desk = source
    on_import(db, deeper(IMPORTS))
    second_import_fails(server)
    assert "The remote server said: Deadlock." in message(failure(db, "CALL ticket_mining.load('nsp')"))
    db.execute("DROP FUNCTION nsp.on_import() CASCADE")
    on_import(db, f"""BEGIN {deeper(IMPORTS)} EXCEPTION WHEN OTHERS THEN NULL; END;
                      RAISE WARNING USING MESSAGE = 'odd', ERRCODE = '22000'; RAISE 'own' USING DETAIL = 'own detail';""")
    second_import_fails(server)
    warned = []
    db.add_notice_handler(lambda diag: warned.append((diag.message_primary, diag.message_detail)))
    error = failure(db, "CALL ticket_mining.load('nsp')")
    assert error.diag.message_detail.startswith("own detail") and ("odd", None) in warned
    goes_on(db)
    loads_again(db, desk)


def test_terminate(source):
    """The session ends at once, and leaves nothing."""
    db, _, desk = source
    on_import(db, f"{SAYS} {deeper(IMPORTS)} PERFORM pg_sleep(100);")
    pid = db.info.backend_pid
    running = Background(lambda: load(db))
    with connect(db.info.dbname) as watcher:
        wait_for(lambda: value(watcher, "SELECT wait_event = 'PgSleep' FROM pg_stat_activity WHERE pid = %s", (pid,)), "a trigger that sleeps")
        watcher.execute("SELECT pg_terminate_backend(%s)", (pid,))
        wait_for(lambda: value(watcher, "SELECT count(*) FROM pg_stat_activity WHERE pid = %s", (pid,)) == 0, "a session that has ended")
        assert isinstance(running.end(), psycopg.OperationalError)
        goes_on(watcher)
        loads_again(watcher, desk)


def test_log_of_the_server():
    """A load hears the remote server's notices without putting more into the log than goes there anyway, or less."""
    desk, said = OddDesk(tickets=5), ("to the log", "to the client", "to nobody")
    with private_cluster(log_min_messages="fatal") as cluster, Server(desk.database) as server, cluster.connect() as db:
        db.execute("CREATE EXTENSION ticket_mining")
        fdw.attach(db, server, "nsp_server")
        db.execute("CALL ticket_mining.create_nsp_source('nsp', 'nsp_server')")
        on_import(db, "RAISE LOG 'to the log'; RAISE WARNING 'to the client'; RAISE NOTICE 'to nobody';")
        for level, expected in (("fatal", 0), ("error", 1), ("warning", 2), ("notice", 3)):
            db.execute(f"SET log_min_messages = {level}")
            with open(cluster.log) as log:
                log.seek(0, 2)
                load(db)
                written = log.read()
            assert [text for text in said if text in written] == list(said[:expected]), level
            assert ("DB-Library notice" in written) == (level == "notice"), level


# ---- what the owner has where a load comes by ---------------------------------------------------


def test_read_within_a_landing(source):
    """A check of a landing table that reads again: refused, since the tables are being read from."""
    db, _, desk = source
    for call in ("nsp_read_remote('nsp', 'changes', false)", "nsp_load_part('nsp', 'changes', true)", "nsp_load_named_part('nsp', 'tickets', true)"):
        on_landing(db, f"{SAYS} PERFORM ticket_mining.{call};")
        error = failure(db, "CALL ticket_mining.load('nsp')")
        assert error.sqlstate == "42P07" and 'While loading part "changes"' in message(error)
        db.execute("DROP FUNCTION nsp.on_landing() CASCADE")
    goes_on(db)
    loads_again(db, desk)


def test_load_within_a_landing(source):
    """A load within a load is refused, since the one in whose check it is cannot be committed."""
    db, _, desk = source
    on_landing(db, f"{SAYS} CALL ticket_mining.load('nsp');")
    assert "cannot run inside a transaction block" in message(failure(db, "CALL ticket_mining.load('nsp')"))
    goes_on(db)
    loads_again(db, desk)


def test_check_within_a_landing(source):
    """It reads the catalog of the remote server again, and what it leaves is as good."""
    db, _, desk = source
    on_landing(db, f"{SAYS} PERFORM * FROM ticket_mining.check_source('nsp'); {SAYS}")
    load(db)
    assert_landed(db, desk.database)
    goes_on(db)


def test_cancel_within_a_landing(source):
    db, _, desk = source
    on_landing(db, "LOOP RAISE WARNING 'still here'; PERFORM pg_sleep(0.01); END LOOP;")
    db.execute("SET statement_timeout = '2s'")
    assert failure(db, "CALL ticket_mining.load('nsp')").sqlstate == "57014"
    db.execute("SET statement_timeout = '60s'")
    goes_on(db)
    loads_again(db, desk)
