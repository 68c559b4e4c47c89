"""A log of one version follows the next: here one whose mined tables have more columns, a table, a key and an index."""

import pytest
from catalogs import differences, schema_objects
from client import column, failure, rows, value
from small_log import CHANGE, CREATE, MAPPED, history, mined, refresh

# What a developer does to the views that say what a log holds. In the log of before, as_of moves; a column may be NULL.
VIEWS = {
    "mined_tables": "VALUES (19, 'case_lengths', true, false, 'How long cases are')",
    "mined_columns": """VALUES ('cases', 900, 'length', 'integer', 'Events'), ('cases', 901, 'half', 'float8 NULL', 'Half of that'),
        ('events', 902, 'is_even', 'smallint', 'Whether the number is even'), ('activities', 903, 'letters', 'integer', 'Letters of the label'),
        ('case_lengths', 904, 'case_key', 'bigint', 'The case'), ('case_lengths', 905, 'length', 'integer', 'Events')""",
    "mined_keys": "VALUES ('case_lengths', 1, 'PRIMARY KEY (case_key)'), ('case_lengths', 2, 'FOREIGN KEY (case_key) REFERENCES %I.cases(case_key)')",
    "mined_indexes": "VALUES ('cases', 'btree', 'length'), ('case_lengths', 'btree', 'length')",
}
# And to the functions that fill it: what is put in the place of what.
FUNCTIONS = {
    "log_mine_cases(name, timestamptz)": [
        ("SELECT c.case_key,", "SELECT trace_length(c.trace) AS length, trace_length(c.trace) / 2.0 AS half, c.case_key,"),
    ],
    "log_write_dimensions(name)": [
        ("AS is_start, w.segment\n", "AS is_start, w.segment, length(w.activity) AS letters\n"),
        ("0, 0, 0, 'unknown' FROM", "0, 0, 0, 'unknown', 0 FROM"),
        ("(a.label, a.kind,", "(a.letters, a.label, a.kind,"),
        ("(w.label, w.kind,", "(w.letters, w.label, w.kind,"),
        ("SET label = w.label, kind", "SET letters = w.letters, label = w.label, kind"),
        ("(activity, label, kind, is_done", "(letters, activity, label, kind, is_done"),
        ("(w.activity, w.label, w.kind", "(w.letters, w.activity, w.label, w.kind"),
    ],
    "log_write_events(name)": [
        ("@schema.events (case_key", "@schema.events (is_even, case_key"),
        ("SELECT h.case_key, h.case_id, h.event_no", "SELECT (h.event_no %% 2 = 0)::integer, h.case_key, h.case_id, h.event_no"),
        ("END $", "EXECUTE run_sql(log, 'INSERT INTO @schema.case_lengths (case_key, length) SELECT c.case_key, trace_length(c.trace) FROM @run.changed c WHERE NOT c.is_aged'); END $"),
    ],
}  # fmt: skip


def make_next_version(db):
    for name, more in VIEWS.items():
        db.execute(f"CREATE OR REPLACE VIEW ticket_mining.{name} AS {value(db, f'''SELECT rtrim(pg_get_viewdef('ticket_mining.{name}'::regclass), ';')''')} UNION ALL {more}")
    for name, changes in FUNCTIONS.items():
        source = value(db, f"SELECT pg_get_functiondef('ticket_mining.{name}'::regprocedure)").replace("END $function$", "END $")
        for old, new in changes:
            assert source.count(old) == 1, (name, old)
            source = source.replace(old, new)
        db.execute(source.replace("END $", "END $function$"))


LETTERS = "length(coalesce(NULLIF(activity, 'none'), ''))"


@pytest.fixture
def log(desk, role):
    """A log with a reader and one derived from it, of the version before."""
    desk.execute(f"CALL ticket_mining.grant_reader('desk', '{role}')")
    desk.execute("CALL ticket_mining.create_log('part', from_log => 'desk', filter => '[{\"keep_cases\": {\"attribute\": {\"priority\": [1, 2]}}}]')")
    refresh(desk)
    yield desk
    desk.execute(f"DROP OWNED BY {role}")


