"""Refreshes among other sessions: where one may be called, two at once, edits and readers while one runs."""

import threading

import pytest
from client import connect, failure, longer, message, rows, value
from small_log import (
    AS_OF, CHANGE, CREATE, KEYS, MAPPED, PHASES, Background, assert_right, fresh, held, history, mined, refresh, start_refresh, wait_for,
)  # fmt: skip


@pytest.fixture
def desk(desk):
    """Whose sources have changed since it was refreshed."""
    desk.execute(CHANGE)
    return desk


# ---- where it may be called -------------------------------------------------------------------


def refused(desk, statement):
    """Nothing has begun that a rollback would have to undo."""
    before = history(desk)
    error = failure(desk, statement)
    if desk.info.transaction_status.name != "IDLE":
        desk.execute("ROLLBACK")
    assert history(desk) == before
    return error


@pytest.mark.parametrize("statement", (
    "SELECT 1; CALL ticket_mining.refresh('desk')", "CALL ticket_mining.refresh('desk'); SELECT 1", "BEGIN; CALL ticket_mining.refresh('desk'); COMMIT",
    "SELECT call_it()", "DO $$ BEGIN PERFORM call_it(); END $$",
    "DO $$ BEGIN CALL ticket_mining.refresh('desk'); EXCEPTION WHEN division_by_zero THEN NULL; END $$",
))  # fmt: skip
def test_in_a_transaction(desk, statement):
    desk.execute("CREATE FUNCTION call_it() RETURNS void LANGUAGE plpgsql AS $$ BEGIN CALL ticket_mining.refresh('desk'); END $$")
    error = refused(desk, statement)
    assert error.sqlstate == "25001"
    assert "transaction block" in error.diag.message_primary and "autocommit" in error.diag.message_hint


def test_in_a_driver_without_autocommit(desk):
    """It begins a transaction before the call."""
    with connect(desk.info.dbname) as db:
        db.autocommit = False
        assert failure(db, "CALL ticket_mining.refresh('desk')").sqlstate == "25001"
    assert len(history(desk)) == 1


@pytest.mark.parametrize("statement", (
    "DO $$ BEGIN CALL ticket_mining.refresh('desk', '2023-06-01Z'); END $$", "CALL wrapped()",
    "CALL ticket_mining.refresh(as_of => '2023-06-01Z', name => 'desk')",
))  # fmt: skip
def test_where_it_can_commit(desk, statement):
    desk.execute("CREATE PROCEDURE wrapped() LANGUAGE plpgsql AS $$ BEGIN CALL ticket_mining.refresh('desk', '2023-06-01Z'); END $$")
    desk.execute(statement)
    assert_right(desk)


def test_parameters(desk):
    """As drivers send them, prepared on the server; with a plan that does not know them, too."""
    for mode in ("auto", "auto", "force_generic_plan"):
        desk.execute(f"SET plan_cache_mode = {mode}")
        desk.execute("CALL ticket_mining.refresh(%s, %s)", ("desk", AS_OF), prepare=True)
    assert_right(desk)


@pytest.mark.parametrize("as_of", ("infinity", "-infinity"))
def test_infinite_as_of(desk, as_of):
    assert refused(desk, f"CALL ticket_mining.refresh('desk', '{as_of}')").sqlstate == "22008"


@pytest.mark.parametrize("isolation", ("serializable", "repeatable read", "read uncommitted"))
def test_isolation(desk, isolation):
    desk.execute(f"SET default_transaction_isolation = '{isolation}'")
    refresh(desk)
    assert_right(desk)
    assert value(desk, "SHOW transaction_isolation") == isolation


@pytest.mark.parametrize("settings", (
    {"DateStyle": "German", "IntervalStyle": "sql_standard", "TimeZone": "Asia/Tokyo", "extra_float_digits": -10, "lc_messages": "C"},
    {"enable_hashjoin": "off", "enable_mergejoin": "off", "work_mem": "64kB", "plan_cache_mode": "force_generic_plan"},
    {"default_tablespace": "", "temp_tablespaces": "", "standard_conforming_strings": "off", "quote_all_identifiers": "on", "array_nulls": "off"},
    {"check_function_bodies": "off", "row_security": "off", "client_min_messages": "error", "default_table_access_method": "heap"},
))  # fmt: skip
def test_settings_of_the_session(desk, settings):
    """What a session may set does not show in the figures."""
    with connect(desk.info.dbname) as db:
        for name, setting in settings.items():
            db.execute(f"SELECT set_config('{name}', '{setting}', false)")
        db.execute("DO 'BEGIN END'")
        before = rows(db, "SHOW ALL")
        refresh(db)
        assert rows(db, "SHOW ALL") == before
    assert_right(desk)


