"""Holder segments, time in activities, and overlays, against a plain implementation and on the real logs."""

import json

import holder_oracle
import oracle
import pytest
from calendar_oracle import hours_interval
from client import TRACES, by_log, column, connect, failure, load, longer, message, rows, value
from dice import dice
from oracle import Trace
from random_cases import cases_of, compare, modern_calendars, put, recent_cases, recent_trace
from random_logs import KINDS, random_log
from random_values import random_traces
from test_real_logs import LOGS, Log
from timestamps import DAY, FIRST, LAST, pg_interval, pg_time

SEGMENTS = ["us", "user", "partner", "blocked", "unknown", "", "Segment æ", 'a "quoted" one', None, None]


def random_map(rng, trace):
    """Segments for most labels of a trace, and for some that it has not."""
    labels = [label for label in dict.fromkeys(oracle.activities(trace)) if rng.randrange(5)] + ["no such label"]
    return {label: rng.choice(SEGMENTS) for label in labels}


# ---- segments ---------------------------------------------------------------------------------


def segment_rows(trace, segment_of, as_of):
    found = holder_oracle.segments(trace, segment_of, as_of)
    return [(segment, pg_time(b), pg_time(e), pg_interval(e - b), None) for segment, b, e in found]


def test_segments(db):
    """Traces of all kinds and times, each with a map of its own, in one query: no row is given the map of another."""
    cases = cases_of(random_traces("segments", longer(3000, 50000)), "segments", random_map)
    put(db, cases, "segments jsonb")
    found = by_log(db, "SELECT n, s.* FROM given, trace_segments(t, segments, as_of) s")
    compare(found, cases, segment_rows)
    assert {segment for listed in found.values() for segment, *_ in listed} >= {"unknown", "us", ""}


def test_same_map_for_all(db):
    """The map is a constant, as it is for a user."""
    segment_of = {"A": "us", "B": "user", "C": None, "Løst": "us", "Ny": None}
    cases = [(trace, segment_of, as_of) for trace, _, as_of in cases_of(random_traces("one map", longer(1000, 20000)), "one map")]
    put(db, cases, "segments jsonb")
    found = by_log(db, "SELECT n, s.* FROM given, trace_segments(t, '%s', as_of) s" % json.dumps(segment_of))
    compare(found, cases, segment_rows)


@pytest.mark.parametrize("kind", KINDS)
def test_segments_of_a_case_add_up(db, kind):
    """To as_of, or to the last event, less the start; without a gap or an overlap; no two neighbours the same."""
    load(db, {seed: random_log(kind, f"add up {seed}") for seed in range(longer(6, 60))})
    segments = json.dumps({"A": "us", "B": "user", "C": None, "Ny": "us", "Løst": None, "": "blocked"})
    db.execute(f"CREATE TEMP TABLE kept AS SELECT * FROM ({TRACES.format('ev')}) x WHERE t IS NOT NULL")
    for as_of in ("NULL", "trace_end(t)", "trace_start(t) + (trace_end(t) - trace_start(t)) / 3"):
        pieces = f"""SELECT log, case_id, s.*, lag(segment) OVER w AS before, lag(to_at) OVER w AS until FROM kept,
                            trace_segments(t, '{segments}', {as_of}) s WINDOW w AS (PARTITION BY log, case_id ORDER BY s.from_at)"""
        wrong = "from_at <> until OR segment = before OR to_at <= from_at OR duration <> to_at - from_at"
        assert rows(db, f"SELECT * FROM ({pieces}) p WHERE {wrong}") == []
        sums = f"""SELECT t::text FROM kept LEFT JOIN (SELECT log, case_id, sum(extract(epoch FROM duration)) AS total, min(from_at), max(to_at)
                   FROM ({pieces}) p GROUP BY 1, 2) s USING (log, case_id), LATERAL (SELECT coalesce({as_of}, trace_end(t))) e (until)
                   WHERE coalesce(total, 0) <> extract(epoch FROM until - trace_start(t))
                   OR min <> trace_start(t) OR max <> until"""
        assert column(db, sums) == []


def test_segment_of_all_time(db):
    """From the first time there is to the last."""
    trace = Trace((("A", FIRST), ("B", LAST)))
    query = "SELECT segment, from_at, to_at, duration FROM trace_segments(%s, '{\"A\": \"us\"}', %s)"
    whole = ("us", pg_time(FIRST), pg_time(LAST), pg_interval(LAST - FIRST))
    for as_of in (None, pg_time(LAST)):
        assert rows(db, query, (oracle.trace_text(trace), as_of)) == [whole]
    assert value(db, "SELECT trace_time_in(%s, '{A}', NULL)", (oracle.trace_text(trace),)) == pg_interval(LAST - FIRST)


