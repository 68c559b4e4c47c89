"""A test server that speaks TDS, in place of a SQL Server: see server.py for its use from tests, serve.py for the program."""
