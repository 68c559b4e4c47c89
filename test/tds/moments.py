"""Dates and times as whole numbers of 100 ns, from Python's values and from T-SQL's texts."""

import datetime as dt
import re
from functools import lru_cache

UNITS = 10**7
DAY = 24 * 60 * 60 * UNITS
# Days from 0001-01-01, which is day 0, to the day from which datetime counts
EPOCH_1900 = dt.date(1900, 1, 1).toordinal() - 1

TEXT = re.compile(
    r"\s*(?:(?P<date>\d{4}-\d\d-\d\d)(?:[ T]|\s*$))?"
    r"(?:(?P<h>\d\d):(?P<m>\d\d)(?::(?P<s>\d\d)(?:\.(?P<fraction>\d{1,7}))?)?)?\s*(?P<offset>Z|[+-]\d\d:\d\d)?\s*"
)


class Moment:
    """A wall clock: days since 0001-01-01, 100 ns since midnight, minutes from UTC or None, digits of its fraction."""

    def __init__(self, days, units, offset=None, digits=0):
        self.days, self.units, self.offset, self.digits = days, units, offset, digits

    @property
    def total(self):
        return self.days * DAY + self.units


def moment(value):
    """Of a datetime, date or time, or of a text like 2023-03-26 02:30:15.1234567 +02:00; ValueError if it is not one."""
    if isinstance(value, str):
        return _of_text(value)
    days = value.toordinal() - 1 if isinstance(value, dt.date) else EPOCH_1900
    if not isinstance(value, (dt.datetime, dt.time)):
        return Moment(days, 0)
    seconds = (value.hour * 60 + value.minute) * 60 + value.second
    offset = value.utcoffset()
    return Moment(days, seconds * UNITS + value.microsecond * 10, None if offset is None else offset // dt.timedelta(minutes=1), 6)


@lru_cache(maxsize=1 << 16)
def _of_text(text):
    found = TEXT.fullmatch(text)
    if not found or not (found["date"] or found["h"]):
        raise ValueError(f"no date or time: {text!r}")
    days = dt.date.fromisoformat(found["date"]).toordinal() - 1 if found["date"] else EPOCH_1900
    clock = dt.time(*(int(found[part] or 0) for part in "hms"))
    seconds = (clock.hour * 60 + clock.minute) * 60 + clock.second
    fraction = found["fraction"] or ""
    return Moment(days, seconds * UNITS + int(fraction.ljust(7, "0")), _offset(found["offset"]), len(fraction))


def _offset(text):
    if text is None or text == "Z":
        return None if text is None else 0
    return int(text[0] + "1") * (int(text[1:3]) * 60 + int(text[4:6]))


def date_text(days):
    return dt.date.fromordinal(days + 1).isoformat()


def time_text(units, scale):
    seconds, fraction = divmod(units, UNITS)
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return clock + (f".{fraction:07}"[: scale + 1] if scale else "")


def rounded(units, scale):
    """100 ns as the nearest whole number of 10^-scale s; halves up."""
    step = 10 ** (7 - scale)
    return (units + step // 2) // step
