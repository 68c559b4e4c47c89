"""What runs the statements of the benchmark, and what each took: seconds, seconds of the processors, memory of its own."""

import json
import os
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg

HERE = Path(__file__).resolve().parent
SAMPLE_SECONDS = 0.01


@dataclass
class Run:
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    rows: list


def status_bytes(pid, field):
    """A line of /proc/PID/status; nothing once the process has gone."""
    try:
        with open(f"/proc/{pid}/status") as file:
            return next((1024 * int(line.split()[1]) for line in file if line.startswith(field + ":")), 0)
    except (FileNotFoundError, ProcessLookupError):
        return 0


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        user, system = file.read().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


class Sampler(threading.Thread):
    """Looks at a process's own memory, which it shares with no other, until told to stop."""

    def __init__(self, pids):
        super().__init__(daemon=True)
        self.pids, self.peak, self.done = pids, 0, threading.Event()

    def run(self):
        while not self.done.wait(SAMPLE_SECONDS):
            self.peak = max(self.peak, sum(status_bytes(pid, "RssAnon") for pid in self.pids()))

    def stop(self):
        self.done.set()
        self.join()
        return self.peak


def workers_of(pid):
    """A backend and its parallel workers, which are children of the same postmaster."""
    found = [pid]
    with open(f"/proc/{pid}/stat") as file:
        postmaster = file.read().rsplit(")", 1)[1].split()[1]
    try:
        with open(f"/proc/{postmaster}/task/{postmaster}/children") as file:
            children = file.read().split()
    except FileNotFoundError:
        return found
    for child in children:
        try:
            title = Path(f"/proc/{child}/cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if f"parallel worker for PID {pid}".encode() in title:
            found.append(int(child))
    return found


# Loads the extension, so that what is measured is warm.
WARM_UP = "SELECT dfg_cases(dfg_agg(1, 'Ny', now()))"


class Postgres:
    """Each statement in a session of its own, so that the memory seen is that of the statement."""

    def __init__(self, work_mem):
        self.settings = f"-c search_path=bench,ticket_mining,public -c TimeZone=UTC -c work_mem={work_mem}"

    def connect(self):
        return psycopg.connect(dbname="bench", options=self.settings, autocommit=True)

    def query(self, sql):
        with self.connect() as db:
            done = db.execute(sql)
            return done.fetchall() if done.description else []

    def measure(self, sql):
        with self.connect() as db:
            db.execute(WARM_UP)
            pid = db.info.backend_pid
            workers = set()

            def pids():
                workers.update(workers_of(pid))
                return workers

            sampler = Sampler(pids)
            sampler.start()
            cpu, begun = cpu_seconds(pid), time.perf_counter()
            done = db.execute(sql)
            rows = done.fetchall() if done.description else []
            seconds = time.perf_counter() - begun
            cpu = cpu_seconds(pid) - cpu
            return Run(seconds, cpu, sampler.stop(), rows)


class DuckDB:
    """In a process of its own, with its tables in memory."""

    def __init__(self, folder, threads):
        command = ["node", str(HERE / "duckdb" / "query.js"), str(threads)]
        environment = {**os.environ, "NODE_PATH": f"{folder}/node_modules"}
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)

    def ask(self, sql):
        self.process.stdin.write(json.dumps({"sql": sql}) + "\n")
        self.process.stdin.flush()
        reply = json.loads(self.process.stdout.readline())
        if "error" in reply:
            raise RuntimeError(f"DuckDB: {reply['error']}: {sql}")
        return reply

    def query(self, sql):
        return [tuple(row) for row in self.ask(sql)["rows"]]

    def measure(self, sql):
        before = status_bytes(self.process.pid, "RssAnon")
        sampler = Sampler(lambda: [self.process.pid])
        sampler.start()
        cpu = cpu_seconds(self.process.pid)
        reply = self.ask(sql)
        cpu = cpu_seconds(self.process.pid) - cpu
        return Run(reply["seconds"], cpu, max(0, sampler.stop() - before), [tuple(row) for row in reply["rows"]])
