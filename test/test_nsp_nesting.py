"""What runs while a remote table is read: triggers that read again, fail, wait; whatever they do, the read ends and the session goes on."""

import psycopg
import pytest
from client import connect, failure, message, rows, value
from nsp_source import NAMES, OddDesk, assert_landed, create_source, drop_all, last_load, load, nsp_database
from private_cluster import private_cluster
from small_log import Background, wait_for
from tds import fdw
from tds.server import Server

READS_AGAIN = "PERFORM ticket_mining.nsp_read_remote('nsp', 'changes', false, false);"
SAYS = "RAISE WARNING 'warned'; RAISE NOTICE 'noticed';"


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
        drop_all(db)


def on_landing(db, body, table="nsp.landed_changes"):
    """What is done after the rows of the history have been read, and before that statement has ended."""
    db.execute(f"""CREATE FUNCTION nsp.landing() RETURNS trigger LANGUAGE plpgsql AS $$
                   DECLARE is_first boolean := current_setting('test.depth', true) IS NULL OR current_setting('test.depth', true) = '';
                   BEGIN {body} RETURN NULL; END $$;
                   CREATE TRIGGER landing AFTER INSERT ON {table} FOR EACH STATEMENT EXECUTE FUNCTION nsp.landing()""")


def goes_on(db):
    """A session that has lost nothing: its next error comes at once, and says what it should; the next load lands all."""
    assert failure(db, "SELECT 1/0").sqlstate == "22012"
    assert message(failure(db, "SELECT 1/0")) == "division by zero"
    heard = []
    db.add_notice_handler(lambda diag: heard.append(diag.message_primary))
    db.execute(f"DO $$ BEGIN {SAYS} END $$")
    assert heard == ["warned", "noticed"]
    assert rows(db, "SELECT current_setting('log_min_messages'), current_setting('client_min_messages')") == [
        (value(db, "SELECT reset_val FROM pg_settings WHERE name = 'log_min_messages'"), "notice")]


def loads_again(db, desk):
    db.execute("DROP FUNCTION nsp.landing() CASCADE")
    load(db, full=True)
    assert_landed(db, desk.database)
    assert value(db, "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'ticket_mining %'") == 0


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
        for call in ("nsp_read_remote('nsp', 'changes', false, false)", "nsp_import_remote('nsp', 'dbo', 'pg_temp')"):
            assert 'source "nsp" belongs to role' in message(failure(session, f"SELECT ticket_mining.{call}"))


def test_server_of_another_wrapper(source):
    db, _, _ = source
    db.execute("CREATE FOREIGN DATA WRAPPER other; CREATE SERVER other FOREIGN DATA WRAPPER other; UPDATE nsp.settings SET server = 'other'")
    error = failure(db, "SELECT ticket_mining.nsp_import_remote('nsp', 'dbo', 'public')")
    assert error.sqlstate == "55000" and 'the foreign server "other" is one of other, not of tds_fdw' in message(error)
    db.execute("DROP FOREIGN DATA WRAPPER other CASCADE")


def test_nested_read(source):
    """A trigger reads the same foreign table again: each gathers for itself, and what others say is not touched."""
    db, _, desk = source
    on_landing(db, f"""{SAYS} IF is_first THEN PERFORM set_config('test.depth', '1', true);
                       PERFORM ticket_mining.nsp_read_remote('nsp', 'changes', false, false);
                       PERFORM set_config('test.depth', '', true); DELETE FROM nsp.landed_changes WHERE ctid IN (
                           SELECT ctid FROM (SELECT ctid, row_number() OVER (PARTITION BY seq) FROM nsp.landed_changes) c WHERE row_number > 1); END IF; {SAYS}""")
    heard = []
    db.add_notice_handler(lambda diag: heard.append(diag.message_primary))
    load(db)
    assert last_load(db)["rows"]["changes"]["read"] == len(desk.database.rows(NAMES["changes"]))
    assert heard.count("warned") == 4 and "noticed" not in heard
    assert_landed(db, desk.database)
    goes_on(db)


def test_endless_nesting(source):
    """A trigger that reads again, whose trigger reads again: the depth of the stack ends it."""
    db, _, desk = source
    on_landing(db, f"{SAYS} {READS_AGAIN}")
    db.execute("SET max_stack_depth = '500kB'")
    error = failure(db, "CALL ticket_mining.load('nsp')")
    assert error.sqlstate in ("54001", "HV00L", "HV00N", "HV000"), message(error)
    goes_on(db)
    loads_again(db, desk)


