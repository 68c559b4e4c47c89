"""pg_cron runs the refresh every minute, in its background workers and in sessions that it opens: as the documentation has it, and otherwise."""

import os
import re
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

import documents
import pytest
from client import program, rows, value
from nsp_source import OddDesk, assert_landed, create_log
from private_cluster import private_cluster
from small_log import CHANGE, assert_right, create_desk, refresh
from tds import fdw
from tds.server import Server

WAYS = ("on", "off")
PATIENCE = 75

# What the documentation schedules: a log and a source of desk_owner's in a database tickets, and a log of who schedules it himself.
JOBS = "".join(documents.read(documents.ROOT / "docs" / name) for name in ("event-logs.md", "nsp.md"))
REFRESH_DESK, OWN_DESK, LOAD_NSP = re.findall(r"^SELECT cron\.\w+\(.*\);$", JOBS, re.MULTILINE)


def every_minute(statement):
    """Minutes are as near as pg_cron 1.4 goes."""
    assert statement.count("'15 5 * * *'") == 1
    return statement.replace("15 5 * * *", "* * * * *")


def installed():
    """Where the server would load it from."""
    libraries = subprocess.check_output([os.environ.get("PG_CONFIG", "pg_config"), "--pkglibdir"], text=True).strip()
    return Path(libraries, "pg_cron.so").exists()


@pytest.fixture(scope="module")
def clusters():
    """Both ways at once, each in a cluster of its own, for the setting is the server's: minutes are long."""
    assert installed(), f"pg_cron is missing: install Debian's postgresql-NN-cron for the server of {program('postgres')}"
    with ExitStack() as stack:
        tickets = OddDesk(tickets=20)
        server = stack.enter_context(Server(tickets.database))
        found = {way: stack.enter_context(cron_cluster(way)) for way in WAYS}
        for cluster in found.values():
            cluster.remote = tickets.database
            make_logs(cluster, server)
            schedule(cluster)
        for cluster in found.values():
            wait_for_runs(cluster)
        yield found


def cron_cluster(way):
    settings = {"cron.use_background_workers": way, "cron.database_name": "postgres", "shared_preload_libraries": "pg_cron", "max_worker_processes": 20}
    return private_cluster(**settings)


def make_logs(cluster, server):
    """Of clerk, in the database of pg_cron; and of desk_owner, one of which reads a source, in another."""
    with cluster.connect() as db:
        db.execute("CREATE EXTENSION ticket_mining; CREATE EXTENSION pg_cron; CREATE ROLE clerk LOGIN; CREATE ROLE desk_owner LOGIN")
        db.execute("GRANT CREATE ON DATABASE postgres TO clerk; GRANT USAGE ON SCHEMA cron TO clerk")
        db.execute("CREATE DATABASE tickets")
        db.execute("SET SESSION AUTHORIZATION clerk")
        make_desk(db)
        db.execute("CREATE VIEW src.broken AS SELECT case_id, activity, at, 1 / (seq - seq) AS seq FROM src.events")
        db.execute("CALL ticket_mining.create_log('broken', 'src.events')")
        db.execute("UPDATE broken.settings SET events = 'src.broken'")
    with cluster.connect("tickets") as db:
        db.execute("CREATE EXTENSION ticket_mining; GRANT CREATE ON DATABASE tickets TO desk_owner")
        fdw.attach(db, server, "nsp_server")
        db.execute("GRANT USAGE ON FOREIGN SERVER nsp_server TO desk_owner; SET SESSION AUTHORIZATION desk_owner")
        make_desk(db)
        db.execute("CALL ticket_mining.create_nsp_source('nsp', 'nsp_server', time_zone => 'UTC')")
        create_log(db, "support")


def make_desk(db):
    """A log that is to be refreshed again."""
    create_desk(db)
    refresh(db)
    db.execute(CHANGE)


