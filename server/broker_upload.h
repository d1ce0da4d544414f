/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The broker's answers to requests about uploads: what the session's desk says (upload_desk.h),
 * put into a message. What is denied to an administrator is an event, too.
 */
#ifndef SERVER_BROKER_UPLOAD_H
#define SERVER_BROKER_UPLOAD_H

#include "server/broker_session.h"

/* Answer REQUEST_UPLOAD, _UPLOADED, _SET, _MAKE_FOLDER and _RENAME. */
int broker_upload_open(struct broker_session *s, struct err *err);
int broker_upload_close(struct broker_session *s, struct err *err);
int broker_upload_set(struct broker_session *s, struct err *err);
int broker_upload_make_folder(struct broker_session *s, struct err *err);
int broker_upload_rename(struct broker_session *s, struct err *err);

/* Answer REQUEST_REMOVE of a file in drop/, which was found in the account's view. */
int broker_upload_remove(struct broker_session *s, const struct place *place, struct err *err);

#endif
