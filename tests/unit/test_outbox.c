/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/outbox.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_outbox(CU_pSuite suite);

#define ID    "123456789"
#define TODAY "2024-05-15"

static void open_outbox(struct fixture *f)
{
	fixture_open(f);
	scratch_provider(&f->spool, ID);
}

static void a_letter_is_found_by_the_name_of_its_file(void)
{
	static const struct {
		const char *date;
		const char *name;
		bool found;
	} rows[] = {
	    {TODAY, "1_EFT_1.pdf", true},
	    {"2024-05-14", "1_EFT_1.pdf", false},
	    {TODAY, "2_EFT_1.pdf", false},
	    {TODAY, "01_EFT_1.pdf", false},
	    {TODAY, "+1_EFT_1.pdf", false},
	    {TODAY, "1_EFT_2.pdf", false},
	    {TODAY, "1_", false},
	    {TODAY, "1", false},
	    {TODAY, "_EFT_1.pdf", false},
	    {TODAY, "EFT_1.pdf", false},
	    {TODAY, "manifest.csv", false},
	    {TODAY, "99999999999999999999999999_EFT_1.pdf", false},
	};
	OWNED_FIXTURE struct fixture f;
	struct letter letter;

	open_outbox(&f);
	fixture_on_paper(&f, ID, TODAY, "EFT_1.pdf", &letter);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct letter found_letter = {.id = -1};
		bool found = !rows[i].found;
		struct err err;

		CU_ASSERT_EQUAL(
		    outbox_find(f.catalog, rows[i].date, rows[i].name, &found_letter, &found, &err),
		    0);
		CU_ASSERT_EQUAL(found, rows[i].found);
		CU_ASSERT_EQUAL(found_letter.id, found ? letter.id : -1);
	}
}

/* The dates of the outbox from the first on, each with a space. */
static void print_dates(const struct fixture *f, struct buffer *out)
{
	char date[DATE_SIZE] = "";
	bool found = true;
	struct err err;

	buffer_clear(out);
	while (found) {
		CU_ASSERT_EQUAL_FATAL(outbox_next_date(f->catalog, date, date, &found, &err), 0);
		if (found)
			buffer_print(out, "%s ", date);
	}
}

static void a_day_is_listed_while_it_has_letters_to_print(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_BUFFER struct buffer dates = BUFFER(4096);
	struct letter letter;

	open_outbox(&f);
	print_dates(&f, &dates);
	CU_ASSERT_STRING_EQUAL(buffer_text(&dates), "");
	fixture_on_paper(&f, ID, "2024-05-13", "EFT_1.pdf", &letter);
	fixture_on_paper(&f, ID, "2024-05-14", "EFT_2.pdf", &letter);
	fixture_on_paper(&f, ID, "2024-05-14", "EFT_3.pdf", &letter);
	fixture_on_paper(&f, ID, TODAY, "EFT_4.pdf", &letter);
	fixture_sql(&f, "UPDATE letter SET placed = NULL WHERE name = 'EFT_4.pdf'");
	print_dates(&f, &dates);
	CU_ASSERT_STRING_EQUAL(buffer_text(&dates), "2024-05-13 2024-05-14 ");
	fixture_sql(&f, "UPDATE letter SET paper = 'withdrawn' WHERE name = 'EFT_1.pdf'");
	fixture_sql(&f, "UPDATE letter SET paper = 'handed-over' WHERE name = 'EFT_2.pdf'");
	print_dates(&f, &dates);
	CU_ASSERT_STRING_EQUAL(buffer_text(&dates), "2024-05-14 ");
}

