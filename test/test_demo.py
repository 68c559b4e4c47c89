"""What the demo prints of its year of tickets, against an oracle in plain Python.

The oracle reads the generator's CSV files and follows the definitions of docs/numbers.md
the shortest way, without any code of the extension.
"""

import json
import re
import shutil
import socket
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta, timezone
from fractions import Fraction
from pathlib import Path

import psycopg
import pytest
from client import connect, value
from demo_oracle import (
    AS_OF, DEMO, EXACT_DURATIONS, NOTES, OURS, PARTNERS, ZERO, clock, counts, done_runs, edges, ended_at,
    half_and_most, hours, in_year, is_done, landing, last_before, minute, next_month, percent, percentile,
    readable, repeat_answers, resolved_at, steps, team_changes, turns, visits, without_notes,
)
from demo_run import made_year, ran, run_demo
from page_data import DATA, Log

# --- The demo, run once each way ------------------------------------------------


@pytest.fixture(scope="module")
def year():
    return made_year()


@pytest.fixture(scope="module")
def holders(year):
    return year.holders()


@pytest.fixture(scope="module")
def demo(databases):
    """By way of the test server."""
    return ran(databases)


@pytest.fixture(scope="module")
def directly(databases):
    return ran(databases, "direct")


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


def year_of(at):
    """In Copenhagen, where a year begins before it does in UTC."""
    return (at + timedelta(hours=1)).year


# --- What the demo prints -------------------------------------------------------


def microseconds(at):
    """As PostgreSQL counts them."""
    return (at - datetime(2000, 1, 1, tzinfo=timezone.utc)) // timedelta(microseconds=1)


def test_report(demo, directly, year):
    """The page has every status of every ticket, whichever way they came."""
    for _, out, html in (demo, directly):
        assert "→ report.html" in out
        (data,) = DATA.findall(html)
        log = Log(json.loads(data))
        told = dict(zip(map(int, log.data["cases"]["id"]), log.events(), strict=True))
        wanted = {ticket: [(status, microseconds(at)) for at, status in events] for ticket, events in year.statuses.items()}
        assert told == wanted


def test_prints_what_was_loaded(printed, year):
    found = {what: int(number) for what, number, *_ in table(printed, "What was loaded")}
    assert found == {
        "tickets": len(year.created),
        "- created in 2023": len(year.created_in_year()),
        "- solved in 2023": len(year.solved_in_year()),
        "- with a history cut off at the front": len(year.cut_off),
        "- visits to teams, which they make": sum(map(len, map(visits, year.teams.values()))),
        **dict(zip(("status changes and notes", "team assignments", "messages"), year.sizes)),
    }


def test_prints_the_log(printed, year):
    as_of = f"{year_of(AS_OF)}-01-01 00:00"
    assert table(printed, "The log") == [
        ["support", "refreshed", as_of, "Europe/Copenhagen", str(len(year.created)), str(year.sizes[0])]]


def test_prints_the_quality_report(printed, year):
    """Nothing is rejected, tied or a duplicate, and the maps know all: there is no line for that."""
    found = {finding: number for finding, number, *_ in table(printed, "What its quality report found")}
    histories = [without_notes(events) for events in year.statuses.values()]
    same = sum(a == b and a not in NOTES for events in year.statuses.values() for a, b, _ in steps(events))
    assert found == {finding: str(number) for finding, number in {
        "cases": len(histories),
        "cases resolved": sum(bool(done_runs(events)) for events in histories),
        "cases closed": sum("Lukket" in dict(map(reversed, events)) for events in histories),
        "cases open": sum(not is_done(events) for events in histories),
        "cases cut off": len(year.cut_off),
        "events without change": same,
        "assignments without change": year.sizes[1] - sum(map(len, map(visits, year.teams.values()))),
    }.items()}


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


