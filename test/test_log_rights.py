"""Who may do what with a log: its owner alone refreshes it, with the owner's rights; readers read; nobody's search_path changes a figure."""

import os

import psycopg
import pytest
from client import column, connect, failure, message, rows, value
from psycopg import sql
from small_log import CHANGE, CREATE, MAPPED, SOURCES, assert_right, drop_desk, last_run, mined, refresh

DENIED = "42501"


@pytest.fixture(scope="module")
def roles(databases):
    """owner and other, ordinary roles; boss, who may make roles; chief, a superuser; member of owner."""
    names = {name: f"tm_{name}_{os.getpid()}" for name in ("owner", "other", "boss", "chief", "member", "reader")}
    databases.server.execute("""CREATE ROLE {owner} LOGIN; CREATE ROLE {other} LOGIN; CREATE ROLE {boss} LOGIN CREATEROLE;
                                CREATE ROLE {chief} LOGIN SUPERUSER; CREATE ROLE {member} LOGIN IN ROLE {owner}""".format(**names))
    yield names
    for name in names.values():
        databases.server.execute(f"DROP ROLE IF EXISTS {name}")


@pytest.fixture(scope="module")
def place(databases, template, roles):
    """A database; all that the roles own or may in it goes before the roles do."""
    name = databases.create(template)
    yield name
    with connect(name) as db:
        _strip(db, roles)


def _strip(db, roles):
    for role in roles.values():
        if value(db, "SELECT to_regrole(%s) IS NOT NULL", (role,)):
            db.execute(f"DROP OWNED BY {role} CASCADE; ALTER ROLE {role} IN DATABASE {db.info.dbname} RESET ALL")


@pytest.fixture
def root(place, roles):
    """A superuser, in a database with the sources, which the owner may read, and schemas of the owner's and the other's own."""
    with connect(place) as db:
        db.execute("RESET ROLE")
        drop_desk(db)
        _strip(db, roles)
        db.execute(SOURCES)
        let_make_logs(db, roles["owner"])
        db.execute("CREATE SCHEMA others AUTHORIZATION {other}; GRANT USAGE ON SCHEMA others TO {owner}".format(**roles))
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
    """The owner, with a refreshed log."""
    with log_in(place, roles["owner"]) as db:
        db.execute(CREATE.format("desk"))
        db.execute(MAPPED.format("desk"))
        refresh(db)
        yield db


# ---- who may refresh, drop, and grant -----------------------------------------------------------

CALLS = ("refresh('desk')", "drop_log('desk')", "grant_reader('desk', 'tm_reader')")


def test_only_the_owner(owner, place, roles):
    """Not a superuser, nor a member of the owner who has not said SET ROLE: what the views call would run with their rights."""
    before = mined(owner)
    for who in ("other", "member", "boss", "chief"):
        with log_in(place, roles[who]) as db:
            for call in CALLS:
                error = failure(db, f"CALL ticket_mining.{call}")
                assert error.sqlstate == DENIED and f"SET ROLE {roles['owner']}" in error.diag.message_hint, (who, call)
    assert mined(owner) == before and len(rows(owner, "SELECT 1 FROM desk.refreshes")) == 1


def test_the_first_superuser_neither(root, owner):
    assert failure(root, "CALL ticket_mining.refresh('desk')").sqlstate == DENIED


@pytest.mark.parametrize("who", ("other", "chief"))
def test_grants_are_not_enough(root, owner, place, roles, who):
    """Whatever is granted on the tables, a refresh is the owner's."""
    root.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA desk, src TO {roles[who]}; GRANT ALL ON SCHEMA desk, src TO {roles[who]}")
    with log_in(place, roles[who]) as db:
        assert failure(db, "CALL ticket_mining.refresh('desk')").sqlstate == DENIED


@pytest.mark.parametrize("who", ("member", "chief"))
def test_set_role(owner, place, roles, who):
    """Who may become the owner refreshes as the owner."""
    with log_in(place, roles[who]) as db:
        db.execute(f"SET ROLE {roles['owner']}")
        refresh(db)
        assert value(db, "SELECT current_user::text") == roles["owner"]
        assert_right(db)


