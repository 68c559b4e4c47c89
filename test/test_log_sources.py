"""What sources turn into and hold, and what a log must say of it: zones nobody stated, edits that wait, numbers, names, days written for none."""

import pytest
from client import column, connect, failure, message, rows, value
from small_log import Background, wait_for
from test_log_silent import EVENT, create, desk, place, quality, refresh


def events(db, *given):
    """A table e of (case_id, activity, at), numbered in that order."""
    db.execute(f"CREATE TABLE e (case_id integer, {EVENT})")
    for number, event in enumerate(given):
        db.execute("INSERT INTO e VALUES (%s, %s, %s, %s)", (*event, number))


def kinds(db, **given):
    for activity, kind in given.items():
        db.execute("UPDATE desk.activity_map SET kind = %s WHERE activity = %s", (kind, activity))


# ---- a zone that nobody stated ------------------------------------------------------------------

RELATIONS = {"events": "activity", "assignments": "team", "messages": "direction"}


def relations(db, **at):
    """A view for each relation, whose times are read as said."""
    for name, label in RELATIONS.items():
        said = at.get(name, "at")
        db.execute(f"DROP VIEW IF EXISTS {name} CASCADE; CREATE VIEW {name} AS SELECT case_id, activity AS {label}, {said} AS at FROM e")


@pytest.fixture
def zoneless(desk):
    """A log of three relations whose times have a zone; the zone of the log is that of its calendar."""
    events(desk, (1, "Ny", "2023-06-01Z"))
    relations(desk)
    create(desk, **{name: name for name in RELATIONS}, calendar="Europe/Copenhagen; Mo-Fr 08:00-16:00")
    refresh(desk)
    return desk


@pytest.mark.parametrize("name", RELATIONS)
def test_times_that_lose_their_zone(zoneless, name):
    """A relation whose times have no zone any more is refused, until the owner of the log says which it is."""
    zoneless.execute(f"DROP VIEW {name}; CREATE VIEW {name} AS SELECT case_id, activity AS {RELATIONS[name]}, at AT TIME ZONE 'UTC' AS at FROM e")
    error = failure(zoneless, "CALL refresh('desk', '2023-07-01Z')")
    assert error.sqlstate == "22023" and f"{name}: column at" in message(error) and "is_time_zone_given" in message(error)
    zoneless.execute("UPDATE desk.settings SET is_time_zone_given = true")
    refresh(zoneless)
    assert value(zoneless, "SELECT at::text FROM desk.events") == ("2023-06-01 00:00:00" if name == "events" else "2023-06-01 02:00:00")


@pytest.mark.parametrize("name", RELATIONS)
def test_relations_without_a_zone_in_the_settings(zoneless, name):
    """As create_log refuses them; naming a time zone says which it is."""
    zoneless.execute(f"CREATE VIEW lost AS SELECT case_id, activity AS {RELATIONS[name]}, at AT TIME ZONE 'UTC' AS at FROM e")
    assert failure(zoneless, f"UPDATE desk.settings SET {name} = 'public.lost'").sqlstate == "22023"
    zoneless.execute(f"UPDATE desk.settings SET {name} = 'public.lost', time_zone = 'Asia/Tokyo'")
    assert value(zoneless, "SELECT is_time_zone_given FROM desk.settings")


def test_zone_given_to_create_log(desk):
    events(desk, (1, "Ny", "2023-06-01Z"))
    relations(desk)
    create(desk, events="events", time_zone="UTC")
    desk.execute("DROP VIEW events; CREATE VIEW events AS SELECT case_id, activity, at AT TIME ZONE 'UTC' AS at FROM e")
    refresh(desk)
    assert value(desk, "SELECT count(*) FROM desk.events") == 1


def test_attributes_that_lose_their_zone(desk):
    """They would be other times under the same name."""
    events(desk, (1, "Ny", "2023-06-01Z"))
    desk.execute("CREATE TABLE c AS SELECT 1 AS case_id, timestamptz '2023-06-01Z' AS due")
    create(desk, events="e", cases="c", time_zone="Europe/Copenhagen")
    refresh(desk)
    desk.execute("ALTER TABLE c ALTER due TYPE timestamp")
    error = failure(desk, "CALL refresh('desk', '2023-07-01Z')")
    assert error.sqlstate == "42703" and "due" in message(error)
    desk.execute("ALTER TABLE desk.cases DROP COLUMN due")
    for _ in range(2):
        refresh(desk)
        assert value(desk, "SELECT due::text FROM desk.cases") == "2023-06-01 00:00:00"


