"""The demo run once for all tests: its CSV files, the database that it was run in, and what it printed."""

import functools
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from client import program
from demo_oracle import DEMO, Year


def generate(directory, **environment):
    command = [sys.executable, "-B", DEMO / "tickets.py", directory]
    subprocess.run(command, env={**os.environ, **environment}, check=True)
    return directory


def run_demo(database, **options):
    path = os.path.dirname(program("psql")) + os.pathsep + os.environ["PATH"]
    environment = {**os.environ, "PATH": path, "PGDATABASE": database}
    return subprocess.run([DEMO / "run"], text=True, encoding="utf-8", capture_output=True, env=environment, **options)


@functools.cache
def made_year():
    with tempfile.TemporaryDirectory() as directory:
        return Year(generate(Path(directory)))


@functools.cache
def ran(databases):
    """A database that the demo was run in, and what it printed."""
    database = databases.create(options="ENCODING 'UTF8' LOCALE 'C'")
    done = run_demo(database)
    assert (done.returncode, done.stderr) == (0, "")
    return database, done.stdout
