"""Conditions and orders over stored rows, by SQL Server's rules.

A condition becomes a function from a row to True, False or None (unknown). Either side
of a comparison is a Side: a type, and how a row gives its value.
"""

import operator
from collections import namedtuple
from decimal import Decimal

from . import collation
from .column_types import column_type
from .errors import SqlError, invalid_column, not_condition, syntax_error
from .number_types import Bit, Float, Integer, Money, Numeric
from .text_types import Sized

COMPARE = {"=": operator.eq, "<>": operator.ne, "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge}
INCOMPATIBLE = SqlError(402, "The data types are incompatible in the operator: this test server converts few of them.")
CONDITIONS = ("compare", "like", "is null", "and", "or", "not")
# A Side's value is a function of the row; a constant one is of the kind "text" or "number" or None (NULL), or has a type.
Side = namedtuple("Side", "kind value constant")


def column_number(columns, name):
    """Names are looked up as the database's collation compares them: in any case."""
    for number, column in enumerate(columns):
        if column.name.lower() == name.lower():
            return number
    raise invalid_column(name)


class Conditions:
    """Makes conditions over the rows of some columns."""

    def __init__(self, columns):
        self.columns = columns

    def condition(self, node):
        if node[0] not in CONDITIONS:
            raise self._no_condition(node)
        return getattr(self, "_" + node[0].replace(" ", "_"))(*node[1:])

    def _no_condition(self, node):
        # tds_fdw sends a boolean column alone, and true and false as if they were columns.
        if node[0] == "column":
            column_number(self.columns, node[1])
        return not_condition(")")

    def _and(self, left, right):
        left, right = self.condition(left), self.condition(right)

        def both(row):
            first, second = left(row), right(row)
            return False if first is False or second is False else None if first is None or second is None else True

        return both

    def _or(self, left, right):
        neither = self._and(("not", left), ("not", right))
        return lambda row: _inverted(neither(row))

    def _not(self, node):
        inner = self.condition(node)
        return lambda row: _inverted(inner(row))

    def _is_null(self, wanted, node):
        side = self.side(node)
        return lambda row: (side.value(row) is None) == wanted

    def _compare(self, sign, left, right):
        left, right, compare = *_comparable(self.side(left), self.side(right)), COMPARE[sign]

        def result(row):
            first, second = left(row), right(row)
            return None if first is None or second is None else compare(first, second)

        return result

    def _like(self, wanted, node, pattern):
        side, pattern = self.side(node), self.side(pattern)
        if not isinstance(side.kind, Sized) or pattern.kind != "text":
            raise syntax_error("LIKE")
        matches, wide = collation.like(pattern.constant), side.kind.width == 2

        def result(row):
            value = side.value(row)
            # Trailing blanks of the value count in Unicode only ([T-SQL] LIKE).
            return None if value is None else matches(value if wide else value.rstrip(" ")) == wanted

        return result

    # --- Sides --------------------------------------------------------------------

    def side(self, node):
        kind, *rest = node
        if kind == "column":
            number = column_number(self.columns, rest[0])
            return Side(self.columns[number].kind, operator.itemgetter(number), None)
        if kind == "null":
            return _constant(None, None)
        if kind in ("text", "number"):
            return _constant(kind, rest[0] if kind == "text" else Decimal(rest[0]))
        if kind == "cast":
            return self._cast(*rest)
        raise syntax_error("=")

    def _cast(self, node, name, arguments):
        """Of constants only: no more comes from tds_fdw. numeric without precision is numeric(18, 0)."""
        inner = self.side(node)
        kind = column_type({"integer": "int", "timestamp": "datetime2"}.get(name, name), arguments)
        if inner.kind not in ("text", "number", None):
            raise syntax_error("CAST")
        if inner.constant is None:
            return _constant(None, None)
        return _constant(kind, kind.literal(str(inner.constant)) if inner.kind == "text" else kind.store(_whole(kind, inner.constant)))


def _whole(kind, number):
    """A number cast to an integer loses its fraction."""
    return int(number) if isinstance(kind, Integer) else number


def _constant(kind, value):
    return Side(kind, lambda row: value, value)


def _inverted(truth):
    return None if truth is None else not truth


def _number_of(kind):
    """How a stored value of a type is a number; None if it is not one."""
    if isinstance(kind, (Money, Numeric)):
        return kind.number
    if isinstance(kind, (Integer, Float)) or kind == "number":
        return lambda value: value
    return None


def _comparable(left, right):
    """Two functions from a row to what can be compared; the type that goes before decides, as in [T-SQL] data type precedence."""
    if left.kind is None or right.kind is None:
        return (lambda row: None,) * 2
    if left.kind == "text" and right.kind == "text":
        return _keyed(column_type("varchar", ["max"]), left), _keyed(column_type("varchar", ["max"]), right)
    if left.kind == "text":
        return _literal(left, right.kind), _keyed(right.kind, right)
    if right.kind == "text":
        return _keyed(left.kind, left), _literal(right, left.kind)
    numbers = _number_of(left.kind), _number_of(right.kind)
    if all(numbers):
        return _applied(numbers[0], left), _applied(numbers[1], right)
    if type(left.kind) is not type(right.kind) or getattr(left.kind, "digits", None) != getattr(right.kind, "digits", None):
        raise INCOMPATIBLE
    return _keyed(left.kind, left), _keyed(right.kind, right)


def _literal(side, kind):
    """A text beside a column: it becomes a value of the column's type."""
    if kind == "number":
        raise INCOMPATIBLE
    if isinstance(kind, Bit) and side.constant.strip().lower() not in ("0", "1", "true", "false"):
        raise SqlError(245, f"Conversion failed when converting the varchar value '{side.constant}' to data type bit.")
    key = kind.key(kind.literal(side.constant))
    return lambda row: key


def _keyed(kind, side):
    return _applied((lambda value: value) if kind == "number" else kind.key, side)


def _applied(function, side):
    def value(row):
        found = side.value(row)
        return None if found is None else function(found)

    return value


def ordered(numbered_rows, columns, order):
    """(number, row) pairs sorted: NULLs are lowest; rows that are equal stay as they were."""
    for name, descending in reversed(order):
        at = column_number(columns, name)
        kind = columns[at].kind

        def key(pair, at=at, kind=kind):
            value = pair[1][at]
            return (False, 0) if value is None else (True, kind.key(value))

        numbered_rows = sorted(numbered_rows, key=key, reverse=descending)
    return numbered_rows
