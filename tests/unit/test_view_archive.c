/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/view_archive.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/file.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_view_archive(CU_pSuite suite);

#define ID "123456789"

/*
 * Archives of a night, without letters: 1 of letters, signed, 2 of trade files, 3 that is being
 * built, 4 of another AVRS ID, and 5, the bundle of account 1 with 1 and 2.
 */
static void make(struct fixture *f)
{
	static const char *const files[] = {"archives/15/" ID "/1_edelivery-2024-05-15.zip",
	    "archives/15/" ID "/1_edelivery-2024-05-15.zip.p7s",
	    "archives/bundles/1/5_bundle-2024-05-15.zip"};
	struct err err;

	fixture_open(f);
	scratch_provider(&f->spool, ID);
	scratch_provider(&f->spool, "222222222");
	(void)fixture_clerk(f, "ann", ID);
	(void)scratch_account(&f->spool, "bob", ID, "e-delivery-only");
	fixture_sql(f, "UPDATE account SET bundle = 1 WHERE login = 'ann'");
	fixture_sql(f,
	    "INSERT INTO archive (id, avrs_id, account_id, class, night, revision, name, state, size,"
	    " signature_size, made) VALUES"
	    " (1, '" ID
	    "', NULL, 'edelivery', '2024-05-15', 1, 'edelivery-2024-05-15.zip', 'ready', 3, 4, 42),"
	    " (2, '" ID
	    "', NULL, 'trade-files', '2024-05-15', 1, 'trade-files-2024-05-15.zip', 'ready', 8, 0, 43),"
	    " (3, '" ID
	    "', NULL, 'edelivery', '2024-05-16', 1, 'edelivery-2024-05-16.zip', 'building', 0, 0, NULL),"
	    " (4, '222222222', NULL, 'edelivery', '2024-05-15', 1, 'edelivery-2024-05-15.zip', 'ready', 9, 0, 44),"
	    " (5, NULL, 1, NULL, '2024-05-15', 1, 'bundle-2024-05-15.zip', 'ready', 3, 0, 45)");
	fixture_sql(f, "INSERT INTO archive_part VALUES (5, 1), (5, 2)");
	for (size_t i = 0; i < COUNT(files); i++) {
		OWNED_BUFFER struct buffer content = BUFFER(16);
		char folder[PATH_MAX];

		buffer_add_text(&content, i == 1 ? "sign" : "zip");
		file_parent(files[i], folder);
		CU_ASSERT_EQUAL(file_make_folder(f->spool.root_fd, folder, 0750, &err), 0);
		CU_ASSERT_EQUAL(file_replace(f->spool.root_fd, files[i], &content, 0440, &err), 0);
	}
}

static void open_view(const struct fixture *f, const char *login, struct view *view)
{
	struct account account;

	fixture_account(f, login, &account);
	view_init(view, &f->spool, &account);
}

static int add_name(const struct view_entry *entry, void *arg, struct err *err)
{
	(void)err;
	buffer_print(arg, "%s:%d ", entry->name, (int)entry->size);
	return 0;
}

/* What the account sees in the folder, in pages of every size. */
static bool lists(const struct fixture *f, const char *login, const char *path, const char *wanted)
{
	bool right = true;

	for (int64_t limit = 1; limit < 10; limit += 3) {
		OWNED_BUFFER struct buffer names = BUFFER(4096);
		struct view_cursor cursor = {.stage = 0};
		enum view_answer answer = VIEW_NOTHING;
		struct view_found found;
		struct view view;
		bool more = true;
		struct err err;

		open_view(f, login, &view);
		CU_ASSERT_EQUAL(view_find(&view, path, &found, &answer, &err), 0);
		while (answer == VIEW_FOUND && more)
			CU_ASSERT_EQUAL_FATAL(view_list(&view, &found.place, &cursor, limit,
			                          add_name, &names, &more, &err),
			    0);
		view_done(&view);
		right = right && strcmp(buffer_text(&names), wanted) == 0;
		if (!right)
			(void)fprintf(stderr, "%s %s: %s\n", login, path, buffer_text(&names));
	}
	return right;
}

/* R5: who sees no trade files sees no archives of them; what is not ready is seen by nobody. */
static void shows_what_is_ready_by_the_role(void)
{
	OWNED_FIXTURE struct fixture f;

	make(&f);
	CU_ASSERT(lists(&f, "ann", "/" ID "/archives",
	    "edelivery-2024-05-15.zip:3 edelivery-2024-05-15.zip.p7s:4 trade-files-2024-05-15.zip:8 "));
	CU_ASSERT(lists(&f, "bob", "/" ID "/archives",
	    "edelivery-2024-05-15.zip:3 edelivery-2024-05-15.zip.p7s:4 "));
	CU_ASSERT(lists(&f, "ann", "/archives", "bundle-2024-05-15.zip:3 "));
	CU_ASSERT(lists(&f, "bob", "/archives", ""));
	/* R5: a part of the bundle that it may not see takes all of it away. */
	fixture_grant(&f, "ann", ID, "e-delivery-only");
	CU_ASSERT(lists(&f, "ann", "/archives", ""));
}

