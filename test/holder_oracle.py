"""Who has a ticket when, in plain Python over traces: segments, overlays, visits of teams, messages."""

from collections import namedtuple
from itertools import groupby

from oracle import Trace, activities

UNKNOWN, NONE = "unknown", "none"

Visit = namedtuple("Visit", "visit_no team from_at to_at next_team is_return is_bounce")


def end_of(trace, as_of):
    """Until when time runs."""
    return trace.steps[-1][1] if as_of is None else as_of


def known_by(trace, as_of):
    """The events that count."""
    return [(label, at) for label, at in trace.steps if as_of is None or at < as_of]


def pieces(trace, as_of):
    """Which label it was from when to when; pieces of no length too."""
    events = known_by(trace, as_of)
    ends = [at for _, at in events[1:]] + [end_of(trace, as_of)]
    return [(label, at, end) for (label, at), end in zip(events, ends)]


def joined(found):
    """Pieces (what, from_at, to_at) of some length, those in a row of the same made one."""
    kept = [piece for piece in found if piece[1] < piece[2]]
    return [(what, run[0][1], run[-1][2]) for what, run in ((what, list(run)) for what, run in groupby(kept, lambda piece: piece[0]))]


def segments(trace, segment_of, as_of):
    """(segment, from_at, to_at); a label mapped to None goes on with the segment before it."""
    found, segment = [], UNKNOWN
    for label, from_at, to_at in pieces(trace, as_of):
        mapped = segment_of.get(label, UNKNOWN)
        segment = segment if mapped is None else mapped
        found.append((segment, from_at, to_at))
    return joined(found)


def time_in(trace, labels, as_of):
    """The pieces of some labels, joined."""
    return [(from_at, to_at) for is_in, from_at, to_at in joined((label in labels, b, e) for label, b, e in pieces(trace, as_of)) if is_in]


def label_at(trace, at):
    """The label that holds at an instant; None before the first."""
    return next((label for label, since in reversed(trace.steps) if since <= at), None)


def overlay(a, b, as_of):
    """(a, b, from_at, to_at): what each of two traces says between every two neighbours of all the times there are."""
    start, end = a.steps[0][1], end_of(a, as_of)
    times = {start, end} | {at for trace in (a, b) if trace for _, at in trace.steps}
    times = sorted(at for at in times if start <= at <= end)
    found = [((label_at(a, x), b and label_at(b, x)), x, y) for x, y in zip(times, times[1:])]
    return [(*both, x, y) for both, x, y in joined(found)]


# ---- teams ------------------------------------------------------------------------------------


def stays(teams):
    """Teams in turn, none left out, each as long as it has the case."""
    return [team for team, _ in groupby(team for team in teams if team != NONE)]


def visits(trace, as_of):
    """The rows of trace_visits, written with what came before each visit and what comes after it."""
    runs = [list(run) for _, run in groupby(pieces(trace, as_of), lambda piece: piece[0])]
    teams = [run[0][0] for run in runs]
    return [
        Visit(number + 1, team, run[0][1], run[-1][2], _next_team(team, teams[number + 1 :]), *_back(stays(teams[:number]), team))
        for number, (team, run) in enumerate(zip(teams, runs))
    ]


def _next_team(team, after):
    """The next team there is that is another one."""
    return next((other for other in after if other not in (team, NONE)), None)


def _back(before, team):
    """Whether the case comes back to a team, and from the one it had given it to. It is no way back from none."""
    if team == NONE or before[-1:] == [team]:
        return False, False
    return team in before, before[-2:-1] == [team]


def handovers(trace):
    return max(0, len(stays(activities(trace))) - 1)


def landing(trace, resolved_at, intake):
    teams = stays(team for team, at in trace.steps if at <= resolved_at)
    if len(teams) == 2 and teams[0] in intake:
        return "forwarded"
    return [None, "direct"][len(teams)] if len(teams) < 2 else "rerouted"


# ---- messages ---------------------------------------------------------------------------------


def messages(trace):
    """Messages in, messages out, turns."""
    directions = [label for label in activities(trace) if label in ("in", "out")]
    turns = sum(before != after for before, after in zip(directions, directions[1:]))
    return directions.count("in"), directions.count("out"), turns


def in_business_time(trace, calendar, epoch):
    """The trace with its times as business time since an epoch: so its durations are business durations."""
    return Trace(tuple((label, calendar.duration(epoch, at)) for label, at in trace.steps), trace.breaks)
