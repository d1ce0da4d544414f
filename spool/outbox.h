/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The paper outbox in the catalog (R2): a folder a day with letters to print, until they are handed
 * over. batch/ puts them on the disk, the print shop sees them in its view.
 */
#ifndef SPOOL_OUTBOX_H
#define SPOOL_OUTBOX_H

#include "base/buffer.h"
#include "spool/letter.h"

/* Is the letter in the outbox, and still to be printed? */
bool outbox_has(const struct letter *letter);

/* The name of a letter's file in its folder: <id>_<name>. */
enum { OUTBOX_NAME_MAX = SERVED_NAME_MAX + 21 };
void outbox_name(const struct letter *letter, char ret_name[OUTBOX_NAME_MAX + 1]);

/* The letter of that file of the folder of a date, whatever its state. */
int outbox_find(struct catalog *catalog, const char *date, const char *name,
    struct letter *ret_letter, bool *ret_found, struct err *err);

/* Was there ever a letter in the folder of that date, and when did the newest come? */
int outbox_find_date(struct catalog *catalog, const char *date, int64_t *ret_changed,
    bool *ret_found, struct err *err);

/* The first date behind after ("": of all) whose folder has letters still to be printed. */
int outbox_next_date(struct catalog *catalog, const char *after, char ret_date[DATE_SIZE],
    bool *ret_found, struct err *err);

/* Is there a letter of that date that is still to be printed? */
int outbox_has_date(struct catalog *catalog, const char *date, bool *ret_has, struct err *err);

/* Call each for at most limit letters of a date that are to be printed, by id, behind after. */
int outbox_list(struct catalog *catalog, const char *date, int64_t after, int64_t limit,
    int (*each)(const struct letter *letter, void *arg, struct err *err), void *arg,
    struct err *err);

/*
 * The print shop has the letter: it leaves the outbox, what is on disk stays. Nothing where it is
 * not to be printed any more.
 */
int outbox_hand_over(struct catalog *catalog, const struct actor *actor, const char *login,
    const struct letter *letter, struct err *err);

/*
 * The account opened the zip of a date: with it all letters that are to be printed that day and
 * were in the outbox before begun, when making it began. Others are not in it.
 */
int outbox_note_opening(
    struct catalog *catalog, int64_t account_id, const char *date, int64_t begun, struct err *err);

/* Hand over all letters of a date that the account has opened since they were queued. */
int outbox_hand_over_date(struct catalog *catalog, const struct actor *actor, int64_t account_id,
    const char *login, const char *date, struct err *err);

/* Are there letters of that date that are not in the outbox yet? */
int outbox_is_filling(
    struct catalog *catalog, const char *date, bool *ret_filling, struct err *err);

/*
 * Write the manifest of a date: a line for each letter in its folder, or (to_print) for each that
 * is still to be printed. *ret_changed: when the last one came, or was handed over. It is one query
 * however many there are.
 */
int outbox_manifest(struct catalog *catalog, const char *date, bool to_print, struct buffer *out,
    int64_t *ret_changed, struct err *err);

#endif
