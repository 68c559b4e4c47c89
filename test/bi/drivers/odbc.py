"""Runs requests through psqlODBC: odbc.py HOST PORT DATABASE USER, requests and results as those of Jdbc.java."""

import datetime
import json
import sys

import pyodbc


def connect(host, port, dbname, user):
    return pyodbc.connect(f"DRIVER={{PostgreSQL Unicode}};SERVERNAME={host};PORT={port};DATABASE={dbname};UID={user}", autocommit=True)


def text(value):
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ")
    return value if value is None else str(value)


def printed(cursor):
    """A statement such as DISCARD ALL has no columns."""
    columns = cursor.description or []
    rows = cursor.fetchall() if columns else []
    return {"classes": [column[1].__name__ for column in columns], "rows": [[text(value) for value in row] for row in rows]}


def look(cursor, catalog, schema, table=None):
    find = {
        "tables": lambda: cursor.tables(schema=schema),
        "columns": lambda: cursor.columns(table=table, schema=schema),
        "primary keys": lambda: cursor.primaryKeys(table, schema=schema),
        "foreign keys": lambda: cursor.foreignKeys(foreignTable=table, foreignSchema=schema),
        "foreign keys to": lambda: cursor.foreignKeys(table=table, schema=schema),
    }
    return find[catalog]()


PARAMETERS = {
    "date": datetime.date.fromisoformat,
    "timestamp": datetime.datetime.fromisoformat,
    "integer": int,
    "text": str,
}


def typed(param):
    kind, value = param.split(":", 1)
    return PARAMETERS[kind](value)


def results(db, request):
    with db.cursor() as cursor:
        if "catalog" in request:
            yield printed(look(cursor, **request))
            return
        for _ in range(request.get("times", 1)):
            cursor.execute(request["sql"], *map(typed, request.get("params", ())))
            yield printed(cursor)


def main():
    db = connect(*sys.argv[1:])
    json.dump([result for request in json.load(sys.stdin) for result in results(db, request)], sys.stdout)


main()
