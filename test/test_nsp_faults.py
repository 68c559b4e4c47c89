"""Whatever goes wrong on the other side: the reason in plain words, the last good data as they were, and the next load catches up."""

import os
import re
import signal
import time
from contextlib import contextmanager

import psycopg
import pytest
from client import column, connect, failure, longer, message, rows, value
from dice import dice
from nsp_source import NAMES, OddDesk, assert_landed, create_log, create_source, digest, drop_all, last_load, load, nsp_database, point_at
from private_cluster import is_lost, private_cluster
from small_log import Background, wait_for
from tds.fdw import hears_cancels
from tds.server import Server

LOG = NAMES["changes"]
GROWN = range(1000, 100000)


class Site:
    """A desk, its server, and a source with a log, loaded once."""

    def __init__(self, db, server, desk):
        self.db, self.server, self.desk = db, server, desk
        self.numbers = iter(GROWN)

    def grow(self, tickets=3):
        for _ in range(tickets):
            self.desk.add_ticket(next(self.numbers))

    def state(self):
        return digest(self.db, log="desk")

    def fails(self, *texts, full=True):
        """A load whose message and history say why."""
        with pytest.raises(psycopg.Error) as caught:
            load(self.db, full=full, refresh="desk")
        told, row = message(caught.value), last_load(self.db)
        assert row["state"] == "failed" and row["finished_at"] and row["rows"] is None
        for text in texts:
            assert text in told and text in row["error"], (text, told, row["error"])
        assert "All tables are as the last good run left them." in told
        return row

    def stays_and_recovers(self, *texts, repaired=lambda: None, full=True, refresh=None):
        """New rows, a load that fails, nothing touched; repaired, the next load catches up, and the log with it."""
        self.grow()
        before = self.state()
        self.fails(*texts, full=full)
        assert self.state() == before
        self.server.faults.clear()
        repaired()
        load(self.db, refresh=refresh)
        assert last_load(self.db)["state"] == "done"
        assert_landed(self.db, self.desk.database)
        if refresh:
            assert value(self.db, "SELECT count(*) FROM desk.cases") == value(self.db, "SELECT count(DISTINCT case_id) FROM nsp.events")

    @contextmanager
    def instead(self, desk):
        """While this lasts, the server has the rows of another desk."""
        before, self.desk, self.server.database = self.desk, desk, desk.database
        try:
            yield
        finally:
            self.desk, self.server.database = before, before.database


def new_desk():
    return OddDesk(tickets=40)


@pytest.fixture(scope="module")
def name(databases):
    return nsp_database(databases)


@pytest.fixture(scope="module")
def loaded(databases, name):
    """A database with a source and its log, loaded once; nobody stays connected to it."""
    copy, desk = databases.create(name), new_desk()
    with Server(desk.database) as server, connect(copy) as db:
        create_source(db, server)
        create_log(db)
        load(db, refresh="desk")
        assert_landed(db, desk.database)
    return copy


@contextmanager
def site_of(databases, loaded):
    desk = new_desk()
    with databases.copy(loaded) as copy, Server(desk.database) as server, connect(copy) as db:
        point_at(db, server)
        yield Site(db, server, desk)


@pytest.fixture
def site(databases, loaded):
    with site_of(databases, loaded) as found:
        yield found


@pytest.fixture(scope="module")
def lasting_site(databases, loaded):
    """One for tests that leave it as good as it was."""
    with site_of(databases, loaded) as found:
        yield found


# ---- faults of the connection ------------------------------------------------------------------

