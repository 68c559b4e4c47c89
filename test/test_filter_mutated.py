"""Damaged chains of filters: an error that names the step, or a chain that leaves a part of the trace."""

import json

import oracle
from client import failure, longer, message, rows, value
from dice import dice
from mutations import mutations, text_mutator
from test_filters import DURATIONS, random_case, random_step

COUNT = longer(12_000, 300_000)
BATCH = 2000

PROBE = """
CREATE FUNCTION pg_temp.probe(given text[], t trace, attributes jsonb) RETURNS TABLE (item text, state text, message text) LANGUAGE plpgsql AS $$
DECLARE
    chain jsonb;
    part trace;
    lengths integer[];
BEGIN
    FOREACH item IN ARRAY given LOOP
        state := ''; message := '';
        BEGIN
            chain := item;
            part := trace_filter(t, chain, attributes);
            lengths := trace_filter_lengths(t, chain, attributes);
            IF coalesce(trace_length(part), 0) <> coalesce(lengths[cardinality(lengths)], trace_length(t)) OR cardinality(lengths) <> jsonb_array_length(chain)
               OR NOT trace_activities(part) <@ trace_activities(t) OR part::text::trace <> part
               OR EXISTS (SELECT FROM generate_subscripts(lengths, 1) n WHERE lengths[n] > coalesce(lengths[n - 1], trace_length(t)))
               OR filter_attributes(chain) <@ array(SELECT jsonb_object_keys(attributes)) IS NOT TRUE THEN
                state := 'wrong'; message := part::text;
            END IF;
        EXCEPTION WHEN others THEN
            state := SQLSTATE; message := SQLERRM;
        END;
        RETURN NEXT;
    END LOOP;
END $$"""

mutated_text = text_mutator(list("[]{}:,\" \\\n0-.eé😀") + [
    '"A"', "null", "true", "1e400", "-1", "1.0", "[]", "{}", '"from"', '"first"', '"teams"', '"\\u0000"', '"2023-01-01T00:00:00Z"', '"P1Y"', '"PT"', '"P"',
    '"P99999999999999999999D"', '"-P1D"', "9" * 40, '"' + "x" * 5000 + '"', '"(" ', '"((A*)*)*"', '"' + "(" * 300 + '"', "[" * 300, "]" * 3,
])  # fmt: skip


def values_of(value):
    """A value and all that is in it."""
    yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from values_of(inner)


def mutated_value(rng, value, others):
    """The chain with one value in it replaced, a key renamed, doubled or lost."""
    if rng.randrange(4) == 0 or not value or not isinstance(value, (dict, list)):
        return rng.choice((rng.choice(others), None, [], {}, "", 0, -1, 1.5, True, "A", rng.choice(DURATIONS), [[]], [None], {"A": 1}, ["A", 1]))
    if isinstance(value, list):
        place = rng.randrange(len(value))
        return rng.choice((
            lambda: value[:place] + [mutated_value(rng, value[place], others)] + value[place + 1 :],
            lambda: value[:place] + value[place + 1 :],
            lambda: value[:place] + [value[place]] + value[place:],
        ))()  # fmt: skip
    key = rng.choice(sorted(value))
    rest = {k: v for k, v in value.items() if k != key}
    return rng.choice((
        lambda: {**value, key: mutated_value(rng, value[key], others)},
        lambda: rest,
        lambda: {**rest, key + "s": value[key]},
        lambda: {**value, rng.choice(("from_at", "has", "edge", "which", "length_over", "pattern", "x" * 300)): rng.choice(others)},
    ))()  # fmt: skip


def test_damaged_chains(db):
    rng, pid = dice("damaged chains"), db.info.backend_pid
    chains = [[random_step(rng) for _ in range(rng.choice((1, 1, 2, 3)))] for _ in range(300)]
    others = [inner for chain in chains for inner in values_of(chain)]
    db.execute(PROBE)
    states = {}
    for _ in range(COUNT // BATCH):
        given = [json.dumps(mutated_value(rng, rng.choice(chains), others)) for _ in range(BATCH // 2)]
        texts = [json.dumps(chain, ensure_ascii=rng.randrange(2) == 0) for chain in chains]
        given += mutations(rng, mutated_text, texts, BATCH // 2)
        trace, attributes = random_case(rng)
        query = "SELECT * FROM pg_temp.probe(%s::text[], %s::text::trace, %s::text::jsonb)"
        for item, state, says in rows(db, query, (given, oracle.trace_text(trace), json.dumps(attributes))):
            states[state] = states.get(state, 0) + 1
            if state == "22023":
                assert says.startswith(("filter step ", "a filter ", "filter asks for attribute")), (says, item)
                assert len(says.encode()) < 700, says
            else:
                # What is no jsonb at all is no matter of filters.
                assert state in ("", "22P02", "22P05", "54001", "22003"), (state, says, item)
    assert states[""] > COUNT // 10 and states["22023"] > COUNT // 10
    assert value(db, "SELECT pg_backend_pid()") == pid


FILTER = "SELECT trace_filter('{A} 1@2023-01-01T00:00:00Z', %s::text::jsonb)::text"


def test_every_step_is_checked(db):
    """Also where the case has dropped out before."""
    chain = [{"keep_events": []}, {"keep_cases": {"length_over": "1"}}]
    assert "filter step 2, keep_cases.length_over" in message(failure(db, FILTER, (json.dumps(chain),)))


def test_long_chains(db):
    """Up to the limit; one step more is refused."""
    chain = [{"drop_events": ["B"]}] * 1000
    assert rows(db, FILTER, (json.dumps(chain),)) == [("{A} 1@2023-01-01T00:00:00Z",)]
    error = failure(db, FILTER, (json.dumps(chain + chain[:1]),))
    assert error.sqlstate == "22023" and "a filter has 1001 steps, but the limit is 1000" in message(error)
