"""The constraints of Declare: on every short trace, against their definitions in Python and against patterns."""

import itertools

import oracle
import pytest
from client import column, failure, rows, value
from oracle import Trace
from timestamps import HOUR, utc

PAIRS = ("response", "precedence", "succession", "chain_response")


def every_short_trace():
    """Up to five events of three activities, each with every set of breaks of up to one."""
    for size in range(1, 6):
        for labels in itertools.product("ABC", repeat=size):
            steps = tuple((label, utc(2023) + n * HOUR) for n, label in enumerate(labels))
            for breaks in [(), *((n,) for n in range(size + 1))]:
                yield Trace(steps, frozenset(breaks))


TRACES = list(every_short_trace())


def violations(name, trace, source, target):
    labels = oracle.activities(trace)
    unanswered = [n for n, label in enumerate(labels) if label == source and target not in labels[n + 1 :]]
    unfounded = [n for n, label in enumerate(labels) if label == target and source not in labels[:n]]
    followed = [n for n, label in enumerate(labels[:-1]) if label == source and labels[n + 1] == target and n + 1 not in trace.breaks]
    return {
        "response": len(unanswered),
        "precedence": len(unfounded),
        "succession": len(unanswered) + len(unfounded),
        "chain_response": labels.count(source) - len(followed),
    }[name]


def given(query):
    return f"SELECT {query} FROM unnest(%s::text[]) WITH ORDINALITY u(v, n), LATERAL (SELECT v::trace AS t) x ORDER BY n", list(map(oracle.trace_text, TRACES))


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("source, target", (("A", "B"), ("B", "A"), ("A", "A"), ("A", "Z"), ("Z", "A")))
def test_pairs(db, name, source, target):
    query, texts = given(f"trace_{name}(t, %s, %s), trace_{name}_violations(t, %s, %s)")
    wanted = [violations(name, trace, source, target) for trace in TRACES]
    assert rows(db, query, (source, target, source, target, texts)) == [(count == 0, count) for count in wanted]


@pytest.mark.parametrize("activity", "AZ")
@pytest.mark.parametrize("times", (1, 2, 3, 2_147_483_647))
def test_existence_and_absence(db, activity, times):
    query, texts = given(", ".join(f"trace_{name}(t, %(a)s, %(n)s), trace_{name}_violations(t, %(a)s, %(n)s)" for name in ("existence", "absence")))
    counts = [oracle.activities(trace).count(activity) for trace in TRACES]
    wanted = [(count >= times, max(times - count, 0), count < times, max(count - times + 1, 0)) for count in counts]
    assert rows(db, query.replace("%s", "%(t)s"), {"a": activity, "n": times, "t": texts}) == wanted


def test_the_same_by_patterns(db):
    """Where the trace has no break, a constraint is that a pattern does not match."""
    whole = [trace for trace in TRACES if not trace.breaks]
    texts = list(map(oracle.trace_text, whole))
    same = {
        "trace_existence(t, 'A')": "t ~ 'A'",
        "trace_existence(t, 'A', 2)": "t ~ 'A ~> A'",
        "trace_absence(t, 'A', 3)": "NOT t ~ 'A ~> A ~> A'",
        "trace_response(t, 'A', 'B')": "NOT t ~ 'A [^B]* $'",
        "trace_precedence(t, 'A', 'B')": "NOT t ~ '^ [^A]* B'",
        "trace_chain_response(t, 'A', 'B')": "NOT t ~ 'A ([^B] | $)'",
    }
    for call, by_pattern in same.items():
        assert column(db, f"SELECT v FROM unnest(%s::text[]) v, LATERAL (SELECT v::trace AS t OFFSET 0) x WHERE ({call}) <> ({by_pattern})", (texts,)) == [], call


def test_defaults_and_nulls(db):
    trace = oracle.trace_text(TRACES[0])
    assert rows(db, "SELECT trace_existence(%s, 'A'), trace_absence(%s, 'A'), trace_existence_violations(%s, 'B')", (trace,) * 3) == [(True, False, 1)]
    for name in PAIRS:
        assert value(db, f"SELECT trace_{name}(%s, NULL, 'B')", (trace,)) is None
        assert value(db, f"SELECT trace_{name}_violations(NULL, 'A', 'B')") is None


@pytest.mark.parametrize("times", (0, -1))
def test_times_below_one(db, times):
    """At least no times is no constraint."""
    for name in ("existence", "absence"):
        assert failure(db, f"SELECT trace_{name}('{{A}} 1@2023-01-01T00:00:00Z', 'A', {times})").sqlstate == "22023"
