/* SPDX-License-Identifier: Apache-2.0 */
/* Any line: what is taken as a key has a fingerprint, and its parts make the same key again. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/mem.h"
#include "spool/public_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	OWNED_MEM char *line = mem_dup_part((const char *)data, size);
	OWNED_BUFFER struct buffer whole = BUFFER(16 * 1024);
	struct public_key key;
	struct public_key again;
	struct err err;

	if (public_key_parse(line, &key, &err) < 0)
		return 0;
	if (key.from_addresses[0])
		buffer_print(&whole, "from=\"%s\" ", key.from_addresses);
	buffer_print(&whole, "%s %s %s", key.type, key.blob, key.comment);
	if (public_key_parse(buffer_text(&whole), &again, &err) < 0)
		abort();
	if (strcmp(key.type, again.type) != 0 || strcmp(key.blob, again.blob) != 0 ||
	    strcmp(key.comment, again.comment) != 0 ||
	    strcmp(key.fingerprint, again.fingerprint) != 0 ||
	    strcmp(key.from_addresses, again.from_addresses) != 0)
		abort();
	if (strncmp(key.fingerprint, "SHA256:", 7) != 0)
		abort();
	return 0;
}
