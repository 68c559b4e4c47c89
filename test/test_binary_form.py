"""The binary forms: send, receive, COPY BINARY, binary parameters and results."""

import io

import oracle
import pytest
from client import binary_rows, load, longer, raw_query, rows, type_oid, value
from pattern_oracle import pattern_text
from random_logs import ticket_log
from random_patterns import random_patterns
from random_values import random_graphs, random_traces
from trace_format import encode

TEXTS = {
    "trace": lambda: [oracle.trace_text(trace) for trace in random_traces("binary", longer(1000, 20000))],
    "dfg": lambda: [oracle.graph_text(graph) for graph in random_graphs("binary", longer(100, 1000))],
    "trace_pattern": lambda: list(map(pattern_text, random_patterns("binary", longer(1000, 20000)))),
}


@pytest.fixture(params=TEXTS)
def values(db, request):
    """The name of a type, and a temporary table of values of it."""
    texts = TEXTS[request.param]()
    db.execute(f"CREATE TEMP TABLE given (n int, v {request.param})")
    db.execute(f"INSERT INTO given SELECT n, v::{request.param} FROM unnest(%s::text[]) WITH ORDINALITY u(v, n)", (texts,))
    return request.param


def copy_out(db, query, form="BINARY"):
    target = io.BytesIO()
    with db.cursor().copy(f"COPY ({query}) TO STDOUT (FORMAT {form})") as copy:
        for data in copy:
            target.write(data)
    return target.getvalue()


def copy_in(db, table, data, form="BINARY"):
    with db.cursor().copy(f"COPY {table} FROM STDIN (FORMAT {form})") as copy:
        copy.write(data)


@pytest.mark.parametrize("form", ("BINARY", "CSV", "TEXT"))
def test_copy_out_and_in(db, values, form):
    data = copy_out(db, "SELECT n, v FROM given ORDER BY n", form)
    db.execute(f"CREATE TEMP TABLE taken (n int, v {values})")
    copy_in(db, "taken", data, form)
    assert copy_out(db, "SELECT n, v FROM taken ORDER BY n", form) == data
    assert rows(db, "SELECT count(*) FROM given JOIN taken USING (n, v)") == rows(db, "SELECT count(*) FROM given")


def test_parameters_and_results(db, values):
    """A binary result given back as a binary parameter is the same value, in bytes and in text."""
    oid = type_oid(db, values)
    sent = [data for data, in binary_rows(db, "SELECT v FROM given ORDER BY n LIMIT 300")]
    texts = [text for text, in rows(db, "SELECT v::text FROM given ORDER BY n LIMIT 300")]
    for data, text in zip(sent, texts):
        assert raw_query(db, "SELECT $1", [(oid, data)], [1], 1) == (None, None, data)
        assert raw_query(db, "SELECT $1::text", [(oid, data)], [1]) == (None, None, text.encode())


def test_binary_form_is_canonical(db, values):
    """Different bytes for different values, the same for the same."""
    sent = [data for data, in binary_rows(db, "SELECT v FROM given")]
    assert len(set(sent)) == value(db, "SELECT count(DISTINCT v::text) FROM given")


def test_trace_format(db):
    """The bytes that the description of the format says."""
    traces = random_traces("format", longer(2000, 20000))
    texts = [oracle.trace_text(trace) for trace in traces]
    sent = binary_rows(db, "SELECT v::trace FROM unnest(%s::text[]) WITH ORDINALITY u(v, n) ORDER BY n", (texts,))
    assert [data for data, in sent] == list(map(encode, traces))


def test_binary_under_other_settings(db, values):
    before = copy_out(db, "SELECT v FROM given ORDER BY n")
    for setting in ("DateStyle = 'German'", "TimeZone = 'Asia/Tokyo'", "IntervalStyle = 'iso_8601'", "bytea_output = 'escape'"):
        db.execute(f"SET {setting}")
    assert copy_out(db, "SELECT v FROM given ORDER BY n") == before


def test_other_client_encoding(db):
    """A client of another encoding: text is converted, the binary form is not."""
    text = "{Ny,Løst} 1@2023-01-01T00:00:00Z 2@2023-01-01T00:00:00Z"
    before = binary_rows(db, "SELECT %s::trace", (text,))
    db.execute("SET client_encoding = 'LATIN1'")
    assert value(db, "SELECT %s::trace::text", (text,)) == text
    assert binary_rows(db, "SELECT %s::trace", (text,)) == before
    ((data,),) = before
    assert raw_query(db, "SELECT $1", [(type_oid(db, "trace"), data)], [1], 1) == (None, None, data)


def test_binary_from_an_aggregate(db):
    """What an aggregate gives is what its stored value and its text give: no part of a state gets out."""
    load(db, {0: ticket_log(11, cases=200)})
    db.execute("CREATE TEMP TABLE kept AS SELECT case_id, trace_agg(activity, at, seq) AS t FROM ev GROUP BY case_id")
    forms = ("SELECT dfg_agg(t) FROM kept", "SELECT dfg_agg(case_id, activity, at, seq) FROM ev",
             "SELECT dfg_agg(t)::text::dfg FROM kept", "SELECT dfg_union_agg(dfg_agg(t)) OVER () FROM kept")  # fmt: skip
    assert len({binary_rows(db, form)[0] for form in forms}) == 1


BAD = {"nothing": b"", "one byte": b"\x01", "zeros": bytes(40), "ones": b"\xff" * 40, "text": b"{Ny} 1@2023-01-01T00:00:00Z"}


@pytest.mark.parametrize("type_name", TEXTS)
@pytest.mark.parametrize("fault", BAD)
def test_bad_bytes(db, type_name, fault):
    state, message, _ = raw_query(db, "SELECT $1::text", [(type_oid(db, type_name), BAD[fault])], [1])
    assert state == "22P03"
    assert f"type {type_name}" in message


def test_bytes_cut_off_and_too_many(db, values):
    """Every proper beginning of a value is an error, and so is a value with a byte more."""
    oid = type_oid(db, values)
    ((data,),) = binary_rows(db, "SELECT v FROM given WHERE length(v::text) BETWEEN 100 AND 300 ORDER BY n LIMIT 1")
    wrong = [data[:size] for size in range(len(data))] + [data + b"\0", data + b"\xff", data + data]
    states = {raw_query(db, "SELECT $1::text", [(oid, bad)], [1])[0] for bad in wrong}
    assert states == {"22P03"}
