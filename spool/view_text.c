/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/view_text.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/csv.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "spool/next_key.h"
#include "spool/outbox.h"
#include "spool/retention.h"
#include "spool/standing.h"
#include "spool/upload_report.h"
#include "spool/view.h"

enum {
	COUNT_MAX = 10000, /* more than so many new letters are told as so many */
	SOON_DAYS = 30,    /* before a role ends, or letters go */
};

/* A text being made. */
struct making {
	struct view *view;
	const struct place *place;
	struct buffer *out;
	struct membership membership; /* of the place's AVRS ID */
	int64_t changed;
	const struct standing *standings; /* for a status */
	char today[DATE_SIZE];
	char soon[DATE_SIZE]; /* what ends or goes until then is warned of */
};

static void note_change(struct making *making, int64_t when)
{
	if (when > making->changed)
		making->changed = when;
}

static int add_new_count(struct making *making, const struct membership *membership,
    enum letter_class class, struct err *err)
{
	int64_t count = 0;

	if (!role_shows(membership->role, class))
		return 0;
	if (news_count(making->view->spool->catalog, membership, class, COUNT_MAX, &count, err) < 0)
		return -1;
	buffer_print(making->out, "  new in %s: %s%" PRId64 "\n", letter_class_name(class),
	    count == COUNT_MAX ? "at least " : "", count);
	return 0;
}

/* R10: how many that the role shows are on their way. */
static void add_posting(
    struct making *making, const struct membership *membership, const struct standing *standing)
{
	int64_t posting = 0;

	for (enum letter_class class = CLASS_EDELIVERY; class < CLASS_COUNT; class ++)
		if (role_shows(membership->role, class) && standing->posting[class]) {
			posting += standing->posting[class];
			note_change(making, standing->since[class]);
		}
	if (posting)
		buffer_print(making->out, "  %" PRId64 " " VIEW_POSTING_TEXT "\n", posting);
}

/*
 * R11: from which day on letters go, once that is soon. Told is a day that is in the letters, not
 * one that moves with the clock; what changed is that it is soon now.
 */
static void add_expiring(
    struct making *making, const struct membership *membership, const struct standing *standing)
{
	for (enum letter_class class = CLASS_EDELIVERY; class < CLASS_COUNT; class ++) {
		const struct letter oldest = {.posted = standing->oldest[class]};
		char day[DATE_SIZE];

		if (!role_shows(membership->role, class) || !oldest.posted)
			continue;
		clock_print_date(
		    retention_end(&oldest, making->view->spool->settings.retain_months), day);
		if (strcmp(day, making->soon) > 0)
			continue;
		buffer_print(making->out,
		    "  the oldest in %s go from %s on: download what is needed longer\n",
		    letter_class_name(class), day);
		note_change(making, clock_date_start(day, -SOON_DAYS));
	}
}

static void add_end_of_role(struct making *making, const struct membership *membership)
{
	if (!membership->until[0] || strcmp(membership->until, making->soon) > 0)
		return;
	buffer_print(making->out, "  Warning: this role ends with %s\n", membership->until);
	note_change(making, clock_date_start(membership->until, -SOON_DAYS));
}

static void add_role(struct making *making, const struct membership *membership)
{
	buffer_print(making->out, "%s: %s", membership->avrs_id, role_title(membership->role));
	if (membership->from[0])
		buffer_print(making->out, ", from %s", membership->from);
	if (membership->until[0])
		buffer_print(
		    making->out, "%s until %s", membership->from[0] ? "" : ",", membership->until);
	buffer_add_text(making->out, "\n");
}

static int add_new_counts(
    struct making *making, const struct membership *membership, struct err *err)
{
	for (enum letter_class class = CLASS_EDELIVERY; class < CLASS_COUNT; class ++)
		if (add_new_count(making, membership, class, err) < 0)
			return -1;
	return 0;
}

static int add_membership(
    struct making *making, const struct membership *membership, bool always, struct err *err)
{
	const struct standing *standing = standing_find(making->standings, membership->avrs_id);
	bool has_news =
	    membership->last_sequence > membership->mark || (standing && standing->has_renewed);

