/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the first bytes of a file are, by libmagic's database: "application/pdf", "image/tiff".
 *
 * It parses what comes from outside, so it runs in the sandboxed checker only. Asking costs more
 * than all the rest of a check (0.03 to 0.3 ms), so it is asked where the structure leaves a doubt.
 */
#ifndef BATCH_MEDIA_H
#define BATCH_MEDIA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct media;

/* Load the system's database: once, before files are given up. */
int media_open(struct media **ret_media, struct err *err);
void media_close(struct media *media);

/*
 * The media type of length bytes, borrowed until the next call; "application/octet-stream": none
 * that is known. text: kinds of text count as well, by what is written in it.
 */
const char *media_type_of(struct media *media, const char *bytes, size_t length, bool text);

#endif
