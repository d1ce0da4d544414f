/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/paper.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "spool/folder.h"
#include "spool/outbox.h"

enum { MANIFEST_MAX = 256 * 1024 * 1024 };

int paper_write_manifest(const struct spool *spool, const char *date, struct err *err)
{
	OWNED_BUFFER struct buffer out = BUFFER(MANIFEST_MAX);
	char path[FOLDER_PATH_MAX];
	int64_t changed = 0;

	if (outbox_manifest(spool->catalog, date, false, &out, &changed, err) < 0)
		return -1;
	if (buffer_is_full(&out))
		return err_set(err, ERR_RETRY, "paper/%s/manifest.csv would be too large", date);
	folder_paper(date, 0, NULL, path);
	(void)snprintf(path + strlen(path), sizeof(path) - strlen(path), "/manifest.csv");
	return file_replace(spool->root_fd, path, &out, 0440, err);
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
