"""The time of load('nsp') against that of a plain INSERT INTO … SELECT of the same rows through the same foreign table.

  python3 test/bench/nsp_load.py [ROWS]    by default 1 million rows of history

The foreign table has the columns that the source reads, declared as it declares them: a datetime2 comes as text. The
plain table has the primary key that the landing has; without it, it is also told. PGHOST, PGPORT and PGUSER say where;
the user must be a superuser, tds_fdw be installed. Each runs seven times, in turn; the best counts. Target: at most 1.3 times.
"""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

OWN = "ticket_mining_bench_nsp"
RUNS, TARGET, CHANGES_A_TICKET = 7, 1.3, 8
STATUSES = ("Ny", "I gang", "Afventer bruger", "Løst m. mail")
SOURCE = """
    CREATE EXTENSION tds_fdw;
    CREATE EXTENSION ticket_mining;
    CREATE SERVER nsp_server FOREIGN DATA WRAPPER tds_fdw OPTIONS (servername '127.0.0.1', port '{port}', database 'NSP',
        character_set 'UTF-8', msg_handler 'notice', row_estimate_method 'showplan_all');
    CREATE USER MAPPING FOR CURRENT_USER SERVER nsp_server OPTIONS (username '{user}', password '{password}');
    CALL ticket_mining.create_nsp_source('nsp', 'nsp_server');
    CREATE FOREIGN TABLE history (seq bigint OPTIONS (column_name 'Id'), case_id bigint OPTIONS (column_name 'EntityId'),
        property text OPTIONS (column_name 'PropertyName'), old_value text OPTIONS (column_name 'OldValue'),
        new_value text OPTIONS (column_name 'NewValue'), at text OPTIONS (column_name 'ChangedDate'))
        SERVER nsp_server OPTIONS (schema_name 'dbo', table_name 'EntityChangeLog');
    CREATE TABLE plain (seq bigint PRIMARY KEY, case_id bigint, property text, old_value text, new_value text, at text);
    CREATE TABLE without_key (seq bigint, case_id bigint, property text, old_value text, new_value text, at text)"""


def serve(count):
    """A history of so many rows of few tickets, until the end of this process."""
    from nsp_source import OddDesk
    from tds.server import Server

    database = OddDesk(tickets=5).database
    database.delete("dbo.EntityChangeLog")
    database.insert("dbo.EntityChangeLog", (
        (n, n // CHANGES_A_TICKET, 112, "BaseEntityStatus", STATUSES[n % 4], STATUSES[(n + 1) % 4], f"2023-03-26 02:30:{n % 60:02}.1234567", None)
        for n in range(count)))  # fmt: skip
    with Server(database, password="nsp_reader") as server:
        print(json.dumps({"port": server.port, "user": server.user, "password": server.password}), flush=True)
        signal.pause()


def seconds(work):
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def pull(db, table):
    db.execute(f"TRUNCATE {table}")
    return seconds(lambda: db.execute(f"INSERT INTO {table} SELECT seq, case_id, property, old_value, new_value, at FROM history"))


def plain(db):
    return pull(db, "plain")


def without_key(db):
    return pull(db, "without_key")


def first_load(db):
    # As if there had been none before
    db.execute("TRUNCATE nsp.landed_changes, nsp.loads")
    return seconds(lambda: db.execute("CALL ticket_mining.load('nsp', \"full\" => true)"))


def full_again(db):
    """Beside what is there, and nothing has changed."""
    return seconds(lambda: db.execute("CALL ticket_mining.load('nsp', \"full\" => true)"))


def incremental(db):
    return seconds(lambda: db.execute("CALL ticket_mining.load('nsp')"))


def measure(db, count):
    # In turn, so that what else the machine does falls on all of them.
    times = {work: [] for work in (plain, without_key, first_load, full_again, incremental)}
    for _ in range(RUNS):
        for work, found in times.items():
            found.append(work(db))
    for table in ("plain", "nsp.landed_changes"):
        assert db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == count
    return {work: min(found) for work, found in times.items()}


def report(times, count):
    for work, took in times.items():
        print(f"{took:7.2f} s  {count / took:10,.0f} rows/s  {took / times[plain]:5.2f} times  {work.__name__.replace('_', ' ')}")
    ratio = times[first_load] / times[plain]
    print(f"A first load takes {ratio:.2f} times as long as INSERT … SELECT; the target is at most {TARGET}: {'met' if ratio <= TARGET else 'MISSED'}")
    return ratio <= TARGET


def in_database(served, count):
    with psycopg.connect(dbname="postgres", autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {OWN} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {OWN} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'")
        try:
            with psycopg.connect(dbname=OWN, autocommit=True, options="-c client_min_messages=error") as db:
                db.execute(SOURCE.format(**served))
                return report(measure(db, count), count)
        finally:
            server.execute(f"DROP DATABASE IF EXISTS {OWN} WITH (FORCE)")


def main(count="1000000"):
    program = subprocess.Popen([sys.executable, __file__, "--serve", count], stdout=subprocess.PIPE, text=True)
    try:
        return in_database(json.loads(program.stdout.readline()), int(count))
    finally:
        program.terminate()
        program.wait()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(int(sys.argv[2]))
    else:
        sys.exit(not main(*sys.argv[1:]))
