"""The answers to IMPORT FOREIGN SCHEMA: the three texts that tds_fdw 2.0.3 sends, by INFORMATION_SCHEMA's rules."""

import re

from .collation import sort_key
from .column_types import columns_of
from .parser import Parser

SCHEMATA = re.compile(r"SELECT schema_name FROM INFORMATION_SCHEMA\.SCHEMATA WHERE schema_name = ('(?:[^']|'')*')", re.IGNORECASE)
IS_SQL_SERVER = "SELECT CHARINDEX('Microsoft', @@version) AS is_sql_server"
COLUMNS = re.compile(
    r"SELECT t\.table_name, c\.column_name, c\.data_type, c\.column_default, c\.is_nullable, c\.character_maximum_length,"
    r" c\.numeric_precision, c\.numeric_precision_radix, c\.numeric_scale, c\.datetime_precision"
    r" FROM INFORMATION_SCHEMA\.TABLES t LEFT JOIN INFORMATION_SCHEMA\.COLUMNS c"
    r" ON t\.table_schema = c\.table_schema AND t\.table_name = c\.table_name"
    r" WHERE t\.table_type IN \('BASE TABLE','VIEW'\) AND t\.table_schema = (?P<schema>'(?:[^']|'')*')"
    r"(?: AND t\.table_name (?P<not>NOT )?IN \((?P<names>.*)\))? ORDER BY t\.table_name, c\.ordinal_position"
)
# As INFORMATION_SCHEMA.COLUMNS declares them
COLUMNS_RESULT = columns_of(
    "table_name nvarchar(128) NOT NULL, column_name nvarchar(128), data_type nvarchar(128), column_default nvarchar(4000),"
    " is_nullable varchar(3), character_maximum_length int, numeric_precision tinyint, numeric_precision_radix smallint,"
    " numeric_scale int, datetime_precision smallint"
)


def answer(text, database):
    """The columns and stored rows that a text of the import gets; None if it is another text."""
    text = " ".join(text.split())
    if text == IS_SQL_SERVER:
        return columns_of("is_sql_server int"), [(1,)]
    found = SCHEMATA.fullmatch(text)
    if found:
        (schema,) = _texts(found[1])
        return columns_of("schema_name nvarchar(128) NOT NULL"), [(name,) for name in database.schemas if _same(name, schema)]
    found = COLUMNS.fullmatch(text)
    return (COLUMNS_RESULT, _column_rows(database, found)) if found else None


def _texts(text):
    """The texts of a list of literals."""
    parser = Parser(text)
    found = parser.several(lambda: parser.take("text"))
    parser.end()
    return found


def _same(name, other):
    return sort_key(name) == sort_key(other)


def _column_rows(database, found):
    (schema,) = _texts(found["schema"])
    names = {sort_key(name) for name in _texts(found["names"])} if found["names"] else None
    wanted = [
        relation for relation in database.relations
        if _same(relation.schema, schema) and (names is None or (sort_key(relation.name) in names) != bool(found["not"]))
    ]  # fmt: skip
    wanted.sort(key=lambda relation: sort_key(relation.name))
    return [(relation.name, *_facts(column)) for relation in wanted for column in relation.columns]


def _facts(column):
    kind = column.kind
    return (column.name, kind.name, None, "YES" if column.nullable else "NO", kind.length,
            kind.precision, kind.radix, kind.scale, kind.digits)  # fmt: skip
