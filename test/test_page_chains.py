"""Chains of filters in the page's own code against trace_filter(), on the demo's log: what each step leaves, and the graph of the rest."""

import json
import subprocess

import client
import pytest
from client import connect, longer, rows, value
from demo_run import ran
from dice import dice
from small_log import CREATE, MAPPED, SOURCES, create_desk, refresh
from test_filter_mutated import mutated_value, values_of
from test_filters import random_step
from test_page_browser import WEB

LABELS = ["Ny", "Tildelt", "I gang", "Planlagt", "Afventer bruger", "Afventer leverandør", "Afventer pakke", "Svar modtaget", "Løst", "Løst m. mail", "Lukket", "Genåbnet", "Note"]
PATTERNS = [
    "'Løst m. mail' ~> Genåbnet ~> 'Løst m. mail'", "^ Ny Tildelt", "('Afventer bruger' 'Svar modtaget'){>= 2 days}", "('Løst m. mail' ~> Genåbnet){< 36 hours}",
    "[^Note]+ Lukket $", "('I gang' | Note)* Løst", "'I gang' .{2,4} 'Løst m. mail'", "(Tildelt (Note | Tildelt)*){2}", "Ny -> 'I gang'", "'Afventer bruger' ~> ('Svar modtaget' ~> Løst){<= 1 day 2 hours}",
]


# Lists without an activity.
NOTHING_CHOSEN = [[{name: []}] for name in ("keep_events", "drop_events", "mask_events")] + [[{"crop_events": {"from": []}}], [{"crop_events": {"to": []}}]] + [
    [{step: {name: []}}] for step in ("keep_cases", "drop_cases") for name in ("has", "has_any", "starts_with", "ends_with")]  # fmt: skip


def some(rng, most):
    return rng.sample(LABELS, rng.randint(1, most))


def period(rng):
    at = sorted(f"20{rng.choice((22, 23, 23, 23))}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}T{rng.randint(0, 23):02}:00:00+01:00" for _ in range(2))
    return rng.choice(({"from_at": at[0], "to_at": at[1]}, {"from_at": at[0]}, {"to_at": at[1]}))


def condition(rng):
    bound = rng.choice(("over", "under", "at_least", "at_most"))
    return rng.choice((
        lambda: {"has": some(rng, 2)}, lambda: {"has_any": some(rng, 3)}, lambda: {"starts_with": some(rng, 3)}, lambda: {"ends_with": some(rng, 4)},
        lambda: {"edge": {"source": rng.choice(LABELS), "target": rng.choice(LABELS), bound: rng.choice(("PT30M", "PT4H", "P1DT12H", "P1W"))}},
        lambda: {f"duration_{bound}": rng.choice(("PT1H", "P2D", "P14D"))}, lambda: {f"length_{bound}": rng.randint(2, 12)},
        lambda: {rng.choice(("starts_in", "ends_in", "contained_in", "intersects")): period(rng)},
        lambda: {"attribute": {"priority": ["Normal", "Høj"], "category": rng.choice((["Netværk", None], ["Fagsystem", "Bestilling"]))}},
        lambda: {"attribute": rng.choice(({"landing": ["direct", None]}, {"is_open": [False], "turns": [0, 1, 2]}, {"teams": ["Netværk og server", "Digitalisering"]}, {"is_answered_again": [1]},
                                          {"status": ["Lukket"], "handover_count": [0, 2]}, {"current_team": ["IT-Servicedesk", "none"], "is_ping_pong": [0]}, {"is_cut_off": [True]}))},
        lambda: {"matches": rng.choice(PATTERNS)}))()


def step(rng):
    which = {"from_which": rng.choice(("first", "last")), "to_which": rng.choice(("first", "last"))}
    return rng.choice((
        lambda: {"keep_events": rng.sample(LABELS, rng.randint(3, 10))}, lambda: {"drop_events": some(rng, 4)}, lambda: {"mask_events": some(rng, 3)},
        lambda: {"crop_events": {"from": some(rng, 4), "to": some(rng, 4), **which}}, lambda: {"crop_match": {"pattern": rng.choice(PATTERNS), "which": rng.choice(("first", "last"))}},
        lambda: {"crop_between": period(rng)}, lambda: {"keep_cases": condition(rng)}, lambda: {"drop_cases": condition(rng)}, lambda: {"keep_cases": {**condition(rng), **condition(rng)}}))()


COLUMNS = ("category", "priority", "landing", "is_open", "turns", "is_answered_again", "status", "handover_count", "current_team", "is_ping_pong", "is_cut_off")


def prepare(db):
    """The traces with the columns that the chains ask for, once for all of them."""
    told = ", ".join(f"'{name}', c.{name}" for name in COLUMNS)
    db.execute(f"""CREATE TEMPORARY TABLE told AS SELECT t.trace, jsonb_build_object({told}, 'teams', ticket_mining.trace_activities(t.assignments)) AS attributes
        FROM support.traces t JOIN support.cases c USING (case_key)""")


