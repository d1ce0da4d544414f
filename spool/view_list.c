/* SPDX-License-Identifier: Apache-2.0 */
/* The listings of a view, page by page; view.c finds and opens. */
#include <stdio.h>

#include "base/log.h"
#include "base/text.h"
#include "spool/folder.h"
#include "spool/outbox.h"
#include "spool/view.h"
#include "spool/view_archive.h"
#include "spool/view_drop.h"

/* A listing under way. */
struct listing {
	struct view *view;
	const struct place *folder;
	struct view_cursor *cursor;
	int64_t left; /* entries that still may be passed on */
	int (*each)(const struct view_entry *entry, void *arg, struct err *err);
	void *arg;
	const char *prefix; /* put in front of letters' names */
	int64_t rows;       /* read for this page, passed on or not */
	char today[DATE_SIZE];
};

static int pass_on(struct listing *listing, const struct view_entry *entry, struct err *err)
{
	listing->left--;
	return listing->each(entry, listing->arg, err);
}

/*
 * Pass on what path is, unless the account may not see it. A text that cannot be made is missing:
 * what is beside it can be had.
 */
static int pass_path(struct listing *listing, const char *path, struct err *err)
{
	struct view_found found;
	struct place place;
	enum view_answer answer;

	if (view_find(listing->view, path, &found, &answer, err) < 0) {
		if (!place_parse(path, &place) || !view_text_is(&place))
			return -1;
		log_error("login=%s path=%s text=\"not listed: %s\"", listing->view->account.login,
		    path, err->text);
		return 0;
	}
	return answer == VIEW_FOUND ? pass_on(listing, &found.entry, err) : 0;
}

/* The entries of fixed names; there are few, so they are one page whatever the limit. */
static int list_fixed(struct listing *listing, const char *const *names, struct err *err)
{
	const char *id = listing->folder->avrs_id;
	char path[PLACE_PATH_MAX];

	for (; *names; names++) {
		(void)snprintf(path, sizeof(path), "%s%s/%s", id[0] ? "/" : "", id, *names);
		if (pass_path(listing, path, err) < 0)
			return -1;
	}
	return 0;
}

static int pass_line(const struct letter_line *line, void *arg, struct err *err)
{
	struct listing *listing = arg;
	struct view_entry entry;

	entry.is_folder = false;
	entry.size = line->size;
	entry.changed = line->posted;
	if (listing->prefix[0])
		(void)snprintf(
		    entry.name, sizeof(entry.name), "%s_%s", listing->prefix, line->name);
	else
		text_copy(entry.name, line->name);
	listing->cursor->sequence = line->sequence;
	return pass_on(listing, &entry, err);
}

static int pass_letter(const struct letter *letter, void *arg, struct err *err)
{
	struct letter_line line = {
	    letter->id, letter->name, letter->size, letter->sequence, letter->posted};

	return pass_line(&line, arg, err);
}

/* Without a role where the membership shows nothing of the area: rights go between pages. */
static void judge(const struct listing *listing, enum area area, struct membership *membership)
{
	if (!right_may_see(&listing->view->account, membership, area, listing->today))
		membership->role = ROLE_NONE;
}

static int list_class(struct listing *listing, bool *ret_more, struct err *err)
{
	const struct place *folder = listing->folder;
	struct letter after = {.class = folder->class, .sequence = listing->cursor->sequence};
	struct membership membership = {.role = ROLE_NONE};
	bool found = false;

	if (view_find_role(listing->view, folder->avrs_id, &membership, &found, err) < 0)
		return -1;
	judge(listing, folder->area, &membership);
	*ret_more = false;
	if (membership.role == ROLE_NONE)
		return 0;
	text_copy(after.avrs_id, folder->avrs_id);
	if (letter_list_lines(
	        listing->view->spool->catalog, &after, listing->left, pass_line, listing, err) < 0)
		return -1;
	*ret_more = listing->left == 0;
	return 0;
}

