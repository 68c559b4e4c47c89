"""What the TDS test server does wrong when it is told to, as clients see it; and what a vendor's release does."""

import datetime as dt
import threading

import psycopg
import pytds
import pytest
from client import failure, message, rows, value
from dice import dice
from tds import fdw
from tds.clients import ask, pytds_session, refused, tsql
from tds.samples import TEXTS
from tds.served import pg, pg_name, server  # noqa: F401

@pytest.fixture
def imported(server, pg):
    """(server, session): foreign tables and a local table for Many."""
    fdw.attach(pg, server)
    fdw.import_schema(pg)
    fdw.import_schema(pg, "app")
    pg.execute("CREATE TABLE landed (id int, label text)")
    return server, pg


LAND = 'INSERT INTO landed SELECT "Id", "Label" FROM "Many"'


def fails(pg, text, statement=LAND):
    """A load that fails for a reason, and leaves nothing behind."""
    error = failure(pg, statement)
    assert text in message(error)
    assert value(pg, "SELECT count(*) FROM landed") == 0
    return error


def succeeds(server, pg):
    server.faults.clear()
    pg.execute(LAND)
    assert value(pg, "SELECT count(*) FROM landed") == 20000


def test_login(imported):
    server, pg = imported
    server.set_login("nsp_reader", "another")
    assert fails(pg, "Adaptive Server connection failed").sqlstate == "HV00N"
    assert "Login failed for user 'nsp_reader'." in "\n".join(pg.said)
    assert refused(server, "", password="wrong") == 18456
    assert "Login failed" in tsql(server, "", "7.4", "-P", "wrong")[1]
    server.set_login("nsp_reader", "Læs-kun 1")
    succeeds(server, pg)


@pytest.mark.parametrize("fault, number", (({}, 18456), ({"number": 18470, "text": "Login failed: the account is disabled."}, 18470)))
def test_refuse_login(imported, fault, number):
    server, pg = imported
    server.faults.add("refuse_login", **fault)
    fails(pg, "Adaptive Server connection failed")
    # pytds tries again, until this time is over, after all errors of a login but 18456.
    assert refused(server, "", login_timeout=1) == number
    succeeds(server, pg)


def test_other_database(server):
    assert refused(server, "", database="Other", login_timeout=1) == 4060


def test_close_login(imported):
    server, pg = imported
    server.faults.add("close_login")
    fails(pg, "20002")
    succeeds(server, pg)


def test_no_server(imported):
    server, pg = imported
    server.close_listener()
    fails(pg, "20009")


# After a TCP reset tds_fdw often does not say what happened.
AFTER_RESET = ("DB #: 20017", "DB #: 20047", "DB #: 20006", "Failed to execute query", "Failed to get row during query")


@pytest.mark.parametrize("kind", ("close", "reset"))
@pytest.mark.parametrize("place", ({}, {"after_rows": 0}, {"after_rows": 12345}, {"after_rows": 20000},
                                   {"after_bytes": 0}, {"after_bytes": 3}, {"after_bytes": 100001}))  # fmt: skip
def test_cut_off(imported, kind, place):
    server, pg = imported
    server.faults.add(kind, relation="dbo.Many", **place)
    texts = ["DB #: 20017"] if kind == "close" else AFTER_RESET
    error = fails(pg, "")
    assert any(text in message(error) for text in texts)
    succeeds(server, pg)


def test_cut_anywhere(imported):
    """Wherever the answer ends, in a header, a token or a value, the load fails and leaves nothing."""
    server, pg = imported
    rng = dice("closed midway")
    for _ in range(20):
        server.faults.add("close", relation="dbo.Many", after_bytes=rng.randrange(600000), times=1)
        fails(pg, "DB #: 20017")
    succeeds(server, pg)


def test_rows_before_a_cut(server):
    """All rows before the cut were sent."""
    server.faults.add("close", after_rows=1234)
    with pytds_session(server) as session, session.cursor() as cursor:
        cursor.execute("SELECT [Id] FROM [dbo].[Many]")
        found = []
        with pytest.raises((pytds.Error, OSError)):
            while True:
                found.append(cursor.fetchone())
    assert [number for number, in found] == list(range(1234))


def test_error_among_rows(imported):
    server, pg = imported
    server.faults.add("error", relation="dbo.Many", after_rows=777, number=1205, text="Deadlock; you are the victim.")
    fails(pg, "20018")
    assert "Deadlock; you are the victim." in "\n".join(pg.said)
    assert refused(server, "SELECT * FROM [dbo].[Many]") == 1205
    succeeds(server, pg)


@pytest.mark.parametrize("place", ({}, {"after_rows": 10}, {"after_rows": 15000}))
def test_hang(imported, place):
    """As long as the fault lasts nothing comes; tds_fdw hears a cancel meanwhile from 2.0.4 on."""
    server, pg = imported
    hears_cancels = fdw.hears_cancels(pg)
    hang = server.faults.add("hang", relation="dbo.Many", **place)
    ended = threading.Event()
    threading.Thread(target=lambda: (pytest.raises(psycopg.Error, pg.execute, LAND), ended.set())).start()
    assert hang.began.wait(10) and not ended.wait(0.3)
    pg.cancel()
    assert ended.wait(10) if hears_cancels else not ended.wait(0.2)
    server.faults.clear()
    assert ended.wait(10)
    succeeds(server, pg)


def test_hang_login(server):
    server.faults.add("hang_login")
    with pytest.raises((pytds.Error, OSError)):
        ask(server, "", login_timeout=0.3)


