/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/letter.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_letter(CU_pSuite suite);

#define ID    "123456789"
#define OTHER "200000002"

static void find(const struct fixture *f, int64_t id, struct letter *ret_letter)
{
	bool found = false;
	struct err err;

	CU_ASSERT_EQUAL(letter_find(f->catalog, id, ret_letter, &found, &err), 0);
	CU_ASSERT_TRUE_FATAL(found);
}

static void open_with_providers(struct fixture *f)
{
	fixture_open(f);
	scratch_provider(&f->spool, ID);
	scratch_provider(&f->spool, OTHER);
}

static void reads_back_all_that_was_added(void)
{
	OWNED_FIXTURE struct fixture f;
	struct letter letter = {.id = 9,
	    .class = CLASS_TRADE_FILES,
	    .size = INT64_C(4294967297),
	    .crc32 = 0xfedcba98,
	    .source = {1, INT64_MAX, 3},
	    .taken = 4,
	    .electronic = ELECTRONIC_POSTING,
	    .paper = PAPER_QUEUED,
	    .queued = 5};
	struct letter found;
	struct err err;

	open_with_providers(&f);
	text_copy(letter.avrs_id, ID);
	text_copy(letter.type, "ABCDEFGHIJKLMNOP");
	memset(letter.name, 'n', SERVED_NAME_MAX);
	memset(letter.dropped_name, 'd', LETTER_NAME_MAX);
	memset(letter.sha256, 'a', SHA256_HEX);
	text_copy(letter.electronic_reason, "why");
	text_copy(letter.paper_reason, "no account");
	text_copy(letter.paper_date, "2024-05-15");
	CU_ASSERT_EQUAL(letter_add(f.catalog, "node-a", &letter, &err), 0);
	find(&f, 9, &found);
	CU_ASSERT_EQUAL(found.id, 9);
	CU_ASSERT_EQUAL(found.class, CLASS_TRADE_FILES);
	CU_ASSERT_EQUAL(found.size, letter.size);
	CU_ASSERT_EQUAL(found.crc32, letter.crc32);
	CU_ASSERT_EQUAL(found.source.device, 1);
	CU_ASSERT_EQUAL(found.source.inode, INT64_MAX);
	CU_ASSERT_EQUAL(found.source.changed, 3);
	CU_ASSERT_EQUAL(found.batch_id, 0);
	CU_ASSERT_EQUAL(found.taken, 4);
	CU_ASSERT_EQUAL(found.electronic, ELECTRONIC_POSTING);
	CU_ASSERT_EQUAL(found.paper, PAPER_QUEUED);
	CU_ASSERT_EQUAL(found.queued, 5);
	CU_ASSERT_EQUAL(found.sequence, 0);
	CU_ASSERT_EQUAL(found.posted, 0);
	CU_ASSERT_EQUAL(found.placed, 0);
	CU_ASSERT_STRING_EQUAL(found.avrs_id, ID);
	CU_ASSERT_STRING_EQUAL(found.type, letter.type);
	CU_ASSERT_STRING_EQUAL(found.name, letter.name);
	CU_ASSERT_STRING_EQUAL(found.dropped_name, letter.dropped_name);
	CU_ASSERT_STRING_EQUAL(found.sha256, letter.sha256);
	CU_ASSERT_STRING_EQUAL(found.electronic_reason, "why");
	CU_ASSERT_STRING_EQUAL(found.paper_reason, "no account");
	CU_ASSERT_STRING_EQUAL(found.paper_date, "2024-05-15");
}

/* R2: no letter is dropped, so it has at least one delivery. */
static void refuses_a_letter_without_a_delivery(void)
{
	OWNED_FIXTURE struct fixture f;
	struct letter letter = {.id = 9, .avrs_id = ID, .name = "a"};
	struct err err;

	open_with_providers(&f);
	CU_ASSERT_TRUE(fails(letter_add(f.catalog, "n", &letter, &err), &err, ERR_REFUSED));
	letter.paper = PAPER_QUEUED;
	CU_ASSERT_EQUAL(letter_add(f.catalog, "n", &letter, &err), 0);
}

