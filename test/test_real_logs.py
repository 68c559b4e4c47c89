"""Two real ticket logs against figures that others computed. The logs lie beside the project, not in it."""

import csv
import gzip
import json

import oracle
import pytest
from client import ROOT, column, connect, force_parallel, rows, value

LOGS = ROOT.parent / "shared" / "logs"
DONE = {
    "servicenow_incidents": ["Resolved", "Closed"],
    "bpi2013_incidents": ["Completed/Resolved", "Completed/Closed", "Completed/In Call", "Completed/Cancelled"],
}

pytestmark = pytest.mark.skipif(not LOGS.is_dir(), reason=f"the real logs are not there: no folder {LOGS}")


class Log:
    """One log in a table of its own, as events and as traces, beside its reference figures."""

    def __init__(self, db, name):
        self.db, self.name, self.done = db, name, DONE[name]
        db.execute(f"CREATE UNLOGGED TABLE {name} (case_id text, activity text, at timestamptz, seq bigint)")
        with gzip.open(LOGS / f"{name}.csv.gz", "rt", newline="") as lines:
            with db.cursor().copy(f"COPY {name} FROM STDIN") as copy:
                for row in csv.DictReader(lines):
                    copy.write_row((row["case_id"], row["activity"], row["ts"], row["row_no"]))
        db.execute(f"CREATE TABLE {self.traces} AS SELECT case_id, trace_agg(activity, at, seq) AS t FROM {name} "
                   "GROUP BY case_id")
        self.graph = f"(SELECT dfg_agg(t) AS g FROM {self.traces}) x"

    @property
    def traces(self):
        return f"{self.name}_trace"

    def json(self, name):
        return json.loads((LOGS / "reference" / self.name / f"{name}.json").read_text())

    def csv(self, name):
        path = LOGS / "reference" / self.name / name
        with (gzip.open if name.endswith(".gz") else open)(path, "rt", newline="") as lines:
            return list(csv.DictReader(lines))

    def drop(self):
        self.db.execute(f"DROP TABLE {self.name}, {self.traces}")


@pytest.fixture(scope="module", params=DONE)
def log(scratch, request):
    with connect(scratch) as db:
        log = Log(db, request.param)
        yield log
        log.drop()


def microseconds(seconds):
    """A figure of the reference, which has up to six digits behind the point."""
    return round(float(seconds) * 10**6)


def test_size(log):
    summary = log.json("summary")
    found = rows(log.db, f"""SELECT dfg_cases(g), dfg_events(g), (SELECT count(*) FROM dfg_activities(g)), (SELECT count(*) FROM dfg_edges(g)),
                                    (SELECT sum(frequency) FROM dfg_edges(g)) FROM {log.graph}""")
    names = ("cases", "events", "activities", "edges", "edge_occurrences")
    assert found == [tuple(summary[name] for name in names)]
    assert value(log.db, f"SELECT count(DISTINCT trace_variant(t)) FROM {log.traces}") == summary["variants"]
    assert value(log.db, f"SELECT count(*) FROM {log.traces} WHERE trace_length(t) = 1") == summary["single_event_cases"]


def test_events_and_traces_give_the_same_graph(log):
    raw = f"(SELECT dfg_agg(case_id, activity, at, seq) AS h FROM {log.name}) y"
    assert value(log.db, f"SELECT g = h AND g::text = h::text FROM {log.graph}, {raw}") is True


EDGE = """SELECT source, target, frequency, case_frequency, (extract(epoch FROM min) * 1000000)::bigint, (extract(epoch FROM max) * 1000000)::bigint,
                 (total_seconds * 1000000)::numeric, extract(epoch FROM mean) * 1000000, extract(epoch FROM median) * 1000000
          FROM {}, dfg_edges(g) e"""


def test_edges(log):
    """All figures of all edges; medians of more than a thousand durations within one percent."""
    found = {row[:2]: row[2:] for row in rows(log.db, EDGE.format(log.graph))}
    reference = {(row["source"], row["target"]): row for row in log.csv("dfg.csv")}
    assert found.keys() == reference.keys()
    for pair, row in reference.items():
        check_edge(found[pair], row)


def check_edge(found, row):
    *counts, low, high, total, mean, median = found
    assert counts == [int(row["freq"]), int(row["case_freq"])]
    assert [low, high, total] == [microseconds(row[name]) for name in ("min_s", "max_s", "sum_s")]
    assert abs(mean - microseconds(row["mean_s"])) <= 1
    wanted = microseconds(row["median_s"])
    exact = counts[0] <= oracle.DFG_EXACT_DURATIONS
    assert abs(median - wanted) <= (0 if exact else wanted / 100)


def test_activities(log):
    """Events, cases, starts and ends of each activity."""
    found = {row[0]: row[1:] for row in rows(log.db, "SELECT activity, frequency, case_frequency, starts, ends "
                                                     f"FROM {log.graph}, dfg_activities(g)")}
    names = ("events", "cases", "start_cases", "end_cases")
    assert found == {row["activity"]: tuple(int(row[name]) for name in names) for row in log.csv("activities.csv")}


def test_starts_and_ends(log):
    summary = log.json("summary")
    for name, kind in (("starts", "start_activities"), ("ends", "end_activities")):
        found = rows(log.db, f"SELECT activity, {name} FROM {log.graph}, dfg_activities(g) WHERE {name} > 0")
        assert dict(found) == summary[kind]


