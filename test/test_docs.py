"""The documentation tells the truth: its statements run, and give what it shows; its links lead somewhere.

Each page goes on from the statements of the README, in a database of its own.
"""

import os
import re
import subprocess

import documents
import pytest
from client import connect
from documents import PAGES, README, ROOT
from nsp_source import create_source, load, nsp_database
from tds.nsp import Desk
from tds.server import Server

DOCS = ROOT / "docs"
REFERENCE, ERRORS, ADMINISTRATOR = DOCS / "reference.md", DOCS / "errors.md", DOCS / "nsp-administrator.md"
EXPECTED_ERROR = re.compile(r"-- (ERROR:  .*)$", re.MULTILINE)
SETTING = re.compile(r"^SET .*;\n", re.MULTILINE)
# Roles that the pages make; they are of the whole server.
ROLES = "bi_reader, desk_owner"
# Messages of PostgreSQL and tds_fdw that no statement of the page gives.
OF_OTHERS = (
    'query would be affected by row-level security policy for table "…"',
    "canceling statement due to lock timeout", "DB-Library error: …, or Failed to execute query …",
    "index row size … exceeds btree version 4 maximum",
)
README_LINES, CELL_CHARACTERS = 350, 300


def psql(database, sql, *options):
    """Runs statements as a reader would."""
    return subprocess.run(
        ["psql", "-X", "-q", "-d", database, *options],
        input=sql, capture_output=True, text=True, check=False,
        env={**os.environ, "PGCLIENTENCODING": "UTF8"})


class Reader:
    """Who goes through pages in psql; what was SET holds from then on."""

    def __init__(self, database, settings=""):
        self.database, self.settings, self.server = database, settings, None

    def follow(self, page):
        """Runs all blocks of a page in their order, and compares with what it shows."""
        for block in documents.blocks(page, "sql", "sql nsp"):
            self.run(block) if block.kind == "sql" else self.run_nsp(block)
            self.settings += "".join(SETTING.findall(block.text))

    def run(self, block):
        outcome = psql(self.database, self.settings + block.text)
        assert re.findall(r"ERROR:  .*", outcome.stderr) == EXPECTED_ERROR.findall(block.text), block.text
        if block.next_kind == "text":
            assert outcome.stdout.rstrip() == block.next_text.rstrip(), block.text
        elif block.next_kind == "mermaid":
            drawn = psql(self.database, self.settings + block.text, "-A", "-t")
            assert (drawn.stdout.strip(), drawn.stderr) == (block.next_text.strip(), ""), block.text

    def run_nsp(self, block):
        """Those that need a SQL Server, against the project's own."""
        sql = block.text.replace("'sql.example.dk', port '1433'", f"'127.0.0.1', port '{self.server.port}'")
        sql = sql.replace("'nsp_reader', password 'secret'", f"'{self.server.user}', password '{self.server.password}'")
        sql = sql.replace("ON DATABASE tickets", f"ON DATABASE {self.database}")
        outcome = psql(self.database, self.settings + sql)
        assert "ERROR" not in outcome.stderr, (sql, outcome.stderr)
        assert not re.search(r"^ breaking", outcome.stdout, re.MULTILINE), (sql, outcome.stdout)


@pytest.fixture(scope="module")
def started(databases):
    """A reader who has gone through the README, from a database without the extension on."""
    reader = Reader(databases.create())
    reader.follow(README)
    yield reader
    databases.server.execute(f"DROP ROLE IF EXISTS {ROLES}")


@pytest.fixture(scope="module")
def server():
    """A desk of some weeks in a SQL Server."""
    with Server(Desk(until="2022-04-01").database) as running:
        yield running


def test_readme(started):
    """The fixture has run it."""
    shown = [block for block in documents.blocks(README, "sql") if block.next_kind]
    assert len(shown) >= 8


@pytest.mark.parametrize("page", [page for page in PAGES if page != README and documents.blocks(page, "sql", "sql nsp")], ids=lambda page: page.stem)
def test_page(page, started, databases, request):
    reader = Reader(databases.create(started.database), started.settings)
    if documents.blocks(page, "sql nsp"):
        reader.server = request.getfixturevalue("server")
    try:
        reader.follow(page)
    finally:
        psql(reader.database, "".join(f"DROP OWNED BY {role} CASCADE;\n" for role in ROLES.split(", ")))


def tsql(page):
    """The lines of the blocks that are for a SQL Server, which only its administrator can run."""
    return [line for block in documents.blocks(page, "tsql") for line in block.text.splitlines()]


def test_rights_in_sql_server(started):
    """They are those to the tables that a new source reads, and no others."""
    granted = [found[1] for line in tsql(ADMINISTRATOR) if (found := re.match(r"GRANT SELECT ON OBJECT::(\S+) TO nsp_reader;", line))]
    wanted = psql(started.database, "SELECT 'dbo.' || remote_table FROM ticket_mining.nsp_default_parts", "-A", "-t").stdout.split()
    assert wanted and sorted(granted) == sorted(wanted)


def without_watermark(batch):
    """A statement with any number in its condition, and that once; the one whose plan is asked for has it twice."""
    return re.sub(r" WHERE (\(\(\[Id\] > )\d+\)\)( AND \1\d+\)\))?$", r" WHERE \1…))", batch)


