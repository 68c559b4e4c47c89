"""What the mined tables of a log hold, in plain Python over rows of the sources: the tests compare the extension with this.

Rows are dicts by column, without case_key. Times are microseconds since 2000-01-01, of the wall clock of the log's zone where
they are shown; dates are days since then; seconds are microseconds too; shares are fractions.
"""

from collections import Counter, defaultdict
from itertools import groupby

import holder_oracle
import oracle
from holder_oracle import NONE, UNKNOWN
from log_model import Activity, Team, business_length, cut, day, length, instant, local, month, next_month, why_not
from log_summary_oracle import LOG_TABLES, cohort_month
from oracle import Trace
from test_variant_hash import variant
from timestamps import DAY, utc

OWN_SEGMENTS = ("us", "partner", "user", "blocked", "stopped", UNKNOWN)
LONG_WAIT = 7 * DAY


# ---- the log ----------------------------------------------------------------------------------


class Log:
    """A log with its maps as of a time."""

    def __init__(self, sources, maps, settings, as_of):
        self.sources, self.maps, self.settings, self.as_of = sources, maps, settings, as_of
        self.has_start = any(known.is_start and self.merged(label) == label for label, known in maps.activities.items())
        self.intake = {team for team, known in maps.teams.items() if known.role == "intake"}
        self.earliest = instant(settings.zone, utc(1970))
        self.cases = self._cases()
        self.knows_done = any(case.runs for case in self.cases)

    def _cases(self):
        events = self._traces(e._replace(activity=self.merged(e.activity)) for e in self.sources.events)
        teams = self._traces(e._replace(activity=NONE if e.activity is None else e.activity) for e in self.sources.assignments or ())
        messages = self._traces(self.sources.messages or ())
        return [Case(self, case, trace, teams.get(case), messages.get(case)) for case, trace in sorted(events.items())]

    def _traces(self, events):
        """Of what happened from 1970 to before as_of; what has no time, or an infinite one, did not."""
        return oracle.traces(event for event in events if isinstance(event.at, int) and self.earliest <= event.at < self.as_of)

    def merged(self, label):
        """What an activity is called; None for none."""
        target = self.activity(label).merge_into
        return label if target is None else target

    def activity(self, label):
        return self.maps.activities.get(label, Activity())

    def role(self, team):
        return self.maps.teams.get(team, Team()).role

    def is_done(self, label):
        return self.activity(label).kind in ("resolved", "closed")

    def is_excluded(self, segment):
        return self.maps.segments.get(segment, False)

    def holder(self, status, team):
        segment = self.activity(status).segment
        return "partner" if segment == "us" and self.role(team) == "partner" else segment

    def local(self, at):
        return local(self.settings.zone, at)

    def labels_known(self):
        """Those of the map, which create_log fills with all there are."""
        return set(self.maps.activities) | {e.activity for e in self.sources.events if e.activity is not None}

    def labels(self, kind):
        return {label for label, known in self.maps.activities.items() if kind(known)}

    def attributes(self):
        return {row.case: row for row in self.sources.cases or ()}

    def rejected(self):
        """Rows left out, by reason, the first there is."""
        why = Counter(why_not(event, self.as_of, self.earliest) for event in self.sources.events)
        reasons = ("no case", "no activity", "no time", "infinite time", "too early", "too late", "after as_of")
        return {reason: why[reason] for reason in reasons} | {
            "assignments left out": len(self.sources.assignments or ()) - sum(len(case.teams.steps) for case in self.cases if case.teams),
            "messages left out": len(self.sources.messages or ()) - sum(len(case.messages.steps) for case in self.cases if case.messages),
        }

    def tables(self):
        """All mined tables: by name, rows."""
        found = {name: [row for case in self.cases for row in rows(case)] for name, rows in CASE_TABLES.items()}
        return found | {name: rows(self) for name, rows in LOG_TABLES.items()}


