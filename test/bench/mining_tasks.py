"""The tasks of the benchmark, each in as many ways as there are: on raw events, on stored traces, in plain SQL, in DuckDB."""

from dataclasses import dataclass

CALENDAR = "Europe/Copenhagen; Mo-Th 08:00-16:00; Fr 08:00-15:00; PH(DK) off"
DONE = ("Løst", "Løst m. mail", "Lukket")
SEGMENTS = {"Afventer bruger": "user", "Rykker sendt": "user", "Afventer leverandør": "blocked", "Afventer pakke": "blocked",
            "Løst": "stopped", "Løst m. mail": "stopped", "Lukket": "stopped"}  # fmt: skip


@dataclass(frozen=True)
class Task:
    name: str
    raw: str = None
    stored: str = None
    plain: str = None
    duckdb: str = None
    duckdb_sorted: str = None
    exact: int = 100  # so many columns are equal, what follows is within 1 %
    tidy: str = None  # runs before, in both, and is not measured


EDGES = """source, target, frequency, case_frequency, max_per_case, (total_seconds * 1000000)::bigint,
    extract(epoch FROM min) * 1000000, extract(epoch FROM max) * 1000000, extract(epoch FROM mean) * 1000000,
    extract(epoch FROM stddev) * 1000000, extract(epoch FROM median) * 1000000, extract(epoch FROM p90) * 1000000,
    extract(epoch FROM p95) * 1000000"""

# The durations of all steps, as a subquery.
PLAIN_STEPS = """(SELECT case_id, team, activity AS source, lead(activity) OVER w AS target,
        (extract(epoch FROM lead(at) OVER w - at) * 1000000)::bigint AS d
    FROM event WINDOW w AS (PARTITION BY case_id ORDER BY at)) s"""
DUCKDB_STEPS = """(SELECT case_id, team, activity AS source, lead(activity) OVER w AS target,
        epoch_us(lead(moment) OVER w) - epoch_us(moment) AS d
    FROM {event} WINDOW w AS (PARTITION BY case_id ORDER BY moment)) s"""


def plain_graph(keys):
    """Counts by case first, for the most in one; then the edges."""
    return f"""WITH step AS (SELECT * FROM {PLAIN_STEPS} WHERE target IS NOT NULL),
    counts AS (SELECT {keys}, max(n) AS most FROM (SELECT {keys}, case_id, count(*) AS n FROM step GROUP BY {keys}, case_id) c GROUP BY {keys})
    SELECT {keys}, count(*), count(DISTINCT case_id), max(most), sum(d)::bigint, min(d), max(d), avg(d), stddev_samp(d),
        (percentile_cont('{{0.5,0.9,0.95}}'::float8[]) WITHIN GROUP (ORDER BY d))
    FROM step JOIN counts USING ({keys}) GROUP BY {keys}"""


def duckdb_graph(keys, event="event"):
    """The fastest of five ways that were tried."""
    return f"""WITH step AS MATERIALIZED (SELECT * FROM {DUCKDB_STEPS.format(event=event)} WHERE target IS NOT NULL),
    counts AS (SELECT {keys}, count(*) AS cases, max(n) AS most
        FROM (SELECT {keys}, case_id, count(*) AS n FROM step GROUP BY {keys}, case_id) GROUP BY {keys}),
    durations AS (SELECT {keys}, count(*) AS n, sum(d) AS total, min(d) AS least, max(d) AS longest, avg(d) AS mean, stddev_samp(d) AS deviation,
        quantile_cont(d, [0.5, 0.9, 0.95]) AS percentiles FROM step GROUP BY {keys})
    SELECT {keys}, n, cases, most, total::BIGINT, least, longest, mean, deviation, percentiles FROM durations JOIN counts USING ({keys})"""


def segment_sums(steps, day, words):
    """Business time up to an instant is that of the days before, and what of its own day has passed."""
    label = " ".join(f"WHEN '{activity}' THEN '{segment}'" for activity, segment in SEGMENTS.items())
    return f"""SELECT segment, sum(b - a)::{words} / 1000000, sum(y.before + least(greatest(b - y.opens, 0), y.closes - y.opens)
            - x.before - least(greatest(a - x.opens, 0), x.closes - x.opens))::{words} / 1000000
        FROM (SELECT CASE activity {label} ELSE 'unknown' END AS segment, a, b FROM {steps}) s
        JOIN day x ON x.day = {day.format('a')} JOIN day y ON y.day = {day.format('b')} WHERE b > a GROUP BY segment ORDER BY segment"""


PLAIN_SPANS = """(SELECT activity, (extract(epoch FROM at) * 1000000)::bigint AS a, (extract(epoch FROM lead(at) OVER w) * 1000000)::bigint AS b
    FROM event WINDOW w AS (PARTITION BY case_id ORDER BY at)) t"""
DUCKDB_SPANS = """(SELECT activity, epoch_us(moment) AS a, epoch_us(lead(moment) OVER w) AS b
    FROM event WINDOW w AS (PARTITION BY case_id ORDER BY moment)) t"""

TRACES = "(SELECT case_id, trace_agg(activity, at) AS trace FROM event GROUP BY case_id) c"
MAP = "'{" + ", ".join(f'"{activity}": "{segment}"' for activity, segment in SEGMENTS.items()) + "}'"


def our_segment_sums(traces):
    return f"""SELECT segment, extract(epoch FROM sum(duration)), extract(epoch FROM sum(business_duration))
    FROM {traces}, trace_segments(trace, {MAP}, NULL, '{CALENDAR}') GROUP BY segment ORDER BY segment"""


