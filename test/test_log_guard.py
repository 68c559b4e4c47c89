"""What others have put around a log never runs as its owner: triggers, casts of types, tables in the place of its own; and what a cancel ends."""

import time

import pytest
from client import column, connect, failure, message, rows, value
from log_roles import log_in, owner, place, root, roles  # noqa: F401
from small_log import CHANGE, assert_right, mined, refresh

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
    root.execute(f"DROP TRIGGER spy ON desk.{table}")
    refresh(owner)
    assert_right(owner)


def test_triggers_of_the_owner_run(root, owner):
    owner.execute("""CREATE SCHEMA own; CREATE TABLE own.seen (case_id bigint);
                     CREATE FUNCTION own.see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO own.seen VALUES (NEW.case_id); RETURN NEW; END $$;
                     CREATE TRIGGER see AFTER INSERT ON desk.cases FOR EACH ROW EXECUTE FUNCTION own.see()""")
    root.execute(CHANGE)
    refresh(owner)
    assert column(owner, "SELECT case_id FROM own.seen ORDER BY 1") == [100, 101]


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