class Case:
    """One case: its history with and without notes, and when it was done."""

    def __init__(self, log, case, trace, teams, messages):
        self.log, self.id, self.trace = log, case, trace
        self.teams, self.messages = teams, messages
        self.known = [(label, at) for label, at in trace.steps if log.activity(label).kind != "note"]
        self.runs = [list(run) for is_done, run in groupby(self.known, lambda step: log.is_done(step[0])) if is_done]
        self.start = trace.steps[0][1]
        self.is_open = not self.known or not log.is_done(self.known[-1][0])
        self.ended_at = log.as_of if self.is_open else self.runs[-1][0][1]
        self.is_cut_off = log.has_start and bool(self.known) and not log.activity(self.known[0][0]).is_start
        self.resolutions = [run[0][1] for run in self.runs]
        self.first_resolved_at = self.resolutions[0] if self.runs else None
        self.pieces = self._pieces()

    def _pieces(self):
        """(status, team, from_at, to_at), each as long as neither changes; None before the first team, or none, is known."""
        return holder_oracle.overlay(Trace(tuple(self.known)), self.teams, self.ended_at) if self.known else []

    def held(self):
        """(segment, from_at, to_at), from the first event on."""
        first = self.known[0][1] if self.known else self.ended_at
        found = [(self.log.holder(status, team), b, e) for status, team, b, e in self.pieces]
        return holder_oracle.joined([(UNKNOWN, self.start, first), *found])

    def closings(self):
        """When the case came into an activity of kind closed from another one."""
        is_closed = [self.log.activity(label).kind == "closed" for label, _ in self.known]
        before = [False, *is_closed]
        return [at for (_, at), now, last in zip(self.known, is_closed, before) if now and not last]

    def reopenings(self):
        return oracle.reopenings(self.trace, *self._kinds())

    def _kinds(self):
        done = self.log.labels(lambda known: known.kind in ("resolved", "closed"))
        return done, self.log.labels(lambda known: known.answers), self.log.labels(lambda known: known.kind == "note")

    def repeat_answers(self):
        return oracle.repeat_answers(self.trace, *self._kinds())

    def visits(self):
        return holder_oracle.visits(self.teams, self.log.as_of) if self.teams else []

    def team_steps(self):
        """(team, at) of each stay, without none."""
        steps = [step for step in self.teams.steps if step[0] != NONE] if self.teams else []
        return [next(run) for _, run in groupby(steps, lambda step: step[0])]

    def handovers(self):
        """Each change of team as (source, target, at, is_return, is_bounce, is_returned_by_partner)."""
        stays, found = self.team_steps(), []
        for number, ((source, _), (target, at)) in enumerate(zip(stays, stays[1:])):
            before = [team for team, _ in stays[: number + 1]]
            by_partner = self.log.role(source) == "partner" and self.log.role(target) in ("ours", "intake")
            found.append((source, target, at, target in before, target in before[-2:], by_partner and target in before))
        return found

    def row(self, **columns):
        return {"case_id": self.id, **columns}

    def unless_cut_off(self, us):
        return None if self.is_cut_off else us

    def times(self, **instants):
        """Local times, each with its day: created_at and created_date."""
        shown = {name: self.log.local(at) for name, at in instants.items()}
        return {f"{name}_at": at for name, at in shown.items()} | {f"{name}_date": day(at) for name, at in shown.items()}


# ---- cases ------------------------------------------------------------------------------------


def case_rows(case):
    parts = (_identity, _state, _counts, _reopened, _teams, _correspondence, _durations)
    return [case.row(**{name: value for part in parts for name, value in part(case).items()})]


def _identity(case):
    given = case.log.attributes().get(case.id)
    number = str(case.id) if given is None or given.case_no is None else str(given.case_no)
    url = case.log.settings.case_url
    url = url and url.replace("{case_no}", escaped(number)).replace("{case_id}", escaped(str(case.id)))
    return {"case_no": number, "url": url, **_attributes(case, given)}


def escaped(text):
    """As a part of a URL."""
    plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
    return "".join(chr(byte) if chr(byte) in plain else f"%{byte:02X}" for byte in text.encode())


