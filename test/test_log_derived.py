"""Logs derived from a log: equal to one over views that filter, refreshed with their parent, in order, each on its own when it fails."""

import json

import pytest
from client import connect, failure, message, program, rows, run, value
from small_log import AS_OF, CHANGE, MAPS, Background, create_desk, held, history, mined, refresh, start_refresh, wait_for

CHAIN = [
    {"drop_events": ["Note"]},
    {"keep_cases": {"attribute": {"priority": [1, 2]}}},
    {"crop_events": {"to": ["Løst", "Lukket"]}},
    {"drop_cases": {"attribute": {"teams": ["Leverandør"]}, "length_under": 3}},
    {"keep_cases": {"starts_in": {"from_at": "2023-01-05T00:00:00Z"}, "attribute": {"is_open": [0, 1]}}},
]


def create_logs(db):
    """A refreshed log, and one that is derived from it, refreshed too."""
    create_desk(db)
    db.execute("UPDATE desk.settings SET case_url = 'https://desk.example/{case_no}'")
    derive(db, "part", "desk", CHAIN)
    refresh(db)


@pytest.fixture(scope="module")
def two_logs(databases, template):
    """A database with the two logs."""
    name = databases.create(template)
    with connect(name) as db:
        create_logs(db)
    return name


@pytest.fixture
def place(databases, two_logs):
    """The same, for one test."""
    with databases.copy(two_logs) as name:
        yield name


@pytest.fixture
def desk(place):
    """The two logs, for this test alone."""
    with connect(place) as db:
        yield db


@pytest.fixture(scope="module")
def kept(databases, two_logs):
    """The two logs, for tests that leave them as they are."""
    with databases.copy(two_logs) as name, connect(name) as db:
        yield db


@pytest.fixture
def watcher(place):
    with connect(place) as other:
        yield other


def derive(db, log, parent, chain):
    db.execute("CALL ticket_mining.create_log(%s, from_log => %s, filter => %s)", (log, parent, json.dumps(chain)))


# A log over relations that hold what the filter leaves, which shares with a derived log only the filter.
VIEWS = """
    CREATE SCHEMA left_over;
    CREATE VIEW left_over.kept AS
    SELECT t.case_id, t.assignments, t.messages,
           ticket_mining.trace_filter(t.trace, '{chain}', to_jsonb(c) || jsonb_build_object('teams', ticket_mining.trace_activities(t.assignments))) AS trace
    FROM {parent}.traces t JOIN {parent}.cases c USING (case_key) OFFSET 0;
    CREATE VIEW left_over.events AS SELECT case_id, activity, at, event_no AS seq FROM left_over.kept, ticket_mining.trace_events(trace);
    CREATE VIEW left_over.assignments AS SELECT case_id, activity AS team, at, event_no AS seq FROM left_over.kept, ticket_mining.trace_events(assignments) WHERE trace IS NOT NULL;
    CREATE VIEW left_over.messages AS SELECT case_id, activity AS direction, at, event_no AS seq FROM left_over.kept, ticket_mining.trace_events(messages) WHERE trace IS NOT NULL;
    CREATE VIEW left_over.cases AS SELECT c.case_id, c.case_no, c.priority FROM {parent}.cases c JOIN left_over.kept k USING (case_id) WHERE trace IS NOT NULL;
"""
OF_READING = "{case_key,attributes_checksum,checksum,tied_events,duplicate_events}"


def over_views(db, derived):
    """All that a log over such views holds, with the maps and settings of the derived one."""
    chain, parent, zone, hours, url = rows(db, f"SELECT filter::text, from_log, time_zone, calendar::text, case_url FROM {derived}.settings")[0]
    db.execute(VIEWS.format(chain=chain, parent=parent))
    db.execute("CALL ticket_mining.create_log('other', 'left_over.events', 'left_over.assignments', 'left_over.messages', 'left_over.cases', %s, %s, %s)", (zone, hours, url))
    for name in MAPS:
        db.execute(f"DELETE FROM other.{name}; INSERT INTO other.{name} SELECT * FROM {derived}.{name}")
    refresh(db, "other", value(db, f"SELECT as_of::text FROM {derived}.refreshes WHERE state = 'done' ORDER BY refresh_no DESC LIMIT 1"))
    found = mined(db, "other", OF_READING)
    db.execute("CALL ticket_mining.drop_log('other'); DROP SCHEMA left_over CASCADE")
    return found


