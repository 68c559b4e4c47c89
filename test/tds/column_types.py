"""Columns and the rows of a result, from declarations like "Id int NOT NULL, Name nvarchar(200)"."""

import re
import struct

from .errors import SqlError
from .number_types import NUMBER_TYPES, Numeric
from .text_types import MAX, TEXTS, Sized
from .time_types import Date, DateTime, DateTime2, DateTimeOffset, SmallDateTime, Time
from .wire import b_varchar

PLAIN = {**NUMBER_TYPES, "datetime": DateTime(), "smalldatetime": SmallDateTime(), "date": Date()}
SCALED = {"time": Time, "datetime2": DateTime2, "datetimeoffset": DateTimeOffset}
DECLARATION = re.compile(r"\s*(?:\[([^\]]+)\]|(\w+))\s+(\w+)\s*(?:\(([^)]*)\))?\s*(NOT\s+NULL|NULL)?\s*(?:,|$)", re.IGNORECASE)

ROW, ROW_WITH_NULLS, METADATA = 0xD1, 0xD2, 0x81


def column_type(name, arguments=()):
    """A type by its name in T-SQL, with T-SQL's defaults for what is left out."""
    if name in PLAIN:
        return PLAIN[name]
    if name in SCALED:
        return SCALED[name](int(arguments[0]) if arguments else 7)
    if name in TEXTS:
        length = arguments[0].lower() if arguments else "1"
        return Sized(name, MAX if length == "max" else int(length))
    if name in ("decimal", "numeric"):
        precision, scale = [*map(int, arguments), *(18, 0)[len(arguments) :]]
        return Numeric(name, precision, scale)
    raise SqlError(2715, f"Cannot find data type {name}.")


class Column:
    def __init__(self, name, kind, nullable=True):
        self.name, self.kind, self.nullable = name, kind, nullable

    def store(self, value):
        if value is None:
            if not self.nullable:
                raise SqlError(515, f"Cannot insert the value NULL into column '{self.name}'.")
            return None
        return self.kind.store(value)

    def key(self, value):
        return None if value is None else self.kind.key(value)


def columns_of(declaration):
    """Columns from their declaration."""
    columns, at = [], 0
    while at < len(declaration.rstrip()):
        found = DECLARATION.match(declaration, at)
        if not found:
            raise ValueError(f"no column: {declaration[at:]}")
        bracketed, plain, type_name, arguments, nullness = found.groups()
        given = [argument.strip() for argument in arguments.split(",")] if arguments else []
        nullable = not (nullness or "").upper().startswith("NOT")
        columns.append(Column(bracketed or plain, column_type(type_name.lower(), given), nullable))
        at = found.end()
    return columns


# --- Results ------------------------------------------------------------------


def metadata(version, columns):
    """COLMETADATA, [MS-TDS] 2.2.7.4: user types have 4 bytes from 7.2 on. Flags: nullable, and whether it can be updated is not known."""
    parts = [struct.pack("<BH", METADATA, len(columns))]
    for column in columns:
        sent, _ = column.kind.sent_as(version)
        parts.append(struct.pack("<IH" if version >= 72 else "<HH", 0, 9 if column.nullable else 8))
        parts.append(sent.info(version, column.nullable) + b_varchar(column.name))
    return b"".join(parts)


def cell_encoder(column, version):
    sent, convert = column.kind.sent_as(version)
    encode = sent.encoder(column.nullable)
    if convert is None:
        return encode
    return lambda value: encode(None if value is None else convert(value))


def row_encoder(version, columns):
    """A function from the stored values of a row, in the order of the columns, to its token.

    From 7.3 on a row that becomes shorter by it is sent as NBCROW, with a bit for each
    NULL ([MS-TDS] 2.2.7.13). Which rows a real server sends so is not documented.
    """
    cells = [cell_encoder(column, version) for column in columns]
    start = bytes([ROW])

    def plain(values):
        return start + b"".join([cell(value) for cell, value in zip(cells, values)])

    nulls = [len(cell(None)) if column.nullable else 0 for cell, column in zip(cells, columns)]
    bitmap_size = (len(columns) + 7) // 8

    def compressed(values):
        if None not in values or sum(size for size, value in zip(nulls, values) if value is None) <= bitmap_size:
            return plain(values)
        bits = sum(1 << number for number, value in enumerate(values) if value is None)
        return (bytes([ROW_WITH_NULLS]) + bits.to_bytes(bitmap_size, "little")
                + b"".join([cell(value) for cell, value in zip(cells, values) if value is not None]))

    return compressed if version >= 73 else plain
