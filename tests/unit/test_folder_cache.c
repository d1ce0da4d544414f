/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batch/folder_cache.h"
#include "tests/lib/drops.h"
#include "tests/unit/suite.h"

void add_suite_folder_cache(CU_pSuite suite);

static mode_t mode_of(const struct scratch *scratch, const char *path)
{
	struct stat st = {0};

	(void)fstatat(scratch->fd, path, &st, AT_SYMLINK_NOFOLLOW);
	return st.st_mode;
}

static void a_folder_is_opened_once(void)
{
	OWNED_SCRATCH struct scratch scratch;
	struct folder_cache *cache;
	int fd;

	scratch_open(&scratch);
	cache = folder_cache_new(scratch.fd);
	CU_ASSERT_EQUAL(mkdirat(scratch.fd, "a", 0755), 0);
	fd = folder_cache_open(cache, "a");
	CU_ASSERT(fd >= 0);
	/* It is the folder that was there, also when another has its name by now. */
	CU_ASSERT_EQUAL(renameat(scratch.fd, "a", scratch.fd, "b"), 0);
	CU_ASSERT_EQUAL(folder_cache_open(cache, "a"), fd);
	CU_ASSERT_NOT_EQUAL(folder_cache_open(cache, "b"), fd);
	folder_cache_free(cache);
	CU_ASSERT_EQUAL(fcntl(fd, F_GETFD), -1);
	folder_cache_free(NULL);
}

static void what_is_no_folder_beneath_the_root_cannot_be_opened(void)
{
	static const struct {
		const char *path;
		int error;
	} cases[] = {
	    {"missing", ENOENT},
	    {"file", ENOTDIR},
	    {"link", ENOTDIR},
	    {"link/inner", ELOOP},
	    {"..", EXDEV},
	    {"/tmp", EXDEV},
	};
	OWNED_SCRATCH struct scratch scratch;
	struct folder_cache *cache;
	struct err err;

	scratch_open(&scratch);
	cache = folder_cache_new(scratch.fd);
	scratch_write(&scratch, "file", "");
	CU_ASSERT_EQUAL(mkdirat(scratch.fd, "real", 0755), 0);
	CU_ASSERT_EQUAL(mkdirat(scratch.fd, "real/inner", 0755), 0);
	CU_ASSERT_EQUAL(symlinkat("real", scratch.fd, "link"), 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		int fd = -7;

		errno = 0;
		CU_ASSERT_EQUAL(folder_cache_open(cache, cases[i].path), -1);
		CU_ASSERT_EQUAL(errno, cases[i].error);
		if (cases[i].error == ENOENT)
			continue;
		CU_ASSERT_EQUAL(folder_cache_make(cache, cases[i].path, 0750, &fd, &err), -1);
		CU_ASSERT_EQUAL(err.kind, ERR_RETRY);
		CU_ASSERT_EQUAL(fd, -7);
	}
	folder_cache_free(cache);
}

static void what_is_missing_is_made_with_all_above_it(void)
{
	OWNED_SCRATCH struct scratch scratch;
	OWNED_SYNCS struct syncs *syncs = syncs_new();
	struct folder_cache *cache;
	mode_t before = umask(0);
	int first = -1;
	int second = -1;
	struct err err;

	scratch_open(&scratch);
	cache = folder_cache_new(scratch.fd);
	CU_ASSERT_EQUAL(folder_cache_make(cache, "x/y/z", 0750, &first, &err), 0);
	CU_ASSERT_EQUAL(mode_of(&scratch, "x"), S_IFDIR | 0750);
	CU_ASSERT_EQUAL(mode_of(&scratch, "x/y/z"), S_IFDIR | 0750);
	CU_ASSERT_EQUAL(folder_cache_make(cache, "x/y/z", 0750, &second, &err), 0);
	CU_ASSERT_EQUAL(first, second);
	CU_ASSERT_EQUAL(folder_cache_make(cache, "x/y/other", 0700, &second, &err), 0);
	CU_ASSERT_EQUAL(mode_of(&scratch, "x/y/other"), S_IFDIR | 0700);
	/* Those two, and those above that got an entry when they were made, are open and folders.
	 */
	folder_cache_to_sync(cache, syncs);
	CU_ASSERT_EQUAL(syncs_run(syncs, &err), 0);
	folder_cache_free(cache);
	(void)umask(before);
}

static void a_file_in_the_way_is_an_error(void)
{
	OWNED_SCRATCH struct scratch scratch;
	struct folder_cache *cache;
	int fd = -7;
	struct err err;

	scratch_open(&scratch);
	cache = folder_cache_new(scratch.fd);
	scratch_write(&scratch, "x", "");
	CU_ASSERT_EQUAL(folder_cache_make(cache, "x/y", 0750, &fd, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_RETRY);
	CU_ASSERT_EQUAL(fd, -7);
	folder_cache_free(cache);
}

static void nothing_stays_open(void)
{
	OWNED_SCRATCH struct scratch scratch;
	int before;
	struct folder_cache *cache;
	int fd;
	struct err err;

	scratch_open(&scratch);
	before = drops_open_fds();
	cache = folder_cache_new(scratch.fd);
	CU_ASSERT_EQUAL(folder_cache_make(cache, "a/b/c/d", 0750, &fd, &err), 0);
	CU_ASSERT(drops_open_fds() > before);
	folder_cache_free(cache);
	CU_ASSERT_EQUAL(drops_open_fds(), before);
}

void add_suite_folder_cache(CU_pSuite suite)
{
	TEST(a_folder_is_opened_once);
	TEST(what_is_no_folder_beneath_the_root_cannot_be_opened);
	TEST(what_is_missing_is_made_with_all_above_it);
	TEST(a_file_in_the_way_is_an_error);
	TEST(nothing_stays_open);
}
