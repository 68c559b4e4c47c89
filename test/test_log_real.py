"""Two real ticket logs, registered over views on their CSV files, against figures that others computed.

The reference lets the last event of a case last no time, and counts what comes after the last resolution as time in that
state. In a log an open case lasts until as_of, and a done one ends on entering its last run of done activities. So as_of
is just after the last event here, and where the two differ a comment at the test says how they become comparable.
"""

import csv
import gzip
import json
from contextlib import contextmanager
from copy import copy

import pytest
import test_real_logs
from client import connect, rows, value
from test_real_logs import DONE, LOGS, check_edge, microseconds

pytestmark = test_real_logs.pytestmark

# Who holds a case in an activity; done ones are stopped, all others with us. What the reference calls
# a wait for something else than the user is here blocked.
SEGMENTS = {
    "servicenow_incidents": {"user": ["Awaiting User Info"],
                             "blocked": ["Awaiting Evidence", "Awaiting Problem", "Awaiting Vendor"]},
    "bpi2013_incidents": {"user": ["Accepted/Wait - User"],
                          "blocked": ["Accepted/Wait", "Accepted/Wait - Customer", "Accepted/Wait - Implementation",
                                      "Accepted/Wait - Vendor"]},
}
CLOSED = ["Closed", "Completed/Closed"]
# The team of each event, none where it is not known.
TEAM = {"servicenow_incidents": "nullif(assignment_group, '?')", "bpi2013_incidents": "org_group"}

# What the platform itself counts as reopenings of a case.
PLATFORM_COUNT = {"servicenow_incidents": "max(reopen_count::integer)", "bpi2013_incidents": "NULL::integer"}


class Mined(test_real_logs.Log):
    """One log in a table as its file has it, all text, registered and refreshed."""

    def __init__(self, db, name):
        self.db, self.name, self.done, self.source = db, name, DONE[name], f"{name}_file"
        self.load()
        self.create_views()
        self.register(name)

    def load(self):
        with gzip.open(LOGS / f"{self.name}.csv.gz", "rt", newline="") as lines:
            reader = csv.reader(lines)
            names = ", ".join(f"{name} text" for name in next(reader))
            self.db.execute(f"CREATE UNLOGGED TABLE {self.source} ({names})")
            with self.db.cursor().copy(f"COPY {self.source} FROM STDIN") as copy:
                for row in reader:
                    copy.write_row(row)

    def create_views(self):
        event = "case_id, {} AS {}, ts::timestamptz AS at, row_no::bigint AS seq"
        self.view("events", event.format("activity", "activity"))
        self.view("assignments", event.format(TEAM[self.name], "team"))
        self.view("cases", f"case_id, count(*) AS rows_in_file, {PLATFORM_COUNT[self.name]} AS platform_count",
                  "GROUP BY case_id")

    def view(self, name, columns, rest=""):
        self.db.execute(f"CREATE VIEW {self.name}_{name} AS SELECT {columns} FROM {self.source} {rest}")

    def register(self, schema, done=None, events="events", assignments="assignments"):
        self.schema = schema
        self.db.execute(f"CALL create_log('{schema}', '{self.name}_{events}', assignments => '{self.name}_{assignments}', "
                        f"cases => '{self.name}_cases')")
        self.edit_maps(done or self.done)
        self.refresh()

    def edit_maps(self, done):
        self.db.execute(f"""UPDATE {self.schema}.activity_map SET
                                kind = CASE WHEN activity <> ALL (%(done)s) THEN 'open'
                                            WHEN activity = ANY (%(closed)s) THEN 'closed' ELSE 'resolved' END,
                                segment = CASE WHEN activity = ANY (%(done)s) THEN 'stopped'
                                               WHEN activity = ANY (%(user)s) THEN 'user'
                                               WHEN activity = ANY (%(blocked)s) THEN 'blocked' ELSE 'us' END""",
                        {"done": done, "closed": CLOSED, **SEGMENTS[self.name]})

    def refresh(self, later="0"):
        last = value(self.db, f"SELECT max(at) + interval '1 microsecond' + %s FROM {self.name}_events", (later,))
        self.db.execute(f"CALL refresh('{self.schema}', '{last}')")

    @contextmanager
    def beside(self, **other):
        """Another log over the same file, for a while: with another meaning of done, or other relations."""
        beside = copy(self)
        beside.register(f"{self.name}_beside", **other)
        yield beside
        self.db.execute(f"CALL drop_log('{beside.schema}')")

    def rows(self, query, params=None):
        return rows(self.db, query.replace("log.", f"{self.schema}."), params)

    def value(self, query):
        ((only,),) = self.rows(query)
        return only

    def drop(self):
        self.db.execute(f"CALL drop_log('{self.schema}')")
        self.db.execute(f"DROP TABLE {self.source} CASCADE")


