/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/text.h"
#include "batch/batch.h"
#include "batch/batch_member.h"
#include "batch/post.h"
#include "batch/recovery.h"
#include "batch/take.h"
#include "tests/lib/captured.h"
#include "tests/lib/drops.h"
#include "tests/unit/suite.h"

void add_suite_batch(CU_pSuite suite);

/* A spool in which a batch of two letters waits: EFT_1.pdf has the content "a", EFT_2.pdf "b". */
struct batch_bench {
	struct drops drops;
	struct batches *batches;
	size_t ended; /* drops that posted() was called with */
};

static const char *const names[] = {"EFT_1.pdf", "EFT_2.pdf"};
static const char *const contents[] = {"a", "b"};

static struct member *member_of(const struct batch_bench *b, size_t i)
{
	return batches_find(b->batches, DROPS_AVRS_ID, CLASS_EDELIVERY, names[i]);
}

static void bench_open(struct batch_bench *b, const char *extra)
{
	struct err err;

	*b = (struct batch_bench){.ended = 0};
	drops_open(&b->drops, extra);
	drops_run(
	    &b->drops, "INSERT INTO batch (id, name, state, seen) VALUES (7, 'night', 'held', 5)");
	drops_run(&b->drops,
	    "INSERT INTO batch_member (batch_id, line, avrs_id, class, name, size, sha256) VALUES"
	    " (7, 2, '123456789', 'edelivery', 'EFT_1.pdf', 1,"
	    " 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb'),"
	    " (7, 3, '123456789', 'edelivery', 'EFT_2.pdf', 1,"
	    " '3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d')");
	CU_ASSERT_EQUAL_FATAL(batches_new(&b->drops.spool, &b->batches, &err), 0);
	member_of(b, 0)->batch->seen = clock_now();
}

static void bench_close(struct batch_bench *b)
{
	batches_free(b->batches);
	drops_close(&b->drops);
}
#define OWNED_BENCH OWNED(bench_close)

/* Both are there, and wait for one another. */
static void hold_both(const struct batch_bench *b)
{
	for (size_t i = 0; i < COUNT(names); i++)
		member_set_state(member_of(b, i), MEMBER_HELD);
}

static void note_end(struct drop *drop, void *arg)
{
	struct batch_bench *b = arg;

	CU_ASSERT_EQUAL(drop->verdict, VERDICT_POST);
	CU_ASSERT(drop->folder_fd >= 0);
	b->ended++;
}

static void go_on(struct batch_bench *b)
{
	struct err err;

	CU_ASSERT_EQUAL(batches_go_on(b->batches, b->drops.arrivals, note_end, b, &err), 0);
}

/* The way of a dropped letter up to the link, as a group of watchd's. */
static void link_dropped(struct batch_bench *b, size_t i)
{
	char path[64];
	struct drop drop;
	struct err err;

	(void)snprintf(path, sizeof(path), DROPS_AVRS_ID "/%s", names[i]);
	drops_look(&b->drops, path, &drop);
	CU_ASSERT_EQUAL(take(b->drops.taker, &drop, 1, &err), 0);
	CU_ASSERT_EQUAL(batch_members_judge(b->batches, &drop, 1, &err), 0);
	batch_members_check(&drop, 1);
	CU_ASSERT_EQUAL(drop.verdict, VERDICT_POST);
	CU_ASSERT_EQUAL(drops_post(&b->drops, &drop, 1, &err), 0);
	batch_member_note(b->batches, &drop);
	batch_member_let_go(&drop);
	drop_done(&drop);
}

static void link_letter(struct batch_bench *b, size_t i)
{
	char path[64];

	(void)snprintf(path, sizeof(path), DROPS_AVRS_ID "/%s", names[i]);
	drops_write(&b->drops, path, contents[i]);
	link_dropped(b, i);
}

static void link_both(struct batch_bench *b)
{
	link_letter(b, 0);
	link_letter(b, 1);
}

static void empty_queue(const struct batch_bench *b)
{
	while (arrivals_count(b->drops.arrivals) > 0)
		free(arrivals_take(b->drops.arrivals, false));
}

/* Both are there, so they are on their way. */
static void set_out(struct batch_bench *b)
{
	hold_both(b);
	go_on(b);
	empty_queue(b);
}

static int64_t count_letters(const struct batch_bench *b)
{
	return drops_number(&b->drops, "SELECT COUNT(*) FROM letter WHERE electronic = 'posted'");
}

