/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/drop_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_drop_folder(CU_pSuite suite);

static const struct {
	const char *drop;
	enum letter_class class;
	const char *path;
} folders[] = {
    {"123456789", CLASS_TRADE_FILES, "drop/123456789/trade-files"},
    {"123456789", CLASS_EDELIVERY, "drop/123456789"},
    {"222222222", CLASS_EDELIVERY, "drop/222222222"},
    {"publications/messages", CLASS_EDELIVERY, "drop/publications/messages"},
    {"", CLASS_EDELIVERY, "drop"},
};

static void a_folder_is_made_with_what_is_above_it(void)
{
	struct fixture f;
	mode_t before = umask(077);

	fixture_open(&f);
	for (size_t i = 0; i < 2 * COUNT(folders); i++) {
		size_t row = i / 2; /* made, then found */
		int fd = drop_folder_open(&f.spool, folders[row].drop, folders[row].class);
		struct stat opened;
		struct stat there;

		CU_ASSERT_EQUAL(fstat(fd, &opened), 0);
		CU_ASSERT_EQUAL(fstatat(f.scratch.fd, folders[row].path, &there, 0), 0);
		CU_ASSERT_EQUAL(opened.st_ino, there.st_ino);
		/* The group's, whatever the umask says: jobs are of it. */
		if (folders[row].drop[0])
			CU_ASSERT_EQUAL(there.st_mode & 0777, 0770);
		CU_ASSERT_EQUAL(close(fd), 0);
	}
	(void)umask(before);
	fixture_close(&f);
}

static void a_link_is_no_folder(void)
{
	struct fixture f;

	fixture_open(&f);
	CU_ASSERT_EQUAL(mkdirat(f.scratch.fd, "outside", 0700), 0);
	CU_ASSERT_EQUAL(symlinkat("../outside", f.spool.drop_fd, "123456789"), 0);
	CU_ASSERT_EQUAL(drop_folder_open(&f.spool, "123456789", CLASS_EDELIVERY), -1);
	CU_ASSERT_TRUE(errno == ELOOP || errno == EXDEV || errno == ENOTDIR);
	CU_ASSERT_EQUAL(drop_folder_open(&f.spool, "123456789", CLASS_TRADE_FILES), -1);
	CU_ASSERT_EQUAL(faccessat(f.scratch.fd, "outside/trade-files", F_OK, 0), -1);
	fixture_close(&f);
}

void add_suite_drop_folder(CU_pSuite suite)
{
	TEST(a_folder_is_made_with_what_is_above_it);
	TEST(a_link_is_no_folder);
}