def same_as_over_views(db, derived="part"):
    found, wanted = mined(db, derived, OF_READING), over_views(db, derived)
    # What was read and left out is worded differently.
    found.pop("quality"), wanted.pop("quality")
    assert found == wanted
    return found


def test_mined_tables(kept):
    found = same_as_over_views(kept)
    assert 0 < len(found["cases"]) < 40 and found["messages"] and found["handovers"] and found["reopenings"]
    parent = dict(rows(kept, "SELECT case_id, url FROM desk.cases"))
    assert all(parent[case] == url for case, url in rows(kept, "SELECT case_id, url FROM part.cases"))


def test_explained(kept):
    """The last line is what the derived log has; the first one the log as it is."""
    found = rows(kept, "SELECT step_no, step, cases, events FROM explain_filter('desk', %s)", (json.dumps(CHAIN),))
    assert [(n, step) for n, step, *_ in found] == list(enumerate([None, *CHAIN]))
    assert found[0][2:] == rows(kept, "SELECT cases, events FROM desk.status")[0]
    assert found[-1][2:] == rows(kept, "SELECT cases, events FROM part.status")[0]
    counts = [cases for *_, cases, _ in found]
    assert counts == sorted(counts, reverse=True) and len(set(counts)) >= 3
    assert rows(kept, "SELECT * FROM explain_filter('desk', '[]')") == [(0, None, *found[0][2:])]


def test_quality_tells_what_is_left_out(kept):
    told = dict(rows(kept, "SELECT finding, (number, base)::text FROM part.quality WHERE finding LIKE '%filtered out'"))
    (cases, events), (left_cases, left_events) = (rows(kept, f"SELECT cases, events FROM {log}.status")[0] for log in ("desk", "part"))
    assert told == {"cases filtered out": f"({cases - left_cases},{cases})", "events filtered out": f"({events - left_events},{events})"}
    assert value(kept, "SELECT count(*) FROM desk.quality WHERE finding LIKE '%filtered out'") == 0


def test_masked_events(desk):
    """No edge goes across one, in whichever table."""
    derive(desk, "masked", "desk", [{"mask_events": ["I gang"]}])
    refresh(desk)
    edges = "SELECT source, target, sum(frequency)::bigint, count(*) FROM masked.case_edges GROUP BY 1, 2 ORDER BY 1, 2"
    steps = """SELECT source, target, count(*), count(DISTINCT case_id) FROM desk.traces, trace_steps(trace_mask(trace, '{I gang}'))
               GROUP BY 1, 2 ORDER BY 1, 2"""
    assert rows(desk, edges) == rows(desk, steps)
    assert rows(desk, "SELECT source, target, frequency, case_frequency FROM masked.edge_stats WHERE clock = 'elapsed' ORDER BY 1, 2") == rows(desk, steps)
    unlinked = "SELECT count(*) FROM masked.events e WHERE next_activity = 'none' AND seconds_to_next IS NULL AND event_no < (SELECT max(event_no) FROM masked.events l WHERE l.case_key = e.case_key)"
    assert value(desk, unlinked) == value(desk, "SELECT count(*) FROM desk.traces, unnest(trace_breaks(trace_mask(trace, '{I gang}'))) n "
                                                "WHERE n BETWEEN 2 AND trace_length(trace_mask(trace, '{I gang}'))") > 0  # fmt: skip
    assert value(desk, "SELECT count(*) FROM masked.traces m JOIN desk.traces t USING (case_id) WHERE m.trace <> trace_mask(t.trace, '{I gang}')") == 0


def test_follows_its_parent(desk):
    """One call brings both up to date, case by case; what has gone from the parent goes from it."""
    keys = dict(rows(desk, "SELECT case_id, case_key FROM part.cases"))
    desk.execute(CHANGE + "UPDATE src.cases SET priority = 0 WHERE case_id IN (10, 11); UPDATE src.cases SET priority = 2 WHERE case_id IN (3, 12)")
    refresh(desk, as_of="2023-05-01Z")
    same_as_over_views(desk)
    assert value(desk, "SELECT changed_cases < cases FROM part.refreshes ORDER BY refresh_no DESC LIMIT 1")
    assert {case: key for case, key in rows(desk, "SELECT case_id, case_key FROM part.cases") if case in keys}.items() <= keys.items()
    assert rows(desk, "SELECT DISTINCT as_of FROM (SELECT as_of FROM desk.status UNION ALL SELECT as_of FROM part.status) s") == [
        (value(desk, "SELECT as_of FROM desk.status"),)]  # fmt: skip


