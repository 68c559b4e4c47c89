"""Each way in which tds_fdw is silently wrong: that it is there, and that the source does not have it.

Each was measured on tds_fdw 2.0.3 before the source was written.
"""

import re

import pytest
from client import column, connect, failure, message, rows, value
from nsp_source import NAMES, STATUSES, OddDesk, assert_landed, create_source, drop_all, last_load, load, nsp_database
from tds import fdw
from tds.server import Server

LOG, TICKETS = NAMES["changes"], NAMES["tickets"]
PLAIN = """
    CREATE FOREIGN TABLE plain (id bigint OPTIONS (column_name 'Id'), case_id bigint OPTIONS (column_name 'EntityId'),
        old_value text OPTIONS (column_name 'OldValue'), new_value text OPTIONS (column_name 'NewValue'))
    SERVER nsp_server OPTIONS (schema_name 'dbo', table_name 'EntityChangeLog');
    CREATE FOREIGN TABLE by_query (id bigint OPTIONS (column_name 'Id')) SERVER nsp_server OPTIONS (query 'SELECT [Id] FROM [dbo].[EntityChangeLog]')
"""


@pytest.fixture(scope="module")
def name(databases):
    return nsp_database(databases)


@pytest.fixture(scope="module")
def c_name(databases):
    """A database in UTF-8 whose locale is C."""
    return nsp_database(databases, "C")


@pytest.fixture
def desk():
    return OddDesk(tickets=40)


@pytest.fixture
def server(desk):
    with Server(desk.database) as running:
        yield running


@pytest.fixture
def db(name):
    with connect(name) as connection:
        yield connection
        drop_all(connection)


@pytest.fixture
def site(db, server):
    """A source, not loaded, and beside it plain foreign tables of the same server."""
    create_source(db, server)
    db.execute(PLAIN)
    return db


def count(desk, part="changes"):
    return len(desk.database.rows(NAMES[part]))


# ---- conditions that are lost (B5 1, B5 2, D1) ----------------------------------------------------


def test_condition_on_a_query(site, desk):
    """There: a foreign table with option query loses its WHERE."""
    assert value(site, "SELECT count(*) FROM (SELECT id FROM by_query WHERE id = 1 OFFSET 0) x") == count(desk)


def test_the_source_uses_no_query(site, desk, server):
    """Not here: reading on from a watermark reads what is above it, and no more."""
    site.execute("UPDATE nsp.settings SET overlap_rows = 0")
    load(site)
    desk.add_ticket(1000)
    desk.put_change(1000, "note", "Note", None, None, desk.changes[-1][4])
    before = value(site, "SELECT max(seq) FROM nsp.landed_changes")
    load(site)
    assert last_load(site)["rows"]["changes"]["read"] == sum(change[5] > before for change in desk.changes) > 0
    assert_landed(site, desk.database)
    assert not [options for options in column(site, "SELECT ftoptions::text FROM pg_foreign_table WHERE ftrelid::regclass::text !~ 'by_query'") if "query=" in options]


def test_parameters(site):
    """There: a generic plan sends NULL for its parameter."""
    site.execute("PREPARE one (bigint) AS SELECT id FROM plain WHERE id = $1")
    site.execute("SET plan_cache_mode = force_generic_plan")
    assert rows(site, "EXECUTE one (1)") == []
    site.execute("SET plan_cache_mode = force_custom_plan")
    assert rows(site, "EXECUTE one (1)") == [(1,)]
    site.execute("RESET plan_cache_mode")
    site.execute("CREATE FUNCTION pg_temp.one(wanted bigint) RETURNS bigint LANGUAGE plpgsql AS $$BEGIN RETURN (SELECT count(*) FROM plain WHERE id = wanted); END$$")
    site.execute("SET plan_cache_mode = force_generic_plan")
    assert value(site, "SELECT pg_temp.one(1)") == 0


def test_subselects(site):
    assert rows(site, "SELECT id FROM plain WHERE id = (SELECT 1)") == []


