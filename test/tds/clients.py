"""Asks the server through clients other than tds_fdw: pytds, which is not FreeTDS, and tsql, which is."""

import os
import subprocess

import pytds
import pytest
from pytds.tds_base import TDS71, TDS72, TDS73, TDS74

TOKENS = {"7.1": TDS71, "7.2": TDS72, "7.3": TDS73, "7.4": TDS74}


def pytds_session(server, version="7.4", **options):
    given = {"user": server.user, "password": server.password, "database": server.database.name, "autocommit": True, **options}
    return pytds.connect("127.0.0.1", port=server.port, tds_version=TOKENS[version], bytes_to_unicode=True, **given)


def ask(server, text, version="7.4", **options):
    """Rows of one statement, through pytds."""
    with pytds_session(server, version, **options) as session, session.cursor() as cursor:
        # With None instead of no parameters, newer versions leave % alone.
        cursor.execute(text, None)
        return cursor.fetchall()


def refused(server, text, **options):
    """The number of the error that a statement ends with, through pytds."""
    with pytest.raises((pytds.Error, TimeoutError)) as caught:
        ask(server, text, **options)
    # Newer versions say of a login that only its time is over, and why in the cause.
    error = caught.value.__cause__ if isinstance(caught.value, TimeoutError) else caught.value
    return getattr(error, "msg_no", None)


def tsql(server, script, version="7.4", *options, **settings):
    command = ["tsql", "-H", "127.0.0.1", "-p", str(server.port), "-U", server.user, "-P", server.password, "-o", "fq", *options]
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "TDSVER": version, **settings}
    done = subprocess.run(command, input=script, capture_output=True, text=True, timeout=30, env=environment)
    return done.stdout, done.stderr
