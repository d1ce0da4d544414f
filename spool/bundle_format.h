/* SPDX-License-Identifier: Apache-2.0 */
/* The forms that an account's nightly bundle may have; an AVRS ID's archives are always zip. */
#ifndef SPOOL_BUNDLE_FORMAT_H
#define SPOOL_BUNDLE_FORMAT_H

#include "base/err.h"

enum bundle_format { BUNDLE_ZIP, BUNDLE_TAR_GZ, BUNDLE_TAR_ZST, BUNDLE_FORMAT_COUNT };

/* "zip", "tar.gz", "tar.zst": in the catalog, on the command line, and as the end of names. */
const char *bundle_format_name(enum bundle_format format);

/* The other way; ERR_REFUSED lists the three. */
int bundle_format_parse(const char *word, enum bundle_format *ret_format, struct err *err);

/* Which of them a file of that name has; BUNDLE_ZIP where it has none of the other ends. */
enum bundle_format bundle_format_of(const char *name);

#endif