static void a_day_is_known_by_what_ever_came(void)
{
	OWNED_FIXTURE struct fixture f;
	struct letter letter;
	int64_t changed = 0;
	bool found = true;
	struct err err;

	open_outbox(&f);
	CU_ASSERT_EQUAL(outbox_find_date(f.catalog, TODAY, &changed, &found, &err), 0);
	CU_ASSERT_FALSE(found);
	fixture_on_paper(&f, ID, TODAY, "EFT_1.pdf", &letter);
	clock_freeze(FIXTURE_NOW + 5);
	fixture_on_paper(&f, ID, TODAY, "EFT_2.pdf", &letter);
	fixture_sql(&f, "UPDATE letter SET paper = 'handed-over'");
	CU_ASSERT_EQUAL(outbox_find_date(f.catalog, TODAY, &changed, &found, &err), 0);
	CU_ASSERT_TRUE(found);
	CU_ASSERT_EQUAL(changed, FIXTURE_NOW + 5);
}

static int note_name(const struct letter *letter, void *arg, struct err *err)
{
	char name[OUTBOX_NAME_MAX + 1];

	(void)err;
	outbox_name(letter, name);
	buffer_print(arg, "%s ", name);
	return 0;
}

static void letters_of_a_day_come_by_their_ids_in_pages(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_BUFFER struct buffer names = BUFFER(4096);
	struct letter letter;
	struct err err;

	open_outbox(&f);
	fixture_on_paper(&f, ID, TODAY, "EFT_1.pdf", &letter);
	fixture_on_paper(&f, ID, TODAY, "EFT_2.pdf", &letter);
	fixture_on_paper(&f, ID, "2024-05-14", "EFT_3.pdf", &letter);
	fixture_on_paper(&f, ID, TODAY, "EFT_4.pdf", &letter);
	fixture_on_paper(&f, ID, TODAY, "EFT_5.pdf", &letter);
	fixture_sql(&f, "UPDATE letter SET paper = 'handed-over' WHERE name = 'EFT_2.pdf'");
	CU_ASSERT_EQUAL(outbox_list(f.catalog, TODAY, 0, 2, note_name, &names, &err), 0);
	CU_ASSERT_STRING_EQUAL(buffer_text(&names), "1_EFT_1.pdf 4_EFT_4.pdf ");
	buffer_clear(&names);
	CU_ASSERT_EQUAL(outbox_list(f.catalog, TODAY, 4, 9, note_name, &names, &err), 0);
	CU_ASSERT_STRING_EQUAL(buffer_text(&names), "5_EFT_5.pdf ");
}

/* R2: who printed it is told once, however often it is said. */
static void a_letter_is_handed_over_once(void)
{
	static const struct actor shop = {"node", "account shop"};
	OWNED_FIXTURE struct fixture f;
	struct letter letter;
	struct err err;

	open_outbox(&f);
	fixture_on_paper(&f, ID, TODAY, "EFT_1.pdf", &letter);
	clock_freeze(FIXTURE_NOW + 7);
	CU_ASSERT_EQUAL(outbox_hand_over(f.catalog, &shop, "shop", &letter, &err), 0);
	clock_freeze(FIXTURE_NOW + 9);
	CU_ASSERT_EQUAL(outbox_hand_over(f.catalog, &shop, "shop", &letter, &err), 0);
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT paper_ended FROM letter WHERE paper = 'handed-over'"),
	    FIXTURE_NOW + 7);
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT COUNT(*) FROM event WHERE what = 'letter.handed-over'"
	                       " AND login = 'shop' AND avrs_id = '" ID "' AND letter_id = 1"),
	    1);
}

