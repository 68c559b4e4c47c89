"""Column types of texts and bytes, as [MS-TDS] 2.2.5.5 lays them out."""

import struct
from functools import lru_cache

from . import collation
from .errors import SqlError
from .number_types import ColumnType
from .wire import COLLATION, us_varchar, utf16

MAX = -1
# Token and bytes a character of each type, and the older token of its (max) for TDS 7.1, which knows no PLP
TEXTS = {
    "nvarchar": (0xE7, 2, 0x63), "nchar": (0xEF, 2, None),
    "varchar": (0xA7, 1, 0x23), "char": (0xAF, 1, None),
    "varbinary": (0xA5, 1, 0x22), "binary": (0xAD, 1, None),
}  # fmt: skip
NULL_PLP = b"\xff" * 8


class Sized(ColumnType):
    """(n)varchar, (n)char and (var)binary, of a length in characters or MAX."""

    def __init__(self, name, length):
        super().__init__(name)
        self.length = length
        self.token, self.width, self.old_token = TEXTS[name]
        self.is_binary, self.is_padded = "binary" in name, name in ("nchar", "char", "binary")

    def store(self, value):
        if self.is_binary:
            value = bytes.fromhex(value.removeprefix("0x")) if isinstance(value, str) else bytes(value)
        # Bytes for a text are sent as they are: what no sound server would send.
        if self.length != MAX and isinstance(value, str) and len(utf16(value)) // 2 > self.length:
            raise SqlError(2628, f"String or binary data would be truncated. Truncated value: '{value[:self.length]}'.")
        return self._padded(value) if self.is_padded else value

    def _padded(self, value):
        return value.ljust(self.length, b"\0" if self.is_binary else " ")

    def key(self, value):
        return value if isinstance(value, bytes) else collation.sort_key(value)

    def literal(self, text):
        if self.is_binary:
            raise SqlError(257, f"Implicit conversion from data type varchar to {self.name} is not allowed.")
        return text

    def data(self, value):
        if isinstance(value, bytes):
            return value
        return utf16(value) if self.width == 2 else value.encode("cp1252", "replace")

    def sent_as(self, version):
        return (Old(self), None) if self.length == MAX and version < 72 else (self, None)

    def info(self, version, nullable):
        size = 0xFFFF if self.length == MAX else self.length * self.width
        return struct.pack("<BH", self.token, size) + (b"" if self.is_binary else COLLATION)

    def prefix(self, value):
        raise NotImplementedError

    def encoder(self, nullable):
        encode, data, null = _plp if self.length == MAX else _short, self.data, self.null

        # Histories are full of the same few texts.
        @lru_cache(maxsize=1 << 12)
        def encoded(value):
            return null if value is None else encode(data(value))

        return encoded

    @property
    def null(self):
        return NULL_PLP if self.length == MAX else b"\xff\xff"


def _short(data):
    return len(data).to_bytes(2, "little") + data


def _plp(data):
    """Partially length-prefixed, [MS-TDS] 2.2.5.2.3: the whole length, one chunk, and the end."""
    chunk = struct.pack("<I", len(data)) + data if data else b""
    return struct.pack("<Q", len(data)) + chunk + b"\0\0\0\0"


class Old(ColumnType):
    """text, ntext or image, as which 7.1 gets a (max): a pointer and a time stamp before each value ([MS-TDS] 2.2.5.5.1.8)."""

    POINTER = b"\x10" + b"dummy textptr\0\0\0" + b"dummyTS\0"

    def __init__(self, sized):
        super().__init__(sized.name)
        self.sized, self.data = sized, sized.data

    def info(self, version, nullable):
        collated = b"" if self.sized.is_binary else COLLATION
        # The name of a table belongs here; clients that update by the pointer would need it.
        return struct.pack("<BI", self.sized.old_token, 0x7FFFFFFF) + collated + us_varchar("")

    def prefix(self, value):
        return self.POINTER + struct.pack("<I", len(self.data(value)))