def test_rework(log):
    """Cases in which an activity comes twice or more, which self-loops are a part of."""
    names = {row["activity"]: int(row["rework_cases"]) for row in log.csv("activities.csv")}
    found = rows(log.db, f"""SELECT activity, count(*) FROM (SELECT case_id, activity, count(*) AS n FROM {log.traces}, trace_events(t)
                             GROUP BY 1, 2) x WHERE n > 1 GROUP BY 1""")
    assert dict(found) == {name: count for name, count in names.items() if count}
    self_loops = value(log.db, f"SELECT count(*) FROM {log.traces} "
                               "WHERE trace_length(trace_collapse(t)) < trace_length(t)")
    assert self_loops == log.json("summary")["self_loop_cases"]


def test_case_durations(log):
    wanted = log.json("summary")["case_duration_s"]
    seconds = "extract(epoch FROM trace_duration(t))"
    ((total, low, high, median),) = rows(log.db, f"""SELECT sum({seconds}), min({seconds}), max({seconds}),
                                                     percentile_cont(0.5) WITHIN GROUP (ORDER BY {seconds}) FROM {log.traces}""")
    assert [float(total), float(low), float(high), median] == [wanted[name] for name in ("sum", "min", "max", "median")]


def test_most_frequent_variants(log):
    """The fifty most frequent variants with the number of their cases."""
    found = rows(log.db, f"""SELECT cases, activities FROM (SELECT count(*) AS cases, min(trace_activities(t)) AS activities
                             FROM {log.traces} GROUP BY trace_variant(t)) x""")
    cases_of = {tuple(activities): cases for cases, activities in found}
    reference = log.csv("variants_top50.csv")
    assert len(reference) == 50
    for row in reference:
        assert cases_of[tuple(json.loads(row["variant_json"]))] == int(row["cases"])
    assert sorted(cases_of.values(), reverse=True)[:50] == [int(row["cases"]) for row in reference]


def test_reopenings(log):
    reference = log.json("reopen")
    total, cases, most = "sum(n)", "count(*) FILTER (WHERE n > 0)", "max(n)"
    count = f"SELECT trace_reopen_count(t, %s) AS n FROM {log.traces}"
    found = rows(log.db, f"SELECT {cases}, {total}, {most} FROM ({count}) x", (log.done,))
    assert found == [tuple(reference[name] for name in ("reopened_cases", "reopen_transitions", "max_per_case"))]


def test_reopenings_of_each_case(log):
    """By the count and by the rows."""
    found = dict(rows(log.db, f"SELECT case_id, trace_reopen_count(t, %s) FROM {log.traces}", (log.done,)))
    listed = dict(rows(log.db, f"""SELECT case_id, count(r.reopening_no) FROM {log.traces} LEFT JOIN LATERAL trace_reopenings(t, %s) r ON true
                                   GROUP BY case_id""", (log.done,)))
    name = "reopen_by_state" if log.name == "servicenow_incidents" else "reopen_transitions"
    reference = {row["case_id"]: int(row[name]) for row in log.csv("reopen_per_case.csv.gz")}
    assert found == reference
    assert listed == reference


def test_other_definitions_of_done(log):
    """Reopened after being closed, and after being solved alone."""
    reference = log.json("reopen")
    for part in filter(lambda part: isinstance(part, dict) and "done_states" in part, reference.values()):
        found = column(log.db, f"SELECT trace_reopen_count(t, %s) FROM {log.traces}", (part["done_states"],))
        assert sum(count > 0 for count in found) == part["reopened_cases"]
        assert sum(found) == part["reopen_transitions"]


def test_time_in_state(log):
    """The steps that leave a state add up to the time in it."""
    found = dict(rows(log.db, f"SELECT source, sum(total_seconds) FROM {log.graph}, dfg_edges(g) GROUP BY source"))
    for row in log.csv("time_in_state.csv"):
        assert found.get(row["activity"], 0) == float(row["total_s"])


def test_ties(log):
    """Without the row's number ties are broken by the label, which gives other variants."""
    if log.name != "servicenow_incidents":
        assert log.json("summary")["tied_adjacent_pairs"] == 0
        return
    reference = log.json("tie_sensitivity")
    for order, seq in (("row_order", "seq"), ("activity_alpha", "NULL"), ("reverse_row", "-seq")):
        traces = f"(SELECT trace_agg(activity, at, {seq}) AS t FROM {log.name} GROUP BY case_id) x"
        assert value(log.db, f"SELECT count(DISTINCT trace_variant(t)) FROM {traces}") == reference[order]["variants"]
        assert value(log.db, f"SELECT count(*) FROM (SELECT dfg_agg(t) AS g FROM {traces}) y, dfg_edges(g)") == reference[order]["edges"]


def test_oracle_agrees(log):
    """The whole graph, to the last duration, is what the plain implementation gives."""
    found = rows(log.db, f"SELECT case_id, activity, (extract(epoch FROM at) * 1000000)::bigint, seq FROM {log.name}")
    events = [oracle.Event(case, activity, at, seq) for case, activity, at, seq in found]
    graph = oracle.graph(oracle.traces(events).values())
    assert value(log.db, f"SELECT g::text FROM {log.graph}") == oracle.graph_text(graph)


def test_parallel(log):
    serial = value(log.db, f"SELECT g::text FROM {log.graph}")
    with log.db.transaction(force_rollback=True):
        force_parallel(log.db)
        log.db.execute(f"ALTER TABLE {log.traces} SET (parallel_workers = 4)")
        assert value(log.db, f"SELECT g::text FROM {log.graph}") == serial
    for name in ("min_parallel_table_scan_size", "max_parallel_workers_per_gather"):
        assert value(log.db, "SELECT setting = reset_val FROM pg_settings WHERE name = %s", (name,)) is True