def test_prints_the_steps_of_each_channel(printed, year):
    expected = []
    for channel in sorted(set(year.channels.values()), key=str.encode):
        durations, times = edges({t: events for t, events in year.statuses.items() if year.channels[t] == channel})
        for edge in sorted(times, key=lambda edge: (-len(times[edge]), *map(str.encode, edge)))[:3]:
            mean = sum(durations[edge], ZERO) / len(durations[edge])
            expected.append([channel, *edge, *map(str, counts(times[edge])[:2]), readable(mean)])
    assert table(printed, "Counts per ticket") == expected


def test_prints_the_variants(printed, year):
    tickets = defaultdict(list)
    for ticket, events in year.statuses.items():
        tickets[tuple(label for _, label in events)].append(ticket)
    ranked = sorted(tickets, key=lambda labels: (-len(tickets[labels]), len(labels)))
    expected, so_far = [], 0
    for rank, labels in enumerate(ranked[:10], 1):
        alike = tickets[labels]
        so_far += len(alike)
        shares = [f"{100 * count / len(year.statuses):.1f}" for count in (len(alike), so_far)]
        lengths = [year.statuses[ticket][-1][0] - year.statuses[ticket][0][0] for ticket in alike]
        median = readable(percentile(lengths, Fraction(1, 2)))
        newest = year.numbers[max(alike, key=lambda ticket: (year.statuses[ticket][0][0], ticket))]
        expected.append([str(rank), str(len(alike)), *shares, median, newest, " → ".join(labels)])
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


def newest_answered_again(year):
    """(at, ticket) of the tickets that were answered again, by the last time."""
    last_again = {}
    for ticket, all_ in year.reopenings.items():
        last_again.update({ticket: one[4] for one in all_ if one[-1] == "answered_again"})
    return sorted(((at, ticket) for ticket, at in last_again.items()), reverse=True)


def test_prints_the_newest_tickets(printed, year):
    expected = []
    for _, ticket in newest_answered_again(year)[:4]:
        *_, last = [one for one in year.reopenings[ticket] if one[-1] == "answered_again"]
        number, times = year.numbers[ticket], (last[0], last[2], last[4])
        expected.append([number, str(ticket), *map(minute, times), readable(last[4] - last[0]),
                         f"https://desk.example/ticket/{number}"])
    assert table(printed, "The four newest of the tickets") == expected


def test_prints_the_history_of_a_ticket(printed, year):
    _, ticket = newest_answered_again(year)[0]
    expected = [
        [minute(at), *words, *([readable(lasts), hours(office)] if lasts is not None else ["", ""])]
        for at, *words, lasts, office in year.history(ticket)
    ]
    (heading,) = [one for one in printed if one.startswith("All that happened")]
    assert heading.endswith(f": SELECT * FROM ticket_mining.case_history('support', '{year.numbers[ticket]}')")
    assert printed[heading] == expected


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
            *([readable(percentile(open_ages, Fraction(1, 2))), readable(max(open_ages))] if open_ages else ["", ""])])
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


MONTH_COLUMNS = ("is_created", "is_resolved", "is_reopened", "is_reopened_within_30_days", "is_answered_again",
                 "is_closed", "is_active")


def test_prints_the_months(printed, year):
    months = {month: tickets for month, tickets in year.months().items() if month.year == year_of(AS_OF) - 1}
    lines = [(f"{month:%Y-%m}", [month]) for month in sorted(months)] + [("the year", sorted(months))]
    expected = []
    for name, together in lines:
        had = {column: {ticket for month in together for ticket, was in months[month].items() if column in was}
               for column in (*MONTH_COLUMNS, "is_open_at_end")}
        created, resolved, reopened, within, again, closed, active = (len(had[column]) for column in MONTH_COLUMNS)
        is_final = next_month(together[-1]) + timedelta(days=30) <= date(year_of(AS_OF), 1, 1)
        backlog = "" if name == "the year" else str(len(had["is_open_at_end"]))
        expected.append([name, *map(str, (created, resolved, reopened, within)), percent(within, resolved),
                         "yes" if is_final else "not yet", *map(str, (again, closed, active)), backlog])
    assert table(printed, "Month by month") == expected


