"""Who may do what with a log: its owner alone refreshes it, with the owner's rights; nobody's search_path changes a figure."""

import pytest
from client import column, failure, message, rows, value
from log_roles import let_make_logs, log_in, owner, place, roles, root, with_log, without_log  # noqa: F401
from small_log import CHANGE, CREATE, assert_right, last_run, mined, refresh

DENIED = "42501"

# ---- who may refresh, drop, and grant -----------------------------------------------------------

CALLS = ("refresh('desk')", "drop_log('desk')", "grant_reader('desk', 'tm_reader')")


def test_only_the_owner(owner, place, roles):
    """Not a superuser, nor a member of the owner who is logged in as somebody else: what the views call would run with their rights."""
    before = mined(owner)
    for who in ("other", "member", "boss", "chief"):
        with log_in(place, roles[who]) as db:
            for call in CALLS:
                error = failure(db, f"CALL ticket_mining.{call}")
                assert error.sqlstate == DENIED and f"log in as {roles['owner']}" in error.diag.message_hint, (who, call)
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
    """A role that may become the owner refreshes as the owner."""
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
    """A schema that looks like a log: what its maker put into it is not run with the rights of a role that lists all logs, or of a superuser."""
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


POLICY = """ALTER TABLE src.events ENABLE ROW LEVEL SECURITY; CREATE POLICY first_ones ON src.events USING (case_id <= 12)"""


def test_rows_that_are_kept_from_the_owner(root, owner):
    """Fewer cases would be silently wrong: a refresh is refused, and so is a new log."""
    before = mined(owner)
    root.execute(POLICY)
    for call in ("CALL ticket_mining.refresh('desk')", CREATE.format("second")):
        error = failure(owner, call)
        assert error.sqlstate == DENIED and "row-level security" in message(error) and "events" in message(error), call
    assert last_run(owner)[0] == "failed" and "row-level security" in last_run(owner)[1]
    assert mined(owner) == before and rows(owner, "SELECT to_regnamespace('second')") == [(None,)]


def test_rows_that_are_kept_behind_a_view(root, owner, roles):
    """Somebody else's view shows what its owner may see."""
    before = mined(owner)
    root.execute(POLICY)
    root.execute("GRANT USAGE, CREATE ON SCHEMA src TO {other}; GRANT SELECT ON src.events TO {other}; SET ROLE {other}; "
                 "CREATE VIEW src.seen AS SELECT * FROM src.events; GRANT SELECT ON src.seen TO {owner}; RESET ROLE".format(**roles))  # fmt: skip
    assert value(owner, "SELECT count(DISTINCT case_id) FROM src.seen") == 12
    owner.execute("UPDATE desk.settings SET events = 'src.seen'")
    assert "row-level security" in message(failure(owner, "CALL ticket_mining.refresh('desk')"))
    assert mined(owner) == before


def test_policies_that_do_not_hold_the_owner(root, owner, roles):
    """Those on a table that a view of its owner shows, or that is the owner's own and does not force them; any, where the owner may pass them by."""
    root.execute(POLICY + f"; CREATE VIEW src.all_events AS SELECT * FROM src.events; GRANT SELECT ON src.all_events TO {roles['owner']}")
    owner.execute("UPDATE desk.settings SET events = 'src.all_events'")
    refresh(owner)
    assert_right(owner)
    owner.execute("UPDATE desk.settings SET events = 'src.events'")
    root.execute(f"ALTER TABLE src.events OWNER TO {roles['owner']}; GRANT CREATE ON SCHEMA src TO {roles['owner']}")
    refresh(owner)
    assert_right(owner)
    owner.execute("ALTER TABLE src.events FORCE ROW LEVEL SECURITY")
    assert "row-level security" in message(failure(owner, "CALL ticket_mining.refresh('desk')"))
    root.execute(f"ALTER ROLE {roles['owner']} BYPASSRLS")
    refresh(owner)
    root.execute(f"ALTER ROLE {roles['owner']} NOBYPASSRLS")
    assert last_run(owner)[0] == "done" and value(owner, "SELECT cases FROM desk.status") == 40


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
    return column(db, """SELECT DISTINCT m[1] FROM pg_proc, regexp_matches(prosrc, 'CREATE TEMPORARY TABLE @run\\.(\\w+)', 'g') m
                         WHERE pronamespace = 'ticket_mining'::regnamespace""")


def test_temporary_tables_of_the_session(root, owner):
    """A session may have tables of any name, those of a refresh too; they are neither read, nor in the way, nor touched."""
    given = CREATE.format("second")
    internal = temporary_tables(root)
    assert len(internal) > 20
    ours = sorted({*SESSION_TABLES, *internal})
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


def test_nothing_stays_in_the_session(owner):
    """No temporary table, no setting."""
    owner.execute("DO 'BEGIN END'")
    before = rows(owner, "SHOW ALL")
    refresh(owner)
    assert column(owner, "SELECT relname FROM pg_class WHERE relnamespace = pg_my_temp_schema()") == []
    assert rows(owner, "SHOW ALL") == before
    assert rows(owner, "SELECT * FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory'") == []
