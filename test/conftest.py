"""A scratch database with the extension for the whole run, and connections to it."""

import os
import sys

import client
import dice
import psycopg
import pytest
import small_log

sys.dont_write_bytecode = True

# Whether the cluster is gone after the tests, so that nothing in it need be dropped.
IS_OWN_CLUSTER = "TICKET_MINING_CLUSTERS" in os.environ

# Workers of pytest -n that have a cluster each, as ./check has them, share nothing: roles and settings are a cluster's.
if "PYTEST_XDIST_WORKER" in os.environ and IS_OWN_CLUSTER:
    os.environ["PGHOST"] = f"{os.environ['TICKET_MINING_CLUSTERS']}-{os.environ['PYTEST_XDIST_WORKER']}/socket"


def pytest_report_header():
    return f"seed of the run: TICKET_MINING_SEED={dice.SEED}"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """A failure says how to have it again, alone."""
    report = (yield).get_result()
    if report.failed:
        report.sections.append(("To repeat", f"TICKET_MINING_SEED={dice.SEED} {sys.executable} -m pytest '{item.nodeid}'"))


def _maintenance():
    try:
        return psycopg.connect(dbname="postgres", autocommit=True)
    except psycopg.OperationalError as error:
        pytest.exit(f"the tests need a server at PGHOST, PGPORT and a superuser in PGUSER: {error}", returncode=2)


@pytest.fixture(scope="session")
def databases():
    with _maintenance() as server:
        made = client.Databases(server)
        yield made
        if not IS_OWN_CLUSTER:
            made.drop()


@pytest.fixture(scope="session")
def template(databases):
    """A database that holds the extension and nothing else; nobody stays connected to it."""
    name = databases.create()
    with client.connect(name) as db:
        db.execute("CREATE EXTENSION ticket_mining")
    return name


@pytest.fixture(scope="session")
def scratch(databases, template):
    """The database most tests work in."""
    return databases.create(template)


@pytest.fixture
def db(scratch):
    with client.connect(scratch) as connection:
        yield connection


@pytest.fixture
def other_db(scratch):
    """A second session beside db."""
    with client.connect(scratch) as connection:
        yield connection


@pytest.fixture
def own_db(databases, template):
    """A connection to a database of the test's own, with the extension."""
    with client.connect(databases.create(template)) as connection:
        yield connection


@pytest.fixture
def empty_db(databases):
    """A connection to a database without the extension."""
    with client.connect(databases.create()) as connection:
        yield connection


# ---- a small log, for tests that change it: copying a database takes a tenth of making a log ------


@pytest.fixture(scope="session")
def made(databases, template):
    """A database with the small log, not refreshed yet."""
    name = databases.create(template)
    with client.connect(name) as db:
        small_log.create_desk(db)
    return name


@pytest.fixture(scope="session")
def refreshed(databases, made):
    """A database with the small log, refreshed."""
    name = databases.create(made)
    with client.connect(name) as db:
        small_log.refresh(db)
    return name


@pytest.fixture
def place(databases, refreshed):
    """A database of the test's own, with the small log, refreshed."""
    with databases.copy(refreshed) as name:
        yield name


@pytest.fixture
def desk(place):
    """A session in that database."""
    with client.connect(place) as db:
        yield db


@pytest.fixture
def watcher(place):
    """A second session there."""
    with client.connect(place) as db:
        yield db


@pytest.fixture
def third(place):
    with client.connect(place) as db:
        yield db


@pytest.fixture
def role(databases):
    """An ordinary role without rights; dropped with all it owns in the database it is used in by the test itself."""
    name = f"ticket_mining_role_{os.getpid()}"
    databases.server.execute(f"CREATE ROLE {name} LOGIN")
    yield name
    databases.server.execute(f"DROP ROLE {name}")