def test_statements_that_reach_sql_server(databases, server):
    """A load and the next one send what is shown to the administrator, and nothing else, in as many connections."""
    with connect(nsp_database(databases)) as db:
        create_source(db, server)
        server.batches.clear()
        before = server.connections
        load(db)
        assert f"{server.connections - before} a load" in documents.read(ADMINISTRATOR)
        load(db)
    sent = {without_watermark(batch.strip()) for batch in server.batches}
    shown = {without_watermark(line) for line in tsql(ADMINISTRATOR) if not re.match(r"USE|CREATE|GRANT|.*dm_exec|FROM sys", line) and "session_id" not in line}
    assert sent == shown


def test_every_block_is_of_a_kind_that_is_known():
    """What is not run is not taken for SQL by mistake."""
    known = {"", "sql", "sql nsp", "sql citus", "sh", "text", "mermaid", "tsql", "ini"}
    for page in PAGES:
        assert {kind for kind, _ in documents.FENCE.findall(documents.read(page))} <= known, page


def test_limits_of_the_pages():
    assert len(documents.read(README).splitlines()) <= README_LINES
    for page in PAGES:
        assert [cell for cell in documents.table_cells(page) if len(cell) > CELL_CHARACTERS] == [], page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page):
    for target, anchor in documents.links(page):
        assert target.exists(), target
        assert anchor is None or anchor in documents.anchors(target), (target, anchor)


def test_no_page_is_an_orphan():
    """All are reached from the README."""
    reached, found = set(), [README]
    while found:
        page = found.pop()
        reached.add(page)
        found += [target for target, _ in documents.links(page) if target.suffix == ".md" and target not in reached]
    assert set(PAGES) <= reached


def test_every_public_function_is_described(started):
    """Public are those that take or give values, not those that serve a type or an aggregate."""
    names = psql(started.database, r"""
        SELECT DISTINCT proname FROM pg_proc
        WHERE pronamespace = 'ticket_mining'::regnamespace
        AND obj_description(oid, 'pg_proc') NOT LIKE 'internal:%'
        AND proname !~ '_(in|out|recv|send|eq|ne|lt|le|gt|ge|cmp|hash|hash_extended|to_jsonb|transfn|combinefn|serialfn|deserialfn|finalfn)$'
        """, "-A", "-t").stdout.split()
    text = documents.read(REFERENCE)
    assert names and [name for name in names if f"`{name}(" not in text] == []


def test_limits_are_those_of_the_code():
    text = documents.read(REFERENCE)
    source = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "src").glob("*/*.h"))
    for name in ("LABEL_MAX_BYTES", "TRACE_MAX_EVENTS", "TRACE_MAX_LABELS", "DFG_MAX_BYTES",
                 "DFG_MAX_ACTIVITIES", "DFG_MAX_EDGES", "PATTERN_MAX_STEPS", "PATTERN_MAX_DEPTH", "PATTERN_MAX_BOUND_DAYS"):
        value = int(re.search(rf"#define {name} (\d+)", source)[1])
        assert f"{value:,}" in text, name
    exact = int(re.search(r"#define DURATIONS_EXACT (\d+)", source)[1])
    assert f"up to {exact} durations" in text


def known_rooms():
    """By room, all that it may know: what the arrows of the picture lead to, itself included."""
    picture = documents.blocks(DOCS / "architecture.md", "mermaid")[0].text
    arrows = re.findall(r'(\w+)(?:\["[^"]*"\])? --> (\w+)', picture)
    known = {room: {room} for arrow in arrows for room in arrow}
    for _ in known:
        for room, other in arrows:
            known[room] |= known[other]
    return known


def test_rooms_know_what_the_picture_says():
    """No include in C leads to a room that no arrow leads to, and none is missing from the picture."""
    known = known_rooms()
    rooms = {path.name for path in (ROOT / "src").iterdir() if path.is_dir()}
    assert rooms - {"upgrade"} <= set(known)
    wrong = [f"{path.parent.name}/{path.name} includes {other}/" for path in (ROOT / "src").glob("*/*.[ch]")
             for other in re.findall(r'^#include "(\w+)/', path.read_text(encoding="utf-8"), re.MULTILINE)
             if other in rooms and other not in known[path.parent.name]]  # fmt: skip
    assert wrong == []


def source_messages():
    """The sources of the extension as one text, literals that go over several lines put together."""
    files = [path for path in sorted((ROOT / "src").glob("**/*")) if path.suffix in (".c", ".h", ".sql")]
    text = "".join(path.read_text(encoding="utf-8") for path in files)
    return re.sub(r"\"\s*\n\s*\"|'\s*\n\s*'", "", text).replace('\\"', '"').replace("''", "'")


def fixed_parts(heading):
    """What is the same in every message of a heading."""
    return [part for part in (piece.strip(' :,"') for piece in heading.split("…")) if len(part) > 3]


def test_errors_are_those_of_the_code():
    """Each heading is a message of ours, or one that a statement below it gives, or PostgreSQL's or tds_fdw's."""
    source = source_messages()
    headings = documents.sections(ERRORS, 3)
    assert len(headings) >= 39
    for heading, text in headings:
        known = source + "".join(EXPECTED_ERROR.findall(text))
        assert fixed_parts(heading) and all(part in known for part in fixed_parts(heading)) or heading in OF_OTHERS, heading
