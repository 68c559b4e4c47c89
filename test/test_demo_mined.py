"""What the extension gives of the demo's tickets, function by function and in the mined tables, against the oracle of
the demo's year; and whether by way of the test server it is the same."""

import json
from collections import Counter, defaultdict
from datetime import timedelta
from fractions import Fraction

import psycopg
import pytest
from client import rows, value
from demo_oracle import (
    ANSWERED, AS_OF, CALENDAR, DONE, EXACT_DURATIONS, INTAKE, MICROSECOND, NOBODY, NOTES, OURS, PARTNERS, SEGMENTS,
    YEAR_BEGINS, ZERO, activities, clock, closings, counts, done_runs, edges, ended_at, handovers, is_done, landing,
    local, office_time, percentile, pieces, repeat_answers, steps, team_changes, turns, visit_outcome, visits,
    without_notes,
)
from demo_run import EVERY, made_year, ran


@pytest.fixture(scope="module")
def year():
    return made_year()


OPTIONS = {"options": "-c search_path=public,ticket_mining -c TimeZone=UTC", "autocommit": True}


@pytest.fixture(scope="module")
def db(databases):
    """Where the tickets were loaded directly, so that they are in tables."""
    with psycopg.connect(dbname=ran(databases, "direct")[0], **OPTIONS) as connection:
        yield connection


@pytest.fixture(scope="module")
def nsp(databases):
    """Where the tickets came by way of the test server."""
    with psycopg.connect(dbname=ran(databases)[0], **OPTIONS) as connection:
        yield connection


def by_ticket(found):
    cases = defaultdict(list)
    for ticket, *rest in found:
        cases[ticket].append(tuple(rest))
    return cases


# --- The functions, on the histories that the log keeps ---------------------------


def test_all_is_loaded(db, year):
    tables = ("ticket_history", "ticket_assignments", "ticket_messages")
    assert [value(db, f"SELECT count(*) FROM {name}") for name in tables] == year.sizes
    assert dict(rows(db, "SELECT id, created_at FROM tickets")) == year.created


@pytest.mark.parametrize("kind, histories", [("trace", "statuses"), ("assignments", "teams"), ("messages", "messages")])
def test_traces(db, year, kind, histories):
    found = rows(db, f"SELECT case_id, at, activity FROM support.traces, trace_events({kind}) ORDER BY case_id, event_no")
    assert by_ticket(found) == getattr(year, histories)


GRAPHS = {
    "events": "SELECT dfg_agg(ticket_id, status, changed_at, id) AS g FROM ticket_history",
    "traces": "SELECT dfg_agg(trace) AS g FROM support.traces",
    "months of creation": "SELECT dfg_union_agg(graph) AS g FROM support.graphs WHERE cohort = 'created'",
    "months of resolution": "SELECT dfg_union_agg(graph) AS g FROM support.graphs WHERE cohort = 'resolved'",
}


@pytest.mark.parametrize("graph", GRAPHS.values(), ids=GRAPHS)
def test_graph(db, year, graph):
    durations, times = edges(year.statuses)
    found = rows(db, f"""SELECT source, target, frequency, case_frequency, max_per_case, total_seconds, min, max
                         FROM ({graph}) s, dfg_edges(g)""")
    assert {(a, b): tuple(rest) for a, b, *rest in found} == {
        edge: (*counts(times[edge]), sum(all_, timedelta()).total_seconds(), min(all_), max(all_))
        for edge, all_ in durations.items()
    }
    found = rows(db, f"""SELECT activity, frequency, case_frequency, max_per_case, starts, ends
                         FROM ({graph}) s, dfg_activities(g)""")
    assert {activity: tuple(rest) for activity, *rest in found} == activities(year.statuses)
    found = rows(db, f"SELECT dfg_cases(g), dfg_events(g) FROM ({graph}) s")
    assert found == [(len(year.statuses), year.sizes[0])]


