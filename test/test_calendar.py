"""Business time against a plain calendar in Python: many zones, calendars and spans, and the nights that are known to be hard."""

import re
from zoneinfo import available_timezones

import pytest
from calendar_oracle import ALWAYS, Calendar, Dates, Rule, Week, hours_interval
from client import by_log, column, failure, longer, message, rows, value
from dice import dice
from random_calendars import ZONES, random_calendars, random_instant, random_span
from timestamps import DAY, HOUR, MINUTE, SECOND, pg_time, utc

CALENDARS = longer(48, 3000)
SPANS = longer(12, 60)


@pytest.fixture(scope="module")
def calendars():
    return random_calendars("calendars", CALENDARS)


def spans(calendars, seed, count=SPANS, make=random_span):
    """(calendar, from_at, to_at), some of each calendar."""
    rng = dice(seed)
    return [(calendar, *make(rng, calendar, year)) for calendar, year in calendars for _ in range(count)]


GIVEN = "unnest(%s::text[], %s::timestamptz[], %s::timestamptz[]) WITH ORDINALITY g(c, x, y, n)"
GIVEN_DURATION = "unnest(%s::text[], %s::timestamptz[], %s::interval[]) WITH ORDINALITY g(c, x, y, n)"


def over(given, second=pg_time):
    """The parameters for GIVEN."""
    calendars, firsts, seconds = zip(*given)
    return list(map(str, calendars)), list(map(pg_time, firsts)), list(map(second, seconds))


def compare(found, given, wanted):
    assert len(found) == len(given) > 0
    for is_now, (calendar, *rest), should in zip(found, given, wanted):
        assert is_now == should, (str(calendar), *rest)


def test_duration(db, calendars):
    given = spans(calendars, "duration")
    found = column(db, f"SELECT business_duration(c::business_calendar, x, y)::text FROM {GIVEN} ORDER BY n", over(given))
    compare(found, given, (hours_interval(calendar.duration(x, y)) for calendar, x, y in given))


def minutes_span(rng, calendar, year):
    """Whole minutes, at most some days apart."""
    from_at = random_instant(rng, calendar, year) // MINUTE * MINUTE
    return from_at, from_at + rng.randrange(3 * DAY) // MINUTE * MINUTE


def test_duration_minute_by_minute(db):
    """The clock of the zone is looked at once a minute. In these years all offsets are whole minutes."""
    modern = [pair for pair in random_calendars("minutes", longer(32, 2000)) if pair[1] > 1972]
    given = spans(modern, "minutes", 3, minutes_span)
    found = column(db, f"SELECT business_duration(c::business_calendar, x, y)::text FROM {GIVEN} ORDER BY n", over(given))
    compare(found, given, (hours_interval(calendar.minutes(x, y) * MINUTE) for calendar, x, y in given))


def test_is_open(db, calendars):
    given = [(calendar, x, x) for calendar, x, _ in spans(calendars, "open")]
    found = column(db, f"SELECT business_is_open(c::business_calendar, x) FROM {GIVEN} ORDER BY n", over(given))
    compare(found, given, (calendar.is_open(x) for calendar, x, _ in given))
    assert set(found) == {True, False}


def some_time(rng, calendar, year):
    """An instant and a duration to add."""
    duration = rng.choice((0, 1, SECOND, rng.randrange(HOUR), rng.randrange(300 * HOUR), rng.randrange(20) * HOUR))
    return random_instant(rng, calendar, year), rng.choice((1, -1)) * duration


def test_add(db, calendars):
    """Until when, and for negative durations since when; an error where so much time does not pass in the known years."""
    db.execute("""CREATE FUNCTION pg_temp.added(c text, at timestamptz, duration interval) RETURNS text LANGUAGE plpgsql AS $$
                  BEGIN RETURN business_add(c::business_calendar, at, duration);
                  EXCEPTION WHEN datetime_field_overflow OR invalid_parameter_value THEN RETURN NULL; END $$""")
    given = spans(calendars[::2], "add", SPANS, some_time)
    query = f"SELECT pg_temp.added(c, x, y) FROM {GIVEN_DURATION} ORDER BY n"
    wanted = [calendar.add(at, duration) for calendar, at, duration in given]
    compare(column(db, query, over(given, hours_interval)), given, (at and pg_time(at) for at in wanted))


