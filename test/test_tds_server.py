"""The TDS test server, as real tds_fdw, FreeTDS and a client that is not FreeTDS see it."""

import json
import os
import subprocess
import sys
import threading
import uuid
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace

import pytds
import pytest
from client import column, rows, value
from tds import fdw, nsp
from tds.clients import ask, pytds_session, refused, tsql
from tds.control import Remote
from tds.nsp_schema import TABLES
from tds.raw import rows_received
from tds.samples import NAMES, TEXTS, TYPES, VERSIONS
from tds.served import pg, pg_name, server, steady  # noqa: F401
from tds.server import Server

SERVE = Path(__file__).parent / "tds/serve.py"

# --- Types ----------------------------------------------------------------------


def expected(version, place):
    """The row of all types, as a client reads it."""
    return tuple(entry[place][0 if version >= "7.3" else -1] for entry in TYPES.values())


def with_nulls(row):
    """All rows of T that the first one leads to."""
    return [row, (None,) * len(row), *(tuple(cell if number % 7 == place else None for number, cell in enumerate(row)) for place in range(7))]


@pytest.mark.parametrize("version", VERSIONS)
def test_types_through_tds_fdw(steady, pg, version):
    fdw.attach(pg, steady, tds_version=version)
    columns = ", ".join(f"{name} {entry[1]}" for name, entry in zip(NAMES, TYPES.values()))
    fdw.foreign_table(pg, "t", columns, "dbo.T")
    fdw.foreign_table(pg, "n", columns, "dbo.N")
    assert rows(pg, "SELECT * FROM t") == with_nulls(expected(version, 2))
    assert rows(pg, "SELECT * FROM n") == [expected(version, 2)]
    last_first = ", ".join(reversed(NAMES))
    assert rows(pg, f"SELECT {last_first} FROM n") == [expected(version, 2)[::-1]]


@pytest.mark.parametrize("version", VERSIONS)
def test_types_through_another_client(steady, version):
    with pytds_session(steady, version) as session:
        assert f"{session.tds_version >> 28:x}.{session.tds_version >> 24 & 15:x}" == version
    assert [tuple(row) for row in ask(steady, "SELECT * FROM [dbo].[T]", version)] == with_nulls(expected(version, 3))
    assert [tuple(row) for row in ask(steady, "SELECT * FROM [dbo].[N]", version)] == [expected(version, 3)]


@pytest.mark.parametrize("version", (*VERSIONS, "auto"))
def test_tsql(steady, version):
    out, said = tsql(steady, "SELECT [Id], [Label] FROM [dbo].[Texts]\ngo\n", version)
    assert out.splitlines()[-12:] == [f"{number}\t{'NULL' if text is None else text}" for number, text in enumerate(TEXTS)]
    assert "Msg" not in said


@pytest.mark.parametrize("packet_size", (512, 4096, 32767))
@pytest.mark.parametrize("version", ("7.1", "7.4"))
def test_packets(steady, version, packet_size):
    """Rows across packets, and rows longer than a packet."""
    many = ask(steady, "SELECT * FROM [dbo].[Many]", version, blocksize=packet_size)
    assert [tuple(row) for row in many] == [(number, f"række {number}") for number in range(20000)]
    assert len(ask(steady, "SELECT * FROM [dbo].[T]", version, blocksize=packet_size)) == 9


