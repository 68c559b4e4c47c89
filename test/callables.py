"""All functions and procedures of the extension, as one can call them, and values to call them with."""

from dataclasses import dataclass

from client import rows

# Of each type one that most functions take.
SAMPLES = {
    "text": "en", "text[]": "{Ny}", "name": "desk", "name[]": "{desk}", "regclass": "pg_class", "regclass[]": "{pg_class}", "oid": "1", "boolean": "true", "bigint": "1", "bigint[]": "{1}", "integer": "1",
    "smallint": "1", "double precision": "1", "numeric": "1.5", "double precision[]": "{0.5}", "interval": "1 hour", "date": "2023-03-01", "date[]": "{2023-12-25}",
    "timestamp without time zone": "2023-03-01 10:00", "timestamp with time zone": "2023-03-01 10:00Z", "timestamp with time zone[]": "{2023-03-01Z}",
    "timestamp without time zone[]": "{2023-03-01}", "tsmultirange": "{}", "json": "[]", "jsonb": "[]", "anyelement": "1", "anyarray": "{1}",
    "ticket_mining.trace": None, "ticket_mining.dfg": None, "ticket_mining.trace_pattern": "Ny", "ticket_mining.business_calendar": "Europe/Copenhagen; Mo-Fr 08:00-16:00",
}  # fmt: skip

# What takes or gives no value of SQL cannot be called.
QUERY = """
    SELECT oid::regprocedure::text, proname, prokind::text, obj_description(oid, 'pg_proc') LIKE 'internal:%', pronargs - pronargdefaults,
           array(SELECT ARRAY[CASE typnamespace WHEN 'pg_catalog'::regnamespace THEN format_type(t, NULL) ELSE format('%I.%I', typnamespace::regnamespace, typname) END,
                              format('%I.%I', typnamespace::regnamespace, typname)]
                 FROM unnest(proargtypes) WITH ORDINALITY u (t, n) JOIN pg_type y ON y.oid = t ORDER BY n)
    FROM pg_proc
    WHERE pronamespace = 'ticket_mining'::regnamespace AND NOT (prorettype || proargtypes::oid[]) && '{internal,cstring,trigger}'::regtype[]::oid[]
    ORDER BY oid::regprocedure::text COLLATE "C" """


@dataclass(frozen=True)
class Argument:
    type: str
    full_type: str

    def __str__(self):
        """A parameter of this type, whatever the search_path."""
        return f"CAST(%s AS {'pg_catalog.text' if self.type == 'anyelement' else 'pg_catalog._int8' if self.type == 'anyarray' else self.full_type})"


@dataclass(frozen=True)
class Callable:
    signature: str
    name: str
    kind: str
    is_internal: bool
    required: int
    arguments: tuple

    def statement(self, given):
        """That calls it with these of its arguments."""
        return f"{'CALL' if self.kind == 'p' else 'SELECT'} ticket_mining.{self.name}({', '.join(map(str, given))})"


def callables(db):
    return [Callable(*found, tuple(Argument(*one) for one in arguments)) for *found, arguments in rows(db, QUERY)]