def _attributes(case, given):
    """(type, value) pairs as they are mined; NULL where the relation has no row of the case."""
    names = next((row.attributes for row in case.log.sources.cases or ()), {})
    found = given.attributes if given else {name: (kind, None) for name, (kind, _) in names.items()}
    return {name: mined_attribute(case.log, *typed) for name, typed in found.items()}


def mined_attribute(log, kind, value):
    if kind == "timestamptz":
        return log.local(value)
    return int(value) if kind == "boolean" and value is not None else value


def _state(case):
    resolved = case.resolutions[-1] if case.runs else None
    closed = max(case.closings(), default=None)
    return {
        "status": case.known[-1][0] if case.known else NONE,
        **case.times(created=case.start, first_resolved=case.first_resolved_at, resolved=resolved, closed=closed),
        "is_open": int(case.is_open),
        "is_resolved": int(bool(case.runs)),
        "is_cut_off": int(case.is_cut_off),
        "age_seconds": case.log.as_of - case.start if case.is_open and not case.is_cut_off else None,
    }


def _counts(case):
    labels = oracle.activities(case.trace)
    return {"variant": str(variant(labels)), "event_count": len(labels), "note_count": len(labels) - len(case.known), "is_start_masked": 0, "is_end_masked": 0}


def _reopened(case):
    outcomes = Counter(found.outcome for found in case.reopenings())
    names = {"answered_again": "answered_again", "first_answer": "first_answer", "silent": "silent", "unfinished": "open"}
    counts = {f"{name}_count": outcomes[outcome] for name, outcome in names.items()}
    flags = {"is_reopened": int(bool(outcomes)), "is_answered_again": int(outcomes["answered_again"] > 0)}
    return {"reopening_count": sum(outcomes.values()), **counts, **flags, "repeat_answer_count": case.repeat_answers()}


def _teams(case):
    stays, handovers, landing = case.team_steps(), case.handovers(), _landing(case)
    by_then = [team for team, at in stays if case.runs and at <= case.first_resolved_at]
    return {
        "first_team": stays[0][0] if stays else NONE,
        "resolving_team": by_then[-1] if by_then else NONE,
        "current_team": case.teams.steps[-1][0] if case.teams else NONE,
        "handover_count": len(handovers),
        "landing": landing,
        "first_time_right": None if landing is None else int(landing != "rerouted"),
        "is_returned_by_partner": int(any(found[5] for found in handovers)),
        "is_ping_pong": int(any(found[4] for found in handovers)),
    }


def _landing(case):
    if case.is_cut_off or not case.runs or not case.teams:
        return None
    return holder_oracle.landing(case.teams, case.first_resolved_at, case.log.intake)


def _correspondence(case):
    counts = holder_oracle.messages(case.messages) if case.messages else (0, 0, 0)
    return dict(zip(("messages_in", "messages_out", "turns"), counts))


def _durations(case):
    """Of all there is and of each segment, elapsed and in business time."""
    held, calendar, found = case.held(), case.log.settings.calendar, {}
    for name, pieces in _groups(case, held).items():
        found[f"{name}_seconds"] = case.unless_cut_off(length(pieces))
        found[f"business_{name}_seconds"] = case.unless_cut_off(business_length(pieces, calendar))
    return found


def _groups(case, held):
    groups = {"total": held, "real": [piece for piece in held if not case.log.is_excluded(piece[0])]}
    groups |= {segment: [piece for piece in held if piece[0] == segment] for segment in OWN_SEGMENTS}
    return groups | {"other": [piece for piece in held if piece[0] not in OWN_SEGMENTS]}


# ---- what has several rows a case -------------------------------------------------------------


def event_rows(case):
    following = [*case.trace.steps[1:], (NONE, None)]
    return [_event_row(case, *found) for found in zip(range(1, len(following) + 1), case.trace.steps, following)]


def _event_row(case, number, step, following):
    (label, at), (next_label, next_at) = step, following
    span = [(at, next_at)] if next_at is not None else None
    return case.row(
        event_no=number, activity=label, at=case.log.local(at), event_date=day(case.log.local(at)),
        is_note=int(case.log.activity(label).kind == "note"), next_activity=next_label,
        seconds_to_next=span and length(span), business_seconds_to_next=span and business_length(span, case.log.settings.calendar),
    )  # fmt: skip


