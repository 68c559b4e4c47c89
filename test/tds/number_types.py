"""Column types of numbers, and uniqueidentifier, as [MS-TDS] 2.2.5.5 lays them out."""

import struct
import uuid
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation

from .errors import SqlError, conversion_failed

# Of more digits than decimal(38) has
EXACT = Context(prec=80)


class ColumnType:
    """A type: store() gives the form that rows hold; the rest works on that form, None being NULL.

    The catalog's columns, as INFORMATION_SCHEMA.COLUMNS has them: length, precision, radix, scale, digits.
    """

    length = precision = radix = scale = digits = None

    def __init__(self, name):
        self.name = name

    def sent_as(self, version):
        """The type that a client of this version gets, and how a stored value becomes one of it."""
        return self, None

    def key(self, value):
        """What a value is compared and sorted by."""
        return value

    def literal(self, text):
        """A text of a WHERE clause as a value of this type."""
        try:
            return self.store(text.strip())
        except (ValueError, ArithmeticError):
            raise conversion_failed(text, self.name) from None

    def encoder(self, nullable):
        """A function from stored values to their bytes, the length included."""
        data, prefix, null = self.data, self.prefix, self.null
        return lambda value: null if value is None else prefix(value) + data(value)

    @property
    def null(self):
        return b"\0"


class Fixed(ColumnType):
    """One of the types that have a token of their own where NULL is not allowed ([MS-TDS] 2.2.5.4.1)."""

    def __init__(self, name, token, nullable_token, packer, **catalog):
        super().__init__(name)
        self.token, self.nullable_token, self.packer = token, nullable_token, struct.Struct(packer)
        self.__dict__.update(catalog)

    def info(self, version, nullable):
        return bytes([self.nullable_token, self.packer.size] if nullable else [self.token])

    def data(self, value):
        return self.packer.pack(value)

    def encoder(self, nullable):
        if not nullable:
            return self.data
        data, prefix = self.data, bytes([self.packer.size])
        return lambda value: b"\0" if value is None else prefix + data(value)


class Integer(Fixed):
    def store(self, value):
        number = int(value)
        try:
            self.packer.pack(number)
        except struct.error:
            raise SqlError(220, f"Arithmetic overflow error for data type {self.name}, value = {number}.") from None
        return number

    def encoder(self, nullable):
        if not nullable:
            return self.packer.pack
        # The length byte is packed along: most columns are of this type, and a year of rows is encoded at once.
        size, pack = self.packer.size, struct.Struct("<B" + self.packer.format.lstrip("<")).pack
        return lambda value: b"\0" if value is None else pack(size, value)


class Bit(Integer):
    def store(self, value):
        return int(bool(value if not isinstance(value, str) else {"true": 1, "false": 0}.get(value.lower(), None) or int(value)))


class Float(Fixed):
    def store(self, value):
        return self.packer.unpack(self.packer.pack(float(value)))[0]


def scaled(value, scale):
    """A number as so many of its last decimals; half away from zero, as T-SQL rounds."""
    try:
        return int(Decimal(str(value)).scaleb(scale, EXACT).quantize(Decimal(1), ROUND_HALF_UP, EXACT))
    except InvalidOperation:
        raise ValueError(f"no number: {value!r}") from None


class Money(Fixed):
    """In ten-thousandths; money has its high half first ([MS-TDS] 2.2.5.5.1.2)."""

    def store(self, value):
        return scaled(value, 4)

    def data(self, value):
        if self.packer.size == 4:
            return self.packer.pack(value)
        return struct.pack("<iI", value >> 32, value & 0xFFFFFFFF)

    def number(self, value):
        return Decimal(value).scaleb(-4, EXACT)


class Numeric(ColumnType):
    """decimal and numeric: a sign byte, then 4 to 16 bytes by precision ([MS-TDS] 2.2.5.5.1.6)."""

    radix = 10

    def __init__(self, name, precision, scale):
        super().__init__(name)
        self.precision, self.scale = precision, scale
        self.token = 0x6A if name == "decimal" else 0x6C
        self.size = next(size for most, size in ((9, 4), (19, 8), (28, 12), (38, 16)) if precision <= most)

    def store(self, value):
        number = scaled(value, self.scale)
        if abs(number) >= 10**self.precision:
            raise SqlError(8115, f"Arithmetic overflow error converting expression to data type {self.name}.")
        return number

    def info(self, version, nullable):
        return bytes([self.token, 17, self.precision, self.scale])

    def prefix(self, value):
        return bytes([self.size + 1, value >= 0])

    def data(self, value):
        return abs(value).to_bytes(self.size, "little")

    def number(self, value):
        return Decimal(value).scaleb(-self.scale, EXACT)


class Guid(ColumnType):
    def store(self, value):
        return value if isinstance(value, uuid.UUID) else uuid.UUID(value)

    def literal(self, text):
        try:
            return self.store(text)
        except ValueError:
            raise SqlError(8169, "Conversion failed when converting from a character string to uniqueidentifier.") from None

    def info(self, version, nullable):
        return b"\x24\x10"

    def prefix(self, value):
        return b"\x10"

    def data(self, value):
        return value.bytes_le

    def key(self, value):
        """SQL Server compares the last six bytes first (.NET's SqlGuid has the same order)."""
        data = value.bytes_le
        return data[10:] + data[8:10] + data[6:8] + data[4:6] + data[:4]


NUMBER_TYPES = {
    "tinyint": Integer("tinyint", 0x30, 0x26, "<B", precision=3, radix=10, scale=0),
    "smallint": Integer("smallint", 0x34, 0x26, "<h", precision=5, radix=10, scale=0),
    "int": Integer("int", 0x38, 0x26, "<i", precision=10, radix=10, scale=0),
    "bigint": Integer("bigint", 0x7F, 0x26, "<q", precision=19, radix=10, scale=0),
    "bit": Bit("bit", 0x32, 0x68, "<B"),
    "real": Float("real", 0x3B, 0x6D, "<f", precision=24, radix=2),
    "float": Float("float", 0x3E, 0x6D, "<d", precision=53, radix=2),
    "money": Money("money", 0x3C, 0x6E, "<q", precision=19, radix=10, scale=4),
    "smallmoney": Money("smallmoney", 0x7A, 0x6E, "<i", precision=10, radix=10, scale=4),
    "uniqueidentifier": Guid("uniqueidentifier"),
}
