"""pg_cron runs the refresh every minute, in its background workers and in sessions that it opens."""

import os
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from client import program, rows, value
from private_cluster import private_cluster
from small_log import CHANGE, assert_right, create_desk, refresh

WAYS = ("on", "off")
PATIENCE = 75


def installed():
    """Where the server would load it from."""
    libraries = subprocess.check_output([os.environ.get("PG_CONFIG", "pg_config"), "--pkglibdir"], text=True).strip()
    return Path(libraries, "pg_cron.so").exists()


@pytest.fixture(scope="module")
def clusters():
    """Both ways at once, each in a cluster of its own, for the setting is the server's: minutes are long."""
    assert installed(), f"pg_cron is missing: install Debian's postgresql-NN-cron for the server of {program('postgres')}"
    with ExitStack() as stack:
        found = {way: stack.enter_context(cron_cluster(way)) for way in WAYS}
        for cluster in found.values():
            schedule(cluster)
        yield found


def cron_cluster(way):
    settings = {"cron.use_background_workers": way, "cron.database_name": "postgres", "shared_preload_libraries": "pg_cron", "max_worker_processes": 20}
    return private_cluster(**settings)


def schedule(cluster):
    """Two logs of an ordinary role, of which the sources of one are broken."""
    with cluster.connect() as db:
        db.execute("CREATE EXTENSION ticket_mining; CREATE EXTENSION pg_cron; CREATE ROLE clerk LOGIN")
        db.execute("GRANT CREATE ON DATABASE postgres TO clerk; GRANT USAGE ON SCHEMA cron TO clerk")
        db.execute("SET SESSION AUTHORIZATION clerk")
        create_desk(db)
        refresh(db)
        db.execute(CHANGE)
        db.execute("CREATE VIEW src.broken AS SELECT case_id, activity, at, 1 / (seq - seq) AS seq FROM src.events")
        db.execute("CALL ticket_mining.create_log('broken', 'src.events')")
        db.execute("UPDATE broken.settings SET events = 'src.broken'")
        db.execute("SELECT cron.schedule('nightly', '* * * * *', $$CALL ticket_mining.refresh('desk', '2023-06-01Z')$$)")
        db.execute("SELECT cron.schedule('failing', '* * * * *', $$CALL ticket_mining.refresh('broken')$$)")
        db.execute("RESET SESSION AUTHORIZATION")
        # To the socket: these clusters listen on no port.
        db.execute("UPDATE cron.job SET nodename = %s", (cluster.directory,))


def ended(db, job):
    """The first run of a job that is over, within the minute that pg_cron counts in."""
    query = """SELECT status, return_message FROM cron.job_run_details JOIN cron.job USING (jobid)
               WHERE jobname = %s AND status IN ('succeeded', 'failed') ORDER BY runid LIMIT 1"""
    deadline = time.monotonic() + PATIENCE
    while not (found := rows(db, query, (job,))):
        assert time.monotonic() < deadline, rows(db, "SELECT * FROM cron.job_run_details")
        time.sleep(0.2)
    return found[0]


@pytest.mark.parametrize("way", WAYS)
def test_refresh_by_cron(clusters, way):
    """The job succeeds, and the log is right."""
    with clusters[way].connect() as db:
        assert value(db, "SHOW cron.use_background_workers") == way
        assert ended(db, "nightly")[0] == "succeeded"
        assert rows(db, "SELECT state, error FROM desk.refreshes ORDER BY refresh_no LIMIT 2") == [("done", None)] * 2
        db.execute("SET SESSION AUTHORIZATION clerk")
        db.execute("SELECT cron.unschedule('nightly')")
        assert_right(db)


@pytest.mark.parametrize("way", WAYS)
def test_failure_by_cron(clusters, way):
    """The job fails, and says why in its own history as well as in that of the log."""
    with clusters[way].connect() as db:
        status, said = ended(db, "failing")
        assert status == "failed" and "division by zero" in said
        assert rows(db, "SELECT state, error FROM broken.refreshes ORDER BY refresh_no LIMIT 1") == [("failed", "division by zero")]
