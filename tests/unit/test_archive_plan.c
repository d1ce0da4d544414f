/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/archive_plan.h"

#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "spool/night_archive.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_archive_plan(CU_pSuite suite);

#define ID "123456789"

static int add_archive(const struct night_archive *archive, void *arg, struct err *err)
{
	struct buffer *out = arg;

	(void)err;
	buffer_print(out, "%s%s%s:%s ", archive->avrs_id, archive->avrs_id[0] ? "/" : "",
	    archive->name, archive_state_name(archive->state));
	return 0;
}

/* Every archive there is, as text. */
static bool archives_are(const struct fixture *f, const char *wanted)
{
	OWNED_BUFFER struct buffer out = BUFFER(8192);
	struct err err;

	CU_ASSERT_EQUAL(night_archive_list_night(f->catalog, "", add_archive, &out, &err), 0);
	if (strcmp(buffer_text(&out), wanted) != 0)
		(void)fprintf(stderr, "is:     %s\nwanted: %s\n", buffer_text(&out), wanted);
	return strcmp(buffer_text(&out), wanted) == 0;
}

static void plan(const struct fixture *f, const char *night)
{
	int64_t end = clock_date_start(night, 1);
	struct err err;

	CU_ASSERT_EQUAL(
	    archive_plan_night(&f->spool, night, end <= clock_now() ? end : clock_now() + 1, &err),
	    0);
}

static void post_at(const struct fixture *f, const char *when, const char *name)
{
	struct letter letter;
	int64_t time = 0;
	struct err err;

	CU_ASSERT_EQUAL_FATAL(clock_parse(when, &time, &err), 0);
	clock_freeze(time);
	fixture_posted(f, ID, CLASS_EDELIVERY, name, &letter);
}

static int64_t planned(const struct fixture *f)
{
	return fixture_number(f, "SELECT COUNT(*) FROM archive_letter");
}

/* A night ends at midnight in the agency, which has 25 hours in November and 23 in March. */
static void a_night_ends_at_midnight_in_the_agency_also_when_clocks_change(void)
{
	static const struct {
		const char *night, *last, *first_after, *run;
	} rows[] = {
	    {"2024-11-03", "2024-11-04T04:59:59Z", "2024-11-04T05:00:00Z", "2024-11-04T09:00:00Z"},
	    {"2025-03-09", "2025-03-10T03:59:59Z", "2025-03-10T04:00:00Z", "2025-03-10T08:00:00Z"},
	    {"2024-07-04", "2024-07-05T03:59:59Z", "2024-07-05T04:00:00Z", "2024-07-05T08:00:00Z"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		OWNED_FIXTURE struct fixture f;
		int64_t run = 0;
		struct err err;

		fixture_open(&f);
		clock_set_zone("America/New_York");
		CU_ASSERT_EQUAL(clock_parse(rows[i].last, &run, &err), 0);
		clock_freeze(run);
		scratch_provider(&f.spool, ID);
		post_at(&f, rows[i].last, "EFT_1.pdf");
		post_at(&f, rows[i].first_after, "EFT_2.pdf");
		CU_ASSERT_EQUAL(clock_parse(rows[i].run, &run, &err), 0);
		clock_freeze(run);
		plan(&f, rows[i].night);
		CU_ASSERT_EQUAL(planned(&f), 1);
		CU_ASSERT_EQUAL(
		    fixture_number(&f,
		        "SELECT COUNT(*) FROM letter WHERE archived = 1 AND name = 'EFT_1.pdf'"),
		    1);
	}
}

static void each_class_of_each_avrs_id_gets_one_and_planning_again_changes_nothing(void)
{
	OWNED_FIXTURE struct fixture f;
	struct letter letter;

	fixture_open(&f);
	scratch_provider(&f.spool, ID);
	scratch_provider(&f.spool, "222222222");
	fixture_posted(&f, ID, CLASS_EDELIVERY, "EFT_1.pdf", &letter);
	fixture_posted(&f, ID, CLASS_TRADE_FILES, "RA_1.835", &letter);
	fixture_posted(&f, "222222222", CLASS_EDELIVERY, "EFT_1.pdf", &letter);
	fixture_letter(&f, "222222222", CLASS_EDELIVERY, "EFT_2.pdf", &letter);
	for (int twice = 0; twice < 2; twice++) {
		plan(&f, "2024-05-15");
		CU_ASSERT(archives_are(&f, ID "/edelivery-2024-05-15.zip:building " ID
		                              "/trade-files-2024-05-15.zip:building "
		                              "222222222/edelivery-2024-05-15.zip:building "));
		CU_ASSERT_EQUAL(planned(&f), 3);
	}
}

/* More of an AVRS ID, and more AVRS IDs, than one transaction takes. */
static void letters_of_many_transactions_are_all_planned_each_once(void)
{
	OWNED_FIXTURE struct fixture f;
	struct letter letter;
	char text[32];

	fixture_open(&f);
	scratch_provider(&f.spool, ID);
	for (int i = 0; i < 1200; i++) {
		(void)snprintf(text, sizeof(text), "EFT_%d.pdf", i);
		clock_freeze(FIXTURE_NOW + i);
		fixture_posted(&f, ID, CLASS_EDELIVERY, text, &letter);
	}
	for (int i = 0; i < 120; i++) {
		(void)snprintf(text, sizeof(text), "2%08d", i);
		scratch_provider(&f.spool, text);
		fixture_posted(&f, text, CLASS_TRADE_FILES, "RA_1.835", &letter);
	}
	plan(&f, "2024-05-15");
	CU_ASSERT_EQUAL(planned(&f), 1320);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM letter WHERE archived = 0"), 0);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM archive"), 121);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT SUM(letters) FROM archive"), 1320);
}

