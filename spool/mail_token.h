/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Return paths: each mail has its own, with a token that only who knows the catalog's secret can
 * make, so that what comes back can be believed (VERP).
 *
 *	bounces@agency.example  ->  bounces+ACCOUNT-MAIL-TOKEN@agency.example
 *
 * The token is over the account's address as well: what comes back from an address that the
 * account has left says nothing about the one it has now.
 */
#ifndef SPOOL_MAIL_TOKEN_H
#define SPOOL_MAIL_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "spool/catalog.h"
#include "spool/email.h"

enum { RETURN_PATH_LOCAL_MAX = 20, MAIL_SECRET_SIZE = 32 };

struct mail_secret {
	unsigned char bytes[MAIL_SECRET_SIZE];
};

/* What a return path is about. */
struct mail_token {
	int64_t account_id;
	int64_t mail_id;
};

/* The catalog's secret; it is made when it is asked for first. */
int mail_secret_get(struct catalog *catalog, struct mail_secret *ret_secret, struct err *err);

/* The return path for that mail to email. path was checked (settings). */
int mail_return_path(const struct mail_secret *secret, const char *path,
    const struct mail_token *token, const char *email, char ret_path[EMAIL_MAX + 1],
    struct err *err);

/* Which mail a return path is of, in what it claims; ERR_REFUSED when it has not the form. */
int mail_token_parse(const char *address, struct mail_token *ret_token, struct err *err);

/* Did we make that return path, for a mail to email? */
bool mail_token_is_ours(const struct mail_secret *secret, const char *address, const char *email);

#endif
