"""Every function against the oracle on many random logs, one kind of oddity at a time."""

from functools import lru_cache

import oracle
import pytest
from client import RAW, STORED, TRACES, by_log, graphs, load, longer, rows
from random_logs import KINDS, random_log

LOGS = longer(25, 200)
LOGS_OF_HUGE_GROUPS = longer(5, 20)


@lru_cache(maxsize=None)
def computed(kind):
    """The logs of a kind, their traces and their graphs, as the oracle gives them."""
    count = LOGS_OF_HUGE_GROUPS if kind == "huge groups" else LOGS
    events = {seed: random_log(kind, seed) for seed in range(count)}
    traces = {seed: oracle.traces(log) for seed, log in events.items()}
    return events, traces, {seed: oracle.graph(of_log.values()) for seed, of_log in traces.items()}


class Logs:
    """Some logs of one kind in a table, and what the oracle says of them."""

    def __init__(self, db, kind):
        self.db = db
        self.events, self.traces, self.graphs = computed(kind)
        load(db, self.events)

    def of_graphs(self, expected):
        """What a function of the oracle gives for every log that has an event."""
        return {seed: expected(graph) for seed, graph in self.graphs.items() if graph}

    def of_traces(self, expected):
        """The rows of a function of the oracle for every trace: log, case, then the rest."""
        return {
            seed: [(case, *row) for case in sorted(traces) for row in expected(traces[case])]
            for seed, traces in self.traces.items()
        }


@pytest.fixture(params=KINDS)
def logs(db, request):
    return Logs(db, request.param)


def same(found, expected):
    """Compares what was found by log; of a difference the first log is shown."""
    expected = {log: wanted for log, wanted in expected.items() if wanted}
    assert found.keys() == expected.keys()
    for log, wanted in expected.items():
        assert found[log] == wanted, f"log {log}"


def test_graph(logs):
    """One pass over events, and over traces: the text forms of the oracle, NULL without an event."""
    wanted = {log: graph and oracle.graph_text(graph) for log, graph in logs.graphs.items()}
    assert graphs(logs.db, RAW) == wanted
    stored = graphs(logs.db, STORED)
    assert stored == {log: wanted[log] for log in stored}
    assert stored.keys() >= {log for log, graph in logs.graphs.items() if graph}


def test_graph_without_seq(logs):
    traces = {
        log: oracle.traces(event._replace(seq=None) for event in events) for log, events in logs.events.items()
    }
    query = "SELECT log, dfg_agg(case_id, activity, at) AS g FROM ev GROUP BY log"
    wanted = {log: t and oracle.graph_text(oracle.graph(t.values())) or None for log, t in traces.items()}
    assert graphs(logs.db, query) == wanted


def test_edges(logs):
    found = by_log(logs.db, f"SELECT log, e.* FROM ({RAW.format('ev')}) x, dfg_edges(g) e")
    same(found, logs.of_graphs(oracle.edge_rows))


def test_activities(logs):
    found = by_log(logs.db, f"SELECT log, a.* FROM ({RAW.format('ev')}) x, dfg_activities(g) a")
    same(found, logs.of_graphs(oracle.activity_rows))


def test_cases_and_events(logs):
    found = by_log(logs.db, f"SELECT log, dfg_cases(g), dfg_events(g) FROM ({RAW.format('ev')}) x WHERE g IS NOT NULL")
    same(found, logs.of_graphs(lambda graph: [(graph.cases, oracle.event_count(graph))]))


def test_traces(logs):
    query = f"SELECT log, case_id, t::text FROM ({TRACES.format('ev')}) x WHERE t IS NOT NULL ORDER BY log, case_id"
    same(by_log(logs.db, query), logs.of_traces(lambda trace: [(oracle.trace_text(trace),)]))


def test_trace_events(logs):
    query = (f"SELECT log, case_id, e.* FROM ({TRACES.format('ev')}) x, trace_events(t) e "
             "ORDER BY log, case_id, event_no")
    same(by_log(logs.db, query), logs.of_traces(oracle.event_rows))


def test_trace_steps(logs):
    query = f"SELECT log, case_id, s.* FROM ({TRACES.format('ev')}) x, trace_steps(t) s ORDER BY log, case_id, step_no"
    same(by_log(logs.db, query), logs.of_traces(oracle.step_rows))


def test_trace_accessors(logs):
    query = f"""SELECT log, case_id, trace_activities(t), trace_length(t), trace_start(t), trace_end(t),
                       trace_duration(t), trace_collapse(t)::text
                FROM ({TRACES.format('ev')}) x WHERE t IS NOT NULL ORDER BY log, case_id"""
    same(by_log(logs.db, query), logs.of_traces(accessors))


def accessors(trace):
    start, end = trace.steps[0][1], trace.steps[-1][1]
    times = oracle.pg_time(start), oracle.pg_time(end), oracle.pg_interval(end - start)
    collapsed = oracle.trace_text(oracle.collapse(trace))
    return [(list(oracle.activities(trace)), len(trace.steps), *times, collapsed)]


def test_variants(logs):
    """trace_variant distinguishes variants just as the sequences of labels do."""
    query = f"""SELECT log, count(*), count(DISTINCT trace_activities(t) COLLATE "C")
                FROM ({TRACES.format('ev')}) x WHERE t IS NOT NULL GROUP BY log, trace_variant(t) ORDER BY log, 2"""
    wanted = {
        log: sorted((count, 1) for count in oracle.variants(traces.values()).values())
        for log, traces in logs.traces.items()
    }
    same(by_log(logs.db, query), wanted)


def test_reopenings(logs):
    """Two labels done, one of them an answer, one a note, whatever they are."""
    query = f"""SELECT log, case_id, r.* FROM ({TRACES.format('ev')}) x,
                       trace_reopenings(t, ARRAY['A', 'Løst', 'Løst m. mail'], ARRAY['Løst m. mail', 'A'], ARRAY['B', 'Ny']) r
                ORDER BY log, case_id, reopening_no"""
    kinds = {"A", "Løst", "Løst m. mail"}, {"Løst m. mail", "A"}, {"B", "Ny"}
    same(by_log(logs.db, query), logs.of_traces(lambda trace: oracle.reopening_rows(trace, *kinds)))


def test_reopen_and_repeat_counts(logs):
    query = f"""SELECT log, case_id, trace_reopen_count(t, ARRAY['A', 'C']), trace_reopen_count(t, '{{A,C}}', '{{B}}'),
                       trace_repeat_count(t, '{{A,C}}', '{{A}}'), trace_repeat_count(t, '{{A,C}}', '{{A}}', '{{B}}')
                FROM ({TRACES.format('ev')}) x WHERE t IS NOT NULL ORDER BY log, case_id"""
    same(by_log(logs.db, query), logs.of_traces(counts))


def counts(trace):
    done, answered, notes = {"A", "C"}, {"A"}, {"B"}
    reopened = (len(oracle.reopenings(trace, done, notes=n)) for n in ((), notes))
    repeats = (oracle.repeat_answers(trace, done, answered, n) for n in ((), notes))
    return [(*reopened, *repeats)]


def test_rows_in_any_order(logs):
    """The same bytes for the rows forwards, backwards and shuffled."""
    orders = ("log, at", "log, at DESC, activity DESC, seq DESC", "log, md5(ctid::text)")
    queries = [RAW.format(f"(SELECT * FROM ev ORDER BY {order}) s") for order in orders]
    first, *others = [rows(logs.db, f"SELECT log, g::text FROM ({query}) x ORDER BY log") for query in queries]
    assert all(other == first for other in others)
