/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/number.h"
#include "base/text.h"
#include "batch/publish.h"
#include "tests/lib/drops.h"
#include "tests/unit/suite.h"

void add_suite_publish(CU_pSuite suite);

#define OTHER "987654321"
#define START (INT64_C(1553688000) * SECOND)

/* A letter that is recorded and linked, its file being path. */
static struct publication linked(
    const struct drops *drops, const char *avrs_id, const char *path, enum letter_class class)
{
	struct publication one = {.fd = -1};
	struct letter *letter = &one.letter;
	struct err err;

	CU_ASSERT_EQUAL_FATAL(
	    catalog_take_ids(drops->spool.catalog, "letter", 1, &letter->id, &err), 0);
	text_copy(letter->avrs_id, avrs_id);
	text_copy(letter->name, path);
	text_copy(letter->dropped_name, path);
	letter->class = class;
	letter->taken = START;
	letter->posted = START;
	letter->electronic = ELECTRONIC_POSTING;
	CU_ASSERT_EQUAL_FATAL(letter_add(drops->spool.catalog, "test", letter, &err), 0);
	scratch_write(&drops->scratch, path, "x");
	one.fd = openat(drops->scratch.fd, path, O_RDWR | O_CLOEXEC);
	CU_ASSERT(one.fd >= 0);
	return one;
}

static struct letter letter_of(const struct drops *drops, int64_t id)
{
	struct letter letter = {0};
	bool found = false;
	struct err err;

	CU_ASSERT_EQUAL(letter_find(drops->spool.catalog, id, &letter, &found, &err), 0);
	CU_ASSERT_TRUE(found);
	return letter;
}

static void letters_are_numbered_in_order_within_their_avrs_id(void)
{
	OWNED_DROPS struct drops drops;
	struct publication letters[5];
	int64_t ids[5];
	static const int64_t sequences[] = {1, 1, 2, 2, 3};
	struct err err;

	drops_open(&drops, "");
	scratch_provider(&drops.spool, OTHER);
	letters[0] = linked(&drops, DROPS_AVRS_ID, "a", CLASS_EDELIVERY);
	letters[1] = linked(&drops, OTHER, "b", CLASS_EDELIVERY);
	letters[2] = linked(&drops, OTHER, "c", CLASS_TRADE_FILES);
	letters[3] = linked(&drops, DROPS_AVRS_ID, "d", CLASS_TRADE_FILES);
	letters[4] = linked(&drops, DROPS_AVRS_ID, "e", CLASS_EDELIVERY);
	for (int i = 0; i < 5; i++)
		ids[i] = letters[i].letter.id;
	CU_ASSERT_EQUAL(publish(&drops.spool, letters, 5, &err), 0);
	for (int i = 0; i < 5; i++) {
		struct letter letter = letter_of(&drops, ids[i]);

		CU_ASSERT_EQUAL(letter.electronic, ELECTRONIC_POSTED);
		CU_ASSERT_EQUAL(letter.sequence, sequences[i]);
		CU_ASSERT_EQUAL(letter.posted, START);
		clean_fd(&letters[i].fd);
	}
	CU_ASSERT_EQUAL(
	    drops_number(&drops, "SELECT COUNT(*) FROM event WHERE what = 'letter.posted'"), 5);
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(DISTINCT letter_id) FROM event WHERE"
	                                     " what = 'letter.posted'"),
	    5);
}

/* Mirrors go by the time, so a later letter never has an earlier one. */
static void the_time_never_goes_back_within_an_avrs_id(void)
{
	OWNED_DROPS struct drops drops;
	struct publication one;
	struct stat st;
	struct err err;

	drops_open(&drops, "");
	drops_run(&drops, "UPDATE provider SET last_posted = 1600000000123456");
	one = linked(&drops, DROPS_AVRS_ID, "a", CLASS_EDELIVERY);
	CU_ASSERT_EQUAL(publish(&drops.spool, &one, 1, &err), 0);
	CU_ASSERT_EQUAL(letter_of(&drops, one.letter.id).posted, 1600000000123456);
	/* What clients see is the file's. */
	CU_ASSERT_EQUAL(fstat(one.fd, &st), 0);
	CU_ASSERT_EQUAL(st.st_mtim.tv_sec, 1600000000);
	CU_ASSERT_EQUAL(st.st_mtim.tv_nsec, 123456000);
	clean_fd(&one.fd);
}

