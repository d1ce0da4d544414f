/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an account sees: the tree of docs/DESIGN.md, made from the catalog by its rights.
 *
 * What it may not see does not exist for it (VIEW_NOTHING). What is being posted is in no
 * listing, and whoever asks for it by name is told to come back (VIEW_POSTING, R10).
 */
#ifndef SPOOL_VIEW_H
#define SPOOL_VIEW_H

#include "spool/letter.h"
#include "spool/news.h"
#include "spool/night_archive.h"
#include "spool/place.h"
#include "spool/spool.h"
#include "spool/view_text.h"

/* One account's view, for as long as its session lives. */
struct view {
	const struct spool *spool;
	struct account account;
	struct view_texts texts;
	/* So long a membership judges the role before it is looked up again; 0: always. */
	int64_t role_lasts;
	struct view_role {
		int64_t until; /* by clock_elapsed() */
		bool found;
		struct membership membership;
	} role;
};

enum view_answer { VIEW_FOUND, VIEW_NOTHING, VIEW_POSTING };

/* R10, word for word. */
#define VIEW_POSTING_TEXT "still being posted, check back in a few hours"

struct view_entry {
	char name[NAME_MAX + 1];
	bool is_folder;
	int64_t size;
	int64_t changed;
};

/* What a path was found to be. */
struct view_found {
	struct place place;
	struct view_entry entry;
	struct membership membership; /* of the account, where the place is in an AVRS ID */
	struct letter letter;         /* id 0: the place is not a letter */
	struct night_archive archive; /* id 0: nor an archive, */
	bool is_signature;            /* or what is beside one */
};

/* Where a listing is; all zero at its start. */
struct view_cursor {
	int stage;
	char avrs_id[AVRS_ID_MAX + 1]; /* that is being listed, or the last that was */
	int64_t sequence;              /* or id, in archives and in paper/ */
	char date[DATE_SIZE];          /* of the folder of paper/ that was listed last */
	struct news_cursor news;
};

void view_init(struct view *view, const struct spool *spool, const struct account *account);
void view_done(struct view *view);

/* Find what path (as place_normalise() makes it) is. */
int view_find(struct view *view, const char *path, struct view_found *ret_found,
    enum view_answer *ret_answer, struct err *err);

/*
 * Call each(entry, arg) for at most limit entries of a folder behind *cursor, which moves on.
 * *ret_more: there may be more behind it. The folder has been found before; what is listed from
 * a zero cursor has its generated texts made anew.
 */
int view_list(struct view *view, const struct place *folder, struct view_cursor *cursor,
    int64_t limit, int (*each)(const struct view_entry *entry, void *arg, struct err *err),
    void *arg, bool *ret_more, struct err *err);

/*
 * Call each(entry, arg) for letters that follow one that was found in its class' folder: at most
 * limit as they are listed, and those that the folder shows among the next limit by name. For what
 * else was found there are none.
 */
int view_list_next(struct view *view, const struct view_found *found, int64_t limit,
    int (*each)(const struct view_entry *entry, void *arg, struct err *err), void *arg,
    struct err *err);

/*
 * The same, in one of the orders, for those that are to be opened: next is what was found, as far
 * as view_open() needs it.
 */
int view_find_next(struct view *view, const struct view_found *found, bool by_name, int64_t limit,
    int (*each)(const struct view_found *next, void *arg, struct err *err), void *arg,
    struct err *err);

/* Make of what was found as a letter of its class' folder another one there. */
void view_found_become(struct view_found *found, const struct letter_line *line);

/*
 * The account's membership of an AVRS ID, for its role and dates: from the last look-up where that
 * is not older than view->role_lasts. What depends on its mark asks membership_find().
 */
int view_find_role(struct view *view, const char *avrs_id, struct membership *ret_membership,
    bool *ret_found, struct err *err);

/* Open a file that was found; the descriptor is the caller's. */
int view_open(struct view *view, const struct view_found *found, int *ret_fd, struct err *err);

#endif
