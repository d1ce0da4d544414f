/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "batch/batch.h"
#include "batch/batch_control.h"
#include "tests/lib/drops.h"
#include "tests/unit/suite.h"

void add_suite_batch_control(CU_pSuite suite);

#define HEADER     "avrs_id,class,name,size,sha256\n"
#define HASH       "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
#define LINE(name) "123456789,edelivery," name ",17," HASH "\n"

static struct batches *load(const struct drops *drops)
{
	struct batches *batches = NULL;
	struct err err;

	CU_ASSERT_EQUAL_FATAL(batches_new(&drops->spool, &batches, &err), 0);
	return batches;
}

/* Drop the control file of that name, and have it accepted: what its drop ends with. */
static enum verdict accept(const struct drops *drops, struct batches *batches, const char *name,
    const char *text, char ret_reason[REASON_MAX + 1])
{
	struct arrival arrival = {.name = name};
	struct drop drop;
	enum verdict verdict;
	struct err err;

	drops_write(drops, name, text);
	drop_init(&drop, &arrival);
	drop.fd = openat(drops->spool.drop_fd, name, O_RDONLY | O_CLOEXEC);
	drop.verdict = VERDICT_BATCH;
	CU_ASSERT_EQUAL(batch_control_accept(batches, &drop, &err), 0);
	verdict = drop.verdict;
	(void)snprintf(ret_reason, REASON_MAX + 1, "%s", drop.reason);
	drop_done(&drop);
	return verdict;
}

static void a_control_file_is_stored_and_waited_for(void)
{
	OWNED_DROPS struct drops drops;
	struct batches *batches;
	const struct member *member;
	char reason[REASON_MAX + 1];

	drops_open(&drops, "");
	batches = load(&drops);
	CU_ASSERT_EQUAL(accept(&drops, batches, "night.batch.csv",
	                    HEADER LINE("EFT_1.pdf") LINE("EFT_2.pdf"), reason),
	    VERDICT_BATCH);
	member = batches_find(batches, DROPS_AVRS_ID, CLASS_EDELIVERY, "EFT_2.pdf");
	CU_ASSERT_PTR_NOT_NULL_FATAL(member);
	CU_ASSERT_EQUAL(member->state, MEMBER_MISSING);
	CU_ASSERT_EQUAL(member->batch->count, 2);
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM batch WHERE state = 'held'"), 1);
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM batch_member"), 2);
	CU_ASSERT_EQUAL(
	    drops_number(&drops, "SELECT COUNT(*) FROM event WHERE what = 'batch.accepted'"), 1);
	batches_free(batches);
}

static void ignore(struct drop *drop, void *arg)
{
	(void)drop;
	(void)arg;
}

/* The job makes a right one: of the same name, as every night. */
static void a_batch_that_was_discarded_leaves_its_name_to_another(void)
{
	static const struct actor boss = {"test", "operator test"};
	OWNED_DROPS struct drops drops;
	struct batches *batches;
	char reason[REASON_MAX + 1];
	struct err err;

	drops_open(&drops, "");
	batches = load(&drops);
	(void)accept(&drops, batches, "night.batch.csv", HEADER LINE("EFT_1.pdf"), reason);
	CU_ASSERT_EQUAL(letter_batch_discard(drops.spool.catalog, &boss, "night", &err), 0);
	/* Its letters are its own until they are let go. */
	CU_ASSERT_EQUAL(accept(&drops, batches, "night.batch.csv",
	                    HEADER LINE("EFT_1.pdf") LINE("EFT_2.pdf"), reason),
	    VERDICT_WAIT);
	CU_ASSERT_STRING_EQUAL(reason, "batch night is being discarded");
	CU_ASSERT_EQUAL(batches_go_on(batches, drops.arrivals, ignore, NULL, &err), 0);
	CU_ASSERT_EQUAL(accept(&drops, batches, "night.batch.csv",
	                    HEADER LINE("EFT_1.pdf") LINE("EFT_2.pdf"), reason),
	    VERDICT_BATCH);
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT id FROM batch WHERE name = 'night'"), 2);
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT id FROM batch WHERE name = 'night (1)'"
	                                     " AND state = 'discarded'"),
	    1);
	CU_ASSERT_EQUAL(
	    batches_find(batches, DROPS_AVRS_ID, CLASS_EDELIVERY, "EFT_1.pdf")->batch->id, 2);
	/* The same one once more was taken in already. */
	CU_ASSERT_EQUAL(accept(&drops, batches, "night.batch.csv",
	                    HEADER LINE("EFT_1.pdf") LINE("EFT_2.pdf"), reason),
	    VERDICT_BATCH);
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM batch"), 2);
	batches_free(batches);
}

