/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/upload.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_upload(CU_pSuite suite);

#define ID "123456789"

struct bench {
	struct fixture f;
	int64_t adam;
};

static void bench_open(struct bench *bench)
{
	fixture_open(&bench->f);
	bench->adam = scratch_account(&bench->f.spool, "adam", "", "");
}

static void bench_close(struct bench *bench)
{
	fixture_close(&bench->f);
}
#define OWNED_BENCH OWNED(bench_close)

static struct place place_at(const char *path)
{
	struct place place;

	CU_ASSERT_TRUE_FATAL(place_parse(path, &place));
	return place;
}

static void add(const struct bench *bench, const char *path, struct upload *ret_upload)
{
	struct place place = place_at(path);
	struct err err;

	upload_init(ret_upload, bench->adam, "test", &place);
	CU_ASSERT_EQUAL_FATAL(upload_add(bench->f.catalog, ret_upload, &err), 0);
}

static bool find(const struct bench *bench, const char *path, struct upload *ret_upload)
{
	struct place place = place_at(path);
	bool found = false;
	struct err err;

	CU_ASSERT_EQUAL(
	    upload_find(bench->f.catalog, bench->adam, &place, ret_upload, &found, &err), 0);
	return found;
}

static void paths_are_those_of_drop_folders(void)
{
	static const struct {
		const char *path;
		const char *on_disk;
	} rows[] = {
	    {"/drop/" ID "/EFT_1.pdf", ID "/EFT_1.pdf"},
	    {"/drop/" ID "/trade-files/RA_1.835", ID "/trade-files/RA_1.835"},
	    {"/drop/x.batch.csv", "x.batch.csv"},
	    {"/drop/publications/messages/M_1.pdf", "publications/messages/M_1.pdf"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct place place = place_at(rows[i].path);
		char path[FOLDER_PATH_MAX];
		struct upload upload;

		upload_init(&upload, 1, "test", &place);
		upload_path(&upload, path);
		CU_ASSERT_STRING_EQUAL(path, rows[i].on_disk);
	}
}

static void a_part_is_hidden_and_as_long_as_names_may_be(void)
{
	char name[LETTER_NAME_MAX + 1];
	char part[NAME_MAX + 1];

	upload_part_name("EFT_1.pdf", part);
	CU_ASSERT_STRING_EQUAL(part, ".EFT_1.pdf.part");
	memset(name, 'x', LETTER_NAME_MAX);
	name[LETTER_NAME_MAX] = '\0';
	upload_part_name(name, part);
	CU_ASSERT_EQUAL(strlen(part), LETTER_NAME_MAX + 6);
	CU_ASSERT_TRUE(letter_name_is_unfinished(part));
}

static void what_is_stored_is_found_again(void)
{
	OWNED_BENCH struct bench bench;
	struct upload upload;
	struct upload again;
	struct err err;

	bench_open(&bench);
	add(&bench, "/drop/" ID "/EFT_1.pdf", &upload);
	CU_ASSERT_EQUAL(upload.state, UPLOAD_OPEN);
	CU_ASSERT_EQUAL(upload.changed, FIXTURE_NOW);
	upload.state = UPLOAD_CLOSED;
	upload.size = 70;
	upload.modified = 5;
	upload.device = 6;
	upload.inode = 7;
	CU_ASSERT_EQUAL(upload_update(bench.f.catalog, &upload, &err), 0);
	CU_ASSERT_TRUE(find(&bench, "/drop/" ID "/EFT_1.pdf", &again));
	CU_ASSERT_EQUAL(again.id, upload.id);
	CU_ASSERT_EQUAL(again.account_id, bench.adam);
	CU_ASSERT_STRING_EQUAL(again.drop, ID);
	CU_ASSERT_STRING_EQUAL(again.name, "EFT_1.pdf");
	CU_ASSERT_EQUAL(again.class, CLASS_EDELIVERY);
	CU_ASSERT_EQUAL(again.state, UPLOAD_CLOSED);
	CU_ASSERT_EQUAL(again.size, 70);
	CU_ASSERT_EQUAL(again.modified, 5);
	CU_ASSERT_EQUAL(again.device, 6);
	CU_ASSERT_EQUAL(again.inode, 7);
	CU_ASSERT_FALSE(find(&bench, "/drop/" ID "/trade-files/EFT_1.pdf", &again));
	CU_ASSERT_FALSE(find(&bench, "/drop/" ID "/EFT_2.pdf", &again));
}

static void the_newest_that_is_not_removed_counts(void)
{
	OWNED_BENCH struct bench bench;
	struct upload first;
	struct upload second;
	struct upload again;
	struct err err;

	bench_open(&bench);
	add(&bench, "/drop/" ID "/EFT_1.pdf", &first);
	add(&bench, "/drop/" ID "/EFT_1.pdf", &second);
	CU_ASSERT_TRUE(find(&bench, "/drop/" ID "/EFT_1.pdf", &again));
	CU_ASSERT_EQUAL(again.id, second.id);
	second.state = UPLOAD_REMOVED;
	CU_ASSERT_EQUAL(upload_update(bench.f.catalog, &second, &err), 0);
	CU_ASSERT_TRUE(find(&bench, "/drop/" ID "/EFT_1.pdf", &again));
	CU_ASSERT_EQUAL(again.id, first.id);
	CU_ASSERT_EQUAL(upload_forget(bench.f.catalog, first.id, &err), 0);
	CU_ASSERT_FALSE(find(&bench, "/drop/" ID "/EFT_1.pdf", &again));
}

static int count(const struct upload *upload, void *arg, struct err *err)
{
	int64_t *last = arg;

	(void)err;
	*last = *last * 10 + upload->id;
	return 0;
}

/* The ids of open ones, as digits. */
static int64_t list_open(
    const struct bench *bench, const struct upload *after, int64_t before, int64_t limit)
{
	int64_t seen = 0;
	struct err err;

	CU_ASSERT_EQUAL(upload_list(bench->f.catalog, after, before, limit, count, &seen, &err), 0);
	return seen;
}

static void lists_by_state_and_by_account(void)
{
	OWNED_BENCH struct bench bench;
	struct upload uploads[3];
	int64_t seen = 0;
	struct err err;

	bench_open(&bench);
	for (size_t i = 0; i < COUNT(uploads); i++)
		add(&bench, "/drop/" ID "/EFT_1.pdf", &uploads[i]);
	uploads[1].state = UPLOAD_PART;
	CU_ASSERT_EQUAL(upload_update(bench.f.catalog, &uploads[1], &err), 0);
	CU_ASSERT_EQUAL(list_open(&bench, &(struct upload){.id = 0}, INT64_MAX, 9), 13);
	CU_ASSERT_EQUAL(list_open(&bench, &(struct upload){.id = 0}, INT64_MAX, 1), 1);
	CU_ASSERT_EQUAL(list_open(&bench, &uploads[0], INT64_MAX, 1), 3);
	CU_ASSERT_EQUAL(list_open(&bench, &uploads[2], INT64_MAX, 9), 0);
	CU_ASSERT_EQUAL(list_open(&bench, &(struct upload){.id = 0}, FIXTURE_NOW, 9), 0);
	CU_ASSERT_EQUAL(upload_list_newest(bench.f.catalog, bench.adam, 2, count, &seen, &err), 0);
	CU_ASSERT_EQUAL(seen, 32);
}

static void an_event_is_told_in_the_same_transaction(void)
{
	OWNED_BENCH struct bench bench;
	struct upload upload;
	char login[LOGIN_MAX + 1];
	struct err err;

	bench_open(&bench);
	add(&bench, "/drop/" ID "/EFT_1.pdf", &upload);
	upload.state = UPLOAD_CLOSED;
	upload.size = 70;
	CU_ASSERT_EQUAL(upload_update_as(bench.f.catalog, &bench.f.spool.actor, "adam", &upload,
	                    "upload.closed", &err),
	    0);
	CU_ASSERT_EQUAL(
	    fixture_number(&bench.f, "SELECT COUNT(*) FROM event WHERE what = 'upload.closed'"
	                             " AND login = 'adam' AND avrs_id = '" ID "'"
	                             " AND detail = 'upload=1 class=edelivery bytes=70'"),
	    1);
	CU_ASSERT_EQUAL(upload_login(bench.f.catalog, bench.adam, login, &err), 0);
	CU_ASSERT_STRING_EQUAL(login, "adam");
	CU_ASSERT_EQUAL(upload_login(bench.f.catalog, 4711, login, &err), 0);
	CU_ASSERT_STRING_EQUAL(login, "");
}

static void no_link_leads_out_of_the_drop_folder(void)
{
	OWNED_BENCH struct bench bench;
	struct upload upload = {.drop = ID, .name = "EFT_1.pdf"};
	struct stat st;

	bench_open(&bench);
	CU_ASSERT_EQUAL(mkdirat(bench.f.scratch.fd, "outside", 0700), 0);
	scratch_write(&bench.f.scratch, "outside/EFT_1.pdf", "x");
	CU_ASSERT_EQUAL(symlinkat("../outside", bench.f.spool.drop_fd, ID), 0);
	CU_ASSERT_FALSE(upload_is_there(bench.f.spool.drop_fd, &upload, false, &st));
	CU_ASSERT_EQUAL(unlinkat(bench.f.spool.drop_fd, ID, 0), 0);
	CU_ASSERT_EQUAL(mkdirat(bench.f.spool.drop_fd, ID, 0700), 0);
	CU_ASSERT_EQUAL(
	    symlinkat("../../outside/EFT_1.pdf", bench.f.spool.drop_fd, ID "/EFT_1.pdf"), 0);
	CU_ASSERT_FALSE(upload_is_there(bench.f.spool.drop_fd, &upload, false, &st));
}

void add_suite_upload(CU_pSuite suite)
{
	TEST(paths_are_those_of_drop_folders);
	TEST(a_part_is_hidden_and_as_long_as_names_may_be);
	TEST(what_is_stored_is_found_again);
	TEST(the_newest_that_is_not_removed_counts);
	TEST(lists_by_state_and_by_account);
	TEST(an_event_is_told_in_the_same_transaction);
	TEST(no_link_leads_out_of_the_drop_folder);
}
