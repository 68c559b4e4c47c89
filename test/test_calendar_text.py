"""The text and binary forms of calendars: they come back the same, are read in other ways of writing, and say where a fault is."""

from itertools import combinations, product

import pytest
from calendar_oracle import WEEKDAYS, Always, Calendar, Dates, Rule, Week, Yearly, days_text, rule_text, shifts_text, weekdays_text
from client import binary_rows, column, connect, explain, failure, longer, message, raw_query, rows, shuffled, type_oid, value
from dice import dice
from limits import limit_in
from random_calendars import random_calendars
from test_binary_form import copy_in, copy_out
from test_text_form import again

MAX_BYTES = 65_536


@pytest.fixture(scope="module")
def calendars():
    return [calendar for calendar, _ in random_calendars("text", longer(1000, 20000))]


def test_calendars_come_back(db, calendars):
    texts = list(map(str, calendars))
    assert again(db, "business_calendar", texts) == texts


# ---- other ways of writing --------------------------------------------------------------------


def space(rng):
    return rng.choice(("", "", " ", "   ", "\t", "\n"))


def loose_weekdays(rng, weekdays):
    """The days in any order, one by one, as ranges that go round the week, or twice."""
    parts = [WEEKDAYS[day] for day in weekdays]
    for first, last in product(range(7), repeat=2):
        if all((first + n) % 7 in weekdays for n in range((last - first) % 7 + 1)) and rng.randrange(3) == 0:
            parts.append(f"{WEEKDAYS[first]}-{WEEKDAYS[last]}")
    rng.shuffle(parts)
    return ",".join(parts)


def loose_days(rng, days):
    if isinstance(days, Week):
        return loose_weekdays(rng, days.weekdays)
    text = days_text(days)
    if isinstance(days, (Dates, Yearly)) and rng.randrange(2):
        text = text.replace(" 0", " ")
    return text


def loose_shifts(rng, shifts):
    text = shifts_text(shifts).replace(",", f"{space(rng)},{space(rng)}")
    return text if text.startswith("00:00-24:00") or rng.randrange(2) else text.replace("-24:00", "-00:00")


def loose_rule(rng, rule):
    if isinstance(rule.days, Always):
        return rule_text(rule)
    return f"{loose_days(rng, rule.days)} {space(rng)}{loose_shifts(rng, rule.shifts)}"


def loose_zone(rng, zone):
    return rng.choice((zone, zone.lower(), zone.upper(), zone.swapcase()))


def loose_text(rng, calendar):
    parts = [loose_zone(rng, calendar.zone), *(loose_rule(rng, rule) for rule in calendar.rules)]
    return space(rng) + f"{space(rng)};{space(rng)}".join(parts) + space(rng)


def test_calendars_written_loosely(db, calendars):
    rng = dice("loose")
    texts = [loose_text(rng, calendar) for calendar in calendars]
    wanted = list(map(str, calendars))
    assert sum(text != normal for text, normal in zip(texts, wanted)) > len(texts) // 2
    for text, found, normal in zip(texts, again(db, "business_calendar", texts), wanted):
        assert found == normal, text


def test_every_set_of_weekdays(db):
    """Runs of neighbours from Monday on, whatever the order they were written in."""
    sets = [frozenset(days) for size in range(1, 8) for days in combinations(range(7), size)]
    texts = [f"UTC; {','.join(WEEKDAYS[day] for day in sorted(days, reverse=True))} off" for days in sets]
    assert again(db, "business_calendar", texts) == [f"UTC; {weekdays_text(days)} off" for days in sets]


NORMAL = {
    "UTC; Sa-Mo off": "UTC; Mo,Sa-Su off",
    "UTC; Su-Sa off": "UTC; Mo-Su off",
    "UTC; Mo-Mo off": "UTC; Mo off",
    "UTC;24/7;Mo off": "UTC; 24/7; Mo off",
    "UTC; Mo 22:00-00:00": "UTC; Mo 22:00-24:00",
    "UTC; Mo 00:00-24:00": "UTC; Mo 00:00-24:00",
    "UTC; Mo-Su 00:00-24:00": "UTC; Mo-Su 00:00-24:00",
    "UTC; Mo 08:00-12:00,12:00-16:00": "UTC; Mo 08:00-12:00,12:00-16:00",
    "UTC; Mo 08:00-12:00,22:00-12:00": "UTC; Mo 08:00-12:00,22:00-12:00",
    "UTC; 2024 Feb 29 off; Feb 29 off": "UTC; 2024 Feb 29 off; Feb 29 off",
    "UTC; 2023 Dec 23-2024 Jan 02 off": "UTC; 2023 Dec 23-2024 Jan 02 off",
    "UTC; 2023 Dec 4-2023 Dec 4 off": "UTC; 2023 Dec 04 off",
    "UTC; 1900 Jan 01 off; 2200 Dec 31 off": "UTC; 1900 Jan 01 off; 2200 Dec 31 off",
    "europe/COPENHAGEN; Mo off": "Europe/Copenhagen; Mo off",
    "  utc  ;  Mo  off  ": "UTC; Mo off",
}


