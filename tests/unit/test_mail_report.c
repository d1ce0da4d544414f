/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/mail_report.h"

#include <string.h>

#include "base/clock.h"
#include "base/number.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_mail_report(CU_pSuite suite);

static const struct mail mail = {.kind = MAIL_QUARANTINE, .created = FIXTURE_NOW};

static void quarantine(const struct fixture *f, int64_t id, const char *reason, int64_t when)
{
	struct err err;

	CU_ASSERT_EQUAL(
	    catalog_run(f->catalog,
	        "INSERT INTO intake (id, avrs_id, class, name, state, reason, node, size,"
	        " source_device, source_inode, source_changed, seen, changed) VALUES ($1,"
	        " '111111111', 'edelivery', 'EFT_Smith.pdf', 'quarantined', $2, 'n', 1, 1, $1, 1, 1,"
	        " $3)",
	        VALUES(INT(id), TEXT(reason), INT(when)), &err),
	    0);
}

/* Everything that watchd says of a file that it refuses; what is new to the table is "other". */
static void each_reason_is_told_under_a_heading_without_its_words(void)
{
	static const struct {
		const char *reason;
		const char *line;
	} rows[] = {
	    {"unknown letter type SMITH: the name begins with ...",
	        "  1 of a letter type that is not known"},
	    {"AVRS ID 123456789 is not known; ...", "  1 for an AVRS ID that is not known"},
	    {"not a PDF: it does not begin with %PDF-", "  1 not of the format of their type"},
	    {"not X12: it does not begin with an ISA segment",
	        "  1 not of the format of their type"},
	    {"not HTML: it begins as text/plain of Smith", "  1 not of the format of their type"},
	    {"a PDF with something else behind its %%EOF", "  1 not of the format of their type"},
	    {"X12 whose IEA has another control number than its ISA",
	        "  1 not of the format of their type"},
	    {"infected: Smith.A (found by clamd)", "  1 infected, as the virus scanner says"},
	    {"not scanned: clamd cannot judge it: Smith", "  1 for other reasons"},
	    {"not released: Smith", "  1 for other reasons"},
	    {"the format checker itself failed on it", "  1 not of the format of their type"},
	    {"a PDF that is cut off: %%EOF is missing at its end", "  1 empty or cut off"},
	    {"X12 that is cut off: its last segment is not IEA", "  1 empty or cut off"},
	    {"empty", "  1 empty or cut off"},
	    {"99 bytes, which is more than the 9 that are taken", "  1 larger than is taken"},
	    {"the name is not valid UTF-8", "  1 of a name that is not allowed"},
	    {"letter 12 has the same name (drop.same-name)", "  1 of the name of another"},
	    {"more than 99 letters have that name", "  1 of the name of another"},
	    {"dropped into the drop root; letters go ...",
	        "  1 in a folder where no letters belong"},
	    {"a folder whose name is not an AVRS ID", "  1 in a folder where no letters belong"},
	    {"a symbolic link; links are never followed", "  1 links, devices and the like"},
	    {"a device", "  1 links, devices and the like"},
	    {"a batch control file that is wrong: Smith.batch.csv:1: ...",
	        "  1 batch control files that are wrong"},
	    {"the name of the batch is longer than 100 bytes",
	        "  1 batch control files that are wrong"},
	    {"there is a batch of that name already; ...",
	        "  1 batch control files that are wrong"},
	    {"Dr. Smith did not like it", "  1 for other reasons"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		OWNED_FIXTURE struct fixture f;
		OWNED_MAIL_NEWS struct mail_news news = {.list = BUFFER(MAIL_LIST_MAX)};
		struct err err;

		fixture_open(&f);
		quarantine(&f, 1, rows[i].reason, 1);
		CU_ASSERT_EQUAL(mail_report_quarantine(f.catalog, &mail, &news, &err), 0);
		CU_ASSERT_STRING_EQUAL(buffer_text(&news.list), rows[i].line);
	}
}

static void files_are_counted_and_those_of_a_day(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_MAIL_NEWS struct mail_news news = {.list = BUFFER(MAIL_LIST_MAX)};
	struct err err;

	fixture_open(&f);
	quarantine(&f, 1, "empty", FIXTURE_NOW - DAY);
	quarantine(&f, 2, "not a PDF", FIXTURE_NOW - DAY + 1);
	quarantine(&f, 3, "a PDF that is cut off", FIXTURE_NOW);
	quarantine(&f, 4, "empty", FIXTURE_NOW);
	fixture_sql(&f, "UPDATE intake SET state = 'discarded' WHERE id = 4");
	CU_ASSERT_EQUAL(mail_report_quarantine(f.catalog, &mail, &news, &err), 0);
	CU_ASSERT_EQUAL(news.files, 3);
	CU_ASSERT_EQUAL(news.new_files, 2);
	CU_ASSERT_STRING_EQUAL(buffer_text(&news.list), "  1 not of the format of their type\n"
	                                                "  2 empty or cut off");
	CU_ASSERT_STRING_EQUAL(news.dropped, "");
}

static void nothing_is_told_of_an_empty_quarantine(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_MAIL_NEWS struct mail_news news = {.list = BUFFER(MAIL_LIST_MAX)};
	struct err err;

	fixture_open(&f);
	CU_ASSERT_EQUAL(mail_report_quarantine(f.catalog, &mail, &news, &err), 0);
	CU_ASSERT_EQUAL(strncmp(news.dropped, MAIL_DROPPED, strlen(MAIL_DROPPED)), 0);
}

static void batches_that_raised_an_alarm_and_wait_are_counted(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_MAIL_NEWS struct mail_news news = {.list = BUFFER(MAIL_LIST_MAX)};
	struct err err;

	fixture_open(&f);
	fixture_sql(&f, "INSERT INTO batch (id, name, state, seen, alarmed) VALUES"
	                " (1, 'Smith', 'held', 1, 2), (2, 'b', 'held', 1, NULL),"
	                " (3, 'c', 'posted', 1, 2), (4, 'd', 'held', 1, 2)");
	fixture_sql(&f, "INSERT INTO batch_member (batch_id, line, avrs_id, class, name, size,"
	                " sha256) SELECT id, 1, '1', 'edelivery', 'x', 1, 'x' FROM batch");
	CU_ASSERT_EQUAL(mail_report_batches(f.catalog, &news, &err), 0);
	CU_ASSERT_EQUAL(news.batches, 2);
	CU_ASSERT_EQUAL(news.counts[CLASS_EDELIVERY], 2);
	CU_ASSERT_STRING_EQUAL(news.dropped, "");
	fixture_sql(&f, "UPDATE batch SET state = 'posted'");
	CU_ASSERT_EQUAL(mail_report_batches(f.catalog, &news, &err), 0);
	CU_ASSERT_EQUAL(strncmp(news.dropped, MAIL_DROPPED, strlen(MAIL_DROPPED)), 0);
}

void add_suite_mail_report(CU_pSuite suite)
{
	TEST(each_reason_is_told_under_a_heading_without_its_words);
	TEST(files_are_counted_and_those_of_a_day);
	TEST(nothing_is_told_of_an_empty_quarantine);
	TEST(batches_that_raised_an_alarm_and_wait_are_counted);
}
