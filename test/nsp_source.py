"""A source over the TDS test server: databases, sources, what has landed, and a small desk with all that is easily damaged."""

from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from client import column, connect, rows, value
from dice import dice
from tds import fdw
from tds.database import Database
from tds.nsp import schema

AS_OF = "2024-01-01Z"
RELATIONS = {"events": "activity text", "assignments": "team text", "messages": "direction text"}
PARTS = ("tickets", "changes", "comments", "statuses", "stages", "stage_statuses", "groups", "priorities")
NAMES = {"changes": "dbo.EntityChangeLog", "comments": "dbo.EntityComment", "tickets": "dbo.SysTicket"}


# ---- databases and sources ---------------------------------------------------------------------


def nsp_database(databases, locale="C.UTF-8"):
    """A database with both extensions."""
    name = databases.create(options=f"ENCODING 'UTF8' LOCALE '{locale}'")
    with connect(name) as db:
        db.execute("CREATE EXTENSION tds_fdw; CREATE EXTENSION ticket_mining")
    return name


def create_source(db, server, source="nsp", zone="UTC", properties="", **options):
    """A foreign server of its own and a source over it, not loaded yet."""
    fdw.attach(db, server, f"{source}_server", **options)
    db.execute(f"CALL ticket_mining.create_nsp_source('{source}', '{source}_server', time_zone => '{zone}')")
    db.execute(f"INSERT INTO {source}.properties VALUES ('Note', 'note', NULL, 'Note')")
    if properties == "ids":
        db.execute(f"UPDATE {source}.properties SET lookup = CASE becomes WHEN 'status' THEN 'statuses' ELSE 'groups' END WHERE becomes <> 'note'")


def point_at(db, server, source="nsp"):
    """Makes a source of a copied database one over this server."""
    db.execute(f"ALTER SERVER {source}_server OPTIONS (SET port '{server.port}')")


def drop_all(db):
    """All that a test has left in the database."""
    db.execute("DROP EXTENSION tds_fdw CASCADE; CREATE EXTENSION tds_fdw")
    for name in column(db, "SELECT quote_ident(nspname) FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema|ticket_mining|public)'"):
        db.execute(f"DROP SCHEMA {name} CASCADE")
    for name in column(db, "SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"):
        db.execute(f"DROP TABLE public.{name}")


def load(db, source="nsp", full=False, refresh=None):
    db.execute(f"CALL ticket_mining.load('{source}', \"full\" => %s, refresh => %s)", (full, refresh))


def last_load(db, source="nsp"):
    """The last row of the history, as a dict."""
    return value(db, f"SELECT to_jsonb(l) FROM {source}.loads l ORDER BY load_no DESC LIMIT 1")


def create_log(db, log="desk", schema="nsp", **settings):
    given = "".join(f", {name} => '{setting}'" for name, setting in settings.items())
    relations = ", ".join(f"{name} => '{schema}.{name}'" for name in (*RELATIONS, "cases"))
    db.execute(f"CALL ticket_mining.create_log('{log}', {relations}{given})")


def refresh(db, log="desk", as_of=AS_OF):
    db.execute(f"CALL ticket_mining.refresh('{log}', '{as_of}')")


# ---- what is there -----------------------------------------------------------------------------


def landed(db, source="nsp", without=("landed_at", "missing_since")):
    """All rows of all landing tables, as texts."""
    left_out = "{" + ",".join(without) + "}"
    return {part: sorted(column(db, f"SELECT (to_jsonb(l) - '{left_out}'::text[])::text FROM {source}.landed_{part} l")) for part in PARTS}


def digest(db, source="nsp", log=None):
    """All landing tables and mined tables, with all that a load could have touched, as one value a table."""
    tables = [f"{source}.landed_{part}" for part in PARTS] + [f"{source}.catalog"]
    tables += [f"{log}.{name}" for name in column(db, "SELECT table_name FROM ticket_mining.mined_tables")] if log else []
    parts = " UNION ALL ".join(f"SELECT '{name}', md5(string_agg(r::text, '|' ORDER BY r::text)) FROM {name} r" for name in tables)
    return dict(rows(db, parts))


