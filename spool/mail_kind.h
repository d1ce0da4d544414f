/* SPDX-License-Identifier: Apache-2.0 */
/* What mails are about. Each kind is a row of mail_kind.c, and a template of its name. */
#ifndef SPOOL_MAIL_KIND_H
#define SPOOL_MAIL_KIND_H

#include <stdbool.h>

#include "base/err.h"

enum mail_kind {
	MAIL_LETTERS,     /* R8: how many letters came */
	MAIL_QUARANTINE,  /* to administrators: how many files are in quarantine, and why */
	MAIL_BATCH,       /* to administrators: how many batches are not complete (R10) */
	MAIL_LOCKED,      /* R12: too many wrong passwords */
	MAIL_ROLE_ENDS,   /* a role ends soon */
	MAIL_LETTERS_END, /* R11: letters go soon that nobody has got */
	MAIL_PUBLICATION, /* R16: what was published */
	MAIL_CODE,        /* a code that its holder asked for */
	MAIL_KIND_COUNT
};

/* "letters", "quarantine", "batch", "locked", "role-ends", "letters-end", "publication", "code". */
const char *mail_kind_name(enum mail_kind kind);

/* ERR_INTERNAL: the catalog has a kind that this program does not know. */
int mail_kind_parse(const char *word, enum mail_kind *ret_kind, struct err *err);

/* Is it for administrators, and for nobody who is none any more when it is sent? */
bool mail_kind_is_administrative(enum mail_kind kind);

/* Is it for accounts that are disabled, too? A code may be what ends that (R12). */
bool mail_kind_reaches_disabled(enum mail_kind kind);

#endif
