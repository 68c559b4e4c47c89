"""The demo's year of tickets against an oracle in plain Python.

The oracle reads the generator's CSV files and follows the README's definitions
the shortest way, without any code of the extension. Its figures must be those
that the extension gives in the database the demo was run in, and those that
the demo prints.
"""

import csv
import hashlib
import os
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from pathlib import Path

import psycopg
import pytest
from client import program, rows, run, value

DEMO = Path(__file__).resolve().parent / "demo"
FILES = ("tickets.csv", "ticket_history.csv", "ticket_assignments.csv", "ticket_messages.csv")
# Of the four files together; it changes with the generator only.
SHA256 = "fcde8a1bf3dea191c32d390a719c5f145c7b84f532ad6c586975d2be4faac01b"

DONE = ("Løst", "Løst m. mail", "Lukket")
ANSWERED = ("Løst m. mail",)
NOTES = ("Note",)
# The year in Copenhagen, which has winter time at both ends.
YEAR_BEGINS = datetime(2022, 12, 31, 23, tzinfo=timezone.utc)
YEAR_ENDS = datetime(2023, 12, 31, 23, tzinfo=timezone.utc)
MICROSECOND = timedelta(microseconds=1)
EXACT_DURATIONS = 1000  # beyond these, percentiles are within 1 %


# --- The oracle ---------------------------------------------------------------


class Year:
    """What the CSV files hold, and what follows from it."""

    def __init__(self, directory):
        tickets, history, assignments, messages = (read_csv(directory / name) for name in FILES)
        self.created = {int(row["id"]): instant(row["created_at"]) for row in tickets}
        self.numbers = {int(row["id"]): row["number"] for row in tickets}
        self.sizes = [len(history), len(assignments), len(messages)]
        self.saves = Counter((row["ticket_id"], row["changed_at"]) for row in history)
        self.statuses = histories(history, "status", "changed_at")
        self.teams = histories(assignments, "team", "changed_at")
        self.messages = histories(messages, "direction", "sent_at")
        self.reopenings = {ticket: reopenings(events) for ticket, events in self.statuses.items()}
        self.cut_off = {t for t, events in self.statuses.items() if without_notes(events)[0][1] != "Ny"}

    def solved_in_year(self):
        return {t for t, events in self.statuses.items() if any(in_year(run[0][0]) for run in done_runs(events))}

    def created_in_year(self):
        return {ticket for ticket, at in self.created.items() if in_year(at)}

    def with_outcome(self, outcome):
        return {t for t, found in self.reopenings.items() for *_, one in found if one == outcome}


