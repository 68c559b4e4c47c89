"""Names that others have planted where a session or a log could find them: no trap is sprung, nothing fails, nothing comes out differently."""

import os
from contextlib import contextmanager

import pytest
from callables import SAMPLES, callables
from client import connect, value
from nsp_source import OddDesk, landed, nsp_database
from psycopg import Error
from small_log import AS_OF, CHANGE, CREATE, KEYS, SOURCES, mined
from tds import fdw
from tds.server import Server
from traps import plant, plant_names, watch

# Where the sessions look names up. Those of a log and of a source are planted besides.
CALM = "public,ticket_mining"
HOSTILE = "evil,public,ticket_mining,pg_catalog"
TEMPORARY = "pg_temp,evil,pg_catalog,ticket_mining"

# Edits name their operators, or else they would spring traps themselves.
EDITS = """
    UPDATE desk.activity_map SET kind = 'resolved', answers = true, segment = 'stopped' WHERE activity OPERATOR(pg_catalog.=) 'Løst';
    UPDATE desk.activity_map SET kind = 'closed', segment = 'stopped' WHERE activity OPERATOR(pg_catalog.=) 'Lukket';
    UPDATE desk.activity_map SET kind = 'note' WHERE activity OPERATOR(pg_catalog.=) 'Note';
    UPDATE desk.activity_map SET segment = 'us' WHERE activity OPERATOR(pg_catalog.=) 'Ny';
    UPDATE desk.activity_map SET segment = 'user' WHERE activity OPERATOR(pg_catalog.=) 'Afventer bruger';
    UPDATE desk.team_map SET role = 'partner', calendar = 'Europe/Copenhagen; 24/7' WHERE team OPERATOR(pg_catalog.=) 'Leverandør'
"""
MORE_EDITS = """
    UPDATE desk.activity_map SET merge_into = 'Ny', label = 'Oprettet' WHERE activity OPERATOR(pg_catalog.=) 'I gang';
    UPDATE desk.segment_map SET is_excluded = false WHERE segment OPERATOR(pg_catalog.=) 'user';
    UPDATE desk.settings SET time_zone = 'Asia/Tokyo', calendar = 'Asia/Tokyo; Mo-Su 09:00-17:00', case_url = 'https://desk.example/{case_no}', events = 'src.events'
"""
# Labels, a team and attributes of all types that are new; a case that is gone.
NEWS = """
    INSERT INTO src.events SELECT 7, 'Ukendt ' || n, '2023-05-01Z'::timestamptz + n * interval '1 hour', 100 + n FROM generate_series(1, 2) n;
    INSERT INTO src.assignments VALUES (7, 'Nyt hold', '2023-05-01Z', 103);
    DELETE FROM src.events WHERE case_id = 12;
    ALTER TABLE src.cases ADD colour text DEFAULT 'rød', ADD big bigint DEFAULT 7, ADD due timestamptz DEFAULT '2023-07-01Z', ADD day date DEFAULT '2023-07-01',
        ADD is_odd boolean DEFAULT true, ADD took interval DEFAULT '1 day', ADD rate numeric DEFAULT 0.5, ADD ident uuid DEFAULT '00000000-0000-0000-0000-000000000007'
"""
CHAIN = """'[{"drop_events": ["Note"]}, {"keep_cases": {"attribute": {"priority": [0, 1], "teams": ["Servicedesk"]}}}]'"""
READS = (
    "SELECT log, owner, state, as_of, time_zone, cases, events, last_run, last_error FROM ticket_mining.logs()",
    "SELECT * FROM ticket_mining.case_history('desk', 'IR3')",
    "SELECT * FROM ticket_mining.edge_cases('desk', 'Ny', 'Løst')",
    "SELECT * FROM ticket_mining.pattern_cases('desk', 'Ny')",
    f"SELECT * FROM ticket_mining.filter_cases('desk', {CHAIN})",
    f"SELECT * FROM ticket_mining.explain_filter('desk', {CHAIN})",
    "SELECT ticket_mining.report_html('desk')",
    f"SELECT ticket_mining.report_html('desk', 'active', '2023-01-10', '2023-03-01', '{{priority,colour}}', 7, '{{}}', 'da', 'Kort', {CHAIN})",
    *(f"SELECT ticket_mining.report_html('desk', '{cohort}', '2023-01-10')" for cohort in ("created", "resolved", "closed")),
    *(f"SELECT ticket_mining.process_map_{form}(ticket_mining.dfg_union_agg(graph)) FROM desk.graphs" for form in ("dot", "mermaid", "html")),
    "SELECT state, as_of, time_zone, calendar, cases, events, last_run, last_error FROM desk.status", "SELECT * FROM desk.quality", "SELECT * FROM desk.config",
)  # fmt: skip


