"""Visits of teams, handovers and landing, against a plain implementation and on the real logs."""

import csv
import gzip
import json

import holder_oracle
import oracle
import pytest
from client import by_log, column, connect, failure, longer, message, rows, value
from dice import dice
from oracle import Trace
from random_cases import cases_of, compare, put, recent_cases
from random_values import random_traces
from test_real_logs import LOGS
from timestamps import pg_time

TEAMS = ["A", "B", "C", "none", "Team Æ", "None"]


def trace_of(*teams):
    """A trace of assignments a day apart; a team that is a tuple is several at one time."""
    steps = [(team, day * 86_400_000_000) for day, group in enumerate(teams) for team in (group if isinstance(group, tuple) else (group,))]
    return Trace(tuple(steps))


def renamed(rng, trace):
    """The trace with teams for its labels."""
    names = {}
    return Trace(tuple((names.setdefault(label, rng.choice(TEAMS)), at) for label, at in trace.steps), trace.breaks)


def assignments(seed, count):
    rng = dice(seed)
    return cases_of([renamed(rng, trace) for trace in random_traces(seed, count)], seed) + recent_cases(seed, count, labels=TEAMS)


def visit_rows(trace, _, as_of):
    return [visit._replace(from_at=pg_time(visit.from_at), to_at=pg_time(visit.to_at)) for visit in holder_oracle.visits(trace, as_of)]


def test_visits(db):
    cases = assignments("visits", longer(1500, 20000))
    put(db, cases)
    found = by_log(db, "SELECT n, v.* FROM given, trace_visits(t, as_of) v")
    compare(found, cases, visit_rows)
    listed = [visit for visits in found.values() for visit in visits]
    assert any(is_bounce for *_, is_bounce in listed) and any(from_at == to_at for _, _, from_at, to_at, *_ in listed)


def test_visits_cover_the_case(db):
    """One after the other, numbered, from the first assignment on; each is to another team than the one before."""
    put(db, assignments("cover", longer(1500, 20000)))
    db.execute("""CREATE TEMP TABLE visit AS SELECT n, v.*, lag(v.to_at) OVER w AS until, lag(v.team) OVER w AS before,
                  lag(v.visit_no) OVER w AS last_no FROM given, trace_visits(t, as_of) v WINDOW w AS (PARTITION BY n ORDER BY v.visit_no)""")
    assert rows(db, "SELECT * FROM visit WHERE from_at > to_at OR from_at <> until OR team = before OR visit_no <> coalesce(last_no, 0) + 1") == []
    ends = """SELECT n FROM given LEFT JOIN (SELECT n, min(from_at), max(to_at) FROM visit GROUP BY n) v USING (n)
              WHERE CASE WHEN as_of <= trace_start(t) THEN min IS NOT NULL
              ELSE (min, max) IS DISTINCT FROM (trace_start(t), coalesce(as_of, trace_end(t))) END"""
    assert column(db, ends) == []


# Teams in turn, and of each visit the next team, is_return, is_bounce.
KNOWN = {
    "one team": ("A", [("A", None, False, False)]),
    "a handover": ("A B", [("A", "B", False, False), ("B", None, False, False)]),
    "the same again": ("A A B B", [("A", "B", False, False), ("B", None, False, False)]),
    "there and back": ("A B A", [("A", "B", False, False), ("B", "A", False, False), ("A", None, True, True)]),
    "back by a third": ("A B C A", [("A", "B", False, False), ("B", "C", False, False), ("C", "A", False, False), ("A", None, True, False)]),
    "ping-pong": ("A B A B", [("A", "B", False, False), ("B", "A", False, False), ("A", "B", True, True), ("B", None, True, True)]),
    "none between": ("A none B", [("A", "B", False, False), ("none", "B", False, False), ("B", None, False, False)]),
    "none within": ("A none A", [("A", None, False, False), ("none", "A", False, False), ("A", None, False, False)]),
    "none within, then another": ("A none A B", [("A", "B", False, False), ("none", "A", False, False), ("A", "B", False, False),
                                                 ("B", None, False, False)]),
    "none on the way back": ("A B none A", [("A", "B", False, False), ("B", "A", False, False), ("none", "A", False, False),
                                            ("A", None, True, True)]),
    "none after the way back": ("A B A none A", [("A", "B", False, False), ("B", "A", False, False), ("A", None, True, True),
                                                 ("none", "A", False, False), ("A", None, False, False)]),
    "none first and last": ("none A none", [("none", "A", False, False), ("A", None, False, False), ("none", None, False, False)]),
    "none alone": ("none", [("none", None, False, False)]),
    "none twice": ("A none none B", [("A", "B", False, False), ("none", "B", False, False), ("B", None, False, False)]),
}  # fmt: skip


@pytest.mark.parametrize("name", KNOWN)
def test_known_visits(db, name):
    teams, wanted = KNOWN[name]
    text = oracle.trace_text(trace_of(*teams.split()))
    assert rows(db, "SELECT team, next_team, is_return, is_bounce FROM trace_visits(%s, '2001-01-01Z')", (text,)) == wanted


