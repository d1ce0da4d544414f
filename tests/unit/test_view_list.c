/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/mem.h"
#include "spool/view.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_view_list(CU_pSuite suite);

#define ID "123456789"

enum { ENTRIES_MAX = 200 };

struct seen {
	struct view_entry entries[ENTRIES_MAX];
	size_t count;
	bool stops;
};

static int note(const struct view_entry *entry, void *arg, struct err *err)
{
	struct seen *seen = arg;

	if (seen->stops || seen->count == ENTRIES_MAX)
		return err_set(err, ERR_USAGE, "enough");
	seen->entries[seen->count++] = *entry;
	return 0;
}

/* Find a folder, and list all of it in pages of limit. */
static void list(struct view *view, const char *path, int64_t limit, struct seen *ret_seen)
{
	struct view_found found;
	enum view_answer answer = VIEW_NOTHING;
	struct view_cursor cursor = {.stage = 0};
	bool more = true;
	struct err err;

	ret_seen->count = 0;
	ret_seen->stops = false;
	CU_ASSERT_EQUAL(view_find(view, path, &found, &answer, &err), 0);
	CU_ASSERT_EQUAL_FATAL(answer, VIEW_FOUND);
	for (int page = 0; more; page++) {
		CU_ASSERT_EQUAL_FATAL(
		    view_list(view, &found.place, &cursor, limit, note, ret_seen, &more, &err), 0);
		CU_ASSERT_FATAL(page < 3 * ENTRIES_MAX);
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct view_entry *)a)->name, ((const struct view_entry *)b)->name);
}

/* The names of a listing, sorted, with a slash behind those of folders. */
static void print_names(struct seen *seen, struct buffer *out)
{
	qsort(seen->entries, seen->count, sizeof(seen->entries[0]), by_name);
	for (size_t i = 0; i < seen->count; i++)
		buffer_print(
		    out, "%s%s ", seen->entries[i].name, seen->entries[i].is_folder ? "/" : "");
}

static void check(struct view *view, const char *path, int64_t limit, const char *names)
{
	OWNED_BUFFER struct buffer out = BUFFER(64 * 1024);
	struct seen *seen = mem_new(1, sizeof(*seen));

	list(view, path, limit, seen);
	print_names(seen, &out);
	free(seen);
	if (strcmp(buffer_text(&out), names) != 0)
		(void)printf("%s in %lld: %s\n", path, (long long)limit, buffer_text(&out));
	CU_ASSERT_STRING_EQUAL(buffer_text(&out), names);
}

static void check_in_all_pages(struct view *view, const char *path, const char *names)
{
	static const int64_t limits[] = {1, 2, 3, 4, 5, 7, 100};

	for (size_t i = 0; i < COUNT(limits); i++)
		check(view, path, limits[i], names);
}

static void open_view(const struct fixture *f, const char *login, struct view *ret_view)
{
	struct account account;

	fixture_account(f, login, &account);
	view_init(ret_view, &f->spool, &account);
}
#define OWNED_VIEW OWNED(view_done)

static void post(const struct fixture *f, const char *avrs_id, const char *name)
{
	struct letter letter;

	fixture_posted(
	    f, avrs_id, name[0] == 'R' ? CLASS_TRADE_FILES : CLASS_EDELIVERY, name, &letter);
}

/*
 * Five AVRS IDs: ann is the master of the first, a clerk of three, of which one has nothing new
 * and one is not in force, and nobody to the fifth. bob sees letters only.
 */