@pytest.mark.parametrize("name", ("desk.events", "public.mirror"))
def test_log_that_reads_itself(desk, name):
    """What a log has mined is not what it reads, through views neither."""
    events(desk, (1, "Ny", "2023-06-01Z"))
    create(desk, events="e", time_zone="UTC")
    refresh(desk)
    desk.execute("CREATE VIEW mirror AS SELECT case_id, activity, at AT TIME ZONE 'UTC' AS at FROM desk.events")
    error = failure(desk, f"UPDATE desk.settings SET events = '{name}'")
    assert error.sqlstate == "22023" and "mined itself" in message(error)


def test_names_in_the_settings_have_a_schema(desk):
    events(desk, (1, "Ny", "2023-06-01Z"))
    create(desk, events="e")
    assert "name it with its schema" in message(failure(desk, "UPDATE desk.settings SET events = 'e'"))


# ---- the state that is shown --------------------------------------------------------------------


@pytest.mark.parametrize("as_of", ("2023-10-29 00:30Z", "2023-10-29 01:30Z"))
def test_as_of_in_the_hour_that_comes_twice(desk, as_of):
    """Local 02:30, which both are: what runs until then is told to the second in case_history and in the page."""
    events(desk, (1, "Ny", "2023-10-29 00:00Z"))
    create(desk, events="e", time_zone="Europe/Copenhagen")
    refresh(desk, as_of)
    wanted = value(desk, "SELECT age_seconds FROM desk.cases")
    assert wanted == (1800 if as_of.endswith("00:30Z") else 5400)
    assert column(desk, "SELECT seconds FROM case_history('desk', '1')") == [wanted]
    assert value(desk, "SELECT extract(epoch FROM as_of)::bigint FROM report_known('desk')") == value(
        desk, "SELECT extract(epoch FROM as_of)::bigint FROM desk.refreshes")  # fmt: skip


EDITS = {"zone": "time_zone = 'Asia/Tokyo'", "calendar": "calendar = 'Europe/Copenhagen; Mo-Su 00:00-24:00'", "url": "case_url = 'https://b.example/{case_no}'"}


@pytest.mark.parametrize("edit", EDITS)
def test_edits_wait_for_the_next_refresh(desk, edit):
    """Whatever is read goes on with the settings that the tables were made with."""
    events(desk, (1, "Ny", "2023-06-01Z"), (1, "Løst", "2023-06-02Z"))
    create(desk, events="e", calendar="Europe/Copenhagen; Mo-Fr 08:00-16:00", case_url="https://a.example/{case_no}")
    refresh(desk)

    def seen():
        status = "SELECT as_of, refreshed_at, time_zone, calendar, case_url, as_of_utc FROM desk.status"
        return [rows(desk, query) for query in (status, "SELECT * FROM case_history('desk', '1')", "SELECT * FROM report_known('desk')")]

    before = seen()
    desk.execute(f"UPDATE desk.settings SET {EDITS[edit]}")
    assert value(desk, "SELECT state FROM desk.status") == "edited, not refreshed"
    assert seen() == before
    refresh(desk)
    assert seen() != before


# ---- numbers ------------------------------------------------------------------------------------


def test_numbers_keep_what_they_say(desk):
    """0.1 of 4 bytes is 0.1; what is rounded, or too large, is counted by attribute, with cases."""
    events(desk, *((n, "Ny", "2023-06-01Z") for n in (1, 2, 3, 4)))
    desk.execute("CREATE TABLE c (case_id integer, share real, order_no numeric(20,0), amount numeric)")
    desk.execute("INSERT INTO c VALUES (1, 0.1, 12345678901234567890, 1e400), (2, -0.3, 12345678901234567891, -1e400),"
                 " (3, 1e20, 9007199254740992, 1e-400), (4, NULL, 123456789012345, 0.12345678901234567890)")  # fmt: skip
    create(desk, events="e", cases="c")
    refresh(desk)
    assert column(desk, "SELECT share::text FROM desk.cases ORDER BY case_id") == ["0.1", "-0.3", "1e+20", None]
    assert column(desk, "SELECT amount FROM desk.cases ORDER BY case_id") == [None, None, 0, 0.12345678901234568]
    found = rows(desk, "SELECT finding, subject, number, right(meaning, 6) FROM desk.quality WHERE finding ~ '^numbers' ORDER BY 1")
    assert found == [("numbers rounded", "order_no", 2, ": 1, 2"), ("numbers too large", "amount", 2, ": 1, 2")]


