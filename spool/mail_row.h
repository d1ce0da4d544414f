/* SPDX-License-Identifier: Apache-2.0 */
/* A row of the mail table, with its account, as a struct, for the files that select from it. */
#ifndef SPOOL_MAIL_ROW_H
#define SPOOL_MAIL_ROW_H

#include "spool/mail.h"

/* The columns that mail_row_read() wants, and where they are from. */
#define MAIL_SELECT                                                                                  \
	"SELECT m.id, m.account_id, a.login, COALESCE(m.email, a.email), m.kind, m.state, m.detail," \
	" m.created, m.due, m.attempts, m.first_attempt, m.answer, m.ended, m.expires"               \
	" FROM mail m JOIN account a ON a.id = m.account_id "

int mail_row_read(const struct statement *row, struct mail *ret_mail, struct err *err);

#endif