def schedule(cluster):
    with cluster.connect() as db:
        db.execute(every_minute(REFRESH_DESK))
        db.execute(every_minute(LOAD_NSP))
        job = "CALL ticket_mining.refresh('desk')"
        db.execute("SELECT cron.schedule_in_database('one transaction', '* * * * *', %s, 'tickets')", (f"SET ROLE desk_owner; {job}",))
        db.execute("SELECT cron.schedule_in_database('not the owner', '* * * * *', %s, 'tickets')", (job,))
        db.execute("SET SESSION AUTHORIZATION clerk")
        db.execute(every_minute(OWN_DESK))
        db.execute("SELECT cron.schedule('failing', '* * * * *', $$CALL ticket_mining.refresh('broken')$$)")
        db.execute("RESET SESSION AUTHORIZATION")
        # To the socket: these clusters listen on no port.
        db.execute("UPDATE cron.job SET nodename = %s", (cluster.directory,))


FIRST_RUNS = """SELECT DISTINCT ON (jobid) jobname, d.username, status, return_message FROM cron.job_run_details d JOIN cron.job USING (jobid)
                WHERE status IN ('succeeded', 'failed') ORDER BY jobid, runid"""


def wait_for_runs(cluster):
    """Until every job is over once, within the minute that pg_cron counts in, and none runs; nor will it run again."""
    with cluster.connect() as db:
        wait(db, "SELECT count(DISTINCT jobid) FROM cron.job_run_details WHERE status IN ('succeeded', 'failed')", value(db, "SELECT count(*) FROM cron.job"))
        db.execute("UPDATE cron.job SET active = false")
        wait(db, "SELECT count(*) FROM cron.job_run_details WHERE status NOT IN ('succeeded', 'failed')", 0)
        cluster.runs = {(job, user): run for job, user, *run in rows(db, FIRST_RUNS)}


def wait(db, query, wanted):
    deadline = time.monotonic() + PATIENCE
    while value(db, query) != wanted:
        assert time.monotonic() < deadline, rows(db, "SELECT * FROM cron.job_run_details")
        time.sleep(0.2)


@pytest.mark.parametrize("user, database", (("desk_owner", "tickets"), ("clerk", "postgres")))
@pytest.mark.parametrize("way", WAYS)
def test_refresh_by_cron(clusters, way, user, database):
    """Scheduled by a superuser for the owner, or by the owner: it runs as the owner, for nobody else could, and the log is right."""
    assert clusters[way].runs["refresh desk", user][0] == "succeeded"
    with clusters[way].connect(database) as db:
        assert value(db, "SHOW cron.use_background_workers") == way
        first, *later = rows(db, "SELECT state, error, as_of FROM desk.refreshes ORDER BY refresh_no")
        assert later and {run[:2] for run in (first, *later)} == {("done", None)}
        db.execute(f"SET SESSION AUTHORIZATION {user}")
        assert_right(db, as_of=later[-1][2])


@pytest.mark.parametrize("way", WAYS)
def test_load_by_cron(clusters, way):
    """A source, and the log that reads it."""
    assert clusters[way].runs["load nsp", "desk_owner"][0] == "succeeded"
    with clusters[way].connect("tickets") as db:
        assert rows(db, "SELECT DISTINCT state FROM nsp.loads") == [("done",)]
        assert_landed(db, clusters[way].remote)
        assert value(db, "SELECT cases FROM support.status") == value(db, "SELECT count(DISTINCT case_id) FROM nsp.events")


@pytest.mark.parametrize("way", WAYS)
def test_failure_by_cron(clusters, way):
    """The job fails, and says why in its own history as well as in that of the log."""
    status, said = clusters[way].runs["failing", "clerk"]
    assert status == "failed" and "division by zero" in said
    with clusters[way].connect() as db:
        assert rows(db, "SELECT state, error FROM broken.refreshes ORDER BY refresh_no LIMIT 1") == [("failed", "division by zero")]


@pytest.mark.parametrize("job, why", (("one transaction", "cannot run inside a transaction block"), ("not the owner", 'log "desk" belongs to role "desk_owner"')))
@pytest.mark.parametrize("way", WAYS)
def test_jobs_that_cannot_work(clusters, way, job, why):
    """What the documentation warns of: SET ROLE in the same job, and a job of somebody else."""
    status, said = clusters[way].runs[job, "postgres"]
    assert status == "failed" and why in said
