/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/upload_report.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "spool/intake.h"
#include "spool/upload.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_upload_report(CU_pSuite suite);

#define ID    "123456789"
#define LINE  "2024-05-15T12:00:00Z  " ID "/EFT_1.pdf  "
#define LATER (FIXTURE_NOW + 5 * SECOND)

/* An upload of adam's that was closed: device 6, inode 7. */
struct bench {
	struct fixture f;
	struct account adam;
	struct upload upload;
};

static void bench_open(struct bench *bench)
{
	struct place place;
	struct err err;

	fixture_open(&bench->f);
	scratch_provider(&bench->f.spool, ID);
	(void)scratch_account(&bench->f.spool, "adam", "", "");
	fixture_account(&bench->f, "adam", &bench->adam);
	CU_ASSERT_TRUE_FATAL(place_parse("/drop/" ID "/EFT_1.pdf", &place));
	upload_init(&bench->upload, bench->adam.id, "test", &place);
	CU_ASSERT_EQUAL(upload_add(bench->f.catalog, &bench->upload, &err), 0);
	bench->upload.state = UPLOAD_CLOSED;
	bench->upload.size = 70;
	bench->upload.device = 6;
	bench->upload.inode = 7;
}

static void bench_close(struct bench *bench)
{
	fixture_close(&bench->f);
}
#define OWNED_BENCH OWNED(bench_close)

static void expect_report(struct bench *bench, const char *text, int64_t changed)
{
	OWNED_BUFFER struct buffer out = BUFFER(1 << 20);
	int64_t told = 0;
	struct err err;

	CU_ASSERT_EQUAL(upload_update(bench->f.catalog, &bench->upload, &err), 0);
	CU_ASSERT_EQUAL(upload_report(&bench->f.spool, &bench->adam, &out, &told, &err), 0);
	CU_ASSERT_STRING_EQUAL(buffer_text(&out), text);
	CU_ASSERT_EQUAL(told, changed);
}

static void add_intake(struct bench *bench, enum intake_state state, const char *reason)
{
	struct intake intake = {
	    .id = 17, .state = state, .source = {6, 7, 1}, .seen = LATER, .changed = LATER};
	struct err err;

	text_copy(intake.avrs_id, ID);
	text_copy(intake.name, "EFT_1.pdf");
	text_copy(intake.reason, reason);
	CU_ASSERT_EQUAL(intake_add(bench->f.catalog, "test", &intake, &err), 0);
}

static void an_upload_under_way_is_told_as_such(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	bench.upload.state = UPLOAD_OPEN;
	expect_report(&bench, LINE "being uploaded\n", FIXTURE_NOW);
	bench.upload.state = UPLOAD_REMOVED;
	expect_report(&bench, LINE "removed\n", FIXTURE_NOW);
	bench.upload.state = UPLOAD_PART;
	CU_ASSERT_EQUAL(mkdirat(bench.f.spool.drop_fd, ID, 0770), 0);
	scratch_write(&bench.f.scratch, "drop/" ID "/.EFT_1.pdf.part", "hello");
	expect_report(&bench,
	    LINE "not complete: 5 bytes are kept until 2024-05-16T12:00:00Z for its client to go"
	         " on\n",
	    FIXTURE_NOW);
}

static void what_waits_in_the_drop_folder_says_for_what(void)
{
	OWNED_BENCH struct bench bench;
	struct stat st;

	bench_open(&bench);
	expect_report(&bench, LINE "70 bytes  not in the drop folder any more\n", FIXTURE_NOW);
	CU_ASSERT_EQUAL(mkdirat(bench.f.spool.drop_fd, ID, 0770), 0);
	scratch_write(&bench.f.scratch, "drop/" ID "/EFT_1.pdf", "hello");
	CU_ASSERT_EQUAL(fstatat(bench.f.spool.drop_fd, ID "/EFT_1.pdf", &st, 0), 0);
	bench.upload.device = (int64_t)st.st_dev;
	bench.upload.inode = (int64_t)st.st_ino;
	expect_report(&bench, LINE "70 bytes  waits to be looked at\n", FIXTURE_NOW);
}

static void what_became_of_it_is_told_with_its_reason(void)
{
	static const struct {
		enum intake_state state;
		const char *text;
	} rows[] = {
	    {INTAKE_HELD, "waits: why\n"},
	    {INTAKE_QUARANTINED, "refused, quarantined as 17: why\n"},
	    {INTAKE_DUPLICATE, "duplicate, not posted again: why\n"},
	    {INTAKE_DISCARDED, "discarded: why\n"},
	    {INTAKE_GONE, "gone: why\n"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		OWNED_BENCH struct bench bench;
		char text[200];

		bench_open(&bench);
		add_intake(&bench, rows[i].state, "why");
		(void)snprintf(text, sizeof(text), LINE "70 bytes  %s", rows[i].text);
		expect_report(&bench, text, LATER);
		/* Of another file of that name, whatever its number, nothing is told. */
		bench.upload.inode = 8;
		expect_report(
		    &bench, LINE "70 bytes  not in the drop folder any more\n", FIXTURE_NOW);
	}
}

static void a_letter_is_told_by_its_number_and_served_name(void)
{
	OWNED_BENCH struct bench bench;
	struct letter first;
	struct letter second;

	bench_open(&bench);
	fixture_posted(&bench.f, ID, CLASS_EDELIVERY, "EFT_1.pdf", &first);
	fixture_posted(&bench.f, ID, CLASS_EDELIVERY, "EFT_1.2.pdf", &second);
	fixture_sql(&bench.f, "UPDATE letter SET dropped_name = 'EFT_1.pdf', source_device = 6");
	fixture_sql(&bench.f, "UPDATE letter SET source_inode = 7 WHERE name = 'EFT_1.2.pdf'");
	expect_report(&bench, LINE "70 bytes  posted as EFT_1.2.pdf, letter 2\n", FIXTURE_NOW);
	fixture_sql(&bench.f, "UPDATE letter SET electronic = 'recalled', electronic_ended = 9");
	expect_report(&bench, LINE "70 bytes  recalled, letter 2\n", FIXTURE_NOW);
	fixture_sql(&bench.f, "UPDATE letter SET electronic = NULL, paper = 'queued',"
	                      " paper_reason = 'no account'");
	expect_report(
	    &bench, LINE "70 bytes  on paper (queued), letter 2: no account\n", FIXTURE_NOW);
	/* A letter that was taken before it was closed had the inode's number before. */
	bench.upload.changed = FIXTURE_NOW + SECOND;
	expect_report(&bench,
	    "2024-05-15T12:00:01Z  " ID "/EFT_1.pdf  70 bytes  not in the drop folder any more\n",
	    FIXTURE_NOW + SECOND);
}

static void nobody_reads_of_anothers_uploads(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	bench.adam.id++;
	expect_report(&bench, "", 0);
}

void add_suite_upload_report(CU_pSuite suite)
{
	TEST(an_upload_under_way_is_told_as_such);
	TEST(what_waits_in_the_drop_folder_says_for_what);
	TEST(what_became_of_it_is_told_with_its_reason);
	TEST(a_letter_is_told_by_its_number_and_served_name);
	TEST(nobody_reads_of_anothers_uploads);
}
