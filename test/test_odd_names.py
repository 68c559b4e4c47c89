"""Names that could be taken for parts of a statement: of schemas, relations, columns, types and their labels, and of the log itself."""

import json

import pytest
from client import column, longer, rows, value
from psycopg import sql

APART = ("x%1$s", "50%", "%I%L%s%%", 'a"b', "it's", "$q$ $$", "@schema.cases", "x@run.fresh", "new\nline", "back\\slash", "{case_no}", "Ærø")
TOGETHER = ("%I%L%s%% x%1$s 50%", 'a"b it\'s new\nline back\\slash', "@schema.cases $q$ $$ {case_no}", "x@run.fresh Ærø")
NAMES = longer(TOGETHER, APART)


def named(statement, name):
    """Every {} is the name as an identifier, every [] as a text; {type} is that of the schema of such a name."""
    parts = statement.replace("[]", "{text}").replace("{}", "{name}")
    return sql.SQL(parts).format(name=sql.Identifier(name), text=sql.Literal(name), type=sql.Identifier(f"of {name}", name), types=sql.Identifier(f"of {name}"))


SOURCES = """
    CREATE SCHEMA {}; CREATE SCHEMA {types};
    CREATE TYPE {type} AS ENUM ([], 'other');
    CREATE TABLE {}.{} AS SELECT c AS case_id, (ARRAY[[], 'other'])[1 + n % 2]::{type} AS activity, '2023-05-01Z'::timestamptz + n * interval '1 hour' AS at,
        (ARRAY[[], 'other'])[1 + n % 2]::{type} AS team FROM generate_series(1, 3) c, generate_series(1, 4) n;
    CREATE TABLE {}.cases AS SELECT c AS case_id, []::{type} AS case_no, []::{type} AS {}, []::text AS "@run.x", '2023-05-01'::date AS "%s", 7::numeric AS "it's %" FROM generate_series(1, 3) c"""
CREATE = """CALL create_log('log ' || [], format('%I.%I', []::text, []::text), assignments => format('%I.%I', []::text, []::text), cases => format('%I.cases', []::text))"""


@pytest.fixture
def log(own_db, name):
    own_db.execute(named(SOURCES, name))
    own_db.execute(named(CREATE, name))
    return f"log {name}"


@pytest.mark.parametrize("name", NAMES)
def test_names(own_db, name, log):
    """The life of a log and of one that is derived from it."""
    chain = json.dumps([{"keep_cases": {"has": [name], "attribute": {name: [name]}}}])
    own_db.execute("CALL create_log(%s, from_log => %s, filter => %s)", (f"part {name}", log, chain))
    own_db.execute(sql.SQL("UPDATE {}.activity_map SET kind = 'resolved' WHERE activity = 'other'").format(sql.Identifier(log)))
    own_db.execute("CALL refresh(%s, '2023-06-01Z')", (log,))
    own_db.execute(named("DELETE FROM {}.{} WHERE case_id = 3; ALTER TABLE {}.cases ADD \"more%1$s\" {type} DEFAULT []", name))
    own_db.execute("CALL refresh(%s, '2023-06-02Z')", (log,))
    mined = sql.SQL("SELECT {}, case_no, first_team, \"@run.x\", \"%s\"::text, \"it's %\", \"more%1$s\" FROM {}.cases").format(sql.Identifier(name), sql.Identifier(log))
    assert rows(own_db, mined) == [(name, name, "other", name, "2023-05-01", 7.0, name)] * 2
    assert column(own_db, sql.SQL("SELECT case_no FROM {}.cases").format(sql.Identifier(f"part {name}"))) == [name] * 2
    assert value(own_db, "SELECT count(*) FROM edge_cases(%s, %s, 'other')", (log, name)) == 2
    assert column(own_db, "SELECT cases FROM explain_filter(%s, %s)", (log, chain)) == [2, 2]
    assert len(value(own_db, "SELECT report_html(%s)", (log,))) > 1000
    assert len(rows(own_db, "SELECT * FROM case_history(%s, %s)", (log, "1"))) > 4
    for each in (f"part {name}", log):
        own_db.execute("CALL drop_log(%s)", (each,))
