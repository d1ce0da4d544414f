/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/validate.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"
#include "base/utf8.h"
#include "batch/batch_file.h"
#include "spool/folder.h"

/* The id of a .<id>.taken; -1: it is none. */
static int64_t id_of_taken(const char *name)
{
	char digits[32];
	int64_t id = 0;
	size_t length = strlen(name);
	struct err err;

	if (name[0] != '.' || length >= sizeof(digits) || length < 8)
		return -1;
	memcpy(digits, name + 1, length - 7);
	digits[length - 7] = '\0';
	return number_parse(digits, &id, &err) < 0 ? -1 : id;
}

/* What came in the place of a refused file has the id of that one's row. */
static int find_refused(
    const struct spool *spool, struct drop *drop, int64_t id, bool *ret_found, struct err *err)
{
	OWNED_BUFFER struct buffer name = BUFFER(NAME_MAX);
	struct intake intake;

	if (intake_find(spool->catalog, id, &intake, ret_found, err) < 0)
		return -1;
	*ret_found =
	    *ret_found && strcmp(intake.avrs_id, drop->avrs_id) == 0 && intake.class == drop->class;
	if (!*ret_found)
		return 0;
	utf8_unescape(&name, intake.name);
	text_copy(drop->name, buffer_text(&name));
	return 0;
}

/*
 * A .<id>.taken is the rest of a posting, or a new drop that came under its feet, or under those of
 * a refusal (aside.h).
 */
static int resolve_taken(const struct spool *spool, struct drop *drop, struct err *err)
{
	int64_t id = id_of_taken(drop->on_disk);
	char control[NAME_MAX + 1];
	bool found = false;

	if (!drop->avrs_id[0] && batch_file_is_aside(drop->on_disk, control))
		text_copy(drop->name, control);
	if (id < 0)
		return 0;
	if (letter_find(spool->catalog, id, &drop->letter, &found, err) < 0)
		return -1;
	found = found && strcmp(drop->letter.avrs_id, drop->avrs_id) == 0;
	if (found)
		text_copy(drop->name, drop->letter.dropped_name);
	else if (find_refused(spool, drop, id, &found, err) < 0)
		return -1;
	if (!found)
		drop_decide(drop, VERDICT_WAIT, "a hidden name, which is not one of ours");
	drop->letter = (struct letter){.id = 0};
	return 0;
}

static const char *kind_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFLNK:
		return "a symbolic link; links are never followed";
	case S_IFIFO:
		return "a FIFO";
	case S_IFSOCK:
		return "a socket";
	case S_IFDIR:
		return "a folder where only files may be";
	default:
		return "a device";
	}
}

/* Nobody has it open for writing, and who tries to from now on waits until we let go. */
static void take_lease(struct drop *drop)
{
	drop->leased = fcntl(drop->fd, F_SETLEASE, F_RDLCK) == 0;
	if (!drop->leased && errno == EAGAIN)
		drop_decide(drop, VERDICT_WAIT, "being written");
}

static void judge_unopened(struct drop *drop, int error)
{
	if (error == ENOENT) {
		drop_decide(drop, VERDICT_GONE, "gone");
	} else if (error == EACCES || error == EPERM) {
		drop->hold = HOLD_UNREADABLE;
		drop_decide(drop, VERDICT_HOLD,
		    "cannot be read; to mend: chgrp edelivery-drop FILE; chmod 0660 FILE");
	} else {
		drop_decide(drop, VERDICT_WAIT, "cannot be opened: %s", strerror(error));
	}
}

/* A batch control file, once nobody writes to it any more; it is judged when it is accepted. */
static void judge_control(const struct validator *v, struct drop *drop)
{
	drop->fd = file_open_beneath(v->spool->drop_fd, drop->on_disk, O_RDONLY, 0);
	if (drop->fd < 0) {
		judge_unopened(drop, errno);
		return;
	}
	take_lease(drop);
	if (drop->verdict != VERDICT_NONE)
		return;
	if (fstat(drop->fd, &drop->st) < 0 || !S_ISREG(drop->st.st_mode))
		drop_decide(drop, VERDICT_WAIT, "changed while it was opened");
	else if (!drop->leased && !holds_has_settled(v->holds, drop))
		drop_decide(drop, VERDICT_WAIT, "not unchanged for long enough yet");
	else
		drop_decide(drop, VERDICT_BATCH, "a batch control file");
}

