"""The pages: what is in their data, against the tables and traces of their log."""

import os
import re
import subprocess
import tempfile
from pathlib import Path

import oracle
import pytest
from client import ROOT, connect, failure, longer, rows, some, value
from page_data import Log, data_of, page
from psycopg import sql
from random_desk import Desk, create
from random_values import random_graphs
from small_log import SOURCES, create_desk, refresh
from timestamps import pg_time

US = "(extract(epoch FROM {}) * 1000000)::bigint - 946684800000000"
DESKS = longer(8, 400)


# ---- a graph -----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(longer(3, 30)))
def test_graph(db, seed):
    for graph in random_graphs(f"page {seed}", 15):
        text = oracle.graph_text(graph)
        data = data_of(db, f"process_map_html('{text.replace(chr(39), 2 * chr(39))}'::ticket_mining.dfg)")
        assert (data["form"], data["cases"], data["events"], data["calendar"]) == ("graph", graph.cases, oracle.event_count(graph), None)
        activities, edges = data["activities"], data["edges"]
        assert list(zip(*activities.values())) == oracle.activity_rows(graph)
        names = activities["activity"]
        told = list(zip(*edges.values()))
        assert [(names[source], names[target], *rest[:3]) for source, target, *rest in told] == [row[:5] for row in oracle.edge_rows(graph)]
        for (*_, total, least, most, mean, deviation, median, p90, p95), edge in zip(told, (graph.edges[pair] for pair in sorted(graph.edges, key=oracle.edge_key))):
            wanted = [sum(edge.durations), *oracle.edge_statistics(edge.durations)]
            for seconds, us in zip((total, least, most, mean, deviation, median, p90, p95), wanted, strict=True):
                assert us is None and seconds is None or seconds == pytest.approx(us / 10**6, rel=1e-15, abs=1e-6)


def test_graph_in_business_time(db):
    data = data_of(db, "process_map_html(ticket_mining.dfg_agg(ticket_mining.trace('{A,B}', '{2023-03-01Z,2023-03-02Z}'::timestamptz[]), 'UTC; Mo-Fr 08:00-16:00'), '{\"A\": [1, -2.5]}', 'da', 'Kort')")
    assert (data["calendar"], data["positions"], data["language"], data["title"]) == ("UTC; Mo-Fr 08:00-16:00", {"A": [1, -2.5]}, "da", "Kort")
    assert data["edges"]["median"] == [28800]


def test_defaults_of_a_graph(db):
    assert value(db, "SELECT process_map_html(NULL)") is None
    for language, title in (("en", "Process map"), ("da", "Proceskort")):
        data = data_of(db, f"process_map_html('1 {{A}} 1(1,1,1,1,1)', language => '{language}')")
        assert (data["version"], data["title"], data["positions"], data["edges"]["source"]) == (1, title, None, [])


def refused(error, state, said):
    """That an argument is refused with this error, whose context shows the way to it in few lines, and no statement of ours but the call."""
    assert (error.sqlstate, error.diag.message_primary) == (state, said)
    context = error.diag.context.splitlines()
    assert len(context) <= 3, context
    shown = [line for line in context if line.startswith("SQL ")]
    assert all(re.fullmatch(r'SQL statement "SELECT [\w.]+\([\w, ]*\)"', line) for line in shown), context


@pytest.mark.parametrize("call", ("process_map_html('1 {A} 1(1,1,1,1,1)', ", "report_html('desk', "))
@pytest.mark.parametrize("arguments, said", [
    ("language => 'de'", 'no language "de" of a map'),
    ("language => NULL", 'no language "" of a map'),
    ("positions => '[]'", "positions must be a JSON object"),
    ("positions => '{\"A\": [1]}'", 'the position of "A" is not a pair of numbers below a million'),
    ("positions => '{\"B\": [1, 2], \"A\": [1, 2, 3]}'", 'the position of "A" is not a pair of numbers below a million'),
    ("positions => '{\"A\": [1, \"2\"]}'", 'the position of "A" is not a pair of numbers below a million'),
    ("positions => '{\"A\": {\"x\": 1}}'", 'the position of "A" is not a pair of numbers below a million'),
    ("positions => '{\"A\": [1, 1e999]}'", 'the position of "A" is not a pair of numbers below a million'),
])  # fmt: skip
def test_errors_of_pages(db, call, arguments, said):
    refused(failure(db, f"SELECT {call}{arguments})"), "22023", said)


# ---- a log, against its tables and traces -------------------------------------------------------