EOF = "Unexpected EOF from the server"
SAID = "The remote server said: "
FAULTS = {
    "closed at once": ("close", {"relation": LOG}, [EOF]),
    "closed among the rows": ("close", {"relation": LOG, "after_rows": 37}, [EOF]),
    "closed behind the last row": ("close", {"relation": LOG, "after_rows": 10**6}, [EOF]),
    "closed in the middle of a row": ("close", {"relation": LOG, "after_bytes": 1001}, [EOF]),
    "closed in the last part": ("close", {"relation": NAMES["tickets"], "after_rows": 5}, [EOF]),
    "reset": ("reset", {"relation": LOG, "after_rows": 37}, []),
    "error at once": ("error", {"relation": LOG, "number": 229, "text": "The SELECT permission was denied on the object 'EntityChangeLog'."},
                      [SAID + "The SELECT permission was denied on the object 'EntityChangeLog'."]),
    "error among the rows": ("error", {"relation": LOG, "after_rows": 37, "number": 1205, "text": "Blev valgt som offer for en deadlock: æøå."},
                             [SAID + "Blev valgt som offer for en deadlock: æøå."]),
    "refused login": ("refuse_login", {"number": 18456, "text": "Login failed for user 'nsp_reader'."}, [SAID + "Login failed for user 'nsp_reader'."]),
    "unknown database": ("refuse_login", {"number": 4060, "text": "Cannot open database \"NSP\" requested by the login. The login failed."},
                         [SAID + 'Cannot open database "NSP" requested by the login.']),
    "closed login": ("close_login", {}, ["Adaptive Server connection failed"]),
    "no plan": ("deny_showplan", {}, [SAID + "SHOWPLAN permission denied in database 'NSP'."]),
    "catalog closed": ("close", {"relation": "INFORMATION_SCHEMA"}, [EOF]),
    "catalog denied": ("error", {"relation": "INFORMATION_SCHEMA", "text": "No right."}, [SAID + "No right."]),
}  # fmt: skip


@pytest.mark.parametrize("case", FAULTS)
def test_fault(lasting_site, case):
    site, (kind, settings, texts) = lasting_site, FAULTS[case]
    site.server.faults.add(kind, **settings)
    part = {remote: name for name, remote in NAMES.items()}.get(settings.get("relation"))
    refresh = "desk" if case == "closed among the rows" else None
    site.stays_and_recovers(*texts, *([f'While loading part "{part}" ({settings["relation"]}).'] if part else []), refresh=refresh)


def test_first_load_that_fails(name):
    """What it had written before it failed does not count as something that has landed."""
    desk = OddDesk(tickets=40)
    with Server(desk.database) as server, connect(name) as db:
        create_source(db, server)
        desk.database.insert(LOG, [(1, 77, 112, "Note", None, "nr. 1 once more", "2023-05-05", None)])
        with connect(name) as session, pytest.raises(psycopg.Error, match="more than one row of key"):
            load(session)
        desk.database.delete(LOG, "NewValue = 'nr. 1 once more'")
        assert value(db, "SELECT pg_relation_size('nsp.landed_changes')") > 0
        load(db)
        assert_landed(db, desk.database)
        drop_all(db)


def hint_of_a_load(site):
    with pytest.raises(psycopg.Error) as caught:
        load(site.db, full=True)
    return caught.value.diag.message_hint


@pytest.mark.parametrize("kind, hint", (("reset", "The connection broke or timed out. The next load reads what is missing."), ("error", None)))
def test_hint(lasting_site, kind, hint):
    """What tds_fdw leaves unsaid; nothing is added where the server has said it."""
    lasting_site.server.faults.add(kind, relation=LOG, after_rows=37)
    try:
        assert hint_of_a_load(lasting_site) == "\n".join(filter(None, (hint, "The history of the runs has the reason, too.")))
    finally:
        lasting_site.server.faults.clear()


def test_wrong_password(lasting_site):
    site = lasting_site
    right = site.server.user, site.server.password
    site.server.set_login(right[0], "another")
    site.stays_and_recovers(SAID + f"Login failed for user '{right[0]}'.", repaired=lambda: site.server.set_login(*right))


def test_no_server(site):
    """Nobody listens."""
    site.server.close_listener()
    before = site.state()
    site.fails("Unable to connect: Adaptive Server is unavailable or does not exist", "Connection refused")
    assert site.state() == before


def test_slow(lasting_site):
    """Slow is no fault."""
    site = lasting_site
    site.grow(1)
    site.server.faults.add("slow", relation=LOG, seconds=0.1, rows_a_second=2000)
    load(site.db, full=True)
    assert_landed(site.db, site.desk.database)
    site.server.faults.clear()


# ---- what a release of the vendor's changes ------------------------------------------------------


def change(method, *arguments):
    return lambda database: getattr(database, method)(*arguments)