def test_breaks_are_no_segments(db):
    """Where events are left out the time still is somebody's."""
    text = "{A,B} | 1@2023-01-01T00:00:00Z | 2@2023-01-02T00:00:00Z |"
    found = rows(db, "SELECT segment, duration FROM trace_segments(%s, '{\"A\": \"us\", \"B\": \"user\"}', '2023-01-04Z')", (text,))
    assert found == [("us", "1 day"), ("user", "2 days")]


TRACE = "{Ny,Note,Løst} 1@2023-01-02T08:00:00Z 2@2023-01-02T09:00:00Z 3@2023-01-02T12:00:00Z 2@2023-01-02T13:00:00Z"
KNOWN = {
    "unmapped": ("{}", "2023-01-02 14:00Z", [("unknown", "06:00:00")]),
    "all notes": ('{"Ny": null, "Note": null, "Løst": null}', "2023-01-02 14:00Z", [("unknown", "06:00:00")]),
    "first a note": ('{"Ny": null, "Note": "us", "Løst": "stopped"}', "2023-01-02 14:00Z", 
                     [("unknown", "01:00:00"), ("us", "03:00:00"), ("stopped", "01:00:00"), ("us", "01:00:00")]),
    "notes go on": ('{"Ny": "us", "Note": null, "Løst": "stopped"}', "2023-01-02 14:00Z", [("us", "04:00:00"), ("stopped", "02:00:00")]),
    "all the same": ('{"Ny": "us", "Note": "us", "Løst": "us"}', "2023-01-02 14:00Z", [("us", "06:00:00")]),
    "unmapped is what is called so": ('{"Ny": "unknown"}', "2023-01-02 14:00Z", [("unknown", "06:00:00")]),
    "as_of at the start": ('{"Ny": "us"}', "2023-01-02 08:00Z", []),
    "as_of before it": ('{"Ny": "us"}', "2023-01-01Z", []),
    "as_of a microsecond after it": ('{"Ny": "us"}', "2023-01-02 08:00:00.000001Z", [("us", "00:00:00.000001")]),
    "as_of at an event": ('{"Ny": "us", "Note": null}', "2023-01-02 12:00Z", [("us", "04:00:00")]),
    "as_of at the last event": ('{"Ny": "us", "Note": "us"}', "2023-01-02 13:00Z", [("us", "04:00:00"), ("unknown", "01:00:00")]),
    "no as_of": ('{"Ny": "us", "Note": "us"}', None, [("us", "04:00:00"), ("unknown", "01:00:00")]),
}  # fmt: skip


@pytest.mark.parametrize("name", KNOWN)
def test_known_segments(db, name):
    segments, as_of, wanted = KNOWN[name]
    assert rows(db, "SELECT segment, duration FROM trace_segments(%s, %s, %s)", (TRACE, segments, as_of)) == wanted


def test_event_of_no_length(db):
    """It is left out, and its neighbours of the same segment are one."""
    text = "{A,B} 1@2023-01-01T00:00:00Z 2@2023-01-01T01:00:00Z 1@2023-01-01T01:00:00Z"
    found = rows(db, "SELECT segment, duration FROM trace_segments(%s, '{\"A\": \"us\", \"B\": \"user\"}', '2023-01-01 03:00Z')", (text,))
    assert found == [("us", "03:00:00")]


def test_single_event(db):
    text = "{A} 1@2023-01-01T00:00:00Z"
    assert rows(db, "SELECT * FROM trace_segments(%s, '{}', NULL)", (text,)) == []
    assert value(db, "SELECT trace_time_in(%s, '{A}', NULL)", (text,)) == "00:00:00"
    assert value(db, "SELECT trace_time_in(%s, '{A}', '2023-01-02 01:00Z')", (text,)) == "1 day 01:00:00"


# ---- with a calendar --------------------------------------------------------------------------


