"""The golden values of each format: what the first build of a format wrote, and every later one must read.

python3 test/golden.py writes the files of test/golden that are missing; a golden value is never changed.
"""

import json
from pathlib import Path

import client
import oracle
from calendar_oracle import ALWAYS, Calendar, Dates, Holidays, Rule, Week, Yearly
from dice import dice, frozen
from oracle import Trace
from pattern_oracle import pattern_text
from random_calendars import random_calendars
from random_cases import modern_calendars, recent_trace
from random_logs import MANY, random_log, ticket_log
from random_patterns import random_patterns
from random_values import random_trace
from test_business_graph import business_graph, business_text
from timestamps import DAY, FIRST, HOUR, LAST, MINUTE, SECOND, utc

FILE = Path(__file__).resolve().parent / "golden" / "format-1.json"
PATTERN_FILE = FILE.with_name("pattern-1.json")
CALENDAR_FILE = FILE.with_name("calendar-1.json")
BUSINESS_GRAPH_FILE = FILE.with_name("business-graph-1.json")


def regular(labels, start, gap, breaks=()):
    """A trace of labels at equal distances."""
    return Trace(tuple((label, start + n * gap) for n, label in enumerate(labels)), frozenset(breaks))


@frozen()
def golden_traces():
    """One of every unit, width, dictionary size and place of a break, and some at random."""
    start = utc(2023, 10, 29, 0, 30)
    made = [regular(["Ny", "Løst m. mail", "Lukket", "Ny"], start, gap) for gap in (0, 1, 999, 1000, SECOND, MINUTE, HOUR, 400 * DAY)]
    made += [regular("ABAB", start, 60 * SECOND + 1, breaks) for breaks in ((0,), (4,), (2,), (0, 1, 2, 3, 4))]
    made += [regular("A" * size, start, SECOND, (size,)) for size in (1, 7, 8, 9)]
    made += [regular(MANY[:size], start, 0) for size in (255, 256, 257)]
    made += [regular(["", " ", "null", '"', "\\", "{}", "a,b", "'", "\t", "\n", "😀", "\u00c5", "A\u030a"], start, 12345)]
    made += [regular("A", at, 0) for at in (FIRST, LAST, 0, -1)]
    made += [Trace((("A", FIRST), ("B", LAST)))]
    rng = dice("golden")
    return made + [random_trace(rng) for _ in range(12)]


@frozen()
def golden_graphs():
    """Of few cases, of many, exact and as a sketch, with and without edges."""
    logs = [random_log(kind, "golden") for kind in ("plain", "ties with seq", "danish", "before 1970", "far future", "magnitudes", "one activity")]
    made = [oracle.graph(oracle.traces(log).values()) for log in [*logs, ticket_log("golden", cases=1500)]]
    made += [oracle.graph([trace]) for trace in golden_traces()[:12]]
    rng = dice("golden durations")
    durations = [rng.randrange(2 ** rng.randrange(1, 60)) for _ in range(1001)]
    made += [oracle.graph([Trace((("A", 0), ("B", d))) for d in durations[:size]]) for size in (1, 2, 1000, 1001)]
    return [graph for graph in made if graph]


A, B, C = (("event", (label,)) for label in "ABC")


@frozen()
def golden_patterns():
    """One of each kind of node, of repetitions and of bounds, labels of every length of their varint, and some at random."""
    made = [A, ("other", ()), ("other", ("A",)), ("event", ("Løst m. mail", "B")), ("sequence", (A, ("gap",), B)), ("choice", (A, B, C)),
            ("sequence", (("begin",), A, ("end",))), ("event", ("",)), ("event", ("x" * 127,)), ("event", ("x" * 128,)), ("event", ("x" * 4096,))]  # fmt: skip
    made += [("repeat", A, *counts) for counts in ((0, None), (1, None), (0, 1), (2, 2), (2, None), (0, 127), (128, 1000 - 1))]
    made += [("bound", A, relation, us) for relation, us in (("<", 0), ("<=", 1), (">", 2 * DAY), (">=", 36_525_000 * DAY))]
    made += [("sequence", (A,) * 1000)]
    return made + random_patterns("golden", 20)


@frozen()
def golden_calendars():
    """One of each kind of days and of shifts, the bounds of what they can say, and some at random."""
    weekdays, day = Week(frozenset(range(5))), ((480, 960),)
    made = [(ALWAYS,), (Rule(weekdays, day),), (Rule(weekdays, ()),), (Rule(weekdays, ((0, 1440),)),), (Rule(weekdays, ((1320, 360),)),)]
    made += [(Rule(Week(frozenset(days)), day),) for days in ((0,), (6,), (0, 2, 4, 6), range(7))]
    made += [(Rule(weekdays, shifts),) for shifts in (((0, 1), (1439, 1440)), ((480, 720), (720, 960)), tuple((n, n + 1) for n in range(0, 48, 2)))]
    dated = (Holidays(), Yearly(12, 24), Yearly(2, 29), Dates((2023, 12, 24), (2023, 12, 24)), Dates((2023, 7, 1), (2023, 7, 31)), Dates((2020, 2, 29), (2024, 2, 29)))
    made += [(Rule(weekdays, day), Rule(days, shifts)) for days in dated for shifts in ((), ((540, 720),))]
    return [Calendar("Europe/Copenhagen", *rules) for rules in made] + [calendar for calendar, _ in random_calendars("golden", 48)]


@frozen()
def golden_business_graphs():
    """Texts of graphs in business time, of few traces and of more."""
    rng = dice("golden business")
    logs = [(calendar, [recent_trace(rng) for _ in range(rng.choice((1, 3, 40)))]) for calendar in modern_calendars("golden business", 30)]
    return [business_text(business_graph(traces, calendar), calendar) for calendar, traces in logs]


def write():
    """Asks the server at PG* for the bytes of each value and writes the files."""
    texts = {"trace": [*map(oracle.trace_text, golden_traces())], "dfg": [*map(oracle.graph_text, golden_graphs())]}
    with client.connect("postgres") as server:
        databases = client.Databases(server)
        with client.connect(databases.create()) as db:
            db.execute("CREATE EXTENSION ticket_mining")
            write_file(db, FILE, texts)
            write_file(db, PATTERN_FILE, {"trace_pattern": [*map(pattern_text, golden_patterns())]})
            write_file(db, CALENDAR_FILE, {"business_calendar": [*map(str, golden_calendars())]})
            write_file(db, BUSINESS_GRAPH_FILE, {"dfg": golden_business_graphs()})
        databases.drop()


def write_file(db, file, texts):
    """Writes the values of some types, unless they are there."""
    if file.exists():
        return
    values = {name: [described(db, name, text) for text in of_type] for name, of_type in texts.items()}
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(values, indent=1, ensure_ascii=False) + "\n")


def described(db, name, text):
    """A value as text, as bytes and, of a trace, with its variant."""
    ((data,),) = client.binary_rows(db, f"SELECT %s::{name}", (text,))
    entry = {"text": text, "binary": data.hex()}
    if name == "trace":
        entry["variant"] = client.value(db, "SELECT trace_variant(%s)", (text,))
    return entry


if __name__ == "__main__":
    write()
