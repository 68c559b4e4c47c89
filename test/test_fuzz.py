"""The core without a server, fuzzed for some seconds under ASan and UBSan; test/long/run does it for longer."""

import pathlib
import shutil
import subprocess

import pytest
from client import longer

RUN = pathlib.Path(__file__).parent / "fuzz" / "run"


@pytest.mark.skipif(shutil.which("clang") is None, reason="clang is not installed (and its runtime, libclang-rt-dev): the core is not fuzzed")
def test_fuzz():
    done = subprocess.run([RUN, longer("1", "30")], capture_output=True, text=True, errors="replace")
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-8000:]
    assert done.stdout.count("nothing found") == 9
