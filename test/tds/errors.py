"""Errors as SQL Server numbers and words them (sys.messages)."""


class SqlError(Exception):
    """What the client gets in an ERROR token."""

    def __init__(self, number, text, level=16):
        super().__init__(text)
        self.number, self.text, self.level = number, text, level


def syntax_error(near):
    return SqlError(102, f"Incorrect syntax near '{near}'.", 15)


def invalid_object(name):
    return SqlError(208, f"Invalid object name '{name}'.")


def invalid_column(name):
    return SqlError(207, f"Invalid column name '{name}'.")


def conversion_failed(text, type_name):
    return SqlError(245, f"Conversion failed when converting the varchar value '{text}' to data type {type_name}.")


def bad_time():
    return SqlError(241, "Conversion failed when converting date and/or time from character string.")


def time_out_of_range(type_name):
    return SqlError(242, f"The conversion of a varchar data type to a {type_name} data type resulted in an out-of-range value.")


def not_condition(near):
    return SqlError(4145, f"An expression of non-boolean type specified in a context where a condition is expected, near '{near}'.", 15)
