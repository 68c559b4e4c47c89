"""Daily loads by watermark: in the end the same as one load of all; with an archive job on the other side nothing is lost."""

from datetime import date, timedelta

import pytest
from client import column, connect, longer, rows, value
from nsp_source import (
    NAMES, OddDesk, assert_landed, create_log, create_source, drop_all, landed, landed_rows, last_load, load, nsp_database, refresh, remote_rows,
)  # fmt: skip
from small_log import KEYS, mined
from tds import nsp
from tds.server import Server

# Soon after the history begins; over the night of the change of clocks.
FIRST = longer(date(2022, 3, 24), date(2022, 3, 10))
DAYS = longer(4, 120)
FULL_EVERY = longer(3, 7)
VIEWS = ("events", "assignments", "messages", "cases")


@pytest.fixture(scope="module")
def name(databases):
    return nsp_database(databases)


@pytest.fixture
def db(name):
    with connect(name) as connection:
        yield connection
        drop_all(connection)


def days():
    return [str(FIRST + timedelta(days=number)) for number in range(1, DAYS + 1)]


def views(db, source="nsp"):
    return {view: sorted(map(repr, rows(db, f"SELECT * FROM {source}.{view}"))) for view in VIEWS}


def is_full(db, part, source="nsp"):
    return last_load(db, source)["rows"][part]["full"]


def missing(db, part, source="nsp"):
    return value(db, f"SELECT count(*) FROM {source}.landed_{part} WHERE missing_since IS NOT NULL")


# ---- a month with nothing archived -------------------------------------------------------------


def test_month(db):
    desk = nsp.Desk(until=str(FIRST))
    with Server(desk.database) as server:
        create_source(db, server)
        load(db)
        for day in days():
            desk.grow(day)
            load(db)
            assert not is_full(db, "changes") and not is_full(db, "comments")
        create_source(db, server, "whole")
        load(db, "whole", full=True)
    assert landed(db) == landed(db, "whole")
    assert views(db) == views(db, "whole")
    assert [missing(db, part) for part in NAMES] == [0, 0, 0]
    assert_same_logs(db, days()[-1])


def assert_same_logs(db, as_of):
    for log, source in (("daily", "nsp"), ("at_once", "whole")):
        create_log(db, log, source)
        refresh(db, log, f"{as_of}Z")
    daily, at_once = mined(db, "daily", KEYS), mined(db, "at_once", KEYS)
    for table, found in at_once.items():
        assert daily[table] == found, table


def test_month_with_a_log(db):
    """Load and refresh in one call, day by day: the log is what a new one would be."""
    desk, few = OddDesk(tickets=30), longer(2, 60)
    with Server(desk.database) as server:
        create_source(db, server)
        load(db)
        create_log(db)
        for day in range(few):
            desk.add_ticket(100 + day)
            load(db, refresh="desk")
        as_of = value(db, "SELECT as_of FROM desk.status")
        create_source(db, server, "whole")
        load(db, "whole")
        assert_landed(db, desk.database)
    create_log(db, "at_once", "whole")
    refresh(db, "at_once", as_of)
    daily, at_once = mined(db, "desk", KEYS), mined(db, "at_once", KEYS)
    for table, found in at_once.items():
        assert daily[table] == found, table


def test_rows_that_come_late(db):
    """A lower id that was committed later is read, as long as it is within the overlap; a full load finds it anyway."""
    desk = OddDesk(tickets=0)
    desk.next_id = 5000
    desk.put_change(1, "note", "Note", None, None, nsp.datetime(2023, 5, 5))
    with Server(desk.database) as server:
        create_source(db, server)
        load(db)
        for late in (4001, 3000):
            desk.next_id = late
            desk.put_change(1, "note", "Note", None, None, nsp.datetime(2023, 5, 5))
        load(db)
        assert column(db, "SELECT seq FROM nsp.landed_changes WHERE seq > 2 ORDER BY 1") == [4001, 5000]
        load(db, full=True)
        assert_landed(db, desk.database)


def test_full_loads_come_by_themselves(db):
    """When the last one is older than settings.full_every."""
    desk = OddDesk(tickets=3)
    with Server(desk.database) as server:
        create_source(db, server)
        load(db)
        load(db)
        assert not is_full(db, "changes")
        db.execute("UPDATE nsp.loads SET started_at = started_at - interval '7 days' WHERE is_full")
        load(db)
        assert is_full(db, "changes") and last_load(db)["is_full"]
        load(db)
        assert not is_full(db, "changes")


def test_changed_rows(db):
    """Tickets have no watermark: whatever changes in them arrives."""
    desk = OddDesk(tickets=20)
    with Server(desk.database) as server:
        create_source(db, server)
        load(db)
        desk.database.update(NAMES["tickets"], {"ReferenceNo": "ændret"}, "Id = 7")
        desk.database.update("dbo.SysEntityStatus", {"DisplayNameId": "I gang nu"}, "Id = 2")
        load(db)
        assert_landed(db, desk.database)
        assert value(db, "SELECT name FROM nsp.landed_statuses WHERE id = 2") == "I gang nu"
        assert last_load(db)["rows"]["tickets"]["changed"] == 1
        desk.database.update(NAMES["changes"], {"NewValue": "rettet"}, "Id = 1")
        load(db, full=True)
        assert_landed(db, desk.database)


