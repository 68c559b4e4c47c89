"""How the tests talk to the server: connections, rows, raw bytes, logs put into tables."""

import itertools
import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.adapt import Loader
from psycopg.pq import Format
from psycopg.types.string import TextLoader

from dice import dice
from timestamps import pg_time

ROOT = Path(__file__).resolve().parent.parent
LONG = os.environ.get("TICKET_MINING_LONG") == "1"


def longer(default, long):
    """A count of repetitions: the long one under TICKET_MINING_LONG=1."""
    return long if LONG else default


def some(cases, count, long=None):
    """So many of the cases, by the seed of the run; all, or so many, under TICKET_MINING_LONG=1. For those that are alike, and slow."""
    cases = list(cases)
    return sorted(dice(f"some of {cases}").sample(cases, min(len(cases), longer(count, long or len(cases)))), key=cases.index)


# A statement that hangs is an error, not a test run without an end.
SETTINGS = {
    "search_path": "public,ticket_mining",
    "TimeZone": "UTC",
    "DateStyle": "ISO",
    "IntervalStyle": "postgres",
    "statement_timeout": f"{longer(120, 1800)}s",
}

# TICKET_MINING_PARALLEL=1: all plans are parallel that may be, in every session of the tests.
PARALLEL = os.environ.get("TICKET_MINING_PARALLEL") == "1"


class BytesLoader(Loader):
    """Leaves a binary result as it is."""

    format = Format.BINARY

    def load(self, data):
        return bytes(data)


def connect(dbname, **settings):
    """A connection that commits every statement and gives times and intervals as text, of every year."""
    options = " ".join(f"-c {name}={value}" for name, value in {**SETTINGS, **settings}.items())
    connection = psycopg.connect(dbname=dbname, options=options, autocommit=True)
    for name in ("timestamptz", "interval"):
        connection.adapters.register_loader(name, TextLoader)
        connection.adapters.register_loader(name, BytesLoader)
    if PARALLEL:
        force_plans(connection, "max_parallel_workers = 0")
    return connection


UTF8 = "ENCODING 'UTF8' LOCALE 'C'"


class Databases:
    """Makes databases and drops them all at the end."""

    def __init__(self, server):
        self.server, self.names, self.numbers = server, [], itertools.count()

    def create(self, template="template0", options=None):
        """A copy of another database is one with its encoding and locale."""
        name = f"ticket_mining_test_{os.getpid()}_{next(self.numbers)}"
        options = options or (UTF8 if template == "template0" else "")
        self.server.execute(f"CREATE DATABASE {name} TEMPLATE {template} {options}")
        self.names.append(name)
        return name

    @contextmanager
    def copy(self, template):
        """A database for one test, with all that another one holds; nobody may be connected to that."""
        name = self.create(template)
        yield name
        self.server.execute(f"DROP DATABASE {name} WITH (FORCE)")
        self.names.remove(name)

    def drop(self):
        for name in reversed(self.names):
            self.server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def rows(db, query, params=None):
    return db.execute(query, params).fetchall()


def value(db, query, params=None):
    """The only value of the only row."""
    ((only,),) = rows(db, query, params)
    return only


def column(db, query, params=None):
    return [first for first, *_ in rows(db, query, params)]


def failure(db, query, params=None):
    """The error a statement ends with; no error fails the test."""
    try:
        result = db.execute(query, params)
        got = result.fetchall() if result.description else result.statusmessage
    except psycopg.Error as error:
        return error
    raise AssertionError(f"no error, but {str(got)[:300]}: {query}")


def message(error):
    """Everything a client gets about an error, in one text."""
    diag = error.diag
    return "\n".join(filter(None, (diag.message_primary, diag.message_detail, diag.message_hint)))


def binary_rows(db, query, params=None):
    """Rows as the send functions write them."""
    with db.cursor(binary=True) as cursor:
        return cursor.execute(query, params).fetchall()


def type_oid(db, name):
    return value(db, "SELECT %s::regtype::oid::int8", (f"ticket_mining.{name}",))


