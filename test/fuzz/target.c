/*
 * The frame around one input of any target.
 */
#include "shim.h"

extern int LLVMFuzzerTestOneInput(const uint8 *data, size_t size);

static void
run_target(void *input)
{
	const Bytes *bytes = input;

	fuzz_one(bytes->data, bytes->size);
}

/* Runs one input. Only errors that say to a user what is wrong may come out. */
int
LLVMFuzzerTestOneInput(const uint8 *data, size_t size)
{
	Bytes input = {data, size};

	if (!shim_try(run_target, &input))
		MUST(shim_error == ERRCODE_PROGRAM_LIMIT_EXCEEDED || shim_error == ERRCODE_DATA_CORRUPTED ||
			 shim_error == ERRCODE_INVALID_TEXT_REPRESENTATION ||
			 shim_error == ERRCODE_INVALID_BINARY_REPRESENTATION ||
			 shim_error == ERRCODE_INVALID_PARAMETER_VALUE ||
			 shim_error == ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE ||
			 shim_error == ERRCODE_DATETIME_VALUE_OUT_OF_RANGE);
	shim_free_all();
	return 0;
}