@pytest.fixture(scope="module", params=DONE)
def log(scratch, request):
    with connect(scratch) as db:
        mined = Mined(db, request.param)
        yield mined
        mined.drop()


# ---- cases, events, edges -----------------------------------------------------------------------


def test_size(log):
    summary = log.json("summary")
    found = log.rows("""SELECT (SELECT count(*) FROM log.cases), (SELECT count(*) FROM log.events),
                               (SELECT count(*) FROM log.activities WHERE activity <> 'none'),
                               (SELECT count(*) FROM log.variants), (SELECT count(DISTINCT (source, target)) FROM log.case_edges),
                               (SELECT sum(frequency) FROM log.case_edges),
                               (SELECT count(*) FROM log.cases WHERE event_count = 1),
                               (SELECT count(*) FROM log.variants WHERE cases = 1)""")
    names = ("cases", "events", "activities", "variants", "edges", "edge_occurrences", "single_event_cases",
             "singleton_variants")
    assert found == [tuple(summary[name] for name in names)]
    assert log.rows("SELECT state, cases, events FROM log.status") == [
        ("refreshed", summary["cases"], summary["events"])]


def test_attributes(log):
    assert log.value("SELECT count(*) FROM log.cases WHERE rows_in_file <> event_count") == 0


def test_times(log):
    """In UTC, which is the zone of a log that names none."""
    summary = log.json("summary")
    ((first, last, low, high, mean),) = log.rows("""
        SELECT (SELECT to_char(min(at), 'YYYY-MM-DD"T"HH24:MI:SS"Z"') FROM log.events),
               (SELECT to_char(max(at), 'YYYY-MM-DD"T"HH24:MI:SS"Z"') FROM log.events),
               min(event_count), max(event_count), round(avg(event_count), 6) FROM log.cases""")
    assert (first, last) == (summary["first_ts"], summary["last_ts"])
    assert {"min": low, "max": high, "mean": float(mean)} == summary["events_per_case"]


def test_activities(log):
    """Events, cases, starts, ends, and the cases that have an activity twice or more."""
    found = log.rows("""
        SELECT a.activity, a.event_count, a.case_count, coalesce(starts, 0), coalesce(ends, 0), coalesce(rework, 0)
        FROM log.activities a
        LEFT JOIN (SELECT activity, count(*) FILTER (WHERE event_no = 1) AS starts,
                          count(*) FILTER (WHERE next_activity = 'none') AS ends FROM log.events GROUP BY activity) e USING (activity)
        LEFT JOIN (SELECT activity, count(*) AS rework FROM (
                       SELECT case_key, activity FROM log.events GROUP BY case_key, activity HAVING count(*) > 1) t
                   GROUP BY activity) r USING (activity)
        WHERE a.activity <> 'none'""")
    names = ("events", "cases", "start_cases", "end_cases", "rework_cases")
    assert {row[0]: row[1:] for row in found} == {
        row["activity"]: tuple(int(row[name]) for name in names) for row in log.csv("activities.csv")}


def test_edges_by_case(log):
    """The rows of an edge are its case frequency, and what they hold adds up."""
    found = log.rows("""SELECT source, target, sum(frequency), count(*), min(min_seconds), max(max_seconds),
                               sum(total_seconds) FROM log.case_edges GROUP BY source, target""")
    reference = {(row["source"], row["target"]): row for row in log.csv("dfg.csv")}
    assert len(found) == len(reference)
    for source, target, *figures in found:
        row = reference[source, target]
        names = ("freq", "case_freq", "min_s", "max_s", "sum_s")
        assert figures == [float(row[name]) for name in names]


def test_edge_stats(log):
    """All figures of all edges; medians of more than a thousand durations within one percent."""
    found = log.rows("""SELECT source, target, frequency, case_frequency, min_seconds, max_seconds, total_seconds,
                               mean_seconds, median_seconds FROM log.edge_stats WHERE clock = 'elapsed'""")
    reference = {(row["source"], row["target"]): row for row in log.csv("dfg.csv")}
    assert len(found) == len(reference)
    for source, target, *counts, low, high, total, mean, median in found:
        check_edge((*counts, *map(microseconds, (low, high, total, mean, median))), reference[source, target])


