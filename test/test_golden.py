"""Golden values of every format that was ever stored: read, written again to the byte, and known to the oracle."""

import json

import golden
import oracle
import pytest
from client import binary_rows, raw_query, type_oid, value
from trace_format import encode

VALUES = json.loads(golden.FILE.read_text())
CASES = [(name, number) for name, values in VALUES.items() for number in range(len(values))]


def test_there_are_dozens():
    assert all(len(VALUES[name]) >= 24 for name in ("trace", "dfg"))


@pytest.mark.parametrize("name, number", CASES)
def test_value(db, name, number):
    """From text to bytes, from bytes to text, equal either way."""
    text, data = VALUES[name][number]["text"], bytes.fromhex(VALUES[name][number]["binary"])
    assert binary_rows(db, f"SELECT %s::{name}", (text,)) == [(data,)]
    assert raw_query(db, "SELECT $1::text", [(type_oid(db, name), data)], [1]) == (None, None, text.encode())


@pytest.mark.parametrize("number", range(len(VALUES["trace"])))
def test_variant(db, number):
    entry = VALUES["trace"][number]
    assert value(db, "SELECT trace_variant(%s)", (entry["text"],)) == entry["variant"]


def test_oracle_knows_them():
    """The texts are those of the values that golden.py makes, and the bytes of traces follow their description."""
    traces = golden.golden_traces()
    assert [entry["text"] for entry in VALUES["trace"]] == list(map(oracle.trace_text, traces))
    assert [entry["binary"] for entry in VALUES["trace"]] == [encode(trace).hex() for trace in traces]
    assert [entry["text"] for entry in VALUES["dfg"]] == list(map(oracle.graph_text, golden.golden_graphs()))
