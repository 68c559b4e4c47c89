"""What patterns mean, in plain Python: by structural recursion over all of what a part can match, and as a regular expression of Python's.

A pattern is a tuple: ("event", labels), ("other", labels), ("begin",), ("end",), ("gap",), ("sequence", parts), ("choice", parts),
("repeat", part, least, most or None), ("bound", part, relation, microseconds).
"""

import operator
import re
from functools import cache

RELATIONS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}

# Where a partial match has got to: at event number at; open says that the next event may stand across a break.
# A function from there gives the places to go on from, the preferred ones first, each once.


class Matcher:
    """The matches of one pattern in one trace."""

    def __init__(self, trace):
        self.activities = [activity for activity, _ in trace.steps]
        self.times = [at for _, at in trace.steps]
        self.breaks, self.size = trace.breaks, len(trace.steps)
        self.ends = cache(self.ends)

    def ends(self, node, at, is_open):
        """All (at, open) behind the node, in order of preference."""
        return tuple(dict.fromkeys(getattr(self, node[0])(node, at, is_open)))

    def takes(self, at, is_open, wanted):
        if at < self.size and (is_open or at not in self.breaks) and wanted(self.activities[at]):
            yield at + 1, False

    def event(self, node, at, is_open):
        return self.takes(at, is_open, lambda activity: activity in node[1])

    def other(self, node, at, is_open):
        return self.takes(at, is_open, lambda activity: activity not in node[1])

    def begin(self, node, at, is_open):
        if at == 0 and 0 not in self.breaks:
            yield at, is_open

    def end(self, node, at, is_open):
        if at == self.size and self.size not in self.breaks:
            yield at, is_open

    def gap(self, node, at, is_open):
        return ((later, True) for later in range(at, self.size + 1))

    def sequence(self, node, at, is_open):
        if not node[1]:
            yield at, is_open
            return
        for place in self.ends(node[1][0], at, is_open):
            yield from self.ends(("sequence", node[1][1:]), *place)

    def choice(self, node, at, is_open):
        for part in node[1]:
            yield from self.ends(part, at, is_open)

    def repeat(self, node, at, is_open):
        """Turns beyond the least number take an event each."""
        _, part, least, most = node
        fewer = ("repeat", part, max(least - 1, 0), None if most is None else most - 1)
        if most != 0:
            for place in self.ends(part, at, is_open):
                if least > 0 or place[0] > at:
                    yield from self.ends(fewer, *place)
        if least == 0:
            yield at, is_open

    def bound(self, node, at, is_open):
        _, part, relation, microseconds = node
        for place in self.ends(part, at, is_open):
            elapsed = self.times[place[0] - 1] - self.times[at] if place[0] > at else 0
            if RELATIONS[relation](elapsed, microseconds):
                yield place


def matches(pattern, trace):
    """(first, last) of each match, numbered from 1, from left to right without overlap."""
    matcher, found, at = Matcher(trace), [], 0
    while at < matcher.size:
        end = next((end for end, _ in matcher.ends(pattern, at, True) if end > at), None)
        if end is not None:
            found.append((at + 1, end))
        at = end or at + 1
    return found


# ---- as a regular expression over one character an activity, and "|" for a break ----


def can_be_empty(node):
    kind = node[0]
    if kind in ("event", "other"):
        return False
    if kind in ("sequence", "choice"):
        return (all if kind == "sequence" else any)(map(can_be_empty, node[1]))
    return kind in ("begin", "end", "gap") or (kind == "repeat" and node[2] == 0) or can_be_empty(node[1])


def parts_of(node):
    if node[0] in ("sequence", "choice"):
        return node[1]
    return (node[1],) if node[0] in ("repeat", "bound") else ()


def is_regular(node):
    """Python's re means the same by it: no time bounds, and no optional turns without an event, of which it makes something of its own."""
    if node[0] == "bound" or (node[0] == "repeat" and node[2] != node[3] and can_be_empty(node[1])):
        return False
    return all(map(is_regular, parts_of(node)))


def expression(node, characters):
    """The pattern in Python's notation."""
    kind = node[0]
    if kind in ("event", "other"):
        named = "".join(characters[label] for label in node[1] if label in characters)
        if kind == "event":
            return f"[{named}]" if named else "(?!)"
        return f"[^|{named}]"
    if kind in ("sequence", "choice"):
        return "(?:" + ("" if kind == "sequence" else "|").join(expression(part, characters) for part in node[1]) + ")"
    if kind == "repeat":
        return f"(?:{expression(node[1], characters)}){{{node[2]},{'' if node[3] is None else node[3]}}}"
    return {"begin": r"\A", "end": r"(?<!\|)\Z", "gap": r"\|?(?:[^|]\|?)*?"}[kind]