@pytest.fixture(scope="module")
def desks(databases, template):
    """A database for logs of random desks, each in a schema of its own."""
    with connect(databases.create(template)) as db:
        yield db


def refreshed(db, desk, log):
    create(db, desk, f"{log}_source", log)
    db.execute(f"CALL ticket_mining.refresh('{log}', '{pg_time(desk.as_of)}')")


@pytest.mark.parametrize("seed", range(DESKS))
def test_random_desk(desks, seed):
    """All that a page says of a log is what its tables and traces say; the desks have odd labels, microseconds, nights when the clock changes."""
    log = f"desk_{seed}"
    refreshed(desks, Desk(f"page {seed}"), log)
    found = Log(data_of(desks, f"report_html('{log}', attributes => {every_attribute(desks, log)})"))
    check_head(desks, log, found)
    check_dictionaries(desks, log, found)
    keys = check_cases(desks, log, found)
    check_attributes(desks, log, found, keys)
    check_events(desks, log, found, keys)
    check_reopenings(desks, log, found, keys)
    check_team_visits(desks, log, found, keys)
    check_holds(desks, log, found, keys)
    check_messages(desks, log, found, keys)


def attribute_columns(db, log):
    return rows(db, """SELECT attname, format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0
                       AND attname NOT IN (SELECT column_name FROM mined_columns WHERE table_name = 'cases') ORDER BY attnum""", (f"{log}.cases",))  # fmt: skip


def every_attribute(db, log):
    names = ", ".join("'" + name.replace("'", "''") + "'" for name, _ in attribute_columns(db, log))
    return f"ARRAY[{names}]::text[]"


def check_head(db, log, found):
    data = found.data
    as_of, zone, hours, url = rows(db, f"SELECT {US.format('as_of')}, time_zone, calendar, case_url FROM {log}.status")[0]
    assert (data["version"], data["form"], data["log"], data["title"], data["chain"]) == (1, "log", log, log, "[]")
    assert (found.local(found.at(data["as_of"])), data["time_zone"]["name"], data["case_url"]) == (as_of, zone, url)
    assert (data["calendar"] and data["calendar"]["text"]) == hours
    if hours:
        longest = rows(db, f"""SELECT extract(epoch FROM business_duration(%s, date::timestamp AT TIME ZONE %s, (date + 1)::timestamp AT TIME ZONE %s)) FROM {log}.dates""", (hours, zone, zone))
        lengths = [float(seconds) for (seconds,) in longest if seconds]
        most = max((lengths.count(length), length) for length in set(lengths)) if lengths else (0, None)
        assert data["calendar"]["workday_seconds"] == most[1]
    assert data["sample"] == {"cases": value(db, f"SELECT count(*) FROM {log}.cases"), "limit": 20000} and data["cohort"] is None
    names = ("finding", "subject", "number", "unit", "base", "meaning")
    assert [tuple(line[name] for name in names) for line in data["quality"]] == rows(db, f"SELECT {', '.join(names)} FROM {log}.quality ORDER BY line")


def check_dictionaries(db, log, found):
    activities, teams, segments = (found.data[name] for name in ("activities", "teams", "segments"))
    told = zip(activities["activity"], activities["label"], activities["kind"], activities["answers"], activities["is_start"],
               (segments["segment"][i] for i in activities["segment"]))  # fmt: skip
    assert list(told) == rows(db, f"SELECT activity, label, kind, answers, is_start, segment FROM {log}.activities WHERE kind <> 'none' ORDER BY activity COLLATE \"C\"")
    assert list(zip(*teams.values())) == rows(db, f'SELECT team, label, role FROM {log}.teams ORDER BY team COLLATE "C"')
    assert list(zip(*segments.values())) == rows(db, f'SELECT segment, is_excluded FROM {log}.segments ORDER BY segment COLLATE "C"')