static void open_with_letters(struct fixture *f)
{
	struct letter letter;

	fixture_open(f);
	scratch_provider(&f->spool, ID);
	scratch_provider(&f->spool, "200000002");
	scratch_provider(&f->spool, "300000003");
	scratch_provider(&f->spool, "400000004");
	scratch_provider(&f->spool, "500000005");
	(void)scratch_account(&f->spool, "ann", ID, "master");
	fixture_grant(f, "ann", "200000002", "includes-e-delivery");
	fixture_grant(f, "ann", "300000003", "e-delivery-only");
	fixture_grant(f, "ann", "400000004", "e-delivery-only");
	(void)scratch_account(&f->spool, "bob", ID, "e-delivery-only");
	post(f, ID, "EFT_1");
	post(f, ID, "RA_2");
	post(f, ID, "EFT_3");
	post(f, ID, "RA_4");
	post(f, ID, "EFT_5");
	post(f, "200000002", "RA_1");
	post(f, "200000002", "EFT_2");
	post(f, "400000004", "EFT_1");
	post(f, "500000005", "EFT_1");
	fixture_letter(f, ID, CLASS_EDELIVERY, "EFT_posting", &letter);
	fixture_sql(f, "UPDATE membership SET until_date = '2024-05-14'"
	               " WHERE avrs_id = '400000004'");
}

/* R4, R5, R9, in every kind of folder and in pages of every size. */
static void lists_every_entry_of_every_folder_once(void)
{
	static const struct {
		const char *login;
		const char *path;
		const char *names;
	} rows[] = {
	    {"ann", "/", "123456789/ 200000002/ 300000003/ STATUS.txt new/ publications/ "},
	    {"ann", "/new",
	        "123456789_EFT_1 123456789_EFT_3 123456789_EFT_5 123456789_RA_2 123456789_RA_4 "
	        "200000002_EFT_2 200000002_RA_1 "},
	    {"ann", "/publications", "bulletins/ messages/ telehealth/ "},
	    {"ann", "/publications/telehealth", ""},
	    {"ann", "/123456789",
	        "MANIFEST.csv STATUS.txt archives/ edelivery/ new/ trade-files/ "},
	    {"ann", "/123456789/new", "EFT_1 EFT_3 EFT_5 RA_2 RA_4 "},
	    {"ann", "/123456789/edelivery", "EFT_1 EFT_3 EFT_5 "},
	    {"ann", "/123456789/trade-files", "RA_2 RA_4 "},
	    {"ann", "/123456789/archives", ""},
	    {"ann", "/300000003", "MANIFEST.csv STATUS.txt archives/ edelivery/ new/ "},
	    {"ann", "/300000003/new", ""},
	    {"ann", "/300000003/edelivery", ""},
	    {"bob", "/", "123456789/ STATUS.txt new/ publications/ "},
	    {"bob", "/new", "123456789_EFT_1 123456789_EFT_3 123456789_EFT_5 "},
	    {"bob", "/123456789", "MANIFEST.csv STATUS.txt archives/ edelivery/ new/ "},
	    {"bob", "/123456789/new", "EFT_1 EFT_3 EFT_5 "},
	    {"bob", "/123456789/edelivery", "EFT_1 EFT_3 EFT_5 "},
	};
	OWNED_FIXTURE struct fixture f;

	open_with_letters(&f);
	for (size_t i = 0; i < COUNT(rows); i++) {
		OWNED_VIEW struct view view;

		open_view(&f, rows[i].login, &view);
		check_in_all_pages(&view, rows[i].path, rows[i].names);
	}
}

/* A text that is too large, or cannot be made now, keeps back nothing that is beside it. */
static void lists_what_is_beside_a_text_that_cannot_be_made(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;
	struct view_found found;
	enum view_answer answer;
	struct err err;

	open_with_letters(&f);
	open_view(&f, "ann", &view);
	view.texts.most = 200;
	check_in_all_pages(
	    &view, "/123456789", "STATUS.txt archives/ edelivery/ new/ trade-files/ ");
	CU_ASSERT_TRUE(fails(
	    view_find(&view, "/123456789/MANIFEST.csv", &found, &answer, &err), &err, ERR_RETRY));
	view.texts.most = 20;
	check_in_all_pages(&view, "/", "123456789/ 200000002/ 300000003/ new/ publications/ ");
}

static void lists_bundles_for_accounts_that_have_them(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;

	open_with_letters(&f);
	fixture_sql(&f, "UPDATE account SET bundle = 1");
	open_view(&f, "bob", &view);
	check_in_all_pages(&view, "/", "123456789/ STATUS.txt archives/ new/ publications/ ");
	check_in_all_pages(&view, "/archives", "");
}

