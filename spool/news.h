/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is new to an account in an AVRS ID: everything that it has not acknowledged.
 *
 * A membership has one mark: all up to that sequence number is acknowledged. Rows are only for
 * the exceptions, acknowledged above the mark and renewed below it. The mark moves up over a run
 * without gaps, past what the role does not show, so an empty new/ costs nothing however long
 * the history is.
 */
#ifndef SPOOL_NEWS_H
#define SPOOL_NEWS_H

#include "spool/letter.h"
#include "spool/membership.h"

/* Where a listing of news is: renewed letters come first, then those above the mark. */
struct news_cursor {
	bool past_renewed;
	enum letter_class class;
	int64_t sequence;
};

/* Nothing of the class up to this number is new, but for what was renewed. */
int64_t news_floor(const struct membership *membership, enum letter_class class);

/*
 * Call each(letter, arg) for at most limit news of the membership behind *cursor, which moves
 * on. *ret_more: there may be more behind it.
 */
int news_list(struct catalog *catalog, const struct membership *membership,
    struct news_cursor *cursor, int64_t limit,
    int (*each)(const struct letter *letter, void *arg, struct err *err), void *arg, bool *ret_more,
    struct err *err);

/* Is the posted letter, of a class that the role shows, new? */
int news_has(struct catalog *catalog, const struct membership *membership,
    const struct letter *letter, bool *ret_new, struct err *err);

/*
 * The same for all posted letters of a class that the role shows, by one query: call each(letter,
 * is_new, arg), in the order of their numbers.
 */
int news_tell_apart(struct catalog *catalog, const struct membership *membership,
    enum letter_class class,
    int (*each)(const struct letter *letter, bool is_new, void *arg, struct err *err), void *arg,
    struct err *err);

/* The letter is not new any more; nothing else about it changes. */
int news_acknowledge(struct catalog *catalog, const struct actor *actor,
    const struct membership *membership, const struct letter *letter, struct err *err);

/*
 * The same for every letter of an archive of the membership's AVRS ID, with one event. Inside a
 * transaction.
 */
int news_acknowledge_archive(struct catalog *catalog, const struct actor *actor,
    const struct membership *membership, int64_t archive_id, struct err *err);

/* Note that the account opened the letter: from now on it can acknowledge it. */
int news_note_opening(
    struct catalog *catalog, int64_t account_id, int64_t letter_id, struct err *err);

/* Has the account opened the letter since it was new, and not before since (0: whenever)? */
int news_was_opened(struct catalog *catalog, int64_t account_id, int64_t letter_id, int64_t since,
    bool *ret_opened, struct err *err);

/* How many letters and trade files are new, at most limit of each counted. */
int news_count(struct catalog *catalog, const struct membership *membership,
    enum letter_class class, int64_t limit, int64_t *ret_count, struct err *err);

#endif
