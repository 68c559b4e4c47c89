/*
 * jsonb, read step by step and built.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/numeric.h"

#include "compat.h"

#include "base/json.h"

Slice
slice_of_json(const JsonbValue *string)
{
	return (Slice){string->val.string.val, (uint32) string->val.string.len};
}

bool
json_is_array(const JsonbValue *value)
{
	return value->type == jbvBinary && JsonContainerIsArray(value->val.binary.data);
}

bool
json_is_object(const JsonbValue *value)
{
	return value->type == jbvBinary && JsonContainerIsObject(value->val.binary.data);
}

JsonbIterator *
json_open(JsonbContainer *container)
{
	JsonbIterator *iterator = JsonbIteratorInit(container);
	JsonbValue ignored;

	(void) JsonbIteratorNext(&iterator, &ignored, true);
	return iterator;
}

bool
json_next_element(JsonbIterator **iterator, JsonbValue *element)
{
	return JsonbIteratorNext(iterator, element, true) == WJB_ELEM;
}

bool
json_next_member(JsonbIterator **iterator, Slice *key, JsonbValue *value)
{
	if (JsonbIteratorNext(iterator, value, true) != WJB_KEY)
		return false;
	*key = slice_of_json(value);
	(void) JsonbIteratorNext(iterator, value, true);
	return true;
}

void
json_key(JsonbParseState **state, const char *key)
{
	JsonbValue value;

	value.type = jbvString;
	value.val.string.val = unconstify(char *, key);
	value.val.string.len = (int) strlen(key);
	pushJsonbValue(state, WJB_KEY, &value);
}

void
json_slice(JsonbParseState **state, const char *key, Slice text)
{
	JsonbValue value;

	json_key(state, key);
	value.type = jbvString;
	value.val.string.val = unconstify(char *, text.bytes);
	value.val.string.len = (int) text.length;
	pushJsonbValue(state, WJB_VALUE, &value);
}

void
json_text(JsonbParseState **state, const char *key, const char *value)
{
	json_slice(state, key, slice_of_string(value));
}

void
json_number(JsonbParseState **state, const char *key, Datum numeric)
{
	JsonbValue value;

	json_key(state, key);
	value.type = jbvNumeric;
	value.val.numeric = DatumGetNumeric(numeric);
	pushJsonbValue(state, WJB_VALUE, &value);
}

void
json_integer(JsonbParseState **state, const char *key, int64 value)
{
	json_number(state, key, NumericGetDatum(int64_to_numeric(value)));
}

void
json_true(JsonbParseState **state, const char *key)
{
	JsonbValue value;

	json_key(state, key);
	value.type = jbvBool;
	value.val.boolean = true;
	pushJsonbValue(state, WJB_VALUE, &value);
}

void
json_null(JsonbParseState **state, const char *key)
{
	JsonbValue value;

	json_key(state, key);
	value.type = jbvNull;
	pushJsonbValue(state, WJB_VALUE, &value);
}
