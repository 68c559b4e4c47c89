"""The text forms: the oracle writes them too, they come back the same, and other ways to write a value are read."""


import oracle
import pytest
from client import column, connect, failure, load, longer, message, rows, value
from dice import dice
from random_logs import ticket_log
from random_values import loose_graph, loose_trace, random_graphs, random_traces, renamed

TEXT_AGAIN = "SELECT v::{0}::text FROM unnest(%s::text[]) WITH ORDINALITY u(v, n) ORDER BY n"


def again(db, type_name, texts):
    return column(db, TEXT_AGAIN.format(type_name), (texts,))


@pytest.fixture(scope="module")
def trace_values():
    return random_traces("text", longer(2000, 50000))


@pytest.fixture(scope="module")
def graph_values():
    rng = dice("text")
    graphs = random_graphs("text", longer(150, 2000))
    return graphs + [renamed(graph, rng) for graph in graphs]


def test_traces_come_back(db, trace_values):
    texts = [oracle.trace_text(trace) for trace in trace_values]
    assert again(db, "trace", texts) == texts


def test_graphs_come_back(db, graph_values):
    """Also where new names put the activities in another order."""
    texts = [oracle.graph_text(graph) for graph in graph_values]
    assert again(db, "dfg", texts) == texts


def test_traces_written_loosely(db, trace_values):
    rng = dice("loose")
    texts = [loose_trace(rng, trace) for trace in trace_values]
    assert again(db, "trace", texts) == [oracle.trace_text(trace) for trace in trace_values]


def test_graphs_written_loosely(db, graph_values):
    rng = dice("loose")
    wanted = [oracle.graph_text(graph) for graph in graph_values]
    assert again(db, "dfg", [loose_graph(rng, text) for text in wanted]) == wanted


def test_input_keeps_the_order_of_ties(db):
    text = "{B,A} 1@2023-01-01T00:00:00Z 2@2023-01-01T00:00:00Z"
    assert again(db, "trace", [text]) == [text]
    assert again(db, "trace", ["{A,B} 2@2023-01-01T00:00:00Z 1@2023-01-01T00:00:00Z"]) == [text]


SETTINGS = {
    "German": "SET DateStyle = 'German, DMY'; SET TimeZone = 'Asia/Kathmandu'; SET IntervalStyle = 'sql_standard'",
    "SQL": "SET DateStyle = 'SQL, MDY'; SET TimeZone = 'America/St_Johns'; SET IntervalStyle = 'iso_8601'",
    "Postgres": "SET DateStyle = 'Postgres, YMD'; SET TimeZone = 'Europe/Oslo'; SET IntervalStyle = 'postgres_verbose'",
    "digits": "SET extra_float_digits = -15; SET bytea_output = 'escape'; SET lc_numeric = 'C.UTF-8'; SET lc_time = "
              "'C.UTF-8'; SET quote_all_identifiers = on",
}


@pytest.mark.parametrize("settings", SETTINGS)
def test_forms_depend_on_no_setting(db, settings):
    """The same text out and the same value in, whatever the session has set."""
    load(db, {0: ticket_log(3, cases=50)})
    query = """SELECT (SELECT dfg_agg(case_id, activity, at, seq)::text FROM ev),
                      (SELECT string_agg(t::text, ';' ORDER BY case_id) FROM
                         (SELECT case_id, trace_agg(activity, at, seq) AS t FROM ev GROUP BY case_id) c),
                      (SELECT dfg_agg(case_id, activity, at, seq)::jsonb::text FROM ev),
                      (SELECT string_agg(t::jsonb::text, ';' ORDER BY case_id) FROM
                         (SELECT case_id, trace_agg(activity, at, seq) AS t FROM ev GROUP BY case_id) c)"""
    before = rows(db, query)
    db.execute(SETTINGS[settings])
    assert rows(db, query) == before
    (graph, traces, _, _), = before
    texts = traces.split(";")
    assert again(db, "trace", texts) == texts
    assert again(db, "dfg", [graph]) == [graph]


GOOD_TRACE = "{Ny,Lukket} 1@2023-01-02T08:00:00Z 2@2023-01-02T09:30:00Z"

