"""Any sequence of edits of the sources, maps and settings, each batch with a refresh: the log is what a new one over them would be."""

import pytest
from client import connect, longer, rows, some, value
from random_cases import modern_calendars
from random_desk import DIRECTIONS, FAR, LABELS, OFFICE, ROLES, Desk, create, create_log, random_step, time_text, upsert
from timestamps import DAY, pg_time

DESKS, BATCHES = longer(3, 60), longer(3, 80)
SPAN = ("-1 month", "-1 day", "-1 microsecond", "1 microsecond", "1 hour", "8 days", "40 days")
MAPS = ("activity_map", "team_map", "segment_map")
COUNTED = "events_read, events, cases, rejected"


class Edits:
    """Random edits of a desk's tables and of its log."""

    def __init__(self, db, desk, log):
        self.db, self.desk, self.log, self.source = db, desk, log, f"{log}_source"
        self.rng, self.as_of = desk.rng, desk.as_of
        self.relations = [name for name in ("events", "assignments", "messages") if name == "events" or name in desk.given]
        self.labels = {"events": desk.activities, "assignments": [*desk.teams, None, "New team"], "messages": DIRECTIONS}
        self.done, self.added = [], 0

    def run(self, query, params=()):
        self.done.append((query, params))
        self.db.execute(query.replace("{log}", self.log).replace("{source}", self.source), params)

    def batch(self):
        """Up to four edits, and when to refresh as of."""
        self.done = []
        for _ in range(self.rng.choice((0, 1, 1, 1, 2, 4))):
            self.rng.choice(self.kinds())()
        self.as_of += self.rng.choice((0, 0, 0, 1, DAY, self.rng.randrange(40 * DAY), -self.rng.randrange(40 * DAY)))

    def kinds(self):
        """Edits of rows as often as those of maps and settings."""
        of_rows = [self.insert_rows, self.insert_rows, self.delete_rows, self.delete_case, self.move_row, self.move_time,
                   self.move_case, self.relabel, self.rename, self.repeat, self.empty, self.swap_times, self.reorder]  # fmt: skip
        of_maps = [self.activity_kind, self.activity_kind, self.activity_segment, self.activity_start, self.no_start, self.idle_start,
                   self.activity_merge, self.activity_unmerge, self.activity_label, self.drop_activity, self.team, self.team,
                   self.drop_team, self.segment, self.drop_segment, self.calendar, self.zone, self.url, self.relation]  # fmt: skip
        of_cases = [self.case_number, self.attribute, self.attribute, self.drop_case_row, self.new_attribute] if "cases" in self.desk.given else []
        return of_rows * 2 + of_maps + of_cases

    # ---- rows

    def table(self):
        return self.rng.choice(("events", *self.relations))

    def some(self, table, most=3):
        """A condition that a few rows fulfil."""
        found = [number for (number,) in rows(self.db, f"SELECT id FROM {self.source}.{table} ORDER BY id")]
        return f"id = ANY ('{{{','.join(map(str, self.rng.sample(found, min(len(found), self.rng.randint(1, most)))))}}}')"

    def label(self, table):
        return "in" if self.rng.randrange(9) == 0 and table == "messages" else self.rng.choice([*self.labels[table], "New"])

    def case(self):
        return self.rng.choice([*self.desk.ids, self.desk.new_id(len(self.desk.ids) + self.rng.randrange(1, 4))])

    def insert_rows(self):
        table, case, at = self.table(), self.case(), self.as_of - self.rng.randrange(300 * DAY)
        seq = self.desk.seq_types[table]
        for _ in range(self.rng.choice((1, 1, 2, 6))):
            cells = (case, self.label(table), time_text(self.desk, at), self.rng.choice((None, 0, 1, 5)))[: 3 + bool(seq)]
            columns = f"case_id, {LABELS[table]}, at{', seq' * bool(seq)}"
            self.run(f"INSERT INTO {{source}}.{table} ({columns}) VALUES ({', '.join(['%s'] * len(cells))})", cells)
            at += random_step(self.rng)

    def delete_rows(self):
        table = self.table()
        self.run(f"DELETE FROM {{source}}.{table} WHERE {self.some(table)}")

    def delete_case(self):
        if self.rng.randrange(3) == 0:
            self.run("DELETE FROM {source}.events WHERE case_id::text = %s", (str(self.case()),))

    def move_row(self):
        table = self.table()
        self.run(f"UPDATE {{source}}.{table} SET case_id = %s WHERE {self.some(table)}", (self.case(),))

    def move_case(self):
        """All of a case becomes part of another one, or one of its own."""
        table = self.table()
        self.run(f"UPDATE {{source}}.{table} SET case_id = %s WHERE case_id::text = %s", (self.case(), str(self.case())))

    def move_time(self):
        table = self.table()
        self.run(f"UPDATE {{source}}.{table} SET at = at + %s::interval WHERE {self.some(table)}", (self.rng.choice(SPAN),))

    def swap_times(self):
        """The trace may stay the same, but for where each event stands."""
        table = self.table()
        self.run(f"UPDATE {{source}}.{table} a SET at = b.at FROM {{source}}.{table} b WHERE a.case_id = b.case_id AND (a.{self.some(table)})")

    def reorder(self):
        table = self.table()
        if self.desk.seq_types[table]:
            self.run(f"UPDATE {{source}}.{table} SET seq = %s WHERE {self.some(table, 6)}", (self.rng.choice((None, None, 0, 1, -1, -1, -7)),))

    def relabel(self):
        table = self.table()
        self.run(f"UPDATE {{source}}.{table} SET {LABELS[table]} = %s WHERE {self.some(table)}", (self.label(table),))

    def rename(self):
        """A label becomes another one in all of the relation."""
        table = self.table()
        self.run(f"UPDATE {{source}}.{table} SET {LABELS[table]} = %s WHERE {LABELS[table]} = %s", (self.label(table), self.label(table)))

    def repeat(self):
        table = self.table()
        columns = f"case_id, {LABELS[table]}, at{', seq' * bool(self.desk.seq_types[table])}"
        self.run(f"INSERT INTO {{source}}.{table} ({columns}) SELECT {columns} FROM {{source}}.{table} WHERE {self.some(table)}")

    def empty(self):
        table = self.table()
        change = self.rng.choice(("case_id = NULL", f"{LABELS[table]} = NULL", "at = NULL", "at = 'infinity'", "at = '-infinity'"))
        self.run(f"UPDATE {{source}}.{table} SET {change} WHERE {self.some(table, 1)}")

    # ---- cases

    def case_number(self):
        self.run("UPDATE {source}.cases SET case_no = %s WHERE case_id::text = %s", (self.rng.choice((None, "IR-9", "Ø 1")), str(self.case())))

    def attribute(self):
        """A case gets that of another one."""
        name = self.rng.choice([name for name, *_ in self.desk.columns] or ["case_no"])
        other = f'(SELECT "{name}" FROM {{source}}.cases WHERE case_id::text = %s)'
        self.run(f'UPDATE {{source}}.cases SET "{name}" = {other} WHERE case_id::text = %s', (str(self.case()), str(self.case())))

    def new_attribute(self):
        """For good, so not often."""
        if self.rng.randrange(4) == 0:
            self.added += 1
            kind = self.rng.choice(("integer DEFAULT 7", "text", "boolean DEFAULT true", "timestamptz DEFAULT '2023-10-29 00:30Z'"))
            self.run(f"ALTER TABLE {{source}}.cases ADD COLUMN new_{self.added} {kind}")

    def drop_case_row(self):
        self.run("DELETE FROM {source}.cases WHERE case_id::text = %s", (str(self.case()),))

    # ---- maps

    def activity_kind(self):
        found = self.desk.random_activity()
        self.change("activity_map", self.label("events"), kind=found.kind, answers=found.answers)

    def activity_segment(self):
        segment = self.rng.choice(("us", "us", "user", "blocked", "stopped", "partner", "unknown", "Andre", "Et nyt ord"))
        self.change("activity_map", self.label("events"), segment=segment)

    def activity_start(self):
        self.change("activity_map", self.label("events"), is_start=self.rng.randrange(3) == 0)

    def no_start(self):
        """No case is cut off any more."""
        self.run("UPDATE {log}.activity_map SET is_start = false")
        self.run("DELETE FROM {log}.activity_map WHERE activity = 'No event'")

    def idle_start(self):
        """No event has it, so all cases are cut off."""
        self.no_start()
        self.change("activity_map", "No event", is_start=True)

    def activity_label(self):
        self.change("activity_map", self.label("events"), label=self.rng.choice((None, "Vist", "")))

    def activity_merge(self):
        """Without a chain."""
        self.run("""UPDATE {log}.activity_map m SET merge_into = %s WHERE activity = %s AND activity <> %s AND NOT EXISTS
                    (SELECT FROM {log}.activity_map o WHERE o.merge_into = m.activity OR o.activity = %s AND o.merge_into IS NOT NULL)""",
                 (target := self.label("events"), self.label("events"), target, target))  # fmt: skip

    def activity_unmerge(self):
        self.run("UPDATE {log}.activity_map SET merge_into = NULL WHERE merge_into IS NOT NULL")

    def drop_activity(self):
        """It comes back, as nobody knows it, if there is an event of it."""
        self.run("DELETE FROM {log}.activity_map WHERE activity = %s", (self.label("events"),))

    def team(self):
        calendar = self.rng.choice((None, None, OFFICE, *modern_calendars(self.rng.randrange(10**6), 1)))
        changes = ({"role": self.rng.choice(ROLES)}, {"role": "partner"}, {"calendar": calendar and str(calendar)}, {"label": "Et hold"})
        team = self.rng.choice([team for team in [*self.desk.teams, "New", "New team"] if team != "none"])
        self.change("team_map", team, **self.rng.choice(changes))

    def drop_team(self):
        self.run("DELETE FROM {log}.team_map WHERE team = %s", (self.rng.choice(self.desk.teams),))

    def segment(self):
        segment = self.rng.choice(("us", "partner", "user", "blocked", "stopped", "unknown", "Andre"))
        self.change("segment_map", segment, is_excluded=self.rng.randrange(2) == 0)

    def drop_segment(self):
        self.run("DELETE FROM {log}.segment_map WHERE segment = %s", (self.rng.choice(("us", "user", "Andre")),))

    def change(self, table, key, **columns):
        self.done.append((table, key, columns))
        upsert(self.db, self.log, table, {table.split("_")[0]: key, **columns})

    # ---- settings

    def calendar(self):
        calendar = self.rng.choice((None, OFFICE, *modern_calendars(self.rng.randrange(10**6), 2)))
        self.run("UPDATE {log}.settings SET calendar = %s", (calendar and str(calendar),))

    def zone(self):
        self.run("UPDATE {log}.settings SET time_zone = %s", (self.rng.choice(("Europe/Copenhagen", "UTC", "Asia/Kathmandu", "America/New_York")),))

    def relation(self):
        """The log does without one, or has it again."""
        name = self.rng.choice(self.relations)
        if name != "events":
            self.run(f"UPDATE {{log}}.settings SET {name} = CASE WHEN {name} IS NULL THEN %s END", (f"{self.source}.{name}",))

    def url(self):
        self.run("UPDATE {log}.settings SET case_url = %s", (self.rng.choice((None, "https://a.example/{case_no}", "https://b.example/{case_id}")),))


