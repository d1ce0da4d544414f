/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers, durations and sizes written as text, as settings and options have them. */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stdint.h>

#include "base/buffer.h"
#include "base/err.h"

#define SECOND INT64_C(1000000) /* times and durations are microseconds */
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

#define KIB INT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

/*
 * The whole of text as a decimal number, a duration ("90s", "15m", "48h", "30d") in
 * microseconds, or a size in bytes ("512", "64K", "64M", "4G"). No blanks; a minus sign only
 * for plain numbers. Returns 0, or -1 with ERR_REFUSED: not of that form, or past 64 bits.
 */
int number_parse(const char *text, int64_t *ret_value, struct err *err);
int number_parse_duration(const char *text, int64_t *ret_value, struct err *err);
int number_parse_size(const char *text, int64_t *ret_value, struct err *err);

/* The shortest text that the two parsers above read as that value. */
void number_print_duration(struct buffer *out, int64_t value);
void number_print_size(struct buffer *out, int64_t value);

#endif
