/* SPDX-License-Identifier: Apache-2.0 */
/* Any line as an answer of clamd's: what it says of a file is printable, and clean only as "OK". */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clean.h"
#include "base/mem.h"
#include "batch/clamd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	OWNED_MEM char *line = mem_new(size + 1, 1);
	struct clamd_answer answer;

	memcpy(line, data, size);
	if (!clamd_parse(line, &answer))
		return 0;
	if (answer.number < 0 || (answer.verdict == CLAMD_CLEAN && !strstr(line, ": stream: OK")))
		abort();
	for (const char *c = answer.text; *c; c++)
		if (*c < ' ' || *c > '~')
			abort();
	return 0;
}
