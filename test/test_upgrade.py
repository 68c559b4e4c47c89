"""What earlier versions left is kept: the extension is updated to what a new installation makes, and their databases go on.

The frozen files are in test/upgrade and test/golden, and never change. A later version that means a difference names it
here, in the table of its kind, with the reason.
"""

import gzip
import hashlib
import json
import os
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import golden
import pytest
import small_log
from catalogs import assert_explained, differences, extension_objects, schema_objects
from client import ROOT, binary_rows, column, connect, failure, message, program, raw_query, run, type_oid, value
from nsp_source import landed, load
from psycopg import sql
from small_log import wait_for
from tds import fdw
from tds.server import Server
from upgrade import make_frozen
from upgrade.make_frozen import FROZEN, OWNER, READER, VERSION

TESTS = Path(__file__).resolve().parent
FILES = {
    "golden/business-graph-1.json": "6243fae2ef3b676b109131dd4d06b999426b6a868a94779b313d2314b7aa6697",
    "golden/calendar-1.json": "f102d81e90415d8212b4c3a0ad7b8759abd82301d1753de4503b4e3892212337",
    "golden/format-1.json": "118b3c4c992487cec41ce6a62220e5f750b1b670cf4c745363c5a36970595b5e",
    "golden/pattern-1.json": "1f8b45eaf174588d4d26a9e4cb542c434ae7ac974b789e8288f3cbebb762f1a7",
    "upgrade/frozen-0.1.0.sql.gz": "d41d0938b140a740b465550dfa8ecb916c20213719036e3fb5784a9f4366cf8c",
    "upgrade/ticket_mining--0.1.0.sql": "844c446f15bde7454f0965a9798d4151235ffe838afc2a54b3539c6ada349668",
}

MINED = ("desk", "reopened", "plain")
LOGS = (*MINED, "new")
# As of when the logs are refreshed; reopened follows desk.
AS_OF = {"desk": f"{make_frozen.UNTIL}Z", "plain": small_log.AS_OF, "new": small_log.AS_OF}
# The arguments of create_log() that are settings.
GIVEN = ("events", "assignments", "messages", "cases", "time_zone", "calendar", "case_url", "from_log", "filter")

# ---- differences, with their reasons ---------------------------------------------------------------

# Of the updated extension from a new one: (object, attribute): why.
OF_THE_EXTENSION = {}

# Of an old log or source that was brought up to date from a new one: (object, attribute): why.
OF_A_SCHEMA = {}

# Of what is mined now from what 0.1.0 mined: (table, column): (why, what makes the new value of the old one; None where
# nothing does, and the column is not compared).
OF_A_COLUMN = {
    ("cases", "variant"): ("ids of variants are texts", str),
    ("variants", "variant"): ("ids of variants are texts", str),
    ("quality", "line"): ("there are more findings", None),
    ("quality", "meaning"): ("findings name some of their cases", None),
}

# Rows that 0.1.0 did not have: (table, column, value in that column): why.
OF_A_ROW = {
    ("quality", "finding", "events too early"): "events have bounds",
    ("quality", "finding", "events too late"): "events have bounds",
    ("quality", "finding", "assignments without events"): "ids that match nothing are counted by relation",
    ("quality", "finding", "messages without events"): "ids that match nothing are counted by relation",
    ("quality", "finding", "cases without an id"): "rows of the cases are counted, too",
}


# ---- the past --------------------------------------------------------------------------------------


def test_none_is_forgotten():
    kept = [*TESTS.glob("golden/*"), *TESTS.glob("upgrade/*.sql"), *TESTS.glob("upgrade/*.gz")]
    assert sorted(str(file.relative_to(TESTS)) for file in kept) == sorted(FILES)


@pytest.mark.parametrize("name", FILES)
def test_never_changed(name):
    assert hashlib.sha256((TESTS / name).read_bytes()).hexdigest() == FILES[name]


@pytest.fixture(scope="module")
def roles(databases):
    """The owner and the reader of the frozen logs, which a dump does not have; what they own goes with the databases."""
    owner, reader = f"tm_upgrade_owner_{os.getpid()}", f"tm_upgrade_reader_{os.getpid()}"
    databases.server.execute(f"CREATE ROLE {owner} CREATEROLE; SET ROLE {owner}; CREATE ROLE {reader}; RESET ROLE")
    yield owner, reader
    for name in databases.names:
        if value(databases.server, "SELECT count(*) FROM pg_database WHERE datname = %s", (name,)):
            with connect(name) as db:
                db.execute(f"DROP OWNED BY {owner}, {reader} CASCADE")
    databases.server.execute(f"DROP ROLE {reader}; DROP ROLE {owner}")


