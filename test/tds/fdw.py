"""The administrator's side: a foreign server for a test server, in a PostgreSQL that has tds_fdw."""

from client import value
from psycopg import sql


def hears_cancels(db):
    """Whether tds_fdw ends, with an error of its own, where it waits for the server: it does from 2.0.4 on."""
    version = value(db, "SELECT extversion FROM pg_extension WHERE extname = 'tds_fdw'")
    return tuple(map(int, version.split("."))) >= (2, 0, 4)


def attach(db, server, name="nsp", **options):
    """CREATE SERVER and USER MAPPING; options go over those that a careful administrator sets, None leaves one out."""
    db.execute("CREATE EXTENSION IF NOT EXISTS tds_fdw")
    given = {
        "servername": "127.0.0.1", "port": str(server.port), "database": server.database.name, "tds_version": "7.4",
        "character_set": "UTF-8", "row_estimate_method": "showplan_all", "msg_handler": "notice", **options,
    }  # fmt: skip
    db.execute(sql.SQL("CREATE SERVER {} FOREIGN DATA WRAPPER tds_fdw OPTIONS ({})").format(sql.Identifier(name), _options(given)))
    login = {"username": server.user, "password": server.password}
    db.execute(sql.SQL("CREATE USER MAPPING FOR PUBLIC SERVER {} OPTIONS ({})").format(sql.Identifier(name), _options(login)))


def import_schema(db, schema="dbo", name="nsp", into="public"):
    db.execute(sql.SQL("IMPORT FOREIGN SCHEMA {} FROM SERVER {} INTO {}").format(*map(sql.Identifier, (schema, name, into))))


def foreign_table(db, table, columns, remote, name="nsp"):
    """A foreign table declared by hand: columns as SQL, remote as schema.table."""
    schema, relation = remote.split(".", 1)
    options = _options({"schema_name": schema, "table_name": relation})
    db.execute(sql.SQL("CREATE FOREIGN TABLE {} ({}) SERVER {} OPTIONS ({})").format(
        sql.Identifier(table), sql.SQL(columns), sql.Identifier(name), options))


def _options(given):
    return sql.SQL(", ").join(sql.SQL("{} {}").format(sql.Identifier(key), sql.Literal(value)) for key, value in given.items() if value is not None)
