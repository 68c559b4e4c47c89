"""What the SQL of BI tools costs: the median of some runs of each shape, as the reader's role, in milliseconds.

  python3 test/bench/bi.py [CASES] [DATABASE]    by default 128,000 cases, 1 million events, in a database of its own

PGHOST, PGPORT and PGUSER say where; the user must be a superuser. A database that is
there is used as it is, else it is made, and stays if it was named.
"""

import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import psycopg

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bi import desk
from bi.joins import JOINS
from bi.shapes import FILTERED, GROUPED, VISUALS

OWN = "ticket_mining_bench_bi"
ROLE = "ticket_mining_bench_reader"
RUNS = 5


def seconds(work):
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def make(name, cases):
    """The database with its log, unless it is there."""
    with psycopg.connect(dbname="postgres", autocommit=True) as server:
        if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
            return
        server.execute(f"CREATE DATABASE {name}")
    with psycopg.connect(dbname=name, autocommit=True) as db:
        db.execute("CREATE EXTENSION ticket_mining")
        print(f"making a log of {cases} cases: {seconds(lambda: desk.make_log(db, cases)):.0f} s")
        db.execute("VACUUM ANALYZE")


def drop(name):
    with psycopg.connect(dbname="postgres", autocommit=True) as server:
        server.execute(f"DROP DATABASE {name}")


def medians(reader):
    for shape in (*GROUPED, *FILTERED, *VISUALS, *JOINS):
        runs, count = [], 0
        try:
            count = len(reader.execute(shape.sql).fetchall())
            runs = [seconds(lambda: reader.execute(shape.sql).fetchall()) for _ in range(RUNS)]
        except psycopg.errors.QueryCanceled as error:
            print(f"{'':>9} {'':>8}  {shape.name}: {error}")
            continue
        yield shape.name, 1000 * statistics.median(runs), count


def page(owner):
    """Ten visuals of a page, which Power BI asks for at once."""
    shapes = (*GROUPED[:4], *FILTERED[2:6], *VISUALS[:2])
    with ExitStack() as stack, ThreadPoolExecutor(len(shapes)) as pool:
        readers = [stack.enter_context(desk.read(owner, ROLE)) for _ in shapes]
        work = [(lambda r=reader, s=shape: r.execute(s.sql).fetchall()) for reader, shape in zip(readers, shapes)]
        runs = [seconds(lambda: list(pool.map(lambda visual: visual(), work))) for _ in range(RUNS)]
    return 1000 * statistics.median(runs)


def measure(name):
    """Grants, measures, and takes the role away again."""
    with psycopg.connect(dbname=name, autocommit=True) as owner:
        desk.grant_reader(owner, ROLE)
        try:
            print(f"{owner.execute('SELECT sum(event_count) FROM desk.cases').fetchone()[0]} events")
            print(f"{'median ms':>9} {'rows':>8}")
            with desk.read(owner, ROLE) as reader:
                for shape, median, count in medians(reader):
                    print(f"{median:9.1f} {count:8}  {shape}{'   OVER A SECOND' if median > 1000 else ''}", flush=True)
            print(f"{page(owner):9.1f} {'':8}  a page: ten of these at once")
        finally:
            desk.drop_reader(owner, ROLE)


def main(cases="128000", name=OWN):
    make(name, int(cases))
    try:
        measure(name)
    finally:
        if name == OWN:
            drop(name)


main(*sys.argv[1:])