# ---- two at once ------------------------------------------------------------------------------


def notices(db):
    """A list that fills with the notices of the session."""
    told = []
    db.add_notice_handler(lambda diag: told.append(diag.message_primary))
    return told


@pytest.mark.parametrize("phase, isolation", [*((phase, "read committed") for phase in PHASES), ("writing", "repeatable read"), ("writing", "serializable")])
def test_two_refreshes(desk, watcher, third, phase, isolation):
    """The second one waits and says so; it sees what the first one did, and what has changed meanwhile."""
    told = notices(third)
    third.execute("SET application_name = 'third'")
    for db in (desk, third):
        db.execute(f"SET default_transaction_isolation = '{isolation}'")
    with held(watcher, phase):
        first = start_refresh(desk, watcher)
        second = start_refresh(third, watcher, as_of="2023-06-02Z", doing="waiting")
        assert [run[0] for run in history(watcher)] == ["done", "running"]
    assert (first.end(), second.end()) == (None, None)
    assert "refresh desk: waiting for another run" in told and value(third, "SHOW application_name") == "third"
    assert history(desk) == [("done", None, True)] * 3
    assert_right(desk, as_of="2023-06-02Z")


def test_two_first_refreshes(desk, watcher, third):
    """Both find a log without keys; one of them adds them."""
    desk.execute("CREATE SCHEMA again")
    desk.execute(CREATE.format("new"))
    desk.execute(MAPPED.format("new"))
    with held(watcher, "reading", "new"):
        first = start_refresh(desk, watcher, "new")
        second = start_refresh(third, watcher, "new", doing="waiting")
    assert (first.end(), second.end()) == (None, None)
    assert_right(desk, "new")


@pytest.mark.parametrize("isolation", ("read committed", "serializable"))
def test_many_refreshes(desk, place, isolation):
    """Some sessions that begin at once, end, and begin again."""
    sessions, times = longer(3, 4), longer(2, 4)

    def work():
        with connect(place) as db:
            db.execute(f"SET default_transaction_isolation = '{isolation}'")
            for _ in range(times):
                refresh(db)

    running = [Background(work) for _ in range(sessions)]
    assert [one.end() for one in running] == [None] * sessions
    assert history(desk) == [("done", None, True)] * (1 + sessions * times)
    assert_right(desk)


def test_the_first_fails(desk, watcher, third):
    """The second one goes on."""
    with held(watcher, "writing"):
        first = start_refresh(desk, watcher)
        second = start_refresh(third, watcher, doing="waiting")
        value(watcher, "SELECT pg_cancel_backend(%s)", (desk.info.backend_pid,))
        assert first.end().sqlstate == "57014"
    assert second.end() is None
    assert [run[0] for run in history(desk)] == ["done", "failed", "done"]
    assert_right(desk)


def test_the_second_gives_up(desk, watcher, third):
    """What has not begun has no history."""
    third.execute("SET lock_timeout = '100ms'")
    with held(watcher, "writing"):
        first = start_refresh(desk, watcher)
        assert failure(third, f"CALL ticket_mining.refresh('desk', '{AS_OF}')").sqlstate == "55P03"
    assert first.end() is None
    assert [run[0] for run in history(watcher)] == ["done", "done"]
    assert_right(desk)


def test_two_logs(desk, watcher, third):
    """One log does not wait for another."""
    third.execute("SET lock_timeout = '10s'")
    desk.execute(CREATE.format("other"))
    desk.execute(MAPPED.format("other"))
    with held(watcher, "writing"):
        first = start_refresh(desk, watcher)
        refresh(third, "other")
        assert value(third, "SELECT state FROM other.status") == "refreshed"
    assert first.end() is None
    assert_right(desk)
    assert_right(desk, "other")




