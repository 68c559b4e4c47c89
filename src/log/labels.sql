-- log: labels that people would take for one, or have misspelt

-- Two labels are nearly equal where this is the same: how letters are encoded, what is
-- blank and how much of it, and capital letters make no difference. The letters are
-- those of the languages around us, by a table: a locale would decide otherwise on
-- another machine.
CREATE FUNCTION log_folded_label(label text) RETURNS text LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 20
RETURN translate(
	lower(btrim(regexp_replace(normalize(label, NFKC) COLLATE "C",
		'[\s\u0085\u00A0\u1680\u180E\u2000-\u200F\u2028-\u202F\u205F-\u2064\u3000\uFEFF]+',
		' ', 'g'))),
	'ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞŒŠŽŸ',
	'àáâãäåæçèéêëìíîïðñòóôõöøùúûüýþœšžÿ');
COMMENT ON FUNCTION log_folded_label(text) IS
'internal: a label as people read it: without differences of blanks, capitals and encoding';

CREATE FUNCTION label_distance(a text, b text) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION label_distance(text, text) IS
'internal: how many letters two labels differ in';

-- The three that are most like one that is not there, if two thirds of its letters agree.
CREATE FUNCTION nearest_labels(wanted text, labels text[]) RETURNS text[] LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
	SELECT array(
		SELECT l.label
		FROM (SELECT label, ticket_mining.label_distance(ticket_mining.log_folded_label(wanted),
					ticket_mining.log_folded_label(label)) AS distance
			  FROM unnest(labels) label) l
		WHERE l.distance <= greatest(1, length(wanted) / 3)
		ORDER BY l.distance, l.label COLLATE "C" LIMIT 3)
$$;
COMMENT ON FUNCTION nearest_labels(text, text[]) IS
'internal: the labels most like one that is not there';
