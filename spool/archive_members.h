/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What night archives hold. One of an AVRS ID has letters; a bundle has parts, which are archives
 * of AVRS IDs, and so their letters. Letters that were recalled or have expired do not count.
 */
#ifndef SPOOL_ARCHIVE_MEMBERS_H
#define SPOOL_ARCHIVE_MEMBERS_H

#include "spool/letter.h"
#include "spool/membership.h"

struct night_archive;

/* An archive holds at most so many letters: what a zip says of each at its end is in memory. */
enum { ARCHIVE_LETTERS_MAX = 150000 };

/* Where a listing of letters is; all zero at its start. */
struct members_cursor {
	int64_t part_id; /* of a bundle, whose letters are being listed; 0: before the first */
	int64_t letter_id;
};

/*
 * Call each for at most limit letters of the archive behind *cursor, which moves on: part by part,
 * in the order they were taken. *ret_more: there may be more.
 */
int archive_members_list(struct catalog *catalog, const struct night_archive *archive,
    struct members_cursor *cursor, int64_t limit,
    int (*each)(const struct letter *letter, void *arg, struct err *err), void *arg, bool *ret_more,
    struct err *err);

/* How many letters are in it. And how many bytes. */
int archive_members_count(struct catalog *catalog, const struct night_archive *archive,
    int64_t *ret_letters, struct err *err);
int archive_members_measure(struct catalog *catalog, const struct night_archive *archive,
    int64_t *ret_letters, int64_t *ret_bytes, struct err *err);

/* Has it a letter that has expired? Then it goes for good. */
int archive_members_any_expired(struct catalog *catalog, const struct night_archive *archive,
    bool *ret_expired, struct err *err);

/*
 * The next AVRS ID and class, behind *avrs_id and *class ("" at the start), with letters that were
 * posted before cutoff and are in no archive. *ret_found false: none is left.
 */
int archive_members_next_unarchived(struct catalog *catalog, int64_t cutoff,
    char avrs_id[AVRS_ID_MAX + 1], char class[16], bool *ret_found, struct err *err);

/*
 * Inside a transaction: put the oldest of those into the archive, limit of them and whoever was
 * posted at the same moment. *ret_count says how many; fewer than limit were the last ones.
 */
int archive_members_collect(struct catalog *catalog, const struct night_archive *archive,
    int64_t cutoff, int64_t limit, int64_t *ret_count, struct err *err);

/* The letters of an archive that is replaced become those of another one, too. */
int archive_members_copy(struct catalog *catalog, int64_t from_id, int64_t to_id, struct err *err);

/* The archive of an AVRS ID becomes a part of the bundle; nothing where it is one already. */
int archive_members_add_part(
    struct catalog *catalog, int64_t bundle_id, int64_t archive_id, struct err *err);

/*
 * Call each for the parts of a bundle, with what its account is to their AVRS ID today (role none
 * where it is nothing); of the membership only role, dates and ids are filled.
 */
struct archive_part {
	int64_t archive_id;
	enum letter_class class;
	struct membership membership;
};
int archive_members_list_parts(struct catalog *catalog, const struct night_archive *bundle,
    int (*each)(const struct archive_part *part, void *arg, struct err *err), void *arg,
    struct err *err);

#endif
