/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The desk where an administrator's session hands files in: what the broker does for it in drop/.
 *
 * It decides what the account may do there, makes .NAME.part beneath the drop root and gives its
 * descriptor for writing to the session, which does the rest of the writing alone. A part is kept
 * when the session ends, and gone on with when the account opens it again without emptying it.
 *
 * Functions that are asked for something return 0 and a ruling, which may be no; -1 is our own
 * trouble. Paths are as place_normalise() makes them. What was uploaded is upload_change.h's.
 */
#ifndef SERVER_UPLOAD_DESK_H
#define SERVER_UPLOAD_DESK_H

#include "server/request.h"
#include "server/ruling.h"
#include "spool/upload.h"
#include "spool/view.h"

/* A file that is being uploaded. */
struct desk_file {
	struct view_entry entry;
	int64_t number; /* of the upload, in this session */
	int64_t most;   /* bytes that it may have */
	int fd;         /* the caller's */
};

struct upload_desk {
	struct view *view;                /* of its account; borrowed */
	struct upload *open[UPLOADS_MAX]; /* NULL: free */
	int held[UPLOADS_MAX];            /* its part, which keeps the lock (part.h); or -1 */
	struct upload_desk **all;         /* the desks of all sessions of this broker */
	struct upload_desk *next;
	struct upload_desk *prev;
	bool is_evicted; /* another session goes on with its upload: it has to end */
};

/* Set up a desk among all; both borrowed for as long as it is in use. */
void upload_desk_init(struct upload_desk *desk, struct view *view, struct upload_desk **all);

/* Its session is over: what is open becomes parts. */
void upload_desk_done(struct upload_desk *desk);

/* Open for writing; how: UPLOAD_... of request.h. */
int upload_desk_open(struct upload_desk *desk, const char *path, unsigned how,
    struct desk_file *ret_file, struct ruling *ret_ruling, struct err *err);

/*
 * The session has closed its descriptor. failure "": hand the file in; otherwise why it is not
 * whole, and it stays a part.
 */
int upload_desk_close(struct upload_desk *desk, int64_t number, const char *failure,
    struct ruling *ret_ruling, struct err *err);

int upload_desk_make_folder(
    struct upload_desk *desk, const char *path, struct ruling *ret_ruling, struct err *err);

/* May the account still write what it has open? account is the view's, as it is now. */
int upload_desk_may_stay(const struct upload_desk *desk, bool *ret_may, struct err *err);

/* --- for upload_change.c */

#define UPLOAD_IS_THERE "a file of that name is there, and nothing in drop/ is overwritten"

const struct spool *upload_desk_spool(const struct upload_desk *desk);

/* The desk that has the upload of that id open, or NULL. */
struct upload_desk *upload_desk_holder(const struct upload_desk *desk, int64_t id);

/*
 * The newest upload of the place, settled if nobody has it (so that one which is open is being
 * written, here or by another broker); *ret_part: it can be gone on with.
 */
int upload_desk_find(struct upload_desk *desk, const struct place *place, struct upload *ret_upload,
    bool *ret_found, bool *ret_part, struct err *err);

/* Is anything of that name there? */
bool upload_desk_is_taken(const struct spool *spool, const struct place *place);

#endif
