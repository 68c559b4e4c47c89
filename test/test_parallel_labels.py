"""What functions are labelled to bear in parallel plans, they do: a worker gives what the session itself gives."""

import re

import pytest
from callables import SAMPLES, callables
from client import connect, explain, force_plans, rows, value
from psycopg import Error
from small_log import CHANGE, KEYS, assert_right, create_desk, mined, refresh

TEXTS = ("src.events", "en", "Europe/Copenhagen")
GIVEN = {
    "ticket_mining.trace": "SELECT min(trace::text) FROM desk.traces",
    "ticket_mining.dfg": "SELECT ticket_mining.dfg_union_agg(graph)::text FROM desk.graphs WHERE cohort = 'created'",
}
SAFE = "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'ticket_mining'::regnamespace AND proparallel = 's'"


@pytest.fixture(scope="module")
def desk(databases, template):
    """A log that is refreshed."""
    with connect(databases.create(template)) as db:
        create_desk(db)
        refresh(db)
        yield db


def outcome(db, statement, given):
    try:
        return sorted(map(repr, rows(db, statement, given)))
    except Error as error:
        return error.sqlstate, error.diag.message_primary


def test_workers_give_the_same(desk):
    """Of all functions that are labelled as safe, with the same arguments."""
    safe = {signature for (signature,) in rows(desk, SAFE)}
    samples = SAMPLES | {kind: value(desk, query) for kind, query in GIVEN.items()}
    calls = list(dict.fromkeys((one.statement(one.arguments), tuple(text if argument.type == "text" else samples[argument.type] for argument in one.arguments))
             for one in callables(desk) if one.signature in safe for text in TEXTS))  # fmt: skip
    assert len(calls) > len(safe) > 100
    alone = [outcome(desk, *call) for call in calls]
    with connect(desk.info.dbname) as db:
        force_plans(db)
        assert "Gather" in explain(db, "SELECT ticket_mining.is_log('desk')")
        wrong = {call[0]: found for call, found, expected in zip(calls, [outcome(db, *call) for call in calls], alone) if found != expected}
    assert wrong == {}


EDITS = """
    UPDATE desk.settings SET time_zone = 'Asia/Tokyo', calendar = 'Asia/Tokyo; Mo-Fr 09:00-17:00', case_url = 'https://desk.example/{case_no}';
    UPDATE desk.activity_map SET merge_into = 'Ny' WHERE activity = 'I gang';
    ALTER TABLE src.cases ADD colour text DEFAULT 'red'"""


DERIVE = """CALL ticket_mining.create_log('late', from_log => 'desk', filter => '[{"keep_cases": {"attribute": {"priority": [1]}}}]')"""


def derived(db):
    """A log that is derived from the desk, and all that can be asked of both; it goes again."""
    db.execute(DERIVE)
    refresh(db)
    answers = [rows(db, query) for query in (
        "SELECT ticket_mining.report_html('desk')", "SELECT log, state FROM ticket_mining.logs()", "SELECT * FROM ticket_mining.edge_cases('desk', 'Ny', 'Løst')",
        "SELECT * FROM ticket_mining.case_history('desk', 'IR3')", "SELECT * FROM ticket_mining.explain_filter('desk', '[{\"keep_cases\": {\"has\": [\"Løst\"]}}]')",
    )]  # fmt: skip
    found = mined(db, "late", KEYS), answers
    db.execute("CALL ticket_mining.drop_log('late')")
    return found


def test_a_log_with_workers(own_db):
    """Made, edited, refreshed, derived from, and read where they do what they may; the same again without."""
    with connect(own_db.info.dbname) as db:
        force_plans(db)
        create_desk(db)
        refresh(db)
        db.execute(CHANGE + EDITS)
        with_workers = derived(db)
    assert_right(own_db)
    assert derived(own_db) == with_workers


# ---- what they call -------------------------------------------------------------------------------

CODE = """SELECT oid::regprocedure::text, proname, proparallel::text, prosrc || coalesce(pg_get_function_sqlbody(oid), '') FROM pg_proc
          WHERE pronamespace = 'ticket_mining'::regnamespace AND prolang IN (SELECT oid FROM pg_language WHERE lanname IN ('sql', 'plpgsql'))"""


def test_safe_functions_call_nothing_else(desk):
    """Neither functions that are not safe, nor blocks that catch errors, nor statements that write; texts do not count."""
    found = [(signature, name, label, re.sub(r"--[^\n]*|'(?:[^']|'')*'", "", code)) for signature, name, label, code in rows(desk, CODE)]
    unsafe = {name for _, name, label, _ in found if label != "s"} - {name for _, name, label, _ in found if label == "s"}
    forbidden = rf"\b(?:{'|'.join(sorted(unsafe))})\s*\(|\bEXCEPTION\s+WHEN\b|\b(?:INSERT INTO|UPDATE \w|DELETE FROM|CREATE|pg_temp\.)"
    wrong = {signature: re.findall(forbidden, code) for signature, _, label, code in found if label == "s"}
    assert {signature: calls for signature, calls in wrong.items() if calls} == {}
