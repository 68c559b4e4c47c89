"""The same tickets by way of TDS and straight from tables: the mined tables are the same."""

from collections import Counter
from datetime import datetime

import psycopg
import pytest
from client import column, connect, longer, message, rows
from nsp_source import AS_OF, GROUPS, NIGHTS, RELATIONS, STATUSES, OddDesk, create_log, create_source, drop_all, instant, last_load, load, nsp_database, put_direct, refresh
from small_log import KEYS, mined
from tds import nsp
from tds.server import Server

OFFICE = "Europe/Copenhagen; Mo-Th 08:00-16:00; Fr 08:00-15:00; PH(DK) off"
# From the archive's edge in March 2022 on, over a night of the change of clocks; or all there is.
UNTIL = longer("2022-06-01", "2024-01-01")
MORE_PARTS = """
    INSERT INTO nsp.parts VALUES ('categories', 'dbo', 'SysCategory'), ('channels', 'dbo', 'SysEntitySource'), ('people', 'dbo', 'Person');
    INSERT INTO nsp.mapping (part, field, remote_column, read_as, is_key, is_required) VALUES
        ('categories', 'id', 'Id', 'integer', true, true), ('categories', 'name', 'CategoryName', 'text', false, true),
        ('channels', 'id', 'Id', 'integer', true, true), ('channels', 'name', 'DisplayNameId', 'text', false, true),
        ('people', 'id', 'Id', 'integer', true, true), ('people', 'name', 'Department', 'text', false, true);
    INSERT INTO nsp.mapping (part, field, remote_column, read_as, lookup) VALUES
        ('tickets', 'category', 'CategoryId', 'integer', 'categories'), ('tickets', 'channel', 'BaseEntitySourceId', 'integer', 'channels'),
        ('tickets', 'department', 'BaseEndUserId', 'integer', 'people'), ('tickets', 'registered_at', 'CreatedDate', 'time', NULL)
"""


@pytest.fixture(scope="module")
def name(databases):
    return nsp_database(databases)


@pytest.fixture
def db(name):
    with connect(name) as connection:
        yield connection
        drop_all(connection)


# The checksums of the source rows follow seq, too, which is NSP's id here and the demo's there.
KEYS_AND_CHECKSUMS = "{case_key,attributes_checksum,checksum}"


def compare(db, as_of=AS_OF, zone="Europe/Copenhagen", without=KEYS):
    """Logs over the source and over plain tables: the same maps, the same tables."""
    for log, schema_name in (("over_tds", "nsp"), ("over_tables", "direct")):
        create_log(db, log, schema_name, time_zone=zone, calendar=OFFICE)
    refresh(db, "over_tds", as_of)
    db.execute("CALL ticket_mining.suggest_activity_map('nsp', 'over_tds')")
    db.execute("DELETE FROM over_tables.activity_map; INSERT INTO over_tables.activity_map SELECT * FROM over_tds.activity_map")
    for log in ("over_tds", "over_tables"):
        refresh(db, log, as_of)
    by_tds, by_tables = mined(db, "over_tds", without), mined(db, "over_tables", without)
    for table, found in by_tables.items():
        assert by_tds[table] == found, table
    return by_tds


# ---- the demo's tickets ------------------------------------------------------------------------


def demo_rows(desk, until):
    """What the demo has in its CSV files, up to a time."""
    saves = [save for save in desk.saves if save[0] is not None and nsp.utc(save[1]) < datetime.fromisoformat(until)]
    kinds = {"events": nsp.STATUS, "assignments": nsp.TEAM, "messages": "message"}
    return {name: [(case, label, f"{nsp.utc(at)}+00", save) for save, at, case, wanted, label in saves if wanted == kind] for name, kind in kinds.items()}


def demo_cases(desk):
    present = {row["Id"] for row in desk.database.rows(nsp.TICKETS)}
    tickets = [state.ticket for state in desk.states.values() if state.ticket.id in present]
    return [{"case_id": t.id, "case_no": t.number, "priority": t.priority, "category": t.category, "channel": t.channel, "department": t.department,
             "registered_at": f"{nsp.utc(t.created_at)}+00"} for t in tickets]  # fmt: skip


