"""Reopenings: every short history, the rules of the lists, and worked examples."""

import itertools

import oracle
import pytest
from client import failure, message, rows, value
from oracle import Trace
from timestamps import HOUR, utc

OPEN, ANSWER, DONE, NOTE = "Ny", "Løst m. mail", "Lukket", "Notat"
LISTS = [DONE, ANSWER], [ANSWER], [NOTE]


def history(labels):
    return Trace(tuple((label, utc(2023) + n * HOUR) for n, label in enumerate(labels)))


@pytest.fixture(scope="module")
def histories():
    """Every sequence of up to six events of the four kinds."""
    return [history(labels) for n in range(1, 7) for labels in itertools.product((OPEN, ANSWER, DONE, NOTE), repeat=n)]


def given(histories):
    """The histories as a table x (n, t); its parameter is their texts."""
    return "(SELECT n, v::trace AS t FROM unnest(%s::text[]) WITH ORDINALITY u(v, n)) x", [oracle.trace_text(t) for t in histories]


CHOICES = {
    "all lists": LISTS,
    "no notes": (LISTS[0], LISTS[1], None),
    "no answers": (LISTS[0], None, LISTS[2]),
    "empty answers": (LISTS[0], [], []),
    "done alone": (LISTS[0], None, None),
    "every done answers": (LISTS[0], LISTS[0], LISTS[2]),
    "nothing is done": ([], None, None),
    "other labels": (["Løst", "x"], ["x"], ["y"]),
    "everything is done": ([OPEN, ANSWER, DONE, NOTE], [ANSWER], None),
    "everything else is a note": ([DONE], None, [OPEN, ANSWER, NOTE]),
    "labels twice": ([DONE, DONE, ANSWER, ANSWER], [ANSWER, ANSWER], [NOTE, NOTE]),
}


@pytest.mark.parametrize("choice", CHOICES)
def test_every_short_history(db, histories, choice):
    done, answered, notes = CHOICES[choice]
    table, texts = given(histories)
    found = rows(db, f"SELECT n, r.* FROM {table}, trace_reopenings(t, %s::text[], %s::text[], %s::text[]) r "
                     "ORDER BY n, reopening_no",
                 (texts, done, answered, notes))  # fmt: skip
    wanted = [
        (n, *row)
        for n, trace in enumerate(histories, 1)
        for row in oracle.reopening_rows(trace, done, answered or (), notes or ())
    ]
    assert found == wanted


@pytest.mark.parametrize("choice", CHOICES)
def test_counts_of_every_short_history(db, histories, choice):
    done, answered, notes = CHOICES[choice]
    table, texts = given(histories)
    found = rows(db, f"SELECT trace_reopen_count(t, %s, %s), trace_repeat_count(t, %s, %s, %s) FROM {table} ORDER BY n",
                 (done, notes, done, answered or [], notes, texts))  # fmt: skip
    assert found == [
        (len(oracle.reopenings(t, done, (), notes or ())), oracle.repeat_answers(t, done, answered or (), notes or ()))
        for t in histories
    ]


def reopenings(db, labels, *lists):
    """(done_as, reopened_as, done_again_as, outcome) of a history."""
    query = "SELECT done_as, reopened_as, done_again_as, outcome FROM trace_reopenings(%s::trace, %s, %s, %s)"
    lists = [*lists, None, None, None][:3]
    return rows(db, query, (oracle.trace_text(history(labels)), *lists))


def test_solved_and_closed_is_one_run(db):
    assert reopenings(db, ["Ny", "Løst", "Lukket"], ["Løst", "Lukket"]) == []
    assert reopenings(db, ["Ny", "Løst", "Lukket", "Åpen"], ["Løst", "Lukket"]) == [("Løst", "Åpen", None, "open")]


def test_the_problem_of_question_3(db):
    """Answered, reopened and answered again, with a thank-you in between."""
    labels = [OPEN, ANSWER, OPEN, DONE, NOTE, OPEN, NOTE, ANSWER, DONE, OPEN]
    assert reopenings(db, labels, *LISTS) == [
        (ANSWER, OPEN, DONE, "silent"),
        (DONE, OPEN, ANSWER, "answered_again"),
        (ANSWER, OPEN, None, "open"),
    ]


def test_first_answer(db):
    """An answer late in the run counts for the run."""
    assert reopenings(db, [OPEN, DONE, OPEN, DONE, ANSWER, OPEN, DONE], *LISTS) == [
        (DONE, OPEN, DONE, "first_answer"),
        (DONE, OPEN, DONE, "silent"),
    ]


def test_repeat_answers(db):
    text = oracle.trace_text(history([ANSWER, NOTE, ANSWER, DONE, ANSWER, OPEN, ANSWER, DONE, ANSWER]))
    assert value(db, "SELECT trace_repeat_count(%s::trace, %s, %s, %s)", (text, *LISTS)) == 3


