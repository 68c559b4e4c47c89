"""Installing, refusing to install, removing; rights of ordinary roles; an empty search_path."""

import pytest
from client import column, connect, failure, load, message, rows, value
from random_logs import ticket_log

MEMBERS = ("SELECT count(*) FROM pg_depend d JOIN pg_extension e ON d.refobjid = e.oid "
           "WHERE extname = 'ticket_mining' AND deptype = 'e'")


def test_schema_is_fixed(empty_db):
    empty_db.execute("CREATE EXTENSION ticket_mining")
    assert value(empty_db, "SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'ticket_mining'") == "ticket_mining"
    assert value(empty_db, "SELECT nspowner = (SELECT oid FROM pg_roles WHERE rolname = current_user) "
                           "FROM pg_namespace WHERE nspname = 'ticket_mining'")
    assert value(empty_db, "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace") == 0
    assert failure(empty_db, "ALTER EXTENSION ticket_mining SET SCHEMA public").sqlstate == "0A000"


def test_other_schema_is_refused(empty_db):
    assert failure(empty_db, "CREATE EXTENSION ticket_mining SCHEMA public").sqlstate == "0A000"


def test_drop_leaves_nothing(empty_db):
    """Created, dropped and created again."""
    objects = ("SELECT (SELECT count(*) FROM pg_proc) + (SELECT count(*) FROM pg_type) + (SELECT count(*) "
               "FROM pg_operator) + (SELECT count(*) FROM pg_opclass)")
    before = value(empty_db, objects)
    for _ in range(2):
        empty_db.execute("CREATE EXTENSION ticket_mining")
        members = value(empty_db, MEMBERS)
        empty_db.execute("DROP EXTENSION ticket_mining")
        assert value(empty_db, objects) == before
    assert members > 50


def test_drop_of_what_is_used(own_db):
    own_db.execute("CREATE TABLE used (t trace)")
    assert failure(own_db, "DROP EXTENSION ticket_mining").sqlstate == "2BP01"


@pytest.mark.parametrize("encoding", ("SQL_ASCII", "LATIN1"))
def test_other_encoding_is_refused(databases, encoding):
    name = databases.create(options=f"ENCODING '{encoding}' LOCALE 'C'")
    with connect(name) as db:
        error = failure(db, "CREATE EXTENSION ticket_mining")
        assert error.sqlstate == "0A000"
        assert encoding in message(error) and "UTF8" in message(error)
        assert column(db, "SELECT extname FROM pg_extension WHERE extname = 'ticket_mining'") == []
        assert column(db, "SELECT nspname FROM pg_namespace WHERE nspname = 'ticket_mining'") == []


def test_schema_of_somebody_else_is_refused(empty_db, role):
    empty_db.execute(f"CREATE SCHEMA ticket_mining AUTHORIZATION {role}")
    error = failure(empty_db, "CREATE EXTENSION ticket_mining")
    assert error.sqlstate == "42501"
    assert "ticket_mining" in message(error)
    assert column(empty_db, "SELECT proname FROM pg_proc WHERE pronamespace = 'ticket_mining'::regnamespace") == []
    empty_db.execute("DROP SCHEMA ticket_mining")
    empty_db.execute("CREATE EXTENSION ticket_mining")


def test_objects_in_the_way_are_not_replaced(empty_db):
    """A function of the same name in the schema makes the installation fail."""
    empty_db.execute("CREATE SCHEMA ticket_mining")
    empty_db.execute("CREATE FUNCTION ticket_mining.trace_in(cstring) RETURNS int "
                     "LANGUAGE internal AS 'int4in' IMMUTABLE STRICT")
    assert failure(empty_db, "CREATE EXTENSION ticket_mining").sqlstate == "42723"


def test_hostile_search_path(empty_db):
    """Functions and operators of the one who installs, put in front of core's, are not called."""
    for statement in (
        "CREATE SCHEMA evil",
        "CREATE FUNCTION evil.getdatabaseencoding() RETURNS name LANGUAGE plpgsql AS $$ BEGIN RAISE 'evil'; END $$",
        "CREATE FUNCTION evil.ne(name, text) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN RAISE 'evil'; END $$",
        "CREATE OPERATOR evil.<> (LEFTARG = name, RIGHTARG = text, FUNCTION = evil.ne)",
        "CREATE OPERATOR evil.= (LEFTARG = name, RIGHTARG = text, FUNCTION = evil.ne)",
        "CREATE DOMAIN evil.text AS int",
        "SET search_path = evil, pg_catalog",
        "CREATE EXTENSION ticket_mining",
        "SET search_path = public, ticket_mining",
    ):
        empty_db.execute(statement)
    assert value(empty_db, "SELECT trace_length('{A} 1@2023-01-01T00:00:00Z'::trace)") == 1


# ---- rights -----------------------------------------------------------------------------------

