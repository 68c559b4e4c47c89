"""Traps: functions, operators, types, collations and relations named like those that the extension's code uses, for
the same types and for better-matching ones. One that is sprung says so in a warning, and gives nothing.

Casts are not among them: nobody can make one between types of others. Functions and operators in pg_temp neither:
there PostgreSQL never finds them by their names alone.
"""

import re

from client import column, rows

# Where the names are from that traps get.
CODE = """SELECT string_agg(prosrc, ' ') FROM pg_proc JOIN pg_language l ON l.oid = prolang
          WHERE pronamespace = 'ticket_mining'::regnamespace AND lanname IN ('sql', 'plpgsql')"""

# The types of the values there are: functions of others cannot be what is meant.
CORE = ("ticket_mining.trace", "ticket_mining.dfg", "ticket_mining.trace_pattern", "ticket_mining.business_calendar")
VALUES = ("text", "name", "bigint", "integer", "boolean", "double precision", "interval", "date", "jsonb", *CORE[:2],
          "timestamp without time zone", "timestamp with time zone")  # fmt: skip
TYPES = {*VALUES, *CORE, "character varying", '"char"', "smallint", "oid", "numeric", "json", "record", "regclass", "regtype", "regrole", "regnamespace", "bytea", "void",
         "tsrange", "tsmultirange", "uuid"}  # fmt: skip

# From these there is an implicit cast: a function of theirs fits better than the one that is meant.
NEAR = {
    "text": ("name", "character varying", '"char"'),
    "name": ("text",),
    "bigint": ("integer", "smallint"),
    "integer": ("smallint",),
    "double precision": ("bigint", "integer", "numeric"),
    "numeric": ("bigint", "integer"),
    "timestamp with time zone": ("timestamp without time zone", "date"),
    "timestamp without time zone": ("date",),
    "regclass": ("oid",),
    "oid": ("regclass", "regtype", "regnamespace", "bigint"),
}
POLYMORPHIC = {"anyelement": "{}", "anynonarray": "{}", "anycompatible": "{}", "anycompatiblenonarray": "{}", "anyarray": "{}[]", "anycompatiblearray": "{}[]", '"any"': "{}"}
OF_RANGES = {"anyrange": "tsrange", "anymultirange": "tsmultirange", "anyelement": "timestamp without time zone"}

FUNCTIONS = """
    SELECT proname, prokind = 'p', proretset, format_type(prorettype, NULL), coalesce(proargmodes::text[], array_fill('i'::text, ARRAY[pronargs::integer])),
           array(SELECT format_type(t, NULL) FROM unnest(coalesce(proallargtypes, proargtypes::oid[])) WITH ORDINALITY u (t, n) ORDER BY n),
           coalesce(proargnames, array_fill(''::text, ARRAY[cardinality(coalesce(proallargtypes, proargtypes::oid[]))])), pronargs - pronargdefaults
    FROM pg_proc
    WHERE pronamespace = 'ticket_mining'::regnamespace OR pronamespace = 'pg_catalog'::regnamespace AND proname = ANY (%s)"""
OPERATORS = """
    SELECT oprname, array_remove(ARRAY[CASE oprkind WHEN 'b' THEN 'l' END, 'r'], NULL), format_type(oprresult, NULL),
           array_remove(ARRAY[CASE oprkind WHEN 'b' THEN format_type(oprleft, NULL) END, format_type(oprright, NULL)], NULL)
    FROM pg_operator WHERE oprnamespace IN ('pg_catalog'::regnamespace, 'ticket_mining'::regnamespace) AND oprname = ANY (%s)"""


def words(db, pattern):
    """All that is such a word in the code."""
    return sorted(set(re.findall(pattern, column(db, CODE)[0])))


def say(schema, what):
    return f"RAISE WARNING USING MESSAGE = 'sprung: {schema}, {what}';".replace('"', "")


# ---- functions and operators --------------------------------------------------------------------


