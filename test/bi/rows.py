"""Rows of queries and drivers in one form, so that they can be compared."""

from datetime import date, datetime
from decimal import Decimal

# What a driver may take for what PostgreSQL calls by these oids.
KINDS = {
    **dict.fromkeys((20, 21, 23, 26), int),
    701: float,
    1700: Decimal,
    **dict.fromkeys((18, 19, 25, 1043), str),
    1082: date,
    1114: datetime,
}


def kinds(cursor):
    return [KINDS[column.type_code] for column in cursor.description]


def parsed(kind, text):
    """A value from the text that a client printed."""
    if text is None:
        return None
    if kind in (date, datetime):
        return datetime.fromisoformat(text) if kind is datetime else date.fromisoformat(text[:10])
    return kind(text)


def alike(value):
    """The same for values that are equal but for their type, and for sums that were added up in another order."""
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    return float(f"{value:.9g}") if isinstance(value, (float, Decimal)) else value


def compared(rows, is_ordered=False):
    """Rows as they compare, in the order of a sort unless they have their own."""
    found = [tuple(map(alike, row)) for row in rows]
    return found if is_ordered else sorted(found, key=repr)