def restored(databases, roles, version=""):
    """The frozen database, with the extension in a version or, as any dump is restored, in the newest."""
    script = gzip.decompress(FROZEN.read_bytes()).decode().replace(OWNER, roles[0]).replace(READER, roles[1])
    create = "CREATE EXTENSION IF NOT EXISTS ticket_mining WITH SCHEMA ticket_mining"
    assert script.count(create) == 1
    name = databases.create()
    run(program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", name, script=script.replace(create, f"{create} {version}"))
    grant_create(databases, name, roles[0])
    return name


def grant_create(databases, name, owner):
    """What pg_dump does not save without --create, and a copy of a database does not have: the right to make schemas."""
    databases.server.execute(f"GRANT CREATE ON DATABASE {name} TO {owner}")




@contextmanager
def acting(db, role):
    """What a role does; a run asks for the owner, and no superuser."""
    db.execute(f"SET SESSION AUTHORIZATION {role}")
    yield
    db.execute("RESET SESSION AUTHORIZATION")


def refresh_all(db, owner):
    """Every log as of the time that it was as of."""
    with acting(db, owner):
        for log, as_of in AS_OF.items():
            small_log.refresh(db, log, as_of)
        assert [small_log.last_run(db, log) for log in LOGS] == [("done", None, True)] * len(LOGS)


def mined(db):
    """{(log, table): rows as dicts}."""
    tables = column(db, "SELECT table_name FROM ticket_mining.mined_tables")
    return {(log, name): column(db, f"SELECT to_jsonb(r) FROM {log}.{name} r") for log in MINED for name in tables}


@pytest.fixture(scope="module")
def past(databases, roles):
    """The name of the database as 0.1.0 left it; what it has mined, and loaded."""
    name = restored(databases, roles, f"VERSION '{VERSION}'")
    with connect(name) as db:
        assert value(db, "SELECT extversion FROM pg_extension WHERE extname = 'ticket_mining'") == VERSION
        return name, mined(db), landed(db)


@pytest.fixture(scope="module")
def updated(databases, roles, past):
    """It after ALTER EXTENSION UPDATE and a refresh."""
    with connect(databases.create(past[0])) as db:
        grant_create(databases, db.info.dbname, roles[0])
        db.execute("ALTER EXTENSION ticket_mining UPDATE")
        refresh_all(db, roles[0])
        yield db


@pytest.fixture(scope="module")
def moved(databases, roles):
    """It as a dump that was restored into this version, and a refresh."""
    with connect(restored(databases, roles)) as db:
        refresh_all(db, roles[0])
        yield db


@pytest.fixture(params=("updated", "moved"))
def old(request):
    return request.getfixturevalue(request.param)


# ---- the present -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server():
    """What the source was loaded from."""
    with Server(make_frozen.small_desk()) as running:
        yield running


@pytest.fixture(scope="module")
def fresh(databases, roles, updated, server):
    """The source and the logs made anew, with the settings and maps of the old ones."""
    with connect(restored(databases, roles)) as db:
        db.execute(f"CREATE EXTENSION tds_fdw; GRANT USAGE ON FOREIGN DATA WRAPPER tds_fdw TO {roles[0]}")
        with acting(db, roles[0]):
            for log in reversed(LOGS):
                db.execute(f"CALL ticket_mining.drop_log('{log}')")
            db.execute("CALL ticket_mining.drop_source('nsp')")
            make_frozen.make_source(db, server)
            for log in LOGS:
                make_like(db, updated, log)
        refresh_all(db, roles[0])
        with acting(db, roles[0]):
            for log in ("desk", "reopened"):
                db.execute(f"CALL ticket_mining.grant_reader('{log}', '{roles[1]}')")
        yield db


def make_like(db, other, log):
    """A log with the settings and maps of one in another database."""
    settings = value(other, f"SELECT to_jsonb(s) FROM {log}.settings s")
    given = {name: json.dumps(settings[name]) if name == "filter" else settings[name] for name in GIVEN if settings[name] is not None}
    arguments = sql.SQL("").join(sql.SQL(", {} => {}").format(sql.Identifier(name), sql.Literal(one)) for name, one in given.items())
    db.execute(sql.SQL("CALL ticket_mining.create_log({}{})").format(sql.Literal(log), arguments))
    for name in small_log.MAPS:
        found = json.dumps(column(other, f"SELECT to_jsonb(m) FROM {log}.{name} m"))
        db.execute(f"DELETE FROM {log}.{name}")
        db.execute(f"INSERT INTO {log}.{name} SELECT * FROM jsonb_populate_recordset(NULL::{log}.{name}, %s)", (found,))


# ---- the extension ---------------------------------------------------------------------------------


def test_extension(updated, own_db):
    """Every object with all its attributes, comments and rights."""
    found, wanted = extension_objects(updated), extension_objects(own_db)
    assert len(wanted) > 400
    assert_explained(differences(found, wanted), OF_THE_EXTENSION)


def test_objects_in_the_way_are_not_replaced(empty_db):
    """What is no member of the extension, of whoever it is, makes the update fail."""
    empty_db.execute(f"CREATE EXTENSION ticket_mining VERSION '{VERSION}'; ALTER EXTENSION ticket_mining DROP FUNCTION ticket_mining.logs()")
    error = failure(empty_db, "ALTER EXTENSION ticket_mining UPDATE")
    assert error.sqlstate == "55000" and "logs() is not a member of extension" in message(error)


def test_schemas(old, fresh):
    """Tables, columns, keys, indexes, views, comments and rights of an old log or source are those of a new one."""
    told = {}
    for schema in (*LOGS, "nsp"):
        told |= {(schema, *key): pair for key, pair in differences(schema_objects(old, schema), schema_objects(fresh, schema)).items()}
    assert_explained(told, OF_A_SCHEMA)


# ---- the figures -----------------------------------------------------------------------------------


def assert_same(past, found, without=frozenset()):
    """What is mined is what 0.1.0 mined."""
    for (log, table), then in past[1].items():
        now = [row for row in found[log, table] if not is_new(table, row)]
        columns = sorted(columns_of_both(table, then, now) - without)
        wanted, given = as_texts(renewed(table, then), columns), as_texts(now, columns)
        told = [f"{when} alone: {row}" for when, rows in (("then", wanted - given), ("now", given - wanted)) for row in sorted(rows)[:5]]
        assert not told, "\n".join([f"{log}.{table}", *told])


def is_new(table, row):
    return any(name == table and row[one] == label for name, one, label in OF_A_ROW)


def columns_of_both(table, then, now):
    left_out = {one for (name, one), (_, renew) in OF_A_COLUMN.items() if name == table and not renew}
    return set.intersection(*(set(row) for row in then[:1] + now[:1] or [{}])) - left_out


def renewed(table, then):
    """Old rows with new values, for columns that mean the same in another form."""
    renew = {one: make for (name, one), (_, make) in OF_A_COLUMN.items() if name == table and make}
    return [{one: renew[one](old) if one in renew else old for one, old in row.items()} for row in then]


def as_texts(rows, columns):
    return Counter(json.dumps({one: row[one] for one in columns}, ensure_ascii=False) for row in rows)


def test_refreshed(past, old):
    assert_same(past, mined(old))


def test_made_anew(past, fresh):
    """The version mines the same from the same; its keys may differ."""
    assert_same(past, mined(fresh), {"case_key"})


def test_mined_again(past, old, roles):
    """Every case is mined into the old tables: the same figures, under the same keys."""
    for zone in ("UTC", "Europe/Copenhagen"):
        with acting(old, roles[0]):
            for log in MINED:
                old.execute(f"UPDATE {log}.settings SET time_zone = %s", (zone,))
        refresh_all(old, roles[0])
        assert [value(old, f"SELECT changed_cases = cases FROM {log}.refreshes ORDER BY refresh_no DESC LIMIT 1") for log in MINED] == [True] * 3
    assert_same(past, mined(old))


def test_loaded_again(past, old, roles, server):
    """The source reads its server again: nothing has changed."""
    old.execute(f"CREATE EXTENSION tds_fdw; GRANT USAGE ON FOREIGN DATA WRAPPER tds_fdw TO {roles[0]}")
    with acting(old, roles[0]):
        fdw.attach(old, server, "nsp_server")
        load(old, full=True)
        parts = value(old, "SELECT rows FROM nsp.loads WHERE state = 'done' ORDER BY load_no DESC LIMIT 1")
    assert {name: (part["changed"], part["missing"]) for name, part in parts.items()} == dict.fromkeys(parts, (0, 0))
    assert landed(old) == past[2]


def test_reader(old, roles):
    """Reads what it could read before, and no more."""
    before = column(old, "SELECT format('%I.%I', log, name) FROM unnest('{desk,reopened}'::text[]) log, "
                         "(SELECT table_name FROM ticket_mining.mined_tables WHERE is_for_readers UNION ALL VALUES ('status')) t (name)")  # fmt: skip
    with acting(old, roles[1]):
        assert all(value(old, f"SELECT count(*) > 0 FROM {name}") for name in before)
        for name in ("desk.traces", "desk.settings", "nsp.landed_tickets", "plain.cases"):
            assert failure(old, f"SELECT FROM {name}").sqlstate == "42501"


REFERENCES = """SELECT relation FROM (SELECT relnamespace::regnamespace::text, (aclexplode(relacl)).* FROM pg_class) r (relation, grantor, grantee, kind)
                WHERE kind = 'REFERENCES' AND grantee <> grantor"""


def test_readers_lose_references(past, databases, roles, old):
    """At once where the extension is updated; where a dump brought them, by the first refresh."""
    with connect(databases.create(past[0])) as db:
        assert set(column(db, REFERENCES)) == {"desk", "reopened"}
        db.execute("ALTER EXTENSION ticket_mining UPDATE")
        assert column(db, REFERENCES) == []
    assert column(old, REFERENCES) == []


def test_keys_of_readers_go(past, databases, roles):
    """A key that one made while it could runs casts of its own as the owner of the log, at every row: the update drops it, and says so."""
    owner, reader = roles
    with connect(databases.create(past[0])) as db:
        told = []
        db.add_notice_handler(lambda notice: told.append(notice.message_primary))
        db.execute(f"CREATE SCHEMA theirs AUTHORIZATION {reader}")
        with acting(db, reader):
            db.execute("CREATE TABLE theirs.held (variant bigint CONSTRAINT hold REFERENCES desk.variants)")
        db.execute("ALTER EXTENSION ticket_mining UPDATE")
        assert any("hold" in said and "theirs.held" in said for said in told)
        assert value(db, "SELECT count(*) FROM pg_constraint WHERE conname = 'hold'") == 0


# Tables of a reader's with keys to the mined tables: each constraint that there is, and whether it is one of its own.
KEYED = """
    CREATE TABLE theirs.whole (variant bigint CONSTRAINT k1 REFERENCES desk.variants) PARTITION BY RANGE (variant);
    CREATE TABLE theirs.part PARTITION OF theirs.whole FOR VALUES FROM (0) TO (10);
    CREATE TABLE theirs.parts PARTITION OF theirs.whole FOR VALUES FROM (10) TO (20) PARTITION BY RANGE (variant);
    CREATE TABLE theirs.part_of_part PARTITION OF theirs.parts FOR VALUES FROM (10) TO (15);
    CREATE TABLE theirs.attached (variant bigint CONSTRAINT k2 REFERENCES desk.variants);
    ALTER TABLE theirs.whole ATTACH PARTITION theirs.attached FOR VALUES FROM (20) TO (30);
    CREATE TABLE theirs.other (team text CONSTRAINT k3 REFERENCES desk.teams);
    ALTER TABLE theirs.part ADD CONSTRAINT k4 FOREIGN KEY (variant) REFERENCES desk.variants;
    CREATE TABLE theirs.parent (day date CONSTRAINT k5 REFERENCES desk.dates);
    CREATE TABLE theirs.child (CONSTRAINT k6 FOREIGN KEY (day) REFERENCES desk.dates) INHERITS (theirs.parent)"""


def test_keys_of_partitioned_tables_go(past, databases, roles):
    """With those of their partitions, however these came to be."""
    owner, reader = roles
    with connect(databases.create(past[0])) as db:
        grant_create(databases, db.info.dbname, owner)
        db.execute(f"CREATE SCHEMA theirs AUTHORIZATION {reader}")
        with acting(db, reader):
            db.execute(KEYED)
        told = []
        db.add_notice_handler(lambda notice: told.append(notice.message_primary.split()[2]))
        db.execute("ALTER EXTENSION ticket_mining UPDATE")
        assert sorted(told) == ["k1", "k3", "k4", "k5", "k6"]
        assert value(db, "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND connamespace = 'theirs'::regnamespace") == 0
        refresh_all(db, owner)


def test_a_key_whose_table_is_locked(past, databases, roles):
    """Is waited for shortly, and a warning; the refresh of that log is refused until it is gone."""
    owner, reader = roles
    with connect(databases.create(past[0])) as db, connect(db.info.dbname) as holder:
        grant_create(databases, db.info.dbname, owner)
        db.execute(f"CREATE SCHEMA theirs AUTHORIZATION {reader}")
        with acting(db, reader):
            db.execute("CREATE TABLE theirs.held (variant bigint CONSTRAINT hold REFERENCES desk.variants)")
        holder.execute("BEGIN; LOCK TABLE desk.variants IN ACCESS SHARE MODE")
        told = warnings_of(db, "ALTER EXTENSION ticket_mining UPDATE")
        assert [said.split("on it: ")[1] for said, _ in told] == ["canceling statement due to lock timeout", 'tables of others have foreign keys to "desk": hold of theirs.held']
        assert f"Process {holder.info.backend_pid} of role" in told[0][1] and "desk.variants" in told[0][1]
        holder.execute("ROLLBACK")
        with acting(db, owner):
            error = failure(db, f"CALL ticket_mining.refresh('desk', '{AS_OF['desk']}')")
            assert error.sqlstate == "55000" and "hold of theirs.held" in message(error)


def warnings_of(db, statement):
    told = []
    db.add_notice_handler(lambda said: told.append((said.message_primary, said.message_detail)) if said.severity == "WARNING" else None)
    db.execute(statement)
    return told


def test_more_keys_than_locks(past, databases, roles):
    """The update drops some, warns of the rest, and is done; the refresh is refused until they are gone, too."""
    owner, reader = roles
    with connect(databases.create(past[0])) as db:
        grant_create(databases, db.info.dbname, owner)
        db.execute(f"CREATE SCHEMA theirs AUTHORIZATION {reader}")
        with acting(db, reader):
            db.execute("CREATE TABLE theirs.held (variant bigint)")
            for _ in range(3):
                db.execute("DO $$ BEGIN FOR i IN 1..60 LOOP ALTER TABLE theirs.held ADD FOREIGN KEY (variant) REFERENCES desk.variants; END LOOP; END $$")
        told = [said for said, _ in warnings_of(db, "ALTER EXTENSION ticket_mining UPDATE")]
        assert len([said for said in told if "is dropped: it could run with the rights" in said]) == 100
        assert 'log "desk" keeps what readers could put on it: tables of others have foreign keys to "desk"' in told[-1] and len(told) == 101
        with acting(db, owner):
            assert "held_variant_fkey" in message(failure(db, f"CALL ticket_mining.refresh('desk', '{AS_OF['desk']}')"))


def test_a_view_of_the_extension_that_is_locked(past, databases, roles):
    """Who may connect may read it, and so lock it: the update says who, and does not wait without end."""
    with connect(databases.create(past[0])) as db, connect(db.info.dbname) as holder:
        with acting(holder, roles[1]):
            holder.execute("BEGIN; SELECT count(*) FROM ticket_mining.contract_columns")
            told = []
            db.add_notice_handler(lambda notice: told.append(notice.message_primary))
            db.execute("SET lock_timeout = '300ms'")
            assert failure(db, "ALTER EXTENSION ticket_mining UPDATE").sqlstate == "55P03"
            assert f'Process {holder.info.backend_pid} of role "postgres" has locked contract_columns.' in "\n".join(told)
            holder.execute("ROLLBACK")
        db.execute("ALTER EXTENSION ticket_mining UPDATE")


UPDATE_SCRIPT = ROOT / "src/upgrade/ticket_mining--0.1.0--0.2.0.sql"


@pytest.mark.parametrize("given, used", (("0", "5min"), ("1h", "5min"), ("10s", "10s")))
def test_no_wait_of_an_update_is_endless(past, databases, given, used):
    begin = UPDATE_SCRIPT.read_text().split("DO $$")[1].split("$$;")[0]
    with connect(databases.create(past[0])) as db:
        db.execute(f"SET lock_timeout = '{given}'; BEGIN")
        db.execute(f"DO $$ {begin} $$")
        assert value(db, "SHOW lock_timeout") == used
        db.execute("ROLLBACK")


@pytest.mark.parametrize("end", ("ROLLBACK", "COMMIT"))
def test_what_only_looks_like_a_log(past, databases, roles, end):
    """Whatever goes on in it, the update is neither held up nor refused: a right that is granted in that moment is waited for but once."""
    with connect(databases.create(past[0])) as db, connect(db.info.dbname) as session, connect(db.info.dbname) as watcher:
        for number in range(9):
            session.execute(f"CREATE SCHEMA forged{number}; CREATE TABLE forged{number}.settings (); CREATE TABLE forged{number}.refreshes (); CREATE TABLE forged{number}.case_months ()")
            session.execute(f"GRANT REFERENCES ON forged{number}.settings TO PUBLIC")
        session.execute("BEGIN")
        for number in range(9):
            session.execute(f"GRANT SELECT ON forged{number}.settings TO PUBLIC")
        update = small_log.Background(lambda: warnings_of(db, "ALTER EXTENSION ticket_mining UPDATE"))
        wait_for(lambda: value(watcher, f"SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pid = {db.info.backend_pid})"), "the update to wait")
        session.execute(end)
        assert update.end() is None
        assert value(db, "SELECT extversion FROM pg_extension WHERE extname = 'ticket_mining'") != VERSION


def test_columns_of_the_type_of_a_table(past, databases, roles):
    """Of others keep it from changing: the first refresh names them, with their owners."""
    owner, reader = roles
    with connect(databases.create(past[0])) as db:
        grant_create(databases, db.info.dbname, owner)
        db.execute(f"CREATE SCHEMA theirs AUTHORIZATION {reader}")
        with acting(db, reader):
            db.execute("CREATE TABLE theirs.one (c desk.settings); CREATE TABLE theirs.many (a integer, c desk.settings[]); CREATE TABLE theirs.third (c desk.variants)")
            db.execute("CREATE DOMAIN theirs.kind AS desk.settings; CREATE TABLE theirs.of_kind (c theirs.kind)")
        db.execute("ALTER EXTENSION ticket_mining UPDATE")
        with acting(db, owner):
            error = failure(db, f"CALL ticket_mining.refresh('desk', '{AS_OF['desk']}')")
            assert (error.sqlstate, error.diag.message_primary) == ("2BP01", "desk.settings cannot be changed: something else rests on it")
            assert error.diag.message_detail.split("\n")[0] == ", ".join(f'column c of table theirs.{name} of role "{reader}"' for name in ("one", "many", "of_kind"))
        db.execute("DROP TABLE theirs.one, theirs.many, theirs.of_kind")
        with acting(db, owner):
            error = failure(db, f"CALL ticket_mining.refresh('desk', '{AS_OF['desk']}')")
            assert error.diag.message_detail.startswith(f'column c of table theirs.third of role "{reader}"')
        db.execute("DROP TABLE theirs.third")
        with acting(db, owner):
            small_log.refresh(db, "desk", AS_OF["desk"])


def test_views_on_a_column_of_another_type(past, databases, roles):
    """The first refresh names them all, with their owners, also those that others have for themselves alone; nothing has changed."""
    owner, reader = roles
    with connect(databases.create(past[0])) as db, connect(db.info.dbname) as session:
        grant_create(databases, db.info.dbname, owner)
        session.execute(f"SET SESSION AUTHORIZATION {reader}; SET default_transaction_read_only = off; CREATE TEMPORARY VIEW mine AS SELECT variant FROM desk.cases")
        db.execute(f"CREATE SCHEMA own AUTHORIZATION {owner}")
        db.execute(f"SET ROLE {owner}; CREATE VIEW own.all_cases AS SELECT variant, variant + 1 AS next FROM desk.cases; RESET ROLE")
        db.execute("ALTER EXTENSION ticket_mining UPDATE")
        with acting(db, owner):
            error = failure(db, f"CALL ticket_mining.refresh('desk', '{AS_OF['desk']}')")
            assert error.sqlstate == "2BP01" and f'view own.all_cases of role "{owner}"' in error.diag.message_detail
            (temporary,) = column(session, "SELECT pg_my_temp_schema()::regnamespace::text")
            assert f'view {temporary}.mine of role "{reader}"' in error.diag.message_detail and "session" in error.diag.message_hint
            db.execute("DROP VIEW own.all_cases")
        session.close()
        with acting(db, owner):
            wait_for(lambda: value(db, "SELECT count(*) FROM pg_class WHERE relname = 'mine'") == 0, "the end of a session")
            small_log.refresh(db, "desk", AS_OF["desk"])


def test_functions_and_policies_on_a_column_of_another_type(past, databases, roles):
    """Are named like views."""
    owner, reader = roles
    with connect(databases.create(past[0])) as db:
        grant_create(databases, db.info.dbname, owner)
        db.execute(f"CREATE SCHEMA theirs AUTHORIZATION {reader}")
        with acting(db, reader):
            db.execute("CREATE FUNCTION theirs.f() RETURNS SETOF bigint LANGUAGE sql BEGIN ATOMIC SELECT variant FROM desk.cases; END")
            db.execute("CREATE TABLE theirs.t (a bigint); CREATE POLICY p ON theirs.t USING (a IN (SELECT variant FROM desk.cases))")
        db.execute("ALTER EXTENSION ticket_mining UPDATE")
        with acting(db, owner):
            detail = failure(db, f"CALL ticket_mining.refresh('desk', '{AS_OF['desk']}')").diag.message_detail
            assert f'function theirs.f() of role "{reader}"' in detail and f'policy p on table theirs.t of role "{reader}"' in detail


def test_keys_of_readers_are_refused(past, databases, roles):
    """In a restored database nothing has dropped them: the first refresh refuses before it changes a type, for that looks into their tables."""
    owner, reader = roles
    with connect(restored(databases, roles)) as db:
        db.execute(f"CREATE SCHEMA theirs AUTHORIZATION {reader}")
        with acting(db, reader):
            db.execute("CREATE TABLE theirs.held (variant bigint CONSTRAINT hold REFERENCES desk.variants)")
        with acting(db, owner):
            error = failure(db, f"CALL ticket_mining.refresh('desk', '{AS_OF['desk']}')")
            assert error.sqlstate == "55000" and "hold of theirs.held" in message(error)
        assert value(db, "SELECT format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = 'desk.variants'::regclass AND attname = 'variant'") == "bigint"


# ---- values ----------------------------------------------------------------------------------------

GOLDEN = [(name, entry) for file in sorted(golden.FILE.parent.glob("*.json")) for name, entries in json.loads(file.read_text()).items() for entry in entries]


def test_before_the_next_refresh(past, databases, roles):
    """A log is read and edited as before; it keeps that its zone was given where it reads times without one."""
    with connect(databases.create(past[0])) as db:
        grant_create(databases, db.info.dbname, roles[0])
        db.execute("ALTER EXTENSION ticket_mining UPDATE")
        with acting(db, roles[0]):
            assert value(db, "SELECT count(*) FROM ticket_mining.case_history('plain', (SELECT min(case_no) FROM plain.cases))") > 0
            db.execute("CREATE SCHEMA mine; CREATE VIEW mine.events AS SELECT case_id, activity, at AT TIME ZONE 'UTC' AS at, seq FROM src.events;"
                       "UPDATE plain.settings SET events = 'mine.events'")  # fmt: skip
            for log in ("plain", "new"):
                small_log.refresh(db, log)
            assert [value(db, f"SELECT is_time_zone_given FROM {log}.settings") for log in ("plain", "new")] == [True, False]


def test_golden_values(updated):
    """Of every type that is stored: read by the updated extension, and written the same."""
    assert {name for name, _ in GOLDEN} == set(column(updated, STORED_TYPES))
    for name, entry in GOLDEN:
        oid, data = type_oid(updated, name), bytes.fromhex(entry["binary"])
        assert raw_query(updated, "SELECT $1::text", [(oid, data)], [1]) == (None, None, entry["text"].encode())
        assert binary_rows(updated, f"SELECT %s::ticket_mining.{name}", (entry["text"],)) == [(data,)]


STORED_TYPES = "SELECT typname FROM pg_type WHERE typnamespace = 'ticket_mining'::regnamespace AND typtype = 'b' AND typcategory <> 'A'"
