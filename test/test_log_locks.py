"""What a refresh waits for: another of the same log, and nothing that roles can hold that do not own it; and how its wait ends."""

import os

import pytest
from client import column, connect, failure, rows, value
from small_log import (
    CHANGE, CREATE, Background, assert_right, held, history, last_run, refresh, start_refresh, wait_for,
)  # fmt: skip

DENIED = "42501"


@pytest.fixture
def desk(desk):
    """Whose sources have changed since it was refreshed."""
    desk.execute(f"SET lock_timeout = '10s'; {CHANGE}")
    return desk


@pytest.fixture
def stranger(databases, place):
    """A session of a role that may connect, and no more."""
    name = f"ticket_mining_stranger_{os.getpid()}"
    databases.server.execute(f"CREATE ROLE {name}")
    with connect(place) as db:
        db.execute(f"SET SESSION AUTHORIZATION {name}")
        yield db
    with connect(place) as db:
        db.execute(f"DROP OWNED BY {name}")
    databases.server.execute(f"DROP ROLE {name}")


def locks(db, pid, condition="true"):
    return rows(db, f"SELECT locktype, relation::regclass::text, classid::int8, objid::int8, objsubid, mode FROM pg_locks WHERE pid = %s AND {condition}", (pid,))


# ---- what others hold ---------------------------------------------------------------------------


# As many as fit into the memory that the server has for locks.
GUESSES = """
    SELECT pg_try_advisory_lock(a, b), pg_try_advisory_lock((a::int8 << 32) + b), pg_try_advisory_lock(b, a), pg_try_advisory_lock(a)
    FROM (SELECT oid::int8::integer FROM pg_namespace WHERE nspname IN ('desk', 'ticket_mining')) o (a),
         (SELECT oid::int8::integer FROM pg_namespace UNION SELECT oid::int8::integer FROM pg_class WHERE relnamespace = 'desk'::regnamespace AND relkind = 'r'
          UNION SELECT generate_series(0, 100)) p (b)"""


def hold_advisory_locks(stranger, seen):
    """Those that a refresh was seen to hold, and all that could be made of the numbers of the schemas and relations."""
    for _, _, first, second, kind, _ in seen:
        given = ((first << 32) + second,) if kind == 1 else (first, second)
        stranger.execute(f"SELECT pg_try_advisory_lock({', '.join(['%s::' + ('int8' if kind == 1 else 'integer')] * len(given))})", given)
    stranger.execute(GUESSES)


def seen_locks(stranger, db):
    return locks(stranger, db.info.backend_pid, "locktype = 'advisory'")


def test_advisory_locks(desk, watcher, stranger):
    """Anybody can hold any of them."""
    with held(watcher, "writing"):
        running = start_refresh(desk, watcher)
        seen = seen_locks(stranger, desk)
    assert running.end() is None
    hold_advisory_locks(stranger, seen)
    refresh(desk)
    assert history(desk) == [("done", None, True)] * 3
    assert_right(desk)


def test_advisory_locks_and_a_lost_run(desk, watcher, third, stranger):
    """It is seen that its process is gone, though somebody has taken all that it can have held."""
    with held(watcher, "writing"):
        running = start_refresh(third, watcher)
        seen = seen_locks(stranger, third)
        value(watcher, "SELECT pg_terminate_backend(%s, 10000)", (third.info.backend_pid,))
        assert running.end() is not None
    hold_advisory_locks(stranger, seen)
    refresh(desk)
    assert [run[0] for run in history(desk)] == ["done", "interrupted", "done"]


MODES = ("ROW SHARE", "ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE", "SHARE", "SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE")


def test_locks_of_a_reader(desk, stranger):
    """All that it may have, on all that it may read, for as long as it likes."""
    desk.execute(f"CALL ticket_mining.grant_reader('desk', '{value(stranger, 'SELECT current_user::text')}')")
    readable = column(stranger, "SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'desk'::regnamespace AND relkind IN ('r', 'v') AND has_table_privilege(oid, 'SELECT')")
    assert len(readable) > 15
    for name in readable:
        for mode in MODES:
            assert failure(stranger, f"BEGIN; LOCK TABLE {name} IN {mode} MODE").sqlstate == DENIED
            stranger.execute("ROLLBACK")
        assert failure(stranger, f"SELECT * FROM {name} FOR KEY SHARE").sqlstate in (DENIED, "0A000")
    stranger.execute("BEGIN")
    for name in readable:
        stranger.execute(f"LOCK TABLE {name} IN ACCESS SHARE MODE; SELECT count(*) FROM {name}")
    refresh(desk)
    assert last_run(desk) == ("done", None, True)
    stranger.execute("ROLLBACK")
    assert_right(desk)