class Life:
    """Sessions of roles in one database, and what comes of each of their statements."""

    def __init__(self, name, roles, path, plants):
        self.roles, self.plants, self.outcomes, self.sprung = roles, plants, {}, []
        self.root = connect(name, search_path="pg_catalog")
        self.sessions = {role: connect(name, search_path=path if role != "mallory" else "pg_catalog") for role in roles}
        for role, session in self.sessions.items():
            session.execute(f"SET SESSION AUTHORIZATION {roles[role]}")
            self.sprung.append(watch(session))

    def close(self):
        for session in (self.root, *self.sessions.values()):
            session.close()

    def does(self, statement, who="owner", params=None, error_is="failed"):
        """Keeps the rows, or the error; the life goes on."""
        try:
            done = self.sessions[who].execute(statement, params)
            outcome = sorted(map(repr, done.fetchall())) if done.description else "done"
        except Error as error:
            outcome = f"{error_is}: {error.diag.message_primary}"
        self.outcomes[len(self.outcomes), who, statement] = outcome

    def refreshes(self, log="desk"):
        self.does(f"CALL ticket_mining.refresh('{log}', '{AS_OF}')")

    def lets_mallory_plant(self, schema):
        if self.plants and value(self.root, "SELECT to_regnamespace(%s) IS NOT NULL", (schema,)):
            self.root.execute(f"GRANT USAGE, CREATE ON SCHEMA {schema} TO {self.roles['mallory']}")
            plant(self.sessions["mallory"], schema)

    def failures(self):
        return [f"{who}: {statement}: {outcome}" for (_, who, statement), outcome in self.outcomes.items() if str(outcome).startswith("failed")]


# ---- the life of a log --------------------------------------------------------------------------


def live_with_a_log(life):
    """All that can be done with one; its schema is planted as soon as it is there."""
    life.does(CREATE.format("desk"))
    life.lets_mallory_plant("desk")
    for edit in EDITS.split(";\n"):
        life.does(edit)
    life.refreshes()
    life.root.execute(CHANGE + NEWS)
    life.refreshes()
    for edit in MORE_EDITS.split(";\n"):
        life.does(edit)
    life.does(f"CALL ticket_mining.create_log('late', from_log => 'desk', filter => {CHAIN})")
    life.does("CALL ticket_mining.create_log('spare', from_log => 'late')")
    life.lets_mallory_plant("late")
    life.refreshes()
    life.does(f"UPDATE late.settings SET filter = {CHAIN}, case_url = NULL")
    life.does("CALL ticket_mining.refresh('late')")
    life.does("CALL ticket_mining.drop_log('spare')")
    read_the_log(life)
    call_all_functions(life)


def read_the_log(life):
    """By its owner, and by a role that may read it, in every way."""
    life.does(f"CALL ticket_mining.grant_reader('desk', '{life.roles['reader']}')")
    life.root.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA desk TO {life.roles['reader']}")
    variant = value(life.root, "SELECT min(variant)::text FROM desk.variants")
    for who in ("owner", "reader"):
        for statement in READS:
            life.does(statement, who)
        life.does("SELECT * FROM ticket_mining.variant_cases('desk', %s)", who, (variant,))