def test_own_refresh(desk):
    """After an edit of the filter or the maps; it is as of its parent's last refresh, and takes no other time."""
    desk.execute("UPDATE part.settings SET filter = '[{\"keep_cases\": {\"has\": [\"Løst\"]}}]'; UPDATE part.activity_map SET is_start = true WHERE activity = 'I gang'")
    assert value(desk, "SELECT state FROM part.status") == "edited, not refreshed"
    desk.execute("CALL refresh('part')")
    assert value(desk, "SELECT state FROM part.status") == "refreshed" and value(desk, "SELECT count(*) FROM part.cases WHERE is_cut_off = 1") > 0
    same_as_over_views(desk)
    error = failure(desk, f"CALL refresh('part', '{AS_OF}')")
    assert error.sqlstate == "22023" and "always as of the last refresh" in message(error)


def test_a_log_of_a_log(desk):
    """Parents first, whatever the names."""
    derive(desk, "again", "part", [{"drop_events": ["Ny"]}, {"keep_cases": {"length_at_least": 2}}])
    derive(desk, "a_third", "again", [])
    refresh(desk)
    same_as_over_views(desk, "again")
    assert mined(desk, "a_third", OF_READING)["traces"] == mined(desk, "again", OF_READING)["traces"] != []
    assert value(desk, "SELECT ticket_mining.log_derived('desk')") == ["part", "again", "a_third"]
    error = failure(desk, "CALL drop_log('part')")
    assert error.sqlstate == "2BP01" and "again, a_third" in message(error)
    for log in ("a_third", "again", "part", "desk"):
        desk.execute(f"CALL drop_log('{log}')")


def test_merged_activities_and_new_labels(desk):
    """A derived log has the merged names; labels that are new get what the parent's map says."""
    desk.execute("UPDATE desk.activity_map SET merge_into = 'Ny' WHERE activity = 'I gang'; INSERT INTO src.events VALUES (4, 'Parkeret', '2023-05-01Z', 9)")
    desk.execute("INSERT INTO desk.activity_map (activity, segment) VALUES ('Parkeret', 'user')")
    desk.execute("UPDATE part.settings SET filter = '[]'")
    refresh(desk)
    same_as_over_views(desk)
    assert rows(desk, "SELECT segment FROM part.activity_map WHERE activity = 'Parkeret'") == [("user",)]
    assert value(desk, "SELECT count(*) FROM part.events WHERE activity = 'I gang'") == 0
    derive(desk, "merged", "desk", [])
    assert value(desk, "SELECT count(*) FROM merged.activity_map WHERE activity = 'I gang'") == 0


# ---- what goes wrong ----------------------------------------------------------------------------


@pytest.mark.parametrize("call, state, says", (
    ("create_log('x', filter => '[]')", "22023", "filter: is for a log that is derived"),
    ("create_log('x', 'src.events', from_log => 'desk')", "22023", "a derived log reads another log, and no relations"),
    ("create_log('x', cases => 'src.cases', from_log => 'desk')", "22023", "a derived log reads another log, and no relations"),
    ("create_log('x')", "22023", "events: must be given"),
    ("create_log('x', from_log => 'nowhere')", "42704", 'log "nowhere" does not exist'),
    ("create_log('x', from_log => 'x')", "42704", 'log "x" does not exist'),
    ("create_log('x', from_log => 'desk', filter => '[{}]')", "22023", "filter step 1: must not be empty"),
    ("create_log('x', from_log => 'desk', time_zone => 'Mars')", "22023", '"Mars" is not a time zone'),
    ("create_log('x', from_log => 'desk', case_url => 'ftp://x')", "22023", "case_url: must begin with http"),
))  # fmt: skip
def test_refused(kept, call, state, says):
    error = failure(kept, f"CALL {call}")
    assert error.sqlstate == state and says in message(error)
    assert value(kept, "SELECT to_regnamespace('x') IS NULL")


@pytest.mark.parametrize("edit, says", (
    ("filter = '{}'", "a filter must be a JSON array"),
    ("filter = NULL", "a filter must be a JSON array"),
    ("from_log = NULL, filter = NULL", "events: must be given"),
    ("from_log = 'part'", "cannot be derived from itself"),
    ("from_log = 'nowhere'", 'log "nowhere" does not exist'),
    ("events = 'src.events'", "a derived log reads another log, and no relations"),
))  # fmt: skip
def test_edits_are_checked(kept, edit, says):
    assert says in message(failure(kept, f"UPDATE part.settings SET {edit}"))


