/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/mail_news.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "spool/mail_code.h"
#include "spool/mail_publication.h"
#include "spool/mail_report.h"
#include "spool/mail_warning.h"
#include "spool/right.h"

/* The counts of one mail, being added up. */
struct counting {
	struct account account; /* of it what rights and wishes depend on */
	bool has_several;       /* roles, of AVRS IDs */
	char today[DATE_SIZE];
	struct mail_news *news;
	char avrs_id[AVRS_ID_MAX + 1]; /* whose line is next, with these numbers */
	int64_t counts[CLASS_COUNT];
	int64_t unlisted; /* AVRS IDs that the list has no room for */
};

void mail_news_done(struct mail_news *news)
{
	buffer_done(&news->list);
}

void mail_news_print(struct buffer *out, const int64_t counts[CLASS_COUNT])
{
	int64_t letters = counts[CLASS_EDELIVERY];
	int64_t trade_files = counts[CLASS_TRADE_FILES];

	if (letters)
		buffer_print(out, "%" PRId64 " new letter%s", letters, letters == 1 ? "" : "s");
	if (trade_files)
		buffer_print(out, "%s%" PRId64 " new trade file%s", letters ? " and " : "",
		    trade_files, trade_files == 1 ? "" : "s");
}

bool mail_news_has_room(const struct mail_news *news)
{
	return news->list.length <= MAIL_LIST_MAX - 256;
}

void mail_news_print_rest(struct mail_news *news, int64_t unlisted)
{
	if (unlisted)
		buffer_print(&news->list, "\n  and %" PRId64 " more", unlisted);
}

static void end_line(struct counting *counting)
{
	struct buffer *list = &counting->news->list;

	if (counting->counts[CLASS_EDELIVERY] + counting->counts[CLASS_TRADE_FILES] == 0)
		return;
	if (!mail_news_has_room(counting->news)) {
		counting->unlisted++;
	} else {
		buffer_print(list, "%s  %s: ", list->length ? "\n" : "", counting->avrs_id);
		mail_news_print(list, counting->counts);
	}
	memset(counting->counts, 0, sizeof(counting->counts));
}

/* By today's rights: a role that was withdrawn meanwhile shows nothing. */
static bool is_told(
    const struct counting *counting, const struct membership *membership, enum letter_class class)
{
	if (counting->account.mail_window == MAIL_WINDOW_OFF && membership->role != ROLE_MASTER)
		return false;
	if (class == CLASS_TRADE_FILES && !counting->account.mail_trade_files)
		return false;
	return right_may_see(&counting->account, membership,
	    class == CLASS_EDELIVERY ? AREA_EDELIVERY : AREA_TRADE_FILES, counting->today);
}

static int add_row(struct counting *counting, const struct statement *row, struct err *err)
{
	struct membership membership = {.account_id = counting->account.id};
	enum letter_class class = CLASS_EDELIVERY;

	if (letter_class_parse(statement_text(row, 7), &class, err) < 0 ||
	    role_parse(statement_text(row, 9), &membership.role, err) < 0)
		return -1;
	text_copy(membership.from, statement_text(row, 10));
	text_copy(membership.until, statement_text(row, 11));
	if (strcmp(counting->avrs_id, statement_text(row, 6)) != 0) {
		end_line(counting);
		text_copy(counting->avrs_id, statement_text(row, 6));
	}
	if (!is_told(counting, &membership, class))
		return 0;
	counting->counts[class] += statement_int(row, 8);
	counting->news->counts[class] += statement_int(row, 8);
	return 0;
}

static int read_account(struct counting *counting, const struct statement *row, struct err *err)
{
	struct account *account = &counting->account;

	account->disabled = strcmp(statement_text(row, 0), "active") != 0;
	account->admin = statement_int(row, 1) != 0;
	account->locked = statement_int(row, 2) != 0;
	account->mail_trade_files = statement_int(row, 4) != 0;
	counting->has_several = statement_int(row, 5) > 1;
	return mail_window_parse(statement_text(row, 3), &account->mail_window, err);
}

/*
 * Its account, with the letters that the mail tells of, and with whose right: one statement, since
 * that is most of what a mail costs.
 */
static int read_all(struct catalog *catalog, struct counting *counting, int64_t mail_id,
    bool *ret_found, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	/*
	 * The plus: the index of mail_id = 0 is no use here, and SQLite, to see whether it is,
	 * would plan the statement anew for every mail.
	 */
	if (catalog_find(catalog,
	        "SELECT a.state, a.admin, a.locked, a.mail_window, a.mail_trade_files,"
	        " (SELECT COUNT(*) FROM (SELECT 1 FROM membership r WHERE r.account_id = a.id"
	        " AND r.role <> 'none' LIMIT 2) AS roles),"
	        " n.avrs_id, n.class, n.letters, m.role, m.from_date, m.until_date"
	        " FROM account a LEFT JOIN notification n"
	        " ON n.account_id = a.id AND +n.mail_id = $2 LEFT JOIN membership m"
	        " ON m.account_id = n.account_id AND m.avrs_id = n.avrs_id"
	        " WHERE a.id = $1 ORDER BY n.avrs_id, n.class",
	        VALUES(INT(counting->account.id), INT(mail_id)), &row, &found, err) < 0)
		return -1;
	*ret_found = found;
	if (found && read_account(counting, row, err) < 0)
		return -1;
	while (found) {
		if ((statement_text(row, 9) && add_row(counting, row, err) < 0) ||
		    statement_next(row, &found, err) < 0)
			return -1;
	}
	end_line(counting);
	mail_news_print_rest(counting->news, counting->unlisted);
	return 0;
}

