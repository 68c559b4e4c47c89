"""Clients whose encoding lacks characters: what the extension says to them ends nothing."""

import os
import re
from pathlib import Path

import pytest
from client import connect, failure, message, rows, value

SOURCES = Path(__file__).resolve().parent.parent / "src"

# ---- words of our own -----------------------------------------------------------------------------

# What is shown as a value, and by no message: names of days, marks between activities, letters that are folded.
VALUES = {"write.sql": ("onsdag,torsdag,fredag,lørdag,søndag", "trace_activities(c.trace), ' → ')", "trace_activities(n.trace), ' → ')"), "labels.sql": ("ABCDEFGHIJKLMNOPQRSTUVWXYZÆØÐÞĐŊŒŦ",)}


def without_comments(name, text):
    if name.endswith(".sql"):
        return re.sub(r"^\s*--.*$", "", text, flags=re.M)
    return re.sub(r"/\*.*?\*/", lambda found: re.sub(r"[^\n]", "", found[0]), text, flags=re.S)


def odd_lines(file):
    """Those with characters beyond ASCII that are no values."""
    lines = without_comments(file.name, file.read_text()).splitlines()
    known = VALUES.get(file.name, ())
    return [f"{file.name}:{no}: {line.strip()}" for no, line in enumerate(lines, 1) if not line.isascii() and not any(part in line for part in known)]


def test_messages_are_ascii():
    """A client in any encoding can read them. Maps and the page have words and marks of their own, which are values."""
    files = [file for kind in ("c", "h", "sql") for file in sorted(SOURCES.glob(f"*/*.{kind}")) if file.parent.name != "map" or kind == "sql"]
    assert len(files) > 100
    assert [line for file in files for line in odd_lines(file)] == []


# ---- names and labels -----------------------------------------------------------------------------

TEXT = "Løst … Ł 中 😀"
SHOWN = {
    "UTF8": TEXT,
    "SQL_ASCII": TEXT,
    "LATIN1": r"Løst \u2026 \u0141 \u4E2D \U0001F600",
    "WIN1252": r"Løst … \u0141 \u4E2D \U0001F600",
    "LATIN2": r"L\u00F8st \u2026 Ł \u4E2D \U0001F600",
    "EUC_JP": r"Løst … Ł 中 \U0001F600",
}


@pytest.mark.parametrize("encoding", SHOWN)
def test_shown(own_db, encoding):
    own_db.execute(f"SET client_encoding = '{encoding}'")
    query = "SELECT encode(convert_to(run_shown(U&'L\\00F8st \\2026 \\0141 \\4E2D \\+01F600'), 'UTF8'), 'hex')::bytea = %s"
    found = value(own_db, query, (SHOWN[encoding].encode().hex().encode(),))
    own_db.execute("SET client_encoding = 'UTF8'")
    assert found


def test_shown_text_that_is_plain(own_db):
    own_db.execute("SET client_encoding = 'LATIN1'")
    assert rows(own_db, "SELECT run_shown(''), run_shown('50% of C:\\x'), run_shown(NULL)") == [("", "50% of C:\\x", None)]
    own_db.execute("SET client_encoding = 'UTF8'")


@pytest.fixture
def latin(own_db):
    """A session whose client has no Chinese; a source with some, a role, and what the session is told."""
    role = f"tm_latin_中_{os.getpid()}"
    own_db.execute(f"""CREATE ROLE "{role}"; CREATE TABLE "e中" AS SELECT 1 AS case_id, '中'::text AS activity, '2023-05-01Z'::timestamptz AS at;
                       CREATE TABLE "c中" AS SELECT 1 AS case_id, 2 AS "a中" """)
    with connect(own_db.info.dbname) as db:
        told = []
        db.execute("SET client_encoding = 'LATIN1'")
        db.add_notice_handler(lambda diag: told.append((diag.message_primary, diag.message_hint)))
        yield db, told, role.replace("中", "\\4E2D")
    own_db.execute(f'DROP OWNED BY "{role}"; DROP ROLE "{role}"')


def test_notices(own_db, latin):
    """Each names what the client cannot read, and none stops what it is about."""
    db, told, role = latin
    db.execute(r"""CALL create_log(U&'d\4E2D', U&'"e\4E2D"', cases => U&'"c\4E2D"')""")
    db.execute(r"CALL refresh(U&'d\4E2D')")
    assert (r"refresh d\u4E2D: reading", None) in told
    assert any(r'"d\u4E2D" is done' in said and '"d\\u4E2D".activity_map' in hint for said, hint in told if hint)
    told.clear()
    db.execute(r"""CALL create_log('part', from_log => U&'d\4E2D', filter => '[{"keep_cases": {"has": ["\u4E2D1"]}}]')""")
    assert told == [("log \"d\\u4E2D\" has no activity '\\u4E2D1'", "Did you mean '\\u4E2D'?")]
    told.clear()
    db.execute(rf"CALL grant_reader(U&'d\4E2D', U&'{role}')")
    assert any(r"\u4E2D" in said and "cannot log in" in said and r"'d\u4E2D'" in hint for said, hint in told)
    assert rows(own_db, "SELECT state FROM \"d中\".refreshes") == [("done",)]


def test_errors(own_db, latin):
    """PostgreSQL cannot send the text of one either, and says that; the history has it."""
    db, _, _ = latin
    db.execute(r"""CALL create_log(U&'d\4E2D', U&'"e\4E2D"', cases => U&'"c\4E2D"')""")
    db.execute(r"CALL refresh(U&'d\4E2D')")
    own_db.execute('ALTER TABLE "c中" DROP COLUMN "a中"')
    error = failure(db, r"CALL refresh(U&'d\4E2D')")
    assert error.sqlstate == "22P05" and "no equivalent in encoding" in message(error)
    assert '"a中" (gone)' in value(own_db, 'SELECT error FROM "d中".refreshes ORDER BY refresh_no DESC LIMIT 1')
    assert value(db, "SELECT 1") == 1
