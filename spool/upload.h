/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Uploads: files that administrators hand in by SFTP, as the catalog knows them.
 *
 * While it is written a file is .NAME.part in its drop folder, where nothing takes it; once its
 * client has closed it, it is NAME there, a dropped file like any other. The rows outlive that:
 * clients ask for what they have just sent.
 */
#ifndef SPOOL_UPLOAD_H
#define SPOOL_UPLOAD_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/number.h"
#include "spool/account.h"
#include "spool/folder.h"
#include "spool/letter_name.h"
#include "spool/place.h"

/* A part is kept so long for its client to go on; what was closed can be asked for so long. */
#define UPLOAD_KEPT DAY

/* For so long STATUS.txt tells what became of it. */
#define UPLOAD_TOLD (7 * DAY)

enum upload_state {
	UPLOAD_OPEN,   /* being written; with an inode: the client has closed it, a step is left */
	UPLOAD_PART,   /* broken off: its client may go on */
	UPLOAD_CLOSED, /* handed in */
	UPLOAD_REMOVED,
	UPLOAD_STATE_COUNT
};

enum { UPLOAD_NODE_MAX = 255 };

/* What one is of the disk: size, device and inode only once it is closed. */
struct upload {
	int64_t id;
	int64_t account_id;
	char drop[AVRS_ID_MAX + 1]; /* struct place: AVRS ID, "" or publications/<section> */
	enum letter_class class;
	char name[LETTER_NAME_MAX + 1];
	enum upload_state state;
	int64_t size;     /* of what was closed */
	int64_t modified; /* as the client set it; 0: it has not */
	int64_t device;   /* of what was closed, 0 before */
	int64_t inode;
	int64_t changed;                /* since when it is in this state */
	char node[UPLOAD_NODE_MAX + 1]; /* whose drop folder has it; "": not known */
};

/* .NAME.part, and the path of NAME beneath drop.root. */
void upload_part_name(const char *name, char ret_name[NAME_MAX + 1]);
void upload_path(const struct upload *upload, char ret_path[FOLDER_PATH_MAX]);

/*
 * Open its drop folder: no link leads out of drop.root. Returns a descriptor, or -1 with errno.
 * With it, is a regular file there, under its own or its .part name?
 */
int upload_open_folder(int drop_fd, const char *drop, enum letter_class class);
bool upload_is_there(int drop_fd, const struct upload *upload, bool is_part, struct stat *ret_stat);

/* Is that the file that was closed? */
bool upload_is_file(const struct upload *upload, const struct stat *st);

/* What an upload at that place, by this node, is like before it is begun. */
void upload_init(
    struct upload *upload, int64_t account_id, const char *node, const struct place *place);

/* Add it in state open; its id and changed are set. */
int upload_add(struct catalog *catalog, struct upload *upload, struct err *err);

/* Change everything of it but its account. */
int upload_update(struct catalog *catalog, const struct upload *upload, struct err *err);

/* The same and its event (what), in one transaction. */
int upload_update_as(struct catalog *catalog, const struct actor *actor, const char *login,
    const struct upload *upload, const char *what, struct err *err);

int upload_forget(struct catalog *catalog, int64_t id, struct err *err);

/* Forget the first limit of a state that did not change since before: *ret_count of them. */
int upload_forget_old(struct catalog *catalog, enum upload_state state, int64_t before,
    int64_t limit, int64_t *ret_count, struct err *err);

/* The account's newest upload of that place which was not removed. */
int upload_find(struct catalog *catalog, int64_t account_id, const struct place *place,
    struct upload *ret_upload, bool *ret_found, struct err *err);

/* Its login, for events; "" where the account is gone. */
int upload_login(
    struct catalog *catalog, int64_t account_id, char ret_login[LOGIN_MAX + 1], struct err *err);

/*
 * Call each(upload, arg) for the first limit in state after->state that did not change since
 * before, by the time when they changed and their ids; after: those behind that one.
 */
int upload_list(struct catalog *catalog, const struct upload *after, int64_t before, int64_t limit,
    int (*each)(const struct upload *upload, void *arg, struct err *err), void *arg,
    struct err *err);

/* The newest limit uploads of an account, newest first. */
int upload_list_newest(struct catalog *catalog, int64_t account_id, int64_t limit,
    int (*each)(const struct upload *upload, void *arg, struct err *err), void *arg,
    struct err *err);

#endif
