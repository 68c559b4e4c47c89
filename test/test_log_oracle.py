"""The mined tables of random service desks against a plain implementation, row by row and column by column."""

from itertools import combinations

import pytest
from client import connect, longer, rows
from dice import dice
from log_model import SEGMENTS, Activity, Maps, Settings, Team
from log_oracle import CASE_TABLES, Log
from oracle import Event
from random_desk import OFFICE, Desk, create
from timestamps import DAY, MINUTE, pg_time, utc

DESKS = longer(8, 1500)
# What the plain implementation does not know.
NOT_COMPARED = {"case_key", "checksum", "attributes_checksum", "tied_events", "duplicate_events"}
SELECTED = {
    "timestamp without time zone": "(extract(epoch FROM {}) * 1000000)::bigint - 946684800000000",
    "date": "{} - date '2000-01-01'",
    "ticket_mining.trace": "{}::text",
    "ticket_mining.dfg": "{}::text",
}
COLUMNS = """SELECT attname, format_type(atttypid, NULL) FROM pg_attribute
             WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attname <> ALL (%s) ORDER BY attnum"""


# ---- reading ----------------------------------------------------------------------------------


def mined(db, log, table):
    """The rows of a mined table as the plain implementation writes them."""
    columns = rows(db, COLUMNS, (f"{log}.{table}", list(NOT_COMPARED)))
    selected = ", ".join(SELECTED.get(kind, "{}").format(f'"{name}"') for name, kind in columns)
    names = [name for name, _ in columns]
    return [dict(zip(names, row)) for row in rows(db, f"SELECT {selected} FROM {log}.{table}")]


UNITS = {"seconds": 10**6, "days_after": 86_400 * 10**6, "share": 10**12}


def cell(name, found):
    """Seconds and days in microseconds, shares in parts of a million millions: whole numbers that float8 holds."""
    unit = next((unit for ending, unit in UNITS.items() if name.endswith((ending, "seconds_to_next"))), None)
    return found if None in (found, unit) else round(found * unit)


def wanted_cell(name, wanted):
    """Microseconds are whole as they are."""
    return cell(name, wanted) if name.endswith("share") else wanted


def ordered(table_rows, write):
    return sorted(({name: write(name, row[name]) for name in sorted(row)} for row in table_rows), key=repr)


# ---- comparing --------------------------------------------------------------------------------


def compare(db, log, wanted):
    for table, expected in wanted.items():
        expected, found = ordered(expected, wanted_cell), ordered(mined(db, log, table), cell)
        if found != expected:
            raise AssertionError(f"{table}: {difference(found, expected)}")


def difference(found, expected):
    """The columns that differ, of a row found and of the one most like it that was expected."""
    surplus, missing = ([row for row in these if row not in those] for these, those in ((found, expected), (expected, found)))
    if not missing or not surplus:
        return f"{len(missing)} rows are missing, {len(surplus)} too many: {(missing + surplus)[:2] or 'duplicates'}"
    got, row = max(((a, b) for a in surplus[:40] for b in missing[:40]), key=lambda pair: alike(*pair))
    differ = {name: (got.get(name), row.get(name)) for name in {**got, **row} if got.get(name) != row.get(name)}
    return f"{differ} (found, expected) in {row}"


def alike(a, b):
    return sum(a.get(name) == b[name] for name in b)


def check(db, desk, log):
    """Makes the log, refreshes it, and compares all there is."""
    create(db, desk, f"{log}_source", log)
    return check_refreshed(db, desk, log)


def check_refreshed(db, desk, log):
    db.execute(f"CALL ticket_mining.refresh('{log}', '{pg_time(desk.as_of)}')")
    plain = Log(desk.sources, desk.maps, desk.settings, desk.as_of)
    compare(db, log, plain.tables())
    return plain


# ---- tests ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def desks(databases, template):
    """A database for logs of random desks, each in a schema of its own."""
    with connect(databases.create(template)) as db:
        yield db


@pytest.mark.parametrize("seed", range(DESKS))
def test_random_desk(desks, seed):
    """Nothing is left out without being counted."""
    desk, log = Desk(seed), f"desk_{seed}"
    plain = check(desks, desk, log)
    read, events, cases, rejected = rows(desks, f"SELECT events_read, events, cases, rejected FROM {log}.refreshes")[0]
    assert (read, cases) == (len(desk.sources.events), len(plain.cases))
    assert events == sum(len(case.trace.steps) for case in plain.cases)
    assert rejected == plain.rejected()


GIVEN = [names for count in range(4) for names in combinations(("assignments", "messages", "cases"), count)]


# Every second one with a calendar, by the seed of the run; all of them with and without under TICKET_MINING_LONG=1.
SECOND = dice("calendars").randrange(2)
RELATED = [(given, has_calendar) for number, given in enumerate(GIVEN) for has_calendar in longer([(number + SECOND) % 2 == 0], [True, False])]


@pytest.mark.parametrize("given, has_calendar", RELATED)
def test_relations(desks, given, has_calendar):
    """With and without each of the relations that need not be, and a calendar."""
    name = "_".join(("given", *given, "calendar" * has_calendar))
    check(desks, Desk(name, given, has_calendar, cases=8), name)


