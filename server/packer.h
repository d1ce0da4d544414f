/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes that pack an archive for a client (edelivery-archive --stream), one each.
 *
 * So the library that packs is neither in the broker nor in the sessions, and a slow client holds
 * up nobody. One ends when its session does: then its channel has no other side.
 */
#ifndef SERVER_PACKER_H
#define SERVER_PACKER_H

#include "server/broker_session.h"
#include "spool/archive_order.h"

/* At a time: in all, and of one account, so that no account keeps the others from theirs. */
enum { PACKERS_MAX = 16, PACKERS_PER_ACCOUNT_MAX = 4 };

/*
 * Start one; *ret_fd is the session's end of its channel. ERR_BUSY: there are too many, in words
 * for the client.
 */
int packer_start(
    struct broker *broker, const struct archive_order *order, int *ret_fd, struct err *err);

/* Those that are left end by themselves. */
void packer_forget_all(struct broker *broker);

#endif