def check_cases(db, log, found):
    """The figures of the cases, newest first; gives their keys."""
    cases, teams = found.data["cases"], found.data["teams"]["team"]
    ids = cases["id"] or cases["no"]
    keys = dict(rows(db, f"SELECT case_id::text, case_key FROM {log}.cases"))
    assert len(ids) == len(keys) == len(set(ids))
    assert found.created == sorted(found.created, reverse=True)
    variants = found.data["variants"]["variant"]
    for n, case in enumerate(ids):
        times = [found.local(found.after(n, cases[name][n])) for name in ("first_resolved", "resolved", "closed")]
        told = (cases["no"][n], variants[cases["variant"][n]], found.local(found.created[n]), *times, cases["is_open"][n], cases["is_cut_off"][n],
                cases["repeat_answers"][n], *(teams[cases[name][n]] for name in ("first_team", "resolving_team", "current_team")), cases["handovers"][n],
                cases["landing"][n], cases["is_returned_by_partner"][n], cases["is_ping_pong"][n])  # fmt: skip
        moments = ", ".join(US.format(name) for name in ("created_at", "first_resolved_at", "resolved_at", "closed_at"))
        assert [told] == rows(db, f"""SELECT case_no, variant, {moments}, is_open, is_cut_off, repeat_answer_count, first_team, resolving_team, current_team, handover_count,
                                             landing, is_returned_by_partner, is_ping_pong FROM {log}.cases WHERE case_key = %s""", (keys[case],))  # fmt: skip
    return [keys[case] for case in ids]


def check_attributes(db, log, found, keys):
    columns = attribute_columns(db, log)
    told = found.data["cases"]["attributes"]
    assert [attribute["name"] for attribute in told] == [name for name, _ in columns]
    for attribute, (name, kind) in zip(told, columns):
        assert len(set(attribute["values"])) == len(attribute["values"])
        assert attribute["type"] in {"text": ["text"], "date": ["date"], "timestamp without time zone": ["time"], "smallint": ["number", "boolean"]}.get(kind, ["number"])
        shown = {"date": "to_char({}, 'YYYY-MM-DD')", "time": "to_jsonb({}) #>> '{{}}'", "boolean": "({} = 1)::text"}.get(attribute["type"], "{}::text").format('"' + name.replace('"', '""') + '"')
        wanted = dict(rows(db, f"SELECT case_key, {shown} FROM {log}.cases"))
        assert [attribute["values"][i] if i >= 0 else None for i in attribute["value"]] == [wanted[key] for key in keys]


def check_events(db, log, found, keys):
    """The true instants of the traces, which readers cannot read; business time of the table."""
    wanted = {}
    for key, activity, at in rows(db, f"SELECT case_key, activity, {US.format('at')} FROM {log}.traces, trace_events(trace) ORDER BY case_key, event_no"):
        wanted.setdefault(key, []).append((activity, at))
    events = found.events()
    known = [key for key, told in zip(keys, wanted) if unambiguous(db, log, wanted[key])]
    for key, told in zip(keys, events):
        if key in known or unambiguous(db, log, wanted[key]):
            assert told == wanted[key]
        assert [(label, at - told[0][1]) for label, at in told] == [(label, at - wanted[key][0][1]) for label, at in wanted[key]]
    business = dict(rows(db, f"SELECT case_key, array_agg(business_seconds_to_next ORDER BY event_no) FROM {log}.events GROUP BY case_key"))
    if found.data["calendar"]:
        seconds = [s for key in keys for s in (0, *business[key][:-1])]
        assert [found.length(ticks) for ticks in found.data["events"]["business_since"]] == [round(s * 10**6) for s in seconds]
    else:
        assert found.data["events"]["business_since"] is None


def unambiguous(db, log, events):
    """Whether some event of the case is at a time that the clock shows once: else nobody can tell from the tables when it was."""
    zone = value(db, f"SELECT time_zone FROM {log}.settings")
    shown_once = """SELECT count(*) FROM unnest(%s::bigint[]) us, LATERAL (SELECT '2000-01-01Z'::timestamptz + us * interval '1 microsecond') t (at)
                    WHERE NOT EXISTS (SELECT FROM generate_series(-24, 24) n, LATERAL (SELECT at + n * interval '15 minutes') o (other) WHERE n <> 0 AND (other AT TIME ZONE %s) = (at AT TIME ZONE %s))"""
    return value(db, shown_once, ([at for _, at in events], zone, zone)) > 0


def table(db, log, name, number, columns):
    """The rows of a mined table by case."""
    found = {}
    for key, *row in rows(db, f"SELECT case_key, {columns} FROM {log}.{name} ORDER BY case_key, {number}"):
        found.setdefault(key, []).append(tuple(row))
    return found


def us(seconds):
    return None if seconds is None else round(seconds * 10**6)


