"""Seeded random service desks: the tables that feed a log, with every oddity, its maps, settings and as_of."""


from calendar_oracle import Calendar, Holidays, Rule, Week
from dice import dice
from log_model import SEGMENTS, Activity, CaseRow, Maps, Settings, Sources, Team, local
from oracle import Event
from psycopg import sql
from random_cases import modern_calendars
from timestamps import DAY, HOUR, MINUTE, SECOND, civil, pg_time, utc

ACTIVITIES = ["Ny", "Tildelt", "I gang", "Afventer bruger", "Afventer pakke", "Løst", "Løst m. mail", "Lukket", "Genåbnet", "Note", "Intern note"]
ODD_ACTIVITIES = ["", " ", "none", "unknown", 'a "quoted" one', "O'Brien", "NULL", "\\N", "→", "{A,B}", "ny", "Status 100 %", "æ" * 600]
TEAMS = ["Servicedesk", "Netværk", "Klient", "Løn", "Leverandør: print"]
ODD_TEAMS = ["", "none", "None", 'Team "Æ"', "unknown", "x" * 1300]
DIRECTIONS = ["in", "out", "out", "in", "out", "internal", "auto", "chat", "In", ""]
ROLES = ["ours", "ours", "partner", "intake", "unknown"]
OWN_WORDS = [*SEGMENTS, "us", "us", "user", "Andre", "none"]
ZONES = ["Europe/Copenhagen", "Europe/Copenhagen", "UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Asia/Kathmandu"]
# Nights in which the clock of a zone above is changed, and ends of months and years near midnight.
NIGHTS = [utc(2023, 3, 26, 1), utc(2023, 10, 29, 1), utc(2022, 10, 30, 1), utc(2023, 3, 12, 7), utc(2023, 11, 5, 6), utc(2023, 4, 1, 15)]
EDGES = [utc(2022, 12, 31, 23), utc(2023, 1, 1), utc(2023, 5, 31, 22), utc(2023, 2, 28, 23), utc(2023, 7, 1, 4)]
# Written for none, or by mistake.
FAR = [utc(1, 1, 2), utc(1753), utc(1900), utc(1969, 12, 31, 12), utc(2031, 4, 1), utc(9999, 12, 30)]
OFFICE = Calendar("Europe/Copenhagen", Rule(Week(frozenset(range(5))), ((480, 960),)), Rule(Holidays(), ()))

# Types of case_id, of one relation each; integers in all of them make numbers of the ids.
ID_TYPES = {
    "numbers": ("integer", "bigint", "smallint", "bigint"),
    "texts": ("text", "varchar(40)", "text", "text"),
    "mixed": ("integer", "text", "bigint", "varchar(20)"),
}
RELATIONS = ("events", "assignments", "messages", "cases")
LABELS = {"events": "activity", "assignments": "team", "messages": "direction"}

# ---- attributes: name, type of the column, kind of the value, values as they are mined ---------

ATTRIBUTES = [
    ("priority", "integer", "number", lambda rng: rng.randrange(-5, 6)),
    ("size", "smallint", "number", lambda rng: rng.randrange(100)),
    ("asset", "bigint", "number", lambda rng: rng.randrange(2**62)),
    ("is_vip", "boolean", "boolean", lambda rng: rng.random() < 0.5),
    ("cost", "numeric(12,2)", "number", lambda rng: rng.randrange(10**6) / 100),
    ("weight", "real", "number", lambda rng: rng.randrange(64) / 64),
    ("factor", "double precision", "number", lambda rng: rng.random()),
    ("opened_on", "date", "date", lambda rng: rng.randrange(9000)),
    ("due", "timestamptz", "timestamptz", lambda rng: rng.choice(NIGHTS) + rng.randrange(3 * HOUR)),
    ("asked", "timestamp", "timestamp", lambda rng: utc(2023) + rng.randrange(DAY)),
    ("agreed", "interval", "interval", lambda rng: rng.randrange(-(10**6), 10**8) / 4),
    ("ref", "uuid", "text", lambda rng: "00000000-0000-0000-0000-%012x" % rng.randrange(2**40)),
    ("Område", "text", "text", lambda rng: rng.choice(["", "Jura", "Æ ø å", "O'Brien", "\\N", "\t"])),
    ("service", "varchar(30)", "text", lambda rng: rng.choice(["Mail", "Print", "a\nb"])),
    ("code", "char(5)", "text", lambda rng: rng.choice(["a", "abcde"])),
    ("level", "level", "text", lambda rng: rng.choice(["low", "High"])),
]
AS_SQL = {"date": lambda days: "%04d-%02d-%02d" % civil(days), "timestamptz": pg_time, "timestamp": pg_time, "interval": lambda s: f"{s} seconds"}


