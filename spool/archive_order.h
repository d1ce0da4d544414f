/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An archive that a client asked for: the words between its session and the process that packs.
 *
 * They share a channel (base/message.h). The broker puts the order into it before the session gets
 * its end; then bytes come one way, and how many of them went out the other.
 */
#ifndef SPOOL_ARCHIVE_ORDER_H
#define SPOOL_ARCHIVE_ORDER_H

#include "base/clock.h"
#include "base/message.h"
#include "spool/letter_name.h"
#include "spool/receipt.h"

enum archive_message {
	ARCHIVE_ORDER,
	/* bytes that come next in the archive */
	ARCHIVE_BYTES,
	/* how many bytes have gone out in all; after each of the messages above */
	ARCHIVE_SENT,
	/* the last one: the exit status that the client gets, and a line for it ("": none) */
	ARCHIVE_RESULT,
};

enum { ARCHIVE_BYTES_MAX = 56 * 1024 }; /* in a message */

/* What is wanted: letters posted since that day (agency time) to the account, by type ("": all). */
struct archive_order {
	int64_t session;
	char login[LOGIN_MAX + 1];
	char since[DATE_SIZE];
	char type[TYPE_CODE_MAX + 1];
	char address[RECEIPT_ADDRESS_MAX + 1];
	char client[RECEIPT_CLIENT_MAX + 1];
};

void archive_order_put(struct message *out, const struct archive_order *order);

/* Read what archive_order_put() made. -1 with ERR_INTERNAL: it is not that. */
int archive_order_get(struct message *in, struct archive_order *ret_order, struct err *err);

#endif