@pytest.mark.parametrize("mode", ("auto", "force_generic_plan"))
def test_loads_again_and_again(site, desk, mode):
    """Not here: in one session, more often than it takes to get a generic plan: each load reads what is new."""
    site.execute(f"SET plan_cache_mode = {mode}; UPDATE nsp.settings SET overlap_rows = 0")
    load(site)
    for number in range(6):
        desk.add_ticket(1000 + number)
        load(site)
        assert_landed(site, desk.database)


# ---- what the source sends -------------------------------------------------------------------------

COLUMNS = r"\[\w+\](, \[\w+\])*"
ASKED = [re.compile(text) for text in (
    r"SELECT CHARINDEX\('Microsoft', @@version\) AS is_sql_server",
    r"SELECT schema_name FROM INFORMATION_SCHEMA\.SCHEMATA WHERE schema_name = 'dbo'",
    r"SELECT t\.table_name,.* FROM INFORMATION_SCHEMA\.TABLES .*",
    r"SET SHOWPLAN_ALL O(N|FF)",
    r"set textsize 2147483647",
    # A condition on an id or a datetime; twice when the plan is asked for.
    rf"SELECT {COLUMNS} FROM \[dbo\]\.\[\w+\]( WHERE \(\(\[Id\] > \(?-?\d+\)*( AND \(\(\[Id\] > \(?-?\d+\)*)?)?",
    rf"SELECT {COLUMNS} FROM \[dbo\]\.\[\w+\] WHERE (\(\(\[UpdatedDate\] >= '[-\d]+ [:\d]+'\)\)( AND )?)+",
)]  # fmt: skip


def test_nothing_else_is_sent(site, desk, server):
    """No order, no text in a condition, no parameter, no function: nothing that the remote server would do by its own rules."""
    desk.database.update(TICKETS, {"UpdatedDate": "2023-05-05 05:05:05"})
    site.execute("UPDATE nsp.mapping SET is_required = true, watermark = 'time' WHERE part = 'tickets' AND field = 'updated_at'")
    for full in (True, False, False, True):
        load(site, full=full)
    asked = list(server.batches)
    odd = [text for text in asked if not any(form.fullmatch(text.strip()) for form in ASKED)]
    assert odd == []
    assert any("[UpdatedDate] >= '2023-05-0" in text for text in asked) and any("[Id] > " in text for text in asked)


# ---- orders and comparisons by other rules (B5 3, B5 4, D1) -------------------------------------------

LABELS = ["Løst", "LØST", "løst ", "Løst", "Ny", "ny", "Ny", "100% [x]", "abc ", "abc", "LØST", "Ærø", "Zoo", None]


@pytest.fixture
def labelled(site, desk):
    """Labels that the remote collation holds for the same, saved in turn."""
    for _ in range(3):
        for label in LABELS:
            desk.put_change(1, "status", "BaseEntityStatus", None, label, desk.changes[0][4])
    desk.database.delete(LOG, f"Id < {desk.changes[-3 * len(LABELS)][5]}")
    load(site)
    return site


def test_groups(labelled):
    """There: groups come in the order of another collation, and fall apart. Not here."""
    labelled.execute("SET enable_hashagg = off")
    query = "SELECT count(*) FROM (SELECT new_value FROM {} GROUP BY new_value) g"
    assert value(labelled, query.format("plain")) > len(set(LABELS))
    assert value(labelled, query.format("nsp.landed_changes")) == len(set(LABELS))


def test_order(labelled):
    query = "SELECT new_value FROM {} ORDER BY new_value"
    by_rules = sorted((label for label in LABELS * 3 if label), key=lambda label: label.encode()) + [None] * 3
    assert column(labelled, query.format("plain")) != by_rules
    assert column(labelled, query.format("nsp.landed_changes")) == by_rules


COMPARISONS = {
    "new_value = 'LØST'": LABELS.count("LØST"),
    "new_value = 'abc'": LABELS.count("abc"),
    "new_value = 'ny'": LABELS.count("ny"),
    "new_value LIKE '%[%'": 1,
    "new_value LIKE 'l%'": LABELS.count("løst "),
    "new_value <> 'Zoo'": sum(label not in ("Zoo", None) for label in LABELS),
    "new_value > 'Zoo'": sum(label is not None and label.encode() > b"Zoo" for label in LABELS),
}