static int list_news(struct listing *listing, const char *avrs_id, bool *ret_more, struct err *err)
{
	struct membership membership = {.role = ROLE_NONE};
	bool found = false;

	if (membership_find(listing->view->spool->catalog, listing->view->account.id, avrs_id,
	        &membership, &found, err) < 0)
		return -1;
	judge(listing, AREA_PROVIDER, &membership);
	return news_list(listing->view->spool->catalog, &membership, &listing->cursor->news,
	    listing->left, pass_letter, listing, ret_more, err);
}

static int list_provider_new(struct listing *listing, bool *ret_more, struct err *err)
{
	return list_news(listing, listing->folder->avrs_id, ret_more, err);
}

/* The next AVRS ID behind *avrs_id that has something new; *ret_found false behind the last. */
static int next_with_news(
    const struct listing *listing, char avrs_id[AVRS_ID_MAX + 1], bool *ret_found, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;

	if (catalog_find(listing->view->spool->catalog,
	        "SELECT m.avrs_id FROM membership m JOIN provider p ON p.avrs_id = m.avrs_id"
	        " WHERE m.account_id = $1 AND m.avrs_id > $2 AND (p.last_sequence > m.mark"
	        " OR EXISTS (SELECT 1 FROM acknowledgement a WHERE a.account_id = m.account_id"
	        " AND a.avrs_id = m.avrs_id AND a.renewed = 1)) ORDER BY m.avrs_id LIMIT 1",
	        VALUES(INT(listing->view->account.id), TEXT(avrs_id)), &row, ret_found, err) < 0)
		return -1;
	if (*ret_found)
		text_copy_part(avrs_id, AVRS_ID_MAX + 1, statement_text(row, 0));
	return 0;
}

/* Stage 0: look for the next AVRS ID with news. Stage 1: its news. */
static int list_all_new(struct listing *listing, bool *ret_more, struct err *err)
{
	struct view_cursor *cursor = listing->cursor;
	bool found = true;

	while (listing->left > 0) {
		bool more = false;

		if (cursor->stage == 0) {
			if (next_with_news(listing, cursor->avrs_id, &found, err) < 0)
				return -1;
			if (!found)
				break;
			cursor->news = (struct news_cursor){.sequence = 0};
			cursor->stage = 1;
		}
		listing->prefix = cursor->avrs_id;
		if (list_news(listing, cursor->avrs_id, &more, err) < 0)
			return -1;
		if (!more)
			cursor->stage = 0;
	}
	*ret_more = found;
	return 0;
}

/* A folder for each membership that is in force and shows something. */
static int pass_membership(const struct membership *membership, void *arg, struct err *err)
{
	struct listing *listing = arg;
	struct view_entry entry = {.is_folder = true,
	    .changed = membership->last_posted > membership->granted ? membership->last_posted
	                                                             : membership->granted};

	listing->rows++;
	text_copy(listing->cursor->avrs_id, membership->avrs_id);
	if (!right_may_see(&listing->view->account, membership, AREA_PROVIDER, listing->today))
		return 0;
	text_copy(entry.name, membership->avrs_id);
	return pass_on(listing, &entry, err);
}

static int list_root(struct listing *listing, bool *ret_more, struct err *err)
{
	static const char *const fixed[] = {
	    "STATUS.txt", "new", "archives", "publications", "paper", "drop", NULL};
	struct view_cursor *cursor = listing->cursor;
	int64_t limit;

	if (cursor->stage == 0) {
		cursor->stage = 1;
		if (list_fixed(listing, fixed, err) < 0)
			return -1;
	}
	limit = listing->left > 0 ? listing->left : 1;
	if (membership_list(listing->view->spool->catalog, listing->view->account.id,
	        cursor->avrs_id, limit, pass_membership, listing, err) < 0)
		return -1;
	*ret_more = listing->rows == limit;
	return 0;
}