# ---- a new log, and what differs ----------------------------------------------------------------


def refresh(db, log, as_of):
    db.execute(f"CALL ticket_mining.refresh('{log}', '{pg_time(as_of)}')")


def create_again(db, desk, log, fresh):
    """A new log over the same sources with the same settings and maps."""
    create_log(db, desk, f"{log}_source", fresh)
    names = "events, assignments, messages, cases, time_zone, calendar, case_url"
    db.execute(f"UPDATE {fresh}.settings s SET ({names}) = (SELECT {names} FROM {log}.settings)")
    for table in MAPS:
        db.execute(f"DELETE FROM {fresh}.{table}")
        db.execute(f"INSERT INTO {fresh}.{table} SELECT * FROM {log}.{table}")


TABLES = """SELECT c.relname, string_agg(quote_ident(attname) || CASE WHEN atttypid::regtype::text ~ 'dfg|trace' THEN '::text' ELSE '' END, ', '
                                         ORDER BY attname COLLATE "C")
            FROM pg_class c JOIN pg_attribute a ON attrelid = c.oid JOIN ticket_mining.mined_tables t ON t.table_name = c.relname
            WHERE relnamespace = %s::regnamespace AND attnum > 0 AND NOT attisdropped AND attname <> 'case_key' GROUP BY 1 ORDER BY 1"""