def test_percentiles(db, year):
    durations, _ = edges(year.statuses)
    for a, b, *found in rows(db, f"SELECT source, target, median, p90, p95 FROM ({GRAPHS['events']}) s, dfg_edges(g)"):
        expected = [percentile(durations[a, b], Fraction(share, 100)) for share in (50, 90, 95)]
        sketched = len(durations[a, b]) > EXACT_DURATIONS
        for got, exact in zip(found, expected):
            assert abs(got - exact) <= (exact / 100 if sketched else MICROSECOND), (a, b)


def test_variants(db, year):
    expected = Counter(tuple(label for _, label in events) for events in year.statuses.values())
    found = rows(db, "SELECT trace_activities(trace), count(*) FROM support.traces GROUP BY 1")
    assert {tuple(labels): count for labels, count in found} == expected
    assert value(db, "SELECT count(DISTINCT trace_variant(trace)) FROM support.traces") == len(expected)


def test_reopenings(db, year):
    found = rows(
        db,
        """SELECT case_id, done_at, done_as, reopened_at, reopened_as, done_again_at, done_again_as, outcome
           FROM support.traces, trace_reopenings(trace, %s, %s, %s) ORDER BY case_id, reopening_no""",
        (list(DONE), list(ANSWERED), list(NOTES)),
    )
    assert by_ticket(found) == {ticket: expected for ticket, expected in year.reopenings.items() if expected}


# The tickets answered again: an answer, then an open status, then an answer; or, of the piece from the first answer
# to the last, something is left without what is done.
AGAIN = "'Løst m. mail' ~> [^ 'Løst m. mail' Løst Lukket Note] ~> 'Løst m. mail'"
AGAIN_CHAINS = (
    [{"drop_events": ["Note"]}, {"keep_cases": {"matches": "'Løst m. mail' ~> [^ 'Løst m. mail' Løst Lukket] ~> 'Løst m. mail'"}}],
    [{"drop_events": ["Note"]}, {"crop_events": {"from": ["Løst m. mail"], "to": ["Løst m. mail"]}}, {"drop_events": ["Løst m. mail", "Løst", "Lukket"]}],
)


def test_answered_again_three_ways(db, year):
    """By trace_reopenings, by a pattern, by chains: one number, of the same tickets."""
    wanted = {ticket for ticket, all_ in year.reopenings.items() if any(one[-1] == "answered_again" for one in all_)}
    reopened = "SELECT DISTINCT case_id FROM support.traces, trace_reopenings(trace, %s, %s, %s) WHERE outcome = 'answered_again'"
    found = [{case for case, in rows(db, reopened, (list(DONE), list(ANSWERED), list(NOTES)))}]
    found.append({int(case) for case, in rows(db, "SELECT case_id FROM pattern_cases('support', %s)", (AGAIN,))})
    for chain in map(json.dumps, AGAIN_CHAINS):
        found.append({int(case) for case, in rows(db, "SELECT case_id FROM filter_cases('support', %s)", (chain,))})
        assert rows(db, "SELECT cases FROM explain_filter('support', %s) ORDER BY step_no DESC LIMIT 1", (chain,)) == [(len(wanted),)]
    assert found == [wanted] * 4 and len(wanted) > 100 / EVERY
    assert value(db, "SELECT sum(is_answered_again) FROM support.cases") == len(wanted)


def test_reopen_and_repeat_counts(db, year):
    found = rows(db, """SELECT case_id, trace_reopen_count(trace, %(done)s, notes => %(notes)s),
                               trace_repeat_count(trace, %(done)s, %(answered)s, %(notes)s) FROM support.traces""",
                 {"done": list(DONE), "answered": list(ANSWERED), "notes": list(NOTES)})
    assert {ticket: tuple(found_counts) for ticket, *found_counts in found} == {
        ticket: (len(year.reopenings[ticket]), repeat_answers(events)) for ticket, events in year.statuses.items()
    }


def test_visits(db, year):
    found = rows(db, """SELECT case_id, team, from_at, to_at, next_team, is_return, is_bounce
                        FROM support.traces, trace_visits(assignments, %s) ORDER BY case_id, visit_no""", (AS_OF,))
    assert by_ticket(found) == {ticket: list(map(tuple, visits(events))) for ticket, events in year.teams.items()}