def test_self_loops(log):
    found = log.value("SELECT count(DISTINCT case_key) FROM log.case_edges WHERE source = target")
    assert found == log.json("summary")["self_loop_cases"]


def test_case_durations(log):
    """From the first event to the last: the edges of a case; total_seconds ends with its last resolution."""
    wanted = log.json("summary")["case_duration_s"]
    found = log.rows("""SELECT sum(seconds), min(seconds), max(seconds), percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds)
                        FROM (SELECT coalesce(sum(e.total_seconds), 0) AS seconds
                              FROM log.cases LEFT JOIN log.case_edges e USING (case_key) GROUP BY case_key) d""")
    assert found == [tuple(wanted[name] for name in ("sum", "min", "max", "median"))]


def test_variants(log):
    """The fifty most frequent ones; of those with the same number of cases it may be others."""
    found = log.rows("SELECT activities, cases, length FROM log.variants ORDER BY rank")
    reference = [(" → ".join(json.loads(row["variant_json"])), int(row["cases"]), int(row["length"]))
                 for row in log.csv("variants_top50.csv")]
    assert len(reference) == 50 and set(reference) <= set(found)
    assert [cases for _, cases, _ in found[:50]] == [cases for _, cases, _ in reference]


def test_ties(log):
    found = log.rows("""SELECT count(*), count(*) FILTER (WHERE activity <> next_activity), count(DISTINCT case_key)
                        FROM log.events WHERE seconds_to_next = 0""")
    names = ("tied_adjacent_pairs", "tied_pairs_different_activity", "cases_with_ties")
    assert found == [tuple(log.json("summary")[name] for name in names)]
    assert log.value("SELECT number FROM log.quality WHERE finding = 'events tied'") == 0


# ---- reopenings ---------------------------------------------------------------------------------


def check_reopenings(log, reference):
    found = log.rows("""SELECT count(*) FILTER (WHERE is_reopened = 1), sum(reopening_count), max(reopening_count),
                               count(*) FILTER (WHERE is_resolved = 1) FROM log.cases""")
    names = ("reopened_cases", "reopen_transitions", "max_per_case", "cases_with_done")
    assert found == [tuple(reference[name] for name in names)]
    histogram = log.rows("SELECT reopening_count::text, count(*) FROM log.cases GROUP BY 1")
    assert dict(histogram) == reference["histogram"]
    assert log.value("SELECT count(*) FROM log.reopenings") == reference["reopen_transitions"]


def test_reopenings(log):
    check_reopenings(log, log.json("reopen"))


def test_reopenings_of_each_case(log):
    name = "reopen_by_state" if log.name == "servicenow_incidents" else "reopen_transitions"
    reference = {row["case_id"]: int(row[name]) for row in log.csv("reopen_per_case.csv.gz")}
    assert dict(log.rows("SELECT case_id, reopening_count FROM log.cases")) == reference
    listed = dict(log.rows("SELECT case_id, count(*) FROM log.reopenings GROUP BY case_id"))
    assert listed == {case: count for case, count in reference.items() if count}


def test_reopenings_as_the_platform_counts(log):
    """Its own column, in all cases but one, whose rows are out of the order of time."""
    differ = log.rows("SELECT case_id, reopening_count, platform_count FROM log.cases WHERE reopening_count <> platform_count")
    assert differ == ([("INC0000137", 1, 0)] if log.name == "servicenow_incidents" else [])


# ---- who held the cases -------------------------------------------------------------------------


def test_time_in_state(log):
    """By the events, whose last one has no time to the next: as the reference counts."""
    found = log.rows("SELECT activity, coalesce(sum(seconds_to_next), 0), count(DISTINCT case_key) FROM log.events GROUP BY activity")
    assert {row[0]: row[1:] for row in found} == {
        row["activity"]: (float(row["total_s"]), int(row["cases_visited"])) for row in log.csv("time_in_state.csv")}


# The seconds of a case in segments, without those from the last event of an open case until as_of.
HELD = """SELECT c.case_key, {} - CASE WHEN c.is_open = 1 AND a.segment = ANY (%s) THEN o.seconds ELSE 0 END AS seconds
          FROM log.cases c
          JOIN log.activities a ON a.activity = c.status
          LEFT JOIN LATERAL (SELECT extract(epoch FROM s.as_of - max(at))::float8 AS seconds
                             FROM log.events e, log.status s WHERE e.case_key = c.case_key GROUP BY s.as_of) o ON c.is_open = 1"""


