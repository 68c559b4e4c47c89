"""Who reads a log: what a reader may see and do, and who may make one."""

import os

import pytest
from client import column, connect, failure, message, rows, value
from log_roles import connect_as, let_make_logs, log_in, owner, place, roles, root, strip, with_log, without_log  # noqa: F401
from psycopg import sql
from small_log import CHANGE, CREATE, SOURCES, assert_right, mined, refresh

DENIED = "42501"

READABLE = {"cases", "events", "case_edges", "segment_visits", "team_visits", "handovers", "reopenings", "messages", "case_months", "activities", "teams", "segments", "variants",
            "dates", "edge_stats", "quality", "status", "source_activities", "target_activities"}  # fmt: skip
HIDDEN = {"traces", "graphs", "settings", "activity_map", "team_map", "segment_map", "refreshes", "config"}


@pytest.fixture(scope="module")
def reading_place(databases, template, roles):
    """A database with a log of the boss's, who may make roles, and a reader; tests leave it as it is."""
    name = databases.create(template)
    with connect(name) as db:
        db.execute(SOURCES)
        let_make_logs(db, roles["boss"])
        db.execute(f"SET SESSION AUTHORIZATION {roles['boss']}")
        db.execute(CREATE.format("desk"))
        refresh(db)
        db.execute(f"CALL ticket_mining.grant_reader('desk', '{roles['reader']}')")
    yield name
    with connect(name) as db:
        strip(db, roles)


@pytest.fixture
def head(reading_place):
    """A superuser there."""
    with connect(reading_place) as db:
        yield db


@pytest.fixture
def made_reader(reading_place, roles):
    """The boss."""
    with log_in(reading_place, roles["boss"]) as db:
        yield db


@pytest.fixture
def reader(reading_place, roles):
    """A session as a BI tool opens it: with the settings of the role."""
    with connect_as(reading_place, roles["reader"]) as db:
        yield db


def test_what_a_reader_reads(made_reader, reader, roles):
    """All that is there is in one of the two lists."""
    assert set(column(made_reader, "SELECT relname FROM pg_class WHERE relnamespace = 'desk'::regnamespace AND relkind IN ('r', 'v')")) == READABLE | HIDDEN
    for name in READABLE:
        reader.execute(f"SELECT count(*) FROM desk.{name}")
    for name in HIDDEN:
        assert failure(reader, f"SELECT count(*) FROM desk.{name}").sqlstate == DENIED
    kinds = "SELECT DISTINCT privilege_type FROM information_schema.role_table_grants WHERE grantee = %s AND table_schema = 'desk' ORDER BY 1"
    assert column(made_reader, kinds, (roles["reader"],)) == ["SELECT"]


def test_settings_of_a_reader(reader):
    shown = {name: value(reader, f"SHOW {name}") for name in ("statement_timeout", "jit", "default_transaction_read_only", "TimeZone", "search_path")}
    assert shown == {"statement_timeout": "1min", "jit": "off", "default_transaction_read_only": "on", "TimeZone": "Europe/Copenhagen", "search_path": '""'}


def test_settings_are_of_this_database_only(made_reader, roles):
    query = "SELECT d.datname, array_length(setconfig, 1) FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase WHERE setrole = to_regrole(%s)"
    assert rows(made_reader, query, (roles["reader"],)) == [(made_reader.info.dbname, 5)]


def test_a_new_reader(made_reader, roles):
    """May log in, has no password and nothing else."""
    query = "SELECT rolcanlogin, rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls FROM pg_roles WHERE rolname = %s"
    assert rows(made_reader, query, (roles["reader"],)) == [(True, *[False] * 5)]


def test_no_password(head, roles):
    assert value(head, "SELECT rolpassword FROM pg_authid WHERE rolname = %s", (roles["reader"],)) is None


WRITES = ("DELETE FROM desk.cases", "INSERT INTO desk.segments VALUES ('x', 0)", "UPDATE desk.teams SET label = 'x'", "TRUNCATE desk.quality", "UPDATE desk.source_activities SET label = 'x'",
          "CREATE TABLE desk.mine (a integer)", "CREATE TABLE public.mine (case_key bigint REFERENCES desk.cases)", "ALTER TABLE desk.cases ADD x integer", "DROP TABLE desk.quality",
          "INSERT INTO desk.activity_map (activity) VALUES ('x')", "UPDATE desk.settings SET case_url = NULL", "CALL ticket_mining.refresh('desk')", "CALL ticket_mining.drop_log('desk')",
          "CREATE TRIGGER t BEFORE UPDATE ON desk.cases EXECUTE FUNCTION suppress_redundant_updates_trigger()", "CREATE INDEX ON desk.cases (case_no)")  # fmt: skip


