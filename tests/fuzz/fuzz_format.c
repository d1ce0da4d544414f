/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a letter of any format, judged by both ends: never whole without the mark of its
 * format in front (where nobody says that what is there instead is one), and with a reason unless
 * it is whole.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "batch/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum format_verdict judge(enum letter_format format, const struct format_sample *sample)
{
	char reason[FORMAT_REASON_MAX + 1];
	enum format_verdict verdict = format_judge(format, sample, reason);

	if ((verdict == FORMAT_WHOLE) != (reason[0] == '\0'))
		abort();
	return verdict;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t part = size < FORMAT_SAMPLE ? size : FORMAT_SAMPLE;
	const char *bytes = (const char *)data;
	const struct format_sample sample = {(int64_t)size, bytes, part,
	    size ? bytes + size - part : bytes, part, NULL, "image/png"};

	if (judge(FORMAT_PDF, &sample) == FORMAT_WHOLE && memcmp(bytes, "%PDF-", 5) != 0)
		abort();
	if (judge(FORMAT_X12, &sample) == FORMAT_WHOLE && memcmp(bytes, "ISA", 3) != 0)
		abort();
	if (judge(FORMAT_MEDIA, &sample) == FORMAT_WHOLE)
		abort();
	if ((judge(FORMAT_ANY, &sample) == FORMAT_WHOLE) != (size > 0))
		abort();
	return 0;
}