def test_next_version(log, role):
    """The next refresh brings it there, derived logs too: catalog and content are those of a new log."""
    make_next_version(log)
    refresh(log)
    assert history(log) == [("done", None, True)] * 3 and history(log, "part")[-1][0] == "done"
    assert rows(log, "SELECT count(*), sum(length), sum(half * 2) FROM desk.cases") == rows(log, "SELECT count(DISTINCT case_id), count(*), count(*)::float8 FROM desk.events")
    assert rows(log, "SELECT bool_and(is_even = (event_no + 1) % 2), count(is_even) > 100 FROM desk.events") == [(True, True)]
    assert rows(log, f"SELECT activity FROM desk.activities WHERE letters IS DISTINCT FROM {LETTERS}") == []
    assert rows(log, "SELECT case_key, length FROM desk.case_lengths ORDER BY 1") == rows(log, "SELECT case_key, length FROM desk.cases ORDER BY 1")
    compare_with_new_ones(log, role)


def compare_with_new_ones(log, role):
    # The checksum holds the places of columns.
    found = {name: (schema_objects(log, name), mined(log, name, "{attributes_checksum}")) for name in ("part", "desk")}
    chain = value(log, "SELECT filter::text FROM part.settings")
    log.execute("CALL ticket_mining.drop_log('part'); CALL ticket_mining.drop_log('desk')")
    log.execute(CREATE.format("desk") + ";" + MAPPED.format("desk"))
    log.execute("CALL ticket_mining.create_log('part', from_log => 'desk', filter => %s)", (chain,))
    refresh(log)
    log.execute(f"CALL ticket_mining.grant_reader('desk', '{role}')")
    for name, (objects, content) in found.items():
        told = differences(objects, schema_objects(log, name))
        # Columns that came later stand last.
        assert {attribute for _, attribute in told} <= {"place"}, told
        assert content == mined(log, name, "{attributes_checksum}")


def test_before_and_after_the_refresh(log):
    """What was mined before is read until then; a refresh that fails leaves it so; the one after the first mines what has changed, and no more."""
    before = {name: column_free(log, name) for name in ("cases", "events", "variants", "status")}
    make_next_version(log)
    assert before == {name: column_free(log, name) for name in before}
    log.execute("ALTER TABLE src.events RENAME TO gone")
    failure(log, "CALL ticket_mining.refresh('desk')")
    assert history(log)[-1][0] == "failed"
    assert before == {name: column_free(log, name) for name in before if name != "status"} | {"status": before["status"]}
    log.execute("ALTER TABLE src.gone RENAME TO events")
    refresh(log)
    refresh(log)
    assert rows(log, "SELECT changed_cases = (SELECT count(*) FROM desk.cases) FROM desk.refreshes WHERE state = 'done' ORDER BY refresh_no") == [(True,), (False,), (True,), (False,)]
    assert value(log, "SELECT changed_cases FROM desk.refreshes ORDER BY refresh_no DESC LIMIT 1") == 0
    log.execute(CHANGE)
    refresh(log)
    assert rows(log, "SELECT count(*) FROM desk.cases WHERE length <> event_count OR half * 2 <> event_count") == [(0,)]


def column_free(db, name):
    """Rows without what is new."""
    return sorted(rows(db, f"SELECT (to_jsonb(r) - '{{length,half,is_even,letters}}'::text[])::text FROM desk.{name} r"))


def test_dropped_before_it_followed(log):
    make_next_version(log)
    log.execute("CALL ticket_mining.drop_log('part'); CALL ticket_mining.drop_log('desk')")
    assert column(log, "SELECT nspname::text FROM pg_namespace WHERE nspname IN ('desk', 'part')") == []


def test_reader(log, role):
    """Reads the new table like the cases, and views of its own stay."""
    log.execute(f"CREATE SCHEMA own AUTHORIZATION {role}; SET ROLE {role}; CREATE VIEW own.mine AS SELECT * FROM desk.cases; RESET ROLE")
    make_next_version(log)
    refresh(log)
    log.execute(f"SET ROLE {role}")
    assert value(log, "SELECT count(*) FROM desk.case_lengths") == value(log, "SELECT count(*) FROM own.mine") > 0
    log.execute("RESET ROLE")


def test_a_value_that_is_forgotten(log):
    """Where a version does not fill what it says is never empty, the refresh says so, and nothing has changed."""
    make_next_version(log)
    log.execute("CREATE OR REPLACE VIEW ticket_mining.mined_columns AS " + value(log, "SELECT rtrim(pg_get_viewdef('ticket_mining.mined_columns'::regclass), ';')")
                + " UNION ALL VALUES ('dates', 910, 'forgotten', 'integer', 'Nothing fills it')")  # fmt: skip
    before = column_free(log, "cases")
    error = failure(log, "CALL ticket_mining.refresh('desk')")
    assert error.sqlstate == "23502" and "forgotten" in error.diag.message_primary and before == column_free(log, "cases")
