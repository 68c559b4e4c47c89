"""What a process map shows of a graph, by brute force over the definition in src/map/map.h."""

import math
import re
import unicodedata
from collections import Counter

from oracle import edge_statistics, label_key

START, END = "start", "end"
CLASSES = ("#2b98e0", "#7d7f9a", "#b05f1e", "#8c2a17", "#3b0a12")
NEUTRAL = "#767676"
HOURS = (1, 24, 7 * 24, 28 * 24)
BUSINESS_HOURS = (1, 8, 40, 160)


def share_count(share, n):
    return max(0, math.ceil(share * n - 1e-9))


class Map:
    """The nodes of a graph in order, and its edges by rank: (source, target) with (case_frequency, frequency)."""

    def __init__(self, graph):
        names = sorted(graph.activities, key=label_key)
        self.graph = graph
        self.nodes = {name: f"a{number}" for number, name in enumerate(names, 1)}
        self.order = {START: 0, **{node: number for number, node in enumerate(self.nodes.values(), 1)}, END: len(names) + 1}
        counts = {(self.nodes[s], self.nodes[t]): edge[1::-1] for (s, t), edge in graph.edges.items()}
        for name, activity in graph.activities.items():
            counts[START, self.nodes[name]] = (activity.starts, activity.starts)
            counts[self.nodes[name], END] = (activity.ends, activity.ends)
        self.counts = {edge: count for edge, count in counts.items() if count[0] > 0}
        self.edges = sorted(self.counts, key=lambda edge: (*(-c for c in self.counts[edge]), *(self.order[n] for n in edge)))

    def ranked_activities(self):
        def key(name):
            activity = self.graph.activities[name]
            return -activity.case_frequency, -activity.frequency, label_key(name)

        return [self.nodes[name] for name in sorted(self.graph.activities, key=key)]

    def tree(self, root, near, far):
        """The edge by which each node joined: always the first by rank that leads from the tree to the outside."""
        joined = {root: None}
        while True:
            crossing = (e for e in self.edges if e[near] in joined and e[far] not in joined and e[far] not in (START, END))
            edge = next(crossing, None)
            if edge is None:
                return joined
            joined[edge[far]] = edge

    def simplified(self, activities, paths):
        """The activities and edges that are shown."""
        trees = (self.tree(START, 0, 1), 0), (self.tree(END, 1, 0), 1)
        nodes, edges = set(), set()
        for chosen in self.ranked_activities()[: max(1, share_count(activities, len(self.nodes)))]:
            for joined, near in trees:
                node = chosen
                while node is not None and node not in (START, END):
                    nodes.add(node)
                    edge = joined.get(node)
                    edges |= {edge} - {None}
                    node = edge and edge[near]
        edges |= set([edge for edge in self.edges if edge[1] == END and edge[0] in nodes][:1])
        candidates = [edge for edge in self.edges if nodes | {START, END} >= set(edge)]
        return nodes, edges | set(candidates[: share_count(paths, len(candidates))])


def reached(root, edges):
    """The nodes that a walk from root along (near, far) pairs comes to."""
    found, waiting = {root}, [root]
    while waiting:
        near = waiting.pop()
        new = {far for source, far in edges if source == near} - found
        found |= new
        waiting += new
    return found


def capacity(counts, edges, source, target):
    """The greatest case frequency such that edges at least as frequent lead from source to target."""
    for least in sorted({counts[edge][0] for edge in edges}, reverse=True):
        if target in reached(source, [edge for edge in edges if counts[edge][0] >= least]):
            return least
    return 0


# ---- how figures are worded ----------------------------------------------------------------------

WORDS = {
    "en": {
        "case_frequency": ("{} case", "{} cases"), "frequency": ("{} time", "{} times"), "max_per_case": ("at most {} per case",) * 2,
        "min": "shortest", "max": "longest", "mean": "mean", "median": "median", "p90": "90 % within", "p95": "95 % within", "total": "total",
        "hour": "h", "comma": ",", START: "Start", END: "End", "empty": "empty",
    },
    "da": {
        "case_frequency": ("{} sag", "{} sager"), "frequency": ("{} gang", "{} gange"), "max_per_case": ("højst {} pr. sag",) * 2,
        "min": "korteste", "max": "længste", "mean": "gennemsnit", "median": "median", "p90": "90 % inden for", "p95": "95 % inden for", "total": "i alt",
        "hour": "t", "comma": ".", START: "Start", END: "Slut", "empty": "tom",
    },
}  # fmt: skip

COUNTS = ("case_frequency", "frequency", "max_per_case")
MEASURES = (*COUNTS, "min", "max", "mean", "median", "p90", "p95", "total")