static void a_batch_that_is_complete_has_its_letters_queued_once(void)
{
	OWNED_BENCH struct batch_bench b;

	bench_open(&b, "");
	member_set_state(member_of(&b, 0), MEMBER_HELD);
	go_on(&b);
	CU_ASSERT_EQUAL(arrivals_count(b.drops.arrivals), 0);
	hold_both(&b);
	go_on(&b);
	go_on(&b);
	CU_ASSERT_EQUAL(arrivals_count(b.drops.arrivals), 2);
}

/* R10: all of it or nothing. */
static void a_batch_becomes_visible_when_its_last_letter_is_linked(void)
{
	OWNED_BENCH struct batch_bench b;

	bench_open(&b, "");
	set_out(&b);
	link_letter(&b, 0);
	go_on(&b);
	CU_ASSERT_EQUAL(count_letters(&b), 0);
	link_letter(&b, 1);
	CU_ASSERT_EQUAL(count_letters(&b), 0);
	go_on(&b);
	CU_ASSERT_EQUAL(count_letters(&b), 2);
	CU_ASSERT_EQUAL(b.ended, 2);
	CU_ASSERT_EQUAL(
	    drops_number(&b.drops, "SELECT COUNT(*) FROM batch WHERE state = 'posted'"), 1);
	CU_ASSERT_EQUAL(drops_number(&b.drops, "SELECT COUNT(*) FROM batch_member"
	                                       " WHERE letter_id IS NOT NULL"),
	    2);
	CU_ASSERT_EQUAL(drops_number(&b.drops, "SELECT COUNT(*) FROM event"
	                                       " WHERE what = 'batch.posted'"),
	    1);
	CU_ASSERT_PTR_NULL(member_of(&b, 0));
}

static void what_was_linked_of_a_batch_that_broke_is_undone(void)
{
	OWNED_BENCH struct batch_bench b;

	bench_open(&b, "");
	set_out(&b);
	link_letter(&b, 0);
	member_set_state(member_of(&b, 1), MEMBER_MISSING);
	member_of(&b, 1)->batch->is_broken = true;
	go_on(&b);
	CU_ASSERT_EQUAL(drops_number(&b.drops, "SELECT COUNT(*) FROM letter"), 0);
	CU_ASSERT_EQUAL(member_of(&b, 0)->state, MEMBER_HELD);
	CU_ASSERT_FALSE(member_of(&b, 0)->batch->is_running);
	CU_ASSERT_TRUE(drops_has(&b.drops, "drop/" DROPS_AVRS_ID "/EFT_1.pdf"));
}

/* It may have to be written again before the rest is there, or for months. */
static void what_is_undone_is_its_jobs_again(void)
{
	OWNED_BENCH struct batch_bench b;
	struct stat before;
	struct stat after;

	bench_open(&b, "");
	set_out(&b);
	drops_write(&b.drops, DROPS_AVRS_ID "/EFT_1.pdf", contents[0]);
	CU_ASSERT_EQUAL(fchmodat(b.drops.spool.drop_fd, DROPS_AVRS_ID "/EFT_1.pdf", 0624, 0), 0);
	CU_ASSERT_EQUAL(fstatat(b.drops.spool.drop_fd, DROPS_AVRS_ID "/EFT_1.pdf", &before, 0), 0);
	link_dropped(&b, 0);
	CU_ASSERT_TRUE(member_of(&b, 0)->adopted);
	member_set_state(member_of(&b, 1), MEMBER_MISSING);
	member_of(&b, 1)->batch->is_broken = true;
	go_on(&b);
	CU_ASSERT_EQUAL(fstatat(b.drops.spool.drop_fd, DROPS_AVRS_ID "/EFT_1.pdf", &after, 0), 0);
	CU_ASSERT_EQUAL(after.st_ino, before.st_ino);
	CU_ASSERT_EQUAL(after.st_mode, before.st_mode);
	CU_ASSERT_EQUAL(after.st_uid, before.st_uid);
	CU_ASSERT_EQUAL(after.st_gid, before.st_gid);
	CU_ASSERT_EQUAL(after.st_nlink, 1);
	CU_ASSERT_EQUAL(memcmp(&after.st_mtim, &before.st_mtim, sizeof(before.st_mtim)), 0);
}

static void discard(struct batch_bench *b)
{
	static const struct actor operator_of_test = {"test", "operator test"};
	struct err err;

	CU_ASSERT_EQUAL(
	    letter_batch_discard(b->drops.spool.catalog, &operator_of_test, "night", &err), 0);
}

