/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/number.h"
#include "base/text.h"
#include "batch/post.h"
#include "batch/record.h"
#include "batch/take.h"
#include "tests/lib/drops.h"
#include "tests/unit/suite.h"

void add_suite_record(CU_pSuite suite);

#define FOLDER DROPS_AVRS_ID "/"
#define NAME   FOLDER "EFT_1.pdf"

/* Drop, take and record one file. Its drop is the caller's. */
static void record_file(
    struct drops *drops, const char *path, const char *content, struct drop *ret_drop)
{
	struct err err;

	drops_take(drops, path, content, ret_drop);
	CU_ASSERT_EQUAL(record(&drops->spool, ret_drop, 1, &err), 0);
}

/* Their letters have become visible. */
static void finish_posting(const struct drops *drops)
{
	drops_run(drops, "UPDATE letter SET electronic = 'posted' WHERE electronic = 'posting'");
}

/* The same, and done with it: what it was served as, or "" when it was not to be posted. */
static void serve(struct drops *drops, const char *path, const char *content, char *ret_name)
{
	struct drop drop;

	record_file(drops, path, content, &drop);
	(void)snprintf(ret_name, SERVED_NAME_MAX + 1, "%s",
	    drop.verdict == VERDICT_POST ? drop.letter.name : "");
	drop_done(&drop);
	finish_posting(drops);
}

static void a_letter_gets_an_id_a_name_and_a_row(void)
{
	OWNED_DROPS struct drops drops;
	struct letter letter;
	struct drop drop;
	bool found = false;
	struct err err;

	drops_open(&drops, "");
	record_file(&drops, NAME, "a", &drop);
	CU_ASSERT_EQUAL(drop.verdict, VERDICT_POST);
	CU_ASSERT(drop.letter.id > 0);
	CU_ASSERT_EQUAL(letter_find(drops.spool.catalog, drop.letter.id, &letter, &found, &err), 0);
	CU_ASSERT_TRUE_FATAL(found);
	CU_ASSERT_EQUAL(letter.electronic, ELECTRONIC_POSTING);
	CU_ASSERT_EQUAL(letter.sequence, 0);
	CU_ASSERT_STRING_EQUAL(letter.name, "EFT_1.pdf");
	CU_ASSERT_STRING_EQUAL(letter.dropped_name, "EFT_1.pdf");
	CU_ASSERT_STRING_EQUAL(letter.sha256, drop.letter.sha256);
	CU_ASSERT_EQUAL(letter.source.inode, (int64_t)drop.st.st_ino);
	drop_done(&drop);
}

/* Each row is dropped in this order, with a content of its own. */
static void a_name_is_served_once_and_then_numbered(void)
{
	static const struct {
		const char *path;
		const char *served;
	} files[] = {
	    {FOLDER "EFT_a.pdf", "EFT_a.pdf"},
	    {FOLDER "EFT_a.pdf", "EFT_a.2.pdf"},
	    {FOLDER "EFT_a.pdf", "EFT_a.3.pdf"},
	    /* The other class shares the names. */
	    {FOLDER "trade-files/EFT_a.pdf", "EFT_a.4.pdf"},
	    {FOLDER "trade-files/RA.tar.gz", "RA.tar.gz"},
	    {FOLDER "RA.tar.gz", "RA.tar.2.gz"},
	    {FOLDER "EFT_b", "EFT_b"},
	    {FOLDER "EFT_b", "EFT_b.2"},
	    /* A job that numbers its files itself. */
	    {FOLDER "EFT_a.3.pdf", "EFT_a.3.2.pdf"},
	    {FOLDER "EFT_c.2.pdf", "EFT_c.2.pdf"},
	    {FOLDER "EFT_c.pdf", "EFT_c.pdf"},
	    {FOLDER "EFT_c.pdf", "EFT_c.3.pdf"},
	    /* Another AVRS ID has names of its own. */
	    {"987654321/EFT_a.pdf", "EFT_a.pdf"},
	};
	OWNED_DROPS struct drops drops;

	drops_open(&drops, "");
	scratch_provider(&drops.spool, "987654321");
	for (size_t i = 0; i < COUNT(files); i++) {
		char name[SERVED_NAME_MAX + 1];
		char content[16];

		(void)snprintf(content, sizeof(content), "%zu", i);
		serve(&drops, files[i].path, content, name);
		CU_ASSERT_STRING_EQUAL(name, files[i].served);
	}
}

