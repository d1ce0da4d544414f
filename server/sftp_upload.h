/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers to the SFTP requests that change something: in drop/, and nowhere else.
 *
 * Whether the account may is the broker's to say; what is not in drop/ it is not even asked about.
 */
#ifndef SERVER_SFTP_UPLOAD_H
#define SERVER_SFTP_UPLOAD_H

#include <stdint.h>

#include "base/err.h"
#include "server/handle.h"
#include "server/sftp_answer.h"

/* Open path for writing; flags are those of OPEN. */
int sftp_upload_open(struct sftp *sftp, const struct sftp_request *in, const char *path,
    uint32_t flags, struct err *err);

/* Close the handle of an upload. */
int sftp_upload_close(
    struct sftp *sftp, const struct sftp_request *in, struct handle *handle, struct err *err);

/* The rest are whole requests, in the form of sftp.c's table. */
int sftp_upload_refuse(struct sftp *sftp, struct sftp_request *in, struct err *err);
int sftp_upload_write(struct sftp *sftp, struct sftp_request *in, struct err *err);
int sftp_upload_sync(struct sftp *sftp, struct sftp_request *in, struct err *err);
int sftp_upload_setstat(struct sftp *sftp, struct sftp_request *in, struct err *err);
int sftp_upload_fsetstat(struct sftp *sftp, struct sftp_request *in, struct err *err);
int sftp_upload_mkdir(struct sftp *sftp, struct sftp_request *in, struct err *err);
int sftp_upload_rename(struct sftp *sftp, struct sftp_request *in, struct err *err);

#endif