# What is wrong, the literal, and the character the message tells.
BAD_TRACES = {
    "nothing": ("", 1),
    "white space": ("  ", 3),
    "no dictionary": ("1@2023-01-02T08:00:00Z", 1),
    "dictionary alone": ("{Ny}", 5),
    "breaks alone": ("{Ny} |", 7),
    "two breaks": ("{Ny} | | 1@2023-01-02T08:00:00Z", 8),
    "two breaks at the end": ("{Ny} 1@2023-01-02T08:00:00Z | |", 31),
    "empty dictionary": ("{} 1@2023-01-02T08:00:00Z", None),
    "open dictionary": ("{Ny", None),
    "open quote": ('{"Ny} 1@2023-01-02T08:00:00Z', None),
    "label without quotes": ("{Løst m. mail} 1@2023-01-02T08:00:00Z", None),
    "empty label": ("{Ny,} 1@2023-01-02T08:00:00Z", 5),
    "null": ("{Ny,NULL} 1@2023-01-02T08:00:00Z", 5),
    "label twice": ("{Ny,Ny} 1@2023-01-02T08:00:00Z", None),
    "index 0": ("{Ny} 0@2023-01-02T08:00:00Z", None),
    "index too large": ("{Ny} 2@2023-01-02T08:00:00Z", None),
    "index huge": ("{Ny} 99999999999999999999@2023-01-02T08:00:00Z", None),
    "index negative": ("{Ny} -1@2023-01-02T08:00:00Z", 6),
    "no at": ("{Ny} 1 2023-01-02T08:00:00Z", None),
    "no time": ("{Ny} 1@", 8),
    "no zone": ("{Ny} 1@2023-01-02T08:00:00", 27),
    "date alone": ("{Ny} 1@2023-01-02", 18),
    "infinity": ("{Ny} 1@infinity", 8),
    "month 13": ("{Ny} 1@2023-13-02T08:00:00Z", None),
    "30 February": ("{Ny} 1@2023-02-30T08:00:00Z", None),
    "29 February 1900": ("{Ny} 1@1900-02-29T08:00:00Z", None),
    "hour 24": ("{Ny} 1@2023-01-02T24:00:00Z", None),
    "second 60": ("{Ny} 1@2023-01-02T08:00:60Z", None),
    "seven digits": ("{Ny} 1@2023-01-02T08:00:00.1234567Z", None),
    "year 0": ("{Ny} 1@0000-01-02T08:00:00Z", None),
    "year of three digits": ("{Ny} 1@999-01-02T08:00:00Z", None),
    "too early": ("{Ny} 1@4714-11-23T23:59:59.999999ZBC", None),
    "too late": ("{Ny} 1@294277-01-01T00:00:00Z", None),
    "far too late": ("{Ny} 1@999999999999-01-01T00:00:00Z", None),
    "offset too large": ("{Ny} 1@2023-01-02T08:00:00+99", None),
    "decreasing": ("{Ny} 1@2023-01-02T08:00:00Z 1@2023-01-02T07:59:59.999999Z", 29),
    "junk at the end": (GOOD_TRACE + " x", None),
    "null byte's escape": ("{Ny\x01} 1@x", None),
}


@pytest.mark.parametrize("fault", BAD_TRACES)
def test_bad_trace(db, fault):
    literal, character = BAD_TRACES[fault]
    error = failure(db, "SELECT %s::trace", (literal,))
    assert error.sqlstate == "22P02"
    assert "type trace" in message(error)
    assert literal[:20] in message(error)
    assert f"character {character if character else ''}" in message(error)


GOOD_GRAPH = "2 {Løst,Ny} 1(3,2,2,0,2) 2(2,2,1,2,0) 1-1(1,1,1:5) 2-1(2,2,1:60000000+3540000000)"

# Each is GOOD_GRAPH with one part replaced.
BAD_GRAPHS = {
    "no cases": ("2 {", "{"),
    "zero cases": ("2 {", "0 {"),
    "negative cases": ("2 {", "-2 {"),
    "too many cases": ("2 {", "99999999999999999999 {"),
    "labels out of order": ("{Løst,Ny}", "{Ny,Løst}"),
    "label twice": ("{Løst,Ny}", "{Ny,Ny}"),
    "label too many": ("{Løst,Ny}", "{Løst,Ny,Å}"),
    "activity missing": (" 2(2,2,1,2,0)", ""),
    "activity twice": ("2(2,2,1,2,0)", "1(3,2,2,0,2)"),
    "activity unknown": ("2(2,2,1,2,0)", "3(2,2,1,2,0)"),
    "frequency zero": ("1(3,2,2,0,2)", "1(0,0,0,0,0)"),
    "frequency too large": ("1(3,2,2,0,2)", "1(99999999999999999999,2,2,0,2)"),
    "case frequency above frequency": ("1(3,2,2,0,2)", "1(3,4,2,0,2)"),
    "case frequency above cases": ("1(3,2,2,0,2)", "1(3,3,1,0,2)"),
    "max per case above frequency": ("1(3,2,2,0,2)", "1(3,2,4,0,2)"),
    "max per case too small": ("1(3,2,2,0,2)", "1(3,2,1,0,2)"),
    "starts above cases": ("2(2,2,1,2,0)", "2(2,2,1,3,0)"),
    "ends above case frequency": ("1(3,2,2,0,2)", "1(3,2,2,0,3)"),
    "edge unknown": ("2-1(", "2-3("),
    "edge twice": ("2-1(2,2,1:60000000+3540000000)", "1-1(1,1,1:5)"),
    "durations too few": (":60000000+3540000000", ":60000000"),
    "durations too many": (":60000000+3540000000", ":60000000+3540000000+1"),
    "no durations": (":60000000+3540000000", ":"),
    "duration negative": (":5)", ":-5)"),
    "duration too large": (":5)", ":99999999999999999999)"),
    "duration's sum too large": (":60000000+3540000000", ":18446744073709551615+18446744073709551615"),
    "sketch of few": (":5)", ":5,25,5,5~5*1)"),
    "open bracket": (":5)", ":5"),
    "junk": (":5)", ":5) x"),
    "nothing": (GOOD_GRAPH, ""),
    "infinity": (":5)", ":infinity)"),
}