	add_role(making, membership);
	add_end_of_role(making, membership);
	/* An empty new/ costs no question. */
	if ((always || has_news) && add_new_counts(making, membership, err) < 0)
		return -1;
	if (standing) {
		add_posting(making, membership, standing);
		add_expiring(making, membership, standing);
	}
	note_change(making, membership->last_posted);
	note_change(making, membership->changed);
	return 0;
}

static int pass_membership(const struct membership *membership, void *arg, struct err *err)
{
	struct making *making = arg;

	note_change(making, membership->changed);
	if (!right_may_see(&making->view->account, membership, AREA_PROVIDER, making->today))
		return 0;
	return add_membership(making, membership, false, err);
}

/* What its holder has to mend. */
static int add_warnings(struct making *making, struct err *err)
{
	const struct account *account = &making->view->account;
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;
	char when[TIME_SIZE];

	if (catalog_find(making->view->spool->catalog,
	        "SELECT locked, email_state, email_reason, email_since FROM account WHERE id = $1",
	        VALUES(INT(account->id)), &row, &found, err) < 0)
		return -1;
	if (found && statement_int(row, 0)) {
		clock_print(statement_int(row, 0), when);
		buffer_print(making->out,
		    "Warning: too many wrong passwords: since %s logins by password are locked,"
		    " those by key are not\n",
		    when);
		note_change(making, statement_int(row, 0));
	}
	if (found && strcmp(statement_text(row, 1), "bad") == 0)
		buffer_print(making->out, "Warning: mail to %s comes back: %s\n", account->email,
		    statement_text(row, 2) ? statement_text(row, 2) : "no reason was given");
	if (found)
		note_change(making, statement_int(row, 3));
	return 0;
}

/* Which host keys will come. One that cannot be read is no reason to tell nothing else. */
static void add_next_keys(struct making *making)
{
	bool is_first = true;

	for (int kind = 0; kind < NEXT_KEYS; kind++) {
		struct next_key key;
		bool found = false;
		struct err err;

		if (next_key_read(&making->view->spool->settings, kind, &key, &found, &err) < 0)
			log_warning("text=\"a host key is not announced: %s\"", err.text);
		if (!found)
			continue;
		if (is_first)
			buffer_add_text(making->out,
			    "\nThe host key of this server will change, to the one with the"
			    " fingerprint\n");
		is_first = false;
		buffer_print(making->out, "  %s %s\n", key.fingerprint, key.type);
		note_change(making, key.since);
	}
}

static int make_status(struct making *making, struct err *err)
{
	const struct account *account = &making->view->account;

	making->changed = account->created;
	buffer_print(making->out, "Account %s, e-mail %s\n", account->login, account->email);
	if (add_warnings(making, err) < 0)
		return -1;
	add_next_keys(making);
	buffer_add_text(making->out, "\nAVRS IDs:\n\n");
	return membership_list(
	    making->view->spool->catalog, account->id, "", INT64_MAX, pass_membership, making, err);
}

static int make_provider_status(struct making *making, struct err *err)
{
	making->changed = making->membership.granted;
	return add_membership(making, &making->membership, true, err);
}

/* The same for both: the days that count, and how the AVRS IDs stand. */
static int with_standings(struct making *making,
    int (*make_text)(struct making *making, struct err *err), struct err *err)
{
	OWNED_STANDING struct standing *standings = NULL;

	clock_print_date(clock_now(), making->today);
	clock_print_date(clock_date_start(making->today, SOON_DAYS), making->soon);
	if (standing_load(making->view->spool->catalog, making->view->account.id,
	        making->place->avrs_id, &standings, err) < 0)
		return -1;
	making->standings = standings;
	return make_text(making, err);
}

static int make_any_status(struct making *making, struct err *err)
{
	return with_standings(
	    making, making->place->kind == PLACE_STATUS ? make_status : make_provider_status, err);
}