# Of a log.
MADE = {
    "ticket_mining.trace": "SELECT min(trace::text) FROM desk.traces",
    "ticket_mining.dfg": "SELECT ticket_mining.dfg_union_agg(graph)::text FROM desk.graphs WHERE cohort = 'created'",
}
def call_all_functions(life):
    """Each with the least of arguments; some always refuse, such as times without a zone."""
    samples = SAMPLES | {kind: value(life.root, query) for kind, query in MADE.items()}
    for called in callables(life.root):
        if not called.is_internal and called.kind != "p" and called.name not in ("logs", "check_source"):
            given = called.arguments[: called.required]
            life.does(called.statement(given), "owner", [samples[one.type] for one in given], "refused")


# ---- the life of a source -----------------------------------------------------------------------


def live_with_a_source(life):
    """A server of its own with the same tickets for each life, whose schema is planted as soon as it is there; and a log over it."""
    desk = OddDesk(tickets=20)
    with Server(desk.database) as server:
        fdw.attach(life.root, server, "nsp_server")
        life.root.execute(f"GRANT USAGE ON FOREIGN SERVER nsp_server TO {life.roles['owner']}")
        for name in ("nsp", "spare"):
            life.does(f"CALL ticket_mining.create_nsp_source('{name}', 'nsp_server', time_zone => 'Europe/Copenhagen')")
        life.lets_mallory_plant("nsp")
        load_and_edit(life, desk)
        life.does("CALL ticket_mining.drop_source('spare')")


def load_and_edit(life, desk):
    life.does("INSERT INTO nsp.properties VALUES ('Note', 'note', NULL, 'Note')")
    loads(life)
    life.does("CALL ticket_mining.create_log('mined', 'nsp.events', 'nsp.assignments', 'nsp.messages', 'nsp.cases')")
    life.refreshes("mined")
    life.does("CALL ticket_mining.suggest_activity_map('nsp', 'mined')")
    desk.add_ticket(1000)
    desk.database.delete("dbo.EntityComment", "Id < 100")
    loads(life, "refresh => 'mined'")
    life.does("INSERT INTO nsp.mapping (part, field, remote_column, read_as) VALUES ('tickets', 'registered_at', 'CreatedDate', 'time')")
    life.does("UPDATE nsp.mapping SET read_as = 'text' WHERE part OPERATOR(pg_catalog.=) 'tickets' AND field OPERATOR(pg_catalog.=) 'priority'")
    loads(life, '"full" => true')
    life.does("SELECT * FROM nsp.quality")
    life.refreshes("mined")


def loads(life, settings=""):
    life.does("SELECT * FROM ticket_mining.check_source('nsp')")
    life.does(f"CALL ticket_mining.load('nsp'{settings and ', '}{settings})")
    life.does("SELECT state, is_full, rows, warnings, error FROM nsp.loads")


LIVES = {"log": live_with_a_log, "source": live_with_a_source}


def left(life, kind):
    """All that can be read in the end."""
    if kind == "log":
        return {log: mined(life.root, log, KEYS) for log in ("desk", "late")}
    return {"nsp": landed(life.root), "mined": mined(life.root, "mined", KEYS)}


# ---- places, without traps and with ---------------------------------------------------------------


@pytest.fixture(scope="module")
def roles(databases):
    """One that owns logs and sources, one that reads them, and one that plants."""
    names = {role: f"tm_planted_{role}_{os.getpid()}" for role in ("owner", "reader", "mallory")}
    for name in names.values():
        databases.server.execute(f"CREATE ROLE {name} LOGIN")
    databases.server.execute("ALTER ROLE {owner} CREATEROLE".format(**names))
    yield names
    for name in names.values():
        databases.server.execute(f"DROP ROLE {name}")


@contextmanager
def dropped(databases, name):
    """With all that the roles have in it."""
    try:
        yield name
    finally:
        databases.server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def place(databases, roles):
    """A database with the sources of a log, which the owner may read."""
    with dropped(databases, nsp_database(databases, "C")) as name:
        prepare(name, roles)
        yield name


