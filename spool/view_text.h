/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The generated files of a view: STATUS.txt, MANIFEST.csv, and the print shop's manifest.csv.
 *
 * A text stays what it was when it was first asked for, until its folder is listed again, so
 * that size, time and content agree for a client that mirrors. Its time is that of the newest
 * change it tells of. A few of them are kept for each view, and not more than so many bytes; the
 * oldest goes first. One that tells of many letters is not made anew where it would be the same.
 */
#ifndef SPOOL_VIEW_TEXT_H
#define SPOOL_VIEW_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "spool/membership.h"
#include "spool/place.h"

enum { VIEW_TEXTS_MAX = 32, VIEW_TEXTS_BYTES = 64 * 1024 * 1024 };

struct view;

struct view_text {
	enum place_kind kind;         /* PLACE_ROOT: a free slot */
	char folder[AVRS_ID_MAX + 1]; /* of view_text_folder() */
	int fd;                       /* a sealed memory file */
	int64_t size;
	int64_t changed;
	bool
	    is_doubted; /* of a manifest: its folder was listed since, so things may have changed */
	struct membership membership; /* of a manifest, as it was when it was made; */
	int64_t letters;              /* and how many letters there were */
};

struct view_texts {
	struct view_text kept[VIEW_TEXTS_MAX];
	unsigned next; /* to be replaced */
	size_t most;   /* bytes, of one and of all: VIEW_TEXTS_BYTES, 500,000 lines of a manifest */
};

void view_texts_done(struct view_texts *texts);

/* The text at place, made if it is not kept. Borrowed until the view makes the next one. */
int view_text_get(struct view *view, const struct place *place, const struct view_text **ret_text,
    struct err *err);

/* Is it the place of one? */
bool view_text_is(const struct place *place);

/* What a folder's texts are kept by: its AVRS ID, its date, "drop", or "" in the root. */
const char *view_text_folder(const struct place *place);

/* Make those of a folder, by that, anew when they are asked for next. */
void view_texts_forget(struct view_texts *texts, const char *folder);

#endif
