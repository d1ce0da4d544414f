/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The desk where an administrator's session hands files in: what the broker does for it in drop/.
 *
 * It decides what the account may do there, makes .NAME.part beneath the drop root and gives its
 * descriptor for writing to the session, which does the rest of the writing alone. A part is kept
 * when the session ends, and gone on with when the account opens it again without emptying it.
 *
 * Functions that are asked for something return 0 and a ruling, which may be no; -1 is our own
 * trouble. Paths are as place_normalise() makes them.
 */
#ifndef SERVER_UPLOAD_DESK_H
#define SERVER_UPLOAD_DESK_H

#include "server/request.h"
#include "spool/upload.h"
#include "spool/view.h"

/* What is said to the session; reason goes with ANSWER_DENIED and ANSWER_FAILURE. */
struct ruling {
	enum answer answer;
	char reason[200];
};

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

/* Set size (UPLOAD_SET_SIZE) and time (UPLOAD_SET_TIME) of an own upload. */
int upload_desk_set(struct upload_desk *desk, const char *path, const struct upload_change *change,
    struct ruling *ret_ruling, struct err *err);

int upload_desk_make_folder(
    struct upload_desk *desk, const char *path, struct ruling *ret_ruling, struct err *err);
int upload_desk_rename(struct upload_desk *desk, const char *from, const char *to,
    struct ruling *ret_ruling, struct err *err);

/* place was found in the account's view. */
int upload_desk_remove(struct upload_desk *desk, const struct place *place,
    struct ruling *ret_ruling, struct err *err);

/* May the account still write what it has open? account is the view's, as it is now. */
int upload_desk_may_stay(const struct upload_desk *desk, bool *ret_may, struct err *err);

#endif