def test_segments_in_business_time(db):
    """Some calendars, one after the other in one query."""
    calendars = modern_calendars("segments", longer(12, 60))
    cases = recent_cases("business", longer(600, 6000), random_map)
    put(db, cases, "segments jsonb")
    db.execute("CREATE TEMP TABLE calendar AS SELECT n, c::business_calendar AS c FROM unnest(%s::text[]) WITH ORDINALITY u(c, n)",
               (list(map(str, calendars)),))  # fmt: skip
    found = by_log(db, f"SELECT g.n, s.* FROM given g JOIN calendar k ON k.n = g.n % {len(calendars)} + 1, trace_segments(t, segments, as_of, c) s")
    for number, case in enumerate(cases):
        calendar = calendars[number % len(calendars)]
        wanted = [(*row[:4], hours_interval(calendar.duration(b, e))) for row, (_, b, e) in zip(segment_rows(*case), holder_oracle.segments(*case))]
        assert found.get(number, []) == wanted, (str(calendar), case)


def test_business_time_adds_up(db):
    """The pieces' business time is that of the whole, and each is what business_duration gives."""
    cases = recent_cases("adds up", longer(1500, 20000), random_map)
    put(db, cases, "segments jsonb")
    calendar = "'Europe/Copenhagen; Mo-Th 08:00-15:30; Fr 08:00-14:00; PH(DK) off; Dec 24 off; 2023 Dec 31 22:00-02:00'::business_calendar"
    pieces = f"given, trace_segments(t, segments, as_of, {calendar}) s"
    assert rows(db, f"SELECT s.* FROM {pieces} WHERE business_duration IS DISTINCT FROM business_duration({calendar}, s.from_at, s.to_at)") == []
    sums = f"""SELECT n FROM given g WHERE trace_start(t) < coalesce(as_of, trace_end(t)) AND
               business_duration({calendar}, trace_start(t), coalesce(as_of, trace_end(t)))
               IS DISTINCT FROM (SELECT sum(business_duration) FROM trace_segments(t, segments, as_of, {calendar}))"""
    assert column(db, sums) == []


def test_null_calendar(db):
    """Is none."""
    found = rows(db, "SELECT segment, duration, business_duration FROM trace_segments(%s, '{}', '2023-01-03 08:00Z', NULL)", (TRACE,))
    assert found == [("unknown", "1 day", None)]
    assert value(db, "SELECT trace_time_in(%s, '{Ny,Note,Løst}', '2023-01-03 08:00Z', NULL)", (TRACE,)) == "1 day"


def test_times_outside_the_calendar(db):
    for call in ("(SELECT count(*) FROM trace_segments(t, '{}', NULL, c))", "trace_time_in(t, '{A}', NULL, c)"):
        values = "SELECT '{A} 1@1850-01-01T00:00:00Z 1@2023-01-01T00:00:00Z'::trace, 'UTC; 24/7'::business_calendar"
        error = failure(db, f"SELECT {call} FROM ({values}) v (t, c)")
        assert error.sqlstate == "22008"
        assert "1900" in message(error)


# ---- time in activities -----------------------------------------------------------------------


def random_labels(rng, trace):
    return [label for label in dict.fromkeys(oracle.activities(trace)) if rng.randrange(3)] + ["no such label"] * rng.randrange(3)


def time_in_interval(trace, labels, as_of):
    return pg_interval(sum(e - b for b, e in holder_oracle.time_in(trace, labels, as_of)))


def test_time_in(db):
    cases = cases_of(random_traces("time in", longer(3000, 50000)), "time in", random_labels)
    put(db, cases, "labels jsonb")
    labels = "ARRAY(SELECT jsonb_array_elements_text(labels))"
    found = by_log(db, f"SELECT n, trace_time_in(t, {labels}, as_of) FROM given")
    compare(found, cases, lambda *case: [(time_in_interval(*case),)])


def test_time_in_business_time(db):
    calendars = modern_calendars("time in", longer(12, 60))
    cases = recent_cases("time in", longer(600, 6000), random_labels)
    put(db, cases, "labels jsonb")
    for number, calendar in enumerate(calendars):
        found = rows(db, f"""SELECT n, trace_time_in(t, ARRAY(SELECT jsonb_array_elements_text(labels)), as_of, '{calendar}') FROM given
                             WHERE n %% {len(calendars)} = %s""", (number,))  # fmt: skip
        for case, total in found:
            wanted = hours_interval(sum(calendar.duration(b, e) for b, e in holder_oracle.time_in(*cases[case])))
            assert total == wanted, (str(calendar), cases[case])