/* R8: only an account of several needs to be told of which. */
static int tell_letters(
    struct catalog *catalog, struct counting *counting, const struct mail *mail, struct err *err)
{
	struct mail_news *news = counting->news;

	(void)catalog;
	(void)mail;
	(void)err;
	if (!counting->has_several)
		buffer_clear(&news->list);
	if (news->counts[CLASS_EDELIVERY] + news->counts[CLASS_TRADE_FILES] == 0)
		text_copy(
		    news->dropped, MAIL_DROPPED "no role of the account shows what it told of");
	return 0;
}

static int tell_ending_letters(
    struct catalog *catalog, struct counting *counting, const struct mail *mail, struct err *err)
{
	text_copy(counting->news->until, mail->detail);
	return tell_letters(catalog, counting, mail, err);
}

static int tell_lock(
    struct catalog *catalog, struct counting *counting, const struct mail *mail, struct err *err)
{
	(void)catalog;
	(void)mail;
	(void)err;
	if (!counting->account.locked)
		text_copy(counting->news->dropped, MAIL_DROPPED "the account is unlocked by now");
	return 0;
}

static int tell_ending_roles(
    struct catalog *catalog, struct counting *counting, const struct mail *mail, struct err *err)
{
	if (mail_warning_tell_roles(catalog, mail, counting->news, err) < 0)
		return -1;
	if (!counting->has_several)
		buffer_clear(&counting->news->list);
	return 0;
}

static int tell_quarantine(
    struct catalog *catalog, struct counting *counting, const struct mail *mail, struct err *err)
{
	return mail_report_quarantine(catalog, mail, counting->news, err);
}

static int tell_batches(
    struct catalog *catalog, struct counting *counting, const struct mail *mail, struct err *err)
{
	(void)mail;
	return mail_report_batches(catalog, counting->news, err);
}

static int tell_publications(
    struct catalog *catalog, struct counting *counting, const struct mail *mail, struct err *err)
{
	(void)catalog;
	(void)err;
	mail_publication_tell(mail, counting->news);
	return 0;
}

static int tell_code(
    struct catalog *catalog, struct counting *counting, const struct mail *mail, struct err *err)
{
	(void)catalog;
	(void)err;
	mail_code_tell(mail, counting->news);
	return 0;
}

static int (*const tellers[MAIL_KIND_COUNT])(struct catalog *catalog, struct counting *counting,
    const struct mail *mail, struct err *err) = {
    [MAIL_LETTERS] = tell_letters,
    [MAIL_QUARANTINE] = tell_quarantine,
    [MAIL_BATCH] = tell_batches,
    [MAIL_LOCKED] = tell_lock,
    [MAIL_ROLE_ENDS] = tell_ending_roles,
    [MAIL_LETTERS_END] = tell_ending_letters,
    [MAIL_PUBLICATION] = tell_publications,
    [MAIL_CODE] = tell_code,
};

/* Why nobody is to get it, whatever it would tell; NULL: somebody is. */
static const char *drop_reason(bool found, const struct account *account, enum mail_kind kind)
{
	if (!found)
		return MAIL_DROPPED "the account was removed";
	if (account->disabled && !mail_kind_reaches_disabled(kind))
		return MAIL_DROPPED "the account is disabled";
	if (mail_kind_is_administrative(kind) && !account->admin)
		return MAIL_DROPPED "the account is no administrator";
	return NULL;
}

int mail_news_count(
    struct catalog *catalog, const struct mail *mail, struct mail_news *ret_news, struct err *err)
{
	struct counting counting = {.account = {.id = mail->account_id}, .news = ret_news};
	const char *reason;
	bool found = false;

	*ret_news = (struct mail_news){.list = BUFFER(MAIL_LIST_MAX)};
	clock_print_date(clock_now(), counting.today);
	if (read_all(catalog, &counting, mail->id, &found, err) < 0)
		return -1;
	reason = drop_reason(found, &counting.account, mail->kind);
	if (reason) {
		text_copy(ret_news->dropped, reason);
		return 0;
	}
	return tellers[mail->kind](catalog, &counting, mail, err);
}

/* Mails to be counted, for the transaction's body. */
struct group {
	const struct mail *mails;
	size_t count;
	struct mail_news *news;
};

static int count_body(struct catalog *catalog, void *arg, struct err *err)
{
	const struct group *group = arg;

	for (size_t i = 0; i < group->count; i++) {
		/* It may be run again. */
		mail_news_done(&group->news[i]);
		if (mail_news_count(catalog, &group->mails[i], &group->news[i], err) < 0)
			return -1;
	}
	return 0;
}

int mail_news_count_all(struct catalog *catalog, const struct mail *mails, size_t count,
    struct mail_news *ret_news, struct err *err)
{
	struct group group = {mails, count, ret_news};

	memset(ret_news, 0, count * sizeof(*ret_news));
	return catalog_read_together(catalog, count_body, &group, err);
}
