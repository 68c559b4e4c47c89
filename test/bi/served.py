"""Fixtures: the log desk in a database of its own, read by a role for BI tools."""

import os

import pytest
from bi import desk
from bi.clients import Clients
from client import connect

CASES = 3000
ROLE = f"ticket_mining_reader_{os.getpid()}"


@pytest.fixture(scope="session")
def owner(databases, template):
    """The owner's session."""
    with connect(databases.create(template)) as db:
        desk.make_log(db, CASES)
        desk.grant_reader(db, ROLE)
        yield db
        desk.drop_reader(db, ROLE)


@pytest.fixture
def reader(owner):
    with desk.read(owner, ROLE) as db:
        yield db


@pytest.fixture(scope="session")
def clients(owner, tmp_path_factory):
    return Clients(tmp_path_factory.mktemp("clients"), owner, ROLE)