@pytest.mark.parametrize("text", NORMAL)
def test_normal_form(db, text):
    assert again(db, "business_calendar", [text, NORMAL[text]]) == [NORMAL[text]] * 2
    assert value(db, "SELECT %s::business_calendar = %s::business_calendar", (text, NORMAL[text])) is True


# ---- faults -----------------------------------------------------------------------------------

# What is wrong, the literal, and the characters one of which the message must name: the first wrong one, or where its part begins.
BAD = {
    "nothing": ("", (1,)),
    "white space": ("   ", (1, 4)),
    "no zone": ("; Mo 08:00-16:00", (1,)),
    "zone alone": ("UTC", (4,)),
    "no rule": ("UTC;", (5,)),
    "no rule but white space": ("UTC;  ", (5, 7)),
    "rule without zone": ("Mo-Fr 08:00-16:00", (1,)),
    "unknown zone": ("Mars/Olympus; Mo 08:00-16:00", (1,)),
    "unknown zone after white space": ("  Europe/Kopenhagen; Mo 08:00-16:00", (3,)),
    "zone of leap seconds": ("right/UTC; Mo 08:00-16:00", (1,)),
    "zone with a digit too many": ("Europe/Copenhagen1; Mo 08:00-16:00", (1,)),
    "offset for a zone": ("UTC+1; Mo 08:00-16:00", (1,)),
    "zone in the manner of POSIX": ("EST5EDT; Mo 08:00-16:00", (1,)),
    "zone of no place": ("Foo3Bar; Mo 08:00-16:00", (1,)),
    "zone by a path": ("../../../etc/passwd; Mo 08:00-16:00", (1,)),
    "empty rule": ("UTC; ; Mo off", (6,)),
    "rule that is empty at the end": ("UTC; Mo off;", (13,)),
    "unknown weekday": ("UTC; Xx 08:00-16:00", (6,)),
    "German weekday": ("UTC; Mo-Do 08:00-16:00", (9,)),
    "no second weekday": ("UTC; Mo- 08:00-16:00", (9,)),
    "no further weekday": ("UTC; Mo, 08:00-16:00", (9,)),
    "weekday of small letters": ("UTC; mo 08:00-16:00", (6,)),
    "unknown month": ("UTC; 2023 Dez 24 off", (11,)),
    "month as a number": ("UTC; 2023-12-24 off", (10,)),
    "29 February of another year": ("UTC; 2023 Feb 29 off", (6, 15)),
    "30 February": ("UTC; Feb 30 off", (6, 10)),
    "31 June": ("UTC; 2023 Jun 31 off", (6, 15)),
    "day 0": ("UTC; 2023 Dec 0 off", (6, 15)),
    "day 32": ("UTC; 2023 Dec 32 off", (6, 15, 16)),
    "no day": ("UTC; 2023 Dec off", (15,)),
    "year 1899": ("UTC; 1899 Dec 31 off", (6,)),
    "year 2201": ("UTC; 2201 Jan 01 off", (6, 9)),
    "year of many digits": ("UTC; 99999999999999999999 Jan 01 off", tuple(range(6, 26))),
    "dates turned around": ("UTC; 2023 Jul 16-2023 Jul 03 off", (6, 18, 29)),
    "second date without year": ("UTC; 2023 Jul 03-Jul 16 off", (18,)),
    "unknown country": ("UTC; PH(SE) off", (9,)),
    "no country": ("UTC; PH() off", (9,)),
    "country not closed": ("UTC; PH(DK off", (9, 11)),
    "holidays of no country": ("UTC; PH off", (8,)),
    "school holidays": ("UTC; SH off", (6,)),
    "no hours": ("UTC; Mo", (8,)),
    "no hours after white space": ("UTC; Mo ", (9,)),
    "hour 25": ("UTC; Mo 25:00-26:00", (9, 10)),
    "hour 24:01": ("UTC; Mo 08:00-24:01", (15,)),
    "minute 60": ("UTC; Mo 08:60-16:00", (9, 12, 13)),
    "hour of one digit": ("UTC; Mo 8:00-16:00", (9,)),
    "hour of three digits": ("UTC; Mo 008:00-16:00", (9,)),
    "minute of one digit": ("UTC; Mo 08:0-16:00", (9, 12)),
    "hours with a point": ("UTC; Mo 08.00-16.00", (11,)),
    "hours with seconds": ("UTC; Mo 08:00:00-16:00:00", (14,)),
    "no end": ("UTC; Mo 08:00", (14,)),
    "no end after a dash": ("UTC; Mo 08:00-", (15,)),
    "open end": ("UTC; Mo 08:00+", (14,)),
    "no length": ("UTC; Mo 08:00-08:00", (9, 15)),
    "no length at midnight": ("UTC; Mo 00:00-00:00", (9, 15)),
    "begins at 24:00": ("UTC; Mo 24:00-06:00", (9,)),
    "overlapping shifts": ("UTC; Mo 08:00-12:00,11:59-16:00", (21,)),
    "shifts out of order": ("UTC; Mo 12:00-16:00,08:00-12:00", (21,)),
    "shift after one over midnight": ("UTC; Mo 22:00-06:00,23:00-24:00", (21,)),
    "the same shift twice": ("UTC; Mo 08:00-12:00,08:00-12:00", (21,)),
    "no further shift": ("UTC; Mo 08:00-12:00,", (21,)),
    "off and shifts": ("UTC; Mo off,08:00-12:00", (12,)),
    "shifts and off": ("UTC; Mo 08:00-12:00,off", (21,)),
    "off in another way": ("UTC; Mo closed", (9,)),
    "junk after off": ("UTC; Mo offside", (12,)),
    "junk after hours": ("UTC; Mo 08:00-16:00 x", (21,)),
    "junk after 24/7": ("UTC; 24/7 off", (11,)),
    "24/6": ("UTC; 24/6", (6, 8, 9)),
    "rules with commas": ("UTC; Mo 08:00-16:00, Tu 08:00-16:00", (22,)),
    "two zones": ("UTC; UTC; Mo off", (6,)),
    "control character": ("UTC; Mo off\x01", (12,)),
    "letters beyond ASCII": ("UTC; Mø off", (6,)),
    "zone of letters beyond ASCII": ("Europe/København; Mo off", (1,)),
}  # fmt: skip