def test_locks_of_all_relations(desk, stranger):
    """Of those that it may not read, it holds none."""
    names = column(desk, "SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'desk'::regnamespace AND relkind IN ('r', 'v')")
    for name in names:
        for mode in ("ACCESS SHARE", *MODES):
            assert failure(stranger, f"BEGIN; LOCK TABLE {name} IN {mode} MODE").sqlstate == DENIED
            stranger.execute("ROLLBACK")


# ---- what is in the way of new columns ----------------------------------------------------------------

WAITS_OF_DDL = """
    CREATE TABLE public.waits (tag text, lock_timeout text);
    CREATE FUNCTION public.note_wait() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.waits VALUES (tg_tag, current_setting('lock_timeout')); END $$;
    CREATE EVENT TRIGGER note_wait ON ddl_command_start WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION public.note_wait()"""


def test_a_reader_in_the_way_of_a_column(desk, stranger):
    """It is waited for no longer than the session says, and named: who comes later waits behind the refresh."""
    name, pid = value(stranger, "SELECT current_user::text"), stranger.info.backend_pid
    desk.execute(f"CALL ticket_mining.grant_reader('desk', '{name}')")
    stranger.execute("BEGIN; LOCK TABLE desk.cases IN ACCESS SHARE MODE")
    desk.execute("ALTER TABLE src.cases ADD place text; SET lock_timeout = '300ms'")
    error = failure(desk, "CALL ticket_mining.refresh('desk')")
    assert error.sqlstate == "55P03" and "pg_terminate_backend" in error.diag.message_hint
    told = f'Process {pid} of role "{stranger.info.user}" has locked desk.cases (AccessShareLock).'
    assert told in error.diag.message_detail and told in last_run(desk)[1]
    stranger.execute("ROLLBACK")
    refresh(desk)
    assert column(desk, "SELECT attname FROM pg_attribute WHERE attrelid = 'desk.cases'::regclass AND attname = 'place'") == ["place"]


@pytest.mark.parametrize("given, used", (("0", "5min"), ("1h", "5min"), ("10s", "10s")))
def test_no_wait_for_a_table_is_endless(desk, given, used):
    """Neither in the first refresh, which adds the keys, nor where there is a new column; the session has its own setting afterwards."""
    desk.execute(WAITS_OF_DDL)
    try:
        desk.execute(f"SET lock_timeout = '{given}'")
        desk.execute(CREATE.format("second"))
        desk.execute("TRUNCATE public.waits")
        refresh(desk, "second")
        keys = column(desk, "SELECT DISTINCT lock_timeout FROM public.waits")
        desk.execute("ALTER TABLE src.cases ADD place text; TRUNCATE public.waits")
        refresh(desk)
        assert value(desk, "SHOW lock_timeout") == given
    finally:
        desk.execute("DROP EVENT TRIGGER note_wait")
    assert keys == column(desk, "SELECT DISTINCT lock_timeout FROM public.waits") == [used]


def test_drop_and_refresh(desk, watcher, third, place):
    """While somebody reads the status: the refresh waits for the drop, and says that the log is gone; neither is stuck."""
    watcher.execute("BEGIN; SELECT * FROM desk.status")
    dropping = Background(lambda: third.execute("CALL ticket_mining.drop_log('desk')"))
    waits = "SELECT EXISTS (SELECT FROM pg_locks WHERE pid = %s AND NOT granted)"
    with connect(place) as fourth:
        wait_for(lambda: value(fourth, waits, (third.info.backend_pid,)), "a drop that waits")
        refreshing = Background(lambda: refresh(desk))
        wait_for(lambda: value(fourth, waits, (desk.info.backend_pid,)), "a refresh that waits")
    watcher.execute("ROLLBACK")
    assert dropping.end() is None
    assert refreshing.end().sqlstate == "42704"