def concrete(types, values):
    """The same without polymorphic types: once for each type that a value may have."""
    made = [types]
    if any(one in POLYMORPHIC for one in types):
        made = [[POLYMORPHIC.get(one, one).format(value) for one in types] for value in values]
    if any(one in OF_RANGES for one in types):
        made.append([OF_RANGES.get(one, one) for one in types])
    return made


def fitting(types, places):
    """The types themselves, and those with which a function fits better: another one in one of the places, or in all that have the same."""
    yield types
    for place in places:
        for near in NEAR.get(types[place], ()):
            yield [near if i == place else one for i, one in enumerate(types)]
            yield [near if i in places and one == types[place] else one for i, one in enumerate(types)]


def usable(types, values):
    return all(one.removesuffix("[]") in TYPES or one.removesuffix("[]") in values for one in types)


def functions(db, schema, values):
    """Statements that make functions and procedures."""
    made = {}
    for name, is_procedure, is_set, result, modes, types, names, required in rows(db, FUNCTIONS, (words(db, r"[a-z_]\w*"),)):
        types = ["anyarray" if mode == "v" and one == '"any"' else one for mode, one in zip(modes, types)]
        places = [i for i, mode in enumerate(modes) if mode in "ibv"]
        for *all_types, returned in concrete([*types, result], values):
            for given in fitting(all_types, places):
                if usable([*given, returned], values):
                    listed = arguments(modes, names, given, required)
                    made.setdefault((name, *(given[i] for i in places)), function(schema, name, listed, is_procedure, is_set, returned))
    return list(made.values())


def arguments(modes, names, types, required):
    """As they are declared; where a column has the name of an argument, the argument has none."""
    columns = {name for mode, name in zip(modes, names) if mode in "ot"}
    made = []
    for i, (mode, name, kind) in enumerate(zip(modes, names, types)):
        named = f'"{name}"' if name and (mode in "ot" or name not in columns) else ""
        made.append(f"{MODES[mode]} {named} {kind}{' DEFAULT NULL' if mode in 'ib' and i >= required else ''}".strip())
    return ", ".join(made)


MODES = {"i": "", "o": "OUT", "t": "OUT", "b": "INOUT", "v": "VARIADIC"}


def function(schema, name, listed, is_procedure, is_set, returned):
    has_columns = "OUT " in listed
    returns = "" if is_procedure else f"RETURNS SETOF {returned}" if is_set else "" if has_columns else f"RETURNS {returned}"
    gives = "" if is_procedure else "RETURN;" if is_set or has_columns or returned == "void" else "RETURN NULL;"
    kind = "PROCEDURE" if is_procedure else "FUNCTION"
    return f"""CREATE {kind} {schema}."{name}"({listed}) {returns} LANGUAGE plpgsql AS $$ BEGIN {say(schema, f"{name}({listed})")} {gives} END $$"""


def operators(db, schema, values):
    """Statements that make operators."""
    made = {}
    for name, sides, result, types in rows(db, OPERATORS, (words(db, r"[-+*/<>=~!@#%^&|?]+"),)):
        for *all_types, returned in concrete([*types, result], values):
            for given in fitting(all_types, range(len(types))):
                if usable([*given, returned], values):
                    made.setdefault((name, *given), operator(schema, f"trap_{len(made)}", name, dict(zip(sides, given)), returned))
    return list(made.values())


def operator(schema, named, name, types, returned):
    given = ", ".join(types.values())
    sides = ", ".join(f"{'LEFTARG' if side == 'l' else 'RIGHTARG'} = {one}" for side, one in types.items())
    return f"""CREATE FUNCTION {schema}.{named}({given}) RETURNS {returned} LANGUAGE plpgsql AS $$ BEGIN {say(schema, f"{name} ({given})")} RETURN NULL; END $$;
               CREATE OPERATOR {schema}.{name} ({sides}, FUNCTION = {schema}.{named})"""