def check_segments(log, seconds, segments, reference):
    """The time of each case in segments: sum, extremes and percentiles over the cases."""
    figures = """sum(seconds), min(seconds), max(seconds), percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds),
                 percentile_disc(0.9) WITHIN GROUP (ORDER BY seconds), count(*)"""
    found = log.rows(f"SELECT {figures} FROM ({HELD.format(seconds)}) h", (segments,))
    names = ("sum", "min", "max", "median", "p90_disc", "n")
    assert list(map(microseconds, found[0])) == [microseconds(reference[name]) for name in names]


def test_waiting_for_the_user(log):
    reference = log.json("segments")
    waits = reference["awaiting_user" if log.name == "servicenow_incidents" else "wait_user"]
    check_segments(log, "c.user_seconds", ["user"], waits["wait_per_case"])
    assert log.value("SELECT count(DISTINCT case_key) FROM log.segment_visits WHERE segment = 'user'") <= waits["cases_visiting_wait"]
    visiting = log.value("""SELECT count(DISTINCT case_key) FROM log.events JOIN log.activities USING (activity)
                            WHERE segment = 'user'""")
    assert visiting == waits["cases_visiting_wait"]


def test_any_waiting(log):
    name = "any_awaiting" if log.name == "servicenow_incidents" else "any_wait"
    reference = log.json("segments")[name]["wait_per_case"]
    check_segments(log, "(c.user_seconds + c.blocked_seconds)", ["user", "blocked"], reference)


def test_time_until_done(log):
    """All but the time in which a case was done; the reference counts that after the last resolution, too, a log does not."""
    name = "done" if log.name == "servicenow_incidents" else "completed"
    reference = log.json("segments")[name]["other_per_case"]
    check_segments(log, "(c.total_seconds - c.stopped_seconds)", ["us", "user", "blocked"], reference)


def test_real_case_time(log):
    """Total less what is marked excluded, and the segments add up to the total."""
    assert log.value("""SELECT count(*) FROM log.cases
                        WHERE real_seconds <> total_seconds - user_seconds - blocked_seconds - stopped_seconds
                        OR real_seconds <> us_seconds OR partner_seconds + unknown_seconds + other_seconds > 0""") == 0
    assert log.value("""SELECT count(*) FROM log.cases JOIN (
                            SELECT case_key, sum(seconds) AS seconds FROM log.segment_visits GROUP BY case_key) s USING (case_key)
                        WHERE abs(total_seconds - seconds) > 1e-6""") == 0


# ---- teams --------------------------------------------------------------------------------------


def team_reference(log):
    return log.json("handover")["assignment_group_excl_?" if log.name == "servicenow_incidents" else "team"]


def check_handovers(log, reference):
    found = log.rows("""SELECT count(*), count(DISTINCT case_key), sum(is_return), sum(is_bounce),
                               count(DISTINCT case_key) FILTER (WHERE is_return = 1),
                               count(DISTINCT case_key) FILTER (WHERE is_bounce = 1),
                               (SELECT count(DISTINCT team) FROM log.team_visits WHERE team <> 'none') FROM log.handovers""")
    names = ("handovers", "cases_with_handover", "revisits_total", "ABA_bounces", "pingpong_cases_value_revisited",
             "ABA_cases", "distinct_values")
    assert found == [tuple(reference[name] for name in names)]
    pairs = log.rows("SELECT source, target, count(*), count(DISTINCT case_key) FROM log.handovers GROUP BY source, target")
    figures = {row[:2]: row[2:] for row in pairs}
    for pair in reference["top_pairs"]:
        assert figures[pair["from"], pair["to"]] == (pair["count"], pair["cases"])


def test_handovers(log):
    """Team changes at events: each event is an assignment, too, and no team is skipped."""
    reference = team_reference(log)
    check_handovers(log, reference)
    found = log.rows("SELECT sum(handover_count), sum((handover_count > 0)::integer), sum(is_ping_pong) FROM log.cases")
    assert found == [tuple(reference[name] for name in ("handovers", "cases_with_handover", "ABA_cases"))]


def test_handovers_of_each_case(log):
    if log.name == "servicenow_incidents":
        reference = {row["case_id"]: int(row["group_changes_excl_unknown"]) for row in log.csv("reopen_per_case.csv.gz")}
        assert dict(log.rows("SELECT case_id, handover_count FROM log.cases")) == reference


# ---- refresh ------------------------------------------------------------------------------------


