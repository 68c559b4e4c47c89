"""Many sessions that create, derive, rename, drop and refresh logs of one database: each does its own, or waits."""


import pytest
from client import column, connect, failure, longer, value
from dice import dice
from psycopg import Error
from small_log import (
    CHANGE, CREATE, KEYS, MAPPED, PHASES, SOURCES, WAITS, Background, held, history, last_run, mined, refresh, start_refresh, wait_for,
)  # fmt: skip

NO_LOG, NO_SCHEMA, DERIVED, NOT_REFRESHED = "42704", "3F000", "2BP01", "55000"
FILTER = """'[{"keep_cases": {"has": ["Løst"]}}]'"""


def create(db, log):
    db.execute(CREATE.format(log))
    db.execute(MAPPED.format(log))


def derive(db, log, parent):
    db.execute(f"CALL ticket_mining.create_log('{log}', from_log => '{parent}', filter => {FILTER})")


def drop(db, log):
    db.execute(f"CALL ticket_mining.drop_log('{log}')")


# ---- one at a time, in the middle of another's transaction -----------------------------------------


@pytest.fixture(scope="module")
def prepared(databases, template):
    """A database with logs a and b, and two that are derived from a; then the sources have changed."""
    name = databases.create(template)
    with connect(name) as db:
        db.execute(SOURCES)
        for log in "ab":
            create(db, log)
        for log in "cd":
            derive(db, log, "a")
        for log in "ab":
            refresh(db, log)
        db.execute(CHANGE)
    return name


@pytest.fixture
def place(databases, prepared):
    """The same for one test."""
    name = databases.create(prepared)
    yield name
    databases.server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def logs(place):
    with connect(place) as db:
        yield db


@pytest.fixture
def other(place):
    with connect(place) as other:
        yield other


UNFINISHED = {
    "unrelated log": "CALL ticket_mining.drop_log('b')",
    "derived log": "CALL ticket_mining.drop_log('c')",
    "renamed log": "ALTER SCHEMA b RENAME TO e",
    "new log": CREATE.format("e"),
    "new derived log": f"CALL ticket_mining.create_log('e', from_log => 'a', filter => {FILTER})",
}


def meanwhile(place, unfinished, end, works):
    """Begins the works while a statement of another session is not committed; ends that once each of them waits for it, or is done."""
    with connect(place) as session:
        session.execute("BEGIN")
        session.execute(unfinished)
        running = [(db.info.backend_pid, Background(lambda db=db, work=work: work(db))) for db, work in works]
        for pid, one in running:
            wait_for(lambda pid=pid, one=one: not one.thread.is_alive() or waits(place, pid), "work that is done, or waits")
        session.execute(end)
        return [one.end() for _, one in running]


def waits(place, pid):
    with connect(place) as watcher:
        return value(watcher, WAITS, (pid, ""))


def there(db):
    return column(db, "SELECT nspname::text FROM pg_namespace WHERE ticket_mining.is_log(nspname) ORDER BY 1")


def listed(db):
    return column(db, "SELECT log::text FROM ticket_mining.logs()")


@pytest.mark.parametrize("name, end", [*((name, "COMMIT") for name in UNFINISHED), ("unrelated log", "ROLLBACK"), ("derived log", "ROLLBACK")])
def test_refresh_and_list_meanwhile(place, logs, other, name, end):
    """The refresh is done, and so are those of all that are derived from the log; the list has what was there before, or what is there after."""
    before, found = there(logs), []
    solved = value(logs, "SELECT max(case_id) FROM src.events WHERE activity = 'Løst'")
    assert meanwhile(place, UNFINISHED[name], end, [(other, lambda db: refresh(db, "a")), (logs, lambda db: found.extend(listed(db)))]) == [None, None]
    assert found in (before, there(logs))
    for log, last in {"a": 101, "c": solved, "d": solved}.items():
        if log in there(logs):
            assert history(logs, log) == [("done", None, True)] * 2
            assert value(logs, f"SELECT max(case_id) FROM {log}.cases") == last


@pytest.mark.parametrize("name, end, gone", [("unrelated log", "COMMIT", "b"), ("derived log", "COMMIT", "c"), ("derived log", "ROLLBACK", ""), ("renamed log", "COMMIT", "b")])
def test_drop_meanwhile(place, logs, other, name, end, gone):
    """Of a log that nothing is derived from."""
    assert meanwhile(place, UNFINISHED[name], end, [(other, lambda db: drop(db, "d"))]) == [None]
    assert set(there(logs)) - {"e"} == set("abc") - {gone}


def test_drop_of_a_parent_meanwhile(place, logs, other):
    """The last one that is derived from it goes, and with that what kept it."""
    drop(logs, "c")
    assert meanwhile(place, "CALL ticket_mining.drop_log('d')", "COMMIT", [(other, lambda db: drop(db, "a"))]) == [None]
    assert there(logs) == ["b"]


@pytest.mark.parametrize("phase", PHASES)
def test_rename_while_it_runs(logs, other, place, phase):
    """A refresh that is in the middle either goes on, or says that the log is not there any more, and leaves it as it was."""
    before = mined(logs, "b")
    with connect(place) as watcher:
        with held(watcher, phase, "b"):
            running = start_refresh(other, watcher, "b")
            logs.execute("ALTER SCHEMA b RENAME TO e")
        error = running.end()
    assert error is None or error.sqlstate == NO_LOG and mined(logs, "e") == before
    refresh(logs, "e")
    assert all(is_finished for _, _, is_finished in history(logs, "e")) and last_run(logs, "e") == ("done", None, True)
    assert value(logs, "SELECT max(case_id) FROM e.cases") == 101