def read_csv(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def in_year(at):
    return YEAR_BEGINS <= at < YEAR_ENDS


def histories(saved, label, time):
    """The events (at, label) of each ticket, in the order of time, then id."""
    cases = defaultdict(list)
    for row in saved:
        cases[int(row["ticket_id"])].append((instant(row[time]), int(row["id"]), row[label]))
    return {case: [(at, what) for at, _, what in sorted(events)] for case, events in cases.items()}


def steps(events):
    """(source, target, duration) of each step of a history."""
    return [(a, b, to_at - from_at) for (from_at, a), (to_at, b) in zip(events, events[1:])]


def edges(cases):
    """Per edge: the durations of all its steps, and how often each case takes it."""
    durations, times = defaultdict(list), defaultdict(Counter)
    for case, events in cases.items():
        for source, target, duration in steps(events):
            durations[source, target].append(duration)
            times[source, target][case] += 1
    return durations, times


def activities(cases):
    """frequency, case_frequency, max_per_case, starts, ends of each activity."""
    times = defaultdict(Counter)
    for case, events in cases.items():
        for _, label in events:
            times[label][case] += 1
    starts = Counter(events[0][1] for events in cases.values())
    ends = Counter(events[-1][1] for events in cases.values())
    return {label: (*counts(times[label]), starts[label], ends[label]) for label in times}


def counts(times):
    """frequency, case_frequency and max_per_case, from how often each case has it."""
    return sum(times.values()), len(times), max(times.values())


def percentile(durations, share):
    """As percentile_cont."""
    ordered = sorted(durations)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    gap = (ordered[high] - ordered[low]) // MICROSECOND
    return ordered[low] + round(gap * (place - low)) * MICROSECOND


def without_notes(events):
    return [event for event in events if event[1] not in NOTES]


def done_runs(events):
    """The runs of done events, notes aside; each one with the event that follows it as a last element, or None."""
    runs = [[]]
    for event in without_notes(events):
        if event[1] in DONE:
            runs[-1].append(event)
        elif runs[-1]:
            runs[-1].append(event)
            runs.append([])
    return [run if run[-1][1] not in DONE else [*run, None] for run in runs if run]


def answers(run):
    return sum(label in ANSWERED for _, label in run[:-1])


def reopenings(events):
    """(done_at, done_as, reopened_at, reopened_as, done_again_at, done_again_as, outcome) of a ticket, in order."""
    runs = done_runs(events)
    found = []
    for n, run in enumerate(runs):
        if run[-1] is None:
            break
        again = runs[n + 1] if n + 1 < len(runs) else None
        before = any(map(answers, runs[: n + 1]))
        found.append((*run[0], *run[-1], *(again[0] if again else (None, None)), outcome(again, before)))
    return found


def outcome(again, answered_before):
    if again is None:
        return "open"
    if not answers(again):
        return "silent"
    return "answered_again" if answered_before else "first_answer"


def repeat_answers(events):
    return sum(max(answers(run) - 1, 0) for run in done_runs(events))


def team_changes(events):
    """The teams of a ticket, nobody and the same again left out."""
    teams = [team for _, team in events if team]
    return [team for n, team in enumerate(teams) if n == 0 or team != teams[n - 1]]


def readable(duration):
    """A duration as the demo prints it."""
    duration = timedelta(seconds=(duration + timedelta(seconds=0.5)) // timedelta(seconds=1))
    hours, minutes, seconds = duration.seconds // 3600, duration.seconds // 60 % 60, duration.seconds % 60
    if duration.days == 0:
        return f"{hours:02}:{minutes:02}:{seconds:02}"
    return f"{duration.days} day{'s' if duration.days > 1 else ''} {hours:02}:{minutes:02}"


# --- Running generator and demo -----------------------------------------------


def generate(directory, **environment):
    run(sys.executable, "-B", str(DEMO / "tickets.py"), str(directory), env={**os.environ, **environment})
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
        if line.startswith("│"):
            tables[heading].append([cell.strip() for cell in line.strip("│").split("│")])
        elif line and line[0] not in "┌├└":
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
        found["given to nobody"] += any(not team for _, team in year.teams.get(ticket, []))
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
    found = {kind: (int(times), int(tickets)) for kind, times, tickets, _ in table(printed, "Reopened tickets")}
    times = Counter(one for all_ in year.reopenings.values() for *_, one in all_)
    repeats = [n for n in map(repeat_answers, year.statuses.values()) if n]
    assert found == {
        **{kind: (count, len(year.with_outcome(kind))) for kind, count in times.items()},
        "all of them": (sum(times.values()), sum(bool(all_) for all_ in year.reopenings.values())),
        "beside them: repeat answer": (sum(repeats), len(repeats)),
    }


def test_prints_the_headline(printed, year):
    base = year.solved_in_year()
    of_year = {t: [one for one in all_ if in_year(one[0])] for t, all_ in year.reopenings.items()}
    again = {t for t, all_ in of_year.items() for *_, kind in all_ if kind == "answered_again"}
    assert again <= base
    share = f"{100 * len(again) / len(base):.1f}"
    assert table(printed, "The headline") == [[str(len(again)), str(len(base)), share]]


def test_prints_the_newest_tickets(printed, year):
    last_again = {}
    for ticket, all_ in year.reopenings.items():
        last_again.update({ticket: one[4] for one in all_ if one[-1] == "answered_again"})
    newest = sorted(((at, ticket) for ticket, at in last_again.items()), reverse=True)[:10]
    found = table(printed, "The ten newest")
    assert [(number, int(ticket)) for number, ticket, *_ in found] == [(year.numbers[t], t) for _, t in newest]
    # December: the clocks of Copenhagen are one hour ahead.
    assert [row[4] for row in found] == [f"{at + timedelta(hours=1):%Y-%m-%d %H:%M}" for at, _ in newest]


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