def test_time_in_is_a_sum_of_segments(db):
    cases = recent_cases("sum", longer(1500, 20000), random_labels)
    put(db, cases, "labels jsonb")
    for calendar in ("NULL", "'Asia/Kolkata; Mo-Fr 09:30-17:30'"):
        name = "duration" if calendar == "NULL" else "business_duration"
        query = f"""SELECT n FROM given, LATERAL (SELECT ARRAY(SELECT jsonb_array_elements_text(labels))) a (activities), LATERAL
                    (SELECT coalesce(jsonb_object_agg(activity, 'asked for'), '{{}}') FROM unnest(activities) activity) m (segments) WHERE
                    extract(epoch FROM trace_time_in(t, activities, as_of, {calendar})) <> (SELECT coalesce(sum(extract(epoch FROM {name})), 0)
                    FROM trace_segments(t, m.segments, as_of, {calendar}) WHERE segment = 'asked for')"""
        assert column(db, query) == []


# ---- bad input --------------------------------------------------------------------------------


@pytest.mark.parametrize("segments", ("[]", '"us"', "1", "true", "null", '["A", "us"]', '{"A": 1}', '{"A": true}', '{"A": ["us"]}',
                                      '{"A": {"B": "us"}}', '{"A": "us", "B": 1.5}', '{"no such label": false}'))  # fmt: skip
def test_bad_map(db, segments):
    """Even where the case has none of the labels."""
    error = failure(db, "SELECT * FROM trace_segments(%s, %s, NULL)", (TRACE, segments))
    assert error.sqlstate == "22023"
    assert "segment" in message(error)


def test_bad_map_after_a_good_one(db):
    """Nothing is kept of it: the session goes on."""
    query = "SELECT segment FROM (VALUES (1, '{\"Ny\": \"us\"}'::jsonb), (2, '[]')) v (n, m), trace_segments(%s, m, NULL) WHERE n <= %s"
    assert failure(db, query, (TRACE, 2)).sqlstate == "22023"
    assert column(db, query, (TRACE, 1)) == ["us", "unknown"]


@pytest.mark.parametrize("as_of", ("infinity", "-infinity"))
@pytest.mark.parametrize("call", ("trace_segments(%s, '{}', %s)", "trace_time_in(%s, '{Ny}', %s)", "trace_overlay(%s, NULL, %s)",
                                  "trace_visits(%s, %s)"))  # fmt: skip
def test_infinite_as_of(db, call, as_of):
    error = failure(db, f"SELECT {call}", (TRACE, as_of))
    assert error.sqlstate == "22008"
    assert "as_of" in message(error)


def test_nulls(db):
    assert rows(db, "SELECT * FROM trace_segments(NULL, '{}', NULL)") == []
    assert rows(db, "SELECT * FROM trace_segments(%s, NULL, NULL)", (TRACE,)) == []
    assert value(db, "SELECT trace_time_in(NULL, '{Ny}', NULL)") is None
    assert value(db, "SELECT trace_time_in(%s, NULL, NULL)", (TRACE,)) is None
    assert rows(db, "SELECT * FROM trace_overlay(NULL, %s, NULL)", (TRACE,)) == []
    assert failure(db, "SELECT trace_time_in(%s, '{Ny,NULL}', NULL)", (TRACE,)).sqlstate == "22004"


def test_nulls_among_rows(db):
    """A NULL in between changes nothing for the rows after it."""
    query = """SELECT n, segment FROM (VALUES (1, %(t)s::trace, %(m)s::jsonb), (2, NULL, '{}'), (3, %(t)s, NULL), (4, %(t)s, %(m)s)) v (n, t, m),
                      trace_segments(t, m, NULL)"""
    assert rows(db, query, {"t": TRACE, "m": '{"Ny": "us", "Note": null}'}) == [(1, "us"), (1, "unknown"), (4, "us"), (4, "unknown")]


# ---- overlay ----------------------------------------------------------------------------------


def random_partner(rng, trace):
    """Another trace, about the same time, with some of its times; None now and then."""
    if rng.randrange(10) == 0:
        return None
    times = [at for _, at in trace.steps] + [rng.choice(trace.steps)[1] + rng.randrange(-DAY, DAY) for _ in range(rng.randint(1, 6))]
    times = [min(max(at, FIRST), LAST) for at in times]
    return Trace(tuple((rng.choice(("A", "Team 1", "Team 2", "none")), at) for at in sorted(rng.choices(times, k=rng.randint(1, len(times))))))


def overlay_rows(trace, partner, as_of):
    return [(*both, pg_time(b), pg_time(e)) for *both, b, e in holder_oracle.overlay(trace, partner, as_of)]