def test_hang_meets_a_timeout(server):
    server.faults.add("hang", after_rows=5)
    with pytest.raises((pytds.Error, OSError)):
        ask(server, "SELECT [Id] FROM [dbo].[Many]", timeout=0.3)


def test_slow(imported):
    server, pg = imported
    server.faults.add("slow", relation="dbo.Many", seconds=0.2, rows_a_second=50000)
    begun = dt.datetime.now()
    pg.execute(LAND)
    assert (dt.datetime.now() - begun).total_seconds() > 0.5
    assert value(pg, "SELECT count(*) FROM landed") == 20000


def test_cancel(server):
    """ATTENTION ends an answer; the connection goes on."""
    server.faults.add("slow", rows_a_second=2000, times=1)
    with pytds_session(server) as session, session.cursor() as cursor:
        cursor.execute("SELECT * FROM [dbo].[Many]")
        assert cursor.fetchone() == (0, "række 0")
        cursor.cancel()
        cursor.execute("SELECT [Id] FROM [dbo].[Many] WHERE [Id] < 2")
        assert [number for number, in cursor.fetchall()] == [0, 1]


def test_fault_of_one_query(imported):
    """The second query of one table, and no other."""
    server, pg = imported
    server.faults.add("close", relation="dbo.Many", skip=1, times=1)
    assert len(rows(pg, 'SELECT * FROM "Texts"')) == len(TEXTS)
    assert [len(ask(server, "SELECT [Id] FROM [dbo].[Many]"))] == [20000]
    fails(pg, "DB #: 200")
    pg.execute(LAND)


def test_fault_of_an_import(server, pg):
    fdw.attach(pg, server)
    server.faults.add("close", relation="INFORMATION_SCHEMA", skip=2, after_rows=3)
    error = failure(pg, "IMPORT FOREIGN SCHEMA dbo FROM SERVER nsp INTO public")
    assert "20017" in message(error)


def test_no_showplan(imported):
    server, pg = imported
    server.faults.add("deny_showplan")
    fails(pg, "20018")
    assert "SHOWPLAN permission denied in database 'NSP'." in pg.said[-1]
    pg.execute("ALTER SERVER nsp OPTIONS (SET row_estimate_method 'execute')")
    pg.execute(LAND)


def test_bad_utf16(imported):
    """Half a pair of UTF-16, which a real server stores and sends as it is."""
    server, pg = imported
    server.database.update("dbo.Many", {"Label": "L\ud800st"}, "[Id] = 10000")
    fails(pg, "DB #: 2403")


def test_odd_bytes(imported):
    server, pg = imported
    server.database.update("dbo.Many", {"Label": b"L\0\xf8"}, "[Id] = 10000")
    fails(pg, "DB #: 2401")


# --- What a vendor's release does --------------------------------------------------------


def test_schema_changes(imported):
    server, pg = imported
    vendor = server.database
    vendor.rename("app.vLabels", "vLabels2")
    assert "20018" in message(failure(pg, 'SELECT * FROM "vLabels"'))
    assert "Invalid object name 'app.vLabels'." in pg.said[-1]
    assert len(ask(server, "SELECT * FROM [app].[vLabels2]")) == len(TEXTS)
    vendor.add_column("dbo.Many", "Extra bit NOT NULL", 1)
    pg.execute(LAND)
    pg.execute("TRUNCATE landed")
    vendor.drop_column("dbo.Many", "Label")
    fails(pg, "20018")
    assert "Invalid column name 'Label'." in pg.said[-1]
    assert ask(server, "SELECT * FROM [dbo].[Many] WHERE [Id] = 7") == [(7, True)]
    vendor.rename_column("dbo.Many", "Extra", "Label")
    vendor.drop("dbo.Texts")
    assert refused(server, "SELECT * FROM [dbo].[Texts]") == 208


def test_changed_type(imported):
    server, pg = imported
    server.database.change_type("dbo.Many", "Id nvarchar(20)")
    server.database.update("dbo.Many", {"Id": "A-1"}, "[Id] = '17'")
    fails(pg, 'invalid input syntax for type integer: "A-1"')
    server.database.change_type("dbo.Texts", "At datetime2(7)")
    server.database.change_type("dbo.Texts", "Amount float")
    ((at, amount),) = ask(server, "SELECT [At], [Amount] FROM [dbo].[Texts] WHERE [Id] = 1")
    assert (at, amount) == (dt.datetime(2023, 3, 26, 2, 30, 1, 3000), 1.5)


def test_view_changes(server):
    server.database.add_column("app.vLabels", "Extra int", 5)
    server.database.drop_column("app.vLabels", "Label")
    server.database.insert("dbo.Texts", [(99, None, None, None, None)])
    assert ask(server, "SELECT * FROM [app].[vLabels]") == [(5,)] * (len(TEXTS) + 1)


def test_rows_change(server):
    query = "SELECT [Id], [Label] FROM [dbo].[Many] WHERE [Id] >= 19998"
    assert len(ask(server, query)) == 2
    server.database.insert("dbo.Many", [(20000, "ny")])
    assert server.database.update("dbo.Many", {"Label": "ændret"}, "[Id] = 19998") == 1
    assert server.database.delete("dbo.Many", "[Id] = 19999 OR [Id] < 100") == 101
    assert [tuple(row) for row in ask(server, query)] == [(19998, "ændret"), (20000, "ny")]
    assert len(ask(server, "SELECT * FROM [dbo].[Many]")) == 19900
