"""Messages in and out, and turns, against a plain implementation."""


import holder_oracle
import oracle
import pytest
from client import by_log, longer, rows
from dice import dice
from oracle import Trace
from random_cases import cases_of, compare, put
from random_values import random_traces

DIRECTIONS = ["in", "out", "internal", "auto", "IN", "out ", ""]

COUNTS = "trace_messages_in({0}), trace_messages_out({0}), trace_turns({0})"


def as_messages(rng, trace):
    """The trace with directions for its labels, few or many of them."""
    directions = rng.choice((DIRECTIONS, DIRECTIONS[:2], DIRECTIONS[:3], DIRECTIONS[2:]))
    return Trace(tuple((rng.choice(directions), at) for _, at in trace.steps), trace.breaks)


def test_messages(db):
    rng = dice("messages")
    cases = cases_of([as_messages(rng, trace) for trace in random_traces("messages", longer(3000, 50000))], "messages")
    put(db, cases)
    found = by_log(db, f"SELECT n, {COUNTS.format('t')} FROM given")
    compare(found, cases, lambda trace, *_: [holder_oracle.messages(trace)])
    assert max(turns for (_, _, turns), in found.values()) > 5


# Messages in turn, and how many there are in, out, and turns.
KNOWN = {
    "in": (1, 0, 0),
    "out": (0, 1, 0),
    "internal": (0, 0, 0),
    "in out": (1, 1, 1),
    "in in in out": (3, 1, 1),
    "in out in out in": (3, 2, 4),
    "in internal in": (2, 0, 0),
    "in internal out": (1, 1, 1),
    "auto in auto out auto": (1, 1, 1),
    "internal out auto in internal": (1, 1, 1),
    "In Out iN": (0, 0, 0),
    "auto internal": (0, 0, 0),
}


@pytest.mark.parametrize("text", KNOWN)
def test_known_messages(db, text):
    trace = Trace(tuple((direction, number) for number, direction in enumerate(text.split())))
    assert rows(db, f"SELECT {COUNTS.format('%(t)s')}", {"t": oracle.trace_text(trace)}) == [KNOWN[text]]


def test_messages_of_one_moment(db):
    """In the order they were given."""
    trace = Trace((("in", 0), ("out", 0), ("in", 0)))
    assert rows(db, f"SELECT {COUNTS.format('%(t)s')}", {"t": oracle.trace_text(trace)}) == [(2, 1, 2)]


def test_messages_of_nothing(db):
    assert rows(db, f"SELECT {COUNTS.format('NULL')}") == [(None, None, None)]
