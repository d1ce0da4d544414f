/* SPDX-License-Identifier: Apache-2.0 */
/* A public key from the file that a command names. */
#ifndef ADMIN_KEY_FILE_H
#define ADMIN_KEY_FILE_H

#include "spool/public_key.h"

/* The first line of the file that is neither empty nor a comment. */
int key_file_read(const char *path, struct public_key *ret_key, struct err *err);

#endif