def test_views_run_with_the_rights_of_the_owner(root, owner, place, roles):
    """A function in a view sees the owner, and no superuser behind it."""
    root.execute("""CREATE TABLE src.callers (caller name, is_super boolean);
                    CREATE FUNCTION src.spy() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN
                        INSERT INTO src.callers VALUES (current_user, current_setting('is_superuser')::boolean); RETURN 1; END $$;
                    CREATE VIEW src.watched AS SELECT case_id, activity, at, CASE WHEN case_id = 1 THEN src.spy() ELSE seq END AS seq FROM src.events""")
    root.execute(f"GRANT SELECT ON src.watched TO {roles['owner']}; GRANT INSERT ON src.callers TO {roles['owner']}")
    owner.execute("UPDATE desk.settings SET events = 'src.watched'")
    refresh(owner)
    with log_in(place, roles["chief"]) as db:
        assert failure(db, "CALL ticket_mining.refresh('desk')").sqlstate == DENIED
        db.execute(f"SET ROLE {roles['owner']}")
        refresh(db)
    assert rows(root, "SELECT DISTINCT * FROM src.callers") == [(roles["owner"], False)]


SPY = """CREATE TABLE others.callers (caller name); GRANT INSERT ON others.callers TO PUBLIC;
         CREATE FUNCTION others.spy() RETURNS text LANGUAGE plpgsql AS $$ BEGIN INSERT INTO others.callers VALUES (current_user); RETURN 'x'; END $$"""
STATUS = """SELECT 'x' AS log, others.spy() AS state, now()::timestamp AS as_of, now()::timestamp AS refreshed_at, 'UTC' AS time_zone, 'UTC; 24/7' AS calendar,
                   1::bigint AS cases, 1::bigint AS events, 'x' AS last_run, 'x' AS last_error"""


@pytest.mark.parametrize("call, asking", (("logs()", "chief"), ("logs()", "owner"), ("case_history('trap', '1')", "chief")))
def test_no_trap_for_others(root, owner, place, roles, call, asking):
    """A schema that looks like a log: what its maker put into it is not run with the rights of who asks for all logs, or of a superuser."""
    let_make_logs(root, roles["other"])
    with log_in(place, roles["other"]) as db:
        db.execute(SPY)
        db.execute("CALL ticket_mining.create_log('trap', 'src.events')")
        refresh(db, "trap")
        db.execute(f"ALTER VIEW trap.status RENAME TO old_status; CREATE VIEW trap.status AS {STATUS}")
        db.execute("GRANT ALL ON SCHEMA trap TO PUBLIC; GRANT ALL ON ALL TABLES IN SCHEMA trap TO PUBLIC")
    with log_in(place, roles[asking]) as db:
        if call == "logs()":
            assert ("trap", None) in rows(db, "SELECT log, state FROM ticket_mining.logs()")
        else:
            assert failure(db, f"SELECT * FROM ticket_mining.{call}").sqlstate == DENIED
    assert rows(root, "SELECT * FROM others.callers") == []


def test_no_security_definer(root, owner):
    """Neither in the extension nor in what it makes."""
    assert column(root, "SELECT oid::regprocedure::text FROM pg_proc WHERE prosecdef AND pronamespace >= 16384") == []


def test_the_log_is_its_owners(root, owner, roles):
    """All that create_log() and refresh() make."""
    made = "SELECT DISTINCT pg_get_userbyid(relowner)::text FROM pg_class WHERE relnamespace = 'desk'::regnamespace"
    assert column(root, made) == [roles["owner"]]


def test_owner_without_the_right_to_make_schemas(root, place, roles):
    with log_in(place, roles["other"]) as db:
        root.execute(f"GRANT USAGE ON SCHEMA src TO {roles['other']}; GRANT SELECT ON ALL TABLES IN SCHEMA src TO {roles['other']}")
        error = failure(db, "CALL ticket_mining.create_log('desk', 'src.events')")
        assert error.sqlstate == DENIED and "database" in error.diag.message_primary


# ---- the rights on the sources ------------------------------------------------------------------


def test_row_level_security(root, owner, roles):
    """The owner's rows are mined, no others."""
    root.execute(f"ALTER TABLE src.events ENABLE ROW LEVEL SECURITY; CREATE POLICY first_ones ON src.events TO {roles['owner']} USING (case_id <= 12)")
    refresh(owner)
    assert column(owner, "SELECT case_id FROM desk.cases ORDER BY 1") == list(range(1, 13))
    assert_right(owner)
    root.execute(f"DROP POLICY first_ones ON src.events; CREATE POLICY others ON src.events TO {roles['owner']} USING (case_id > 30)")
    refresh(owner)
    assert column(owner, "SELECT case_id FROM desk.cases ORDER BY 1") == list(range(31, 41))


def test_row_security_off(root, owner):
    """One who wants all rows or an error gets the error, and the history has it."""
    root.execute("ALTER TABLE src.events ENABLE ROW LEVEL SECURITY")
    before = mined(owner)
    owner.execute("SET row_security = off")
    assert failure(owner, "CALL ticket_mining.refresh('desk')").sqlstate == DENIED
    assert last_run(owner)[0] == "failed" and "row-level security" in last_run(owner)[1]
    assert mined(owner) == before