/* Letters to print of two days, and a day between them that is done with. */
static void open_print_shop(struct fixture *f, struct view *ret_view)
{
	struct letter letter;
	char name[32];

	open_with_letters(f);
	(void)scratch_account(&f->spool, "shop", "", "");
	fixture_sql(f, "UPDATE account SET print_shop = 1 WHERE login = 'shop'");
	fixture_sql(f, "UPDATE sequence SET next = 21 WHERE name = 'letter'");
	for (int i = 1; i <= 5; i++) {
		(void)snprintf(name, sizeof(name), "EFT_p%d", i);
		fixture_on_paper(f, ID, "2024-05-13", name, &letter);
	}
	fixture_on_paper(f, ID, "2024-05-14", "EFT_q", &letter);
	fixture_on_paper(f, ID, "2024-05-15", "EFT_r", &letter);
	fixture_sql(f, "UPDATE letter SET paper = 'withdrawn' WHERE name = 'EFT_p2'");
	fixture_sql(f, "UPDATE letter SET paper = 'handed-over' WHERE name IN ('EFT_p4', 'EFT_q')");
	open_view(f, "shop", ret_view);
}

/* R2 */
static void lists_the_letters_to_print_by_their_days(void)
{
	static const struct {
		const char *path;
		const char *names;
	} rows[] = {
	    {"/", "STATUS.txt new/ paper/ publications/ "},
	    {"/paper", "2024-05-13/ 2024-05-15/ "},
	    {"/paper/2024-05-13", "21_EFT_p1 23_EFT_p3 25_EFT_p5 manifest.csv "},
	    {"/paper/2024-05-14", "manifest.csv "},
	    {"/paper/2024-05-15", "27_EFT_r manifest.csv "},
	};
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;

	open_print_shop(&f, &view);
	for (size_t i = 0; i < COUNT(rows); i++)
		check_in_all_pages(&view, rows[i].path, rows[i].names);
}

static void lists_no_paper_once_the_account_is_no_print_shop(void)
{
	static const char *const folders[] = {"/paper", "/paper/2024-05-13"};
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;
	struct seen *seen = mem_new(1, sizeof(*seen));

	open_print_shop(&f, &view);
	for (size_t i = 0; i < COUNT(folders); i++) {
		struct view_found found;
		enum view_answer answer;
		struct view_cursor cursor = {.stage = 0};
		bool more = false;
		struct err err;

		seen->count = 0;
		view.account.print_shop = true;
		CU_ASSERT_EQUAL(view_find(&view, folders[i], &found, &answer, &err), 0);
		CU_ASSERT_EQUAL(
		    view_list(&view, &found.place, &cursor, 1, note, seen, &more, &err), 0);
		CU_ASSERT_EQUAL(seen->count, 1);
		CU_ASSERT_TRUE(more);
		view.account.print_shop = false;
		CU_ASSERT_EQUAL(
		    view_list(&view, &found.place, &cursor, 9, note, seen, &more, &err), 0);
		CU_ASSERT_EQUAL(seen->count, 1);
		CU_ASSERT_FALSE(more);
	}
	free(seen);
}