static int list_provider(struct listing *listing, bool *ret_more, struct err *err)
{
	static const char *const fixed[] = {
	    "STATUS.txt", "MANIFEST.csv", "new", "edelivery", "trade-files", "archives", NULL};

	*ret_more = false;
	return list_fixed(listing, fixed, err);
}

static int list_publications(struct listing *listing, bool *ret_more, struct err *err)
{
	static const char *const sections[] = {
	    "publications/telehealth", "publications/messages", "publications/bulletins", NULL};

	*ret_more = false;
	return list_fixed(listing, sections, err);
}

/* May the account still see the outbox? Rights go between pages. */
static bool sees_paper(const struct listing *listing)
{
	return right_may_see(&listing->view->account, NULL, AREA_PAPER, listing->today);
}

static int list_paper(struct listing *listing, bool *ret_more, struct err *err)
{
	struct catalog *catalog = listing->view->spool->catalog;
	struct view_cursor *cursor = listing->cursor;
	bool found = sees_paper(listing);

	while (found && listing->left > 0) {
		struct view_entry entry = {.is_folder = true};

		if (outbox_next_date(catalog, cursor->date, cursor->date, &found, err) < 0)
			return -1;
		if (!found)
			break;
		text_copy(entry.name, cursor->date);
		if (outbox_find_date(catalog, cursor->date, &entry.changed, &found, err) < 0 ||
		    pass_on(listing, &entry, err) < 0)
			return -1;
	}
	*ret_more = found;
	return 0;
}

static int pass_paper(const struct letter *letter, void *arg, struct err *err)
{
	struct listing *listing = arg;
	struct view_entry entry = {.size = letter->size, .changed = letter->queued};

	outbox_name(letter, entry.name);
	listing->cursor->sequence = letter->id;
	return pass_on(listing, &entry, err);
}

/* Stage 0: the manifest, and the zip where there is one. Stage 1: the letters. */
static int list_paper_date(struct listing *listing, bool *ret_more, struct err *err)
{
	struct view_cursor *cursor = listing->cursor;
	char path[PLACE_PATH_MAX];
	char zip[FOLDER_PATH_MAX];

	*ret_more = false;
	if (!sees_paper(listing))
		return 0;
	if (cursor->stage == 0) {
		cursor->stage = 1;
		(void)snprintf(path, sizeof(path), "/paper/%s/manifest.csv", listing->folder->date);
		if (pass_path(listing, path, err) < 0)
			return -1;
		folder_paper_zip(listing->folder->date, zip);
		(void)snprintf(path, sizeof(path), "/%.*s", PLACE_PATH_MAX - 2, zip);
		if (pass_path(listing, path, err) < 0)
			return -1;
	}
	if (listing->left > 0 && outbox_list(listing->view->spool->catalog, listing->folder->date,
	                             cursor->sequence, listing->left, pass_paper, listing, err) < 0)
		return -1;
	*ret_more = listing->left == 0;
	return 0;
}

static int list_drop(struct listing *listing, bool *ret_more, struct err *err)
{
	return view_drop_list(listing->view, listing->folder, listing->cursor, listing->left,
	    listing->each, listing->arg, ret_more, err);
}

static int list_archives(struct listing *listing, bool *ret_more, struct err *err)
{
	return view_archive_list(listing->view, listing->folder, listing->cursor, listing->left,
	    listing->each, listing->arg, ret_more, err);
}

static int list_nothing(struct listing *listing, bool *ret_more, struct err *err)
{
	(void)listing;
	(void)err;
	*ret_more = false;
	return 0;
}

