"""A file system that is soon full."""

import os
import subprocess
import warnings
from contextlib import contextmanager

import pytest


@contextmanager
def small_disk_at(path, megabytes):
    """Mounts one. Where nobody may, the run says so: tests beside those that need it have a limit on files instead."""
    os.makedirs(path, exist_ok=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=777", "small", path], capture_output=True, text=True)
    if mounted.returncode != 0:
        warnings.warn(f"NOT RUN on a full file system, only with a limit on files: {mounted.stderr.strip()}", stacklevel=1)
        pytest.skip("no file system could be mounted")
    try:
        yield path
    finally:
        subprocess.run(["umount", path], check=True)