# The properties whose old and new values stay out of the comparison have none here.
REMOTE = {
    "changes": ("seq", "Id", "case_id", "EntityId", "property", "PropertyName", "old_value", "OldValue", "new_value", "NewValue"),
    "comments": ("seq", "Id", "case_id", "EntityId", "user_type", "UserType", "origin", "Source"),
    "tickets": ("case_id", "Id", "case_no", "ReferenceNo", "status", "BaseEntityStatusId", "team", "AgentGroupId", "priority", "PriorityId"),
}


def remote_rows(database, part):
    """The rows of a part as the server has them, in the columns that need no conversion."""
    columns = REMOTE[part][1::2]
    with database.lock:
        return sorted([tuple(row[name] for name in columns) for row in database.rows(NAMES[part])], key=lambda row: row[0])


def landed_rows(db, part, source="nsp", condition="missing_since IS NULL"):
    """The same for what has landed."""
    fields = ", ".join(REMOTE[part][::2])
    return rows(db, f"SELECT {fields} FROM {source}.landed_{part} WHERE {condition} ORDER BY 1")


def assert_landed(db, database, source="nsp"):
    """What has landed and is not missing is what the server has: nothing lost, nothing twice."""
    for part in REMOTE:
        assert landed_rows(db, part, source) == remote_rows(database, part), part


# ---- the same tickets without TDS ----------------------------------------------------------------


def put_direct(db, relations, cases, schema="direct"):
    """Plain tables: relations are rows (case_id, label, at, seq); cases are dicts."""
    db.execute(f"CREATE SCHEMA {schema}")
    for name, label in RELATIONS.items():
        _copy(db, f"{schema}.{name}", f"case_id bigint, {label}, at timestamptz, seq bigint", relations[name])
    kinds = {"case_id": "bigint", "registered_at": "timestamptz"}
    columns = ", ".join(f"{name} {kinds.get(name, 'text')}" for name in cases[0])
    _copy(db, f"{schema}.cases", columns, [tuple(case.values()) for case in cases])


def _copy(db, table, columns, found):
    db.execute(f"CREATE TABLE {table} ({columns})")
    with db.cursor().copy(f"COPY {table} FROM STDIN") as copy:
        for row in found:
            copy.write_row(row)


# ---- a small desk with all that is easily damaged -----------------------------------------------

STATUSES = {
    1: "Ny", 2: "I gang", 3: "i gang", 4: "I GANG", 5: "Løst", 6: "Løst ", 7: "Løst m. mail", 8: "Afventer € ÆØÅ æøå", 9: "😀 fryd – 𝄞",
    10: "Åben", 11: "Aaben", 12: "100% [sic] \\ 'x'", 13: " foran", 14: "Tab\tog\nlinje", 15: "e\u0301 og é", 16: "\u200b", 17: None, 18: "",
}  # fmt: skip
GROUPS = {21: "Servicedesk", 22: "servicedesk", 23: "Netværk €", 24: "Leverandør  ", 25: "😀", 26: None}
PRIORITIES = {5: "Kritisk", 6: "Høj", 7: None}
STAGES = {1: (0, 0), 2: (1, 0), 3: (0, 1)}
# In UTC the nights of the change of clocks in Copenhagen; as local times the hours that are not there, or come twice.
NIGHTS = [datetime(2023, 3, 26, hour, 30) for hour in (0, 1, 2, 3)] + [datetime(2023, 10, 29, hour, 30) for hour in (0, 1, 2, 3)]
# In units of 100 ns: what datetime2(7) holds, and microseconds cannot.
UNITS = (0, 1, 4, 5, 6, 1234560, 1234565, 1239999, 5000000, 9999994, 9999995, 9999999)
DIRECTIONS = {(1, True): "internal", (2, True): "internal", (2, False): "in", (1, False): "out", (3, False): "auto", (None, None): "auto", (2, None): "in"}


