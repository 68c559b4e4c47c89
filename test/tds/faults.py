"""What the server can be told to do wrong, while it runs.

A fault has a kind:
  refuse_login   an ERROR instead of a login (number, text; 18456 by default)
  hang_login     no answer to the login
  close_login    the connection is closed instead of a login
  hang           no answer at all, or none after a number of rows; when the fault ends, so does the connection
  close          the connection is closed, at once or after a number of rows or bytes
  reset          the same with a TCP reset, as when a machine or firewall drops it
  error          an ERROR token, at once or after a number of rows (number, text)
  slow           waits some seconds, then sends no more than a number of rows a second
  deny_showplan  SHOWPLAN is not permitted
Those of rows may be limited to one relation, or to INFORMATION_SCHEMA, which an import reads. Of the matching queries the
first skip ones are answered well, then so many are not as times says.
"""

import threading

KINDS = ("refuse_login", "hang_login", "close_login", "hang", "close", "reset", "error", "slow", "deny_showplan")


class Fault:
    def __init__(self, kind, relation=None, after_rows=None, after_bytes=None, number=None, text=None,
                 seconds=0, rows_a_second=None, skip=0, times=None):  # fmt: skip
        if kind not in KINDS:
            raise ValueError(f"no such fault: {kind}")
        self.kind, self.relation = kind, relation
        self.after_rows, self.after_bytes = after_rows, after_bytes
        self.number, self.text = number, text
        self.seconds, self.rows_a_second = seconds, rows_a_second
        self.skip, self.times = skip, times
        self.began, self.ended = threading.Event(), threading.Event()

    def concerns(self, relation):
        return self.relation is None or (relation is not None and self.relation.lower() == relation.lower())

    def strikes(self):
        """Whether it is this query's turn; to be asked once a query."""
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True

    @property
    def is_over(self):
        return self.times is not None and self.times <= 0


class Faults:
    """The faults in force; of several that match a query the first one strikes."""

    def __init__(self):
        self.lock, self.present = threading.Lock(), []

    def add(self, kind, **settings):
        fault = Fault(kind, **settings)
        with self.lock:
            self.present.append(fault)
        return fault

    def clear(self):
        """No more faults; who hangs is disconnected."""
        with self.lock:
            for fault in self.present:
                fault.ended.set()
            self.present = []

    def next(self, kinds, relation=None):
        """The fault that strikes now; None if none does."""
        with self.lock:
            for fault in self.present:
                if fault.kind in kinds and not fault.is_over and fault.concerns(relation):
                    if fault.strikes():
                        return fault
        return None
