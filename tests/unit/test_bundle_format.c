/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/bundle_format.h"

#include <string.h>

#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_bundle_format(CU_pSuite suite);

static void reads_back_what_it_writes_and_nothing_else(void)
{
	static const char *const others[] = {"", "ZIP", "zip ", "tar", "tar.xz", "tar.gzz"};
	enum bundle_format format;
	struct err err;

	for (enum bundle_format i = BUNDLE_ZIP; i < BUNDLE_FORMAT_COUNT; i++) {
		CU_ASSERT_EQUAL(bundle_format_parse(bundle_format_name(i), &format, &err), 0);
		CU_ASSERT_EQUAL(format, i);
	}
	for (size_t i = 0; i < COUNT(others); i++)
		CU_ASSERT(fails(bundle_format_parse(others[i], &format, &err), &err, ERR_REFUSED));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "zip, tar.gz or tar.zst"));
}

static void knows_the_format_of_a_name(void)
{
	CU_ASSERT_EQUAL(bundle_format_of("bundle-2024-05-15.zip"), BUNDLE_ZIP);
	CU_ASSERT_EQUAL(bundle_format_of("bundle-2024-05-15-r2.tar.gz"), BUNDLE_TAR_GZ);
	CU_ASSERT_EQUAL(bundle_format_of("bundle-2024-05-15.tar.zst"), BUNDLE_TAR_ZST);
	CU_ASSERT_EQUAL(bundle_format_of("tar.zst"), BUNDLE_ZIP);
}

void add_suite_bundle_format(CU_pSuite suite)
{
	TEST(reads_back_what_it_writes_and_nothing_else);
	TEST(knows_the_format_of_a_name);
}
