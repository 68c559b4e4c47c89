"""Refreshes that are stopped, fail or meet others: the last good state stays, the history says why, the next refresh is right."""

import errno
import os
import shutil
import signal
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest
from client import connect, failure, message, rows, value
from private_cluster import AS_OWNER, is_lost, owner, private_cluster
from small_disk import small_disk_at
from small_log import AS_OF, CHANGE, FIRST_PHASES, PHASES, assert_right, create_desk, held, history, last_run, mined, refresh, start_refresh, wait_for

TERMINATED = ("57P01", "57P02", "08006", None)


@pytest.fixture
def new_desk(databases, made):
    """A log that was never refreshed."""
    with databases.copy(made) as name, connect(name) as db:
        yield db


@pytest.fixture
def new_watcher(new_desk):
    with connect(new_desk.info.dbname) as db:
        yield db


@pytest.fixture
def desk(desk):
    """Whose sources have changed since it was refreshed."""
    desk.execute(CHANGE)
    return desk


class Unchanged:
    """Checks that a failure left all as it was, and that the next refresh is right."""

    def __init__(self, db, log="desk"):
        self.log, self.before, self.runs = log, mined(db, log), len(history(db, log))
        self.status = self.figures(db)

    def figures(self, db):
        return rows(db, f"SELECT state, as_of, refreshed_at, cases, events FROM {self.log}.status")

    def check(self, db, reason, state="failed"):
        """After one more run that ended so."""
        assert mined(db, self.log) == self.before
        assert self.figures(db) == self.status
        runs = history(db, self.log)
        assert (len(runs), runs[-1][0]) == (self.runs + 1, state)
        assert reason is None or reason in runs[-1][1]
        assert rows(db, f"SELECT last_run, last_error FROM {self.log}.status") == [runs[-1][:2]]
        assert rows(db, "SELECT * FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())") == []
        self.next_is_right(db)

    def next_is_right(self, db):
        refresh(db, self.log)
        assert last_run(db, self.log) == ("done", None, True)
        assert_right(db, self.log)


def cancel(watcher, db):
    assert value(watcher, "SELECT pg_cancel_backend(%s)", (db.info.backend_pid,)) is True


# ---- stopped in the middle ----------------------------------------------------------------------

DOING = {"reading": r"^ticket_mining: reading \(desk\)$", "mining": r"^ticket_mining: mining \d+ changed cases \(desk\)$", "writing": r"^ticket_mining: writing \(desk\)$", "summing up": r"^ticket_mining: \w+ \(desk\)$"}
STOPS = {
    "statement_timeout": "canceling statement due to statement timeout",
    "lock_timeout": "canceling statement due to lock timeout",
}


@pytest.mark.parametrize("phase, setting", [*((phase, "statement_timeout") for phase in PHASES), ("writing", "lock_timeout")])
def test_timeouts(desk, watcher, phase, setting):
    unchanged = Unchanged(desk)
    with held(watcher, phase):
        # It gets there in a tenth of that, but on a machine that is busy.
        desk.execute(f"SET {setting} = '1500ms'")
        error = failure(desk, f"CALL ticket_mining.refresh('desk', '{AS_OF}')")
        desk.execute(f"SET {setting} = 0")
    assert (error.sqlstate, error.diag.message_primary) == ({"s": "57014", "l": "55P03"}[setting[0]], STOPS[setting])
    assert "last good run" in error.diag.message_detail
    unchanged.check(desk, STOPS[setting])


@pytest.mark.parametrize("phase", PHASES)
def test_pg_cancel_backend(desk, watcher, phase):
    unchanged = Unchanged(desk)
    desk.execute("SET application_name = 'nightly'")
    with held(watcher, phase):
        running = start_refresh(desk, watcher, doing=DOING[phase])
        cancel(watcher, desk)
        assert running.end().sqlstate == "57014"
    assert value(desk, "SHOW application_name") == "nightly"
    unchanged.check(desk, "canceling statement due to user request")
    assert value(desk, "SHOW application_name") == "nightly"


