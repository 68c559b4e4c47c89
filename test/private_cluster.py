"""A PostgreSQL cluster of a test's own, for what would end every session of a shared one."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager

import psycopg
from client import program

# PostgreSQL refuses to run as root; root's cluster belongs to user postgres.
AS_OWNER = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []


def owner():
    return "postgres" if AS_OWNER else pwd.getpwuid(os.getuid()).pw_name


def _run(*command):
    done = subprocess.run([*AS_OWNER, *command], cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout.decode()[-2000:]}"


class Cluster:
    """Data, socket and log in one directory."""

    def __init__(self, directory, settings):
        self.directory, self.data, self.log = directory, f"{directory}/data", f"{directory}/log"
        _run(program("initdb"), "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--wal-segsize=1")
        given = {"port": "5432", "listen_addresses": "", "unix_socket_directories": directory, "fsync": "off", "shared_buffers": "16MB", **settings}
        with open(f"{self.data}/postgresql.conf", "a") as file:
            file.writelines(f"{name} = '{setting}'\n" for name, setting in given.items())

    def start(self):
        # With its output in a file: the server would hold a pipe open.
        with open(f"{self.directory}/start", "w") as output:
            command = [*AS_OWNER, program("pg_ctl"), "-D", self.data, "-l", self.log, "-w", "start"]
            code = subprocess.run(command, cwd="/", stdin=subprocess.DEVNULL, stdout=output, stderr=output).returncode
        assert code == 0, self.said()

    def said(self):
        with open(self.log) as file:
            return file.read()[-3000:]

    def stop(self):
        if os.path.exists(f"{self.data}/postmaster.pid"):
            _run(program("pg_ctl"), "-D", self.data, "-m", "immediate", "-w", "stop")

    def connect(self, dbname="postgres", user="postgres"):
        options = "-c search_path=public,ticket_mining -c TimeZone=UTC -c statement_timeout=60s"
        return psycopg.connect(host=self.directory, port=5432, user=user, dbname=dbname, options=options, autocommit=True)

    def connect_again(self, dbname="postgres"):
        """Once the server has recovered from a crash."""
        deadline = time.monotonic() + 60
        while True:
            try:
                return self.connect(dbname)
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, self.said()
                time.sleep(0.02)


def is_lost(db):
    """Whether the crash of a server has reached this session."""
    try:
        db.execute("SELECT 1")
    except psycopg.Error:
        pass
    return db.broken


@contextmanager
def private_cluster(**settings):
    directory = tempfile.mkdtemp(prefix="tm-", dir=os.path.dirname(os.environ.get("TICKET_MINING_CLUSTERS", "/var/tmp/")))
    shutil.chown(directory, owner())
    cluster = None
    try:
        cluster = Cluster(directory, settings)
        cluster.start()
        yield cluster
    finally:
        if cluster:
            cluster.stop()
        shutil.rmtree(directory)
