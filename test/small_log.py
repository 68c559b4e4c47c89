"""A small service desk with a log over it, what its mined tables hold, and refreshes that are held in the middle."""

import threading
import time
from contextlib import contextmanager

import psycopg
from client import column, rows, value

AS_OF = "2023-06-01Z"
RELATIONS = ("events", "assignments", "messages", "cases")
MAPS = ("activity_map", "team_map", "segment_map")

# What may differ between two logs of the same: keys, and a checksum that follows the order of the columns.
KEYS = "{case_key,attributes_checksum}"

# Forty cases of three to six events, teams, messages and an attribute; the same in every run.
SOURCES = """
    CREATE SCHEMA src;
    CREATE TABLE src.events (case_id integer, activity text, at timestamptz, seq bigint);
    INSERT INTO src.events
    SELECT c, (ARRAY['Ny', 'I gang', 'Afventer bruger', 'Løst', 'Lukket', 'Note'])[CASE n WHEN 1 THEN 1 ELSE 1 + (c * 7 + n * n) % 6 END],
           '2023-01-02Z'::timestamptz + c * interval '1 day' + n * n * interval '7 hours', n
    FROM generate_series(1, 40) c, generate_series(1, 3 + c % 4) n;
    CREATE TABLE src.assignments AS
    SELECT case_id, (ARRAY['Servicedesk', 'Netværk', 'Leverandør', NULL])[1 + (case_id + seq) % 4] AS team, at, seq FROM src.events WHERE seq <> 2;
    CREATE TABLE src.messages AS
    SELECT case_id, (ARRAY['in', 'out', 'internal'])[1 + (case_id + seq) % 3] AS direction, at + interval '1 hour' AS at FROM src.events;
    CREATE TABLE src.cases AS
    SELECT DISTINCT case_id, 'IR' || case_id AS case_no, case_id % 3 AS priority FROM src.events;
"""
MAPPED = """
    UPDATE {0}.activity_map SET kind = 'resolved', answers = true, segment = 'stopped' WHERE activity = 'Løst';
    UPDATE {0}.activity_map SET kind = 'closed', segment = 'stopped' WHERE activity = 'Lukket';
    UPDATE {0}.activity_map SET kind = 'note' WHERE activity = 'Note';
    UPDATE {0}.activity_map SET segment = 'us' WHERE activity IN ('Ny', 'I gang');
    UPDATE {0}.activity_map SET segment = 'user' WHERE activity = 'Afventer bruger';
    UPDATE {0}.team_map SET role = 'partner' WHERE team = 'Leverandør';
"""
CREATE = """CALL ticket_mining.create_log('{0}', events => 'src.events', assignments => 'src.assignments', messages => 'src.messages',
                cases => 'src.cases', time_zone => 'Europe/Copenhagen', calendar => 'Europe/Copenhagen; Mo-Fr 08:00-16:00')"""

# Changes what there is to read: 5 cases change, 2 are new, 2 are gone.
CHANGE = """
    UPDATE src.events SET at = at - interval '1 hour' WHERE case_id BETWEEN 1 AND 5 AND seq = 2;
    INSERT INTO src.events SELECT 100 + n % 2, 'Ny', '2023-04-01Z'::timestamptz + n * interval '1 hour', n FROM generate_series(1, 6) n;
    DELETE FROM src.events WHERE case_id IN (39, 40);
"""


def create_desk(db, log="desk"):
    """The sources and a log over them, with its maps filled in, not refreshed yet."""
    db.execute(SOURCES)
    db.execute(CREATE.format(log))
    db.execute(MAPPED.format(log))


def drop_desk(db):
    """All that a test has left."""
    for name in column(db, "SELECT quote_ident(nspname) FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema|ticket_mining)'"):
        db.execute(f"DROP SCHEMA {name} CASCADE")
    db.execute("DROP FOREIGN DATA WRAPPER IF EXISTS elsewhere CASCADE; CREATE SCHEMA public")


def refresh(db, log="desk", as_of=AS_OF):
    db.execute(f"CALL ticket_mining.refresh('{log}', '{as_of}')")


def mined(db, log="desk", without="{}"):
    """All rows of all mined tables, as text."""
    tables = column(db, "SELECT table_name FROM ticket_mining.mined_tables")
    return {name: sorted(column(db, f"SELECT (to_jsonb(r) - '{without}'::text[])::text FROM {log}.{name} r")) for name in tables}


