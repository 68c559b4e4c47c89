"""Damaged calendars: literals, binary parameters and stored bytes end in an error of the right kind or in a valid calendar."""


import pytest
from client import binary_rows, column, longer, raw_query, rows, type_oid
from dice import dice
from mutations import mutated_bytes, mutations, text_mutator
from random_calendars import random_calendars
from test_mutated import PROBE, check_survived, judge

TYPE = "business_calendar"
TEXTS = longer(12_000, 300_000)
BYTES = longer(6_000, 150_000)
STORED = longer(12_000, 300_000)
BATCH = 2000

USES = """ARRAY[business_duration(v, '2023-03-20Z', '2023-04-20Z')::text, business_is_open(v, '2023-10-29 01:00Z')::text,
          business_calendar_add_holidays(v, '{2023-12-27}')::text, business_duration(v, '2021-01-01Z', '2023-10-29Z')::text,
          (SELECT sum(s.duration)::text FROM business_shifts(v, '2023-12-20Z', '2024-01-10Z') s)]"""

SEEDS = [str(calendar) for calendar, _ in random_calendars("seeds", 200)]


def shuffled_rules(rng, text):
    return "; ".join(rng.sample(text.split("; "), text.count("; ") + 1))


mutated_text = text_mutator(list(" ;,-:()\t\n0123456789éMTWFS") + [
    "; ", "24/7", "off", "PH(DK)", "PH(SE)", "Mo-Fr", "Su-Mo", "Feb 29", "Feb 30", "2023 Feb 29", "2023 Jul 03-2023 Jul 16", "1899 Dec 31",
    "2201 Jan 01", "00:00-24:00", "24:00", "22:00-06:00", "25:00", "08:00-08:00", "08:00-12:00,11:00-13:00", "Europe/Copenhagen", "Mars/Olympus",
    "UTC", "99999999999999999999", "Mo 08:00-16:00; " * 40,
], more=[shuffled_rules])  # fmt: skip


def probe(db, given, make, items):
    """The outcome of each item, as judge() wants it."""
    db.execute(PROBE.format(type=TYPE, given=given, make=make, uses=USES).replace("hash(", f"{TYPE}_hash("))
    for begin in range(0, len(items), BATCH):
        yield from rows(db, f"SELECT * FROM pg_temp.probe(%s::{given}[])", (items[begin : begin + BATCH],))


def test_good_literals(db):
    assert judge(probe(db, "text", f"item::{TYPE}", SEEDS), TYPE, "text") == {"": len(SEEDS)}


def test_literals(db):
    rng, pid = dice("text"), db.info.backend_pid
    totals = judge(probe(db, "text", f"item::{TYPE}", mutations(rng, mutated_text, SEEDS, TEXTS)), TYPE, "text")
    assert totals["22P02"] > TEXTS // 4 and totals[""] > TEXTS // 20
    check_survived(db, pid)


def test_binary_parameters(db):
    """What comes through is its own binary form again: there is one for each value."""
    rng, pid, oid = dice("binary"), db.info.backend_pid, type_oid(db, TYPE)
    seeds = [data for data, in binary_rows(db, f"SELECT v::{TYPE} FROM unnest(%s::text[]) v", (SEEDS,))]
    texts = [b"\x01" + text.encode() for text in mutations(rng, mutated_text, SEEDS, BYTES // 2)]
    good = 0
    for data in mutations(rng, mutated_bytes, seeds, BYTES // 2) + texts:
        state, message, sent = raw_query(db, "SELECT $1", [(oid, data)], [1], 1)
        assert (state is None and sent == data) or state in ("22P03", "54000"), (state, message, data)
        assert state is None or TYPE in message, (message, data)
        good += state is None
    assert 0 < good < BYTES // 2
    check_survived(db, pid)


def test_stored_bytes(own_db):
    """Bytes put into a value behind the back of its input function, as a damaged page would."""
    db = own_db
    rng, pid = dice("stored"), db.info.backend_pid
    db.execute(f"CREATE FUNCTION forged(bytea) RETURNS {TYPE} LANGUAGE internal IMMUTABLE STRICT AS 'byteasend'")
    db.execute(f"CREATE FUNCTION bytes_of({TYPE}) RETURNS bytea LANGUAGE internal IMMUTABLE STRICT AS 'byteasend'")
    seeds = column(db, f"SELECT bytes_of(v::{TYPE}) FROM unnest(%s::text[]) v", (SEEDS,))
    totals = judge(probe(db, "bytea", "forged(item)", seeds + mutations(rng, mutated_bytes, seeds, STORED)), TYPE, "stored")
    assert totals["XX001"] > STORED // 4 and totals[""] >= len(seeds)
    check_survived(db, pid)


CALLS = ("v::text", "business_duration(v, now(), now())", "business_add(v, now(), '1 hour')", "business_is_open(v, now())",
         "(SELECT count(*) FROM business_shifts(v, now(), now() + interval '1 day'))", "business_calendar_add_holidays(v, '{}')",
         "trace_time_in('{A} 1@2023-01-01T00:00:00Z', '{A}', now(), v)", "business_calendar_send(v)",
         "(SELECT count(*) FROM trace_segments('{A} 1@2023-01-01T00:00:00Z', '{}', now(), v))",
         "(SELECT dfg_agg(t, v) FROM (VALUES ('{A} 1@2023-01-01T00:00:00Z'::trace)) x (t))")  # fmt: skip


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("data", (b"", b"\x01", b"\x02UTC; Mo off", b"\x01UTC; Mo off ", b"\x01UTC; Mo 08:00-08:00", b"\x01UTC; Mo \xff"))
def test_every_function_checks_a_stored_value(own_db, call, data):
    """Nothing reads a damaged calendar."""
    db = own_db
    db.execute(f"CREATE FUNCTION forged(bytea) RETURNS {TYPE} LANGUAGE internal IMMUTABLE STRICT AS 'byteasend'")
    db.execute("CREATE FUNCTION pg_temp.fails(bytea) RETURNS text LANGUAGE plpgsql AS $$ BEGIN "
               f"PERFORM {call} FROM (SELECT forged($1) AS v OFFSET 0) f; RETURN ''; EXCEPTION WHEN others THEN RETURN SQLSTATE; END $$")  # fmt: skip
    assert column(db, "SELECT pg_temp.fails(%s)", (data,)) == ["XX001"]