WATERMARK = "UPDATE nsp.mapping SET is_required = true, watermark = 'time' WHERE part = 'tickets' AND field = 'updated_at'"


@pytest.mark.parametrize("kind", ("datetime", "datetime2(7)"))
def test_watermark_on_a_time(db, kind):
    """Tickets by the time of their last change; where that is no datetime, all of them are read."""
    desk = nsp.Desk(until="2022-04-01")
    desk.database.change_type(NAMES["tickets"], f"UpdatedDate {kind}")
    with Server(desk.database) as server:
        create_source(db, server)
        db.execute(WATERMARK)
        load(db)
        for day in ("2022-04-02", "2022-04-03"):
            desk.grow(day)
            load(db)
            assert is_full(db, "tickets") == (kind != "datetime")
        assert_landed(db, desk.database)
    counts = last_load(db)["rows"]["tickets"]
    whole = len(desk.database.rows(NAMES["tickets"]))
    assert counts["read"] < whole / 2 if kind == "datetime" else counts["read"] == whole


# ---- with an archive job -----------------------------------------------------------------------


def archive(desk):
    """Takes away the oldest eighth of the history, the comments and the tickets, as an archive job does."""
    for name in NAMES.values():
        present = desk.database.rows(name)
        if len(present) >= 8:
            desk.database.delete(name, f"Id <= {present[len(present) // 8 - 1]['Id']}")


def test_month_with_an_archive(db):
    """Every row that was ever there stays; those that are gone are marked by full loads, and only those."""
    desk, whole = nsp.Desk(until=str(FIRST)), nsp.Desk(until=str(FIRST))
    with Server(desk.database) as server, Server(whole.database) as untouched:
        create_source(db, server)
        create_source(db, untouched, "whole")
        load(db)
        for number, day in enumerate(days()):
            desk.grow(day)
            load(db)
            archive(desk)
            load(db, full=number % FULL_EVERY == FULL_EVERY - 1)
        load(db, full=True)
        whole.grow(days()[-1])
        load(db, "whole")
        assert_landed(db, desk.database)
        assert_marked(db, desk, whole)
        assert_counts_missing(db, server)


def assert_marked(db, desk, whole):
    for part in ("changes", "comments"):
        left = {row["Id"] for row in desk.database.rows(NAMES[part])}
        gone = [row for row in remote_rows(whole.database, part) if row[0] not in left]
        assert gone and landed_rows(db, part, condition="missing_since IS NOT NULL") == gone, part
        assert landed_rows(db, part, condition="true") == remote_rows(whole.database, part)


def assert_counts_missing(db, server):
    """By default what is gone counts: the history is as if nothing had been archived. If not, it is as if only the rest had ever been."""
    # A ticket that was archived before its last change is as it was then: its row is not the last one.
    for view in ("events", "assignments", "messages"):
        assert views(db)[view] == views(db, "whole")[view], view
    db.execute("UPDATE nsp.parts SET counts_missing = false")
    create_source(db, server, "rest")
    load(db, "rest")
    assert views(db) == views(db, "rest")
    db.execute("UPDATE nsp.parts SET counts_missing = true")
    assert views(db)["events"] == views(db, "whole")["events"]


@pytest.mark.parametrize("part", ("changes", "comments", "tickets"))
def test_rows_that_are_gone(db, part):
    """Marked by the next full load, kept with their values, said in the quality report; unmarked when they come back."""
    desk = OddDesk(tickets=20)
    before = remote_rows(desk.database, part)
    gone = [row for row in desk.database.rows(NAMES[part])][:5]
    with Server(desk.database) as server:
        create_source(db, server)
        load(db)
        for row in gone:
            desk.database.delete(NAMES[part], f"Id = {row['Id']}")
        load(db, full=True)
        assert missing(db, part) == 5 and landed_rows(db, part, condition="true") == before
        assert value(db, "SELECT number FROM nsp.quality WHERE finding = %s", (f"{part} missing",)) == 5
        since = column(db, f"SELECT missing_since FROM nsp.landed_{part} WHERE missing_since IS NOT NULL")
        load(db, full=True)
        assert column(db, f"SELECT missing_since FROM nsp.landed_{part} WHERE missing_since IS NOT NULL") == since
        back = desk.database.find(NAMES[part])
        with desk.database.changing():
            back.rows.extend([tuple(row.values()) for row in gone])
        load(db, full=True)
        assert missing(db, part) == 0 and landed_rows(db, part) == before


def test_everything_gone(db):
    """An empty table is an error: that the vendor empties a table is less likely than that a right is missing."""
    desk = OddDesk(tickets=20)
    with Server(desk.database) as server:
        create_source(db, server)
        load(db)
        desk.database.delete(NAMES["comments"])
        before = landed(db, without=())
        with pytest.raises(Exception, match='part "comments" came empty, but had'):
            load(db, full=True)
        assert landed(db, without=()) == before
        assert last_load(db)["state"] == "failed"