/* An unattended client takes each entry to be a file it can get, or a folder it can list. */
static void lists_nothing_that_is_not_found_by_its_name(void)
{
	static const char *const folders[] = {"/", "/new", "/publications", "/123456789",
	    "/123456789/new", "/123456789/edelivery", "/paper", "/paper/2024-05-13"};
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;
	struct seen *seen = mem_new(1, sizeof(*seen));

	open_print_shop(&f, &view);
	view_done(&view);
	fixture_sql(&f, "UPDATE account SET print_shop = 1 WHERE login = 'ann'");
	open_view(&f, "ann", &view);
	for (size_t i = 0; i < COUNT(folders); i++) {
		list(&view, folders[i], 3, seen);
		CU_ASSERT_TRUE(seen->count > 0);
		for (size_t at = 0; at < seen->count; at++) {
			const struct view_entry *entry = &seen->entries[at];
			struct view_found found;
			enum view_answer answer = VIEW_NOTHING;
			char path[PLACE_PATH_MAX];
			struct err err;

			(void)snprintf(
			    path, sizeof(path), "%s/%s", i ? folders[i] : "", entry->name);
			CU_ASSERT_EQUAL(view_find(&view, path, &found, &answer, &err), 0);
			CU_ASSERT_EQUAL(answer, VIEW_FOUND);
			CU_ASSERT_EQUAL(found.entry.is_folder, entry->is_folder);
			CU_ASSERT_EQUAL(found.entry.size, entry->size);
			CU_ASSERT_EQUAL(found.entry.changed, entry->changed);
		}
	}
	free(seen);
}

static void lists_a_folder_with_many_letters(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;
	struct seen *seen = mem_new(1, sizeof(*seen));
	char name[32];

	fixture_open(&f);
	scratch_provider(&f.spool, ID);
	(void)scratch_account(&f.spool, "ann", ID, "master");
	for (int i = 0; i < 150; i++) {
		(void)snprintf(name, sizeof(name), "%s_%03d", i % 3 ? "EFT" : "RA", i);
		post(&f, ID, name);
	}
	open_view(&f, "ann", &view);
	for (int64_t limit = 1; limit < 200; limit = limit * 3 + 1) {
		list(&view, "/123456789/edelivery", limit, seen);
		CU_ASSERT_EQUAL(seen->count, 100);
		for (size_t i = 1; i < seen->count; i++)
			CU_ASSERT_TRUE(by_name(&seen->entries[i - 1], &seen->entries[i]) < 0);
		list(&view, "/new", limit, seen);
		CU_ASSERT_EQUAL(seen->count, 150);
		qsort(seen->entries, seen->count, sizeof(seen->entries[0]), by_name);
		for (size_t i = 1; i < seen->count; i++)
			CU_ASSERT_TRUE(by_name(&seen->entries[i - 1], &seen->entries[i]) < 0);
	}
	free(seen);
}

static void lists_many_avrs_ids(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;
	struct seen *seen = mem_new(1, sizeof(*seen));
	size_t folders;

	fixture_open(&f);
	(void)scratch_account(&f.spool, "ann", "", "");
	for (int i = 0; i < 40; i++) {
		char id[32];

		(void)snprintf(id, sizeof(id), "1000000%02d", i);
		scratch_provider(&f.spool, id);
		/* R5: every fifth shows nothing. */
		fixture_grant(&f, "ann", id, i % 5 ? "e-delivery-only" : "none");
		if (i % 4 == 0)
			post(&f, id, "EFT_1");
	}
	open_view(&f, "ann", &view);
	for (int64_t limit = 1; limit < 100; limit = limit * 2 + 1) {
		list(&view, "/", limit, seen);
		folders = 0;
		for (size_t i = 0; i < seen->count; i++)
			folders += seen->entries[i].name[0] == '1';
		CU_ASSERT_EQUAL(folders, 32);
		CU_ASSERT_EQUAL(seen->count, 32 + 3);
		list(&view, "/new", limit, seen);
		CU_ASSERT_EQUAL(seen->count, 8);
	}
	free(seen);
}

static void keeps_to_the_limit_where_there_can_be_much(void)
{
	static const char *const folders[] = {
	    "/new", "/123456789/new", "/123456789/edelivery", "/123456789/trade-files"};
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;
	struct seen *seen = mem_new(1, sizeof(*seen));

	open_with_letters(&f);
	open_view(&f, "ann", &view);
	for (size_t i = 0; i < COUNT(folders); i++) {
		struct view_found found;
		enum view_answer answer;
		struct view_cursor cursor = {.stage = 0};
		bool more = false;
		struct err err;

		seen->count = 0;
		CU_ASSERT_EQUAL(view_find(&view, folders[i], &found, &answer, &err), 0);
		CU_ASSERT_EQUAL(
		    view_list(&view, &found.place, &cursor, 2, note, seen, &more, &err), 0);
		CU_ASSERT_EQUAL(seen->count, 2);
		CU_ASSERT_TRUE(more);
	}
	free(seen);
}

