/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batch/drop_root.h"
#include "tests/lib/drops.h"
#include "tests/unit/suite.h"

void add_suite_drop_root(CU_pSuite suite);

static void move(const struct drops *drops, const char *from, const char *to)
{
	CU_ASSERT_EQUAL(renameat(drops->spool.root_fd, from, drops->spool.root_fd, to), 0);
}

static void one_that_is_where_it_was_is_there(void)
{
	OWNED_DROPS struct drops drops;
	struct drop_root root;

	drops_open(&drops, "");
	drop_root_init(&root, &drops.spool);
	CU_ASSERT_TRUE(drop_root_is_there(&root));
	CU_ASSERT_TRUE(drop_root_is_back(&root));
	CU_ASSERT_FALSE(root.is_mount);
}

static void one_that_was_moved_away_is_not_there_until_it_is_moved_back(void)
{
	OWNED_DROPS struct drops drops;
	struct drop_root root;

	drops_open(&drops, "");
	drop_root_init(&root, &drops.spool);
	move(&drops, "drop", "away");
	CU_ASSERT_FALSE(drop_root_is_there(&root));
	CU_ASSERT_FALSE(drop_root_is_back(&root));
	move(&drops, "away", "drop");
	CU_ASSERT_TRUE(drop_root_is_there(&root));
	CU_ASSERT_TRUE(drop_root_is_back(&root));
}

static void another_one_at_its_path_is_used(void)
{
	OWNED_DROPS struct drops drops;
	struct drop_root root;

	drops_open(&drops, "");
	drop_root_init(&root, &drops.spool);
	move(&drops, "drop", "away");
	CU_ASSERT_EQUAL(mkdirat(drops.spool.root_fd, "drop", 0770), 0);
	CU_ASSERT_FALSE(drop_root_is_there(&root));
	CU_ASSERT_TRUE(drop_root_is_back(&root));
}

static void what_is_no_folder_is_not_used(void)
{
	OWNED_DROPS struct drops drops;
	struct drop_root root;
	OWNED_FD int fd = -1;

	drops_open(&drops, "");
	drop_root_init(&root, &drops.spool);
	move(&drops, "drop", "away");
	fd = openat(drops.spool.root_fd, "drop", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	CU_ASSERT(fd >= 0);
	CU_ASSERT_FALSE(drop_root_is_back(&root));
}

/* Files that are dropped there now would be hidden as soon as it is mounted again. */
static void the_mount_point_of_one_that_was_unmounted_is_not_used(void)
{
	OWNED_DROPS struct drops drops;
	struct drop_root root;

	drops_open(&drops, "");
	drop_root_init(&root, &drops.spool);
	root.is_mount = true;
	CU_ASSERT_FALSE(drop_root_is_back(&root));
}

/* The kernel tells which folder is one: / always is. */
static void a_mount_is_recognised(void)
{
	struct spool spool = SPOOL_CLOSED;
	struct drop_root root;

	(void)snprintf(spool.settings.drop_root, sizeof(spool.settings.drop_root), "/");
	spool.drop_fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CU_ASSERT(spool.drop_fd >= 0);
	drop_root_init(&root, &spool);
	CU_ASSERT_TRUE(root.is_mount);
	CU_ASSERT_TRUE(drop_root_is_there(&root));
	(void)close(spool.drop_fd);
}

void add_suite_drop_root(CU_pSuite suite)
{
	TEST(one_that_is_where_it_was_is_there);
	TEST(one_that_was_moved_away_is_not_there_until_it_is_moved_back);
	TEST(another_one_at_its_path_is_used);
	TEST(what_is_no_folder_is_not_used);
	TEST(the_mount_point_of_one_that_was_unmounted_is_not_used);
	TEST(a_mount_is_recognised);
}