def put_pairs(db, seed, count):
    rng = dice(seed)
    traces = [trace for trace in random_traces(seed, count) if len(trace.steps) < 20] + [recent_trace(rng, ["A", "B"]) for _ in range(count)]
    cases = cases_of(traces, seed, random_partner)
    put(db, cases, "b trace", lambda partner: partner and oracle.trace_text(partner))
    return cases


def test_overlay(db):
    cases = put_pairs(db, "overlay", longer(1500, 20000))
    compare(by_log(db, "SELECT n, o.* FROM given, trace_overlay(t, b, as_of) o"), cases, overlay_rows)


def test_overlay_covers_everything_once(db):
    """No gap, no overlap, from the start of a to as_of or its last event; nothing of no length, no two neighbours the same."""
    put_pairs(db, "cover", longer(1500, 20000))
    db.execute("""CREATE TEMP TABLE piece AS SELECT n, o.*, lag(o.to_at) OVER w AS until, lag((o.a, o.b)::text) OVER w AS before FROM given,
                  trace_overlay(t, b, as_of) o WINDOW w AS (PARTITION BY n ORDER BY o.from_at, o.to_at)""")
    assert rows(db, "SELECT * FROM piece WHERE from_at >= to_at OR from_at <> until OR before = (a, b)::text") == []
    ends = """SELECT n FROM given LEFT JOIN (SELECT n, min(from_at), max(to_at) FROM piece GROUP BY n) p USING (n),
              LATERAL (SELECT coalesce(as_of, trace_end(t))) e (until) WHERE CASE WHEN until > trace_start(t)
              THEN (min, max) IS DISTINCT FROM (trace_start(t), until) ELSE min IS NOT NULL END"""
    assert column(db, ends) == []


def test_overlay_of_a_trace_with_itself(db):
    """Is its own segments, label for label."""
    cases = put_pairs(db, "itself", longer(300, 3000))
    found = by_log(db, "SELECT n, o.a, o.b, o.from_at, o.to_at FROM given, trace_overlay(t, t, as_of) o")
    same = {label: label for trace, _, _ in cases for label in oracle.activities(trace)}
    compare(found, cases, lambda trace, _, as_of: [(row[0], *row[:3]) for row in segment_rows(trace, same, as_of)])


def test_known_overlay(db):
    """A team that comes later than the first status, and one that goes on after the last."""
    status = "{Ny,Venter} 1@2023-01-01T08:00:00Z 2@2023-01-01T10:00:00Z 1@2023-01-01T14:00:00Z"
    team = '{"Team 1","Team 2"} 1@2023-01-01T09:00:00Z 2@2023-01-01T10:00:00Z 1@2023-01-01T12:00:00Z 2@2023-01-01T16:00:00Z'
    found = rows(db, "SELECT a, b, from_at::time::text, to_at - from_at FROM trace_overlay(%s, %s, '2023-01-01 15:00Z')", (status, team))
    assert found == [("Ny", None, "08:00:00", "01:00:00"), ("Ny", "Team 1", "09:00:00", "01:00:00"), ("Venter", "Team 2", "10:00:00", "02:00:00"),
                     ("Venter", "Team 1", "12:00:00", "02:00:00"), ("Ny", "Team 1", "14:00:00", "01:00:00")]  # fmt: skip
    assert rows(db, "SELECT a, b FROM trace_overlay(%s, NULL, NULL)", (status,)) == [("Ny", None), ("Venter", None)]
    assert rows(db, "SELECT * FROM trace_overlay(%s, %s, '2023-01-01 08:00Z')", (status, team)) == []


def test_overlay_of_long_traces(db):
    """As long as both, not as their product."""
    db.execute("SET statement_timeout = '20s'")
    times = "timestamptz '2023-01-01Z' + n * interval '1 minute'"
    made = f"""SELECT trace_agg('A' || n % 2, {times}, n) AS a, trace_agg('B' || n % 3, {times} + interval '30 s', n) AS b
               FROM generate_series(1, 200000) n"""
    assert value(db, f"SELECT count(*) FROM ({made}) x, trace_overlay(a, b, NULL)") == 2 * 200000 - 2


# ---- the real logs ----------------------------------------------------------------------------

real_logs = pytest.mark.skipif(not LOGS.is_dir(), reason=f"the real logs are not there: no folder {LOGS}")

