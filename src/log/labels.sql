-- log: labels that people would take for one, or have misspelt

-- Labels with the same folded form are hard to tell apart: they differ in composition, in
-- blanks, in invisible characters, or in case. By tables, so that it is the same in every
-- locale: taken apart, letters with accents have the case of their base, and most blanks are
-- one; the other blanks, and what is drawn as nothing, are listed here.
CREATE FUNCTION log_folded_label(label text) RETURNS text LANGUAGE sql
	IMMUTABLE STRICT PARALLEL SAFE COST 20
RETURN normalize(translate(
	btrim(regexp_replace(regexp_replace(normalize(label, NFKD) COLLATE "C",
		'[\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u202A-\u202E'
		'\u2060-\u206F\uFE00-\uFE0F\uFEFF\U000E0000-\U000E0FFF]', '', 'g'),
		'[\u0009-\u000D\u0020\u0085\u1680\u2028\u2029\u2800]+', ' ', 'g'), ' '),
	'ABCDEFGHIJKLMNOPQRSTUVWXYZÆØÐÞĐŊŒŦ', 'abcdefghijklmnopqrstuvwxyzæøðþđŋœŧ'), NFC);
COMMENT ON FUNCTION log_folded_label(text) IS
'internal: what labels have in common that are hard to tell apart';

-- PostgreSQL compares up to 255 characters.
CREATE FUNCTION label_distance(a text, b text, most integer) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION label_distance(text, text, integer) IS
'internal: the least number of characters put in, left out or changed that make one label of '
'the other; beyond most, any number beyond it';

-- Up to three, the most alike first; none that differs in more than a third of its characters.
CREATE FUNCTION nearest_labels(wanted text, labels text[]) RETURNS text[] LANGUAGE sql
	IMMUTABLE STRICT PARALLEL SAFE COST 1000
RETURN array(
	SELECT l.label
	FROM (SELECT left(log_folded_label(wanted), 255)) w (folded)
	CROSS JOIN LATERAL (SELECT greatest(1, length(w.folded) / 3)) m (most)
	CROSS JOIN (SELECT DISTINCT u COLLATE "C" FROM unnest(labels) u) l (label)
	CROSS JOIN LATERAL label_distance(w.folded, left(log_folded_label(l.label), 255), m.most)
		d (distance)
	WHERE d.distance <= m.most
	ORDER BY d.distance, l.label
	LIMIT 3);
COMMENT ON FUNCTION nearest_labels(text, text[]) IS
'internal: the labels most like one that is not there';
