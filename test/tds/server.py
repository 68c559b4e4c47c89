"""The server, to be used from tests:

    with Server(database) as server:
        ... OPTIONS (servername '127.0.0.1', port '<server.port>', database 'NSP') ...
        server.faults.add("close", relation="dbo.EntityChangeLog", after_rows=1000)
        server.database.drop_column("dbo.SysTicket", "CloseDateTime")

One thread a connection; see faults.py for what it can do wrong, database.py for what
can be changed, control.py for doing both from another process.
"""

import socket
import threading
from collections import deque

from .faults import Faults
from .session import Session


class Server:
    def __init__(self, database, user="nsp_reader", password="Læs-kun 1", port=0):
        self.database, self.user, self.password = database, user, password
        self.faults, self.stopping = Faults(), threading.Event()
        # The texts of the last batches, and how many connections there were
        self.batches, self.connections = deque(maxlen=10000), 0
        self.wanted_port, self.sessions = port, {}

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", self.wanted_port), backlog=128)
        self.port = self.listener.getsockname()[1]
        self.accepting = threading.Thread(target=self._accept, daemon=True)
        self.accepting.start()
        return self

    def __exit__(self, *_):
        """Ends all connections, whatever they are doing."""
        self.stopping.set()
        self.faults.clear()
        self.close_listener()
        for sock, thread in list(self.sessions.items()):
            shut(sock)
            thread.join(10)

    def close_listener(self):
        """Refuses connections from now on; those that are there go on."""
        shut(self.listener)
        self.listener.close()
        self.accepting.join(10)

    def disconnect_all(self):
        """Breaks all connections, as a restart of the server does."""
        for sock in list(self.sessions):
            shut(sock)

    def set_login(self, user, password):
        """Only this login is let in from now on."""
        self.user, self.password = user, password

    def remember(self, text):
        self.batches.append(text)

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
            self.sessions[sock] = thread
            thread.start()

    def _serve(self, sock):
        try:
            with sock:
                Session(self, sock).run()
        finally:
            self.sessions.pop(sock, None)


def shut(sock):
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # It was not connected, or not any more.
