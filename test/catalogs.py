"""What the catalogs say of an extension and of a schema: {object: {attribute: value}}, with names for OIDs."""

import json

from client import rows

# All members of the extension, and what goes with them: array and row types, rules, the parts of operator classes.
OBJECTS = """
    WITH RECURSIVE o (classid, objid) AS (
        SELECT classid, objid FROM pg_depend WHERE deptype = 'e' AND refclassid = 'pg_extension'::regclass
            AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'ticket_mining')
        UNION
        SELECT d.classid, d.objid FROM o JOIN pg_depend d ON d.refclassid = o.classid AND d.refobjid = o.objid AND d.deptype IN ('a', 'i'))
    SELECT classid::regclass::text, objid::text, i.type || ' ' || i.identity,
           jsonb_build_object(
               'is a member', EXISTS (SELECT FROM pg_depend d WHERE d.classid = o.classid AND d.objid = o.objid AND d.deptype = 'e'),
               'comments', (SELECT jsonb_object_agg(objsubid, description) FROM pg_description d WHERE d.classoid = o.classid AND d.objoid = o.objid),
               'initial privileges', (SELECT jsonb_object_agg(objsubid, initprivs) FROM pg_init_privs p WHERE p.classoid = o.classid AND p.objoid = o.objid))
    FROM o, pg_identify_object(classid, objid, 0) i
"""

# Newer minor versions of PostgreSQL keep the place in the WAL where a column was made as an option of it.
OPTIONS = "(SELECT jsonb_agg(o) FROM unnest(a.attoptions) o WHERE o NOT LIKE 'pg_attver=%')"

# Trees of nodes are shown as SQL.
FACTS = {
    "pg_proc": """to_jsonb(c) || jsonb_build_object('proargdefaults', pg_get_expr(c.proargdefaults, 0), 'prosqlbody', pg_get_function_sqlbody(c.oid),
                      'aggregate', (SELECT to_jsonb(a) FROM pg_aggregate a WHERE a.aggfnoid = c.oid))""",
    "pg_class": f"""to_jsonb(c) || jsonb_build_object('definition', pg_get_viewdef(c.oid),
                       'columns', (SELECT jsonb_agg(to_jsonb(a) || jsonb_build_object('attoptions', {OPTIONS}) ORDER BY a.attnum)
                                   FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0))""",
    "pg_rewrite": "to_jsonb(c) - '{ev_action,ev_qual}'::text[]",
    **dict.fromkeys(("pg_type", "pg_operator", "pg_opclass", "pg_opfamily", "pg_amop", "pg_amproc", "pg_cast"), "to_jsonb(c)"),
}

FIRST_OID = 16384


def extension_objects(db):
    """The extension, with every attribute of every object."""
    db.execute("SET search_path = ''")
    found = rows(db, OBJECTS)
    names = {oid: name for _, oid, name, _ in found}
    names[rows(db, "SELECT 'ticket_mining'::regnamespace::oid::text")[0][0]] = "ticket_mining"
    facts = {catalog: dict(rows(db, f"SELECT c.oid::text, {wanted} FROM {catalog} c")) for catalog, wanted in FACTS.items()}
    db.execute("RESET search_path")
    return {name: named({**facts[catalog][oid], **more, "oid": None}, names) for catalog, oid, name, more in found}


def named(value, names):
    """A value with names in the place of OIDs that are not the same in every database; all of them are known."""
    if isinstance(value, dict):
        return {key: named(one, names) for key, one in value.items()}
    if isinstance(value, list):
        return [named(one, names) for one in value]
    return names[value] if isinstance(value, str) and value.isdecimal() and int(value) >= FIRST_OID else value


# ---- a schema ------------------------------------------------------------------------------------