@pytest.mark.parametrize("phase", PHASES)
def test_pg_terminate_backend(desk, watcher, phase):
    """Nobody is left to say why: the next refresh does."""
    unchanged = Unchanged(watcher)
    dbname = desk.info.dbname
    with connect(dbname) as doomed, held(watcher, phase):
        running = start_refresh(doomed, watcher)
        assert value(watcher, "SELECT state FROM desk.refreshes ORDER BY refresh_no DESC LIMIT 1") == "running"
        value(watcher, "SELECT pg_terminate_backend(%s, 20000)", (doomed.info.backend_pid,))
        assert running.end().sqlstate in TERMINATED
    unchanged.check(desk, None, state="running")
    assert [run[0] for run in history(desk)] == ["done", "interrupted", "done"]
    assert history(desk)[1][1:] == ("the server process ended before the refresh did", True)


@pytest.mark.parametrize("phase", FIRST_PHASES)
def test_stopped_first_refresh(new_desk, new_watcher, phase):
    """With nothing to fall back on, the tables stay empty; keys come with the refresh that ends."""
    unchanged = Unchanged(new_desk)
    with held(new_watcher, phase):
        running = start_refresh(new_desk, new_watcher)
        cancel(new_watcher, new_desk)
        assert running.end().sqlstate == "57014"
    assert unchanged.figures(new_desk)[0][0] == "never refreshed"
    unchanged.check(new_desk, "user request")
    assert value(new_desk, "SELECT count(*) FROM pg_constraint WHERE conrelid = 'desk.cases'::regclass AND contype = 'p'") == 1


@pytest.mark.parametrize("session", ("goes on", "ends"))
def test_cancelled_twice(desk, watcher, session):
    """The second time while it writes down that it failed: the next refresh of the session, or of any once that has ended, knows that the run is over."""
    with connect(desk.info.dbname) as stopped, connect(desk.info.dbname) as blocker:
        with held(watcher, "writing"):
            running = start_refresh(stopped, watcher)
            blocker.execute("BEGIN; SELECT FROM desk.refreshes WHERE state = 'running' FOR UPDATE")
            cancel(watcher, stopped)
            waits = "SELECT count(*) FROM pg_locks WHERE pid = %s AND NOT granted AND locktype = 'transactionid'"
            wait_for(lambda: value(watcher, waits, (stopped.info.backend_pid,)), "that it writes down its failure")
            cancel(watcher, stopped)
            assert running.end().sqlstate == "57014"
            blocker.execute("ROLLBACK")
        if session == "ends":
            value(watcher, "SELECT pg_terminate_backend(%s, 20000)", (stopped.info.backend_pid,))
        refresh(stopped if session == "goes on" else desk)
    assert [run[0] for run in history(desk)] == ["done", "interrupted", "done"]


# ---- the server dies --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cluster():
    with private_cluster(max_connections=20) as own:
        yield own


@pytest.fixture(scope="module")
def sound(cluster):
    """The name of a database there with a log whose sources have changed."""
    with cluster.connect() as db:
        db.execute("CREATE DATABASE sound TEMPLATE template0")
    with cluster.connect("sound") as db:
        db.execute("CREATE EXTENSION ticket_mining")
        create_desk(db)
        refresh(db)
        db.execute(CHANGE)
    return "sound"


@pytest.fixture
def crashing(cluster, sound):
    """The same for one test."""
    with cluster.connect() as db:
        db.execute("DROP DATABASE IF EXISTS crashing WITH (FORCE)")
        db.execute(f"CREATE DATABASE crashing TEMPLATE {sound}")
        # Or else numbers that the copy of a sequence gives out before one are given out again after a crash.
        db.execute("CHECKPOINT")
    return "crashing"


def kill(db):
    """As the kernel does when memory is short; root or the cluster's owner may."""
    os.kill(db.info.backend_pid, signal.SIGKILL)


@pytest.mark.parametrize("phase", PHASES)
def test_kill_9(cluster, crashing, phase):
    doomed, watcher = cluster.connect(crashing), cluster.connect(crashing)
    unchanged = Unchanged(watcher)
    with held(watcher, phase):
        running = start_refresh(doomed, watcher)
        kill(doomed)
        assert running.end().sqlstate in TERMINATED
        wait_for(lambda: is_lost(watcher), "the crash of the server")
    with cluster.connect_again(crashing) as db:
        unchanged.check(db, None, state="running")
        assert [run[0] for run in history(db)] == ["done", "interrupted", "done"]
    assert "PANIC" not in cluster.said()


