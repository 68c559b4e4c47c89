"""The mined tables and the SQL of BI tools through drivers, as the reader's role: psqlODBC, pgJDBC, node-postgres, psycopg in binary."""

from datetime import date, datetime

import pytest
from bi.clients import NAMES
from bi.joins import JOINS
from bi.rows import compared, kinds, parsed
from bi.shapes import FILTERED, GROUPED, VISUALS
from client import binary_rows, column, rows
from test_bi_catalog import TABLES, VIEWS

pytest_plugins = ["bi.served"]

SHAPES = {shape.name: shape for shape in (*GROUPED, *FILTERED, *VISUALS, *JOINS)}


def milliseconds(value):
    """As exact as a Date of JavaScript."""
    return value.replace(microsecond=value.microsecond // 1000 * 1000) if isinstance(value, datetime) else value


def wanted_rows(db, driver, query):
    """Rows and kinds of the columns as psycopg has them from the text protocol."""
    cursor = db.execute(query)
    keep = milliseconds if driver == "node" else lambda value: value
    return kinds(cursor), [tuple(map(keep, row)) for row in cursor.fetchall()]


def read(result, kinds_of_columns):
    return [tuple(map(parsed, kinds_of_columns, row)) for row in result["rows"]]


# ---- the shapes ------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=NAMES)
def shaped(request, clients):
    """All shapes through one driver, in one session."""
    found = clients.ask(request.param, [{"sql": shape.sql} for shape in SHAPES.values()])
    return request.param, dict(zip(SHAPES, found, strict=True))


@pytest.mark.parametrize("name", SHAPES)
def test_shapes(shaped, owner, name):
    driver, found = shaped
    shape = SHAPES[name]
    types, wanted = wanted_rows(owner, driver, shape.plain)
    assert compared(read(found[name], types), shape.is_ordered) == compared(wanted, shape.is_ordered)


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_in_binary(reader, owner, name):
    shape = SHAPES[name]
    wanted = compared(rows(owner, shape.plain), shape.is_ordered)
    assert compared(binary_rows(reader, shape.sql), shape.is_ordered) == wanted


# ---- the values, to the last digit ------------------------------------------------------------------


def sample(table):
    """Rows of a table, those with the longest text of the variants among them."""
    first = "length DESC, variant" if table == "variants" else "1, 2, 3" if table in TABLES[1:9] else "1"
    return f"SELECT * FROM desk.{table} ORDER BY {first} LIMIT 150"


@pytest.mark.parametrize("driver", NAMES)
def test_values(clients, owner, driver):
    found = clients.ask(driver, [{"sql": sample(table)} for table in (*TABLES, *VIEWS)])
    for table, result in zip((*TABLES, *VIEWS), found, strict=True):
        types, wanted = wanted_rows(owner, driver, sample(table))
        assert read(result, types) == wanted, table


@pytest.mark.parametrize("table", (*TABLES, *VIEWS))
def test_values_in_binary(reader, owner, table):
    assert rows(owner, sample(table))
    with reader.cursor(binary=True) as cursor:
        assert cursor.execute(sample(table)).fetchall() == rows(owner, sample(table))


# ---- the classes that programs get -------------------------------------------------------------------

TYPED = """SELECT case_key, priority, is_open, real_seconds, case_no, created_date, created_at
           FROM desk.cases WHERE real_seconds IS NOT NULL ORDER BY 1 LIMIT 1"""
CLASSES = {
    "odbc": ["int", "int", "int", "float", "str", "date", "datetime"],
    "jdbc": ["java.lang.Long", "java.lang.Integer", "java.lang.Integer", "java.lang.Double", "java.lang.String", "java.sql.Date",
             "java.sql.Timestamp"],
    # JavaScript's numbers do not hold all of bigint.
    "node": ["string", "number", "number", "number", "string", "Date", "Date"],
}  # fmt: skip


@pytest.mark.parametrize("driver", NAMES)
def test_classes(clients, driver):
    (found,) = clients.ask(driver, [{"sql": TYPED}])
    assert found["classes"] == CLASSES[driver]


def test_variants_are_whole_in_node(clients, owner):
    """They are 64-bit hashes, most of which a number of JavaScript would round, and so are texts."""
    query = "SELECT variant FROM desk.variants ORDER BY 1"
    (found,) = clients.ask("node", [{"sql": query}])
    assert [text for (text,) in found["rows"]] == column(owner, query)


# ---- statements that are prepared, sessions that are used again --------------------------------------

# Twice over what it takes to get a server-side statement from pgJDBC, and a generic plan from the server.
TIMES = 14
PREPARED = """SELECT team, outcome, count(*), sum(own_seconds), max(from_at) FROM desk.team_visits
              WHERE team <> ? AND from_date >= ? AND from_at < ? AND visit_no > ? GROUP BY team, outcome"""
PARAMETERS = ["text:Servicedesk", "date:2016-02-29", "timestamp:2021-12-31 23:30:00", "integer:1"]


@pytest.mark.parametrize("driver", NAMES)
def test_prepared_statement(clients, owner, driver):
    """Later executions have another plan and, in pgJDBC, binary results; the rows stay."""
    found = clients.ask(driver, [{"sql": PREPARED, "params": PARAMETERS, "times": TIMES}])
    plain = PREPARED.replace("?", "{}").format("'Servicedesk'", "'2016-02-29'", "'2021-12-31 23:30'", "1")
    types, wanted = wanted_rows(owner, driver, plain)
    assert len(wanted) > 10
    assert [compared(read(result, types)) for result in found] == [compared(wanted)] * TIMES


def test_prepared_statement_in_binary(reader, owner):
    query = PREPARED.replace("?", "%s")
    values = ("Servicedesk", date(2016, 2, 29), datetime(2021, 12, 31, 23, 30), 1)
    wanted = compared(rows(owner, query, values))
    with reader.cursor(binary=True) as cursor:
        for _ in range(TIMES):
            assert compared(cursor.execute(query, values, prepare=True).fetchall()) == wanted


SETTINGS = [f"SHOW {name}" for name in ("search_path", "statement_timeout", "jit", "default_transaction_read_only")]
LISTED = "select service, count(*) from desk.cases group by service order by service"


@pytest.mark.parametrize("driver", NAMES)
def test_discard_all_is_harmless(clients, driver):
    session = [*SETTINGS, LISTED]
    found = clients.ask(driver, [{"sql": sql} for sql in [*session, "DISCARD ALL", *session]])
    values = [result["rows"] for result in found]
    assert [value for ((value,),) in values[: len(SETTINGS)]] == ['""', "1min", "off", "on"]
    assert values[: len(session)] == values[len(session) + 1 :]