def test_good_graph(db):
    assert again(db, "dfg", [GOOD_GRAPH]) == [GOOD_GRAPH]


@pytest.mark.parametrize("fault", BAD_GRAPHS)
def test_bad_graph(db, fault):
    old, new = BAD_GRAPHS[fault]
    assert GOOD_GRAPH.count(old) == 1
    error = failure(db, "SELECT %s::dfg", (GOOD_GRAPH.replace(old, new),))
    assert error.sqlstate == "22P02"
    assert "type dfg" in message(error)
    assert "character " in message(error)


SKETCH = "1001,1,1001:{total},{squares},{low},{high}~{buckets}"


def sketch_of(durations, **changed):
    """The text of a graph with one self-loop of many durations, some of its sums changed."""
    steps = [("A", 0)]
    for duration in durations:
        steps.append(("A", steps[-1][1] + duration))
    graph = oracle.graph([oracle.Trace(tuple(steps))])
    text = oracle.graph_text(graph)
    head, sums = text.rsplit(":", 1)
    sums, *buckets = sums.rstrip(")").split("~")
    parts = dict(zip(("total", "squares", "low", "high"), sums.split(",")), buckets="~".join(buckets))
    parts.update({name: str(change(int(parts[name]))) for name, change in changed.items()})
    return f"{head}:{parts['total']},{parts['squares']},{parts['low']},{parts['high']}~{parts['buckets']})"


DURATIONS = [7 * n for n in range(1001)]


def test_sketch(db):
    text = sketch_of(DURATIONS)
    assert again(db, "dfg", [text]) == [text]


BAD_SKETCHES = {
    "min above its bucket": dict(low=lambda low: low + 1000),
    "max below its bucket": dict(high=lambda high: high // 2),
    "max above its bucket": dict(high=lambda high: high * 4),
    "total too small": dict(total=lambda total: 5),
    "total too large": dict(total=lambda total: total * 1000),
    "squares too small": dict(squares=lambda squares: 5),
    "squares too large": dict(squares=lambda squares: squares * 10**9),
    "total of a thousand digits": dict(total=lambda total: 10**1000),
    "total beyond 256 bits": dict(squares=lambda squares: 2**256),
}


@pytest.mark.parametrize("fault", BAD_SKETCHES)
def test_bad_sketch(db, fault):
    """Sums that no durations in the buckets can have."""
    error = failure(db, "SELECT %s::dfg", (sketch_of(DURATIONS, **BAD_SKETCHES[fault]),))
    assert error.sqlstate == "22P02"
    assert "type dfg" in message(error)


def test_value_through_a_table(db):
    """A value stored compressed or out of line is the same."""
    load(db, {0: ticket_log(5, cases=3000)})
    for statement in (
        "CREATE TEMP TABLE stored AS SELECT dfg_agg(case_id, activity, at, seq) AS g, trace_agg(activity, at, seq) "
        "AS t FROM ev",
        "ALTER TABLE stored ALTER g SET STORAGE EXTERNAL, ALTER t SET STORAGE EXTERNAL",
        "INSERT INTO stored SELECT g::text::dfg, t::text::trace FROM stored",
    ):
        db.execute(statement)
    assert rows(db, "SELECT count(DISTINCT g::text), count(DISTINCT t::text), count(DISTINCT g), count(DISTINCT t) "
                    "FROM stored") == [(1, 1, 1, 1)]
    assert value(db, "SELECT trace_length(t) FROM stored LIMIT 1") == value(db, "SELECT count(*) FROM ev")


def test_literals_in_another_session(scratch):
    """A session without the schema in its path reads and writes the same text."""
    with connect(scratch, search_path="public") as db:
        assert value(db, "SELECT %s::ticket_mining.trace::text", (GOOD_TRACE,)) == GOOD_TRACE
