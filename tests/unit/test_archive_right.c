/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/archive_right.h"

#include "base/text.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_archive_right(CU_pSuite suite);

#define ID    "123456789"
#define TODAY "2024-05-15"

/* R4, R5: who sees trade files sees archives of them, and nobody else does. */
static void an_archive_of_an_avrs_id_is_for_the_role_that_sees_its_class(void)
{
	static const struct {
		enum role role;
		bool letters, trade_files;
	} rows[] = {
	    {ROLE_MASTER, true, true},
	    {ROLE_INCLUDES_E_DELIVERY, true, true},
	    {ROLE_E_DELIVERY_ONLY, true, false},
	    {ROLE_NONE, false, false},
	};
	const struct account account = {.id = 1};

	for (size_t i = 0; i < COUNT(rows); i++) {
		for (enum letter_class class = CLASS_EDELIVERY; class < CLASS_COUNT; class ++) {
			const struct membership membership = {.role = rows[i].role};
			struct night_archive archive = {.class = class};
			bool allowed = false;
			struct err err;

			text_copy(archive.avrs_id, ID);
			CU_ASSERT_EQUAL(archive_right(NULL, &account, &membership, &archive, TODAY,
			                    &allowed, &err),
			    0);
			CU_ASSERT_EQUAL(allowed,
			    class == CLASS_EDELIVERY ? rows[i].letters : rows[i].trade_files);
		}
	}
}

/* A bundle of letters and trade files of one AVRS ID. */
static void make_bundle(const struct fixture *f, int64_t account_id, struct night_archive *bundle)
{
	struct night_archive part = {.revision = 1};
	struct err err;

	*bundle = (struct night_archive){.account_id = account_id, .revision = 1};
	text_copy(bundle->night, TODAY);
	night_archive_fill_name(bundle, BUNDLE_ZIP);
	CU_ASSERT_EQUAL_FATAL(night_archive_add(f->catalog, bundle, &err), 0);
	text_copy(part.avrs_id, ID);
	text_copy(part.night, TODAY);
	for (part.class = CLASS_EDELIVERY; part.class < CLASS_COUNT; part.class ++) {
		night_archive_fill_name(&part, BUNDLE_ZIP);
		CU_ASSERT_EQUAL_FATAL(night_archive_add(f->catalog, &part, &err), 0);
		CU_ASSERT_EQUAL_FATAL(
		    archive_members_add_part(f->catalog, bundle->id, part.id, &err), 0);
	}
}

static bool may(const struct fixture *f, const char *login, const struct night_archive *bundle,
    const char *today)
{
	struct account account;
	bool allowed = false;
	struct err err;

	fixture_account(f, login, &account);
	CU_ASSERT_EQUAL(
	    archive_right(f->catalog, &account, NULL, bundle, today, &allowed, &err), 0);
	return allowed;
}

static void a_bundle_is_for_its_account_while_all_of_it_is_allowed(void)
{
	OWNED_FIXTURE struct fixture f;
	struct night_archive bundle;

	fixture_open(&f);
	scratch_provider(&f.spool, ID);
	make_bundle(&f, fixture_clerk(&f, "house", ID), &bundle);
	(void)fixture_clerk(&f, "other", ID);
	CU_ASSERT_FALSE(may(&f, "house", &bundle, TODAY));
	fixture_sql(&f, "UPDATE account SET bundle = 1");
	CU_ASSERT(may(&f, "house", &bundle, TODAY));
	CU_ASSERT_FALSE(may(&f, "other", &bundle, TODAY));
	/* R5: one class less is the whole bundle less. */
	fixture_grant(&f, "house", ID, "e-delivery-only");
	CU_ASSERT_FALSE(may(&f, "house", &bundle, TODAY));
	fixture_grant(&f, "house", ID, "includes-e-delivery");
	fixture_sql(&f, "UPDATE membership SET until_date = '2024-05-20'");
	CU_ASSERT(may(&f, "house", &bundle, "2024-05-20"));
	CU_ASSERT_FALSE(may(&f, "house", &bundle, "2024-05-21"));
	fixture_sql(&f, "UPDATE account SET state = 'disabled'");
	CU_ASSERT_FALSE(may(&f, "house", &bundle, TODAY));
}

void add_suite_archive_right(CU_pSuite suite)
{
	TEST(an_archive_of_an_avrs_id_is_for_the_role_that_sees_its_class);
	TEST(a_bundle_is_for_its_account_while_all_of_it_is_allowed);
}
