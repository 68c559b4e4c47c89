"""The mined tables of a whole log, in plain Python: dimensions, variants, days, edges, graphs. See log_oracle."""

from collections import Counter, defaultdict
from fractions import Fraction
from itertools import accumulate

import holder_oracle
import oracle
from holder_oracle import NONE, UNKNOWN
from log_model import Activity, Team, day, instant, month, next_month
from test_variant_hash import variant
from timestamps import DAY, civil, day_number, utc

MONTH_OPEN_FOR = 30 * DAY
CUT_AFTER = 32000
MONTHS = {
    "en": "January February March April May June July August September October November December".split(),
    "da": "januar februar marts april maj juni juli august september oktober november december".split(),
}
WEEKDAYS = {
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(),
    "da": "mandag tirsdag onsdag torsdag fredag lørdag søndag".split(),
}


# ---- dimensions -------------------------------------------------------------------------------


def activity_rows(log):
    events = Counter(label for case in log.cases for label, _ in case.trace.steps)
    cases = Counter(label for case in log.cases for label in set(oracle.activities(case.trace)))
    labels = {label for label in log.labels_known() | set(events) if log.merged(label) == label}
    none = [] if NONE in labels else [_activity_row(NONE, Activity(kind=NONE), 0, 0)]
    return none + [_activity_row(label, log.activity(label), events[label], cases[label]) for label in sorted(labels)]


def _activity_row(label, known, events, cases):
    return {
        "activity": label, "label": label if known.label is None else known.label, "kind": known.kind,
        "is_done": int(known.kind in ("resolved", "closed")), "answers": int(known.answers), "is_start": int(known.is_start),
        "segment": known.segment, "event_count": events, "case_count": cases,
    }  # fmt: skip


def team_rows(log):
    seen = {event.activity for event in log.sources.assignments or () if event.activity is not None}
    known = {NONE: Team(role=NONE)} | {team: log.maps.teams.get(team, Team()) for team in (seen | set(log.maps.teams)) - {NONE}}
    return [
        {"team": team, "label": team if row.label is None else row.label, "role": row.role, "calendar": row.calendar and str(row.calendar)}
        for team, row in sorted(known.items())
    ]


def segment_rows(log):
    used = {log.activity(label).segment for label in log.maps.activities}
    names = {"us", "partner", UNKNOWN} | set(log.maps.segments) | used
    return [{"segment": name, "is_excluded": int(log.is_excluded(name))} for name in sorted(names)]


# ---- variants and edges -----------------------------------------------------------------------


def variant_rows(log):
    groups = defaultdict(list)
    for case in log.cases:
        groups[oracle.activities(case.trace)].append(case)
    ranked = sorted(groups, key=lambda labels: (-len(groups[labels]), len(labels), variant(labels)))
    sums = accumulate(len(groups[labels]) for labels in ranked)
    return [_variant_row(log, labels, groups[labels], rank, total) for rank, (labels, total) in enumerate(zip(ranked, sums), 1)]


def _variant_row(log, labels, cases, rank, total):
    return {
        "variant": str(variant(labels)), "activities": " → ".join(labels)[:CUT_AFTER], "length": len(labels), "cases": len(cases),
        "share": Fraction(len(cases), len(log.cases)), "cumulative_share": Fraction(total, len(log.cases)), "rank": rank,
        "example_case_id": max(cases, key=lambda case: (log.local(case.start), case.id)).id,
    }  # fmt: skip


def edge_stat_rows(log):
    traces = [case.trace for case in log.cases]
    graphs = {"elapsed": oracle.graph(traces), "business": business_graph(log, traces)}
    return [_edge_stat_row(clock, *pair, edge) for clock, graph in graphs.items() if graph for pair, edge in sorted(graph.edges.items())]


