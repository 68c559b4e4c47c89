"""Reads the data of a page, as the page does: see web/src/data.ts."""

import json
import re
from bisect import bisect_right
from itertools import accumulate

from client import value
from timestamps import utc

DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.DOTALL)
UNIX = utc(1970)


def page(db, call):
    """The page, and its data as text."""
    html = value(db, f"SELECT ticket_mining.{call}")
    (data,) = DATA.findall(html)
    return html, data


def data_of(db, call):
    return json.loads(page(db, call)[1])


class Log:
    """The data of a log, with instants in microseconds as PostgreSQL counts them, and lists by case."""

    def __init__(self, data):
        self.data = data
        self.tick = 1_000_000 // data["ticks_per_second"]
        self.from_at = [self.at(ticks) for ticks in data["time_zone"]["from"]]
        self.created = [self.at(ticks) for ticks in data["cases"]["created"]]

    def at(self, ticks):
        """An instant."""
        return ticks * self.tick + UNIX

    def after(self, case, ticks):
        """An instant that is given by its distance from the case's first event."""
        return None if ticks is None else self.created[case] + ticks * self.tick

    def length(self, ticks):
        """Microseconds."""
        return None if ticks is None else ticks * self.tick

    def local(self, at):
        """What the clock of the log's zone shows."""
        if at is None:
            return None
        return at + 1_000_000 * self.data["time_zone"]["offset"][max(0, bisect_right(self.from_at, at) - 1)]

    def lists(self, name):
        """The rows of a list by case: an array of arrays of dictionaries."""
        columns = {key: entry for key, entry in self.data[name].items() if key != "count" and entry is not None}
        ends = list(accumulate(self.data[name]["count"]))
        assert {len(entry) for entry in columns.values()} == {ends[-1] if ends else 0}
        rows = [dict(zip(columns, row)) for row in zip(*columns.values())]
        return [rows[end - count : end] for end, count in zip(ends, self.data[name]["count"])]

    def sequences(self):
        """The labels of each case, in order; None where masked events stood."""
        variants, labels = self.data["variants"], [*self.data["activities"]["activity"], None]
        ends = list(accumulate(variants["length"]))
        assert len(variants["activities"]) == (ends[-1] if ends else 0)
        sequences = [[labels[i] for i in variants["activities"][end - n : end]] for end, n in zip(ends, variants["length"])]
        return [sequences[i] for i in self.data["cases"]["variant"]]

    def events(self):
        """(activity, at) of each case."""
        since = iter(self.data["events"]["since"])
        found = []
        for case, sequence in enumerate(self.sequences()):
            labels = [label for label in sequence if label is not None]
            steps = [next(since) for _ in labels]
            found.append([(label, self.after(case, at)) for label, at in zip(labels, accumulate(steps))])
        assert next(since, None) is None
        return found
