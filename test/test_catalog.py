"""The catalog entries of the extension, in the manner of core's opr_sanity: every query finds nothing."""

import re

import pytest
from client import ROOT, column, rows, value

PUBLIC = (
    "trace_agg dfg_agg dfg_union_agg dfg_union dfg_edges dfg_activities dfg_cases dfg_events trace trace_events "
    "trace_steps"
    " trace_activities trace_variant trace_length trace_start trace_end trace_duration trace_collapse trace_reopenings"
    " trace_reopen_count trace_repeat_count trace_breaks dfg_compare"
    " trace_has_match trace_match_count trace_matches trace_contains"
    " trace_existence trace_absence trace_response trace_precedence trace_succession trace_chain_response"
    " trace_existence_violations trace_absence_violations trace_response_violations trace_precedence_violations"
    " trace_succession_violations trace_chain_response_violations"
    " trace_keep trace_drop trace_mask trace_crop trace_crop_match trace_between trace_has_any trace_starts_with trace_ends_with"
    " trace_has_edge trace_starts_in trace_ends_in trace_contained_in trace_intersects trace_filter"
    " process_map_dot process_map_mermaid process_map_html report_html"
).split()

SET_RETURNING = "dfg_edges dfg_activities dfg_compare trace_events trace_steps trace_reopenings trace_matches".split()

# What reads and writes tables: the log layer, public and internal.
LOG_LAYER = (
    "^(log_.*|run_.*|report_.*|nsp_.*|create_log|drop_log|refresh|logs|is_log|grant_reader|case_history"
    "|explain_filter|edge_cases|variant_cases|pattern_cases|filter_cases"
    "|create_nsp_source|drop_source|is_source|check_source|load|suggest_activity_map)$"
)

# Public functions that look at their NULLs themselves, for the sake of defaults that are NULL.
NOT_STRICT = "trace_reopenings trace_reopen_count trace_repeat_count trace_crop trace_has_edge process_map_html report_html".split()


@pytest.fixture
def catalog(db):
    """A temporary table of the extension's functions and aggregates."""
    db.execute("""CREATE TEMP TABLE func AS SELECT p.*, p.oid::regprocedure::text AS signature FROM pg_proc p
                  JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
                  JOIN pg_extension e ON e.oid = d.refobjid WHERE extname = 'ticket_mining'""")
    db.execute("CREATE TEMP TABLE agg AS SELECT a.*, signature, proparallel, proname FROM pg_aggregate a "
               "JOIN func f ON f.oid = a.aggfnoid")
    return db


def members(db, catalog_name):
    """Less the row types of views, which are members of their own from PostgreSQL 17 on."""
    return column(db, """SELECT objid FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
                         WHERE extname = 'ticket_mining' AND deptype = 'e' AND classid = %s::regclass
                         AND NOT (classid = 'pg_type'::regclass
                                  AND EXISTS (SELECT FROM pg_type t WHERE t.oid = objid AND typrelid <> 0))""", (catalog_name,))


def test_every_public_function_is_there(catalog):
    assert sorted(set(PUBLIC) - set(column(catalog, "SELECT proname FROM func"))) == []


@pytest.mark.parametrize("name", ("pg_proc", "pg_type", "pg_operator", "pg_opclass", "pg_cast", "pg_class"))
def test_comments(db, name):
    """Everything but array types has a comment."""
    oids = members(db, name)
    assert oids
    arrays = "AND NOT EXISTS (SELECT FROM pg_type WHERE oid = o AND typelem <> 0)" if name == "pg_type" else ""
    query = f"""SELECT pg_describe_object(%s::regclass, o, 0) FROM unnest(%s::oid[]) o
                WHERE coalesce(obj_description(o, %s), '') = '' {arrays}"""
    assert column(db, query, (name, oids, name)) == []


def test_everything_is_in_the_schema(catalog):
    assert column(catalog, "SELECT signature FROM func WHERE pronamespace <> 'ticket_mining'::regnamespace") == []
    others = """SELECT pg_describe_object(classid, objid, 0) FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
                WHERE extname = 'ticket_mining' AND deptype = 'e' AND classid NOT IN
                ('pg_proc'::regclass, 'pg_type'::regclass, 'pg_operator'::regclass, 'pg_opclass'::regclass, 'pg_opfamily'::regclass, 'pg_cast'::regclass)
                AND NOT (classid = 'pg_class'::regclass AND EXISTS (SELECT FROM pg_class WHERE oid = objid AND relkind = 'v' AND relnamespace = 'ticket_mining'::regnamespace))"""
    assert column(catalog, others) == []