static void what_is_not_to_be_printed_is_not_handed_over(void)
{
	static const struct actor shop = {"node", "account shop"};
	OWNED_FIXTURE struct fixture f;
	struct letter withdrawn;
	struct letter unplaced;
	struct letter posted;
	struct err err;

	open_outbox(&f);
	fixture_on_paper(&f, ID, TODAY, "EFT_1.pdf", &withdrawn);
	fixture_on_paper(&f, ID, TODAY, "EFT_2.pdf", &unplaced);
	fixture_posted(&f, ID, CLASS_EDELIVERY, "EFT_3.pdf", &posted);
	fixture_sql(&f, "UPDATE letter SET paper = 'withdrawn' WHERE id = 1");
	fixture_sql(&f, "UPDATE letter SET placed = NULL WHERE id = 2");
	CU_ASSERT_EQUAL(outbox_hand_over(f.catalog, &shop, "shop", &withdrawn, &err), 0);
	CU_ASSERT_EQUAL(outbox_hand_over(f.catalog, &shop, "shop", &unplaced, &err), 0);
	CU_ASSERT_EQUAL(outbox_hand_over(f.catalog, &shop, "shop", &posted, &err), 0);
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT COUNT(*) FROM letter WHERE paper = 'handed-over'"), 0);
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT COUNT(*) FROM event WHERE what = 'letter.handed-over'"), 0);
}

static void a_whole_day_is_opened_and_handed_over_at_once(void)
{
	static const struct actor shop = {"node", "account shop"};
	OWNED_FIXTURE struct fixture f;
	struct account account;
	struct letter letter;
	bool is = false;
	struct err err;

	open_outbox(&f);
	(void)fixture_clerk(&f, "shop", ID);
	fixture_account(&f, "shop", &account);
	fixture_on_paper(&f, ID, TODAY, "EFT_1.pdf", &letter);
	fixture_on_paper(&f, ID, TODAY, "EFT_2.pdf", &letter);
	fixture_on_paper(&f, ID, "2024-05-16", "EFT_3.pdf", &letter);
	CU_ASSERT_EQUAL(
	    outbox_hand_over_date(f.catalog, &shop, account.id, "shop", TODAY, &err), 0);
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT COUNT(*) FROM letter WHERE paper = 'handed-over'"), 0);
	CU_ASSERT_EQUAL(
	    outbox_note_opening(f.catalog, account.id, TODAY, FIXTURE_NOW + 1, &err), 0);
	/* What comes after it was opened is not in it. */
	clock_freeze(FIXTURE_NOW + 1);
	fixture_on_paper(&f, ID, TODAY, "EFT_4.pdf", &letter);
	CU_ASSERT_EQUAL(
	    outbox_hand_over_date(f.catalog, &shop, account.id, "shop", TODAY, &err), 0);
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT COUNT(*) FROM letter WHERE paper = 'handed-over'"), 2);
	CU_ASSERT_EQUAL(outbox_has_date(f.catalog, TODAY, &is, &err), 0);
	CU_ASSERT_TRUE(is);
	CU_ASSERT_EQUAL(outbox_is_filling(f.catalog, TODAY, &is, &err), 0);
	CU_ASSERT_FALSE(is);
	fixture_sql(&f, "UPDATE letter SET placed = NULL WHERE paper = 'queued'");
	CU_ASSERT_EQUAL(outbox_is_filling(f.catalog, TODAY, &is, &err), 0);
	CU_ASSERT_TRUE(is);
	CU_ASSERT_EQUAL(outbox_has_date(f.catalog, TODAY, &is, &err), 0);
	CU_ASSERT_FALSE(is);
}

/* Its zip was made; then one more comes that has the date of that day (R2). */
static void what_came_after_the_zip_was_begun_is_not_handed_over_with_it(void)
{
	static const struct actor shop = {"node", "account shop"};
	OWNED_FIXTURE struct fixture f;
	struct account account;
	struct letter letter;
	struct err err;

	open_outbox(&f);
	(void)fixture_clerk(&f, "shop", ID);
	fixture_account(&f, "shop", &account);
	fixture_on_paper(&f, ID, TODAY, "EFT_1.pdf", &letter);
	clock_freeze(FIXTURE_NOW + 1);
	fixture_on_paper(&f, ID, TODAY, "EFT_2.pdf", &letter);
	CU_ASSERT_EQUAL(
	    outbox_note_opening(f.catalog, account.id, TODAY, FIXTURE_NOW + 1, &err), 0);
	CU_ASSERT_EQUAL(
	    outbox_hand_over_date(f.catalog, &shop, account.id, "shop", TODAY, &err), 0);
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT id FROM letter WHERE paper = 'queued'"), letter.id);
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT COUNT(*) FROM letter WHERE paper = 'handed-over'"), 1);
}

