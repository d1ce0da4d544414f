/* SPDX-License-Identifier: Apache-2.0 */
/* The sections of publications/: what the agency publishes to every account (R14). */
#ifndef SPOOL_SECTION_H
#define SPOOL_SECTION_H

enum section {
	SECTION_TELEHEALTH, /* R15: the Telehealth Table */
	SECTION_MESSAGES,   /* R16: Important Messages */
	SECTION_BULLETINS,
	SECTION_COUNT
};

/* "telehealth", "messages", "bulletins". */
const char *section_name(enum section section);

#endif
