/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/mail_row.h"

#include <inttypes.h>

#include "base/text.h"

int mail_row_read(const struct statement *row, struct mail *ret_mail, struct err *err)
{
	struct mail mail = {
	    .id = statement_int(row, 0),
	    .account_id = statement_int(row, 1),
	    .created = statement_int(row, 7),
	    .due = statement_int(row, 8),
	    .attempts = statement_int(row, 9),
	    .first_attempt = statement_int(row, 10),
	    .ended = statement_int(row, 12),
	    .expires = statement_int(row, 13),
	};

	if (mail_kind_parse(statement_text(row, 4), &mail.kind, err) < 0 ||
	    mail_state_parse(statement_text(row, 5), &mail.state, err) < 0)
		return err_context(err, "mail %" PRId64, mail.id);
	text_copy(mail.login, statement_text(row, 2));
	text_copy(mail.email, statement_text(row, 3));
	text_copy(mail.detail, statement_text(row, 6));
	text_copy(mail.answer, statement_text(row, 11));
	*ret_mail = mail;
	return 0;
}