def case_edge_rows(case):
    edges = defaultdict(list)
    for source, target, from_at, to_at in oracle.steps(case.trace):
        edges[source, target].append((from_at, to_at))
    return [_case_edge_row(case, *pair, spans) for pair, spans in edges.items()]


def _case_edge_row(case, source, target, spans):
    durations = [e - b for b, e in spans]
    return case.row(
        source=source, target=target, frequency=len(spans), total_seconds=sum(durations), min_seconds=min(durations),
        max_seconds=max(durations), business_total_seconds=business_length(spans, case.log.settings.calendar),
    )  # fmt: skip


def segment_visit_rows(case):
    held = case.held()
    return [
        case.row(
            visit_no=number, segment=segment, **case.times(**{"from": b}), to_at=case.log.local(e),
            is_running=int(case.is_open and number == len(held)), seconds=case.unless_cut_off(e - b),
            business_seconds=case.unless_cut_off(business_length([(b, e)], case.log.settings.calendar)),
        )
        for number, (segment, b, e) in enumerate(held, 1)
    ]  # fmt: skip


def team_visit_rows(case):
    visits = case.visits()
    return [_team_visit_row(case, visit, visits[: visit.visit_no], visit.visit_no == len(visits)) for visit in visits]


def _team_visit_row(case, visit, until_now, is_last):
    to_at = visit.to_at if not is_last else None if case.is_open else max(visit.from_at, case.ended_at)
    return case.row(
        visit_no=visit.visit_no, team=visit.team, **case.times(**{"from": visit.from_at}), to_at=case.log.local(to_at),
        next_team=NONE if visit.next_team is None else visit.next_team, outcome=_visit_outcome(case, visit, until_now, is_last),
        is_running=int(is_last and case.is_open), is_return=int(visit.is_return), is_bounce=int(visit.is_bounce),
        **_visit_clock(case, visit),
    )  # fmt: skip


def _visit_outcome(case, visit, until_now, is_last):
    """By the status just before the end; if the case was not done then, by where it went."""
    status = next((label for label, at in reversed(case.known) if is_last or at < visit.to_at), None)
    if status is not None and case.log.is_done(status):
        return case.log.activity(status).kind
    if visit.next_team is None:
        return "open"
    return "returned" if visit.next_team in {before.team for before in until_now} else "passed_on"


def _visit_clock(case, visit):
    unsaid = (None, None, case.start, case.known[0][1] if case.known else case.ended_at)
    elapsed = [piece for piece in cut([unsaid, *case.pieces], visit.from_at, visit.to_at) if not case.log.is_done(piece[0])]
    own = [piece for piece in elapsed if not case.log.is_excluded(case.log.holder(*piece[:2]))]
    calendar = case.log.maps.teams.get(visit.team, Team()).calendar or case.log.settings.calendar
    found = {}
    for name, pieces in (("elapsed", elapsed), ("own", own)):
        found[f"{name}_seconds"] = case.unless_cut_off(length(pieces))
        found[f"business_{name}_seconds"] = case.unless_cut_off(business_length(pieces, calendar))
    return found


def handover_rows(case):
    return [
        case.row(
            handover_no=number, source=source, target=target, at=case.log.local(at), handover_date=day(case.log.local(at)),
            is_return=int(is_return), is_bounce=int(is_bounce), is_returned_by_partner=int(by_partner),
        )
        for number, (source, target, at, is_return, is_bounce, by_partner) in enumerate(case.handovers(), 1)
    ]  # fmt: skip


def reopening_rows(case):
    return [_reopening_row(case, number, found) for number, found in enumerate(case.reopenings(), 1)]


