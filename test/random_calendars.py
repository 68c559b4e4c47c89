"""Seeded random calendars of every kind of rule, and instants near what is odd about them."""


from calendar_oracle import ALWAYS, Calendar, Dates, Holidays, Rule, Week, Yearly, changes
from dice import dice
from timestamps import DAY, HOUR, MINUTE, SECOND, civil, day_number, utc

# Zones with each oddity, and a year in which it shows.
ZONES = {
    "Europe/Copenhagen": 2023,
    "America/New_York": 2023,
    "Asia/Kolkata": 1945,
    "Australia/Lord_Howe": 2024,  # its summer time is half an hour
    "Asia/Kathmandu": 1986,  # became +05:45
    "Pacific/Chatham": 2023,
    "Pacific/Apia": 2011,  # had no 30 December
    "Pacific/Kwajalein": 1993,  # had no 21 August
    "Pacific/Kiritimati": 1994,
    "America/Juneau": 1867 + 56,
    "Antarctica/Troll": 2023,  # two hours of summer time
    "Africa/Casablanca": 2023,  # the clock is changed for Ramadan
    "Asia/Gaza": 2024,
    "America/St_Johns": 2006,  # changed at 00:01
    "America/Sao_Paulo": 2017,  # changed at midnight: days that begin at one
    "Asia/Tehran": 2022,
    "Europe/Dublin": 2023,
    "Europe/London": 1968,
    "Africa/Monrovia": 1972,  # -00:44:30 until then
    "Asia/Pyongyang": 2015,
    "America/Caracas": 2016,
    "Europe/Amsterdam": 1937,  # +00:19:32 until then
    "UTC": 2000,
    "Etc/GMT+12": 2023,
}


def random_shifts(rng):
    """Shifts in order, without overlap; the last one over midnight now and then."""
    if rng.randrange(8) == 0:
        return ((0, 1440),)
    step = rng.choice((60, 30, 30, 15, 1))
    times = sorted(rng.sample(range(0, 1441, step), 2 * rng.choice((1, 1, 1, 2, 3))))
    shifts = list(zip(times[::2], times[1::2]))
    begin = shifts[-1][0]
    if begin and rng.randrange(4) == 0:
        shifts[-1] = begin, rng.randrange(0, begin, step) or 1440
    if len(shifts) > 1 and rng.randrange(6) == 0:
        shifts[0] = shifts[0][0], shifts[1][0]  # they touch
    return tuple(shifts)


def random_days(rng, year):
    """Days of a rule of any kind; dated ones lie about a year."""
    kind = rng.choice(("week", "week", "date", "range", "yearly", "holidays"))
    if kind == "week":
        return Week(frozenset(rng.sample(range(7), rng.randint(1, 7))))
    first = civil(day_number(year, 1, 1) + rng.randrange(-30, 400))
    if kind == "date":
        return Dates(first, first)
    if kind == "range":
        return Dates(first, civil(day_number(*first) + rng.choice((1, 6, 13, 90, 400))))
    if kind == "yearly":
        return Yearly(*rng.choice((first[1:], (2, 29), (12, 31), (1, 1))))
    return Holidays() if 1991 <= year <= 2099 else Week(frozenset((5, 6)))


def random_calendar(rng, zone=None, year=None):
    """A calendar, most with an opening every week; its year is one to look at."""
    zone = zone or rng.choice(sorted(ZONES))
    year = year or rng.choice((ZONES[zone], ZONES[zone], rng.randint(1992, 2098), rng.randint(1902, 2198)))
    rules = [Rule(Week(frozenset(range(rng.randint(1, 7)))), random_shifts(rng)) if rng.randrange(5) else ALWAYS]
    for _ in range(rng.choice((0, 0, 1, 2, 3, 6))):
        rules.append(Rule(random_days(rng, year), random_shifts(rng) if rng.randrange(2) else ()))
    return Calendar(zone, *rules), year


def random_instant(rng, calendar, year):
    """An instant of the year, mostly near an edge of a shift, a change of the clock, a leap day or an end of the year."""
    places = [utc(year) + rng.randrange(365 * DAY), utc(year, 2, 28) + DAY, utc(year), utc(year, 12, 31)]
    places += changes(calendar.zone, year)[:4]
    at = rng.choice(places) + rng.choice((0, 0, rng.randrange(-2 * DAY, 2 * DAY)))
    if rng.randrange(2):
        at = near_edge(rng, calendar, at)
    return at + rng.choice((0, 0, 0, -1, 1, 1, SECOND, -MINUTE, HOUR, rng.randrange(DAY)))


def near_edge(rng, calendar, at):
    """The begin or the end of an opening within a few days, if there is one."""
    openings = calendar.openings(at, at + 4 * DAY)
    return rng.choice(rng.choice(openings)) if openings else at


def random_span(rng, calendar, year):
    """Two instants, from nothing to some years apart, in order or not."""
    from_at = random_instant(rng, calendar, year)
    most = rng.choice((1, HOUR, 2 * DAY, 30 * DAY, 400 * DAY))
    to_at = rng.choice((from_at + rng.randrange(most + 1), random_instant(rng, calendar, year), from_at + 1))
    if rng.randrange(20) == 0:
        to_at = from_at + rng.randrange(12) * 365 * DAY
    lo, hi = utc(calendar.years[0] + 1), utc(calendar.years[1])
    from_at, to_at = (min(max(at, lo), hi) for at in (from_at, to_at))
    return (to_at, from_at) if rng.randrange(4) == 0 else (from_at, to_at)


def random_calendars(seed, count):
    """Calendars with their years, every zone about as often."""
    rng, zones = dice(seed), sorted(ZONES)
    return [random_calendar(rng, zones[number % len(zones)]) for number in range(count)]
