"""Time in Copenhagen by plain arithmetic, so that it needs no zone files.

A time is a whole number of seconds since 1970 in UTC; a day is a proleptic
ordinal as in datetime.date.
"""

from bisect import bisect_right
from datetime import date

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WORKDAY = 7 * HOUR + HOUR // 2

EPOCH = date(1970, 1, 1).toordinal()
NEVER = (date(2030, 1, 1).toordinal() - EPOCH) * DAY

# Public holidays, and the days on which town halls stay closed as well.
CLOSED_DAYS = frozenset(
    date.fromisoformat(day).toordinal()
    for day in """
    2022-01-01 2022-04-14 2022-04-15 2022-04-18 2022-05-13 2022-05-26
    2022-05-27 2022-06-05 2022-06-06 2022-12-24 2022-12-25 2022-12-26
    2022-12-31
    2023-01-01 2023-04-06 2023-04-07 2023-04-10 2023-05-05 2023-05-18
    2023-05-19 2023-05-29 2023-06-05 2023-12-24 2023-12-25 2023-12-26
    2023-12-31
    """.split()
)


def last_sunday(year, month):
    """The day of the last Sunday of a month of 31 or 30 days"""
    first_of_next = date(year + month // 12, month % 12 + 1, 1).toordinal()
    return first_of_next - 1 - date.fromordinal(first_of_next).weekday()


def is_summer_time(at):
    """Whether Denmark has summer time: EU rule, both changes at 01:00 UTC"""
    year = date.fromordinal(EPOCH + at // DAY).year
    begins = (last_sunday(year, 3) - EPOCH) * DAY + HOUR
    ends = (last_sunday(year, 10) - EPOCH) * DAY + HOUR
    return begins <= at < ends


def from_local(day, second):
    """The time of a local wall clock

    Of an hour that comes twice, the first; in the one that is left out, as
    much later as the clock was put forward.
    """
    in_winter = (day - EPOCH) * DAY + second - HOUR
    in_summer = in_winter - HOUR
    return in_summer if is_summer_time(in_summer) else in_winter


def local_day(at):
    """The local day of a time"""
    return EPOCH + (at + (2 * HOUR if is_summer_time(at) else HOUR)) // DAY


def is_closed(day):
    """Whether nobody is in the office on a day"""
    return date.fromordinal(day).weekday() >= 5 or day in CLOSED_DAYS


def iso(at):
    """A time as ISO 8601 in UTC"""
    day = date.fromordinal(EPOCH + at // DAY).isoformat()
    second = at % DAY
    return "%sT%02d:%02d:%02dZ" % (
        day, second // HOUR, second % HOUR // MINUTE, second % MINUTE)


class Shifts:
    """The hours in which somebody works, over all days of the simulation"""

    FIRST = date(2021, 12, 1).toordinal()
    LAST = date(2026, 12, 31).toordinal()

    def __init__(self, hours, closed=is_closed):
        """hours: local (opens, closes) a weekday, Monday first"""
        self.opens, self.closes, self.worked = [], [], []
        worked = 0
        for day in range(self.FIRST, self.LAST + 1):
            if closed(day):
                continue
            opens, closes = hours[date.fromordinal(day).weekday()]
            self.opens.append(from_local(day, opens))
            self.closes.append(from_local(day, closes))
            self.worked.append(worked)
            worked += self.closes[-1] - self.opens[-1]
        self.total = worked

    def add(self, at, seconds):
        """The time when so much working time has passed since a time"""
        shift = bisect_right(self.opens, at) - 1
        done = min(at, self.closes[shift]) - self.opens[shift]
        target = self.worked[shift] + done + seconds
        if target >= self.total:
            return NEVER
        shift = bisect_right(self.worked, target) - 1
        return self.opens[shift] + target - self.worked[shift]