def number_text(number, language):
    return f"{number:,}".replace(",", WORDS[language]["comma"])


def duration_text(us, language="en", is_business=False):
    """In the two greatest units, rounded to the smaller."""
    def rounded(unit):
        return (2 * us + unit) // (2 * unit)

    hour = WORDS[language]["hour"]
    second, minute = 1_000_000, 60_000_000
    if rounded(second) < 3600:
        great, small, (units, rest) = "min", "s", divmod(rounded(second), 60)
    elif is_business or rounded(minute) < 1440:
        great, small, (units, rest) = hour, "min", divmod(rounded(minute), 60)
    else:
        great, small, (units, rest) = "d", hour, divmod(rounded(60 * minute), 24)
    parts = [f"{number_text(units, language)} {great}"] * (units > 0) + [f"{rest} {small}"] * (rest > 0 or units == 0)
    return " ".join(parts)


def count_text(measure, number, language):
    one, many = WORDS[language][measure]
    return (one if number == 1 else many).format(number_text(number, language))


def edge_durations(edge):
    """The durations of an edge by measure, in microseconds."""
    least, greatest, mean, _, median, p90, p95 = edge_statistics(edge.durations)
    return {"min": least, "max": greatest, "mean": mean, "median": median, "p90": p90, "p95": p95, "total": sum(edge.durations)}


def edge_lines(edge, measures, language, is_business=False):
    """What a map says of an edge of the graph."""
    durations = edge_durations(edge)
    counts = {"case_frequency": edge.case_frequency, "frequency": edge.frequency, "max_per_case": edge.max_per_case}
    return [
        count_text(measure, counts[measure], language)
        if measure in counts
        else f"{WORDS[language][measure]} {duration_text(durations[measure], language, is_business)}"
        for measure in measures
    ]


def count_lines(counts, measures, language):
    """What a map says of an activity, or of an edge from the start or to the end, by its counts."""
    return [count_text(measure, counts[COUNTS.index(measure)], language) for measure in measures if measure in COUNTS]


def colour(us, is_business=False):
    limits = BUSINESS_HOURS if is_business else HOURS
    return CLASSES[sum(us >= hours * 3_600_000_000 for hours in limits)]


def thickness(frequency, greatest):
    """In tenths."""
    return 10 + int(50 * frequency / greatest + 0.5)


# ---- labels, by the rules in src/map/map_labels.h -------------------------------------------------

# Default_Ignorable_Code_Point beside the category Cf, the Braille pattern of no dot, the replaced object, format
# controls that are newer than Python; and the two signs of the page.
IGNORABLE = [0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), 0x2065, 0x3164, *range(0xFE00, 0xFE10), 0xFFA0, *range(0xFFF0, 0xFFF9)]
HIDDEN = {*map(chr, [*IGNORABLE, 0x2800, 0xFFFC, *range(0x13439, 0x13440), *range(0xE0000, 0xE1000)]), *"‹␣"}


def is_hidden(character):
    is_no_character = 0xFDD0 <= ord(character) <= 0xFDEF or ord(character) & 0xFFFE == 0xFFFE
    return character in HIDDEN or is_no_character or (unicodedata.category(character) in ("Cc", "Cf", "Co", "Zs", "Zl", "Zp") and character != " ")


def code_mark(character):
    return f"‹U+{ord(character):04X}›"


def label_text(label, language="en"):
    """A label as it is shown."""
    if label in ("", "–"):
        return code_mark(label) if label else f"‹{WORDS[language]['empty']}›"
    is_normal = unicodedata.is_normalized("NFC", label)
    around = zip(" " + label, label, label[1:] + " ")
    return "".join(
        "␣" if own == " " and " " in (before, after) else code_mark(own) if is_hidden(own) or (own > "\x7f" and not is_normal) else own
        for before, own, after in around
    )


def cut(text, most):
    """Without its middle, if it is longer; marks are not broken."""
    if len(text) <= most:
        return text
    head, tail = (most - 1) * 2 // 3, most - 1 - (most - 1) * 2 // 3
    places = [found.start() for found in re.finditer("‹[^›]*›|.", text, re.DOTALL)] + [len(text)]
    return text[: max(place for place in places if place <= head)] + "…" + text[min(place for place in places if len(text) - place <= tail) :]


def label_names(labels, language="en", most=60):
    """The names that labels have in one graph."""
    ordered = sorted(labels, key=label_key)
    names = {label: cut(label_text(label, language), most) for label in ordered}
    uses = Counter(names.values())
    alike = (label for label in ordered if uses[names[label]] > 1)
    return names | {label: f"{names[label]}‹{number}›" for number, label in enumerate(alike, 1)}
