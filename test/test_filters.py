"""Filters and predicates of traces against plain Python, on random traces with breaks; their errors; chains of random steps."""

import json

import filter_oracle
import oracle
import pytest
from client import column, failure, longer, message, rows, value
from dice import dice
from filter_oracle import Chains, instant
from random_values import random_traces
from timestamps import DAY, HOUR, pg_time, utc

COUNT = longer(1500, 40_000)


def asked(trace, rng):
    """Some activities, of the trace or not; none now and then."""
    names = sorted(set(oracle.activities(trace))) + ["nowhere", ""]
    return rng.sample(names, rng.randint(0, len(names)))


def period(trace, rng):
    """Two instants about those of the trace, hit exactly now and then; also an empty period."""
    near = [at + d for _, at in trace.steps for d in (0, 0, 1, -1, HOUR) if filter_oracle.FIRST < at + d < filter_oracle.LAST]
    return sorted(rng.choices(near, k=2)) if near else (0, 1)


filter_oracle.FIRST, filter_oracle.LAST = oracle_limits = (utc(-4000), utc(290000))


@pytest.fixture(scope="module")
def cases():
    """(trace, two lists, first or last twice, a period, an edge) at random."""
    rng = dice("filters")
    which = ("first", "last")
    return [
        (t, asked(t, rng), asked(t, rng), rng.choice(which), rng.choice(which), *period(t, rng), *rng.choices(oracle.activities(t), k=2),
         rng.choice((0, 1, HOUR, DAY)))
        for t in random_traces("filters", COUNT)
    ]  # fmt: skip


def ask(db, cases, select):
    """One value a case: t the trace, a and b lists, p and q which, since and upto a period, x and y an edge, d a duration."""
    db.execute("""CREATE TEMP TABLE IF NOT EXISTS asked (n int, t trace, a text[], b text[], p text, q text, since timestamptz,
                  upto timestamptz, x text, y text, d interval)""")
    if not value(db, "SELECT count(*) FROM asked"):
        with db.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO asked VALUES (%s, %s::text::trace, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                [(n, oracle.trace_text(t), a, b, p, q, pg_time(since), pg_time(upto), x, y, f"{d} microseconds")
                 for n, (t, a, b, p, q, since, upto, x, y, d) in enumerate(cases)])  # fmt: skip
    return column(db, f"SELECT {select} FROM asked ORDER BY n")


def text_of(trace):
    return trace and oracle.trace_text(trace)


FILTERS = {
    "trace_keep(t, a)": lambda t, a, *_: filter_oracle.keep(t, a),
    "trace_drop(t, a)": lambda t, a, *_: filter_oracle.drop(t, a),
    "trace_mask(t, a)": lambda t, a, *_: filter_oracle.mask(t, a),
    "trace_crop(t, a, b, p, q)": lambda t, a, b, p, q, *_: filter_oracle.crop(t, a, b, p, q),
    "trace_crop(t, NULL, b, p, q)": lambda t, a, b, p, q, *_: filter_oracle.crop(t, None, b, p, q),
    "trace_crop(t, a, NULL)": lambda t, a, *_: filter_oracle.crop(t, a, None),
    "trace_crop(t, NULL, NULL)": lambda t, *_: t,
    "trace_between(t, since, upto)": lambda t, a, b, p, q, since, upto, *_: filter_oracle.between(t, since, upto),
    "trace_between(t, '-infinity', 'infinity')": lambda t, *_: t,
    # In SQL their nesting is their order.
    "trace_drop(trace_mask(t, a), b)": lambda t, a, b, *_: (m := filter_oracle.mask(t, a)) and filter_oracle.drop(m, b),
    "trace_mask(trace_crop(t, a, b), a)": lambda t, a, b, *_: (m := filter_oracle.crop(t, a, b)) and filter_oracle.mask(m, a),
}  # fmt: skip


@pytest.mark.parametrize("select", FILTERS)
def test_filters(db, cases, select):
    found = ask(db, cases, f"{select}::text")
    wanted = [text_of(FILTERS[select](*case)) for case in cases]
    assert found == wanted
    assert any(wanted) and ("NULL, NULL" in select or "infinity" in select or not all(wanted))


