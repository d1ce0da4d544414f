/* SPDX-License-Identifier: Apache-2.0 */
/* A public key from the file that a command names. */
#ifndef ADMIN_KEY_FILE_H
#define ADMIN_KEY_FILE_H

#include "spool/public_key.h"
#include "spool/settings.h"

/* The first line of the file that is neither empty nor a comment. */
int key_file_read(const char *path, struct public_key *ret_key, struct err *err);

/* Would server.policy of the settings accept the key from that file at a login? ERR_REFUSED: no. */
int key_file_check(const char *path, const struct public_key *key, const struct settings *settings,
    struct err *err);

#endif