/* Planned but not built, the night is open still; once anything of it is made, it is closed. */
static void a_night_that_is_made_takes_no_more_letters(void)
{
	OWNED_FIXTURE struct fixture f;
	struct letter letter;

	fixture_open(&f);
	scratch_provider(&f.spool, ID);
	fixture_posted(&f, ID, CLASS_EDELIVERY, "EFT_1.pdf", &letter);
	plan(&f, "2024-05-15");
	fixture_posted(&f, ID, CLASS_EDELIVERY, "EFT_2.pdf", &letter);
	plan(&f, "2024-05-15");
	CU_ASSERT_EQUAL(planned(&f), 2);
	fixture_sql(&f, "UPDATE archive SET state = 'ready'");
	fixture_posted(&f, ID, CLASS_EDELIVERY, "EFT_3.pdf", &letter);
	plan(&f, "2024-05-15");
	CU_ASSERT_EQUAL(planned(&f), 2);
	clock_freeze(FIXTURE_NOW + DAY);
	plan(&f, "2024-05-16");
	CU_ASSERT(archives_are(
	    &f, ID "/edelivery-2024-05-15.zip:ready " ID "/edelivery-2024-05-16.zip:building "));
	CU_ASSERT_EQUAL(planned(&f), 3);
}

/* 300 AVRS IDs, more than are gone through in one transaction. */
static void a_bundle_has_what_the_account_may_see_and_nothing_else(void)
{
	OWNED_FIXTURE struct fixture f;
	struct letter letter;

	fixture_open(&f);
	for (int i = 0; i < 300; i++) {
		char id[16];

		(void)snprintf(id, sizeof(id), "%09d", i);
		scratch_provider(&f.spool, id);
		if (i == 0)
			(void)fixture_clerk(&f, "house", id);
		else
			fixture_grant(
			    &f, "house", id, i % 2 ? "e-delivery-only" : "includes-e-delivery");
		fixture_posted(&f, id, CLASS_EDELIVERY, "EFT_1.pdf", &letter);
		fixture_posted(&f, id, CLASS_TRADE_FILES, "RA_1.835", &letter);
	}
	scratch_provider(&f.spool, ID);
	fixture_posted(&f, ID, CLASS_EDELIVERY, "EFT_1.pdf", &letter);
	(void)fixture_clerk(&f, "none", ID);
	fixture_sql(
	    &f, "UPDATE account SET bundle = 1, bundle_format = 'tar.gz' WHERE login = 'house'");
	fixture_sql(
	    &f, "UPDATE membership SET until_date = '2024-05-14' WHERE avrs_id = '000000004'");
	plan(&f, "2024-05-15");
	plan(&f, "2024-05-15");
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM archive_part"), 300 + 150 - 2);
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT COUNT(*) FROM archive WHERE account_id IS NOT NULL"
	                       " AND name = 'bundle-2024-05-15.tar.gz'"),
	    1);
	CU_ASSERT_EQUAL(
	    fixture_number(&f,
	        "SELECT COUNT(*) FROM archive_part p JOIN archive a ON a.id = p.archive_id"
	        " JOIN membership m ON m.avrs_id = a.avrs_id WHERE a.class = 'trade-files'"
	        " AND m.role = 'e-delivery-only'"),
	    0);
}

static void revise(const struct fixture *f)
{
	struct err err;

	CU_ASSERT_EQUAL(archive_plan_revisions(&f->spool, &err), 0);
}

