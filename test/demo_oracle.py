"""The demo's figures by design, in plain Python: what the tickets of the generator give."""

import csv
from bisect import bisect_right
from collections import Counter, defaultdict, namedtuple
from datetime import date, datetime, time, timedelta, timezone
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

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

# --- What the five answers need to know ---------------------------------------

AS_OF = YEAR_ENDS
SEGMENTS = {
    "Ny": "us", "Tildelt": "us", "I gang": "us", "Planlagt": "us", "Svar modtaget": "us", "Genåbnet": "us",
    "Afventer bruger": "user", "Afventer leverandør": "blocked", "Afventer pakke": "blocked",
    "Løst": "stopped", "Løst m. mail": "stopped", "Lukket": "stopped",
}
INTAKE = "IT-Servicedesk"
OURS = (INTAKE, "Brugeradministration", "Klient og udstyr", "Netværk og server")
VENDORS = ("Leverandør: fagsystemer", "Leverandør: print", "Leverandør: telefoni")
PARTNERS = ("Digitalisering", *VENDORS, "Løn og økonomi")
NOBODY = NO_STATUS = "none"

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
CALENDAR = "Europe/Copenhagen; Mo-Th 08:00-16:00; Fr 08:00-15:00; PH(DK) off; Jun 05 off; Dec 24 off; Dec 31 off"
CLOSED = set(map(date.fromisoformat, """
    2022-01-01 2022-04-14 2022-04-15 2022-04-17 2022-04-18 2022-05-13 2022-05-26 2022-06-05 2022-06-06
    2022-12-24 2022-12-25 2022-12-26 2022-12-31
    2023-01-01 2023-04-06 2023-04-07 2023-04-09 2023-04-10 2023-05-05 2023-05-18 2023-05-28 2023-05-29 2023-06-05
    2023-12-24 2023-12-25 2023-12-26 2023-12-31""".split()))


# --- The oracle ---------------------------------------------------------------


class Year:
    """What the CSV files hold, and what follows from it."""

    def __init__(self, directory):
        tickets, history, assignments, messages = (read_csv(directory / name) for name in FILES)
        self.created = {int(row["id"]): instant(row["created_at"]) for row in tickets}
        self.numbers = {int(row["id"]): row["number"] for row in tickets}
        self.channels = {int(row["id"]): row["channel"] for row in tickets}
        self.sizes = [len(history), len(assignments), len(messages)]
        self.saves = Counter((row["ticket_id"], row["changed_at"]) for row in history)
        self.statuses = histories(history, "status", "changed_at")
        for row in assignments:
            row["team"] = row["team"] or NOBODY
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

    def whole_histories(self):
        return [ticket for ticket in self.statuses if ticket not in self.cut_off]

    def visits(self, teams):
        """(ticket, visit, outcome) of each visit to one of the teams."""
        return [(ticket, visit, visit_outcome(visit, self.statuses[ticket], events))
                for ticket, events in self.teams.items() for visit in visits(events) if visit.team in teams]

    def handovers(self):
        """(ticket, at, source, target, is_return, is_bounce) of each change of team."""
        return [(ticket, *found) for ticket, events in self.teams.items() for found in handovers(events)]

    def holds(self, ticket):
        """(holder, from_at, to_at) of a ticket, in order, the same holder never twice in a row."""
        events = self.statuses[ticket]
        before = [("unknown", events[0][0], without_notes(events)[0][0])]
        after = [(holder(status, team), a, b)
                 for status, team, a, b in pieces(events, self.teams.get(ticket, []), ended_at(events))]
        found = []
        for who, a, b in before + after:
            if found and found[-1][0] == who:
                a = found.pop()[1]
            if a < b:
                found.append((who, a, b))
        return found

    def holders(self):
        """The time of each ticket by its holder, and its office time likewise."""
        found = {}
        for ticket in self.whole_histories():
            times, office_times = found[ticket] = defaultdict(timedelta), defaultdict(timedelta)
            for who, a, b in self.holds(ticket):
                times[who] += b - a
                office_times[who] += office_time(a, b)
        return found

    def history(self, ticket):
        """What happened to a ticket in order: (at, what, entry, status, team, holder, time and office time until the next)."""
        moments = [(at, 1, "team", team) for at, team in self.teams.get(ticket, [])]
        moments += [(at, 2, "note" if label in NOTES else "status", label) for at, label in self.statuses[ticket]]
        moments += [(at, 3, "message", way) for at, way in self.messages.get(ticket, [])]
        moments.sort(key=lambda moment: moment[:2])
        ends = [at for at, *_ in moments[1:]] + [None if is_done(self.statuses[ticket]) else AS_OF]
        found, status, team = [], NO_STATUS, NOBODY
        for (at, _, what, entry), end in zip(moments, ends):
            status, team = entry if what == "status" else status, entry if what == "team" else team
            lasts = (end - at, office_time(at, end)) if end else (None, None)
            found.append((at, what, entry, status, team, "unknown" if status == NO_STATUS else holder(status, team), *lasts))
        return found

    def months(self):
        """Per month and ticket: what the ticket was then, as the columns of case_months name it."""
        found = defaultdict(dict)
        for ticket, events in self.statuses.items():
            for month_, was in months(events, self.reopenings[ticket]).items():
                found[month_][ticket] = was
        return found


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
    teams = [team for _, team in events if team != NOBODY]
    return [team for n, team in enumerate(teams) if n == 0 or team != teams[n - 1]]