def test_argument_names(catalog):
    """Every argument of a public function has a name, and so has every column."""
    unnamed = """SELECT signature FROM func WHERE proname = ANY (%s) AND pronargs > 0
                 AND (proargnames IS NULL OR '' = ANY (proargnames)) AND signature <> 'dfg_union(dfg,dfg)'"""
    assert column(catalog, unnamed, (PUBLIC,)) == []


def test_immutable_and_parallel_safe(catalog):
    """Functions of the core read no setting and no table; those of the log layer do."""
    core = f"proname !~ '{LOG_LAYER}'"
    assert column(catalog, f"SELECT signature FROM func WHERE {core} AND prokind = 'f' AND provolatile <> 'i'") == []
    assert column(catalog, f"SELECT signature FROM func WHERE {core} AND proparallel <> 's' AND NOT (prokind = 'a' "
                           "AND proname = 'dfg_agg')") == []
    assert column(catalog, "SELECT signature FROM func WHERE proleakproof") == []


def test_parallel_labels(catalog):
    """What is labelled for parallel plans can run in them: it calls nothing that cannot, opens no subtransaction, and sets and writes nothing."""
    weaker = {"s": "ru", "r": "u", "u": ""}
    texts = rows(catalog, """SELECT signature, proname, proparallel::text, regexp_replace(coalesce(pg_get_function_sqlbody(f.oid), prosrc), '--[^\n]*|''SELECT [*] FROM[^'']*''', '', 'g')
                             FROM func f JOIN pg_language l ON l.oid = prolang WHERE lanname IN ('sql', 'plpgsql') AND prokind = 'f'""")
    labels = {}
    for name, label in rows(catalog, "SELECT proname, proparallel::text FROM func WHERE prokind <> 'p'"):
        labels.setdefault(name, set()).add(label)
    called = re.compile(r"\b(%s)\s*\(" % "|".join(sorted(labels)))
    acts = re.compile(r"\bEXCEPTION\s+WHEN\b|\bset_config\(|^\s*(INSERT|UPDATE|DELETE|CREATE|DROP|ALTER|LOCK|CALL)\b", re.MULTILINE)
    # An aggregate of both labels is judged by its arguments, which a text does not show.
    wrong = [(signature, name) for signature, own, label, text in texts for name in called.findall(text)
             if name != own and labels[name] <= set(weaker[label])]  # fmt: skip
    assert wrong == []
    assert [signature for signature, _, label, text in texts if label != "u" and acts.search(text)] == []
    assert len([label for _, _, label, _ in texts if label != "u"]) > 20


def test_strictness(catalog):
    """Functions of values are strict, those with optional lists and those of aggregate states are not."""
    wrong = """SELECT signature FROM func WHERE prokind = 'f' AND proname = ANY (%s) AND proisstrict <> (proname <> ALL (%s))"""
    assert column(catalog, wrong, (PUBLIC, NOT_STRICT)) == []
    operators = """SELECT o.oid::regoperator::text FROM pg_operator o JOIN func f ON f.oid = oprcode WHERE NOT proisstrict"""
    assert column(catalog, operators) == []


def test_rows_and_cost(catalog):
    """Set-returning functions say how many rows to expect; none has the defaults of CREATE FUNCTION."""
    assert set(SET_RETURNING) <= set(column(catalog, "SELECT proname FROM func WHERE proretset"))
    assert column(catalog, "SELECT signature FROM func WHERE proretset AND prorows IN (0, 1000)") == []
    assert column(catalog, "SELECT signature FROM func WHERE procost <= 0") == []


def test_columns_of_set_returning_functions(db):
    """The names that users have in their views, in this order."""
    columns = {
        "dfg_edges": "source target frequency case_frequency max_per_case total_seconds min max mean stddev median "
                     "p90 p95",
        "dfg_activities": "activity frequency case_frequency max_per_case starts ends",
        "dfg_compare": "source target a_frequency b_frequency a_case_frequency b_case_frequency a_rate b_rate rate_difference "
                       "a_median b_median",
        "trace_events": "event_no activity at",
        "trace_steps": "step_no source target from_at to_at duration",
        "trace_matches": "match_no first_event last_event from_at to_at",
        "trace_reopenings": "reopening_no done_at done_as reopened_at reopened_as done_again_at done_again_as outcome",
    }
    for name, wanted in columns.items():
        query = """SELECT string_agg(argname, ' ' ORDER BY n) FROM pg_proc, unnest(proargnames, proargmodes) WITH ORDINALITY u(argname, mode, n)
                   WHERE pronamespace = 'ticket_mining'::regnamespace AND proname = %s AND mode IN ('o', 't')"""
        assert value(db, query, (name,)) == wanted


