/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths of the tree that an account sees (docs/DESIGN.md, "What an account sees"), taken apart.
 *
 * Pure text: a place says what a path means, not whether it is there or who may see it.
 */
#ifndef SPOOL_PLACE_H
#define SPOOL_PLACE_H

#include <limits.h>
#include <stdbool.h>

#include "base/clock.h"
#include "spool/avrs_id.h"
#include "spool/letter_class.h"
#include "spool/right.h"

enum { PLACE_PATH_MAX = 1024 };

enum place_kind {
	PLACE_ROOT,
	PLACE_STATUS,          /* STATUS.txt */
	PLACE_NEW,             /* new */
	PLACE_NEW_FILE,        /* new/<AVRS-ID>_<name> */
	PLACE_BUNDLES,         /* archives */
	PLACE_PUBLICATIONS,    /* publications */
	PLACE_SECTION,         /* publications/<section> */
	PLACE_PROVIDER,        /* <AVRS-ID> */
	PLACE_PROVIDER_STATUS, /* <AVRS-ID>/STATUS.txt */
	PLACE_MANIFEST,        /* <AVRS-ID>/MANIFEST.csv */
	PLACE_PROVIDER_NEW,    /* <AVRS-ID>/new */
	PLACE_PROVIDER_NEW_FILE,
	PLACE_CLASS, /* <AVRS-ID>/edelivery, <AVRS-ID>/trade-files */
	PLACE_LETTER,
	PLACE_ARCHIVES,       /* <AVRS-ID>/archives */
	PLACE_ARCHIVE,        /* <AVRS-ID>/archives/<name> */
	PLACE_BUNDLE,         /* archives/<name> */
	PLACE_PAPER,          /* paper */
	PLACE_PAPER_DATE,     /* paper/<date> */
	PLACE_PAPER_MANIFEST, /* paper/<date>/manifest.csv */
	PLACE_PAPER_ZIP,      /* paper/<date>/paper-<date>.zip */
	PLACE_PAPER_LETTER,   /* paper/<date>/<id>_<name> */
	PLACE_DROP,           /* drop */
	PLACE_DROP_STATUS,    /* drop/STATUS.txt */
	PLACE_DROP_FOLDER,    /* drop/<AVRS-ID>, its trade-files, drop/publications, its sections */
	PLACE_DROP_FILE,      /* a file in one of those, or a batch control file in drop */
	PLACE_KIND_COUNT
};

struct place {
	enum place_kind kind;
	enum area area; /* whose right it takes */
	bool is_folder;
	char avrs_id[AVRS_ID_MAX + 1]; /* "": in none */
	char date[DATE_SIZE];          /* in paper/, "": in none */
	enum letter_class class;       /* of PLACE_CLASS, PLACE_LETTER and what is in drop */
	char drop[AVRS_ID_MAX + 1]; /* beneath drop.root, without class: what uploads are kept by */
	char name[NAME_MAX + 1];    /* of what is in a folder by a name of its own */
};

/*
 * What path ("/", "/new", as place_normalise() makes them) means. False: nothing in any
 * account's tree has such a path.
 */
bool place_parse(const char *path, struct place *ret_place);

/*
 * The absolute path without ".", "..", doubled and trailing slashes; one that is not absolute
 * starts at "/". False: longer than PLACE_PATH_MAX - 1, or with control bytes in it.
 */
bool place_normalise(const char *path, size_t length, char ret_path[PLACE_PATH_MAX]);

/* What such a path is called in its folder; is it in the folder that the other one is in? */
const char *place_name(const char *path);
bool place_is_beside(const char *path, const char *other);

#endif