static void passes_over_what_is_acknowledged(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;
	struct view_found found;
	enum view_answer answer;
	struct err err;

	open_with_letters(&f);
	open_view(&f, "ann", &view);
	CU_ASSERT_EQUAL(view_find(&view, "/123456789/new/EFT_3", &found, &answer, &err), 0);
	CU_ASSERT_EQUAL(
	    news_acknowledge(f.catalog, &f.spool.actor, &found.membership, &found.letter, &err), 0);
	check_in_all_pages(&view, "/123456789/new", "EFT_1 EFT_5 RA_2 RA_4 ");
	check_in_all_pages(&view, "/new",
	    "123456789_EFT_1 123456789_EFT_5 123456789_RA_2 123456789_RA_4 "
	    "200000002_EFT_2 200000002_RA_1 ");
	check_in_all_pages(&view, "/123456789/edelivery", "EFT_1 EFT_3 EFT_5 ");
}

/* An AVRS ID in which everything is acknowledged, but for one letter that was renewed. */
static void finds_what_was_renewed_where_nothing_else_is_new(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;

	open_with_letters(&f);
	fixture_sql(&f, "UPDATE membership SET mark = 5 WHERE avrs_id = '123456789'");
	fixture_sql(&f, "UPDATE membership SET mark = 2 WHERE avrs_id = '200000002'");
	open_view(&f, "ann", &view);
	check_in_all_pages(&view, "/new", "");
	fixture_sql(&f, "INSERT INTO acknowledgement VALUES (1, '123456789', 2, 1)");
	fixture_sql(&f, "INSERT INTO acknowledgement VALUES (1, '200000002', 2, 1)");
	check_in_all_pages(&view, "/new", "123456789_RA_2 200000002_EFT_2 ");
	check_in_all_pages(&view, "/123456789/new", "RA_2 ");
}

/* R5: who is half through a listing when a role is taken away sees no more of it. */
static void asks_for_the_right_again_at_every_page(void)
{
	static const char *const folders[] = {"/new", "/123456789/new", "/123456789/trade-files"};
	OWNED_FIXTURE struct fixture f;
	struct seen *seen = mem_new(1, sizeof(*seen));

	open_with_letters(&f);
	for (size_t i = 0; i < COUNT(folders); i++) {
		OWNED_VIEW struct view view;
		struct view_found found;
		enum view_answer answer;
		struct view_cursor cursor = {.stage = 0};
		bool more = true;
		struct err err;

		seen->count = 0;
		fixture_sql(&f, "UPDATE membership SET role = 'includes-e-delivery' WHERE"
		                " account_id = 1 AND avrs_id IN ('123456789', '200000002')");
		open_view(&f, "ann", &view);
		CU_ASSERT_EQUAL(view_find(&view, folders[i], &found, &answer, &err), 0);
		CU_ASSERT_EQUAL(
		    view_list(&view, &found.place, &cursor, 1, note, seen, &more, &err), 0);
		CU_ASSERT_EQUAL(seen->count, 1);
		fixture_sql(&f, "UPDATE membership SET role = 'none' WHERE account_id = 1");
		while (more)
			CU_ASSERT_EQUAL(
			    view_list(&view, &found.place, &cursor, 1, note, seen, &more, &err), 0);
		CU_ASSERT_EQUAL(seen->count, 1);
	}
	free(seen);
}

