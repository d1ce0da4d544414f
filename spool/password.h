/* SPDX-License-Identifier: Apache-2.0 */
/* Passwords of accounts: their rules, their hashes (yescrypt, crypt(5)), their locks (R12). */
#ifndef SPOOL_PASSWORD_H
#define SPOOL_PASSWORD_H

#include "spool/account.h"

enum { PASSWORD_LEAST = 12, PASSWORD_MOST = 128, PASSWORD_HASH_MAX = 200 };

/* May it be a password: 12 to 128 bytes of UTF-8 without control characters? ERR_REFUSED if not. */
int password_check(const char *password, struct err *err);

/* A new hash, with a salt of its own. Takes a tenth of a second and 16 MiB, on purpose. */
int password_hash(const char *password, char ret_hash[PASSWORD_HASH_MAX + 1], struct err *err);

/* Is it the password of the hash? As slow; "" or what is no hash never matches. */
bool password_matches(const char *password, const char *hash);

/* Store the hash of an account's new password; a lock is gone with the old one. */
int password_set(struct catalog *catalog, const struct actor *actor, const char *login,
    const char *hash, struct err *err);

/* "" when the account has none. */
int password_find(struct catalog *catalog, int64_t account_id, char ret_hash[PASSWORD_HASH_MAX + 1],
    struct err *err);

/* Forget the wrong ones before a right one. */
int password_note_success(struct catalog *catalog, int64_t account_id, struct err *err);

/* Count a wrong one; the one that makes it tries in a row locks password logins, with an event. */
int password_note_failure(struct catalog *catalog, const struct actor *actor,
    const struct account *account, int64_t tries, struct err *err);

#endif
