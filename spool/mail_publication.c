/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/mail_publication.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/number.h"
#include "spool/mail_waiting.h"

/* The detail of a mail has the counts: "telehealth=1 messages=0 bulletins=2". */
static void read_counts(const char *detail, int64_t ret_counts[SECTION_COUNT])
{
	for (enum section section = SECTION_TELEHEALTH; section < SECTION_COUNT; section++) {
		char digits[20];
		struct err ignored;

		detail += strcspn(detail, "=");
		detail += *detail == '=';
		(void)snprintf(
		    digits, sizeof(digits), "%.*s", (int)strspn(detail, "0123456789"), detail);
		/* None yet. */
		if (number_parse(digits, &ret_counts[section], &ignored) < 0)
			ret_counts[section] = 0;
	}
}

static void print_counts(const int64_t counts[SECTION_COUNT], char ret_detail[MAIL_DETAIL_MAX + 1])
{
	size_t length = 0;

	for (enum section section = SECTION_TELEHEALTH; section < SECTION_COUNT; section++)
		length += (size_t)snprintf(ret_detail + length, MAIL_DETAIL_MAX + 1 - length,
		    "%s%s=%" PRId64, length ? " " : "", section_name(section), counts[section]);
}

int mail_publication_add(struct catalog *catalog, const struct settings *settings,
    int64_t account_id, enum section section, struct err *err)
{
	int64_t counts[SECTION_COUNT];
	char detail[MAIL_DETAIL_MAX + 1];
	struct mail mail;
	bool found = false;
	int64_t id = 0;

	if (mail_add_once(catalog, account_id, MAIL_PUBLICATION,
	        clock_now() + settings->mail_window, &id, err) < 0 ||
	    mail_find(catalog, id, &mail, &found, err) < 0)
		return -1;
	if (!found)
		return err_set(err, ERR_REFUSED, "there is no account %" PRId64, account_id);
	read_counts(mail.detail, counts);
	counts[section]++;
	print_counts(counts, detail);
	return catalog_run(catalog, "UPDATE mail SET detail = $2 WHERE id = $1",
	    VALUES(INT(id), TEXT(detail)), err);
}

void mail_publication_tell(const struct mail *mail, struct mail_news *news)
{
	int64_t counts[SECTION_COUNT];

	read_counts(mail->detail, counts);
	for (enum section section = SECTION_TELEHEALTH; section < SECTION_COUNT; section++) {
		news->documents += counts[section];
		if (counts[section])
			buffer_print(&news->list, "%s  %s: %" PRId64, news->list.length ? "\n" : "",
			    section_name(section), counts[section]);
	}
}