def ticks(at):
    """A time as datetime keeps it and a client reads it: 1/300 s, ending in 0, 3 or 7 ms."""
    number = (at.microsecond * 300 + 500000) // 1000000
    return at.replace(microsecond=0) + timedelta(milliseconds=(number * 10 + 1) // 3)


def microseconds(at, units):
    """A time in units of 100 ns, rounded."""
    return at + timedelta(microseconds=(units + 5) // 10)


def sent(at, units):
    """The same as the server is given it."""
    return f"{at:%Y-%m-%d %H:%M:%S}.{units:07}"


def instant(at, zone="UTC"):
    """A remote time as an instant: of an hour that comes twice the second, in the hour that is not there by winter time."""
    tz = ZoneInfo(zone)
    for fold in (1, 0):
        found = at.replace(tzinfo=tz, fold=fold).astimezone(timezone.utc)
        if found.astimezone(tz).replace(tzinfo=None) == at:
            return found
    return at.replace(tzinfo=tz, fold=0).astimezone(timezone.utc)


class OddDesk:
    """Few tickets, with odd labels and times: rows for the server, and what a log should read of them, by rules of its own."""

    def __init__(self, seed=1, tickets=60, values="labels", zone="UTC"):
        self.rng, self.values, self.zone = dice(f"odd desk {seed}"), values, zone
        self.next_id, self.tickets, self.changes, self.comments = 1, [], [], []
        self.database = Database("NSP")
        for name, declaration in schema.TABLES.items():
            self.database.create(name, declaration)
        self._put_names()
        self.add_row_of_nobody()
        for number in range(1, tickets + 1):
            self.add_ticket(number)

    def _put_names(self):
        put = self.database.insert
        put("dbo.SysEntityStatus", [(number, f"Strong{number}", name) for number, name in STATUSES.items()])
        put("dbo.SysGroup", [(number, name, f"Group{number}", None) for number, name in GROUPS.items()])
        put("dbo.SysPriority", [(number, f"Strong{number}", name) for number, name in PRIORITIES.items()])
        put("dbo.SysEntityStage", [(number, 112, f"Stage{number}", *flags, number) for number, flags in STAGES.items()])
        put("dbo.SysEntityStageStatus", [(1 + number % 3, number) for number in STATUSES])

    # ---- rows

    def add_ticket(self, number):
        """A ticket with its changes and comments."""
        rng = self.rng
        created = rng.choice([*NIGHTS, datetime(2023, 1, 5) + timedelta(minutes=rng.randrange(400000))]) + timedelta(milliseconds=rng.randrange(1000))
        saved = {"status": rng.choice([None, *STATUSES]), "team": rng.choice([None, *GROUPS])}
        at = created.replace(microsecond=0) + timedelta(seconds=1)
        for _ in range(rng.choice((0, 1, 2, 5, 9))):
            at += timedelta(seconds=rng.choice((0, 0, 1, 600, 86400)))
            self._change(number, rng.choice(("status", "team", "status", "note", "other")), saved, at)
        for _ in range(rng.randrange(4)):
            self._comment(number, at + timedelta(milliseconds=rng.randrange(10**7)))
        self._put_ticket(number, created, saved)

    def _put_ticket(self, number, created, saved):
        is_deleted, priority = number % 13 == 5, self.rng.choice([None, *PRIORITIES])
        self.tickets.append((number, created, saved["status"], saved["team"], is_deleted, priority))
        given = {"Id": number, "ReferenceNo": self.case_no(number), "BaseEntityStatusId": saved["status"], "AgentGroupId": saved["team"],
                 "CreatedDate": created, "MarkedForDelete": is_deleted, "PriorityId": priority}  # fmt: skip
        columns = [one.name for one in self.database.find(NAMES["tickets"]).columns]
        self.database.insert(NAMES["tickets"], [[given.get(name) for name in columns]])

    def case_no(self, number):
        return None if number % 17 == 3 else f"IR-{number} æ€😀 "

    def _change(self, number, becomes, saved, at):
        names = {"status": STATUSES, "team": GROUPS}.get(becomes)
        units = self.rng.choice(UNITS)
        if names:
            before, saved[becomes] = saved[becomes], self.rng.choice([None, *names])
            old, new = self.shown(names, before), self.shown(names, saved[becomes])
        else:
            old, new = None, self.rng.choice((None, "", "en note"))
        name = {"status": "BaseEntityStatus", "team": "AgentGroup", "note": "Note", "other": "Beskrivelse æ"}[becomes]
        self.put_change(number, becomes, name, old, new, at, units)

    def put_change(self, number, becomes, name, old, new, at, units=0):
        seq, self.next_id = self.next_id, self.next_id + self.rng.choice((1, 1, 3))
        self.changes.append((number, becomes, old, new, microseconds(at, units), seq))
        self.database.insert(NAMES["changes"], [(seq, number, 112, name, old, new, sent(at, units), None)])

    def shown(self, names, number):
        """What stands in the history."""
        return None if number is None else names[number] if self.values == "labels" else str(number)

    def _comment(self, number, at):
        seq, self.next_id = self.next_id, self.next_id + 1
        (user_type, is_internal), direction = self.rng.choice(list(DIRECTIONS.items()))
        self.comments.append((number, direction, ticks(at), seq))
        self.database.insert(NAMES["comments"], [(seq, number, at, None, user_type, is_internal, False, 1, "Hej 😀")])

    def add_row_of_nobody(self):
        """History and a comment of a ticket that is not there; row 1 of the history, whatever the seed."""
        self.put_change(9999, "status", "BaseEntityStatus", None, self.shown(STATUSES, 1), datetime(2023, 1, 10))
        self._comment(9999, datetime(2023, 1, 10))

    # ---- what a log should read

    def name_of(self, becomes, shown):
        """What a value of the history means; nothing for an empty one."""
        names = {"status": STATUSES, "team": GROUPS}.get(becomes)
        if names and self.values == "ids" and shown is not None:
            shown = names[int(shown)] if names[int(shown)] is not None else shown
        return shown or None

    def counted(self):
        return [ticket for ticket in self.tickets if not ticket[4]]

    def relations(self):
        messages = [(case, direction, instant(at, self.zone), seq) for case, direction, at, seq in self.comments]
        present = {ticket[0] for ticket in self.counted()}
        return {
            "events": self.became("status", 2, STATUSES) + self.notes(present),
            "assignments": self.became("team", 3, GROUPS),
            "messages": [row for row in messages if row[0] in present],
        }

    def notes(self, present):
        return [(case, "Note", instant(at, self.zone), seq) for case, becomes, _, _, at, seq in self.changes if becomes == "note" and case in present]

    def became(self, becomes, place, names):
        """The first value at the ticket's creation, then each change that is one."""
        found, begun = [], min(at for _, kind, _, _, at, _ in self.changes if kind != "other")
        for ticket in self.counted():
            changes = sorted((change for change in self.changes if change[:2] == (ticket[0], becomes)), key=lambda change: change[4:])
            now = ticket[place]
            first = self.name_of(becomes, changes[0][2]) if changes else None if now is None else names[now] if names[now] is not None else str(now)
            # Nothing looks an empty name up as nothing where it is the ticket's own.
            if first is not None and ticks(ticket[1]) >= begun:
                found.append((ticket[0], first, instant(ticks(ticket[1]), self.zone), 0))
            found += self._steps(becomes, changes)
        return found

    def _steps(self, becomes, changes):
        named = [(case, self.name_of(becomes, old), self.name_of(becomes, new), at, seq) for case, _, old, new, at, seq in changes]
        return [(case, new, instant(at, self.zone), seq) for case, old, new, at, seq in named if new != old and (new or becomes == "team")]

    def cases(self):
        named = {None: None, **{number: name or str(number) for number, name in PRIORITIES.items()}}
        return [{"case_id": ticket[0], "case_no": self.case_no(ticket[0]), "priority": named[ticket[5]]} for ticket in self.counted()]


@contextmanager
def session(name):
    """A session on a database made by nsp_database, which is empty again afterwards."""
    with connect(name) as db:
        try:
            yield db
        finally:
            if not db.closed and not db.broken:
                drop_all(db)