static void refuses_a_letter_for_nobody(void)
{
	OWNED_FIXTURE struct fixture f;
	const struct letter letter = {
	    .id = 9, .avrs_id = "999999999", .name = "a", .electronic = ELECTRONIC_POSTING};
	struct err err;

	open_with_providers(&f);
	CU_ASSERT_TRUE(fails(letter_add(f.catalog, "n", &letter, &err), &err, ERR_REFUSED));
}

static void serves_a_name_once_in_an_avrs_id_over_both_classes(void)
{
	OWNED_FIXTURE struct fixture f;
	struct letter letter = {.id = 100,
	    .avrs_id = ID,
	    .class = CLASS_TRADE_FILES,
	    .name = "EFT_1.pdf",
	    .electronic = ELECTRONIC_POSTING};
	struct letter first;
	struct err err;

	open_with_providers(&f);
	fixture_posted(&f, ID, CLASS_EDELIVERY, "EFT_1.pdf", &first);
	CU_ASSERT_TRUE(fails(letter_add(f.catalog, "n", &letter, &err), &err, ERR_CONFLICT));
	/* Never used again, not after expiry either. */
	fixture_sql(&f, "UPDATE letter SET electronic = 'expired'");
	CU_ASSERT_TRUE(fails(letter_add(f.catalog, "n", &letter, &err), &err, ERR_CONFLICT));
	text_copy(letter.avrs_id, OTHER);
	CU_ASSERT_EQUAL(letter_add(f.catalog, "n", &letter, &err), 0);
}

static void tells_which_file_it_was(void)
{
	OWNED_SCRATCH struct scratch scratch;
	struct stat st;
	struct source source;
	const struct timespec times[] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = 1}};

	scratch_open(&scratch);
	scratch_write(&scratch, "a", "a");
	CU_ASSERT_EQUAL(utimensat(scratch.fd, "a", times, 0), 0);
	CU_ASSERT_EQUAL(fstatat(scratch.fd, "a", &st, 0), 0);
	source = source_of(&st);
	CU_ASSERT_EQUAL(source.device, (int64_t)st.st_dev);
	CU_ASSERT_EQUAL(source.inode, (int64_t)st.st_ino);
	/* The ctime, which nobody can set, and all of its nanoseconds. */
	CU_ASSERT_EQUAL(source.changed / 1000000000, st.st_ctim.tv_sec);
	CU_ASSERT_EQUAL(source.changed % 1000000000, st.st_ctim.tv_nsec);
}

static void posts_only_what_is_being_posted(void)
{
	static const struct {
		const char *state;
		bool posts;
	} rows[] = {{"posting", true}, {"posted", false}, {"expired", false}, {"recalled", false}};
	OWNED_FIXTURE struct fixture f;
	struct letter letter;
	struct letter found;
	struct err err;

	open_with_providers(&f);
	fixture_letter(&f, ID, CLASS_EDELIVERY, "EFT_1.pdf", &letter);
	letter.sequence = 77;
	letter.posted = 88;
	for (size_t i = 0; i < COUNT(rows); i++) {
		CU_ASSERT_EQUAL(
		    catalog_run(f.catalog,
		        "UPDATE letter SET electronic = $1, sequence = NULL, posted = NULL",
		        VALUES(TEXT(rows[i].state)), &err),
		    0);
		CU_ASSERT_EQUAL(letter_set_posted(f.catalog, &letter, &err), 0);
		find(&f, letter.id, &found);
		CU_ASSERT_EQUAL(found.sequence, rows[i].posts ? 77 : 0);
		CU_ASSERT_EQUAL(found.posted, rows[i].posts ? 88 : 0);
		CU_ASSERT_STRING_EQUAL(
		    electronic_name(found.electronic), rows[i].posts ? "posted" : rows[i].state);
	}
}

