/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/archive_check.h"

#include <fcntl.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "spool/archive_members.h"
#include "spool/archive_writer.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_archive_check(CU_pSuite suite);

#define ID "123456789"

/* Pack these letters as the archive's file, whatever its rows say. */
static void pack(const struct fixture *f, struct night_archive *archive,
    const struct letter *letters, size_t count)
{
	OWNED_ARCHIVE_WRITER struct archive_writer *writer = NULL;
	OWNED_FD int fd = -1;
	char path[FOLDER_PATH_MAX];
	char folder[PATH_MAX];
	struct err err;

	night_archive_path(archive, path);
	file_parent(path, folder);
	CU_ASSERT_EQUAL(file_make_folder(f->spool.root_fd, folder, 0750, &err), 0);
	fd = openat(f->spool.root_fd, path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	CU_ASSERT_EQUAL_FATAL(
	    archive_writer_new(fd, f->spool.root_fd, BUNDLE_ZIP, false, &writer, &err), 0);
	for (size_t i = 0; i < count; i++) {
		OWNED_FD int letter_fd = -1;

		folder_letter(
		    letters[i].avrs_id, letters[i].class, letters[i].id, letters[i].name, path);
		CU_ASSERT_EQUAL_FATAL(spool_open_file(&f->spool, path, &letter_fd, &err), 0);
		CU_ASSERT_EQUAL_FATAL(archive_writer_add(writer, &letters[i], letter_fd, &err), 0);
	}
	CU_ASSERT_EQUAL(archive_writer_end(writer, &archive->size, archive->sha256, &err), 0);
}

/* Three letters, and an archive of the first two. */
static void open_archive(struct fixture *f, struct letter letters[3], struct night_archive *archive)
{
	int64_t count = 0;
	struct err err;

	CU_ASSERT_PTR_NOT_NULL(setlocale(LC_CTYPE, "C.UTF-8"));
	fixture_open(f);
	scratch_provider(&f->spool, ID);
	*archive = (struct night_archive){.revision = 1};
	text_copy(archive->avrs_id, ID);
	text_copy(archive->night, "2024-05-15");
	night_archive_fill_name(archive, BUNDLE_ZIP);
	fixture_stored(f, ID, CLASS_EDELIVERY, "EFT_1.pdf", "one", &letters[0]);
	fixture_stored(f, ID, CLASS_EDELIVERY, "EFT_2.pdf", "two", &letters[1]);
	CU_ASSERT_EQUAL(night_archive_add(f->catalog, archive, &err), 0);
	CU_ASSERT_EQUAL(
	    archive_members_collect(f->catalog, archive, FIXTURE_NOW + 1, 100, &count, &err), 0);
	fixture_stored(f, ID, CLASS_EDELIVERY, "EFT_3.pdf", "three", &letters[2]);
}

static void finds_what_is_missing_too_much_or_in_another_place(void)
{
	static const struct {
		size_t order[3];
		size_t count;
		const char *said; /* NULL: it is right */
	} rows[] = {
	    {{0, 1}, 2, NULL},
	    {{0}, 1, "letter 2 is not where it should be"},
	    {{1, 0}, 2, "letter 1 is not where it should be"},
	    {{0, 1, 2}, 3, "no MANIFEST.csv after the letters"},
	    {{0, 2}, 2, "letter 2 is not where it should be"},
	};
	OWNED_FIXTURE struct fixture f;
	struct night_archive archive;
	struct letter letters[3];
	struct err err;

	open_archive(&f, letters, &archive);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct letter packed[3];
		int result;

		for (size_t j = 0; j < rows[i].count; j++)
			packed[j] = letters[rows[i].order[j]];
		pack(&f, &archive, packed, rows[i].count);
		result = archive_check(&f.spool, &archive, &err);
		CU_ASSERT_EQUAL(result, rows[i].said ? -1 : 0);
		if (rows[i].said)
			CU_ASSERT_PTR_NOT_NULL(strstr(err.text, rows[i].said));
	}
}

static void finds_other_bytes_and_another_letter_under_the_name(void)
{
	OWNED_FIXTURE struct fixture f;
	struct night_archive archive;
	struct letter letters[3];
	struct err err;

	open_archive(&f, letters, &archive);
	pack(&f, &archive, letters, 2);
	archive.sha256[0] = archive.sha256[0] == 'a' ? 'b' : 'a';
	CU_ASSERT(fails(archive_check(&f.spool, &archive, &err), &err, ERR_REFUSED));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "but it was made with"));
	pack(&f, &archive, letters, 2);
	fixture_sql(&f, "UPDATE letter SET sha256 = '00' WHERE name = 'EFT_2.pdf'");
	CU_ASSERT(fails(archive_check(&f.spool, &archive, &err), &err, ERR_REFUSED));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "letter 2 has SHA-256"));
	archive.id = 99;
	CU_ASSERT(fails(archive_check(&f.spool, &archive, &err), &err, ERR_REFUSED));
}

void add_suite_archive_check(CU_pSuite suite)
{
	TEST(finds_what_is_missing_too_much_or_in_another_place);
	TEST(finds_other_bytes_and_another_letter_under_the_name);
}