def test_no_circle(desk):
    error = failure(desk, "UPDATE desk.settings SET from_log = 'part', filter = '[]', events = NULL, assignments = NULL, messages = NULL, cases = NULL")
    assert error.sqlstate == "22023" and 'log "desk" cannot be derived from itself' in message(error)
    # Names can be changed so that there is one all the same; nothing runs in it for ever.
    desk.execute("CALL ticket_mining.create_log('third', from_log => 'part'); ALTER SCHEMA desk RENAME TO elsewhere; ALTER SCHEMA third RENAME TO desk")
    assert set(value(desk, "SELECT ticket_mining.log_derived('desk')")) == {"part"}
    desk.execute("CALL refresh('desk')")
    assert [history(desk, log)[-1][0] for log in ("desk", "part")] == ["done", "done"]


def test_parent_never_refreshed(desk):
    desk.execute("CALL create_log('new', 'src.events'); CALL create_log('early', from_log => 'new')")
    error = failure(desk, "CALL refresh('early')")
    assert error.sqlstate == "55000" and 'log "new", from which "early" is derived, has never been refreshed' in message(error)
    assert history(desk, "early")[-1][0] == "failed"
    refresh(desk, "new")
    assert history(desk, "early")[-1][0] == "done"


def test_failure_of_one(desk):
    """Its parent and the others are refreshed; the call ends with its error, which names it."""
    derive(desk, "whole", "desk", [])
    derive(desk, "broken", "desk", [])
    desk.execute("""SET session_replication_role = replica; UPDATE broken.settings SET filter = '[{"keep_cases": {"attribute": {"colour": ["red"]}}}]';
                    RESET session_replication_role""")
    error = failure(desk, f"CALL refresh('desk', '{AS_OF}')")
    assert error.sqlstate == "42703"
    assert 'log "broken", which is derived: the cases of log "desk" have no attribute "colour"' in message(error)
    assert [history(desk, log)[-1][0] for log in ("desk", "part", "whole", "broken")] == ["done", "done", "done", "failed"]
    assert value(desk, "SELECT count(*) FROM whole.cases") == 40 and value(desk, "SELECT count(*) FROM broken.cases") == 0
    desk.execute("ALTER TABLE src.cases ADD colour text DEFAULT 'red'")
    refresh(desk)
    assert value(desk, "SELECT count(*) FROM broken.cases") == 40


def test_one_that_cannot_begin(desk):
    """Is named like one that fails, and keeps the others from nothing; its history has no run that did not begin."""
    derive(desk, "broken", "desk", [])
    derive(desk, "whole", "desk", [])
    desk.execute("CREATE TRIGGER nobodys BEFORE INSERT ON broken.cases FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()")
    error = failure(desk, f"CALL refresh('desk', '{AS_OF}')")
    assert error.sqlstate == "55000" and 'log "broken", which is derived: triggers are on tables of "broken": nobodys' in message(error)
    assert "history" not in message(error) and history(desk, "broken") == []
    assert value(desk, "SELECT count(*) FROM whole.cases") == 40
    desk.execute("DROP TRIGGER nobodys ON broken.cases")
    refresh(desk)
    assert value(desk, "SELECT count(*) FROM broken.cases") == 40


def test_attribute_that_is_not_there(desk):
    """Is refused where the log is made or edited, as where the chain is tried."""
    chain = json.dumps([{"keep_cases": {"attribute": {"colour": ["red"]}}}])
    for statement in ("SELECT explain_filter('desk', %s)", "CALL create_log('red', from_log => 'desk', filter => %s)", "UPDATE part.settings SET filter = %s"):
        error = failure(desk, statement, (chain,))
        assert error.sqlstate == "42703" and 'the cases of log "desk" have no attribute "colour"' in message(error), statement


def test_failure_of_the_parent(desk):
    """No derived log is touched."""
    before = mined(desk, "part"), history(desk, "part")
    desk.execute("ALTER TABLE src.cases DROP COLUMN priority")
    assert failure(desk, f"CALL refresh('desk', '{AS_OF}')")
    assert (mined(desk, "part"), history(desk, "part")) == before


def test_nothing_is_left(desk):
    """A filter that leaves no case makes an empty log, and one that finds cases again fills it."""
    desk.execute("UPDATE part.settings SET filter = '[{\"keep_events\": []}]'")
    desk.execute("CALL refresh('part')")
    assert rows(desk, "SELECT cases, events, state FROM part.status") == [(0, 0, "refreshed")]
    same_as_over_views(desk)
    desk.execute("UPDATE part.settings SET filter = '[]'")
    desk.execute("CALL refresh('part')")
    same_as_over_views(desk)