/* What is posted behind the page is in the next one, and nothing comes twice for it. */
static void goes_on_where_it_was_when_something_is_posted(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;
	struct seen *seen = mem_new(1, sizeof(*seen));
	struct view_found found;
	enum view_answer answer;
	struct view_cursor cursor = {.stage = 0};
	bool more = true;
	struct err err;
	OWNED_BUFFER struct buffer out = BUFFER(4096);

	open_with_letters(&f);
	open_view(&f, "bob", &view);
	CU_ASSERT_EQUAL(view_find(&view, "/123456789/edelivery", &found, &answer, &err), 0);
	CU_ASSERT_EQUAL(view_list(&view, &found.place, &cursor, 2, note, seen, &more, &err), 0);
	post(&f, ID, "EFT_6");
	while (more)
		CU_ASSERT_EQUAL(
		    view_list(&view, &found.place, &cursor, 2, note, seen, &more, &err), 0);
	print_names(seen, &out);
	CU_ASSERT_STRING_EQUAL(buffer_text(&out), "EFT_1 EFT_3 EFT_5 EFT_6 ");
	free(seen);
}

static void stops_when_it_is_told_to(void)
{
	static const char *const folders[] = {
	    "/", "/new", "/publications", "/123456789", "/123456789/new", "/123456789/edelivery"};
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;
	struct seen *seen = mem_new(1, sizeof(*seen));

	open_with_letters(&f);
	open_view(&f, "ann", &view);
	seen->stops = true;
	for (size_t i = 0; i < COUNT(folders); i++) {
		struct view_found found;
		enum view_answer answer;
		struct view_cursor cursor = {.stage = 0};
		bool more = false;
		struct err err;

		CU_ASSERT_EQUAL(view_find(&view, folders[i], &found, &answer, &err), 0);
		CU_ASSERT_TRUE(
		    fails(view_list(&view, &found.place, &cursor, 5, note, seen, &more, &err), &err,
		        ERR_USAGE));
	}
	free(seen);
}

static void lists_no_file(void)
{
	static const enum place_kind kinds[] = {PLACE_STATUS, PLACE_NEW_FILE, PLACE_PROVIDER_STATUS,
	    PLACE_MANIFEST, PLACE_PROVIDER_NEW_FILE, PLACE_LETTER};
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;
	struct seen *seen = mem_new(1, sizeof(*seen));

	open_with_letters(&f);
	open_view(&f, "ann", &view);
	for (size_t i = 0; i < COUNT(kinds); i++) {
		const struct place place = {.kind = kinds[i], .avrs_id = ID};
		struct view_cursor cursor = {.stage = 0};
		bool more = true;
		struct err err;

		CU_ASSERT_TRUE(fails(view_list(&view, &place, &cursor, 5, note, seen, &more, &err),
		    &err, ERR_REFUSED));
		CU_ASSERT_TRUE(more);
	}
	CU_ASSERT_EQUAL(seen->count, 0);
	free(seen);
}

static void next_to(struct view *view, const char *path, int64_t limit, const char *names)
{
	OWNED_BUFFER struct buffer out = BUFFER(64 * 1024);
	OWNED_MEM struct seen *seen = mem_new(1, sizeof(*seen));
	struct view_found found;
	enum view_answer answer = VIEW_NOTHING;
	struct err err;

	CU_ASSERT_EQUAL(view_find(view, path, &found, &answer, &err), 0);
	CU_ASSERT_EQUAL_FATAL(answer, VIEW_FOUND);
	CU_ASSERT_EQUAL(view_list_next(view, &found, limit, note, seen, &err), 0);
	for (size_t i = 0; i < seen->count; i++)
		buffer_print(&out, "%s ", seen->entries[i].name);
	CU_ASSERT_STRING_EQUAL(buffer_text(&out), names);
}

static void tells_what_follows_a_letter_in_its_folder(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;

	open_with_letters(&f);
	post(&f, ID, "EFT_0");
	open_view(&f, "ann", &view);
	/* As listed, then by name; what is not posted, or of the other class, is not among them. */
	next_to(&view, "/" ID "/edelivery/EFT_1", 9, "EFT_3 EFT_5 EFT_0 EFT_3 EFT_5 ");
	next_to(&view, "/" ID "/edelivery/EFT_1", 1, "EFT_3 EFT_3 ");
	next_to(&view, "/" ID "/edelivery/EFT_0", 9, "EFT_1 EFT_3 EFT_5 ");
	next_to(&view, "/" ID "/trade-files/RA_2", 9, "RA_4 RA_4 ");
	next_to(&view, "/" ID "/new/EFT_1", 9, "");
	next_to(&view, "/" ID "/edelivery", 9, "");
	next_to(&view, "/STATUS.txt", 9, "");
}

