"""Random traces and graphs as values: with breaks, in canonical text and in every other way to write them."""


import oracle
from dice import dice
from oracle import SPECIAL, Graph, Trace
from random_logs import KINDS, ODD, random_log
from timestamps import FIRST, HOUR, LAST, MINUTE, SECOND, iso_time


def random_trace(rng):
    """A trace of one to some dozens of events with labels of any kind; ties stand in any order."""
    labels, at, _ = KINDS[rng.choice([kind for kind in KINDS if kind != "huge groups"])]
    labels = rng.sample(labels, min(len(labels), rng.randint(1, 5)))
    size = rng.choice((1, 1, 2, 3, 7, 8, 9, 15, 16, 17, 40))
    times = sorted(at(rng) for _ in range(size))
    breaks = [n for n in range(size + 1) if rng.randrange(6) == 0] if rng.randrange(2) else []
    return Trace(tuple((rng.choice(labels), t) for t in times), frozenset(breaks))


def random_traces(seed, count):
    rng = dice(seed)
    return [random_trace(rng) for _ in range(count)]


def random_graphs(seed, count):
    """Graphs of random logs of all kinds, small and large."""
    kinds = sorted(KINDS)
    graphs = (
        oracle.graph(oracle.traces(random_log(kinds[number % len(kinds)], f"{seed} {number}")).values())
        for number in range(count)
    )
    return [graph for graph in graphs if graph]


def renamed(graph, rng):
    """The graph with odd labels instead of its own."""
    labels = rng.sample(ODD, len(graph.activities)) if len(graph.activities) <= len(ODD) else graph.activities
    new = dict(zip(graph.activities, labels))
    edges = {(new[source], new[target]): edge for (source, target), edge in graph.edges.items()}
    return Graph(graph.cases, {new[name]: counts for name, counts in graph.activities.items()}, edges)


# ---- other ways to write a value --------------------------------------------------------------


def space(rng, least=0):
    return "".join(rng.choices(" \t\n\r\v\f", k=rng.choice((least, least, least + 1, 5))))


def loose_label(rng, label):
    """A label in quotes, each character escaped or not."""
    if label and not SPECIAL & set(label) and label.lower() != "null" and rng.randrange(2):
        return label
    return '"' + "".join("\\" + c if c in '"\\' or rng.randrange(4) == 0 else c for c in label) + '"'


def loose_dictionary(rng, labels):
    items = (space(rng) + loose_label(rng, label) + space(rng) for label in labels)
    return "{" + ",".join(items) + "}"


def loose_time(rng, us):
    """The same time at another offset, with more digits or fewer."""
    offset = rng.choice((0, 1, -5, 14)) * HOUR + rng.choice((0, 0, 30, 45)) * MINUTE
    if not FIRST <= us + offset <= LAST:
        offset = 0
    text, era = (iso_time(us + offset) + "|").split("Z")
    if "." in text and rng.randrange(2):
        text = text.split(".")[0] + f".{us % SECOND:06}"
    return text + loose_offset(rng, offset) + era.rstrip("|")


def loose_offset(rng, offset):
    if offset == 0:
        return rng.choice(("Z", "+00", "+00:00", "-00:00"))
    sign, minutes = ("+" if offset > 0 else "-"), abs(offset) // MINUTE
    if minutes % 60 == 0 and rng.randrange(2):
        return f"{sign}{minutes // 60:02}"
    return f"{sign}{minutes // 60:02}:{minutes % 60:02}"


def loose_trace(rng, trace):
    """A trace in another way of writing: dictionary in any order with labels that are not used."""
    labels = list(dict.fromkeys(oracle.activities(trace)))
    labels += [label for label in ("unused", "ubrugt æ") if label not in labels][: rng.randrange(3)]
    rng.shuffle(labels)
    words = [space(rng) + loose_dictionary(rng, labels)]
    for number, (label, at) in enumerate(trace.steps):
        if number in trace.breaks:
            words.append("|")
        words.append(f"{labels.index(label) + 1}@{loose_time(rng, at)}")
    words += ["|"] * (len(trace.steps) in trace.breaks)
    return "".join(word + space(rng, least=1) for word in words)


def loose_graph(rng, text):
    """The text of a graph with more white space between its parts, and other quotes."""
    cases, rest = text.split(" ", 1)
    dictionary, counts = split_dictionary(rest)
    loosened = "".join(space(rng, 1) + word for word in counts.split())
    return f"{space(rng)}{cases}{space(rng, 1)}{dictionary}{loosened}{space(rng)}"


def split_dictionary(text):
    """The dictionary at the beginning of a text, and what follows it."""
    inside, number = False, 0
    while inside or text[number] != "}":
        inside ^= text[number] == '"'
        number += 2 if text[number] == "\\" else 1
    return text[: number + 1], text[number + 1 :]
