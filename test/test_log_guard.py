"""What others have put around a log never runs as its owner: triggers, casts of types, tables in the place of its own; and what a cancel ends."""

import time

import pytest
from client import column, connect, failure, message, rows, value
from log_roles import log_in, owner, place, roles, root, with_log, without_log  # noqa: F401
from small_log import CHANGE, assert_right, mined, refresh, start_refresh

SPY = """CREATE TABLE others.callers (caller name); GRANT ALL ON others.callers TO PUBLIC;
         CREATE FUNCTION others.spy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO others.callers VALUES (current_user); RETURN NEW; END $$"""


def callers(db):
    return column(db, "SELECT DISTINCT caller::text FROM others.callers")


@pytest.mark.parametrize("table", ("cases", "refreshes", "settings"))
def test_triggers_of_others_are_refused(root, owner, place, roles, table):
    """Also where the right to make them was taken back since."""
    owner.execute(f"GRANT USAGE ON SCHEMA desk TO {roles['other']}; GRANT TRIGGER ON desk.{table} TO {roles['other']}")
    with log_in(place, roles["other"]) as db:
        db.execute(SPY)
        db.execute(f"CREATE TRIGGER spy BEFORE INSERT OR UPDATE ON desk.{table} FOR EACH ROW EXECUTE FUNCTION others.spy()")
    owner.execute(f"REVOKE TRIGGER ON desk.{table} FROM {roles['other']}")
    root.execute(CHANGE)
    error = failure(owner, "CALL ticket_mining.refresh('desk')")
    assert error.sqlstate == "55000" and f"spy on desk.{table}" in message(error)
    assert callers(root) == []
    owner.execute(f"DROP TRIGGER spy ON desk.{table}")
    refresh(owner)
    assert_right(owner)


# What says that it ran, and as whom, with the right argument for where it stands.
EVIL = """CREATE FUNCTION others.evil(integer) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN INSERT INTO others.callers VALUES (current_user); RETURN true; END $$"""
# Functions of a superuser and of the owner that do what the maker of a trigger says.
TRUSTED = """CREATE FUNCTION {0}.run() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN EXECUTE TG_ARGV[0]; RETURN NULL; END $$; GRANT EXECUTE ON FUNCTION {0}.run() TO PUBLIC"""
TRIGGERS = {
    "spy on desk.cases": "CREATE TRIGGER spy BEFORE INSERT ON desk.cases FOR EACH ROW WHEN (others.evil(1)) EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "spy on desk.graphs": "CREATE TRIGGER spy AFTER DELETE ON desk.graphs FOR EACH STATEMENT WHEN (others.evil(1)) EXECUTE FUNCTION src.run('SELECT 1')",
    "by_chief on desk.cases": "CREATE TRIGGER by_chief AFTER INSERT ON desk.cases FOR EACH STATEMENT EXECUTE FUNCTION src.run('DELETE FROM own.held')",
    "by_owner on desk.refreshes": "CREATE TRIGGER by_owner AFTER INSERT ON desk.refreshes FOR EACH STATEMENT EXECUTE FUNCTION own.run('DELETE FROM own.held')",
    "misplaced on desk.events": "CREATE TRIGGER misplaced BEFORE INSERT ON desk.events FOR EACH ROW EXECUTE FUNCTION ticket_mining.log_check_settings()",
    "again on desk.settings": "CREATE TRIGGER again BEFORE UPDATE ON desk.settings FOR EACH ROW EXECUTE FUNCTION ticket_mining.log_check_settings()",
    "check_settings on desk.settings": "CREATE OR REPLACE TRIGGER check_settings BEFORE UPDATE ON desk.settings FOR EACH ROW WHEN (others.evil(1)) EXECUTE FUNCTION ticket_mining.log_check_settings()",
    "keep_settings on desk.settings": "CREATE OR REPLACE TRIGGER keep_settings BEFORE INSERT ON desk.settings FOR EACH STATEMENT EXECUTE FUNCTION ticket_mining.log_check_settings()",
    "held on desk.events": "CREATE CONSTRAINT TRIGGER held AFTER INSERT ON desk.events DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (others.evil(1)) EXECUTE FUNCTION src.run('SELECT 1')",
}  # fmt: skip
OWN_TRIGGERS = "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = 'desk.settings'::regclass AND NOT tgisinternal ORDER BY 1"


def may_make_triggers(root, owner, roles):
    """The other role, on every table of the log; it has something to make them with."""
    root.execute(TRUSTED.format("src") + f"; GRANT USAGE ON SCHEMA src TO {roles['other']}")
    owner.execute("CREATE SCHEMA own; CREATE TABLE own.held AS SELECT 1 AS x; " + TRUSTED.format("own"))
    owner.execute("GRANT USAGE ON SCHEMA desk, own TO {other}; GRANT TRIGGER ON ALL TABLES IN SCHEMA desk TO {other}".format(**roles))


