/*
 * jsonb, read step by step and built.
 */
#ifndef TM_JSON_H
#define TM_JSON_H

#include "utils/jsonb.h"

#include "base/bytes.h"

/* The bytes of a string. */
extern Slice slice_of_json(const JsonbValue *string);

extern bool json_is_array(const JsonbValue *value);
extern bool json_is_object(const JsonbValue *value);

/* Opens an array or an object; each further call gives the next element or member. */
extern JsonbIterator *json_open(JsonbContainer *container);
extern bool json_next_element(JsonbIterator **iterator, JsonbValue *element);
extern bool json_next_member(JsonbIterator **iterator, Slice *key, JsonbValue *value);

/* Puts members into a jsonb object that is being built. */
extern void json_key(JsonbParseState **state, const char *key);
extern void json_slice(JsonbParseState **state, const char *key, Slice text);
extern void json_text(JsonbParseState **state, const char *key, const char *value);
extern void json_number(JsonbParseState **state, const char *key, Datum numeric);
extern void json_integer(JsonbParseState **state, const char *key, int64 value);
extern void json_true(JsonbParseState **state, const char *key);
extern void json_null(JsonbParseState **state, const char *key);

#endif
