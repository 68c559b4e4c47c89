"""What a business calendar means, in plain Python with zoneinfo: the tests compare the extension with this.

An instant is open if the wall clock of the zone then shows a time within a shift of that day, or of the day before over midnight.
"""

from collections import namedtuple
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from itertools import groupby
from zoneinfo import ZoneInfo

from timestamps import DAY, MINUTE, SECOND, civil, clock, day_number, utc

WEEKDAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
FIRST_YEAR, LAST_YEAR = 1900, 2200
FIRST_HOLIDAY_YEAR, LAST_HOLIDAY_YEAR = 1990, 2100
STORE_BEDEDAG_UNTIL = 2023

# days is one of the kinds below; shifts are (begin, end) in minutes as they are written, none for "off".
Rule = namedtuple("Rule", "days shifts")
Week = namedtuple("Week", "weekdays")  # a frozenset, Monday is 0
Always = namedtuple("Always", "")  # 24/7
Holidays = namedtuple("Holidays", "")  # PH(DK)
Dates = namedtuple("Dates", "first last")  # (year, month, day), both in it
Yearly = namedtuple("Yearly", "month day")

ALWAYS = Rule(Always(), ((0, 1440),))


# ---- holidays ---------------------------------------------------------------------------------


def easter(year):
    """Easter Sunday as (month, day), after Meeus, Jones and Butcher."""
    a, (b, c) = year % 19, divmod(year, 100)
    (d, e), f = divmod(b, 4), (b + 8) // 25
    g = (b - f + 1) // 3
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    rest = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * rest) // 451
    month, day = divmod(h + rest - 7 * m + 114, 31)
    return month, day + 1


@lru_cache(maxsize=None)
def danish_holidays(year):
    """The numbers of the days that are public holidays in Denmark."""
    sunday = day_number(year, *easter(year))
    moving = {"skærtorsdag": -3, "langfredag": -2, "påskedag": 0, "2. påskedag": 1, "Store Bededag": 26,
              "Kristi himmelfart": 39, "pinsedag": 49, "2. pinsedag": 50}  # fmt: skip
    if year > STORE_BEDEDAG_UNTIL:
        del moving["Store Bededag"]
    fixed = {day_number(year, 1, 1), day_number(year, 12, 25), day_number(year, 12, 26)}
    return fixed | {sunday + days for days in moving.values()}


# ---- the zone ---------------------------------------------------------------------------------

zone_info = lru_cache(maxsize=None)(ZoneInfo)


EPOCH = datetime(2000, 1, 1, tzinfo=timezone.utc)


def offset(zone, seconds):
    """What the zone's wall clock is ahead of UTC, in seconds; seconds count from 2000-01-01 UTC."""
    ahead = (EPOCH + timedelta(seconds=seconds)).astimezone(zone_info(zone)).utcoffset()
    return ahead.days * 86400 + ahead.seconds