def check_reopenings(db, log, found, keys):
    labels = [*found.data["activities"]["activity"], "none"]
    moments = [US.format(name) for name in ("done_at", "reopened_at", "done_again_at")]
    wanted = table(db, log, "reopenings", "reopening_no", f"{', '.join(moments)}, done_as, reopened_as, done_again_as, outcome")
    for n, (key, told, events) in enumerate(zip(keys, found.lists("reopenings"), found.events(), strict=True)):
        instants = [[found.after(n, row[name]) for name in ("done_at", "reopened_at", "done_again_at")] for row in told]
        assert {at for row in instants for at in row} <= {at for _, at in events} | {None}
        assert [(*map(found.local, at), labels[row["done_as"]], labels[row["reopened_as"]], labels[row["done_again_as"]], row["outcome"])
                for at, row in zip(instants, told)] == wanted.get(key, [])  # fmt: skip


def check_team_visits(db, log, found, keys):
    teams = found.data["teams"]["team"]
    names = ("elapsed", "own", "business_elapsed", "business_own")
    wanted = table(db, log, "team_visits", "visit_no", f"team, {US.format('from_at')}, {US.format('to_at')}, outcome, " + ", ".join(f"{name}_seconds" for name in names))
    for n, (key, told) in enumerate(zip(keys, found.lists("team_visits"), strict=True)):
        assert [(teams[row["team"]], found.local(found.after(n, row["from_at"])), found.local(found.after(n, row["to_at"])), row["outcome"],
                 *(found.length(row.get(name)) for name in names)) for row in told] == [(*row[:4], *map(us, row[4:])) for row in wanted.get(key, [])]  # fmt: skip


def check_holds(db, log, found, keys):
    """Those of cases that are cut off have lengths here, which add up as the others do."""
    segments = found.data["segments"]["segment"]
    wanted = table(db, log, "segment_visits", "visit_no", "segment, seconds, business_seconds")
    as_of, is_open = found.at(found.data["as_of"]), found.data["cases"]["is_open"]
    for n, (key, told, events) in enumerate(zip(keys, found.lists("holds"), found.events(), strict=True)):
        assert [segments[row["segment"]] for row in told] == [row[0] for row in wanted.get(key, [])]
        if not found.data["cases"]["is_cut_off"][n]:
            assert [(found.length(row["duration"]), found.length(row.get("business_duration"))) for row in told] == [(us(a), us(b)) for _, a, b in wanted.get(key, [])]
        elif unambiguous(db, log, events):
            end = as_of if is_open[n] else found.after(n, found.data["cases"]["resolved"][n])
            assert sum(found.length(row["duration"]) for row in told) == end - found.created[n]


def check_messages(db, log, found, keys):
    wanted = table(db, log, "messages", "message_no", f"{US.format('at')}, direction")
    directions = ("in", "out", "internal", "auto")
    for n, (key, told) in enumerate(zip(keys, found.lists("messages"), strict=True)):
        assert [found.local(found.after(n, row["at"])) for row in told] == [at for at, _ in wanted.get(key, [])]
        assert [directions[row["direction"]] if row["direction"] < 4 else None for row in told] == [d if d in directions else None for _, d in wanted.get(key, [])]


# ---- a small desk: cohorts, samples, attributes, rights -----------------------------------------


@pytest.fixture(scope="module")
def small(databases, template):
    """A database with a small log; tests leave it as it is."""
    with connect(databases.create(template)) as db:
        create_desk(db)
        refresh(db)
        yield db


@pytest.mark.parametrize("seed", range(longer(3, 60)))
def test_cohorts(desks, seed):
    """Whole months, against case_months; and periods without one end."""
    log = f"cohort_{seed}"
    refreshed(desks, Desk(f"cohort {seed}"), log)
    zone = value(desks, f"SELECT time_zone FROM {log}.settings")
    for cohort in ("created", "resolved", "closed", "active"):
        months = rows(desks, f"SELECT month::text, (month + interval '1 month')::date::text, array_agg(case_id::text) FILTER (WHERE is_{cohort} = 1) FROM {log}.case_months GROUP BY month ORDER BY month")
        for first, last, wanted in some(months, 4):
            data = data_of(desks, f"report_html('{log}', '{cohort}', '{first}', '{last}')")
            assert sorted(data["cases"]["id"] or data["cases"]["no"]) == sorted(wanted or []), (cohort, first)
            assert data["sample"]["cases"] == len(wanted or [])
            begins, ends = (round(value(desks, "SELECT extract(epoch FROM %s::timestamp AT TIME ZONE %s)", (day, zone)) * data["ticks_per_second"]) for day in (first, last))
            assert data["cohort"] == {"kind": cohort, "from_at": begins, "to_at": ends}
        every = {case for *_, wanted in months for case in wanted or ()}
        data = data_of(desks, f"report_html('{log}', '{cohort}')")
        assert set(data["cases"]["id"] or data["cases"]["no"]) == every and data["cohort"] == {"kind": cohort, "from_at": None, "to_at": None}


