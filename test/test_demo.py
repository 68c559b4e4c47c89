"""The demo's year of tickets against an oracle in plain Python.

The oracle reads the generator's CSV files and follows the README's definitions
the shortest way, without any code of the extension. Its figures must be those
that the extension gives in the database the demo was run in, and those that
the demo prints.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import time, timedelta
from fractions import Fraction

import psycopg
import pytest
from client import program, rows, value
from demo_oracle import (
    ANSWERED, AS_OF, CALENDAR, DEMO, DONE, EXACT_DURATIONS, FILES, INTAKE, MICROSECOND, NOBODY,
    NOTES, OURS, PARTNERS, SEGMENTS, SHA256, YEAR_BEGINS, YEAR_ENDS, Year, ZERO, activities, clock,
    counts, done_runs, edges, ended_at, half_and_most, handovers, holder, hours, in_year, instant,
    is_done, landing, last_before, minute, office_time, outcome, percent, percentile, pieces,
    readable, repeat_answers, resolved_at, steps, team_changes, turns, visits, without_notes,
)

# --- Running generator and demo -----------------------------------------------


def generate(directory, **environment):
    command = [sys.executable, "-B", DEMO / "tickets.py", directory]
    subprocess.run(command, env={**os.environ, **environment}, check=True)
    return directory


def run_demo(database, **options):
    path = os.path.dirname(program("psql")) + os.pathsep + os.environ["PATH"]
    environment = {**os.environ, "PATH": path, "PGDATABASE": database}
    return subprocess.run([DEMO / "run"], text=True, encoding="utf-8", capture_output=True, env=environment, **options)


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return generate(tmp_path_factory.mktemp("year"))


@pytest.fixture(scope="module")
def year(directory):
    return Year(directory)


@pytest.fixture(scope="module")
def holders(year):
    return year.holders()


@pytest.fixture(scope="module")
def demo(databases):
    """A database that the demo was run in, and what it printed."""
    database = databases.create(options="ENCODING 'UTF8' LOCALE 'C'")
    done = run_demo(database)
    assert (done.returncode, done.stderr) == (0, "")
    return database, done.stdout


@pytest.fixture
def db(demo):
    with psycopg.connect(dbname=demo[0], options="-c search_path=public,ticket_mining -c TimeZone=UTC") as connection:
        yield connection


@pytest.fixture(scope="module")
def printed(demo):
    """The printed tables: {heading: [cells of a row, ...]}."""
    tables, heading = {}, None
    for line in demo[1].splitlines():
        if "│" in line:
            tables[heading].append([cell.strip() for cell in line.split("│")])
        elif line and line[0] != "─":
            heading = line
            tables[heading] = []
    return {heading: table[1:] for heading, table in tables.items() if table}


def table(printed, beginning):
    (found,) = [rows for heading, rows in printed.items() if heading.startswith(beginning)]
    return found


# --- The generator ------------------------------------------------------------


@pytest.mark.parametrize("environment", [{}, {"PYTHONHASHSEED": "1", "TZ": "Asia/Kathmandu", "LC_ALL": "C"}])
def test_same_bytes_everywhere(tmp_path, environment):
    generate(tmp_path, **environment)
    together = b"".join((tmp_path / name).read_bytes() for name in FILES)
    assert hashlib.sha256(together).hexdigest() == SHA256


def test_shape_of_the_year(year):
    solved = year.solved_in_year()
    assert 11_000 <= len(year.created_in_year()) <= 12_000
    assert 12_500 <= len(solved) <= 13_500
    assert len(solved - year.created_in_year()) >= 1_500
    assert 250 <= len(year.with_outcome("answered_again")) <= 450
    assert set(year.statuses) == set(year.created)


def test_histories_end_with_the_year(year):
    for cases in (year.statuses, year.teams, year.messages):
        assert max(events[-1][0] for events in cases.values()) < YEAR_ENDS


def test_reopenings_of_every_kind(year):
    for kind in ("answered_again", "first_answer", "silent", "open"):
        assert len(year.with_outcome(kind)) >= 20, kind
    assert sum(repeat_answers(events) > 0 for events in year.statuses.values()) >= 20


def special_tickets(year):
    """Tickets of the kinds that mining easily gets wrong."""
    found = Counter()
    for ticket, events in year.statuses.items():
        labels = [label for _, label in events]
        ties = [(a, b) for a, b, duration in steps(events) if not duration]
        teams = team_changes(year.teams.get(ticket, []))
        found["cut off at the front"] += ticket in year.cut_off
        found["never closed"] += without_notes(events)[-1][1] not in DONE
        found["solved, then closed"] += ("Løst", "Lukket") in zip(labels, labels[1:])
        found["closed, then reopened"] += ("Lukket", "Genåbnet") in zip(labels, labels[1:])
        found["waits for the user"] += "Afventer bruger" in labels
        found["waits for a vendor"] += "Afventer leverandør" in labels
        found["waits for a parcel"] += "Afventer pakke" in labels
        found["note on a solved ticket"] += any(a in DONE and b in NOTES for a, b in zip(labels, labels[1:]))
        found["exact duplicates"] += any(a == b for a, b in ties)
        found["ties that labels would order otherwise"] += any(a.encode() > b.encode() for a, b in ties)
        found["ping-pong"] += any(a == c for a, c in zip(teams, teams[2:]))
        found["at a partner"] += any(team.startswith("Leverandør") for team in teams)
        found["given to nobody"] += any(team == NOBODY for _, team in year.teams.get(ticket, []))
    return found


def test_special_kinds_are_in(year):
    found = special_tickets(year)
    assert {kind: count for kind, count in found.items() if count < 20} == {}


def test_one_save_writes_several_rows(year):
    """A mail that reopens is saved in one second with the reopening."""
    mails = {(ticket, at) for ticket, events in year.messages.items() for at, way in events if way == "in"}
    reopened = {(ticket, found[2]) for ticket, all_found in year.reopenings.items() for found in all_found}
    assert reopened and reopened <= mails
    assert sum(count > 1 for count in year.saves.values()) >= 1_000


def test_daylight_saving_nights(year):
    """Something happens in the hour that is left out and in both that have the same name."""
    seen = {at.replace(minute=0, second=0) for events in year.statuses.values() for at, _ in events}
    for hour in ("2023-03-26T00", "2023-03-26T01", "2023-10-29T00", "2023-10-29T01"):
        assert instant(hour + ":00:00+00:00") in seen


def test_most_happens_by_day(year):
    by_people = [at for events in year.statuses.values() for at, label in events if label != "Lukket"]
    local_hours = Counter((at.hour + 1) % 24 for at in by_people)
    office = sum(local_hours[hour] for hour in range(6, 16))
    assert 0.9 < office / sum(local_hours.values()) < 1


# --- The extension against the oracle -------------------------------------------


def test_all_is_loaded(db, year):
    tables = ("ticket_history", "ticket_assignments", "ticket_messages")
    assert [value(db, f"SELECT count(*) FROM {name}") for name in tables] == year.sizes
    assert dict(rows(db, "SELECT id, created_at FROM tickets")) == year.created


def test_traces(db, year):
    found = rows(db, """SELECT ticket_id, array_agg(at ORDER BY event_no), array_agg(activity ORDER BY event_no)
                        FROM ticket_traces, trace_events(trace) GROUP BY ticket_id""")
    assert {ticket: list(zip(ats, labels)) for ticket, ats, labels in found} == year.statuses


GRAPHS = {
    "events": "SELECT dfg_agg(ticket_id, status, changed_at, id) AS g FROM ticket_history",
    "traces": "SELECT dfg_agg(trace) AS g FROM ticket_traces",
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
    found = rows(db, "SELECT trace_activities(trace), count(*) FROM ticket_traces GROUP BY 1")
    assert {tuple(labels): count for labels, count in found} == expected
    assert value(db, "SELECT count(DISTINCT trace_variant(trace)) FROM ticket_traces") == len(expected)


def test_reopenings(db, year):
    found = defaultdict(list)
    for ticket, *rest in rows(
        db,
        """SELECT ticket_id, done_at, done_as, reopened_at, reopened_as, done_again_at, done_again_as, outcome
           FROM ticket_traces, trace_reopenings(trace, %s, %s, %s) ORDER BY ticket_id, reopening_no""",
        (list(DONE), list(ANSWERED), list(NOTES)),
    ):
        found[ticket].append(tuple(rest))
    assert found == {ticket: expected for ticket, expected in year.reopenings.items() if expected}


def test_reopen_and_repeat_counts(db, year):
    found = rows(db, """SELECT ticket_id, trace_reopen_count(trace, %(done)s, notes => %(notes)s),
                               trace_repeat_count(trace, %(done)s, %(answered)s, %(notes)s) FROM ticket_traces""",
                 {"done": list(DONE), "answered": list(ANSWERED), "notes": list(NOTES)})
    assert {ticket: tuple(found_counts) for ticket, *found_counts in found} == {
        ticket: (len(year.reopenings[ticket]), repeat_answers(events)) for ticket, events in year.statuses.items()
    }


# --- Time, teams and messages against the oracle ----------------------------------


def traces(table, label, time):
    """A query for the traces of a table of the demo: (ticket_id, t)."""
    return f"(SELECT ticket_id, trace_agg({label}, {time}, id) AS t FROM {table} GROUP BY ticket_id)"


STATUSES = traces("ticket_history", "status", "changed_at") + " s"
TEAMS = traces("ticket_assignments", "coalesce(team, 'none')", "changed_at") + " a"
MESSAGES = traces("ticket_messages", "direction", "sent_at") + " m"


def by_ticket(found):
    cases = defaultdict(list)
    for ticket, *rest in found:
        cases[ticket].append(tuple(rest))
    return cases


def test_visits(db, year):
    found = rows(db, f"""SELECT ticket_id, team, from_at, to_at, next_team, is_return, is_bounce
                         FROM {TEAMS}, trace_visits(t, %s) ORDER BY ticket_id, visit_no""", (AS_OF,))
    assert by_ticket(found) == {ticket: list(map(tuple, visits(events))) for ticket, events in year.teams.items()}


def test_handover_counts(db, year):
    found = dict(rows(db, f"SELECT ticket_id, trace_handover_count(t) FROM {TEAMS}"))
    assert found == {ticket: len(handovers(events)) for ticket, events in year.teams.items()}


def test_landing(db, year):
    """By every solution of a ticket, and by any time at all."""
    resolutions = {t: {run[0][0] for run in done_runs(events)} for t, events in year.statuses.items()}
    times = [(t, at) for t, all_ in resolutions.items() for at in all_ | {YEAR_BEGINS} if t in year.teams]
    found = rows(db, f"""SELECT ticket_id, at, trace_landing(t, at, %s) FROM {TEAMS}
                         JOIN unnest(%s::bigint[], %s::timestamptz[]) u (ticket_id, at) USING (ticket_id)""",
                 ([INTAKE], *map(list, zip(*times))))
    assert len(found) == len(times)
    assert [one for one in found if one[2] != landing(year.teams[one[0]], one[1])] == []


def test_messages_and_turns(db, year):
    found = rows(db, f"SELECT ticket_id, trace_messages_in(t), trace_messages_out(t), trace_turns(t) FROM {MESSAGES}")
    assert {ticket: tuple(rest) for ticket, *rest in found} == {
        ticket: (*(sum(way == wanted for _, way in events) for wanted in ("in", "out")), turns(events))
        for ticket, events in year.messages.items()
    }


def test_segments(db, year):
    """Of the traces with their notes, which change nothing."""
    found = rows(db, f"""SELECT ticket_id, segment, from_at, to_at, duration, business_duration
                         FROM {STATUSES}, trace_segments(t, %s, %s, %s) ORDER BY ticket_id, from_at""",
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
    statuses = traces("ticket_history WHERE status <> 'Note'", "status", "changed_at") + " s"
    found = rows(db, f"""SELECT ticket_id, o.* FROM {statuses} LEFT JOIN {TEAMS} USING (ticket_id),
                         trace_overlay(s.t, a.t, %s) o ORDER BY ticket_id, from_at""", (AS_OF,))
    assert by_ticket(found) == {
        ticket: pieces(events, year.teams.get(ticket, []), AS_OF) for ticket, events in year.statuses.items()
    }


# --- What the demo prints -------------------------------------------------------


def test_prints_what_was_loaded(printed, year):
    found = {what: int(number) for what, number, *_ in table(printed, "What was loaded")}
    assert found == {
        "tickets": len(year.created),
        "- created in 2023": len(year.created_in_year()),
        "- solved in 2023": len(year.solved_in_year()),
        "- with a history cut off at the front": len(year.cut_off),
        **dict(zip(("status changes and notes", "team assignments", "messages"), year.sizes)),
    }


def test_prints_the_process_map(printed, year):
    durations, times = edges(year.statuses)
    found = {(a, b): rest for a, b, *rest in table(printed, "The process map")}
    by_tickets = sorted(times, key=lambda edge: (-len(times[edge]), -len(durations[edge]), *map(str.encode, edge)))
    assert list(found) == by_tickets[:20]
    for edge, (*printed_counts, median, p90) in found.items():
        assert tuple(map(int, printed_counts)) == counts(times[edge])
        if len(durations[edge]) <= EXACT_DURATIONS:
            expected = [percentile(durations[edge], Fraction(share, 100)) for share in (50, 90)]
            assert [median, p90] == list(map(readable, expected))


def test_prints_the_variants(printed, year):
    tickets = defaultdict(list)
    for ticket, events in year.statuses.items():
        tickets[tuple(label for _, label in events)].append(ticket)
    ranked = sorted(tickets, key=lambda labels: (-len(tickets[labels]), [label.encode() for label in labels]))
    expected, so_far = [], 0
    for rank, labels in enumerate(ranked[:10], 1):
        alike = tickets[labels]
        so_far += len(alike)
        shares = [f"{100 * count / len(year.statuses):.1f}" for count in (len(alike), so_far)]
        lengths = [year.statuses[ticket][-1][0] - year.statuses[ticket][0][0] for ticket in alike]
        median = readable(percentile(lengths, Fraction(1, 2)))
        expected.append([str(rank), str(len(alike)), *shares, median, year.numbers[max(alike)], " → ".join(labels)])
    assert table(printed, f"The ten most frequent of {len(ranked)} variants") == expected


def test_prints_the_reopened_tickets(printed, year):
    found = {kind: (int(times), int(tickets)) for kind, times, tickets, _ in table(printed, "Q3. Reopenings")}
    times = Counter(one for all_ in year.reopenings.values() for *_, one in all_)
    repeats = [n for n in map(repeat_answers, year.statuses.values()) if n]
    assert found == {
        **{kind: (count, len(year.with_outcome(kind))) for kind, count in times.items()},
        "all of them": (sum(times.values()), sum(bool(all_) for all_ in year.reopenings.values())),
        "beside them: repeat answer": (sum(repeats), len(repeats)),
    }


def test_prints_the_rate(printed, year):
    base = year.solved_in_year()
    of_year = {t: [one for one in all_ if in_year(one[0])] for t, all_ in year.reopenings.items()}
    reopened = {t for t, all_ in of_year.items() if all_}
    again = {t for t in reopened for *_, kind in of_year[t] if kind == "answered_again"}
    assert again <= reopened <= base
    expected = [len(base), len(reopened), percent(len(reopened), len(base)), len(again), percent(len(again), len(base))]
    assert table(printed, "The rate") == [list(map(str, expected))]


def test_prints_the_newest_tickets(printed, year):
    last_again = {}
    for ticket, all_ in year.reopenings.items():
        last_again.update({ticket: one[4] for one in all_ if one[-1] == "answered_again"})
    newest = sorted(((at, ticket) for ticket, at in last_again.items()), reverse=True)[:4]
    found = table(printed, "The four newest of the tickets")
    assert [(number, int(ticket)) for number, ticket, *_ in found] == [(year.numbers[t], t) for _, t in newest]
    assert [row[4] for row in found] == [minute(at) for at, _ in newest]


# --- The five answers -------------------------------------------------------------

OUTCOMES = ("resolved", "closed", "returned", "passed_on", "open")


def ages(year, found):
    """The age of each open visit of a ticket with its whole history: [(age, ticket, visit)]."""
    return [(clock(visit, year.statuses[ticket]).elapsed, ticket, visit)
            for ticket, visit, outcome in found if outcome == "open" and ticket not in year.cut_off]


def test_prints_the_visits_of_partners(printed, year):
    expected = []
    for partner, teams in [*((team, [team]) for team in PARTNERS), ("all partners", PARTNERS)]:
        found = year.visits(teams)
        outcomes = Counter(outcome for *_, outcome in found)
        open_ages = [age for age, *_ in ages(year, found)]
        expected.append([
            partner, str(len(found)), str(len({ticket for ticket, *_ in found})),
            *(percent(outcomes[outcome], len(found)) for outcome in OUTCOMES), str(outcomes["open"]),
            readable(percentile(open_ages, Fraction(1, 2))), readable(max(open_ages))])
    assert table(printed, "Q1. Partners") == expected


def test_prints_the_time_of_visits(printed, year):
    expected = []
    for team in PARTNERS:
        clocks = [clock(visit, year.statuses[ticket]) for ticket, visit, outcome in year.visits([team])
                  if outcome != "open" and ticket not in year.cut_off]
        elapsed, own, office, own_office = map(half_and_most, zip(*clocks))
        expected.append([team, str(len(clocks)), *map(readable, elapsed + own), *map(hours, office + own_office)])
    finished_and_cut_off = [t for t, _, outcome in year.visits(PARTNERS) if outcome != "open" and t in year.cut_off]
    heading = f"How long the finished visits took, without {len(finished_and_cut_off)} of cut-off tickets"
    assert table(printed, heading) == expected


def test_prints_the_oldest_open_visits(printed, year):
    expected = []
    for age, ticket, visit in sorted(ages(year, year.visits(PARTNERS)), key=lambda one: (-one[0], one[1]))[:5]:
        own = clock(visit, year.statuses[ticket])
        expected.append([year.numbers[ticket], str(ticket), visit.team, minute(visit.from_at), readable(age),
                         readable(own.own), hours(own.own_office), last_before(year.statuses[ticket], AS_OF)])
    assert table(printed, "The oldest open visits") == expected


def test_prints_the_landing(printed, year):
    solved = {ticket: resolved_at(events) for ticket, events in year.statuses.items() if done_runs(events)}
    first_solved = [ticket for ticket, at in solved.items() if in_year(at)]
    landed = Counter(landing(year.teams.get(ticket, []), solved[ticket])
                     for ticket in first_solved if ticket not in year.cut_off)
    base = landed["direct"] + landed["forwarded"] + landed["rerouted"]
    counts_ = [landed["direct"], landed["forwarded"], base - landed["rerouted"], landed["rerouted"], base]
    found = [row[1:3] for row in table(printed, "Q2. Landing")]
    assert found[:5] == [[str(count), percent(count, base)] for count in counts_]
    assert found[5:] == [[str(len(first_solved) - base), ""]]


def test_prints_the_handover_matrix(printed, year):
    tickets, times = defaultdict(set), Counter()
    for ticket, _, source, target, *_ in year.handovers():
        times[source] += 1
        tickets[source].add(ticket)
        tickets[source, target].add(ticket)
    teams = OURS + PARTNERS
    assert table(printed, "Handover matrix") == [
        [f"{no} {source}", *(str(len(tickets[source, target]) or "") for target in teams),
         str(len(tickets[source])), str(times[source])]
        for no, source in enumerate(teams, 1)
    ]


def test_prints_what_partners_returned(printed, year):
    expected = []
    for partner in PARTNERS:
        had = {ticket for ticket, *_ in year.visits([partner])}
        last = {ticket: at for ticket, at, source, target, is_return, _ in year.handovers()
                if source == partner and target in OURS and is_return}
        newest = sorted(last, key=lambda ticket: (last[ticket], ticket), reverse=True)[:4]
        expected.append([partner, str(len(had)), str(len(last)), percent(len(last), len(had)),
                         ", ".join(year.numbers[ticket] for ticket in newest)])
    assert table(printed, "Tickets that a partner returned") == expected


def test_prints_ping_pong(printed, year):
    handed_over = {ticket for ticket, *_ in year.handovers()}
    times = Counter(ticket for ticket, *_, is_bounce in year.handovers() if is_bounce)
    most = sorted(times, key=lambda ticket: (times[ticket], ticket), reverse=True)[:4]
    heading = f"Ping-pong (A → B → A): {len(times)} of {len(handed_over)} tickets"
    assert table(printed, heading) == [
        [year.numbers[ticket], str(ticket), str(times[ticket]), " → ".join(team_changes(year.teams[ticket]))]
        for ticket in most
    ]


EXCLUDED = ("user", "blocked", "stopped")


def with_sums(times):
    real = sum((time for holder, time in times.items() if holder not in EXCLUDED), ZERO)
    return {**times, "whole": sum(times.values(), ZERO), "real case time": real}


def test_holders_add_up_to_the_whole(year, holders):
    for ticket, (times, _) in holders.items():
        events = year.statuses[ticket]
        assert sum(times.values(), ZERO) == ended_at(events) - events[0][0]


def test_prints_the_holders(printed, year, holders):
    summed = {ticket: tuple(map(with_sums, both)) for ticket, both in holders.items()}
    done = {ticket for ticket in summed if is_done(year.statuses[ticket])}
    expected = []
    for line in ("us", "partner", "user", "blocked", "stopped", "whole", "real case time"):
        cells = [line]
        for tickets in (done, set(summed) - done):
            times = [summed[ticket][0][line] for ticket in tickets if line in summed[ticket][0]]
            whole = sum((summed[ticket][0]["whole"] for ticket in tickets), ZERO)
            total = sum(times, ZERO)
            cells += [str(len(times)), f"{total / timedelta(days=1):.0f}", percent(total / whole, 1)]
            if tickets is done:
                office = sum((summed[ticket][1].get(line, ZERO) for ticket in tickets), ZERO)
                cells += [f"{office / timedelta(hours=1):.0f}", *map(readable, half_and_most(times))]
        expected.append(cells)
    found = table(printed, "Q4. Who held the tickets")
    assert [row[:-1] for row in found] == expected


def test_prints_tickets_that_all_held(printed, year, holders):
    parts = ("user", "us", "partner", "blocked")
    found = [t for t, (times, _) in holders.items() if is_done(year.statuses[t]) and all(times[part] for part in parts)]
    newest = sorted(found, key=lambda ticket: (ended_at(year.statuses[ticket]), ticket), reverse=True)[:4]
    expected = []
    for ticket in newest:
        times = {"stopped": ZERO, **with_sums(holders[ticket][0])}
        durations = [times[part] for part in ("whole", *parts, "stopped", "real case time")]
        expected.append([year.numbers[ticket], str(ticket), *map(readable, durations)])
    assert table(printed, "The four newest done tickets") == expected


def test_prints_the_correspondence(printed, year):
    written = {t: Counter(way for _, way in events if way in ("in", "out")) for t, events in year.messages.items()}
    written = {ticket: ways for ticket, ways in written.items() if ways}
    found = {ticket: turns(year.messages[ticket]) for ticket in written}
    most = sorted(found, key=lambda ticket: (found[ticket], sum(written[ticket].values()), ticket), reverse=True)[:8]
    expected = []
    for ticket in most:
        events = without_notes(year.statuses[ticket])
        done_at = minute(ended_at(events)) if is_done(events) else ""
        figures = (ticket, found[ticket], written[ticket]["in"], written[ticket]["out"])
        expected.append([year.numbers[ticket], *map(str, figures), minute(events[0][0]), done_at, events[-1][1]])
    assert table(printed, "Q5. Correspondence") == expected
    nine_of_ten = sorted(found.values())[-(-9 * len(found) // 10) - 1]
    heading = f"90 % of the {len(found)} with messages have at most {nine_of_ten}"
    assert [1 for one in printed if one.startswith("Q5. ") and one.endswith(heading)]


# --- The command ----------------------------------------------------------------


def test_runs_again_and_leaves_no_files(demo, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    again = run_demo(demo[0])
    assert (again.returncode, again.stderr, again.stdout) == (0, "", demo[1])
    assert list(tmp_path.iterdir()) == []


def test_leaves_tables_of_others_alone(databases):
    database = databases.create()
    with psycopg.connect(dbname=database, autocommit=True) as db:
        db.execute("CREATE TABLE tickets AS SELECT 1 AS mine")
        refused = run_demo(database)
        assert refused.returncode != 0 and "table tickets is not one of the demo's" in refused.stderr
        assert rows(db, "SELECT mine FROM tickets") == [(1,)]