static int add_manifest_line(const struct letter *letter, bool is_new, void *arg, struct err *err)
{
	struct making *making = arg;
	char text[TIME_SIZE];
	char size[32];

	(void)err;
	csv_add(making->out, letter->name);
	csv_add(making->out, letter_class_name(letter->class));
	csv_add(making->out, letter->type);
	(void)snprintf(size, sizeof(size), "%" PRId64, letter->size);
	csv_add(making->out, size);
	csv_add(making->out, letter->sha256);
	clock_print(letter->posted, text);
	csv_add(making->out, text);
	clock_print(retention_end(letter, making->view->spool->settings.retain_months), text);
	csv_add(making->out, text);
	csv_add(making->out, is_new ? "no" : "yes");
	csv_end(making->out);
	return 0;
}

static int make_manifest(struct making *making, struct err *err)
{
	buffer_add_text(making->out, "name,class,type,size,sha256,posted,expires,acknowledged\r\n");
	making->changed = making->membership.granted;
	note_change(making, making->membership.changed);
	note_change(making, making->membership.last_posted);
	for (enum letter_class class = CLASS_EDELIVERY; class < CLASS_COUNT; class ++)
		if (role_shows(making->membership.role, class) &&
		    news_tell_apart(making->view->spool->catalog, &making->membership, class,
		        add_manifest_line, making, err) < 0)
			return -1;
	return 0;
}

/* What is still to be printed: what is listed beside it. */
static int make_paper_manifest(struct making *making, struct err *err)
{
	int64_t changed = 0;

	if (outbox_manifest(making->view->spool->catalog, making->place->date, true, making->out,
	        &changed, err) < 0)
		return -1;
	note_change(making, changed);
	return 0;
}

static int make_drop_status(struct making *making, struct err *err)
{
	const struct account *account = &making->view->account;
	int64_t changed = 0;

	buffer_print(making->out,
	    "Uploads of account %s, newest first, of the last week, at most %d:\n\n",
	    account->login, UPLOAD_REPORT_MAX);
	making->changed = account->created;
	if (upload_report(making->view->spool, account, making->out, &changed, err) < 0)
		return -1;
	note_change(making, changed);
	return 0;
}

static int (*const makers[PLACE_KIND_COUNT])(struct making *making, struct err *err) = {
    [PLACE_STATUS] = make_any_status,
    [PLACE_PROVIDER_STATUS] = make_any_status,
    [PLACE_MANIFEST] = make_manifest,
    [PLACE_PAPER_MANIFEST] = make_paper_manifest,
    [PLACE_DROP_STATUS] = make_drop_status,
};

/* The bytes in a memory file that nobody can change any more. */
static int seal(const struct buffer *out, int *ret_fd, struct err *err)
{
	OWNED_FD int fd = memfd_create("text", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return err_sys(err, "make a generated text");
	if (file_write(fd, buffer_text(out), out->length, err) < 0)
		return err_context(err, "generated text");
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW) < 0)
		return err_sys(err, "seal a generated text");
	*ret_fd = TAKE_FD(fd);
	return 0;
}

const char *view_text_folder(const struct place *place)
{
	if (place->area == AREA_DROP)
		return "drop";
	return place->date[0] ? place->date : place->avrs_id;
}

static int make(
    struct view *view, const struct place *place, struct view_text *ret_text, struct err *err)
{
	OWNED_BUFFER struct buffer out = BUFFER(view->texts.most);
	struct making making = {.view = view, .place = place, .out = &out};
	struct view_text text = {.kind = place->kind, .fd = -1};
	bool found = true;

	if (place->avrs_id[0] && membership_find(view->spool->catalog, view->account.id,
	                             place->avrs_id, &making.membership, &found, err) < 0)
		return -1;
	if (!found)
		return err_set(err, ERR_REFUSED, "no such text");
	text.membership = making.membership;
	/* Before it is read: what comes meanwhile makes it old. */
	if (place->kind == PLACE_MANIFEST &&
	    letter_count_posted(view->spool->catalog, place->avrs_id, &text.letters, err) < 0)
		return -1;
	if (makers[place->kind](&making, err) < 0)
		return -1;
	if (buffer_is_full(&out))
		return err_set(
		    err, ERR_RETRY, "the text is larger than %zu bytes", view->texts.most);
	if (seal(&out, &text.fd, err) < 0)
		return -1;
	text.size = (int64_t)out.length;
	text.changed = making.changed;
	text_copy(text.folder, view_text_folder(place));
	*ret_text = text;
	return 0;
}

