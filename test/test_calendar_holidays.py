"""Public holidays of Denmark for every year that is known, and holidays of one's own."""


import pytest
from calendar_oracle import danish_holidays, easter
from client import column, failure, message, rows, value
from dice import dice
from limits import limit_in
from test_text_form import again
from timestamps import civil, day_number

YEARS = range(1990, 2101)

# Easter Sundays from printed tables, the earliest and the latest there can be among them.
EASTERS = {1818: (3, 22), 1943: (4, 25), 1954: (4, 18), 1981: (4, 19), 1990: (4, 15), 2000: (4, 23), 2008: (3, 23), 2011: (4, 24), 2019: (4, 21),
           2023: (4, 9), 2024: (3, 31), 2025: (4, 20), 2026: (4, 5), 2038: (4, 25), 2049: (4, 18), 2076: (4, 19), 2100: (3, 28)}  # fmt: skip


def test_easter_of_the_oracle():
    assert {year: easter(year) for year in EASTERS} == EASTERS


def dates(numbers):
    return ["{:04}-{:02}-{:02}".format(*civil(day)) for day in sorted(numbers)]


CLOSED = """SELECT d::date::text FROM generate_series(make_date(%(year)s, 1, 1)::timestamp, make_date(%(year)s, 12, 31), '1 day') d
            WHERE NOT business_is_open('Europe/Copenhagen; 24/7; PH(DK) off', (d + time '12:00') AT TIME ZONE 'Europe/Copenhagen') ORDER BY d"""


@pytest.mark.parametrize("year", YEARS)
def test_holidays_of_a_year(db, year):
    """Every day of the year is looked at."""
    found = column(db, CLOSED, {"year": year})
    assert found == dates(danish_holidays(year))
    assert len(found) == (11 if year <= 2023 else 10)


HOLIDAYS = {
    1990: "01-01 04-12 04-13 04-15 04-16 05-11 05-24 06-03 06-04 12-25 12-26",
    2000: "01-01 04-20 04-21 04-23 04-24 05-19 06-01 06-11 06-12 12-25 12-26",
    2008: "01-01 03-20 03-21 03-23 03-24 04-18 05-01 05-11 05-12 12-25 12-26",
    2023: "01-01 04-06 04-07 04-09 04-10 05-05 05-18 05-28 05-29 12-25 12-26",
    2024: "01-01 03-28 03-29 03-31 04-01 05-09 05-19 05-20 12-25 12-26",
    2025: "01-01 04-17 04-18 04-20 04-21 05-29 06-08 06-09 12-25 12-26",
}


@pytest.mark.parametrize("year", HOLIDAYS)
def test_holidays_from_printed_calendars(db, year):
    assert column(db, CLOSED, {"year": year}) == [f"{year}-{day}" for day in HOLIDAYS[year].split()]


def test_holidays_are_whole_local_days(db):
    """Christmas begins and ends at midnight in Copenhagen."""
    query = """SELECT from_at, to_at FROM business_shifts('Europe/Copenhagen; PH(DK) 00:00-24:00', '2023-12-01Z', '2024-02-01Z')"""
    assert rows(db, query) == [("2023-12-24 23:00:00+00", "2023-12-26 23:00:00+00"), ("2023-12-31 23:00:00+00", "2024-01-01 23:00:00+00")]


def test_danish_holidays_in_another_zone(db):
    """The rule names days; the zone says when they are."""
    query = """SELECT from_at, to_at FROM business_shifts('Asia/Kolkata; PH(DK) 09:30-17:30', '2023-05-01Z', '2023-06-01Z')"""
    days = ("05-05", "05-18", "05-28", "05-29")
    assert rows(db, query) == [(f"2023-{day} 04:00:00+00", f"2023-{day} 12:00:00+00") for day in days]


