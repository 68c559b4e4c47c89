"""The demo run once each way for all tests: its CSV files, the database that it was run in, and what it printed."""

import functools
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from client import longer, program, value
from demo_oracle import DEMO, Year


# One ticket in twenty: they have all that happens to tickets; the whole year is for ./demo and long tests.
EVERY = longer(20, 1)


def generate(directory, every=EVERY, **environment):
    command = [sys.executable, "-B", DEMO / "tickets.py", directory]
    subprocess.run(command, env={**os.environ, "TICKET_MINING_DEMO_EVERY": str(every), **environment}, check=True)
    return directory


def run_demo(database, *arguments, demo=DEMO, **options):
    path = os.path.dirname(program("psql")) + os.pathsep + os.environ["PATH"]
    environment = {**os.environ, "PATH": path, "PGDATABASE": database, "TICKET_MINING_DEMO_EVERY": str(EVERY)}
    command = [demo / "run", *arguments]
    with tempfile.TemporaryDirectory() as directory:
        done = subprocess.run(command, text=True, encoding="utf-8", capture_output=True, env=environment, cwd=directory, **options)
        report = Path(directory) / "report.html"
        done.report = report.read_text(encoding="utf-8") if report.exists() else None
    return done


@functools.cache
def made_year(every=EVERY):
    with tempfile.TemporaryDirectory() as directory:
        return Year(generate(Path(directory), every))


@functools.cache
def ran(databases, *arguments):
    """A database that the demo was run in, what it printed, and its report; by way of the test server, or with argument "direct"."""
    has_tds_fdw = value(databases.server, "SELECT count(*) FROM pg_available_extensions WHERE name = 'tds_fdw'")
    assert has_tds_fdw, "the demo is tested by way of tds_fdw, which this PostgreSQL lacks (Debian: postgresql-15-tds-fdw)"
    database = databases.create(options="ENCODING 'UTF8' LOCALE 'C'")
    done = run_demo(database, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return database, done.stdout, done.report
