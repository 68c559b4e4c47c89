"""Column types of dates and times, as [MS-TDS] 2.2.5.5.1.8 lays them out."""

from datetime import date

from .errors import bad_time, time_out_of_range
from .moments import DAY, EPOCH_1900, UNITS, date_text, moment, rounded, time_text
from .number_types import ColumnType, Fixed
from .text_types import Sized

TICKS = 300
TICKS_A_DAY = 24 * 60 * 60 * TICKS
MINUTE = 60 * UNITS
FIRST_DATETIME = date(1753, 1, 1).toordinal() - 1


class TimeType(ColumnType):
    most_digits = 7

    def literal(self, text):
        """A text with more digits than the type can have is refused, as is what is no time."""
        try:
            found = moment(text)
        except ValueError:
            raise bad_time() from None
        if found.digits > self.most_digits:
            raise bad_time()
        return self.store(text)


class DateTime(TimeType, Fixed):
    """datetime: days since 1900 and 1/300 s; stored as 1/300 s since 1900."""

    most_digits = digits = 3

    def __init__(self):
        super().__init__("datetime", 0x3D, 0x6F, "<iI")

    def store(self, value):
        at = moment(value)
        if at.days < FIRST_DATETIME:
            raise time_out_of_range(self.name)
        return (at.days - EPOCH_1900) * TICKS_A_DAY + (at.units * TICKS + UNITS // 2) // UNITS

    def data(self, value):
        return self.packer.pack(*divmod(value, TICKS_A_DAY))


class SmallDateTime(TimeType, Fixed):
    """smalldatetime: days since 1900 and minutes, rounded from seconds; stored as minutes since 1900."""

    most_digits, digits = 3, 0

    def __init__(self):
        super().__init__("smalldatetime", 0x3A, 0x6F, "<HH")

    def store(self, value):
        at = moment(value)
        minutes = (at.days - EPOCH_1900) * 24 * 60 + (at.units + MINUTE // 2) // MINUTE
        if not 0 <= minutes < 2**16 * 24 * 60:
            raise time_out_of_range(self.name)
        return minutes

    def data(self, value):
        return self.packer.pack(*divmod(value, 24 * 60))


class Newer(TimeType):
    """The types of 7.3; a client of an older version gets them as nvarchar, as a real server sends them there."""

    def __init__(self, name, token, scale=None):
        super().__init__(name)
        self.token, self.digits = token, scale or 0
        # The bytes of the time in 10^-scale s
        self.clock_size = None if scale is None else 3 if scale <= 2 else 4 if scale <= 4 else 5

    def info(self, version, nullable):
        return bytes([self.token] + ([] if self.clock_size is None else [self.digits]))

    def sent_as(self, version):
        return (self, None) if version >= 73 else (Sized("nvarchar", self.text_length()), self.text)

    def text_length(self):
        """Of the longest text: a time of a scale behind the type's own head and tail."""
        return self.head_length + (8 + (self.digits + 1 if self.digits else 0) if self.clock_size else 0)

    def prefix(self, value):
        return bytes([self.size])

    def clock(self, value):
        return value.to_bytes(self.clock_size, "little")

    def clock_text(self, value):
        return time_text(value * 10 ** (7 - self.digits), self.digits)

    @property
    def units_a_day(self):
        return DAY // 10 ** (7 - self.digits)


class Date(Newer):
    size = 3
    head_length = 10

    def __init__(self):
        super().__init__("date", 0x28)

    def store(self, value):
        return moment(value).days

    def data(self, value):
        return value.to_bytes(3, "little")

    def text(self, value):
        return date_text(value)


class Time(Newer):
    head_length = 0

    def __init__(self, scale):
        super().__init__("time", 0x29, scale)
        self.size = self.clock_size

    def store(self, value):
        return min(rounded(moment(value).units, self.digits), self.units_a_day - 1)

    def data(self, value):
        return self.clock(value)

    def text(self, value):
        return self.clock_text(value)


class DateTime2(Newer):
    """Stored as 10^-scale s since 0001-01-01."""

    head_length = 11

    def __init__(self, scale):
        super().__init__("datetime2", 0x2A, scale)
        self.size = self.clock_size + 3

    def store(self, value):
        return rounded(moment(value).total, self.digits)

    def data(self, value):
        days, clock = divmod(value, self.units_a_day)
        return self.clock(clock) + days.to_bytes(3, "little")

    def text(self, value):
        days, clock = divmod(value, self.units_a_day)
        return f"{date_text(days)} {self.clock_text(clock)}"


class DateTimeOffset(Newer):
    """Stored as (10^-scale s since 0001-01-01 in UTC, minutes from UTC), and sent so; only texts have the wall clock."""

    head_length = 18

    def __init__(self, scale):
        super().__init__("datetimeoffset", 0x2B, scale)
        self.wall = DateTime2(scale)
        self.size = self.wall.size + 2

    def store(self, value):
        at = moment(value)
        return rounded(at.total - (at.offset or 0) * MINUTE, self.digits), at.offset or 0

    def key(self, value):
        return value[0]

    def data(self, value):
        return self.wall.data(value[0]) + value[1].to_bytes(2, "little", signed=True)

    def text(self, value):
        utc, offset = value
        there = utc + rounded(offset * MINUTE, self.digits)
        hours, minutes = divmod(abs(offset), 60)
        return f"{self.wall.text(there)} {'-' if offset < 0 else '+'}{hours:02}:{minutes:02}"
