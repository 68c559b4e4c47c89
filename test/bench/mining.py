"""Process mining by ticket_mining, by plain SQL in the same server, and by DuckDB: what each task takes, in turn, in one run.

  test/bench/run [options]      sets up what this needs, and calls it

Prints the median of some rounds, the ratios to DuckDB, the processor time, the peak of the
memory of a backend with its workers (its own, not the shared buffers), the bytes of an event
on disk, and whether all give the same answer; ends with 1 if they do not.
"""

import argparse
import json
import math
import statistics
import sys
import time
from pathlib import Path

from engines import DuckDB, Postgres
from mining_tasks import CALENDAR, DONE_LIST, tasks

HERE = Path(__file__).resolve().parent
WAYS = ("raw", "stored", "plain", "duckdb", "duckdb_sorted")
# The refresh of a log writes all its mined tables; of more events than this a part is taken.
REFRESHED_EVENTS = 1_000_000


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work-mem", default="256MB")
    parser.add_argument("--tasks", default="", help="names with commas; all, and a refresh of a log, if none")
    parser.add_argument("--no-plain-sql", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--duckdb", required=True, help="the folder that has it")
    parser.add_argument("--json")
    return parser.parse_args()


def make_log(postgres, events):
    """The log in the server; with traces, monthly graphs, and the table of days that plain SQL needs for a calendar."""
    sql = (HERE / "event_log.sql").read_text(encoding="utf-8").replace(":events", str(events))
    with postgres.connect() as db:
        db.execute("CREATE EXTENSION IF NOT EXISTS ticket_mining")
        for statement in sql.split(";\n"):
            if statement.strip():
                db.execute(statement)
        db.execute("""CREATE TABLE traces AS SELECT case_id, min(team) AS team, trace_agg(activity, at) AS trace FROM event GROUP BY case_id""")
        db.execute("ALTER TABLE traces ADD PRIMARY KEY (case_id)")
        db.execute("CREATE INDEX ON traces USING gin (trace)")
        db.execute("CREATE STATISTICS traces_variant ON (trace_variant(trace)) FROM traces")
        db.execute("CREATE TABLE graphs AS SELECT date_trunc('month', trace_start(trace)) AS month, dfg_agg(trace) AS g FROM traces GROUP BY 1")
        db.execute("""CREATE TABLE monthly AS SELECT month, source, target, frequency, case_frequency, max_per_case AS most,
                          (total_seconds * 1000000)::bigint AS total, (extract(epoch FROM min) * 1000000)::bigint AS least,
                          (extract(epoch FROM max) * 1000000)::bigint AS longest FROM graphs, dfg_edges(g)""")
        db.execute(f"""CREATE TABLE day AS
            WITH shift AS (SELECT (extract(epoch FROM from_at) * 1000000)::bigint AS opens, (extract(epoch FROM to_at) * 1000000)::bigint AS closes
                           FROM business_shifts('{CALENDAR}', '2019-12-31', '2032-01-01'))
            SELECT n AS day, coalesce(opens, n * 86400000000) AS opens, coalesce(closes, n * 86400000000) AS closes,
                   coalesce(sum(closes - opens) OVER (ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)::bigint AS before
            FROM generate_series(18262, 22600) n LEFT JOIN shift ON opens / 86400000000 = n""")
        db.execute("VACUUM (ANALYZE, FREEZE) traces, graphs, monthly, day")


COPIES = {
    "event": ("SELECT case_id, activity, (extract(epoch FROM at) * 1000000)::bigint, team FROM event",
              "case_id INTEGER, activity VARCHAR, us BIGINT, team VARCHAR"),
    "monthly": ("SELECT source, target, frequency, case_frequency, most, total, least, longest FROM monthly",
                "source VARCHAR, target VARCHAR, frequency BIGINT, case_frequency BIGINT, most BIGINT, total BIGINT, least BIGINT, longest BIGINT"),
    "day": ("SELECT * FROM day", "day BIGINT, opens BIGINT, closes BIGINT, before BIGINT"),
}  # fmt: skip


def copy_to_duckdb(postgres, duckdb, folder):
    """The same rows in the same order, in tables of DuckDB's own."""
    for table, (query, columns) in COPIES.items():
        path = Path(folder) / f"{table}.csv"
        with postgres.connect() as db, open(path, "wb") as file, db.cursor().copy(f"COPY ({query}) TO STDOUT (FORMAT csv)") as rows:
            for data in rows:
                file.write(data)
        described = ", ".join(f"'{name}': '{kind}'" for name, kind in (column.split() for column in columns.split(", ")))
        wanted = "case_id, activity, make_timestamp(us) AS moment, team" if table == "event" else "*"
        duckdb.query(f"CREATE TABLE {table} AS SELECT {wanted} FROM read_csv('{path}', header = false, columns = {{{described}}})")
        path.unlink()
    duckdb.query("CREATE TABLE event_sorted AS SELECT * FROM event ORDER BY case_id, moment")


def flat(row):
    """A row with its arrays opened, numbers as floats where they are no integers."""
    for field in row:
        if isinstance(field, (list, tuple)):
            yield from flat(field)
        elif isinstance(field, dict):
            yield from flat(field["items"])
        elif isinstance(field, str) and field.lstrip("-").isdigit():
            yield int(field)  # one that JavaScript has no number for
        elif field is None or isinstance(field, (str, int)):
            yield field
        else:
            yield int(field) if float(field).is_integer() else float(field)


def same(a, b, exact):
    """Whether two answers are one: equal in the first columns of a row, within 1 % in the others."""
    def key(row):
        return [str(field) for field in row[:exact]]

    a, b = sorted((list(flat(row)) for row in a), key=key), sorted((list(flat(row)) for row in b), key=key)
    return len(a) == len(b) and all(x[:exact] == y[:exact] and all(map(near, x[exact:], y[exact:])) for x, y in zip(a, b))


def near(a, b):
    """Percentiles beyond a thousand durations are from a sketch; NULL is 0 of a single one."""
    return math.isclose(a or 0, b or 0, rel_tol=0.01, abs_tol=2)


def rare_edge(postgres):
    return postgres.query("SELECT source, target FROM graphs, dfg_edges(g) GROUP BY 1, 2 ORDER BY sum(frequency), source, target LIMIT 1")[0]


def ways_of(task, without):
    return [way for way in WAYS if getattr(task, way) and way not in without]


def measure(task, engines, rounds, without):
    """The runs of each way, in turn; the ways that gave another answer than the first."""
    runs = {way: [] for way in ways_of(task, without)}
    for _ in range(rounds):
        for way, done in runs.items():
            if task.tidy:
                engines[way].query(task.tidy)
            done.append(engines[way].measure(getattr(task, way)))
    first = next(iter(runs))
    answers = {way: done[0].rows for way, done in runs.items()}
    wrong = [] if task.tidy else [way for way in runs if not same(answers[first], answers[way], task.exact)]
    return runs, wrong


def summarize(runs):
    return {"seconds": round(statistics.median(run.seconds for run in runs), 4), "cpu_seconds": round(statistics.median(run.cpu_seconds for run in runs), 3),
            "peak_megabytes": round(max(run.peak_bytes for run in runs) / 1e6, 1), "all_seconds": [round(run.seconds, 4) for run in runs]}  # fmt: skip


def show(name, found, wrong):
    duckdb = found.get("duckdb", {}).get("seconds")
    for way, result in found.items():
        ratio = f"{result['seconds'] / duckdb:7.3f}" if duckdb else " " * 7
        print(f"{name:26} {way:14} {result['seconds']:10.4f} {result['cpu_seconds']:9.2f} {ratio} {result['peak_megabytes']:9.1f}"
              f"{'  ANOTHER ANSWER' if way in wrong else ''}", flush=True)  # fmt: skip
        name = ""


def bytes_per_event(postgres):
    return postgres.query("""SELECT (SELECT count(*) FROM event), (SELECT count(*) FROM traces),
        pg_table_size('event')::float8 / (SELECT count(*) FROM event), pg_table_size('traces')::float8 / (SELECT count(*) FROM event),
        (SELECT sum(pg_column_size(trace)) FROM traces)::float8 / (SELECT count(*) FROM event)""")[0]


def refresh(postgres, events):
    """Seconds of the first refresh of a log, and of one after 1 % of the cases have changed."""
    with postgres.connect() as db:
        db.execute("DROP TABLE IF EXISTS desk_event")
        db.execute(f"CREATE TABLE desk_event AS SELECT case_id, activity, at FROM event WHERE case_id <= {REFRESHED_EVENTS / 6.3}")
        db.execute("ANALYZE desk_event")
        db.execute("CALL create_log('bench_log', 'desk_event')")
        # Else no case would ever end, and each be open in all months until the refresh.
        db.execute(f"""UPDATE bench_log.activity_map SET kind = CASE activity WHEN 'Lukket' THEN 'closed' ELSE 'resolved' END, segment = 'stopped'
                       WHERE activity IN ({DONE_LIST})""")
        seconds = []
        one_percent = "UPDATE desk_event SET at = at + interval '1 minute' WHERE case_id % 100 = 7 AND activity = 'Lukket'"
        for change in ("SELECT 1", one_percent):
            db.execute(change)
            begun = time.perf_counter()
            db.execute("CALL refresh('bench_log', '2024-02-01')")
            seconds.append(round(time.perf_counter() - begun, 3))
        count = db.execute("SELECT count(*) FROM desk_event").fetchone()[0]
        db.execute("CALL drop_log('bench_log')")
    return {"events": count, "first_seconds": seconds[0], "one_percent_seconds": seconds[1]}


def main():
    wanted = arguments()
    postgres, duckdb = Postgres(wanted.work_mem), DuckDB(wanted.duckdb, wanted.threads)
    begun = time.perf_counter()
    make_log(postgres, wanted.events)
    copy_to_duckdb(postgres, duckdb, wanted.duckdb)
    events, cases, row_bytes, table_bytes, value_bytes = bytes_per_event(postgres)
    version = duckdb.query("SELECT version()")[0][0]
    print(f"{events} events in {cases} cases, made in {time.perf_counter() - begun:.0f} s")
    print(f"DuckDB {version} with {wanted.threads} threads, work_mem {wanted.work_mem}")
    print(f"bytes of an event on disk: {row_bytes:.1f} as a row, {table_bytes:.1f} in the table of traces, {value_bytes:.1f} in the traces alone\n")
    print(f"{'task':26} {'way':14} {'median s':>10} {'cpu s':>9} {'/duckdb':>7} {'peak MB':>9}")
    engines = {way: duckdb if way.startswith("duckdb") else postgres for way in WAYS}
    sizes = {"row": row_bytes, "table": table_bytes, "value": value_bytes}
    report = {"events": events, "cases": cases, "work_mem": wanted.work_mem, "bytes_per_event": sizes, "tasks": {}}
    names = [name for name in wanted.tasks.split(",") if name]
    without = ["plain"] if wanted.no_plain_sql else []
    failed = False
    for task in tasks(*rare_edge(postgres)):
        if names and task.name not in names:
            continue
        runs, wrong = measure(task, engines, wanted.rounds, without)
        report["tasks"][task.name] = {way: summarize(done) for way, done in runs.items()}
        show(task.name, report["tasks"][task.name], wrong)
        failed = failed or bool(wrong)
    if not names:
        report["refresh"] = refresh(postgres, wanted.events)
        shown = "\nrefresh of a log of {events} events: first {first_seconds} s, after 1 % of the cases changed {one_percent_seconds} s"
        print(shown.format(**report["refresh"]))
    if wanted.json:
        Path(wanted.json).write_text(json.dumps(report, indent=1), encoding="utf-8")
    sys.exit(1 if failed else 0)


main()