def written(kind, value):
    """A value for COPY."""
    return value if value is None or kind not in AS_SQL else AS_SQL[kind](value)


# ---- times ------------------------------------------------------------------------------------


def random_start(rng):
    place = rng.choice((None, None, None, NIGHTS, EDGES))
    if place is None:
        return utc(2022, 8) + rng.randrange(500 * DAY // MINUTE) * MINUTE
    return rng.choice(place) + rng.choice((0, 0, -1, 1, rng.randrange(-3 * HOUR, 3 * HOUR), -MINUTE, 30 * MINUTE))


def random_step(rng):
    return rng.choice((0, 0, 1, SECOND, MINUTE, 30 * MINUTE, HOUR, DAY, 7 * DAY, 30 * DAY, 7 * DAY - 1, rng.randrange(DAY),
                       rng.randrange(20 * DAY // MINUTE) * MINUTE, rng.randrange(60 * DAY)))  # fmt: skip


def random_times(rng, count, start=None):
    at, found = random_start(rng) if start is None else start, []
    for _ in range(count):
        found.append(at)
        at += random_step(rng)
    return found


def second_of_two(zone, at):
    """The later of two instants at which the wall clock shows the same, as PostgreSQL reads a timestamp."""
    later = at + HOUR
    return later if local(zone, later) == local(zone, at) else at


# ---- the desk ---------------------------------------------------------------------------------


class Desk:
    """The rows of the relations, and the maps, settings and as_of that go with them."""

    def __init__(self, seed, relations=None, has_calendar=None, cases=None):
        self.rng = rng = dice(f"desk {seed}")
        self.given = relations if relations is not None else [name for name in RELATIONS[1:] if rng.randrange(4)]
        self.id_kind = rng.choice(sorted(ID_TYPES))
        self.seq_types = {name: rng.choice((None, "bigint", "bigint", "smallint")) for name in LABELS}
        self.activities = rng.sample(ACTIVITIES, rng.randint(4, len(ACTIVITIES))) + rng.sample(ODD_ACTIVITIES, rng.choice((0, 0, 2, 5)))
        self.teams = rng.sample(TEAMS, rng.randint(1, len(TEAMS))) + rng.sample(ODD_TEAMS, rng.choice((0, 0, 1, 3)))
        self.settings = self._settings(rng.randrange(4) > 0 if has_calendar is None else has_calendar)
        self.is_plain_time = self.settings.zone in ("UTC", "Europe/Copenhagen") and rng.randrange(5) == 0
        self.columns = rng.sample(ATTRIBUTES, rng.randint(0, len(ATTRIBUTES)))
        self.ids = [self.new_id(number) for number in range(1, (cases or rng.choice((1, 3, 12, 25))) + 1)]
        self.sources = self._sources()
        self.maps = Maps(self._activity_map(), self._team_map(), self._segment_map())
        self.as_of = self._as_of()

    def new_id(self, number):
        return number if self.id_kind != "texts" else self.rng.choice((f"T-{number:03}", f"Sag {number} Æ/?&", f" {number}", str(number)))

    def mined_id(self, case):
        """As the log has it."""
        numbers = all("int" in kind for kind in self.id_types().values())
        return case if case is None or numbers else str(case)

    def id_types(self):
        types = dict(zip(RELATIONS, ID_TYPES[self.id_kind]))
        return {name: types[name] for name in ("events", *self.given)}

    def _settings(self, has_calendar):
        calendar = self.rng.choice([OFFICE, *modern_calendars(self.rng.randrange(10**6), 3)]) if has_calendar else None
        url = self.rng.choice((None, "https://sager.example/{case_no}", "http://x.example/?id={case_id}&no={case_no}#{case_no}"))
        return Settings(self.rng.choice(ZONES), calendar, url)

    # ---- rows of the sources

    def _sources(self):
        events, others = [], {name: [] for name in ("assignments", "messages")}
        for case in self.ids:
            is_twin = events and self.rng.randrange(8) == 0
            found = [event._replace(case=case) for event in found] if is_twin else self._events_of(case)
            events += found
            for name, labels in (("assignments", [*self.teams, None]), ("messages", DIRECTIONS)):
                others[name] += self._followers(case, found, labels)
        stray = self._followers(self.new_id(len(self.ids) + 7), events[:3], DIRECTIONS)
        rows = {"events": events, "assignments": others["assignments"], "messages": others["messages"] + stray}
        rows = {name: self._spoiled(name, found) if name == "events" or name in self.given else None for name, found in rows.items()}
        return Sources(**rows, cases=self._case_rows() if "cases" in self.given else None)

    def _events_of(self, case):
        count = self.rng.choice((1, 1, 2, 3, 5, 8, 13, 25))
        labels = self.rng.choices(self.activities, k=self.rng.randint(1, 8))
        return [Event(case, self.rng.choice(labels), at, self._seq()) for at in random_times(self.rng, count)]

    def _followers(self, case, events, labels):
        """Rows of another relation about the times of a case's events."""
        count = self.rng.choice((0, 1, 2, 3, 5, 9, 14))
        times = [event.at for event in events] or [utc(2023)]
        times += random_times(self.rng, count, min(times) + self.rng.choice((0, 0, -DAY, HOUR)))
        times += [self.rng.choice(times) + 7 * DAY for _ in range(3)]
        return [Event(case, self.rng.choice(labels), self.rng.choice(times), self._seq()) for _ in range(count)]

    def _seq(self):
        return self.rng.choice((None, 0, 1, 2, 3, -1, 2**40))

    def _spoiled(self, name, found):
        """With duplicates, NULLs, infinite times, in any order; as the columns can hold it."""
        found = found + self.rng.choices(found, k=len(found) // 12)
        found = [self._with_fault(row) if self.rng.randrange(20) == 0 else row for row in found]
        self.rng.shuffle(found)
        return [self.as_stored(name, row) for row in found]

    def _with_fault(self, row):
        faults = [{"case": None}, {"activity": None}, *({"at": at} for at in (None, "infinity", "-infinity", *FAR))]
        return row._replace(**self.rng.choice(faults))

    def as_stored(self, name, row):
        """The row as the log reads it from its table."""
        is_time = isinstance(row.at, int)
        at = second_of_two(self.settings.zone, row.at) if self.is_plain_time and is_time else row.at
        return row._replace(case=self.mined_id(row.case), at=at, seq=self.stored_seq(name, row.seq))

    def stored_seq(self, name, seq):
        kind = self.seq_types[name]
        return None if kind is None or seq is None else min(seq, 7) if kind == "smallint" else seq

    def _case_rows(self):
        listed = [case for case in self.ids if self.rng.randrange(6)] + [self.new_id(len(self.ids) + 3)]
        return [self._case_row(case) for case in [*listed, *self.rng.choice(((), (None, None)))]]

    def _case_row(self, case):
        number = self.rng.choice((None, f"IR-{case}", f"Nr. {case}/Ø", str(case)))
        attributes = {name: (kind, None if self.rng.randrange(6) == 0 else value(self.rng)) for name, _, kind, value in self.columns}
        return CaseRow(self.mined_id(case), number, attributes)

    # ---- maps

    def _activity_map(self):
        """Of most labels, and of one that no event has."""
        has_start, names = self.rng.randrange(2), [label for label in self.activities if self.rng.randrange(8)] + ["No event"]
        found = {label: self.random_activity(has_start) for label in names}
        kept = [label for label in names if label != "none"]
        for label in self.rng.sample(names, self.rng.choice((0, 0, 1, 2))):
            target = self.rng.choice([*kept, "Merged"])
            if found.get(target, Activity()).merge_into is None and label not in {known.merge_into for known in found.values()}:
                found[label] = found[label]._replace(merge_into=target)
        return found

    def random_activity(self, has_start=True):
        kind = self.rng.choice(("open", "open", "open", "resolved", "resolved", "closed", "note"))
        answers = kind in ("resolved", "closed") and self.rng.randrange(2) == 0
        segment = "stopped" if kind in ("resolved", "closed") else self.rng.choice(OWN_WORDS)
        label = self.rng.choice((None, None, "Vist", ""))
        return Activity(kind, answers, segment, bool(has_start) and self.rng.randrange(4) == 0, label, None)

    def _team_map(self):
        calendars = [None, None, OFFICE, *modern_calendars(self.rng.randrange(10**6), 2)]
        named = [team for team in self.teams if team != "none" and self.rng.randrange(6)] + ["No ticket"]
        return {team: Team(self.rng.choice(ROLES), self.rng.choice(calendars), self.rng.choice((None, "Vist hold"))) for team in named}

    def _segment_map(self):
        changed = {name: self.rng.randrange(2) == 0 for name in self.rng.sample(sorted(SEGMENTS), self.rng.choice((0, 0, 2)))}
        return SEGMENTS | changed | ({"Andre": True, "No status": False} if self.rng.randrange(2) else {})

    def _as_of(self):
        times = [row.at for row in self.sources.events if isinstance(row.at, int) and row.at not in FAR] or [utc(2023)]
        last, some = max(times), self.rng.choice(times)
        later = last + 1, last + self.rng.randrange(90 * DAY), last + 40 * DAY, utc(2024, 2)
        return self.rng.choice((*later, some, some + 1, min(times), utc(2023, 6, 30, 22)))


# ---- in the database --------------------------------------------------------------------------


def create(db, desk, schema, log):
    """The tables in a schema of their own, and the log with its maps, not refreshed yet."""
    db.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
    db.execute(sql.SQL("CREATE TYPE {}.level AS ENUM ('low', 'High')").format(sql.Identifier(schema)))
    for name in ("events", *desk.given):
        _put_cases(db, desk, schema) if name == "cases" else _put(db, desk, schema, name)
    create_log(db, desk, schema, log)
    put_maps(db, desk.maps, log)


def _put(db, desk, schema, name):
    seq = f", seq {desk.seq_types[name]}" if desk.seq_types[name] else ""
    time = "timestamp" if desk.is_plain_time else "timestamptz"
    columns = f"id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, case_id {desk.id_types()[name]}, {LABELS[name]} text, at {time}{seq}"
    table = sql.Identifier(schema, name)
    db.execute(sql.SQL("CREATE TABLE {} ({})").format(table, sql.SQL(columns)))
    listed = sql.SQL(f"(case_id, {LABELS[name]}, at{seq and ', seq'})")
    with db.cursor().copy(sql.SQL("COPY {} {} FROM STDIN").format(table, listed)) as copy:
        for row in getattr(desk.sources, name):
            copy.write_row((row.case, row.activity, time_text(desk, row.at), row.seq)[: 3 + bool(seq)])


def time_text(desk, at):
    """For the column at of the desk: what the wall clock shows where it is without zone."""
    if not isinstance(at, int):
        return at
    return pg_time(local(desk.settings.zone, at)).replace("+00", "") if desk.is_plain_time else pg_time(at)


def _put_cases(db, desk, schema):
    table = sql.Identifier(schema, "cases")
    kinds = [sql.SQL("{} {}").format(sql.Identifier(name), _type(kind, schema)) for name, kind, *_ in desk.columns]
    columns = sql.SQL(", ").join([sql.SQL(f"case_id {desk.id_types()['cases']}, case_no text"), *kinds])
    db.execute(sql.SQL("CREATE TABLE {} ({})").format(table, columns))
    with db.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(table)) as copy:
        for row in desk.sources.cases:
            copy.write_row((row.case, row.case_no, *(written(*typed) for typed in row.attributes.values())))


def _type(name, schema):
    return sql.Identifier(schema, name) if name == "level" else sql.SQL(name)


def create_log(db, desk, schema, log):
    relations = {name: f'"{schema}".{name}' for name in ("events", *desk.given)}
    given = ", ".join(f"{name} => '{relation}'::regclass" for name, relation in relations.items())
    calendar = desk.settings.calendar and str(desk.settings.calendar)
    db.execute(f"CALL ticket_mining.create_log('{log}', {given}, time_zone => %s, calendar => %s::ticket_mining.business_calendar, case_url => %s)",
               (desk.settings.zone, calendar, desk.settings.case_url))  # fmt: skip


def put_maps(db, maps, log):
    for label, known in maps.activities.items():
        upsert(db, log, "activity_map", {"activity": label, **known._asdict()})
    for team, known in maps.teams.items():
        upsert(db, log, "team_map", {"team": team, **known._asdict(), "calendar": known.calendar and str(known.calendar)})
    for segment, is_excluded in maps.segments.items():
        upsert(db, log, "segment_map", {"segment": segment, "is_excluded": is_excluded})


def upsert(db, log, table, row):
    """A row of a map by its first column."""
    names = [sql.Identifier(name) for name in row]
    changes = sql.SQL(", ").join(sql.SQL("{0} = excluded.{0}").format(name) for name in names[1:])
    db.execute(sql.SQL("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT ({}) DO UPDATE SET {}").format(
        sql.Identifier(log, table), sql.SQL(", ").join(names), sql.SQL(", ").join(sql.Placeholder() * len(row)), names[0], changes,
    ), tuple(row.values()))  # fmt: skip
