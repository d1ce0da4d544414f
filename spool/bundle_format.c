/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/bundle_format.h"

#include <string.h>

static const char *const names[BUNDLE_FORMAT_COUNT] = {
    [BUNDLE_ZIP] = "zip", [BUNDLE_TAR_GZ] = "tar.gz", [BUNDLE_TAR_ZST] = "tar.zst"};

const char *bundle_format_name(enum bundle_format format)
{
	return names[format];
}

int bundle_format_parse(const char *word, enum bundle_format *ret_format, struct err *err)
{
	for (enum bundle_format format = BUNDLE_ZIP; format < BUNDLE_FORMAT_COUNT; format++) {
		if (strcmp(word, names[format]) == 0) {
			*ret_format = format;
			return 0;
		}
	}
	return err_set(
	    err, ERR_REFUSED, "\"%.20s\" is no format of bundles: zip, tar.gz or tar.zst", word);
}

enum bundle_format bundle_format_of(const char *name)
{
	size_t length = strlen(name);

	for (enum bundle_format format = BUNDLE_TAR_GZ; format < BUNDLE_FORMAT_COUNT; format++) {
		size_t end = strlen(names[format]);

		if (length > end && name[length - end - 1] == '.' &&
		    strcmp(name + length - end, names[format]) == 0)
			return format;
	}
	return BUNDLE_ZIP;
}
