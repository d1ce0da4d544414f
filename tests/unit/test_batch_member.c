/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "batch/batch_member.h"
#include "tests/lib/drops.h"
#include "tests/unit/suite.h"

void add_suite_batch_member(CU_pSuite suite);

#define NAME "EFT_1.pdf"
#define PATH DROPS_AVRS_ID "/" NAME
/* Of "a". */
#define HASH  "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
#define OTHER "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d"

/* A spool with a batch of one letter of one byte, and its drop. */
struct member_bench {
	struct drops drops;
	struct batches *batches;
	struct member *member;
	struct drop drop;
};

static void bench_open(struct member_bench *b, const char *extra, const char *sha256)
{
	struct batch_line line = {.line = 2, .class = CLASS_EDELIVERY, .size = 1};
	struct err err;

	drops_open(&b->drops, extra);
	CU_ASSERT_EQUAL_FATAL(batches_new(&b->drops.spool, &b->batches, &err), 0);
	text_copy(line.avrs_id, DROPS_AVRS_ID);
	text_copy(line.name, NAME);
	text_copy(line.sha256, sha256);
	batch_add_member(
	    b->batches, batches_add(b->batches, 7, "night", clock_now()), &line, false);
	b->member = batches_find(b->batches, DROPS_AVRS_ID, CLASS_EDELIVERY, NAME);
	drops_write(&b->drops, PATH, "a");
	drops_look(&b->drops, PATH, &b->drop);
}

static void bench_close(struct member_bench *b)
{
	drop_done(&b->drop);
	batches_free(b->batches);
	drops_close(&b->drops);
}
#define OWNED_BENCH OWNED(bench_close)

static void judge(struct member_bench *b)
{
	struct err err;

	CU_ASSERT_EQUAL(batch_members_judge(b->batches, &b->drop, 1, &err), 0);
}

/* R10 */
static void a_letter_is_held_until_its_batch_is_complete(void)
{
	OWNED_BENCH struct member_bench b;

	bench_open(&b, "", HASH);
	judge(&b);
	CU_ASSERT_EQUAL(b.drop.verdict, VERDICT_HOLD);
	CU_ASSERT_EQUAL(b.drop.hold, HOLD_BATCH);
	CU_ASSERT_STRING_EQUAL(b.drop.reason, "waits for the rest of its batch: night");
	CU_ASSERT_EQUAL(b.member->state, MEMBER_HELD);
	CU_ASSERT_PTR_NULL(b.drop.member);
}

/* Whoever adopted it was killed, and it is looked at again. */
static void leave_adopted(struct member_bench *b)
{
	CU_ASSERT_EQUAL(fchown(b->drop.fd, geteuid(), getegid()), 0);
	CU_ASSERT_EQUAL(fchmod(b->drop.fd, 0440), 0);
	drop_done(&b->drop);
	drops_look(&b->drops, PATH, &b->drop);
	judge(b);
	CU_ASSERT_EQUAL(b->drop.verdict, VERDICT_HOLD);
}

