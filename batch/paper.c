/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/paper.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "spool/folder.h"
#include "spool/outbox.h"

enum { MANIFEST_MAX = 256 * 1024 * 1024 };

/* A manifest being made. */
struct making {
	const struct spool *spool;
	struct buffer out;
};

static int add_line(const struct letter *letter, void *arg, struct err *err)
{
	struct making *making = arg;

	return letter->placed
	           ? outbox_manifest_add(making->spool->catalog, letter, &making->out, err)
	           : 0;
}

int paper_write_manifest(const struct spool *spool, const char *date, struct err *err)
{
	struct making making = {.spool = spool, .out = BUFFER(MANIFEST_MAX)};
	char path[FOLDER_PATH_MAX];
	int result;

	outbox_manifest_start(&making.out);
	result = letter_list_paper(spool->catalog, date, add_line, &making, err);
	if (result == 0 && buffer_is_full(&making.out))
		result = err_set(err, ERR_RETRY, "paper/%s/manifest.csv would be too large", date);
	folder_paper(date, 0, NULL, path);
	(void)snprintf(path + strlen(path), sizeof(path) - strlen(path), "/manifest.csv");
	if (result == 0)
		result = file_replace(spool->root_fd, path, &making.out, 0440, err);
	buffer_done(&making.out);
	return result;
}

void paper_remove_unfinished(const struct spool *spool)
{
	folder_remove_unfinished(spool->root_fd, "paper");
}

int paper_list_dates(struct catalog *catalog,
    int (*each)(const char *date, void *arg, struct err *err), void *arg, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog,
	        "SELECT DISTINCT paper_date FROM letter WHERE paper = 'queued' AND paper_date IS NOT NULL",
	        NO_VALUES, &row, &found, err) < 0)
		return -1;
	while (found) {
		char date[DATE_SIZE];

		(void)snprintf(date, sizeof(date), "%s", statement_text(row, 0));
		if (each(date, arg, err) < 0 || statement_next(row, &found, err) < 0)
			return -1;
	}
	return 0;
}