def test_change_of_what_looks_alike(desk):
    """-0 is 0, and a seq that is the least number is no NULL."""
    events(desk, (1, "Ny", "2023-06-01Z"), (1, "A", "2023-06-01Z"))
    desk.execute("CREATE TABLE c AS SELECT 1 AS case_id, float8 '-0' AS x; UPDATE e SET seq = NULL; ALTER TABLE e ALTER seq TYPE bigint")
    create(desk, events="e", cases="c")
    refresh(desk)
    assert value(desk, "SELECT x::text FROM desk.cases") == "0"
    desk.execute("UPDATE e SET seq = -9223372036854775808 WHERE activity = 'Ny'")
    refresh(desk)
    assert value(desk, "SELECT changed_cases FROM desk.refreshes ORDER BY refresh_no DESC LIMIT 1") == 1
    assert value(desk, "SELECT tied_events FROM desk.traces") == 0


# ---- names --------------------------------------------------------------------------------------


PUT_BACK = {
    "a new one beside a faulty one": ("ALTER TABLE c ADD good interval, ADD bad jsonb", "ALTER TABLE c DROP good, DROP bad"),
    "a name that was changed": ("ALTER TABLE c RENAME p TO r", "ALTER TABLE c RENAME r TO p"),
    "a type that was changed, beside a new one": ("ALTER TABLE c ALTER p TYPE text, ADD good int", "ALTER TABLE c ALTER p TYPE int USING p::int, DROP good"),
}


@pytest.mark.parametrize("name", PUT_BACK)
def test_source_that_is_put_back(desk, name):
    """A refresh that is refused leaves the columns as they were: the source as it was is refreshed."""
    events(desk, (1, "Ny", "2023-01-01Z"))
    desk.execute("CREATE TABLE c (case_id int, p int); INSERT INTO c VALUES (1, 7)")
    create(desk, events="e", cases="c")
    refresh(desk)
    columns = column(desk, "SELECT attname::text FROM pg_attribute WHERE attrelid = 'desk.cases'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum")
    edit, back = PUT_BACK[name]
    desk.execute(edit)
    failure(desk, "CALL ticket_mining.refresh('desk', '2023-06-01Z')")
    assert column(desk, "SELECT attname::text FROM pg_attribute WHERE attrelid = 'desk.cases'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum") == columns
    desk.execute(back)
    refresh(desk)
    assert rows(desk, "SELECT case_id, p FROM desk.cases") == [(1, 7)]


@pytest.mark.parametrize("name, what", (("teams", "chains of filters"), ("xmin", "system column"), ("ctid", "system column"), ("status", "mined column")))
def test_names_that_no_attribute_can_have(desk, name, what):
    events(desk, (1, "Ny", "2023-06-01Z"))
    desk.execute(f"CREATE TABLE c AS SELECT 1 AS case_id; CREATE VIEW v AS SELECT case_id, 2 AS {name} FROM c")
    error = failure(desk, "CALL create_log('desk', events => 'e', cases => 'v')")
    assert error.sqlstate == "22023" and f"column {name} " in message(error) and what in message(error)
    desk.execute("CREATE VIEW w AS SELECT case_id FROM c; CALL create_log('desk', events => 'e', cases => 'w')")
    desk.execute(f"CREATE OR REPLACE VIEW w AS SELECT case_id, 2 AS {name} FROM c")
    assert what in message(failure(desk, "CALL refresh('desk')"))