/* R8: by class, each as the account's role and wish have it. */
static void who_is_to_be_told_is_counted(void)
{
	OWNED_DROPS struct drops drops;
	struct publication letters[3];
	struct err err;

	drops_open(&drops, "");
	(void)scratch_account(&drops.spool, "boss", DROPS_AVRS_ID, "master");
	(void)scratch_account(&drops.spool, "clerk", DROPS_AVRS_ID, "e-delivery-only");
	(void)scratch_account(&drops.spool, "stranger", "", "");
	drops_run(&drops, "UPDATE account SET mail_trade_files = 1");
	letters[0] = linked(&drops, DROPS_AVRS_ID, "a", CLASS_EDELIVERY);
	letters[1] = linked(&drops, DROPS_AVRS_ID, "b", CLASS_EDELIVERY);
	letters[2] = linked(&drops, DROPS_AVRS_ID, "c", CLASS_TRADE_FILES);
	CU_ASSERT_EQUAL(publish(&drops.spool, letters, 3, &err), 0);
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT SUM(letters) FROM notification"), 5);
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT letters FROM notification n JOIN account a"
	                                     " ON a.id = n.account_id WHERE a.login = 'clerk'"),
	    2);
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT letters FROM notification n JOIN account a"
	                                     " ON a.id = n.account_id WHERE class = 'trade-files'"),
	    1);
	for (int i = 0; i < 3; i++)
		clean_fd(&letters[i].fd);
}

/* R2: nothing of it is visible, numbered or told to accounts. */
static void a_letter_on_paper_is_placed_and_nothing_else(void)
{
	OWNED_DROPS struct drops drops;
	struct publication letters[2];
	struct letter letter;
	struct err err;

	drops_open(&drops, "");
	(void)scratch_account(&drops.spool, "clerk", DROPS_AVRS_ID, "e-delivery-only");
	letters[0] = linked(&drops, DROPS_AVRS_ID, "a", CLASS_EDELIVERY);
	letters[1] = linked(&drops, DROPS_AVRS_ID, "b", CLASS_EDELIVERY);
	drops_run(&drops, "UPDATE letter SET electronic = NULL, paper = 'queued',"
	                  " paper_date = '2019-03-27' WHERE name = 'b'");
	letters[1].letter.electronic = ELECTRONIC_NONE;
	letters[1].letter.paper = PAPER_QUEUED;
	text_copy(letters[1].letter.paper_reason, "the reason");
	CU_ASSERT_EQUAL(publish(&drops.spool, letters, 2, &err), 0);
	letter = letter_of(&drops, letters[1].letter.id);
	CU_ASSERT_EQUAL(letter.electronic, ELECTRONIC_NONE);
	CU_ASSERT_EQUAL(letter.sequence, 0);
	CU_ASSERT_NOT_EQUAL(letter.placed, 0);
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM event WHERE"
	                                     " what = 'letter.on-paper' AND detail = 'the reason'"),
	    1);
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT last_sequence FROM provider"), 1);
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT SUM(letters) FROM notification"), 1);
	clean_fd(&letters[0].fd);
	clean_fd(&letters[1].fd);
}

static void what_was_held_is_taken_now(void)
{
	OWNED_DROPS struct drops drops;
	struct publication one;
	struct intake intake = {.avrs_id = DROPS_AVRS_ID, .state = INTAKE_HELD};
	struct err err;

	drops_open(&drops, "");
	one = linked(&drops, DROPS_AVRS_ID, "a", CLASS_EDELIVERY);
	one.was_held = true;
	intake.id = one.letter.id;
	CU_ASSERT_EQUAL(intake_add(drops.spool.catalog, "test", &intake, &err), 0);
	CU_ASSERT_EQUAL(publish(&drops.spool, &one, 1, &err), 0);
	CU_ASSERT_EQUAL(
	    drops_number(&drops, "SELECT COUNT(*) FROM intake WHERE state = 'taken'"), 1);
	clean_fd(&one.fd);
}

static void a_batch_becomes_visible_as_a_whole_or_not_at_all(void)
{
	OWNED_DROPS struct drops drops;
	struct publication letters[2];
	struct err err;

	drops_open(&drops, "");
	letters[0] = linked(&drops, DROPS_AVRS_ID, "a", CLASS_EDELIVERY);
	letters[1] = linked(&drops, DROPS_AVRS_ID, "b", CLASS_EDELIVERY);
	drops_refuse(&drops, "UPDATE", "letter", "OLD.name = 'b'");
	CU_ASSERT_EQUAL(publish(&drops.spool, letters, 2, &err), -1);
	CU_ASSERT_EQUAL(
	    drops_number(&drops, "SELECT COUNT(*) FROM letter WHERE electronic = 'posting'"), 2);
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT last_sequence FROM provider"), 0);
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM event WHERE letter_id > 0"), 0);
	CU_ASSERT_EQUAL(publish(&drops.spool, letters, 0, &err), 0);
	clean_fd(&letters[0].fd);
	clean_fd(&letters[1].fd);
}

void add_suite_publish(CU_pSuite suite)
{
	TEST(letters_are_numbered_in_order_within_their_avrs_id);
	TEST(the_time_never_goes_back_within_an_avrs_id);
	TEST(who_is_to_be_told_is_counted);
	TEST(a_letter_on_paper_is_placed_and_nothing_else);
	TEST(what_was_held_is_taken_now);
	TEST(a_batch_becomes_visible_as_a_whole_or_not_at_all);
}