def only_columns(root, roles, relation, columns):
    root.execute(f"REVOKE ALL ON src.{relation} FROM {roles['owner']}; GRANT SELECT ({columns}) ON src.{relation} TO {roles['owner']}")


def test_columns_of_the_contract_are_enough(root, place, roles):
    """A column that the log does not need may be kept from the owner."""
    root.execute("ALTER TABLE src.events ADD secret text DEFAULT 'x'")
    only_columns(root, roles, "events", "case_id, activity, at")
    root.execute("ALTER TABLE src.events DROP COLUMN seq")
    with log_in(place, roles["owner"]) as db:
        db.execute("CALL ticket_mining.create_log('desk', 'src.events')")
        refresh(db)
        assert value(db, "SELECT cases FROM desk.status") == 40


@pytest.mark.parametrize("relation, granted, missing", (
    ("events", "case_id, at, seq", "activity"), ("events", "case_id, activity, at", "seq"), ("assignments", "case_id, at, seq", "team"),
    ("messages", "case_id, at", "direction"), ("cases", "case_no, priority", "case_id"), ("cases", "case_id, priority", "case_no"), ("cases", "case_id, case_no", "priority"),
))  # fmt: skip
def test_column_that_may_not_be_read(root, place, roles, relation, granted, missing):
    """It is among the faults, an attribute too."""
    only_columns(root, roles, relation, granted)
    with log_in(place, roles["owner"]) as db:
        error = failure(db, CREATE.format("desk"))
        assert error.sqlstate == "22023" and missing in error.diag.message_detail and "right" in error.diag.message_detail


def test_relation_that_may_not_be_read(root, place, roles):
    root.execute(f"REVOKE ALL ON src.events, src.messages FROM {roles['owner']}")
    with log_in(place, roles["owner"]) as db:
        error = failure(db, CREATE.format("desk"))
        assert {line.split(":")[0] for line in error.diag.message_detail.split("\n")} == {"events", "messages"}


def test_right_that_is_taken_away(root, owner, roles):
    """The log stays as it was, and says why."""
    before = mined(owner)
    root.execute(f"REVOKE ALL ON src.assignments FROM {roles['owner']}")
    assert "src.assignments" in message(failure(owner, "CALL ticket_mining.refresh('desk')"))
    assert last_run(owner)[0] == "failed" and mined(owner) == before
    root.execute(f"GRANT SELECT ON src.assignments TO {roles['owner']}")
    refresh(owner)
    assert_right(owner)


def test_schema_of_the_sources_is_closed(root, owner, roles):
    before = mined(owner)
    root.execute(f"REVOKE ALL ON SCHEMA src FROM {roles['owner']}")
    assert "src" in message(failure(owner, "CALL ticket_mining.refresh('desk')"))
    assert last_run(owner)[0] == "failed" and mined(owner) == before


# ---- readers ------------------------------------------------------------------------------------

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
        _strip(db, roles)


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


def connect_as(place, role):
    return psycopg.connect(dbname=place, user=role, autocommit=True)


def test_what_a_reader_reads(made_reader, reader, roles):
    """All that is there is in one of the two lists."""
    assert set(column(made_reader, "SELECT relname FROM pg_class WHERE relnamespace = 'desk'::regnamespace AND relkind IN ('r', 'v')")) == READABLE | HIDDEN
    for name in READABLE:
        reader.execute(f"SELECT count(*) FROM desk.{name}")
    for name in HIDDEN:
        assert failure(reader, f"SELECT count(*) FROM desk.{name}").sqlstate == DENIED
    kinds = "SELECT DISTINCT privilege_type FROM information_schema.role_table_grants WHERE grantee = %s AND table_schema = 'desk' ORDER BY 1"
    assert column(made_reader, kinds, (roles["reader"],)) == ["REFERENCES", "SELECT"]


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
    """A reader sees the log in the list, its state in status, and its keys in the catalogs."""
    assert rows(reader, "SELECT log, state FROM ticket_mining.logs()") == [("desk", None)]
    assert rows(reader, "SELECT log, state, last_run FROM desk.status") == [("desk", "refreshed", "done")]
    assert failure(reader, "SELECT * FROM ticket_mining.case_history('desk', 'IR3')").sqlstate == DENIED
    keys = "SELECT count(*) FROM information_schema.table_constraints WHERE table_schema = 'desk' AND constraint_type = 'FOREIGN KEY'"
    assert value(reader, keys) > 30
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
    """It keeps what it has."""
    head.execute(f"ALTER ROLE {roles['other']} PASSWORD 'x' CONNECTION LIMIT 3")
    before = rows(head, "SELECT * FROM pg_authid WHERE rolname = %s", (roles["other"],))
    made_reader.execute(f"CALL ticket_mining.grant_reader('desk', '{roles['other']}')")
    assert rows(head, "SELECT * FROM pg_authid WHERE rolname = %s", (roles["other"],)) == before
    with connect_as(made_reader.info.dbname, roles["other"]) as db:
        assert value(db, "SELECT count(*) FROM desk.cases") == 40
        assert value(db, "SHOW default_transaction_read_only") == "on"


