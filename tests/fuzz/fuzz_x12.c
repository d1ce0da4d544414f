/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as an X12 file: the parts that they come in change nothing, and the beginning of a file
 * that is whole is never wrong.
 */
#include <stdint.h>
#include <stdlib.h>

#include "batch/x12.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum format_verdict judge(const uint8_t *data, size_t size, size_t part)
{
	struct x12 x12;
	const char *reason = NULL;
	enum format_verdict verdict;

	x12_begin(&x12);
	for (size_t at = 0; at < size; at += part)
		if (!x12_add(&x12, (const char *)data + at, size - at < part ? size - at : part))
			break;
	verdict = x12_end(&x12, &reason);
	if ((verdict == FORMAT_WHOLE) != (reason[0] == '\0'))
		abort();
	return verdict;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum format_verdict verdict = judge(data, size, size ? size : 1);

	if (judge(data, size, 1) != verdict || judge(data, size, 61) != verdict)
		abort();
	if (verdict == FORMAT_WHOLE && judge(data, size / 2, size) == FORMAT_WRONG)
		abort();
	return 0;
}
