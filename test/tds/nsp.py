"""The demo's year of tickets as an NSP-like database has it; it grows day by day if wanted.

    desk = Desk(until="2023-06-01")
    with Server(desk.database) as server: …
    desk.grow("2023-06-02")

How the demo's rows are got back, exactly:
- A log or comment row of the demo has Id = 10 * the demo's id; log rows between these
  are noise: other properties, and rows that change nothing (OldValue = NewValue).
- A status or team row is one of property BaseEntityStatus or AgentGroup, a note one of
  property Note. A save of the same value again, which is a row of the demo's, has no
  OldValue; a row that was saved twice is there twice.
- The first value has a row without OldValue, unless the ticket came by self-service or
  from the monitoring: then it is only the ticket's own value, or the OldValue of the
  property's first row, and its time is the ticket's CreatedDate.
- Rows before the archive was made are gone: of tickets older than the first row left,
  the first value is not known, and the demo has none.
"""

import sys
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "demo"))

import habits as h  # noqa: E402
from ticket import AUTO, INTERNAL, OUT, STATUS, TEAM  # noqa: E402
from tickets import alive_tickets, saved_rows  # noqa: E402

from . import nsp_schema as schema  # noqa: E402
from .column_types import columns_of  # noqa: E402
from .conditions import column_number  # noqa: E402
from .database import Database  # noqa: E402

STATUS_PROPERTY, TEAM_PROPERTY, NOTE_PROPERTY = "BaseEntityStatus", "AgentGroup", "Note"
IDS_A_SAVE = 10
# Of the saves, one in so many also writes such a row
OTHER_EVERY, NO_CHANGE_EVERY = 9, 40
LOG, COMMENTS, OUTBOX, TICKETS = "dbo.EntityChangeLog", "dbo.EntityComment", "dbo.EmailOutbox", "dbo.SysTicket"
# direction: (user type, is internal, source)
COMMENT_KINDS = {
    OUT: (schema.AGENT, False, schema.BY_AGENT), INTERNAL: (schema.AGENT, True, schema.BY_AGENT), AUTO: (schema.SYSTEM, False, schema.BY_SYSTEM),
}  # fmt: skip


def utc(at):
    """The demo's seconds since 1970 as NSP stores times: in UTC, without a zone."""
    return datetime(1970, 1, 1) + timedelta(seconds=at)


@lru_cache(maxsize=None)
def all_tickets():
    """The demo's tickets, as the generator leaves them; nothing here changes them."""
    return list(alive_tickets())


class TicketState:
    """A ticket as its rows have left it."""

    def __init__(self, ticket):
        self.ticket, self.status, self.team = ticket, None, None
        self.status_row = self.team_row = None
        self.updated_at = self.assigned_at = self.closed_at = None
        self.comments = self.user_comments = 0
        self.last_user_type = None
        first = [value for at, kind, value in ticket.rows if (at, kind) == (ticket.created_at, STATUS)]
        # A first row that was saved twice cannot stand on the ticket.
        self.starts_on_ticket = ticket.channel in (h.SELF_SERVICE, h.ALERT_CHANNEL) and first.count(h.NEW) == 1

    @property
    def user(self):
        return schema.user_id(self.ticket.department, self.ticket.id)

    @property
    def agent(self):
        return schema.agent_id(self.team or h.DESK, self.ticket.id)

    def row(self):
        """The ticket's row in SysTicket."""
        ticket, status = self.ticket, schema.STATUS_IDS[self.status]
        is_closed = schema.STAGES[schema.STATUSES[status][2]][2]
        return (
            ticket.id, ticket.number, schema.ENTITY_TYPE, f"{ticket.category}: {ticket.department}",
            f"Hej\r\nDet drejer sig om {ticket.category.lower()}.\r\nMed venlig hilsen – {ticket.department}",
            status, schema.STATUSES[status][2], schema.PRIORITY_IDS[ticket.priority], schema.CATEGORY_IDS[ticket.category],
            schema.CHANNEL_IDS[ticket.channel], schema.TEAM_IDS.get(self.team), self.agent if self.team else None, self.user,
            utc(ticket.created_at), utc(self.updated_at), self.assigned_at and utc(self.assigned_at),
            utc(self.closed_at) if is_closed else None, self.comments, self.user_comments, self.last_user_type,
            False, False,
        )  # fmt: skip