@pytest.mark.parametrize("named", TRIGGERS)
def test_triggers_of_any_kind_are_refused(root, owner, place, roles, named):
    """Whoever's function they call: its arguments and conditions are of who made them. What replaced one of the log's own is made as it was."""
    ours = column(owner, OWN_TRIGGERS)
    may_make_triggers(root, owner, roles)
    with log_in(place, roles["other"]) as db:
        db.execute(SPY)
        db.execute(EVIL)
        db.execute(TRIGGERS[named])
    root.execute(CHANGE)
    before = mined(owner)
    error = failure(owner, "CALL ticket_mining.refresh('desk')")
    assert error.sqlstate == "55000" and error.diag.message_primary.endswith(f": {named}")
    assert callers(root) == [] and column(owner, "SELECT x FROM own.held") == [1] and mined(owner) == before
    owner.execute(f"DROP TRIGGER {named}")
    refresh(owner)
    assert_right(owner)
    assert column(owner, OWN_TRIGGERS) == ours and len(ours) == 2


def test_triggers_of_the_owner_are_refused(root, owner):
    """Nothing tells them from those of others; one that is switched off runs for nobody."""
    owner.execute("""CREATE SCHEMA own; CREATE FUNCTION own.see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
                     CREATE TRIGGER see AFTER INSERT ON desk.cases FOR EACH ROW EXECUTE FUNCTION own.see()""")
    root.execute(CHANGE)
    assert "see on desk.cases" in message(failure(owner, "CALL ticket_mining.refresh('desk')"))
    owner.execute("ALTER TABLE desk.cases DISABLE TRIGGER see")
    refresh(owner)
    assert_right(owner)


def test_tables_of_the_owner_in_the_schema_are_not_the_log_s(owner):
    owner.execute("""CREATE TABLE desk.notes (note text); CREATE FUNCTION desk.see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
                     CREATE TRIGGER see AFTER INSERT ON desk.notes FOR EACH ROW EXECUTE FUNCTION desk.see()""")
    refresh(owner)
    owner.execute("DROP TABLE desk.notes; DROP FUNCTION desk.see()")


@pytest.mark.parametrize("table", ("cases", "activity_map", "quality"))
def test_a_trigger_that_comes_while_a_refresh_waits(root, owner, place, roles, table):
    """It is not there yet when the refresh begins, and committed when the refresh has its locks."""
    may_make_triggers(root, owner, roles)
    root.execute(CHANGE)
    with log_in(place, roles["other"]) as db:
        db.execute(SPY)
        db.execute(EVIL)
        db.execute(f"BEGIN; CREATE TRIGGER late BEFORE INSERT OR UPDATE OR DELETE ON desk.{table} FOR EACH ROW "
                   "WHEN (others.evil(1)) EXECUTE FUNCTION suppress_redundant_updates_trigger()")  # fmt: skip
        running = start_refresh(owner, root)
        db.execute("COMMIT")
        error = running.end()
    assert error is not None and error.sqlstate == "55000" and f"late on desk.{table}" in message(error)
    assert callers(root) == []


def test_a_trigger_on_the_maps_of_a_derived_log(root, owner, place, roles):
    """A derived log gets rows of the maps of the other one before it reads that."""
    may_make_triggers(root, owner, roles)
    owner.execute("CALL ticket_mining.create_log('part', from_log => 'desk')")
    owner.execute("GRANT USAGE ON SCHEMA part TO {other}; GRANT TRIGGER ON part.team_map TO {other}".format(**roles))
    refresh(owner)
    owner.execute("INSERT INTO desk.team_map (team) VALUES ('new')")
    with log_in(place, roles["other"]) as db:
        db.execute(SPY)
        db.execute(EVIL)
        db.execute("BEGIN; CREATE TRIGGER late BEFORE INSERT ON part.team_map FOR EACH ROW WHEN (others.evil(1)) EXECUTE FUNCTION suppress_redundant_updates_trigger()")
        running = start_refresh(owner, root)
        db.execute("COMMIT")
        error = running.end()
    assert error is not None and error.sqlstate == "55000" and "late on part.team_map" in message(error)
    assert callers(root) == []