@pytest.mark.parametrize("fault", BAD)
def test_bad_calendar(db, fault):
    literal, characters = BAD[fault]
    error = failure(db, "SELECT %s::business_calendar", (literal,))
    assert error.sqlstate == "22P02"
    assert f'type business_calendar: "{literal[:20]}' in message(error)
    assert any(f"character {character}:" in message(error) for character in characters)


def test_fault_after_many_rules(db):
    """The place counts from the beginning of the literal."""
    good = "UTC" + "; Mo 08:00-16:00" * 100
    error = failure(db, "SELECT %s::business_calendar", (f"{good}; Mo 08:00-16:00,15:00-17:00",))
    assert error.sqlstate == "22P02"
    assert f"character {len(good) + len('; Mo 08:00-16:00,') + 1}:" in message(error)


def test_longest_calendar(db):
    """As many rules as fit; one more is told with the limit."""
    rule = "; 2023 Dec 24 off"
    count = (MAX_BYTES - 1 - len("UTC")) // len(rule)
    text = "UTC" + rule * count
    assert again(db, "business_calendar", [text]) == [text]
    assert value(db, "SELECT business_is_open(%s, '2023-12-24 12:00Z')", (text,)) is False
    limit_in(failure(db, "SELECT %s::business_calendar", (text + rule,)), MAX_BYTES)
    limit_in(failure(db, "SELECT %s::business_calendar", ("UTC" + rule * 1_000_000,)), MAX_BYTES)


def test_literal_that_is_longer_than_its_value(db):
    """White space is no part of the value."""
    assert again(db, "business_calendar", ["UTC;" + " " * 1_000_000 + "Mo off"]) == ["UTC; Mo off"]


def test_soft_errors(db):
    """pg_input_is_valid() says no without an error."""
    if db.info.server_version < 160000:
        pytest.skip("pg_input_is_valid() came with PostgreSQL 16")
    for literal in ("", "UTC; Mo 25:00-26:00", "UTC" + "; Mo off" * 20000):
        assert value(db, "SELECT pg_input_is_valid(%s, 'ticket_mining.business_calendar')", (literal,)) is False


SETTINGS = "SET DateStyle = 'German, DMY'; SET TimeZone = 'Asia/Kathmandu'; SET IntervalStyle = 'iso_8601'; SET lc_time = 'C.UTF-8'"