def differences(db, log, fresh):
    """(table, which of the logs, row) of each row that only one of them has."""
    tables, again = rows(db, TABLES, (log,)), rows(db, TABLES, (fresh,))
    assert tables == again
    only = """(SELECT '{0}' AS name, '{1}' AS only_in, r::text FROM (SELECT {3} FROM {1}.{0} EXCEPT ALL SELECT {3} FROM {2}.{0}) r)"""
    sides = [only.format(table, *pair, columns) for table, columns in tables for pair in ((log, fresh), (fresh, log))]
    return rows(db, " UNION ALL ".join(sides) + " ORDER BY 1, 3")


def counted(db, log):
    return rows(db, f"SELECT {COUNTED} FROM {log}.refreshes WHERE state = 'done' ORDER BY refresh_no DESC LIMIT 1")


def keys(db, log):
    return dict(rows(db, f"SELECT case_id, case_key FROM {log}.cases"))


def check_batch(db, desk, log, fresh, edits, batch):
    before = keys(db, log)
    batch()
    done = edits.done
    refresh(db, log, edits.as_of)
    create_again(db, desk, log, fresh)
    refresh(db, fresh, edits.as_of)
    assert differences(db, log, fresh) == [], done
    assert counted(db, log) == counted(db, fresh), done
    after = keys(db, log)
    assert all(after[case] == before[case] for case in after.keys() & before.keys()), done
    db.execute(f"CALL ticket_mining.drop_log('{fresh}')")