# --- The oracle of the five answers ---------------------------------------------

Visit = namedtuple("Visit", "team from_at to_at next_team is_return is_bounce")
Clock = namedtuple("Clock", "elapsed own office own_office")


def office_days():
    """When the service desk opens and closes, day by day."""
    for day in (date(2022, 1, 1) + timedelta(days=n) for n in range(730)):
        if day.weekday() < 5 and day not in CLOSED:
            closes = time(15 if day.weekday() == 4 else 16)
            yield tuple(datetime.combine(day, at, COPENHAGEN).astimezone(timezone.utc) for at in (time(8), closes))


OFFICE_DAYS = list(office_days())
ZERO = timedelta()


def office_time(from_at, to_at):
    first = bisect_right([closes for _, closes in OFFICE_DAYS], from_at)
    total = ZERO
    for opens, closes in OFFICE_DAYS[first:]:
        if opens >= to_at:
            break
        total += min(closes, to_at) - max(opens, from_at)
    return total


def last_before(events, at):
    """The label of the last event before a time, notes aside; None before the first."""
    return next((label for when, label in reversed(without_notes(events)) if when < at), None)


def last_until(events, at):
    return last_before(events, at + MICROSECOND)


def is_done(events):
    return without_notes(events)[-1][1] in DONE


def resolved_at(events):
    return next(run[0][0] for run in done_runs(events))


def ended_at(events):
    return done_runs(events)[-1][0][0] if is_done(events) else AS_OF


def pieces(events, other_events, end):
    """(status, team, from_at, to_at): what held at the same time, from the first status on."""
    start = without_notes(events)[0][0]
    cuts = sorted({at for at, _ in events + other_events if start <= at < end} | {end})
    found = []
    for from_at, to_at in zip(cuts, cuts[1:]):
        now = (last_until(events, from_at), last_until(other_events, from_at))
        if found and found[-1][:2] == now:
            found[-1] = (*now, found[-1][2], to_at)
        else:
            found.append((*now, from_at, to_at))
    return found


def visits(events):
    """The visits of a ticket to teams, in order."""
    stays = []
    for at, team in events:
        if not stays or stays[-1][1] != team:
            stays.append((at, team))
    found = []
    for n, (from_at, team) in enumerate(stays):
        to_at = stays[n + 1][0] if n + 1 < len(stays) else AS_OF
        before = team_changes(stays[:n])
        later = [next_team for _, next_team in stays[n + 1:] if next_team not in (NOBODY, team)]
        came_back = team in before[:-1] and team != before[-1]
        bounced = came_back and team == before[-2]
        found.append(Visit(team, from_at, to_at, later[0] if later else None, came_back, bounced))
    return found


def visit_outcome(visit, statuses, teams):
    """How a visit ended: by the status before its end, else by the team that came next."""
    status = last_before(statuses, visit.to_at)
    if status in DONE:
        return "closed" if status == "Lukket" else "resolved"
    if visit.next_team is None:
        return "open"
    had_before = {team for _, team in teams[: teams.index((visit.from_at, visit.team)) + 1]}
    return "returned" if visit.next_team in had_before else "passed_on"