def test_nested_load(source):
    """A load within a load is refused, since the one in whose trigger it is cannot be committed."""
    db, _, desk = source
    on_landing(db, "CALL ticket_mining.load('nsp');")
    assert "cannot run inside a transaction block" in message(failure(db, "CALL ticket_mining.load('nsp')"))
    goes_on(db)
    loads_again(db, desk)


def test_cancel_within(source):
    """Two reads deep."""
    db, _, desk = source
    on_landing(db, f"""{SAYS} IF is_first THEN PERFORM set_config('test.depth', '1', true); {READS_AGAIN} END IF;
                       LOOP RAISE WARNING 'still here'; PERFORM pg_sleep(0.01); END LOOP;""")
    db.execute("SET statement_timeout = '3s'")
    assert failure(db, "CALL ticket_mining.load('nsp')").sqlstate == "57014"
    db.execute("SET statement_timeout = '60s'")
    goes_on(db)
    loads_again(db, desk)


def test_caught_within(source):
    """A trigger catches the error of the read that it makes; the outer one goes on, and knows nothing of it."""
    db, server, desk = source
    on_landing(db, f"""IF is_first THEN PERFORM set_config('test.depth', '1', true);
                           BEGIN {READS_AGAIN} RAISE 'no error'; EXCEPTION WHEN fdw_error OR fdw_unable_to_create_execution THEN
                           PERFORM set_config('test.depth', '', true); END;
                           BEGIN PERFORM 1/0; EXCEPTION WHEN division_by_zero THEN {SAYS} END; END IF;""")
    # The first query of the table plans, the second reads; the next two are those of the trigger.
    server.faults.add("error", relation=NAMES["changes"], after_rows=3, number=1205, text="Deadlock.", skip=1, times=1)
    load(db)
    assert last_load(db)["state"] == "done"
    assert_landed(db, desk.database)
    goes_on(db)


def test_words_of_the_inner_read(source):
    """An error of the inner read that nobody catches has the server's words, and those of a trigger have none."""
    db, server, desk = source
    on_landing(db, f"IF is_first THEN PERFORM set_config('test.depth', '1', true); {READS_AGAIN} END IF;")
    server.faults.add("error", relation=NAMES["changes"], after_rows=3, number=1205, text="Deadlock.", skip=1, times=1)
    assert "The remote server said: Deadlock." in message(failure(db, "CALL ticket_mining.load('nsp')"))
    db.execute("DROP FUNCTION nsp.landing() CASCADE")
    on_landing(db, f"""IF is_first THEN PERFORM set_config('test.depth', '1', true); {READS_AGAIN} END IF;
                       RAISE WARNING USING MESSAGE = 'odd', ERRCODE = '22000'; RAISE 'own' USING DETAIL = 'own detail';""")
    warned = []
    db.add_notice_handler(lambda diag: warned.append((diag.message_primary, diag.message_detail)))
    error = failure(db, "CALL ticket_mining.load('nsp')")
    assert "own detail" in error.diag.message_detail and ("odd", None) in warned
    goes_on(db)
    loads_again(db, desk)


def test_terminate_within(source):
    """The session ends at once, and leaves nothing."""
    db, _, desk = source
    on_landing(db, f"{SAYS} IF is_first THEN PERFORM set_config('test.depth', '1', true); {READS_AGAIN} END IF; PERFORM pg_sleep(100);")
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
    desk = OddDesk(tickets=5)
    with private_cluster(log_min_messages="fatal") as cluster, Server(desk.database) as server:
        with cluster.connect() as db:
            db.execute("CREATE EXTENSION ticket_mining")
            fdw.attach(db, server, "nsp_server")
            db.execute("CALL ticket_mining.create_nsp_source('nsp', 'nsp_server')")
            on_landing(db, "RAISE LOG 'to the log'; RAISE WARNING 'to the client'; RAISE NOTICE 'to nobody';")
            for level, expected in (("fatal", []), ("error", ["to the log"]), ("warning", ["to the log", "to the client"]),
                                    ("notice", ["to the log", "to the client", "to nobody"])):  # fmt: skip
                db.execute(f"SET log_min_messages = {level}; TRUNCATE nsp.landed_changes")
                with open(cluster.log) as log:
                    log.seek(0, 2)
                    load(db)
                    written = log.read()
                assert [text for text in ("to the log", "to the client", "to nobody") if text in written] == expected, level
                assert ("DB-Library notice" in written) == (level == "notice"), level