static void the_longest_name_can_be_numbered(void)
{
	OWNED_DROPS struct drops drops;
	char path[256] = FOLDER;
	char name[SERVED_NAME_MAX + 1];
	size_t used = strlen(path);

	drops_open(&drops, "");
	memset(path + used, 'E', LETTER_NAME_MAX - 4);
	memcpy(path + used + LETTER_NAME_MAX - 4, ".pdf", 5);
	serve(&drops, path, "a", name);
	CU_ASSERT_EQUAL(strlen(name), LETTER_NAME_MAX);
	serve(&drops, path, "b", name);
	CU_ASSERT_EQUAL(strlen(name), LETTER_NAME_MAX + 2);
	CU_ASSERT_STRING_EQUAL(name + LETTER_NAME_MAX - 4, ".2.pdf");
}

/* Mirrors skip the names that they know. */
static void a_name_is_not_used_again_after_the_letter_is_gone(void)
{
	static const char *const ends[] = {
	    "UPDATE letter SET electronic = 'expired'",
	    "UPDATE letter SET electronic = 'recalled'",
	    "UPDATE letter SET electronic = NULL, paper = 'withdrawn'",
	};

	for (size_t i = 0; i < COUNT(ends); i++) {
		OWNED_DROPS struct drops drops;
		char name[SERVED_NAME_MAX + 1];

		drops_open(&drops, "");
		serve(&drops, NAME, "a", name);
		drops_run(&drops, ends[i]);
		serve(&drops, NAME, "b", name);
		CU_ASSERT_STRING_EQUAL(name, "EFT_1.2.pdf");
	}
}

/* A first letter in some state, so many days old, then the same name, with the same content. */
static const struct {
	const char *state;
	int days;
	const char *setting;
	enum verdict verdict;
} repeats[] = {
    {"electronic = 'posting'", 0, "", VERDICT_WAIT},
    {"electronic = 'posting', node = 'another'", 0, "", VERDICT_WAIT},
    {"electronic = 'posted'", 0, "", VERDICT_DUPLICATE},
    {"electronic = NULL, paper = 'queued'", 0, "", VERDICT_WAIT},
    {"electronic = NULL, paper = 'queued', placed = 1", 0, "", VERDICT_DUPLICATE},
    {"electronic = NULL, paper = 'handed-over'", 0, "", VERDICT_DUPLICATE},
    {"electronic = 'recalled', paper = 'queued', placed = 1", 0, "", VERDICT_DUPLICATE},
    {"electronic = 'expired'", 0, "", VERDICT_POST},
    {"electronic = 'recalled'", 0, "", VERDICT_POST},
    {"electronic = NULL, paper = 'withdrawn'", 0, "", VERDICT_POST},
    {"electronic = 'posted'", 6, "", VERDICT_DUPLICATE},
    {"electronic = 'posted'", 7, "", VERDICT_POST},
    {"electronic = 'posted'", 7, "drop.duplicate-days = 8", VERDICT_DUPLICATE},
    {"electronic = 'posted'", 0, "drop.duplicate-days = 0", VERDICT_POST},
};

