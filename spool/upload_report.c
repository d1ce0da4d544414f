/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/upload_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "spool/intake.h"
#include "spool/letter.h"
#include "spool/upload.h"

enum { SAME_NAMES_MAX = 1000 }; /* letters of one name that are looked through for an upload */

/* A report being made. */
struct report {
	const struct spool *spool;
	struct buffer *out;
	int64_t changed;
};

static void note_change(struct report *report, int64_t when)
{
	if (when > report->changed)
		report->changed = when;
}

/* Is it that file? An inode's number is used again, but not before the file was closed. */
static bool is_of(const struct upload *upload, const struct source *source, int64_t since)
{
	return source->device == upload->device && source->inode == upload->inode &&
	       since >= upload->changed;
}

/* The letter that it became: by the names that letters of its name are served under. */
static int find_letter(struct catalog *catalog, const struct upload *upload,
    struct letter *ret_letter, bool *ret_found, struct err *err)
{
	bool there = true;

	*ret_found = false;
	for (int64_t number = 1; there && number < SAME_NAMES_MAX; number++) {
		char name[SERVED_NAME_MAX + 1];

		letter_name_number(upload->name, number, name);
		if (letter_find_name(catalog, upload->drop, name, ret_letter, &there, err) < 0)
			return -1;
		if (there && strcmp(ret_letter->dropped_name, upload->name) == 0 &&
		    is_of(upload, &ret_letter->source, ret_letter->taken)) {
			*ret_found = true;
			return 0;
		}
	}
	return 0;
}

static void tell_letter(struct report *report, const struct letter *letter)
{
	struct buffer *out = report->out;

	note_change(report, letter->taken);
	if (letter->electronic == ELECTRONIC_POSTED) {
		note_change(report, letter->posted);
		buffer_print(out, "posted as %s, letter %" PRId64, letter->name, letter->id);
	} else if (letter->electronic) {
		note_change(report, letter->electronic_ended);
		buffer_print(
		    out, "%s, letter %" PRId64, electronic_name(letter->electronic), letter->id);
	}
	if (letter->electronic && letter->paper)
		buffer_add_text(out, "; ");
	if (letter->paper) {
		note_change(report, letter->placed);
		note_change(report, letter->paper_ended);
		buffer_print(
		    out, "on paper (%s), letter %" PRId64, paper_name(letter->paper), letter->id);
		if (letter->paper_reason[0])
			buffer_print(out, ": %s", letter->paper_reason);
	}
	buffer_add_text(out, "\n");
}

static void tell_intake(struct report *report, const struct intake *intake)
{
	struct buffer *out = report->out;

	note_change(report, intake->changed);
	switch (intake->state) {
	case INTAKE_HELD:
		buffer_print(out, "waits: %s\n", intake->reason);
		return;
	case INTAKE_QUARANTINED:
		buffer_print(
		    out, "refused, quarantined as %" PRId64 ": %s\n", intake->id, intake->reason);
		return;
	case INTAKE_DUPLICATE:
		buffer_print(out, "duplicate, not posted again: %s\n", intake->reason);
		return;
	case INTAKE_TAKEN:
	case INTAKE_DISCARDED:
	case INTAKE_GONE:
	case INTAKE_COUNT:
		break;
	}
	buffer_print(out, "%s: %s\n", intake_state_name(intake->state), intake->reason);
}

/* What was handed in and has no row of its own: it is still there, or somebody took it away. */
static void tell_file(struct report *report, const struct upload *upload)
{
	struct stat st;

	if (!upload_is_there(report->spool->drop_fd, upload, false, &st) ||
	    !upload_is_file(upload, &st))
		buffer_add_text(report->out, "not in the drop folder any more\n");
	else if (letter_name_is_unfinished(upload->name))
		buffer_add_text(report->out, "waits to be renamed: that is the name of a file that "
		                             "is still being written\n");
	else
		buffer_add_text(report->out, "waits to be looked at\n");
}

static int tell_closed(struct report *report, const struct upload *upload, struct err *err)
{
	struct catalog *catalog = report->spool->catalog;
	struct letter letter;
	struct intake intake;
	OWNED_BUFFER struct buffer escaped = BUFFER(sizeof(intake.name));
	bool found = false;

	if (find_letter(catalog, upload, &letter, &found, err) < 0)
		return -1;
	if (found) {
		tell_letter(report, &letter);
		return 0;
	}
	utf8_escape(&escaped, upload->name, strlen(upload->name));
	if (intake_find_name(catalog, upload->drop, upload->class, buffer_text(&escaped), &intake,
	        &found, err) < 0)
		return -1;
	if (found && is_of(upload, &intake.source, intake.changed))
		tell_intake(report, &intake);
	else
		tell_file(report, upload);
	return 0;
}

static int64_t size_of_part(const struct report *report, const struct upload *upload)
{
	struct stat st;

	return upload_is_there(report->spool->drop_fd, upload, true, &st) ? st.st_size : 0;
}

static int tell(const struct upload *upload, void *arg, struct err *err)
{
	struct report *report = arg;
	char when[TIME_SIZE];
	char path[FOLDER_PATH_MAX];

	note_change(report, upload->changed);
	clock_print(upload->changed, when);
	upload_path(upload, path);
	buffer_print(report->out, "%s  %s  ", when, path);
	switch (upload->state) {
	case UPLOAD_OPEN:
		buffer_add_text(report->out, "being uploaded\n");
		return 0;
	case UPLOAD_PART:
		clock_print(upload->changed + UPLOAD_KEPT, when);
		buffer_print(report->out,
		    "not complete: %" PRId64 " bytes are kept until %s for its client to go on\n",
		    size_of_part(report, upload), when);
		return 0;
	case UPLOAD_CLOSED:
		buffer_print(report->out, "%" PRId64 " bytes  ", upload->size);
		return tell_closed(report, upload, err);
	case UPLOAD_REMOVED:
	case UPLOAD_STATE_COUNT:
		break;
	}
	buffer_add_text(report->out, "removed\n");
	return 0;
}

int upload_report(const struct spool *spool, const struct account *account, struct buffer *out,
    int64_t *ret_changed, struct err *err)
{
	struct report report = {.spool = spool, .out = out};

	if (upload_list_newest(spool->catalog, account->id, UPLOAD_REPORT_MAX, tell, &report, err) <
	    0)
		return -1;
	*ret_changed = report.changed;
	return 0;
}
