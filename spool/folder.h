/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where things are on disk below spool.root (docs/DESIGN.md, "On disk"). Names only; nothing
 * here touches the disk but folder_make_all().
 */
#ifndef SPOOL_FOLDER_H
#define SPOOL_FOLDER_H

#include <stdint.h>

#include "base/err.h"
#include "spool/letter_class.h"

enum { FOLDER_PATH_MAX = 1024 };

/* The folders of accounts' bundles are in it. */
#define FOLDER_OF_BUNDLES "archives/bundles"

/* letters/<hh>/<AVRS-ID>/<class>: where a provider's letters of a class are. */
void folder_of_letters(
    const char *avrs_id, enum letter_class class, char ret_path[FOLDER_PATH_MAX]);

/* letters/<hh>/<AVRS-ID>/<class>/<id>_<name> */
void folder_letter(const char *avrs_id, enum letter_class class, int64_t id, const char *name,
    char ret_path[FOLDER_PATH_MAX]);

/* paper/<date>/<id>_<name>, or paper/<date> where name is NULL */
void folder_paper(const char *date, int64_t id, const char *name, char ret_path[FOLDER_PATH_MAX]);

/* paper/<date>/paper-<date>.zip: all that was to be printed that day, in one file */
void folder_paper_zip(const char *date, char ret_path[FOLDER_PATH_MAX]);

/* quarantine/<date>/<id>_<escaped name>; the name, by utf8_escape(), is cut to fit */
void folder_quarantine(
    const char *date, int64_t id, const char *escaped_name, char ret_path[FOLDER_PATH_MAX]);

/* archives/<hh>/<AVRS-ID>, or archives/bundles/<account> where avrs_id is "" */
void folder_of_archives(const char *avrs_id, int64_t account_id, char ret_path[FOLDER_PATH_MAX]);

/* <AVRS-ID> or <AVRS-ID>/trade-files, below drop.root */
void folder_drop(const char *avrs_id, enum letter_class class, char ret_path[FOLDER_PATH_MAX]);

/* Make the folders that a spool has from the start, below root_fd. */
int folder_make_all(int root_fd, struct err *err);

/*
 * Remove what killed writers left (file_remove_unfinished()) in the folders of dates below above,
 * while nobody writes there. What cannot be removed stays, with a warning.
 */
void folder_remove_unfinished(int root_fd, const char *above);

#endif