class Desk:
    def __init__(self, until=None, values="labels", noise=True, every=1):
        """values: what old and new values are, "labels" or "ids" as text; until: UTC, all of the demo by default; every: one ticket in so many."""
        self.values, self.noise = values, noise
        found = all_tickets()[::every]
        self.states = {ticket.id: TicketState(ticket) for ticket in found}
        self.saves, self.next_save = list(_all_saves(found)), 0
        self.database = Database("NSP")
        for name, declaration in schema.TABLES.items():
            self.database.create(name, declaration, schema.lookups().get(name, ()))
        self.database.create_view("app.vTicketHistory", schema.HISTORY_VIEW, _history_rows)
        self.grow(until)

    def grow(self, until=None):
        """Adds what was saved before a time in UTC, such as "2023-06-02" or "2023-06-02T12:00:00"."""
        end = None if until is None else datetime.fromisoformat(until)
        self.new = {LOG: [], COMMENTS: [], OUTBOX: []}
        touched = {}
        while self.next_save < len(self.saves) and (end is None or utc(self.saves[self.next_save][1]) < end):
            save_id, at, ticket_id, kind, value = self.saves[self.next_save]
            touched[ticket_id] = self._save(save_id, at, self.states[ticket_id], kind, value)
            self.next_save += 1
        with self.database.changing():
            for name, rows in self.new.items():
                self.database.insert(name, _as_columned(self.database, name, rows))
            self._write_tickets(touched)

    def _write_tickets(self, touched):
        relation = self.database.find(TICKETS)
        numbers = {row[0]: number for number, row in enumerate(relation.rows)}
        new = [touched[ticket_id].row() for ticket_id in sorted(touched.keys() - numbers.keys())]
        self.database.insert(TICKETS, _as_columned(self.database, TICKETS, new))
        for ticket_id in touched.keys() & numbers.keys():
            (row,) = _as_columned(self.database, TICKETS, [touched[ticket_id].row()])
            relation.change([numbers[ticket_id]], lambda _, row=row: relation.store(row))

    # --- One save -------------------------------------------------------------------

    def _save(self, save_id, at, state, kind, value):
        """Brings a ticket on by one row of the demo; rows that went to the archive have no id."""
        state.updated_at = at
        if kind == STATUS:
            self._save_status(save_id, at, state, value)
        elif kind == TEAM:
            self._save_team(save_id, at, state, value)
        else:
            self._save_message(save_id, at, state, value)
        if self.noise and save_id:
            self._add_noise(save_id, at, state)
        return state

    def _save_status(self, save_id, at, state, status):
        if status == h.NOTE:
            self._log(save_id, at, state, NOTE_PROPERTY, None, h.NOTE, state.agent)
            return
        old, state.status_row = _old_value(state.status_row, state.status, (at, status))
        by = {h.REOPENED: state.user, h.USER_REPLIED: state.user, h.CLOSED: schema.SYSTEM_PERSON}.get(status, state.agent)
        if state.status is not None or not state.starts_on_ticket:
            self._log(save_id, at, state, STATUS_PROPERTY, self._shown(schema.STATUS_IDS, old), self._shown(schema.STATUS_IDS, status), by)
        state.status = status
        if status in h.DONE:
            state.closed_at = at

    def _save_team(self, save_id, at, state, team):
        old, state.team_row = _old_value(state.team_row, state.team, (at, team))
        starts_on_ticket = state.starts_on_ticket and at == state.ticket.created_at and state.team is None
        if not starts_on_ticket:
            self._log(save_id, at, state, TEAM_PROPERTY, self._shown(schema.TEAM_IDS, old), self._shown(schema.TEAM_IDS, team), state.agent)
        state.team, state.assigned_at = team, at

    def _save_message(self, save_id, at, state, direction):
        state.comments += 1
        user_type, internal, source = COMMENT_KINDS.get(direction) or _by_user(state.ticket.channel)
        state.user_comments += user_type == schema.END_USER
        state.last_user_type = user_type
        if not save_id:
            return
        by = {schema.END_USER: state.user, schema.AGENT: state.agent, schema.SYSTEM: schema.SYSTEM_PERSON}[user_type]
        is_solution = direction == OUT and state.status in h.DONE
        self.new[COMMENTS].append((save_id * IDS_A_SAVE, state.ticket.id, utc(at), by, user_type, internal, is_solution, source,
                                   f"Vedr. {state.ticket.number}: tak for din besked – vi vender tilbage."))  # fmt: skip
        if direction in (OUT, AUTO):
            self.new[OUTBOX].append((save_id * IDS_A_SAVE, state.ticket.id, utc(at), f"p{state.user}@kommune.example",
                                     f"REFID: {state.ticket.number}", 1))  # fmt: skip

    def _add_noise(self, save_id, at, state):
        """What a log also holds, after the row of a save."""
        if save_id % OTHER_EVERY == 0:
            self._log(save_id, at, state, "CommentCount", str(state.comments), str(state.comments + 1), state.agent, 1)
        if save_id % OTHER_EVERY == 4:
            self._log(save_id, at, state, "BaseHeader", None, f"{state.ticket.category} – rettet", state.agent, 2)
        if save_id % NO_CHANGE_EVERY == 0:
            same = self._shown(schema.STATUS_IDS, state.status)
            self._log(save_id, at, state, STATUS_PROPERTY, same, same, state.agent, 3)
        if save_id % NO_CHANGE_EVERY == 20 and state.team:
            same = self._shown(schema.TEAM_IDS, state.team)
            self._log(save_id, at, state, TEAM_PROPERTY, same, same, state.agent, 4)

    def _shown(self, ids, value):
        if value is None:
            return None
        return value if self.values == "labels" else str(ids[value])

    def _log(self, save_id, at, state, name, old, new, by, place=0):
        if save_id:
            self.new[LOG].append((save_id * IDS_A_SAVE + place, state.ticket.id, schema.ENTITY_TYPE, name, old, new, utc(at), by))