def test_granting_beside_others(desk, watcher, third, stranger):
    """Who grants waits for who grants, and a refresh does: none meets another in the catalog."""
    name = value(stranger, "SELECT current_user::text")
    grant = f"CALL ticket_mining.grant_reader('desk', '{name}')"
    waits = "SELECT EXISTS (SELECT FROM pg_locks WHERE pid = %s AND NOT granted)"
    third.execute(f"BEGIN; {grant}")
    others = []
    for db, work in ((watcher, lambda: watcher.execute(grant)), (desk, lambda: refresh(desk))):
        others.append(Background(work))
        wait_for(lambda: value(third, waits, (db.info.backend_pid,)), "one that waits")
    third.execute("COMMIT")
    assert [one.end() for one in others] == [None, None]


def test_a_reader_in_the_way_of_dropping(desk, stranger):
    """Is waited for no longer than that either, and named; the log is as it was."""
    name, pid = value(stranger, "SELECT current_user::text"), stranger.info.backend_pid
    desk.execute(f"CALL ticket_mining.grant_reader('desk', '{name}')")
    stranger.execute("BEGIN; SELECT count(*) FROM desk.cases")
    desk.execute("SET lock_timeout = '300ms'")
    error = failure(desk, "CALL ticket_mining.drop_log('desk')")
    assert error.sqlstate == "55P03" and f'Process {pid} of role "{stranger.info.user}" has locked' in error.diag.message_detail and "desk.cases" in error.diag.message_detail
    stranger.execute("ROLLBACK")
    refresh(desk)
    desk.execute("CALL ticket_mining.drop_log('desk')")


@pytest.mark.parametrize("relation", ("desk.activity_map", "src.events"))
def test_others_in_the_way_of_reading(desk, third, relation):
    """Who has the right to lock a map or a source: named, and waited for no longer."""
    third.execute(f"BEGIN; LOCK TABLE {relation}")
    desk.execute("SET lock_timeout = '300ms'")
    error = failure(desk, "CALL ticket_mining.refresh('desk')")
    assert error.sqlstate == "55P03" and f"Process {third.info.backend_pid} of role" in error.diag.message_detail and f"{relation} (AccessExclusiveLock)" in error.diag.message_detail
    third.execute("ROLLBACK")
    refresh(desk)


def test_reading_waits_no_longer(desk):
    """Than 5 minutes, whatever the session says; a view that the log reads shows that."""
    desk.execute("SET lock_timeout = 0; CREATE VIEW src.shown AS SELECT case_id, current_setting('lock_timeout') AS activity, at, seq FROM src.events")
    desk.execute("CALL ticket_mining.create_log('shown', 'src.shown')")
    refresh(desk, "shown")
    assert column(desk, "SELECT DISTINCT activity FROM shown.events") == ["5min"]


# ---- what is in the way of the lock of a run ----------------------------------------------------------


def test_a_trigger_in_the_making(desk, third):
    """Who holds the history otherwise than by a run is named."""
    third.execute("BEGIN; LOCK TABLE desk.refreshes IN SHARE ROW EXCLUSIVE MODE")
    desk.execute("SET lock_timeout = '300ms'")
    for statement in ("CALL ticket_mining.refresh('desk')", "CALL ticket_mining.drop_log('desk')"):
        error = failure(desk, statement)
        assert error.sqlstate == "55P03", statement
        assert f"Process {third.info.backend_pid} of role" in error.diag.message_detail and "desk.refreshes (ShareRowExclusiveLock)" in error.diag.message_detail
    third.execute("ROLLBACK")
    refresh(desk)


# Fails as where a lock is not had in time, two times; and writes down how long that was to be.
TRY = """
    CREATE TABLE public.tries (no integer, lock_timeout text);
    CREATE SEQUENCE public.try_no;
    CREATE OR REPLACE FUNCTION ticket_mining.run_take_lock(history oid, waits boolean) RETURNS boolean LANGUAGE plpgsql STRICT AS $$
    BEGIN
        IF nextval('public.try_no') < 3 THEN
            RAISE lock_not_available;
        END IF;
        INSERT INTO public.tries VALUES (currval('public.try_no'), current_setting('lock_timeout'));
        RETURN true;
    END $$"""
AWAIT = "SELECT ticket_mining.run_await('refresh', 'desk', 'desk.refreshes'::regclass, NULL)"


