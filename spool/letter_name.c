/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/letter_name.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

static const char *const unfinished[] = {
    ".tmp", ".part", ".partial", ".filepart", ".writing", ".inprogress", "~"};

int letter_name_check(const char *name, struct err *err)
{
	size_t length = strlen(name);

	if (length == 0 || length > LETTER_NAME_MAX)
		return err_set(err, ERR_REFUSED, "the name is %zu bytes long, 1 to %d are allowed",
		    length, LETTER_NAME_MAX);
	if (!utf8_is_valid(name, length))
		return err_set(err, ERR_REFUSED, "the name is not valid UTF-8");
	if (utf8_has_control(name, length))
		return err_set(err, ERR_REFUSED, "the name has control characters");
	if (strchr(name, '/'))
		return err_set(err, ERR_REFUSED, "the name has a slash");
	return 0;
}

bool letter_name_is_unfinished(const char *name)
{
	size_t length = strlen(name);

	if (name[0] == '.')
		return true;
	for (size_t i = 0; i < sizeof(unfinished) / sizeof(unfinished[0]); i++) {
		size_t tail = strlen(unfinished[i]);

		if (length >= tail && strcmp(name + length - tail, unfinished[i]) == 0)
			return true;
	}
	return false;
}

void letter_name_type(const char *name, char ret_code[TYPE_CODE_MAX + 1])
{
	size_t length = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
	bool ends = name[length] != '\0' && strchr("_-.", name[length]);

	if (length > TYPE_CODE_MAX || !ends)
		length = 0;
	memcpy(ret_code, name, length);
	ret_code[length] = '\0';
}

void letter_name_number(const char *name, int64_t number, char ret_name[SERVED_NAME_MAX + 1])
{
	const char *dot = strrchr(name, '.');
	int stem = (int)(dot && dot != name ? (size_t)(dot - name) : strlen(name));

	if (number <= 1)
		(void)snprintf(ret_name, SERVED_NAME_MAX + 1, "%s", name);
	else
		(void)snprintf(ret_name, SERVED_NAME_MAX + 1, "%.*s.%" PRId64 "%s", stem, name,
		    number, name + stem);
}