def clock(visit, statuses):
    """What passed during a visit while the ticket was not done."""
    held = [(SEGMENTS[status], max(from_at, visit.from_at), min(to_at, visit.to_at))
            for status, _, from_at, to_at in pieces(statuses, [], AS_OF)]
    running = [(segment, a, b) for segment, a, b in held if a < b and segment != "stopped"]
    own = [(segment, a, b) for segment, a, b in running if segment not in ("user", "blocked")]
    elapsed, own_time = (sum((b - a for _, a, b in some), ZERO) for some in (running, own))
    office, own_office = (sum((office_time(a, b) for _, a, b in some), ZERO) for some in (running, own))
    return Clock(elapsed, own_time, office, own_office)


def landing(teams, at):
    changes = team_changes([event for event in teams if event[0] <= at])
    if len(changes) < 2:
        return "direct" if changes else None
    return "forwarded" if len(changes) == 2 and changes[0] == INTAKE else "rerouted"


def handovers(teams):
    """(at, source, target, is_return, is_bounce) of each change of team."""
    found, changes = [], []
    for at, team in teams:
        if team == NOBODY or changes[-1:] == [team]:
            continue
        if changes:
            found.append((at, changes[-1], team, team in changes, changes[-2:-1] == [team]))
        changes.append(team)
    return found


def holder(status, team):
    return "partner" if SEGMENTS[status] == "us" and team in PARTNERS else SEGMENTS[status]


def month(at):
    return local(at).date().replace(day=1)


def next_month(first):
    return (first + timedelta(days=31)).replace(day=1)


def months(events, reopened):
    """What a ticket was in each month in which it had an event, or was not done for some time."""
    found = defaultdict(set)
    for at, _ in events:
        found[month(at)].add("is_active")
    found[month(events[0][0])].add("is_created")
    for from_at, to_at in not_done(events):
        first = month(from_at)
        while midnight(first) < to_at:
            ends = min(midnight(next_month(first)), AS_OF)
            found[first] |= {"is_active", "is_open_at_end"} if to_at >= ends else {"is_active"}
            first = next_month(first)
    for run in done_runs(events):
        found[month(run[0][0])].add("is_resolved")
    for at in closings(events):
        found[month(at)].add("is_closed")
    for done_at, _, reopened_at, *_, kind in reopened:
        found[month(done_at)].add("is_reopened")
        if reopened_at - done_at <= timedelta(days=30):
            found[month(done_at)].add("is_reopened_within_30_days")
        if kind == "answered_again":
            found[month(done_at)].add("is_answered_again")
    return found


def not_done(events):
    """The times (from_at, to_at) in which a ticket was not done, the time of notes before its first status included."""
    states = [(events[0][0], None), *without_notes(events)]
    ends = [at for at, _ in states[1:]] + [AS_OF]
    return [(at, end) for (at, label), end in zip(states, ends) if label not in DONE and at < end]


def closings(events):
    """When a ticket came into Lukket from another status."""
    labels = [(None, None), *without_notes(events)]
    return [at for (_, before), (at, label) in zip(labels, labels[1:]) if label == "Lukket" != before]


def midnight(day):
    return datetime.combine(day, time(), COPENHAGEN).astimezone(timezone.utc)


def local(at):
    """The wall clock in Copenhagen, None for None."""
    return at and at.astimezone(COPENHAGEN).replace(tzinfo=None)


def turns(messages):
    ways = [way for _, way in messages if way in ("in", "out")]
    return sum(a != b for a, b in zip(ways, ways[1:]))


def percent(part, whole):
    return f"{100 * part / whole:.1f}"


def half_and_most(durations):
    return [percentile(durations, share) for share in (Fraction(1, 2), Fraction(9, 10))]


def hours(duration):
    """Office time as the demo prints it."""
    minutes = (duration + timedelta(seconds=30)) // timedelta(minutes=1)
    return f"{minutes // 60:02}:{minutes % 60:02}"


def minute(at):
    return f"{local(at):%Y-%m-%d %H:%M}"


def readable(duration):
    """A duration as the demo prints it."""
    duration = timedelta(seconds=(duration + timedelta(seconds=0.5)) // timedelta(seconds=1))
    hours, minutes, seconds = duration.seconds // 3600, duration.seconds // 60 % 60, duration.seconds % 60
    if duration.days == 0:
        return f"{hours:02}:{minutes:02}:{seconds:02}"
    return f"{duration.days} day{'s' if duration.days > 1 else ''} {hours:02}:{minutes:02}"