def test_forms_depend_on_no_setting(db, calendars):
    texts = list(map(str, calendars[:300]))
    before = binary_rows(db, "SELECT v::business_calendar FROM unnest(%s::text[]) v", (texts,))
    db.execute(SETTINGS)
    assert again(db, "business_calendar", texts) == texts
    assert binary_rows(db, "SELECT v::business_calendar FROM unnest(%s::text[]) v", (texts,)) == before


def test_literals_in_another_session(scratch):
    """A session without the schema in its path reads and writes the same text."""
    with connect(scratch, search_path="public") as db:
        assert value(db, "SELECT 'UTC; Mo off'::ticket_mining.business_calendar::text") == "UTC; Mo off"


# ---- the binary form --------------------------------------------------------------------------


def encode(calendar):
    """The bytes that business_calendar_send writes: the version and the text."""
    return b"\x01" + str(calendar).encode()


def test_binary_form(db, calendars):
    sent = binary_rows(db, "SELECT v::business_calendar FROM unnest(%s::text[]) WITH ORDINALITY u(v, n) ORDER BY n", (list(map(str, calendars)),))
    assert [data for data, in sent] == list(map(encode, calendars))


@pytest.mark.parametrize("form", ("BINARY", "CSV", "TEXT"))
def test_copy_out_and_in(db, calendars, form):
    db.execute("CREATE TEMP TABLE given AS SELECT n, v::business_calendar AS v FROM unnest(%s::text[]) WITH ORDINALITY u(v, n)",
               (list(map(str, calendars)),))  # fmt: skip
    data = copy_out(db, "SELECT n, v FROM given ORDER BY n", form)
    db.execute("CREATE TEMP TABLE taken (n bigint, v business_calendar)")
    copy_in(db, "taken", data, form)
    assert copy_out(db, "SELECT n, v FROM taken ORDER BY n", form) == data
    assert value(db, "SELECT count(*) FROM given JOIN taken USING (n, v)") == len(calendars)


def test_parameters_and_results(db, calendars):
    oid = type_oid(db, "business_calendar")
    for calendar in calendars[:200]:
        assert raw_query(db, "SELECT $1", [(oid, encode(calendar))], [1], 1) == (None, None, encode(calendar))
        assert raw_query(db, "SELECT $1::text", [(oid, encode(calendar))], [1]) == (None, None, str(calendar).encode())


NOT_NORMAL = ["UTC;Mo off", " UTC; Mo off", "UTC; Mo off ", "utc; Mo off", "UTC; Mo,Tu off", "UTC; 2023 Dec 4 off", "UTC; Mo 22:00-00:00",
              "UTC; 2023 Dec 04-2023 Dec 04 off"]  # fmt: skip

BAD_BYTES = {
    "nothing": b"",
    "version alone": b"\x01",
    "no version": b"UTC; Mo off",
    "version 0": b"\x00UTC; Mo off",
    "version 2": b"\x02UTC; Mo off",
    "zero byte in it": b"\x01UTC; Mo\0 off",
    "zero byte at the end": b"\x01UTC; Mo off\0",
    "no UTF-8": b"\x01UTC; Mo off\xff",
    "bad rule": b"\x01UTC; Mo 25:00-26:00",
    "unknown zone": b"\x01Mars/Olympus; Mo off",
    "zeros": bytes(40),
    **{text: b"\x01" + text.encode() for text in NOT_NORMAL},
}


@pytest.mark.parametrize("fault", BAD_BYTES)
def test_bad_bytes(db, fault):
    state, text, _ = raw_query(db, "SELECT $1::text", [(type_oid(db, "business_calendar"), BAD_BYTES[fault])], [1])
    assert state == "22P03"
    assert "type business_calendar" in text


@pytest.mark.parametrize("text", NOT_NORMAL)
def test_text_that_is_not_normal_is_good_as_a_literal(db, text):
    assert again(db, "business_calendar", [text]) != [text]


def test_too_many_bytes(db):
    data = b"\x01UTC" + b"; Mo off" * 9000
    state, text, _ = raw_query(db, "SELECT $1::text", [(type_oid(db, "business_calendar"), data)], [1])
    assert state == "54000"
    assert str(MAX_BYTES) in text


def test_other_client_encoding(db):
    db.execute("SET client_encoding = 'LATIN1'")
    assert value(db, "SELECT 'Europe/Copenhagen; Mo off'::business_calendar::text") == "Europe/Copenhagen; Mo off"


