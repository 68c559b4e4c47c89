"""What finding cases costs: a rare edge through the index, and a pattern over all traces, each beside plain SQL on the events.

  python3 test/bench/pattern.py [CASES] [DATABASE]    by default 1,500,000 cases, 10 million events, in a database of its own

PGHOST, PGPORT and PGUSER say where; the user must be a superuser. A database that is there is used as it is, else it is made, and
stays if it was named. Times are the best of some runs, without parallel workers; ratios are those of one run. Where others use the
machine, wall clocks tell of them: where the server is on this machine, times are those of its process on the processor. Plain SQL
gets what helps it: an index in the order of the events, memory to sort, one character an activity.
"""

import os
import sys
import time

import psycopg

OWN = "ticket_mining_bench_pattern"
RUNS = 5

# A case: "Ny", work, "Lukket". "Løst m. mail" and "Genåbnet" are common; one after the other in one case of 15,000.
EVENTS = """
CREATE UNLOGGED TABLE events AS
SELECT c AS case_id, n AS id, timestamptz '2023-01-01Z' + c * interval '20 seconds' + n * interval '3 hours' * (1 + c %% 7) AS at,
       CASE WHEN n = 1 THEN 'Ny'
            WHEN c %% 15000 = 0 AND n = 3 THEN 'Løst m. mail'
            WHEN (c %% 15000 = 0 AND n = 4) OR (c %% 3 = 1 AND n = 2) THEN 'Genåbnet'
            WHEN n = size THEN 'Lukket'
            ELSE ('{Tildelt,"Løst m. mail","Afventer bruger","Afventer leverandør",Eskaleret,Løst,Planlagt,Notat}'::text[])
                 [1 + abs(hashint8(c * 31 + n)) %% 8] END AS activity
FROM (SELECT c, (5 + c %% 4 + (c %% 6 = 0)::int) AS size FROM generate_series(1, %s::bigint) c) x, generate_series(1, size) n"""

MAKE = (
    EVENTS,
    "CREATE INDEX ON events (case_id, at, id)",
    "CREATE TABLE code AS SELECT activity, chr(96 + row_number() OVER (ORDER BY activity)::int) AS c FROM (SELECT DISTINCT activity FROM events) x",
    "ALTER TABLE events ADD COLUMN c text",
    "UPDATE events e SET c = code.c FROM code WHERE code.activity = e.activity",
    "CREATE UNLOGGED TABLE cases AS SELECT case_id, trace_agg(activity, at, id) AS trace FROM events GROUP BY case_id",
)

INDEX = "CREATE INDEX ON cases USING gin (trace)"

RARE = """SELECT case_id FROM cases WHERE trace ~ '"Løst m. mail" -> Genåbnet'"""
RARE_PLAIN = """SELECT DISTINCT case_id FROM (SELECT case_id, activity, lead(activity) OVER (PARTITION BY case_id ORDER BY at, id) AS next FROM events) x
                WHERE activity = 'Løst m. mail' AND next = 'Genåbnet'"""

# Each as a pattern, and as a regular expression over the characters of the activities in braces.
PATTERNS = (
    ("Tildelt (Notat | Planlagt)* Løst", "{Tildelt}({Notat}|{Planlagt})*{Løst}"),
    ("Eskaleret ~> Eskaleret ~> Lukket", "{Eskaleret}.*{Eskaleret}.*{Lukket}"),
    ("^ Ny [^Notat]+ $", "^{Ny}[^{Notat}]+$"),
)
PLAIN = """SELECT count(*) FROM (SELECT string_agg(c, '' ORDER BY at, id) AS s FROM events GROUP BY case_id) x WHERE s ~ %s"""


def clock(db):
    """Seconds that the server's process has had of the processor, or else of the wall clock."""
    try:
        with open(f"/proc/{db.info.backend_pid}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except OSError:
        return time.perf_counter()


def best(db, query, params=None, runs=RUNS, now=clock):
    """The least seconds of some runs, and the rows."""
    times = []
    for _ in range(runs):
        begun = now(db)
        found = db.execute(query, params).fetchall()
        times.append(now(db) - begun)
    return min(times), found


def make(name, cases):
    """The database with its tables, unless it is there."""
    with psycopg.connect(dbname="postgres", autocommit=True) as server:
        if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
            return
        server.execute(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0")
    with psycopg.connect(dbname=name, autocommit=True) as db:
        db.execute("CREATE EXTENSION ticket_mining")
        db.execute("SET search_path = public, ticket_mining")
        db.execute("SET work_mem = '1GB'")
        for statement in MAKE:
            db.execute(statement, (cases,) if statement is EVENTS else None)
        db.execute("SET maintenance_work_mem = '1GB'")
        begun = time.perf_counter()
        db.execute(INDEX)
        print(f"made the index in {time.perf_counter() - begun:.1f} s")
        db.execute("VACUUM ANALYZE")


def ask(name):
    with psycopg.connect(dbname=name, autocommit=True) as db:
        for setting in ("search_path = public, ticket_mining", "max_parallel_workers_per_gather = 0", "jit = off", "work_mem = '1GB'"):
            db.execute(f"SET {setting}")
        sizes = db.execute("""SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM cases), pg_table_size('events') >> 20,
                                     pg_table_size('cases') >> 20, pg_indexes_size('cases') >> 20""").fetchone()
        print("%d events, %d cases; events %d MB, traces %d MB, index %d MB" % sizes)
        rare(db)
        for pattern, expression in PATTERNS:
            everywhere(db, pattern, expression)


def rare(db):
    indexed, found = best(db, RARE, runs=4 * RUNS, now=lambda db: time.perf_counter())
    plan = "\n".join(line for line, in db.execute("EXPLAIN " + RARE))
    assert "Bitmap Index Scan" in plan, plan
    plain, wanted = best(db, RARE_PLAIN, runs=2)
    assert sorted(found) == sorted(wanted)
    print(f"a rare edge: {len(found)} cases in {indexed * 1000:.1f} ms by the index, {plain:.1f} s by lead(): {plain / indexed:.0f} times faster")


def everywhere(db, pattern, expression):
    db.execute("SET enable_bitmapscan = off")
    scan, found = best(db, "SELECT count(*) FROM cases WHERE trace ~ %s", (pattern,))
    bare, _ = best(db, "SELECT count(*) FROM cases")
    db.execute("RESET enable_bitmapscan")
    indexed, _ = best(db, "SELECT count(*) FROM cases WHERE trace ~ %s", (pattern,))
    codes = dict(db.execute("SELECT activity, c FROM code").fetchall())
    plain, wanted = best(db, PLAIN, (expression.format_map(codes),), runs=2)
    assert found == wanted, (found, wanted)
    print(f"{pattern}: {found[0][0]} cases in {scan:.2f} s by a scan (reading the rows alone {bare:.2f} s), {indexed:.2f} s as planned, "
          f"{plain:.1f} s by string_agg and ~: {plain / scan:.0f} times faster by the scan")  # fmt: skip


def main():
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else 1_500_000
    name = sys.argv[2] if len(sys.argv) > 2 else OWN
    make(name, cases)
    try:
        ask(name)
    finally:
        if len(sys.argv) <= 2:
            with psycopg.connect(dbname="postgres", autocommit=True) as server:
                server.execute(f"DROP DATABASE {name}")


if __name__ == "__main__":
    main()
