/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The batches that wait, in memory: which letters each names, and what has become of each of them.
 * Their rows are read once, at the start; what changes them changes this, too.
 */
#ifndef BATCH_BATCH_TABLE_H
#define BATCH_BATCH_TABLE_H

#include <sys/types.h>
#include <time.h>
#include <uthash.h>

#include "batch/batch_file.h"
#include "spool/letter_batch.h"
#include "spool/spool.h"

enum { BATCH_NAME_MAX = LETTER_BATCH_NAME_MAX };

enum member_state {
	MEMBER_MISSING, /* not there, or not right */
	MEMBER_HELD,    /* there, of the right size */
	MEMBER_LINKED,  /* has its final name and its row, and is not visible */
	MEMBER_POSTED,  /* was posted before, by itself */
};

/* A letter of a batch that waits. Its key is <AVRS-ID>/<class>/<name>. */
struct member {
	struct batch *batch;
	enum member_state state;
	size_t line; /* of the control file, from 1 */
	int64_t size;
	char sha256[SHA256_HEX + 1];
	/* Which file it was found not to be; as long as it is that one it is not hashed again. */
	ino_t wrong_inode;
	struct timespec wrong_changed;
	/* Which file it is, from its placing on, and whose it was. */
	bool adopted;
	dev_t device;
	ino_t inode;
	struct timespec modified;
	mode_t mode;
	uid_t owner;
	gid_t group;
	struct member *next;
	UT_hash_handle hh;
	char key[];
};

struct batch {
	int64_t id;
	char name[BATCH_NAME_MAX + 1];
	int64_t seen;
	bool is_alarmed;
	bool is_running; /* its letters are on their way */
	bool is_broken;  /* one of them went lost on it */
	bool is_discarded;
	size_t flying; /* drops that have a member of it */
	size_t count;
	size_t counts[MEMBER_POSTED + 1]; /* of members, by state */
	struct member *members;
	struct batch *prev;
	struct batch *next;
};

struct batches {
	const struct spool *spool;
	struct batch *list;
	struct member *by_key;
};

/* Those that the catalog says wait for letters of this node; spool is borrowed while they live. */
int batches_new(const struct spool *spool, struct batches **ret_batches, struct err *err);
void batches_free(struct batches *batches);

/* A batch without letters yet; it belongs to batches. */
struct batch *batches_add(struct batches *batches, int64_t id, const char *name, int64_t seen);

/* The letter of that line, which no batch names yet. is_posted: it was, before its batch came. */
void batch_add_member(
    struct batches *batches, struct batch *batch, const struct batch_line *line, bool is_posted);

/* The batch waits no more: it and its members are freed. */
void batches_forget(struct batches *batches, struct batch *batch);

/* The letter of a batch that waits; NULL: none names it. */
struct member *batches_find(
    const struct batches *batches, const char *avrs_id, enum letter_class class, const char *name);

/* Its batch counts it accordingly. */
void member_set_state(struct member *member, enum member_state state);

/*
 * A letter that was posted, or printed, before its control file came counts as there: *ret_id is
 * its id, or 0.
 */
int batches_find_posted(
    struct catalog *catalog, const struct batch_line *line, int64_t *ret_id, struct err *err);

#endif
