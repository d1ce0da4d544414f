/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/dispatch.h"

#include <string.h>

#include "base/text.h"
#include "spool/membership.h"
#include "spool/provider.h"
#include "tests/lib/drops.h"
#include "tests/unit/suite.h"

void add_suite_dispatch(CU_pSuite suite);

/* A drop as validating hands it on. */
static struct drop drop_for(const char *avrs_id, enum letter_class class)
{
	struct arrival arrival = {.class = class, .name = "EFT_1.pdf"};
	struct drop drop;

	text_copy(arrival.avrs_id, avrs_id);
	drop_init(&drop, &arrival);
	text_copy(drop.letter.type, class == CLASS_TRADE_FILES ? "" : "EFT");
	return drop;
}

static struct drop dispatched(
    struct dispatcher *dispatcher, const char *avrs_id, enum letter_class class)
{
	struct drop drop = drop_for(avrs_id, class);
	struct err err;

	CU_ASSERT_EQUAL(dispatch(dispatcher, &drop, 1, &err), 0);
	return drop;
}

static void add_master(const struct drops *drops)
{
	drops_run(drops, "INSERT INTO account (id, login, email, state_since, created)"
	                 " VALUES (900, 'ann', 'ann@example.org', 0, 0)");
	drops_run(drops,
	    "INSERT INTO membership (account_id, avrs_id, role, mark, trade_files_after,"
	    " granted, changed) VALUES (900, '" DROPS_AVRS_ID "', 'master', 0, 0, 0, 0)");
}

static void a_letter_goes_the_way_that_its_provider_has(void)
{
	OWNED_DROPS struct drops drops;
	struct dispatcher *dispatcher;
	struct drop drop;

	drops_open(&drops, "");
	dispatcher = dispatcher_new(&drops.spool);
	drop = dispatched(dispatcher, DROPS_AVRS_ID, CLASS_EDELIVERY);
	CU_ASSERT_EQUAL(drop.verdict, VERDICT_POST);
	CU_ASSERT_EQUAL(drop.letter.electronic, ELECTRONIC_NONE);
	CU_ASSERT_EQUAL(drop.letter.paper, PAPER_QUEUED);
	CU_ASSERT_PTR_NOT_NULL(strstr(drop.letter.paper_reason, "R2"));
	CU_ASSERT_NOT_EQUAL(drop.letter.paper_date[0], '\0');
	drop = dispatched(dispatcher, DROPS_AVRS_ID, CLASS_TRADE_FILES);
	CU_ASSERT_EQUAL(drop.verdict, VERDICT_HOLD);
	CU_ASSERT_EQUAL(drop.hold, HOLD_NO_ACCOUNT);
	drop = dispatched(dispatcher, "999999999", CLASS_EDELIVERY);
	CU_ASSERT_EQUAL(drop.verdict, VERDICT_HOLD);
	CU_ASSERT_EQUAL(drop.hold, HOLD_UNKNOWN);
	dispatcher_free(dispatcher);
}

/* What is remembered holds until somebody announces a change. */
static void a_change_counts_once_it_was_announced(void)
{
	OWNED_DROPS struct drops drops;
	struct dispatcher *dispatcher;

	drops_open(&drops, "");
	dispatcher = dispatcher_new(&drops.spool);
	CU_ASSERT_EQUAL(
	    dispatched(dispatcher, DROPS_AVRS_ID, CLASS_EDELIVERY).letter.paper, PAPER_QUEUED);
	add_master(&drops);
	CU_ASSERT_EQUAL(
	    dispatched(dispatcher, DROPS_AVRS_ID, CLASS_EDELIVERY).letter.paper, PAPER_QUEUED);
	dispatcher_forget(dispatcher);
	CU_ASSERT_EQUAL(dispatched(dispatcher, DROPS_AVRS_ID, CLASS_EDELIVERY).letter.electronic,
	    ELECTRONIC_POSTING);
	CU_ASSERT_EQUAL(
	    dispatched(dispatcher, DROPS_AVRS_ID, CLASS_TRADE_FILES).verdict, VERDICT_POST);
	dispatcher_free(dispatcher);
}

/* A provider that is imported while its letters wait is found at the next look. */
static void what_is_not_known_is_asked_every_time(void)
{
	OWNED_DROPS struct drops drops;
	struct dispatcher *dispatcher;

	drops_open(&drops, "");
	dispatcher = dispatcher_new(&drops.spool);
	CU_ASSERT_EQUAL(dispatched(dispatcher, "987654321", CLASS_EDELIVERY).hold, HOLD_UNKNOWN);
	scratch_provider(&drops.spool, "987654321");
	CU_ASSERT_EQUAL(dispatched(dispatcher, "987654321", CLASS_EDELIVERY).verdict, VERDICT_POST);
	dispatcher_free(dispatcher);
}

static void what_has_a_verdict_keeps_it(void)
{
	OWNED_DROPS struct drops drops;
	struct dispatcher *dispatcher;
	struct drop drop = drop_for(DROPS_AVRS_ID, CLASS_EDELIVERY);
	struct err err;

	drops_open(&drops, "");
	dispatcher = dispatcher_new(&drops.spool);
	drop.verdict = VERDICT_WAIT;
	CU_ASSERT_EQUAL(dispatch(dispatcher, &drop, 1, &err), 0);
	CU_ASSERT_EQUAL(drop.verdict, VERDICT_WAIT);
	dispatcher_free(dispatcher);
	dispatcher_free(NULL);
}

void add_suite_dispatch(CU_pSuite suite)
{
	TEST(a_letter_goes_the_way_that_its_provider_has);
	TEST(a_change_counts_once_it_was_announced);
	TEST(what_is_not_known_is_asked_every_time);
	TEST(what_has_a_verdict_keeps_it);
}