@pytest.mark.parametrize("condition", COMPARISONS)
def test_comparisons(labelled, condition):
    query = f"SELECT new_value FROM {{}} WHERE {condition}"
    assert len(column(labelled, query.format("nsp.landed_changes"))) == 3 * COMPARISONS[condition]
    if "Zoo" not in condition or ">" in condition.replace("<>", ""):
        assert len(column(labelled, query.format("plain"))) != 3 * COMPARISONS[condition]


def test_numbers_in_conditions(site, desk):
    """There: a decimal constant is rounded to a whole number by its cast. Not here: numbers are compared where they landed."""
    desk.database.add_column(TICKETS, "Pris decimal(10,2)", "1.60")
    site.execute("""CREATE FOREIGN TABLE priced (price numeric OPTIONS (column_name 'Pris')) SERVER nsp_server OPTIONS (schema_name 'dbo', table_name 'SysTicket');
                    INSERT INTO nsp.mapping (part, field, remote_column, read_as) VALUES ('tickets', 'price', 'Pris', 'number')""")
    assert rows(site, "SELECT price FROM priced WHERE price > 1.5") == []
    load(site)
    assert len(rows(site, "SELECT price FROM nsp.cases WHERE price > 1.5")) == len(desk.counted())


# ---- text that is damaged (B5 5) -------------------------------------------------------------------------


@pytest.fixture
def latin():
    """A desk whose letters are all in Latin 1."""
    found = OddDesk(tickets=0)
    for table, row in (("SysEntityStatus", (1, "x", "Løst")), ("SysGroup", (1, "Netværk", None, None)), ("SysPriority", (1, "x", "Høj"))):
        found.database.delete(f"dbo.{table}")
        found.database.insert(f"dbo.{table}", [row])
    found.put_change(1, "status", "BaseEntityStatus", "Ny", "Genåbnet", found.changes[0][4])
    return found


def test_bytes_that_are_no_text(c_name, latin):
    """There: in a database whose locale is C letters arrive as bytes that are no UTF-8, without the server option. Here: an error that says where, and how to cure it."""
    # Letters of a password do not arrive either.
    with Server(latin.database, password="nsp_reader") as server, connect(c_name) as db:
        create_source(db, server)
        db.execute("ALTER SERVER nsp_server OPTIONS (DROP character_set)")
        db.execute(PLAIN)
        db.execute("CREATE TABLE damaged AS SELECT new_value FROM plain")
        sent = column(db, "SELECT textsend(new_value) FROM damaged")
        error = failure(db, "CALL ticket_mining.load('nsp')")
        drop_all(db)
    assert "Genåbnet".encode("latin-1") in [bytes(text) for text in sent]
    for text in ("no UTF-8", f"Column EntityChangeLog.NewValue, row {latin.changes[-1][5]}.", "character_set 'UTF-8'"):
        assert text in message(error)


def test_text_with_the_option(c_name, server, desk):
    """With the server option all letters arrive, in this database as well."""
    with connect(c_name) as db:
        create_source(db, server)
        load(db)
        assert_landed(db, desk.database)
        assert dict(rows(db, "SELECT id, name FROM nsp.landed_statuses")) == STATUSES
        drop_all(db)


def test_advice(db, server):
    """check_source says which server options are missing."""
    create_source(db, server)
    db.execute("ALTER SERVER nsp_server OPTIONS (DROP character_set, DROP msg_handler, DROP row_estimate_method)")
    found = rows(db, "SELECT severity, message FROM ticket_mining.check_source('nsp')")
    assert [severity for severity, _ in found] == ["warning"] * 3
    for text in ("character_set 'UTF-8'", "msg_handler 'notice'", "row_estimate_method 'showplan_all'"):
        assert any(text in said for _, said in found)


# ---- dates and times (B5 6, D1, D2) ------------------------------------------------------------------------