# ---- comparison -------------------------------------------------------------------------------


@pytest.fixture
def values(db, calendars):
    """Calendars, each between one and three times, in a table (v, text)."""
    texts = list(dict.fromkeys(map(str, calendars)))[:400]
    db.execute('CREATE TEMP TABLE val AS SELECT v::business_calendar AS v, v COLLATE "C" AS text FROM unnest(%s::text[]) v',
               (shuffled(texts + texts[::2] + texts[::3], 1),))  # fmt: skip
    db.execute("ANALYZE val")
    return texts


def test_order_is_total(db, values):
    """Every operator agrees with the place in the order."""
    db.execute("CREATE TEMP TABLE placed AS SELECT v, dense_rank() OVER (ORDER BY v) AS place FROM (SELECT DISTINCT v FROM val LIMIT 120) d")
    wrong = " OR ".join(f"(a.v {op} b.v) IS DISTINCT FROM (a.place {op} b.place)" for op in ("=", "<>", "<", "<=", ">", ">="))
    assert rows(db, f"SELECT a.v, b.v FROM placed a, placed b WHERE {wrong} LIMIT 1") == []
    assert value(db, "SELECT max(place) FROM placed") == 120


@pytest.mark.parametrize("method", ("hashagg", "sort"))
def test_group_by(db, values, method):
    db.execute(f"SET enable_{'sort' if method == 'hashagg' else 'hashagg'} = off")
    assert ("HashAggregate" in explain(db, "SELECT count(*) FROM val GROUP BY v")) == (method == "hashagg")
    wanted = rows(db, "SELECT count(*), min(text) FROM val GROUP BY text ORDER BY 2")
    assert rows(db, "SELECT count(*), min(text) FROM val GROUP BY v ORDER BY 2") == wanted
    assert len(wanted) == len(values)


@pytest.mark.parametrize("method", ("btree", "hash"))
def test_index(db, values, method):
    db.execute(f"CREATE INDEX ON val USING {method} (v)")
    db.execute("SET enable_seqscan = off")
    query = "SELECT count(*) FROM val b WHERE b.v = a.v"
    assert "Index" in explain(db, f"SELECT ({query}) FROM val a")
    pairs = rows(db, f"SELECT ({query}), (SELECT count(*) FROM val b WHERE b.text = a.text) FROM val a")
    assert pairs and all(found == wanted for found, wanted in pairs)


def test_hash_of_different_values_differs(db, values):
    for call in ("business_calendar_hash(v)", "business_calendar_hash_extended(v, 7)"):
        assert len(values) - value(db, f"SELECT count(DISTINCT {call}) FROM val") <= 1
    assert column(db, "SELECT DISTINCT business_calendar_hash_extended(v, 0) = business_calendar_hash_extended(v, 7) FROM val") == [False]


def test_same_openings_but_other_rules_are_other_values(db):
    assert value(db, "SELECT 'UTC; 24/7'::business_calendar = 'UTC; Mo-Su 00:00-24:00'") is False
    assert value(db, "SELECT 'UTC; 24/7'::business_calendar = 'Etc/UTC; 24/7'") is False


def test_value_through_a_table(db):
    """A long value stored compressed or out of line is the same."""
    rule = "; 2023 Mar 03 off"
    long, short = (f"UTC; 24/7{rule * count}" for count in (3000, 450))
    db.execute("CREATE TEMP TABLE stored (c business_calendar)")
    for storage in ("EXTERNAL", "EXTENDED", "MAIN", "PLAIN"):
        db.execute(f"ALTER TABLE stored ALTER c SET STORAGE {storage}")
        db.execute("INSERT INTO stored VALUES (%s)", (short if storage == "PLAIN" else long,))
    assert rows(db, "SELECT c::text, business_is_open(c, '2023-03-03Z'), business_is_open(c, '2023-03-04Z') FROM stored") == [
        (text, False, True) for text in (long, long, long, short)]
    assert value(db, "SELECT count(DISTINCT c) FROM stored") == 2


def test_rule_is_written_by_hand():
    """The oracle's own text, once."""
    calendar = Calendar("Europe/Copenhagen", Rule(Week(frozenset(range(4))), ((480, 930),)), Rule(Yearly(12, 24), ()),
                        Rule(Dates((2023, 7, 3), (2023, 7, 16)), ((480, 720), (1320, 360))))  # fmt: skip
    assert str(calendar) == "Europe/Copenhagen; Mo-Th 08:00-15:30; Dec 24 off; 2023 Jul 03-2023 Jul 16 08:00-12:00,22:00-06:00"