/* Something that is in the drop root itself, where only folders of AVRS IDs may be. */
static void judge_misplaced(const struct validator *v, struct drop *drop)
{
	size_t length;

	if (S_ISREG(drop->st.st_mode) && batch_file_is_named(drop->name, &length)) {
		judge_control(v, drop);
	} else if (S_ISDIR(drop->st.st_mode)) {
		/* It may be a typing error that somebody is about to mend. */
		drop->hold = HOLD_UNFINISHED;
		drop_decide(drop, VERDICT_HOLD, "a folder whose name is not an AVRS ID");
	} else {
		drop_decide(drop, VERDICT_QUARANTINE,
		    "dropped into the drop root; letters go into the folder of their AVRS ID");
	}
}

static void open_drop(const struct validator *v, struct drop *drop)
{
	char folder[FOLDER_PATH_MAX];

	folder_drop(drop->avrs_id, drop->class, folder);
	drop->folder_fd =
	    drop->avrs_id[0] ? folder_cache_open(v->drop_folders, folder) : v->spool->drop_fd;
	if (drop->folder_fd < 0 ||
	    fstatat(drop->folder_fd, drop->on_disk, &drop->st, AT_SYMLINK_NOFOLLOW) < 0) {
		judge_unopened(drop, errno);
		return;
	}
	if (!drop->avrs_id[0]) {
		judge_misplaced(v, drop);
		return;
	}
	if (!S_ISREG(drop->st.st_mode)) {
		drop_decide(drop, VERDICT_QUARANTINE, "%s", kind_of(drop->st.st_mode));
		return;
	}
	drop->fd = file_open_beneath(drop->folder_fd, drop->on_disk, O_RDONLY, 0);
	if (drop->fd < 0) {
		judge_unopened(drop, errno);
		return;
	}
	take_lease(drop);
	/* Once more: it may have been another file a moment ago. */
	if (fstat(drop->fd, &drop->st) < 0 || !S_ISREG(drop->st.st_mode))
		drop_decide(drop, VERDICT_WAIT, "changed while it was opened");
}

/* What its name says it is, and whether that is known here. */
static void judge_name(const struct validator *v, struct drop *drop)
{
	char code[TYPE_CODE_MAX + 1];
	const struct letter_type *type;
	struct err err;

	if (letter_name_check(drop->name, &err) < 0) {
		drop_decide(drop, VERDICT_QUARANTINE, "%.*s", REASON_MAX, err.text);
		return;
	}
	drop->format = format_of_extension(drop->name);
	if (drop->class == CLASS_TRADE_FILES)
		return;
	letter_name_type(drop->name, code);
	type = letter_types_find(&v->spool->types, code);
	if (!type) {
		drop_decide(drop, VERDICT_QUARANTINE,
		    "unknown letter type %s: the name begins with a type of letter-types.conf, such as "
		    "EFT_...",
		    code[0] ? code : "(none)");
		return;
	}
	drop->format = type->format;
	drop->media = type->media;
	text_copy(drop->letter.type, code);
}

static void judge_size(const struct validator *v, struct drop *drop)
{
	const struct settings *settings = &v->spool->settings;
	const struct letter_type *type = letter_types_find(&v->spool->types, drop->letter.type);
	int64_t most = drop->class == CLASS_TRADE_FILES ? settings->drop_trade_file_max
	                                                : settings->drop_letter_max;

	if (type && type->largest && type->largest < most)
		most = type->largest;
	if (drop->st.st_size > most)
		drop_decide(drop, VERDICT_QUARANTINE,
		    "%" PRId64 " bytes, which is more than the %" PRId64 " that are taken",
		    (int64_t)drop->st.st_size, most);
}

/* Where a lease does not say that nobody writes, or no structure says that it is whole. */
static void judge_settled(const struct validator *v, struct drop *drop)
{
	bool has_end = drop->format == FORMAT_PDF || drop->format == FORMAT_X12;

	if ((!drop->leased || !has_end) && !holds_has_settled(v->holds, drop))
		drop_decide(drop, VERDICT_WAIT, "not unchanged for long enough yet");
}

