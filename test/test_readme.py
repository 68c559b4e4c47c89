"""The README tells the truth: its statements run, and give what it shows."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from tds.nsp import Desk
from tds.server import Server

README = Path(__file__).resolve().parent.parent / "README.md"
BLOCK = re.compile(r"^```sql\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.DOTALL | re.MULTILINE)
NSP_BLOCK = re.compile(r"^```sql nsp\n(.*?)^```\n", re.DOTALL | re.MULTILINE)
MERMAID_BLOCK = re.compile(r"^```sql\n([^`]*)^```\n\n```mermaid\n(.*?)^```\n", re.DOTALL | re.MULTILINE)
EXPECTED_ERROR = re.compile(r"-- (ERROR:  .*)$", re.MULTILINE)


def blocks():
    """Pairs of SQL and the result shown below it, or None."""
    return [(match[1], match[2]) for match in BLOCK.finditer(README.read_text(encoding="utf-8"))]


def run(database, sql):
    """Runs statements as a reader would, in psql."""
    return subprocess.run(
        ["psql", "-X", "-q", "-d", database],
        input=sql, capture_output=True, text=True, check=False,
        env={**os.environ, "PGCLIENTENCODING": "UTF8"})


@pytest.fixture(scope="module")
def database():
    """An empty database, without the extension."""
    name = f"ticket_mining_readme_{os.getpid()}"
    create = f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0"
    subprocess.run(["psql", "-X", "-q", "-d", "postgres", "-c", create], check=True)
    yield name
    drop = f"DROP DATABASE {name};\nDROP ROLE IF EXISTS bi_reader;"
    subprocess.run(["psql", "-X", "-q", "-d", "postgres"], input=drop, text=True, check=True)


def test_statements_run_and_give_what_is_shown(database):
    settings = ""
    shown_results = 0
    for sql, shown in blocks():
        outcome = run(database, settings + sql)
        errors = re.findall(r"ERROR:  .*", outcome.stderr)
        assert errors == EXPECTED_ERROR.findall(sql), sql
        if shown is not None:
            shown_results += 1
            assert outcome.stdout.rstrip() == shown.rstrip(), sql
        settings += "".join(re.findall(r"^SET .*;\n", sql, re.MULTILINE))
    assert shown_results >= 3


def test_maps_are_those_that_are_shown(database):
    maps = MERMAID_BLOCK.findall(README.read_text(encoding="utf-8"))
    assert maps
    for sql, shown in maps:
        outcome = run(database, "\\pset tuples_only on\n\\pset format unaligned\nSET search_path = ticket_mining, public;\n" + sql)
        assert (outcome.stdout.strip(), outcome.stderr) == (shown.strip(), "")


def test_nsp_statements_run(database):
    """Those that need a SQL Server, against the project's own: a desk of some weeks."""
    with Server(Desk(until="2022-04-01").database) as server:
        for sql in NSP_BLOCK.findall(README.read_text(encoding="utf-8")):
            sql = sql.replace("'sql.example.dk', port '1433'", f"'127.0.0.1', port '{server.port}'")
            sql = sql.replace("'nsp_reader', password 'secret'", f"'{server.user}', password '{server.password}'")
            outcome = run(database, "SET search_path = ticket_mining, public;\n" + sql)
            assert "ERROR" not in outcome.stderr, (sql, outcome.stderr)
            assert not re.search(r"^ breaking", outcome.stdout, re.MULTILINE), (sql, outcome.stdout)


def test_every_public_function_is_described(database):
    """Public are those that take or give values, not those that serve a type or an aggregate."""
    names = run(database, r"""\t \a
        SELECT DISTINCT proname FROM pg_proc
        WHERE pronamespace = 'ticket_mining'::regnamespace
        AND obj_description(oid, 'pg_proc') NOT LIKE 'internal:%'
        AND proname !~ '_(in|out|recv|send|eq|ne|lt|le|gt|ge|cmp|hash|hash_extended|to_jsonb|transfn|combinefn|serialfn|deserialfn|finalfn)$'
        """).stdout.split()
    text = README.read_text(encoding="utf-8")
    assert names and [name for name in names if f"`{name}(" not in text] == []


def test_limits_are_those_of_the_code():
    text = README.read_text(encoding="utf-8")
    source = "".join(p.read_text(encoding="utf-8") for p in (README.parent / "src").glob("*/*.h"))
    for name in ("LABEL_MAX_BYTES", "TRACE_MAX_EVENTS", "TRACE_MAX_LABELS", "DFG_MAX_BYTES",
                 "DFG_MAX_ACTIVITIES", "DFG_MAX_EDGES", "PATTERN_MAX_STEPS", "PATTERN_MAX_DEPTH", "PATTERN_MAX_BOUND_DAYS"):
        value = int(re.search(rf"#define {name} (\d+)", source)[1])
        assert f"{value:,}" in text, name
    exact = int(re.search(r"#define DURATIONS_EXACT (\d+)", source)[1])
    assert f"up to {exact} durations" in text
