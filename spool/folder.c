/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/folder.h"

#include <inttypes.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/utf8.h"

/* The first two hex digits of the AVRS ID's SHA-256: 256 folders instead of one with 100,000. */
static unsigned shard_of(const char *avrs_id)
{
	static EVP_MD *sha256; /* fetched once: OpenSSL looks longer for it than it hashes */
	unsigned char hash[EVP_MAX_MD_SIZE] = {0};

	if (!sha256)
		sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	(void)EVP_Digest(avrs_id, strlen(avrs_id), hash, NULL, sha256, NULL);
	return hash[0];
}

void folder_of_letters(const char *avrs_id, enum letter_class class, char ret_path[FOLDER_PATH_MAX])
{
	(void)snprintf(ret_path, FOLDER_PATH_MAX, "letters/%02x/%s/%s", shard_of(avrs_id), avrs_id,
	    letter_class_name(class));
}

void folder_letter(const char *avrs_id, enum letter_class class, int64_t id, const char *name,
    char ret_path[FOLDER_PATH_MAX])
{
	size_t length;

	folder_of_letters(avrs_id, class, ret_path);
	length = strlen(ret_path);
	(void)snprintf(ret_path + length, FOLDER_PATH_MAX - length, "/%" PRId64 "_%s", id, name);
}

void folder_paper(const char *date, int64_t id, const char *name, char ret_path[FOLDER_PATH_MAX])
{
	if (name)
		(void)snprintf(
		    ret_path, FOLDER_PATH_MAX, "paper/%s/%" PRId64 "_%s", date, id, name);
	else
		(void)snprintf(ret_path, FOLDER_PATH_MAX, "paper/%s", date);
}

void folder_paper_zip(const char *date, char ret_path[FOLDER_PATH_MAX])
{
	(void)snprintf(ret_path, FOLDER_PATH_MAX, "paper/%s/paper-%s.zip", date, date);
}

void folder_quarantine(
    const char *date, int64_t id, const char *escaped_name, char ret_path[FOLDER_PATH_MAX])
{
	int length = (int)utf8_cut(escaped_name, NAME_MAX - 32);

	(void)snprintf(ret_path, FOLDER_PATH_MAX, "quarantine/%s/%" PRId64 "_%.*s", date, id,
	    length, escaped_name);
}

void folder_of_archives(const char *avrs_id, int64_t account_id, char ret_path[FOLDER_PATH_MAX])
{
	if (avrs_id[0])
		(void)snprintf(
		    ret_path, FOLDER_PATH_MAX, "archives/%02x/%s", shard_of(avrs_id), avrs_id);
	else
		(void)snprintf(
		    ret_path, FOLDER_PATH_MAX, FOLDER_OF_BUNDLES "/%" PRId64, account_id);
}

void folder_drop(const char *avrs_id, enum letter_class class, char ret_path[FOLDER_PATH_MAX])
{
	(void)snprintf(ret_path, FOLDER_PATH_MAX, "%s%s", avrs_id,
	    class == CLASS_TRADE_FILES ? "/trade-files" : "");
}

int folder_make_all(int root_fd, struct err *err)
{
	static const char *const folders[] = {"letters", "quarantine", "paper", "archives",
	    "publications", "publications/telehealth", "publications/messages",
	    "publications/bulletins", "audit", "catalog", "run"};

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (file_make_folder(root_fd, folders[i], 0750, err) < 0)
			return -1;
	return 0;
}

static int remove_unfinished(int fd, const char *date, void *arg, struct err *err)
{
	const char *above = arg;
	struct err reason;

	(void)err;
	if (date_is_valid(date) && file_remove_unfinished(fd, date, &reason) < 0)
		log_warning("folder=%s/%s text=\"%s\"", above, date, reason.text);
	return 0;
}

/* They are in nobody's way: none is a reason to go no further. */
void folder_remove_unfinished(int root_fd, const char *above)
{
	struct err err;

	if (file_each(root_fd, above, remove_unfinished, (char *)(uintptr_t)above, &err) < 0)
		log_warning("text=\"%s\"", err.text);
}
