/* SPDX-License-Identifier: Apache-2.0 */
/* Making the SFTP server's host keys: Ed25519, ECDSA and RSA. */
#ifndef ADMIN_HOST_KEYS_H
#define ADMIN_HOST_KEYS_H

#include "base/err.h"

/* Make those that are missing in the folder at path, which is made too, for its owner only. */
int host_keys_make(const char *path, struct err *err);

#endif