@pytest.fixture
def owner(databases, desk):
    """The owner of a log "owned", who is no superuser."""
    name = f"{desk.info.dbname}_owner"
    databases.server.execute(f"CREATE ROLE {name}; GRANT CREATE ON DATABASE {desk.info.dbname} TO {name}")
    desk.execute(f"GRANT USAGE ON SCHEMA src TO {name}; GRANT SELECT ON ALL TABLES IN SCHEMA src TO {name}; SET ROLE {name}")
    desk.execute(CREATE.format("owned") + "; RESET ROLE")
    yield name
    desk.execute(f"RESET ROLE; DROP OWNED BY {name} CASCADE")
    databases.server.execute(f"DROP ROLE {name}")


def test_two_refreshes_under_set_role(desk, watcher, third, owner):
    """After SET ROLE, which a superuser needs, a session may not see all of pg_stat_activity; yet it is not taken for dead."""
    with held(watcher, "writing", "owned"):
        desk.execute(f"SET ROLE {owner}")
        third.execute(f"SET ROLE {owner}")
        first = start_refresh(desk, watcher, "owned")
        second = start_refresh(third, watcher, "owned", doing="waiting")
        assert [run[0] for run in history(watcher, "owned")] == ["running"]
    assert (first.end(), second.end()) == (None, None)
    assert history(watcher, "owned") == [("done", None, True)] * 2
    assert_right(desk, "owned")


# ---- edits while a refresh runs ---------------------------------------------------------------

EDITS = {
    "maps and settings": """
        UPDATE desk.activity_map SET kind = 'open', answers = false WHERE activity = 'Lukket';
        UPDATE desk.activity_map SET merge_into = 'Ny' WHERE activity = 'I gang';
        DELETE FROM desk.activity_map WHERE activity = 'Løst';
        UPDATE desk.team_map SET role = 'partner' WHERE team = 'Netværk';
        UPDATE desk.segment_map SET is_excluded = true WHERE segment = 'us';
        UPDATE desk.settings SET time_zone = 'Asia/Tokyo', calendar = NULL, case_url = 'https://desk.example/{case_no}', events = 'src.other_events'
    """,
    "other cases": "UPDATE desk.settings SET cases = 'src.other_cases'",
    "no cases": "UPDATE desk.settings SET cases = NULL",
}
OTHER_SOURCES = """CREATE TABLE src.other_cases AS SELECT case_id, 'No. ' || case_no AS case_no, priority, 'x' AS colour FROM src.cases;
                   CREATE TABLE src.other_events AS SELECT * FROM src.events WHERE case_id > 20"""


@pytest.mark.parametrize("phase", ("reading", "writing"))
@pytest.mark.parametrize("name", EDITS)
def test_edit_while_it_runs(desk, watcher, third, name, phase):
    """The refresh follows what was there when it began; the log says that something waits."""
    desk.execute(OTHER_SOURCES)
    expected = fresh(desk, as_of="2023-06-02Z")
    with held(watcher, phase):
        running = start_refresh(desk, watcher, as_of="2023-06-02Z")
        third.execute(EDITS[name])
    assert running.end() is None
    assert mined(desk, without=KEYS) == expected
    assert value(desk, "SELECT state FROM desk.status") == "edited, not refreshed"
    if name == "no cases":
        assert "priority (gone)" in message(failure(desk, f"CALL ticket_mining.refresh('desk', '{AS_OF}')"))
        desk.execute("ALTER TABLE desk.cases DROP COLUMN priority")
    refresh(desk)
    assert_right(desk)


def test_label_entered_by_both(desk, third):
    """A user enters a label in the moment in which the refresh finds it: the user's row stays, and waits for a refresh."""
    desk.execute("INSERT INTO src.events VALUES (1, 'Ombestemt', '2023-05-01Z', 99)")
    third.execute("BEGIN; INSERT INTO desk.activity_map (activity, kind) VALUES ('Ombestemt', 'closed')")
    running = start_refresh(desk, third)
    third.execute("COMMIT")
    assert running.end() is None
    assert rows(desk, "SELECT a.kind, m.kind, s.state FROM desk.activities a, desk.activity_map m, desk.status s "
                      "WHERE a.activity = 'Ombestemt' AND m.activity = 'Ombestemt'") == [("open", "closed", "edited, not refreshed")]  # fmt: skip
    refresh(desk)
    assert_right(desk)


