"""pg_dump and restore of a database whose tables, indexes and views use the types and functions."""

import os

import pytest
from client import binary_rows, column, connect, load, program, rows, run, value
from random_logs import random_log, ticket_log

OBJECTS = (
    "CREATE TABLE kept (case_id bigint PRIMARY KEY, t ticket_mining.trace NOT NULL, CHECK "
    "(ticket_mining.trace_length(t) > 0))",
    "INSERT INTO kept SELECT case_id, trace_agg(activity, at, seq) FROM ev WHERE case_id IS NOT NULL GROUP BY case_id"
    " HAVING trace_agg(activity, at, seq) IS NOT NULL",
    "CREATE INDEX kept_variant ON kept (ticket_mining.trace_variant(t))",
    "CREATE INDEX kept_reopened ON kept (case_id) WHERE ticket_mining.trace_reopen_count(t, '{Lukket}') > 0",
    "CREATE INDEX kept_hash ON kept USING hash (t)",
    "CREATE INDEX kept_btree ON kept (t) WHERE ticket_mining.trace_length(t) < 10",
    "CREATE TABLE month (n bigint PRIMARY KEY, g ticket_mining.dfg, day ticket_mining.dfg[], last "
    "ticket_mining.trace DEFAULT '{A} 1@2023-01-01T00:00:00Z')",
    "INSERT INTO month SELECT case_id % 12, dfg_agg(t), array_agg(g) FROM "
    "(SELECT case_id, t, dfg_agg(t) OVER (PARTITION BY case_id) AS g FROM kept) x GROUP BY 1",
    "CREATE VIEW map AS SELECT e.* FROM (SELECT ticket_mining.dfg_union_agg(g) AS g "
    "FROM month) x, ticket_mining.dfg_edges(g) e",
    "CREATE VIEW pairs AS SELECT a.n, a.g OPERATOR(ticket_mining.+) b.g AS g, a.g OPERATOR(ticket_mining.=) b.g AS "
    "same FROM month a JOIN month b ON b.n = a.n + 1",
    "CREATE VIEW raw AS SELECT ticket_mining.dfg_agg(case_id, activity, at, seq) AS g FROM ev",
    "CREATE MATERIALIZED VIEW variant AS SELECT ticket_mining.trace_variant(t) AS v, count(*) AS cases, min(case_id) "
    "AS example FROM kept GROUP BY 1",
    "CREATE UNIQUE INDEX ON variant (v)",
    "CREATE VIEW step AS SELECT case_id, s.* FROM kept, LATERAL ticket_mining.trace_steps(t) s",
    "CREATE FUNCTION reopened(t ticket_mining.trace) RETURNS int "
    "LANGUAGE sql IMMUTABLE BEGIN ATOMIC SELECT ticket_mining.trace_reopen_count(t, '{Lukket}'); END",
    "CREATE TABLE counted (t ticket_mining.trace, n int GENERATED ALWAYS AS (ticket_mining.trace_length(t)) STORED)",
    "INSERT INTO counted SELECT t FROM kept",
    "CREATE INDEX kept_gin ON kept USING gin (t)",
    "CREATE TABLE wanted (p ticket_mining.trace_pattern PRIMARY KEY)",
    "INSERT INTO wanted VALUES ('Ny -> Tildelt'), ('(\"Løst m. mail\" ~> .){< 2 days}')",
    "CREATE VIEW found AS SELECT p, case_id FROM wanted JOIN kept ON t OPERATOR(ticket_mining.~) p",
    "ALTER TABLE kept ADD CHECK (ticket_mining.trace_existence(t, 'A', 0 + 1) IS NOT NULL)",
)

QUESTIONS = (
    "SELECT * FROM kept ORDER BY case_id", "SELECT n, g, day[1], last FROM month ORDER BY n", "SELECT * FROM pairs ORDER BY n", "SELECT * FROM raw",
    "SELECT * FROM variant ORDER BY v", "SELECT * FROM counted ORDER BY t, n", "SELECT reopened(t) FROM kept ORDER BY case_id",
    "SELECT * FROM found ORDER BY p, case_id", "SELECT * FROM step ORDER BY case_id, step_no", "SELECT * FROM map ORDER BY source, target",
)  # fmt: skip


@pytest.fixture
def filled(own_db):
    """A database that uses the extension in every kind of object."""
    events = ticket_log(31, cases=300)
    events += [e._replace(case=e.case + 10000) for kind in ("odd labels", "before christ") for e in random_log(kind, 1) if e.case is not None]
    load(own_db, {0: events}, temp=False)
    for statement in OBJECTS:
        own_db.execute(statement)
    own_db.execute("ALTER TABLE ev SET LOGGED")
    return own_db


def answers(db):
    return [binary_rows(db, question) for question in QUESTIONS]


def indexes(db):
    return rows(db, "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY indexname")


def restored(filled, copy):
    """Compares what is in both databases."""
    with connect(copy) as db:
        assert answers(db) == answers(filled)
        assert indexes(db) == indexes(filled)
        assert column(db, "SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid") == []
        version = "SELECT extversion FROM pg_extension WHERE extname = 'ticket_mining'"
        assert value(db, version) == value(filled, version)


@pytest.mark.parametrize("options", ([], ["--inserts"], ["--quote-all-identifiers"]))
def test_plain(databases, filled, options):
    """A dump in SQL, into a new database by psql that stops at the first error."""
    script = run(program("pg_dump"), *options, filled.info.dbname)
    assert "CREATE EXTENSION" in script
    copy = databases.create()
    run(program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", copy, script=script)
    restored(filled, copy)


def test_custom_format(databases, filled, tmp_path):
    """A dump in pg_dump's own form, restored by two jobs."""
    dump, copy = str(tmp_path / "dump"), databases.create()
    run(program("pg_dump"), "-Fc", "-f", dump, filled.info.dbname)
    run(program("pg_restore"), "--exit-on-error", "-j", "2", "-d", copy, dump)
    restored(filled, copy)


def test_dump_is_stable(databases, filled):
    """The dump of the restored database is the dump of the first."""
    first = run(program("pg_dump"), filled.info.dbname)
    copy = databases.create()
    run(program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", copy, script=first)
    random_keys = ("\\restrict", "\\unrestrict")
    lines = [[line for line in script.split("\n") if not line.startswith(random_keys)] for script in (first, run(program("pg_dump"), copy))]
    assert lines[0] == lines[1]


@pytest.fixture
def superuser(databases):
    """A second superuser; what it owns in a test's databases goes with them."""
    name = f"ticket_mining_super_{os.getpid()}"
    databases.server.execute(f"CREATE ROLE {name} SUPERUSER")
    yield name
    for database in databases.names:
        with connect(database) as db:
            db.execute(f"REASSIGN OWNED BY {name} TO CURRENT_USER")
    databases.server.execute(f"DROP ROLE {name}")


def test_restore_by_another_superuser(databases, empty_db, superuser):
    """Installed by one superuser, restored by another: the schema in the dump keeps its owner."""
    empty_db.execute(f"SET SESSION AUTHORIZATION {superuser}")
    empty_db.execute("CREATE EXTENSION ticket_mining")
    empty_db.execute("RESET SESSION AUTHORIZATION")
    script = run(program("pg_dump"), empty_db.info.dbname)
    copy = databases.create()
    run(program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", copy, script=script)
    with connect(copy) as db:
        assert value(db, "SELECT trace_length('{A} 1@2023-01-01T00:00:00Z'::trace)") == 1