struct noting {
	struct catalog *catalog;
	struct buffer names;
};

static int note_next(const struct view_found *next, void *arg, struct err *err)
{
	struct noting *noting = arg;
	struct letter letter;
	bool found = false;

	/* All that its path is made of. */
	CU_ASSERT_EQUAL(
	    letter_find_name(noting->catalog, ID, next->entry.name, &letter, &found, err), 0);
	CU_ASSERT_EQUAL(next->letter.id, letter.id);
	CU_ASSERT_EQUAL(next->letter.class, letter.class);
	CU_ASSERT_STRING_EQUAL(next->letter.avrs_id, letter.avrs_id);
	CU_ASSERT_STRING_EQUAL(next->letter.name, letter.name);
	CU_ASSERT_EQUAL(next->entry.size, letter.size);
	CU_ASSERT_EQUAL(next->entry.changed, letter.posted);
	buffer_print(&noting->names, "%s ", next->entry.name);
	return 0;
}

static void expect_next(
    struct view *view, const char *path, bool by_its_name, int64_t limit, const char *names)
{
	struct noting noting = {view->spool->catalog, BUFFER(1000)};
	struct view_found found;
	enum view_answer answer;
	struct err err;

	CU_ASSERT_EQUAL(view_find(view, path, &found, &answer, &err), 0);
	CU_ASSERT_EQUAL(answer, VIEW_FOUND);
	CU_ASSERT_EQUAL(
	    view_find_next(view, &found, by_its_name, limit, note_next, &noting, &err), 0);
	CU_ASSERT_STRING_EQUAL(buffer_text(&noting.names), names);
	buffer_done(&noting.names);
}

static void finds_what_follows_a_letter_to_be_opened(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;

	open_with_letters(&f);
	post(&f, ID, "EFT_0");
	open_view(&f, "ann", &view);
	expect_next(&view, "/" ID "/edelivery/EFT_1", true, 9, "EFT_3 EFT_5 ");
	expect_next(&view, "/" ID "/edelivery/EFT_1", false, 9, "EFT_3 EFT_5 EFT_0 ");
	expect_next(&view, "/" ID "/edelivery/EFT_1", false, 1, "EFT_3 ");
	expect_next(&view, "/" ID "/edelivery/EFT_1", false, 0, "");
	expect_next(&view, "/" ID "/edelivery/EFT_0", true, 9, "EFT_1 EFT_3 EFT_5 ");
	expect_next(&view, "/" ID "/trade-files/RA_2", true, 9, "RA_4 ");
	expect_next(&view, "/" ID "/new/EFT_1", true, 9, "");
	expect_next(&view, "/STATUS.txt", true, 9, "");
}

void add_suite_view_list(CU_pSuite suite)
{
	TEST(lists_every_entry_of_every_folder_once);
	TEST(lists_what_is_beside_a_text_that_cannot_be_made);
	TEST(lists_bundles_for_accounts_that_have_them);
	TEST(lists_the_letters_to_print_by_their_days);
	TEST(lists_no_paper_once_the_account_is_no_print_shop);
	TEST(lists_nothing_that_is_not_found_by_its_name);
	TEST(lists_a_folder_with_many_letters);
	TEST(lists_many_avrs_ids);
	TEST(keeps_to_the_limit_where_there_can_be_much);
	TEST(passes_over_what_is_acknowledged);
	TEST(finds_what_was_renewed_where_nothing_else_is_new);
	TEST(goes_on_where_it_was_when_something_is_posted);
	TEST(stops_when_it_is_told_to);
	TEST(lists_no_file);
	TEST(asks_for_the_right_again_at_every_page);
	TEST(tells_what_follows_a_letter_in_its_folder);
	TEST(finds_what_follows_a_letter_to_be_opened);
}