def test_add_is_the_inverse_of_duration(db, calendars):
    """So much passes until then, and a microsecond earlier it has not; backwards, a microsecond later it does not any more."""
    given = [(c, at, d) for c, at, d in spans(calendars[::2], "inverse", SPANS, some_time) if d and c.add(at, d) is not None]
    query = f"""SELECT business_duration(k, x, added) = y, business_duration(k, x, added - sign * interval '1 us') = y FROM
                (SELECT n, c::business_calendar AS k, x, y, business_add(c::business_calendar, x, y) AS added,
                        CASE WHEN y > interval '0' THEN 1 ELSE -1 END AS sign FROM {GIVEN_DURATION}) a ORDER BY n"""
    compare(rows(db, query, over(given, hours_interval)), given, [(True, False)] * len(given))


def test_additive_and_antisymmetric(db, calendars):
    given = spans(calendars, "additive", SPANS // 2)
    query = f"""SELECT d(x, y) = d(x, m) + d(m, y), d(x, y) = - d(y, x), d(x, x) = interval '0'
                FROM {GIVEN}, LATERAL (SELECT x + (y - x) * (n %% 13 / 12.0)) s(m) ORDER BY n"""
    found = rows(db, query.replace("d(", "business_duration(c::business_calendar, "), over(given))
    compare(found, given, [(True, True, True)] * len(given))


def test_shifts(db, calendars):
    """Each opening once, cut to the span, joined where they touch; nothing where the span is turned around."""
    given = spans(calendars, "shifts", SPANS // 4)
    db.execute(f"CREATE TEMP TABLE given AS SELECT n, c::business_calendar AS c, x, y FROM {GIVEN}", over(given))
    found = by_log(db, "SELECT n, s.from_at, s.to_at, s.duration::text FROM given, business_shifts(c, x, y) s")
    for number, (calendar, x, y) in enumerate(given, 1):
        openings = calendar.openings(x, y)
        wanted = [(pg_time(b), pg_time(e), hours_interval(e - b)) for b, e in openings]
        assert found.get(number, []) == wanted, (str(calendar), x, y)
        assert calendar.duration(x, y) == sum(e - b for b, e in openings) or x > y


def test_shifts_add_up_to_the_duration(db, calendars):
    given = [(c, *sorted(span)) for c, *span in spans(calendars, "sum", SPANS // 4)]
    query = f"""SELECT coalesce((SELECT sum(duration) FROM business_shifts(c::business_calendar, x, y)), interval '0')
                       = business_duration(c::business_calendar, x, y) FROM {GIVEN} ORDER BY n"""
    compare(column(db, query, over(given)), given, [True] * len(given))


def test_calendars_that_change_from_row_to_row(db, calendars):
    """What is prepared for one calendar is not used for another, nor for an earlier one that comes back."""
    given = spans(calendars[:7], "turns", 60)
    dice("turns").shuffle(given)
    db.execute("CREATE TEMP TABLE turn (n serial, c business_calendar, x timestamptz, y timestamptz)")
    db.execute(f"INSERT INTO turn SELECT n, c::business_calendar, x, y FROM {GIVEN}", over(given))
    found = column(db, "SELECT business_duration(c, x, y)::text FROM turn ORDER BY n")
    compare(found, given, (hours_interval(calendar.duration(x, y)) for calendar, x, y in given))


SETTINGS = {
    "German": "SET DateStyle = 'German, DMY'; SET TimeZone = 'Pacific/Apia'; SET IntervalStyle = 'sql_standard'",
    "SQL": "SET DateStyle = 'SQL, MDY'; SET TimeZone = 'America/St_Johns'; SET IntervalStyle = 'iso_8601'",
    "Postgres": "SET DateStyle = 'Postgres, YMD'; SET TimeZone = 'Australia/Lord_Howe'; SET IntervalStyle = 'postgres_verbose'",
}


@pytest.mark.parametrize("settings", SETTINGS)
def test_no_setting_changes_a_result(db, calendars, settings):
    # Far from the ends of the years, for 24 hours of one calendar are three days of another.
    given = [span for span in spans(calendars[::3], "settings", 5) if all(utc(1910) < at < utc(2100) for at in span[1:])]
    db.execute(f"CREATE TEMP TABLE given AS SELECT n, c::business_calendar AS c, x, y FROM {GIVEN}", over(given))
    query = """SELECT c::text, extract(epoch FROM business_duration(c, x, y)), business_is_open(c, x),
                      (SELECT array_agg((extract(epoch FROM s.from_at), extract(epoch FROM s.to_at), extract(epoch FROM s.duration))::text)
                       FROM business_shifts(c, least(x, y), least(x, y) + interval '200 hours') s),
                      extract(epoch FROM business_add('Europe/Copenhagen; Mo-Fr 08:00-16:00', x, business_duration('UTC; 24/7', x, y)))
               FROM given ORDER BY n"""
    before = rows(db, query)
    db.execute(SETTINGS[settings])
    assert rows(db, query) == before


# ---- known answers ----------------------------------------------------------------------------


ALL_DAY_DAYS = [
    ("2023-03-25", 24), ("2023-03-26", 23), ("2023-03-27", 24), ("2023-10-28", 24), ("2023-10-29", 25), ("2023-10-30", 24),
    ("2024-03-31", 23), ("2024-10-27", 25), ("2024-02-29", 24), ("1980-04-06", 23), ("2037-10-25", 25), ("2038-03-28", 23), ("2150-03-29", 23),
]  # fmt: skip


@pytest.mark.parametrize("date, hours", ALL_DAY_DAYS)
def test_days_of_copenhagen(db, date, hours):
    """A day of 24/7 is as long as the day is; a shift from 08 to 16 has eight hours on all of them."""
    query = """SELECT business_duration(c::business_calendar, date AT TIME ZONE 'Europe/Copenhagen',
                                        (date + interval '1 day') AT TIME ZONE 'Europe/Copenhagen')::text
               FROM unnest(%s::text[]) c, (SELECT %s::timestamp) d(date)"""
    calendars = ["Europe/Copenhagen; 24/7", "Europe/Copenhagen; Mo-Su 08:00-16:00", "Europe/Copenhagen; Mo-Su 00:00-24:00"]
    assert column(db, query, (calendars, date)) == [f"{hours}:00:00", "08:00:00", f"{hours}:00:00"]


NIGHT = "Europe/Copenhagen; Mo-Su 22:00-06:00"
CASES = {
    "night in March": (NIGHT, "2023-03-25 12:00+01", "2023-03-26 12:00+02", "07:00:00"),
    "night in October": (NIGHT, "2023-10-28 12:00+02", "2023-10-29 12:00+01", "09:00:00"),
    "hour that is left out": ("Europe/Copenhagen; Mo-Su 02:00-03:00", "2023-03-25 23:00Z", "2023-03-26 22:00Z", "00:00:00"),
    "hour that comes twice": ("Europe/Copenhagen; Mo-Su 02:00-03:00", "2023-10-28 22:00Z", "2023-10-29 23:00Z", "02:00:00"),
    "half of it": ("Europe/Copenhagen; Mo-Su 02:15-02:45", "2023-10-28 22:00Z", "2023-10-29 23:00Z", "01:00:00"),
    "between the two": ("Europe/Copenhagen; Mo-Su 02:15-02:45", "2023-10-29 00:45Z", "2023-10-29 01:15Z", "00:00:00"),
    "second of the two": ("Europe/Copenhagen; Mo-Su 02:15-02:45", "2023-10-29 01:00Z", "2023-10-29 02:00Z", "00:30:00"),
    "shift that begins in the gap": ("Europe/Copenhagen; Su 02:30-04:00", "2023-03-25 23:00Z", "2023-03-26 22:00Z", "01:00:00"),
    "shift that ends in the gap": ("Europe/Copenhagen; Su 01:00-02:30", "2023-03-25 23:00Z", "2023-03-26 22:00Z", "01:00:00"),
    "half an hour of Lord Howe left out": ("Australia/Lord_Howe; 24/7", "2024-10-05 13:30Z", "2024-10-06 13:00Z", "23:30:00"),
    "half an hour of Lord Howe twice": ("Australia/Lord_Howe; Su 01:30-02:00", "2024-04-06 13:00Z", "2024-04-07 13:30Z", "01:00:00"),
    "Kolkata": ("Asia/Kolkata; Mo-Fr 09:30-17:30", "2023-05-01 04:00Z", "2023-05-01 04:00:00.000001Z", "00:00:00.000001"),
    "Kolkata before": ("Asia/Kolkata; Mo-Fr 09:30-17:30", "2023-05-01 03:00Z", "2023-05-01 04:00Z", "00:00:00"),
    "Kathmandu": ("Asia/Kathmandu; Mo-Fr 10:00-17:00", "2023-05-01 00:00Z", "2023-05-01 11:15Z", "07:00:00"),
    "the day Apia had not": ("Pacific/Apia; Fr 00:00-24:00", "2011-12-29 00:00Z", "2012-01-01 00:00Z", "00:00:00"),
    "the days about it": ("Pacific/Apia; Th,Sa 09:00-17:00", "2011-12-28 10:00Z", "2012-01-01 00:00Z", "16:00:00"),
    "the tail of the day Apia had not": ("Pacific/Apia; Fr 22:00-06:00", "2011-12-29 00:00Z", "2012-01-01 00:00Z", "06:00:00"),
    "the day Kwajalein had not": ("Pacific/Kwajalein; Sa 00:00-24:00", "1993-08-20 00:00Z", "1993-08-24 00:00Z", "00:00:00"),
    "one microsecond before": ("UTC; Mo-Su 08:00-16:00", "2023-05-01 07:59:59.999999Z", "2023-05-01 08:00Z", "00:00:00"),
    "the first": ("UTC; Mo-Su 08:00-16:00", "2023-05-01 08:00Z", "2023-05-01 08:00:00.000001Z", "00:00:00.000001"),
    "the last": ("UTC; Mo-Su 08:00-16:00", "2023-05-01 15:59:59.999999Z", "2023-05-01 16:00Z", "00:00:00.000001"),
    "one after": ("UTC; Mo-Su 08:00-16:00", "2023-05-01 16:00Z", "2023-05-01 16:00:00.000001Z", "00:00:00"),
    "leap day": ("UTC; Feb 29 08:00-16:00", "2000-01-01Z", "2020-12-31Z", "48:00:00"),
    "no leap day in 2100": ("UTC; Feb 29 08:00-16:00", "2097-01-01Z", "2103-12-31Z", "00:00:00"),
    "last rule alone": ("UTC; Mo-Su 08:00-16:00; Mo 10:00-11:00", "2023-05-01Z", "2023-05-03Z", "09:00:00"),
    "opened again": ("UTC; 24/7; 2023 Dec 24-2023 Dec 26 off; 2023 Dec 25 08:00-09:00", "2023-12-24Z", "2023-12-27Z", "01:00:00"),
    "tail into a day off": ("UTC; Mo-Su 22:00-06:00; 2023 May 02 off", "2023-05-01 12:00Z", "2023-05-03 12:00Z", "08:00:00"),
    "tail over a shift": ("UTC; Mo 22:00-10:00; Tu 08:00-12:00", "2023-05-01Z", "2023-05-03Z", "14:00:00"),
    "weekdays round the week": ("UTC; Sa-Mo 08:00-16:00", "2023-05-01Z", "2023-05-08Z", "24:00:00"),
    "ten years": ("UTC; 24/7", "2010-01-01Z", "2020-01-01Z", "87648:00:00"),
    "turned around": ("Europe/Copenhagen; Mo-Fr 08:00-16:00", "2023-05-08 12:00+02", "2023-05-01 12:00+02", "-40:00:00"),
    "nothing": ("Europe/Copenhagen; Mo-Fr 08:00-16:00", "2023-05-08 12:00+02", "2023-05-08 12:00+02", "00:00:00"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_known_duration(db, name):
    *call, duration = CASES[name]
    assert value(db, "SELECT business_duration(%s, %s, %s)::text", call) == duration


def test_example_of_the_type(db):
    """Every day of a fortnight about Christmas, by hand."""
    calendar = "Europe/Copenhagen; Mo-Th 08:00-15:30; Fr 08:00-14:00; PH(DK) off; Dec 24 off; 2023 Dec 31 08:00-12:00"
    db.execute("SET TimeZone = 'Europe/Copenhagen'")
    query = """SELECT to_char(from_at, 'MM-DD HH24:MI') || to_char(to_at, '-HH24:MI') FROM business_shifts(%s, '2023-12-21', '2024-01-04')"""
    assert column(db, query, (calendar,)) == [
        "12-21 08:00-15:30", "12-22 08:00-14:00", "12-27 08:00-15:30", "12-28 08:00-15:30", "12-29 08:00-14:00", "12-31 08:00-12:00",
        "01-02 08:00-15:30", "01-03 08:00-15:30",
    ]  # fmt: skip


OFFICE = "Europe/Copenhagen; Mo-Fr 08:00-16:00"
SUMS = {
    "within a shift": ("2023-05-01 09:00+02", "2 hours", "2023-05-01 09:00:00+00"),
    "to the end of a shift": ("2023-05-01 09:00+02", "7 hours", "2023-05-01 14:00:00+00"),
    "a microsecond more": ("2023-05-01 09:00+02", "07:00:00.000001", "2023-05-02 06:00:00.000001+00"),
    "over the weekend": ("2023-05-05 15:00+02", "2 hours", "2023-05-08 07:00:00+00"),
    "over a night in March": ("2023-03-24 15:00+01", "2 hours", "2023-03-27 07:00:00+00"),
    "from the night": ("2023-05-01 20:00+02", "1 hour", "2023-05-02 07:00:00+00"),
    "nothing from the night": ("2023-05-01 20:00+02", "0", "2023-05-01 18:00:00+00"),
    "back within a shift": ("2023-05-01 11:00+02", "-2 hours", "2023-05-01 07:00:00+00"),
    "back to the begin of a shift": ("2023-05-01 11:00+02", "-3 hours", "2023-05-01 06:00:00+00"),
    "back a microsecond more": ("2023-05-01 11:00+02", "-03:00:00.000001", "2023-04-28 13:59:59.999999+00"),
    "back from the night": ("2023-05-01 20:00+02", "-8 hours", "2023-05-01 06:00:00+00"),
    "a thousand hours": ("2023-01-02 08:00+01", "1000 hours", "2023-06-23 14:00:00+00"),
}


@pytest.mark.parametrize("name", SUMS)
def test_known_sum(db, name):
    at, duration, wanted = SUMS[name]
    assert value(db, "SELECT business_add(%s, %s, %s)", (OFFICE, at, duration)) == wanted


def test_shifts_over_the_end_of_a_year(db):
    """A night that two years share is one opening; time that never closes is one."""
    query = "SELECT from_at, to_at, duration::text FROM business_shifts(%s, '2023-12-31 12:00Z', '2024-01-01 12:00Z')"
    assert rows(db, query, ("UTC; Mo-Su 22:00-06:00",)) == [("2023-12-31 22:00:00+00", "2024-01-01 06:00:00+00", "08:00:00")]
    query = "SELECT from_at, to_at, duration::text FROM business_shifts('UTC; 24/7', '2020-02-01Z', '2024-02-01Z')"
    assert rows(db, query) == [("2020-02-01 00:00:00+00", "2024-02-01 00:00:00+00", "35064:00:00")]


# ---- the years that are known -----------------------------------------------------------------

YEARS = {"UTC; 24/7": (1900, 2200), "UTC; 24/7; PH(DK) off": (1990, 2100), "Europe/Copenhagen; PH(DK) 08:00-12:00": (1990, 2100)}


def calls(at):
    """Every function at an instant, the other times well known."""
    known = "'2020-01-01Z'"
    return (f"business_duration(c, {at}, {known})", f"business_duration(c, {known}, {at})", f"business_duration(c, {at}, {at})",
            f"business_is_open(c, {at})", f"business_add(c, {at}, '1 hour')", f"business_add(c, {at}, '0')", f"business_add(c, {at}, '-1 hour')",
            f"(SELECT count(*) FROM business_shifts(c, least({at}, {known}), greatest({at}, {known})))")  # fmt: skip


CALLS = range(len(calls("")))


def ask(calendar, at, number):
    call = calls(f"TIMESTAMPTZ '{at}'")[number]
    return f"SELECT {call} FROM (SELECT '{calendar}'::business_calendar) x(c)"


@pytest.mark.parametrize("number", CALLS)
@pytest.mark.parametrize("calendar", YEARS)
def test_outside_the_known_years(db, calendar, number):
    first, last = YEARS[calendar]
    for at in (f"{first - 1}-12-30Z", f"{last + 1}-01-03Z", "0044-03-15Z BC", "294276-12-31Z"):
        error = failure(db, ask(calendar, at, number))
        assert error.sqlstate == "22008"
        assert str(first) in message(error) and str(last) in message(error)


@pytest.mark.parametrize("number", CALLS)
@pytest.mark.parametrize("calendar", YEARS)
def test_first_and_last_known_year(db, calendar, number):
    first, last = YEARS[calendar]
    for at in (f"{first}-01-02Z", f"{last}-12-30Z"):
        assert rows(db, ask(f"{calendar}; Mo-Su 00:00-24:00", at, number))


@pytest.mark.parametrize("at", ("infinity", "-infinity"))
@pytest.mark.parametrize("number", CALLS)
def test_infinite_times(db, at, number):
    error = failure(db, ask("UTC; 24/7", at, number))
    assert error.sqlstate == "22008"
    assert "infinite" in message(error)


DURATIONS = pytest.mark.parametrize("duration", ("9 hours", "-9 hours", "2562047788 hours", "-2562047788 hours"))
NEVER_OPEN = ("UTC; Mo-Su off", "Asia/Tokyo; PH(DK) off", "UTC; 24/7; Mo-Su off", "America/New_York; 2020 Jan 01 08:00-16:00; 2020 Jan 01 off")


@DURATIONS
@pytest.mark.parametrize("calendar", NEVER_OPEN)
def test_never_open(db, calendar, duration):
    """The calendar is to blame, not the years; asked how much was open, it answers: nothing."""
    error = failure(db, "SELECT business_add(%s, '2020-06-01Z', %s)", (calendar, duration))
    assert error.sqlstate == "22023"
    assert message(error) == "the business calendar is never open, so no open time passes"
    assert value(db, "SELECT business_add(%s, '2020-06-01Z', '0')", (calendar,)) == "2020-06-01 00:00:00+00"


@pytest.mark.parametrize("calendar", NEVER_OPEN)
def test_nothing_is_open(db, calendar):
    query = """SELECT business_duration(c, '2019-12-01Z', '2020-06-01Z')::text, business_is_open(c, '2020-01-01 15:00Z'),
                      (SELECT count(*) FROM business_shifts(c, '1990-01-01Z', '2100-12-31Z')),
                      trace_time_in(t, '{A,B}', '2020-06-01Z', c)::text, (SELECT sum(business_duration)::text FROM trace_segments(t, '{"A": "us"}', '2020-06-01Z', c)),
                      (SELECT (frequency, total_seconds)::text FROM dfg_edges((SELECT dfg_agg(u, c) FROM unnest(ARRAY[t]) u)))
               FROM (SELECT %s::business_calendar, '{A,B} 1@2020-01-01T00:00:00Z 2@2020-03-01T00:00:00Z'::trace) x (c, t)"""
    assert rows(db, query, (calendar,)) == [("00:00:00", False, 0, "00:00:00", "00:00:00", "(1,0.000000)")]


OPEN_FOR_A_WHILE = {
    "UTC; 2020 Jan 01 08:00-16:00": ("2020-01-01T08:00:00Z", "2020-01-01T16:00:00Z"),
    "Europe/Copenhagen; 2020 Dec 28-2021 Jan 03 22:00-02:00": ("2020-12-28T21:00:00Z", "2021-01-04T01:00:00Z"),
    "Europe/Copenhagen; 2020 Feb 01-2020 Aug 01 08:00-16:00; PH(DK) off; 2020 Mar 01-2020 Sep 01 off": ("2020-02-01T07:00:00Z", "2020-02-29T15:00:00Z"),
}  # fmt: skip


@DURATIONS
@pytest.mark.parametrize("calendar", OPEN_FOR_A_WHILE)
def test_open_for_a_while(db, calendar, duration):
    """Its openings come to an end: when, it says, wherever one asks."""
    first, last = OPEN_FOR_A_WHILE[calendar]
    for at in ("1999-06-01Z", "2020-06-01Z", "2050-06-01Z") if len(duration) > 9 else ("2050-06-01Z" if duration[0] != "-" else "1999-06-01Z",):
        error = failure(db, "SELECT business_add(%s, %s, %s)", (calendar, at, duration))
        assert error.sqlstate == "22023" and error.diag.message_primary == "the business calendar is not open for so long"
        assert error.diag.message_detail == (f"Its first opening begins at {first}." if duration[0] == "-" else f"Its last opening ends at {last}.")


@pytest.mark.parametrize("calendar, year", (("UTC; Mo-Fr 08:00-16:00", 2200), ("Asia/Tokyo; Mo-Fr 08:00-16:00; PH(DK) off", 2100)))
@pytest.mark.parametrize("duration", ("2562047788 hours", "-2562047788 hours"))
def test_never_so_much_time(db, calendar, year, duration):
    """Open as long as calendars are known."""
    error = failure(db, "SELECT business_add(%s, '2020-06-01Z', %s)", (calendar, duration))
    assert error.sqlstate == "22008"
    assert str(year) in message(error)


@pytest.mark.parametrize("duration", ("1 day", "-1 day", "1 month", "1 year", "1 day -24 hours", "1 month 1 hour", "-1 month +30 days"))
def test_days_and_months_cannot_be_added(db, duration):
    error = failure(db, "SELECT business_add(%s, '2020-06-01Z', %s)", (OFFICE, duration))
    assert error.sqlstate == "22023"
    assert "day" in message(error) and "month" in message(error)


def test_nulls(db):
    for call in ("business_duration(c, a, b)", "business_add(c, a, i)", "business_is_open(c, a)", "business_calendar_add_holidays(c, d)"):
        for null in set("cabid") & set(call.split("(")[1]):
            names = {"c": f"'{OFFICE}'::business_calendar", "a": "'2020-06-01Z'::timestamptz", "b": "'2020-06-02Z'::timestamptz",
                     "i": "'1 hour'::interval", "d": "'{2020-06-01}'::date[]"}  # fmt: skip
            values = ", ".join("NULL::" + text.rsplit("::", 1)[1] if name == null else text for name, text in names.items())
            assert value(db, f"SELECT ({call})::text FROM (VALUES ({values})) v (c, a, b, i, d)") is None
    for arguments in ("NULL, now(), now()", f"'{OFFICE}', NULL, now()", f"'{OFFICE}', now(), NULL"):
        assert rows(db, f"SELECT * FROM business_shifts({arguments})") == []


# ---- zones ------------------------------------------------------------------------------------

LIKE_POSIX = re.compile("[A-Z]{3}[+-]?[0-9][A-Z]*")  # GMT0, EST5EDT: names that a typo may look like are refused


@pytest.mark.parametrize("zone", ZONES)
def test_every_year_of_a_zone(db, zone):
    """The lengths of years from the first to the last, with shifts about the hours in which clocks are changed."""
    calendar = Calendar(zone, Rule(Week(frozenset(range(7))), ((15, 195), (1350, 120))), Rule(Week(frozenset((2,))), ((0, 1440),)))
    years = range(1900, 2201, longer(12, 1))
    found = column(db, """SELECT business_duration(%s, make_timestamptz(y, 1, 2, 0, 0, 0, 'UTC'), make_timestamptz(y, 12, 31, 0, 0, 0, 'UTC'))::text
                          FROM unnest(%s::int[]) y""", (str(calendar), list(years)))  # fmt: skip
    assert found == [hours_interval(calendar.duration(utc(year, 1, 2), utc(year, 12, 31))) for year in years]


def test_all_zones(db):
    """Two years of each (of many, in the short run), a calendar with changing shifts about the hours in which clocks are changed."""
    shifts = [Rule(Week(frozenset(range(7))), ((0, 210), (1290, 180))), Rule(Week(frozenset((0, 6))), ((150, 180), (1320, 1440)))]
    zones = sorted(zone for zone in available_timezones() if not LIKE_POSIX.fullmatch(zone) and zone != "localtime")
    # Systems that keep old names in a package of their own have some hundred less.
    assert len(zones) > 400
    zones = zones[:: longer(20, 1)]
    given = [(Calendar(zone, *shifts), utc(year, 2, 1), utc(year, 11, 30)) for zone in zones for year in (2023, 2045)]
    found = column(db, f"SELECT business_duration(c::business_calendar, x, y)::text FROM {GIVEN} ORDER BY n", over(given))
    compare(found, given, (hours_interval(calendar.duration(x, y)) for calendar, x, y in given))


def test_long_calendars(db):
    """Hundreds of dated rules."""
    rng = dice("long")
    rules = [ALWAYS]
    for number in range(400):
        date = 2020 + number % 4, 1 + rng.randrange(12), 1 + rng.randrange(28)
        rules.append(Rule(Dates(date, date), ((480, 960),) if number % 2 else ()))
    calendar = Calendar("Europe/Copenhagen", *rules)
    given = [(calendar, utc(2020) + rng.randrange(1500 * DAY), utc(2020) + rng.randrange(1500 * DAY)) for _ in range(200)]
    found = column(db, f"SELECT business_duration(c::business_calendar, x, y)::text FROM {GIVEN} ORDER BY n", over(given))
    compare(found, given, (hours_interval(calendar.duration(x, y)) for calendar, x, y in given))
