/* SPDX-License-Identifier: Apache-2.0 */
/* AVRS IDs (docs/RULES.md, "Words"): which folder a letter is for. */
#ifndef SPOOL_AVRS_ID_H
#define SPOOL_AVRS_ID_H

#include <stdbool.h>

#include "base/err.h"

enum { AVRS_ID_MAX = 32 };

/* Is pattern usable as agency.avrs-id? Returns 0, or -1 with ERR_REFUSED. */
int avrs_id_check_pattern(const char *pattern, struct err *err);

/* From here on an AVRS ID is what matches pattern as a whole. */
int avrs_id_set_pattern(const char *pattern, struct err *err);

/*
 * Is text an AVRS ID of the pattern (nine digits until one is set), and safe as the name of a
 * folder: 1 to AVRS_ID_MAX letters, digits and "-", the first not "-"? (No "_": new/ joins AVRS ID
 * and name by it.)
 */
bool avrs_id_is_valid(const char *text);

#endif