def test_a_reader_writes_nothing(reader):
    """The setting says so, and where the reader sets it off, the rights do."""
    assert {failure(reader, statement).sqlstate for statement in WRITES} <= {"25006", DENIED}
    reader.execute("SET default_transaction_read_only = off")
    assert {failure(reader, statement).sqlstate for statement in WRITES} == {DENIED}


def test_functions_for_readers(reader):
    """A reader sees the log in the list, and its state in status."""
    assert rows(reader, "SELECT log, state FROM ticket_mining.logs()") == [("desk", None)]
    assert rows(reader, "SELECT log, state, last_run FROM desk.status") == [("desk", "refreshed", "done")]
    assert failure(reader, "SELECT * FROM ticket_mining.case_history('desk', 'IR3')").sqlstate == DENIED
    assert value(reader, "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'desk' AND table_name = 'traces'") == 0


def test_reader_twice(made_reader, roles):
    """With new settings where the zone is another."""
    for zone in ("Asia/Tokyo", "Europe/Copenhagen"):
        made_reader.execute(f"UPDATE desk.settings SET time_zone = '{zone}'")
        made_reader.execute(f"CALL ticket_mining.grant_reader('desk', '{roles['reader']}')")
        with connect_as(made_reader.info.dbname, roles["reader"]) as db:
            assert value(db, "SHOW TimeZone") == zone
            assert value(db, "SELECT count(*) FROM desk.cases") == 40


def test_reader_that_exists(head, made_reader, roles):
    """It keeps what it has. From PostgreSQL 16 on, who makes roles alters those alone that he administers."""
    head.execute(f"ALTER ROLE {roles['other']} PASSWORD 'x' CONNECTION LIMIT 3")
    before = rows(head, "SELECT * FROM pg_authid WHERE rolname = %s", (roles["other"],))
    if head.info.server_version >= 160000:
        (warning,) = grant(made_reader, roles["other"])
        assert warning[:2] == ("WARNING", "01007") and len(statements(warning)) == 5
        head.execute("GRANT {other} TO {boss} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE".format(**roles))
    assert grant(made_reader, roles["other"]) == []
    assert rows(head, "SELECT * FROM pg_authid WHERE rolname = %s", (roles["other"],)) == before
    with connect_as(made_reader.info.dbname, roles["other"]) as db:
        assert value(db, "SELECT count(*) FROM desk.cases") == 40
        assert value(db, "SHOW default_transaction_read_only") == "on"


@pytest.mark.parametrize("name", ("", "public", "pg_mine", "none"))
def test_names_that_no_reader_can_have(made_reader, name):
    """Nothing happens to the one who calls."""
    failure(made_reader, f"CALL ticket_mining.grant_reader('desk', '{name}')")
    assert value(made_reader, "SELECT count(*) FROM pg_db_role_setting WHERE setrole = current_user::regrole") == 0


@pytest.mark.parametrize("who", ("boss", "chief"))
def test_who_cannot_be_a_reader(made_reader, roles, who):
    """The owner would be read-only from then on, and no refresh would do; a superuser is never held back by rights."""
    assert failure(made_reader, f"CALL ticket_mining.grant_reader('desk', '{roles[who]}')").sqlstate == "0LP01"
    assert value(made_reader, "SELECT count(*) FROM pg_db_role_setting WHERE setrole = %s::regrole", (roles[who],)) == 0


def test_the_owner_of_another_log_as_reader(root, owner, place, roles):
    """It reads; its settings are left alone, and that is said, for that other log would not be refreshed any more."""
    let_make_logs(root, roles["other"])
    with log_in(place, roles["other"]) as db:
        db.execute("CALL ticket_mining.create_log('second', 'src.events')")
        (warning,) = grant(owner, roles["other"])
        assert warning[0] == "WARNING" and "owns a log" in warning[2]
        assert value(db, "SELECT count(*) FROM desk.cases") == 40
        refresh(db, "second")


def test_odd_name_of_a_reader(head, made_reader):
    name = f'Læser "æ" {os.getpid()}; DROP'
    made_reader.execute("CALL ticket_mining.grant_reader('desk', %s)", (name,))
    assert value(head, "SELECT has_table_privilege(%s, 'desk.cases', 'SELECT')", (name,))
    quoted = sql.Identifier(name)
    head.execute(sql.SQL("DROP OWNED BY {}; DROP ROLE {}").format(quoted, quoted))


