/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the answers to SFTP requests have in common, and the session that they are given in;
 * sftp.c takes the requests, sftp_upload.c answers those that change drop/.
 *
 * The functions that put an answer return 0, so that they can be what an answer ends with.
 */
#ifndef SERVER_SFTP_ANSWER_H
#define SERVER_SFTP_ANSWER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "base/err.h"
#include "server/ahead.h"
#include "server/ask.h"
#include "server/handle.h"
#include "server/report.h"
#include "server/sftp_packet.h"
#include "server/stock.h"
#include "spool/place.h"

/* Clients give them to their copies: those must be such that the next run can renew them. */
enum { SFTP_FILE_MODE = S_IFREG | 0644, SFTP_FOLDER_MODE = S_IFDIR | 0755 };

struct sftp {
	int broker; /* the channel to it */
	bool ignore_setstat;
	bool greeted;
	struct handles handles;
	struct handle *listed; /* a folder of which the client will ask more, or NULL */
	struct buffer out;
	int64_t taken; /* bytes of all answers that were sent */
	struct reports reports;
	struct ahead ahead;
	struct stock stock;
};

/* A request being answered: what is still to be read of it, and its id. */
struct sftp_request {
	struct sftp_reader reader;
	uint32_t id;
};

int sftp_answer_status(
    struct sftp *sftp, const struct sftp_request *in, enum sftp_status status, const char *text);

/* What the broker said, as a STATUS. */
int sftp_answer_reply(struct sftp *sftp, const struct sftp_request *in, const struct reply *reply);
int sftp_answer_no_path(struct sftp *sftp, const struct sftp_request *in);
int sftp_answer_no_handle(struct sftp *sftp, const struct sftp_request *in);
int sftp_answer_no_slot(struct sftp *sftp, const struct sftp_request *in);
int sftp_answer_read_only(struct sftp *sftp, const struct sftp_request *in);
int sftp_answer_attributes(
    struct sftp *sftp, const struct sftp_request *in, const struct sftp_attributes *attributes);

/* A handle that was just opened. */
int sftp_answer_handle(struct sftp *sftp, const struct sftp_request *in, struct handle *handle);

/* The normalised path of the next string. False: it is none that could be. */
bool sftp_get_path(struct sftp_reader *in, char ret_path[PLACE_PATH_MAX]);

/* The handle of the request's next string, or NULL. */
struct handle *sftp_get_handle(struct sftp *sftp, struct sftp_request *in);

struct sftp_attributes sftp_attributes_of(const struct entry *entry);

/* An answer of the broker's, as a STATUS in out. */
void sftp_put_reply(struct buffer *out, uint32_t id, const struct reply *reply);

#endif
