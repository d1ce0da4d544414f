/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Extensions of the SFTP protocol that tell something and change nothing: OpenSSH's (its PROTOCOL
 * file) about file systems and names of users, and the hashes of draft-ietf-secsh-filexfer-
 * extensions-00.
 */
#ifndef SERVER_EXTENSION_H
#define SERVER_EXTENSION_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/err.h"
#include "server/sftp_packet.h"

struct extension_request {
	int broker; /* the channel to it */
	struct buffer *out;
	struct sftp_reader *in; /* behind the name and, where it takes one, the handle */
	uint32_t id;
	int fd;        /* of the file whose handle it is; -1: a folder's */
	uint64_t size; /* of that file */
};

struct extension {
	const char *name;
	const char *version;
	bool takes_handle; /* as its first value */
	/* Put one answer into out. -1 ends the session, as for every request. */
	int (*answer)(const struct extension_request *request, struct err *err);
};

/* All of them; the last has no name. */
extern const struct extension extension_rows[];

/* The one of that name, or NULL. */
const struct extension *extension_find(const char *name, size_t length);

#endif
