/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/section.h"

static const char *const names[SECTION_COUNT] = {
    [SECTION_TELEHEALTH] = "telehealth",
    [SECTION_MESSAGES] = "messages",
    [SECTION_BULLETINS] = "bulletins",
};

const char *section_name(enum section section)
{
	return names[section];
}