DONE_LIST = ", ".join(f"'{activity}'" for activity in DONE)
DONE_ARRAY = "'{" + ",".join(DONE) + "}'"
MERGED = "SELECT {keys}, sum(frequency)::bigint, sum(case_frequency)::bigint, max(most), sum(total)::bigint, min(least), max(longest) FROM monthly GROUP BY {keys}"


def tasks(source, target):
    """All tasks; source and target are those of a rare edge."""
    edge = f"source = '{source}' AND target = '{target}'"
    return (
        Task(
            "graph", exact=8,
            raw=f"SELECT {EDGES} FROM (SELECT dfg_agg(case_id, activity, at) AS g FROM event) s, dfg_edges(g)",
            stored=f"SELECT {EDGES} FROM (SELECT dfg_agg(trace) AS g FROM traces) s, dfg_edges(g)",
            plain=plain_graph("source, target"), duckdb=duckdb_graph("source, target"),
            duckdb_sorted=duckdb_graph("source, target", "event_sorted"),
        ),
        Task(
            "graph by team", exact=9,
            raw=f"SELECT team, {EDGES} FROM (SELECT team, dfg_agg(case_id, activity, at) AS g FROM event GROUP BY team) s, dfg_edges(g)",
            stored=f"SELECT team, {EDGES} FROM (SELECT team, dfg_agg(trace) AS g FROM traces GROUP BY team) s, dfg_edges(g)",
            plain=plain_graph("team, source, target"), duckdb=duckdb_graph("team, source, target"),
        ),
        Task(
            "top 20 variants", exact=1,
            raw=f"""SELECT count(*) AS n FROM (SELECT trace_variant(trace) AS v FROM {TRACES}) x GROUP BY v ORDER BY n DESC LIMIT 20""",
            stored="""SELECT n FROM (SELECT count(*) AS n, min(case_id) AS case_id FROM traces GROUP BY trace_variant(trace)
                ORDER BY n DESC LIMIT 20) v JOIN LATERAL (SELECT trace_activities(trace) FROM traces t WHERE t.case_id = v.case_id) a ON true""",
            plain="""SELECT count(*) AS n FROM (SELECT string_agg(activity, ' → ' ORDER BY at) AS v FROM event GROUP BY case_id) x
                GROUP BY v ORDER BY n DESC LIMIT 20""",
            duckdb="""SELECT n FROM (SELECT v, count(*) AS n FROM (SELECT list(activity ORDER BY moment) AS v FROM event GROUP BY case_id)
                GROUP BY v ORDER BY n DESC LIMIT 20)""",
        ),
        Task(
            "reopened cases",
            raw=f"SELECT count(*) FROM {TRACES} WHERE trace_reopen_count(trace, {DONE_ARRAY}) > 0",
            stored=f"SELECT count(*) FROM traces WHERE trace_reopen_count(trace, {DONE_ARRAY}) > 0",
            plain=f"""SELECT count(DISTINCT case_id) FROM {PLAIN_STEPS} WHERE source IN ({DONE_LIST}) AND target NOT IN ({DONE_LIST})""",
            duckdb=f"""SELECT count(DISTINCT case_id) FROM {DUCKDB_STEPS.format(event='event')}
                WHERE source IN ({DONE_LIST}) AND target NOT IN ({DONE_LIST})""",
        ),
        Task(
            "segments with a calendar", exact=1,
            raw=our_segment_sums(TRACES), stored=our_segment_sums("traces"),
            plain=segment_sums(PLAIN_SPANS, "({} / 86400000000)", "float8"),
            duckdb=segment_sums(DUCKDB_SPANS, "({} // 86400000000)", "DOUBLE"),
        ),
        Task(
            "cases of a rare edge",
            raw=f"SELECT count(*), sum(case_id) FROM (SELECT DISTINCT case_id FROM {TRACES}, trace_steps(trace) WHERE {edge}) x",
            stored=f"""SELECT count(*), sum(case_id) FROM traces WHERE trace ~ '"{source}" -> "{target}"'""",
            plain=f"SELECT count(*), sum(case_id) FROM (SELECT DISTINCT case_id FROM {PLAIN_STEPS} WHERE {edge}) x",
            duckdb=f"SELECT count(*), sum(case_id)::BIGINT FROM (SELECT DISTINCT case_id FROM {DUCKDB_STEPS.format(event='event')} WHERE {edge})",
        ),
        Task(
            "build of stored traces", tidy="DROP TABLE IF EXISTS built",
            raw="CREATE TABLE built AS SELECT case_id, trace_agg(activity, at) AS trace FROM event GROUP BY case_id",
            plain="""CREATE TABLE built AS SELECT case_id, array_agg(activity ORDER BY at) AS activities, array_agg(at ORDER BY at) AS times
                FROM event GROUP BY case_id""",
            duckdb="""CREATE TABLE built AS SELECT case_id, list(activity ORDER BY moment) AS activities, list(moment ORDER BY moment) AS times
                FROM event GROUP BY case_id""",
        ),
        Task(
            "merge of monthly graphs", exact=8,
            stored=f"SELECT {EDGES} FROM (SELECT dfg_union_agg(g) AS g FROM graphs) s, dfg_edges(g)",
            plain=MERGED.format(keys="source, target"), duckdb=MERGED.format(keys="source, target").replace("::bigint", "::BIGINT"),
        ),
    )  # fmt: skip