static void forgets_only_what_was_never_delivered(void)
{
	OWNED_FIXTURE struct fixture f;
	struct letter posting;
	struct letter posted;
	struct letter placed;
	struct letter found;
	bool there = true;
	struct err err;

	open_with_providers(&f);
	fixture_letter(&f, ID, CLASS_EDELIVERY, "a.pdf", &posting);
	fixture_posted(&f, ID, CLASS_EDELIVERY, "b.pdf", &posted);
	fixture_letter(&f, ID, CLASS_EDELIVERY, "c.pdf", &placed);
	fixture_sql(&f, "UPDATE letter SET electronic = NULL, paper = 'queued', placed = 5"
	                " WHERE name = 'c.pdf'");
	CU_ASSERT_EQUAL(letter_forget(f.catalog, posting.id, &err), 0);
	CU_ASSERT_EQUAL(letter_forget(f.catalog, posted.id, &err), 0);
	CU_ASSERT_EQUAL(letter_forget(f.catalog, placed.id, &err), 0);
	CU_ASSERT_EQUAL(letter_find(f.catalog, posting.id, &found, &there, &err), 0);
	CU_ASSERT_FALSE(there);
	find(&f, posted.id, &found);
	find(&f, placed.id, &found);
}

static void places_only_what_is_queued_for_paper(void)
{
	static const struct {
		const char *paper;
		int64_t placed;
	} rows[] = {{"queued", 5}, {"handed-over", 0}, {"withdrawn", 0}};
	OWNED_FIXTURE struct fixture f;
	struct letter letter;
	struct letter found;
	struct err err;

	open_with_providers(&f);
	fixture_letter(&f, ID, CLASS_EDELIVERY, "a.pdf", &letter);
	for (size_t i = 0; i < COUNT(rows); i++) {
		CU_ASSERT_EQUAL(
		    catalog_run(f.catalog, "UPDATE letter SET paper = $1, placed = NULL",
		        VALUES(TEXT(rows[i].paper)), &err),
		    0);
		CU_ASSERT_EQUAL(letter_set_placed(f.catalog, letter.id, 5, &err), 0);
		find(&f, letter.id, &found);
		CU_ASSERT_EQUAL(found.placed, rows[i].placed);
	}
	fixture_sql(&f, "UPDATE letter SET paper = 'queued', placed = 3");
	CU_ASSERT_EQUAL(letter_set_placed(f.catalog, letter.id, 5, &err), 0);
	find(&f, letter.id, &found);
	CU_ASSERT_EQUAL(found.placed, 3);
}

static void finds_a_name_whatever_became_of_it(void)
{
	static const char *const states[] = {"posting", "posted", "expired", "recalled"};
	OWNED_FIXTURE struct fixture f;
	struct letter letter;
	struct letter found;
	bool there;
	struct err err;

	open_with_providers(&f);
	fixture_letter(&f, ID, CLASS_EDELIVERY, "a.pdf", &letter);
	for (size_t i = 0; i < COUNT(states); i++) {
		there = false;
		CU_ASSERT_EQUAL(catalog_run(f.catalog, "UPDATE letter SET electronic = $1",
		                    VALUES(TEXT(states[i])), &err),
		    0);
		CU_ASSERT_EQUAL(letter_find_name(f.catalog, ID, "a.pdf", &found, &there, &err), 0);
		CU_ASSERT_TRUE(there);
		CU_ASSERT_EQUAL(found.id, letter.id);
	}
	CU_ASSERT_EQUAL(letter_find_name(f.catalog, OTHER, "a.pdf", &found, &there, &err), 0);
	CU_ASSERT_FALSE(there);
	CU_ASSERT_EQUAL(letter_find_name(f.catalog, ID, "A.PDF", &found, &there, &err), 0);
	CU_ASSERT_FALSE(there);
}

static void finds_nothing_and_leaves_the_letter_alone(void)
{
	OWNED_FIXTURE struct fixture f;
	struct letter letter = {.id = 42};
	bool found = true;
	struct err err;

	open_with_providers(&f);
	CU_ASSERT_EQUAL(letter_find(f.catalog, 1, &letter, &found, &err), 0);
	CU_ASSERT_FALSE(found);
	CU_ASSERT_EQUAL(letter.id, 42);
}

struct seen {
	char names[128];
	int stop_after;
};

