/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is a file whole, and of the format that its type wants?
 *
 * Judged from its first and last bytes, so it costs the same for every size. Pure: no reading
 * here. Runs in the sandboxed checker, since the bytes come from outside.
 */
#ifndef BATCH_FORMAT_H
#define BATCH_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spool/letter_type.h"

enum {
	FORMAT_SAMPLE = 1024,
	FORMAT_REASON_MAX = 200,
};

enum format_verdict {
	FORMAT_WHOLE,
	FORMAT_CUT_OFF, /* right so far, but the end is missing: still being written? */
	FORMAT_WRONG,
	FORMAT_VERDICT_COUNT
};

/* A file of size bytes: its first FORMAT_SAMPLE and its last, which overlap in a small one. */
struct format_sample {
	int64_t size;
	const char *head;
	size_t head_length;
	const char *tail;
	size_t tail_length;
	const char *media;  /* what its first bytes are; NULL: nobody asked */
	const char *wanted; /* for FORMAT_MEDIA: what they have to be */
};

/*
 * Does judging take sample->media? Not where the structure says it all: what begins with %PDF- is a
 * PDF to libmagic, too.
 */
bool format_wants_media(enum letter_format format, const struct format_sample *sample);

/*
 * PDF (ISO 32000-1, 7.5): %PDF- near the start and nothing before it that makes it another file,
 * %%EOF near the end and nothing behind it. X12: an ISA segment at the start, an IEA segment at the
 * end; batch/x12.h looks at what is between. *ret_reason is "" for a file that is whole.
 */
enum format_verdict format_judge(enum letter_format format, const struct format_sample *sample,
    char ret_reason[FORMAT_REASON_MAX + 1]);

/* What a trade file of that name is checked as: FORMAT_ANY when its extension says nothing. */
enum letter_format format_of_extension(const char *name);

#endif