# ---- tests ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def desks(databases, template):
    with connect(databases.create(template)) as db:
        yield db


@pytest.mark.parametrize("seed", range(DESKS))
def test_edits(desks, seed):
    """Whatever is edited between refreshes, the log does not show it."""
    desk, log = Desk(f"edits {seed}", cases=(1, 6, 12)[seed % 3]), f"edited_{seed}"
    create(desks, desk, f"{log}_source", log)
    edits = Edits(desks, desk, log)
    refresh(desks, log, edits.as_of)
    for number in range(BATCHES):
        check_batch(desks, desk, log, f"fresh_{seed}_{number}", edits, edits.batch)


def test_edits_of_starts(desks):
    """Whether there is any start at all concerns every case, those that are done too; what is merged away does not count."""
    desk, log = Desk("edits of starts", cases=6), "edited_starts"
    create(desks, desk, f"{log}_source", log)
    edits = Edits(desks, desk, log)
    edits.activity_unmerge()
    refresh(desks, log, edits.as_of)
    label = next(label for label, known in desk.maps.activities.items() if known.merge_into is None)
    merges = [lambda target=target: edits.change("activity_map", "No event", merge_into=target) for target in (label, None)]
    for number, edit in enumerate((edits.idle_start, *merges, edits.no_start)):
        check_batch(desks, desk, log, f"fresh_starts_{number}", edits, edit)


# ---- what is not touched ------------------------------------------------------------------------