def _edge_stat_row(clock, source, target, edge):
    names = ("min", "max", "mean", "stddev", "median", "p90", "p95")
    return {
        "clock": clock, "source": source, "target": target, "scope": "whole log, not filterable", "frequency": edge.frequency,
        "case_frequency": edge.case_frequency, "max_per_case": edge.max_per_case, "total_seconds": sum(edge.durations),
        **{f"{name}_seconds": us for name, us in zip(names, oracle.edge_statistics(edge.durations))},
    }  # fmt: skip


# ---- dates ------------------------------------------------------------------------------------


def date_rows(log):
    """All days of the years of anything that has a date."""
    shown = [log.local(log.as_of)] + [log.local(at) for case in log.cases for at in _instants(case)]
    years = [civil(at // DAY)[0] for at in shown]
    first, last = day_number(min(years), 1, 1), day_number(max(years) + 1, 1, 1)
    working = _working_days(log, first, last)
    return [_date_row(log, date, int(date in working)) for date in range(first, last)]


def _instants(case):
    return [at for trace in (case.trace, case.teams, case.messages) if trace for _, at in trace.steps]


def _working_days(log, first, last):
    calendar = log.settings.calendar
    if calendar is None:
        return {date for date in range(first, last) if (date + 5) % 7 < 5}
    spans = calendar.openings((first - 2) * DAY, (last + 2) * DAY)
    return {date for b, e in spans for date in range(day(log.local(b)), day(log.local(e - 1)) + 1)}


def _date_row(log, date, is_working_day):
    year, month_no, of_month = civil(date)
    weekday, now = (date + 5) % 7, log.local(log.as_of)
    iso_year, iso_week = iso_week_of(date)
    return {
        "date": date, "year": year, "quarter": (month_no + 2) // 3, "month": month(date * DAY), "month_no": month_no,
        "month_en": MONTHS["en"][month_no - 1], "month_da": MONTHS["da"][month_no - 1], "iso_year": iso_year, "iso_week": iso_week,
        "day_of_month": of_month, "weekday_no": weekday + 1, "weekday_en": WEEKDAYS["en"][weekday], "weekday_da": WEEKDAYS["da"][weekday],
        "is_working_day": is_working_day, "is_past": int((date + 1) * DAY <= now),
        "is_month_final": int(instant(log.settings.zone, next_month(month(date * DAY)) * DAY) + MONTH_OPEN_FOR <= log.as_of),
    }  # fmt: skip


def iso_week_of(date):
    """The year and the number of the week: those of its Thursday."""
    thursday = date - (date + 5) % 7 + 3
    year = civil(thursday)[0]
    return year, (thursday - day_number(year, 1, 1)) // 7 + 1


# ---- graphs -----------------------------------------------------------------------------------


def month_text(first):
    return "%04d-%02d" % civil(first)[:2]


def cohort_month(case, at):
    return "unresolved" if at is None else month_text(month(case.log.local(at)))


def graph_rows(log):
    cohorts = {"created": lambda case: case.start, "resolved": lambda case: case.first_resolved_at}
    groups = defaultdict(list)
    for name, at in cohorts.items():
        for case in log.cases:
            groups[name, cohort_month(case, at(case))].append(case.trace)
    return [_graph_row(log, *key, traces) for key, traces in sorted(groups.items())]


def _graph_row(log, cohort, month, traces):
    business = business_graph(log, traces)
    business = business and f"{oracle.quoted(str(log.settings.calendar))} {oracle.graph_text(business)}"
    return {"cohort": cohort, "month": month, "graph": oracle.graph_text(oracle.graph(traces)), "business_graph": business}


def business_graph(log, traces):
    """None without a calendar."""
    calendar = log.settings.calendar
    return calendar and oracle.graph(holder_oracle.in_business_time(trace, calendar, utc(2020)) for trace in traces)


LOG_TABLES = {
    "activities": activity_rows, "teams": team_rows, "segments": segment_rows, "variants": variant_rows, "dates": date_rows,
    "edge_stats": edge_stat_rows, "graphs": graph_rows,
}  # fmt: skip
