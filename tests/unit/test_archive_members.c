/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/archive_members.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "spool/night_archive.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_archive_members(CU_pSuite suite);

#define ID "123456789"

static void make(
    const struct fixture *f, const char *avrs_id, enum letter_class class, struct night_archive *a)
{
	int64_t count = 1;
	struct err err;

	*a = (struct night_archive){.class = class, .revision = 1};
	text_copy(a->avrs_id, avrs_id);
	text_copy(a->night, "2024-05-15");
	night_archive_fill_name(a, BUNDLE_ZIP);
	CU_ASSERT_EQUAL_FATAL(night_archive_add(f->catalog, a, &err), 0);
	while (count >= 1)
		CU_ASSERT_EQUAL_FATAL(
		    archive_members_collect(f->catalog, a, FIXTURE_NOW + 1, 1, &count, &err), 0);
}

static int add_name(const struct letter *letter, void *arg, struct err *err)
{
	struct buffer *names = arg;

	(void)err;
	buffer_print(names, "%s/%s ", letter->avrs_id, letter->name);
	return 0;
}

/* The letters of an archive in pages of so many, as text. */
static void list(
    const struct fixture *f, const struct night_archive *archive, int64_t limit, struct buffer *out)
{
	struct members_cursor cursor = {.part_id = 0};
	bool more = true;
	struct err err;

	buffer_clear(out);
	while (more)
		CU_ASSERT_EQUAL_FATAL(archive_members_list(f->catalog, archive, &cursor, limit,
		                          add_name, out, &more, &err),
		    0);
}

/* Two AVRS IDs with letters, and a bundle of both. */
static void make_all(
    const struct fixture *f, struct night_archive a[3], struct night_archive *bundle)
{
	struct letter letter;
	struct err err;

	scratch_provider(&f->spool, ID);
	scratch_provider(&f->spool, "222222222");
	*bundle = (struct night_archive){.revision = 1};
	bundle->account_id = fixture_clerk(f, "house", ID);
	for (int i = 0; i < 5; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "EFT_%d.pdf", i);
		fixture_posted(f, i < 3 ? ID : "222222222", CLASS_EDELIVERY, name, &letter);
	}
	fixture_posted(f, ID, CLASS_TRADE_FILES, "RA_1.835", &letter);
	make(f, ID, CLASS_EDELIVERY, &a[0]);
	make(f, ID, CLASS_TRADE_FILES, &a[1]);
	make(f, "222222222", CLASS_EDELIVERY, &a[2]);
	text_copy(bundle->night, "2024-05-15");
	night_archive_fill_name(bundle, BUNDLE_ZIP);
	CU_ASSERT_EQUAL_FATAL(night_archive_add(f->catalog, bundle, &err), 0);
	for (int i = 0; i < 3; i++)
		for (int twice = 0; twice < 2; twice++)
			CU_ASSERT_EQUAL(
			    archive_members_add_part(f->catalog, bundle->id, a[i].id, &err), 0);
}

#define LETTERS ID "/EFT_0.pdf " ID "/EFT_1.pdf " ID "/EFT_2.pdf "

static void lists_letters_in_one_order_whatever_the_page(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_BUFFER struct buffer names = BUFFER(4096);
	struct night_archive a[3];
	struct night_archive bundle;

	fixture_open(&f);
	make_all(&f, a, &bundle);
	for (int64_t limit = 1; limit <= 7; limit++) {
		list(&f, &a[0], limit, &names);
		CU_ASSERT_STRING_EQUAL(buffer_text(&names), LETTERS);
		list(&f, &bundle, limit, &names);
		CU_ASSERT_STRING_EQUAL(buffer_text(&names),
		    LETTERS ID "/RA_1.835 222222222/EFT_3.pdf 222222222/EFT_4.pdf ");
	}
}

static void what_was_recalled_or_has_expired_does_not_count(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_BUFFER struct buffer names = BUFFER(4096);
	struct night_archive a[3];
	struct night_archive bundle;
	int64_t letters = 0;
	int64_t bytes = 0;
	bool expired = true;
	struct err err;

	fixture_open(&f);
	make_all(&f, a, &bundle);
	CU_ASSERT_EQUAL(archive_members_measure(f.catalog, &bundle, &letters, &bytes, &err), 0);
	CU_ASSERT(letters == 6 && bytes == 6000);
	fixture_sql(&f, "UPDATE letter SET electronic = 'recalled' WHERE name = 'EFT_1.pdf'");
	list(&f, &a[0], 100, &names);
	CU_ASSERT_STRING_EQUAL(buffer_text(&names), ID "/EFT_0.pdf " ID "/EFT_2.pdf ");
	CU_ASSERT_EQUAL(archive_members_count(f.catalog, &a[0], &letters, &err), 0);
	CU_ASSERT_EQUAL(letters, 2);
	CU_ASSERT_EQUAL(archive_members_any_expired(f.catalog, &bundle, &expired, &err), 0);
	CU_ASSERT_FALSE(expired);
	fixture_sql(&f, "UPDATE letter SET electronic = 'expired' WHERE name = 'EFT_2.pdf'");
	CU_ASSERT_EQUAL(archive_members_any_expired(f.catalog, &a[0], &expired, &err), 0);
	CU_ASSERT(expired);
	CU_ASSERT_EQUAL(archive_members_any_expired(f.catalog, &bundle, &expired, &err), 0);
	CU_ASSERT(expired);
	CU_ASSERT_EQUAL(archive_members_any_expired(f.catalog, &a[2], &expired, &err), 0);
	CU_ASSERT_FALSE(expired);
	/* What replaces it has the rest. */
	fixture_sql(&f, "DELETE FROM archive_letter WHERE archive_id = 2");
	CU_ASSERT_EQUAL(archive_members_copy(f.catalog, a[0].id, a[1].id, &err), 0);
	list(&f, &a[1], 100, &names);
	CU_ASSERT_STRING_EQUAL(buffer_text(&names), ID "/EFT_0.pdf ");
}

