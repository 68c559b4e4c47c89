"""Commands to a server in another process, as lines of JSON over a socket: {"do": name, "with": {…}}.

The answer is {"ok": result} or {"error": text}. The commands are the methods of
Database, and: fault (the arguments of Faults.add), clear_faults, set_login,
disconnect_all, batches, grow (the demo's data up to a time).
"""

import json
import socket
import threading

DATABASE = ("insert", "update", "delete", "create", "drop", "rename", "add_column", "drop_column", "rename_column", "change_type")


def commands_of(server, desk=None):
    """The functions by name; desk is where the data come from, if it can grow."""
    found = {name: getattr(server.database, name) for name in DATABASE}

    def fault(**arguments):  # What Faults.add returns is of this process only.
        server.faults.add(**arguments)

    found.update(
        fault=fault, clear_faults=server.faults.clear, set_login=server.set_login,
        disconnect_all=server.disconnect_all, batches=lambda: list(server.batches),
    )  # fmt: skip
    if desk:
        found["grow"] = desk.grow
    return found


def obey(commands, line):
    try:
        order = json.loads(line)
        return {"ok": commands[order["do"]](**order.get("with", {}))}
    except Exception as error:  # Whatever it is, it is the other side's to know.
        return {"error": f"{type(error).__name__}: {error}"}


class Control:
    """Listens on a port of its own."""

    def __init__(self, commands):
        self.commands = commands
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while True:
            sock, _ = self.listener.accept()
            threading.Thread(target=self._talk, args=(sock,), daemon=True).start()

    def _talk(self, sock):
        with sock, sock.makefile("rw", encoding="utf-8") as lines:
            for line in lines:
                lines.write(json.dumps(obey(self.commands, line)) + "\n")
                lines.flush()


class Remote:
    """A client: remote.drop_column(name="dbo.SysTicket", column="CloseDateTime")."""

    def __init__(self, port):
        self.lines = socket.create_connection(("127.0.0.1", port)).makefile("rw", encoding="utf-8")

    def __getattr__(self, name):
        def order(**arguments):
            self.lines.write(json.dumps({"do": name, "with": arguments}) + "\n")
            self.lines.flush()
            answer = json.loads(self.lines.readline())
            if "error" in answer:
                raise RuntimeError(answer["error"])
            return answer["ok"]

        return order

    def close(self):
        self.lines.close()
