"""Cases for functions of a trace and an as_of: random traces, what goes with each of them, and a table of them all."""

import json

import oracle
from dice import dice
from oracle import Trace
from random_calendars import random_calendars
from random_logs import DANISH
from timestamps import DAY, FIRST, HOUR, LAST, MINUTE, pg_time, utc


def random_as_of(rng, trace):
    """None, or a time before, at, near, between or after the events."""
    at = rng.choice(trace.steps)[1]
    near = rng.choice((at, at + 1, at - 1, trace.steps[0][1], trace.steps[-1][1] + rng.randrange(1, 9 * DAY)))
    return rng.choice((None, min(max(near, FIRST), LAST)))


def recent_trace(rng, labels=DANISH):
    """A trace of the years that calendars know, with many ties."""
    at, steps = utc(2021) + rng.randrange(1000 * DAY), []
    for _ in range(rng.choice((1, 1, 2, 3, 5, 9, 30))):
        steps.append((rng.choice(labels), at))
        at += rng.choice((0, 0, 1, MINUTE, 5 * HOUR, rng.randrange(20 * DAY)))
    return Trace(tuple(steps))


def cases_of(traces, seed, other=lambda rng, trace: None):
    """(trace, something that goes with it, as_of)."""
    rng = dice(seed)
    return [(trace, other(rng, trace), random_as_of(rng, trace)) for trace in traces]


def recent_cases(seed, count, other=lambda rng, trace: None, labels=DANISH):
    """The same with recent traces."""
    rng = dice(seed)
    return cases_of([recent_trace(rng, labels) for _ in range(count)], seed, other)


def modern_calendars(seed, count):
    """Calendars that know the years of recent traces."""
    return [calendar for calendar, year in random_calendars(seed, count) if calendar.years[0] < 2020 < calendar.years[1]]


def put(db, cases, columns="other jsonb", write=json.dumps):
    """The cases as a table (n, t, and what goes with it, as_of)."""
    db.execute(f"CREATE TEMP TABLE given (n int, t trace, {columns}, as_of timestamptz)")
    with db.cursor().copy("COPY given FROM STDIN") as copy:
        for number, (trace, other, as_of) in enumerate(cases):
            copy.write_row((number, oracle.trace_text(trace), write(other), None if as_of is None else pg_time(as_of)))


def compare(found, cases, wanted):
    """Compares rows by the number of their case with what a function says of the case."""
    for number, case in enumerate(cases):
        assert found.get(number, []) == wanted(*case), case