TICKETS = NAMES["tickets"]
BREAKING = {
    "dropped column": ([change("drop_column", TICKETS, "BaseEntityStatusId")], ["SysTicket has no column BaseEntityStatusId"]),
    "renamed column": ([change("rename_column", LOG, "NewValue", "NytVærdi")], ["EntityChangeLog has no column NewValue"]),
    "other case": ([change("rename_column", LOG, "NewValue", "newvalue")], ["EntityChangeLog has no column NewValue"]),
    "renamed table": ([change("rename", LOG, "EntityChangeLog2")], ["there is no table or view dbo.EntityChangeLog"]),
    "dropped table": ([change("drop", TICKETS)], ["there is no table or view dbo.SysTicket"]),
    "text for a number": ([change("change_type", LOG, "EntityId nvarchar(50)")], ["column EntityId of EntityChangeLog is of type character varying(50), which cannot be read as integer"]),
    "offset": ([change("change_type", LOG, "ChangedDate datetimeoffset(7) NOT NULL")], ["column ChangedDate of EntityChangeLog is a datetimeoffset, whose offset is lost"]),
    "number for a time": ([change("change_type", TICKETS, "CreatedDate nvarchar(30)")], ["column CreatedDate of SysTicket is of type character varying(30), which cannot be read as time"]),
    "several": ([change("drop_column", TICKETS, "BaseEntityStatusId"), change("drop_column", LOG, "PropertyName"), change("rename_column", LOG, "Id", "LogId")],
                ["SysTicket has no column BaseEntityStatusId", "EntityChangeLog has no column PropertyName", "EntityChangeLog has no column Id"]),
}  # fmt: skip


@pytest.mark.parametrize("case", BREAKING)
def test_breaking_change(lasting_site, case):
    """Stops the load before anything is touched, with all differences at once; check_source says the same."""
    site, (changes, texts) = lasting_site, BREAKING[case]
    with site.instead(new_desk()):
        site.grow()
        before = site.state()
        for one in changes:
            one(site.desk.database)
        row = site.fails("the source is not as its mapping says", *texts)
        assert site.state() == before
        breaking = rows(site.db, "SELECT part, message FROM ticket_mining.check_source('nsp') WHERE severity = 'breaking'")
    assert row["error"].split("\n")[1:] == [f"{part}: {said}" for part, said in breaking] and len(breaking) == len(texts)
    assert not reads_tables(site.server), "the tables were read"


def reads_tables(server):
    """Whether any table was read since the last import."""
    batches = list(server.batches)
    last = max(number for number, text in enumerate(batches) if "INFORMATION_SCHEMA" in text)
    return [text for text in batches[last:] if "FROM [dbo]" in text]


def test_repaired_by_mapping(site):
    """The vendor renames; the site follows in its mapping."""
    database = site.desk.database
    database.rename_column(LOG, "NewValue", "Nytværdi")
    database.rename(TICKETS, "Sag")
    before = site.state()
    site.fails("there is no table or view dbo.SysTicket")
    assert site.state() == before
    site.db.execute("UPDATE nsp.mapping SET remote_column = 'Nytværdi' WHERE remote_column = 'NewValue'; UPDATE nsp.parts SET remote_table = 'Sag' WHERE part = 'tickets'")
    load(site.db, full=True)
    assert last_load(site.db)["state"] == "done" and last_load(site.db)["rows"]["changes"]["changed"] == 0
    assert value(site.db, "SELECT count(*) FROM nsp.landed_tickets WHERE missing_since IS NOT NULL") == 0


def test_missing_schema(site):
    """tds_fdw imports nothing, and says nothing."""
    site.db.execute("UPDATE nsp.parts SET remote_schema = 'dbx'")
    before = site.state()
    site.fails("none of the remote tables is there")
    assert site.state() == before
    site.db.execute("UPDATE nsp.parts SET remote_schema = 'dbo'")
    load(site.db)
    assert_landed(site.db, site.desk.database)


HARMLESS = {
    "new column": ([change("add_column", TICKETS, "Ny nvarchar(10)", "x")], "tickets: column Ny is new"),
    "wider type": ([change("change_type", LOG, "EntityId bigint")], "changes: column EntityId was of type integer and is of type bigint now"),
    "narrower text": ([change("change_type", LOG, "NewValue nvarchar(500)")], "changes: column NewValue was of type text and is of type character varying(500) now"),
    "column that nobody reads": ([change("drop_column", TICKETS, "BaseDescription")], "tickets: column BaseDescription is gone"),
    "optional column": ([change("drop_column", TICKETS, "ReferenceNo")], "tickets: SysTicket has no column ReferenceNo (field case_no)"),
    "optional table": ([change("drop", "dbo.SysPriority")], "priorities: there is no table or view dbo.SysPriority"),
}  # fmt: skip