def wall(zone, at):
    """The day and the time of day that the wall clock shows at an instant."""
    return divmod(at + offset(zone, at // SECOND) * SECOND, DAY)


@lru_cache(maxsize=None)
def changes(zone, year):
    """The instants of a UTC year at which the offset becomes another; none lies within half a day of its reverse."""
    found = []
    for begin in range(utc(year) // SECOND, utc(year + 1) // SECOND, 12 * 3600):
        found += _changes_between(zone, begin, begin + 12 * 3600)
    return [second * SECOND for second in found]


def _changes_between(zone, begin, end):
    if offset(zone, begin) == offset(zone, end):
        return []
    if end - begin == 1:
        return [end]
    middle = (begin + end) // 2
    return _changes_between(zone, begin, middle) + _changes_between(zone, middle, end)


# ---- the calendar -----------------------------------------------------------------------------


class Calendar:
    """A zone and rules, the last of which that matches a day counts for it, alone."""

    def __init__(self, zone, *rules):
        self.zone, self.rules = zone, rules
        self._shifts, self._years = {}, {}
        holidays = any(isinstance(rule.days, Holidays) for rule in rules)
        self.years = (FIRST_HOLIDAY_YEAR, LAST_HOLIDAY_YEAR) if holidays else (FIRST_YEAR, LAST_YEAR)

    def __str__(self):
        return "; ".join([self.zone, *map(rule_text, self.rules)])

    def shifts(self, day):
        """The shifts that begin on a day, in microseconds after its midnight."""
        if day not in self._shifts:
            self._shifts[day] = self._shifts_of(day)
        return self._shifts[day]

    def _shifts_of(self, day):
        for rule in reversed(self.rules):
            if matches(rule.days, day):
                return [(b * MINUTE, (e if e > b else e + 1440) * MINUTE) for b, e in rule.shifts]
        return []

    def is_open(self, at):
        day, time = wall(self.zone, at)
        today = any(begin <= time < end for begin, end in self.shifts(day))
        return today or any(begin <= time + DAY < end for begin, end in self.shifts(day - 1))

    def minutes(self, from_at, to_at):
        """The open minutes of a span, each looked at by itself; its ends are whole minutes, and so is the zone's offset."""
        return sum(self.is_open(at) for at in range(from_at, to_at, MINUTE))

    def openings(self, from_at, to_at):
        """The openings as (from_at, to_at), cut to a span, each as long as it can be."""
        pieces = [piece for year in years_of(from_at, to_at) for piece in self._year(year)[0]]
        return joined((max(b, from_at), min(e, to_at)) for b, e in pieces if b < to_at and e > from_at)

    def _year(self, year):
        """The openings within a UTC year and their sum."""
        if year not in self._years:
            ends = [utc(year), *changes(self.zone, year), utc(year + 1)]
            pieces = [piece for part in zip(ends, ends[1:]) for piece in self._under_one_offset(*part)]
            found = joined(sorted(set(pieces)))
            self._years[year] = found, sum(e - b for b, e in found)
        return self._years[year]

    def _under_one_offset(self, from_at, to_at):
        ahead = offset(self.zone, from_at // SECOND) * SECOND
        for day in range((from_at + ahead) // DAY - 1, (to_at + ahead) // DAY + 1):
            for begin, end in self.shifts(day):
                begin, end = (max(from_at, min(to_at, day * DAY + time - ahead)) for time in (begin, end))
                if begin < end:
                    yield begin, end

    def duration(self, from_at, to_at):
        """Microseconds inside the calendar, negative where from_at is after to_at."""
        if from_at > to_at:
            return -self.duration(to_at, from_at)
        return sum(self._within(year, from_at, to_at) for year in years_of(from_at, to_at))

    def _within(self, year, from_at, to_at):
        begin, end = max(from_at, utc(year)), min(to_at, utc(year + 1))
        if (begin, end) == (utc(year), utc(year + 1)):
            return self._year(year)[1]
        return sum(e - b for b, e in self.openings(begin, end))

    def add(self, at, duration):
        """When so much has passed, or from when it passes until at; None if that is not within the known years."""
        if duration >= 0:
            return self._later(at, duration)
        return self._earlier(at, -duration)

    def _later(self, at, rest):
        if rest == 0:
            return at
        for year in range(civil(at // DAY)[0], self.years[1] + 1):
            for begin, end in self.openings(max(at, utc(year)), utc(year + 1)):
                if end - begin >= rest:
                    return begin + rest
                rest -= end - begin
        return None

    def _earlier(self, at, rest):
        for year in range(civil(at // DAY)[0], self.years[0] - 1, -1):
            for begin, end in reversed(self.openings(utc(year), min(at, utc(year + 1)))):
                if end - begin >= rest:
                    return end - rest
                rest -= end - begin
        return None


def years_of(from_at, to_at):
    """The UTC years that a span touches."""
    return range(civil(from_at // DAY)[0], civil((to_at - 1) // DAY)[0] + 1) if from_at < to_at else []


def matches(days, day):
    """Whether a rule's days hold a day."""
    year, month, in_month = civil(day)
    if isinstance(days, Week):
        return (day + 5) % 7 in days.weekdays  # day 0 was a Saturday
    if isinstance(days, Holidays):
        return day in danish_holidays(year)
    if isinstance(days, Dates):
        return day_number(*days.first) <= day <= day_number(*days.last)
    if isinstance(days, Yearly):
        return (month, in_month) == days
    return True


def joined(spans):
    """Spans in order of their begin, those that touch or overlap made one."""
    found = []
    for begin, end in spans:
        if found and begin <= found[-1][1]:
            begin, end = found[-1][0], max(found.pop()[1], end)
        found.append((begin, end))
    return found


# ---- the text form ----------------------------------------------------------------------------


def rule_text(rule):
    if isinstance(rule.days, Always):
        return "24/7"
    return f"{days_text(rule.days)} {shifts_text(rule.shifts)}"


def shifts_text(shifts):
    return ",".join(f"{time_text(begin)}-{time_text(end)}" for begin, end in shifts) or "off"


def time_text(minutes):
    return f"{minutes // 60:02}:{minutes % 60:02}"


def days_text(days):
    if isinstance(days, Week):
        return weekdays_text(days.weekdays)
    if isinstance(days, Holidays):
        return "PH(DK)"
    if isinstance(days, Yearly):
        return f"{MONTHS[days.month - 1]} {days.day:02}"
    first, last = map(date_text, days)
    return first if first == last else f"{first}-{last}"


def date_text(date):
    year, month, day = date
    return f"{year:04} {MONTHS[month - 1]} {day:02}"


def weekdays_text(weekdays):
    """Runs of neighbours, Monday first."""
    runs = [[day for _, day in run] for _, run in groupby(enumerate(sorted(weekdays)), lambda pair: pair[1] - pair[0])]
    return ",".join("-".join(WEEKDAYS[day] for day in dict.fromkeys((run[0], run[-1]))) for run in runs)


def hours_interval(us):
    """interval of business time as PostgreSQL writes it: hours, minutes, seconds and never a day."""
    return ("-" if us < 0 else "") + clock(abs(us))
