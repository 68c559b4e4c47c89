CREATE FUNCTION nearest_labels(wanted text, labels text[]) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT coalesce(array_agg(l),'{}') FROM unnest(labels) l WHERE lower(l)=lower(wanted) $$;
CREATE FUNCTION log_folded_label(label text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN lower(btrim(label));
