/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Letters (and trade files): what was taken from the drop folder, and its deliveries.
 *
 * A letter's identity is its id. It always has an electronic or a paper delivery, or both.
 */
#ifndef SPOOL_LETTER_H
#define SPOOL_LETTER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "spool/avrs_id.h"
#include "spool/catalog.h"
#include "spool/digest.h"
#include "spool/event.h"
#include "spool/letter_class.h"
#include "spool/letter_name.h"

enum { REASON_MAX = 200 };

enum electronic {
	ELECTRONIC_NONE,
	ELECTRONIC_POSTING, /* on its way: nobody sees it, who asks is told to come back (R10) */
	ELECTRONIC_POSTED,
	ELECTRONIC_EXPIRED,
	ELECTRONIC_RECALLED,
	ELECTRONIC_COUNT
};

enum paper { PAPER_NONE, PAPER_QUEUED, PAPER_HANDED_OVER, PAPER_WITHDRAWN, PAPER_COUNT };

/* Which file in the drop folder it was: tells a leftover from a new file of the same name. */
struct source {
	int64_t device;
	int64_t inode;
	int64_t changed; /* ctime in nanoseconds; 0 where our own doing changed it (adopted) */
};

struct letter {
	int64_t id;
	char avrs_id[AVRS_ID_MAX + 1];
	enum letter_class class;
	char type[TYPE_CODE_MAX + 1];
	char name[SERVED_NAME_MAX + 1]; /* as served: unique in its AVRS ID, never used again */
	char dropped_name[LETTER_NAME_MAX + 1];
	int64_t size;
	char sha256[SHA256_HEX + 1];
	uint32_t crc32;
	struct source source;
	int64_t batch_id; /* 0: none */
	int64_t taken;

	enum electronic electronic;
	char electronic_reason[REASON_MAX + 1];
	int64_t sequence; /* of the AVRS ID, 0 until posted */
	int64_t posted;   /* what clients see as its time */
	int64_t electronic_ended;

	enum paper paper;
	char paper_reason[REASON_MAX + 1];
	char paper_date[DATE_SIZE]; /* of the outbox folder */
	int64_t queued;
	int64_t placed; /* in the outbox, 0 until it is */
	int64_t paper_ended;
};

const char *electronic_name(enum electronic state);
const char *paper_name(enum paper state);

/* The identity of the file that st tells of. */
struct source source_of(const struct stat *st);

/* Add a letter whose id was taken before. ERR_CONFLICT: its AVRS ID has that name. */
int letter_add(
    struct catalog *catalog, const char *node, const struct letter *letter, struct err *err);

/*
 * The same for count of them, in a transaction: none is added whose AVRS ID has that name, be it
 * that of one in front. letter_list_ids() tells of which that is so: it calls each(id) for those
 * that are there, in order.
 */
int letter_offer_all(struct catalog *catalog, const char *node, const struct letter *const *letters,
    size_t count, struct err *err);
int letter_list_ids(struct catalog *catalog, int64_t first, int64_t last,
    void (*each)(int64_t id, void *arg), void *arg, struct err *err);

/* Forget a letter that was never posted: its dropped file is where it was. */
int letter_forget(struct catalog *catalog, int64_t id, struct err *err);

/* posting -> posted, with its sequence and posted set. */
int letter_set_posted(struct catalog *catalog, const struct letter *letter, struct err *err);

/* Its paper delivery is in the outbox. */
int letter_set_placed(struct catalog *catalog, int64_t id, int64_t placed, struct err *err);

int letter_find(struct catalog *catalog, int64_t id, struct letter *ret_letter, bool *ret_found,
    struct err *err);

/* The letter served under that name, whatever its state. */
int letter_find_name(struct catalog *catalog, const char *avrs_id, const char *name,
    struct letter *ret_letter, bool *ret_found, struct err *err);

/* It is to be printed, too: a posted letter without a paper delivery gets one. */
int letter_queue_paper(struct catalog *catalog, int64_t id, const char *reason, struct err *err);

/*
 * At most limit posted letters whose paper delivery is queued and that this node has to place, by
 * AVRS ID and id, behind those of after.
 */
int letter_list_to_print(struct catalog *catalog, const char *node, const struct letter *after,
    int64_t limit, int (*each)(const struct letter *letter, void *arg, struct err *err), void *arg,
    struct err *err);

/* Those that this node began to post and has not finished. */
int letter_list_unfinished(struct catalog *catalog, const char *node,
    int (*each)(const struct letter *letter, void *arg, struct err *err), void *arg,
    struct err *err);

/* Is a letter of the AVRS ID on its way, posting or to paper, that is a copy of that file? */
int letter_is_coming(struct catalog *catalog, const char *avrs_id, const struct source *source,
    bool *ret_coming, struct err *err);

/* How many are posted for an AVRS ID. */
int letter_count_posted(
    struct catalog *catalog, const char *avrs_id, int64_t *ret_count, struct err *err);

/* Those posted for an AVRS ID in a class, by sequence after after, at most limit. */
int letter_list_posted(struct catalog *catalog, const struct letter *after, int64_t limit,
    int (*each)(const struct letter *letter, void *arg, struct err *err), void *arg,
    struct err *err);

/*
 * The sequence number of the last that was posted for an AVRS ID in a class before that time, 0
 * where there is none: all behind it are newer. Costs by how many those are.
 */
int letter_find_last_before(struct catalog *catalog, const char *avrs_id, enum letter_class class,
    int64_t before, int64_t *ret_sequence, struct err *err);

/* Those that are served, of all AVRS IDs, by id after after, at most limit. */
int letter_list_served(struct catalog *catalog, int64_t after, int64_t limit,
    int (*each)(const struct letter *letter, void *arg, struct err *err), void *arg,
    struct err *err);

/* What a listing tells of a letter; the name is borrowed until each() returns. */
struct letter_line {
	int64_t id;
	const char *name;
	int64_t size;
	int64_t sequence;
	int64_t posted;
};

/* Those posted in a class among the next limit letters of the AVRS ID behind a name, by name. */
int letter_list_named(struct catalog *catalog, const struct letter *after, int64_t limit,
    int (*each)(const struct letter_line *line, void *arg, struct err *err), void *arg,
    struct err *err);

/* The same letters as letter_list_posted(), in a fraction of its time: rows cost by the column. */
int letter_list_lines(struct catalog *catalog, const struct letter *after, int64_t limit,
    int (*each)(const struct letter_line *line, void *arg, struct err *err), void *arg,
    struct err *err);

/* The newest limit letters, of one AVRS ID or ("") of all, newest first. */
int letter_list_newest(struct catalog *catalog, const char *avrs_id, int64_t limit,
    int (*each)(const struct letter *letter, void *arg, struct err *err), void *arg,
    struct err *err);

#endif
