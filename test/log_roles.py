"""Roles around a log: its owner, others, one that may make roles, a superuser; and their sessions."""

import os

import psycopg
import pytest
from client import connect, value
from small_log import CREATE, MAPPED, SOURCES, refresh


@pytest.fixture(scope="module")
def roles(databases):
    """owner and other, ordinary roles; boss, which may make roles; chief, a superuser; member of owner."""
    names = {name: f"tm_{name}_{os.getpid()}" for name in ("owner", "other", "boss", "chief", "member", "reader")}
    databases.server.execute("""CREATE ROLE {owner} LOGIN; CREATE ROLE {other} LOGIN; CREATE ROLE {boss} LOGIN CREATEROLE;
                                CREATE ROLE {chief} LOGIN SUPERUSER; CREATE ROLE {member} LOGIN IN ROLE {owner}""".format(**names))
    yield names
    for name in names.values():
        databases.server.execute(f"DROP ROLE IF EXISTS {name}")


@pytest.fixture(scope="module")
def without_log(databases, template, roles):
    """A database with the sources, which the owner may read, and schemas of the owner's and the other's own."""
    name = databases.create(template)
    with connect(name) as db:
        db.execute(SOURCES)
        let_make_logs(db, roles["owner"])
        db.execute("CREATE SCHEMA others AUTHORIZATION {other}; GRANT USAGE ON SCHEMA others TO {owner}".format(**roles))
    yield name
    with connect(name) as db:
        strip(db, roles)


@pytest.fixture(scope="module")
def with_log(databases, without_log, roles):
    """The same, with a refreshed log of the owner's."""
    name = databases.create(without_log)
    with connect(name) as db:
        let_make_logs(db, roles["owner"])
    with log_in(name, roles["owner"]) as db:
        db.execute(CREATE.format("desk"))
        db.execute(MAPPED.format("desk"))
        refresh(db)
    yield name
    with connect(name) as db:
        strip(db, roles)


@pytest.fixture
def place(databases, roles, request):
    """A database of the test's own; with a log, if there is an owner of one."""
    with databases.copy(request.getfixturevalue("with_log" if "owner" in request.fixturenames else "without_log")) as name:
        yield name


def strip(db, roles):
    for role in roles.values():
        if value(db, "SELECT to_regrole(%s) IS NOT NULL", (role,)):
            db.execute(f"DROP OWNED BY {role} CASCADE; ALTER ROLE {role} IN DATABASE {db.info.dbname} RESET ALL")


@pytest.fixture
def root(place, roles):
    """A superuser."""
    with connect(place) as db:
        # Rights on a database itself are not copied with it.
        let_make_logs(db, roles["owner"])
        yield db


def let_make_logs(root, role):
    """Over the sources."""
    root.execute(f"GRANT CREATE ON DATABASE {root.info.dbname} TO {role}; GRANT USAGE ON SCHEMA src TO {role}; GRANT SELECT ON ALL TABLES IN SCHEMA src TO {role}")


def log_in(place, role):
    db = connect(place)
    db.execute(f"SET SESSION AUTHORIZATION {role}")
    return db


@pytest.fixture
def owner(root, place, roles):
    """The owner of the log."""
    with log_in(place, roles["owner"]) as db:
        yield db


def connect_as(place, role):
    """A session as a BI tool opens it: with the settings of the role and no others."""
    return psycopg.connect(dbname=place, user=role, autocommit=True)
