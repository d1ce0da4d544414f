/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/view.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/number.h"
#include "base/text.h"
#include "base/utf8.h"
#include "spool/folder.h"
#include "spool/intake.h"
#include "spool/outbox.h"
#include "spool/view_archive.h"
#include "spool/view_drop.h"

void view_init(struct view *view, const struct spool *spool, const struct account *account)
{
	*view =
	    (struct view){.spool = spool, .account = *account, .texts = {.most = VIEW_TEXTS_BYTES}};
}

void view_done(struct view *view)
{
	view_texts_done(&view->texts);
}

/* Look the membership up, and keep it. */
static int find_membership(struct view *view, const char *avrs_id,
    struct membership *ret_membership, bool *ret_found, struct err *err)
{
	struct view_role *role = &view->role;

	*role = (struct view_role){.until = clock_elapsed() + view->role_lasts};
	if (membership_find(view->spool->catalog, view->account.id, avrs_id, &role->membership,
	        &role->found, err) < 0) {
		role->until = 0;
		return -1;
	}
	if (!role->found)
		text_copy(role->membership.avrs_id, avrs_id);
	*ret_found = role->found;
	if (role->found)
		*ret_membership = role->membership;
	return 0;
}

int view_find_role(struct view *view, const char *avrs_id, struct membership *ret_membership,
    bool *ret_found, struct err *err)
{
	const struct view_role *role = &view->role;

	if (clock_elapsed() >= role->until || strcmp(role->membership.avrs_id, avrs_id) != 0)
		return find_membership(view, avrs_id, ret_membership, ret_found, err);
	*ret_found = role->found;
	if (role->found)
		*ret_membership = role->membership;
	return 0;
}

/* The account's membership of the place's AVRS ID, if there is one. */
static int find_membership_of(struct view *view, const struct place *place,
    struct membership *ret_membership, bool *ret_found, struct err *err)
{
	*ret_found = false;
	if (!place->avrs_id[0])
		return 0;
	return (place->kind == PLACE_LETTER ? view_find_role : find_membership)(
	    view, place->avrs_id, ret_membership, ret_found, err);
}

static bool may_see(const struct view *view, const struct membership *membership, enum area area)
{
	char today[DATE_SIZE];

	clock_print_date(clock_now(), today);
	return right_may_see(&view->account, membership, area, today);
}

/* Does the place show letters of the class to the account, if they are there? */
static bool shows_class(
    const struct view *view, const struct view_found *found, enum letter_class class)
{
	enum area area = class == CLASS_EDELIVERY ? AREA_EDELIVERY : AREA_TRADE_FILES;

	if (found->place.kind == PLACE_LETTER && class != found->place.class)
		return false;
	return may_see(view, &found->membership, area);
}

/* A file of that name in the drop folder that waits: a letter still being posted (R10). */
static int is_held(
    const struct view *view, const struct view_found *found, bool *ret_held, struct err *err)
{
	OWNED_BUFFER struct buffer escaped = BUFFER(sizeof(found->place.name) * 4);

	utf8_escape(&escaped, found->place.name, strlen(found->place.name));
	for (enum letter_class class = CLASS_EDELIVERY; class < CLASS_COUNT; class ++) {
		struct intake intake;
		bool there = false;

		if (!shows_class(view, found, class))
			continue;
		if (intake_find_name(view->spool->catalog, found->place.avrs_id, class,
		        buffer_text(&escaped), &intake, &there, err) < 0)
			return -1;
		if (there && intake.state == INTAKE_HELD) {
			*ret_held = true;
			return 0;
		}
	}
	*ret_held = false;
	return 0;
}

static void describe_letter(const struct letter *letter, struct view_entry *ret_entry)
{
	*ret_entry = (struct view_entry){.size = letter->size, .changed = letter->posted};
	text_copy(ret_entry->name, letter->name);
}

/* It is not posted: is it on its way? */
static int find_unposted(const struct view *view, const struct view_found *found, bool there,
    enum view_answer *ret_answer, struct err *err)
{
	const struct letter *letter = &found->letter;
	bool coming = there && letter->electronic == ELECTRONIC_POSTING &&
	              shows_class(view, found, letter->class);

	if (!coming && is_held(view, found, &coming, err) < 0)
		return -1;
	*ret_answer = coming ? VIEW_POSTING : VIEW_NOTHING;
	return 0;
}

/* The letter that the place names, if it is there, visible, and new where only that counts. */
static int find_letter(
    struct view *view, struct view_found *found, enum view_answer *ret_answer, struct err *err)
{
	struct letter *letter = &found->letter;
	bool there = false;
	bool is_new = true;

	if (letter_find_name(view->spool->catalog, found->place.avrs_id, found->place.name, letter,
	        &there, err) < 0)
		return -1;
	if (!there || letter->electronic != ELECTRONIC_POSTED)
		return find_unposted(view, found, there, ret_answer, err);
	if (found->place.kind != PLACE_LETTER &&
	    news_has(view->spool->catalog, &found->membership, letter, &is_new, err) < 0)
		return -1;
	*ret_answer = is_new && shows_class(view, found, letter->class) ? VIEW_FOUND : VIEW_NOTHING;
	describe_letter(letter, &found->entry);
	return 0;
}

static void describe_folder(const struct view *view, struct view_found *found)
{
	found->entry.is_folder = true;
	found->entry.changed = view->account.created;
	if (found->place.avrs_id[0])
		found->entry.changed = found->membership.last_posted > found->membership.granted
		                           ? found->membership.last_posted
		                           : found->membership.granted;
}