@pytest.mark.parametrize("given", ("0", "1h"))
def test_no_wait_for_a_history_is_endless(desk, third, given):
    """But behind a run, however long that takes; the session has its own setting afterwards."""
    third.execute("SELECT ticket_mining.run_take_lock('desk.refreshes'::regclass, false)")
    desk.execute(f"{TRY}; SET lock_timeout = '{given}'")
    desk.execute(AWAIT)
    assert rows(desk, "SELECT * FROM public.tries") == [(3, "5min")] and value(desk, "SHOW lock_timeout") == given
    third.execute("SELECT ticket_mining.run_release_lock()")
    desk.execute("SELECT setval('public.try_no', 1, false)")
    assert failure(desk, AWAIT).sqlstate == "55P03"


# ---- how a wait for another refresh ends ------------------------------------------------------------


@pytest.fixture
def two(desk, watcher, third):
    """One that is held while it writes, and one that waits for it."""
    with held(watcher, "writing"):
        first = start_refresh(desk, watcher)
        second = start_refresh(third, watcher, doing="waiting")
        yield first, second
    first.end(), second.end()


def end_of(watcher, function, db):
    assert value(watcher, f"SELECT {function}(%s)", (db.info.backend_pid,))


@pytest.mark.parametrize("function, code", (("pg_cancel_backend", "57014"), ("pg_terminate_backend", None)))
def test_waiting_ends(desk, third, watcher, two, function, code):
    """It has not begun, so no history has it; the one before goes on."""
    first, second = two
    end_of(watcher, function, third)
    assert second.end().sqlstate == code
    assert locks(watcher, third.info.backend_pid) == []
    watcher.execute("ROLLBACK")
    assert first.end() is None
    assert history(desk) == [("done", None, True)] * 2
    assert_right(desk)


@pytest.mark.parametrize("function", ("pg_cancel_backend", "pg_terminate_backend"))
def test_the_one_before_ends(desk, third, watcher, two, function):
    """The one that waits goes on."""
    first, second = two
    end_of(watcher, function, desk)
    assert first.end() is not None
    watcher.execute("ROLLBACK")
    assert second.end() is None
    refresh(third)
    assert [run[0] for run in history(third)] == ["done", "failed" if function == "pg_cancel_backend" else "interrupted", "done", "done"]
    assert_right(third)


def test_many_wait(desk, watcher, third, place, two):
    """One after the other has its turn."""
    first, second = two
    with connect(place) as fourth, connect(place) as fifth:
        others = [start_refresh(db, watcher, doing="waiting") for db in (fourth, fifth)]
        watcher.execute("ROLLBACK")
        assert [one.end() for one in (first, second, *others)] == [None] * 4
    assert history(desk) == [("done", None, True)] * 5


# ---- nothing is held afterwards ---------------------------------------------------------------------


def assert_free(watcher, *sessions):
    """Neither in the sessions nor in any other."""
    for db in sessions:
        assert locks(watcher, db.info.backend_pid) == []
    assert rows(watcher, "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())") == []


def test_free_when_done(desk, watcher):
    refresh(desk)
    assert_free(watcher, desk)


@pytest.mark.parametrize("statement", (
    "INSERT INTO src.cases VALUES (7, 'again', 0)", "ALTER TABLE src.events DROP COLUMN activity", "DROP TABLE src.messages CASCADE",
    "ALTER TABLE src.cases ADD case_key integer",
))  # fmt: skip
def test_free_after_an_error(desk, watcher, third, statement):
    """Whatever the step; the next one need not wait."""
    desk.execute(statement)
    failure(desk, "CALL ticket_mining.refresh('desk', '2023-06-01Z')")
    assert last_run(desk)[0] == "failed"
    assert_free(watcher, desk)
    third.execute("SET lock_timeout = '1s'")
    assert failure(third, "CALL ticket_mining.refresh('desk', '2023-06-01Z')").sqlstate != "55P03"


def test_free_after_an_error_before_it_begins(desk, watcher):
    for statement in ("CALL ticket_mining.refresh('nowhere')", "CALL ticket_mining.refresh('desk', 'infinity')", "BEGIN; CALL ticket_mining.refresh('desk')"):
        failure(desk, statement)
        desk.execute("ROLLBACK")
        assert_free(watcher, desk)