@pytest.mark.parametrize("name", ("tm_nobody", "other"))
def test_reader_by_one_who_may_not_make_roles(owner, roles, name):
    """Says whom to ask; and nothing is half done."""
    error = failure(owner, f"CALL ticket_mining.grant_reader('desk', '{roles.get(name, name)}')")
    assert error.sqlstate == DENIED and "CREATEROLE" in message(error)
    assert value(owner, "SELECT to_regrole('tm_nobody') IS NULL")
    assert value(owner, "SELECT count(*) FROM information_schema.role_table_grants WHERE grantee = %s AND table_schema = 'desk'", (roles["other"],)) == 0


@pytest.mark.parametrize("name", ("", "public", "pg_mine", "none"))
def test_names_that_no_reader_can_have(made_reader, name):
    """Nothing happens to the one who calls."""
    failure(made_reader, f"CALL ticket_mining.grant_reader('desk', '{name}')")
    assert value(made_reader, "SELECT count(*) FROM pg_db_role_setting WHERE setrole = current_user::regrole") == 0


def test_the_owner_as_reader(made_reader, roles):
    """Would be read-only from then on, and no refresh would do."""
    failure(made_reader, f"CALL ticket_mining.grant_reader('desk', '{roles['boss']}')")
    assert value(made_reader, "SELECT count(*) FROM pg_db_role_setting WHERE setrole = current_user::regrole") == 0


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


# ---- whatever the session of the owner has in its search_path -----------------------------------

# In front of pg_catalog: functions, operators and types that are nothing like what they are named.
EVIL = """
    CREATE SCHEMA evil;
    CREATE FUNCTION evil.format(text, VARIADIC text[]) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE 'evil'; END $$;
    CREATE FUNCTION evil.count(anyelement) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RAISE 'evil'; END $$;
    CREATE FUNCTION evil.coalesce(text, text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE 'evil'; END $$;
    CREATE FUNCTION evil.trace_events(ticket_mining.trace) RETURNS SETOF text LANGUAGE plpgsql AS $$ BEGIN RAISE 'evil'; END $$;
    CREATE FUNCTION evil.log_seconds(interval) RETURNS float8 LANGUAGE plpgsql AS $$ BEGIN RAISE 'evil'; END $$;
    CREATE FUNCTION evil.set_config(text, text, boolean) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE 'evil'; END $$;
    CREATE FUNCTION evil.current_setting(text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE 'evil'; END $$;
    CREATE FUNCTION evil.concat_ws(text, VARIADIC text[]) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE 'evil'; END $$;
    CREATE FUNCTION evil.wrong(text, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'evil'; END $$;
    CREATE FUNCTION evil.wrong(integer, integer) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'evil'; END $$;
    CREATE FUNCTION evil.wrong(bigint, bigint) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'evil'; END $$;
    CREATE FUNCTION evil.wrong(timestamptz, timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'evil'; END $$;
    CREATE DOMAIN evil.text AS pg_catalog.text CHECK (VALUE IS NULL);
    CREATE DOMAIN evil.name AS pg_catalog.name CHECK (VALUE IS NULL);
    CREATE TABLE evil.cases (x integer); CREATE TABLE evil.settings (x integer); CREATE TABLE evil.refreshes (x integer); CREATE VIEW evil.pg_class AS SELECT 1 AS x;
    GRANT USAGE ON SCHEMA evil TO PUBLIC
"""
OPERATORS = [f"CREATE OPERATOR evil.{name} (LEFTARG = {kind}, RIGHTARG = {kind}, FUNCTION = evil.wrong)"
             for name in ("=", "<>", "<", ">=") for kind in ("pg_catalog.text", "integer", "bigint", "timestamptz")]  # fmt: skip


@pytest.fixture
def evil(root):
    root.execute(EVIL)
    for statement in OPERATORS:
        root.execute(statement)
    assert "evil" in message(failure(root, "SET search_path = evil, pg_catalog; SELECT 'a'::pg_catalog.text = 'b'::pg_catalog.text"))
    root.execute("RESET search_path")