def test_security(catalog):
    """No SECURITY DEFINER; what is not C pins its search_path or is bound to objects at definition."""
    assert column(catalog, "SELECT signature FROM func WHERE prosecdef") == []
    loose = """SELECT signature FROM func WHERE prolang NOT IN (SELECT oid FROM pg_language WHERE lanname IN ('c', 'internal'))
               AND prosqlbody IS NULL AND NOT coalesce(proconfig::text LIKE '%search_path=%', false)"""
    # A procedure that commits cannot have a setting of its own: it qualifies all names.
    assert sorted(column(catalog, loose)) == [
        "load(name,boolean,name)", "log_run(name,timestamp with time zone,boolean,text[])", "refresh(name,timestamp with time zone)",
        "run_commit()", "run_steps(text,name,bigint,text[])",
    ]  # fmt: skip


def test_symbols_are_those_of_the_module(catalog):
    """C functions come from the module of the control file, by the name of the extension."""
    assert column(catalog, "SELECT DISTINCT probin FROM func WHERE prolang = (SELECT oid FROM pg_language "
                           "WHERE lanname = 'c')") == ["$libdir/ticket_mining"]


def test_combine_functions(catalog):
    """The combine function takes and gives the state, is not strict where that would lose a state, and is safe."""
    wrong = """SELECT a.signature FROM agg a JOIN pg_proc c ON c.oid = aggcombinefn
               WHERE c.pronargs <> 2 OR c.prorettype <> aggtranstype OR c.proargtypes[0] <> aggtranstype OR c.proargtypes[1] <> aggtranstype
                  OR c.proparallel <> 's' OR (aggtranstype = 'internal'::regtype AND c.proisstrict)"""
    assert column(catalog, wrong) == []


def test_serial_functions(catalog):
    """Serialization stands with a state of type internal alone, both ways, strict, and with a combine function."""
    wrong = """SELECT signature FROM agg a LEFT JOIN pg_proc s ON s.oid = aggserialfn LEFT JOIN pg_proc d ON d.oid = aggdeserialfn
               WHERE (aggserialfn <> 0) <> (aggdeserialfn <> 0)
                  OR (aggserialfn <> 0) <> (aggtranstype = 'internal'::regtype AND aggcombinefn <> 0)
                  OR NOT coalesce(s.proisstrict AND d.proisstrict, true)
                  OR s.prorettype <> 'bytea'::regtype OR d.prorettype <> 'internal'::regtype"""
    assert column(catalog, wrong) == []


def signatures(catalog, condition):
    return set(column(catalog, f"SELECT signature FROM agg WHERE {condition}"))


PARTIAL = {
    "dfg_agg(trace)", "dfg_union_agg(dfg)",
    "trace_agg(text,timestamp with time zone)", "trace_agg(text,timestamp with time zone,bigint)",
}  # fmt: skip


def test_which_aggregates_are_partial(catalog):
    """Those of whole cases and of graphs; a case of raw events may lie in several parts."""
    partial = signatures(catalog, "aggcombinefn <> 0 AND proparallel = 's'")
    assert PARTIAL <= partial
    assert signatures(catalog, "aggcombinefn <> 0") == partial
    assert signatures(catalog, "signature LIKE 'dfg_agg(anyelement,%'") & partial == set()


def test_states(catalog):
    """Graphs are their own state, so that Citus pushes them down; states are honest about their size."""
    assert {"dfg_agg(trace)", "dfg_union_agg(dfg)"} <= signatures(catalog, "aggtranstype = 'dfg'::regtype")
    assert signatures(catalog, "aggtransspace = 0 AND aggcombinefn <> 0") == set()
    assert signatures(catalog, "aggkind <> 'n' OR aggnumdirectargs <> 0 OR aggsortop <> 0") == set()


def test_aggregates_of_times_without_zone(catalog):
    """Each aggregate of times that users call has a twin for timestamp and for date, which refuses."""
    found = column(catalog, "SELECT signature FROM agg WHERE signature LIKE '%timestamp with time zone%' AND signature !~ '^trace_ties_agg'")
    assert len(found) >= 4
    for signature in found:
        for kind in ("timestamp without time zone", "date"):
            assert value(catalog, "SELECT count(*) FROM agg WHERE signature = %s", (signature.replace("timestamp with time zone", kind),)) == 1, signature


def test_operators(db):
    """Every comparison has a commutator and a negator that point back, and an estimator."""
    wrong = """SELECT o.oid::regoperator::text FROM pg_operator o
               LEFT JOIN pg_operator c ON c.oid = o.oprcom LEFT JOIN pg_operator n ON n.oid = o.oprnegate
               WHERE o.oid = ANY (%s::oid[]) AND o.oprname <> ALL ('{+,~,@>}')
                 AND (c.oprcom IS DISTINCT FROM o.oid OR n.oprnegate IS DISTINCT FROM o.oid OR o.oprrest = 0 OR o.oprjoin = 0)"""
    oids = members(db, "pg_operator")
    assert column(db, wrong, (oids,)) == []
    plus = rows(db, "SELECT oprcom = oid, oprresult::regtype::text FROM pg_operator WHERE oid = ANY (%s::oid[]) "
                    "AND oprname = '+'", (oids,))
    assert plus == [(True, "dfg")]