static int note(const struct letter *letter, void *arg, struct err *err)
{
	struct seen *seen = arg;
	size_t used = strlen(seen->names);

	if (seen->stop_after-- == 0)
		return err_set(err, ERR_USAGE, "enough");
	(void)snprintf(seen->names + used, sizeof(seen->names) - used, "%s ", letter->name);
	return 0;
}

static void lists_what_this_node_has_not_finished(void)
{
	OWNED_FIXTURE struct fixture f;
	struct seen seen = {.stop_after = 9};
	struct letter letter;
	struct err err;

	open_with_providers(&f);
	fixture_letter(&f, OTHER, CLASS_EDELIVERY, "d", &letter);
	fixture_letter(&f, ID, CLASS_TRADE_FILES, "a", &letter);
	fixture_posted(&f, ID, CLASS_EDELIVERY, "posted", &letter);
	fixture_letter(&f, ID, CLASS_EDELIVERY, "b", &letter);
	fixture_letter(&f, ID, CLASS_EDELIVERY, "queued", &letter);
	fixture_letter(&f, ID, CLASS_EDELIVERY, "placed", &letter);
	fixture_letter(&f, ID, CLASS_EDELIVERY, "elsewhere", &letter);
	fixture_sql(&f, "UPDATE letter SET electronic = NULL, paper = 'queued'"
	                " WHERE name IN ('queued', 'placed')");
	fixture_sql(&f, "UPDATE letter SET placed = 1 WHERE name = 'placed'");
	fixture_sql(&f, "UPDATE letter SET node = 'other' WHERE name = 'elsewhere'");
	CU_ASSERT_EQUAL(letter_list_unfinished(f.catalog, "test", note, &seen, &err), 0);
	CU_ASSERT_STRING_EQUAL(seen.names, "a b queued d ");
}

static void lists_what_is_posted_in_a_class_by_number(void)
{
	OWNED_FIXTURE struct fixture f;
	struct seen seen = {.stop_after = 9};
	struct letter after = {.class = CLASS_EDELIVERY, .avrs_id = ID};
	struct letter letter;
	struct err err;

	open_with_providers(&f);
	fixture_posted(&f, ID, CLASS_EDELIVERY, "one", &letter);
	fixture_posted(&f, ID, CLASS_TRADE_FILES, "trade", &letter);
	fixture_posted(&f, OTHER, CLASS_EDELIVERY, "other", &letter);
	fixture_posted(&f, ID, CLASS_EDELIVERY, "gone", &letter);
	fixture_posted(&f, ID, CLASS_EDELIVERY, "two", &letter);
	fixture_letter(&f, ID, CLASS_EDELIVERY, "coming", &letter);
	fixture_posted(&f, ID, CLASS_EDELIVERY, "three", &letter);
	fixture_sql(&f, "UPDATE letter SET electronic = 'recalled' WHERE name = 'gone'");
	CU_ASSERT_EQUAL(letter_list_posted(f.catalog, &after, 2, note, &seen, &err), 0);
	CU_ASSERT_STRING_EQUAL(seen.names, "one two ");
	after.sequence = 4;
	CU_ASSERT_EQUAL(letter_list_posted(f.catalog, &after, 2, note, &seen, &err), 0);
	CU_ASSERT_STRING_EQUAL(seen.names, "one two three ");
	seen = (struct seen){.stop_after = 1};
	after.sequence = 0;
	CU_ASSERT_TRUE(
	    fails(letter_list_posted(f.catalog, &after, 9, note, &seen, &err), &err, ERR_USAGE));
	CU_ASSERT_STRING_EQUAL(seen.names, "one ");
}

static int note_line(const struct letter_line *line, void *arg, struct err *err)
{
	struct letter letter = {.size = line->size, .sequence = line->sequence};

	text_copy(letter.name, line->name);
	CU_ASSERT_NOT_EQUAL(line->posted, 0);
	CU_ASSERT_NOT_EQUAL(line->sequence, 0);
	return note(&letter, arg, err);
}

