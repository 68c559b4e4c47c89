"""Packets and tokens: the bytes of TDS around the rows ([MS-TDS] 2.2.3, 2.2.6, 2.2.7)."""

import select
import struct

# Kinds of packets, [MS-TDS] 2.2.3.1.1
SQL_BATCH, REPLY, ATTENTION, LOGIN7, PRELOGIN = 0x01, 0x04, 0x06, 0x10, 0x12
END_OF_MESSAGE = 1
HEADER = struct.Struct(">BBHHBB")

# LCID 0x0406 with case, kana and width ignored, no SortId: Danish_Norwegian_CI_AS ([MS-TDS] 2.2.5.1.2)
COLLATION = bytes.fromhex("0604d00000")
# LOGINACK by the version that the client asks for ([MS-TDS] 2.2.7.14), big endian there; 7.3.A is answered as 7.3.B
ACKNOWLEDGED = {71: 0x71000001, 72: 0x72090002, 73: 0x730B0003, 74: 0x74000004}

DONE_FINAL, DONE_ERROR, DONE_COUNT, DONE_ATTENTION = 0x00, 0x02, 0x10, 0x20
SELECT_COMMAND = 0xC1


class Cut(Exception):
    """The connection is to be broken here."""


def receive_exactly(sock, count):
    """So many bytes; None if the client has gone."""
    parts = []
    while count:
        part = sock.recv(min(count, 65536))
        if not part:
            return None
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def receive(sock):
    """The next message: its kind and its bytes; None if the client has gone."""
    data = []
    while True:
        header = receive_exactly(sock, HEADER.size)
        if header is None:
            return None
        kind, status, length, *_ = HEADER.unpack(header)
        part = receive_exactly(sock, length - HEADER.size)
        if part is None:
            return None
        data.append(part)
        if status & END_OF_MESSAGE:
            return kind, b"".join(data)


def has_word(sock):
    """Whether the client said something, or hung up, while it is being answered."""
    return bool(select.select([sock], [], [], 0)[0])


class Answer:
    """One answer, cut into packets as it is written; broken off after a number of bytes if that is wanted."""

    HELD = 1 << 17

    def __init__(self, sock, packet_size, cut_after=None):
        self.sock, self.room, self.cut_after = sock, packet_size - HEADER.size, cut_after
        self.pending, self.number = bytearray(), 0

    def write(self, data):
        self.pending += data
        if len(self.pending) > self.HELD:
            self._send_full()

    def flush(self):
        """Sends all that was written; more will follow."""
        self._send_full()
        if self.pending:
            self._send([self._packet(bytes(self.pending), 0)])
            self.pending.clear()

    def end(self):
        self._send_full()
        self._send([self._packet(bytes(self.pending), END_OF_MESSAGE)])
        self.pending.clear()

    def _send_full(self):
        """Sends what fills packets; the last packet is kept, since it may be the one that ends the message."""
        count = max(len(self.pending) - 1, 0) // self.room
        whole = bytes(self.pending[: count * self.room])
        del self.pending[: count * self.room]
        self._send([self._packet(whole[at : at + self.room], 0) for at in range(0, len(whole), self.room)])

    def _packet(self, data, status):
        self.number = self.number % 255 + 1
        return HEADER.pack(REPLY, status, len(data) + HEADER.size, 0, self.number, 0) + data

    def _send(self, packets):
        data = b"".join(packets)
        if self.cut_after is not None and len(data) >= self.cut_after:
            self.sock.sendall(data[: self.cut_after])
            raise Cut
        if self.cut_after is not None:
            self.cut_after -= len(data)
        self.sock.sendall(data)


# --- Tokens -------------------------------------------------------------------


def utf16(text):
    # A name or message may hold what is no character: it is sent as it is.
    return text.encode("utf-16-le", "surrogatepass")


def b_varchar(text):
    return bytes([len(utf16(text)) // 2]) + utf16(text)


def us_varchar(text):
    return struct.pack("<H", len(utf16(text)) // 2) + utf16(text)


def token(kind, body):
    return struct.pack("<BH", kind, len(body)) + body


def done(version, status=DONE_FINAL, count=0):
    """DONE, [MS-TDS] 2.2.7.6: the count has 8 bytes from 7.2 on."""
    return struct.pack("<BHHQ" if version >= 72 else "<BHHI", 0xFD, status, SELECT_COMMAND if status & DONE_COUNT else 0, count)


def report(version, number, text, level, server="NSPTEST", state=1):
    """ERROR, or INFO up to level 10, [MS-TDS] 2.2.7.10 and 2.2.7.13: the line has 4 bytes from 7.2 on."""
    line = struct.pack("<I" if version >= 72 else "<H", 1)
    body = struct.pack("<iBB", number, state, level) + us_varchar(text) + b_varchar(server) + b_varchar("") + line
    return token(0xAA if level > 10 else 0xAB, body)


def environment(kind, new, old=""):
    """ENVCHANGE of a text, [MS-TDS] 2.2.7.9: 1 database, 2 language, 4 packet size."""
    return token(0xE3, bytes([kind]) + b_varchar(new) + b_varchar(old))


def collation_change():
    return token(0xE3, b"\x07" + bytes([len(COLLATION)]) + COLLATION + b"\x00")


def login_acknowledged(version):
    """LOGINACK, [MS-TDS] 2.2.7.14, of a server that calls itself 15.0, as SQL Server 2019 does."""
    name = "Microsoft SQL Server\0\0"
    return token(0xAD, b"\x01" + struct.pack(">I", ACKNOWLEDGED[version]) + b_varchar(name) + bytes([15, 0, 0x10, 0]))


# --- Login --------------------------------------------------------------------


def prelogin_answer():
    """[MS-TDS] 2.2.6.5: version 15.0; encryption 2, not supported; instance fits; no MARS."""
    values = [(0, bytes([15, 0, 0x10, 0, 0, 0])), (1, b"\x02"), (2, b"\x00"), (3, b""), (4, b"\x00")]
    at, heads, data = 5 * len(values) + 1, b"", b""
    for kind, value in values:
        heads += struct.pack(">BHH", kind, at + len(data), len(value))
        data += value
    return heads + b"\xff" + data


def unscrambled(data):
    """A password in clear: nibbles swapped and XOR A5 ([MS-TDS] 2.2.6.4)."""
    plain = bytes((byte ^ 0xA5) >> 4 | ((byte ^ 0xA5) & 0x0F) << 4 for byte in data)
    return plain.decode("utf-16-le", "replace")


def login_fields(data):
    """What LOGIN7 says: version as 71 to 74 (another number if none of these), packet size, user, password, database."""
    _, version, packet_size = struct.unpack_from("<III", data)
    texts = []
    # Offset and length pairs from byte 36: host, user, password, application, server, extension, library, language, database
    for number in range(9):
        at, length = struct.unpack_from("<HH", data, 36 + 4 * number)
        texts.append(data[at : at + 2 * length])
    user, password, database = (texts[number] for number in (1, 2, 8))
    return {
        "version": int(f"{version >> 24:x}"),
        "packet_size": packet_size if 512 <= packet_size <= 32767 else 4096,
        "user": user.decode("utf-16-le", "replace"),
        "password": unscrambled(password),
        "database": database.decode("utf-16-le", "replace"),
    }


def batch_text(version, data):
    """The text of an SQLBatch; from 7.2 on ALL_HEADERS stand before it ([MS-TDS] 2.2.5.3)."""
    start = struct.unpack_from("<I", data)[0] if version >= 72 else 0
    return data[start:].decode("utf-16-le", "replace")
