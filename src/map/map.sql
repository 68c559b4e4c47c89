-- map: graphs as text maps

CREATE FUNCTION process_map_dot(dfg dfg, activities float8 DEFAULT 1, paths float8 DEFAULT 1,
		measures text[] DEFAULT '{case_frequency,median}', language text DEFAULT 'en',
		orientation text DEFAULT 'TB') RETURNS text
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION process_map_dot(dfg, float8, float8, text[], text, text)
	IS 'the graph as a process map in the language of Graphviz; '
	'of a share of its activities and paths';

CREATE FUNCTION process_map_mermaid(dfg dfg, activities float8 DEFAULT 1, paths float8 DEFAULT 1,
		measures text[] DEFAULT '{case_frequency,median}', language text DEFAULT 'en',
		orientation text DEFAULT 'TB') RETURNS text
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION process_map_mermaid(dfg, float8, float8, text[], text, text)
	IS 'the graph as a process map in the language of Mermaid; '
	'of a share of its activities and paths';