# ---- other sessions and roles -------------------------------------------------------------------


def test_waits_for_its_parent(desk, watcher, place):
    """While the parent is being refreshed, a derived log waits, and then has what that has."""
    desk.execute(CHANGE)
    with held(watcher, "writing"), connect(place) as second, connect(place) as third:
        running = start_refresh(desk, third)
        waiting = Background(lambda: second.execute("CALL ticket_mining.refresh('part')"))
        wait_for(lambda: waiting.error or _waits_for_lock(third, second.info.backend_pid), "a derived log that waits")
        assert waiting.error is None and history(third, "part")[-1][0] == "running"
        watcher.execute("ROLLBACK")
        watcher.execute("BEGIN")
        assert running.end() is None and waiting.end() is None
    same_as_over_views(desk)
    assert [state for state, *_ in history(desk, "part")] == ["done"] * 3


def _waits_for_lock(db, pid):
    db.execute("SELECT pg_stat_clear_snapshot()")
    return value(db, "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = %s AND wait_event = 'relation')", (pid,))


def test_cancelled(desk, watcher, place):
    """The parent stays refreshed, the derived log as it was; the next refresh brings it up to date."""
    desk.execute(CHANGE)
    before = mined(desk, "part")
    watcher.execute("BEGIN")
    watcher.execute("LOCK TABLE part.case_months IN SHARE MODE")
    with connect(place) as third:
        running = start_refresh(desk, third, doing="part")
        third.execute("SELECT pg_cancel_backend(%s)", (desk.info.backend_pid,))
        assert running.end().sqlstate == "57014"
        watcher.execute("ROLLBACK")
    assert mined(desk, "part") == before
    assert (history(desk)[-1][0], history(desk, "part")[-1][0]) == ("done", "failed")
    desk.execute("CALL ticket_mining.refresh('part')")
    same_as_over_views(desk)


def test_rights(desk, role, place):
    """Only the owner derives, and reads what is not for readers; a reader of one log is not a reader of the other."""
    desk.execute(f"GRANT CREATE ON DATABASE {place} TO {role}; CALL ticket_mining.grant_reader('part', '{role}')")
    try:
        with connect(place) as other:
            other.execute(f"SET SESSION AUTHORIZATION {role}; SET default_transaction_read_only = off")
            for call, state in (
                ("CALL create_log('mine', from_log => 'desk')", "42501"), ("CALL refresh('part')", "42501"), ("CALL drop_log('part')", "42501"),
                ("SELECT * FROM explain_filter('part', '[]')", "42501"), ("SELECT * FROM pattern_cases('part', 'Ny')", "42501"),
                ("SELECT * FROM filter_cases('desk', '[]')", "42501"), ("SELECT * FROM edge_cases('desk', 'Ny', 'Løst')", "42501"),
                ("UPDATE part.settings SET filter = '[]'", "42501"),
            ):  # fmt: skip
                assert failure(other, call).sqlstate == state, call
            for call in ("edge_cases('desk', 'Ny', 'Løst')", "variant_cases('desk', 1)", "case_history('desk', '1')", "report_html('desk')"):
                error = failure(other, f"SELECT * FROM {call}")
                assert error.diag.message_primary == 'permission denied for log "desk"' and f"grant_reader('desk', '{role}')" in message(error), call
            asked = "SELECT c.case_id FROM (SELECT * FROM part.edge_stats LIMIT 1) e, edge_cases('part', source, target) c"
            assert rows(other, asked) == rows(desk, asked) != []
    finally:
        desk.execute(f"DROP OWNED BY {role}; ALTER ROLE {role} IN DATABASE {place} RESET ALL")


def test_superusers_run_nothing_of_others(desk, role, place):
    """What the owner of a log may have put in the place of its tables is not run by a superuser."""
    desk.execute(f"GRANT CREATE ON DATABASE {place} TO {role}; GRANT USAGE ON SCHEMA src TO {role}; GRANT SELECT ON ALL TABLES IN SCHEMA src TO {role}")
    try:
        with connect(place) as other:
            other.execute(f"SET SESSION AUTHORIZATION {role}; CALL create_log('theirs', 'src.events')")
        for call in ("explain_filter('theirs', '[]')", "filter_cases('theirs', '[]')", "pattern_cases('theirs', 'Ny')", "edge_cases('theirs', 'a', 'b')", "variant_cases('theirs', 1)"):
            error = failure(desk, f"SELECT * FROM {call}")
            assert error.sqlstate == "42501" and "belongs to role" in message(error), call
        assert "belongs to role" in message(failure(desk, "CALL create_log('mine', from_log => 'theirs')"))
    finally:
        desk.execute(f"DROP SCHEMA theirs CASCADE; DROP OWNED BY {role}")


