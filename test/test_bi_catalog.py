"""What the catalogs show to BI tools, as the reader's role: tables, columns of few types, keys; and nothing else."""

import re

import documents
import pytest
from bi import catalog
from client import column, failure, program, rows, run, value

pytest_plugins = ["bi.served"]

TABLES = (
    "cases", "events", "case_edges", "segment_visits", "team_visits", "handovers", "reopenings", "messages", "case_months",
    "activities", "teams", "segments", "variants", "dates", "edge_stats", "quality",
)  # fmt: skip
VIEWS = ("source_activities", "status", "target_activities")
HIDDEN = ("settings", "activity_map", "team_map", "segment_map", "refreshes", "config", "traces", "graphs")
TYPES = {"smallint", "integer", "bigint", "double precision", "text", "date", "timestamp without time zone"}

# Keys as the system tables have them, whoever looks.
TRUE_KEYS = """
SELECT 'desk_' || conname, a.attname, k.n::int, CASE contype WHEN 'p' THEN 'Y' ELSE 'N' END
FROM pg_constraint, unnest(conkey) WITH ORDINALITY k (attnum, n), pg_attribute a
WHERE conrelid = %s::regclass AND contype IN ('p', 'u') AND a.attrelid = conrelid AND a.attnum = k.attnum"""
TRUE_FOREIGN_KEYS = """
SELECT conrelid::regclass::text, a.attname, confrelid::regclass::text, b.attname
FROM pg_constraint, unnest(conkey, confkey) AS k (own, other), pg_attribute a, pg_attribute b
WHERE contype = 'f' AND connamespace = 'desk'::regnamespace
AND a.attrelid = conrelid AND a.attnum = own AND b.attrelid = confrelid AND b.attnum = other"""


def true_foreign_keys(owner, **at):
    """(table, column, table that it leads to, its column), of one table or to one; not those of hidden tables."""
    found = [tuple(name.removeprefix("desk.") for name in key) for key in rows(owner, TRUE_FOREIGN_KEYS)]
    return sorted(key for key in found if at.get("of", key[0]) == key[0] and at.get("to", key[2]) == key[2] and key[0] not in HIDDEN)


# ---- C1 to C3: types, pooled connections ------------------------------------------------------


def test_types_are_known_to_npgsql(reader):
    """Those of all columns, and those of the extension, since one unknown type spoils the whole load."""
    known = {f"{schema}.{name}" for schema, name, *_ in rows(reader, catalog.TYPES)}
    assert {f"pg_catalog.{name}" for name in ("int2", "int4", "int8", "float8", "text", "date", "timestamp")} <= known
    assert {f"ticket_mining.{name}" for name in ("trace", "dfg", "business_calendar")} <= known


@pytest.mark.parametrize("query", (catalog.COMPOSITES, catalog.ENUMS, catalog.CHARACTER_SETS))
def test_other_queries_of_a_new_connection(reader, query):
    rows(reader, query)


SETTINGS = ("search_path", "TimeZone", "statement_timeout", "jit", "default_transaction_read_only")


def test_discard_all_keeps_what_the_role_is_set_to(reader):
    """Npgsql sends it whenever a connection of the pool is used again."""
    found = [value(reader, f"SHOW {name}") for name in SETTINGS]
    assert found == ['""', "Europe/Copenhagen", "1min", "off", "on"]
    before = rows(reader, "SELECT status, count(*) FROM desk.cases GROUP BY 1 ORDER BY 1")
    reader.execute("SET TimeZone = 'UTC'")
    reader.execute(catalog.DISCARD)
    assert [value(reader, f"SHOW {name}") for name in SETTINGS] == found
    assert rows(reader, "SELECT status, count(*) FROM desk.cases GROUP BY 1 ORDER BY 1") == before


# ---- C4, C5: tables and columns -----------------------------------------------------------------


def test_tables_are_those_for_readers(reader):
    found = {name: kind for schema, name, kind in rows(reader, catalog.TABLES) if schema == "desk"}
    assert found == {**dict.fromkeys(TABLES, "BASE TABLE"), **dict.fromkeys(VIEWS, "VIEW")}


