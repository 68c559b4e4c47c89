"""Tables and views that the server serves, and what a vendor or a day's work does to them."""

import threading
from contextlib import contextmanager

from .column_types import Column, column_type, columns_of, row_encoder
from .conditions import Conditions, column_number, ordered
from .errors import invalid_object
from .parser import parse_condition


class Relation:
    """A table: columns, stored rows, and the rows encoded for each list of columns and version asked for."""

    is_view = False

    def __init__(self, name, columns):
        self.schema, self.name = name.split(".", 1)
        self.columns, self.rows, self._encoded = columns, [], {}

    def store(self, values):
        assert len(values) == len(self.columns), f"{len(values)} values for {self.name}"
        return tuple([column.store(value) for column, value in zip(self.columns, values)])

    def replace(self, rows):
        self.rows, self._encoded = rows, {}

    def reshape(self, columns, changed):
        """Gives it other columns, and each row what a function makes of it."""
        self.columns = columns
        self.replace([changed(row) for row in self.rows])

    def matching(self, where):
        """The numbers of the rows for which a condition is true; all rows for none."""
        if where is None:
            return range(len(self.rows))
        condition = Conditions(self.columns).condition(where)
        return [number for number, row in enumerate(self.rows) if condition(row) is True]

    def sorted(self, numbers, order):
        return [number for number, _ in ordered([(number, self.rows[number]) for number in numbers], self.columns, order)]

    def encoded(self, version, numbers_of_columns):
        """Every row's token; kept, since tds_fdw runs a query twice, and tests run it again and again."""
        tokens = self._encoded.setdefault((version, tuple(numbers_of_columns)), [])
        encode = row_encoder(version, [self.columns[number] for number in numbers_of_columns])
        tokens.extend([None] * (len(self.rows) - len(tokens)))
        for number, token in enumerate(tokens):
            if token is None:
                row = self.rows[number]
                tokens[number] = encode([row[at] for at in numbers_of_columns])
        return tokens

    def change(self, numbers, changed):
        """Replaces rows by what a function makes of them."""
        for number in numbers:
            self.rows[number] = changed(self.rows[number])
            for tokens in self._encoded.values():
                if number < len(tokens):
                    tokens[number] = None

    def remove(self, numbers):
        gone = set(numbers)

        def left(items):
            return [item for number, item in enumerate(items) if number not in gone]

        self.rows = left(self.rows)
        self._encoded = {key: left(tokens) for key, tokens in self._encoded.items()}


class View(Relation):
    """Rows that a function makes of the database, made anew when that has changed."""

    is_view = True

    def __init__(self, name, columns, rows_of):
        super().__init__(name, columns)
        self.made_of = Relation(name, columns)
        self.rows_of, self.made_at, self.reshapes = rows_of, None, []

    def refresh(self, database):
        if self.made_at == database.changes:
            return
        rows = [self.made_of.store(row) for row in self.rows_of(database)]
        for changed in self.reshapes:
            rows = [changed(row) for row in rows]
        self.replace(rows)
        self.made_at = database.changes

    def reshape(self, columns, changed):
        super().reshape(columns, changed)
        self.reshapes.append(changed)