def test_handover_counts(db, year):
    found = dict(rows(db, "SELECT case_id, trace_handover_count(assignments) FROM support.traces "
                          "WHERE assignments IS NOT NULL"))
    assert found == {ticket: len(handovers(events)) for ticket, events in year.teams.items()}


def test_landing(db, year):
    """By every solution of a ticket, and by any time at all."""
    resolutions = {t: {run[0][0] for run in done_runs(events)} for t, events in year.statuses.items()}
    times = [(t, at) for t, all_ in resolutions.items() for at in all_ | {YEAR_BEGINS} if t in year.teams]
    found = rows(db, """SELECT case_id, at, trace_landing(assignments, at, %s) FROM support.traces
                        JOIN unnest(%s::bigint[], %s::timestamptz[]) u (case_id, at) USING (case_id)""",
                 ([INTAKE], *map(list, zip(*times))))
    assert len(found) == len(times)
    assert [one for one in found if one[2] != landing(year.teams[one[0]], one[1])] == []


def test_messages_and_turns(db, year):
    found = rows(db, """SELECT case_id, trace_messages_in(messages), trace_messages_out(messages), trace_turns(messages)
                        FROM support.traces WHERE messages IS NOT NULL""")
    assert {ticket: tuple(rest) for ticket, *rest in found} == {
        ticket: (*ways(events), turns(events)) for ticket, events in year.messages.items()
    }


def test_segments(db, year):
    """Of the traces with their notes, which change nothing."""
    found = rows(db, """SELECT case_id, segment, from_at, to_at, duration, business_duration
                        FROM support.traces, trace_segments(trace, %s, %s, %s) ORDER BY case_id, from_at""",
                 (json.dumps({**SEGMENTS, "Note": None}), AS_OF, CALENDAR))
    found = by_ticket(found)
    for ticket in year.whole_histories():
        expected = []
        for status, _, a, b in pieces(year.statuses[ticket], [], AS_OF):
            if expected and expected[-1][0] == SEGMENTS[status]:
                a = expected.pop()[1]
            expected.append((SEGMENTS[status], a, b, b - a, office_time(a, b)))
        assert found[ticket] == expected


def test_overlay(db, year):
    found = rows(db, """SELECT case_id, o.* FROM support.traces,
                        trace_overlay(trace_drop(trace, %s), assignments, %s) o ORDER BY case_id, from_at""",
                 (list(NOTES), AS_OF))
    assert by_ticket(found) == {
        ticket: pieces(events, year.teams.get(ticket, []), AS_OF) for ticket, events in year.statuses.items()
    }


# --- The mined tables -------------------------------------------------------------

NO_TIME = (None, None)


def ways(messages):
    return [sum(way == wanted for _, way in messages) for wanted in ("in", "out")]


def seconds(duration):
    return None if duration is None else duration.total_seconds()


def cases_with(db, columns):
    """{ticket: (column, ...)} of the mined cases."""
    return {ticket: tuple(rest) for ticket, *rest in rows(db, f"SELECT case_id, {columns} FROM support.cases")}


def test_cases_by_status(db, year):
    found = cases_with(db, """case_no, url, channel, status, created_at, created_date, first_resolved_at, resolved_at,
                              closed_at, is_open, is_resolved, is_cut_off, age_seconds, event_count, note_count""")
    for ticket, events in year.statuses.items():
        solved = [local(run[0][0]) for run in done_runs(events)] or [None]
        closed = [local(at) for at in closings(events)] or [None]
        created, number, states = local(events[0][0]), year.numbers[ticket], without_notes(events)
        age = None if is_done(events) or ticket in year.cut_off else seconds(AS_OF - events[0][0])
        assert found[ticket] == (
            number, f"https://desk.example/ticket/{number}", year.channels[ticket], states[-1][1], created,
            created.date(), solved[0], solved[-1], closed[-1], not is_done(events), solved[0] is not None,
            ticket in year.cut_off, age, len(events), len(events) - len(states))