static void a_repeated_letter_is_a_duplicate_while_the_first_is_there(void)
{
	for (size_t i = 0; i < COUNT(repeats); i++) {
		OWNED_DROPS struct drops drops;
		char name[SERVED_NAME_MAX + 1];
		char sql[128];
		struct drop drop;
		int64_t now = clock_now();

		clock_freeze(now);
		drops_open(&drops, repeats[i].setting);
		serve(&drops, NAME, "a", name);
		(void)snprintf(sql, sizeof(sql), "UPDATE letter SET %s", repeats[i].state);
		drops_run(&drops, sql);
		clock_freeze(now + repeats[i].days * DAY);
		record_file(&drops, NAME, "a", &drop);
		CU_ASSERT_EQUAL(drop.verdict, repeats[i].verdict);
		CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM letter"),
		    repeats[i].verdict == VERDICT_POST ? 2 : 1);
		CU_ASSERT_EQUAL(
		    drops_number(&drops, "SELECT COUNT(*) FROM intake WHERE state = 'duplicate'"),
		    repeats[i].verdict == VERDICT_DUPLICATE ? 1 : 0);
		drop_done(&drop);
		clock_freeze(0);
	}
}

/* Name, content, class and AVRS ID all have to be the same. */
static void what_differs_in_anything_is_no_duplicate(void)
{
	static const struct {
		const char *path;
		const char *content;
	} others[] = {
	    {FOLDER "EFT_1.pdf", "b"},
	    {FOLDER "EFT_2.pdf", "a"},
	    {FOLDER "trade-files/EFT_1.pdf", "a"},
	    {"987654321/EFT_1.pdf", "a"},
	};

	for (size_t i = 0; i < COUNT(others); i++) {
		OWNED_DROPS struct drops drops;
		char name[SERVED_NAME_MAX + 1];
		struct drop drop;

		drops_open(&drops, "");
		scratch_provider(&drops.spool, "987654321");
		serve(&drops, NAME, "a", name);
		record_file(&drops, others[i].path, others[i].content, &drop);
		CU_ASSERT_EQUAL(drop.verdict, VERDICT_POST);
		drop_done(&drop);
	}
}

/* Also among its numbered names: the second of that name comes once more. */
static void a_duplicate_of_any_letter_of_that_name_is_found(void)
{
	OWNED_DROPS struct drops drops;
	char name[SERVED_NAME_MAX + 1];
	struct drop drop;

	drops_open(&drops, "");
	serve(&drops, NAME, "a", name);
	serve(&drops, NAME, "b", name);
	CU_ASSERT_STRING_EQUAL(name, "EFT_1.2.pdf");
	record_file(&drops, NAME, "b", &drop);
	CU_ASSERT_EQUAL(drop.verdict, VERDICT_DUPLICATE);
	CU_ASSERT_EQUAL(drop.letter.id,
	    drops_number(&drops, "SELECT id FROM letter WHERE name = 'EFT_1.2.pdf'"));
	drop_done(&drop);
}

static void a_duplicate_is_recorded_once_with_its_first(void)
{
	OWNED_DROPS struct drops drops;
	char name[SERVED_NAME_MAX + 1];
	struct drop drop;

	drops_open(&drops, "");
	serve(&drops, NAME, "a", name);
	record_file(&drops, NAME, "a", &drop);
	CU_ASSERT_EQUAL(drop.verdict, VERDICT_DUPLICATE);
	drop_done(&drop);
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT first_id FROM intake"),
	    drops_number(&drops, "SELECT id FROM letter"));
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT letter_id FROM event WHERE"
	                                     " what = 'letter.duplicate'"),
	    drops_number(&drops, "SELECT id FROM intake"));
	/* The program died before it removed the file, and finds it again. */
	for (int i = 0; i < 2; i++) {
		drops_look(&drops, NAME, &drop);
		(void)snprintf(drop.letter.sha256, sizeof(drop.letter.sha256), "%s",
		    "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb");
		CU_ASSERT_EQUAL(record(&drops.spool, &drop, 1, &(struct err){0}), 0);
		CU_ASSERT_EQUAL(drop.verdict, VERDICT_DUPLICATE);
		drop_done(&drop);
	}
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM intake"), 1);
	/* Another file of that name and content is another duplicate. */
	record_file(&drops, NAME, "a", &drop);
	drop_done(&drop);
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM intake"), 2);
}