def test_sample(small):
    """Beyond the limit a part of the cases, always the same; all figures are about these alone."""
    whole, part = (data_of(small, f"report_html('desk', max_cases => {limit})") for limit in (40, 7))
    assert (whole["sample"], part["sample"]) == ({"cases": 40, "limit": 40}, {"cases": 40, "limit": 7})
    assert len(part["cases"]["no"]) == 7 and set(part["cases"]["no"]) < set(whole["cases"]["no"])
    assert [no for no in whole["cases"]["no"] if no in part["cases"]["no"]] == part["cases"]["no"]
    assert part == data_of(small, "report_html('desk', max_cases => 7)")
    assert len(part["events"]["since"]) == value(small, "SELECT count(*) FROM desk.events JOIN desk.cases USING (case_key) WHERE case_no = ANY (%s)", (part["cases"]["no"],))


def test_what_the_caller_has_set_changes_nothing(small):
    html = page(small, "report_html('desk')")[0]
    for name, setting in (("DateStyle", "'German, DMY'"), ("IntervalStyle", "'sql_standard'"), ("extra_float_digits", "-15"), ("TimeZone", "'Asia/Kolkata'"), ("search_path", "pg_catalog"),
                          ("enable_hashjoin", "off"), ("enable_sort", "off"), ("max_parallel_workers_per_gather", "4"), ("plan_cache_mode", "'force_generic_plan'")):  # fmt: skip
        with connect(small.info.dbname) as other:
            other.execute(f"SET {name} = {setting}")
            assert page(other, "report_html('desk')")[0] == html, name


def test_attributes(own_db):
    """Those that by their names identify somebody, and those of many values, only if they are asked for."""
    create_desk(own_db)
    personal = ("agent", "RequesterName", "end_user", "sagsbehandler", "e_mail", "telefon", "navn", "full_name", "subject", "title", "Beskrivelse", "created_by_user")
    harmless = ("category", "service_name", "department", "channel", "kanal", "afdeling")
    for name in (*personal, *harmless):
        own_db.execute(f'ALTER TABLE src.cases ADD "{name}" text DEFAULT \'x\'')
    own_db.execute("ALTER TABLE src.cases ADD is_vip boolean, ADD serial text")
    own_db.execute("UPDATE src.cases SET is_vip = case_id % 2 = 0, serial = case_id")
    refresh(own_db)
    told = data_of(own_db, "report_html('desk')")["cases"]["attributes"]
    assert [attribute["name"] for attribute in told] == ["priority", *harmless, "is_vip", "serial"]
    assert [attribute["type"] for attribute in told if attribute["name"] in ("priority", "is_vip", "serial")] == ["number", "boolean", "text"]
    asked = data_of(own_db, "report_html('desk', attributes => '{agent,priority}')")["cases"]["attributes"]
    assert [attribute["name"] for attribute in asked] == ["priority", "agent"]
    assert data_of(own_db, "report_html('desk', attributes => '{}')")["cases"]["attributes"] == []
    own_db.execute("INSERT INTO src.events SELECT n, 'Ny', '2023-01-01Z', 0 FROM generate_series(1000, 1500) n")
    own_db.execute("INSERT INTO src.cases (case_id, serial, priority) SELECT n, n, n FROM generate_series(1000, 1500) n")
    refresh(own_db)
    assert {"serial", "priority"}.isdisjoint(a["name"] for a in data_of(own_db, "report_html('desk')")["cases"]["attributes"])
    assert len(data_of(own_db, "report_html('desk', attributes => '{serial}')")["cases"]["attributes"][0]["values"]) == 541


def test_names(own_db):
    """A log and attributes whose names mean something elsewhere."""
    own_db.execute(SOURCES)
    names = ("zone", "ticks", "cases", "began", "log", "folds", "number", "n", "k", "c", "since", "until", "value", "label", "after", "at", "cohort", "max_cases", "label_column",
             "cohort_cases", "attributes", "hours", "is_business", "kind", 'a "quoted" % name', "events", "from_date", "Case", "type", "column_name", "counts", "finest")  # fmt: skip
    for name in names:
        own_db.execute(sql.SQL("ALTER TABLE src.cases ADD {} text DEFAULT 'x'").format(sql.Identifier(name)))
    create = "CALL create_log('Log \"x\"''s', 'src.events', 'src.assignments', 'src.messages', 'src.cases', time_zone => 'Europe/Copenhagen')"
    own_db.execute(create)
    own_db.execute("CALL refresh('Log \"x\"''s', '2023-06-01Z')")
    for cohort in ("NULL", "'created'", "'resolved'", "'closed'", "'active'"):
        data = data_of(own_db, f"report_html('Log \"x\"''s', {cohort}, max_cases => 30)")
        assert [attribute["name"] for attribute in data["cases"]["attributes"]] == ["priority", *names]
        assert data["log"] == "Log \"x\"'s"


