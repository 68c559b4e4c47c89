"""One connection: its login, and the batches it sends."""

import re
import socket
import struct
import time

from . import catalog, wire
from .column_types import Column, column_type, columns_of, metadata, row_encoder
from .conditions import column_number
from .errors import SqlError, syntax_error
from .parser import parse_select
from .wire import Answer, Cut, done, environment, report

VERSIONS = (71, 72, 73, 74)
# Settings that clients make when they connect; no other changes what is answered here.
HARMLESS_SET = re.compile(
    r"SET\s+(TEXTSIZE\s+-?\d+|(QUOTED_IDENTIFIER|ANSI_\w+|ARITHABORT|CONCAT_NULL_YIELDS_NULL|IMPLICIT_TRANSACTIONS"
    r"|XACT_ABORT|CURSOR_CLOSE_ON_COMMIT)(\s*,\s*ANSI_\w+)*\s+(ON|OFF))\s*;?", re.IGNORECASE,
)  # fmt: skip
SHOWPLAN = re.compile(r"SET\s+SHOWPLAN_ALL\s+(ON|OFF)\s*;?", re.IGNORECASE)
# What SET SHOWPLAN_ALL is documented to give; tds_fdw reads Parent and EstimateRows.
PLAN = columns_of(
    "StmtText nvarchar(4000), StmtId int, NodeId int, Parent int, PhysicalOp nvarchar(60), LogicalOp nvarchar(60),"
    " Argument nvarchar(4000), DefinedValues nvarchar(4000), EstimateRows real, EstimateIO real, EstimateCPU real,"
    " AvgRowSize int, TotalSubtreeCost real, OutputList nvarchar(4000), Warnings nvarchar(100), Type nvarchar(64),"
    " Parallel bit, EstimateExecutions real"
)
# The column of SELECT NULL
NOTHING = [Column("", column_type("int"))]
QUERY_FAULTS = ("hang", "close", "reset", "error", "slow")
CHUNK = 500


