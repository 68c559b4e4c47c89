"""What every number means, in plain Python over lists of events: the tests compare the extension with this."""

from bisect import bisect_right
from collections import Counter, defaultdict, namedtuple
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate, groupby
from math import isqrt

from timestamps import iso_time, pg_interval, pg_time

DFG_EXACT_DURATIONS = 1000

Event = namedtuple("Event", "case activity at seq")
Trace = namedtuple("Trace", "steps breaks", defaults=(frozenset(),))
Trace.__doc__ = """One case: steps are (activity, at) pairs; a break at n stands before event n, the last one at the end."""
Activity = namedtuple("Activity", "frequency case_frequency max_per_case starts ends")
Edge = namedtuple("Edge", "frequency case_frequency max_per_case durations")
Graph = namedtuple("Graph", "cases activities edges")


def label_key(label):
    """Labels are compared as bytes."""
    return label.encode()


def order_key(event):
    """Order within a case: time, then seq with NULL last, then the label's bytes."""
    return event.at, event.seq is None, event.seq or 0, label_key(event.activity)


def is_event(event):
    """Whether a row counts: case, activity and time are known."""
    return None not in (event.case, event.activity, event.at)


def trace(events):
    """The trace of the events of one case, in any order; None without any."""
    events = sorted((e for e in events if None not in (e.activity, e.at)), key=order_key)
    return Trace(tuple((e.activity, e.at) for e in events)) if events else None


def traces(events, case_key=lambda case: case):
    """All the traces of a log by case; case_key gives equal keys to equal case ids."""
    cases = defaultdict(list)
    for event in filter(is_event, events):
        cases[case_key(event.case)].append(event)
    return {case: trace(members) for case, members in cases.items()}


def activities(trace):
    """The activities of a trace, in order, with repeats."""
    return tuple(activity for activity, _ in trace.steps)


def steps(trace):
    """Pairs of neighbours as (source, target, from_at, to_at); none across a break."""
    pairs = zip(trace.steps, trace.steps[1:])
    return [
        (source, target, from_at, to_at)
        for number, ((source, from_at), (target, to_at)) in enumerate(pairs, 1)
        if number not in trace.breaks
    ]


def collapse(trace):
    """Repeats in a row become one, the first; a break keeps its neighbours apart."""
    kept, breaks = [], set()
    for number, step in enumerate(trace.steps):
        if number in trace.breaks:
            breaks.add(len(kept))
        elif kept and kept[-1][0] == step[0]:
            continue
        kept.append(step)
    if len(trace.steps) in trace.breaks:
        breaks.add(len(kept))
    return Trace(tuple(kept), frozenset(breaks))


def graph(traces):
    """The directly-follows graph of some cases; None without any."""
    tally = _Tally()
    for trace in traces:
        tally.add(trace)
    return tally.graph() if tally.cases else None


class _Tally:
    """The counts of a graph while cases are added."""

    def __init__(self):
        self.cases = 0
        self.starts, self.ends = Counter(), Counter()
        self.activities, self.edges = defaultdict(list), defaultdict(list)
        self.durations = defaultdict(list)

    def add(self, trace):
        names, pairs = activities(trace), steps(trace)
        self.cases += 1
        self.starts[names[0]] += 0 not in trace.breaks
        self.ends[names[-1]] += len(names) not in trace.breaks
        for activity, count in Counter(names).items():
            self.activities[activity].append(count)
        for edge, count in Counter(pair[:2] for pair in pairs).items():
            self.edges[edge].append(count)
        for source, target, from_at, to_at in pairs:
            self.durations[source, target].append(to_at - from_at)

    def graph(self):
        nodes = {
            name: Activity(sum(counts), len(counts), max(counts), self.starts[name], self.ends[name])
            for name, counts in self.activities.items()
        }
        edges = {
            pair: Edge(sum(counts), len(counts), max(counts), sorted(self.durations[pair]))
            for pair, counts in self.edges.items()
        }
        return Graph(self.cases, nodes, edges)