def test_refresh_without_news(log):
    """A later as_of and nothing else: the figures of done cases stay, open ones grow older."""
    done = "SELECT * FROM log.cases WHERE is_open = 0 ORDER BY case_id"
    before, ages = log.rows(done), dict(log.rows("SELECT case_id, age_seconds FROM log.cases WHERE is_open = 1"))
    log.refresh(later="1 day")
    assert log.rows(done) == before
    assert dict(log.rows("SELECT case_id, age_seconds - 86400 FROM log.cases WHERE is_open = 1")) == pytest.approx(ages)
    log.refresh()


def test_quality(log):
    """Nothing is left out, and only the teams are not mapped."""
    found = dict(log.rows("SELECT finding, number FROM log.quality WHERE subject = ''"))
    summary = log.json("summary")
    assert found["cases"] == found["cases resolved"] + log.value("SELECT count(*) FROM log.cases WHERE is_resolved = 0") == summary["cases"]
    left_out = [finding for finding in found if "left out" in finding or finding.startswith("events ")]
    assert {finding: found[finding] for finding in left_out if found[finding]}.keys() <= {"events duplicate", "events without change"}
    unmapped = log.rows("SELECT subject, number FROM log.quality WHERE finding LIKE '%not mapped'")
    visits = "SELECT team, count(DISTINCT case_key) FROM log.team_visits WHERE team <> 'none' GROUP BY team"
    assert dict(unmapped) == dict(log.rows(visits))


def test_edited_map(log):
    """An edit changes all figures that rest on it, and edited back they are as before; quick enough on the small log."""
    if log.name != "bpi2013_incidents":
        return
    before = log.rows("SELECT * FROM log.cases ORDER BY case_id")
    part = log.json("reopen")["closed_only"]
    log.edit_maps(part["done_states"])
    assert log.value("SELECT state FROM log.status") == "edited, not refreshed"
    log.refresh()
    check_reopenings(log, part)
    log.edit_maps(log.done)
    log.refresh()
    assert log.rows("SELECT * FROM log.cases ORDER BY case_id") == before


# ---- other logs over the same files ---------------------------------------------------------------


def test_order_without_seq(log):
    """The labels decide about ties, which gives other variants; the quality report counts such events."""
    if log.name != "servicenow_incidents":
        assert log.json("summary")["tied_adjacent_pairs"] == 0
        return
    reference = log.json("tie_sensitivity")["activity_alpha"]
    tied = log.value(f"""SELECT sum(n) FROM (SELECT count(*) AS n FROM {log.source} GROUP BY case_id, ts
                                             HAVING count(DISTINCT activity) > 1) t""")
    log.view("events_without_seq", "case_id, activity, ts::timestamptz AS at")
    with log.beside(events="events_without_seq") as other:
        assert other.value("SELECT count(*) FROM log.variants") == reference["variants"]
        assert other.value("SELECT count(*) FROM log.edge_stats WHERE clock = 'elapsed'") == reference["edges"]
        assert other.value("SELECT number FROM log.quality WHERE finding = 'events tied'") == tied


def test_other_meanings_of_done(log):
    """Reopened after being closed, and after being solved alone."""
    for part in filter(lambda part: isinstance(part, dict) and "done_states" in part, log.json("reopen").values()):
        with log.beside(done=part["done_states"]) as other:
            check_reopenings(other, part)


OTHER_TEAMS = {"org_line": "organization_involved", "owner_resource": "org_resource",
               "support_line": "coalesce(substring(org_group from ' (2nd|3rd)$'), '1st')"}


@pytest.mark.parametrize("kind", OTHER_TEAMS)
def test_handovers_between_others(log, kind):
    """Between lines of the organization and of the support, and between persons."""
    if log.name != "bpi2013_incidents":
        return
    log.view(kind, f"case_id, {OTHER_TEAMS[kind]} AS team, ts::timestamptz AS at, row_no::bigint AS seq")
    with log.beside(assignments=kind) as other:
        check_handovers(other, log.json("handover")[kind])
        if kind == "support_line":
            check_lines(other, log.json("handover")["push_to_front"])


def check_lines(log, reference):
    first, last = (dict(log.rows(f"SELECT {team}, count(*) FROM log.cases GROUP BY 1")) for team in ("first_team", "current_team"))
    assert (first["1st"], last) == (reference["cases_starting_1st"], reference["line_of_last_event"])
    reached = dict(log.rows("SELECT team, count(DISTINCT case_key) FROM log.team_visits GROUP BY team"))
    assert (reached["2nd"], reached["3rd"]) == (reference["cases_reaching_2nd"], reference["cases_reaching_3rd"])
    only_first = log.value("SELECT count(*) FROM log.cases WHERE handover_count = 0 AND first_team = '1st'")
    assert only_first == reference["first_line_only_cases"]