@pytest.mark.parametrize("arguments, state, said", [
    ("'desk', 'begun'", "22023", 'no cohort "begun"'),
    ("'desk', NULL, '2023-01-01'", "22023", "a period needs a cohort"),
    ("'desk', 'created', '2023-02-01', '2023-02-01'", "22023", "the period ends on 2023-02-01, before it begins on 2023-02-01"),
    ("'desk', 'created', '-infinity'", "22008", "a period cannot be infinite"),
    ("'desk', 'created', '0001-12-31 BC'", "22008", "a period lies in the years 1 to 9999"),
    ("'desk', 'active', NULL, '10000-01-01'", "22008", "a period lies in the years 1 to 9999"),
    ("'desk', 'closed', '300000-01-01'", "22008", "a period lies in the years 1 to 9999"),
    ("'desk', max_cases => 0", "22023", "max_cases must be from 1 to 1000000, not 0"),
    ("'desk', max_cases => NULL", "22023", "max_cases must be from 1 to 1000000, not "),
    ("'desk', attributes => '{priority,missing}'", "42703", 'the cases of log "desk" have no attribute "missing"'),
    ("'desk', attributes => '{case_id}'", "42703", 'the cases of log "desk" have no attribute "case_id"'),
    ("'desk', attributes => '{NULL}'", "22004", "attributes must not contain nulls"),
    ("'desk', filter => '{}'", "22023", "a filter must be a JSON array of steps"),
    ("'desk', filter => '[{\"drop_events\": [\"Ny\"]}, {\"keep_cases\": {\"length_over\": \"x\"}}]'", "22023", "filter step 2, keep_cases.length_over: must be a number of events: an integer from 0 to 2147483647"),
    ("'desk', filter => '[{\"keep_cases\": {\"attribute\": {\"missing\": [1]}}}]'", "42703", 'the cases of log "desk" have no attribute "missing"'),
    ("'nowhere'", "42704", 'log "nowhere" does not exist'),
    ("NULL", "42704", 'log "" does not exist'),
    ("'src'", "42704", 'log "src" does not exist'),
])  # fmt: skip
def test_errors_of_reports(small, arguments, state, said):
    refused(failure(small, f"SELECT report_html({arguments})"), state, said)


def test_never_refreshed(own_db):
    create_desk(own_db)
    refused(failure(own_db, "SELECT report_html('desk')"), "55000", 'log "desk" was never refreshed')


def test_masked_events(own_db):
    """Where a log says that no edge goes from an event to the next one there is a break; all else is as before."""
    create_desk(own_db)
    refresh(own_db)
    before = Log(data_of(own_db, "report_html('desk')"))
    masked = "UPDATE desk.events SET next_activity = 'none', seconds_to_next = NULL, business_seconds_to_next = NULL WHERE event_no = 2 AND case_id IN (8, 12)"
    own_db.execute(masked)
    after = Log(data_of(own_db, "report_html('desk')"))
    assert after.events() == before.events() and after.data["events"]["business_since"] == before.data["events"]["business_since"]
    for number, sequence, plain in zip(after.data["cases"]["no"], after.sequences(), before.sequences(), strict=True):
        assert sequence == ([*plain[:2], None, *plain[2:]] if number in ("IR8", "IR12") else plain)
    for part in ("reopenings", "team_visits", "holds", "messages"):
        assert after.data[part] == before.data[part]


def test_edited_and_not_refreshed(own_db):
    """A calendar that the figures do not follow yet, or no longer follow, does not count."""
    create_desk(own_db)
    own_db.execute("UPDATE desk.settings SET calendar = NULL")
    refresh(own_db)
    before = data_of(own_db, "report_html('desk')")
    for calendar in ("'UTC; Mo-Fr 08:00-16:00'", "NULL"):
        own_db.execute(f"UPDATE desk.settings SET calendar = {calendar}")
        data = data_of(own_db, "report_html('desk')")
        assert (data["calendar"], data["events"]["business_since"], data["holds"]["business_duration"], data["team_visits"]["business_own"]) == (None,) * 4
        assert data == before