@pytest.fixture(scope="module")
def doubled_hour(desks):
    """A log of what begins at the first 02:50 of a night in which the clock is changed."""
    desk = Desk("doubled hour", (), has_calendar=True)
    change, labels = utc(2023, 10, 29, 1), ("Ny", "Løst", "Ny")
    times = [(case, change - 10 * MINUTE + case * 5 * MINUTE * number, label) for case in range(6) for number, label in enumerate(labels)]
    desk.is_plain_time = False
    desk.sources = desk.sources._replace(events=[desk.as_stored("events", Event(case, label, at, None)) for case, at, label in times])
    desk.maps = Maps({"Ny": Activity(segment="us"), "Løst": Activity("resolved", True, "stopped")}, {}, SEGMENTS)
    desk.settings, desk.as_of = Settings("Europe/Copenhagen", OFFICE), change
    create(desks, desk, "doubled_source", "doubled")
    return desk, change


@pytest.mark.parametrize("minutes", (-70, -60, -50, -10, 0, 1, 10, 20, 50, 60, 61))
def test_doubled_hour(desks, doubled_hour, minutes):
    """What lasts until a moment that the wall clock shows as earlier, or as the same."""
    desk, change = doubled_hour
    desk.as_of = change + minutes * MINUTE
    check_refreshed(desks, desk, "doubled")


# What else happens within 7 days of a message out, of a case that is with us: (relation, label, days after it).
WAITS = {
    "nothing": ([], 1),
    "a message": ([("messages", "auto", 6.9)], 0),
    "a message on the last day": ([("messages", "in", 7)], 1),
    "a note": ([("events", "Note", 3)], 1),
    "the same status": ([("events", "I gang", 3)], 1),
    "another status of ours": ([("events", "Ny", 3)], 0),
    "the same team": ([("assignments", "A", -1), ("assignments", "A", 3)], 1),
    "another team": ([("assignments", "A", -1), ("assignments", "B", 3)], 0),
    "no team, said for the first time": ([("assignments", None, 3)], 0),
    "a partner has it": ([("assignments", "Leverandør", -1)], 0),
    "done": ([("events", "Løst", 6.9)], 0),
    "done on the last day": ([("events", "Løst", 7)], 1),
}


def test_long_wait(desks):
    """A case of each kind."""
    desk = Desk("long wait", ("assignments", "messages"), cases=len(WAITS))
    sent, given = utc(2023, 5, 1), {"events": [], "assignments": [], "messages": []}
    for case, (others, _) in zip(desk.ids, WAITS.values()):
        for relation, label, days in (("events", "I gang", -2), ("messages", "out", 0), *others):
            given[relation].append(desk.as_stored(relation, Event(case, label, sent + int(days * DAY), None)))
    desk.sources = desk.sources._replace(**given)
    desk.maps = Maps({"I gang": Activity(segment="us"), "Ny": Activity(segment="us"), "Note": Activity("note"),
                      "Løst": Activity("resolved", True, "stopped")}, {"Leverandør": Team("partner")}, SEGMENTS)  # fmt: skip
    desk.as_of = sent + 10 * DAY
    check(desks, desk, "wait")
    found = dict(rows(desks, "SELECT case_id::text, is_long_wait FROM wait.messages WHERE message_no = 1"))
    assert {name: found[str(case)] for case, name in zip(desk.ids, WAITS)} == {name: is_long for name, (_, is_long) in WAITS.items()}


SHOWN = {
    "cases": {"is_open": {0, 1}, "is_cut_off": {0, 1}, "landing": {None, "direct", "forwarded", "rerouted"}, "is_ping_pong": {0, 1},
              "first_time_right": {None, 0, 1}, "is_returned_by_partner": {0, 1}, "is_answered_again": {0, 1}},
    "team_visits": {"outcome": {"resolved", "closed", "returned", "passed_on", "open"}, "is_return": {0, 1}, "is_bounce": {0, 1}},
    "segment_visits": {"segment": {"us", "partner", "user", "blocked", "stopped", "unknown", "Andre", "none"}, "is_running": {0, 1}},
    "reopenings": {"outcome": {"answered_again", "first_answer", "silent", "open"}, "is_within_30_days": {0, 1}, "is_after_message_in": {0, 1}},
    "messages": {"is_turn": {0, 1}, "is_long_wait": {0, 1}},
    "case_months": {name: {0, 1} for name in ("is_created", "is_resolved", "is_closed", "is_open_at_end", "is_reopened",
                                              "is_reopened_within_30_days", "is_answered_again")},
}  # fmt: skip


def test_desks_show_everything():
    """So that the tests above compare more than zeros: as many desks as it takes."""
    lacking, is_one_empty = {(table, name, value) for table, columns in SHOWN.items() for name, wanted in columns.items() for value in wanted}, False
    for desk in map(Desk, range(400)):
        cases = Log(desk.sources, desk.maps, desk.settings, desk.as_of).cases
        lacking -= {(table, name, row[name]) for table, columns in SHOWN.items() for case in cases for row in CASE_TABLES[table](case) for name in columns}
        is_one_empty |= not cases
        if not lacking and is_one_empty:
            break
    assert (lacking, is_one_empty) == (set(), True)
