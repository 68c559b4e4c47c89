"""What filters, predicates and chains mean, in plain Python over lists of events."""

import re
from collections import namedtuple

from oracle import Trace, activities
from timestamps import DAY, HOUR, MINUTE, SECOND, civil, clock

Cut = namedtuple("Cut", "first count")


def keep(trace, names):
    """Only these; breaks between those that stay are kept, masked or not."""
    return relinked(trace, lambda name: name in names, masks=False)


def drop(trace, names):
    return relinked(trace, lambda name: name not in names, masks=False)


def mask(trace, names):
    """A break for each that is left out."""
    return relinked(trace, lambda name: name not in names, masks=True)


def relinked(trace, stays, masks):
    """Walks over events and breaks as one sequence of marks."""
    steps, breaks = [], set()
    for number, step in enumerate(trace.steps):
        if number in trace.breaks:
            breaks.add(len(steps))
        if stays(step[0]):
            steps.append(step)
        elif masks:
            breaks.add(len(steps))
    if len(trace.steps) in trace.breaks:
        breaks.add(len(steps))
    return Trace(tuple(steps), frozenset(breaks)) if steps else None


def piece(trace, first, end):
    """The events from first up to end; a break at an end stays only where nothing is cut off there."""
    if first >= end:
        return None
    inner = {number - first for number in trace.breaks if first < number < end}
    if first == 0 and 0 in trace.breaks:
        inner.add(0)
    if end == len(trace.steps) and end in trace.breaks:
        inner.add(end - first)
    return Trace(trace.steps[first:end], frozenset(inner))


def crop(trace, from_names, to_names, from_which="first", to_which="last"):
    """None where one of the ends is not there."""
    names = activities(trace)
    first, last = 0, len(names) - 1
    if from_names is not None:
        places = [n for n, name in enumerate(names) if name in from_names]
        if not places:
            return None
        first = places[0 if from_which == "first" else -1]
    if to_names is not None:
        places = [n for n, name in enumerate(names) if name in to_names and n >= first]
        if not places:
            return None
        last = places[0 if to_which == "first" else -1]
    return piece(trace, first, last + 1)


def between(trace, from_at, to_at):
    """Events are in order of time, so those of a period are a piece."""
    inside = [n for n, (_, at) in enumerate(trace.steps) if from_at <= at < to_at]
    return piece(trace, inside[0], inside[-1] + 1) if inside else None


def starts_with(trace, names):
    return trace.steps[0][0] in names and 0 not in trace.breaks


def ends_with(trace, names):
    return trace.steps[-1][0] in names and len(trace.steps) not in trace.breaks


def edge_durations(trace, source, target):
    """How long each such step took; none across a break."""
    pairs = enumerate(zip(trace.steps, trace.steps[1:]), 1)
    return [b[1] - a[1] for n, (a, b) in pairs if (a[0], b[0]) == (source, target) and n not in trace.breaks]


def span(trace):
    return trace.steps[0][1], trace.steps[-1][1]


def starts_in(trace, from_at, to_at):
    return from_at <= span(trace)[0] < to_at


def ends_in(trace, from_at, to_at):
    return from_at <= span(trace)[1] < to_at


def contained_in(trace, from_at, to_at):
    return all(from_at <= at < to_at for _, at in trace.steps)


def intersects(trace, from_at, to_at):
    """Whether some instant lies in both; the span is closed, the period half-open."""
    first, last = span(trace)
    return max(first, from_at) <= min(last, to_at - 1)


# ---- chains -------------------------------------------------------------------------------------


def duration(text):
    """Microseconds of an ISO 8601 duration."""
    found = re.fullmatch(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{1,6}))?S)?)?", text)
    weeks, days, hours, minutes, seconds, fraction = (part or "0" for part in found.groups())
    sizes = zip((7 * DAY, DAY, HOUR, MINUTE, SECOND), (weeks, days, hours, minutes, seconds))
    return sum(size * int(number) for size, number in sizes) + int(fraction.ljust(6, "0"))


def instant(us):
    """A time as chains have it."""
    day, time = divmod(us, DAY)
    year, month, day_of_month = civil(day)
    return f"{year:04}-{month:02}-{day_of_month:02}T{clock(time)}Z"


BOUNDS = {
    "over": lambda number, bound: number > bound,
    "under": lambda number, bound: number < bound,
    "at_least": lambda number, bound: number >= bound,
    "at_most": lambda number, bound: number <= bound,
}


class Chains:
    """Applies chains to traces; times says which microseconds the times written in them are, patterns what they match."""

    def __init__(self, times, patterns):
        self.times, self.patterns = times, patterns

    def period(self, value):
        return self.times.get(value.get("from_at"), -(2**63)), self.times.get(value.get("to_at"), 2**63)

    def holds(self, key, value, trace, attributes):
        names = activities(trace)
        if key == "matches":
            return self.patterns[value](names)
        if key == "has":
            return set(value) <= set(names)
        if key == "has_any":
            return bool(set(value) & set(names))
        if key == "edge":
            bounds = [(BOUNDS[k], duration(v)) for k, v in value.items() if k in BOUNDS]
            return any(all(b(took, d) for b, d in bounds) for took in edge_durations(trace, value["source"], value["target"]))
        if key.startswith("duration_"):
            first, last = span(trace)
            return BOUNDS[key[9:]](last - first, duration(value))
        if key.startswith("length_"):
            return BOUNDS[key[7:]](len(names), value)
        if key in ("starts_in", "ends_in", "contained_in", "intersects"):
            return globals()[key](trace, *self.period(value))
        if key == "attribute":
            # As in Python, 1, 1.0 and True are equal, and "1" is not.
            return all(attributes[name] in values for name, values in value.items())
        return {"starts_with": starts_with, "ends_with": ends_with}[key](trace, value)

    def step(self, step, trace, attributes):
        ((key, value),) = step.items()
        if key in ("keep_cases", "drop_cases"):
            fits = all(self.holds(k, v, trace, attributes) for k, v in value.items())
            return trace if fits == (key == "keep_cases") else None
        if key == "crop_events":
            return crop(trace, value.get("from"), value.get("to"), value.get("from_which", "first"), value.get("to_which", "last"))
        if key == "crop_between":
            return between(trace, *self.period(value))
        return {"keep_events": keep, "drop_events": drop, "mask_events": mask}[key](trace, value)

    def apply(self, chain, trace, attributes):
        """What each step leaves."""
        left = []
        for step in chain:
            trace = self.step(step, trace, attributes) if trace else None
            left.append(trace)
        return left