def matches_by_re(pattern, trace):
    """The same as matches() for a regular pattern."""
    activities = [activity for activity, _ in trace.steps]
    characters = {activity: chr(0x4E00 + n) for n, activity in enumerate(dict.fromkeys(activities))}
    text, events_before = "", []
    for number, activity in enumerate(activities + [None]):
        pieces = ("|" if number in trace.breaks else "") + ("" if activity is None else characters[activity])
        events_before += [number] * len(pieces)
        text += pieces
    events_before.append(len(activities))
    found = re.finditer(r"(?!\|)" + expression(pattern, characters), text)
    return [(events_before[m.start()] + 1, len(text[: m.end()].replace("|", ""))) for m in found if m.end() > m.start()]


# ---- text ----

BARE = re.compile(r"[\w\u0080-\U0010ffff]+(-[\w\u0080-\U0010ffff]+)*\Z", re.ASCII)


def label_text(label):
    if BARE.match(label):
        return label
    return '"' + label.replace("\\", "\\\\").replace('"', '\\"') + '"'


def duration_text(us):
    parts = []
    for name, size in (("day", 86_400_000_000), ("hour", 3_600_000_000), ("minute", 60_000_000)):
        number, us = divmod(us, size)
        if number:
            parts.append(f"{number} {name}{'s' * (number != 1)}")
    if us or not parts:
        seconds = f"{us // 1_000_000}" + (f".{us % 1_000_000:06}".rstrip("0") if us % 1_000_000 else "")
        parts.append(f"{seconds} second{'s' * (us != 1_000_000)}")
    return " ".join(parts)


def repeat_text(least, most):
    if most is None:
        return {0: "*", 1: "+"}.get(least, f"{{{least},}}")
    if (least, most) == (0, 1):
        return "?"
    return f"{{{least}}}" if least == most else f"{{{least},{most}}}"


def pattern_text(node):
    """The normal text form."""
    kind = node[0]
    if kind in ("event", "other"):
        if not node[1]:
            return "."
        labels = " ".join(map(label_text, node[1]))
        return f"[^{labels}]" if kind == "other" else f"[{labels}]" if len(node[1]) > 1 else labels
    if kind in ("sequence", "choice"):
        texts = (f"({pattern_text(part)})" if part[0] == "choice" else pattern_text(part) for part in node[1])
        return (" " if kind == "sequence" else " | ").join(texts)
    if kind == "repeat":
        text = pattern_text(node[1])
        return (f"({text})" if node[1][0] in ("sequence", "choice", "repeat") else text) + repeat_text(node[2], node[3])
    if kind == "bound":
        return f"({pattern_text(node[1])}){{{node[2]} {duration_text(node[3])}}}"
    return {"begin": "^", "end": "$", "gap": "~>"}[kind]


# ---- stored form ----

KINDS = {name: n for n, name in enumerate(("event", "other", "begin", "end", "gap", "sequence", "choice", "repeat", "bound"), 1)}
RELATION_NUMBERS = {"<": 1, "<=": 2, ">": 3, ">=": 4}


def varint(value):
    data = b""
    while value >= 0x80:
        data, value = data + bytes([value & 0x7F | 0x80]), value >> 7
    return data + bytes([value])


def encode_node(node, numbers):
    kind, data = node[0], bytes([KINDS[node[0]]])
    if kind in ("event", "other"):
        labels = sorted(numbers.setdefault(label, len(numbers)) for label in node[1])
        return data + varint(len(labels)) + b"".join(map(varint, labels))
    if kind in ("sequence", "choice"):
        data += varint(len(node[1]))
    elif kind == "repeat":
        data += varint(node[2]) + varint(node[3] or 0)
    elif kind == "bound":
        data += bytes([RELATION_NUMBERS[node[2]]]) + varint(node[3])
    return data + b"".join(encode_node(part, numbers) for part in parts_of(node))


def encode(pattern):
    """The bytes of a pattern in normal form, as src/pattern/pattern_tree.h describes them."""
    numbers = {}
    tree = encode_node(pattern, numbers)
    dictionary = b"".join(varint(len(label.encode())) + label.encode() for label in numbers)
    return b"\x01" + varint(len(numbers)) + varint(len(dictionary)) + dictionary + tree
