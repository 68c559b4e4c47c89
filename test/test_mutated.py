"""Damaged values: literals, binary parameters and stored bytes end in an error of the right kind or in a valid value."""


import oracle
import pytest
from client import binary_rows, column, longer, raw_query, rows, type_oid, value
from dice import dice
from mutations import mutated_bytes, mutations, text_mutator
from random_values import random_graphs, random_traces

TEXTS = longer(12_000, 300_000)
BYTES = longer(6_000, 150_000)
STORED = longer(12_000, 300_000)
BATCH = 2000

# Error classes that say "bad value": 22 data exception, 54 limit; a stored value is XX001, data corrupted.
ALLOWED = {"text": ("22P02", "54000"), "binary": ("22P03", "54000"), "stored": ("XX001", "54000")}

USES = {
    "trace": """ARRAY[trace_length(v)::text, trace_start(v)::text, trace_end(v)::text, trace_duration(v)::text, trace_variant(v)::text,
                trace_activities(v)::text, trace_collapse(v)::text, (v::jsonb)::text, trace_reopen_count(v, '{A,Lukket}')::text,
                trace_drop(v, '{A}')::text, trace_mask(v, '{A}')::text, trace_crop(v, '{A}', NULL)::text, trace_breaks(v)::text,
                trace_between(v, '2000-01-01', '2023-01-01')::text, trace_crop_match(v, 'A ~> .')::text, trace_has_edge(v, 'A', 'A')::text,
                trace_starts_in(v, '2000-01-01', '2023-01-01')::text, trace_intersects(v, '2000-01-01', '2023-01-01')::text,
                trace_filter(v, '[{"mask_events": ["A"]}, {"keep_cases": {"matches": ". | ."}}]')::text,
                (v ~ 'A ~> .')::text, trace_match_count(v, '(. ~> A){< 1 day}')::text, trace_contains(v, '{A}')::text,
                trace_succession_violations(v, 'A', 'B')::text, (SELECT count(*)::text FROM trace_matches(v, '[^A]+')),
                dfg_agg(v)::text, (SELECT count(*)::text FROM trace_events(v)), (SELECT count(*)::text FROM trace_steps(v)),
                (SELECT count(*)::text FROM trace_reopenings(v, '{A,Lukket}', '{A}'))]""",
    "dfg": """ARRAY[dfg_cases(v)::text, dfg_events(v)::text, (v::jsonb)::text, (v + v)::text, dfg_union_agg(v)::text, (SELECT count(*)::text FROM dfg_compare(v, v)),
              (SELECT count(*)::text FROM dfg_edges(v)), (SELECT count(*)::text FROM dfg_activities(v))]""",
}

# Gives for each value '' where it is good, else SQLSTATE and message; a good one must come back from its text and fit in all functions.
PROBE = """
CREATE FUNCTION pg_temp.probe(given {given}[]) RETURNS TABLE (item {given}, state text, message text) LANGUAGE plpgsql AS $$
DECLARE val {type};
BEGIN
    FOREACH item IN ARRAY given LOOP
        state := ''; message := '';
        BEGIN
            val := {make};
            PERFORM {uses} FROM (SELECT val AS v) x GROUP BY v;
            IF val::text::{type} <> val OR hash(val) <> hash(val::text::{type}) THEN
                state := 'lost'; message := val::text;
            END IF;
        EXCEPTION WHEN others THEN
            state := SQLSTATE; message := SQLERRM;
        END;
        RETURN NEXT;
    END LOOP;
END $$"""


def make_probe(db, type_name, given, make):
    db.execute(PROBE.format(type=type_name, given=given, make=make, uses=USES[type_name]).replace("hash(", f"{type_name}_hash("))


def judge(found, type_name, border):
    """Every outcome is a good value or one of the errors allowed, and its message names the type."""
    states = {}
    for item, state, message in found:
        states[state] = states.get(state, 0) + 1
        assert state == "" or state in ALLOWED[border], (state, message, item)
        assert state == "" or type_name in message or state == "54000", (state, message, item)
    return states


SEEDS = {"trace": random_traces("seeds", 120), "dfg": random_graphs("seeds", 40)}


def seed_texts(type_name):
    write = {"trace": oracle.trace_text, "dfg": oracle.graph_text}[type_name]
    return [text for text in map(write, SEEDS[type_name]) if len(text) < 6000]


mutated_text = text_mutator(list("{}\"\\,|@-:+.~*()TZBC 0123456789\t\né😀") + [
    "null", "BC", "infinity", "-infinity", "9223372036854775807", "9223372036854775808", "18446744073709551615", "65536", "-1", "1@",
    "0000", "294277", "4714", "+15:59", '""', "\\\\", "| |", "99999999999999999999999999999999999999999999", "x" * 4097,
])  # fmt: skip


def check_survived(db, pid):
    """The session is the one that began: nothing crashed, also no other backend."""
    assert value(db, "SELECT pg_backend_pid()") == pid
    assert value(db, "SELECT count(*) FROM pg_stat_activity WHERE pid = %s", (pid,)) == 1