def raw_query(db, query, params, formats, result_format=0):
    """Runs a statement with (oid, bytes) parameters in given formats; gives SQLSTATE, message and the value."""
    result = db.pgconn.exec_params(
        query.encode(), [data for _, data in params], [oid for oid, _ in params], formats, result_format
    )
    if result.status == psycopg.pq.ExecStatus.TUPLES_OK:
        return None, None, result.get_value(0, 0)
    field = psycopg.pq.DiagnosticField
    texts = (result.error_field(field.SQLSTATE), result.error_field(field.MESSAGE_PRIMARY))
    return (*(text.decode() for text in texts), None)


def load(db, events_by_log, case_type="bigint", table="ev", temp=True):
    """Puts logs into a new table (log, case_id, activity, at, seq)."""
    kind = sql.SQL("TEMP" if temp else "UNLOGGED")
    name = sql.Identifier(table)
    columns = sql.SQL("(log int, case_id {}, activity text, at timestamptz, seq bigint)").format(sql.SQL(case_type))
    db.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(name))
    db.execute(sql.SQL("CREATE {} TABLE {} {}").format(kind, name, columns))
    with db.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(name)) as copy:
        for log, events in events_by_log.items():
            for case, activity, at, seq in events:
                copy.write_row((log, case, activity, None if at is None else pg_time(at), seq))
    db.execute(sql.SQL("ANALYZE {}").format(name))


RAW = "SELECT log, dfg_agg(case_id, activity, at, seq) AS g FROM {} GROUP BY log"
TRACES = """SELECT log, case_id, trace_agg(activity, at, seq) AS t
            FROM {} WHERE case_id IS NOT NULL GROUP BY log, case_id"""
STORED = "SELECT log, dfg_agg(t) AS g FROM (" + TRACES + ") c GROUP BY log"


def by_log(db, query):
    """Rows of a query whose first column is the log, as a dict of lists of the rest."""
    found = {}
    for log, *rest in rows(db, query):
        found.setdefault(log, []).append(tuple(rest))
    return found


def graphs(db, query=RAW, table="ev"):
    """The text of one graph a log."""
    return dict(rows(db, f"SELECT log, g::text FROM ({query.format(table)}) x"))


def force_parallel(db, workers=4):
    """Makes every plan that can be parallel so, and keeps the rows to the workers."""
    for name, setting in {
        "min_parallel_table_scan_size": 0,
        "parallel_setup_cost": 0,
        "parallel_tuple_cost": 0,
        "max_parallel_workers_per_gather": workers,
        "parallel_leader_participation": "off",
    }.items():
        db.execute(f"SET {name} = {setting}")


def force_plans(db, workers="max_parallel_workers_per_gather = 1"):
    """All plans are parallel that may be, though nothing is won by it. Where no worker can be had, the session does
    what it would have done, and may do no more: as strict, and as quick as without."""
    force_parallel(db, workers=1)
    db.execute(f"SET {'debug_parallel_query' if db.info.server_version >= 160000 else 'force_parallel_mode'} = on; SET {workers}")


def explain(db, query, options="COSTS OFF"):
    return "\n".join(column(db, f"EXPLAIN ({options}) {query}"))


def program(name):
    """A client program of the server's own version where PG_CONFIG gives one, else the one on the path."""
    pg_config = os.environ.get("PG_CONFIG")
    if pg_config:
        return str(Path(subprocess.check_output([pg_config, "--bindir"], text=True).strip()) / name)
    found = shutil.which(name)
    assert found, f"no {name} on the path, and PG_CONFIG is not set"
    return found


def run(*command, script=""):
    """Runs a client program on a script and gives its standard output, to the byte; a failure shows what it said."""
    done = subprocess.run(command, input=script.encode(), capture_output=True)
    assert done.returncode == 0, f"{command[0]}: {done.stderr.decode()[-2000:]}"
    return done.stdout.decode()


def shuffled(items, seed):
    items = list(items)
    dice(seed).shuffle(items)
    return items