def test_sources_are_not_shown(reader):
    assert "nsp" not in column(reader, catalog.TABLES)


@pytest.mark.parametrize("table", (*TABLES, *VIEWS))
def test_columns_are_of_types_that_bi_tools_know(reader, table):
    found = rows(reader, catalog.COLUMNS.format(table=table))
    assert found
    assert {kind for *_, kind in found} <= TYPES
    assert [name for name, *_ in found if not (name.isascii() and name.islower())] == []


@pytest.mark.parametrize("table", TABLES)
def test_nulls_only_where_the_contract_says(reader, owner, table):
    """Columns that may be NULL are joined in a way that no hash or merge join can do."""
    attributes = {"service", "department", "priority", "is_vip"}
    wanted = dict(rows(owner, "SELECT column_name, type LIKE '%% NULL' FROM ticket_mining.mined_columns WHERE table_name = %s", (table,)))
    found = {name: nullable == "YES" for name, _, nullable, _ in rows(reader, catalog.COLUMNS.format(table=table))}
    assert {name: nullable for name, nullable in found.items() if name not in attributes} == wanted


def test_every_value_of_a_text_column_fits_direct_query(owner):
    """Power BI takes 32,764 characters; the log has one case that is longer than that."""
    assert value(owner, "SELECT max(length(activities)) FROM desk.variants") == 32000


# ---- C6, C7: keys, which information_schema hides from those who may only read ------------------


@pytest.mark.parametrize("table", TABLES)
def test_keys_in_information_schema(reader, owner, table):
    found = rows(owner, catalog.KEYS.format(table=table))
    assert sorted(found) == sorted(rows(owner, TRUE_KEYS, (f"desk.{table}",)))
    assert "Y" in [is_primary for *_, is_primary in found]
    assert rows(reader, catalog.KEYS.format(table=table)) == []


@pytest.mark.parametrize("table", TABLES)
def test_foreign_keys_in_information_schema(reader, owner, table):
    of = [(table, own, other, key) for _, other, key, own, *_ in rows(owner, catalog.foreign_keys_of(table))]
    to = [(other, own, table, key) for _, other, key, own, *_ in rows(owner, catalog.foreign_keys_to(table))]
    assert sorted(of) == true_foreign_keys(owner, of=table)
    assert sorted(key for key in to if key[0] not in HIDDEN) == true_foreign_keys(owner, to=table)
    assert rows(reader, catalog.foreign_keys_of(table)) == rows(reader, catalog.foreign_keys_to(table)) == []


def test_keys_in_metabase(reader, owner):
    assert rows(reader, catalog.METABASE_PRIMARY_KEYS) == []
    assert len(rows(owner, catalog.METABASE_PRIMARY_KEYS)) > len(TABLES)
    found = [key for key in rows(reader, catalog.METABASE_FOREIGN_KEYS) if key[0] not in HIDDEN]
    assert sorted(found) == true_foreign_keys(owner)


def relationships(db):
    """What the statement in the documentation says."""
    (statement,) = (block.text for block in documents.blocks(documents.ROOT / "docs" / "event-logs.md", "sql") if "FROM pg_constraint" in block.text)
    return [tuple(name.removeprefix("desk.") for name in key) for key in rows(db, statement)]


def test_relationships_of_the_documentation(reader, owner):
    """All of them, each to a whole key, and none by a column that may be NULL."""
    found = relationships(reader)
    assert sorted(found) == true_foreign_keys(owner)
    primary = {table: column(owner, "SELECT attname FROM pg_index, pg_attribute WHERE indrelid = %s::regclass AND indisprimary AND attrelid = indrelid AND attnum = ANY (indkey)",
                             (f"desk.{table}",)) for table in TABLES}  # fmt: skip
    assert [key for key in found if primary[key[2]] != [key[3]]] == []
    nullable = {(table, name) for table in TABLES for name, _, answer, _ in rows(reader, catalog.COLUMNS.format(table=table)) if answer == "YES"}
    assert nullable and nullable.isdisjoint({key[:2] for key in found})