def test_visits_of_no_length(db):
    """They stay: a team that had the case for no time had it."""
    text = oracle.trace_text(trace_of("A", ("B", "A")))
    found = rows(db, "SELECT visit_no, team, from_at, to_at, is_bounce FROM trace_visits(%s, '2000-01-03Z')", (text,))
    first, second, third = ("2000-01-01 00:00:00+00", "2000-01-02 00:00:00+00", "2000-01-03 00:00:00+00")
    assert found == [(1, "A", first, second, False), (2, "B", second, second, False), (3, "A", second, third, True)]


def test_as_of_of_visits(db):
    """Assignments at or after it do not count; without it the last visit ends with the last assignment, which may be to the same team."""
    text = oracle.trace_text(trace_of("A", "B", "B"))
    query = "SELECT team, to_at, next_team FROM trace_visits(%s, %s)"
    assert rows(db, query, (text, None)) == [("A", "2000-01-02 00:00:00+00", "B"), ("B", "2000-01-03 00:00:00+00", None)]
    assert rows(db, query, (text, "2000-01-02Z")) == [("A", "2000-01-02 00:00:00+00", None)]
    assert rows(db, query, (text, "2000-01-02 12:00Z")) == [("A", "2000-01-02 00:00:00+00", "B"), ("B", "2000-01-02 12:00:00+00", None)]
    assert rows(db, query, (text, "2000-01-01Z")) == []


def test_visits_of_nothing(db):
    assert rows(db, "SELECT * FROM trace_visits(NULL, '2000-01-01Z')") == []


# ---- handovers --------------------------------------------------------------------------------


def test_handovers(db):
    cases = assignments("handovers", longer(2000, 30000))
    put(db, cases)
    found = by_log(db, "SELECT n, trace_handover_count(t) FROM given")
    compare(found, cases, lambda trace, *_: [(holder_oracle.handovers(trace),)])


@pytest.mark.parametrize("teams, count", (("A", 0), ("A A", 0), ("A B", 1), ("A none A", 0), ("A none B", 1), ("none", 0), ("none A none", 0),
                                          ("A B A B", 3)))  # fmt: skip
def test_known_handovers(db, teams, count):
    assert value(db, "SELECT trace_handover_count(%s)", (oracle.trace_text(trace_of(*teams.split())),)) == count


def test_handovers_of_nothing(db):
    assert value(db, "SELECT trace_handover_count(NULL)") is None


# ---- landing ----------------------------------------------------------------------------------


def random_intake(rng, trace):
    return rng.sample(TEAMS, rng.randrange(4))


def test_landing(db):
    """By times at, before and after the assignments, with intake teams of all sorts."""
    rng = dice("landing")
    cases = [(trace, random_intake(rng, trace), as_of) for trace, _, as_of in assignments("landing", longer(2000, 30000)) if as_of is not None]
    put(db, cases)
    found = by_log(db, "SELECT n, trace_landing(t, as_of, ARRAY(SELECT jsonb_array_elements_text(other))) FROM given")
    compare(found, cases, lambda trace, intake, at: [(holder_oracle.landing(trace, at, intake),)])
    assert {name for (name,), in found.values()} == {"direct", "forwarded", "rerouted", None}


LANDINGS = {
    "one team": ("A", 5, "direct"),
    "one team that is intake": ("Intake", 5, "direct"),
    "from intake": ("Intake B", 5, "forwarded"),
    "to intake": ("A Intake", 5, "rerouted"),
    "not from intake": ("A B", 5, "rerouted"),
    "twice from intake": ("Intake B C", 5, "rerouted"),
    "back to intake": ("Intake B Intake", 5, "rerouted"),
    "from one intake to the next": ("Intake Desk", 5, "forwarded"),
    "by way of none": ("Intake none B", 5, "forwarded"),
    "none within": ("A none A", 5, "direct"),
    "none": ("none", 5, None),
    "nothing yet": ("A B", -1, None),
    "at the moment of an assignment": ("Intake B", 1, "forwarded"),
    "before the second assignment": ("Intake B C", 1, "forwarded"),
    "before the first handover": ("A B", 0, "direct"),
}


@pytest.mark.parametrize("name", LANDINGS)
def test_known_landing(db, name):
    teams, day, wanted = LANDINGS[name]
    text = oracle.trace_text(trace_of(*teams.split()))
    found = value(db, "SELECT trace_landing(%s, timestamptz '2000-01-01Z' + %s * interval '24 h', '{Desk,Intake}')", (text, day))
    assert found == wanted


def test_landing_without_intake(db):
    text = oracle.trace_text(trace_of("A", "B"))
    assert value(db, "SELECT trace_landing(%s, '2001-01-01Z', '{}')", (text,)) == "rerouted"