def test_numbers_that_cases_share(desk):
    """None of them is shown for all: an error names their ids, by which each is found, and quality counts them."""
    events(desk, *((n, "Ny", "2023-06-01Z") for n in (1, 2, 3, 4, 5, 6)))
    desk.execute("CREATE TABLE c (case_id integer, case_no text); INSERT INTO c VALUES (1, 'X'), (2, 'X'), (3, '4'), (4, 'Y'), (5, '1'), (6, ' ')")
    create(desk, events="e", cases="c")
    refresh(desk)
    error = failure(desk, "SELECT * FROM case_history('desk', 'X')")
    assert error.sqlstate == "21000" and error.diag.message_primary.endswith(": 1, 2") and "id" in error.diag.message_hint
    assert quality(desk, "case numbers shared")[0][0] == 2 and quality(desk, "case numbers shared")[0][1].endswith(": 'X'")
    assert quality(desk, "case numbers empty")[0][0] == 1 and quality(desk, "case numbers empty")[0][1].endswith(": 6")
    desk.execute("UPDATE e SET activity = 'of ' || case_id")
    refresh(desk)
    assert column(desk, "SELECT entry FROM case_history('desk', '2')") == ["of 2"]
    assert column(desk, "SELECT entry FROM case_history('desk', '4')") == ["of 3"]


def test_rows_of_cases_without_an_id(desk):
    events(desk, (1, "Ny", "2023-06-01Z"))
    desk.execute("CREATE TABLE c (case_id integer, x integer); INSERT INTO c VALUES (1, 1), (NULL, 2), (NULL, 3)")
    create(desk, events="e", cases="c")
    refresh(desk)
    assert quality(desk, "cases without an id")[0][0] == 2
    assert quality(desk, "cases without events")[0][0] == quality(desk, "events no case")[0][0] == 0


def test_ids_of_examples_show_their_blanks(desk):
    desk.execute(f"CREATE TABLE e (case_id text, {EVENT}); CREATE TABLE c (case_id text)")
    desk.execute("INSERT INTO e VALUES ('A ', 'Ny', '2023-06-01Z', 1), ('B ', NULL, '2023-06-01Z', 1)")
    create(desk, events="e", cases="c")
    refresh(desk)
    assert quality(desk, "cases without a row")[0][1].endswith(": 'A '")
    assert quality(desk, "events no activity")[0][1].endswith(": 'B '")


@pytest.mark.parametrize("given, wanted", ((["1" * 1001, "2"], "case_id"), (["1", "9" * 1001], "case_no")))
def test_what_names_a_case_and_is_too_long(desk, given, wanted):
    desk.execute(f"CREATE TABLE e (case_id text, {EVENT}); CREATE TABLE c (case_id text, case_no text)")
    desk.execute("INSERT INTO e VALUES (%s, 'Ny', '2023-06-01Z', 1)", given[:1])
    desk.execute("INSERT INTO c VALUES (%s, %s)", given)
    create(desk, events="e", cases="c")
    error = failure(desk, "CALL refresh('desk')")
    text = max(given, key=len)
    assert error.sqlstate == "54000" and f'{wanted} "{text[:40]}..." has 1001 bytes' in message(error)


@pytest.mark.parametrize("relation, label", RELATIONS.items())
@pytest.mark.parametrize("length", (1400, 5000))
def test_long_labels(desk, relation, label, length):
    """The error says where it is; a direction has no key, so it may be as long as a trace takes."""
    events(desk, (1, "Ny", "2023-06-01Z"))
    relations(desk)
    desk.execute(f"CREATE VIEW long AS SELECT case_id, CASE case_id WHEN 2 THEN repeat('x', {length}) ELSE 'Ny' END AS {label}, at"
                 " FROM e CROSS JOIN generate_series(1, 2) n")  # fmt: skip
    desk.execute("INSERT INTO e VALUES (2, 'Ny', '2023-06-01Z', 1)")
    create(desk, **{"events": "e", relation: "long"})
    if relation == "messages" and length < 4096:
        return refresh(desk)
    error = failure(desk, "CALL refresh('desk')")
    assert error.sqlstate == "54000" and f"{relation}: {label}" in message(error) and "It is case 2 of public.long." in error.diag.message_detail
    assert "public.long" in error.diag.message_hint


@pytest.mark.parametrize("asked", ("x" * 765, "ø" * 400, "Løst m. mail" + "!" * 1000))
def test_long_names_are_near_to_no_short_one(desk, asked):
    events(desk, (1, "Ny", "2023-06-01Z"), (1, "Løst m. mail", "2023-06-02Z"))
    create(desk, events="e")
    refresh(desk)
    desk.execute("SELECT * FROM filter_cases('desk', jsonb_build_array(jsonb_build_object('drop_events', jsonb_build_array(%s::text))))", (asked,))
    assert len(desk.notices[-1:]) == 1 and "Did you mean" not in desk.notices[-1][1]
    assert value(desk, "SELECT nearest_labels(%s, %s)", ("y" + "x" * 700, ["x" * 700, "Ny"])) == ["x" * 700]


