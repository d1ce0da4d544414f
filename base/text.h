/* SPDX-License-Identifier: Apache-2.0 */
/* Text in arrays of a fixed size. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stddef.h>

#include "base/err.h"

/* Copy from (NULL: "") into the array to, cut to fit; for text whose length was checked before. */
#define text_copy(to, from) text_copy_part((to), sizeof(to), (from))
void text_copy_part(char *to, size_t size, const char *from);

/*
 * Is text fit to be stored and shown: at most max bytes of UTF-8 without control characters?
 * Returns 0, or -1 with ERR_REFUSED; what names it in the message.
 */
int text_check(const char *what, const char *text, size_t max, struct err *err);

#endif