PATHS = ("evil, pg_catalog", "evil, ticket_mining, src, pg_catalog, pg_temp", "desk, evil, pg_catalog", "''", "pg_temp, evil")


@pytest.mark.parametrize("path", PATHS)
def test_hostile_search_path(root, owner, evil, path):
    """The whole life of a log, and a failure, with names before pg_catalog's that mean something else."""
    given = CREATE.format("second")
    root.execute(CHANGE)
    owner.execute(f"SET search_path = {path}")
    owner.execute("CALL ticket_mining.refresh('desk', '2023-06-01Z')")
    owner.execute(given)
    owner.execute("CALL ticket_mining.refresh('second', '2023-06-01Z')")
    owner.execute("SELECT * FROM ticket_mining.logs()")
    owner.execute("UPDATE desk.settings SET case_url = 'https://desk.example/{case_no}'")
    root.execute("INSERT INTO src.cases VALUES (7, 'IR again', 0)")
    error = failure(owner, "CALL ticket_mining.refresh('desk', '2023-06-01Z')")
    assert "more than once: 7" in error.diag.message_primary and "last good run" in error.diag.message_detail
    root.execute("DELETE FROM src.cases WHERE case_no = 'IR again'")
    owner.execute("CALL ticket_mining.refresh('desk', '2023-06-01Z')")
    owner.execute("CALL ticket_mining.drop_log('second')")
    owner.execute("SET search_path = public, ticket_mining")
    assert last_run(owner) == ("done", None, True)
    assert_right(owner)


# What the log's own tables and the temporary tables of a refresh are called, now or before.
SESSION_TABLES = """cases events case_edges messages settings refreshes activities teams variants dates status config traces graphs activity_map team_map segment_map
                    fresh changed stale followed merged reading touched rebuilt happened visited states facts pieces holds held clocked reopened handed ties mined written waited
                    months attributes text name trace log_columns mined_columns mined_tables contract_columns""".split()


def temporary_tables(db):
    """What a refresh calls its own."""
    return column(db, """SELECT DISTINCT m[1] FROM pg_proc, regexp_matches(prosrc, 'CREATE TEMPORARY TABLE (\\w+)', 'g') m
                         WHERE pronamespace = 'ticket_mining'::regnamespace""")


def test_temporary_tables_of_the_session(root, owner):
    """A session may have tables of any name; they are neither read, nor in the way, nor touched."""
    given = CREATE.format("second")
    internal = temporary_tables(root)
    assert len(internal) > 20
    ours = [name for name in SESSION_TABLES if name not in internal]
    for name in ours:
        owner.execute(f"CREATE TEMP TABLE {name} (case_id integer, x integer DEFAULT 7)")
        owner.execute(f"INSERT INTO pg_temp.{name} VALUES (1)")
    root.execute(CHANGE)
    owner.execute("CALL ticket_mining.refresh('desk', '2023-06-01Z')")
    owner.execute(given)
    owner.execute("CALL ticket_mining.refresh('second', '2023-06-01Z'); ")
    owner.execute("CALL ticket_mining.drop_log('second')")
    for name in ours:
        assert rows(owner, f"SELECT * FROM pg_temp.{name}") == [(1, 7)]
        owner.execute(f"DROP TABLE pg_temp.{name}")
    assert_right(owner)


def test_temporary_tables_of_the_same_name(root, owner):
    """Even where a name is one that a refresh uses: it works, or says which table is in the way; nothing of the session's is dropped or read."""
    internal = temporary_tables(root)
    before = mined(owner)
    for name in internal:
        owner.execute(f"CREATE TEMP TABLE {name} (x integer); INSERT INTO pg_temp.{name} VALUES (7)")
    root.execute(CHANGE)
    try:
        owner.execute("CALL ticket_mining.refresh('desk', '2023-06-01Z')")
    except psycopg.Error as error:
        assert any(name in error.diag.message_primary for name in internal), error
        assert mined(owner) == before
    for name in internal:
        assert rows(owner, f"SELECT * FROM pg_temp.{name}") == [(7,)]
        owner.execute(f"DROP TABLE pg_temp.{name}")
    refresh(owner)
    assert_right(owner)


def test_nothing_stays_in_the_session(owner):
    """No temporary table, no setting."""
    before = rows(owner, "SHOW ALL")
    refresh(owner)
    assert column(owner, "SELECT relname FROM pg_class WHERE relnamespace = pg_my_temp_schema()") == []
    assert rows(owner, "SHOW ALL") == before
    assert rows(owner, "SELECT * FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory'") == []