def half_up(value):
    """A fraction rounded to the nearest whole number, halves up."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def mean(durations):
    return half_up(Fraction(sum(durations), len(durations)))


def deviation(durations):
    """The sample standard deviation; None for one duration."""
    count = len(durations)
    if count < 2:
        return None
    scaled = count * sum(d * d for d in durations) - sum(durations) ** 2
    return (isqrt(4 * scaled // (count * (count - 1))) + 1) // 2


def bucket(duration):
    """The number of the sketch's bucket that holds a duration."""
    if duration < 64:
        return duration
    exponent = duration.bit_length() - 1
    return (exponent - 5) * 64 + ((duration >> (exponent - 6)) & 63)


def bucket_low(number):
    """The smallest duration of a bucket, and the bucket's width."""
    if number < 64:
        return number, 1
    exponent = number // 64 + 5
    width = 1 << (exponent - 6)
    return (64 + number % 64) * width, width


def representatives(durations):
    """The durations as the sketch remembers them, ascending."""
    smallest, largest = durations[0], durations[-1]
    for number, members in groupby(map(bucket, durations)):
        low, width = bucket_low(number)
        value = min(max(low + width // 2, smallest), largest)
        yield value, sum(1 for _ in members)


def percentile(durations, numerator, denominator):
    """percentile_cont over sorted durations, of their representatives where the edge has many."""
    runs = [(d, 1) for d in durations]
    if len(durations) > DFG_EXACT_DURATIONS:
        runs = list(representatives(durations))
    ends = list(accumulate(count for _, count in runs))
    below, rest = divmod((len(durations) - 1) * numerator, denominator)
    low = runs[bisect_right(ends, below)][0]
    if not rest:
        return low
    high = runs[bisect_right(ends, below + 1)][0]
    return half_up(low + Fraction((high - low) * rest, denominator))


def edge_statistics(durations):
    """min, max, mean, stddev, median, p90 and p95 in microseconds."""
    quantiles = [percentile(durations, *p) for p in ((1, 2), (9, 10), (19, 20))]
    return (durations[0], durations[-1], mean(durations), deviation(durations), *quantiles)


def edge_key(pair):
    return tuple(map(label_key, pair))


def edge_rows(graph):
    """The rows of dfg_edges, intervals as text."""
    return [_edge_row(pair, graph.edges[pair]) for pair in sorted(graph.edges, key=edge_key)]


def _edge_row(pair, edge):
    total = Decimal(sum(edge.durations)).scaleb(-6)
    intervals = (None if us is None else pg_interval(us) for us in edge_statistics(edge.durations))
    return (*pair, *edge[:3], total, *intervals)


def activity_rows(graph):
    """The rows of dfg_activities."""
    return [(name, *graph.activities[name]) for name in sorted(graph.activities, key=label_key)]


def event_count(graph):
    return sum(activity.frequency for activity in graph.activities.values())


def event_rows(trace):
    """The rows of trace_events, times as text."""
    return [(number, name, pg_time(at)) for number, (name, at) in enumerate(trace.steps, 1)]


def step_rows(trace):
    """The rows of trace_steps, times and durations as text."""
    return [
        (number, source, target, pg_time(from_at), pg_time(to_at), pg_interval(to_at - from_at))
        for number, (source, target, from_at, to_at) in enumerate(steps(trace), 1)
    ]


def variants(traces):
    """How many cases have each sequence of activities."""
    return Counter(map(activities, traces))


# ---- reopenings -------------------------------------------------------------------------------

Reopening = namedtuple("Reopening", "done_at done_as reopened_at reopened_as done_again_at done_again_as outcome")


def done_runs(trace, done, notes=()):
    """Runs of done and of open events in turn, notes left out: (is_done, steps) pairs."""
    kept = [step for step in trace.steps if step[0] not in notes]
    return [(is_done, list(run)) for is_done, run in groupby(kept, key=lambda step: step[0] in done)]


def reopenings(trace, done, answered=(), notes=()):
    """Every first open event after a run of done ones, with the outcome of the next run."""
    runs = done_runs(trace, done, notes)
    found, answered_before = [], False
    for number, (is_done, run) in enumerate(runs):
        if not is_done:
            continue
        answered_before |= _answers(run, answered)
        if number + 1 < len(runs):
            again = runs[number + 2][1] if number + 2 < len(runs) else None
            found.append(_reopening(run, runs[number + 1][1], again, answered, answered_before))
    return found


def _answers(run, answered):
    return any(activity in answered for activity, _ in run)


def _reopening(run, opened, again, answered, answered_before):
    (done_as, done_at), (reopened_as, reopened_at) = run[0], opened[0]
    if again is None:
        return Reopening(done_at, done_as, reopened_at, reopened_as, None, None, "open")
    outcome = "silent"
    if _answers(again, answered):
        outcome = "answered_again" if answered_before else "first_answer"
    again_as, again_at = again[0]
    return Reopening(done_at, done_as, reopened_at, reopened_as, again_at, again_as, outcome)


def reopening_rows(trace, done, answered=(), notes=()):
    """The rows of trace_reopenings, times as text."""
    rows = []
    for number, r in enumerate(reopenings(trace, done, answered, notes), 1):
        again_at = None if r.done_again_at is None else pg_time(r.done_again_at)
        times = pg_time(r.done_at), r.done_as, pg_time(r.reopened_at), r.reopened_as
        rows.append((number, *times, again_at, r.done_again_as, r.outcome))
    return rows


def repeat_answers(trace, done, answered, notes=()):
    """Second and later answers within one done run, over all the runs."""
    answers = (
        sum(activity in answered for activity, _ in run)
        for is_done, run in done_runs(trace, done, notes)
        if is_done
    )
    return sum(count - 1 for count in answers if count)


# ---- text forms -------------------------------------------------------------------------------

SPECIAL = set('{},"\\ \t\n\r\v\f')


def quoted(label):
    """A label as an element of the dictionary."""
    if label and label.lower() != "null" and not SPECIAL & set(label):
        return label
    escaped = label.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def dictionary_text(labels):
    return "{" + ",".join(map(quoted, labels)) + "}"


def trace_text(trace):
    """The text form of a trace."""
    index = {name: number for number, name in enumerate(dict.fromkeys(activities(trace)), 1)}
    words = [dictionary_text(index)]
    for number, (name, at) in enumerate(trace.steps):
        if number in trace.breaks:
            words.append("|")
        words.append(f"{index[name]}@{iso_time(at)}")
    return " ".join(words + ["|"] * (len(trace.steps) in trace.breaks))


def durations_text(durations):
    """The durations of an edge: all of them, or the sketch."""
    if len(durations) <= DFG_EXACT_DURATIONS:
        return "+".join(map(str, differences(durations)))
    sums = f"{sum(durations)},{sum(d * d for d in durations)},{durations[0]},{durations[-1]}"
    counts = Counter(map(bucket, durations))
    numbers = sorted(counts)
    return sums + "".join(f"~{written}*{counts[number]}" for number, written in zip(numbers, numbers))


def differences(numbers):
    """The first number, and what each further one is more than the one before."""
    return [number - before for before, number in zip([0, *numbers], numbers)]


def graph_text(graph):
    """The text form of a graph."""
    names = sorted(graph.activities, key=label_key)
    index = {name: number for number, name in enumerate(names, 1)}
    words = [str(graph.cases), dictionary_text(names)]
    words += ["%d(%d,%d,%d,%d,%d)" % (index[name], *graph.activities[name]) for name in names]
    for source, target in sorted(graph.edges, key=edge_key):
        edge = graph.edges[source, target]
        numbers = ",".join(map(str, edge[:3]))
        words.append(f"{index[source]}-{index[target]}({numbers}:{durations_text(edge.durations)})")
    return " ".join(words)