# ---- readers while a refresh runs ---------------------------------------------------------------

# Each counts the same things in another table.
AGREE = """
    SELECT (SELECT sum(event_count) FROM desk.cases), (SELECT count(*) FROM desk.events), (SELECT sum(event_count) FROM desk.activities),
           (SELECT sum(cases * length) FROM desk.variants), (SELECT events FROM desk.status),
           (SELECT sum(ticket_mining.trace_length(trace)) FROM desk.traces),
           (SELECT sum(ticket_mining.dfg_events(graph)) FROM desk.graphs WHERE cohort = 'created'),
           (SELECT sum(frequency) FROM desk.edge_stats WHERE clock = 'elapsed') + (SELECT count(*) FROM desk.cases),
           (SELECT sum(frequency) FROM desk.case_edges) + (SELECT count(*) FROM desk.cases),
           (SELECT sum(number) FROM desk.quality WHERE finding = 'cases') - (SELECT count(*) FROM desk.cases) + (SELECT count(*) FROM desk.events)
"""


def agreed(found):
    assert len(set(found)) == 1, found
    return found[0]


def poll(place, ended, seen):
    """What a reader sees until the end; the first sight in which the tables do not agree is kept as such."""
    with connect(place) as db:
        while not ended.is_set():
            found = rows(db, AGREE)[0]
            seen.add(found[0] if len(set(found)) == 1 else ("do not agree", *found))


def test_many_polls(desk, place):
    """A reader who asks again and again while the log goes back and forth between two states sees these two, and nothing else."""
    ended, seen, states = threading.Event(), set(), {agreed_before(desk)}
    readers = [Background(lambda: poll(place, ended, seen)) for _ in range(2)]
    for _ in range(longer(2, 6)):
        for change in ("INSERT INTO src.events SELECT case_id + 500, activity, at, seq FROM src.events WHERE case_id < 20", "DELETE FROM src.events WHERE case_id > 500"):
            desk.execute(change)
            refresh(desk)
            states.add(value(desk, "SELECT events FROM desk.status"))
    ended.set()
    assert [reader.end() for reader in readers] == [None, None]
    assert len(states) >= 2 and len(seen) >= 2 and seen <= states


def agreed_before(db):
    """Of the refresh that the fixture made."""
    return value(db, "SELECT events FROM desk.refreshes ORDER BY refresh_no LIMIT 1")


def test_one_snapshot(desk, third):
    """A reader who has begun goes on in the old state, table by table, when a refresh ends."""
    before = mined(desk)
    third.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    assert rows(third, "SELECT count(*) FROM desk.refreshes") == [(1,)]
    refresh(desk)
    assert mined(desk) != before
    assert mined(third) == before
    assert agreed(rows(third, AGREE)[0]) == agreed_before(third)
    third.execute("COMMIT")
    assert mined(third) == mined(desk)


@pytest.mark.parametrize("phase", ("writing", "summing up"))
def test_readers_do_not_wait(desk, watcher, third, phase):
    """Not even for a refresh that hangs."""
    before = mined(desk)
    with held(watcher, phase):
        running = start_refresh(desk, watcher)
        third.execute("SET lock_timeout = '2s'")
        assert mined(third) == before
        assert rows(third, "SELECT state, last_run FROM desk.status") == [("refreshed", "running")]
    assert running.end() is None


def test_reading_during_the_first_refresh(desk, place):
    """Keys are added to tables that others read: nobody fails, and all see nothing or all."""
    desk.execute(CREATE.format("first"))
    ended, told = threading.Event(), []

    def read():
        with connect(place) as db:
            while not ended.is_set():
                told.append(rows(db, "SELECT (SELECT count(*) FROM first.cases), (SELECT count(*) FROM first.traces), (SELECT count(*) FROM first.case_months) > 0"))

    readers = [Background(read) for _ in range(3)]
    wait_for(lambda: told, "a reader")
    refresh(desk, "first")
    ended.set()
    assert [reader.end() for reader in readers] == [None] * 3
    count = value(desk, "SELECT cases FROM first.status")
    assert {tuple(row) for (row,) in told} <= {(0, 0, False), (count, count, True)}