@pytest.mark.parametrize("table", TABLES)
def test_psql_describes_keys(reader, owner, table):
    said = run(program("psql"), "-X", "-d", owner.info.dbname, "-U", reader.info.user, "-c", f"\\d desk.{table}")
    assert "PRIMARY KEY" in said
    assert len(re.findall(r'^    "\w+" FOREIGN KEY', said, re.MULTILINE)) == len(true_foreign_keys(owner, of=table))
    assert {name for name in TABLES if f'TABLE "desk.{name}" CONSTRAINT' in said} == {name for name, *_ in true_foreign_keys(owner, to=table)}


def test_tables_make_one_model(owner):
    """Foreign keys lead from all tables of cases to the cases, and from these to the dimensions."""
    keys = true_foreign_keys(owner)
    assert {table for table, _, to, _ in keys if to == "cases"} == set(TABLES[1:9])
    assert {to for table, _, to, _ in keys if table == "cases"} == {"activities", "teams", "variants", "dates"}


# ---- the catalogs through drivers --------------------------------------------------------------


def looked_up(clients, driver, what, table=None):
    request = {"catalog": what, "schema": "desk", **({"table": table} if table else {})}
    (found,) = clients.ask(driver, [request])
    return found["rows"]


@pytest.mark.parametrize("driver", ("odbc", "jdbc"))
def test_drivers_list_tables(clients, driver):
    found = {(name, kind) for _, _, name, kind, *_ in looked_up(clients, driver, "tables")}
    assert {*((name, "TABLE") for name in TABLES), *((name, "VIEW") for name in VIEWS)} <= found


@pytest.mark.parametrize("driver", ("odbc", "jdbc"))
def test_drivers_list_columns(clients, reader, driver):
    found = [row[3] for row in looked_up(clients, driver, "columns", "cases")]
    assert found == column(reader, catalog.COLUMNS.format(table="cases"))


@pytest.mark.parametrize("driver", ("odbc", "jdbc"))
def test_drivers_find_keys(clients, owner, driver):
    """Those of every table, and both ways."""
    asked = [(what, table) for what in ("primary keys", "foreign keys", "foreign keys to") for table in TABLES]
    found = clients.ask(driver, [{"catalog": what, "schema": "desk", "table": table} for what, table in asked])
    for (what, table), result in zip(asked, found, strict=True):
        if what == "primary keys":
            primary = [(name, "Y") for _, name, _, kind in sorted(rows(owner, TRUE_KEYS, (f"desk.{table}",)), key=lambda key: key[2]) if kind == "Y"]
            assert [(row[3], "Y") for row in sorted(result["rows"], key=lambda row: int(row[4]))] == primary, table
            continue
        keys = sorted((row[6], row[7], row[2], row[3]) for row in result["rows"] if row[6] not in HIDDEN)
        assert keys == true_foreign_keys(owner, **({"of": table} if what == "foreign keys" else {"to": table})), (what, table)


# ---- what a reader cannot do ----------------------------------------------------------------------


@pytest.mark.parametrize("table", HIDDEN)
def test_the_rest_cannot_be_read(reader, table):
    assert failure(reader, f"SELECT * FROM desk.{table}").sqlstate == "42501"


@pytest.mark.parametrize("statement", (
    "UPDATE desk.cases SET status = 'x'",
    "DELETE FROM desk.events",
    "TRUNCATE desk.dates",
    "CREATE TABLE desk.mine (case_key bigint REFERENCES desk.cases)",
    "CALL ticket_mining.refresh('desk')",
    "CALL ticket_mining.grant_reader('desk', 'public')",
    "CALL ticket_mining.drop_log('desk')",
))  # fmt: skip
def test_nothing_can_be_changed(reader, statement):
    """Not even by a reader who takes back that transactions are read-only."""
    assert failure(reader, statement).sqlstate in ("25006", "42501")
    reader.execute("SET default_transaction_read_only = off")
    assert failure(reader, statement).sqlstate == "42501"