# --- The way that the tickets came ------------------------------------------------

SERVER = re.compile(r"SQL Server \(the project's test server, port (\d+)\)")
FROM_FILES = [
    "Making the same tickets as CSV files, and loading these into PostgreSQL ...",
    "CSV files → tables tickets, ticket_history, ticket_assignments, ticket_messages",
    "→ log support → its answers",
]


def parts(text):
    """The lines of the path, the figures, and what comes next."""
    lines = text.splitlines()
    begin = next(n for n, line in enumerate(lines) if line.startswith("The log, which"))
    assert lines[begin - 1] == lines[-3] == ""
    return lines[: begin - 1], lines[begin:-3], lines[-2:]


def test_prints_the_way_from_the_server(demo):
    path, _, _ = parts(demo[1])
    said = [line for line in path if line and not set(line) & set("│─")]
    assert said[0] == "Starting the project's test server, which has a year of tickets, until these are read ..."
    assert SERVER.fullmatch(said[1])
    assert said[2:5] == ["→ foreign server nsp_server", "→ source nsp; its check finds 0 breaking, 0 warnings",
                         f"→ load: {rows_read(path)} rows of 11 tables"]
    assert path[-1] == "→ log support → its answers"


def rows_read(path):
    return sum(int(cells[2]) for cells in (line.split("│") for line in path) if cells[0].startswith(" dbo."))


def test_prints_what_the_load_read(printed, year):
    read = {part: (name, int(rows), state) for name, part, rows, state in table(printed, "What was read")}
    assert {state for *_, state in read.values()} == {"done"}
    assert read["tickets"][:2] == ("dbo.SysTicket", len(year.created))
    assert read["comments"][:2] == ("dbo.EntityComment", year.sizes[2])
    assert read["changes"][0] == "dbo.EntityChangeLog"
    left_out = {finding: int(number) for finding, number, _ in table(printed, "What of it a log leaves out")}
    first = min(events[0][0] for cases in (year.statuses, year.teams) for events in cases.values())
    assert left_out["tickets older than the history"] == sum(at < first for at in year.created.values())


def test_prints_the_same_directly(demo, directly):
    path, figures, _ = parts(directly[1])
    assert path == ["Without SQL Server, as asked for", *FROM_FILES]
    assert figures == parts(demo[1])[1]


def is_listening(port):
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


def test_stops_its_server(demo):
    assert not is_listening(int(SERVER.search(demo[1])[1]))


def with_server(tmp_path, script):
    """The demo beside another test server, which may be none."""
    if script:
        (tmp_path / "tds").mkdir()
        (tmp_path / "tds" / "serve.py").write_text(script)
    return shutil.copytree(DEMO, tmp_path / "demo")


NOT_THERE = """
import json, pathlib, sys, time
ready = {"port": 1, "database": "NSP", "user": "nsp_reader", "password": "nsp_reader"}
pathlib.Path(sys.argv[-1]).write_text(json.dumps(ready))
time.sleep(600)
"""


NO_SERVER = "The test server cannot start: .*can't open file .*"


@pytest.mark.parametrize("script, why", [
    ("raise SystemExit('no port is free')", "The test server cannot start: no port is free"),
    (NOT_THERE, "PostgreSQL cannot read the test server: DB-Library error: .* Unable to connect: .*"),
], ids=["ends", "not there"])
def test_goes_on_without_its_server(directly, tmp_path, script, why):
    went_on(directly[0], with_server(tmp_path, script), directly, why)


def went_on(name, demo, directly, why):
    """Says why not by way of the server, and all that it finds in the files."""
    done = run_demo(name, demo=demo)
    assert (done.returncode, done.stderr) == (0, "")
    (starts, said, *path), *rest = parts(done.stdout)
    assert starts.startswith("Starting ") and re.fullmatch(why, said) and path == FROM_FILES
    assert rest == list(parts(directly[1].replace(directly[0], name))[1:])


