/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/section.h"

#include <stdio.h>
#include <string.h>

#include "spool/place.h"
#include "tests/unit/suite.h"

void add_suite_section(CU_pSuite suite);

static void every_section_is_a_folder_of_publications(void)
{
	for (enum section section = SECTION_TELEHEALTH; section < SECTION_COUNT; section++) {
		char path[64];
		struct place place;

		(void)snprintf(path, sizeof(path), "/publications/%s", section_name(section));
		CU_ASSERT_TRUE_FATAL(place_parse(path, &place));
		CU_ASSERT_EQUAL(place.kind, PLACE_SECTION);
	}
}

void add_suite_section(CU_pSuite suite)
{
	TEST(every_section_is_a_folder_of_publications);
}