def test_empty_log(own_db):
    """Of no cases, and of a cohort that has none."""
    create_desk(own_db)
    refresh(own_db, as_of="2022-01-01Z")
    for call in ("report_html('desk')", "report_html('desk', 'created', '2023-01-01', '2023-02-01')"):
        data = data_of(own_db, call)
        assert data["sample"]["cases"] == 0
        lists = [entry for part in ("cases", "variants", "events", "reopenings", "team_visits", "holds", "messages") for entry in data[part].values()]
        assert all(entry in ([], None) or entry[0]["values"] == [] for entry in lists)


def test_rights(own_db, role):
    """A role that may read the tables of the log may have the page; a superuser says whose rights count."""
    create_desk(own_db)
    refresh(own_db)
    with connect(own_db.info.dbname) as other:
        other.execute(f"SET ROLE {role}")
        refused(failure(other, "SELECT report_html('desk')"), "42501", 'permission denied for log "desk"')
        own_db.execute(f"CALL grant_reader('desk', '{role}')")
        html = page(own_db, "report_html('desk')")[0]
        other.execute("SET default_transaction_read_only = on")
        assert page(other, "report_html('desk')")[0] == html
        own_db.execute(f"REVOKE SELECT ON desk.team_visits, desk.status FROM {role}")
        refused(failure(other, "SELECT report_html('desk')"), "42501", 'permission denied for table "status" of log "desk"')
    own_db.execute(f"GRANT CREATE ON DATABASE {own_db.info.dbname} TO {role}; ALTER SCHEMA desk OWNER TO {role}")
    own_db.execute(f"ALTER TABLE desk.settings OWNER TO {role}; ALTER TABLE desk.refreshes OWNER TO {role}; ALTER TABLE desk.case_months OWNER TO {role}")
    refused(failure(own_db, "SELECT report_html('desk')"), "42501", f'log "desk" belongs to role "{role}"')
    own_db.execute(f"REASSIGN OWNED BY {role} TO CURRENT_USER; DROP OWNED BY {role}")


# Names that a page uses, taken by whoever may create in the schema of a log: every function of the layer with its
# arguments, and what matches better than something of PostgreSQL that takes any type.
TRAPS = """
    CREATE FUNCTION desk.trap() RETURNS void LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'trapped'; END$$;
    CREATE FUNCTION desk.within(timestamp, tsmultirange) RETURNS boolean LANGUAGE sql AS 'SELECT desk.trap(); SELECT true';
    CREATE OPERATOR desk.<@ (FUNCTION = desk.within, LEFTARG = timestamp, RIGHTARG = tsmultirange);
    CREATE FUNCTION desk.unnest(bigint[]) RETURNS SETOF bigint LANGUAGE sql AS 'SELECT desk.trap(); SELECT 1::bigint';
    CREATE FUNCTION desk.cardinality(bigint[]) RETURNS integer LANGUAGE sql AS 'SELECT desk.trap(); SELECT 1';
    CREATE FUNCTION desk.array_position(text[], text) RETURNS integer LANGUAGE sql AS 'SELECT desk.trap(); SELECT 1';
    CREATE FUNCTION desk.first(text, text) RETURNS text LANGUAGE sql AS 'SELECT desk.trap(); SELECT $1';
    CREATE AGGREGATE desk.array_agg(text) (SFUNC = desk.first, STYPE = text);
    CREATE FUNCTION desk.json_build_object(text, json, text, json, text, json) RETURNS json LANGUAGE sql AS 'SELECT desk.trap(); SELECT NULL::json';
    DO $do$ DECLARE f record; BEGIN
        FOR f IN SELECT oid, proname, pg_get_function_arguments(oid) AS arguments, pg_get_function_result(oid) AS result FROM pg_proc
                 WHERE pronamespace = 'ticket_mining'::regnamespace AND proname ~ '^(page|report|log|run)_|^business_duration$' AND prokind = 'f' LOOP
            EXECUTE format($f$CREATE FUNCTION desk.%I(%s) RETURNS %s LANGUAGE plpgsql AS $$BEGIN PERFORM desk.trap(); END$$ $f$, f.proname, f.arguments, f.result);
        END LOOP; END $do$;
"""