def test_bad_landing(db):
    text = oracle.trace_text(trace_of("A", "B"))
    for at in ("infinity", "-infinity"):
        error = failure(db, "SELECT trace_landing(%s, %s, '{A}')", (text, at))
        assert error.sqlstate == "22008"
        assert "resolved_at" in message(error)
    assert failure(db, "SELECT trace_landing(%s, '2001-01-01Z', '{A,NULL}')", (text,)).sqlstate == "22004"
    for nulls in ((None, "2001-01-01Z", "{A}"), (text, None, "{A}"), (text, "2001-01-01Z", None)):
        assert value(db, "SELECT trace_landing(%s, %s, %s)", nulls) is None


# ---- the real logs ----------------------------------------------------------------------------

# The columns of a log that hold who has the ticket, by the name of their figures, and the value that means nobody.
HOLDERS = {
    ("servicenow_incidents", "assignment_group_excl_?"): ("assignment_group", "?"),
    ("bpi2013_incidents", "team"): ("org_group", None),
    ("bpi2013_incidents", "org_line"): ("organization_involved", None),
    ("bpi2013_incidents", "owner_resource"): ("org_resource", None),
}


class Holders:
    """Who had the tickets of a real log, as traces, beside the reference figures."""

    def __init__(self, db, log, figures):
        self.db = db
        self.reference = json.loads((LOGS / "reference" / log / "handover.json").read_text())[figures]
        column, nobody = HOLDERS[log, figures]
        with gzip.open(LOGS / f"{log}.csv.gz", "rt", newline="") as lines:
            self.events = [(row["case_id"], row[column], row["ts"], row["row_no"]) for row in csv.DictReader(lines)]
        self.events = [(case, "none" if team == nobody else team, at, number) for case, team, at, number in self.events]
        db.execute("CREATE TEMP TABLE assignment (case_id text, team text, at timestamptz, seq bigint)")
        with db.cursor().copy("COPY assignment FROM STDIN") as copy:
            for event in self.events:
                copy.write_row(event)
        db.execute("CREATE TEMP TABLE kept AS SELECT case_id, trace_agg(team, at, seq) AS t FROM assignment GROUP BY case_id")


@pytest.fixture(scope="module", params=HOLDERS, ids=" ".join)
def holders(scratch, request):
    if not LOGS.is_dir():
        pytest.skip(f"the real logs are not there: no folder {LOGS}")
    with connect(scratch) as db:
        yield Holders(db, *request.param)


def test_handovers_of_the_real_logs(holders):
    found = rows(holders.db, "SELECT sum(n), count(*) FILTER (WHERE n > 0) FROM (SELECT trace_handover_count(t) AS n FROM kept) x")
    assert found == [(holders.reference["handovers"], holders.reference["cases_with_handover"])]


def test_ways_back_of_the_real_logs(holders):
    """A team that has the ticket again, and straight from the team it had given it to."""
    names = ("revisits_total", "pingpong_cases_value_revisited", "ABA_bounces", "ABA_cases", "distinct_values")
    found = rows(holders.db, """SELECT count(*) FILTER (WHERE is_return), count(DISTINCT case_id) FILTER (WHERE is_return),
                                       count(*) FILTER (WHERE is_bounce), count(DISTINCT case_id) FILTER (WHERE is_bounce),
                                       count(DISTINCT team) FILTER (WHERE team <> 'none')
                                FROM kept, trace_visits(t, NULL)""")  # fmt: skip
    assert found == [tuple(holders.reference[name] for name in names)]


# Of two visits of a team with none between them the first hands nothing over.
HANDED_OVER = """SELECT case_id, team, next_team FROM (SELECT *, lead(team) OVER (PARTITION BY case_id ORDER BY visit_no) AS after
                 FROM kept, trace_visits(t, NULL) WHERE team <> 'none') v WHERE after <> team"""


def test_handover_matrix_of_the_real_logs(holders):
    """From whom to whom, events and cases."""
    pairs = rows(holders.db, f"SELECT team, next_team, count(*), count(DISTINCT case_id) FROM ({HANDED_OVER}) h GROUP BY 1, 2")
    found = {(source, target): counts for source, target, *counts in pairs}
    assert holders.reference["top_pairs"]
    for pair in holders.reference["top_pairs"]:
        assert found[pair["from"], pair["to"]] == [pair["count"], pair["cases"]]
    assert sum(count for count, _ in found.values()) == holders.reference["handovers"]


def test_oracle_agrees_on_the_real_logs(holders):
    """Every visit of many cases is what the plain implementation gives."""
    some = longer("case_id LIKE '%7'", "true")
    found = rows(holders.db, f"SELECT case_id, team, (extract(epoch FROM at) * 1000000)::bigint - 946684800000000, seq FROM assignment WHERE {some}")
    traces = oracle.traces(oracle.Event(*row) for row in found)
    listed = by_log(holders.db, f"SELECT case_id, v.* FROM kept, trace_visits(t, NULL) v WHERE {some}")
    for case, trace in traces.items():
        assert listed.get(case, []) == visit_rows(trace, None, None), case
