/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/night_archive.h"

#include <string.h>

#include "base/text.h"
#include "spool/archive_members.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_night_archive(CU_pSuite suite);

#define ID "123456789"

static void make(const struct fixture *f, enum letter_class class, const char *night,
    struct night_archive *ret_archive)
{
	struct night_archive archive = {.class = class, .revision = 1};
	struct err err;

	text_copy(archive.avrs_id, ID);
	text_copy(archive.night, night);
	night_archive_fill_name(&archive, BUNDLE_ZIP);
	CU_ASSERT_EQUAL_FATAL(night_archive_add(f->catalog, &archive, &err), 0);
	*ret_archive = archive;
}

static void collect(const struct fixture *f, const struct night_archive *archive)
{
	int64_t count = 0;
	struct err err;

	CU_ASSERT_EQUAL_FATAL(
	    archive_members_collect(f->catalog, archive, FIXTURE_NOW + 1, 100, &count, &err), 0);
	CU_ASSERT(count < 100);
}

static int count(const struct night_archive *archive, void *arg, struct err *err)
{
	(void)archive;
	(void)err;
	++*(int *)arg;
	return 0;
}

static int count_ready(const struct fixture *f, const struct night_archive *of)
{
	struct night_archive after = *of;
	int ready = 0;
	struct err err;

	after.id = 0;
	CU_ASSERT_EQUAL(night_archive_list(f->catalog, &after, 100, count, &ready, &err), 0);
	return ready;
}