@pytest.mark.parametrize("values", ("labels", "ids"))
def test_demo(db, values):
    desk = nsp.Desk(until=UNTIL, values=values)
    with Server(desk.database) as server:
        create_source(db, server, properties=values)
        db.execute(MORE_PARTS)
        load(db)
    put_direct(db, demo_rows(desk, UNTIL), demo_cases(desk))
    assert_same_relations(db, ("events", "assignments", "messages"), "case_id, {label}, at")
    assert_same_relations(db, ("cases",))
    found = compare(db, f"{UNTIL}Z", without=KEYS_AND_CHECKSUMS)
    assert len(found["cases"]) > longer(150, 1400) and len(found["events"]) > longer(500, 5000)


# ---- odd labels, odd times -----------------------------------------------------------------------


@pytest.mark.parametrize("zone", ("UTC", "Europe/Copenhagen"))
@pytest.mark.parametrize("values", ("labels", "ids"))
def test_odd(db, values, zone):
    desk = OddDesk(values=values, zone=zone, tickets=longer(70, 150))
    with Server(desk.database) as server:
        create_source(db, server, zone=zone, properties=values)
        load(db)
    put_direct(db, desk.relations(), desk.cases())
    assert_same_relations(db)
    compare(db)


def assert_same_relations(db, relations=("events", "assignments", "messages", "cases"), listed=None):
    """Row by row; which rows differ is easier to read here than in the mined tables."""
    for relation in relations:
        columns = ", ".join(name for name, *_ in rows(db, "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0", (f"direct.{relation}",)))
        wanted = listed.format(label=RELATIONS[relation].split()[0]) if listed else columns
        both = [Counter(map(repr, rows(db, f"SELECT {wanted} FROM {schema_name}.{relation}"))) for schema_name in ("nsp", "direct")]
        assert (relation, *(sorted((both[one] - both[1 - one]).elements())[:20] for one in (0, 1))) == (relation, [], [])


def test_labels_arrive_to_the_byte(db):
    """Every label, once as old and once as new value, and as a name."""
    desk = OddDesk(tickets=0)
    with Server(desk.database) as server:
        for number, label in STATUSES.items():
            desk.put_change(number, "status", "BaseEntityStatus", label, label, NIGHTS[0])
        create_source(db, server)
        load(db)
    given = {number: label for number, label in STATUSES.items()}
    assert dict(rows(db, "SELECT case_id, old_value FROM nsp.landed_changes WHERE case_id < 100")) == given
    assert dict(rows(db, "SELECT case_id, new_value FROM nsp.landed_changes WHERE case_id < 100")) == given
    assert dict(rows(db, "SELECT id, name FROM nsp.landed_statuses")) == given
    assert dict(rows(db, "SELECT id, name FROM nsp.landed_groups")) == GROUPS


@pytest.mark.parametrize("kind", ("datetime", "datetime2(7)", "datetime2(3)", "smalldatetime"))
@pytest.mark.parametrize("version", ("7.2", "7.4"))
def test_types_of_time(db, kind, version):
    """Whatever type the time has, by whatever version of the protocol: the same times, in whole minutes."""
    desk = OddDesk(tickets=0)
    for number, at in enumerate(NIGHTS):
        desk.put_change(number, "note", "Note", None, None, at)
    desk.database.change_type("dbo.EntityChangeLog", f"ChangedDate {kind} NOT NULL")
    with Server(desk.database) as server:
        create_source(db, server, tds_version=version)
        load(db)
    assert rows(db, "SELECT at FROM nsp.landed_changes WHERE case_id < 100 ORDER BY case_id") == [(at,) for at in NIGHTS]