/* What its job has put in its place since nobody has read. */
static void only_the_control_file_that_was_accepted_goes(void)
{
	for (int i = 0; i < 2; i++) {
		OWNED_DROPS struct drops drops;
		struct arrival arrival = {.name = "night.batch.csv"};
		struct drop drop;
		struct err err;

		drops_open(&drops, "");
		drops_write(&drops, "night.batch.csv", HEADER LINE("EFT_1.pdf"));
		drop_init(&drop, &arrival);
		drop.folder_fd = drops.spool.drop_fd;
		CU_ASSERT_EQUAL(fstatat(drop.folder_fd, drop.on_disk, &drop.st, 0), 0);
		if (i == 1)
			drops_write(&drops, "night.batch.csv", HEADER LINE("EFT_2.pdf"));
		CU_ASSERT_EQUAL(batch_control_remove(&drop, drops.arrivals, &err), 0);
		CU_ASSERT_EQUAL(drops_has(&drops, "drop/night.batch.csv"), i == 1);
		CU_ASSERT_FALSE(drops_has(&drops, "drop/.night.batch.csv.taken"));
		CU_ASSERT_EQUAL(arrivals_count(drops.arrivals), (size_t)i);
	}
}

/* watchd died between the transaction and the removal of the file. */
static void the_same_control_file_again_changes_nothing(void)
{
	OWNED_DROPS struct drops drops;
	struct batches *batches;
	char reason[REASON_MAX + 1];

	drops_open(&drops, "");
	batches = load(&drops);
	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(accept(&drops, batches, "night.batch.csv",
		                    HEADER LINE("EFT_2.pdf") LINE("EFT_1.pdf"), reason),
		    VERDICT_BATCH);
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM batch"), 1);
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM batch_member"), 2);
	batches_free(batches);
}

static void what_is_wrong_with_a_control_file_is_said(void)
{
	static const struct {
		const char *name;
		const char *text;
		const char *reason;
	} rows[] = {
	    {"a.batch.csv", HEADER, "a batch control file that is wrong: it names no letter"},
	    {"a.batch.csv", HEADER LINE("EFT_1.pdf") LINE("EFT_1.pdf"),
	        "a batch control file that is wrong: lines 2 and 3 name the same letter"},
	    {"a.batch.csv", HEADER LINE("EFT_9.pdf"),
	        "a batch control file that is wrong: line 2: batch night names that letter, too"},
	    {"night.batch.csv", HEADER LINE("EFT_8.pdf"),
	        "there is a batch of that name already; give this one another name"},
	    {"012345678901234567890123456789012345678901234567890123456789012345678901234567890"
	     ".batch.csv",
	        HEADER LINE("EFT_1.pdf"), "the name of the batch is longer than 80 bytes"},
	};
	OWNED_DROPS struct drops drops;
	struct batches *batches;
	char reason[REASON_MAX + 1];

	drops_open(&drops, "");
	batches = load(&drops);
	CU_ASSERT_EQUAL(
	    accept(&drops, batches, "night.batch.csv", HEADER LINE("EFT_9.pdf"), reason),
	    VERDICT_BATCH);
	for (size_t i = 0; i < COUNT(rows); i++) {
		CU_ASSERT_EQUAL(accept(&drops, batches, rows[i].name, rows[i].text, reason),
		    VERDICT_QUARANTINE);
		CU_ASSERT_STRING_EQUAL(reason, rows[i].reason);
	}
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM batch"), 1);
	batches_free(batches);
}

/* Nothing of it is there, neither in the catalog nor in memory, and it is tried again. */
static void a_catalog_that_refuses_leaves_nothing_behind(void)
{
	OWNED_DROPS struct drops drops;
	struct batches *batches;
	struct arrival arrival = {.name = "night.batch.csv"};
	struct drop drop;
	struct err err;

	drops_open(&drops, "");
	batches = load(&drops);
	drops_refuse(&drops, "INSERT", "batch_member", "NEW.line = 3");
	drops_write(&drops, arrival.name, HEADER LINE("EFT_1.pdf") LINE("EFT_2.pdf"));
	drop_init(&drop, &arrival);
	drop.fd = openat(drops.spool.drop_fd, arrival.name, O_RDONLY | O_CLOEXEC);
	CU_ASSERT_EQUAL(batch_control_accept(batches, &drop, &err), -1);
	drop_done(&drop);
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM batch"), 0);
	CU_ASSERT_PTR_NULL(batches_find(batches, DROPS_AVRS_ID, CLASS_EDELIVERY, "EFT_1.pdf"));
	drops_allow(&drops, "batch_member");
	batches_free(batches);
}

void add_suite_batch_control(CU_pSuite suite)
{
	TEST(a_control_file_is_stored_and_waited_for);
	TEST(a_batch_that_was_discarded_leaves_its_name_to_another);
	TEST(only_the_control_file_that_was_accepted_goes);
	TEST(the_same_control_file_again_changes_nothing);
	TEST(what_is_wrong_with_a_control_file_is_said);
	TEST(a_catalog_that_refuses_leaves_nothing_behind);
}
