"""Points in time as whole microseconds since 2000-01-01 UTC, for every year PostgreSQL knows."""

SECOND = 10**6
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
UNIX_EPOCH = -10957 * DAY
FIRST = -211813488000000000  # 4714-11-24 00:00:00 BC
LAST = 9223371331199999999  # 294276-12-31 23:59:59.999999


def civil(day):
    """Year (astronomical), month and day of a day counted from 2000-01-01."""
    day += 730425  # days from 0000-03-01 to 2000-01-01
    era, in_era = divmod(day, 146097)
    year_of_era = (in_era - in_era // 1460 + in_era // 36524 - in_era // 146096) // 365
    in_year = in_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month = (5 * in_year + 2) // 153
    day_of_month = in_year - (153 * month + 2) // 5 + 1
    month += 3 if month < 10 else -9
    return year_of_era + era * 400 + (month <= 2), month, day_of_month


def day_number(year, month, day):
    """Days from 2000-01-01 to a date of the proleptic Gregorian calendar."""
    year -= month <= 2
    era, year_of_era = divmod(year, 400)
    in_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + in_year - 730425


def utc(year, month=1, day=1, hour=0, minute=0, second=0, micro=0):
    """Microseconds of a UTC date and time; year 0 is 1 BC."""
    seconds = hour * 3600 + minute * 60 + second
    return day_number(year, month, day) * DAY + seconds * SECOND + micro


def clock(us, separator=":"):
    """HH:MM:SS[.ffffff] of a time within a day, the fraction as short as it can be."""
    seconds, micro = divmod(us, SECOND)
    text = separator.join(f"{part:02}" for part in (seconds // 3600, seconds // 60 % 60, seconds % 60))
    return text + (f".{micro:06}".rstrip("0") if micro else "")


def _date(day):
    year, month, day_of_month = civil(day)
    era = " BC" if year <= 0 else ""
    year = 1 - year if year <= 0 else year
    return f"{year:04}-{month:02}-{day_of_month:02}", era


def pg_time(us):
    """timestamptz as PostgreSQL writes it with DateStyle ISO and TimeZone UTC."""
    date, era = _date(us // DAY)
    return f"{date} {clock(us % DAY)}+00{era}"


def iso_time(us):
    """A time as the text form of a trace writes it."""
    date, era = _date(us // DAY)
    return f"{date}T{clock(us % DAY)}Z{era.strip()}"


def pg_interval(us):
    """interval in days and time, as PostgreSQL writes it with IntervalStyle postgres."""
    days, rest = divmod(us, DAY)
    words = [f"{days} day" + ("" if days == 1 else "s")] if days else []
    if rest or not days:
        words.append(clock(rest))
    return " ".join(words)