/* What was linked of it is undone; what is there is to be looked at as no batch's. */
static void a_batch_that_is_discarded_lets_its_letters_go(void)
{
	OWNED_BENCH struct batch_bench b;
	struct err err;

	bench_open(&b, "");
	set_out(&b);
	link_letter(&b, 0);
	member_set_state(member_of(&b, 1), MEMBER_MISSING);
	CU_ASSERT_EQUAL(batches_heed(b.batches, &err), 0);
	CU_ASSERT_FALSE(member_of(&b, 0)->batch->is_discarded);
	discard(&b);
	CU_ASSERT_EQUAL(batches_heed(b.batches, &err), 0);
	go_on(&b);
	CU_ASSERT_PTR_NULL(member_of(&b, 0));
	CU_ASSERT_EQUAL(arrivals_count(b.drops.arrivals), 2);
	CU_ASSERT_EQUAL(drops_number(&b.drops, "SELECT COUNT(*) FROM letter"), 0);
	CU_ASSERT_TRUE(drops_has(&b.drops, "drop/" DROPS_AVRS_ID "/EFT_1.pdf"));
}

/* It is asked at each announcement, while very many may wait. */
static void one_question_tells_which_of_them_are_discarded(void)
{
	OWNED_BENCH struct batch_bench b;
	int64_t before;
	struct batch *batch;
	struct err err;

	bench_open(&b, "");
	for (int64_t id = 8; id < 100; id++)
		(void)batches_add(b.batches, id, "another", clock_now());
	drops_run(&b.drops, "INSERT INTO batch (id, name, state, seen) VALUES"
	                    " (6, 'before', 'discarded', 5), (8, 'one', 'discarded', 5),"
	                    " (9, 'two', 'held', 5), (99, 'last', 'discarded', 5)");
	before = catalog_statements(b.drops.spool.catalog);
	CU_ASSERT_EQUAL(batches_heed(b.batches, &err), 0);
	CU_ASSERT_EQUAL(catalog_statements(b.drops.spool.catalog) - before, 1);
	for (batch = b.batches->list; batch; batch = batch->next)
		CU_ASSERT_EQUAL(batch->is_discarded, batch->id == 8 || batch->id == 99);
}

/* The operator comes between the last link and the transaction that shows all of it (R10). */
static void a_batch_that_was_discarded_is_not_posted(void)
{
	OWNED_BENCH struct batch_bench b;

	bench_open(&b, "");
	set_out(&b);
	link_both(&b);
	discard(&b);
	go_on(&b);
	CU_ASSERT_EQUAL(count_letters(&b), 0);
	CU_ASSERT_EQUAL(b.ended, 0);
	go_on(&b);
	CU_ASSERT_PTR_NULL(member_of(&b, 0));
	CU_ASSERT_EQUAL(drops_number(&b.drops, "SELECT COUNT(*) FROM letter"), 0);
	CU_ASSERT_EQUAL(
	    drops_number(&b.drops, "SELECT COUNT(*) FROM batch WHERE state = 'discarded'"), 1);
}

/* One letter was lost and is there again, linked, before the batch was looked at. */
static void a_batch_that_broke_and_is_whole_again_is_not_posted_empty(void)
{
	OWNED_BENCH struct batch_bench b;

	bench_open(&b, "");
	set_out(&b);
	link_both(&b);
	member_of(&b, 0)->batch->is_broken = true;
	go_on(&b);
	CU_ASSERT_EQUAL(
	    drops_number(&b.drops, "SELECT COUNT(*) FROM batch WHERE state = 'held'"), 1);
	CU_ASSERT_EQUAL(member_of(&b, 0)->state, MEMBER_HELD);
}

/* A member's drop is between judging and its end: nothing is decided over its head. */
static void a_batch_with_a_letter_under_way_is_left_alone(void)
{
	OWNED_BENCH struct batch_bench b;

	bench_open(&b, "");
	hold_both(&b);
	member_of(&b, 0)->batch->flying = 1;
	go_on(&b);
	CU_ASSERT_EQUAL(arrivals_count(b.drops.arrivals), 0);
	CU_ASSERT_FALSE(member_of(&b, 0)->batch->is_running);
}

static void a_catalog_that_refuses_leaves_all_of_it_invisible(void)
{
	OWNED_BENCH struct batch_bench b;
	struct err err;

	bench_open(&b, "");
	set_out(&b);
	link_both(&b);
	drops_refuse(&b.drops, "UPDATE", "batch", "NEW.state = 'posted'");
	CU_ASSERT_EQUAL(batches_go_on(b.batches, b.drops.arrivals, note_end, &b, &err), -1);
	CU_ASSERT_EQUAL(count_letters(&b), 0);
	CU_ASSERT_EQUAL(b.ended, 0);
	drops_allow(&b.drops, "batch");
	go_on(&b);
	CU_ASSERT_EQUAL(count_letters(&b), 2);
}

