/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/view_drop.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "spool/drop_limit.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_view_drop(CU_pSuite suite);

#define ID    "123456789"
#define OTHER "222222222"

enum { MANY = 300 };

struct bench {
	struct fixture f;
	struct view view;
};

static void bench_open(struct bench *bench)
{
	struct account account;

	fixture_open(&bench->f);
	scratch_provider(&bench->f.spool, ID);
	scratch_provider(&bench->f.spool, OTHER);
	(void)scratch_account(&bench->f.spool, "adam", "", "");
	fixture_account(&bench->f, "adam", &account);
	account.admin = true;
	view_init(&bench->view, &bench->f.spool, &account);
	CU_ASSERT_EQUAL(mkdirat(bench->f.spool.drop_fd, ID, 0770), 0);
	CU_ASSERT_EQUAL(mkdirat(bench->f.spool.drop_fd, ID "/trade-files", 0770), 0);
}

static void bench_close(struct bench *bench)
{
	view_done(&bench->view);
	fixture_close(&bench->f);
}
#define OWNED_BENCH OWNED(bench_close)

static void limit_to(const struct bench *bench, const char *avrs_id, const char *type)
{
	struct drop_limit limit;
	struct err err;

	(void)snprintf(limit.avrs_id, sizeof(limit.avrs_id), "%s", avrs_id);
	(void)snprintf(limit.type, sizeof(limit.type), "%s", type);
	CU_ASSERT_EQUAL(drop_limit_set(bench->f.catalog, &bench->f.spool.actor,
	                    &bench->view.account, &limit, 1, &err),
	    0);
}

static bool sees(struct bench *bench, const char *path)
{
	enum view_answer answer = VIEW_NOTHING;
	struct view_found found;
	struct err err;

	CU_ASSERT_EQUAL(view_find(&bench->view, path, &found, &answer, &err), 0);
	return answer == VIEW_FOUND;
}

static int note(const struct view_entry *entry, void *arg, struct err *err)
{
	(void)err;
	buffer_print(arg, "%s%s ", entry->name, entry->is_folder ? "/" : "");
	return 0;
}

/* All of a folder, in pages of limit. */
static void list(struct bench *bench, const char *path, int64_t limit, struct buffer *out)
{
	struct view_cursor cursor = {.stage = 0};
	struct place place;
	bool more = true;
	struct err err;

	buffer_clear(out);
	CU_ASSERT_TRUE_FATAL(place_parse(path, &place));
	while (more)
		CU_ASSERT_EQUAL_FATAL(
		    view_list(&bench->view, &place, &cursor, limit, note, out, &more, &err), 0);
}

static void sees_what_is_there_and_nothing_hidden(void)
{
	static const struct {
		const char *path;
		bool sees;
	} paths[] = {
	    {"/drop", true},
	    {"/drop/STATUS.txt", true},
	    {"/drop/" ID, true},
	    {"/drop/" ID "/trade-files", true},
	    {"/drop/" OTHER, true}, /* known: it can be written into at once */
	    {"/drop/333333333", false},
	    {"/drop/publications/messages", true},
	    {"/drop/" ID "/EFT_1.pdf", true},
	    {"/drop/" ID "/EFT_2.pdf", false},
	    {"/drop/" ID "/.hidden", false},
	    {"/drop/" ID "/link", false},
	};
	OWNED_BENCH struct bench bench;
	OWNED_BUFFER struct buffer seen = BUFFER(4096);

	bench_open(&bench);
	scratch_write(&bench.f.scratch, "drop/" ID "/EFT_1.pdf", "x");
	scratch_write(&bench.f.scratch, "drop/" ID "/.hidden", "x");
	CU_ASSERT_EQUAL(symlinkat("EFT_1.pdf", bench.f.spool.drop_fd, ID "/link"), 0);
	for (size_t i = 0; i < COUNT(paths); i++)
		CU_ASSERT_EQUAL(sees(&bench, paths[i].path), paths[i].sees);
	list(&bench, "/drop", 100, &seen);
	CU_ASSERT_STRING_EQUAL(buffer_text(&seen), "STATUS.txt " ID "/ ");
	list(&bench, "/drop/" ID "/trade-files", 100, &seen);
	CU_ASSERT_STRING_EQUAL(buffer_text(&seen), "");
	list(&bench, "/drop/" OTHER, 100, &seen);
	CU_ASSERT_STRING_EQUAL(buffer_text(&seen), "");
	bench.view.account.admin = false;
	for (size_t i = 0; i < COUNT(paths); i++)
		CU_ASSERT_FALSE(sees(&bench, paths[i].path));
}