def test_ticks(server, pg):
    """datetime has 1/300 s, and ends in 0, 3 or 7 ms."""
    times = ["2023-03-26 02:30:00.%03d" % ms for ms in (1, 2, 4, 5, 8, 9, 998, 999)]
    server.database.create("dbo.Ticks", "At datetime NOT NULL", [(at,) for at in times])
    fdw.attach(pg, server)
    fdw.import_schema(pg)
    assert [at.microsecond // 1000 for at in column(pg, 'SELECT "At" FROM "Ticks"')] == [0, 3, 3, 7, 7, 10, 997, 0]


def test_many_at_once(steady):
    """Connections do not disturb each other, and each hears how many rows it got."""
    served = {"port": steady.port, "user": steady.user, "password": steady.password, "database": "NSP"}
    counts = []
    askers = [threading.Thread(target=lambda: counts.append(rows_received(served, "SELECT * FROM [dbo].[Many]"))) for _ in range(20)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join(20)
    assert counts == [20000] * 20


@pytest.mark.parametrize("version", VERSIONS)
def test_texts_to_the_byte(steady, pg, version):
    fdw.attach(pg, steady, tds_version=version)
    fdw.import_schema(pg)
    assert column(pg, 'SELECT "Label" FROM "Texts"') == TEXTS


# --- The catalog ------------------------------------------------------------------

IMPORTED = {
    "tinyint": "smallint", "bit": "smallint", "decimal(38,10)": "numeric(38,10)", "real": "real", "float": "double precision",
    "money": "money", "smallmoney": "money", "datetime": "timestamp(3) without time zone", "smalldatetime": "timestamp(0) without time zone",
    "date": "date", "time(7)": "time without time zone", "time(0)": "time without time zone", "datetime2(7)": "timestamp(6) without time zone",
    "datetime2(3)": "timestamp(3) without time zone", "datetimeoffset(7)": "timestamp(6) with time zone", "uniqueidentifier": "uuid",
    "nvarchar(50)": "character varying(50)", "nvarchar(max)": "text", "nchar(5)": "character(5)", "int": "integer", "bigint": "bigint",
    "varbinary(10)": "bytea", "varbinary(max)": "bytea",
}  # fmt: skip


def test_import(steady, pg):
    fdw.attach(pg, steady)
    fdw.import_schema(pg)
    assert set(column(pg, "SELECT ftrelid::regclass::text FROM pg_foreign_table")) == {'"T"', '"N"', '"Texts"', '"Many"'}
    found = rows(pg, "SELECT format_type(atttypid, atttypmod), attnotnull FROM pg_attribute WHERE attrelid = '\"N\"'::regclass AND attnum > 0")
    assert all(not_null for _, not_null in found)
    assert {kind: local for kind, (local, _) in zip(TYPES, found) if kind in IMPORTED} == IMPORTED


def test_import_of_some(steady, pg):
    fdw.attach(pg, steady)
    pg.execute('IMPORT FOREIGN SCHEMA dbo LIMIT TO ("Many", "Texts") FROM SERVER nsp INTO public')
    pg.execute('IMPORT FOREIGN SCHEMA DBO EXCEPT ("Many", "Texts", "N") FROM SERVER nsp INTO public')
    fdw.import_schema(pg, "app")
    assert len(column(pg, "SELECT ftrelid FROM pg_foreign_table")) == 4
    assert column(pg, 'SELECT "Label" FROM "vLabels"') == TEXTS


def test_import_of_nothing(steady, pg):
    """tds_fdw does not say that a schema is missing."""
    fdw.attach(pg, steady)
    fdw.import_schema(pg, "nobodys")
    assert column(pg, "SELECT ftrelid FROM pg_foreign_table") == []


# --- Filters and orders: SQL Server's rules -------------------------------------------

FILTERS = {
    "\"Label\" = 'løst'": [0, 1, 2],  # neither case nor trailing blanks count
    "\"Label\" = 'Loest'": [],
    "\"Label\" = ''": [11],
    "\"Label\" <> 'løst'": [3, 4, 5, 6, 7, 8, 10, 11],  # NULL is neither
    "\"Label\" = 'Genåbnet'": [8],
    "\"Label\" LIKE 'L%'": [0, 1, 2],
    "\"Label\" LIKE '_øst'": [0, 1],  # in LIKE trailing blanks of nvarchar count
    "\"Label\" NOT LIKE '%s%'": [3, 4, 5, 6, 7, 8, 11],
    "\"Label\" LIKE '%[%'": [],  # an open bracket begins a set
    "\"Label\" LIKE '%[%]%'": [10],
    "\"Label\" ILIKE '%Å%'": [3, 8],
    '"Label" IS NULL': [9],
    '"Label" IS NOT NULL AND "Id" > 9': [10, 11],
    "\"Label\" > 'Zoo'": [3, 4, 5],  # æ, ø, å and aa come after z
    '"Id" = 3 OR NOT "Id" < 10': [3, 10, 11],
    '"Id" = -3': [],
    '"Id" >= 10 AND "Label" <> \'x\'': [10, 11],
    "\"At\" > '2023-03-26 02:30:09.003'": [10, 11],
    "\"At\" = '2023-03-26 02:30:09.004'": [9],  # a tick is 1/300 s
    f"\"Code\" = '{uuid.UUID(int=4)}'": [4],
}


@pytest.mark.parametrize("method", ("execute", "showplan_all"))
def test_filters(steady, pg, method):
    fdw.attach(pg, steady, row_estimate_method=method)
    fdw.import_schema(pg)
    for condition, ids in FILTERS.items():
        assert sorted(column(pg, f'SELECT "Id" FROM "Texts" WHERE {condition}')) == ids, condition


@pytest.mark.parametrize("order, ids", (
    ('"Label", "Id"', [9, 11, 7, 10, 8, 0, 1, 2, 6, 5, 4, 3]),
    ('"Label" DESC, "Id" DESC', [3, 4, 5, 6, 2, 1, 0, 8, 10, 7, 11, 9]),
))  # fmt: skip
def test_order(steady, pg, order, ids):
    """NULLs first, whatever the case, æ ø å last, and aa with å; tds_fdw believes that it is PostgreSQL's order."""
    fdw.attach(pg, steady)
    fdw.import_schema(pg)
    assert column(pg, f'SELECT "Id" FROM "Texts" ORDER BY {order}') == ids


def test_silent_errors_are_served(steady, pg):
    """What plain tds_fdw gets wrong is wrong against this server too: parameters become NULL, a query's WHERE is lost."""
    fdw.attach(pg, steady)
    fdw.import_schema(pg)
    assert rows(pg, 'SELECT "Id" FROM "Texts" WHERE "Id" = (SELECT 3)') == []
    pg.execute("CREATE FOREIGN TABLE q (\"Id\" int) SERVER nsp OPTIONS (query 'SELECT [Id] FROM [dbo].[Texts]')")
    assert len(rows(pg, 'SELECT * FROM q WHERE "Id" = 1')) == len(TEXTS)


def test_numeric_without_precision_is_whole(steady):
    """T-SQL's numeric is numeric(18, 0), so 1.5 is 2 there."""
    assert ask(steady, "SELECT [Id] FROM [dbo].[Texts] WHERE (([Amount] = CAST(1.5 AS numeric(5,1))))") == [(1,)]
    assert len(ask(steady, "SELECT [Id] FROM [dbo].[Texts] WHERE (([Amount] < CAST(1.5 AS numeric)))")) == 2


@pytest.mark.parametrize("text, number", (
    ("SELECT 1", 102),
    ("SELECT @@version", 102),
    ("DELETE FROM [dbo].[Texts]", 102),
    ("SELECT [Id] FROM [dbo].[Texts] WITH (NOLOCK)", 102),
    ("SELECT [Id] FROM [dbo].[Texts]; DROP TABLE [dbo].[Texts]", 102),
    ("SELECT TOP 1 [Id] FROM [dbo].[Texts]", 102),
    ("SELECT count(*) FROM [dbo].[Texts]", 102),
    ("SELECT [Id] FROM [dbo].[Texts] WHERE [Id] IN (1, 2)", 102),
    ("SELECT [Id] FROM [dbo].[Texts] WHERE (([Label] LIKE E'%\\_%'))", 102),
    ("SELECT [Id] FROM [dbo].[Texts] WHERE (([Label] IS DISTINCT FROM 'a'))", 102),
    ("SELECT [Id] FROM [dbo].[Nothing]", 208),
    ("SELECT [Id] FROM [app].[Texts]", 208),
    ("SELECT [Nothing] FROM [dbo].[Texts]", 207),
    ("SELECT [Id] FROM [dbo].[Texts] WHERE (([Id] = true))", 207),
    ("SELECT [Id] FROM [dbo].[Texts] WHERE ([Id])", 4145),
    ("SELECT [Id] FROM [dbo].[Texts] WHERE (([Id] = 'abc'))", 245),
    ("SELECT [Id] FROM [dbo].[Texts] WHERE (([At] > '2023-03-26 02:30:09.123456'))", 241),
    ("SELECT [Id] FROM [dbo].[Texts] WHERE (([At] > '2023-03-26 02:30:09+00'))", 241),
    ("SELECT [Id] FROM [dbo].[Texts] WHERE (([Code] = 'abc'))", 8169),
    ("SET LANGUAGE Danish", 102),
))  # fmt: skip
def test_refused(steady, text, number):
    assert refused(steady, text) == number


def test_parameters_are_not_served(steady):
    """pytds calls a procedure for them."""
    with pytds_session(steady) as session, session.cursor() as cursor:
        with pytest.raises(pytds.Error, match="SQL batches only"):
            cursor.execute("SELECT [Id] FROM [dbo].[Texts] WHERE [Id] = %s", (1,))
        cursor.execute("SELECT [Id] FROM [dbo].[Texts] WHERE [Id] = 1")
        assert cursor.fetchall() == [(1,)]


def test_names_in_any_case(steady):
    assert ask(steady, "SELECT [ID] FROM [DBO].[TEXTS] WHERE [LABEL] = 'zoo'") == [(6,)]


# --- The demo's tickets -------------------------------------------------------------------


@pytest.fixture(scope="module")
def desk():
    return nsp.Desk()


# Every row through tds_fdw as it is; datetime2 comes as Mar  1 2022  7:02:59:0000000AM.
LANDED = {
    "SysEntityStatus": "*",
    "SysGroup": "*",
    "SysTicket": '"Id", "CreatedDate", "BaseEntityStatusId", "AgentGroupId"',
    "EntityChangeLog": r"""*, extract(epoch FROM regexp_replace("ChangedDate", ':(\d{7})([AP]M)$', '.\1 \2')::timestamp)::bigint AS at""",
    "EntityComment": '"Id", "EntityId", "CreatedDate", "UserType", "IsInternal"',
}


@pytest.fixture
def desk_tables(desk, pg):
    """Local copies of the tables, read through tds_fdw."""
    with Server(desk.database) as server:
        fdw.attach(pg, server)
        fdw.import_schema(pg)
        pg.execute("""ALTER FOREIGN TABLE "EntityChangeLog" ALTER "ChangedDate" TYPE text""")
        for name, columns in LANDED.items():
            pg.execute(f'CREATE TEMP TABLE {name} AS SELECT {columns} FROM "{name}"')
        yield pg


LOGGED = """SELECT "EntityId", "NewValue", at, "PropertyName", "OldValue"
            FROM entitychangelog WHERE "PropertyName" = ANY (%s) ORDER BY "Id" """
TICKETS = """SELECT t."Id", extract(epoch FROM "CreatedDate")::bigint, s."DisplayNameId", g."GroupName"
             FROM systicket t JOIN sysentitystatus s ON s."Id" = "BaseEntityStatusId" LEFT JOIN sysgroup g ON g."Id" = "AgentGroupId" """
MESSAGES = """SELECT "EntityId", CASE WHEN "IsInternal" = 1 THEN 'internal' ELSE (ARRAY['out', 'in', 'auto'])["UserType"] END,
                     extract(epoch FROM "CreatedDate")::bigint, "Id" / 10 FROM entitycomment"""


def got_back(db, prop, current, others=()):
    """(ticket, value, at) of a property, in order, by the rules that nsp.py states."""
    logged = rows(db, LOGGED, ([prop, *others],))
    horizon = value(db, "SELECT min(at) FROM entitychangelog")
    first_old = {}
    for ticket, _, _, name, old in logged:
        if name == prop:
            first_old.setdefault(ticket, old)
    firsts = [(ticket, first_old.get(ticket, now[current]), at) for ticket, at, *now in rows(db, TICKETS) if at >= horizon]
    found = [first for first in firsts if first[1] is not None]
    found += [(ticket, new, at) for ticket, new, at, _, old in logged if old != new or old is None]
    # A stable sort: rows of the same second stay in the order of their ids, with the first value before them.
    return sorted(found, key=lambda row: (row[0], row[2]))


def of_the_demo(desk, kind):
    saved = [(ticket, what, at) for number, at, ticket, row_kind, what in desk.saves if number and row_kind == kind]
    return sorted(saved, key=lambda row: (row[0], row[2]))


def test_demo_is_got_back(desk, desk_tables):
    db = desk_tables
    assert got_back(db, "BaseEntityStatus", 0, ("Note",)) == of_the_demo(desk, "status")
    assert got_back(db, "AgentGroup", 1) == of_the_demo(desk, "team")
    messages = [(number, ticket, at, what) for number, at, ticket, kind, what in desk.saves if number and kind == "message"]
    assert sorted((number, ticket, at, what) for ticket, what, at, number in rows(db, MESSAGES)) == sorted(messages)


def test_demo_has_what_is_awkward(desk):
    log = desk.database.rows("dbo.EntityChangeLog")
    assert sum(row["OldValue"] == row["NewValue"] is not None for row in log) > 1000
    assert {row["PropertyName"] for row in log} > {"BaseEntityStatus", "AgentGroup", "Note", "CommentCount"}
    moments = [key for key, group in groupby(log, lambda row: (row["EntityId"], row["ChangedDate"])) if len(list(group)) > 1]
    assert len(moments) > 1000
    assert len(desk.database.rows("app.vTicketHistory")) > 100000


def stored(desk):
    """All rows, those of a table in the order of their ids."""
    return {name: sorted(desk.database.find(name).rows, key=lambda row: row[:2]) for name in TABLES}


def test_demo_grows(desk):
    """Day by day, with rows archived meanwhile, as at once."""
    growing = nsp.Desk(until="2023-11-30T12:00:00")
    for day in range(1, 32):
        growing.grow(f"2023-12-{day:02}")
    assert stored(growing)["dbo.SysTicket"] != stored(desk)["dbo.SysTicket"]
    growing.grow()
    assert stored(growing) == stored(desk)
    assert growing.database.delete("dbo.EntityChangeLog", "[ChangedDate] < '2023-01-01'") > 10000


def test_values_as_ids():
    log = nsp.Desk(until="2022-04-01", values="ids", noise=False).database.rows("dbo.EntityChangeLog")
    assert {row["NewValue"] for row in log if row["PropertyName"] == "BaseEntityStatus"} <= {*map(str, range(1, 200))}
    assert all(row["OldValue"] != row["NewValue"] for row in log)


# --- The program ---------------------------------------------------------------------------


@pytest.fixture
def program():
    started = subprocess.Popen([sys.executable, "-B", SERVE, "--data", "history:1000"], stdout=subprocess.PIPE, text=True)
    yield started
    started.terminate()
    assert started.wait(10) == 0


def test_program_and_control(program, pg):
    told = json.loads(program.stdout.readline())
    served = SimpleNamespace(**{**told, "database": SimpleNamespace(name=told["database"])})
    remote = Remote(told["control"])
    query = "SELECT [Id], [NewValue] FROM [dbo].[History] WHERE [Id] >= 998"
    remote.insert(name="dbo.History", rows=[[1000, 1, "AgentGroup", None, "Løn", "2023-10-29 02:30:00"]])
    assert [tuple(row) for row in ask(served, query)] == [(998, "Afventer bruger"), (999, "Afventer bruger"), (1000, "Løn")]
    assert remote.batches()[-1] == query
    remote.fault(kind="error", relation="dbo.History", number=50000, text="Æv")
    assert refused(served, query) == 50000
    remote.clear_faults()
    remote.rename(name="dbo.History", new_name="History2")
    assert refused(served, query) == 208
    with pytest.raises(RuntimeError, match="Invalid object name 'dbo.History'"):
        remote.drop_column(name="dbo.History", column="NewValue")
    remote.close()


def test_encryption_is_not_covered(server, tmp_path):
    """A client that insists on TLS gets no connection, and does not send its password in clear."""
    conf = tmp_path / "freetds.conf"
    conf.write_text(f"[double]\nhost = 127.0.0.1\nport = {server.port}\ntds version = 7.4\nencryption = require\n")

    def connect():
        command = ["tsql", "-S", "double", "-U", server.user, "-P", server.password]
        settings = {**os.environ, "LC_ALL": "C.UTF-8", "FREETDSCONF": str(conf)}
        return subprocess.run(command, input="", capture_output=True, text=True, timeout=30, env=settings).returncode

    assert connect() != 0
    conf.write_text(conf.read_text().replace("require", "off"))
    assert connect() == 0
