/* SPDX-License-Identifier: Apache-2.0 */
/* Receipts: which account has got all of a letter, when, from where, by what software. */
#ifndef SPOOL_RECEIPT_H
#define SPOOL_RECEIPT_H

#include "spool/account.h"
#include "spool/coverage.h"

enum { RECEIPT_ADDRESS_MAX = 63, RECEIPT_CLIENT_MAX = 127 };

/* Bytes of a letter, or of a night archive, that were sent to an account. */
struct reading {
	int64_t account_id;
	char login[LOGIN_MAX + 1];
	int64_t letter_id;  /* 0: of an archive, */
	int64_t archive_id; /* of that id */
	struct coverage sent;
	bool is_cut_off; /* its handle was never closed: the client may not have them */
	char address[RECEIPT_ADDRESS_MAX + 1];
	char client[RECEIPT_CLIENT_MAX + 1];
	int64_t
	    receipt_id; /* that a receipt gets, of catalog_take_ids("receipt"); 0: one is taken */
};

/*
 * Inside a transaction: add them to what the account got of it before, in any session. With the
 * last missing byte that makes a receipt, and the next one begins from nothing. Nothing where the
 * letter is gone by now, nor where the last byte came by a reading that was cut off: what is sent
 * lies in the sockets of both sides for a while, and goes with the connection.
 */
int receipt_note(struct catalog *catalog, const struct reading *reading, struct err *err);

/* The same of an archive, whose last byte makes a receipt for each letter in it: *ret_whole. */
int receipt_note_archive(
    struct catalog *catalog, const struct reading *reading, bool *ret_whole, struct err *err);

/* Has the account a receipt of the letter that was completed at since or later? */
int receipt_find(struct catalog *catalog, const char *login, int64_t letter_id, int64_t since,
    bool *ret_found, struct err *err);

/* Call each for the receipts of a letter, the oldest first. */
struct receipt {
	const char *login;
	int64_t completed;
	int64_t bytes;
	const char *address;
	const char *client;
};
int receipt_list(struct catalog *catalog, int64_t letter_id,
    int (*each)(const struct receipt *receipt, void *arg, struct err *err), void *arg,
    struct err *err);

#endif
