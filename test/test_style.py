"""How the sources are laid out: lines of at most 100 columns, C as clang-format has it, INSERTs that name their columns."""

import re
import subprocess

import pytest
from client import ROOT

C = sorted(path for folder in ("src", "test/fuzz", "test/instructions") for path in (ROOT / folder).rglob("*.[ch]"))
SQL = sorted((ROOT / "src").rglob("*.sql"))
COLUMNS = 100
TAB = 4


def test_lines_fit():
    assert len(C) > 100 and len(SQL) > 40
    long = [f"{path.relative_to(ROOT)}:{number}: {len(line.expandtabs(TAB))} columns"
            for path in C + SQL for number, line in enumerate(path.read_text().split("\n"), 1)
            if len(line.expandtabs(TAB)) > COLUMNS]  # fmt: skip
    assert long == []


def _clang_format(*arguments):
    try:
        return subprocess.run(["clang-format", *arguments], capture_output=True, text=True, cwd=ROOT)
    except FileNotFoundError:
        return None


def test_c_is_formatted():
    version = _clang_format("--version")
    if version is None or not re.search(r"\bversion 14\.", version.stdout):
        pytest.skip("clang-format 14 is not installed, and others lay C out otherwise")
    done = _clang_format("--dry-run", "--Werror", *(path for path in C if ROOT / "src" in path.parents))
    assert done.returncode == 0, done.stderr


# A table whose columns stand in another order, in a log of an earlier version, must not be filled by place.
def test_inserts_name_their_columns():
    inserts = [(path.name, table, follows) for path in SQL
               for table, follows in re.findall(r"\bINSERT INTO\s+([^\s….]\S*)\s+(?:AS \w+\s+)?(\S)", path.read_text())]  # fmt: skip
    assert len(inserts) > 40
    assert [insert for insert in inserts if insert[2] != "("] == []
