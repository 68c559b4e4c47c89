"""pg_dump and restore of a database with logs: they are the same, say the same, and refresh."""

import os

import pytest
from client import connect, failure, message, program, rows, run, value
from small_log import CHANGE, assert_right, create_desk, last_run, mined, refresh

LOGS = ("desk", "edited", "new")
KEPT = ("settings", "activity_map", "team_map", "segment_map", "refreshes", "status", "source_activities")


@pytest.fixture(scope="module")
def roles(databases):
    """The owner of the logs, and the name of a reader; what they have goes with the databases."""
    owner, reader = f"tm_dump_owner_{os.getpid()}", f"tm_dump_reader_{os.getpid()}"
    databases.server.execute(f"CREATE ROLE {owner} CREATEROLE")
    yield owner, reader
    for name in databases.names:
        if value(databases.server, "SELECT count(*) FROM pg_database WHERE datname = %s", (name,)):
            with connect(name) as db:
                db.execute(f"DROP OWNED BY {owner}, {reader} CASCADE")
    databases.server.execute(f"DROP ROLE {reader}; DROP ROLE {owner}")


@pytest.fixture(scope="module")
def dumped(databases, template, roles):
    """A log with a reader; one that was edited since its refresh, and one that was never refreshed."""
    owner, reader = roles
    with connect(databases.create(template)) as db:
        db.execute(f"GRANT CREATE ON DATABASE {db.info.dbname} TO {owner}; SET SESSION AUTHORIZATION {owner}")
        create_desk(db)
        db.execute("UPDATE desk.settings SET case_url = 'https://desk.example/{case_no}'")
        refresh(db)
        db.execute("CALL ticket_mining.create_log('edited', 'src.events', cases => 'src.cases'); CALL ticket_mining.create_log('new', 'src.events')")
        refresh(db, "edited")
        db.execute("UPDATE edited.activity_map SET kind = 'closed' WHERE activity = 'Lukket'")
        db.execute(f"CALL ticket_mining.grant_reader('desk', '{reader}')")
        db.execute("RESET SESSION AUTHORIZATION")
        yield db


def contents(db):
    """All tables of all logs, and the list of them."""
    kept = {(log, name): rows(db, f"SELECT r::text FROM {log}.{name} r ORDER BY 1") for log in LOGS for name in KEPT}
    return kept, {log: mined(db, log) for log in LOGS}, rows(db, "SELECT * FROM ticket_mining.logs()")


CATALOG = (
    "SELECT indexdef FROM pg_indexes WHERE schemaname = ANY (%s) ORDER BY 1",
    "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace::regnamespace::text = ANY (%s) ORDER BY 1, 2",
    "SELECT oid::regclass::text, relowner::regrole::text, relacl::text FROM pg_class WHERE relnamespace::regnamespace::text = ANY (%s) AND relkind IN ('r', 'v') ORDER BY 1",
    "SELECT tgrelid::regclass::text, pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid WHERE relnamespace::regnamespace::text = ANY (%s) AND NOT tgisinternal ORDER BY 1, 2",
    "SELECT table_name, column_name, data_type, is_nullable, is_identity FROM information_schema.columns WHERE table_schema = ANY (%s) ORDER BY table_schema, table_name, ordinal_position",
    "SELECT objoid::regclass::text, objsubid, description FROM pg_description JOIN pg_class c ON c.oid = objoid WHERE relnamespace::regnamespace::text = ANY (%s) ORDER BY 1, 2",
)  # fmt: skip


def in_sql(databases, name, tmp_path):
    copy = databases.create()
    run(program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", copy, script=run(program("pg_dump"), name))
    return copy


def as_inserts(databases, name, tmp_path):
    copy = databases.create()
    run(program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", copy, script=run(program("pg_dump"), "--inserts", "--quote-all-identifiers", name))
    return copy


def in_parallel(databases, name, tmp_path):
    dump, copy = str(tmp_path / "dump"), databases.create()
    run(program("pg_dump"), "-Fc", "-f", dump, name)
    run(program("pg_restore"), "--exit-on-error", "-j", "2", "-d", copy, dump)
    return copy


@pytest.mark.parametrize("way", (in_sql, as_inserts, in_parallel))
def test_restore(databases, dumped, roles, tmp_path, way):
    """Rows, keys, rights, comments; then all three logs refresh, and are right."""
    with connect(way(databases, dumped.info.dbname, tmp_path)) as copy:
        assert contents(copy) == contents(dumped)
        assert [value(copy, f"SELECT state FROM {log}.status") for log in LOGS] == ["refreshed", "edited, not refreshed", "never refreshed"]
        for query in CATALOG:
            assert rows(copy, query, (list(LOGS),)) == rows(dumped, query, (list(LOGS),)), query
        refresh_all(copy, roles)


def refresh_all(db, roles):
    """As the owner, who needs again what pg_dump does not save without --create: the right to make schemas."""
    owner, reader = roles
    keys = dict(rows(db, "SELECT case_id, case_key FROM desk.cases"))
    db.execute(f"GRANT CREATE ON DATABASE {db.info.dbname} TO {owner}; SET SESSION AUTHORIZATION {owner}")
    refresh(db)
    assert value(db, "SELECT changed_cases FROM desk.refreshes ORDER BY refresh_no DESC LIMIT 1") == 0
    db.execute(CHANGE)
    for log in LOGS:
        refresh(db, log)
        assert last_run(db, log) == ("done", None, True)
        assert_right(db, log)
    after = dict(rows(db, "SELECT case_id, case_key FROM desk.cases"))
    assert all(after[case] == keys[case] for case in after.keys() & keys.keys()) and len(set(after.values())) == len(after)
    assert value(db, "SELECT has_table_privilege(%s, 'desk.cases', 'SELECT')", (reader,))


def test_restored_settings_are_checked(databases, dumped, tmp_path):
    """The trigger is there, and does not stand in the way of the restore."""
    with connect(in_sql(databases, dumped.info.dbname, tmp_path)) as copy:
        assert failure(copy, "UPDATE desk.settings SET time_zone = 'x'").sqlstate == "22023"


def test_one_schema(databases, dumped, roles, tmp_path):
    """A log alone, without its sources: it can be read; its refresh says what is missing."""
    copy = databases.create()
    run(program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", copy, "-c", "CREATE EXTENSION ticket_mining")
    run(program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", copy, script=run(program("pg_dump"), "-n", "desk", dumped.info.dbname))
    with connect(copy) as db:
        assert mined(db) == mined(dumped)
        db.execute(f"SET ROLE {roles[0]}")
        before = mined(db)
        assert "src.events does not exist" in message(failure(db, "CALL ticket_mining.refresh('desk')"))
        assert last_run(db)[0] == "failed" and mined(db) == before