# ---- the disk is full -------------------------------------------------------------------------

# Long labels: temporary tables of some megabytes, and as much in the log.
MANY_EVENTS = """INSERT INTO src.events SELECT 1000 + n / 4, repeat('x', 500) || n % 5, '2023-02-01Z'::timestamptz + n * interval '1 minute', n
                 FROM generate_series(1, 1500) n"""
MB = 1024 * 1024


def limit_files(db, size):
    """The soft limit of one server process, which its owner may set."""
    subprocess.run([*AS_OWNER, "prlimit", f"--pid={db.info.backend_pid}", f"--fsize={size}:"], check=True)


def test_no_file_may_grow(cluster, crashing):
    """A full disk as a limit on the size of files shows it: that needs no right to mount. WAL is in files of 1 MB here."""
    with cluster.connect(crashing) as db:
        db.execute(MANY_EVENTS)
        unchanged = Unchanged(db)
        limit_files(db, MB)
        error = failure(db, f"CALL ticket_mining.refresh('desk', '{AS_OF}')")
        limit_files(db, "unlimited")
        assert "File too large" in error.diag.message_primary
        unchanged.check(db, "File too large")


@pytest.fixture
def small_disk(cluster):
    """A directory on a file system of 96 MB; where there is none, the test above is run anyway."""
    with small_disk_at(f"{cluster.directory}/small", 96) as path:
        try:
            yield path
        finally:
            with cluster.connect() as db:
                db.execute("DROP DATABASE IF EXISTS small WITH (FORCE)")
                db.execute("DROP TABLESPACE IF EXISTS small")


def put_on(db, directory):
    """A database there, with a log."""
    os.mkdir(f"{directory}/space")
    shutil.chown(f"{directory}/space", owner())
    db.execute(f"CREATE TABLESPACE small LOCATION '{directory}/space'")
    db.execute("CREATE DATABASE small TEMPLATE template0 TABLESPACE small")


@contextmanager
def all_but(directory, free):
    """Leaves so many bytes free."""
    ballast = Path(directory) / "ballast"
    with open(ballast, "wb", buffering=0) as file:
        fill(file)
        file.truncate(file.tell() - int(free))
    yield
    ballast.unlink()


def fill(file):
    """Until nothing more fits."""
    try:
        while True:
            file.write(bytes(65536))
    except OSError as error:
        assert error.errno == errno.ENOSPC


def test_full_disk(cluster, small_disk):
    """Full at once, and full later in the refresh."""
    with cluster.connect() as db:
        put_on(db, small_disk)
    with cluster.connect("small") as db:
        db.execute("CREATE EXTENSION ticket_mining")
        create_desk(db)
        refresh(db)
        for free in (0.1 * MB, 2 * MB):
            db.execute(MANY_EVENTS)
            unchanged = Unchanged(db)
            with all_but(small_disk, free):
                assert failure(db, f"CALL ticket_mining.refresh('desk', '{AS_OF}')").sqlstate == "53100"
            unchanged.check(db, "could not extend file")
            db.execute("DELETE FROM src.events WHERE case_id >= 1000")
            refresh(db)


# ---- the sources fail -------------------------------------------------------------------------