/* Its job has to be able to write it again until then. */
static void what_was_left_adopted_is_jobs_again_while_it_waits(void)
{
	OWNED_BENCH struct member_bench b;
	struct stat folder;
	struct stat st;

	bench_open(&b, "", HASH);
	leave_adopted(&b);
	CU_ASSERT_EQUAL(fstat(b.drop.fd, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0660);
	CU_ASSERT_EQUAL(fstat(b.drop.folder_fd, &folder), 0);
	CU_ASSERT_EQUAL(st.st_gid, folder.st_gid);
	CU_ASSERT_EQUAL(memcmp(&b.drop.st.st_ctim, &st.st_ctim, sizeof(st.st_ctim)), 0);
}

/* It has a second name, so it may be a letter that is served. */
static void what_may_be_served_is_left_as_it_is_while_it_waits(void)
{
	OWNED_BENCH struct member_bench b;
	struct stat st;

	bench_open(&b, "", HASH);
	CU_ASSERT_EQUAL(
	    linkat(b.drops.spool.drop_fd, PATH, b.drops.spool.root_fd, "letters/1_" NAME, 0), 0);
	leave_adopted(&b);
	CU_ASSERT_EQUAL(fstat(b.drop.fd, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0440);
}

static void a_letter_of_another_size_is_not_there(void)
{
	OWNED_BENCH struct member_bench b;

	bench_open(&b, "", HASH);
	b.member->size = 2;
	judge(&b);
	CU_ASSERT_EQUAL(b.drop.verdict, VERDICT_HOLD);
	CU_ASSERT_STRING_EQUAL(b.drop.reason, "has not the size that its batch says: night");
	CU_ASSERT_EQUAL(b.member->state, MEMBER_MISSING);
}

static void a_letter_that_is_refused_breaks_a_batch_that_is_under_way(void)
{
	OWNED_BENCH struct member_bench b;

	bench_open(&b, "", HASH);
	member_set_state(b.member, MEMBER_HELD);
	b.member->batch->is_running = true;
	b.drop.verdict = VERDICT_QUARANTINE;
	judge(&b);
	CU_ASSERT_EQUAL(b.member->state, MEMBER_MISSING);
	CU_ASSERT_TRUE(b.member->batch->is_broken);
}

/* It is looked at again while it is being written, say; that says nothing yet. */
static void a_letter_that_waits_keeps_its_state(void)
{
	OWNED_BENCH struct member_bench b;

	bench_open(&b, "", HASH);
	member_set_state(b.member, MEMBER_HELD);
	b.drop.verdict = VERDICT_WAIT;
	judge(&b);
	CU_ASSERT_EQUAL(b.member->state, MEMBER_HELD);
}

static void a_letter_of_a_batch_under_way_goes_on_as_its_member(void)
{
	OWNED_BENCH struct member_bench b;

	bench_open(&b, "", HASH);
	b.member->batch->is_running = true;
	judge(&b);
	CU_ASSERT_EQUAL(b.drop.verdict, VERDICT_POST);
	CU_ASSERT_PTR_EQUAL(b.drop.member, b.member);
	CU_ASSERT_EQUAL(b.drop.letter.batch_id, 7);
	CU_ASSERT_EQUAL(b.member->batch->flying, 1);
	b.drop.st.st_ino = 42;
	batch_member_note(b.batches, &b.drop);
	CU_ASSERT_EQUAL(b.member->state, MEMBER_LINKED);
	CU_ASSERT_EQUAL(b.member->inode, 42);
	batch_member_let_go(&b.drop);
	CU_ASSERT_EQUAL(b.member->batch->flying, 0);
	CU_ASSERT_PTR_NULL(b.drop.member);
}

static void a_letter_with_another_hash_is_given_back_and_held(void)
{
	OWNED_BENCH struct member_bench b;

	bench_open(&b, "", OTHER);
	b.member->batch->is_running = true;
	judge(&b);
	text_copy(b.drop.letter.sha256, HASH);
	batch_members_check(&b.drop, 1);
	CU_ASSERT_EQUAL(b.drop.verdict, VERDICT_HOLD);
	CU_ASSERT_STRING_EQUAL(b.drop.reason, "has not the SHA-256 that its batch says: night");
	CU_ASSERT_EQUAL(b.member->state, MEMBER_MISSING);
	CU_ASSERT_FALSE(b.drop.adopted);
	batch_member_let_go(&b.drop);
}

/* Or the whole batch would be taken and undone at every scan, for as long as it is there. */
static void a_letter_with_another_hash_is_not_taken_again_as_it_is(void)
{
	for (int i = 0; i < 2; i++) {
		OWNED_BENCH struct member_bench b;

		bench_open(&b, "", OTHER);
		b.member->batch->is_running = true;
		judge(&b);
		b.drop.adopted = i == 0;
		text_copy(b.drop.letter.sha256, HASH);
		batch_members_check(&b.drop, 1);
		batch_member_let_go(&b.drop);
		drop_done(&b.drop);
		drops_look(&b.drops, PATH, &b.drop);
		judge(&b);
		CU_ASSERT_EQUAL(b.drop.verdict, VERDICT_HOLD);
		CU_ASSERT_STRING_EQUAL(
		    b.drop.reason, "has not the SHA-256 that its batch says: night");
		CU_ASSERT_EQUAL(b.member->state, MEMBER_MISSING);
		CU_ASSERT_PTR_NULL(b.drop.member);
		drop_done(&b.drop);
		/* Another file of the name may be the right one. */
		drops_write(&b.drops, PATH, "b");
		drops_look(&b.drops, PATH, &b.drop);
		judge(&b);
		CU_ASSERT_EQUAL(b.drop.verdict, VERDICT_POST);
		CU_ASSERT_PTR_EQUAL(b.drop.member, b.member);
		batch_member_let_go(&b.drop);
	}
}

static void a_letter_with_its_hash_passes(void)
{
	OWNED_BENCH struct member_bench b;

	bench_open(&b, "", HASH);
	b.member->batch->is_running = true;
	judge(&b);
	text_copy(b.drop.letter.sha256, HASH);
	batch_members_check(&b.drop, 1);
	CU_ASSERT_EQUAL(b.drop.verdict, VERDICT_POST);
	batch_member_let_go(&b.drop);
}

/* It was on its way by itself when its batch was accepted. */
static void a_letter_that_went_alone_counts_as_there_if_it_is_the_same(void)
{
	static const struct {
		const char *sha256;
		enum member_state state;
	} rows[] = {{HASH, MEMBER_POSTED}, {OTHER, MEMBER_MISSING}};

	for (size_t i = 0; i < COUNT(rows); i++) {
		OWNED_BENCH struct member_bench b;

		bench_open(&b, "", rows[i].sha256);
		text_copy(b.drop.letter.sha256, HASH);
		batch_member_note(b.batches, &b.drop);
		CU_ASSERT_EQUAL(b.member->state, rows[i].state);
	}
}

static void what_no_batch_names_waits_only_where_one_is_required(void)
{
	static const struct {
		const char *extra;
		enum verdict verdict;
	} rows[] = {{"", VERDICT_POST}, {"drop.require-batch = yes\n", VERDICT_HOLD}};

	for (size_t i = 0; i < COUNT(rows); i++) {
		OWNED_BENCH struct member_bench b;

		bench_open(&b, rows[i].extra, HASH);
		text_copy(b.drop.name, "EFT_2.pdf");
		judge(&b);
		CU_ASSERT_EQUAL(b.drop.verdict, rows[i].verdict);
	}
}

/* It waited for a batch that was discarded: nothing else ends that (drop.require-batch). */
static void what_waited_for_a_discarded_batch_is_refused_where_one_is_required(void)
{
	static const struct {
		const char *extra;
		int64_t intake_id;
		enum verdict verdict;
	} rows[] = {
	    {"", 1, VERDICT_POST},
	    {"drop.require-batch = yes\n", 1, VERDICT_QUARANTINE},
	    /* Held since then; and not held at all, so it is another file. */
	    {"drop.require-batch = yes\n", 2, VERDICT_HOLD},
	    {"drop.require-batch = yes\n", 0, VERDICT_HOLD},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		OWNED_BENCH struct member_bench b;

		bench_open(&b, rows[i].extra, HASH);
		drops_run(&b.drops, "INSERT INTO batch (id, name, state, seen, discarded)"
		                    " VALUES (8, 'bad', 'discarded', 5, 10)");
		drops_run(&b.drops,
		    "INSERT INTO batch_member (batch_id, line, avrs_id, class, name, size, sha256)"
		    " VALUES (8, 2, '" DROPS_AVRS_ID "', 'edelivery', 'EFT_2.pdf', 1, 'x')");
		drops_run(&b.drops,
		    "INSERT INTO intake (id, avrs_id, class, name, state, reason, node, size,"
		    " source_device, source_inode, source_changed, seen, changed) VALUES"
		    " (1, '" DROPS_AVRS_ID "', 'edelivery', 'EFT_2.pdf', 'held', '', 'x', 1, 0, 0,"
		    " 0, 9, 9), (2, '" DROPS_AVRS_ID "', 'edelivery', 'EFT_2.pdf', 'held', '', 'x',"
		    " 1, 0, 0, 0, 11, 11)");
		text_copy(b.drop.name, "EFT_2.pdf");
		b.drop.intake_id = rows[i].intake_id;
		judge(&b);
		CU_ASSERT_EQUAL(b.drop.verdict, rows[i].verdict);
		if (rows[i].verdict == VERDICT_QUARANTINE)
			CU_ASSERT_PTR_NOT_NULL(
			    strstr(b.drop.reason, "its batch was discarded, and no other"));
	}
}

void add_suite_batch_member(CU_pSuite suite)
{
	TEST(what_waited_for_a_discarded_batch_is_refused_where_one_is_required);
	TEST(a_letter_is_held_until_its_batch_is_complete);
	TEST(what_was_left_adopted_is_jobs_again_while_it_waits);
	TEST(what_may_be_served_is_left_as_it_is_while_it_waits);
	TEST(a_letter_of_another_size_is_not_there);
	TEST(a_letter_that_is_refused_breaks_a_batch_that_is_under_way);
	TEST(a_letter_that_waits_keeps_its_state);
	TEST(a_letter_of_a_batch_under_way_goes_on_as_its_member);
	TEST(a_letter_with_another_hash_is_given_back_and_held);
	TEST(a_letter_with_another_hash_is_not_taken_again_as_it_is);
	TEST(a_letter_with_its_hash_passes);
	TEST(a_letter_that_went_alone_counts_as_there_if_it_is_the_same);
	TEST(what_no_batch_names_waits_only_where_one_is_required);
}