def test_language(db, server):
    """A server whose dates would be read as YYYY-DD-MM is refused, when the source is made and when it is loaded."""
    create_source(db, server)
    db.execute("ALTER SERVER nsp_server OPTIONS (ADD language 'Danish')")
    error = failure(db, "CALL ticket_mining.load('nsp')")
    assert "the server option language" in message(error)
    assert "the server option language" in message(failure(db, "CALL ticket_mining.create_nsp_source('nsp2', 'nsp_server')"))


def test_offsets(site, desk):
    """There: the offset is dropped, the wall clock read in the session's zone. Here: refused."""
    desk.database.create("dbo.Times", "At datetimeoffset(7) NOT NULL", [("2023-03-26 12:00:00 +02:00",)])
    site.execute("CREATE FOREIGN TABLE times (at text OPTIONS (column_name 'At')) SERVER nsp_server OPTIONS (schema_name 'dbo', table_name 'Times')")
    assert rows(site, "SELECT at FROM times") == [("Mar 26 2023 12:00:00:0000000PM",)]
    desk.database.change_type(LOG, "ChangedDate datetimeoffset(7) NOT NULL")
    assert "whose offset is lost on the way: CONVERT it in a remote view" in message(failure(site, "CALL ticket_mining.load('nsp')"))


def test_fractions(site, desk):
    """datetime2 has 7 digits: rounded to 6, and said to be so; tds_fdw alone cannot read it."""
    fdw.import_schema(site, name="nsp_server", into="public")
    assert "invalid input syntax for type timestamp" in str(failure(site, 'SELECT "ChangedDate" FROM "EntityChangeLog"'))
    load(site)
    assert dict(rows(site, "SELECT seq, at FROM nsp.landed_changes")) == {change[5]: change[4] for change in desk.changes}


# ---- what is not there, what is not exact (D2, D4) -----------------------------------------------------------


def test_schema_that_is_not_there(site):
    """There: IMPORT says nothing. Here: the check does."""
    site.execute("CREATE SCHEMA empty")
    fdw.import_schema(site, "nobodys", "nsp_server", "empty")
    site.execute("UPDATE nsp.parts SET remote_schema = 'nobodys'")
    assert "none of the remote tables is there" in message(failure(site, "CALL ticket_mining.load('nsp')"))
    assert [severity for severity, in rows(site, "SELECT severity FROM ticket_mining.check_source('nsp')")] == ["breaking"]


def test_money(site, desk):
    """There: as imported it has two digits. Here: four."""
    desk.database.add_column(TICKETS, "Pris money", "1234.5678")
    site.execute("""CREATE FOREIGN TABLE priced (price money OPTIONS (column_name 'Pris')) SERVER nsp_server OPTIONS (schema_name 'dbo', table_name 'SysTicket');
                    INSERT INTO nsp.mapping (part, field, remote_column, read_as) VALUES ('tickets', 'price', 'Pris', 'number')""")
    assert value(site, "SELECT DISTINCT price::numeric::text FROM priced") == "1234.57"
    load(site)
    assert value(site, "SELECT DISTINCT price::text FROM nsp.landed_tickets") == "1234.5678"


def test_one_column_twice(site, desk):
    """There: of two columns with one remote name only one is filled. Here both are."""
    site.execute("CREATE FOREIGN TABLE twice (a bigint OPTIONS (column_name 'Id'), b bigint OPTIONS (column_name 'Id')) SERVER nsp_server OPTIONS (schema_name 'dbo', table_name 'SysTicket')")
    assert rows(site, "SELECT count(*) FROM (SELECT a, b FROM twice OFFSET 0) x WHERE a = b") != [(count(desk, "tickets"),)]
    site.execute("""INSERT INTO nsp.mapping (part, field, remote_column, read_as) VALUES
        ('tickets', 'registered_at', 'CreatedDate', 'time'), ('tickets', 'number', 'Id', 'integer')""")
    load(site)
    assert value(site, "SELECT count(*) FROM nsp.landed_tickets WHERE registered_at = created_at AND number = case_id") == count(desk, "tickets")
    assert_landed(site, desk.database)