# ---- types, collations, relations -----------------------------------------------------------------

# Words that come where relations are named, whatever their schema is written like.
NAMED = r"\b(?:FROM|JOIN|INTO|UPDATE|TABLE|VIEW)\s+(?:IF EXISTS\s+)?(?:[\w%$@]+\.)?([a-z]\w*)"
TEMPORARY = r"CREATE TEMPORARY TABLE\s+(?:[\w%$@]+\.)?(\w+)"
SYSTEM = """
    SELECT relname, format('%%I.%%I', relnamespace::regnamespace, relname), string_agg(quote_ident(attname), ', ')
    FROM pg_class c JOIN pg_attribute ON attrelid = c.oid
    WHERE relkind IN ('r', 'v') AND relnamespace IN ('pg_catalog'::regnamespace, 'ticket_mining'::regnamespace) AND has_table_privilege(c.oid, 'SELECT')
      AND attnum > 0 AND atttypid <> 'anyarray'::regtype AND relname = ANY (%s)
    GROUP BY relname, relnamespace"""


def speaker(schema):
    """What a view or a check can say it with."""
    return f"CREATE FUNCTION {schema}.trap(what text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING 'sprung: {schema}, %', what; RETURN true; END $$"


def domains(db, schema):
    """Types that are as they should be, but for the check."""
    found = rows(db, """SELECT typname, format_type(oid, NULL) FROM pg_type WHERE typnamespace IN ('pg_catalog'::regnamespace, 'ticket_mining'::regnamespace)
                        AND typtype IN ('b', 'r', 'm') AND typname = ANY (%s)""", (words(db, r"[a-z_]\w*"),))  # fmt: skip
    return [f"""CREATE DOMAIN {schema}."{name}" AS {kind} CHECK ({schema}.trap('type {name}'))""" for name, kind in found]


def collations(schema):
    """One that is not in the order of bytes, and takes different texts for equal."""
    return [f"""CREATE COLLATION {schema}."C" (PROVIDER = icu, LOCALE = 'und-u-ks-level1', DETERMINISTIC = false)"""]


def views(db, schema):
    """Those of PostgreSQL and of the extension as they should be; tables of a log and temporary ones that cannot be what is meant."""
    there = column(db, "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(%s)", (schema if schema != "pg_temp" else None,))
    system = rows(db, SYSTEM, (words(db, r"[a-z_]\w*"),))
    made = {name: f"SELECT {columns} FROM {relation}" for name, relation, columns in system}
    for name in {*words(db, NAMED), *words(db, TEMPORARY)} - set(there) - made.keys():
        made[name] = "SELECT 1 AS x"
    return [f"""CREATE VIEW {schema}."{name}" AS {query} WHERE {schema}.trap('relation {name}')""" for name, query in made.items()]


# ---- planting -----------------------------------------------------------------------------------


# Tables whose rows are values, too.
ROWS = "SELECT oid::regclass::text FROM pg_class WHERE relnamespace = to_regnamespace(%s) AND relname IN ('settings', 'mapping') AND relkind = 'r'"


def plant(db, schema):
    """All traps, by the role that the session has, which sees nothing but PostgreSQL's own names."""
    values = [*VALUES, *column(db, ROWS, (schema,))]
    execute(db, [*functions(db, schema, values), *operators(db, schema, values)])
    plant_names(db, schema)


def plant_names(db, schema):
    """Those that can be in pg_temp, too."""
    execute(db, [speaker(schema), *domains(db, schema), *collations(schema), *views(db, schema)])


def execute(db, statements):
    db.execute("SET check_function_bodies = off")
    db.execute(";\n".join(statements))
    db.execute("RESET check_function_bodies")


def watch(db):
    """A list that fills with the traps that the session springs."""
    sprung = []
    db.add_notice_handler(lambda diag: sprung.append(diag.message_primary) if diag.message_primary.startswith("sprung: ") else None)
    return sprung