PREDICATES = {
    "trace_has_any(t, a)": lambda t, a, *_: bool(set(a) & set(oracle.activities(t))),
    "trace_starts_with(t, a)": lambda t, a, *_: filter_oracle.starts_with(t, a),
    "trace_ends_with(t, a)": lambda t, a, *_: filter_oracle.ends_with(t, a),
    "trace_has_edge(t, x, y)": lambda t, *r: bool(filter_oracle.edge_durations(t, *r[6:8])),
    "trace_has_edge(t, x, y, d)": lambda t, *r: any(took >= r[8] for took in filter_oracle.edge_durations(t, *r[6:8])),
    "trace_has_edge(t, x, y, NULL, d)": lambda t, *r: any(took <= r[8] for took in filter_oracle.edge_durations(t, *r[6:8])),
    "trace_has_edge(t, x, y, d, d)": lambda t, *r: any(took == r[8] for took in filter_oracle.edge_durations(t, *r[6:8])),
    "trace_has_edge(t, x, y, '0', '-1 second')": lambda *_: False,
    "trace_has_edge(t, x, 'nowhere')": lambda *_: False,
    **{f"trace_{name}(t, since, upto)": lambda t, *r, name=name: getattr(filter_oracle, name)(t, *r[4:6])
       for name in ("starts_in", "ends_in", "contained_in", "intersects")},
    "trace_intersects(t, '-infinity', 'infinity')": lambda *_: True,
}  # fmt: skip


@pytest.mark.parametrize("select", PREDICATES)
def test_predicates(db, cases, select):
    wanted = [PREDICATES[select](*case) for case in cases]
    assert ask(db, cases, select) == wanted
    assert len(set(wanted)) == (1 if "nowhere" in select or "'" in select else 2)


def test_long_lists(db, cases):
    """A list of many activities, most of them nowhere."""
    others = "(SELECT array_agg('other ' || n) FROM generate_series(1, 40) n)"
    assert ask(db, cases, f"trace_drop(t, a || {others})::text") == ask(db, cases, "trace_drop(t, a)::text")
    assert ask(db, cases, f"trace_crop(t, {others} || a, b)::text") == ask(db, cases, "trace_crop(t, a, b)::text")


def test_breaks(db, cases):
    wanted = [[n + 1 for n in sorted(t.breaks)] for t, *_ in cases]
    assert ask(db, cases, "trace_breaks(t)") == wanted and any(wanted)


T = "'{A,B} 1@2023-01-01T00:00:00Z 2@2023-01-02T00:00:00Z'::trace"


@pytest.mark.parametrize("call, state, says", (
    (f"trace_keep({T}, ARRAY['A', NULL])", "22004", "activities must not contain nulls"),
    (f"trace_crop({T}, ARRAY['A', NULL], NULL)", "22004", "from_activities must not contain nulls"),
    (f"trace_crop({T}, NULL, ARRAY['A', NULL])", "22004", "to_activities must not contain nulls"),
    (f"trace_crop({T}, NULL, NULL, 'second')", "22023", 'from_which must be first or last, not "second"'),
    (f"trace_crop({T}, NULL, NULL, 'first', 'LAST')", "22023", 'to_which must be first or last, not "LAST"'),
    (f"trace_crop_match({T}, 'A', 'any')", "22023", 'which must be first or last, not "any"'),
    (f"trace_between({T}, '2023-01-02', '2023-01-01')", "22023", "from_at must not be later than to_at"),
    (f"trace_intersects({T}, 'infinity', '-infinity')", "22023", "from_at must not be later than to_at"),
    (f"trace_has_edge({T}, 'A', 'B', '1 month')", "22023", "at_least must be in days and hours, not in months or years"),
    (f"trace_has_edge({T}, 'A', 'B', NULL, '1 year')", "22023", "at_most must be in days and hours, not in months or years"),
    (f"trace_has_edge({T}, 'A', 'B', '2147483647 days')", "22015", "at_least is longer than any two times are apart"),
))  # fmt: skip
def test_errors(db, call, state, says):
    error = failure(db, f"SELECT {call}")
    assert error.sqlstate == state and says in message(error)