static void finds_what_is_in_no_archive_and_takes_each_once(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_BUFFER struct buffer names = BUFFER(4096);
	struct night_archive a[3];
	struct night_archive bundle;
	struct letter letter;
	char avrs_id[AVRS_ID_MAX + 1] = "";
	char class[16] = "";
	int64_t count = 1;
	bool found = true;
	struct err err;

	fixture_open(&f);
	make_all(&f, a, &bundle);
	CU_ASSERT_EQUAL(archive_members_next_unarchived(
	                    f.catalog, FIXTURE_NOW + 1, avrs_id, class, &found, &err),
	    0);
	CU_ASSERT_FALSE(found);
	fixture_posted(&f, "222222222", CLASS_EDELIVERY, "EFT_9.pdf", &letter);
	fixture_posted(&f, ID, CLASS_TRADE_FILES, "RA_9.835", &letter);
	/* Posted at the cutoff is after it. */
	CU_ASSERT_EQUAL(
	    archive_members_next_unarchived(f.catalog, FIXTURE_NOW, avrs_id, class, &found, &err),
	    0);
	CU_ASSERT_FALSE(found);
	CU_ASSERT_EQUAL(archive_members_next_unarchived(
	                    f.catalog, FIXTURE_NOW + 1, avrs_id, class, &found, &err),
	    0);
	CU_ASSERT(found && strcmp(avrs_id, ID) == 0 && strcmp(class, "trade-files") == 0);
	CU_ASSERT_EQUAL(archive_members_next_unarchived(
	                    f.catalog, FIXTURE_NOW + 1, avrs_id, class, &found, &err),
	    0);
	CU_ASSERT(found && strcmp(avrs_id, "222222222") == 0 && strcmp(class, "edelivery") == 0);
	CU_ASSERT_EQUAL(archive_members_next_unarchived(
	                    f.catalog, FIXTURE_NOW + 1, avrs_id, class, &found, &err),
	    0);
	CU_ASSERT_FALSE(found);
	CU_ASSERT_EQUAL(
	    archive_members_collect(f.catalog, &a[2], FIXTURE_NOW, 100, &count, &err), 0);
	CU_ASSERT_EQUAL(count, 0);
	list(&f, &a[2], 100, &names);
	CU_ASSERT_STRING_EQUAL(buffer_text(&names), "222222222/EFT_3.pdf 222222222/EFT_4.pdf ");
	CU_ASSERT_EQUAL(
	    archive_members_collect(f.catalog, &a[2], FIXTURE_NOW + 1, 100, &count, &err), 0);
	CU_ASSERT_EQUAL(count, 1);
	list(&f, &a[2], 100, &names);
	CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&names), "EFT_9.pdf"));
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT letters FROM archive WHERE id = 3"), 3);
}

static int add_part(const struct archive_part *part, void *arg, struct err *err)
{
	(void)err;
	buffer_print(arg, "%s/%s:%s ", part->membership.avrs_id, letter_class_name(part->class),
	    role_name(part->membership.role));
	return 0;
}

static void parts_tell_what_the_account_is_to_them(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_BUFFER struct buffer parts = BUFFER(4096);
	struct night_archive a[3];
	struct night_archive bundle;
	struct err err;

	fixture_open(&f);
	make_all(&f, a, &bundle);
	CU_ASSERT_EQUAL(archive_members_list_parts(f.catalog, &bundle, add_part, &parts, &err), 0);
	CU_ASSERT_STRING_EQUAL(buffer_text(&parts),
	    ID "/edelivery:includes-e-delivery " ID "/trade-files:includes-e-delivery "
	       "222222222/edelivery:none ");
}

/* More than one transaction takes, and as many posted at one moment as there are. */
static void takes_thousands_in_parts(void)
{
	OWNED_FIXTURE struct fixture f;
	struct night_archive archive;
	struct letter letter;

	fixture_open(&f);
	scratch_provider(&f.spool, ID);
	fixture_posted(&f, ID, CLASS_EDELIVERY, "EFT_1.pdf", &letter);
	fixture_sql(&f,
	    "INSERT INTO letter (id, avrs_id, class, type, name, dropped_name, size, sha256, crc32,"
	    " node, source_device, source_inode, source_changed, taken, electronic, posted)"
	    " SELECT 1000 + t.a * 100 + u.a, avrs_id, class, type, 'n' || (t.a * 100 + u.a),"
	    " dropped_name, size, sha256, crc32, node, 0, 0, 0, taken, electronic,"
	    " posted - 5000 + (t.a * 100 + u.a)"
	    " FROM letter, (WITH RECURSIVE n(a) AS (SELECT 0 UNION ALL SELECT a + 1 FROM n WHERE a < 44)"
	    " SELECT a FROM n) t, (WITH RECURSIVE n(a) AS (SELECT 0 UNION ALL SELECT a + 1 FROM n"
	    " WHERE a < 99) SELECT a FROM n) u WHERE letter.name = 'EFT_1.pdf'");
	make(&f, ID, CLASS_EDELIVERY, &archive);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM archive_letter"), 4501);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT letters FROM archive"), 4501);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM letter WHERE archived = 0"), 0);
}

void add_suite_archive_members(CU_pSuite suite)
{
	TEST(lists_letters_in_one_order_whatever_the_page);
	TEST(what_was_recalled_or_has_expired_does_not_count);
	TEST(finds_what_is_in_no_archive_and_takes_each_once);
	TEST(parts_tell_what_the_account_is_to_them);
	TEST(takes_thousands_in_parts);
}
