"""The log desk, and a role that reads it as a BI tool does."""

from contextlib import contextmanager
from pathlib import Path

import psycopg

AS_OF = "2024-12-01 00:00Z"
ZONE = "Europe/Copenhagen"
SOURCES = Path(__file__).with_name("desk.sql")


def make_log(db, cases):
    """The sources, the log over them with its maps, and one refresh."""
    db.execute(SOURCES.read_text().replace(":cases", str(cases)))
    db.execute(f"CALL ticket_mining.refresh('desk', '{AS_OF}')")


def grant_reader(db, role):
    db.execute(f"CALL ticket_mining.grant_reader('desk', '{role}')")


def drop_reader(db, role):
    db.execute(f"DROP OWNED BY {role}")
    db.execute(f"DROP ROLE {role}")


@contextmanager
def read(db, role):
    """A session of the reader, under the settings of the role and no others."""
    info = db.info
    with psycopg.connect(host=info.host, port=info.port, dbname=info.dbname, user=role, autocommit=True) as reader:
        yield reader