static void a_second_file_of_a_name_is_refused_where_settings_say_so(void)
{
	OWNED_DROPS struct drops drops;
	char name[SERVED_NAME_MAX + 1];
	struct drop drop;

	drops_open(&drops, "drop.same-name = quarantine");
	serve(&drops, NAME, "a", name);
	CU_ASSERT_STRING_EQUAL(name, "EFT_1.pdf");
	record_file(&drops, NAME, "b", &drop);
	CU_ASSERT_EQUAL(drop.verdict, VERDICT_QUARANTINE);
	CU_ASSERT_PTR_NOT_NULL(strstr(drop.reason, "drop.same-name"));
	drop_done(&drop);
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM letter"), 1);
	/* What comes twice is still only that. */
	record_file(&drops, NAME, "a", &drop);
	CU_ASSERT_EQUAL(drop.verdict, VERDICT_DUPLICATE);
	drop_done(&drop);
}

/* Give the letter its final path, as the next step of posting does. */
static void link_letter(const struct drops *drops, const struct drop *drop)
{
	char path[FOLDER_PATH_MAX];
	char folder[PATH_MAX];
	struct err err;

	post_path(&drop->letter, path);
	file_parent(path, folder);
	CU_ASSERT_EQUAL(file_make_folder(drops->spool.root_fd, folder, 0750, &err), 0);
	CU_ASSERT_EQUAL(file_give_name(drop->served_fd, drops->spool.root_fd, "", path, &err), 0);
}

/* Whatever became of the letter since: the file in the drop folder is that letter. */
static void what_was_adopted_is_recognised_by_its_inode(void)
{
	static const struct {
		const char *state;
		enum verdict verdict;
	} rows[] = {
	    {"electronic = 'posted'", VERDICT_LEFTOVER},
	    {"electronic = 'recalled'", VERDICT_LEFTOVER},
	    {"electronic = 'posted', taken = 1", VERDICT_LEFTOVER},
	    /* Its name may be the last that is left, if the letter is undone. */
	    {"electronic = 'posting'", VERDICT_WAIT},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		OWNED_DROPS struct drops drops;
		char sql[128];
		struct drop drop;
		struct drop again;
		struct err err;

		drops_open(&drops, "");
		record_file(&drops, NAME, "a", &drop);
		CU_ASSERT_TRUE(drop.adopted);
		link_letter(&drops, &drop);
		(void)snprintf(sql, sizeof(sql), "UPDATE letter SET %s", rows[i].state);
		drops_run(&drops, sql);
		drops_look(&drops, NAME, &again);
		CU_ASSERT_EQUAL(take(drops.taker, &again, 1, &err), 0);
		CU_ASSERT_FALSE(again.adopted);
		CU_ASSERT_EQUAL(record(&drops.spool, &again, 1, &err), 0);
		CU_ASSERT_EQUAL(again.verdict, rows[i].verdict);
		CU_ASSERT_EQUAL(again.letter.id, drop.letter.id);
		CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM intake"), 0);
		drop_done(&again);
		drop_done(&drop);
	}
}

/* A drop that cannot be adopted: a second link keeps it from being ours. */
static void take_a_copy(struct drops *drops, const char *path, struct drop *ret_drop)
{
	struct err err;

	drops_write(drops, path, "a");
	CU_ASSERT_EQUAL(linkat(drops->spool.drop_fd, path, drops->spool.drop_fd, "link", 0), 0);
	drops_look(drops, path, ret_drop);
	CU_ASSERT_EQUAL(take(drops->taker, ret_drop, 1, &err), 0);
	CU_ASSERT_FALSE(ret_drop->adopted);
}

