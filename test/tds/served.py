"""Fixtures: test servers, and sessions of a PostgreSQL that has tds_fdw. Import what you use."""

import pytest
from client import connect

from .samples import types_database
from .server import Server


@pytest.fixture
def server():
    with Server(types_database()) as running:
        yield running


@pytest.fixture(scope="module")
def steady():
    """A server that no test changes."""
    with Server(types_database()) as running:
        yield running


@pytest.fixture(scope="module")
def pg_name(databases):
    name = databases.create(options="ENCODING 'UTF8' LOCALE 'C.UTF-8'")
    with connect(name) as db:
        db.execute("CREATE EXTENSION tds_fdw")
    return name


@pytest.fixture
def pg(pg_name):
    """A session whose foreign servers go when it ends; db.said are the notices."""
    with connect(pg_name) as db:
        db.said = []
        db.add_notice_handler(lambda diag: db.said.append(diag.message_primary))
        yield db
        if not db.closed:
            db.execute("DROP SERVER IF EXISTS nsp CASCADE; DROP TABLE IF EXISTS landed")
