"""The hot loops take no more instructions than they did; see test/instructions/run."""

import pathlib
import shutil
import subprocess

import pytest

HERE = pathlib.Path(__file__).parent / "instructions"


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is not installed: instructions are not counted")
def test_instructions():
    done = subprocess.run([HERE / "run"], capture_output=True, text=True, errors="replace")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    assert done.stdout.count("instructions an event") == len((HERE / "counts.txt").read_text().splitlines()) == 12
