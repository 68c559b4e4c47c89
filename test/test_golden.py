"""Golden values of every format that was ever stored: read, written again to the byte, and known to the oracle.

Those of patterns are in test_pattern_form.py.
"""

import json

import golden
import oracle
import pytest
from client import binary_rows, raw_query, type_oid, value
from trace_format import encode

VALUES, CALENDARS, BUSINESS_GRAPHS = (json.loads(file.read_text()) for file in (golden.FILE, golden.CALENDAR_FILE, golden.BUSINESS_GRAPH_FILE))
CASES = [(values, name, number) for values in (VALUES, CALENDARS, BUSINESS_GRAPHS) for name in values for number in range(len(values[name]))]


def texts(entries):
    return [entry["text"] for entry in entries]


def test_there_are_dozens():
    assert all(len(entries) >= 24 for entries in (VALUES["trace"], VALUES["dfg"], CALENDARS["business_calendar"], BUSINESS_GRAPHS["dfg"]))


@pytest.mark.parametrize("values, name, number", CASES)
def test_value(db, values, name, number):
    """From text to bytes, from bytes to text, equal either way."""
    text, data = values[name][number]["text"], bytes.fromhex(values[name][number]["binary"])
    assert binary_rows(db, f"SELECT %s::{name}", (text,)) == [(data,)]
    assert raw_query(db, "SELECT $1::text", [(type_oid(db, name), data)], [1]) == (None, None, text.encode())


@pytest.mark.parametrize("number", range(len(VALUES["trace"])))
def test_variant(db, number):
    entry = VALUES["trace"][number]
    assert value(db, "SELECT trace_variant(%s)", (entry["text"],)) == entry["variant"]


def test_oracle_knows_them():
    """The texts are those of the values that golden.py makes, and the bytes of traces follow their description."""
    traces = golden.golden_traces()
    assert texts(VALUES["trace"]) == list(map(oracle.trace_text, traces))
    assert [entry["binary"] for entry in VALUES["trace"]] == [encode(trace).hex() for trace in traces]
    assert texts(VALUES["dfg"]) == list(map(oracle.graph_text, golden.golden_graphs()))
    assert texts(CALENDARS["business_calendar"]) == list(map(str, golden.golden_calendars()))
    assert texts(BUSINESS_GRAPHS["dfg"]) == golden.golden_business_graphs()