# What could be put on a table, and is the owner's alone to put there, whatever he grants.
OWNERS_ALONE = (
    "CREATE RULE r AS ON INSERT TO desk.cases DO ALSO SELECT others.evil(1)", "CREATE POLICY p ON desk.cases USING (others.evil(1))",
    "ALTER TABLE desk.cases ENABLE ROW LEVEL SECURITY", "ALTER TABLE desk.cases ALTER case_no SET DEFAULT others.evil(1)::text",
    "ALTER TABLE desk.cases ADD g boolean GENERATED ALWAYS AS (true) STORED", "ALTER TABLE desk.cases ADD CHECK (others.evil(1))",
    "ALTER TABLE desk.cases ALTER case_no TYPE varchar", "CREATE INDEX ON desk.cases ((others.evil(1)))", "CREATE STATISTICS desk.s ON (case_key + 1), case_id FROM desk.cases",
    "CREATE TABLE others.child () INHERITS (desk.cases)", "CREATE TABLE others.heir (LIKE desk.cases); ALTER TABLE others.heir INHERIT desk.cases",
    "CREATE OR REPLACE VIEW desk.config AS SELECT NULL::jsonb AS config", "ALTER TABLE desk.cases DISABLE TRIGGER ALL", "DROP TRIGGER check_settings ON desk.settings",
    "CREATE PUBLICATION p FOR TABLE desk.cases", "ALTER TABLE desk.cases RENAME TO x", "DROP TABLE desk.cases",
)  # fmt: skip


def test_only_triggers_and_keys_are_others_to_make(root, owner, place, roles):
    """With every right that can be granted."""
    owner.execute("GRANT ALL ON SCHEMA desk TO {other}; GRANT ALL ON ALL TABLES IN SCHEMA desk TO {other}".format(**roles))
    root.execute(f"GRANT CREATE ON DATABASE {place} TO {roles['other']}")
    with log_in(place, roles["other"]) as db:
        db.execute(SPY)
        db.execute(EVIL)
        for statement in OWNERS_ALONE:
            assert failure(db, statement).sqlstate == "42501", statement
        db.execute("CREATE TRIGGER t AFTER INSERT ON desk.quality FOR EACH ROW EXECUTE FUNCTION others.spy(); CREATE TABLE others.k (line integer REFERENCES desk.quality)")
    error = failure(owner, "CALL ticket_mining.refresh('desk')")
    assert "t on desk.quality" in message(error)
    root.execute("DROP TRIGGER t ON desk.quality")
    assert "others.k" in message(failure(owner, "CALL ticket_mining.refresh('desk')"))


INTERNAL = (
    "SELECT * FROM ticket_mining.report_teams('trap')", "SELECT * FROM ticket_mining.report_segments('trap')", "SELECT ticket_mining.log_add_attributes('trap')",
    "SELECT ticket_mining.log_labels('trap')", "SELECT ticket_mining.log_write_quality('trap')", "SELECT ticket_mining.log_inherit_maps('trap', 'trap')",
)  # fmt: skip


@pytest.mark.parametrize("call", INTERNAL)
def test_internal_functions_run_nothing_for_a_superuser(root, owner, place, roles, call):
    """What is called by hand asks for the owner, too: here all the tables of a log are views that run a function."""
    root.execute(f"GRANT CREATE ON DATABASE {place} TO {roles['other']}")
    with log_in(place, roles["other"]) as db:
        db.execute(SPY)
        db.execute(EVIL)
        db.execute("CREATE SCHEMA trap; GRANT USAGE ON SCHEMA trap TO PUBLIC")
        for name in ("settings", "teams", "segments", "activities", "cases", "quality", "activity_map", "team_map", "segment_map", "team_visits", "segment_visits"):
            columns = column(root, "SELECT format('NULL::%%s AS %%I', format_type(atttypid, NULL), attname) FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped", (f"desk.{name}",))
            db.execute(f"CREATE VIEW trap.{name} AS SELECT {', '.join(columns)} WHERE others.evil(1); GRANT ALL ON trap.{name} TO PUBLIC")
    with log_in(place, roles["chief"]) as db:
        error = failure(db, call)
    assert error.sqlstate == "42501" and roles["other"] in error.diag.message_primary, message(error)
    assert callers(root) == []


def test_casts_of_the_type_of_a_source(root, owner, place, roles):
    """Whoever owns an enum can make casts of it; a log reads its labels without."""
    with log_in(place, roles["other"]) as db:
        db.execute(SPY)
        db.execute("""CREATE TYPE others.status AS ENUM ('Ny', 'Løst');
                      CREATE FUNCTION others.told(others.status) RETURNS text LANGUAGE plpgsql AS $$
                      BEGIN INSERT INTO others.callers VALUES (current_user); RETURN 'caught'; END $$;
                      CREATE CAST (others.status AS text) WITH FUNCTION others.told(others.status) AS IMPLICIT""")
    owner.execute("""CREATE SCHEMA own; CREATE DOMAIN own.label AS others.status;
                     CREATE TABLE own.e (case_id others.status, activity others.status, at timestamptz);
                     CREATE TABLE own.a (case_id others.status, team own.label, at timestamptz);
                     CREATE TABLE own.c (case_id others.status, case_no own.label, kind others.status, other own.label);
                     INSERT INTO own.e VALUES ('Ny', 'Løst', '2023-05-01Z'); INSERT INTO own.a VALUES ('Ny', 'Løst', '2023-05-01Z');
                     INSERT INTO own.c VALUES ('Ny', 'Ny', 'Løst', 'Ny');
                     CALL ticket_mining.create_log('typed', 'own.e', assignments => 'own.a', cases => 'own.c')""")
    refresh(owner, "typed")
    assert rows(owner, "SELECT case_id, case_no, status, first_team, kind, other FROM typed.cases") == [("Ny", "Ny", "Løst", "Løst", "Løst", "Ny")]
    assert column(owner, "SELECT activity FROM typed.activity_map") == ["Løst"] and callers(root) == []