def test_cases_by_reopenings(db, year):
    found = cases_with(db, """reopening_count, answered_again_count, first_answer_count, silent_count, unfinished_count,
                              is_reopened, is_answered_again, repeat_answer_count""")
    for ticket, all_ in year.reopenings.items():
        times = Counter(one[-1] for one in all_)
        kinds = [times[kind] for kind in ("answered_again", "first_answer", "silent", "open")]
        assert found[ticket] == (len(all_), *kinds, bool(all_), bool(kinds[0]), repeat_answers(year.statuses[ticket]))


def is_returned(source, target, is_return):
    return is_return and source in PARTNERS and target in OURS


def test_cases_by_teams(db, year):
    found = cases_with(db, """first_team, resolving_team, current_team, handover_count, landing, first_time_right,
                              is_returned_by_partner, is_ping_pong, messages_in, messages_out, turns""")
    right = {"direct": 1, "forwarded": 1, "rerouted": 0, None: None}
    for ticket, events in year.statuses.items():
        teams, messages = year.teams.get(ticket, []), year.messages.get(ticket, [])
        solved = [run[0][0] for run in done_runs(events)][:1]
        by_then = team_changes([one for one in teams if solved and one[0] <= solved[0]])
        landed = landing(teams, solved[0]) if solved and ticket not in year.cut_off else None
        changes = handovers(teams)
        assert found[ticket] == (
            (team_changes(teams) or [NOBODY])[0], (by_then or [NOBODY])[-1], teams[-1][1] if teams else NOBODY,
            len(changes), landed, right[landed], any(is_returned(a, b, back) for _, a, b, back, _ in changes),
            any(bounce for *_, bounce in changes), *ways(messages), turns(messages))


HOLDERS = ("us", "partner", "user", "blocked", "stopped", "unknown")
EXCLUDED = ("user", "blocked", "stopped")


def test_cases_by_time(db, year):
    names = [f"{name}_seconds" for name in ("total", "real", *HOLDERS, "other")]
    found = cases_with(db, ", ".join(names + [f"business_{name}" for name in names]))
    holders = year.holders()
    for ticket in year.statuses:
        expected = []
        for times in holders.get(ticket, ()):
            real = sum((time for who, time in times.items() if who not in EXCLUDED), ZERO)
            expected += [sum(times.values(), ZERO), real, *(times.get(who, ZERO) for who in HOLDERS), ZERO]
        assert found[ticket] == tuple(map(seconds, expected or [None] * 18)), ticket


def test_case_edges(db, year):
    expected = {}
    for ticket, events in year.statuses.items():
        durations = defaultdict(list)
        for (from_at, a), (to_at, b) in zip(events, events[1:]):
            durations[a, b].append((to_at - from_at, office_time(from_at, to_at)))
        for (a, b), all_ in durations.items():
            times, office_times = zip(*all_)
            figures = (sum(times, ZERO), min(times), max(times), sum(office_times, ZERO))
            expected[ticket, a, b] = (len(all_), *map(seconds, figures))
    found = rows(db, """SELECT case_id, source, target, frequency, total_seconds, min_seconds, max_seconds,
                        business_total_seconds FROM support.case_edges""")
    assert {row[:3]: row[3:] for row in found} == expected


def test_events(db, year):
    found = by_ticket(rows(db, """SELECT case_id, at, activity, is_note, next_activity, seconds_to_next
                                  FROM support.events ORDER BY case_id, event_no"""))
    for ticket, events in year.statuses.items():
        following = [(b, seconds(duration)) for _, b, duration in steps(events)] + [("none", None)]
        assert found[ticket] == [(local(at), label, label in NOTES, *following_one)
                                 for (at, label), following_one in zip(events, following)]


