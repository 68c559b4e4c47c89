"""Seeded random logs of many kinds, and one kind of oddity at a time."""

from itertools import count

import oracle
from dice import dice
from oracle import Event
from timestamps import DAY, FIRST, HOUR, LAST, MINUTE, SECOND, utc

PLAIN = ["A", "B", "C", "D"]
DANISH = ["Ny", "Løst", "Løst m. mail", "Lukket", "Genåbnet", "Afventer bruger", "Ærø", "År 2023", "ø"]
ODD = [
    "", " ", "  ", "null", "NULL", "Null", "nULL", '"', '""', "\\", "\\\\", "{", "}", "{}", ",", "a,b", "'", "a'b",
    "\t", "\n", "\r", "\v", "\f", " A", "A ", "1", "1@", "@", "|", "-", "+", "1(2)", "~", "*", "😀", "👩\u200d👧", "\u00e9", "e\u0301",
    "\u00a0", "\u2028", "\ufeff", "\u202e", "\x01", "\x7f", "\u00c5", "A\u030a", "ß", "SS", "\U0010ffff", "%s", "$1", "\\x41",
    "æ" * 2048, "x" * 4096,
]  # fmt: skip
MANY = [f"step {number:04}" for number in range(700)]

NEAR = utc(2023, 6, 1)


def near(rng):
    """Whole minutes of one hour: full of ties."""
    return NEAR + rng.randrange(60) * MINUTE


def micro(rng):
    return NEAR + rng.randrange(400 * DAY)


def seconds(rng):
    return NEAR + rng.randrange(30 * DAY // SECOND) * SECOND


def same(rng):
    return NEAR


def few(rng):
    return NEAR + rng.randrange(3)


def before_1970(rng):
    return utc(1965) + rng.randrange(10 * 365 * DAY)


def before_christ(rng):
    return rng.randrange(FIRST, utc(3))


def far_future(rng):
    return rng.choice((LAST - rng.randrange(20 * 366 * DAY), utc(9999, 12, 31) + rng.randrange(2 * DAY)))


def all_of_time(rng):
    """Any time, no two further apart than 64 bits of microseconds."""
    return rng.choice((FIRST, rng.randrange(FIRST, 2**62), micro(rng), far_ends(rng), 0, 2**53, 2**62))


def far_ends(rng):
    return rng.choice((FIRST, FIRST + 1, FIRST + (2**63 - 1)))


def magnitudes(rng):
    """Durations of every size: near powers of two."""
    return NEAR + max(0, (1 << rng.randrange(50)) + rng.randrange(-2, 3))


def no_seq(rng):
    return None


def small_seq(rng):
    return rng.choice((None, 0, 1, 2, -1))


def big_seq(rng):
    return rng.choice((None, -(2**63), 2**63 - 1, 0, rng.randrange(2**40)))


KINDS = {
    "plain": (PLAIN, micro, no_seq),
    "ties": (PLAIN, near, no_seq),
    "ties with seq": (PLAIN, near, small_seq),
    "all at once": (PLAIN, same, big_seq),
    "duplicates": (PLAIN[:2], few, small_seq),
    "one activity": (["A"], seconds, no_seq),
    "danish": (DANISH, seconds, small_seq),
    "odd labels": (ODD, near, small_seq),
    "many labels": (MANY, micro, no_seq),
    "before 1970": (PLAIN, before_1970, no_seq),
    "before christ": (DANISH, before_christ, small_seq),
    "far future": (DANISH, far_future, no_seq),
    "all of time": (PLAIN, all_of_time, big_seq),
    "magnitudes": (PLAIN[:2], magnitudes, no_seq),
    "huge groups": (PLAIN[:3], micro, no_seq),
}


def random_log(kind, seed):
    """The events of a log of a kind, in random order, some with a NULL."""
    labels, at, seq = KINDS[kind]
    rng = dice(f"{kind} {seed}")
    labels = rng.sample(labels, rng.randint(1, len(labels)))
    events = [
        Event(case, rng.choice(labels), at(rng), seq(rng))
        for case in range(rng.choice((1, 1, 2, 3, 5, 30)))
        for _ in range(case_size(rng, kind))
    ]
    events += rng.choices(events, k=len(events) // 10)
    events = [with_null(rng, event) for event in events]
    rng.shuffle(events)
    return events


def long_log(kind, name, least=60):
    """The first one of that name that has so many events."""
    logs = (random_log(kind, f"{name} {number}") for number in count())
    return next(log for log in logs if sum(map(oracle.is_event, log)) >= least)


def case_size(rng, kind):
    if kind == "huge groups":
        return rng.choice((1, 2, 1000, 3001, 4500))
    return rng.choice((1, 1, 1, 2, 2, 3, 5, 8, 13, 60))


def with_null(rng, event):
    """The event, once in twenty with a NULL in one of its columns."""
    if rng.randrange(20):
        return event
    return event._replace(**{rng.choice(("case", "activity", "at")): None})


def ticket_log(seed, cases=2000):
    """A log of the usual shape: a few events a case, whole seconds, seq in the order of arrival."""
    rng = dice(seed)
    events = []
    for case in range(cases):
        at = NEAR + rng.randrange(365 * DAY // SECOND) * SECOND
        for _ in range(rng.choice((1, 2, 3, 4, 5, 6, 8, 20))):
            events.append(Event(case, rng.choice(DANISH), at, len(events)))
            at += rng.choice((0, SECOND, MINUTE, 5 * HOUR, rng.randrange(20 * DAY // SECOND) * SECOND))
    return events