BREAK = {
    "error in a view": ("CREATE OR REPLACE VIEW src.seen AS SELECT case_id, activity, at, seq / (case_id - 7) AS seq FROM src.events", "division by zero"),
    "column gone": ("DROP VIEW src.seen; CREATE VIEW src.seen AS SELECT case_id, activity AS act, at, seq FROM src.events", "has no column activity"),
    "relation gone": ("DROP VIEW src.seen", "does not exist"),
    "time no longer a time": ("DROP VIEW src.seen; CREATE VIEW src.seen AS SELECT case_id, activity, at::text AS at, seq FROM src.events", "must be timestamp"),
    "a foreign table now": ("DROP VIEW src.seen; CREATE FOREIGN DATA WRAPPER elsewhere; CREATE SERVER far FOREIGN DATA WRAPPER elsewhere; "
                            "CREATE FOREIGN TABLE src.seen (case_id int, activity text, at timestamptz, seq bigint) SERVER far", "foreign table"),
    "label too long": ("UPDATE src.events SET activity = repeat('x', 1301) WHERE case_id = 7 AND seq = 2", "1301 bytes"),
    "team too long": ("UPDATE src.assignments SET team = repeat('ø', 651) WHERE case_id = 7", "1302 bytes"),
    "label longer than any": ("UPDATE src.events SET activity = repeat('x', 4097) WHERE case_id = 7 AND seq = 2", "It is case 7 of src.seen."),
    "team longer than any": ("UPDATE src.assignments SET team = repeat('ø', 2049) WHERE case_id = 7", "It is case 7 of src.assignments."),
    "more labels than any": ("INSERT INTO src.events SELECT 7, 'y' || n, '2023-03-01Z', n FROM generate_series(1, 65537) n", "It is case 7 of src.seen."),
    "case twice": ("INSERT INTO src.cases VALUES (7, 'IR again', 0)", "more than once: 7"),
    "case number too long": ("UPDATE src.cases SET case_no = repeat('x', 1001) WHERE case_id = 7", "1001 bytes"),
    "merged in a chain": ("UPDATE desk.activity_map SET merge_into = CASE activity WHEN 'Ny' THEN 'I gang' ELSE 'Løst' END WHERE activity IN ('Ny', 'I gang')",
                          '"Ny" into "I gang" into "Løst"'),
    "attribute gone": ("ALTER TABLE src.cases DROP COLUMN priority", "priority (gone)"),
    "attribute of another type": ("ALTER TABLE src.cases ALTER priority TYPE text", "now text, was integer"),
    "attribute of no type that can be mined": ("ALTER TABLE src.cases ADD place point", "place of type point"),
    "attribute with the name of a mined column": ("ALTER TABLE src.cases ADD status text", "name of a mined column"),
}
REPAIR = """
    DROP FOREIGN DATA WRAPPER IF EXISTS elsewhere CASCADE; DROP VIEW IF EXISTS src.seen;
    CREATE VIEW src.seen AS SELECT * FROM src.events;
    UPDATE src.events SET activity = 'Note' WHERE activity LIKE 'xx%';
    DELETE FROM src.events WHERE activity LIKE 'y%';
    UPDATE src.assignments SET team = 'Netværk' WHERE team LIKE 'øø%';
    DELETE FROM src.cases WHERE case_no = 'IR again';
    UPDATE src.cases SET case_no = 'IR7' WHERE case_id = 7;
    UPDATE desk.activity_map SET merge_into = NULL;
    ALTER TABLE src.cases DROP COLUMN IF EXISTS place, DROP COLUMN IF EXISTS status, ADD COLUMN IF NOT EXISTS priority integer;
    ALTER TABLE src.cases ALTER priority TYPE integer USING priority::integer;
"""


# The events become others, of which there are two sets: what a new log would hold need be found out for these alone.
TURN = """
    WITH gone AS (DELETE FROM src.events RETURNING *), come AS (DELETE FROM src.other_events RETURNING *), kept AS (INSERT INTO src.other_events SELECT * FROM gone)
    INSERT INTO src.events SELECT * FROM come
"""


@pytest.fixture(scope="module")
def watched(databases, made):
    """A log over a view of the events, made once: every test repairs what it broke."""
    with connect(databases.create(made)) as db:
        db.execute(f"CREATE TABLE src.other_events AS TABLE src.events; {CHANGE}")
        db.execute("CREATE VIEW src.seen AS SELECT * FROM src.events")
        db.execute("UPDATE desk.settings SET events = 'src.seen'")
        refresh(db)
        yield db


@pytest.mark.parametrize("name", BREAK)
def test_sources_fail(watched, name):
    """After each fault the old state stays, the history has the reason, and a repair is enough."""
    statement, reason = BREAK[name]
    watched.execute(TURN)
    watched.execute(statement)
    unchanged = Unchanged(watched)
    assert reason in message(failure(watched, f"CALL ticket_mining.refresh('desk', '{AS_OF}')"))
    unchanged.next_is_right = lambda db: None
    unchanged.check(watched, reason)
    watched.execute(REPAIR)
    refresh(watched)
    assert_right(watched)