static void recall(const struct fixture *f, int64_t letter_id, const char *state)
{
	struct err err;

	CU_ASSERT_EQUAL(catalog_run(f->catalog, "UPDATE letter SET electronic = $2 WHERE id = $1",
	                    VALUES(INT(letter_id), TEXT(state)), &err),
	    0);
	CU_ASSERT_EQUAL(night_archive_withdraw_letter(f->catalog, letter_id, &err), 0);
}

/* A night of two letters, and a bundle of it, all made. */
static void make_night(const struct fixture *f, struct letter letters[2])
{
	scratch_provider(&f->spool, ID);
	(void)fixture_clerk(f, "house", ID);
	fixture_sql(f, "UPDATE account SET bundle = 1");
	fixture_posted(f, ID, CLASS_EDELIVERY, "EFT_1.pdf", &letters[0]);
	fixture_posted(f, ID, CLASS_EDELIVERY, "EFT_2.pdf", &letters[1]);
	plan(f, "2024-05-15");
	fixture_sql(f, "UPDATE archive SET state = 'ready'");
}

static void after_a_recall_the_rest_comes_back_under_another_name(void)
{
	OWNED_FIXTURE struct fixture f;
	struct letter letters[2];

	fixture_open(&f);
	make_night(&f, letters);
	revise(&f);
	CU_ASSERT(
	    archives_are(&f, ID "/edelivery-2024-05-15.zip:ready bundle-2024-05-15.zip:ready "));
	recall(&f, letters[0].id, "recalled");
	for (int twice = 0; twice < 2; twice++) {
		revise(&f);
		CU_ASSERT(archives_are(&f,
		    ID "/edelivery-2024-05-15.zip:expired bundle-2024-05-15.zip:expired " ID
		       "/edelivery-2024-05-15-r2.zip:building bundle-2024-05-15-r2.zip:building "));
	}
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT letter_id FROM archive_letter WHERE archive_id = 3"),
	    letters[1].id);
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT archive_id FROM archive_part WHERE bundle_id = 4"), 3);
	/* Nothing is left of it then. */
	fixture_sql(&f, "UPDATE archive SET state = 'ready' WHERE state = 'building'");
	recall(&f, letters[1].id, "recalled");
	revise(&f);
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT COUNT(*) FROM archive WHERE state <> 'expired'"), 0);
}

static void an_archive_goes_with_the_first_of_its_letters_that_expires(void)
{
	OWNED_FIXTURE struct fixture f;
	struct letter letters[2];

	fixture_open(&f);
	make_night(&f, letters);
	recall(&f, letters[0].id, "expired");
	revise(&f);
	CU_ASSERT(archives_are(
	    &f, ID "/edelivery-2024-05-15.zip:expired bundle-2024-05-15.zip:expired "));
}

static void a_withdrawn_right_withdraws_the_bundle_that_shows_more(void)
{
	OWNED_FIXTURE struct fixture f;
	struct letter letters[2];
	struct letter letter;

	fixture_open(&f);
	scratch_provider(&f.spool, "222222222");
	fixture_posted(&f, "222222222", CLASS_EDELIVERY, "EFT_1.pdf", &letter);
	make_night(&f, letters);
	fixture_grant(&f, "house", "222222222", "e-delivery-only");
	/* A right that is new adds nothing to what was made. */
	revise(&f);
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT COUNT(*) FROM archive WHERE state = 'ready'"), 3);
	fixture_sql(&f, "UPDATE membership SET until_date = '2024-05-14' WHERE avrs_id = '" ID "'");
	revise(&f);
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT COUNT(*) FROM archive WHERE state = 'building'"), 0);
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT COUNT(*) FROM archive WHERE account_id IS NOT NULL"
	                       " AND state = 'expired'"),
	    2);
}

void add_suite_archive_plan(CU_pSuite suite)
{
	TEST(a_night_ends_at_midnight_in_the_agency_also_when_clocks_change);
	TEST(each_class_of_each_avrs_id_gets_one_and_planning_again_changes_nothing);
	TEST(letters_of_many_transactions_are_all_planned_each_once);
	TEST(a_night_that_is_made_takes_no_more_letters);
	TEST(a_bundle_has_what_the_account_may_see_and_nothing_else);
	TEST(after_a_recall_the_rest_comes_back_under_another_name);
	TEST(an_archive_goes_with_the_first_of_its_letters_that_expires);
	TEST(a_withdrawn_right_withdraws_the_bundle_that_shows_more);
}
