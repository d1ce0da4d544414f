/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as the values of a message, got as the first of them say: what is got and put again
 * is what was there, and nothing is got past the end.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void get_and_put(struct message *in, struct message *again, uint8_t type)
{
	size_t count = 0;
	const void *bytes;

	switch (type % 4) {
	case 0:
		message_put_int(again, message_get_int(in));
		break;
	case 1:
		message_put_int(again, message_get_bounded(in, -1000, 1000));
		break;
	case 2:
		message_put_text(again, message_get_text(in));
		break;
	default:
		bytes = message_get_bytes(in, &count);
		message_put_bytes(again, bytes, count);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct message in;
	static struct message again;
	size_t types = size ? data[0] % 16 + 1 : 0;

	if (size < types || size - types > MESSAGE_MAX)
		return 0;
	message_start(&in, 0);
	message_start(&again, 0);
	memcpy(in.body, data + types, size - types);
	in.length = (uint32_t)(size - types);
	for (size_t i = 0; i < types && !message_is_bad(&in); i++) {
		uint32_t length = again.length;

		get_and_put(&in, &again, data[i]);
		if (message_is_bad(&in))
			again.length = length;
		else if (again.length != in.at)
			abort();
	}
	if (in.at > in.length || memcmp(in.body, again.body, again.length) != 0)
		abort();
	return 0;
}