static void what_was_copied_is_recognised_while_it_is_unchanged(void)
{
	OWNED_DROPS struct drops drops;
	struct drop drop;
	struct err err;

	drops_open(&drops, "");
	take_a_copy(&drops, NAME, &drop);
	CU_ASSERT_EQUAL(record(&drops.spool, &drop, 1, &err), 0);
	drop_done(&drop);
	drops_run(&drops, "UPDATE letter SET electronic = 'recalled'");
	drops_look(&drops, NAME, &drop);
	CU_ASSERT_EQUAL(take(drops.taker, &drop, 1, &err), 0);
	CU_ASSERT_EQUAL(record(&drops.spool, &drop, 1, &err), 0);
	CU_ASSERT_EQUAL(drop.verdict, VERDICT_LEFTOVER);
	drop_done(&drop);
	/* Written again, it is a new letter. */
	(void)usleep(10000);
	drops_write(&drops, NAME, "b");
	drops_look(&drops, NAME, &drop);
	CU_ASSERT_EQUAL(take(drops.taker, &drop, 1, &err), 0);
	CU_ASSERT_EQUAL(record(&drops.spool, &drop, 1, &err), 0);
	CU_ASSERT_EQUAL(drop.verdict, VERDICT_POST);
	drop_done(&drop);
}

/* Losing the other link changes its change time, but it is no new file. */
static void what_was_copied_is_recognised_after_its_other_link_is_gone(void)
{
	static const char *const states[] = {
	    "UPDATE letter SET electronic = 'posted'", "UPDATE letter SET electronic = 'recalled'"};

	for (size_t i = 0; i < COUNT(states); i++) {
		OWNED_DROPS struct drops drops;
		struct drop drop;
		struct err err;

		drops_open(&drops, "");
		take_a_copy(&drops, NAME, &drop);
		drop.letter.taken = clock_now();
		CU_ASSERT_EQUAL(record(&drops.spool, &drop, 1, &err), 0);
		drop_done(&drop);
		drops_run(&drops, states[i]);
		(void)usleep(10000);
		CU_ASSERT_EQUAL(unlinkat(drops.spool.drop_fd, "link", 0), 0);
		drops_look(&drops, NAME, &drop);
		CU_ASSERT_EQUAL(take(drops.taker, &drop, 1, &err), 0);
		CU_ASSERT_EQUAL(record(&drops.spool, &drop, 1, &err), 0);
		CU_ASSERT_EQUAL(drop.verdict, VERDICT_LEFTOVER);
		CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM intake"), 0);
		drop_done(&drop);
	}
}

/*
 * Removing begins with a rename to .<id>.taken, which changes the change time. Who died behind
 * that left the letter's file, not a new one, however duplicates are treated.
 */
static void what_was_copied_is_recognised_when_it_was_being_removed(void)
{
	static const char *const settings[] = {"", "drop.duplicate-days = 0"};

	for (size_t i = 0; i < COUNT(settings); i++) {
		OWNED_DROPS struct drops drops;
		char hidden[64];
		struct drop drop;
		struct err err;

		drops_open(&drops, settings[i]);
		take_a_copy(&drops, NAME, &drop);
		CU_ASSERT_EQUAL(record(&drops.spool, &drop, 1, &err), 0);
		(void)snprintf(hidden, sizeof(hidden), FOLDER ".%d.taken", (int)drop.letter.id);
		drop_done(&drop);
		finish_posting(&drops);
		(void)usleep(10000);
		CU_ASSERT_EQUAL(
		    renameat(drops.spool.drop_fd, NAME, drops.spool.drop_fd, hidden), 0);
		drops_look(&drops, hidden, &drop);
		text_copy(drop.name, "EFT_1.pdf");
		CU_ASSERT_EQUAL(take(drops.taker, &drop, 1, &err), 0);
		CU_ASSERT_EQUAL(record(&drops.spool, &drop, 1, &err), 0);
		CU_ASSERT_EQUAL(drop.verdict, VERDICT_LEFTOVER);
		CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM intake"), 0);
		CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM letter"), 1);
		drop_done(&drop);
		/* Another file under that name is a new drop that came under our feet. */
		drops_write(&drops, hidden, "b");
		drops_look(&drops, hidden, &drop);
		text_copy(drop.name, "EFT_1.pdf");
		CU_ASSERT_EQUAL(take(drops.taker, &drop, 1, &err), 0);
		CU_ASSERT_EQUAL(record(&drops.spool, &drop, 1, &err), 0);
		CU_ASSERT_EQUAL(drop.verdict, VERDICT_POST);
		drop_done(&drop);
	}
}