static int (*const lists[PLACE_KIND_COUNT])(
    struct listing *listing, bool *ret_more, struct err *err) = {
    [PLACE_ROOT] = list_root,
    [PLACE_NEW] = list_all_new,
    [PLACE_BUNDLES] = list_archives,
    [PLACE_PUBLICATIONS] = list_publications,
    [PLACE_SECTION] = list_nothing,
    [PLACE_PROVIDER] = list_provider,
    [PLACE_PROVIDER_NEW] = list_provider_new,
    [PLACE_CLASS] = list_class,
    [PLACE_ARCHIVES] = list_archives,
    [PLACE_PAPER] = list_paper,
    [PLACE_PAPER_DATE] = list_paper_date,
    [PLACE_DROP] = list_drop,
    [PLACE_DROP_FOLDER] = list_drop,
};

static bool is_start(const struct view_cursor *cursor)
{
	return cursor->stage == 0 && !cursor->avrs_id[0] && cursor->sequence == 0 &&
	       !cursor->news.past_renewed && cursor->news.sequence == 0;
}

static bool has_texts(const struct place *folder)
{
	return folder->kind == PLACE_ROOT || folder->kind == PLACE_PROVIDER ||
	       folder->kind == PLACE_PAPER_DATE || folder->kind == PLACE_DROP;
}

int view_list(struct view *view, const struct place *folder, struct view_cursor *cursor,
    int64_t limit, int (*each)(const struct view_entry *entry, void *arg, struct err *err),
    void *arg, bool *ret_more, struct err *err)
{
	struct listing listing = {view, folder, cursor, limit, each, arg, "", 0, ""};

	if (!lists[folder->kind])
		return err_set(err, ERR_REFUSED, "not a folder");
	if (is_start(cursor) && has_texts(folder))
		view_texts_forget(&view->texts, view_text_folder(folder));
	clock_print_date(clock_now(), listing.today);
	return lists[folder->kind](&listing, ret_more, err);
}

int view_list_next(struct view *view, const struct view_found *found, int64_t limit,
    int (*each)(const struct view_entry *entry, void *arg, struct err *err), void *arg,
    struct err *err)
{
	struct view_cursor cursor = {.stage = 0};
	struct listing listing = {
	    .view = view, .cursor = &cursor, .each = each, .arg = arg, .prefix = ""};

	/* Who was shown one of the class may see the others. */
	if (found->place.kind != PLACE_LETTER)
		return 0;
	if (letter_list_lines(
	        view->spool->catalog, &found->letter, limit, pass_line, &listing, err) < 0)
		return -1;
	return letter_list_named(
	    view->spool->catalog, &found->letter, limit, pass_line, &listing, err);
}

/* Letters that follow one another, for view_find_next(). */
struct following {
	struct view_found next;
	int (*each)(const struct view_found *next, void *arg, struct err *err);
	void *arg;
};

void view_found_become(struct view_found *found, const struct letter_line *line)
{
	found->letter.id = line->id;
	found->letter.size = line->size;
	found->letter.sequence = line->sequence;
	found->letter.posted = line->posted;
	text_copy(found->letter.name, line->name);
	text_copy(found->place.name, line->name);
	found->entry.is_folder = false;
	found->entry.size = line->size;
	found->entry.changed = line->posted;
	text_copy(found->entry.name, line->name);
}

static int pass_next(const struct letter_line *line, void *arg, struct err *err)
{
	struct following *following = arg;

	view_found_become(&following->next, line);
	return following->each(&following->next, following->arg, err);
}

int view_find_next(struct view *view, const struct view_found *found, bool by_name, int64_t limit,
    int (*each)(const struct view_found *next, void *arg, struct err *err), void *arg,
    struct err *err)
{
	struct following following = {
	    .next = {.place = found->place, .membership = found->membership},
	    .each = each,
	    .arg = arg};

	/* Who was shown one of the class may see the others. */
	if (found->place.kind != PLACE_LETTER || limit <= 0)
		return 0;
	text_copy(following.next.letter.avrs_id, found->letter.avrs_id);
	following.next.letter.class = found->letter.class;
	return (by_name ? letter_list_named : letter_list_lines)(
	    view->spool->catalog, &found->letter, limit, pass_next, &following, err);
}