SOME = longer("case_id LIKE '%7'", "true")
WAITS = {"servicenow_incidents": "awaiting_user", "bpi2013_incidents": "wait_user"}


@pytest.fixture(scope="module", params=WAITS)
def log(scratch, request):
    with connect(scratch) as db:
        log = Log(db, request.param)
        yield log
        log.drop()


@real_logs
def test_waiting_of_the_real_logs(log):
    """Per case and in total, for the user and for every other group of states; the rest of the time too."""
    for group in log.json("segments").values():
        states = group["wait_states"]
        waits = f"""SELECT extract(epoch FROM trace_time_in(t, %(s)s, NULL)) AS wait, extract(epoch FROM trace_duration(t)) AS whole,
                           trace_activities(t) && %(s)s AS visits FROM {log.traces}"""
        ((total, rest, visiting, mean, median, high),) = rows(log.db, f"""
            SELECT sum(wait), sum(whole - wait), count(*) FILTER (WHERE visits), avg(wait),
            percentile_cont(0.5) WITHIN GROUP (ORDER BY wait) FILTER (WHERE visits), max(wait) FROM ({waits}) x""", {"s": states})  # fmt: skip
        assert (total, rest) == (group["wait_per_case"]["sum"], group["other_per_case"]["sum"])
        assert visiting == group["cases_visiting_wait"]
        assert median == group["wait_per_visiting_case"]["median"] and high == group["wait_per_case"]["max"]
        assert abs(float(mean) - group["wait_per_case"]["mean"]) < 1e-5


@real_logs
def test_segments_of_the_real_logs(log):
    """The user's segment, and all others as unknown: the same totals."""
    group = log.json("segments")[WAITS[log.name]]
    found = rows(log.db, f"""SELECT segment, sum(extract(epoch FROM s.duration)) FROM {log.traces}, trace_segments(t, %s, NULL) s GROUP BY 1""",
                 (json.dumps({state: "user" for state in group["wait_states"]}),))  # fmt: skip
    assert dict(found) == {"user": group["wait_per_case"]["sum"], "unknown": group["other_per_case"]["sum"]}


@real_logs
@pytest.mark.parametrize("as_of", ("NULL", "timestamptz '2017-01-01Z'", "trace_start(t) + interval '3 days 7 hours'"))
def test_segments_of_a_real_case_add_up(log, as_of):
    """To the microsecond, in elapsed and in business time."""
    calendar = "'Europe/Copenhagen; Mo-Th 08:00-15:30; Fr 08:00-14:00; PH(DK) off'::business_calendar"
    segments = json.dumps({"Active": "us", "New": None, "Awaiting User Info": "user", "Accepted/In Progress": "us", "Accepted/Wait - User": "user",
                           "Queued/Awaiting Assignment": None, "Resolved": "stopped", "Accepted/Assigned": None})  # fmt: skip
    query = f"""SELECT case_id FROM {log.traces}, LATERAL (SELECT coalesce({as_of}, trace_end(t))) e (until), LATERAL
                (SELECT sum(s.duration) AS elapsed, sum(s.business_duration) AS business, min(s.from_at) AS first, max(s.to_at) AS last
                 FROM trace_segments(t, %s, {as_of}, {calendar}) s) s
                WHERE CASE WHEN until <= trace_start(t) THEN elapsed IS NOT NULL ELSE (elapsed, business, first, last) IS DISTINCT FROM
                (until - trace_start(t), business_duration({calendar}, trace_start(t), until), trace_start(t), until) END"""
    assert column(log.db, query, (segments,)) == []


@real_logs
def test_oracle_agrees_on_the_real_logs(log):
    """Every segment of many cases is what the plain implementation gives."""
    found = rows(log.db, f"SELECT case_id, activity, (extract(epoch FROM at) * 1000000)::bigint - 946684800000000, seq FROM {log.name} WHERE {SOME}")
    traces = oracle.traces(oracle.Event(*row) for row in found)
    segment_of = {"Active": "us", "Awaiting User Info": "user", "Resolved": None, "Accepted/In Progress": "us", "Accepted/Wait - User": "user",
                  "Completed/Closed": None}  # fmt: skip
    listed = by_log(log.db, f"SELECT case_id, s.* FROM {log.traces}, trace_segments(t, '{json.dumps(segment_of)}', NULL) s WHERE {SOME}")
    for case, trace in traces.items():
        assert listed.get(case, []) == segment_rows(trace, segment_of, None), case
