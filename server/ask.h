/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking the broker, as a session does it: the same functions as if what they ask for were local.
 *
 * Each is one request and its answer (request.h). A broker that does not answer as it should is
 * gone: ERR_GONE, and the session ends.
 */
#ifndef SERVER_ASK_H
#define SERVER_ASK_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/message.h"
#include "server/report.h"
#include "server/request.h"
#include "spool/coverage.h"
#include "spool/digest.h"

/* What the broker said: a reason for people goes with ANSWER_DENIED and ANSWER_FAILURE. */
struct reply {
	enum answer answer;
	char reason[200];
};

struct entry {
	char name[NAME_MAX + 1];
	bool is_folder;
	int64_t size;
	int64_t changed;
	int64_t letter; /* of a file that was opened, an archive's negative; 0: none, not known */
};

/* A file that the broker opened for reading. */
struct opened {
	struct entry entry;
	int fd; /* the caller's */
};

/* The same, and letters that follow it. */
struct opened_next {
	struct opened file;
	int reports; /* the channel for them, the caller's; -1: there is one already */
	size_t count;
	struct opened letters[OPEN_NEXT];
};

/* A file that the broker opened for writing. */
struct uploading {
	struct entry entry;
	int64_t number; /* of the upload, by the broker */
	int64_t most;   /* bytes that it may have */
	int fd;         /* the caller's */
};

int ask_key(int broker, const char *login, const char *type, const char *blob, bool proven,
    enum admission *ret_admission, struct err *err);
int ask_password(int broker, const char *login, const char *password, enum admission *ret_admission,
    struct err *err);
/* Nothing is waited for. */
int ask_start(int broker, const char *client, struct err *err);

int ask_find(int broker, const char *path, struct entry *ret_entry, struct reply *ret_reply,
    struct err *err);
/* The same, and the letters that follow it: page holds them all, for ask_next_entry(). */
int ask_find_more(int broker, const char *path, struct message *page, struct reply *ret_reply,
    int64_t *ret_count, struct err *err);
/* Its first entries: page holds them, for ask_next_entry(); LISTING_WHOLE: there are no more. */
int ask_open_folder(int broker, const char *path, struct message *page, struct reply *ret_reply,
    int64_t *ret_listing, int64_t *ret_count, struct err *err);

/* The next entries, in the same way. */
int ask_list(int broker, int64_t listing, struct message *page, struct reply *ret_reply,
    int64_t *ret_count, bool *ret_more, struct err *err);
int ask_next_entry(struct message *page, struct entry *ret_entry, struct err *err);

/* Nothing is waited for. */
int ask_close_folder(int broker, int64_t listing, struct err *err);
int ask_open(int broker, const char *path, struct opened *ret_opened, struct reply *ret_reply,
    struct err *err);
/* The same, and at most so many letters that follow it. */
int ask_open_next(int broker, const char *path, enum open_order order, int64_t most,
    struct opened_next *ret_opened, struct reply *ret_reply, struct err *err);
/* Tell that the client opened one of those; reports is their channel. Nothing is waited for. */
int ask_opened(int reports, int64_t letter, struct err *err);
/* Tell which bytes of a letter went out, and whether its handle is closed. */
int ask_sent(int broker, const struct report *report, struct err *err);
int ask_remove(int broker, const char *path, struct reply *ret_reply, struct err *err);

/* What a file system has, as statvfs(3) tells it. */
struct space {
	int64_t block_size; /* bytes */
	int64_t blocks;
	int64_t free_blocks;
	int64_t files;
	int64_t free_files;
	bool is_read_only;
};
int ask_space(int broker, const char *path, struct space *ret_space, struct reply *ret_reply,
    struct err *err);

/* The SHA-256 of a whole letter, as text. */
int ask_hash(int broker, const char *path, char ret_sha256[SHA256_HEX + 1], struct reply *ret_reply,
    struct err *err);
/* Uploads: how is UPLOAD_... of request.h; failure "": it is whole. */
int ask_upload(int broker, const char *path, unsigned how, struct uploading *ret_uploading,
    struct reply *ret_reply, struct err *err);
int ask_uploaded(
    int broker, int64_t number, const char *failure, struct reply *ret_reply, struct err *err);
int ask_set(int broker, const char *path, const struct upload_change *change,
    struct reply *ret_reply, struct err *err);
int ask_make_folder(int broker, const char *path, struct reply *ret_reply, struct err *err);
int ask_rename(
    int broker, const char *from, const char *to, struct reply *ret_reply, struct err *err);

/* An archive of what came since a day, by type or ("") all: the channel that it comes on. */
int ask_archive(int broker, const char *since, const char *type, const char *client, int *ret_fd,
    struct reply *ret_reply, struct err *err);

/* Tell why the session ends; nothing is waited for. */
void ask_end(int broker, const char *reason);

#endif