static void apply_check(struct drop *drop, const struct check *check)
{
	switch (check->verdict) {
	case FORMAT_WHOLE:
		break;
	case FORMAT_CUT_OFF:
		drop->hold = HOLD_UNFINISHED;
		drop_decide(drop, VERDICT_HOLD, "%s", check->reason);
		break;
	case FORMAT_WRONG:
	case FORMAT_VERDICT_COUNT:
		drop_decide(drop, VERDICT_QUARANTINE, "%s", check->reason);
		break;
	}
}

static int check_content(
    const struct validator *v, struct drop *drops, size_t count, struct err *err)
{
	OWNED_MEM struct check *checks = mem_new(count, sizeof(*checks));
	OWNED_MEM size_t *whose = mem_new(count, sizeof(*whose));
	size_t checked = 0;

	for (size_t i = 0; i < count; i++) {
		if (drops[i].verdict != VERDICT_NONE)
			continue;
		checks[checked].fd = drops[i].fd;
		checks[checked].size = drops[i].st.st_size;
		checks[checked].format = drops[i].format;
		checks[checked].media = drops[i].media;
		whose[checked++] = i;
	}
	if (checker_judge(v->checker, checks, checked, err) < 0)
		return -1;
	for (size_t i = 0; i < checked; i++)
		apply_check(&drops[whose[i]], &checks[i]);
	return 0;
}

static void apply_scan(struct drop *drop, const struct clamd_file *file)
{
	switch (file->verdict) {
	case CLAMD_CLEAN:
		break;
	case CLAMD_INFECTED:
		drop_decide(drop, VERDICT_QUARANTINE, "infected: %s (found by clamd)", file->text);
		break;
	case CLAMD_FAILED:
		drop->hold = HOLD_UNJUDGED;
		drop_decide(
		    drop, VERDICT_HOLD, "not scanned: clamd cannot judge it: %s", file->text);
		break;
	case CLAMD_UNANSWERED:
	case CLAMD_VERDICT_COUNT:
		drop->hold = HOLD_UNSCANNED;
		drop_decide(drop, VERDICT_HOLD, "not scanned: it waits for clamd");
		break;
	}
}

/* Those that are right otherwise; nobody else is worth it. */
static void scan_content(const struct validator *v, struct drop *drops, size_t count)
{
	OWNED_MEM struct clamd_file *files = mem_new(count, sizeof(*files));
	OWNED_MEM size_t *whose = mem_new(count, sizeof(*whose));
	size_t scanned = 0;
	bool was_seen_to_its_end;

	for (size_t i = 0; i < count; i++) {
		if (drops[i].verdict != VERDICT_NONE)
			continue;
		files[scanned].fd = drops[i].fd;
		files[scanned].size = drops[i].st.st_size;
		whose[scanned++] = i;
	}
	was_seen_to_its_end = scanner_scan(v->scanner, files, scanned);
	for (size_t i = 0; i < scanned; i++) {
		struct drop *drop = &drops[whose[i]];

		if (was_seen_to_its_end)
			apply_scan(drop, &files[i]);
		else
			drop_decide(drop, VERDICT_WAIT, "not scanned: watchd stops");
	}
}

static void fill_letter(struct drop *drop)
{
	struct letter *letter = &drop->letter;

	text_copy(letter->avrs_id, drop->avrs_id);
	letter->class = drop->class;
	text_copy(letter->dropped_name, drop->name);
	letter->size = drop->st.st_size;
	letter->id = drop->intake_id;
}

static void claim(const struct validator *v, struct drop *drop)
{
	drop->claimed = claims_add(v->claims, &drop->st);
	if (!drop->claimed)
		drop_decide(drop, VERDICT_WAIT, "on its way already");
}

int validate(const struct validator *validator, struct drop *drops, size_t count, struct err *err)
{
	static void (*const judges[])(const struct validator *v, struct drop *drop) = {
	    open_drop, judge_name, judge_size, judge_settled, claim};

	for (size_t i = 0; i < count; i++) {
		struct drop *drop = &drops[i];

		if (resolve_taken(validator->spool, drop, err) < 0)
			return -1;
		holds_recognise(validator->holds, drop);
		for (size_t j = 0; j < sizeof(judges) / sizeof(judges[0]); j++)
			if (drop->verdict == VERDICT_NONE)
				judges[j](validator, drop);
		fill_letter(drop);
	}
	if (check_content(validator, drops, count, err) < 0)
		return -1;
	if (scanner_is_on(validator->scanner))
		scan_content(validator, drops, count);
	return 0;
}
