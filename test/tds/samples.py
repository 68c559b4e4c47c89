"""A database of all types, with what is easily mistaken, and what clients read there."""

import datetime as dt
import uuid
from decimal import Decimal

from .database import Database

VERSIONS = ("7.1", "7.2", "7.3", "7.4")
GUID = "6F9619FF-8B86-D011-B42D-00C04FC964FF"
BERLIN = dt.timezone(dt.timedelta(hours=2))
# T-SQL's declaration: value, how tds_fdw's table declares it, what it reads there at 7.4 and 7.1, what pytds reads at 7.4 and 7.1.
# The last of each pair is left out where it is the same.
TYPES = {
    "tinyint": (255, "smallint", (255,), (255,)),
    "smallint": (-32768, "smallint", (-32768,), (-32768,)),
    "int": (2**31 - 1, "integer", (2**31 - 1,), (2**31 - 1,)),
    "bigint": (-(2**63), "bigint", (-(2**63),), (-(2**63),)),
    "bit": (True, "smallint", (1,), (True,)),
    "decimal(38,10)": ("-1234567890123456789012345678.0123456789", "numeric", (Decimal("-1234567890123456789012345678.0123456789"),),
                       (Decimal("-1234567890123456789012345678.0123456789"),)),
    "numeric(9,2)": ("12.345", "numeric", (Decimal("12.35"),), (Decimal("12.35"),)),
    "money": ("-922337203685477.5808", "numeric", (Decimal("-922337203685477.5808"),), (Decimal("-922337203685477.5808"),)),
    "smallmoney": ("214748.3647", "numeric", (Decimal("214748.3647"),), (Decimal("214748.3647"),)),
    "real": (1.5, "real", (1.5,), (1.5,)),
    "float": (0.1, "float8", (0.1,), (0.1,)),
    "datetime": ("2023-03-26 02:30:15.997", "timestamp", (dt.datetime(2023, 3, 26, 2, 30, 15, 997000),),
                 (dt.datetime(2023, 3, 26, 2, 30, 15, 997000),)),
    "smalldatetime": ("2023-10-29 02:30:29", "text", ("Oct 29 2023  2:30:00:000AM",), (dt.datetime(2023, 10, 29, 2, 30),)),
    "date": ("2023-10-29", "text", ("Oct 29 2023 12:00:00:AM", "2023-10-29"), (dt.date(2023, 10, 29), "2023-10-29")),
    "time(7)": ("23:59:59.9999999", "text", ("Jan  1 1900 11:59:59:9999999PM", "23:59:59.9999999"),
                (dt.time(23, 59, 59, 999999), "23:59:59.9999999")),
    "time(0)": ("02:30:15", "text", ("Jan  1 1900  2:30:15:AM", "02:30:15"), (dt.time(2, 30, 15), "02:30:15")),
    "datetime2(7)": ("9999-12-31 23:59:59.9999999", "text", ("Dec 31 9999 11:59:59:9999999PM", "9999-12-31 23:59:59.9999999"),
                     (dt.datetime(9999, 12, 31, 23, 59, 59, 999999), "9999-12-31 23:59:59.9999999")),
    "datetime2(3)": ("2023-03-26 02:30:15.1239", "text", ("Mar 26 2023  2:30:15:124AM", "2023-03-26 02:30:15.124"),
                     (dt.datetime(2023, 3, 26, 2, 30, 15, 124000), "2023-03-26 02:30:15.124")),
    # FreeTDS drops the offset where it gets the type itself; the wall clock stays.
    "datetimeoffset(7)": ("2023-03-26 02:30:15.1234567 +02:00", "text", ("Mar 26 2023  2:30:15:1234567AM", "2023-03-26 02:30:15.1234567 +02:00"),
                          (dt.datetime(2023, 3, 26, 2, 30, 15, 123456, BERLIN), "2023-03-26 02:30:15.1234567 +02:00")),
    "uniqueidentifier": (GUID, "uuid", (uuid.UUID(GUID),), (uuid.UUID(GUID),)),
    "nvarchar(50)": ("Løst €😀  ", "text", ("Løst €😀  ",), ("Løst €😀  ",)),
    "nvarchar(max)": ("æøå😀" * 30000, "text", ("æøå😀" * 30000,), ("æøå😀" * 30000,)),
    "varchar(50)": ("æøå €Ω", "text", ("æøå €?",), ("æøå €?",)),
    "varchar(max)": ("ÆØÅ", "text", ("ÆØÅ",), ("ÆØÅ",)),
    "nchar(5)": ("åb", "text", ("åb   ",), ("åb   ",)),
    "char(5)": ("åb", "text", ("åb   ",), ("åb   ",)),
    "varbinary(10)": (b"\0\xff", "bytea", (b"\0\xff",), (b"\0\xff",)),
    "varbinary(max)": (b"\1" * 10000, "bytea", (b"\1" * 10000,), (b"\1" * 10000,)),
    "binary(4)": (b"\1", "bytea", (b"\1\0\0\0",), (b"\1\0\0\0",)),
    "nvarchar(10)": ("", "text", ("",), ("",)),
}  # fmt: skip
NAMES = [f"c{number}" for number in range(len(TYPES))]
TEXTS = ["Løst", "LØST", "løst  ", "Åben €", "aaben", "Ærø", "Zoo", "😀 fryd", "Genåbnet ", None, "100% [sic]", ""]


def declared(nullness):
    return ", ".join(f"{name} {kind} {nullness}" for name, kind in zip(NAMES, TYPES))


def types_database():
    """Tables of all types: T with NULLs here and there, N without; Texts and Times with what is easily mistaken."""
    database, values = Database("NSP"), [given for given, *_ in TYPES.values()]
    scattered = [[given if number % 7 == place else None for number, given in enumerate(values)] for place in range(7)]
    database.create("dbo.T", declared("NULL"), [values, [None] * len(values), *scattered])
    database.create("dbo.N", declared("NOT NULL"), [values])
    database.create("dbo.Texts", "Id int NOT NULL, Label nvarchar(50), Amount decimal(10,2), Code uniqueidentifier, At datetime", [
        (number, text, f"{number}.5", uuid.UUID(int=number), f"2023-03-26 02:30:{number:02}.003") for number, text in enumerate(TEXTS)])
    database.create_view("app.vLabels", "Label nvarchar(50)", lambda db: [(row["Label"],) for row in db.rows("dbo.Texts")])
    database.create("dbo.Many", "Id int NOT NULL, Label nvarchar(100)", [(number, f"række {number}") for number in range(20000)])
    return database
