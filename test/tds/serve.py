#!/usr/bin/env python3
"""Serves an NSP-like database over TDS on 127.0.0.1, for tests and the demo.

Usage: serve.py [--port N] [--data demo | demo:UNTIL | history:ROWS] [--user NAME] [--password TEXT] [--ready FILE]

Prints one line of JSON when it is ready: port, control (the port of control.py),
database, user, password; and writes it to FILE if wanted. Ends on SIGTERM or SIGINT.
"""

import argparse
import json
import signal
import sys
from pathlib import Path

sys.dont_write_bytecode = True
# Found as package tds, as the tests find it.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from tds.control import Control, commands_of  # noqa: E402
from tds.database import Database  # noqa: E402
from tds.nsp import Desk  # noqa: E402
from tds.server import Server  # noqa: E402

HISTORY = "Id bigint NOT NULL, EntityId int, PropertyName nvarchar(128), OldValue nvarchar(200), NewValue nvarchar(200), ChangedDate datetime NOT NULL"


def history(count):
    """A table of short rows, to measure with."""
    database = Database("NSP")
    database.create("dbo.History", HISTORY, (
        (number, number // 8, "BaseEntityStatus", "I gang", "Afventer bruger", "2023-03-26 02:30:15") for number in range(count)))
    return database


def data(name):
    """The database by its name, and what makes it grow."""
    kind, _, detail = name.partition(":")
    if kind == "history":
        return history(int(detail)), None
    if kind != "demo":
        sys.exit(f"no such data: {name}")
    desk = Desk(until=detail or None)
    return desk.database, desk


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--data", default="demo")
    parser.add_argument("--user", default="nsp_reader")
    parser.add_argument("--password", default="nsp_reader")
    parser.add_argument("--ready", type=Path)
    return parser.parse_args()


def announce(server, control, ready):
    line = json.dumps({"port": server.port, "control": control.port, "database": server.database.name,
                       "user": server.user, "password": server.password})  # fmt: skip
    if ready:
        # In one step: whoever waits for the file finds it whole.
        part = ready.with_name(ready.name + ".part")
        part.write_text(line + "\n", encoding="utf-8")
        part.rename(ready)
    print(line, flush=True)


def main():
    given = arguments()
    ends = (signal.SIGTERM, signal.SIGINT)
    # Blocked before threads start, so that all of them leave the signals to sigwait.
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    database, desk = data(given.data)
    with Server(database, given.user, given.password, given.port) as server:
        announce(server, Control(commands_of(server, desk)), given.ready)
        signal.sigwait(ends)


if __name__ == "__main__":
    main()
