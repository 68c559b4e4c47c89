"""What a log is made of, in plain Python: rows of the sources, maps, settings, and the times it shows."""

from collections import namedtuple

from calendar_oracle import offset
from holder_oracle import UNKNOWN
from timestamps import DAY, SECOND, civil, day_number

# What the users edit. None for a relation that the log has not.
Sources = namedtuple("Sources", "events assignments messages cases")
Settings = namedtuple("Settings", "zone calendar case_url", defaults=("UTC", None, None))
Activity = namedtuple("Activity", "kind answers segment is_start label merge_into", defaults=("open", False, UNKNOWN, False, None, None))
Team = namedtuple("Team", "role calendar label", defaults=("unknown", None, None))
Maps = namedtuple("Maps", "activities teams segments")
CaseRow = namedtuple("CaseRow", "case case_no attributes")

SEGMENTS = {"us": False, "partner": False, "user": True, "blocked": True, "stopped": True, UNKNOWN: False}


# ---- small things -----------------------------------------------------------------------------


def local(zone, at):
    """What the wall clock of a zone shows at an instant."""
    return None if at is None else at + offset(zone, at // SECOND) * SECOND


def instant(zone, shown):
    """When the wall clock of a zone shows a time, as PostgreSQL takes it: the later of two; of none, by the clock before."""
    before, after = ((shown + day) - offset(zone, (shown + day) // SECOND) * SECOND - day for day in (-DAY, DAY))
    return next((at for at in sorted((before, after), reverse=True) if local(zone, at) == shown), before)


def day(shown):
    return None if shown is None else shown // DAY


def month(shown):
    """The first day of the month of a local time."""
    return day_number(*civil(shown // DAY)[:2], 1)


def next_month(first):
    return month((first + 31) * DAY)


def cut(pieces, from_at, to_at):
    """Pieces (..., from_at, to_at) as far as they lie within a span."""
    clipped = ((*what, max(b, from_at), min(e, to_at)) for *what, b, e in pieces)
    return [piece for piece in clipped if piece[-2] < piece[-1]]


def length(pieces):
    return sum(e - b for *_, b, e in pieces)


def business_length(pieces, calendar):
    """None without a calendar."""
    return None if calendar is None else sum(calendar.duration(b, e) for *_, b, e in pieces)


def why_not(event, as_of, earliest):
    """Why a row is no event; None for one."""
    if event.case is None or event.activity is None or event.at is None:
        return "no case" if event.case is None else "no activity" if event.activity is None else "no time"
    if not isinstance(event.at, int):
        return "infinite time"
    if event.at < earliest:
        return "too early"
    return "too late" if event.at >= as_of + DAY else "after as_of" if event.at >= as_of else None