@pytest.mark.parametrize("case", HARMLESS)
def test_harmless_change(site, case):
    """A warning in the history, once for what is new; all rows arrive."""
    changes, warning = HARMLESS[case]
    for one in changes:
        one(site.desk.database)
    if case != "optional table":
        site.grow()
    landed_before = value(site.db, "SELECT count(case_no) FROM nsp.landed_tickets")
    load(site.db)
    assert warning in last_load(site.db)["warnings"]
    if case == "optional column":
        assert value(site.db, "SELECT count(case_no) FROM nsp.landed_tickets") >= landed_before
    else:
        assert_landed(site.db, site.desk.database)


# ---- bad values ----------------------------------------------------------------------------------


def lone_surrogate(site):
    """A row whose text is no UTF-16: nothing stops SQL Server from storing it."""
    relation = site.desk.database.find(LOG)
    with site.desk.database.changing():
        relation.rows.append((90000, 1, 112, "BaseEntityStatus", None, "\ud83d x", relation.rows[-1][6], None))


def test_bad_utf16(site):
    """Half a surrogate pair: FreeTDS would go on with a question mark in its place."""
    lone_surrogate(site)
    site.stays_and_recovers("Some character(s) could not be converted", 'While loading part "changes" (dbo.EntityChangeLog).',
                            repaired=lambda: site.desk.database.delete(LOG, "Id = 90000"))  # fmt: skip
    lone_surrogate(site)
    assert hint_of_a_load(site).startswith("Some text of this table is no valid UTF-16")


def test_empty_table(site):
    """Refused, until one does what the hint says."""
    site.desk.database.delete(LOG)
    before = site.state()
    site.fails('part "changes" came empty, but had')
    assert site.state() == before
    site.db.execute(re.search("(UPDATE .*), and load again", hint_of_a_load(site))[1])
    load(site.db, full=True)
    assert last_load(site.db)["rows"]["changes"] == {"full": True, "read": 0, "changed": 0, "missing": 0}
    assert value(site.db, "SELECT count(*) FROM nsp.landed_changes WHERE missing_since IS NULL") == 0


@pytest.mark.parametrize("seq", (1, 90000))
def test_key_that_comes_twice(site, seq):
    """A key that is not unique on the other side, as in a view that joins; whether it has landed before or not."""
    cases = (77, 78) if seq == 90000 else (77,)
    site.desk.database.insert(LOG, [(seq, case, 112, "Note", None, f"nr. {case}", "2023-05-05", None) for case in cases])
    before = site.state()
    row = site.fails()
    assert site.state() == before
    assert f'part "changes" has more than one row of key (seq) = ({seq})' in row["error"]


def test_key_that_comes_twice_at_first(site):
    """Before anything has landed there is no key that could stop it; once it is mended, there is one."""
    site.db.execute("UPDATE nsp.mapping SET is_key = field = 'property' WHERE part = 'changes' AND field IN ('seq', 'property')")
    site.db.execute("DROP TABLE nsp.landed_changes CASCADE; DELETE FROM nsp.loads")
    site.fails('part "changes" has more than one row of key (property) =')
    assert value(site.db, "SELECT to_regclass('nsp.landed_changes')") is None
    site.db.execute("UPDATE nsp.mapping SET is_key = field = 'seq' WHERE part = 'changes' AND field IN ('seq', 'property')")
    load(site.db)
    assert_landed(site.db, site.desk.database)
    assert column(site.db, "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'nsp.landed_changes'::regclass") == ["PRIMARY KEY (seq)"]


def test_null_keys(site):
    relation = site.desk.database.find(NAMES["comments"])
    site.desk.database.change_type(NAMES["comments"], "Id int")
    with site.desk.database.changing():
        relation.rows.append((None, *relation.rows[3][1:]))
    before = site.state()
    site.fails("null value in column")
    assert site.state() == before


def test_what_is_odd(site):
    """Times of the future, new statuses, damaged ones, new properties, half the rows gone: warnings."""
    desk = site.desk
    desk.put_change(1, "status", "BaseEntityStatus", None, "Helt ny", desk.rng.choice([time_in(2100)]))
    desk.put_change(1, "status", "BaseEntityStatus", "L\ufffdst", "Ny", time_in(2023))
    desk.put_change(1, "other", "Anden", None, "\ufffd", time_in(2023))
    desk.database.delete(NAMES["comments"], f"Id > {desk.database.rows(NAMES['comments'])[9]['Id']}")
    load(site.db, full=True)
    warnings = "\n".join(last_load(site.db)["warnings"])
    for text in ("1 rows are of the future", "1 rows have letters that were lost (U+FFFD)", '"Helt ny" is a new value of BaseEntityStatus', 'property "Anden" is not in properties', "comments: 10 rows were read"):
        assert text in warnings