@pytest.mark.parametrize("type_name", SEEDS)
def test_literals(db, type_name):
    rng, seeds, pid = dice(f"text {type_name}"), seed_texts(type_name), db.info.backend_pid
    make_probe(db, type_name, "text", f"item::{type_name}")
    assert judge(rows(db, "SELECT * FROM pg_temp.probe(%s::text[])", (seeds,)), type_name, "text") == {"": len(seeds)}
    totals = {}
    for _ in range(TEXTS // BATCH):
        given = mutations(rng, mutated_text, seeds, BATCH)
        for state, count in judge(rows(db, "SELECT * FROM pg_temp.probe(%s::text[])", (given,)), type_name, "text").items():
            totals[state] = totals.get(state, 0) + count
    assert totals.get("22P02", 0) > TEXTS // 4 and totals.get("", 0) > 0
    check_survived(db, pid)


def raw_bytes(db, type_name):
    """The seeds as the send functions write them."""
    return [data for data, in binary_rows(db, f"SELECT v::{type_name} FROM unnest(%s::text[]) v", (seed_texts(type_name),))]


@pytest.mark.parametrize("type_name", SEEDS)
def test_binary_parameters(db, type_name):
    """What comes through is its own binary form again: there is one for each value."""
    rng, seeds, pid = dice(f"binary {type_name}"), raw_bytes(db, type_name), db.info.backend_pid
    oid, good = type_oid(db, type_name), 0
    for data in mutations(rng, mutated_bytes, seeds, BYTES):
        state, message, sent = raw_query(db, "SELECT $1", [(oid, data)], [1], 1)
        if state is None:
            assert sent == data
            good += 1
        else:
            assert state in ALLOWED["binary"], (state, message, data.hex())
            assert type_name in message or state == "54000", (message, data.hex())
    assert 0 < good < BYTES
    check_survived(db, pid)


@pytest.mark.parametrize("type_name", SEEDS)
def test_stored_bytes(own_db, type_name):
    """Bytes put into a value behind the back of its input function, as a damaged page would."""
    db = own_db
    rng, pid = dice(f"stored {type_name}"), db.info.backend_pid
    db.execute(f"CREATE FUNCTION forged(bytea) RETURNS {type_name} LANGUAGE internal IMMUTABLE STRICT AS 'byteasend'")
    db.execute(f"CREATE FUNCTION bytes_of({type_name}) RETURNS bytea LANGUAGE internal IMMUTABLE STRICT AS 'byteasend'")
    seeds = column(db, f"SELECT bytes_of(v::{type_name}) FROM unnest(%s::text[]) v", (seed_texts(type_name),))
    make_probe(db, type_name, "bytea", "forged(item)")
    assert judge(rows(db, "SELECT * FROM pg_temp.probe(%s::bytea[])", (seeds,)), type_name, "stored") == {"": len(seeds)}
    totals = {}
    for _ in range(STORED // BATCH):
        given = mutations(rng, mutated_bytes, seeds, BATCH)
        for state, count in judge(rows(db, "SELECT * FROM pg_temp.probe(%s::bytea[])", (given,)), type_name, "stored").items():
            totals[state] = totals.get(state, 0) + count
    assert totals.get("XX001", 0) > STORED // 4
    check_survived(db, pid)


def test_graphs_of_damaged_literals_are_possible(db):
    """A damaged literal that is let in still is a graph that some log could have."""
    rng, seeds = dice("possible"), seed_texts("dfg")
    make_probe(db, "dfg", "text", "item::dfg")
    given = mutations(rng, mutated_text, seeds, TEXTS // 2)
    good = [item for item, state, _ in rows(db, "SELECT * FROM pg_temp.probe(%s::text[])", (given,)) if state == ""]
    impossible = """SELECT v::text FROM (SELECT x::dfg AS v FROM unnest(%s::text[]) x) g WHERE
        EXISTS (SELECT FROM dfg_activities(v) WHERE NOT (1 <= case_frequency AND case_frequency <= least(frequency, dfg_cases(v))
                AND max_per_case BETWEEN (frequency - 1) / case_frequency + 1 AND frequency - case_frequency + 1
                AND starts BETWEEN 0 AND case_frequency AND ends BETWEEN 0 AND case_frequency))
        OR EXISTS (SELECT FROM dfg_edges(v) WHERE NOT (1 <= case_frequency AND case_frequency <= least(frequency, dfg_cases(v))
                AND max_per_case BETWEEN (frequency - 1) / case_frequency + 1 AND frequency - case_frequency + 1
                AND min <= median AND median <= p90 AND p90 <= p95 AND p95 <= max AND min <= mean AND mean <= max))
        OR dfg_events(v) <> (SELECT sum(frequency) FROM dfg_activities(v))
        OR (SELECT sum(frequency) FROM dfg_edges(v)) > dfg_events(v) - dfg_cases(v)"""
    assert good and column(db, impossible, (good,)) == []
