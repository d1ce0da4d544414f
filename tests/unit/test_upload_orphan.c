/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/upload_orphan.h"

#include "base/text.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_upload_orphan(CU_pSuite suite);

/* adam has an upload in each state. */
static void add_uploads(struct fixture *f)
{
	static const char *const names[UPLOAD_STATE_COUNT] = {"open", "part", "closed", "removed"};
	int64_t adam = scratch_account(&f->spool, "adam", "", "");
	struct err err;

	for (int i = 0; i < UPLOAD_STATE_COUNT; i++) {
		struct upload upload;
		struct place place = {.class = CLASS_TRADE_FILES};

		text_copy(place.drop, "123456789");
		text_copy(place.name, names[i]);
		upload_init(&upload, adam, "here", &place);
		CU_ASSERT_EQUAL(upload_add(f->catalog, &upload, &err), 0);
		upload.state = (enum upload_state)i;
		CU_ASSERT_EQUAL(upload_update(f->catalog, &upload, &err), 0);
	}
}

static int note(const struct upload *upload, void *arg, struct err *err)
{
	struct upload **next = arg;

	(void)err;
	*(*next)++ = *upload;
	return 0;
}

static int list(const struct fixture *f, struct upload ret_uploads[UPLOAD_STATE_COUNT])
{
	struct upload *next = ret_uploads;
	struct err err;

	CU_ASSERT_EQUAL(upload_orphan_list(f->catalog, 0, 10, note, &next, &err), 0);
	return (int)(next - ret_uploads);
}

static void what_an_account_did_not_finish_outlives_it(void)
{
	struct fixture f;
	struct upload uploads[UPLOAD_STATE_COUNT];
	struct err err;

	fixture_open(&f);
	add_uploads(&f);
	CU_ASSERT_EQUAL(list(&f, uploads), 0);
	CU_ASSERT_EQUAL(account_remove(f.catalog, &f.spool.actor, "adam", &err), 0);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM upload"), 0);
	CU_ASSERT_EQUAL_FATAL(list(&f, uploads), 2);
	CU_ASSERT_STRING_EQUAL(uploads[0].name, "open");
	CU_ASSERT_STRING_EQUAL(uploads[1].name, "part");
	CU_ASSERT_STRING_EQUAL(uploads[1].drop, "123456789");
	CU_ASSERT_STRING_EQUAL(uploads[1].node, "here");
	CU_ASSERT_EQUAL(uploads[1].class, CLASS_TRADE_FILES);
	CU_ASSERT_EQUAL(upload_orphan_forget(f.catalog, uploads[0].id, &err), 0);
	CU_ASSERT_EQUAL_FATAL(list(&f, uploads), 1);
	CU_ASSERT_STRING_EQUAL(uploads[0].name, "part");
	fixture_close(&f);
}

static void who_uploads_that_name_next_has_the_file(void)
{
	struct fixture f;
	struct upload uploads[UPLOAD_STATE_COUNT];
	bool adopted = true;
	struct err err;

	fixture_open(&f);
	add_uploads(&f);
	CU_ASSERT_EQUAL(account_remove(f.catalog, &f.spool.actor, "adam", &err), 0);
	CU_ASSERT_EQUAL_FATAL(list(&f, uploads), 2);
	CU_ASSERT_EQUAL(upload_orphan_is_adopted(f.catalog, &uploads[0], &adopted, &err), 0);
	CU_ASSERT_FALSE(adopted);
	uploads[0].account_id = scratch_account(&f.spool, "eve", "", "");
	CU_ASSERT_EQUAL(upload_add(f.catalog, &uploads[0], &err), 0);
	CU_ASSERT_EQUAL(upload_orphan_is_adopted(f.catalog, &uploads[0], &adopted, &err), 0);
	CU_ASSERT_TRUE(adopted);
	fixture_close(&f);
}

void add_suite_upload_orphan(CU_pSuite suite)
{
	TEST(what_an_account_did_not_finish_outlives_it);
	TEST(who_uploads_that_name_next_has_the_file);
}