def time_in(year):
    return OddDesk(tickets=0).changes[0][4].replace(year=year)


# ---- random cut-offs -----------------------------------------------------------------------------


def random_cut(rng, server):
    relation = rng.choice((LOG, LOG, NAMES["comments"], TICKETS, "dbo.SysGroup", "INFORMATION_SCHEMA", None))
    place = rng.choice(({}, {"after_rows": rng.randrange(150)}, {"after_bytes": rng.randrange(12000)}))
    server.faults.add(rng.choice(("close", "reset", "error")), relation=relation, skip=rng.choice((0, 0, 0, 1, 2)), **place)


def test_random_cuts(site):
    """A load either does all or nothing; whenever one is done, everything is there once."""
    rng, failed = dice("cuts"), 0
    for number in range(longer(12, 1000)):
        site.grow(rng.choice((0, 1)))
        before = digest(site.db)
        random_cut(rng, site.server)
        with connect(site.db.info.dbname) as session:
            try:
                load(session, full=rng.random() < 0.5)
            except psycopg.Error:
                failed += 1
                assert digest(site.db) == before, number
            else:
                assert_landed(site.db, site.desk.database)
        site.server.faults.clear()
        if number % 10 == 9:
            load(site.db, full=rng.random() < 0.5)
            assert_landed(site.db, site.desk.database)
    assert failed > longer(1, 500)
    assert column(site.db, "SELECT DISTINCT state FROM nsp.loads ORDER BY 1") == ["done", "failed"]


# ---- loads that end otherwise ----------------------------------------------------------------------


LOST = "the server process ended before the load did"
WAITS = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pid = %s)"


def start_load(session):
    return Background(lambda: load(session, full=True))


def reads(server, text="FROM [dbo].[EntityChangeLog]"):
    """Waits until the server was asked for the rows, not only for their plan."""
    wait_for(lambda: len([batch for batch in server.batches if text in batch]) >= 2, "a load that reads")


@contextmanager
def slowed(site, kind="hang", **settings):
    """While this lasts, the history comes to a halt, or slowly."""
    site.server.batches.clear()
    site.server.faults.add(kind, relation=LOG, **settings)
    try:
        yield
    finally:
        # Or else the end of the session waits for the load, and that for ever.
        site.server.faults.clear()


def test_cancel(site):
    """As soon as rows come, a load ends; where tds_fdw hears a cancel itself, with its words."""
    said = "Interrupted system call" if hears_cancels(site.db) else "canceling statement due to user request"
    before = site.state()
    with connect(site.db.info.dbname) as session, slowed(site, "slow", rows_a_second=300):
        running = start_load(session)
        reads(site.server)
        session.cancel()
        assert said in str(running.end())
    assert last_load(site.db)["state"] == "failed" and said in last_load(site.db)["error"]
    assert site.state() == before
    load(site.db)
    assert_landed(site.db, site.desk.database)


def test_cancels_after_a_load(site):
    """tds_fdw takes their signal for itself from 2.0.4 on: what follows a load can be ended all the same."""
    with connect(site.db.info.dbname) as session:
        load(session, full=True)
        session.execute("SET statement_timeout = '100ms'")
        assert failure(session, "SELECT pg_sleep(10)").sqlstate == "57014"


def test_terminated(site):
    """The history cannot be ended by the session itself: the next load does it."""
    before = site.state()
    with connect(site.db.info.dbname) as session, slowed(site, "slow", rows_a_second=300):
        running = start_load(session)
        reads(site.server)
        site.db.execute("SELECT pg_terminate_backend(%s)", (session.info.backend_pid,))
        assert running.end() is not None
    assert last_load(site.db)["state"] == "running" and site.state() == before
    load(site.db)
    assert rows(site.db, "SELECT state, error FROM nsp.loads ORDER BY load_no DESC LIMIT 2")[1] == ("interrupted", LOST)
    assert_landed(site.db, site.desk.database)


def test_two_at_once(site):
    """The second waits for the first, and is not confused by it."""
    site.grow()
    with connect(site.db.info.dbname) as first, connect(site.db.info.dbname) as second, slowed(site, "slow", rows_a_second=200):
        running = start_load(first)
        reads(site.server)
        waiting = start_load(second)
        wait_for(lambda: value(site.db, WAITS, (second.info.backend_pid,)), "the second load waits")
        assert column(site.db, "SELECT state FROM nsp.loads ORDER BY load_no DESC LIMIT 2") == ["running", "done"], "what has not begun has no history"
        site.server.faults.clear()
        assert (running.end(), waiting.end()) == (None, None)
    assert column(site.db, "SELECT state FROM nsp.loads ORDER BY load_no DESC LIMIT 2") == ["done", "done"]
    assert_landed(site.db, site.desk.database)


