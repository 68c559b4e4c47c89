"""How fast the TDS test server feeds tds_fdw: rows a second of short rows, raw and into a table.

  python3 test/bench/tds.py [ROWS]    by default 1 million

PGHOST, PGPORT and PGUSER say where; the user must be a superuser, tds_fdw be installed.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

import psycopg

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tds.raw import rows_received  # noqa: E402

SERVE = Path(__file__).resolve().parents[1] / "tds/serve.py"
OWN = "ticket_mining_bench_tds"
FOREIGN = """
    CREATE EXTENSION tds_fdw;
    CREATE SERVER nsp FOREIGN DATA WRAPPER tds_fdw OPTIONS (
        servername '127.0.0.1', port '{port}', database 'NSP', tds_version '7.4', character_set 'UTF-8', row_estimate_method '{method}');
    CREATE USER MAPPING FOR PUBLIC SERVER nsp OPTIONS (username '{user}', password '{password}');
    IMPORT FOREIGN SCHEMA dbo LIMIT TO ("History") FROM SERVER nsp INTO public;
    CREATE UNLOGGED TABLE landed AS SELECT * FROM "History" WITH NO DATA"""
QUERY = "SELECT [Id], [EntityId], [PropertyName], [OldValue], [NewValue], [ChangedDate] FROM [dbo].[History]"
RUNS = 3


def seconds(work):
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def best(work):
    return min(seconds(work) for _ in range(RUNS))


def land(db):
    db.execute("TRUNCATE landed")
    db.execute('INSERT INTO landed SELECT * FROM "History"')


def measure(served, method, count):
    with psycopg.connect(dbname="postgres", autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {OWN}")
        server.execute(f"CREATE DATABASE {OWN} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'")
        try:
            with psycopg.connect(dbname=OWN, autocommit=True) as db:
                db.execute("SET client_min_messages = error")
                db.execute(FOREIGN.format(method=method, **served))
                took = best(lambda: land(db))
                assert db.execute("SELECT count(*) FROM landed").fetchone()[0] == count
        finally:
            server.execute(f"DROP DATABASE IF EXISTS {OWN} WITH (FORCE)")
    show(f"INSERT ... SELECT, estimates by {method}", took, count)


def show(what, took, count):
    print(f"{count / took:12,.0f} rows/s  {took:6.2f} s  {what}", flush=True)


def main(count="1000000"):
    count = int(count)
    program = subprocess.Popen([sys.executable, SERVE, "--data", f"history:{count}"], stdout=subprocess.PIPE, text=True)
    try:
        served = json.loads(program.stdout.readline())
        show("raw, the first time: rows are encoded", seconds(lambda: rows_received(served, QUERY)), count)
        show("raw", best(lambda: rows_received(served, QUERY)), count)
        measure(served, "showplan_all", count)
        measure(served, "execute", count)
    finally:
        program.terminate()
        program.wait()


main(*sys.argv[1:])