def test_a_later_rule_opens_a_holiday(db):
    """Of the rules that match, the last counts."""
    duration = "business_duration(%s, '2023-12-25Z', '2023-12-26Z')::text"
    assert value(db, f"SELECT {duration}", ("UTC; Mo-Su 08:00-16:00; PH(DK) off",)) == "00:00:00"
    assert value(db, f"SELECT {duration}", ("UTC; PH(DK) off; Mo-Su 08:00-16:00",)) == "08:00:00"
    assert value(db, f"SELECT {duration}", ("UTC; Mo-Su 08:00-16:00; PH(DK) off; Dec 25 10:00-11:00",)) == "01:00:00"
    assert value(db, f"SELECT {duration}", ("UTC; Mo-Su 08:00-16:00; PH(DK) 10:00-12:00",)) == "02:00:00"


# ---- own holidays -----------------------------------------------------------------------------

OFFICE = "Europe/Copenhagen; Mo-Fr 08:00-16:00"
ADD = "SELECT business_calendar_add_holidays(%s, %s::date[])::text"


@pytest.mark.parametrize("holidays, rules", (
    ("{}", ""),
    ("{2023-12-27}", "; 2023 Dec 27 off"),
    ("{2023-12-29,2023-12-27,2024-01-02,2023-12-28}", "; 2023 Dec 27 off; 2023 Dec 28 off; 2023 Dec 29 off; 2024 Jan 02 off"),
    ("{2023-12-27,2023-12-27,2023-06-05,2023-12-27}", "; 2023 Jun 05 off; 2023 Dec 27 off"),
    ("{{2023-12-27,2023-12-28},{2023-06-05,2023-12-27}}", "; 2023 Jun 05 off; 2023 Dec 27 off; 2023 Dec 28 off"),
    ("{2024-02-29}", "; 2024 Feb 29 off"),
    ("{2200-12-31,1900-01-01}", "; 1900 Jan 01 off; 2200 Dec 31 off"),
    ("[5:6]={2023-12-27,2023-12-26}", "; 2023 Dec 26 off; 2023 Dec 27 off"),
))  # fmt: skip
def test_add_holidays(db, holidays, rules):
    assert value(db, ADD, (OFFICE, holidays)) == OFFICE + rules


def test_added_holidays_are_closed(db):
    """Random dates, whatever was open on them; what comes out is a calendar like another."""
    rng = dice("holidays")
    days = [day_number(2023, 1, 1) + rng.randrange(365) for _ in range(60)]
    text = value(db, ADD, ("UTC; 24/7; 2023 Dec 24 08:00-12:00", dates(set(days))))
    assert again(db, "business_calendar", [text]) == [text]
    closed = column(db, CLOSED.replace("'Europe/Copenhagen; 24/7; PH(DK) off'", "%(calendar)s").replace("'Europe/Copenhagen'", "'UTC'"),
                    {"year": 2023, "calendar": text})  # fmt: skip
    assert set(closed) - {"2023-12-24"} == set(dates(set(days))) - {"2023-12-24"}


def test_the_same_holidays_in_any_order(db):
    """One value, however the array is ordered."""
    rng = dice("order")
    given = dates({day_number(2020, 1, 1) + rng.randrange(2000) for _ in range(40)})
    results = {value(db, ADD, (OFFICE, rng.sample(given, len(given)) + given[:7])) for _ in range(10)}
    assert len(results) == 1


@pytest.mark.parametrize("holidays, state", (
    ("{NULL}", "22004"), ("{2023-12-27,NULL}", "22004"), ("{infinity}", "22008"), ("{2023-12-27,-infinity}", "22008"), ("{1899-12-31}", "22008"),
    ("{2201-01-01}", "22008"), ("{5874897-12-31}", "22008"), ("{4714-11-24 BC}", "22008"),
))  # fmt: skip
def test_bad_holidays(db, holidays, state):
    error = failure(db, ADD, (OFFICE, holidays))
    assert error.sqlstate == state
    assert "holiday" in message(error)


def test_too_many_holidays(db):
    """A value that grows too long is told with the limit."""
    query = "SELECT business_calendar_add_holidays(%s, array_agg(date '1950-01-01' + n)) FROM generate_series(1, {}) n"
    assert value(db, f"SELECT length(({query.format(3000)})::text)", (OFFICE,)) == len(OFFICE) + 17 * 3000
    limit_in(failure(db, query.format(4000), (OFFICE,)), 65536)