def test_hours_that_come_twice(db):
    """Of local times: the second of two, in winter time, as settings.time_zone says."""
    desk = OddDesk(tickets=0, zone="Europe/Copenhagen")
    for number, at in enumerate(NIGHTS):
        desk.put_change(1, "note", "Note", None, None, at)
    desk._put_ticket(1, NIGHTS[0], {"status": None, "team": None})
    with Server(desk.database) as server:
        create_source(db, server, zone="Europe/Copenhagen")
        load(db)
    found = [at for at, in rows(db, "SELECT at FROM nsp.events ORDER BY seq")]
    assert found == [f"{instant(at, 'Europe/Copenhagen'):%Y-%m-%d %H:%M:%S}+00" for at in NIGHTS]
    assert found[2] == "2023-03-26 01:30:00+00" and found[6] == "2023-10-29 01:30:00+00"


def test_history_of_a_load(db):
    """How many rows of each part were read, and what was odd."""
    desk = OddDesk()
    with Server(desk.database) as server:
        create_source(db, server)
        load(db)
        done = last_load(db)
        load(db)
        again = last_load(db)
    assert (done["state"], done["is_full"], done["error"]) == ("done", True, None)
    assert done["rows"]["changes"] == {"full": True, "read": len(desk.changes), "changed": len(desk.changes), "missing": 0}
    assert 'changes: property "Beskrivelse æ" is not in properties' in done["warnings"]
    assert (again["is_full"], again["rows"]["changes"]["changed"], again["warnings"]) == (False, 0, [])



def test_nothing_new_writes_nothing(db):
    """Neither rows nor locks on rows."""
    desk = OddDesk()
    with Server(desk.database) as server:
        create_source(db, server)
        load(db)
        before = rows(db, "SELECT ctid, xmin, xmax, seq FROM nsp.landed_changes")
        load(db)
        load(db, full=True)
    assert rows(db, "SELECT ctid, xmin, xmax, seq FROM nsp.landed_changes") == before


def test_without_lookups_and_comments(db):
    """A source that has tickets and history alone: ids stay ids, and there are no messages."""
    desk = OddDesk(values="ids")
    with Server(desk.database) as server:
        create_source(db, server)
        db.execute("UPDATE nsp.mapping SET lookup = NULL; DELETE FROM nsp.parts WHERE part NOT IN ('tickets', 'changes')")
        load(db)
    assert (last_load(db)["rows"].keys(), rows(db, "SELECT * FROM nsp.messages")) == ({"tickets", "changes"}, [])
    found = {entry for entry, in rows(db, "SELECT activity FROM nsp.events UNION SELECT team FROM nsp.assignments WHERE team IS NOT NULL")}
    assert found - {"Note"} <= {str(number) for number in (*STATUSES, *GROUPS)} and len(found) > 10
    create_log(db)
    refresh(db)
    assert rows(db, "SELECT count(*) > 30, sum(messages_in) FROM desk.cases") == [(True, 0)]


def test_every_column_has_a_comment(db):
    desk = OddDesk(tickets=1)
    with Server(desk.database) as server:
        create_source(db, server)
    silent = """SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
                WHERE c.relnamespace = 'nsp'::regnamespace AND c.relkind = 'r' AND col_description(c.oid, a.attnum) IS NULL"""
    assert rows(db, silent) == []


def test_views_of_the_next_version(db):
    """What a version makes otherwise comes with the next load, though nobody has edited the mapping."""
    with Server(OddDesk(tickets=3).database) as server:
        create_source(db, server)
        load(db)
        source = rows(db, "SELECT pg_get_functiondef('ticket_mining.nsp_messages_query(name)'::regprocedure)")[0][0]
        db.execute(source.replace("ticket_mining.nsp_messages_query", "public.before"))
        db.execute("CREATE OR REPLACE FUNCTION ticket_mining.nsp_messages_query(source name) RETURNS text LANGUAGE sql STABLE "
                   "AS $$ SELECT 'SELECT m.*, 1 AS one FROM (' || public.before(source) || ') m' $$")  # fmt: skip
        try:
            load(db)
            assert rows(db, "SELECT DISTINCT one FROM nsp.messages") == [(1,)]
        finally:
            db.execute(source)
            db.execute("DROP FUNCTION public.before(name)")
        load(db)
        assert "one" not in column(db, "SELECT attname FROM pg_attribute WHERE attrelid = 'nsp.messages'::regclass")


