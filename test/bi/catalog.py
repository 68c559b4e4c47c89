"""What Power BI and its driver Npgsql ask of the catalogs before the first query, C1 to C7, in the order of a session; then what Metabase asks for keys."""

# C1: a type without a binary receive function is unknown to Npgsql, and so is every row that holds one.
TYPES = """
SELECT ns.nspname, a.typname, a.oid, a.typrelid, a.typbasetype,
 CASE WHEN pg_proc.proname = 'array_recv' THEN 'a' ELSE a.typtype END AS type,
 CASE WHEN pg_proc.proname = 'array_recv' THEN a.typelem WHEN a.typtype = 'r' THEN rngsubtype ELSE 0 END AS elemoid,
 CASE WHEN pg_proc.proname IN ('array_recv', 'oidvectorrecv') THEN 3 WHEN a.typtype = 'r' THEN 2 WHEN a.typtype = 'd' THEN 1 ELSE 0 END AS ord
FROM pg_type AS a
JOIN pg_namespace AS ns ON ns.oid = a.typnamespace
JOIN pg_proc ON pg_proc.oid = a.typreceive
LEFT OUTER JOIN pg_class AS cls ON cls.oid = a.typrelid
LEFT OUTER JOIN pg_type AS b ON b.oid = a.typelem
LEFT OUTER JOIN pg_class AS elemcls ON elemcls.oid = b.typrelid
LEFT OUTER JOIN pg_range ON pg_range.rngtypid = a.oid
WHERE a.typtype IN ('b', 'r', 'e', 'd')
 OR (a.typtype = 'c' AND cls.relkind = 'c')
 OR (pg_proc.proname = 'array_recv' AND (b.typtype IN ('b', 'r', 'e', 'd') OR (b.typtype = 'c' AND elemcls.relkind = 'c')))
 OR (a.typtype = 'p' AND a.typname IN ('record', 'void'))
ORDER BY ord"""
COMPOSITES = """
SELECT typ.oid, att.attname, att.atttypid
FROM pg_type AS typ
JOIN pg_namespace AS ns ON ns.oid = typ.typnamespace
JOIN pg_class AS cls ON cls.oid = typ.typrelid
JOIN pg_attribute AS att ON att.attrelid = typ.typrelid
WHERE typ.typtype = 'c' AND cls.relkind = 'c' AND attnum > 0 AND NOT attisdropped
ORDER BY typ.oid, att.attnum"""
ENUMS = "SELECT pg_type.oid, enumlabel FROM pg_enum JOIN pg_type ON pg_type.oid = enumtypid ORDER BY oid, enumsortorder"

DISCARD = "DISCARD ALL"  # C2
CHARACTER_SETS = "select character_set_name from INFORMATION_SCHEMA.character_sets"  # C3

# C4
TABLES = """
select TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE from INFORMATION_SCHEMA.tables
where TABLE_SCHEMA not in ('information_schema', 'pg_catalog')
order by TABLE_SCHEMA, TABLE_NAME"""

# C5
COLUMNS = """
select COLUMN_NAME, ORDINAL_POSITION, IS_NULLABLE,
 case when (data_type like '%unsigned%') then DATA_TYPE || ' unsigned' else DATA_TYPE end as DATA_TYPE
from INFORMATION_SCHEMA.columns
where TABLE_SCHEMA = 'desk' and TABLE_NAME = '{table}'
order by TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION"""

# C6
KEYS = """
select i.CONSTRAINT_SCHEMA || '_' || i.CONSTRAINT_NAME as INDEX_NAME, ii.COLUMN_NAME, ii.ORDINAL_POSITION,
 case when i.CONSTRAINT_TYPE = 'PRIMARY KEY' then 'Y' else 'N' end as PRIMARY_KEY
from INFORMATION_SCHEMA.table_constraints i inner join INFORMATION_SCHEMA.key_column_usage ii
 on i.CONSTRAINT_SCHEMA = ii.CONSTRAINT_SCHEMA and i.CONSTRAINT_NAME = ii.CONSTRAINT_NAME
 and i.TABLE_SCHEMA = ii.TABLE_SCHEMA and i.TABLE_NAME = ii.TABLE_NAME
where i.TABLE_SCHEMA = 'desk' and i.TABLE_NAME = '{table}' and i.CONSTRAINT_TYPE in ('PRIMARY KEY', 'UNIQUE')
order by i.CONSTRAINT_SCHEMA || '_' || i.CONSTRAINT_NAME, ii.TABLE_SCHEMA, ii.TABLE_NAME, ii.ORDINAL_POSITION"""

