"""dfg_agg over events with case ids of every kind: cases are what GROUP BY says."""

import uuid

import oracle
import pytest
from client import RAW, STORED, failure, graphs, load, longer, rows, value
from oracle import Event
from random_logs import random_log

KINDS = ("plain", "ties with seq", "danish")

# Intervals that are equal for PostgreSQL.
SAME = {"24:00:00": "1 day", "24 hours": "1 day", "30 days": "1 mon"}

# The type, how a number becomes a case id of it, and what makes two ids one case.
TYPES = {
    "smallint": (lambda n: n - 5, None),
    "int": (lambda n: (-(2**31), 2**31 - 1, 0, -1)[n] if n < 4 else n, None),
    "bigint": (lambda n: (-(2**63), 2**63 - 1, 0, -1)[n] if n < 4 else n, None),
    "text": (lambda n: ("", " ", "a", "A", "å", "Å", "NULL")[n] if n < 7 else f"INC{n:07}", None),
    "varchar(40)": (lambda n: f"sak {n}", None),
    'text COLLATE "C"': (lambda n: "x" * n, None),
    'text COLLATE "POSIX"': (lambda n: chr(0x60 + n), None),
    "char(12)": (lambda n: f"{n}", None),
    "uuid": (lambda n: str(uuid.UUID(int=n * 2**100)), None),
    "numeric": (lambda n: ("1", "1.0", "1.000", "2", "-0", "0", "0.0", "1e30")[n] if n < 8 else f"{n}.{'0' * (n % 3)}", float),
    "float8": (lambda n: ("0", "-0", "NaN", "Infinity", "-Infinity")[n] if n < 5 else str(n / 3), lambda v: "0" if v == "-0" else v),
    "timestamptz": (lambda n: f"2023-01-{n % 28 + 1:02} 00:00:00+00", None),
    "date": (lambda n: f"2023-01-{n % 28 + 1:02}", None),
    "bytea": (lambda n: "\\x" + "ff" * n, None),
    "boolean": (lambda n: "ft"[n % 2], None),
    "int[]": (lambda n: f"{{{n},{n % 2}}}", None),
    "inet": (lambda n: f"10.0.0.{n}", None),
    "oid": (lambda n: n, None),
    "interval": (lambda n: ("1 day", "24:00:00", "1 mon", "30 days")[n] if n < 4 else f"{n} hours", lambda v: SAME.get(v, v)),
    "jsonb": (lambda n: ('{"a":1,"b":2}', '{"b":2, "a":1}')[n] if n < 2 else f"[{n}]", lambda v: "ab" if "a" in v else v),
}  # fmt: skip


def renamed(events, name):
    return [event if event.case is None else event._replace(case=name(event.case)) for event in events]


def some_logs(name):
    logs = (random_log(kind, f"case {seed}") for kind in KINDS for seed in range(longer(4, 20)))
    return {number: renamed(events, name) for number, events in enumerate(logs)}


def expected(logs, case_key):
    graphs = {log: oracle.graph(oracle.traces(events, case_key).values()) for log, events in logs.items()}
    return {log: graph and oracle.graph_text(graph) for log, graph in graphs.items()}


@pytest.mark.parametrize("case_type", TYPES)
def test_type(db, case_type):
    name, case_key = TYPES[case_type]
    logs = some_logs(name)
    load(db, logs, case_type=case_type)
    wanted = expected(logs, case_key or str)
    assert graphs(db, RAW) == wanted
    stored = graphs(db, STORED)
    assert stored == {log: wanted[log] for log in stored}


COLLATIONS = {
    "und-x-icu": ("und", "true", None),
    "case blind": ("und-u-ks-level2", "false", str.lower),
    "accent blind": ("und-u-ks-level1", "false", lambda text: text.lower().translate(str.maketrans("éèêü", "eeeu"))),
}


