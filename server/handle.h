/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handles of an SFTP session: what its client has open, a bounded table.
 *
 * On the wire a handle is its slot in the table and a serial number that no other handle of the
 * session ever has, so that one which was closed stays closed though its slot is used again.
 */
#ifndef SERVER_HANDLE_H
#define SERVER_HANDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/message.h"
#include "server/inbound.h"
#include "server/sftp_packet.h"
#include "spool/coverage.h"

enum {
	HANDLES_MAX = 256,
	HANDLE_SIZE = 8, /* bytes of a handle on the wire */
};

/* A page of a listing, and how much of it is still to be told. */
struct page {
	struct message message;
	int64_t left;
	bool more;           /* behind this page */
	struct buffer names; /* of the next NAME packet, and how many: gathered, and not told yet */
	uint32_t count;
};

struct handle {
	enum { HANDLE_FREE, HANDLE_FILE, HANDLE_FOLDER, HANDLE_UPLOAD } kind;
	uint32_t serial;
	struct sftp_attributes attributes;
	int fd;                  /* of a file */
	int64_t letter;          /* that it is, or 0; an archive's id is negative */
	struct coverage *sent;   /* of a file; apart, so that the table of handles is a few pages */
	int64_t listing;         /* of a folder, by the broker's number, or LISTING_WHOLE */
	struct page *page;       /* of a folder: what is to be read next */
	struct inbound *inbound; /* of an upload */
};

/* All zero: none is open. */
struct handles {
	struct handle all[HANDLES_MAX];
	uint32_t next_serial;
};

/* One that can be opened, or NULL: too many are open. It is free until its kind is set. */
struct handle *handle_free(struct handles *handles);

/* The one that these bytes of the client's are, or NULL. */
struct handle *handle_find(struct handles *handles, const char *bytes, size_t length);

/* Give an opened one its serial, and put it into out, as a string. */
void handle_put(struct handles *handles, struct handle *handle, struct buffer *out);

/* Close what it has; it is free afterwards. */
void handle_close(struct handle *handle);
void handles_done(struct handles *handles);

/* Is none open? */
bool handles_are_free(const struct handles *handles);

#endif
