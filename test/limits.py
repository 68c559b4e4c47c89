"""The limits of values, and how their errors must look."""

from client import message

LABEL_MAX_BYTES, TRACE_MAX_LABELS, TRACE_MAX_EVENTS = 4096, 65_536, 10_000_000
DFG_MAX_ACTIVITIES, DFG_MAX_EDGES, DFG_MAX_BYTES = 1_000_000, 5_000_000, 200_000_000

AT = "'2023-01-01Z'::timestamptz"
MANY = "generate_series(1, {}) n"


def limit_in(error, limit, got=None):
    """The error is that of a limit, and names the limit and what there was."""
    assert error.sqlstate == "54000"
    assert str(limit) in message(error)
    assert got is None or str(got) in message(error)