def test_edge_stats(db, year):
    durations, times = edges(year.statuses)
    found = {row[:2]: row[2:] for row in rows(db, """
        SELECT source, target, frequency, case_frequency, max_per_case, total_seconds, min_seconds, max_seconds,
               median_seconds, p90_seconds, p95_seconds FROM support.edge_stats WHERE clock = 'elapsed'""")}
    assert found.keys() == durations.keys()
    for edge, all_ in durations.items():
        assert found[edge][:6] == (*counts(times[edge]), *map(seconds, (sum(all_, ZERO), min(all_), max(all_))))
        for got, share in zip(found[edge][6:], (50, 90, 95)):
            exact = seconds(percentile(all_, Fraction(share, 100)))
            assert abs(got - exact) <= (exact / 100 if len(all_) > EXACT_DURATIONS else 1e-6), edge


def test_mined_variants(db, year):
    expected = Counter(" → ".join(label for _, label in events) for events in year.statuses.values())
    found = rows(db, "SELECT activities, cases, rank, share, cumulative_share FROM support.variants ORDER BY rank")
    assert {activities_: cases for activities_, cases, *_ in found} == expected
    so_far = 0
    for rank, (_, cases, found_rank, share, cumulative) in enumerate(found, 1):
        so_far += cases
        wanted = (cases / len(year.statuses), so_far / len(year.statuses))
        assert found_rank == rank and (share, cumulative) == pytest.approx(wanted, abs=1e-12)


def test_segment_visits(db, year):
    found = by_ticket(rows(db, """SELECT case_id, segment, from_at, to_at, is_running, seconds, business_seconds
                                  FROM support.segment_visits ORDER BY case_id, visit_no"""))
    for ticket, events in year.statuses.items():
        expected = []
        for who, a, b in year.holds(ticket):
            times = NO_TIME if ticket in year.cut_off else (seconds(b - a), seconds(office_time(a, b)))
            expected.append((who, local(a), local(b), not is_done(events) and b == AS_OF, *times))
        assert found.get(ticket, []) == expected, ticket


def test_team_visits(db, year):
    found = by_ticket(rows(db, """
        SELECT case_id, team, from_at, to_at, next_team, outcome, is_running, is_return, is_bounce,
               elapsed_seconds, own_seconds, business_elapsed_seconds, business_own_seconds
        FROM support.team_visits ORDER BY case_id, visit_no"""))
    for ticket, teams in year.teams.items():
        events, expected = year.statuses[ticket], []
        for visit in visits(teams):
            is_last = visit.to_at == AS_OF
            to_at = visit.to_at if not is_last else max(visit.from_at, ended_at(events)) if is_done(events) else None
            times = [None] * 4 if ticket in year.cut_off else map(seconds, clock(visit, events))
            expected.append((
                visit.team, local(visit.from_at), local(to_at), visit.next_team or NOBODY,
                visit_outcome(visit, events, teams), is_last and not is_done(events), visit.is_return, visit.is_bounce,
                *times))
        assert found[ticket] == expected, ticket


def test_handovers(db, year):
    found = rows(db, """SELECT case_id, at, source, target, is_return, is_bounce, is_returned_by_partner
                        FROM support.handovers ORDER BY case_id, handover_no""")
    assert sorted(found) == sorted(
        (ticket, local(at), a, b, back, bounce, is_returned(a, b, back))
        for ticket, at, a, b, back, bounce in year.handovers())


def test_mined_reopenings(db, year):
    found = by_ticket(rows(db, """
        SELECT case_id, done_at, done_as, reopened_at, reopened_as, done_again_at, done_again_as, outcome,
               round(days_after * 86400), is_within_30_days, is_after_message_in, messages_out_between
        FROM support.reopenings ORDER BY case_id, reopening_no"""))
    for ticket, all_ in year.reopenings.items():
        expected = []
        for done_at, done_as, at, label, again_at, again_as, kind in all_:
            messages, until = year.messages.get(ticket, []), again_at or AS_OF
            mailed = any(way == "in" and done_at < when <= at for when, way in messages)
            between = sum(way == "out" and at <= when <= until for when, way in messages)
            expected.append((local(done_at), done_as, local(at), label, local(again_at), again_as or "none", kind,
                             seconds(at - done_at), at - done_at <= timedelta(days=30), mailed, between))
        assert found[ticket] == expected, ticket