def by_sql(db, chain):
    """The cases and events left by each step, and of the graph of what is left the ends and the edges."""
    filtered = "(SELECT ticket_mining.trace_filter(trace, %s, attributes) AS trace FROM told)"
    left = [list(rows(db, f"SELECT count(trace), coalesce(sum(ticket_mining.trace_length(trace)), 0)::bigint FROM {filtered} f", (json.dumps(chain[: n + 1]),))[0]) for n in range(len(chain))]
    ends = rows(db, f"""SELECT activity, starts, ends FROM (SELECT ticket_mining.dfg_agg(trace) AS g FROM {filtered} f) g, ticket_mining.dfg_activities(g)
        WHERE starts + ends > 0""", (json.dumps(chain),))
    edges = rows(db, f"""SELECT source, target, frequency, case_frequency, max_per_case, total_seconds::float8
        FROM (SELECT ticket_mining.dfg_agg(trace) AS g FROM {filtered} f) g, ticket_mining.dfg_edges(g)""", (json.dumps(chain),))
    return {"left": left, "ends": sorted(map(list, ends)), "edges": sorted(map(list, edges))}


def by_page(db, log, chains, directory, first=()):
    """The same for the page of a log, which begins with a chain."""
    page = directory / "report.html"
    page.write_text(value(db, f"SELECT ticket_mining.report_html('{log}', filter => %s)", (json.dumps(first),)), encoding="utf-8")
    found = subprocess.run(["node", "test/read_chains.mjs", page], cwd=WEB, input=json.dumps(chains), capture_output=True, text=True, encoding="utf-8", check=False)
    assert found.returncode == 0, found.stderr
    return [{name: sorted(entry) if name != "left" else entry for name, entry in result.items()} for result in json.loads(found.stdout)]


def test_chains(databases, tmp_path):
    with connect(ran(databases)[0]) as db:
        prepare(db)
        rng = dice(7)
        chains = [[step(rng) for _ in range(rng.randint(1, 4))] for _ in range(longer(20, 400))]
        for chain, result in zip(chains, by_page(db, "support", chains, tmp_path), strict=True):
            assert result == by_sql(db, chain), chain


def test_masked_ends(own_db, tmp_path):
    """A case whose first or last events a derived log masks neither begins nor ends with those that are left."""
    create_desk(own_db)
    own_db.execute("UPDATE src.events SET activity = 'I gang' WHERE seq = 1 AND case_id % 3 = 0")
    own_db.execute("""CALL ticket_mining.create_log('masked', from_log => 'desk', filter => '[{"mask_events": ["Ny", "Lukket", "Note"]}]')""")
    refresh(own_db)
    own_db.execute("CREATE TEMPORARY TABLE told AS SELECT trace, '{}'::jsonb AS attributes FROM masked.traces")
    chains = [[], *NOTHING_CHOSEN, [{"drop_events": ["Løst"]}], [{"crop_events": {"from": ["I gang"]}}], [{"mask_events": ["I gang"]}]]
    for chain, result in zip(chains, by_page(own_db, "masked", chains, tmp_path), strict=True):
        assert result == by_sql(own_db, chain), chain
    starts, ends = (sum(ends[n] for ends in by_sql(own_db, [])["ends"]) for n in (1, 2))
    cases, start_masked, end_masked = rows(own_db, "SELECT count(*), sum(is_start_masked), sum(is_end_masked) FROM masked.cases")[0]
    assert 0 < starts == cases - start_masked < cases and 0 < ends == cases - end_masked < cases
    kept = [{"keep_cases": {"attribute": {"is_start_masked": [0], "is_end_masked": [1]}}}]
    wanted = value(own_db, "SELECT cases FROM ticket_mining.explain_filter('masked', %s) WHERE step_no = 1", (json.dumps(kept),))
    assert by_page(own_db, "masked", [kept], tmp_path)[0]["left"][0][0] == wanted


def test_first_chain(own_db, tmp_path):
    """A page that begins with a chain has every column that it asks for, and compares values as SQL does."""
    own_db.execute(SOURCES)
    own_db.execute("""ALTER TABLE src.cases ADD agent text, ADD is_vip boolean, ADD cost numeric(12,2), ADD due timestamptz, ADD asked timestamp, ADD opened date;
        UPDATE src.cases SET agent = 'a ' || case_id % 7, is_vip = case_id % 5 = 0, cost = case_id % 9 / 8.0, opened = '2023-01-01'::date + case_id % 11,
            due = CASE WHEN case_id % 10 > 0 THEN '2023-03-01 10:00Z'::timestamptz + case_id % 13 * interval '00:30:00.5' END, asked = '2023-03-01 08:00'::timestamp + case_id % 6 * interval '1 hour'""")
    own_db.execute(CREATE.format("desk") + ";" + MAPPED.format("desk"))
    refresh(own_db)
    chain = [{"drop_cases": {"attribute": {name: [rarest(own_db, name)]}}} for name in asked_for(own_db)]
    found = by_page(own_db, "desk", [None, *([step] for step in chain)], tmp_path, chain)
    for steps, result in zip([chain, *([step] for step in chain)], found, strict=True):
        assert result["left"] == left_by_sql(own_db, steps), steps
    assert len(chain) > 40
    with_teams = [{"keep_cases": {"attribute": {"teams": ["Netværk"], "due": ["2023-03-01T11:00:00", "2023-03-01T11:30:00.5", None]}}}, {"mask_events": ["Note"]}]
    wanted = left_by_sql(own_db, with_teams)
    assert by_page(own_db, "desk", [None], tmp_path, with_teams)[0]["left"] == wanted and 0 < wanted[0][0] < 40