def test_drop_waits(site):
    """For the load that runs; then all is gone."""
    site.db.execute("CALL ticket_mining.drop_log('desk')")
    with connect(site.db.info.dbname) as session, connect(site.db.info.dbname) as dropping, slowed(site, "slow", rows_a_second=200):
        running = start_load(session)
        reads(site.server)
        waiting = Background(lambda: dropping.execute("CALL ticket_mining.drop_source('nsp')"))
        wait_for(lambda: value(site.db, WAITS, (dropping.info.backend_pid,)), "the drop waits")
        site.server.faults.clear()
        assert (running.end(), waiting.end()) == (None, None)
    assert value(site.db, "SELECT to_regnamespace('nsp')") is None


def test_readers_do_not_wait(site):
    """While a load runs, the last good data can be read, and a log be refreshed."""
    before = site.state()
    site.db.execute("SET statement_timeout = '4s'")
    with connect(site.db.info.dbname) as session, slowed(site, after_rows=20):
        running = start_load(session)
        reads(site.server)
        assert site.state() == before
        site.db.execute("CALL ticket_mining.refresh('desk')")
        site.server.faults.clear()
        assert EOF in str(running.end())


# ---- in a cluster of one's own ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A server whose FreeTDS gives up after two seconds: it hears of that by its environment alone."""
    directory = tmp_path_factory.mktemp("freetds")
    for parent in (directory, *list(directory.parents)[:3]):
        parent.chmod(0o755)
    conf = directory / "freetds.conf"
    conf.write_text("[global]\n\ttimeout = 2\n\tconnect timeout = 2\n")
    before = os.environ.get("FREETDSCONF")
    os.environ["FREETDSCONF"] = str(conf)
    try:
        with private_cluster() as made:
            with made.connect() as db:
                db.execute("CREATE DATABASE nsp")
            with made.connect("nsp") as db:
                db.execute("CREATE EXTENSION tds_fdw; CREATE EXTENSION ticket_mining")
            yield made
    finally:
        os.environ.pop("FREETDSCONF") if before is None else os.environ.update(FREETDSCONF=before)


@pytest.fixture
def private_site(cluster):
    desk = OddDesk(tickets=20)
    with Server(desk.database) as server, cluster.connect("nsp") as db:
        found = Site(db, server, desk)
        create_source(db, server)
        load(db)
        yield found
    with cluster.connect_again("nsp") as db:
        drop_all(db)


@pytest.mark.parametrize("fault, settings", (("hang", {"relation": LOG}), ("hang", {"relation": LOG, "after_rows": 30}), ("hang_login", {})))
def test_hang(private_site, fault, settings):
    """Ends when FreeTDS's own timeout says so."""
    site, before = private_site, digest(private_site.db)
    site.grow()
    site.server.faults.add(fault, **settings)
    begun = time.monotonic()
    with pytest.raises(psycopg.Error) as caught:
        load(site.db, full=True)
    assert 1 < time.monotonic() - begun < 20
    assert any(text in str(caught.value) for text in ("timed out", "timeout", "connection failed", "unavailable")), caught.value
    assert last_load(site.db)["state"] == "failed" and digest(site.db) == before
    site.server.faults.clear()
    load(site.db)
    assert_landed(site.db, site.desk.database)


def test_killed(cluster, private_site):
    """kill -9 in the middle: PostgreSQL restarts, the last good data are there, the next load is right."""
    site, before = private_site, digest(private_site.db)
    site.grow()
    session = cluster.connect("nsp")
    with slowed(site, after_rows=20):
        running = start_load(session)
        reads(site.server)
        os.kill(session.info.backend_pid, signal.SIGKILL)
        assert running.end() is not None
        wait_for(lambda: is_lost(site.db), "the crash of the server")
    with cluster.connect_again("nsp") as db:
        assert last_load(db)["state"] == "running" and digest(db) == before
        load(db)
        states = rows(db, "SELECT state, error FROM nsp.loads ORDER BY load_no DESC LIMIT 2")
        assert states == [("done", None), ("interrupted", LOST)]
        assert_landed(db, site.desk.database)
