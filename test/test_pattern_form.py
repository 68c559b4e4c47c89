"""The stored form of patterns: golden values, its description, damage."""

import json

import pytest
from client import binary_rows, column, longer, raw_query, rows, type_oid, value
from dice import dice
from golden import PATTERN_FILE, golden_patterns
from mutations import mutated_bytes, mutations, text_mutator
from pattern_oracle import encode, pattern_text
from random_patterns import random_patterns
from test_mutated import PROBE, check_survived, judge

TYPE = "trace_pattern"
TEXTS = longer(12_000, 300_000)
BYTES = longer(8_000, 200_000)
STORED = longer(12_000, 300_000)
BATCH = 2000

VALUES = json.loads(PATTERN_FILE.read_text())[TYPE]

TRACE = "'{A,B,C} 1@2023-01-01T00:00:00Z 2@2023-01-02T00:00:00Z | 1@2023-01-02T00:00:00Z 3@2023-01-02T10:00:00Z'"
USES = f"""ARRAY[({TRACE}::trace ~ v)::text, trace_match_count({TRACE}, v)::text,
          (SELECT count(*)::text FROM trace_matches({TRACE}, v))]"""

SEEDS = list(map(pattern_text, random_patterns("seeds", 300)))

mutated_text = text_mutator(list(" ()[]{}|*+?.^$-~><=,'\"\\\t\n0123456789ABé&") + [
    "->", "~>", "(A)", "{2}", "{0,3}", "{1000}", "{,}", "(A B){< 2 days}", "){>= 1 hour}", "36525000 days", "1.5 seconds", "week", "[^A B]",
    "'x y'", '"a\\"b"', "99999999999999999999", "(" * 101, "A " * 1001, "x" * 4097,
])  # fmt: skip


def test_golden_values(db):
    """From text to bytes and back."""
    assert len(VALUES) >= 24
    for entry in VALUES:
        text, data = entry["text"], bytes.fromhex(entry["binary"])
        assert binary_rows(db, f"SELECT %s::{TYPE}", (text,)) == [(data,)]
        assert raw_query(db, "SELECT $1::text", [(type_oid(db, TYPE), data)], [1]) == (None, None, text.encode())


def test_oracle_knows_the_golden_values():
    assert VALUES == [{"text": pattern_text(pattern), "binary": encode(pattern).hex()} for pattern in golden_patterns()]


def test_bytes_follow_their_description(db):
    patterns = random_patterns("form", longer(2000, 50_000))
    found = [data for data, in binary_rows(db, f"SELECT p::{TYPE} FROM unnest(%s::text[]) WITH ORDINALITY u(p, n) ORDER BY n", (list(map(pattern_text, patterns)),))]
    assert found == list(map(encode, patterns))


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
    assert totals["22P02"] > TEXTS // 4 and totals[""] > TEXTS // 10 and totals["54000"] > 0
    check_survived(db, pid)


def test_binary_parameters(db):
    """What comes through is its own binary form again: there is one for each value."""
    rng, pid, oid = dice("binary"), db.info.backend_pid, type_oid(db, TYPE)
    seeds = [data for data, in binary_rows(db, f"SELECT v::{TYPE} FROM unnest(%s::text[]) v", (SEEDS,))]
    good = 0
    for data in mutations(rng, mutated_bytes, seeds, BYTES):
        state, message, sent = raw_query(db, "SELECT $1", [(oid, data)], [1], 1)
        assert (state is None and sent == data) or state in ("22P03", "54000"), (state, message, data)
        assert state in (None, "54000") or TYPE in message, (message, data)
        good += state is None
    assert 0 < good < BYTES // 2
    check_survived(db, pid)


FORGED = f"CREATE FUNCTION {{}}forged(bytea) RETURNS {TYPE} LANGUAGE internal IMMUTABLE STRICT AS 'byteasend'"