def _reopening_row(case, number, found):
    messages = case.messages.steps if case.messages else ()
    until = case.log.as_of if found.done_again_at is None else found.done_again_at
    is_in = any(way == "in" and found.done_at < at <= found.reopened_at for way, at in messages)
    return case.row(
        reopening_no=number, outcome=found.outcome, **case.times(done=found.done_at, reopened=found.reopened_at),
        done_as=found.done_as, reopened_as=found.reopened_as, done_again_at=case.log.local(found.done_again_at),
        done_again_as=NONE if found.done_again_at is None else found.done_again_as,
        days_after=found.reopened_at - found.done_at, is_within_30_days=int(is_soon(found)), is_after_message_in=int(is_in),
        messages_out_between=sum(way == "out" and found.reopened_at <= at <= until for way, at in messages),
    )  # fmt: skip


def is_soon(reopening):
    return reopening.reopened_at - reopening.done_at <= 30 * DAY


def message_rows(case):
    messages, found, last = case.messages.steps if case.messages else (), [], None
    for number, (way, at) in enumerate(messages, 1):
        is_way = way in ("in", "out")
        found.append(case.row(
            message_no=number, direction=way, at=case.log.local(at), message_date=day(case.log.local(at)), is_in=int(way == "in"),
            is_out=int(way == "out"), is_turn=int(is_way and last not in (None, way)), is_long_wait=_is_long_wait(case, number, way, at),
        ))  # fmt: skip
        last = way if is_way else last
    return found


def _is_long_wait(case, number, way, at):
    """Whether the case stays with us long, in one status, with one team, and no other message."""
    until = [to_at for status, team, b, to_at in case.pieces if b <= at < to_at and case.log.holder(status, team) == "us"]
    until += [next_at for _, next_at in case.messages.steps[number : number + 1]] if until else []
    return int(way == "out" and bool(until) and min(until) - at >= LONG_WAIT)


# ---- months -----------------------------------------------------------------------------------


def case_month_rows(case):
    return [_case_month_row(case, first) for first in sorted(_active_months(case))]


def _active_months(case):
    """Those with an event, and those of spans in which it was not done."""
    found = {month(case.log.local(at)) for _, at in case.trace.steps}
    if not case.log.knows_done:
        return found
    states = [(case.start, False)] + [(at, case.log.is_done(label)) for label, at in case.known]
    ends = [at for at, _ in states[1:]] + [case.log.as_of]
    for (from_at, is_done), to_at in zip(states, ends):
        if not is_done and from_at < to_at:
            found |= months_between(month(case.log.local(from_at)), month(case.log.local(to_at - 1)))
    return found


def months_between(first, last):
    found = {first}
    while first < last:
        first = next_month(first)
        found.add(first)
    return found


def _case_month_row(case, first):
    def among(instants):
        return int(any(month(case.log.local(at)) == first for at in instants))

    reopened = case.reopenings()
    open_at_end = int(not _is_done_by(case, next_month(first) * DAY)) if case.log.knows_done else None
    return case.row(
        month=first, is_created=among([case.start]), is_resolved=among(case.resolutions), is_closed=among(case.closings()),
        is_active=1, is_open_at_end=open_at_end, is_reopened=among(r.done_at for r in reopened),
        is_reopened_within_30_days=among(r.done_at for r in reopened if is_soon(r)),
        is_answered_again=among(r.done_at for r in reopened if r.outcome == "answered_again"),
    )  # fmt: skip


def _is_done_by(case, shown):
    """The state just before the wall clock shows a time."""
    before = [label for label, at in case.known if case.log.local(at) < shown]
    return bool(before) and case.log.is_done(before[-1])


# ---- values -----------------------------------------------------------------------------------


def trace_rows(case):
    """Without checksums, tied_events and duplicate_events."""
    texts = [trace and oracle.trace_text(trace) for trace in (case.trace, case.teams, case.messages)]
    return [case.row(
        trace=texts[0], assignments=texts[1], messages=texts[2], is_open=case.is_open, created_month=cohort_month(case, case.start),
        resolved_month=cohort_month(case, case.first_resolved_at),
    )]  # fmt: skip


CASE_TABLES = {
    "cases": case_rows, "events": event_rows, "case_edges": case_edge_rows, "segment_visits": segment_visit_rows,
    "team_visits": team_visit_rows, "handovers": handover_rows, "reopenings": reopening_rows, "messages": message_rows,
    "case_months": case_month_rows, "traces": trace_rows,
}  # fmt: skip
