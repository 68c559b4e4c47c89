"""Two real ticket logs, registered over views on their CSV files, against figures that others computed.

The reference lets the last event of a case last no time, and counts what comes after the last resolution as time in that
state. In a log an open case lasts until as_of, and a done one ends on entering its last run of done activities. So as_of
is just after the last event here, and where the two differ a comment at the test says how they become comparable.
"""

import csv
import gzip
import json
from collections import Counter
from contextlib import contextmanager
from copy import copy
from itertools import groupby, pairwise

import pytest
import test_real_logs
from client import LONG, connect, rows, value
from dice import dice
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

    def __init__(self, db, name, of="file"):
        self.db, self.name, self.done, self.source = db, name, DONE[name], f"{name}_{of}"
        self.load()
        self.create_views()
        self.register(f"{self.source}_log")

    def load(self):
        with gzip.open(LOGS / f"{self.name}.csv.gz") as lines:
            header = lines.readline()
            names = ", ".join(f"{name} text" for name in next(csv.reader([header.decode()])))
            self.db.execute(f"CREATE UNLOGGED TABLE {self.source} ({names})")
            with self.db.cursor().copy(f"COPY {self.source} FROM STDIN (FORMAT csv, NULL '\\N')") as copy:
                copy.write(lines.read())

    def create_views(self):
        event = "case_id, {} AS {}, ts::timestamptz AS at, row_no::bigint AS seq"
        self.view("events", event.format("activity", "activity"))
        self.view("assignments", event.format(TEAM[self.name], "team"))
        self.view("cases", f"case_id, count(*) AS rows_in_file, {PLATFORM_COUNT[self.name]} AS platform_count",
                  "GROUP BY case_id")

    def view(self, name, columns, rest=""):
        self.db.execute(f"CREATE VIEW {self.source}_{name} AS SELECT {columns} FROM {self.source} {rest}")

    def register(self, schema, done=None, events="events", assignments="assignments"):
        self.schema = schema
        self.db.execute(f"CALL create_log('{schema}', '{self.source}_{events}', assignments => '{self.source}_{assignments}', "
                        f"cases => '{self.source}_cases')")
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
        last = value(self.db, f"SELECT max(at) + interval '1 microsecond' + %s FROM {self.source}_events", (later,))
        self.db.execute(f"CALL refresh('{self.schema}', '{last}')")

    @contextmanager
    def beside(self, **other):
        """Another log over the same rows, for a while: with another meaning of done, or other relations."""
        beside = copy(self)
        beside.register(f"{self.source}_beside", **other)
        yield beside
        self.db.execute(f"CALL drop_log('{beside.schema}')")

    def rows(self, query, params=None):
        return rows(self.db, query.replace("log.", f"{self.schema}."), params)

    def value(self, query):
        ((only,),) = self.rows(query)
        return only

    def histories(self, view, label, order="seq"):
        """The labels of each case, as the file has them, or in another order of those at one time."""
        found = rows(self.db, f"SELECT case_id, {label} FROM {self.source}_{view} ORDER BY case_id, at, {order}")
        return [[label for _, label in case] for _, case in groupby(found, lambda row: row[0])]


class Part(Mined):
    """Some hundred cases, many of them reopened: for what takes more refreshes than one. All cases under TICKET_MINING_LONG=1."""

    def __init__(self, whole):
        self.whole = whole
        super().__init__(whole.db, whole.name, "part")

    def load(self):
        self.db.execute(f"CREATE TABLE {self.source} AS SELECT * FROM {self.whole.source} WHERE case_id = ANY (%s)", (self.drawn(),))

    def drawn(self):
        counts = dict(self.whole.rows("SELECT case_id, reopening_count FROM log.cases ORDER BY case_id"))
        if LONG:
            return list(counts)
        rng, reopened = dice(f"part of {self.name}"), [case for case, count in counts.items() if count]
        return rng.sample(reopened, 100) + rng.sample(list(counts), 300)

    def view(self, name, columns, rest=""):
        """Of the whole file, too, once."""
        super().view(name, columns, rest)
        if name not in ("events", "assignments", "cases"):
            self.whole.view(name, columns, rest)


@pytest.fixture(scope="module", params=DONE)
def log(databases, template, request):
    with databases.copy(template) as name, connect(name) as db:
        yield Mined(db, request.param)


@pytest.fixture(scope="module")
def part(log):
    return Part(log)


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
HELD = """SELECT case_key, {} - CASE WHEN c.is_open = 1 AND a.segment = ANY (%s) THEN o.seconds ELSE 0 END AS seconds
          FROM log.cases c
          JOIN log.activities a ON a.activity = c.status
          JOIN (SELECT case_key, extract(epoch FROM s.as_of - max(at))::float8 AS seconds
                FROM log.events, log.status s GROUP BY case_key, s.as_of) o USING (case_key)"""


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


def test_refresh_without_news(part):
    """A later as_of and nothing else: the figures of done cases stay, open ones grow older."""
    log = part
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


def test_edited_map(part):
    """An edit changes all figures that rest on it, and edited back they are as before."""
    before = part.rows("SELECT * FROM log.cases ORDER BY case_id")
    done = part.json("reopen")["closed_only"]["done_states"]
    part.edit_maps(done)
    assert part.value("SELECT state FROM log.status") == "edited, not refreshed"
    part.refresh()
    check_reopenings(part, reopenings(part.histories("events", "activity"), done))
    part.edit_maps(part.done)
    part.refresh()
    assert part.rows("SELECT * FROM log.cases ORDER BY case_id") == before


# ---- other logs over a part of the files ----------------------------------------------------------
#
# The figures they must have are counted in the rows of the part, in a way that gives the reference where all rows are counted.