OF_CASES = "SELECT DISTINCT table_name FROM ticket_mining.mined_columns WHERE column_name = 'case_key' ORDER BY 1"


def versions(db, log):
    """By table and case, which transactions wrote its rows."""
    listed = [f"SELECT '{table}', case_id, array_agg(DISTINCT xmin::text) FROM {log}.{table} GROUP BY case_id" for (table,) in rows(db, OF_CASES)]
    return {(table, case): sorted(written) for table, case, written in rows(db, " UNION ALL ".join(listed))}


class Kept:
    """A refreshed log after all that happened, and what a refresh rewrites."""

    def __init__(self, db, seed):
        desk, self.db, self.log = Desk(f"kept {seed}", ("assignments", "messages"), cases=12), db, f"kept_{seed}"
        given = (desk.sources.events, desk.sources.assignments, desk.sources.messages)
        self.as_of = max(row.at for relation in given for row in relation if isinstance(row.at, int) and row.at not in FAR) + 1
        create(db, desk, f"{self.log}_source", self.log)
        refresh(db, self.log, self.as_of)

    def rewritten(self, edit="SELECT", later=0):
        """The cases that a refresh after an edit writes rows of, and how many it says have changed."""
        before = versions(self.db, self.log)
        self.db.execute(edit.format(log=self.log))
        self.as_of += later
        refresh(self.db, self.log, self.as_of)
        after = versions(self.db, self.log)
        last = value(self.db, f"SELECT changed_cases FROM {self.log}.refreshes ORDER BY refresh_no DESC LIMIT 1")
        return {key[1] for key in before.keys() | after.keys() if before.get(key) != after.get(key)}, last

    def cases(self, query):
        return {case for (case,) in rows(self.db, query.format(log=self.log))}


# The last event of each case.
LAST_EVENTS = """SELECT DISTINCT ON (c.case_key) c.case_id, e.id FROM {0}_source.events e JOIN {0}.cases c ON c.case_id::text = e.case_id::text
                 WHERE e.activity IS NOT NULL AND e.at > '1971-01-01' AND e.at < '2030-01-01' ORDER BY c.case_key, e.at DESC, e.id"""


@pytest.fixture(scope="module", params=range(longer(1, 40)))
def kept(desks, request):
    return Kept(desks, request.param)


def test_nothing_is_rewritten(kept):
    """Where nothing changed, or only how labels show."""
    assert kept.rewritten() == (set(), 0)
    shown = "UPDATE {log}.activity_map SET label = 'Nu'; UPDATE {log}.team_map SET label = 'Nu'; INSERT INTO {log}.segment_map VALUES ('Nu')"
    assert kept.rewritten(shown) == (set(), 0)


def test_only_the_case_is_rewritten(kept):
    """Whose event was edited, one case after the other."""
    for case, number in some(rows(kept.db, LAST_EVENTS.format(kept.log)), 3):
        assert kept.rewritten(f"UPDATE {{log}}_source.events SET activity = 'Changed' WHERE id = {number}") == ({case}, 1)
        assert kept.rewritten(f"UPDATE {{log}}_source.events SET at = at - interval '1 microsecond' WHERE id = {number}") == ({case}, 1)


def test_open_cases_are_rewritten(kept):
    """When as_of moves, those alone; they have not changed for that."""
    assert kept.rewritten(later=DAY) == (kept.cases("SELECT case_id FROM {log}.cases WHERE is_open = 1"), 0)


def test_cases_of_an_edited_team_are_rewritten(kept):
    for (team,) in some(rows(kept.db, f"SELECT team FROM {kept.log}.teams WHERE team <> 'none' ORDER BY team"), 3):
        name = team.replace("'", "''")
        had = kept.cases("SELECT case_id FROM {log}.team_visits WHERE team = '%s'" % name)
        found, _ = kept.rewritten("UPDATE {log}.team_map SET calendar = 'UTC; Su 01:00-01:01' WHERE team = '%s'" % name)
        assert found == had
