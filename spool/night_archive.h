/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Night archives: one file of what was posted for an AVRS ID in one class, or for all AVRS IDs of
 * an account (a bundle), night by night.
 *
 * A row comes first (building), the file then, and only with both is it ready. A name that was
 * published never has another content: what has to change is withdrawn, and the next run makes
 * another revision of it.
 */
#ifndef SPOOL_NIGHT_ARCHIVE_H
#define SPOOL_NIGHT_ARCHIVE_H

#include "base/sha256.h"
#include "spool/account.h"
#include "spool/folder.h"
#include "spool/letter.h"

enum { ARCHIVE_NAME_MAX = 63 };

#define ARCHIVE_SIGNATURE_SUFFIX ".p7s"

enum archive_state {
	ARCHIVE_BUILDING, /* its file is being made, or will be by the next run */
	ARCHIVE_READY,
	ARCHIVE_WITHDRAWN, /* nobody sees it; the next run removes its file, and makes another */
	ARCHIVE_EXPIRED,   /* its file is gone */
	ARCHIVE_STATE_COUNT
};

struct night_archive {
	int64_t id;
	char avrs_id[AVRS_ID_MAX + 1]; /* "": a bundle */
	int64_t account_id;            /* of a bundle */
	enum letter_class class;       /* of an AVRS ID's */
	char night[DATE_SIZE];
	int64_t revision; /* from 1 */
	char name[ARCHIVE_NAME_MAX + 1];
	enum archive_state state;
	/* What follows is known when it is ready. */
	int64_t letters;
	int64_t size;
	char sha256[SHA256_HEX + 1];
	int64_t signature_size; /* 0: not signed */
	int64_t made;
};

const char *archive_state_name(enum archive_state state);

bool night_archive_is_bundle(const struct night_archive *archive);

/* Its name: "edelivery-2026-11-22.zip", "bundle-2026-11-22-r2.tar.gz", from the other fields. */
void night_archive_fill_name(struct night_archive *archive, enum bundle_format format);

/* Its file below the root, and that of its signature beside it. */
void night_archive_path(const struct night_archive *archive, char ret_path[FOLDER_PATH_MAX]);
void night_archive_signature_path(
    const struct night_archive *archive, char ret_path[FOLDER_PATH_MAX]);

/* Add it, in state building, and set its id. */
int night_archive_add(struct catalog *catalog, struct night_archive *archive, struct err *err);

int night_archive_find(struct catalog *catalog, int64_t id, struct night_archive *ret_archive,
    bool *ret_found, struct err *err);

/* The one of that name of an AVRS ID or (avrs_id "") of an account, whatever its state. */
int night_archive_find_name(struct catalog *catalog, const char *avrs_id, int64_t account_id,
    const char *name, struct night_archive *ret_archive, bool *ret_found, struct err *err);

/* Call each for those that are ready of the same, behind the id after, at most limit. */
int night_archive_list(struct catalog *catalog, const struct night_archive *after, int64_t limit,
    int (*each)(const struct night_archive *archive, void *arg, struct err *err), void *arg,
    struct err *err);

/* Call each for those of a night and (or, both empty) all, whatever their state, by id. */
int night_archive_list_night(struct catalog *catalog, const char *night,
    int (*each)(const struct night_archive *archive, void *arg, struct err *err), void *arg,
    struct err *err);

/* Call each for those that the next run has to do something about, by id. */
int night_archive_list_to_do(struct catalog *catalog,
    int (*each)(const struct night_archive *archive, void *arg, struct err *err), void *arg,
    struct err *err);

/* Call each for the bundles that are ready, by id. */
int night_archive_list_bundles(struct catalog *catalog,
    int (*each)(const struct night_archive *archive, void *arg, struct err *err), void *arg,
    struct err *err);

/* Has anything of that night been made? Then it takes no more letters. */
int night_archive_is_made(
    struct catalog *catalog, const char *night, bool *ret_made, struct err *err);

/*
 * building -> ready, with letters, size, hashes and made of archive, and its event. *ret_ready is
 * false where it does not hold exactly the letters any more that it is of: build it again.
 */
int night_archive_set_ready(struct catalog *catalog, const struct actor *actor,
    const struct night_archive *archive, bool *ret_ready, struct err *err);

/* Into another state, with its event; why is key=value. */
int night_archive_set_state(struct catalog *catalog, const struct actor *actor,
    const struct night_archive *archive, enum archive_state state, const char *why,
    struct err *err);

/*
 * Inside a transaction, by whoever recalls a letter or lets it expire: no archive that has it is
 * shown any more, from the commit on.
 */
int night_archive_withdraw_letter(struct catalog *catalog, int64_t letter_id, struct err *err);

#endif