@pytest.mark.parametrize("name", COLLATIONS)
def test_icu_collation(db, name):
    """A nondeterministic collation makes one case of ids that differ in bytes, as in GROUP BY."""
    locale, deterministic, case_key = COLLATIONS[name]
    if value(db, "SELECT count(*) FROM pg_collation WHERE collprovider = 'i'") == 0:
        pytest.skip("this server is built without ICU")
    db.execute(f"CREATE COLLATION pg_temp.odd (provider = icu, locale = '{locale}', deterministic = {deterministic})")
    words = ["sak", "SAK", "Sak", "sák"[:1] + "é", "sé", "SE", "se", "sü", "SU"]
    logs = some_logs(lambda n: words[n % len(words)])
    load(db, logs, case_type="text COLLATE pg_temp.odd")
    wanted = expected(logs, case_key or (lambda text: text))
    assert graphs(db, RAW) == wanted
    stored = graphs(db, STORED)
    assert stored == {log: wanted[log] for log in stored}


def test_activity_is_never_compared_by_collation(db):
    """Activities of a nondeterministic collation stay apart where their bytes differ."""
    if value(db, "SELECT count(*) FROM pg_collation WHERE collprovider = 'i'") == 0:
        pytest.skip("this server is built without ICU")
    db.execute("CREATE COLLATION pg_temp.blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false)")
    query = """SELECT dfg_agg(1, a COLLATE pg_temp.blind, '2023-01-01Z'::timestamptz)::text,
                      trace_agg(a COLLATE pg_temp.blind, '2023-01-01Z'::timestamptz)::text
               FROM unnest(ARRAY['a', 'A', 'b', 'a']) a"""
    trace = "{A,a,b} " + " ".join(f"{n}@2023-01-01T00:00:00Z" for n in (1, 2, 2, 3))
    assert rows(db, query) == [("1 {A,a,b} 1(1,1,1,1,0) 2(2,1,2,0,0) 3(1,1,1,0,1) 1-2(1,1,1:0) 2-2(1,1,1:0) "
                                "2-3(1,1,1:0)", trace)]


def test_composite_case_id(db):
    """A pair of columns as a row of a named type; of an anonymous one nobody knows how to hash it."""
    load(db, {0: [Event(case, "A", case, None) for case in (1, 1, 2, 3)]})
    db.execute("CREATE TYPE pg_temp.pair AS (log int, case_id bigint)")
    found = value(db, "SELECT dfg_agg(ROW(log, case_id)::pg_temp.pair, activity, at)::text FROM ev")
    assert found == value(db, "SELECT dfg_agg(case_id, activity, at)::text FROM ev")
    error = failure(db, "SELECT dfg_agg(ROW(log, case_id), activity, at) FROM ev")
    assert error.sqlstate == "42883"
    assert "record" in str(error) and "text" in error.diag.message_hint


@pytest.mark.parametrize("case_type, case", (("point", "(1,2)"), ("json", "{}"), ("xml", "<a/>")))
def test_type_without_equality(db, case_type, case):
    error = failure(db, f"SELECT dfg_agg('{case}'::{case_type}, 'A', now())")
    assert error.sqlstate == "42883"
    assert case_type in str(error)


def test_domain_and_enum(db):
    db.execute("CREATE DOMAIN pg_temp.ticket AS int CHECK (VALUE > 0)")
    db.execute("CREATE TYPE pg_temp.team AS ENUM ('x', 'y')")
    load(db, {0: [Event(case, "A", case, None) for case in (1, 1, 2, 3)]})
    wanted = value(db, "SELECT dfg_agg(case_id, activity, at)::text FROM ev")
    assert value(db, "SELECT dfg_agg(case_id::int::pg_temp.ticket, activity, at)::text FROM ev") == wanted
    query = ("SELECT dfg_agg(CASE case_id WHEN 1 THEN 'x' ELSE 'y' END::pg_temp.team, activity, at)::text FROM ev "
             "WHERE case_id < 3")
    assert value(db, query) == value(db, "SELECT dfg_agg(case_id, activity, at)::text FROM ev WHERE case_id < 3")


def test_long_case_ids(db):
    """Ids that are stored out of line, and that differ in the last byte alone."""
    load(db, {0: [Event("x" * 100000 + str(n % 3), "A", n, None) for n in range(9)]}, case_type="text")
    assert value(db, "SELECT dfg_cases(dfg_agg(case_id, activity, at)) FROM ev") == 3