#define HEAD "file,avrs_id,npi,name,type,size,sha256,queued,state,reason\r\n"
#define LINE(id, name, state)                                                       \
	id "_" name "," ID ",1234567893,\"Elm Street, Clinic\",EFT,1000,"           \
	   "000000000000000000000000000000000000000000000000000000000000000" id "," \
	   "2024-05-15T12:00:00Z," state ",the provider has no account (R2)\r\n"

static void expect_manifest(struct fixture *f, bool to_print, const char *expected)
{
	OWNED_BUFFER struct buffer out = BUFFER(4096);
	int64_t changed = 0;
	struct err err;

	CU_ASSERT_EQUAL(outbox_manifest(f->catalog, TODAY, to_print, &out, &changed, &err), 0);
	CU_ASSERT_STRING_EQUAL(buffer_text(&out), expected);
	CU_ASSERT_EQUAL(changed, FIXTURE_NOW);
}

static void a_manifest_says_what_to_print_for_whom(void)
{
	OWNED_FIXTURE struct fixture f;
	struct letter letter;

	open_outbox(&f);
	fixture_sql(&f, "UPDATE provider SET npi = '1234567893', name = 'Elm Street, Clinic'");
	fixture_on_paper(&f, ID, TODAY, "EFT_1.pdf", &letter);
	fixture_on_paper(&f, ID, TODAY, "EFT_2.pdf", &letter);
	fixture_on_paper(&f, ID, "2024-05-14", "EFT_3.pdf", &letter);
	fixture_on_paper(&f, ID, TODAY, "EFT_4.pdf", &letter);
	fixture_sql(&f, "UPDATE letter SET placed = NULL WHERE name = 'EFT_4.pdf'");
	fixture_sql(&f, "UPDATE letter SET paper = 'handed-over' WHERE name = 'EFT_1.pdf'");
	expect_manifest(
	    &f, false, HEAD LINE("1", "EFT_1.pdf", "handed-over") LINE("2", "EFT_2.pdf", "queued"));
	expect_manifest(&f, true, HEAD LINE("2", "EFT_2.pdf", "queued"));
}

/* It is made while nobody else's letter is posted, and a day can have a hundred thousand. */
static void a_manifest_is_one_query_however_long_it_is(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_BUFFER struct buffer out = BUFFER(65536);
	struct letter letter;
	int64_t before;
	int64_t changed = 0;
	struct err err;

	open_outbox(&f);
	for (int i = 0; i < 50; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "EFT_%d.pdf", i);
		fixture_on_paper(&f, ID, TODAY, name, &letter);
	}
	before = catalog_statements(f.catalog);
	CU_ASSERT_EQUAL(outbox_manifest(f.catalog, TODAY, false, &out, &changed, &err), 0);
	CU_ASSERT_EQUAL(catalog_statements(f.catalog), before + 1);
}

void add_suite_outbox(CU_pSuite suite)
{
	TEST(a_letter_is_found_by_the_name_of_its_file);
	TEST(a_day_is_listed_while_it_has_letters_to_print);
	TEST(a_day_is_known_by_what_ever_came);
	TEST(letters_of_a_day_come_by_their_ids_in_pages);
	TEST(a_letter_is_handed_over_once);
	TEST(what_is_not_to_be_printed_is_not_handed_over);
	TEST(a_whole_day_is_opened_and_handed_over_at_once);
	TEST(what_came_after_the_zip_was_begun_is_not_handed_over_with_it);
	TEST(a_manifest_says_what_to_print_for_whom);
	TEST(a_manifest_is_one_query_however_long_it_is);
}
