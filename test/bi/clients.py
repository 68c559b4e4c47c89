"""Runs requests through drivers other than psycopg, each in a process of its own."""

import json
import os
import shutil
import subprocess
from pathlib import Path

from bi.desk import ZONE

HERE = Path(__file__).parent
JDBC_JAR = Path("/usr/share/java/postgresql.jar")
PYTHON = "/usr/bin/python3"
NAMES = ("odbc", "jdbc", "node")


def need(found, what, package):
    assert found, f"no {what}: install {package}, or run ./check"


def run(command, stdin=None, **options):
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=240, **options)
    assert done.returncode == 0, f"{' '.join(map(str, command))}: {done.stderr[-3000:]}"
    return done.stdout


class Clients:
    """The clients, compiled or installed into a scratch directory when first used."""

    def __init__(self, scratch, db, user):
        self.scratch, self.ready = Path(scratch), {}
        info = db.info
        self.to = [info.host, str(info.port), info.dbname, user]

    def ask(self, name, requests):
        """One result for each execution of each request: classes of the columns, and rows of texts."""
        if name not in self.ready:
            self.ready[name] = getattr(self, f"_{name}")()
        # Times without a zone are made times of the machine's zone by some drivers; it is that of the log here.
        return json.loads(run([*self.ready[name], *self.to], json.dumps(requests), env={**os.environ, "TZ": ZONE}))

    def _odbc(self):
        need(not subprocess.run([PYTHON, "-c", "import pyodbc"], capture_output=True).returncode, "pyodbc", "python3-pyodbc")
        known = shutil.which("odbcinst") and run(["odbcinst", "-q", "-d"])
        need(known and "[PostgreSQL Unicode]" in known, "psqlODBC", "odbc-postgresql")
        return [PYTHON, "-B", HERE / "drivers/odbc.py"]

    def _jdbc(self):
        need(shutil.which("javac"), "javac", "default-jdk-headless")
        need(JDBC_JAR.exists(), "pgJDBC", "libpostgresql-jdbc-java")
        classes = self.scratch / "java"
        run(["javac", "-encoding", "UTF-8", "-d", classes, *sorted((HERE / "drivers").glob("*.java"))])
        return ["java", "-XX:TieredStopAtLevel=1", "-cp", f"{classes}:{JDBC_JAR}", "Jdbc"]

    def _node(self):
        need(shutil.which("node") and shutil.which("npm"), "node or npm", "nodejs and npm")
        place = self.scratch / "node"
        shutil.copytree(HERE / "node", place)
        run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"], cwd=place)
        return ["node", place / "client.js"]
