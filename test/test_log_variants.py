"""Sequences of activities that were chosen to have the same hash: a log tells them apart, and no refresh is stuck."""

import hashlib
import json

import collisions
import pytest
from client import column, failure, rows, value
from small_log import assert_right, refresh
from test_variant_hash import variant
from trace_format import variant_bytes

# Cases of one event; the first activities of the others are longer than what a variant shows of them.
ONE, OTHER, THIRD = collisions.variants(8)[:3]
LONG = [f"{n:02}" * 600 for n in range(27)]
ONE_END, OTHER_END = collisions.variants(8, LONG)[:2]


def add(db, case, activities):
    """A case of these activities, one a day."""
    for n, activity in enumerate(activities):
        db.execute("INSERT INTO src.events VALUES (%s, %s, '2023-02-01Z'::timestamptz + %s * interval '1 day', %s)", (case, activity, n, n))


def remove(db, *cases):
    db.execute("DELETE FROM src.events WHERE case_id = ANY (%s)", (list(cases),))


def ids(db):
    """Of the cases that were added: the activities, by the id of the variant."""
    refresh(db)
    assert_right(db)
    return {case: (found, own, cases) for case, found, own, cases in rows(
        db, "SELECT c.case_id, c.variant, v.activities, v.cases FROM desk.cases c JOIN desk.variants v USING (variant) WHERE case_id >= 1000")}


def plain(*labels):
    return str(variant(labels))


def longer(*labels):
    return f"{plain(*labels)}-{hashlib.sha256(variant_bytes(labels)).hexdigest()[:32]}"


def test_of_one_refresh(desk):
    assert plain(ONE) == plain(OTHER) == plain(THIRD)
    for case, label in enumerate((ONE, OTHER, ONE, THIRD), 1000):
        add(desk, case, [label])
    assert ids(desk) == {
        1000: (longer(ONE), ONE, 2), 1001: (longer(OTHER), OTHER, 1), 1002: (longer(ONE), ONE, 2), 1003: (longer(THIRD), THIRD, 1)}


@pytest.mark.parametrize("first", (ONE, OTHER))
def test_one_after_the_other(desk, first):
    """What an id says depends on no order, and when the others have gone it is the plain one again."""
    second = OTHER if first == ONE else ONE
    case = {ONE: 1000, OTHER: 1001}
    add(desk, case[first], [first])
    assert ids(desk) == {case[first]: (plain(first), first, 1)}
    add(desk, case[second], [second])
    both = {case[label]: (longer(label), label, 1) for label in case}
    assert ids(desk) == both
    assert ids(desk) == both
    add(desk, 1002, [THIRD])
    assert ids(desk) == both | {1002: (longer(THIRD), THIRD, 1)}
    remove(desk, case[first])
    assert ids(desk).keys() == {case[second], 1002}
    remove(desk, case[second])
    assert ids(desk) == {1002: (plain(THIRD), THIRD, 1)}


def test_a_case_that_changes_over(desk):
    add(desk, 1000, [ONE])
    add(desk, 1001, [OTHER])
    ids(desk)
    desk.execute("UPDATE src.events SET activity = %s WHERE case_id = 1000", (OTHER,))
    assert ids(desk) == {case: (plain(OTHER), OTHER, 2) for case in (1000, 1001)}
    desk.execute("UPDATE src.events SET activity = %s WHERE case_id = 1001", (ONE,))
    assert ids(desk) == {1000: (longer(OTHER), OTHER, 1), 1001: (longer(ONE), ONE, 1)}


def test_alike_in_all_that_a_variant_shows(desk):
    """Their texts are cut before they differ, and they are of the same length."""
    for case, end in enumerate((ONE_END, OTHER_END), 1000):
        add(desk, case, [*LONG, end])
    shown = " → ".join(LONG)[:32000]
    assert ids(desk) == {case: (longer(*LONG, end), shown, 1) for case, end in ((1000, ONE_END), (1001, OTHER_END))}


def test_named(desk):
    """By the id, in chains and functions; the hash alone names neither."""
    add(desk, 1000, [ONE])
    add(desk, 1001, [OTHER])
    ids(desk)
    for case, label in ((1000, ONE), (1001, OTHER)):
        assert column(desk, "SELECT case_id FROM variant_cases('desk', %s)", (longer(label),)) == [str(case)]
        chain = json.dumps([{"keep_cases": {"attribute": {"variant": [longer(label)]}}}])
        assert column(desk, "SELECT case_id FROM filter_cases('desk', %s)", (chain,)) == [str(case)]
    for wanted in (plain(ONE), int(plain(ONE))):
        error = failure(desk, "SELECT * FROM variant_cases('desk', %s)", (wanted,))
        assert error.sqlstate == "42704"
        assert error.diag.message_hint == f"Several variants of the log share this hash: {', '.join(repr(id) for id in sorted((longer(ONE), longer(OTHER))))}"
        chain = json.dumps([{"keep_cases": {"attribute": {"variant": [wanted]}}}])
        assert column(desk, "SELECT case_id FROM filter_cases('desk', %s)", (chain,)) == []


def test_derived_and_shown(desk):
    """A log that has one of them alone, and the page of both."""
    add(desk, 1000, [ONE])
    add(desk, 1001, [OTHER])
    desk.execute("""CALL create_log('one', from_log => 'desk', filter => '[{"drop_cases": {"attribute": {"case_id": [1001]}}}]')""")
    ids(desk)
    assert rows(desk, "SELECT case_id, variant FROM one.cases WHERE case_id >= 1000") == [(1000, plain(ONE))]
    shown = value(desk, "SELECT report_variants('desk', array(SELECT case_key FROM desk.cases))")
    assert {longer(ONE), longer(OTHER)} <= set(shown["variant"])