def prepare(name, roles):
    with connect(name) as db:
        db.execute(SOURCES)
        db.execute("GRANT USAGE ON SCHEMA src TO {owner}; GRANT SELECT ON ALL TABLES IN SCHEMA src TO {owner}".format(**roles))
        db.execute("CREATE SCHEMA evil AUTHORIZATION {mallory}; GRANT USAGE ON SCHEMA evil TO PUBLIC; GRANT CREATE ON SCHEMA public TO {mallory}".format(**roles))


@pytest.fixture(scope="module")
def planted_place(databases, place, roles):
    """The same with traps in front of PostgreSQL's own names, and in public."""
    with dropped(databases, databases.create(place)) as name:
        with connect(name, search_path="pg_catalog") as db:
            db.execute(f"SET SESSION AUTHORIZATION {roles['mallory']}")
            for schema in ("evil", "public"):
                plant(db, schema)
        yield name


@contextmanager
def life_in(databases, template, roles, path, plants):
    """In a database of its own."""
    with dropped(databases, databases.create(template)) as name:
        databases.server.execute(f"GRANT CREATE ON DATABASE {name} TO {roles['owner']}")
        life = Life(name, roles, path, plants)
        try:
            yield life
        finally:
            life.close()


@pytest.fixture(scope="module", params=LIVES)
def calm(request, databases, place, roles):
    """A kind of life, and what comes of one without traps."""
    with life_in(databases, place, roles, CALM, plants=False) as life:
        LIVES[request.param](life)
        assert life.failures() == []
        return request.param, life.outcomes, left(life, request.param)


def assert_unharmed(life, calm):
    kind, outcomes, rest = calm
    LIVES[kind](life)
    assert sorted({trap for sprung in life.sprung for trap in sprung}) == []
    assert life.failures() == []
    assert differences(outcomes, life.outcomes) == {}
    assert left(life, kind) == rest


def differences(expected, found):
    return {key: (expected.get(key), found.get(key)) for key in expected | found if expected.get(key) != found.get(key)}


# ---- no trap is sprung ------------------------------------------------------------------------------


def test_traps_are_traps(planted_place, roles):
    """They are what a session would find that looks names up where they are."""
    with connect(planted_place, search_path=HOSTILE) as db:
        sprung = watch(db)
        for statement in ("SELECT 'a' = 'b'", "SELECT format('%s', 'x')", "SELECT left(current_user, 1)", "SELECT 'x'::text", "SELECT * FROM pg_class LIMIT 1",
                          "SELECT string_agg('a', 'b')", "SELECT localtimestamp <@ tsmultirange '{}'", "SELECT ticket_mining.log_seconds('1 day'), log_seconds('1 day')",
                          "CALL refresh('desk')", "SELECT 1 IN (2)", "SELECT unnest('{1}'::integer[])"):  # fmt: skip
            sprung.clear()
            db.execute(statement)
            assert sprung != [], statement


@pytest.mark.parametrize("path", (CALM, HOSTILE))
def test_planted_schemas(databases, planted_place, roles, calm, path):
    with life_in(databases, planted_place, roles, path, plants=True) as life:
        assert_unharmed(life, calm)


@pytest.mark.parametrize("who", ("owner", "mallory"))
def test_planted_sessions(databases, place, roles, calm, who):
    """Whoever had the session before has left temporary tables, views and types."""
    with life_in(databases, place, roles, TEMPORARY, plants=False) as life:
        plant_in_the_session(life, who)
        assert_unharmed(life, calm)


def plant_in_the_session(life, who):
    """One session after the other; a pool of connections gives them to different roles."""
    for role in ("owner", "reader"):
        session = life.sessions[role]
        session.execute(f"SET SESSION AUTHORIZATION {life.roles[who]}; SET search_path = pg_catalog")
        plant_names(session, "pg_temp")
        session.execute(f"SET SESSION AUTHORIZATION {life.roles[role]}; SET search_path = {TEMPORARY}")
