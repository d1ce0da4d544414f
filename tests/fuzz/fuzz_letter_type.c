/* SPDX-License-Identifier: Apache-2.0 */
/* Any table: each row of one that is taken is of the form that the others rely on. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clean.h"
#include "spool/letter_type.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_row(const struct letter_types *types, const struct letter_type *row)
{
	char name[TYPE_CODE_MAX + 8];
	char code[TYPE_CODE_MAX + 1];

	(void)snprintf(name, sizeof(name), "%s_1.pdf", row->code);
	letter_name_type(name, code);
	if (!code[0] || strcmp(code, row->code) != 0 || letter_types_find(types, code) != row)
		abort();
	if (!date_is_valid(row->effective) || row->audience == 0 ||
	    row->audience >= 1u << KIND_COUNT)
		abort();
	if ((row->format == FORMAT_MEDIA) != (row->media[0] != '\0') || row->largest < 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	OWNED_FD int fd = memfd_create("types", MFD_CLOEXEC);
	struct letter_types types = {.count = 42};
	char path[64];
	struct err err;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		return 0;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (letter_types_load(path, &types, &err) < 0) {
		if (types.count != 42 || !strstr(err.text, path))
			abort();
		return 0;
	}
	for (size_t i = 0; i < types.count; i++)
		check_row(&types, &types.rows[i]);
	letter_types_done(&types);
	return 0;
}
