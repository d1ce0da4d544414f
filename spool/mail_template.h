/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The texts of mails: a file for each kind, which an agency may write itself.
 *
 *	Subject: {agency}: {new}
 *	                                  an empty line, then the text
 *	Questions: {contact}
 *
 * A word in braces stands for what the mail has to tell. A line whose words are all empty is left
 * out.
 */
#ifndef SPOOL_MAIL_TEMPLATE_H
#define SPOOL_MAIL_TEMPLATE_H

#include "base/buffer.h"
#include "spool/mail.h"
#include "spool/settings.h"

enum { MAIL_TEMPLATE_MAX = 8 * 1024 };

enum mail_word {
	MAIL_WORD_AGENCY,
	MAIL_WORD_LINK,
	MAIL_WORD_CONTACT,
	MAIL_WORD_LOGIN,
	MAIL_WORD_NEW,         /* "3 new letters and 1 new trade file" */
	MAIL_WORD_LETTERS,     /* 3: new ones, or those of the batches */
	MAIL_WORD_TRADE_FILES, /* 1 */
	MAIL_WORD_AVRS_IDS,    /* lines: "  123456789: 3 new letters" */
	MAIL_WORD_FILES,       /* "2 files" */
	MAIL_WORD_NEW_FILES,   /* 1 */
	MAIL_WORD_REASONS,     /* lines: "  2 of a letter type that is not known" */
	MAIL_WORD_BATCHES,     /* "2 batches" */
	MAIL_WORD_DOCUMENTS,   /* "2 documents" */
	MAIL_WORD_SECTIONS,    /* lines: "  bulletins: 2" */
	MAIL_WORD_CODE,
	MAIL_WORD_PURPOSE, /* what the code is for */
	MAIL_WORD_UNTIL,   /* until when it is good, or the first of what ends */
	MAIL_WORD_COUNT
};

struct mail_template {
	char subject[512];
	char text[MAIL_TEMPLATE_MAX + 1];
};

/*
 * Read the template of kind from the folder mail.templates; where there is none, the one that comes
 * with the program. Returns 0, or -1 with ERR_REFUSED and FILE:LINE.
 */
int mail_template_load(const struct settings *settings, enum mail_kind kind,
    struct mail_template *ret_template, struct err *err);

/* Take text (of where, for messages) apart. ERR_REFUSED with WHERE:LINE. */
int mail_template_parse(
    const char *where, const char *text, struct mail_template *ret_template, struct err *err);

/* The one that comes with the program: etc/mail/KIND.txt. */
void mail_template_print(enum mail_kind kind, struct buffer *out);

/* Add text with what its words stand for. */
void mail_template_fill(
    struct buffer *out, const char *text, const char *const words[MAIL_WORD_COUNT]);

#endif
