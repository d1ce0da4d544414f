/* SPDX-License-Identifier: Apache-2.0 */
/* The folders that an administrator's session makes in drop/, as jobs make theirs. */
#ifndef SERVER_DROP_FOLDER_H
#define SERVER_DROP_FOLDER_H

#include "spool/letter_class.h"
#include "spool/spool.h"

/*
 * Open the folder of drop (upload.h) and class, and make it and what is above it as needed.
 * Follows no link. Returns a descriptor, the caller's, or -1 with errno.
 */
int drop_folder_open(const struct spool *spool, const char *drop, enum letter_class class);

#endif
