/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/avrs_id.h"

#include <regex.h>
#include <stdio.h>
#include <string.h>

#define SAFE "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-"

enum { PATTERN_MAX = 256 };

static regex_t pattern_used;
static bool pattern_is_set;

static int compile(const char *pattern, regex_t *ret_regex, struct err *err)
{
	char whole[PATTERN_MAX];
	char reason[128];
	int code;

	if (pattern[0] == '\0' ||
	    snprintf(whole, sizeof(whole), "^(%s)$", pattern) >= (int)sizeof(whole))
		return err_set(err, ERR_REFUSED, "empty or longer than %d bytes", PATTERN_MAX - 5);
	code = regcomp(ret_regex, whole, REG_EXTENDED | REG_NOSUB);
	if (code == 0)
		return 0;
	(void)regerror(code, ret_regex, reason, sizeof(reason));
	return err_set(err, ERR_REFUSED, "not a regular expression: %s", reason);
}

int avrs_id_check_pattern(const char *pattern, struct err *err)
{
	regex_t regex;

	if (compile(pattern, &regex, err) < 0)
		return -1;
	regfree(&regex);
	return 0;
}

int avrs_id_set_pattern(const char *pattern, struct err *err)
{
	regex_t regex;

	if (compile(pattern, &regex, err) < 0)
		return -1;
	if (pattern_is_set)
		regfree(&pattern_used);
	pattern_used = regex;
	pattern_is_set = true;
	return 0;
}

static bool matches_pattern(const char *text, size_t length)
{
	if (!pattern_is_set)
		return length == 9 && strspn(text, "0123456789") == length;
	return regexec(&pattern_used, text, 0, NULL, 0) == 0;
}

bool avrs_id_is_valid(const char *text)
{
	size_t length = strspn(text, SAFE);

	return length > 0 && length <= AVRS_ID_MAX && text[length] == '\0' && text[0] != '-' &&
	       matches_pattern(text, length);
}