static void limits_leave_the_rest_out(void)
{
	OWNED_BENCH struct bench bench;
	OWNED_BUFFER struct buffer seen = BUFFER(4096);

	bench_open(&bench);
	scratch_write(&bench.f.scratch, "drop/" ID "/EFT_1.pdf", "x");
	scratch_write(&bench.f.scratch, "drop/" ID "/PA_1.pdf", "x");
	scratch_write(&bench.f.scratch, "drop/x.batch.csv", "x");
	limit_to(&bench, ID, "EFT");
	list(&bench, "/drop", 100, &seen);
	CU_ASSERT_STRING_EQUAL(buffer_text(&seen), "STATUS.txt " ID "/ ");
	list(&bench, "/drop/" ID, 100, &seen);
	CU_ASSERT_STRING_EQUAL(buffer_text(&seen), "EFT_1.pdf ");
	CU_ASSERT_FALSE(sees(&bench, "/drop/" ID "/PA_1.pdf"));
	CU_ASSERT_FALSE(sees(&bench, "/drop/" ID "/trade-files"));
	CU_ASSERT_FALSE(sees(&bench, "/drop/" OTHER));
	CU_ASSERT_FALSE(sees(&bench, "/drop/x.batch.csv"));
	CU_ASSERT_FALSE(sees(&bench, "/drop/publications"));
	limit_to(&bench, OTHER, "");
	list(&bench, "/drop", 1, &seen);
	CU_ASSERT_STRING_EQUAL(buffer_text(&seen), "STATUS.txt " OTHER "/ ");
}

static void every_page_size_lists_each_file_once(void)
{
	static const int64_t limits[] = {1, 7, MANY, 10 * MANY};
	OWNED_BENCH struct bench bench;
	OWNED_BUFFER struct buffer seen = BUFFER(1 << 20);
	char name[64];

	bench_open(&bench);
	for (int i = 0; i < MANY; i++) {
		(void)snprintf(name, sizeof(name), "drop/" ID "/EFT_%04d.pdf", i);
		scratch_write(&bench.f.scratch, name, "x");
	}
	for (size_t i = 0; i < COUNT(limits); i++) {
		list(&bench, "/drop/" ID, limits[i], &seen);
		CU_ASSERT_EQUAL(
		    seen.length, MANY * strlen("EFT_0000.pdf ") + strlen("trade-files/ "));
		for (int j = 0; j < MANY; j++) {
			(void)snprintf(name, sizeof(name), "EFT_%04d.pdf ", j);
			CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&seen), name));
		}
	}
}

static void what_waits_is_for_nobody_to_read(void)
{
	OWNED_BENCH struct bench bench;
	enum view_answer answer = VIEW_NOTHING;
	struct view_found found;
	int fd = -1;
	struct err err;

	bench_open(&bench);
	scratch_write(&bench.f.scratch, "drop/" ID "/EFT_1.pdf", "x");
	CU_ASSERT_EQUAL(view_find(&bench.view, "/drop/" ID "/EFT_1.pdf", &found, &answer, &err), 0);
	CU_ASSERT_TRUE(fails(view_open(&bench.view, &found, &fd, &err), &err, ERR_REFUSED));
	CU_ASSERT_EQUAL(fd, -1);
}

void add_suite_view_drop(CU_pSuite suite)
{
	TEST(sees_what_is_there_and_nothing_hidden);
	TEST(limits_leave_the_rest_out);
	TEST(every_page_size_lists_each_file_once);
	TEST(what_waits_is_for_nobody_to_read);
}