QUALIFIED = (
    "SELECT count(*) FROM (SELECT ticket_mining.trace_agg(activity, at, seq) FROM {ev} GROUP BY case_id) x",
    "SELECT ticket_mining.dfg_agg(case_id, activity, at, seq)::text FROM {ev}",
    "SELECT count(*) FROM {kept}, ticket_mining.trace_events(t)",
    "SELECT sum(duration) FROM {kept}, ticket_mining.trace_steps(t)",
    "SELECT count(*) FROM {kept}, ticket_mining.trace_reopenings(t, '{{Lukket,\"Løst m. mail\"}}', '{{\"Løst m. "
    "mail\"}}')",
    "SELECT sum(ticket_mining.trace_reopen_count(t, '{{Lukket}}')), sum(ticket_mining.trace_repeat_count(t, "
    "'{{Lukket}}', '{{Lukket}}')) FROM {kept}",
    "SELECT e.* FROM (SELECT ticket_mining.dfg_agg(t) AS g FROM {kept}) x, ticket_mining.dfg_edges(g) e ORDER BY 1, 2",
    "SELECT a.* FROM (SELECT ticket_mining.dfg_agg(t) AS g FROM {kept}) x, ticket_mining.dfg_activities(g) a "
    "ORDER BY 1",
    "SELECT (ticket_mining.dfg_agg(t) OPERATOR(ticket_mining.+) '1 {{A}} 1(1,1,1,1,1)')::pg_catalog.text FROM {kept}",
    "SELECT ticket_mining.dfg_union_agg(g)::text FROM (SELECT ticket_mining.dfg_agg(t) AS g FROM {kept} "
    "GROUP BY case_id % 3) x",
    "SELECT count(*) FROM {kept} a JOIN {kept} b ON a.t OPERATOR(ticket_mining.=) b.t",
    "SELECT count(*) FROM (SELECT t FROM {kept} GROUP BY t ORDER BY t) x",
    "SELECT count(DISTINCT ticket_mining.trace_variant(t)), count(DISTINCT t::text::ticket_mining.trace), "
    "count(DISTINCT t::jsonb) FROM {kept}",
    "SELECT count(*) FROM {kept} WHERE t OPERATOR(ticket_mining.<) ticket_mining.trace_collapse(t)",
)


@pytest.fixture(scope="module")
def kept(databases, template):
    """A database with a table of events and one of traces in schema public."""
    with connect(databases.create(template)) as db:
        load(db, {0: ticket_log(9, cases=100)}, temp=False)
        db.execute("CREATE TABLE kept AS SELECT case_id, trace_agg(activity, at, seq) AS t FROM ev GROUP BY case_id")
        yield db


def names(query):
    return query.format(ev="public.ev", kept="public.kept")


@pytest.mark.parametrize("number", range(len(QUALIFIED)))
def test_empty_search_path(kept, number):
    """Everything works, and gives the same, with nothing in the path."""
    query = names(QUALIFIED[number])
    wanted = rows(kept, query)
    kept.execute("SET search_path = ''")
    found = rows(kept, query)
    kept.execute("RESET search_path")
    assert found == wanted


def test_ordinary_role(kept, role):
    """A role that was granted nothing but its own tables can call everything."""
    wanted = [rows(kept, names(query)) for query in QUALIFIED]
    kept.execute(f"GRANT SELECT ON public.ev, public.kept TO {role}")
    kept.execute(f"SET ROLE {role}")
    try:
        assert [rows(kept, names(query)) for query in QUALIFIED] == wanted
        assert failure(kept, "CREATE TABLE ticket_mining.x ()").sqlstate == "42501"
    finally:
        kept.execute("RESET ROLE")
        kept.execute(f"DROP OWNED BY {role}")


def test_execute_stays_with_public(db):
    """Of all functions, those of the aggregates' states too (Citus checks them)."""
    revoked = """SELECT p.oid::regprocedure::text FROM pg_proc p WHERE pronamespace = 'ticket_mining'::regnamespace
                 AND NOT has_function_privilege('public', p.oid, 'EXECUTE')"""
    assert column(db, revoked) == []


def test_public_may_use_the_schema(db):
    """Types and functions are reached by any role; nobody but the owner creates anything there."""
    rights = ("has_schema_privilege('public', 'ticket_mining', 'USAGE'), has_schema_privilege('public', "
              "'ticket_mining', 'CREATE')")
    assert rows(db, f"SELECT {rights}, has_type_privilege('public', 'ticket_mining.trace', 'USAGE')") == [(True, False, True)]


def test_extension_of_an_ordinary_owner(databases, role):
    """It takes a superuser, see ticket_mining.control: the schema would be the creator's, and what he puts there be found."""
    name = databases.create()
    databases.server.execute(f"GRANT ALL ON DATABASE {name} TO {role}")
    try:
        with connect(name) as db:
            db.execute(f"SET ROLE {role}")
            assert failure(db, "CREATE EXTENSION ticket_mining").sqlstate == "42501"
    finally:
        databases.server.execute(f"REVOKE ALL ON DATABASE {name} FROM {role}")