OTHER_DATA = f"""
import os, pathlib, sys
pathlib.Path(__file__).with_name("pid").write_text(str(os.getpid()))
serve = {str(DEMO.parent / "tds" / "serve.py")!r}
os.execv(sys.executable, [sys.executable, "-B", serve, "--data", "history:10", *sys.argv[-2:]])
"""


def test_breaks_off_where_the_source_does_not_fit(databases, tmp_path):
    done = run_demo(databases.create(), demo=with_server(tmp_path, OTHER_DATA))
    assert done.returncode != 0 and "none of the remote tables is there" in done.stderr
    assert "CSV" not in done.stdout
    assert not Path("/proc", (tmp_path / "tds" / "pid").read_text()).exists()


# --- The command ----------------------------------------------------------------


def test_runs_again_and_leaves_no_files(demo, directly, tmp_path, monkeypatch):
    """First from the files where it went by way of the server, since there is none any more, then that way again."""
    monkeypatch.setenv("TMPDIR", str(tmp_path / "empty"))
    (tmp_path / "empty").mkdir()
    went_on(demo[0], with_server(tmp_path, None), directly, NO_SERVER)
    assert left_in(demo[0]) == (["public", "support", "ticket_mining"], 0)
    again = run_demo(demo[0])
    assert (again.returncode, again.stderr) == (0, "")
    assert SERVER.sub("SQL Server", again.stdout) == SERVER.sub("SQL Server", demo[1])
    assert left_in(demo[0]) == (["nsp", "public", "support", "ticket_mining"], 1)
    assert list((tmp_path / "empty").iterdir()) == []


def left_in(name):
    """Schemas, and the number of foreign servers."""
    with psycopg.connect(dbname=name) as db:
        made = value(db, """SELECT array_agg(nspname::text ORDER BY nspname) FROM pg_namespace
                            WHERE nspname !~ '^pg_|^information_schema$'""")
        return made, value(db, "SELECT count(*) FROM pg_foreign_server")


@pytest.mark.parametrize("mine, called", [
    ("TABLE tickets AS SELECT 1 AS mine", "relation tickets"), ("VIEW desk_cases AS SELECT 1 AS mine", "relation desk_cases"),
    ("SCHEMA support CREATE TABLE mine ()", "schema support"), ("SCHEMA nsp CREATE TABLE mine ()", "schema nsp"),
    ("FOREIGN DATA WRAPPER mine; CREATE SERVER nsp_server FOREIGN DATA WRAPPER mine; CREATE TABLE mine ()",
     "foreign server nsp_server"),
])
def test_leaves_what_others_made_alone(databases, mine, called):
    database = databases.create()
    with psycopg.connect(dbname=database, autocommit=True) as db:
        db.execute(f"CREATE {mine}")
        refused = run_demo(database)
        assert refused.returncode != 0 and f"{called} is not one of the demo's" in refused.stderr
        assert value(db, "SELECT count(*) FROM pg_class WHERE relname IN ('mine', 'tickets', 'desk_cases')") == 1


def test_says_what_comes_next(demo, directly):
    for (name, text, _), nightly in zip((demo, directly), ("load('nsp', refresh => 'support')", "refresh('support')")):
        schedule, reader = parts(text)[2]
        with connect(name) as db:
            owner = value(db, "SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'support'")
        assert schedule.endswith(f"SELECT cron.schedule_in_database('support', '15 5 * * *', $$CALL ticket_mining.{nightly}$$, '{name}', '{owner}');")
        assert reader.endswith("CALL ticket_mining.grant_reader('support', 'bi_reader');")


@pytest.mark.parametrize("arguments", [["other"], ["direct", "direct"]])
def test_says_how_it_is_called(databases, arguments):
    refused = run_demo("postgres", *arguments)
    assert (refused.returncode, refused.stdout, refused.stderr) == (2, "", "usage: run [direct]\n")


def test_fits_a_screen(demo, directly):
    assert max(map(len, (demo[1] + directly[1]).splitlines())) <= 200
