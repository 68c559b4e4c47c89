"""The page of the demo's log in Chromium: what it says under random slices, against plain SQL on the mined tables."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from client import ROOT, connect, longer, rows, value
from demo_run import EVERY, ran
from dice import dice

# The page's own packages: ./check has them where it builds the page.
WEB = Path(os.environ.get("TICKET_MINING_WEB", ROOT / "web"))
COHORTS = ("created", "resolved", "closed", "active")
IN_COHORT = {
    "created": "c.created_date >= %(first)s AND c.created_date < %(end)s",
    **{name: f"EXISTS (SELECT FROM support.case_months m WHERE m.case_key = c.case_key AND m.is_{name} = 1 AND m.month >= %(first)s AND m.month < %(end)s)" for name in COHORTS[1:]},
}
CASES = """CREATE TEMPORARY TABLE chosen ON COMMIT DROP AS SELECT c.* FROM support.cases c WHERE {cohort}
    AND (%(category)s::text[] IS NULL OR category = ANY (%(category)s)) AND (%(priority)s::text[] IS NULL OR priority = ANY (%(priority)s))
    AND (%(team)s::text[] IS NULL OR EXISTS (SELECT FROM support.team_visits v WHERE v.case_key = c.case_key AND v.team = ANY (%(team)s)))"""
FIGURES = """SELECT (SELECT count(*) FROM chosen), (SELECT sum(is_open) FROM chosen), (SELECT count(landing) FROM chosen), (SELECT sum(first_time_right) FROM chosen),
    (SELECT sum(is_answered_again) FROM chosen), (SELECT sum(is_resolved) FROM chosen),
    (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY real_seconds) FROM chosen WHERE is_open = 0),
    (SELECT count(real_seconds) FROM chosen WHERE is_open = 0),
    (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY own_seconds) FROM support.team_visits JOIN support.teams USING (team) JOIN chosen USING (case_key) WHERE role = 'partner' AND outcome <> 'open')"""
PATHS = """SELECT activity || ' → ' || next_activity, count(DISTINCT case_key), count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds_to_next)
    FROM support.events JOIN chosen USING (case_key) WHERE next_activity <> 'none' GROUP BY activity, next_activity
    UNION ALL SELECT 'Start → ' || activity, count(*), count(*), NULL FROM support.events JOIN chosen USING (case_key) WHERE event_no = 1 GROUP BY activity
    UNION ALL SELECT activity || CASE is_open WHEN 1 THEN ' → Stadig åben' ELSE ' → Slut' END, count(*), count(*), NULL
    FROM support.events JOIN chosen USING (case_key) WHERE next_activity = 'none' GROUP BY activity, is_open"""


REOPENINGS = "SELECT outcome, count(*), count(DISTINCT case_key) FROM support.reopenings JOIN chosen USING (case_key) GROUP BY outcome"
LANDINGS = "SELECT landing, count(*) FROM chosen WHERE landing IS NOT NULL GROUP BY landing"
HOLDERS = """SELECT segment, count(*), sum(seconds), percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds), percentile_cont(0.9) WITHIN GROUP (ORDER BY seconds)
    FROM (SELECT case_key, segment, sum(seconds) AS seconds FROM support.segment_visits JOIN chosen USING (case_key) WHERE is_open = 0 AND is_cut_off = 0 GROUP BY case_key, segment) s
    GROUP BY segment"""
PARTNERS = """SELECT team, outcome, count(*), count(DISTINCT case_key) FROM support.team_visits JOIN support.teams USING (team) JOIN chosen USING (case_key)
    WHERE role = 'partner' GROUP BY GROUPING SETS ((team, outcome), (team))"""
SEGMENTS = {"us": "os", "user": "brugeren", "partner": "partner", "blocked": "blokeret", "stopped": "løst, til genåbning", "unknown": "ukendt"}
OUTCOMES = {"resolved": "løst", "closed": "lukket", "returned": "sendt retur", "passed_on": "sendt videre", "open": "åben",
            "answered_again": "besvaret igen", "first_answer": "første svar", "silent": "løst uden svar"}
REOPENING_OUTCOMES = {**OUTCOMES, "open": "ikke løst endnu"}
LANDING_NAMES = {"direct": "direkte", "forwarded": "sendt videre én gang", "rerouted": "omdirigeret"}


def told(seconds):
    """A duration in Danish in its two greatest units, rounded half up to the smaller."""
    if seconds is None:
        return "–"
    for limit, great, small, names in ((3600, 60, 1, ("min", "s")), (86400, 3600, 60, ("t", "min")), (None, 86400, 3600, ("d", "t"))):
        rounded = int(seconds / small + 0.5) * small
        if limit is None or rounded < limit:
            break
    whole, rest = divmod(rounded, great)
    parts = [f"{number:,}\u00a0{name}".replace(",", ".") for number, name in ((whole, names[0]), (rest // small, names[1])) if number]
    return " ".join(parts) or f"0\u00a0{names[1]}"


def number(text):
    return int(re.sub(r"[.\s]", "", text) or 0)


def percent(part, whole):
    share = 100 * part / whole if whole else 0
    digits = 1 if 0 < share < 9.95 else 0
    return f"{share:.{digits}f}\u202f%".replace(".", ",") if whole else "–"


def random_scenario(rng, db):
    first = rng.randrange(12)
    last = rng.randrange(first, 12)
    some = lambda column, table: rng.sample([v for (v,) in rows(db, f"SELECT {column} FROM support.{table} GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 4")], rng.choice((1, 1, 2)))
    slices = {}
    if rng.random() < 0.6:
        slices["category"] = some("category", "cases")
    # The page offers no value without cases: of a part of the demo two at once could leave a month none.
    if rng.random() < 0.4 and (EVERY == 1 or not slices):
        slices["priority"] = some("priority", "cases")
    if not slices or EVERY == 1 and rng.random() < 0.5:
        slices["team"] = [team for team in some("team", "team_visits") if team != "none"] or ["IT-Servicedesk"]
    return {"cohort": rng.choice(COHORTS), "months": [f"2023-{first + 1:02}", f"2023-{last + 1:02}"], "slices": slices}


def choose(db, scenario):
    first, last = (int(month[5:]) for month in scenario["months"])
    arguments = {"first": f"2023-{first:02}-01", "end": f"{2023 + last // 12}-{last % 12 + 1:02}-01", **{name: scenario["slices"].get(name) for name in ("category", "priority", "team")}}
    db.execute(CASES.format(cohort=IN_COHORT[scenario["cohort"]]), arguments)


def check_questions(db, questions):
    """The tables of the questions, in the transaction that has chosen the cases."""
    wanted = {REOPENING_OUTCOMES[outcome]: (times, cases) for outcome, times, cases in rows(db, REOPENINGS)}
    found = {name: (number(times), number(cases)) for name, times, cases, _ in questions["reopened"]["tables"][0][:4]}
    assert {name: figures for name, figures in found.items() if figures != (0, 0)} == wanted
    landed = {LANDING_NAMES[landing]: cases for landing, cases in rows(db, LANDINGS)}
    assert {name: number(cases) for name, cases, _ in questions["landing"]["tables"][0] if number(cases)} == landed
    holders = rows(db, HOLDERS)
    whole = sum(seconds for _, _, seconds, _, _ in holders)
    wanted = [(SEGMENTS[segment], cases, percent(seconds, whole), told(median), told(p90)) for segment, cases, seconds, median, p90 in holders]
    found = [(name, number(cases), *rest) for name, cases, *rest in questions["holders"]["tables"][0][:-2]]
    assert sorted(found) == sorted(wanted)
    check_partners(questions["partners"]["bars"][1:], rows(db, PARTNERS))


def check_partners(bars, visits):
    teams = {team: (number_of, cases) for team, outcome, number_of, cases in visits if outcome is None}
    titles = {re.match(r"(.*) ([\d.]+) besøg · (?:([\d.]+) sager|1 sag)$", title).groups(): parts for title, parts in bars}
    assert {team: (number(n), number(cases or "1")) for team, n, cases in titles} == teams
    for (team, _, _), parts in titles.items():
        wanted = {OUTCOMES[outcome]: n for t, outcome, n, _ in visits if t == team and outcome is not None}
        assert {name: number(text.split(" (")[0]) for name, text in (part.rsplit(": ", 1) for part in parts)} == wanted


def check(db, scenario, reading):
    with db.transaction():
        choose(db, scenario)
        check_questions(db, reading["questions"])
        ((cases, still_open, landed, right, again, resolved, real, done, own),) = rows(db, FIGURES)
        paths = {name: figures for name, *figures in rows(db, PATHS)}
    assert number(reading["cases"]) == cases
    assert re.search(r"([\d.]+) åbne", reading["note"]).group(1) == f"{still_open or 0:,}".replace(",", ".")
    figures = reading["figures"]
    assert figures["landing"][0] == percent(right or 0, landed)
    assert number(figures["reopened"][0]) == (again or 0)
    assert figures["reopened"][1].startswith(percent(again or 0, resolved))
    assert figures["partners"][0] == told(own)
    assert figures["holders"][0] == told(real if done else None)
    assert len(reading["paths"]) == min(60, len(paths))
    for name, n, times, duration in reading["paths"]:
        wanted = paths[name]
        assert (number(n), number(times or n), duration) == (wanted[0], wanted[1], "" if wanted[2] is None else told(wanted[2])), name


@pytest.fixture(scope="module")
def demo(databases):
    with connect(ran(databases)[0]) as db:
        yield db


def test_slices(demo, tmp_path):
    """Cohorts, months, attributes and teams: cases, five figures, and every path with its median."""
    assert (WEB / "node_modules").exists(), f"{WEB} lacks its packages: npm ci there"
    rng = dice(2023)
    scenarios = [random_scenario(rng, demo) for _ in range(longer(6, 200))]
    page = tmp_path / "report.html"
    page.write_text(value(demo, "SELECT ticket_mining.report_html('support', language => 'da')"), encoding="utf-8")
    found = subprocess.run(["node", "test/read_page.mjs", page], cwd=WEB, input=json.dumps(scenarios), capture_output=True, text=True, encoding="utf-8", check=False)
    assert found.returncode == 0, found.stderr
    answer = json.loads(found.stdout)
    assert (answer["faults"], answer["requests"]) == ([], [])
    for scenario, reading in zip(scenarios, answer["readings"], strict=True):
        check(demo, scenario, reading)