static int describe_text(struct view *view, struct view_found *found, struct err *err)
{
	const struct view_text *text = NULL;

	if (view_text_get(view, &found->place, &text, err) < 0)
		return -1;
	found->entry.size = text->size;
	found->entry.changed = text->changed;
	return 0;
}

static bool names_letter(enum place_kind kind)
{
	return kind == PLACE_LETTER || kind == PLACE_NEW_FILE || kind == PLACE_PROVIDER_NEW_FILE;
}

/* A letter of the outbox, for as long as it is to be printed. */
static int find_paper(
    struct view *view, struct view_found *found, enum view_answer *ret_answer, struct err *err)
{
	struct letter letter;
	bool there = false;

	if (outbox_find(view->spool->catalog, found->place.date, found->place.name, &letter, &there,
	        err) < 0)
		return -1;
	if (!there || !outbox_has(&letter))
		return 0;
	found->letter = letter;
	found->entry.size = letter.size;
	found->entry.changed = letter.queued;
	*ret_answer = VIEW_FOUND;
	return 0;
}

/*
 * The folder of a date is found as long as it is known, though not listed once it has no letter
 * left: who has just removed the last one is still in it, and removes its manifest next.
 */
static int find_paper_folder(
    struct view *view, struct view_found *found, enum view_answer *ret_answer, struct err *err)
{
	bool there = false;

	if (outbox_find_date(
	        view->spool->catalog, found->place.date, &found->entry.changed, &there, err) < 0)
		return -1;
	if (!there)
		return 0;
	found->entry.is_folder = found->place.is_folder;
	*ret_answer = VIEW_FOUND;
	return found->place.is_folder ? 0 : describe_text(view, found, err);
}

/* The zip of a day, for as long as there is something in it to be printed. */
static int find_paper_zip(
    struct view *view, struct view_found *found, enum view_answer *ret_answer, struct err *err)
{
	const struct spool *spool = view->spool;
	char path[FOLDER_PATH_MAX];
	bool there = false;
	struct stat st;

	if (outbox_has_date(spool->catalog, found->place.date, &there, err) < 0)
		return -1;
	folder_paper_zip(found->place.date, path);
	if (!there || fstatat(spool->root_fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	found->entry.size = st.st_size;
	found->entry.changed = st.st_mtim.tv_sec * SECOND;
	*ret_answer = VIEW_FOUND;
	return 0;
}

static int find(struct view *view, const char *path, struct view_found *found,
    enum view_answer *ret_answer, struct err *err)
{
	bool member = false;

	*ret_answer = VIEW_NOTHING;
	if (!place_parse(path, &found->place))
		return 0;
	if (find_membership_of(view, &found->place, &found->membership, &member, err) < 0)
		return -1;
	if (!may_see(view, member ? &found->membership : NULL, found->place.area))
		return 0;
	text_copy(found->entry.name, found->place.name);
	if (found->place.area == AREA_DROP && found->place.kind != PLACE_DROP_STATUS)
		return view_drop_find(view, found, ret_answer, err);
	if (names_letter(found->place.kind))
		return find_letter(view, found, ret_answer, err);
	if (found->place.kind == PLACE_PAPER_LETTER)
		return find_paper(view, found, ret_answer, err);
	if (found->place.kind == PLACE_PAPER_ZIP)
		return find_paper_zip(view, found, ret_answer, err);
	if (found->place.kind == PLACE_ARCHIVE || found->place.kind == PLACE_BUNDLE)
		return view_archive_find(view, found, ret_answer, err);
	if (found->place.date[0])
		return find_paper_folder(view, found, ret_answer, err);
	*ret_answer = VIEW_FOUND;
	if (!found->place.is_folder)
		return describe_text(view, found, err);
	describe_folder(view, found);
	return 0;
}

int view_find(struct view *view, const char *path, struct view_found *ret_found,
    enum view_answer *ret_answer, struct err *err)
{
	struct view_found found = {.letter.id = 0};
	enum view_answer answer = VIEW_NOTHING;

	if (find(view, path, &found, &answer, err) < 0)
		return -1;
	*ret_found = found;
	*ret_answer = answer;
	return 0;
}

static int open_text(struct view *view, const struct place *place, int *ret_fd, struct err *err)
{
	const struct view_text *text = NULL;
	int fd;

	if (view_text_get(view, place, &text, err) < 0)
		return -1;
	fd = fcntl(text->fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return err_sys(err, "open a generated text");
	*ret_fd = fd;
	return 0;
}

int view_open(struct view *view, const struct view_found *found, int *ret_fd, struct err *err)
{
	const struct letter *letter = &found->letter;
	char path[FOLDER_PATH_MAX];

	if (found->place.kind == PLACE_PAPER_ZIP) {
		folder_paper_zip(found->place.date, path);
		return spool_open_file(view->spool, path, ret_fd, err);
	}
	if (found->archive.id)
		return view_archive_open(view, found, ret_fd, err);
	if (!letter->id)
		return open_text(view, &found->place, ret_fd, err);
	if (found->place.kind == PLACE_PAPER_LETTER)
		folder_paper(letter->paper_date, letter->id, letter->name, path);
	else
		folder_letter(letter->avrs_id, letter->class, letter->id, letter->name, path);
	if (spool_open_file(view->spool, path, ret_fd, err) == 0)
		return 0;
	/* The catalog says that it is posted: a person has to look, the client comes back. */
	err->kind = err->kind == ERR_REFUSED ? ERR_INTERNAL : err->kind;
	return err_context(err, "letter=%lld", (long long)letter->id);
}
