/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys of accounts, as authorized_keys(5) of OpenSSH writes them. */
#ifndef SPOOL_PUBLIC_KEY_H
#define SPOOL_PUBLIC_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "spool/account.h"
#include "spool/key_blob.h"

enum {
	KEY_TYPE_MAX = 64,
	KEY_COMMENT_MAX = 200,
	KEY_FINGERPRINT_MAX = 64,
	RSA_BITS_MIN = 2048,
};

struct public_key {
	int64_t id;
	char type[KEY_TYPE_MAX + 1];
	char blob[KEY_BLOB_MAX + 1]; /* base64 */
	char comment[KEY_COMMENT_MAX + 1];
	char fingerprint[KEY_FINGERPRINT_MAX + 1]; /* SHA256:... */
	char from_addresses[256];                  /* a pattern list, "": anywhere */
	int64_t added;
	int64_t last_used; /* 0: never */
};

/*
 * Take a line apart: [from="ADDRESSES"] TYPE BASE64 [COMMENT]. Returns 0, or -1 with
 * ERR_REFUSED: another option, a certificate, a private key, an unknown type, RSA under
 * RSA_BITS_MIN bits, or not a key at all.
 */
int public_key_parse(const char *line, struct public_key *ret_key, struct err *err);

/* Give the account the key, and set its id; ERR_CONFLICT when it has it. */
int public_key_add(struct catalog *catalog, const struct actor *actor,
    const struct account *account, struct public_key *key, struct err *err);

/* Take away the account's key of that id or fingerprint. ERR_REFUSED when it has none such. */
int public_key_remove(struct catalog *catalog, const struct actor *actor,
    const struct account *account, const char *id_or_fingerprint, struct err *err);

/* Note that an account logged in with the key just now; nothing where it is gone. */
int public_key_note_use(struct catalog *catalog, int64_t id, struct err *err);

/* The account's key with that blob (base64), if it has it. */
int public_key_find(struct catalog *catalog, int64_t account_id, const char *blob,
    struct public_key *ret_key, bool *ret_found, struct err *err);

/* Call each(key, arg) for the account's keys, oldest first. */
int public_key_list(struct catalog *catalog, int64_t account_id,
    int (*each)(const struct public_key *key, void *arg, struct err *err), void *arg,
    struct err *err);

#endif