def _as_columned(database, name, rows):
    """Rows for the columns that a table has now: a test may have dropped, added or moved some."""
    present = [column.name for column in database.find(name).columns]
    declared = [column.name for column in columns_of(schema.TABLES[name])]
    if present == declared:
        return rows
    named = (dict(zip(declared, row)) for row in rows)
    return [[row.get(column) for column in present] for row in named]


def _all_saves(found):
    """(id, at, ticket id, kind, value) in the order of saving; rows that went to the archive come first, without an id."""
    for at, number, kind, value in sorted(
        ((at, ticket.id, kind, value) for ticket in found for at, kind, value in ticket.rows if at < h.ARCHIVED_BEFORE),
        key=lambda row: row[:2],
    ):
        yield None, at, number, kind, value
    for save_id, (at, number, _, kind, value) in enumerate(saved_rows(found), 1):
        yield save_id, at, number, kind, value


def _old_value(last_row, current, row):
    """The old value of a row, and the row with it: a row saved twice has the same one; a value saved again has none."""
    if last_row and last_row[0] == row:
        return last_row[1], last_row
    old = None if current == row[1] else current
    return old, (row, old)


def _by_user(channel):
    source = schema.SELF_SERVICE if channel == h.SELF_SERVICE else schema.MAIL_IN
    return schema.END_USER, False, source


def _history_rows(database):
    """app.vTicketHistory: what a site may have made of the log for its reports."""
    numbers = {row["Id"]: row["ReferenceNo"] for row in database.rows(TICKETS)}
    people = {row["Id"]: row for row in database.rows("dbo.Person")}
    relation = database.find(LOG)
    columns = relation.columns
    at = {column.name: column_number(columns, column.name) for column in columns}
    shown = columns[at["ChangedDate"]].kind.text
    for row in relation.rows:
        event = row[at["PropertyName"]]
        if event in (STATUS_PROPERTY, TEAM_PROPERTY, NOTE_PROPERTY):
            person = people.get(row[at["ChangedById"]], {})
            yield (row[at["EntityId"]], numbers.get(row[at["EntityId"]]), row[at["Id"]], shown(row[at["ChangedDate"]]), event,
                   row[at["OldValue"]], row[at["NewValue"]], person.get("FullName"), person.get("Department"))  # fmt: skip