static void a_batch_is_recorded_as_a_whole_or_not_at_all(void)
{
	OWNED_DROPS struct drops drops;
	struct drop batch[3];
	struct err err;

	drops_open(&drops, "");
	drops_take(&drops, NAME, "a", &batch[0]);
	drops_take(&drops, FOLDER "EFT_2.pdf", "b", &batch[1]);
	drops_take(&drops, "000000000/EFT_3.pdf", "c", &batch[2]);
	CU_ASSERT_EQUAL(record(&drops.spool, batch, 3, &err), -1);
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM letter"), 0);
	/* What is not to be posted is not asked about. */
	batch[2].verdict = VERDICT_HOLD;
	CU_ASSERT_EQUAL(record(&drops.spool, batch, 3, &err), 0);
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM letter"), 2);
	CU_ASSERT_EQUAL(batch[2].verdict, VERDICT_HOLD);
	for (int i = 0; i < 3; i++)
		drop_done(&batch[i]);
}

/* A held file's row has the id that its letter, or its duplicate, gets. */
static void a_held_file_keeps_its_id(void)
{
	OWNED_DROPS struct drops drops;
	struct drop drop;
	struct intake intake;
	struct err err;

	drops_open(&drops, "");
	for (int i = 0; i < 2; i++) {
		drops_take(&drops, NAME, "a", &drop);
		drop.intake_id = 70 + i;
		drop_intake(&drop, INTAKE_HELD, &intake);
		CU_ASSERT_EQUAL(intake_add(drops.spool.catalog, "test", &intake, &err), 0);
		CU_ASSERT_EQUAL(record(&drops.spool, &drop, 1, &err), 0);
		drop_done(&drop);
		finish_posting(&drops);
	}
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT id FROM letter"), 70);
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT id FROM intake WHERE state = 'duplicate'"
	                                     " AND first_id = 70"),
	    71);
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM intake"), 2);
}

/* A crash came behind its posting, and somebody still takes it for held. */
static void a_held_file_whose_letter_is_there_is_what_was_left_of_it(void)
{
	OWNED_DROPS struct drops drops;
	struct drop drop;
	struct err err;

	drops_open(&drops, "");
	drops_take(&drops, NAME, "a", &drop);
	drop.intake_id = 70;
	CU_ASSERT_EQUAL(record(&drops.spool, &drop, 1, &err), 0);
	link_letter(&drops, &drop);
	drop_done(&drop);
	finish_posting(&drops);
	drops_look(&drops, NAME, &drop);
	drop.intake_id = 70;
	CU_ASSERT_EQUAL(take(drops.taker, &drop, 1, &err), 0);
	CU_ASSERT_EQUAL(record(&drops.spool, &drop, 1, &err), 0);
	CU_ASSERT_EQUAL(drop.verdict, VERDICT_LEFTOVER);
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM letter"), 1);
	drop_done(&drop);
}

void add_suite_record(CU_pSuite suite)
{
	TEST(a_letter_gets_an_id_a_name_and_a_row);
	TEST(a_name_is_served_once_and_then_numbered);
	TEST(the_longest_name_can_be_numbered);
	TEST(a_name_is_not_used_again_after_the_letter_is_gone);
	TEST(a_repeated_letter_is_a_duplicate_while_the_first_is_there);
	TEST(what_differs_in_anything_is_no_duplicate);
	TEST(a_duplicate_of_any_letter_of_that_name_is_found);
	TEST(a_duplicate_is_recorded_once_with_its_first);
	TEST(a_second_file_of_a_name_is_refused_where_settings_say_so);
	TEST(what_was_adopted_is_recognised_by_its_inode);
	TEST(what_was_copied_is_recognised_while_it_is_unchanged);
	TEST(what_was_copied_is_recognised_after_its_other_link_is_gone);
	TEST(what_was_copied_is_recognised_when_it_was_being_removed);
	TEST(a_batch_is_recorded_as_a_whole_or_not_at_all);
	TEST(a_held_file_keeps_its_id);
	TEST(a_held_file_whose_letter_is_there_is_what_was_left_of_it);
}