static void lists_the_lines_of_the_same_letters(void)
{
	OWNED_FIXTURE struct fixture f;
	struct seen seen = {.stop_after = 9};
	struct letter after = {.class = CLASS_EDELIVERY, .avrs_id = ID};
	struct letter letter;
	struct err err;

	open_with_providers(&f);
	fixture_posted(&f, ID, CLASS_EDELIVERY, "one", &letter);
	fixture_posted(&f, ID, CLASS_TRADE_FILES, "trade", &letter);
	fixture_posted(&f, OTHER, CLASS_EDELIVERY, "other", &letter);
	fixture_letter(&f, ID, CLASS_EDELIVERY, "coming", &letter);
	fixture_posted(&f, ID, CLASS_EDELIVERY, "two", &letter);
	fixture_posted(&f, ID, CLASS_EDELIVERY, "three", &letter);
	CU_ASSERT_EQUAL(letter_list_lines(f.catalog, &after, 2, note_line, &seen, &err), 0);
	CU_ASSERT_STRING_EQUAL(seen.names, "one two ");
	after.sequence = 3;
	CU_ASSERT_EQUAL(letter_list_lines(f.catalog, &after, 2, note_line, &seen, &err), 0);
	CU_ASSERT_STRING_EQUAL(seen.names, "one two three ");
	seen = (struct seen){.stop_after = 1};
	after.sequence = 0;
	CU_ASSERT_TRUE(fails(
	    letter_list_lines(f.catalog, &after, 9, note_line, &seen, &err), &err, ERR_USAGE));
	CU_ASSERT_STRING_EQUAL(seen.names, "one ");
}

static void lists_the_next_of_a_class_by_name(void)
{
	OWNED_FIXTURE struct fixture f;
	struct seen seen = {.stop_after = 9};
	struct letter after = {.class = CLASS_EDELIVERY, .avrs_id = ID, .name = "b"};
	struct letter letter;
	struct err err;

	open_with_providers(&f);
	fixture_posted(&f, ID, CLASS_EDELIVERY, "f", &letter);
	fixture_posted(&f, ID, CLASS_EDELIVERY, "e", &letter);
	fixture_letter(&f, ID, CLASS_EDELIVERY, "d coming", &letter);
	fixture_posted(&f, ID, CLASS_TRADE_FILES, "d trade", &letter);
	fixture_posted(&f, ID, CLASS_EDELIVERY, "c", &letter);
	fixture_posted(&f, ID, CLASS_EDELIVERY, "b", &letter);
	fixture_posted(&f, ID, CLASS_EDELIVERY, "a", &letter);
	fixture_posted(&f, OTHER, CLASS_EDELIVERY, "c other", &letter);
	CU_ASSERT_EQUAL(letter_list_named(f.catalog, &after, 9, note_line, &seen, &err), 0);
	CU_ASSERT_STRING_EQUAL(seen.names, "c e f ");
	/* What is not shown is looked at, too: a limit is one of work. */
	seen = (struct seen){.stop_after = 9};
	CU_ASSERT_EQUAL(letter_list_named(f.catalog, &after, 3, note_line, &seen, &err), 0);
	CU_ASSERT_STRING_EQUAL(seen.names, "c ");
	seen = (struct seen){.stop_after = 1};
	CU_ASSERT_TRUE(fails(
	    letter_list_named(f.catalog, &after, 9, note_line, &seen, &err), &err, ERR_USAGE));
}

static void lists_the_newest_first(void)
{
	static const struct {
		const char *avrs_id;
		int64_t limit;
		const char *names;
	} rows[] = {
	    {ID, 10, "c a "},
	    {ID, 1, "c "},
	    {OTHER, 10, "b "},
	    {"", 10, "c b a "},
	    {"", 2, "c b "},
	    {"999999999", 10, ""},
	};
	OWNED_FIXTURE struct fixture f;
	struct letter letter;

	open_with_providers(&f);
	fixture_letter(&f, ID, CLASS_EDELIVERY, "a", &letter);
	fixture_posted(&f, OTHER, CLASS_TRADE_FILES, "b", &letter);
	fixture_posted(&f, ID, CLASS_EDELIVERY, "c", &letter);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct seen seen = {.stop_after = 9};
		struct err err;

		CU_ASSERT_EQUAL(letter_list_newest(
		                    f.catalog, rows[i].avrs_id, rows[i].limit, note, &seen, &err),
		    0);
		CU_ASSERT_STRING_EQUAL(seen.names, rows[i].names);
	}
}

