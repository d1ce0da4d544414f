/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/key_file.h"

#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "base/number.h"
#include "spool/policy.h"

/* The next line of *text that is no comment and not empty, cut off it; NULL when there is none. */
static char *next_line(char **text, int *line)
{
	while (**text) {
		char *at = *text;
		size_t length = strcspn(at, "\n");

		*text = at + length + (at[length] == '\n');
		at[length] = '\0';
		++*line;
		if (at[strspn(at, " \t\r")] && *at != '#')
			return at;
	}
	return NULL;
}

int key_file_read(const char *path, struct public_key *ret_key, struct err *err)
{
	OWNED_BUFFER struct buffer text = BUFFER(64 * KIB);
	int number = 0;
	char *rest;
	char *line;

	if (file_read(AT_FDCWD, path, &text, err) < 0)
		return -1;
	rest = text.data;
	line = text.length ? next_line(&rest, &number) : NULL;
	if (!line)
		return err_set(err, ERR_REFUSED, "%s: no key in it", path);
	if (public_key_parse(line, ret_key, err) < 0)
		return err_context(err, "%s:%d", path, number);
	/* A private key has many lines; that it is one was said above. */
	if (next_line(&rest, &number))
		return err_set(
		    err, ERR_REFUSED, "%s:%d: a second key: one file has one", path, number);
	return 0;
}

int key_file_check(const char *path, const struct public_key *key, const struct settings *settings,
    struct err *err)
{
	if (policy_check_key(policy_get(settings->server_policy), key->type, key->blob, err) < 0)
		return err_context(err, "%s", path);
	return 0;
}