def test_stored_bytes(own_db):
    """Bytes put into a value behind the back of its input function, as a damaged page would."""
    db = own_db
    rng, pid = dice("stored"), db.info.backend_pid
    db.execute(FORGED.format(""))
    db.execute(f"CREATE FUNCTION bytes_of({TYPE}) RETURNS bytea LANGUAGE internal IMMUTABLE STRICT AS 'byteasend'")
    seeds = column(db, f"SELECT bytes_of(v::{TYPE}) FROM unnest(%s::text[]) v", (SEEDS,))
    totals = judge(probe(db, "bytea", "forged(item)", seeds + mutations(rng, mutated_bytes, seeds, STORED)), TYPE, "stored")
    assert totals["XX001"] > STORED // 4 and totals[""] >= len(seeds)
    check_survived(db, pid)


# An event A, and what is wrong: version, cut off, too long, unused label, kind, order of labels, one part, gap at an edge and alone,
# a sequence in a sequence, repeated once, turned around, bound in a bound, unknown relation, bound too long.
EVENT = b"\x01\x01\x00"
BAD_BYTES = (
    b"", b"\x02\x01\x02\x01A" + EVENT, b"\x01\x01\x02\x01A", b"\x01\x01\x02\x01A" + EVENT + b"\x00", b"\x01\x02\x04\x01A\x01B" + EVENT,
    b"\x01\x00\x00\x00", b"\x01\x00\x00\x0a", b"\x01\x00\x00\x01\x00", b"\x01\x02\x04\x01A\x01B\x01\x02\x01\x00", b"\x01\x02\x04\x01A\x01A\x01\x02\x00\x01",
    b"\x01\x01\x02\x01A\x06\x01" + EVENT, b"\x01\x01\x02\x01A\x06\x02\x05" + EVENT, b"\x01\x01\x02\x01A\x06\x02" + EVENT + b"\x05", b"\x01\x00\x00\x05",
    b"\x01\x01\x02\x01A\x06\x04" + EVENT + b"\x05\x05" + EVENT, b"\x01\x01\x02\x01A\x06\x02\x06\x02" + 3 * EVENT, b"\x01\x01\x02\x01A\x08\x01\x01" + EVENT,
    b"\x01\x01\x02\x01A\x08\x03\x02" + EVENT, b"\x01\x01\x02\x01A\x09\x01\x01\x09\x01\x01" + EVENT, b"\x01\x01\x02\x01A\x09\x05\x01" + EVENT,
    b"\x01\x01\x02\x01A\x09\x01" + b"\xff" * 9 + b"\x01" + EVENT, b"\x01\x01\x02\x01\xff" + EVENT, b"\x01\x01\x02\x01\x00" + EVENT,
    b"\x01\x01\x02\x01A\x08\x00\x00\x05",
)  # fmt: skip


@pytest.mark.parametrize("data", BAD_BYTES)
def test_bad_bytes(db, data):
    """One fault each, at both borders."""
    state, message, _ = raw_query(db, "SELECT $1", [(type_oid(db, TYPE), data)], [1], 1)
    assert state == "22P03" and TYPE in message
    db.execute(FORGED.format("pg_temp."))
    db.execute(f"CREATE FUNCTION pg_temp.fails(bytea) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM {USES} FROM (SELECT pg_temp.forged($1) AS v OFFSET 0) f; "
               "RETURN ''; EXCEPTION WHEN others THEN RETURN SQLSTATE; END $$")  # fmt: skip
    assert value(db, "SELECT pg_temp.fails(%s)", (data,)) == "XX001"


@pytest.mark.parametrize("depth, state", ((99, None), (101, "54000"), (500_000, "54000")))
def test_depth(db, depth, state):
    """As deep as is allowed, and no stack is used up by more."""
    repeats = b"\x08\x00\x00" * depth
    found, _, _ = raw_query(db, "SELECT $1", [(type_oid(db, TYPE), b"\x01\x01\x02\x01A" + repeats + EVENT)], [1], 1)
    assert found == state
    found, _, _ = raw_query(db, "SELECT $1::trace_pattern", [(25, b"(" * depth + b"A" + b")*" * depth)], [0])
    assert found == state
