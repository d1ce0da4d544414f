/* SPDX-License-Identifier: Apache-2.0 */
/* The folders of drop/, which we make as jobs make theirs. */
#ifndef SPOOL_DROP_FOLDER_H
#define SPOOL_DROP_FOLDER_H

#include "spool/letter_class.h"
#include "spool/spool.h"

/* Of what we put there: the group's, so that watchd can take it. */
enum { DROP_FILE_MODE = 0660 };

/*
 * Open the folder of drop (upload.h) and class, and make it and what is above it as needed,
 * open to the group whatever the umask. Follows no link: jobs may put one anywhere in drop/.
 * Returns a descriptor, the caller's, or -1 with errno.
 */
int drop_folder_open(const struct spool *spool, const char *drop, enum letter_class class);

#endif