# C7, which asks for the foreign keys of a table, and for those that lead to it.
FOREIGN_KEYS = """
select {other}col.TABLE_SCHEMA, {other}col.TABLE_NAME, pkcol.COLUMN_NAME as PK_COLUMN_NAME, fkcol.COLUMN_NAME as FK_COLUMN_NAME,
 fkcol.ORDINAL_POSITION as ORDINAL, fkcon.CONSTRAINT_SCHEMA || '_' || {other}col.TABLE_NAME || '_' || '{table}' || '_' || fkcon.CONSTRAINT_NAME as FK_NAME
from (select distinct constraint_catalog, constraint_schema, unique_constraint_schema, constraint_name, unique_constraint_name
 from INFORMATION_SCHEMA.REFERENTIAL_CONSTRAINTS) fkcon
inner join INFORMATION_SCHEMA.KEY_COLUMN_USAGE fkcol
 on fkcon.CONSTRAINT_SCHEMA = fkcol.CONSTRAINT_SCHEMA and fkcon.CONSTRAINT_NAME = fkcol.CONSTRAINT_NAME
inner join INFORMATION_SCHEMA.KEY_COLUMN_USAGE pkcol
 on fkcon.UNIQUE_CONSTRAINT_SCHEMA = pkcol.CONSTRAINT_SCHEMA and fkcon.UNIQUE_CONSTRAINT_NAME = pkcol.CONSTRAINT_NAME
where {own}col.TABLE_SCHEMA = 'desk' and {own}col.TABLE_NAME = '{table}' and pkcol.ORDINAL_POSITION = fkcol.ORDINAL_POSITION
order by FK_NAME, fkcol.ORDINAL_POSITION"""


def foreign_keys_of(table):
    return FOREIGN_KEYS.format(table=table, own="fk", other="pk")


def foreign_keys_to(table):
    return FOREIGN_KEYS.format(table=table, own="pk", other="fk")


METABASE_PRIMARY_KEYS = """
SELECT c.table_name, c.column_name FROM information_schema.columns AS c
LEFT JOIN (SELECT tc.table_schema, tc.table_name, kc.column_name FROM information_schema.table_constraints AS tc
 INNER JOIN information_schema.key_column_usage AS kc
  ON tc.constraint_name = kc.constraint_name AND tc.table_schema = kc.table_schema AND tc.table_name = kc.table_name
 WHERE tc.constraint_type = 'PRIMARY KEY') AS pk
 ON c.table_schema = pk.table_schema AND c.table_name = pk.table_name AND c.column_name = pk.column_name
WHERE c.table_schema = 'desk' AND pk.column_name IS NOT NULL"""
METABASE_FOREIGN_KEYS = """
SELECT fk_table.relname, fk_column.attname, pk_table.relname, pk_column.attname FROM pg_constraint AS c
INNER JOIN pg_class AS fk_table ON c.conrelid = fk_table.oid INNER JOIN pg_namespace AS fk_ns ON c.connamespace = fk_ns.oid
INNER JOIN pg_attribute AS fk_column ON c.conrelid = fk_column.attrelid
INNER JOIN pg_class AS pk_table ON c.confrelid = pk_table.oid INNER JOIN pg_namespace AS pk_ns ON pk_table.relnamespace = pk_ns.oid
INNER JOIN pg_attribute AS pk_column ON c.confrelid = pk_column.attrelid
WHERE c.contype = 'f'::char AND fk_column.attnum = ANY (c.conkey) AND pk_column.attnum = ANY (c.confkey) AND fk_ns.nspname = 'desk'"""