def test_refresh_after_grant(head, made_reader, reader):
    """New cases, and new columns, are readers' too."""
    head.execute(CHANGE + "; ALTER TABLE src.cases ADD colour text DEFAULT 'red'")
    refresh(made_reader)
    assert rows(reader, "SELECT DISTINCT colour FROM desk.cases WHERE case_id < 30") == [("red",)]
    assert value(reader, "SELECT count(*) FROM desk.cases WHERE case_id >= 100") == 2


# ---- who may not make roles, nor alter them -----------------------------------------------------

SET_TO = ["1min", "off", "on", '""', "Europe/Copenhagen"]
SETTINGS = ("statement_timeout", "jit", "default_transaction_read_only", "search_path", "TimeZone")


def grant(db, name):
    """Makes a reader; gives the warnings, each with SQLSTATE, message, hint."""
    said = []

    def hear(notice):
        said.append((notice.severity, notice.sqlstate, notice.message_primary, notice.message_hint))

    db.add_notice_handler(hear)
    db.execute("CALL ticket_mining.grant_reader('desk', %s)", (name,))
    db.remove_notice_handler(hear)
    return said


def statements(warning):
    """Those that the hint has, each in a line."""
    _, *lines = warning[3].split("\n")
    assert all(line.startswith("ALTER ROLE ") and line.endswith(";") for line in lines)
    return lines


def test_the_settings_are_left_to_somebody_else(root, owner, place, roles):
    """The grants are made; what is printed is what is missing, word for word, and then nothing is."""
    (warning,) = grant(owner, roles["other"])
    assert warning[:2] == ("WARNING", "01007") and "permission denied" in warning[2]
    with connect_as(place, roles["other"]) as db:
        assert value(db, "SELECT count(*) FROM desk.cases") == 40
        assert value(db, "SHOW default_transaction_read_only") == "off"
    missing = statements(warning)
    assert len(missing) == len(SETTINGS)
    root.execute(missing.pop(0))
    (warning,) = grant(owner, roles["other"])
    assert statements(warning) == missing
    for statement in missing:
        root.execute(statement)
    assert grant(owner, roles["other"]) == []
    with connect_as(place, roles["other"]) as db:
        assert [value(db, f"SHOW {name}") for name in SETTINGS] == SET_TO


def test_superuser_who_becomes_the_owner(root, owner, place, roles):
    """As the owner he grants, and as himself he runs the rest."""
    with log_in(place, roles["chief"]) as db:
        assert failure(db, f"CALL ticket_mining.grant_reader('desk', '{roles['other']}')").sqlstate == DENIED
        db.execute(f"SET ROLE {roles['owner']}")
        (warning,) = grant(db, roles["other"])
        db.execute("RESET ROLE")
        for statement in statements(warning):
            db.execute(statement)
        db.execute(f"SET ROLE {roles['owner']}")
        assert grant(db, roles["other"]) == []


def test_reader_that_cannot_be_made(root, owner):
    """The hint has the statement that makes him, of whatever name; and nothing is half done."""
    name = f'Læser "æ" {os.getpid()}; DROP'
    error = failure(owner, "CALL ticket_mining.grant_reader('desk', %s)", (name,))
    assert error.sqlstate == DENIED and name in error.diag.message_primary
    assert value(owner, "SELECT count(*) FROM pg_roles WHERE rolname = %s", (name,)) == 0
    root.execute(error.diag.message_hint[error.diag.message_hint.index("CREATE ROLE") :])
    quoted = sql.Identifier(name)
    try:
        (warning,) = grant(owner, name)
        for statement in statements(warning):
            root.execute(statement)
        assert grant(owner, name) == []
        with connect_as(root.info.dbname, name) as db:
            assert value(db, "SELECT count(*) FROM desk.cases") == 40
            assert [value(db, f"SHOW {setting}") for setting in SETTINGS] == SET_TO
    finally:
        root.execute(sql.SQL("DROP OWNED BY {}; DROP ROLE {}").format(quoted, quoted))


@pytest.mark.parametrize("who", ("boss", "owner"))
def test_group_of_readers(made_reader, owner, root, roles, who):
    """Members may read; that they do not get the settings is said."""
    db = made_reader if who == "boss" else owner
    group = f"tm_group_{os.getpid()}"
    root.execute(f"CREATE ROLE {group} ROLE {roles['other']}")
    try:
        (warning,) = grant(db, group)
        assert warning[0] == "WARNING" and "cannot log in" in warning[2] and "grant_reader('desk'" in warning[3]
        with connect_as(db.info.dbname, roles["other"]) as member:
            assert value(member, "SELECT count(*) FROM desk.cases") == 40
        assert value(db, "SELECT count(*) FROM pg_db_role_setting WHERE setrole = %s::regrole", (group,)) == 0
    finally:
        with connect(db.info.dbname) as chief:
            chief.execute(f"DROP OWNED BY {group}; DROP ROLE {group}")