def test_search_operators(db):
    """Those that an index serves have an estimator; no operator has a "?", which JDBC takes for a parameter."""
    oids = members(db, "pg_operator")
    found = rows(db, """SELECT oid::regoperator::text, oprrest::text, oprjoin::text FROM pg_operator
                        WHERE oid = ANY (%s::oid[]) AND oprname = ANY ('{~,@>}') ORDER BY 1""", (oids,))
    assert found == [(name, "matchingsel", "matchingjoinsel") for name in ("@>(trace,text[])", "~(trace,trace_pattern)")]
    assert column(db, "SELECT oprname FROM pg_operator WHERE oid = ANY (%s::oid[]) AND oprname LIKE '%%?%%'", (oids,)) == []


def type_names(db):
    """The types of the extension, without those of arrays."""
    return column(db, "SELECT typname::text FROM pg_type WHERE oid = ANY (%s::oid[]) AND typelem = 0 ORDER BY 1",
                  (members(db, "pg_type"),))  # fmt: skip


def test_operator_classes(db):
    """btree and hash for trace and dfg, default, all that there are complete and in pairs; and gin for trace."""
    found = rows(db, """SELECT amname::text, opcintype::regtype::text FROM pg_opclass c JOIN pg_am a ON a.oid = opcmethod
                        WHERE c.oid = ANY (%s::oid[]) AND opcdefault ORDER BY 1, 2""", (members(db, "pg_opclass"),))
    names = {name for _, name in found}
    assert {"trace", "dfg"} <= names <= set(type_names(db))
    in_pairs = [(method, name) for method in ("btree", "hash") for name in sorted(names)]
    assert found == sorted([*in_pairs, ("gin", "trace")])
    assert all(value(db, "SELECT amvalidate(%s)", (oid,)) for oid in members(db, "pg_opclass"))


def test_comparisons(db):
    """Each type that is compared at all has the six operators; equality hashes and merges."""
    found = rows(db, """SELECT oprleft::regtype::text, string_agg(oprname, ' ' ORDER BY oprname),
                               bool_and(oprcanhash AND oprcanmerge) FILTER (WHERE oprname = '=')
                        FROM pg_operator WHERE oid = ANY (%s::oid[]) AND oprcode::text LIKE '%%\\___' AND oprleft = oprright
                        GROUP BY oprleft ORDER BY 1""", (members(db, "pg_operator"),))
    assert {"trace", "dfg"} <= {name for name, *_ in found}
    assert {tuple(rest) for _, *rest in found} == {("< <= <> = > >=", True)}


def test_types(db):
    """Variable length, extended storage, with binary forms, in the category of the user's own."""
    assert {"trace", "dfg"} <= set(type_names(db))
    odd = """SELECT typname FROM pg_type WHERE oid = ANY (%s::oid[]) AND typelem = 0 AND NOT (typlen = -1 AND typstorage = 'x'
             AND typsend <> 0 AND typreceive <> 0 AND typcategory = 'U' AND NOT typispreferred)"""
    assert column(db, odd, (members(db, "pg_type"),)) == []


def test_install_script_creates_and_never_replaces():
    """CREATE OR REPLACE and IF NOT EXISTS would take over what somebody else has put in the way; what functions execute later may."""
    for script in (ROOT / "src").rglob("*.sql"):
        at_once = "\n".join(line for line in script.read_text().split("\n") if "EXECUTE format" not in line and "@schema." not in line)
        assert not re.search(r"OR REPLACE|IF NOT EXISTS \w", at_once, re.IGNORECASE), script.name


def test_comments_of_a_log(db):
    """Every table, view and column that create_log() makes has a comment; those of views say what the table's do."""
    db.execute("CREATE TABLE public.commented (case_id int, activity text, at timestamptz)")
    db.execute("CALL create_log('commented', 'public.commented')")
    silent = """SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
                WHERE c.relnamespace = 'commented'::regnamespace AND c.relkind IN ('r', 'v') AND (a.attnum > 0 AND c.relkind = 'r' OR a.attnum = -6)
                AND coalesce(CASE WHEN a.attnum > 0 THEN col_description(c.oid, a.attnum) ELSE obj_description(c.oid, 'pg_class') END, '') = ''"""
    assert rows(db, silent) == []
    db.execute("CALL drop_log('commented')")
    db.execute("DROP TABLE public.commented")