class Database:
    """All relations by name. Every method may be called while the server runs; conditions are texts of T-SQL."""

    def __init__(self, name="NSP"):
        self.name, self.schemas = name, ["dbo"]
        self.relations, self.changes, self.lock = [], 0, threading.RLock()

    @contextmanager
    def changing(self):
        with self.lock:
            yield
            self.changes += 1

    def find(self, name):
        """A relation by schema.name, in any case of letters."""
        with self.lock:
            for relation in self.relations:
                if f"{relation.schema}.{relation.name}".lower() == name.lower():
                    if relation.is_view:
                        relation.refresh(self)
                    return relation
        raise invalid_object(name)

    def rows(self, name):
        """The stored rows as dicts, the forms of number_types and time_types."""
        relation = self.find(name)
        names = [column.name for column in relation.columns]
        return [dict(zip(names, row)) for row in relation.rows]

    # --- What a day's work does ---------------------------------------------------

    def insert(self, name, rows):
        with self.changing():
            relation = self.find(name)
            relation.rows.extend([relation.store(row) for row in rows])

    def update(self, name, values, where=None):
        """Sets columns of the rows for which a condition is true; says how many."""
        with self.changing():
            relation = self.find(name)
            stored = {column_number(relation.columns, column): value for column, value in values.items()}
            stored = {at: relation.columns[at].store(value) for at, value in stored.items()}
            numbers = relation.matching(where and parse_condition(where))
            relation.change(numbers, lambda row: tuple([stored.get(at, value) for at, value in enumerate(row)]))
            return len(numbers)

    def delete(self, name, where=None):
        """Removes, as an archive job does, the rows for which a condition is true; says how many."""
        with self.changing():
            relation = self.find(name)
            numbers = relation.matching(where and parse_condition(where))
            relation.remove(numbers)
            return len(numbers)

    # --- What a release of the vendor's does ----------------------------------------

    def create(self, name, declaration, rows=()):
        """A table, such as create("dbo.SysPriority", "Id int NOT NULL, StrongName nvarchar(100)", [(1, "Low")])."""
        self._add(Relation(name, columns_of(declaration)))
        self.insert(name, rows)

    def create_view(self, name, declaration, rows_of):
        """A view, whose rows rows_of(database) gives."""
        self._add(View(name, columns_of(declaration), rows_of))

    def _add(self, relation):
        with self.changing():
            self.relations.append(relation)
            if relation.schema not in self.schemas:
                self.schemas.append(relation.schema)

    def drop(self, name):
        with self.changing():
            self.relations.remove(self.find(name))

    def rename(self, name, new_name):
        """Of a table or view, to a name without schema."""
        with self.changing():
            self.find(name).name = new_name

    def add_column(self, name, declaration, value=None):
        """One more column at the end, with a value for all rows."""
        with self.changing():
            relation, columns = self.find(name), columns_of(declaration)
            more = tuple(column.store(value) for column in columns)
            relation.reshape(relation.columns + columns, lambda row: row + more)

    def drop_column(self, name, column):
        with self.changing():
            relation = self.find(name)
            at = column_number(relation.columns, column)
            relation.reshape(relation.columns[:at] + relation.columns[at + 1 :], lambda row: row[:at] + row[at + 1 :])

    def rename_column(self, name, column, new_name):
        with self.changing():
            relation = self.find(name)
            at = column_number(relation.columns, column)
            renamed = Column(new_name, relation.columns[at].kind, relation.columns[at].nullable)
            relation.columns = [*relation.columns[:at], renamed, *relation.columns[at + 1 :]]

    def change_type(self, name, declaration):
        """Gives a column another type, as in ALTER COLUMN; values of simple types go along, by way of their text."""
        with self.changing():
            relation = self.find(name)
            (new,) = columns_of(declaration)
            at = column_number(relation.columns, new.name)
            shown = shower(relation.columns[at])
            columns = [*relation.columns[:at], new, *relation.columns[at + 1 :]]
            relation.reshape(columns, lambda row: (*row[:at], new.store(shown(row[at])), *row[at + 1 :]))


def shower(column):
    """A function from a stored value to a text, or something else that other types take."""
    kind = column.kind
    if hasattr(kind, "number"):
        return lambda value: None if value is None else str(kind.number(value))
    if hasattr(kind, "text"):
        return lambda value: None if value is None else kind.text(value)
    if kind.name in ("datetime", "smalldatetime"):
        seconds = 300 if kind.name == "datetime" else 1 / 60
        wide = column_type("datetime2", ["3"])
        start = wide.store("1900-01-01")
        return lambda value: None if value is None else wide.text(start + round(value * 1000 / seconds))
    return lambda value: None if value is None else value if isinstance(value, (str, bytes)) else str(value)