# ---- keys of others that lead to mined tables ---------------------------------------------------

PRIMARY_KEYS = """
SELECT conrelid::regclass::text, string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' ORDER BY n), string_agg(quote_ident(attname), ', ' ORDER BY n)
FROM pg_constraint, unnest(conkey) WITH ORDINALITY k (key, n), pg_attribute
WHERE contype = 'p' AND connamespace = 'desk'::regnamespace AND attrelid = conrelid AND attnum = key GROUP BY conrelid"""
SPY = """CREATE TABLE others.callers (caller name);
         CREATE FUNCTION others.spy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO others.callers VALUES (current_user); RETURN NULL; END $$"""
HELD = """CREATE TABLE others.held (clock text, source text, target text, CONSTRAINT hold FOREIGN KEY (clock, source, target) REFERENCES desk.edge_stats {});
          INSERT INTO others.held SELECT clock, source, target FROM desk.edge_stats;
          CREATE TRIGGER spy AFTER DELETE ON others.held FOR EACH ROW EXECUTE FUNCTION others.spy()"""


def as_reader(place, role):
    """A reader who has reset that transactions are read-only, and has a schema of their own."""
    db = log_in(place, role)
    db.execute("SET default_transaction_read_only = off")
    return db


def test_a_reader_makes_no_key_to_a_mined_table(root, owner, place, roles):
    """Its triggers would run with the rights of the owner who refreshes, and a row would stop every refresh."""
    grant(owner, roles["other"])
    found = rows(root, PRIMARY_KEYS)
    assert {name for name, *_ in found} > {f"desk.{name}" for name in ("cases", "events", "edge_stats", "dates")}
    with as_reader(place, roles["other"]) as db:
        db.execute("CREATE TABLE others.mine (case_key bigint)")
        for name, declared, key in found:
            error = failure(db, f"CREATE TABLE others.key ({declared}, FOREIGN KEY ({key}) REFERENCES {name} ON DELETE CASCADE)")
            assert error.sqlstate == DENIED and "permission denied" in error.diag.message_primary, name
        assert failure(db, "ALTER TABLE others.mine ADD FOREIGN KEY (case_key) REFERENCES desk.cases").sqlstate == DENIED


@pytest.mark.parametrize("option", ("", "WITH GRANT OPTION"))
def test_references_are_taken_back(root, owner, roles, option):
    """Readers had them once."""
    owner.execute(f"GRANT USAGE ON SCHEMA desk TO {roles['other']}")
    owner.execute(f"GRANT REFERENCES ON desk.cases, desk.edge_stats, desk.status TO {roles['other']} {option}")
    if option:
        root.execute(f"SET ROLE {roles['other']}; GRANT REFERENCES ON desk.cases TO {roles['member']}; RESET ROLE")
    grant(owner, roles["other"])
    query = """SELECT DISTINCT privilege_type FROM pg_class, aclexplode(relacl)
               WHERE relnamespace = 'desk'::regnamespace AND grantee IN (%s::regrole, %s::regrole)"""
    assert column(owner, query, (roles["other"], roles["member"])) == ["SELECT"]


@pytest.mark.parametrize("on_delete", ("", "ON DELETE CASCADE"))
def test_keys_of_others_are_refused(root, owner, place, roles, on_delete):
    """Even where the owner has let them: a refresh names the key, and runs nothing of theirs."""
    grant(owner, roles["other"])
    owner.execute(f"GRANT REFERENCES ON desk.edge_stats TO {roles['other']}")
    with as_reader(place, roles["other"]) as db:
        db.execute(SPY)
        db.execute(HELD.format(on_delete))
        db.execute("GRANT ALL ON ALL TABLES IN SCHEMA others TO PUBLIC")
    before = mined(owner)
    root.execute(CHANGE)
    error = failure(owner, "CALL ticket_mining.refresh('desk', '2023-06-01Z')")
    assert "others.held" in message(error) and "hold" in message(error)
    assert rows(root, "SELECT * FROM others.callers") == [] and mined(owner) == before
    root.execute("DROP TABLE others.held")
    refresh(owner)
    assert_right(owner)


def test_keys_of_the_owner_are_allowed(root, owner):
    """Their triggers run with the rights that they have anyway."""
    owner.execute("CREATE SCHEMA own; CREATE TABLE own.seen (case_key bigint REFERENCES desk.cases ON DELETE CASCADE); INSERT INTO own.seen SELECT case_key FROM desk.cases")
    root.execute(CHANGE)
    refresh(owner)
    assert_right(owner)
    assert value(owner, "SELECT count(*) FROM own.seen") == 38
