/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/mail_report.h"

#include <inttypes.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"

enum heading {
	HEADING_INFECTED,
	HEADING_TYPE,
	HEADING_AVRS_ID,
	HEADING_FORMAT,
	HEADING_CUT_OFF,
	HEADING_LARGE,
	HEADING_NAME,
	HEADING_SAME_NAME,
	HEADING_FOLDER,
	HEADING_NO_FILE,
	HEADING_BATCH,
	HEADING_OTHER,
	HEADING_COUNT
};

static const char *const headings[HEADING_COUNT] = {
    [HEADING_INFECTED] = "infected, as the virus scanner says",
    [HEADING_TYPE] = "of a letter type that is not known",
    [HEADING_AVRS_ID] = "for an AVRS ID that is not known",
    [HEADING_FORMAT] = "not of the format of their type",
    [HEADING_CUT_OFF] = "empty or cut off",
    [HEADING_LARGE] = "larger than is taken",
    [HEADING_NAME] = "of a name that is not allowed",
    [HEADING_SAME_NAME] = "of the name of another",
    [HEADING_FOLDER] = "in a folder where no letters belong",
    [HEADING_NO_FILE] = "links, devices and the like",
    [HEADING_BATCH] = "batch control files that are wrong",
    [HEADING_OTHER] = "for other reasons",
};

/* Under which heading a reason is, by how it begins: the first that fits. */
static const struct {
	const char *begins;
	enum heading heading;
} rules[] = {
    {"unknown letter type", HEADING_TYPE},
    {"AVRS ID ", HEADING_AVRS_ID},
    {"infected", HEADING_INFECTED},
    {"not scanned", HEADING_OTHER},
    {"not released", HEADING_OTHER},
    {"a PDF that is cut off", HEADING_CUT_OFF},
    {"X12 that is cut off", HEADING_CUT_OFF},
    {"empty", HEADING_CUT_OFF},
    {"not ", HEADING_FORMAT},
    {"a PDF ", HEADING_FORMAT},
    {"X12 ", HEADING_FORMAT},
    {"the format checker", HEADING_FORMAT},
    {"the name of the batch", HEADING_BATCH},
    {"there is a batch", HEADING_BATCH},
    {"a batch control file", HEADING_BATCH},
    {"the name ", HEADING_NAME},
    {"letter ", HEADING_SAME_NAME},
    {"more than ", HEADING_SAME_NAME},
    {"dropped into the drop root", HEADING_FOLDER},
    {"a folder ", HEADING_FOLDER},
    {"a symbolic link", HEADING_NO_FILE},
    {"a FIFO", HEADING_NO_FILE},
    {"a socket", HEADING_NO_FILE},
    {"a device", HEADING_NO_FILE},
};

static enum heading heading_of(const char *reason)
{
	size_t digits = strspn(reason, "0123456789");

	if (digits > 0 && strncmp(reason + digits, " bytes", 6) == 0)
		return HEADING_LARGE;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (strncmp(reason, rules[i].begins, strlen(rules[i].begins)) == 0)
			return rules[i].heading;
	return HEADING_OTHER;
}

static void print_headings(struct buffer *list, const int64_t files[HEADING_COUNT])
{
	for (enum heading heading = HEADING_INFECTED; heading < HEADING_COUNT; heading++)
		if (files[heading])
			buffer_print(list, "%s  %" PRId64 " %s", list->length ? "\n" : "",
			    files[heading], headings[heading]);
}

int mail_report_quarantine(
    struct catalog *catalog, const struct mail *mail, struct mail_news *news, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	int64_t files[HEADING_COUNT] = {0};
	bool found = false;

	if (catalog_find(catalog,
	        "SELECT reason, COUNT(*), SUM(CASE WHEN changed > $1 THEN 1 ELSE 0 END)"
	        " FROM intake WHERE state = 'quarantined'"
	        " AND state IN ('held', 'quarantined') GROUP BY reason",
	        VALUES(INT(mail->created - DAY)), &row, &found, err) < 0)
		return -1;
	while (found) {
		files[heading_of(statement_text(row, 0))] += statement_int(row, 1);
		news->files += statement_int(row, 1);
		news->new_files += statement_int(row, 2);
		if (statement_next(row, &found, err) < 0)
			return -1;
	}
	print_headings(&news->list, files);
	if (news->files == 0)
		text_copy(news->dropped, MAIL_DROPPED "nothing is in quarantine any more");
	return 0;
}

int mail_report_batches(struct catalog *catalog, struct mail_news *news, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog,
	        "SELECT (SELECT COUNT(*) FROM batch WHERE state = 'held' AND alarmed IS NOT NULL),"
	        " (SELECT COUNT(*) FROM batch b JOIN batch_member m ON m.batch_id = b.id"
	        " WHERE b.state = 'held' AND b.alarmed IS NOT NULL)",
	        NO_VALUES, &row, &found, err) < 0)
		return -1;
	news->batches = statement_int(row, 0);
	news->counts[CLASS_EDELIVERY] = statement_int(row, 1);
	if (news->batches == 0)
		text_copy(news->dropped, MAIL_DROPPED "every batch is complete by now");
	return 0;
}
