/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a mail tells: what is so when it is sent. Of letters (R8) how many, and to an account of
 * several AVRS IDs, of which, by the rights of that day.
 */
#ifndef SPOOL_MAIL_NEWS_H
#define SPOOL_MAIL_NEWS_H

#include "base/buffer.h"
#include "base/clock.h"
#include "spool/letter_class.h"
#include "spool/mail.h"

enum {
	MAIL_LIST_MAX = 24 * 1024, /* bytes; AVRS IDs beyond that are counted only */
	MAIL_CODE_MAX = 32,
	MAIL_PURPOSE_MAX = 100,
};

struct mail_news {
	int64_t counts[CLASS_COUNT];
	int64_t files; /* in quarantine, and how many of them are new */
	int64_t new_files;
	int64_t batches; /* that are not complete; counts are of what is in them */
	int64_t documents;
	char code[MAIL_CODE_MAX + 1];
	char purpose[MAIL_PURPOSE_MAX + 1];
	char until[TIME_SIZE]; /* when the code, or the first of what is told of, ends */
	struct buffer list; /* lines: of AVRS IDs (none for an account of one), reasons, sections */
	char dropped[MAIL_ANSWER_MAX + 1]; /* why nobody is to get the mail; "": somebody is */
};

/* Count what mail has to tell. The caller ends *ret_news with mail_news_done(), also after -1. */
int mail_news_count(
    struct catalog *catalog, const struct mail *mail, struct mail_news *ret_news, struct err *err);

/* The same for count mails, at one moment. */
int mail_news_count_all(struct catalog *catalog, const struct mail *mails, size_t count,
    struct mail_news *ret_news, struct err *err);
void mail_news_done(struct mail_news *news);
#define OWNED_MAIL_NEWS OWNED(mail_news_done)

/* May another line be added to the list? Then how many were left out, if any. */
bool mail_news_has_room(const struct mail_news *news);
void mail_news_print_rest(struct mail_news *news, int64_t unlisted);

/* Add "3 new letters and 1 new trade file". */
void mail_news_print(struct buffer *out, const int64_t counts[CLASS_COUNT]);

#endif
