/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a letter of any format, judged by both ends: never whole without the mark of its
 * format in front, and with a reason unless it is whole.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "batch/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum format_verdict judge(enum letter_format format, const struct format_sample *sample)
{
	const char *reason = NULL;
	enum format_verdict verdict = format_judge(format, sample, &reason);

	if ((verdict == FORMAT_WHOLE) != (reason[0] == '\0') || strlen(reason) > FORMAT_REASON_MAX)
		abort();
	return verdict;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t part = size < FORMAT_SAMPLE ? size : FORMAT_SAMPLE;
	const char *bytes = (const char *)data;
	const struct format_sample sample = {
	    (int64_t)size, bytes, part, size ? bytes + size - part : bytes, part};

	if (judge(FORMAT_PDF, &sample) == FORMAT_WHOLE && !memmem(bytes, part, "%PDF-", 5))
		abort();
	if (judge(FORMAT_X12, &sample) == FORMAT_WHOLE && memcmp(bytes, "ISA", 3) != 0)
		abort();
	if ((judge(FORMAT_ANY, &sample) == FORMAT_WHOLE) != (size > 0))
		abort();
	return 0;
}