def test_mined_messages(db, year):
    found = by_ticket(rows(db, """SELECT case_id, at, direction, is_in, is_out, is_turn, is_long_wait
                                  FROM support.messages ORDER BY case_id, message_no"""))
    for ticket, messages in year.messages.items():
        expected, before = [], None
        for n, (at, way) in enumerate(messages):
            written = way in ("in", "out")
            is_turn = written and before not in (None, way)
            before = way if written else before
            following = messages[n + 1][0] if n + 1 < len(messages) else AS_OF
            expected.append((local(at), way, way == "in", way == "out", is_turn,
                             way == "out" and waits_long(year, ticket, at, following)))
        assert found[ticket] == expected, ticket


def waits_long(year, ticket, at, until):
    events = year.statuses[ticket]
    return any(SEGMENTS[status] == "us" and team not in PARTNERS and a <= at < b and min(b, until) - at >= timedelta(days=7)
               for status, team, a, b in pieces(events, year.teams.get(ticket, []), ended_at(events)))


def test_case_months(db, year):
    names = ("is_created", "is_resolved", "is_closed", "is_active", "is_open_at_end", "is_reopened",
             "is_reopened_within_30_days", "is_answered_again")
    found = rows(db, f"SELECT month, case_id, {', '.join(names)} FROM support.case_months")
    assert {row[:2]: {name for name, flag in zip(names, row[2:]) if flag} for row in found} == {
        (month, ticket): was for month, tickets in year.months().items() for ticket, was in tickets.items()
    }


def test_case_histories(db, year):
    """Of tickets all over the year, and of all that were reopened more than once."""
    sample = set(sorted(year.statuses)[::500]) | {ticket for ticket, all_ in year.reopenings.items() if len(all_) > 2}
    for ticket in sample:
        found = rows(db, "SELECT * FROM case_history('support', %s)", (year.numbers[ticket],))
        assert found == [(local(at), *words, seconds(lasts), seconds(office))
                         for at, *words, lasts, office in year.history(ticket)], ticket


# --- By way of the test server ------------------------------------------------------

# Numbers in the order of refreshing, and sums over the rows of the relations as they are.
OF_THE_WAY = ("case_key", "checksum", "attributes_checksum")


def columns(db):
    """{table: its columns in order of name} of the mined tables and the maps."""
    return dict(rows(db, """
        SELECT relname::text, array_agg(attname::text ORDER BY attname)
        FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
        WHERE relnamespace = 'support'::regnamespace AND relkind = 'r' AND relname NOT IN ('settings', 'refreshes')
        AND attname <> ALL (%s) GROUP BY relname""", (list(OF_THE_WAY),)))


def differences(one, query, other, other_query):
    """Rows that only one of two queries gives, a few of each."""
    found, expected = Counter(rows(one, query)), Counter(rows(other, other_query))
    return [list((found - expected).items())[:3], list((expected - found).items())[:3]]


def test_same_tables_by_way_of_the_server(db, nsp):
    assert columns(nsp) == columns(db)
    mined = {name for name, in rows(db, "SELECT table_name FROM mined_tables")}
    assert columns(db).keys() >= mined | {"activity_map", "team_map"}


def test_same_rows_by_way_of_the_server(db, nsp):
    for table, names in columns(db).items():
        query = f"SELECT r::text FROM (SELECT {', '.join(names)} FROM support.{table}) r"
        assert differences(nsp, query, db, query) == [[], []], table


@pytest.mark.parametrize("relation", ["events", "assignments", "messages", "cases"])
def test_same_relations_by_way_of_the_server(db, nsp, relation):
    """Less the numbers of the rows, which differ, but are in the same order: see the traces."""
    names = sorted({name for name, in rows(db, """
        SELECT attname::text FROM pg_attribute WHERE attrelid = %s::regclass AND attname <> 'seq'""", (f"desk_{relation}",))})
    query = f"SELECT {', '.join(names)} FROM"
    assert differences(nsp, f"{query} nsp.{relation}", db, f"{query} desk_{relation}") == [[], []]