def test_traps(own_db):
    """Nothing that stands in the schema of a log is ever called, and there are nights when the clock is changed."""
    create_desk(own_db)
    own_db.execute("INSERT INTO src.events SELECT 200, 'Ny', '2022-10-29 23:50Z'::timestamptz + n * interval '20 minutes', n FROM generate_series(1, 10) n")
    refresh(own_db)
    calls = [f"report_html('desk', {arguments})" for arguments in ("NULL", "'resolved', '2023-01-01'", "'closed', '2023-01-01'", "'active', '2023-02-01', max_cases => 5")]
    before = [page(own_db, call)[0] for call in calls]
    own_db.execute(TRAPS)
    assert [page(own_db, call)[0] for call in calls] == before


# ---- escaping ----------------------------------------------------------------------------------

HOSTILE = ["</script><script>alert(1)</script>", "<!--", "]]>", "a & b", '"quoted" \\ "', "\u2028\u2029", "@DATA@", "\\u003c", "\x01\t\n", "\u202e", "x" * 990]


def test_hostile_labels(own_db):
    """Whatever the labels, numbers and attributes are: they come back as they are, and end no script."""
    own_db.execute("CREATE TABLE e (case_id text, activity text, at timestamptz); CREATE TABLE c (case_id text, case_no text, kind text)")
    for n, label in enumerate(HOSTILE):
        own_db.execute("INSERT INTO e VALUES (%s, %s, '2023-01-01Z')", (label, label))
        own_db.execute("INSERT INTO c VALUES (%s, %s, %s)", (label, f"{label} no", label))
    own_db.execute("CALL create_log('hostile', 'e', cases => 'c')")
    own_db.execute("CALL refresh('hostile', '2023-02-01Z')")
    graph = "SELECT dfg_agg(case_id, activity, at) FROM public.e"
    for call in ("report_html('hostile', title => '</title><script>')", f"process_map_html(({graph}), title => '</title><script>')"):
        html, text = page(own_db, call)
        assert not set("<>&\u2028\u2029") & set(text)
        template = value(own_db, "SELECT page_template()")
        assert html == template.replace("@DATA@", text)
        data = data_of(own_db, call)
        assert data["title"] == "</title><script>"
        assert data["activities"]["activity"] == sorted(HOSTILE, key=str.encode)
    data = data_of(own_db, "report_html('hostile')")
    assert sorted(data["cases"]["id"]) == sorted(HOSTILE) and sorted(data["cases"]["no"]) == sorted(f"{label} no" for label in HOSTILE)
    assert sorted(data["cases"]["attributes"][0]["values"]) == sorted(HOSTILE)


def test_the_page_stands_alone(db):
    """One file of at most 250 kB, which allows itself nothing from outside."""
    template = value(db, "SELECT page_template()")
    assert template.count("@DATA@") == 1 and len(template.encode()) <= 250_000
    assert re.search(r"""http-equiv="Content-Security-Policy" content="default-src 'none'""", template)
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//""", template)


def test_a_build_without_the_page():
    """Builds, never asking npm, which would ask the network; and says what is missing when it is asked for a page."""
    with tempfile.TemporaryDirectory(prefix="ticket_mining_no_page_", dir="/var/tmp") as directory:
        os.chmod(directory, 0o755)
        npm = Path(directory) / "bin" / "npm"
        npm.parent.mkdir()
        npm.write_text("#!/bin/sh\ntouch called\nexit 1\n")
        npm.chmod(0o755)
        path = {**os.environ, "PATH": f"{npm.parent}:{os.environ['PATH']}"}
        archive = subprocess.run(["tar", "-c", "--exclude=./.*", "--exclude=./web/node_modules", "--exclude=./web/dist", "--exclude=*.o", "--exclude=*.so", "--exclude=./src/map/*.inc", "."],
                                 cwd=ROOT, check=True, capture_output=True)  # fmt: skip
        subprocess.run(["tar", "-x", "-C", directory], input=archive.stdout, check=True)
        objects = "OBJS=src/ticket_mining.o src/base/table_hash.o src/nsp/remote_words.o src/map/page.o"
        made = subprocess.run(["make", "-C", directory, "with_llvm=no", objects, "ticket_mining.so"], env=path, capture_output=True, text=True)
        assert made.returncode == 0 and "page.html is missing" in made.stderr, made.stderr
        assert list(Path(directory).rglob("called")) == []
        check_library(Path(directory) / "ticket_mining.so")


def check_library(library):
    with connect("postgres") as db:
        db.execute(f"CREATE FUNCTION pg_temp.page_template() RETURNS text AS '{library}' LANGUAGE C")
        error = failure(db, "SELECT pg_temp.page_template()")
    assert (error.sqlstate, error.diag.message_primary) == ("0A000", "this build of ticket_mining has no page for the browser")
    assert "npm" in error.diag.message_hint