/* Another class counts for nothing. */
static void finds_where_a_day_begins(void)
{
	static const struct {
		int64_t before;
		int64_t sequence;
	} rows[] = {{0, 0}, {100, 0}, {101, 1}, {200, 1}, {201, 2}, {999, 3}};
	OWNED_FIXTURE struct fixture f;
	struct letter letter;
	struct err err;

	open_with_providers(&f);
	fixture_posted(&f, ID, CLASS_EDELIVERY, "one", &letter);
	fixture_posted(&f, ID, CLASS_EDELIVERY, "two", &letter);
	fixture_posted(&f, ID, CLASS_EDELIVERY, "three", &letter);
	fixture_posted(&f, ID, CLASS_TRADE_FILES, "trade", &letter);
	fixture_sql(&f, "UPDATE letter SET posted = sequence * 100");
	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t sequence = -1;

		CU_ASSERT_EQUAL(letter_find_last_before(f.catalog, ID, CLASS_EDELIVERY,
		                    rows[i].before, &sequence, &err),
		    0);
		CU_ASSERT_EQUAL(sequence, rows[i].sequence);
	}
}

static void note_id(int64_t id, void *arg)
{
	int64_t *sum = arg;

	*sum += id;
}

/* However many they are: some in a statement of several, and the rest one by one. */
static void adds_what_is_offered_but_for_names_that_are_taken(void)
{
	enum { MOST = 20, TAKEN = 3, AGAIN = 9 };

	for (size_t count = 0; count <= MOST; count++) {
		OWNED_FIXTURE struct fixture f;
		struct letter letters[MOST];
		const struct letter *offered[MOST];
		struct letter taken;
		int64_t expected = 0;
		int64_t sum = 0;
		struct err err;

		open_with_providers(&f);
		fixture_letter(&f, ID, CLASS_EDELIVERY, "name-3", &taken);
		for (size_t i = 0; i < count; i++) {
			letters[i] = taken;
			letters[i].id = 100 + (int64_t)i;
			(void)snprintf(letters[i].name, sizeof(letters[i].name), "name-%zu",
			    i == AGAIN ? (size_t)0 : i);
			letters[i].size = (int64_t)i;
			offered[i] = &letters[i];
			expected += i == TAKEN || i == AGAIN ? 0 : letters[i].id;
		}
		CU_ASSERT_EQUAL(letter_offer_all(f.catalog, "n", offered, count, &err), 0);
		CU_ASSERT_EQUAL(letter_list_ids(f.catalog, 100, 200, note_id, &sum, &err), 0);
		CU_ASSERT_EQUAL(sum, expected);
		for (size_t i = 0; i < count; i++) {
			if (i == TAKEN || i == AGAIN)
				continue;
			find(&f, letters[i].id, &taken);
			CU_ASSERT_STRING_EQUAL(taken.name, letters[i].name);
			CU_ASSERT_EQUAL(taken.size, letters[i].size);
			CU_ASSERT_EQUAL(taken.queued, letters[i].queued);
		}
	}
}

void add_suite_letter(CU_pSuite suite)
{
	TEST(reads_back_all_that_was_added);
	TEST(refuses_a_letter_without_a_delivery);
	TEST(refuses_a_letter_for_nobody);
	TEST(adds_what_is_offered_but_for_names_that_are_taken);
	TEST(serves_a_name_once_in_an_avrs_id_over_both_classes);
	TEST(tells_which_file_it_was);
	TEST(posts_only_what_is_being_posted);
	TEST(forgets_only_what_was_never_delivered);
	TEST(places_only_what_is_queued_for_paper);
	TEST(finds_a_name_whatever_became_of_it);
	TEST(finds_nothing_and_leaves_the_letter_alone);
	TEST(lists_what_this_node_has_not_finished);
	TEST(lists_what_is_posted_in_a_class_by_number);
	TEST(lists_the_lines_of_the_same_letters);
	TEST(lists_the_next_of_a_class_by_name);
	TEST(lists_the_newest_first);
	TEST(finds_where_a_day_begins);
}
