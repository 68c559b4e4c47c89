"""The golden values of each format: what the first build of a format wrote, and every later one must read.

python3 test/golden.py writes test/golden/format-1.json where it is missing; a golden value is never changed.
"""

import json
import random
from pathlib import Path

import client
import oracle
from oracle import Trace
from random_logs import MANY, random_log, ticket_log
from random_values import random_trace
from timestamps import DAY, FIRST, HOUR, LAST, MINUTE, SECOND, utc

FILE = Path(__file__).resolve().parent / "golden" / "format-1.json"


def regular(labels, start, gap, breaks=()):
    """A trace of labels at equal distances."""
    return Trace(tuple((label, start + n * gap) for n, label in enumerate(labels)), frozenset(breaks))


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
    rng = random.Random("golden")
    return made + [random_trace(rng) for _ in range(12)]


def golden_graphs():
    """Of few cases, of many, exact and as a sketch, with and without edges."""
    logs = [random_log(kind, "golden") for kind in ("plain", "ties with seq", "danish", "before 1970", "far future", "magnitudes", "one activity")]
    made = [oracle.graph(oracle.traces(log).values()) for log in [*logs, ticket_log("golden", cases=1500)]]
    made += [oracle.graph([trace]) for trace in golden_traces()[:12]]
    rng = random.Random("golden durations")
    durations = [rng.randrange(2 ** rng.randrange(1, 60)) for _ in range(1001)]
    made += [oracle.graph([Trace((("A", 0), ("B", d))) for d in durations[:size]]) for size in (1, 2, 1000, 1001)]
    return [graph for graph in made if graph]


def write():
    """Asks the server at PG* for the bytes of each value and writes the file."""
    assert not FILE.exists(), f"{FILE} exists: golden values are never changed"
    texts = {"trace": [*map(oracle.trace_text, golden_traces())], "dfg": [*map(oracle.graph_text, golden_graphs())]}
    with client.connect("postgres") as server:
        databases = client.Databases(server)
        with client.connect(databases.create()) as db:
            db.execute("CREATE EXTENSION ticket_mining")
            values = {name: [described(db, name, text) for text in of_type] for name, of_type in texts.items()}
        databases.drop()
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(values, indent=1, ensure_ascii=False) + "\n")


def described(db, name, text):
    """A value as text, as bytes and, of a trace, with its variant."""
    ((data,),) = client.binary_rows(db, f"SELECT %s::{name}", (text,))
    entry = {"text": text, "binary": data.hex()}
    if name == "trace":
        entry["variant"] = client.value(db, "SELECT trace_variant(%s)", (text,))
    return entry


if __name__ == "__main__":
    write()