SCHEMA = """
    SELECT 'schema', jsonb_build_object('owner', nspowner::regrole, 'acl', {acl}, 'comment', obj_description(n.oid, 'pg_namespace'))
    FROM pg_namespace n LEFT JOIN LATERAL (SELECT nspacl) a (acl) ON true WHERE n.oid = {schema}
    UNION ALL
    SELECT 'relation ' || relname, jsonb_build_object('kind', relkind, 'owner', relowner::regrole, 'acl', {acl}, 'options', reloptions,
        'persistence', relpersistence, 'comment', obj_description(c.oid, 'pg_class'), 'definition', pg_get_viewdef(c.oid))
    FROM pg_class c LEFT JOIN LATERAL (SELECT relacl) a (acl) ON true WHERE relnamespace = {schema} AND relkind <> 'i'
    UNION ALL
    SELECT format('column %s.%s', relname, attname), jsonb_build_object('type', format_type(atttypid, atttypmod), 'not null', attnotnull,
        'default', pg_get_expr(adbin, adrelid), 'identity', attidentity, 'generated', attgenerated, 'collation', attcollation::regcollation, 'acl', {acl},
        'place', rank() OVER (PARTITION BY attrelid ORDER BY attnum), 'comment', col_description(attrelid, attnum))
    FROM pg_class c JOIN pg_attribute t ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum LEFT JOIN LATERAL (SELECT attacl) a (acl) ON true
    WHERE relnamespace = {schema} AND relkind IN ('r', 'v')
    UNION ALL
    SELECT format('constraint %s on %s', conname, conrelid::regclass), jsonb_build_object('definition', pg_get_constraintdef(oid, true), 'validated', convalidated,
        'comment', obj_description(oid, 'pg_constraint'))
    FROM pg_constraint WHERE connamespace = {schema}
    UNION ALL
    SELECT 'index ' || relname, jsonb_build_object('definition', pg_get_indexdef(oid), 'comment', obj_description(oid, 'pg_class'))
    FROM pg_class WHERE relnamespace = {schema} AND relkind = 'i'
    UNION ALL
    SELECT format('trigger %s on %s', tgname, relname), jsonb_build_object('definition', pg_get_triggerdef(t.oid), 'enabled', tgenabled)
    FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid WHERE relnamespace = {schema} AND NOT tgisinternal
    UNION ALL
    SELECT 'function ' || oid::regprocedure, jsonb_build_object('definition', pg_get_functiondef(oid)) FROM pg_proc WHERE pronamespace = {schema}
"""
ACL = "(SELECT array_agg(i ORDER BY i::text) FROM unnest(a.acl) i)"


def schema_objects(db, schema):
    """All in a schema that is not rows."""
    db.execute("SET search_path = ''")
    found = dict(rows(db, SCHEMA.format(schema=f"'{schema}'::regnamespace", acl=ACL)))
    db.execute("RESET search_path")
    return found


# ---- comparing -----------------------------------------------------------------------------------


def differences(found, wanted):
    """{(object, attribute): (what was found, what was wanted)}; what one side alone has is "missing" or "surplus"."""
    told = {(name, "surplus"): None for name in found.keys() - wanted.keys()}
    told |= {(name, "missing"): None for name in wanted.keys() - found.keys()}
    for name in found.keys() & wanted.keys():
        a, b = found[name], wanted[name]
        told |= {(name, key): (a[key], b[key]) for key in a if a[key] != b[key]}
    return told


def assert_explained(told, reasons):
    """Every difference has a reason in a table of (object, attribute), and every reason a difference; told may have more before these two."""
    unexplained = [f"{': '.join(key)}{shown(told[key])}" for key in sorted(told) if key[-2:] not in reasons]
    assert not unexplained, f"{len(unexplained)} differences without a reason:\n" + "\n".join(unexplained)
    assert sorted(reasons.keys() - {key[-2:] for key in told}) == []


def shown(pair):
    return pair and ": {} instead of {}".format(*(json.dumps(one, ensure_ascii=False)[:500] for one in pair)) or ""