static enum view_answer answer_to(
    const struct fixture *f, const char *login, const char *path, struct view_found *ret_found)
{
	enum view_answer answer = VIEW_POSTING;
	struct view view;
	struct err err;

	open_view(f, login, &view);
	CU_ASSERT_EQUAL(view_find(&view, path, ret_found, &answer, &err), 0);
	view_done(&view);
	return answer;
}

static void finds_what_it_lists_and_nothing_else(void)
{
	static const struct {
		const char *path;
		bool ann, bob;
	} rows[] = {
	    {"/" ID "/archives/edelivery-2024-05-15.zip", true, true},
	    {"/" ID "/archives/edelivery-2024-05-15.zip.p7s", true, true},
	    {"/" ID "/archives/trade-files-2024-05-15.zip", true, false},
	    {"/" ID "/archives/trade-files-2024-05-15.zip.p7s", false, false},
	    {"/" ID "/archives/edelivery-2024-05-16.zip", false, false},
	    {"/" ID "/archives/bundle-2024-05-15.zip", false, false},
	    {"/" ID "/archives/.p7s", false, false},
	    {"/222222222/archives/edelivery-2024-05-15.zip", false, false},
	    {"/archives/bundle-2024-05-15.zip", true, false},
	    {"/archives/bundle-2024-05-15.zip.p7s", false, false},
	    {"/archives/edelivery-2024-05-15.zip", false, false},
	};
	OWNED_FIXTURE struct fixture f;
	struct view_found found;

	make(&f);
	for (size_t i = 0; i < COUNT(rows); i++) {
		CU_ASSERT_EQUAL(answer_to(&f, "ann", rows[i].path, &found),
		    rows[i].ann ? VIEW_FOUND : VIEW_NOTHING);
		CU_ASSERT_EQUAL(found.archive.id != 0, rows[i].ann);
		CU_ASSERT_EQUAL(answer_to(&f, "bob", rows[i].path, &found),
		    rows[i].bob ? VIEW_FOUND : VIEW_NOTHING);
	}
}

static void opens_the_archive_its_signature_and_the_bundle(void)
{
	static const struct {
		const char *path;
		const char *content;
	} rows[] = {
	    {"/" ID "/archives/edelivery-2024-05-15.zip", "zip"},
	    {"/" ID "/archives/edelivery-2024-05-15.zip.p7s", "sign"},
	    {"/archives/bundle-2024-05-15.zip", "zip"},
	};
	OWNED_FIXTURE struct fixture f;
	struct view_found found;
	struct view view;
	struct err err;
	int fd = -1;

	make(&f);
	open_view(&f, "ann", &view);
	for (size_t i = 0; i < COUNT(rows); i++) {
		char content[8] = "";

		CU_ASSERT_EQUAL(answer_to(&f, "ann", rows[i].path, &found), VIEW_FOUND);
		CU_ASSERT_EQUAL_FATAL(view_open(&view, &found, &fd, &err), 0);
		CU_ASSERT_EQUAL(read(fd, content, sizeof(content) - 1), found.entry.size);
		CU_ASSERT_STRING_EQUAL(content, rows[i].content);
		(void)close(fd);
	}
	/* Ready, and not there: a person has to look. */
	CU_ASSERT_EQUAL(answer_to(&f, "ann", "/" ID "/archives/trade-files-2024-05-15.zip", &found),
	    VIEW_FOUND);
	CU_ASSERT(fails(view_open(&view, &found, &fd, &err), &err, ERR_INTERNAL));
	view_done(&view);
}

static bool may_read(const struct fixture *f, const char *login, int64_t id)
{
	struct view view;
	bool allowed = false;
	struct err err;

	open_view(f, login, &view);
	CU_ASSERT_EQUAL(view_archive_may_read(&view, id, &allowed, &err), 0);
	view_done(&view);
	return allowed;
}

static void says_when_one_that_was_handed_over_may_not_be_read_any_more(void)
{
	OWNED_FIXTURE struct fixture f;
	struct err err;

	make(&f);
	CU_ASSERT(may_read(&f, "ann", 1) && may_read(&f, "ann", 2) && may_read(&f, "ann", 5));
	CU_ASSERT(may_read(&f, "bob", 1) && !may_read(&f, "bob", 2) && !may_read(&f, "bob", 5));
	CU_ASSERT_FALSE(may_read(&f, "ann", 3));
	CU_ASSERT_FALSE(may_read(&f, "ann", 99));
	fixture_sql(&f, "UPDATE archive SET state = 'withdrawn' WHERE id = 1");
	CU_ASSERT_FALSE(may_read(&f, "ann", 1));
	CU_ASSERT_EQUAL(membership_revoke(f.catalog, &f.spool.actor, "ann", ID, &err), 0);
	CU_ASSERT_FALSE(may_read(&f, "ann", 2));
	CU_ASSERT_FALSE(may_read(&f, "ann", 5));
}

void add_suite_view_archive(CU_pSuite suite)
{
	TEST(shows_what_is_ready_by_the_role);
	TEST(finds_what_it_lists_and_nothing_else);
	TEST(opens_the_archive_its_signature_and_the_bundle);
	TEST(says_when_one_that_was_handed_over_may_not_be_read_any_more);
}