def test_activity_none_that_is_merged_into_itself(desk):
    """It is an activity like any other."""
    events(desk, (1, "none", "2023-06-01Z"), (1, "Løst", "2023-06-02Z"))
    create(desk, events="e")
    desk.execute("UPDATE desk.activity_map SET merge_into = activity, kind = 'open', segment = 'us'")
    for _ in range(2):
        refresh(desk)
        assert rows(desk, "SELECT kind, segment, event_count FROM desk.activities WHERE activity = 'none'") == [("open", "us", 1)]
        desk.execute("UPDATE e SET at = at + interval '1 hour'")
    desk.execute("DELETE FROM e WHERE activity = 'Løst'")
    refresh(desk)
    assert column(desk, "SELECT subject FROM desk.quality WHERE finding = 'map row without events'") == ["Løst"]


# ---- team visits --------------------------------------------------------------------------------


def test_clock_of_a_team_runs_before_the_first_status(desk):
    """A case that has only notes yet is not done."""
    events(desk, (1, "Note", "2023-01-01Z"), (1, "Ny", "2023-01-11Z"), (1, "Løst", "2023-01-12Z"), (2, "Note", "2023-01-01Z"))
    desk.execute("CREATE TABLE a AS SELECT c AS case_id, 'T' AS team, timestamptz '2022-12-30Z' AS at FROM generate_series(1, 2) c")
    create(desk, events="e", assignments="a", calendar="UTC; 24/7")
    kinds(desk, Note="note", Løst="resolved")
    refresh(desk, "2023-02-01Z")
    clocks = ("elapsed_seconds", "own_seconds", "business_elapsed_seconds", "business_own_seconds")
    found = rows(desk, f"SELECT {', '.join(f'{clock} / 86400' for clock in clocks)}, outcome, is_running FROM desk.team_visits ORDER BY case_id")
    assert found == [(11, 11, 11, 11, "resolved", 0), (31, 31, 31, 31, "open", 1)]
    assert column(desk, "SELECT total_seconds / 86400 FROM desk.cases ORDER BY case_id") == [11, 31]
    assert value(desk, "SELECT sum(seconds) / 86400 FROM case_history('desk', '2') WHERE at >= '2023-01-01'") == 31


# ---- one moment ---------------------------------------------------------------------------------


def test_derived_log_follows_ties_that_its_filter_hides(desk):
    """The order of two events of the parent is not told any more; what is left of the case is as before."""
    events(desk, (1, "Ny", "2023-06-01Z"), (1, "A", "2023-06-02Z"), (1, "B", "2023-06-02Z"))
    create(desk, events="e")
    chain = '[{"keep_events": ["Ny"]}]'
    desk.execute("CALL create_log('part', from_log => 'desk', filter => %s)", (chain,))
    refresh(desk)
    desk.execute("UPDATE desk.activity_map SET merge_into = 'A' WHERE activity = 'B'")
    desk.execute("UPDATE e SET seq = 1 WHERE activity <> 'Ny'")
    for merged, wanted in (("A", (0, 1)), (None, (2, 0))):
        desk.execute("UPDATE desk.activity_map SET merge_into = %s WHERE activity = 'B'", (merged,))
        refresh(desk)
        assert [rows(desk, f"SELECT tied_events, duplicate_events FROM {log}.traces") for log in ("desk", "part")] == [[wanted]] * 2