# ---- mappings that cannot work -------------------------------------------------------------------

UNFIT = {
    "a part without key": ("UPDATE nsp.mapping SET is_key = false WHERE part = 'groups'", "groups: part groups has no field that is_key"),
    "a lookup without names": ("DELETE FROM nsp.mapping WHERE part = 'priorities' AND field = 'name'", "priorities: part priorities is a lookup, but the mapping has no field name of it"),
    "history not mapped": ("DELETE FROM nsp.parts WHERE part = 'changes'", "changes: field at of part changes is not in the mapping"),
    "values that are no text": ("UPDATE nsp.mapping SET read_as = 'number' WHERE part = 'changes' AND field = 'new_value'", "changes: field new_value of part changes must be read as text"),
    "ids of two kinds": ("UPDATE nsp.mapping SET read_as = 'text' WHERE part = 'comments' AND field = 'case_id'", "comments: field case_id of part comments is read as text, but in tickets as integer"),
    "no such zone": ("UPDATE nsp.settings SET time_zone = 'Mars/Base'", 'time_zone: "Mars/Base" is not a time zone such as Europe/Copenhagen'),
    "no settings": ("DELETE FROM nsp.settings", "the table settings is empty: INSERT INTO settings (server, time_zone) VALUES (...)"),
    "no such server": ("UPDATE nsp.settings SET server = 'gone'", 'there is no foreign server "gone": CREATE SERVER ... FOREIGN DATA WRAPPER tds_fdw'),
    "one column read in two ways": ("UPDATE nsp.mapping SET remote_column = 'Id' WHERE part = 'tickets' AND field = 'case_no'",
                                    "tickets: column Id feeds fields that are read as integer and text: one column can be read in one way"),
}  # fmt: skip


@pytest.mark.parametrize("case", UNFIT)
def test_mapping_that_cannot_work(db, case):
    """Said by check_source, and by a load before it touches anything."""
    edit, fault = UNFIT[case]
    desk = OddDesk(tickets=3)
    with Server(desk.database) as server:
        create_source(db, server)
        db.execute(edit)
        breaking = column(db, "SELECT concat_ws(': ', part, message) FROM ticket_mining.check_source('nsp') WHERE severity = 'breaking'")
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState) as caught:
            load(db)
    assert fault in breaking and "\n".join(breaking) in message(caught.value)
    assert last_load(db)["state"] == "failed" and rows(db, "SELECT * FROM nsp.landed_tickets") == []


@pytest.mark.parametrize("edit", (
    "UPDATE nsp.mapping SET field = 'missing_since' WHERE part = 'tickets' AND field = 'priority'",
    "UPDATE nsp.mapping SET field = repeat('x', 51) WHERE part = 'tickets' AND field = 'priority'",
    "INSERT INTO nsp.parts VALUES (repeat('x', 51), 'dbo', 'Person')",
    "UPDATE nsp.mapping SET watermark = 'id', is_required = false WHERE part = 'tickets' AND field = 'case_id'",
))  # fmt: skip
def test_edit_that_is_refused(db, edit):
    desk = OddDesk(tickets=0)
    with Server(desk.database) as server:
        create_source(db, server)
    with pytest.raises(psycopg.errors.CheckViolation):
        db.execute(edit)


def test_refresh_of_no_log(db):
    """Said before anything is read."""
    desk = OddDesk(tickets=0)
    with Server(desk.database) as server:
        create_source(db, server)
        with pytest.raises(psycopg.errors.UndefinedObject, match='log "nolog" does not exist'):
            load(db, refresh="nolog")
    assert rows(db, "SELECT * FROM nsp.loads") == []


@pytest.mark.parametrize("wanted", ("pg_source", "public", "ticket_mining", ""))
def test_name_that_a_source_cannot_have(db, wanted):
    desk = OddDesk(tickets=0)
    with Server(desk.database) as server, pytest.raises(psycopg.errors.InvalidSchemaName, match="cannot be the name of a source"):
        create_source(db, server, "nsp")
        db.execute("CALL ticket_mining.create_nsp_source(%s, 'nsp_server')", (wanted,))