@pytest.mark.parametrize("call", (
    "trace_reopenings(t, '{A}', '{B}')", "trace_reopenings(t, '{A}', '{A}', '{A}')", "trace_reopenings(t, '{A}', NULL, '{B,A}')",
    "trace_reopen_count(t, '{A}', '{A}')", "trace_repeat_count(t, '{A}', '{B}')", "trace_repeat_count(t, '{A}', '{A,B}')",
    "trace_repeat_count(t, '{A}', '{A}', '{A}')", "trace_repeat_count(t, '{}', '{A}')",
))  # fmt: skip
def test_lists_that_contradict(db, call):
    """An answer that is not done, or a note that is done, whether or not it is in the trace."""
    error = failure(db, f"SELECT {call} FROM (SELECT '{{Ny}} 1@2023-01-01T00:00:00Z'::trace AS t) x")
    assert error.sqlstate == "22023"
    assert '"A"' in message(error) or '"B"' in message(error)


@pytest.mark.parametrize("call", (
    "trace_reopenings(t, '{A,NULL}')", "trace_reopenings(t, '{A}', '{NULL}')", "trace_reopenings(t, '{A}', '{A}', '{NULL}')",
    "trace_reopen_count(t, '{NULL}')", "trace_reopen_count(t, '{A}', '{NULL}')", "trace_repeat_count(t, '{A}', '{A,NULL}')",
    "trace_repeat_count(t, '{A}', '{A}', '{NULL}')",
))  # fmt: skip
def test_null_in_a_list(db, call):
    error = failure(db, f"SELECT {call} FROM (SELECT '{{Ny}} 1@2023-01-01T00:00:00Z'::trace AS t) x")
    assert error.sqlstate == "22004"


def test_null_arguments(db):
    """No trace or no list of done: nothing."""
    assert rows(db, "SELECT trace_reopen_count(NULL, '{A}'), trace_repeat_count(NULL, '{A}', '{A}')") == [(None, None)]
    assert rows(db, "SELECT * FROM trace_reopenings(NULL, '{A}')") == []
    text = oracle.trace_text(history([ANSWER, OPEN]))
    assert value(db, "SELECT trace_reopen_count(%s::trace, NULL)", (text,)) is None


def test_lists_by_name(db):
    text = oracle.trace_text(history([ANSWER, NOTE, OPEN, ANSWER]))
    query = "SELECT outcome FROM trace_reopenings(trace => %s::trace, done => %s, notes => %s)"
    assert value(db, query, (text, LISTS[0], LISTS[2])) == "silent"
    assert value(db, "SELECT trace_reopen_count(trace => %s::trace, notes => %s, done => %s)", (text, LISTS[2], LISTS[0])) == 1


def test_lists_of_a_column(db):
    """Lists that differ from row to row."""
    query = """SELECT trace_reopen_count(t, done, notes), (SELECT count(*) FROM trace_reopenings(t, done, NULL, notes))
               FROM (SELECT %s::trace AS t) x,
                    (VALUES (1, '{A}'::text[], '{}'::text[]), (2, '{B}', NULL), (3, '{}', NULL), (4, '{A}', '{B}'), (5, '{A,B}', '{C}'))
                    v (n, done, notes) ORDER BY n"""
    text = oracle.trace_text(history("ABACBC"))
    assert rows(db, query, (text,)) == [(2, 2), (2, 2), (0, 0), (1, 1), (0, 0)]


def test_lists_of_a_variable(db):
    """PL/pgSQL evaluates one expression again and again with other values of its variables."""
    db.execute("""CREATE FUNCTION pg_temp.count_each(t trace, lists text[]) RETURNS int[] LANGUAGE plpgsql AS $$
        DECLARE found int[]; item text; kinds text[];
        BEGIN
            FOREACH item IN ARRAY lists LOOP
                kinds := item::text[];
                found := found || trace_reopen_count(t, kinds) || trace_repeat_count(t, kinds, kinds);
            END LOOP;
            RETURN found;
        END $$""")
    text = oracle.trace_text(history("AABBAB"))
    lists = ["{A}", "{B}", "{}", "{A,B}", "{A}"]
    assert value(db, "SELECT pg_temp.count_each(%s::trace, %s)", (text, lists)) == [2, 1, 1, 1, 0, 0, 0, 5, 2, 1]


def test_lists_of_a_prepared_statement(db):
    db.execute("PREPARE counts (text[]) AS SELECT trace_reopen_count(t, $1) "
               "FROM (VALUES ('{A,B} 1@2023-01-01T00:00:00Z 2@2023-01-01T00:00:00Z'::trace)) v (t)")
    for mode in ("force_generic_plan", "force_custom_plan"):
        db.execute(f"SET plan_cache_mode = {mode}")
        assert [value(db, f"EXECUTE counts ('{kinds}')") for kinds in ("{A}", "{B}", "{A}", "{A,B}")] == [1, 0, 1, 0]


def test_long_lists(db):
    """Thousands of names."""
    names = [f"navn {n}" for n in range(5000)]
    text = oracle.trace_text(history(["navn 4999", "x", "navn 0", "navn 1", "y"]))
    assert value(db, "SELECT trace_reopen_count(%s::trace, %s)", (text, names)) == 2