@pytest.mark.parametrize("call", (
    "trace_keep(NULL, '{A}')", f"trace_keep({T}, NULL)", "trace_crop(NULL, '{A}', NULL)", f"trace_crop({T}, NULL, NULL, NULL)",
    f"trace_between({T}, NULL, now())", f"trace_has_edge({T}, NULL, 'B')", f"trace_filter({T}, NULL)", f"trace_filter({T}, '[]', NULL)",
    f"trace_crop_match({T}, 'C')", f"trace_crop({T}, '{{C}}', NULL)", f"trace_keep({T}, '{{}}')",
))  # fmt: skip
def test_null(db, call):
    assert value(db, f"SELECT {call} IS NULL")


def test_crop_match(db):
    """The events of a match, which is that of trace_matches()."""
    texts = [oracle.trace_text(t) for t in random_traces("crop match", 400)]
    query = """SELECT n, trace_crop_match(t, p, which)::text,
                      (SELECT trace_between('{A} 1@2023-01-01T00:00:00Z', '2023-01-01Z', '2024-01-01Z') IS NOT NULL),
                      (SELECT (trace(array_agg(e.activity ORDER BY event_no), array_agg(e.at ORDER BY event_no)))::text
                       FROM (SELECT * FROM trace_matches(t, p) ORDER BY CASE which WHEN 'first' THEN match_no ELSE -match_no END LIMIT 1) m
                       JOIN trace_events(t) e ON event_no BETWEEN first_event AND last_event)
               FROM (SELECT n, trace_drop(x::trace, '{}') AS t FROM unnest(%s::text[]) WITH ORDINALITY u (x, n)) t,
                    unnest(ARRAY['. .', '.', '^ .', '. . . $', '[^ A] ~> A']::trace_pattern[]) p, unnest('{first,last}'::text[]) which
               ORDER BY n"""
    found = rows(db, query, (texts,))
    assert [crop and crop.replace(" |", "") for _, crop, _, _ in found] == [match for *_, match in found]
    assert any(match for *_, match in found) and not all(match for *_, match in found)


def random_duration(rng):
    """Any of the components, in their order."""
    date = "".join(f"{rng.randrange(10 ** rng.randint(1, 4))}{unit}" for unit in "WD" if rng.randrange(2))
    time = "".join(f"{rng.randrange(10 ** rng.randint(1, 5))}{unit}" for unit in "HM" if rng.randrange(2))
    if rng.randrange(2) or not date + time:
        time += f"{rng.randrange(10**6)}{rng.choice(('', '.5', '.000001', '.123456', '.10'))}S"
    return f"P{date}" + (f"T{time}" if time else "")


def test_durations(db):
    """A case that takes exactly so long, and the four bounds."""
    rng = dice("durations")
    texts = [random_duration(rng) for _ in range(1000)]
    traces = [oracle.trace_text(oracle.Trace((("A", 0), ("A", filter_oracle.duration(text))))) for text in texts]
    query = "SELECT array(SELECT trace_filter(t::trace, jsonb_build_array(jsonb_build_object('keep_cases', jsonb_build_object('duration_' || b, d)))) IS NOT NULL FROM unnest(%s::text[]) b) FROM unnest(%s::text[], %s::text[]) u (t, d)"
    assert column(db, query, (["at_least", "at_most", "over", "under"], traces, texts)) == [[True, True, False, False]] * len(texts)


# ---- chains of random steps -----------------------------------------------------------------------

ACTIVITIES = ["A", "B", "C", "Løst m. mail", "Note"]
START = utc(2023)
DURATIONS = ["PT0S", "PT1H", "P1D", "P1DT12H", "P1W", "PT90M", "PT0.000001S", "P3DT1H2M3.5S", "P10000D"]
TIMES = {instant(START + d * HOUR): START + d * HOUR for d in range(-10, 400, 7)}
ATTRIBUTES = {"priority": ["Høj", "Lav", None], "urgent": [True, False], "level": [1, 2, 2.5, 10**20, 0, True, False]}
PATTERNS = {
    "A": lambda names: "A" in names,
    "A B": lambda names: ("A", "B") in zip(names, names[1:]),
    "'Løst m. mail' ~> A": lambda names: "A" in names[names.index("Løst m. mail") + 1:] if "Løst m. mail" in names else False,
    "^ [A B]": lambda names: names[0] in "AB",
}  # fmt: skip


def random_list(rng):
    return rng.sample(ACTIVITIES + ["nowhere"], rng.choice((1, 1, 2, 3)))