def reopenings(histories, done):
    counts = [sum(before in done and after not in done for before, after in pairwise(history)) for history in histories]
    return {"done_states": done, "cases_with_done": sum(not set(done).isdisjoint(history) for history in histories),
            "reopened_cases": sum(count > 0 for count in counts), "reopen_transitions": sum(counts), "max_per_case": max(counts),
            "histogram": {str(count): cases for count, cases in Counter(counts).items()}}


def order(histories):
    return {"variants": len(set(map(tuple, histories))), "edges": len({step for history in histories for step in pairwise(history)})}


def test_order_without_seq(part):
    """The labels decide about ties, which gives other variants; the quality report counts such events."""
    if part.name != "servicenow_incidents":
        assert part.json("summary")["tied_adjacent_pairs"] == 0
        return
    by_label = ("events", "activity", 'activity COLLATE "C"')
    assert order(part.whole.histories(*by_label)).items() <= part.json("tie_sensitivity")["activity_alpha"].items()
    wanted = order(part.histories(*by_label))
    tied = part.value(f"""SELECT sum(n) FROM (SELECT count(*) AS n FROM {part.source} GROUP BY case_id, ts
                                              HAVING count(DISTINCT activity) > 1) t""")
    part.view("events_without_seq", "case_id, activity, ts::timestamptz AS at")
    with part.beside(events="events_without_seq") as other:
        assert other.value("SELECT count(*) FROM log.variants") == wanted["variants"]
        assert other.value("SELECT count(*) FROM log.edge_stats WHERE clock = 'elapsed'") == wanted["edges"]
        assert other.value("SELECT number FROM log.quality WHERE finding = 'events tied'") == tied


def test_other_meanings_of_done(part):
    """Reopened after being closed, and after being solved alone."""
    whole, histories = part.whole.histories("events", "activity"), part.histories("events", "activity")
    for meaning in filter(lambda meaning: isinstance(meaning, dict) and "done_states" in meaning, part.json("reopen").values()):
        done = meaning["done_states"]
        assert reopenings(whole, done) == meaning
        with part.beside(done=done) as other:
            check_reopenings(other, reopenings(histories, done))


OTHER_TEAMS = {"org_line": "organization_involved", "owner_resource": "org_resource",
               "support_line": "coalesce(substring(org_group from ' (2nd|3rd)$'), '1st')"}


def handovers(histories):
    stays = [[team for team, _ in groupby(filter(None, history))] for history in histories]
    returns = [[target in teams[:number] for number, target in enumerate(teams)] for teams in stays]
    bounces = [[first == third for first, third in zip(teams, teams[2:])] for teams in stays]
    pairs = [list(pairwise(teams)) for teams in stays]
    cases = Counter(pair for case in pairs for pair in set(case))
    counts = Counter(pair for case in pairs for pair in case)
    return {"distinct_values": len({team for teams in stays for team in teams}), "handovers": sum(counts.values()),
            "cases_with_handover": sum(map(bool, pairs)), "pingpong_cases_value_revisited": sum(map(any, returns)),
            "revisits_total": sum(map(sum, returns)), "ABA_bounces": sum(map(sum, bounces)), "ABA_cases": sum(map(any, bounces)),
            "top_pairs": [{"from": source, "to": target, "count": count, "cases": cases[source, target]}
                          for (source, target), count in counts.items()]}


def lines(histories):
    reached = Counter(line for history in histories for line in set(history))
    return {"first_line_only_cases": sum(set(history) == {"1st"} for history in histories),
            "cases_with_2nd_or_3rd": sum(set(history) != {"1st"} for history in histories),
            "cases_reaching_2nd": reached["2nd"], "cases_reaching_3rd": reached["3rd"],
            "cases_starting_1st": sum(history[0] == "1st" for history in histories),
            "line_of_last_event": dict(Counter(history[-1] for history in histories))}


@pytest.mark.parametrize("kind", OTHER_TEAMS)
def test_handovers_between_others(part, kind):
    """Between lines of the organization and of the support, and between persons."""
    if part.name != "bpi2013_incidents":
        return
    part.view(kind, f"case_id, {OTHER_TEAMS[kind]} AS team, ts::timestamptz AS at, row_no::bigint AS seq")
    whole, histories = part.whole.histories(kind, "team"), part.histories(kind, "team")
    check_whole(handovers(whole), part.json("handover")[kind])
    with part.beside(assignments=kind) as other:
        check_handovers(other, handovers(histories))
        if kind == "support_line":
            assert lines(whole) == part.json("handover")["push_to_front"]
            check_lines(other, lines(histories))


def check_whole(found, reference):
    """All figures, and of the pairs those that the reference has."""
    assert {name: figure for name, figure in found.items() if name != "top_pairs"} == {
        name: figure for name, figure in reference.items() if name != "top_pairs"}
    assert all(pair in found["top_pairs"] for pair in reference["top_pairs"])


def check_lines(log, reference):
    first, last = (dict(log.rows(f"SELECT {team}, count(*) FROM log.cases GROUP BY 1")) for team in ("first_team", "current_team"))
    assert (first["1st"], last) == (reference["cases_starting_1st"], reference["line_of_last_event"])
    reached = dict(log.rows("SELECT team, count(DISTINCT case_key) FROM log.team_visits GROUP BY team"))
    assert (reached["2nd"], reached["3rd"]) == (reference["cases_reaching_2nd"], reference["cases_reaching_3rd"])
    only_first = log.value("SELECT count(*) FROM log.cases WHERE handover_count = 0 AND first_team = '1st'")
    assert only_first == reference["first_line_only_cases"]
