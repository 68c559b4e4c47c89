"""Who may make a source and load it: an ordinary role with the right to use the foreign server, and nobody in its name."""

from contextlib import contextmanager

import psycopg
import pytest
from client import connect, rows, value
from nsp_source import OddDesk, assert_landed, create_log, create_source, drop_all, load, nsp_database
from tds.server import Server

REFUSED = psycopg.errors.InvalidParameterValue


@pytest.fixture(scope="module")
def name(databases):
    return nsp_database(databases)


@pytest.fixture
def served(name):
    """A database with a foreign server, and its tickets."""
    desk = OddDesk(tickets=20)
    with Server(desk.database) as server, connect(name) as db:
        create_source(db, server, "others")
        db.execute("DROP USER MAPPING FOR PUBLIC SERVER others_server")
        yield db, server, desk
        drop_all(db)


@contextmanager
def session_of(db, role):
    try:
        with psycopg.connect(dbname=db.info.dbname, user=role, autocommit=True) as session:
            yield session
    finally:
        db.execute(f"DROP OWNED BY {role} CASCADE")


def test_ordinary_role(served, role):
    """Each right that is missing is named; with all of them everything works."""
    db, server, desk = served
    db.execute(f"GRANT CREATE ON DATABASE {db.info.dbname} TO {role}")
    with session_of(db, role) as session:
        with pytest.raises(REFUSED) as caught:
            session.execute("CALL ticket_mining.create_nsp_source('nsp', 'others_server')")
        assert "no right to use the foreign server" in caught.value.diag.message_detail and "no user mapping for role" in caught.value.diag.message_detail
        db.execute(f"GRANT USAGE ON FOREIGN SERVER others_server TO {role}")
        with pytest.raises(REFUSED) as caught:
            session.execute("CALL ticket_mining.create_nsp_source('nsp', 'others_server')")
        assert "no right" not in caught.value.diag.message_detail
        session.execute(f"CREATE USER MAPPING FOR {role} SERVER others_server OPTIONS (username '{server.user}', password '{server.password}')")
        session.execute("CALL ticket_mining.create_nsp_source('nsp', 'others_server')")
        create_log(session)
        load(session, refresh="desk")
        assert_landed(session, desk.database)
        assert value(session, "SELECT count(*) FROM desk.cases") == value(session, "SELECT count(DISTINCT case_id) FROM nsp.events")


def test_error_of_an_ordinary_role(served, role):
    """It hears what the remote server said, though it may not change what the server logs."""
    db, server, _ = served
    db.execute(f"GRANT CREATE ON DATABASE {db.info.dbname} TO {role}; GRANT USAGE ON FOREIGN SERVER others_server TO {role}")
    with session_of(db, role) as session:
        session.execute(f"CREATE USER MAPPING FOR {role} SERVER others_server OPTIONS (username '{server.user}', password 'wrong')")
        session.execute("CALL ticket_mining.create_nsp_source('nsp', 'others_server')")
        with pytest.raises(psycopg.Error) as caught:
            load(session)
        assert f"The remote server said: Login failed for user '{server.user}'." in caught.value.diag.message_detail
        assert rows(session, "SELECT state FROM nsp.loads") == [("failed",)]


@pytest.mark.parametrize("call", ("CALL ticket_mining.load('others')", "SELECT * FROM ticket_mining.check_source('others')", "CALL ticket_mining.drop_source('others')"))
def test_source_of_another(served, role, call):
    """Nobody but the owner, and a superuser least of all, runs what stands in its views."""
    db, _, _ = served
    with psycopg.connect(dbname=db.info.dbname, user=role, autocommit=True) as session, pytest.raises(psycopg.errors.InsufficientPrivilege, match='source "others" belongs to role'):
        session.execute(call)
