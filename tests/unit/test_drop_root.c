/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/drop_root.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
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

/* A spool whose drop root is a file system of its own: / always is. */
static void open_mounted(struct drops *drops)
{
	text_copy(drops->spool.settings.drop_root, "/");
	(void)close(drops->spool.drop_fd);
	drops->spool.drop_fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CU_ASSERT(drops->spool.drop_fd >= 0);
}

/* Is a spool opened with an ordinary folder at the path where root was mounted? */
static bool is_refused_now(struct drops *drops)
{
	struct drop_root root;

	drop_root_init(&root, &drops->spool);
	return !drop_root_is_there(&root) && !drop_root_is_back(&root);
}

/* Note that there was a mount at this path, on this node. */
static void note_mount(struct drops *drops, const char *node, const char *path)
{
	OWNED_BUFFER struct buffer text = BUFFER(PATH_MAX);
	char name[128];
	struct err err;

	(void)snprintf(name, sizeof(name), "run/drop-root-%s", node);
	buffer_add_text(&text, path);
	CU_ASSERT_EQUAL(file_replace(drops->spool.root_fd, name, &text, 0640, &err), 0);
}

/* An empty folder at the start, where a file system used to be. */
static void a_mount_point_without_its_mount_is_none_at_a_start_either(void)
{
	OWNED_DROPS struct drops drops;
	struct drop_root root;
	char other[PATH_MAX];

	drops_open(&drops, "");
	text_copy(drops.spool.settings.node, "a/b");
	CU_ASSERT_FALSE(is_refused_now(&drops));
	drop_root_init(&root, &drops.spool);
	note_mount(&drops, "other", root.path);
	CU_ASSERT_FALSE(is_refused_now(&drops));
	(void)snprintf(other, sizeof(other), "%.4000s/other", root.path);
	note_mount(&drops, "a_b", other);
	CU_ASSERT_FALSE(is_refused_now(&drops));
	note_mount(&drops, "a_b", root.path);
	CU_ASSERT_TRUE(is_refused_now(&drops));
	CU_ASSERT_EQUAL(unlinkat(drops.spool.root_fd, "run/drop-root-a_b", 0), 0);
	CU_ASSERT_FALSE(is_refused_now(&drops));
}

static void only_a_mount_is_remembered(void)
{
	OWNED_DROPS struct drops drops;
	struct drop_root root;
	struct err err;

	drops_open(&drops, "");
	text_copy(drops.spool.settings.node, "here");
	drop_root_init(&root, &drops.spool);
	CU_ASSERT_EQUAL(drop_root_remember(&root, &err), 0);
	CU_ASSERT_FALSE(drops_has(&drops, "run/drop-root-here"));
	open_mounted(&drops);
	drop_root_init(&root, &drops.spool);
	CU_ASSERT_EQUAL(drop_root_remember(&root, &err), 0);
	CU_ASSERT_TRUE(drops_has(&drops, "run/drop-root-here"));
	CU_ASSERT_EQUAL(drop_root_remember(&root, &err), 0);
	drop_root_init(&root, &drops.spool);
	CU_ASSERT_TRUE(drop_root_is_there(&root));
}

/* Whoever has the descriptor's number goes on in the folder that is there now. */
static void one_that_was_replaced_is_followed(void)
{
	OWNED_DROPS struct drops drops;
	struct drop_root root;
	int before;

	drops_open(&drops, "");
	drop_root_init(&root, &drops.spool);
	before = drops.spool.drop_fd;
	CU_ASSERT_TRUE(drop_root_follow(&root));
	move(&drops, "drop", "away");
	CU_ASSERT_FALSE(drop_root_follow(&root));
	CU_ASSERT_EQUAL(mkdirat(drops.spool.root_fd, "drop", 0770), 0);
	CU_ASSERT_EQUAL(mkdirat(drops.spool.root_fd, "drop/new", 0770), 0);
	CU_ASSERT_NOT_EQUAL(faccessat(drops.spool.drop_fd, "new", F_OK, 0), 0);
	CU_ASSERT_TRUE(drop_root_follow(&root));
	CU_ASSERT_EQUAL(drops.spool.drop_fd, before);
	CU_ASSERT_EQUAL(faccessat(drops.spool.drop_fd, "new", F_OK, 0), 0);
	CU_ASSERT_TRUE(drop_root_is_there(&root));
	CU_ASSERT_EQUAL(fcntl(drops.spool.drop_fd, F_GETFD), FD_CLOEXEC);
}

/* The kernel tells which folder is one: / always is. */
static void a_mount_is_recognised(void)
{
	OWNED_DROPS struct drops drops;
	struct drop_root root;

	drops_open(&drops, "");
	open_mounted(&drops);
	drop_root_init(&root, &drops.spool);
	CU_ASSERT_TRUE(root.is_mount);
	CU_ASSERT_TRUE(drop_root_is_there(&root));
}

void add_suite_drop_root(CU_pSuite suite)
{
	TEST(one_that_is_where_it_was_is_there);
	TEST(one_that_was_moved_away_is_not_there_until_it_is_moved_back);
	TEST(another_one_at_its_path_is_used);
	TEST(what_is_no_folder_is_not_used);
	TEST(the_mount_point_of_one_that_was_unmounted_is_not_used);
	TEST(a_mount_is_recognised);
	TEST(a_mount_point_without_its_mount_is_none_at_a_start_either);
	TEST(only_a_mount_is_remembered);
	TEST(one_that_was_replaced_is_followed);
}