WIDE = 2**53 - 1
WIDE_IDS = """ALTER TABLE src.cases ALTER case_id TYPE {0} USING case_id + 9007199254740991, ADD serial bigint, ADD code text;
    UPDATE src.cases SET serial = case_id::bigint * 1000 + 1, code = case_id;
    ALTER TABLE src.events ALTER case_id TYPE {0} USING case_id + 9007199254740991; ALTER TABLE src.assignments ALTER case_id TYPE {0} USING case_id + 9007199254740991;
    ALTER TABLE src.messages ALTER case_id TYPE {0} USING case_id + 9007199254740991"""


@pytest.mark.parametrize("id_type", ("bigint", "text"))
def test_wide_numbers(own_db, tmp_path, id_type):
    """Numbers are compared by all their digits, and are no texts; ids are what they are in the log."""
    own_db.execute(SOURCES)
    own_db.execute(WIDE_IDS.format(id_type))
    own_db.execute(CREATE.format("desk") + ";" + MAPPED.format("desk"))
    refresh(own_db)
    wanted = [{"case_id": [WIDE + n for n in (2, 3, 7)]}, {"case_id": [str(WIDE + 2)]}, {"case_id": [WIDE + 41, str(WIDE + 3), None]}, {"code": [WIDE + 2]}, {"code": [str(WIDE + 4), None]},
              {"serial": [(WIDE + n) * 1000 + 1 for n in (4, 5)]}, {"serial": [(WIDE + 4) * 1000, str((WIDE + 4) * 1000 + 1)]}]  # fmt: skip
    chains = [[{"keep_cases": {"attribute": attribute}}] for attribute in wanted]
    left = [left_by_sql(own_db, chain) for chain in chains]
    assert [cases for ((cases, _),) in left] == [*((3, 0, 0) if id_type == "bigint" else (0, 1, 1)), 0, 1, 2, 0]
    assert [result["left"] for result in by_page(own_db, "desk", chains, tmp_path)] == left
    for chain, result in client.some(zip(chains, left, strict=True), 3):
        assert by_page(own_db, "desk", [None], tmp_path, chain)[0]["left"] == result


def left_by_sql(db, chain):
    return [list(left) for left in rows(db, "SELECT cases, events FROM ticket_mining.explain_filter('desk', %s) WHERE step_no > 0 ORDER BY step_no", (json.dumps(chain),))]


def asked_for(db):
    """The columns of cases with more than one value."""
    names = [name for (name,) in rows(db, "SELECT attname::text FROM pg_attribute WHERE attrelid = 'desk.cases'::regclass AND attnum > 0 ORDER BY attnum")]
    return [name for name in names if value(db, f"SELECT count(DISTINCT to_jsonb({name})) > 1 FROM desk.cases")]


def rarest(db, name):
    return value(db, f"SELECT to_jsonb({name}) FROM desk.cases WHERE {name} IS NOT NULL GROUP BY {name} ORDER BY count(*), {name} LIMIT 1")


FAULT = """CREATE FUNCTION pg_temp.fault(chain jsonb) RETURNS text LANGUAGE plpgsql AS $$
    BEGIN PERFORM ticket_mining.filter_attributes(chain); RETURN ''; EXCEPTION WHEN invalid_parameter_value THEN RETURN SQLERRM; END $$"""


def test_damaged_chains(own_db, tmp_path):
    """The page takes the chains that SQL takes, and no others."""
    create_desk(own_db)
    refresh(own_db)
    own_db.execute(FAULT)
    rng = dice("damaged in the page")
    chains = [[random_step(rng) for _ in range(rng.choice((1, 1, 2, 3)))] for _ in range(200)]
    others = [inner for chain in chains for inner in values_of(chain)]
    given = [json.dumps(chain) for chain in (*chains, *(mutated_value(rng, rng.choice(chains), others) for _ in range(longer(3000, 60000))))]
    by_sql = rows(own_db, "SELECT c::text, pg_temp.fault(c) FROM unnest(%s::text[]::jsonb[]) WITH ORDINALITY t (c, n) ORDER BY n", (given,))
    page = tmp_path / "report.html"
    page.write_text(value(own_db, "SELECT ticket_mining.report_html('desk')"), encoding="utf-8")
    found = subprocess.run(["node", "test/check_chains.mjs", page], cwd=WEB, input=f"[{','.join(chain for chain, _ in by_sql)}]", capture_output=True, text=True, encoding="utf-8", check=False)
    assert found.returncode == 0, found.stderr
    for (chain, fault), fault_of_page in zip(by_sql, json.loads(found.stdout), strict=True):
        assert bool(fault) == bool(fault_of_page), (chain, fault, fault_of_page)
    assert 500 < sum(fault == "" for _, fault in by_sql) < len(by_sql) - 500
