/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/schema.h"

#include <string.h>

#include "spool/intake.h"
#include "spool/provider_kind.h"
#include "spool/role.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_schema(CU_pSuite suite);

static void has_steps_for_every_version(void)
{
	CU_ASSERT_TRUE(schema_newest() >= 1);
	for (int64_t version = 1; version <= schema_newest(); version++) {
		const char *const *steps = schema_steps(version);

		CU_ASSERT_PTR_NOT_NULL_FATAL(steps);
		CU_ASSERT_PTR_NOT_NULL(steps[0]);
	}
}

/* A program of the version before goes on reading and writing, and so does another engine. */
static void only_adds_in_words_that_both_engines_know(void)
{
	static const char *const wrong[] = {"DROP ", "RENAME ", "AUTOINCREMENT", "ROWID", "INTEGER",
	    "STRICT", "BLOB", "SERIAL", "IF NOT EXISTS"};

	for (int64_t version = 1; version <= schema_newest(); version++)
		for (const char *const *step = schema_steps(version); *step; step++)
			for (size_t i = 0; i < COUNT(wrong); i++)
				CU_ASSERT_PTR_NULL(strstr(*step, wrong[i]));
}

static void begins_with_every_sequence_at_one(void)
{
	static const char *const names[] = {"letter", "account", "key", "batch", "publication",
	    "archive", "upload", "receipt", "mail", "event"};
	OWNED_FIXTURE struct fixture f;

	fixture_open(&f);
	for (size_t i = 0; i < COUNT(names); i++) {
		int64_t first = 0;
		struct err err;

		CU_ASSERT_EQUAL(catalog_take_ids(f.catalog, names[i], 1, &first, &err), 0);
		CU_ASSERT_EQUAL(first, 1);
	}
}

static int set(const struct fixture *f, const char *sql, const char *word, struct err *err)
{
	return catalog_run(f->catalog, sql, VALUES(TEXT(word)), err);
}

static void open_with_rows(struct fixture *f)
{
	struct letter letter;

	fixture_open(f);
	scratch_provider(&f->spool, "123456789");
	(void)fixture_clerk(f, "ann", "123456789");
	fixture_letter(f, "123456789", CLASS_EDELIVERY, "EFT_1.pdf", &letter);
	fixture_sql(f,
	    "INSERT INTO intake (id, avrs_id, class, name, state, reason, node, size,"
	    " source_device, source_inode, source_changed, seen, changed)"
	    " VALUES (9, '123456789', 'edelivery', 'a', 'held', '', 'n', 1, 1, 1, 1, 1, 1)");
}

/* The words in the tables' checks are those of the enums. */
static void takes_the_words_of_the_program_and_no_others(void)
{
	static const char *const checked[] = {
	    "UPDATE membership SET role = $1",
	    "UPDATE provider SET kind = $1",
	    "UPDATE letter SET class = $1",
	    "UPDATE letter SET electronic = $1",
	    "UPDATE letter SET paper = $1",
	    "UPDATE intake SET state = $1",
	    "UPDATE intake SET class = $1",
	    "UPDATE account SET ack = $1",
	    "UPDATE account SET state = $1",
	};
	OWNED_FIXTURE struct fixture f;
	struct err err;

	open_with_rows(&f);
	for (size_t i = 0; i < COUNT(checked); i++)
		CU_ASSERT_TRUE(fails(set(&f, checked[i], "other", &err), &err, ERR_REFUSED));
	for (enum role role = ROLE_NONE; role < ROLE_COUNT; role++)
		CU_ASSERT_EQUAL(set(&f, checked[0], role_name(role), &err), 0);
	for (enum provider_kind kind = KIND_BILLING; kind < KIND_COUNT; kind++)
		CU_ASSERT_EQUAL(set(&f, checked[1], provider_kind_name(kind), &err), 0);
	for (enum letter_class class = CLASS_EDELIVERY; class < CLASS_COUNT; class ++) {
		CU_ASSERT_EQUAL(set(&f, checked[2], letter_class_name(class), &err), 0);
		CU_ASSERT_EQUAL(set(&f, checked[6], letter_class_name(class), &err), 0);
	}
	for (enum electronic state = ELECTRONIC_POSTING; state < ELECTRONIC_COUNT; state++)
		CU_ASSERT_EQUAL(set(&f, checked[3], electronic_name(state), &err), 0);
	for (enum paper state = PAPER_QUEUED; state < PAPER_COUNT; state++)
		CU_ASSERT_EQUAL(set(&f, checked[4], paper_name(state), &err), 0);
	for (enum intake_state state = INTAKE_HELD; state < INTAKE_COUNT; state++)
		CU_ASSERT_EQUAL(set(&f, checked[5], intake_state_name(state), &err), 0);
}

/* R4, R5: one role for an account and AVRS ID, and one master, whoever writes the rows. */
static void keeps_one_role_and_one_master(void)
{
	static const char again[] =
	    "INSERT INTO membership (account_id, avrs_id, role, mark, trade_files_after, granted,"
	    " changed) SELECT account_id, avrs_id, $1, 0, 0, 0, 0 FROM membership LIMIT 1";
	OWNED_FIXTURE struct fixture f;
	struct err err;

	open_with_rows(&f);
	(void)fixture_clerk(&f, "bob", "123456789");
	CU_ASSERT_TRUE(fails(set(&f, again, "e-delivery-only", &err), &err, ERR_CONFLICT));
	CU_ASSERT_TRUE(
	    fails(set(&f, "UPDATE membership SET role = $1", "master", &err), &err, ERR_CONFLICT));
	fixture_sql(&f, "UPDATE membership SET role = 'master' WHERE account_id = 1");
}

static void forgets_with_an_account_what_is_its_own(void)
{
	OWNED_FIXTURE struct fixture f;

	open_with_rows(&f);
	fixture_sql(&f, "INSERT INTO acknowledgement VALUES (1, '123456789', 5, 0)");
	fixture_sql(&f, "INSERT INTO opening (account_id, letter_id, opened) VALUES (1, 1, 1)");
	fixture_sql(&f, "INSERT INTO public_key (id, account_id, type, blob, fingerprint, comment,"
	                " added) VALUES (1, 1, 't', 'b', 'f', '', 1)");
	fixture_sql(&f, "DELETE FROM account");
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT (SELECT COUNT(*) FROM membership)"
	                                   " + (SELECT COUNT(*) FROM acknowledgement)"
	                                   " + (SELECT COUNT(*) FROM opening)"
	                                   " + (SELECT COUNT(*) FROM public_key)"),
	    0);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM letter"), 1);
	CU_ASSERT_TRUE(fixture_number(&f, "SELECT COUNT(*) FROM event") > 0);
}

/* R2: a provider with letters cannot go away, and its letters with it. */
static void keeps_a_provider_that_has_letters(void)
{
	OWNED_FIXTURE struct fixture f;
	struct err err;

	open_with_rows(&f);
	fixture_sql(&f, "DELETE FROM membership");
	CU_ASSERT_TRUE(fails(
	    catalog_run(f.catalog, "DELETE FROM provider", NO_VALUES, &err), &err, ERR_REFUSED));
}

void add_suite_schema(CU_pSuite suite)
{
	TEST(has_steps_for_every_version);
	TEST(only_adds_in_words_that_both_engines_know);
	TEST(begins_with_every_sequence_at_one);
	TEST(takes_the_words_of_the_program_and_no_others);
	TEST(keeps_one_role_and_one_master);
	TEST(forgets_with_an_account_what_is_its_own);
	TEST(keeps_a_provider_that_has_letters);
}