static void forget(struct view_text *text)
{
	if (text->kind != PLACE_ROOT)
		(void)close(text->fd);
	*text = (struct view_text){.kind = PLACE_ROOT, .fd = -1};
}

void view_texts_done(struct view_texts *texts)
{
	for (int i = 0; i < VIEW_TEXTS_MAX; i++)
		forget(&texts->kept[i]);
}

void view_texts_forget(struct view_texts *texts, const char *folder)
{
	for (int i = 0; i < VIEW_TEXTS_MAX; i++) {
		struct view_text *text = &texts->kept[i];

		if (strcmp(text->folder, folder) != 0)
			continue;
		if (text->kind == PLACE_MANIFEST)
			text->is_doubted = true;
		else
			forget(text);
	}
}

/*
 * Would a manifest be the same again? Every letter that is posted takes a number of its AVRS ID;
 * those that are recalled or go are fewer; the rest of a line does not change, but for what its
 * membership tells.
 */
static int is_good(struct view *view, const struct view_text *text, bool *ret_good, struct err *err)
{
	struct catalog *catalog = view->spool->catalog;
	const struct membership *then = &text->membership;
	struct membership now;
	int64_t letters = 0;
	bool found = false;

	*ret_good = !text->is_doubted;
	if (*ret_good)
		return 0;
	if (membership_find(catalog, view->account.id, then->avrs_id, &now, &found, err) < 0 ||
	    letter_count_posted(catalog, then->avrs_id, &letters, err) < 0)
		return -1;
	*ret_good = found && now.role == then->role && now.mark == then->mark &&
	            now.trade_files_after == then->trade_files_after &&
	            now.granted == then->granted && now.changed == then->changed &&
	            now.last_sequence == then->last_sequence &&
	            now.last_posted == then->last_posted && letters == text->letters;
	return 0;
}

static struct view_text *find_kept(struct view_texts *texts, const struct place *place)
{
	for (int i = 0; i < VIEW_TEXTS_MAX; i++)
		if (texts->kept[i].kind == place->kind &&
		    strcmp(texts->kept[i].folder, view_text_folder(place)) == 0)
			return &texts->kept[i];
	return NULL;
}

/* Keep it in the place of the oldest, and of all for which there is no room beside it. */
static struct view_text *keep(struct view_texts *texts, const struct view_text *text)
{
	struct view_text *slot = &texts->kept[texts->next];
	size_t size = (size_t)text->size;

	texts->next = (texts->next + 1) % VIEW_TEXTS_MAX;
	forget(slot);
	for (unsigned i = 1; i < VIEW_TEXTS_MAX; i++) {
		/* The newest first: what is left when it is full is older. */
		struct view_text *other =
		    &texts->kept[(texts->next + 2 * VIEW_TEXTS_MAX - 1 - i) % VIEW_TEXTS_MAX];

		size += other->kind == PLACE_ROOT ? 0 : (size_t)other->size;
		if (size > texts->most)
			forget(other);
	}
	*slot = *text;
	return slot;
}

int view_text_get(struct view *view, const struct place *place, const struct view_text **ret_text,
    struct err *err)
{
	struct view_text *kept;
	struct view_text text;
	bool good = false;

	/* A free slot has the kind of a folder, too. */
	if (!makers[place->kind])
		return err_set(err, ERR_REFUSED, "no such text");
	kept = find_kept(&view->texts, place);
	if (kept && is_good(view, kept, &good, err) < 0)
		return -1;
	if (good) {
		kept->is_doubted = false;
		*ret_text = kept;
		return 0;
	}
	if (make(view, place, &text, err) < 0)
		return -1;
	if (kept)
		forget(kept);
	*ret_text = keep(&view->texts, &text);
	return 0;
}

bool view_text_is(const struct place *place)
{
	return makers[place->kind] != NULL;
}
