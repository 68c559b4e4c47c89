#!/usr/bin/env python3
"""Makes a year of tickets of a municipality's IT service desk, as CSV files.

Usage: tickets.py DIRECTORY

TICKET_MINING_DEMO_EVERY=N leaves one ticket in N, for tests that need not have all.

The same bytes on every machine and with every Python from 3.9: chance comes
from random.Random(seed).random() and arithmetic alone. habits.py has the
chances, life.py the life of a ticket, ticket.py its rows, clock.py the time
in Copenhagen.
"""

import csv
import os
import sys
from datetime import date
from itertools import islice

import habits as h
from clock import EPOCH, HOUR, from_local, is_closed, iso, last_sunday
from life import live, live_as_alert
from ticket import MESSAGE, STATUS, TEAM, Dice, Ticket

TICKET_COLUMNS = ("id", "number", "category", "priority", "department",
                  "channel", "created_at")
ROW_FILES = {
    STATUS: ("ticket_history.csv", ("id", "ticket_id", "status", "changed_at")),
    TEAM: ("ticket_assignments.csv", ("id", "ticket_id", "team", "changed_at")),
    MESSAGE: ("ticket_messages.csv", ("id", "ticket_id", "direction", "sent_at")),
}


# --- Which tickets come in ------------------------------------------------

def arrivals():
    """All tickets by the time they come in: (created_at, is an alert)"""
    last = h.EXTRACTED_AT // (24 * HOUR) + EPOCH
    found = []
    for day in range(h.SIMULATED_FROM, last + 1):
        dice = Dice(h.SEED * 10**7 + day)
        found += [(at, False) for at in requests(day, dice)]
        found += [(at, True) for at in alerts(day, dice)]
    return sorted(entry for entry in found if entry[0] < h.EXTRACTED_AT)


def requests(day, dice):
    """When users ask for help on a day"""
    if is_closed(day):
        mean = h.TICKETS_A_CLOSED_DAY
    else:
        when = date.fromordinal(day)
        mean = (h.TICKETS_A_WORKDAY * h.WEEKDAY_LOAD[when.weekday()]
                * h.MONTH_LOAD[when.month - 1])
    return [from_local(day, dice.spread(h.DAYTIME))
            for _ in range(dice.number(mean))]


def alerts(day, dice):
    """When the monitoring finds something in the night to a day"""
    when = date.fromordinal(day)
    patched = day == last_sunday(when.year, when.month)
    mean = h.ALERTS_A_PATCH_NIGHT if patched else h.ALERTS_A_NIGHT
    midnight = from_local(day, 0)
    return [midnight + dice.spread(h.NIGHT) for _ in range(dice.number(mean))]


# --- What becomes of them -------------------------------------------------

def alive_tickets():
    """The tickets of the extract, or one in so many"""
    every = int(os.environ.get("TICKET_MINING_DEMO_EVERY", 1))
    return islice(all_alive_tickets(), 0, None, every)


def all_alive_tickets():
    """The tickets of the extract, with a number a year"""
    serial = {}
    for ticket_id, (at, is_alert) in enumerate(arrivals(), h.FIRST_TICKET_ID):
        ticket = Ticket(ticket_id, at, Dice(h.SEED * 10**7 + ticket_id))
        year = date.fromordinal(EPOCH + (at + HOUR) // (24 * HOUR)).year
        serial[year] = serial.get(year, 0) + 1
        ticket.number = "IT-%d-%06d" % (year, serial[year])
        if is_alert:
            live_as_alert(ticket)
        else:
            live(ticket, left_lying_until(ticket))
        if is_alive(ticket):
            yield ticket


def left_lying_until(ticket):
    """When a ticket that nobody gets round to is taken up, or None"""
    dice = ticket.dice
    if ticket.created_at >= h.YEAR_BEGINS:
        lies = dice.happens(h.P_LEFT_LYING_NOW)
        return ticket.created_at + dice.spread(h.LEFT_LYING) if lies else None
    half = (h.YEAR_BEGINS + from_local(h.SIMULATED_FROM, 0)) // 2
    early = ticket.created_at < half
    lies = dice.happens(
        h.P_LEFT_LYING_FIRST_HALF if early else h.P_LEFT_LYING_SECOND_HALF)
    return h.YEAR_BEGINS + dice.spread(h.CLEAN_UP) if lies else None


def is_alive(ticket):
    """Whether a ticket changes in the year or waits through all of it"""
    saved = [(at, value) for at, kind, value in ticket.rows
             if kind == STATUS and value != h.NOTE
             and h.ARCHIVED_BEFORE <= at < h.EXTRACTED_AT]
    if not saved:
        return False
    at, status = saved[-1]
    return at >= h.YEAR_BEGINS or status not in h.DONE


# --- Files ----------------------------------------------------------------

def saved_rows(tickets):
    """All rows in the order they were saved: (at, ticket id, n, kind, value)

    The archive took the oldest ones; the newest are not written yet.
    """
    return sorted(
        (at, ticket.id, n, kind, value)
        for ticket in tickets
        for n, (at, kind, value) in enumerate(ticket.rows)
        if h.ARCHIVED_BEFORE <= at < h.EXTRACTED_AT)


def write_csv(path, header, rows):
    """Writes one file"""
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def write_tickets(directory, tickets):
    """Writes the tickets themselves"""
    write_csv(os.path.join(directory, "tickets.csv"), TICKET_COLUMNS,
              ((t.id, t.number, t.category, t.priority, t.department,
                t.channel, iso(t.created_at)) for t in tickets))


def write_rows(directory, tickets):
    """Writes status, team and message rows; one save order over all three"""
    files = {kind: [] for kind in ROW_FILES}
    for save_id, row in enumerate(saved_rows(tickets), 1):
        at, ticket_id, _, kind, value = row
        files[kind].append((save_id, ticket_id, value, iso(at)))
    for kind, (name, header) in ROW_FILES.items():
        write_csv(os.path.join(directory, name), header, files[kind])


def main():
    if len(sys.argv) != 2 or not os.path.isdir(sys.argv[1]):
        sys.exit("usage: tickets.py DIRECTORY (which must exist)")
    tickets = list(alive_tickets())
    write_tickets(sys.argv[1], tickets)
    write_rows(sys.argv[1], tickets)


if __name__ == "__main__":
    main()