/* The log is what people go by at night. */
static void nothing_is_logged_as_posted_before_all_of_it_is(void)
{
	OWNED_BENCH struct batch_bench b;
	OWNED(captured_done) struct captured captured;
	struct err err;

	bench_open(&b, "");
	set_out(&b);
	link_both(&b);
	drops_refuse(&b.drops, "UPDATE", "batch_member", "NEW.letter_id IS NOT NULL");
	log_open("unit", LOG_LEVEL_INFO);
	captured_begin(&captured, &b.drops.scratch);
	CU_ASSERT_EQUAL(batches_go_on(b.batches, b.drops.arrivals, note_end, &b, &err), -1);
	captured_end(&captured);
	CU_ASSERT_PTR_NULL(strstr(captured.err, "posted"));
	captured_done(&captured);
	drops_allow(&b.drops, "batch_member");
	captured_begin(&captured, &b.drops.scratch);
	go_on(&b);
	captured_end(&captured);
	CU_ASSERT_PTR_NOT_NULL(strstr(captured.err, "letter=1 posted"));
	CU_ASSERT_PTR_NOT_NULL(strstr(captured.err, "batch=night posted letters=2"));
	log_open("unit", LOG_LEVEL_ERROR);
}

/* As after trouble: a recovery has taken the links away. */
static void a_batch_that_starts_again_queues_its_letters_again(void)
{
	OWNED_BENCH struct batch_bench b;
	struct err err;

	bench_open(&b, "");
	set_out(&b);
	link_letter(&b, 0);
	CU_ASSERT_EQUAL(recovery(&b.drops.spool, &(struct doubt){0}, &err), 0);
	batches_start_again(b.batches);
	CU_ASSERT_EQUAL(member_of(&b, 0)->state, MEMBER_HELD);
	go_on(&b);
	CU_ASSERT_EQUAL(arrivals_count(b.drops.arrivals), 2);
}

/* R10 is a state that lasts: it is told once. */
static void a_batch_that_stays_short_raises_one_alarm(void)
{
	OWNED_BENCH struct batch_bench b;
	OWNED(captured_done) struct captured captured;

	bench_open(&b, "");
	member_set_state(member_of(&b, 0), MEMBER_HELD);
	member_of(&b, 0)->batch->seen = 5;
	drops_run(&b.drops, "UPDATE account SET admin = 1");
	captured_begin(&captured, &b.drops.scratch);
	go_on(&b);
	go_on(&b);
	captured_end(&captured);
	CU_ASSERT_PTR_NOT_NULL(strstr(captured.err, "batch=night short missing=1 letters=2"));
	CU_ASSERT_PTR_NOT_NULL(strstr(captured.err, "line 3 of the control file"));
	/* Names of letters are not logged. */
	CU_ASSERT_PTR_NULL(strstr(captured.err, "EFT_"));
	CU_ASSERT_EQUAL(drops_number(&b.drops, "SELECT COUNT(*) FROM event WHERE"
	                                       " what = 'batch.short' AND"
	                                       " detail = 'night: 1 of 2 letters are missing'"),
	    1);
	CU_ASSERT_EQUAL(
	    drops_number(&b.drops, "SELECT COUNT(*) FROM batch WHERE alarmed IS NOT NULL"), 1);
	/* To each administrator, when the window is over. */
	CU_ASSERT_EQUAL(drops_number(&b.drops, "SELECT COUNT(*) FROM mail WHERE kind = 'batch'"
	                                       " AND due - created = 900000000"),
	    drops_number(&b.drops, "SELECT COUNT(*) FROM account"));
}

void add_suite_batch(CU_pSuite suite)
{
	TEST(a_batch_that_is_complete_has_its_letters_queued_once);
	TEST(a_batch_becomes_visible_when_its_last_letter_is_linked);
	TEST(what_was_linked_of_a_batch_that_broke_is_undone);
	TEST(what_is_undone_is_its_jobs_again);
	TEST(a_batch_that_is_discarded_lets_its_letters_go);
	TEST(one_question_tells_which_of_them_are_discarded);
	TEST(a_batch_that_was_discarded_is_not_posted);
	TEST(a_batch_that_broke_and_is_whole_again_is_not_posted_empty);
	TEST(a_batch_with_a_letter_under_way_is_left_alone);
	TEST(a_catalog_that_refuses_leaves_all_of_it_invisible);
	TEST(nothing_is_logged_as_posted_before_all_of_it_is);
	TEST(a_batch_that_starts_again_queues_its_letters_again);
	TEST(a_batch_that_stays_short_raises_one_alarm);
}