def fresh(db, log="desk", as_of=AS_OF):
    """What a new log with the same settings and maps holds; made once for the same sources, maps and settings."""
    given = inputs(db, log, as_of)
    if given not in FRESH:
        FRESH[given] = make_fresh(db, log, as_of)
    return FRESH[given]


FRESH = {}


def inputs(db, log, as_of):
    """All that a refresh follows."""
    (settings,) = rows(db, f"SELECT {', '.join(RELATIONS)}, time_zone, calendar::text, case_url FROM {log}.settings")
    tables = [name for name in settings[:4] if name] + [f"{log}.{name}" for name in MAPS]
    columns = rows(db, "SELECT relation, attname, atttypid::regtype::text FROM unnest(%s::text[]) relation JOIN pg_attribute ON attrelid = relation::regclass "
                       "AND attnum > 0 AND NOT attisdropped ORDER BY 1, attnum", (tables[:-3],))  # fmt: skip
    contents = tuple(tuple(sorted(column(db, f"SELECT r::text FROM {name} r"))) for name in tables)
    return hash((as_of, settings[4:], tuple(columns), contents))


def make_fresh(db, log, as_of):
    (given,) = rows(db, f"SELECT {', '.join(RELATIONS)}, time_zone, calendar::text, case_url FROM {log}.settings")
    db.execute(f"CALL ticket_mining.create_log('fresh_log'{', %s::text::regclass' * 4}, %s, %s, %s)", given)
    for name in MAPS:
        db.execute(f"DELETE FROM fresh_log.{name}")
        db.execute(f"INSERT INTO fresh_log.{name} SELECT * FROM {log}.{name}")
    refresh(db, "fresh_log", as_of)
    found = mined(db, "fresh_log", KEYS)
    db.execute("CALL ticket_mining.drop_log('fresh_log')")
    return found


def assert_right(db, log="desk", as_of=AS_OF):
    """The log is what a new one would be, and says so."""
    assert mined(db, log, KEYS) == fresh(db, log, as_of)
    assert value(db, f"SELECT state FROM {log}.status") == "refreshed"


def history(db, log="desk"):
    """(state, error, is it finished) of the refreshes."""
    return rows(db, f"SELECT state, error, finished_at IS NOT NULL FROM {log}.refreshes ORDER BY refresh_no")


def last_run(db, log="desk"):
    return history(db, log)[-1]


# ---- refreshes in the background, held where a lock holds them ----------------------------------

# What a refresh waits for when it has come so far.
PHASES = {
    "reading": "LOCK TABLE src.events IN ACCESS EXCLUSIVE MODE",
    # The lock that a refresh takes on all its tables before it writes.
    "mining": "LOCK TABLE {0}.case_months IN SHARE MODE",
    # Rows that it rewrites: there are some after the first refresh.
    "writing": "SELECT FROM {0}.case_months FOR UPDATE",
    "summing up": "SELECT FROM {0}.quality FOR UPDATE",
}
FIRST_PHASES = ("reading", "mining")


class Background:
    """Work in a thread; what it fails with is kept."""

    def __init__(self, work):
        self.error = None
        self.thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self.thread.start()

    def _run(self, work):
        try:
            work()
        except psycopg.Error as error:
            self.error = error

    def end(self):
        """Waits for the end; gives the error, or None."""
        self.thread.join(60)
        assert not self.thread.is_alive(), "still running after a minute"
        return self.error


def wait_for(found, what):
    """Asks until the answer is true."""
    deadline = time.monotonic() + 30
    while not found():
        assert time.monotonic() < deadline, f"never seen: {what}"
        time.sleep(0.005)


WAITS = """SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = %s AND state = 'active' AND wait_event_type = 'Lock' AND application_name ~ %s)"""


def _waits(watcher, pid, doing):
    # Or else a transaction sees the same sessions again and again.
    watcher.execute("SELECT pg_stat_clear_snapshot()")
    return value(watcher, WAITS, (pid, doing))


def start_refresh(db, watcher, log="desk", as_of=AS_OF, doing=""):
    """A refresh in the background, once it waits for a lock."""
    pid = db.info.backend_pid
    running = Background(lambda: refresh(db, log, as_of))
    wait_for(lambda: running.error or _waits(watcher, pid, doing), "a refresh that waits for a lock")
    assert running.error is None, running.error
    return running


@contextmanager
def held(watcher, phase, log="desk"):
    """While this lasts, a refresh of the log comes as far as the phase, and waits."""
    watcher.execute("BEGIN")
    watcher.execute(PHASES[phase].format(log))
    try:
        yield
    finally:
        if not watcher.broken:
            watcher.execute("ROLLBACK")