def test_dump(databases, desk, place):
    """A restored log and those derived from it go on with the next refresh."""
    derive(desk, "again", "part", [{"mask_events": ["Ny"]}])
    desk.execute("CALL refresh('again')")
    copy = databases.create()
    run(program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", copy, script=run(program("pg_dump"), place))
    with connect(copy) as db:
        assert [mined(db, log) for log in ("desk", "part", "again")] == [mined(desk, log) for log in ("desk", "part", "again")]
        db.execute(CHANGE)
        refresh(db)
        same_as_over_views(db)
        assert value(db, "SELECT count(*) FROM again.traces a JOIN part.traces p USING (case_id) WHERE a.trace <> trace_mask(p.trace, '{Ny}')") == 0


# ---- the cases behind a number ------------------------------------------------------------------

CASES = "SELECT case_key, case_id, case_no, url, created_at::text FROM"
WANTED = "SELECT case_key, case_id::text, case_no, url, created_at::text FROM desk.cases WHERE case_key IN ({}) ORDER BY created_at DESC, case_key DESC"


def test_cases_of_edges(kept):
    """As many as the case frequency says, each with its url, newest first."""
    edges = rows(kept, "SELECT source, target, case_frequency FROM desk.edge_stats WHERE clock = 'elapsed'")
    assert len(edges) > 10
    for source, target, cases in edges:
        found = rows(kept, f"{CASES} edge_cases('desk', %s, %s)", (source, target))
        assert len(found) == cases and all(url for *_, url, _ in found)
        traces = WANTED.format("SELECT case_key FROM desk.traces WHERE trace_has_edge(trace, %s, %s)")
        assert found == rows(kept, traces, (source, target))
    assert failure(kept, "SELECT * FROM edge_cases('desk', 'Ny', 'nowhere')").sqlstate == "42704"


def test_cases_of_variants(kept):
    for variant, cases, newest in rows(kept, "SELECT variant, cases, example_case_id::text FROM desk.variants"):
        found = rows(kept, f"{CASES} variant_cases('desk', %s)", (variant,))
        assert len(found) == cases and found[0][1] == newest
        assert found == rows(kept, WANTED.format(f"SELECT case_key FROM desk.traces WHERE trace_variant(trace) = {variant}"))


@pytest.mark.parametrize("pattern", ("Ny", "Løst ~> Lukket", "^ Ny 'I gang'", "'Afventer bruger' 'Afventer bruger'", "(Ny ~> Løst){> 3 days}"))
def test_cases_of_patterns(kept, pattern):
    """With the index and without."""
    found = rows(kept, f"{CASES} pattern_cases('desk', %s)", (pattern,))
    assert found == rows(kept, WANTED.format("SELECT case_key FROM desk.traces WHERE trace_has_match(trace, %s)"), (pattern,))
    with kept.transaction():
        kept.execute("SET LOCAL enable_seqscan = off")
        assert found == rows(kept, f"{CASES} pattern_cases('desk', %s)", (pattern,))


def test_cases_of_filters(kept):
    found = rows(kept, f"{CASES} filter_cases('desk', %s)", (json.dumps(CHAIN),))
    assert found == rows(kept, WANTED.format("SELECT d.case_key FROM desk.cases d JOIN part.cases p USING (case_id)"))
    error = failure(kept, "SELECT * FROM filter_cases('desk', '[{\"keep_cases\": {\"attribute\": {\"colour\": [1]}}}]')")
    assert error.sqlstate == "42703" and 'no attribute "colour"' in message(error)


@pytest.mark.parametrize("call", ("edge_cases('nowhere', 'a', 'b')", "variant_cases('public', 1)", "pattern_cases('pg_catalog', 'a')",
                                  "filter_cases('nowhere', '[]')", "explain_filter('nowhere', '[]')"))  # fmt: skip
def test_no_such_log(kept, call):
    error = failure(kept, f"SELECT * FROM {call}")
    assert error.sqlstate == "42704" and "does not exist" in message(error)