@pytest.mark.parametrize("statement", ("ALTER SCHEMA b RENAME TO e", "CALL ticket_mining.drop_log('b')"))
def test_gone_while_it_waits(logs, other, place, statement):
    """One that waits for another says that the log is not there any more."""
    with connect(place) as watcher, connect(place) as third:
        with held(watcher, "writing", "b"):
            first = start_refresh(third, watcher, "b")
            second = start_refresh(other, watcher, "b", doing="waiting")
            going = Background(lambda: logs.execute(statement))
            wait_for(lambda: not going.thread.is_alive() or waits(place, logs.info.backend_pid), "a statement that is done, or waits")
        ended = [one.end() for one in (first, second, going)]
    assert [error.sqlstate for error in ended if error is not None] in ([], [NO_LOG], [NO_LOG, NO_LOG])
    if "e" in there(logs):
        refresh(logs, "e")
        assert last_run(logs, "e") == ("done", None, True) and all(is_finished for _, _, is_finished in history(logs, "e"))


# ---- many at once ----------------------------------------------------------------------------------


class Worker:
    """A session that does random things to logs, its own and those of others; all its errors."""

    def __init__(self, place, number, seed, names):
        self.place, self.number, self.names = place, number, names
        self.rng, self.made, self.errors = dice(f"{seed} {number}"), 0, []

    def work(self, steps):
        with connect(self.place) as db:
            for _ in range(steps):
                step, allowed = self.rng.choice(STEPS)
                self.does(db, step, allowed)

    def does(self, db, step, allowed):
        log = self.rng.choice(self.names)
        try:
            step(self, db, log)
        except Error as error:
            if error.sqlstate not in allowed:
                self.errors.append((step.__name__, log, error.sqlstate, error.diag.message_primary, error.diag.context))
            if db.info.transaction_status.name != "IDLE":
                db.execute("ROLLBACK")

    def new_name(self):
        self.made += 1
        return f"log_{self.number}_{self.made}"

    def creates(self, db, log):
        name = self.new_name()
        create(db, name)
        self.names.append(name)

    def derives(self, db, log):
        name = self.new_name()
        derive(db, name, log)
        self.names.append(name)

    def renames(self, db, log):
        name = self.new_name()
        db.execute(f"ALTER SCHEMA {log} RENAME TO {name}")
        self.names.append(name)

    def drops(self, db, log):
        """In a transaction that lasts."""
        db.execute("BEGIN")
        drop(db, log)
        db.execute("SELECT pg_sleep(0.02)")
        db.execute("COMMIT")

    def refreshes(self, db, log):
        """A derived log is as of the refresh of another."""
        db.execute(f"CALL ticket_mining.refresh('{log}')")

    def lists(self, db, log):
        db.execute("SELECT * FROM ticket_mining.logs()")

    def changes(self, db, log):
        """One case."""
        db.execute("UPDATE src.events SET at = at + interval '1 minute' WHERE case_id = %s", (self.rng.randrange(1, 40),))


STEPS = [
    *[(Worker.refreshes, (NO_LOG, NOT_REFRESHED))] * 5, (Worker.creates, ()), (Worker.derives, (NO_LOG,)), (Worker.renames, (NO_SCHEMA,)),
    (Worker.drops, (NO_LOG, DERIVED)), (Worker.lists, ()), (Worker.changes, ()),
]  # fmt: skip


@pytest.mark.parametrize("seed", range(longer(1, 40)))
def test_many_at_once(place, logs, seed):
    """No session gets in the way of another; in the end all logs are right that can be."""
    names = ["a", "b", "c", "d"]
    workers = [Worker(place, number, seed, names) for number in range(longer(3, 4))]
    running = [Background(lambda worker=worker: worker.work(longer(6, 10))) for worker in workers]
    assert [one.end() for one in running] == [None] * len(workers)
    assert [error for worker in workers for error in worker.errors] == []
    refresh_all(logs)
    assert_all_right(logs)


def parents(db):
    return {log: value(db, f"SELECT from_log::text FROM {log}.settings") for log in there(db)}


def refresh_all(db):
    """Those first that others are derived from; where one has another name now, the settings say so no more."""
    found = parents(db)
    for log, parent in found.items():
        if parent is None:
            refresh(db, log)
        elif parent not in found:
            assert failure(db, f"CALL ticket_mining.refresh('{log}')").sqlstate == NO_LOG


# What two logs of the same have in common, however often they were refreshed.
COMPARED = ("cases", "events", "case_edges", "team_visits", "reopenings", "variants", "edge_stats", "case_months")


def assert_all_right(db):
    """All that are not derived hold the same, and so do all that are derived, like those that are made last."""
    found = parents(db)
    create(db, "last")
    derive(db, "last_derived", "last")
    refresh(db, "last")
    same, same_derived = compared(db, "last"), compared(db, "last_derived")
    for log, parent in found.items():
        assert value(db, f"SELECT count(*) FROM {log}.refreshes WHERE state = 'running'") == 0
        if parent is None or lasts(log, found):
            assert compared(db, log) == (same_derived if parent else same), log


def compared(db, log):
    held = mined(db, log, KEYS)
    return {name: held[name] for name in COMPARED}


def lasts(log, found):
    """Whether all is there that it is derived from."""
    return log is None or log in found and lasts(found[log], found)
