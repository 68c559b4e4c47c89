"""Random patterns in normal form, other ways to write them, and traces that they have a chance to match."""


from dice import dice
from oracle import Trace
from timestamps import DAY, HOUR, MINUTE, SECOND, utc

LABELS = ["A", "B", "C", "D"]
ABSENT = "Z"


def random_events(rng, labels):
    kind = rng.choice(("event", "event", "event", "event", "other"))
    count = rng.choice((1, 1, 1, 1, 2, 3)) if kind == "event" else rng.choice((0, 1, 2))
    chosen = rng.sample(labels, min(count, len(labels)))
    return kind, tuple(chosen)


def random_bound(rng):
    return rng.choice(("<", "<=", ">", ">=")), rng.choice((0, SECOND, HOUR, 2 * HOUR, 3 * HOUR, 5 * HOUR, DAY))


def random_repeat(rng, part):
    least, most = rng.choice(((0, None), (0, None), (1, None), (0, 1), (0, 1), (2, 2), (1, 2), (0, 2), (2, None), (0, 3), (3, 3)))
    return "repeat", part, least, most


def random_sequence(rng, labels, depth, bounds):
    parts = []
    for number in range(rng.choice((2, 2, 3))):
        if number and rng.randrange(4) == 0:
            parts.append(("gap",))
        parts.append(random_pattern(rng, labels, depth - 1, bounds))
    if rng.randrange(12) == 0:
        parts.insert(0, ("begin",))
    if rng.randrange(12) == 0:
        parts.append(("end",))
    return joined("sequence", parts)


def joined(kind, parts):
    """In normal form: no sequence in a sequence, no choice in a choice."""
    flat = [inner for part in parts for inner in (part[1] if part[0] == kind else (part,))]
    return (kind, tuple(flat)) if len(flat) > 1 else flat[0]


def random_pattern(rng, labels=LABELS, depth=3, bounds=True):
    """Of some depth; bounds says whether time bounds may stand in it."""
    kind = rng.choice(("events", "sequence", "sequence", "choice", "repeat", "bound")) if depth else "events"
    if kind == "sequence":
        return random_sequence(rng, labels, depth, bounds)
    if kind == "choice":
        return joined("choice", [random_pattern(rng, labels, depth - 1, bounds) for _ in range(rng.choice((2, 2, 3)))])
    if kind == "repeat":
        return random_repeat(rng, random_pattern(rng, labels, depth - 1, bounds))
    if kind == "bound" and bounds:
        return ("bound", random_pattern(rng, labels, depth - 1, False), *random_bound(rng))
    return random_events(rng, labels)


def ordered_labels(node, seen=None):
    """The same pattern with the labels of each set in order of first appearance, as the normal form has them."""
    seen = {} if seen is None else seen
    if node[0] in ("event", "other"):
        labels = sorted(dict.fromkeys(node[1]), key=lambda label: seen.setdefault(label, len(seen)))
        return node[0], tuple(labels)
    if node[0] in ("sequence", "choice"):
        return node[0], tuple(ordered_labels(part, seen) for part in node[1])
    return (node[0], ordered_labels(node[1], seen), *node[2:]) if len(node) > 1 else node


ODD_LABELS = ["A", "B", "Løst m. mail", "'", '"\\', "", "-", "a-b", "a-", "😀", "x" * 200]


def random_patterns(seed, count):
    """Distinct ones in normal form, with labels of any kind."""
    rng, made = dice(seed), {}
    while len(made) < count:
        pattern = ordered_labels(random_pattern(rng, labels=rng.sample(ODD_LABELS, 4), depth=rng.choice((1, 2, 3, 4))))
        made[pattern] = None
    return list(made)


def random_case(rng, labels=LABELS):
    """A trace of few events, with ties, whole hours apart, some with breaks."""
    size, at = rng.choice((1, 2, 3, 4, 5, 6, 8, 12)), utc(2023)
    steps = []
    for _ in range(size):
        steps.append((rng.choice((*labels, *labels, ABSENT)), at))
        at += rng.choice((0, 0, HOUR, HOUR, 2 * HOUR, 26 * HOUR, MINUTE))
    breaks = [n for n in range(size + 1) if rng.randrange(5) == 0] if rng.randrange(3) == 0 else []
    return Trace(tuple(steps), frozenset(breaks))


# ---- other ways to write a pattern ----


def space(rng):
    return rng.choice(("", "", " ", "\t", " \n "))


def loose_label(rng, label):
    if label.isalnum() and label.isascii() and rng.randrange(2):
        return label
    quote = rng.choice("\"'")
    return quote + "".join("\\" + c if c in (quote, "\\") or rng.randrange(5) == 0 else c for c in label) + quote


def loose_duration(rng, us):
    if us % (7 * DAY) == 0 and us and rng.randrange(2):
        return f"{us // (7 * DAY)}{space(rng)}weeks"
    if us % HOUR == 0:
        return rng.choice((f"{us // HOUR} hours", f"{us // HOUR}hour", f"{us // MINUTE} minute", f"0 days {us // SECOND}.0 seconds"))
    return f"{us // SECOND}.{us % SECOND:06} seconds"


def loose_repeat(rng, least, most):
    if (least, most) in ((0, None), (1, None), (0, 1)) and rng.randrange(2):
        return {(0, None): "*", (1, None): "+", (0, 1): "?"}[least, most]
    if least == most and rng.randrange(2):
        return f"{{{space(rng)}{least}{space(rng)}}}"
    return f"{{{space(rng)}{least}{space(rng)},{space(rng)}{'' if most is None else most}{space(rng)}}}"


def loose_sequence(rng, parts):
    text = ""
    for number, part in enumerate(parts):
        if part == ("gap",):
            text += space(rng) + "~>" + space(rng)
            continue
        if number and parts[number - 1] != ("gap",):
            text += rng.choice((" ", "\n", "->", " -> "))
        text += loose_group(rng, part, part[0] == "choice")
    return text


def loose_group(rng, node, needed=False):
    text = space(rng) + loose_pattern(rng, node) + space(rng)
    return f"({text})" if needed or rng.randrange(5) == 0 else text


def loose_pattern(rng, node):
    """The pattern written in another way."""
    kind = node[0]
    if kind in ("event", "other"):
        if not node[1]:
            return "."
        labels = [*node[1], *rng.sample(node[1], rng.randrange(len(node[1])))]
        inner = " ".join(loose_label(rng, label) for label in labels)
        return f"[{space(rng)}^{space(rng)}{inner}]" if kind == "other" else inner if len(labels) == 1 else f"[{inner} ]"
    if kind == "sequence":
        return loose_sequence(rng, node[1])
    if kind == "choice":
        return "|".join(loose_group(rng, part) for part in node[1])
    if kind == "repeat":
        needed = node[1][0] in ("sequence", "choice", "repeat")
        return loose_group(rng, node[1], needed) + space(rng) + loose_repeat(rng, node[2], node[3])
    if kind == "bound":
        relation = space(rng).join(("{", node[2] + space(rng), loose_duration(rng, node[3]), "}"))
        return f"({loose_pattern(rng, node[1])}){space(rng)}{relation}"
    return {"begin": "^", "end": "$"}[kind]