class Session:
    def __init__(self, server, sock):
        self.server, self.sock = server, sock
        self.version, self.packet_size = 74, 4096
        self.is_logged_in = self.showplan = False

    def run(self):
        try:
            while self.serve_one():
                pass
        except (Cut, OSError, struct.error):
            # A client that leaves in the middle, or speaks no TDS, is answered no more.
            pass

    def serve_one(self):
        """Answers one message; says whether to go on."""
        message = wire.receive(self.sock)
        if message is None:
            return False
        kind, data = message
        if self.is_logged_in:
            return {wire.SQL_BATCH: self.batch, wire.ATTENTION: self.attention}.get(kind, self.other)(data)
        answer = {wire.PRELOGIN: self.prelogin, wire.LOGIN7: self.login}.get(kind)
        return answer is not None and answer(data)

    def send(self, *tokens):
        answer = Answer(self.sock, self.packet_size)
        answer.write(b"".join(tokens))
        answer.end()

    def fail(self, error):
        self.send(self.report(error), done(self.version, wire.DONE_ERROR))

    def report(self, error):
        return report(self.version, error.number, error.text, error.level)

    # --- Login --------------------------------------------------------------------

    def prelogin(self, data):
        self.send(wire.prelogin_answer())
        return True

    def login(self, data):
        fields = wire.login_fields(data)
        if fields["version"] not in VERSIONS:
            return False
        self.version = fields["version"]
        fault = self.server.faults.next(("refuse_login", "hang_login", "close_login"))
        if fault and fault.kind != "refuse_login":
            return self.stay_silent(fault) if fault.kind == "hang_login" else False
        try:
            self.check_login(fields, fault)
        except SqlError as error:
            self.fail(error)
            return False
        self.welcome(fields)
        return True

    def check_login(self, fields, fault):
        user, database = fields["user"], fields["database"] or self.server.database.name
        refused = SqlError(18456, f"Login failed for user '{user}'.", 14)
        if fault:
            raise SqlError(fault.number, fault.text, 14) if fault.number else refused
        if (user, fields["password"]) != (self.server.user, self.server.password):
            raise refused
        if database.lower() != self.server.database.name.lower():
            raise SqlError(4060, f'Cannot open database "{database}" requested by the login. The login failed.', 11)

    def welcome(self, fields):
        """[MS-TDS] 2.2.7.14 and what stands around it in a real server's answer; messages 5701 and 5703 as there."""
        database, version = self.server.database.name, self.version
        self.send(
            environment(1, database, "master"), report(version, 5701, f"Changed database context to '{database}'.", 0),
            wire.collation_change(),
            environment(2, "us_english"), report(version, 5703, "Changed language setting to us_english.", 0),
            wire.login_acknowledged(version), environment(4, str(fields["packet_size"]), "4096"), done(version),
        )  # fmt: skip
        self.packet_size, self.is_logged_in = fields["packet_size"], True

    def attention(self, data):
        self.send(done(self.version, wire.DONE_ATTENTION))
        return True

    def other(self, data):
        """A procedure call or a transaction: tds_fdw sends neither."""
        self.fail(SqlError(50000, "This test server answers SQL batches only."))
        return True

    # --- Batches ------------------------------------------------------------------

    def batch(self, data):
        text = wire.batch_text(self.version, data).strip()
        self.server.remember(text)
        try:
            return self.answer_batch(text)
        except SqlError as error:
            self.fail(error)
            return True

    def answer_batch(self, text):
        if HARMLESS_SET.fullmatch(text):
            self.send(done(self.version))
        elif SHOWPLAN.fullmatch(text):
            self.set_showplan(text)
        else:
            with self.server.database.lock:
                found = catalog.answer(text, self.server.database)
            return self.send_catalog(*found) if found else self.answer_select(text)
        return True

    def set_showplan(self, text):
        if self.server.faults.next(("deny_showplan",)):
            raise SqlError(262, f"SHOWPLAN permission denied in database '{self.server.database.name}'.", 14)
        self.showplan = SHOWPLAN.fullmatch(text)[1].upper() == "ON"
        self.send(done(self.version))

    def answer_select(self, text):
        if not re.match("SELECT", text, re.IGNORECASE):
            raise syntax_error(text.split(maxsplit=1)[0] if text else "")
        select = parse_select(text)
        name = f"{select.schema}.{select.name}"
        columns, tokens = self.result_of(select, name)
        if self.showplan:
            return self.send_plan(text, len(tokens))
        fault = self.server.faults.next(QUERY_FAULTS, name)
        return self.send_rows(columns, tokens, fault)

    def result_of(self, select, name):
        """The columns of a SELECT and its rows' tokens."""
        with self.server.database.lock:
            relation = self.server.database.find(name)
            numbers = relation.matching(select.where)
            if select.order:
                numbers = relation.sorted(numbers, select.order)
            if select.columns == []:
                return NOTHING, [row_encoder(self.version, NOTHING)((None,))] * len(numbers)
            wanted = range(len(relation.columns))
            if select.columns:
                wanted = [column_number(relation.columns, column) for column in select.columns]
            tokens = relation.encoded(self.version, wanted)
            every = isinstance(numbers, range)
            return [relation.columns[at] for at in wanted], tokens[:] if every else [tokens[number] for number in numbers]

    def send_plan(self, text, count):
        scan = "Table Scan"
        rows = [(text, 1, 1, 0, None, None, "1", None, float(count), None, None, None, 0.01, None, None, "SELECT", 0, None),
                ("  |--" + scan, 1, 2, 1, scan, scan, None, None, float(count), 0.01, 0.01, 50, 0.01, None, None, "PLAN_ROW", 0, 1.0)]  # fmt: skip
        return self.send_rows(PLAN, list(map(row_encoder(self.version, PLAN), rows)), None)

    def send_catalog(self, columns, rows):
        tokens = list(map(row_encoder(self.version, columns), rows))
        return self.send_rows(columns, tokens, self.server.faults.next(QUERY_FAULTS, "INFORMATION_SCHEMA"))

    # --- Rows, and what goes wrong among them ----------------------------------------

    def send_rows(self, columns, tokens, fault):
        """Sends a result as the fault lets it; says whether the connection goes on."""
        if fault is None:
            return self.send_whole(columns, tokens, None)
        if fault.kind == "slow":
            self.wait(fault, fault.seconds)
            return self.send_whole(columns, tokens, fault.rows_a_second)
        try:
            return self.send_broken(columns, tokens, fault)
        except Cut:
            self.disconnect(fault)
            return False

    def send_whole(self, columns, tokens, rows_a_second):
        answer = Answer(self.sock, self.packet_size)
        answer.write(metadata(self.version, columns))
        if self.stream(answer, tokens, rows_a_second):
            answer.write(done(self.version, wire.DONE_COUNT, len(tokens)))
            answer.end()
        return True

    def send_broken(self, columns, tokens, fault):
        answer = Answer(self.sock, self.packet_size, fault.after_bytes)
        if fault.after_rows is not None or fault.after_bytes is not None:
            answer.write(metadata(self.version, columns))
            self.stream(answer, tokens[: fault.after_rows], None)
            answer.flush()
        if fault.kind == "hang":
            return self.stay_silent(fault)
        if fault.kind != "error":
            raise Cut
        answer.write(self.report(SqlError(fault.number or 8134, fault.text or "Divide by zero error encountered.")))
        answer.write(done(self.version, wire.DONE_ERROR))
        answer.end()
        return True

    def stream(self, answer, tokens, rows_a_second):
        """Sends rows; stops when the client says something meanwhile, which can only be that it wants no more."""
        chunk = CHUNK if rows_a_second is None else max(rows_a_second // 20, 1)
        for at in range(0, len(tokens), chunk):
            answer.write(b"".join(tokens[at : at + chunk]))
            if rows_a_second is not None:
                answer.flush()
                time.sleep(chunk / rows_a_second)
            if wire.has_word(self.sock):
                # The answer to its ATTENTION must not stand in the middle of a row.
                answer.flush()
                return False
        return True

    def stay_silent(self, fault):
        """Until the fault or the server ends or the client has gone; then the connection ends too."""
        fault.began.set()
        while not fault.ended.wait(0.02) and not self.server.stopping.is_set():
            if wire.has_word(self.sock) and not self.sock.recv(4096):
                break
        return False

    def wait(self, fault, seconds):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not self.server.stopping.is_set():
            fault.ended.wait(0.02)

    def disconnect(self, fault):
        if fault.kind == "reset":
            # A socket closed without lingering sends RST.
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