def test_tables_of_others_in_the_place_of_a_log_s(root, owner, place, roles):
    owner.execute(f"GRANT USAGE, CREATE ON SCHEMA desk TO {roles['other']}; ALTER TABLE desk.handovers RENAME TO former_handovers")
    with log_in(place, roles["other"]) as db:
        db.execute(SPY)
        db.execute("""CREATE TABLE desk.handovers (case_key bigint, case_id bigint, handover_no int, source text, target text, at timestamp, handover_date date,
                                                   is_return smallint, is_bounce smallint, is_returned_by_partner smallint);
                      GRANT ALL ON desk.handovers TO PUBLIC;
                      CREATE TRIGGER spy BEFORE INSERT ON desk.handovers FOR EACH ROW EXECUTE FUNCTION others.spy()""")
    root.execute(CHANGE)
    error = failure(owner, "CALL ticket_mining.refresh('desk')")
    assert error.sqlstate == "55000" and "handovers" in message(error) and callers(root) == []
    root.execute("DROP TABLE desk.handovers")
    owner.execute("ALTER TABLE desk.former_handovers RENAME TO handovers")
    refresh(owner)
    assert_right(owner)


def test_schema_in_which_others_may_create(empty_db, role):
    """Names of the extension are looked up in its schema."""
    empty_db.execute(f"CREATE SCHEMA ticket_mining; GRANT CREATE ON SCHEMA ticket_mining TO {role}")
    error = failure(empty_db, "CREATE EXTENSION ticket_mining")
    assert error.sqlstate == "42501" and "REVOKE CREATE" in message(error)
    empty_db.execute(f"REVOKE ALL ON SCHEMA ticket_mining FROM {role}; CREATE EXTENSION ticket_mining")


@pytest.mark.parametrize("name", ("x@run.y", "@run.", "@schema.cases", "a%1$I", "$q$"))
def test_names_that_statements_use(own_db, name):
    own_db.execute("CREATE TABLE e AS SELECT 1 AS case_id, 'Ny'::text AS activity, '2023-05-01Z'::timestamptz AS at, 'x'::text AS \"@run.fresh\"")
    own_db.execute("CREATE TABLE c AS SELECT 1 AS case_id, 2 AS \"@run.fresh\", 3 AS \"@schema.cases\", 4 AS \"%s\"")
    own_db.execute("CALL create_log(%s, 'e', cases => 'c')", (name,))
    refresh(own_db, name)
    refresh(own_db, name)
    assert value(own_db, "SELECT count(*) FROM edge_cases(%s, 'Ny', 'Ny')", (name,)) == 0
    assert value(own_db, "SELECT cases FROM logs()") == 1
    own_db.execute("CALL drop_log(%s)", (name,))


def test_a_cancel_ends_the_derived_logs_too(root, owner):
    """A statement that was cancelled does not go on with the next log."""
    for name in ("a", "b", "c"):
        owner.execute(f"CALL ticket_mining.create_log('{name}', from_log => 'desk')")
    refresh(owner)
    before = {name: mined(owner, name) for name in ("a", "b", "c")}
    root.execute(CHANGE)
    # The first of the derived logs waits for a lock that is held here.
    with connect(root.info.dbname) as holder:
        holder.execute("BEGIN; LOCK TABLE a.case_months IN SHARE MODE")
        owner.execute("SET statement_timeout = '4s'")
        begun = time.monotonic()
        assert failure(owner, "CALL ticket_mining.refresh('desk', '2023-06-01Z')").sqlstate == "57014"
        assert time.monotonic() - begun < 8
        holder.execute("ROLLBACK")
    owner.execute("RESET statement_timeout")
    assert {name: mined(owner, name) for name in ("b", "c")} == {name: before[name] for name in ("b", "c")}
    assert column(owner, "SELECT state FROM b.refreshes ORDER BY refresh_no") == ["done"]
    refresh(owner)
    assert value(owner, "SELECT count(*) FROM b.cases") == value(owner, "SELECT count(*) FROM desk.cases")