def random_period(rng):
    a, b = sorted(rng.sample(sorted(TIMES, key=TIMES.get), 2), key=TIMES.get)
    return rng.choice(({"from_at": a, "to_at": b}, {"from_at": a}, {"to_at": b}, {"from_at": a, "to_at": a}))


def random_condition(rng):
    bound = rng.choice(sorted(filter_oracle.BOUNDS))
    return rng.choice((
        lambda: ("has", random_list(rng)),
        lambda: ("has_any", random_list(rng)),
        lambda: ("starts_with", random_list(rng)),
        lambda: ("ends_with", random_list(rng)),
        lambda: ("edge", {"source": rng.choice(ACTIVITIES), "target": rng.choice(ACTIVITIES)}),
        lambda: ("edge", {"source": rng.choice(ACTIVITIES), "target": rng.choice(ACTIVITIES), bound: rng.choice(DURATIONS), "over": "PT0S"}),
        lambda: (f"duration_{bound}", rng.choice(DURATIONS)),
        lambda: (f"length_{bound}", rng.choice((0, 1, 2, 3, 4, 7))),
        lambda: (rng.choice(("starts_in", "ends_in", "contained_in", "intersects")), random_period(rng)),
        lambda: ("attribute", {name: rng.sample(values, rng.randint(0, len(values))) for name, values in rng.sample(sorted(ATTRIBUTES.items()), 2)}),
        lambda: ("matches", rng.choice(sorted(PATTERNS))),
    ))()  # fmt: skip


def random_step(rng):
    if rng.randrange(2):
        return {rng.choice(("keep_cases", "drop_cases")): dict(random_condition(rng) for _ in range(rng.choice((1, 1, 2))))}
    return rng.choice((
        {"keep_events": random_list(rng) + random_list(rng)},
        {"drop_events": random_list(rng)},
        {"mask_events": random_list(rng)},
        {"crop_events": {"from": random_list(rng), "to_which": rng.choice(("first", "last")), "to": random_list(rng)}},
        {"crop_events": {"from": random_list(rng), "from_which": rng.choice(("first", "last"))}},
        {"crop_events": {"to": random_list(rng)}},
        {"crop_between": random_period(rng)},
    ))  # fmt: skip


def random_case(rng):
    """A trace of the activities, with breaks now and then, and its attributes."""
    size = rng.randint(1, 9)
    times = sorted(START + rng.choice((0, 1, 7, 24, 100, 101)) * HOUR * rng.randint(0, 3) for _ in range(size))
    breaks = [n for n in range(size + 1) if rng.randrange(8) == 0]
    trace = oracle.Trace(tuple((rng.choice(ACTIVITIES), at) for at in times), frozenset(breaks if rng.randrange(2) else ()))
    return trace, {name: rng.choice(values) for name, values in ATTRIBUTES.items()}


def has_pattern(chain):
    return any("matches" in condition for step in chain for condition in step.values())


def test_chains(db):
    """Step by step what plain Python says; patterns over breaks are for the tests of patterns."""
    rng = dice("chains")
    chains = Chains(TIMES, PATTERNS)
    given = []
    while len(given) < longer(6000, 200_000):
        chain, (trace, attributes) = [random_step(rng) for _ in range(rng.choice((0, 1, 2, 3, 5)))], random_case(rng)
        if not has_pattern(chain) or not (trace.breaks or any("mask_events" in step for step in chain)):
            given.append((chain, trace, attributes))
    query = """SELECT trace_filter(t::trace, c, a)::text, trace_filter_lengths(t::trace, c, a)
               FROM unnest(%s::text[], %s::text[]::jsonb[], %s::text[]::jsonb[]) WITH ORDINALITY u (t, c, a, n) ORDER BY n"""
    params = ([oracle.trace_text(t) for _, t, _ in given], [json.dumps(c) for c, *_ in given], [json.dumps(a) for *_, a in given])
    survived = 0
    for (chain, trace, attributes), (text, lengths) in zip(given, rows(db, query, params), strict=True):
        left = chains.apply(chain, trace, attributes)
        last = left[-1] if left else trace
        assert (text, lengths) == (text_of(last), [len(t.steps) if t else 0 for t in left]), (chain, oracle.trace_text(trace), attributes)
        survived += bool(chain and last)
    assert len(given) // 10 < survived < len(given) * 9 // 10