static void names_tell_class_night_revision_and_format(void)
{
	static const struct {
		const char *avrs_id;
		enum letter_class class;
		int64_t revision;
		enum bundle_format format;
		const char *name;
	} rows[] = {
	    {ID, CLASS_EDELIVERY, 1, BUNDLE_ZIP, "edelivery-2024-05-15.zip"},
	    {ID, CLASS_TRADE_FILES, 2, BUNDLE_TAR_GZ, "trade-files-2024-05-15-r2.zip"},
	    {"", CLASS_EDELIVERY, 1, BUNDLE_TAR_ZST, "bundle-2024-05-15.tar.zst"},
	    {"", CLASS_TRADE_FILES, 12, BUNDLE_TAR_GZ, "bundle-2024-05-15-r12.tar.gz"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct night_archive archive = {.class = rows[i].class,
		    .revision = rows[i].revision,
		    .id = 17,
		    .account_id = rows[i].avrs_id[0] ? 0 : 4};
		char path[FOLDER_PATH_MAX];

		text_copy(archive.avrs_id, rows[i].avrs_id);
		text_copy(archive.night, "2024-05-15");
		night_archive_fill_name(&archive, rows[i].format);
		CU_ASSERT_STRING_EQUAL(archive.name, rows[i].name);
		night_archive_signature_path(&archive, path);
		CU_ASSERT_PTR_NOT_NULL(strstr(path, rows[i].name));
		CU_ASSERT_EQUAL(
		    strncmp(path, rows[i].avrs_id[0] ? "archives/" : "archives/bundles/4/17_", 9),
		    0);
		CU_ASSERT_STRING_EQUAL(path + strlen(path) - 4, ".p7s");
	}
}

static void is_listed_when_it_is_ready_and_only_then(void)
{
	OWNED_FIXTURE struct fixture f;
	struct night_archive archive;
	struct letter letter;
	bool ready = false;
	bool made = true;
	struct err err;

	fixture_open(&f);
	scratch_provider(&f.spool, ID);
	fixture_posted(&f, ID, CLASS_EDELIVERY, "EFT_1.pdf", &letter);
	make(&f, CLASS_EDELIVERY, "2024-05-15", &archive);
	collect(&f, &archive);
	CU_ASSERT_EQUAL(count_ready(&f, &archive), 0);
	CU_ASSERT_EQUAL(night_archive_is_made(f.catalog, "2024-05-15", &made, &err), 0);
	CU_ASSERT_FALSE(made);
	archive.letters = 1;
	archive.size = 500;
	archive.made = clock_now();
	text_copy(archive.sha256, letter.sha256);
	CU_ASSERT_EQUAL(
	    night_archive_set_ready(f.catalog, &f.spool.actor, &archive, &ready, &err), 0);
	CU_ASSERT(ready);
	CU_ASSERT_EQUAL(count_ready(&f, &archive), 1);
	CU_ASSERT_EQUAL(night_archive_is_made(f.catalog, "2024-05-15", &made, &err), 0);
	CU_ASSERT(made);
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT COUNT(*) FROM event WHERE what = 'archive.made'"), 1);
	/* Made once: a second one is a mistake. */
	CU_ASSERT(fails(night_archive_set_ready(f.catalog, &f.spool.actor, &archive, &ready, &err),
	    &err, ERR_INTERNAL));
	CU_ASSERT_EQUAL(night_archive_set_state(f.catalog, &f.spool.actor, &archive,
	                    ARCHIVE_EXPIRED, "reason=test", &err),
	    0);
	CU_ASSERT_EQUAL(count_ready(&f, &archive), 0);
}

/* What was recalled while the file was made is in the file: it must not be published. */
static void is_not_ready_with_other_letters_than_it_is_of(void)
{
	OWNED_FIXTURE struct fixture f;
	struct night_archive archive;
	struct letter letter;
	bool ready = true;
	struct err err;

	fixture_open(&f);
	scratch_provider(&f.spool, ID);
	fixture_posted(&f, ID, CLASS_EDELIVERY, "EFT_1.pdf", &letter);
	fixture_posted(&f, ID, CLASS_EDELIVERY, "EFT_2.pdf", &letter);
	make(&f, CLASS_EDELIVERY, "2024-05-15", &archive);
	collect(&f, &archive);
	archive.letters = 2;
	fixture_sql(&f, "UPDATE letter SET electronic = 'recalled' WHERE name = 'EFT_2.pdf'");
	CU_ASSERT_EQUAL(
	    night_archive_set_ready(f.catalog, &f.spool.actor, &archive, &ready, &err), 0);
	CU_ASSERT_FALSE(ready);
	CU_ASSERT_EQUAL(count_ready(&f, &archive), 0);
}

static void a_letter_that_goes_takes_its_archive_and_bundles_out_of_sight(void)
{
	OWNED_FIXTURE struct fixture f;
	struct night_archive archive;
	struct night_archive other;
	struct night_archive bundle = {.revision = 1};
	struct letter letter;
	struct err err;

	fixture_open(&f);
	scratch_provider(&f.spool, ID);
	bundle.account_id = fixture_clerk(&f, "house", ID);
	fixture_posted(&f, ID, CLASS_EDELIVERY, "EFT_1.pdf", &letter);
	make(&f, CLASS_EDELIVERY, "2024-05-15", &archive);
	collect(&f, &archive);
	make(&f, CLASS_TRADE_FILES, "2024-05-15", &other);
	text_copy(bundle.night, "2024-05-15");
	night_archive_fill_name(&bundle, BUNDLE_ZIP);
	CU_ASSERT_EQUAL(night_archive_add(f.catalog, &bundle, &err), 0);
	CU_ASSERT_EQUAL(archive_members_add_part(f.catalog, bundle.id, archive.id, &err), 0);
	fixture_sql(&f, "UPDATE archive SET state = 'ready'");
	CU_ASSERT_EQUAL(count_ready(&f, &bundle), 1);
	CU_ASSERT_EQUAL(night_archive_withdraw_letter(f.catalog, letter.id, &err), 0);
	CU_ASSERT_EQUAL(count_ready(&f, &bundle), 0);
	CU_ASSERT_EQUAL(count_ready(&f, &archive), 1);
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT COUNT(*) FROM archive WHERE state = 'withdrawn'"), 2);
}

static void lists_in_pages_by_night_and_what_is_to_be_done(void)
{
	OWNED_FIXTURE struct fixture f;
	struct night_archive archive;
	struct night_archive found;
	bool is_found = false;
	int seen = 0;
	struct err err;

	fixture_open(&f);
	scratch_provider(&f.spool, ID);
	make(&f, CLASS_EDELIVERY, "2024-05-14", &archive);
	make(&f, CLASS_EDELIVERY, "2024-05-15", &archive);
	make(&f, CLASS_TRADE_FILES, "2024-05-15", &archive);
	CU_ASSERT_EQUAL(night_archive_list_to_do(f.catalog, count, &seen, &err), 0);
	CU_ASSERT_EQUAL(seen, 3);
	fixture_sql(&f, "UPDATE archive SET state = 'ready'");
	seen = 0;
	CU_ASSERT_EQUAL(night_archive_list_to_do(f.catalog, count, &seen, &err), 0);
	CU_ASSERT_EQUAL(night_archive_list_bundles(f.catalog, count, &seen, &err), 0);
	CU_ASSERT_EQUAL(seen, 0);
	CU_ASSERT_EQUAL(night_archive_list_night(f.catalog, "2024-05-15", count, &seen, &err), 0);
	CU_ASSERT_EQUAL(seen, 2);
	CU_ASSERT_EQUAL(night_archive_list_night(f.catalog, "", count, &seen, &err), 0);
	CU_ASSERT_EQUAL(seen, 5);
	found = archive;
	found.id--;
	seen = 0;
	CU_ASSERT_EQUAL(night_archive_list(f.catalog, &found, 100, count, &seen, &err), 0);
	CU_ASSERT_EQUAL(seen, 1);
	CU_ASSERT_EQUAL(
	    night_archive_find_name(f.catalog, ID, 0, archive.name, &found, &is_found, &err), 0);
	CU_ASSERT(is_found && found.id == archive.id && found.class == CLASS_TRADE_FILES);
	CU_ASSERT_EQUAL(
	    night_archive_find_name(f.catalog, "", 1, archive.name, &found, &is_found, &err), 0);
	CU_ASSERT_FALSE(is_found);
	CU_ASSERT_EQUAL(night_archive_find(f.catalog, archive.id, &found, &is_found, &err), 0);
	CU_ASSERT(is_found);
	CU_ASSERT_STRING_EQUAL(archive_state_name(found.state), "ready");
}

void add_suite_night_archive(CU_pSuite suite)
{
	TEST(names_tell_class_night_revision_and_format);
	TEST(is_listed_when_it_is_ready_and_only_then);
	TEST(is_not_ready_with_other_letters_than_it_is_of);
	TEST(a_letter_that_goes_takes_its_archive_and_bundles_out_of_sight);
	TEST(lists_in_pages_by_night_and_what_is_to_be_done);
}