def test_one_refresh_is_of_one_moment(desk, place):
    """An edit that comes while a refresh waits for its own tables is in none of its counts."""
    events(desk, (1, "Ny", "2023-06-01Z"), (1, "A", "2023-06-02Z"), (1, "B", "2023-06-02Z"), (2, None, "2023-06-01Z"), (3, "Ny", "2023-06-01Z"))
    desk.execute("UPDATE e SET seq = NULL")
    create(desk, events="e")
    refresh(desk)
    desk.execute("UPDATE e SET at = at + interval '1 hour'")
    with connect(place) as other, connect(place) as watcher:
        other.execute("BEGIN; LOCK TABLE desk.case_months IN SHARE MODE")
        running = Background(lambda: refresh(desk))
        waits = "SELECT EXISTS (SELECT FROM pg_locks WHERE pid = %s AND NOT granted)"
        wait_for(lambda: running.error or value(watcher, waits, (desk.info.backend_pid,)), "a refresh that has read")
        watcher.execute("DELETE FROM e WHERE case_id = 2; UPDATE e SET seq = 5 WHERE activity = 'B'")
        other.execute("ROLLBACK")
        assert running.end() is None
    read, mined, rejected = rows(desk, "SELECT events_read, events, rejected FROM desk.refreshes ORDER BY refresh_no DESC")[0]
    assert (read, mined, rejected["no activity"]) == (5, 4, 1)
    assert rows(desk, "SELECT tied_events FROM desk.traces ORDER BY case_id") == [(2,), (0,)]


def test_reasons_are_counted_where_nothing_else_is(desk):
    """Each event that is left out has one reason, also in cases of which nothing is left."""
    desk.execute(f"CREATE TABLE e (case_id integer, {EVENT})")
    desk.execute("INSERT INTO e VALUES (NULL, NULL, NULL, 1), (1, NULL, NULL, 1), (2, 'Ny', NULL, 1), (3, 'Ny', 'infinity', 1), (4, 'Ny', '1950-01-01Z', 1),"
                 " (5, 'Ny', '2024-01-01Z', 1), (6, 'Ny', '2023-07-01 12:00Z', 1), (7, 'Ny', '2023-06-01Z', 1), (7, NULL, '2023-06-01Z', 1)")  # fmt: skip
    create(desk, events="e")
    refresh(desk)
    found = rows(desk, "SELECT events_read, events, rejected FROM desk.refreshes")[0]
    assert found[:2] == (9, 1) and {reason: found[2][reason] for reason in list(found[2]) if "left out" not in reason} == {
        "no case": 1, "no activity": 2, "no time": 1, "infinite time": 1, "too early": 1, "too late": 1, "after as_of": 1}  # fmt: skip


# ---- days written for none ----------------------------------------------------------------------


@pytest.mark.parametrize("hours, since", (("Mo-Fr 08:00-16:00", "1901-01-01"), ("Mo-Fr 08:00-16:00; PH(DK) off", "1991-01-01")))
def test_events_before_the_years_of_a_calendar(desk, hours, since):
    """Lowering the bound never loses events that were there; the finding says what the bound is."""
    events(desk, (1, "Ny", "1899-06-01Z"), (2, "Ny", "1950-06-01Z"), (3, "Ny", "1980-06-01Z"), (4, "Ny", "1995-06-01Z"))
    create(desk, events="e", calendar=f"Europe/Copenhagen; {hours}")
    desk.execute("UPDATE desk.settings SET earliest_date = '1800-01-01'")
    refresh(desk)
    assert column(desk, "SELECT case_id FROM desk.cases ORDER BY 1") == [4] if since > "1990" else [2, 3, 4]
    assert since in quality(desk, "events too early")[0][1]
    desk.execute("UPDATE desk.settings SET earliest_date = '1992-01-01'")
    refresh(desk)
    assert "earliest_date" in quality(desk, "events too early")[0][1]


@pytest.mark.parametrize("kind, zone, at", (
    ("timestamptz", "Europe/Copenhagen", "1753-01-01 00:00+01"), ("timestamptz", "America/New_York", "1753-01-01 00:00-05"),
    ("timestamptz", "Europe/Copenhagen", "1900-01-01 08:30+01"), ("timestamptz", "Asia/Tokyo", "0001-01-01 12:00+00"),
    ("timestamp", "UTC", "1900-01-01 08:30"), ("timestamp", "UTC", "0001-01-01 23:59:59"), ("timestamp", "UTC", "9999-12-31 00:00"),
))  # fmt: skip
def test_days_for_none_at_any_time(desk, kind, zone, at):
    events(desk, (1, "Ny", "2023-06-01Z"))
    desk.execute(f"CREATE TABLE c AS SELECT 1 AS case_id, {kind} '{at}' AS due")
    create(desk, events="e", cases="c", time_zone=zone)
    refresh(desk)
    assert column(desk, "SELECT due FROM desk.cases") == [None]
    assert rows(desk, "SELECT subject, number FROM desk.quality WHERE finding = 'times for none'") == [("due", 1)]
