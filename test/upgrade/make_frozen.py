"""What version 0.1.0 left in a database: test/upgrade/frozen-0.1.0.sql.gz.

/usr/bin/python3 test/upgrade/make_frozen.py, with version 0.1.0 alone, on a server at PG* that has tds_fdw. The file is
there, and is never made anew: a later version would write something else.

nsp       a source, and what has landed of the tickets of a small desk
desk      a log over it, with a calendar, teams with roles, a reader
reopened  a log that is derived from desk, with a reader
src       plain tables, whose case ids are numeric
plain     a log over them
new       a log over them that was never refreshed
"""

import gzip
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))

import small_log  # noqa: E402
from client import Databases, connect, program, rows, run, value  # noqa: E402
from nsp_source import create_log, create_source, load, refresh  # noqa: E402
from tds import nsp  # noqa: E402
from tds.server import Server  # noqa: E402

VERSION = "0.1.0"
FROZEN = HERE / f"frozen-{VERSION}.sql.gz"
OWNER, READER = "ticket_mining_frozen_owner", "ticket_mining_frozen_reader"
UNTIL = "2023-10-15"
LOADED_AT = "2023-10-15 05:15Z"
# Of the demo's tickets one in so many.
EVERY = 70

ROLES = f"""
    CREATE ROLE {OWNER} CREATEROLE;
    CREATE ROLE {READER};
    GRANT CREATE ON DATABASE {{0}} TO {OWNER};
"""
ATTRIBUTES = """
    INSERT INTO nsp.parts VALUES ('categories', 'dbo', 'SysCategory');
    INSERT INTO nsp.mapping (part, field, remote_column, read_as, is_key, is_required, lookup) VALUES
        ('categories', 'id', 'Id', 'integer', true, true, NULL),
        ('categories', 'name', 'CategoryName', 'text', false, true, NULL),
        ('tickets', 'category', 'CategoryId', 'integer', false, true, 'categories'),
        ('tickets', 'registered_at', 'CreatedDate', 'time', false, true, NULL);
"""
MAPS = """
    CALL ticket_mining.suggest_activity_map('nsp', 'desk');
    UPDATE desk.activity_map SET is_start = activity = 'Ny', answers = activity = 'Løst m. mail';
    UPDATE desk.activity_map SET kind = 'closed' WHERE activity = 'Lukket';
    UPDATE desk.activity_map SET segment = 'blocked' WHERE activity IN ('Afventer leverandør', 'Afventer pakke');
    UPDATE desk.activity_map SET merge_into = 'I gang' WHERE activity = 'Planlagt';
    UPDATE desk.activity_map SET label = 'Løst med mail' WHERE activity = 'Løst m. mail';
    UPDATE desk.team_map SET role = CASE
        WHEN team = 'IT-Servicedesk' THEN 'intake'
        WHEN team IN ('Brugeradministration', 'Klient og udstyr', 'Netværk og server') THEN 'ours'
        ELSE 'partner' END;
    UPDATE desk.team_map SET calendar = 'Europe/Copenhagen; Mo-Su 00:00-24:00', label = 'Servere' WHERE team = 'Netværk og server';
"""
DERIVED = """
    CALL ticket_mining.create_log('reopened', from_log => 'desk',
        filter => '[{"drop_events": ["Note"]}, {"keep_cases": {"has_any": ["Genåbnet", "Svar modtaget"]}}]');
"""
NUMERIC = """
    ALTER TABLE src.events ALTER case_id TYPE numeric(12, 0);
    ALTER TABLE src.assignments ALTER case_id TYPE numeric(12, 0);
    ALTER TABLE src.messages ALTER case_id TYPE numeric(12, 0);
    ALTER TABLE src.cases ALTER case_id TYPE numeric(12, 0);
"""

# The clock and the processes of the machine that made it are no part of it.
RUNS = "UPDATE {0}.{1} SET started_at = '{2}', finished_at = '{2}', pid = 1"
LANDED = "UPDATE nsp.{0} SET landed_at = '{1}'"


def small_desk():
    """The tickets as the remote server has them."""
    return nsp.Desk(until=UNTIL, every=EVERY).database


def make_source(db, server):
    create_source(db, server, zone="UTC")
    db.execute(ATTRIBUTES)
    load(db)


def make_logs(db):
    create_log(db, "desk", "nsp", time_zone="Europe/Copenhagen", case_url="https://desk.example/{case_no}",
               calendar="Europe/Copenhagen; Mo-Th 08:00-16:00; Fr 08:00-15:00; PH(DK) off; Dec 24 off")  # fmt: skip
    db.execute(MAPS)
    db.execute(DERIVED)
    refresh(db, "desk", f"{UNTIL}Z")
    db.execute(small_log.SOURCES)
    db.execute(NUMERIC)
    db.execute(small_log.CREATE.format("plain"))
    db.execute(small_log.MAPPED.format("plain"))
    refresh(db, "plain", small_log.AS_OF)
    db.execute("CALL ticket_mining.create_log('new', 'src.events')")
    for log in ("desk", "reopened"):
        db.execute(f"CALL ticket_mining.grant_reader('{log}', '{READER}')")


def without_clock(db):
    for schema, table in (("nsp", "loads"), ("desk", "refreshes"), ("reopened", "refreshes"), ("plain", "refreshes")):
        db.execute(RUNS.format(schema, table, LOADED_AT))
    for (name,) in rows(db, "SELECT relname FROM pg_class WHERE relnamespace = 'nsp'::regnamespace AND relname LIKE 'landed%' AND relkind = 'r' ORDER BY 1"):
        db.execute(LANDED.format(name, LOADED_AT))


def dump(db):
    """All of the database; what belongs to the superuser, whatever its name is, belongs to who restores it."""
    superuser = value(db, "SELECT quote_ident(current_user)")
    lines = run(program("pg_dump"), db.info.dbname).replace(f" OWNER TO {superuser};", " OWNER TO CURRENT_USER;").split("\n")
    random_keys = ("\\restrict", "\\unrestrict")
    return "\n".join(line for line in lines if not line.startswith(random_keys))


def main():
    with connect("postgres") as server:
        databases = Databases(server)
        name = databases.create()
        server.execute(ROLES.format(name))
        with connect(name) as db:
            fill(db)
            FROZEN.write_bytes(gzip.compress(dump(db).encode(), mtime=0))
            db.execute(f"DROP OWNED BY {READER}; DROP OWNED BY {OWNER} CASCADE")
        databases.drop()
        server.execute(f"DROP ROLE {OWNER}, {READER}")


def fill(db):
    db.execute("CREATE EXTENSION tds_fdw; CREATE EXTENSION ticket_mining")
    assert value(db, "SELECT extversion FROM pg_extension WHERE extname = 'ticket_mining'") == VERSION
    db.execute(f"GRANT USAGE ON FOREIGN DATA WRAPPER tds_fdw TO {OWNER}; SET SESSION AUTHORIZATION {OWNER}")
    with Server(small_desk()) as server:
        make_source(db, server)
    make_logs(db)
    without_clock(db)
    db.execute("RESET SESSION AUTHORIZATION; DROP EXTENSION tds_fdw CASCADE")


if __name__ == "__main__":
    main()
