/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/difference.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/number.h"

enum { SERVED_MODE = 0440, WRITABLE = 0222 };

static const char *const names[DIFFERENCE_COUNT] = {
    [DIFFERENCE_UNKNOWN_FILE] = "unknown-file",
    [DIFFERENCE_NO_ROW] = "no-row",
    [DIFFERENCE_OTHER_ROW] = "other-row",
    [DIFFERENCE_ENDED] = "ended",
    [DIFFERENCE_NO_FILE] = "no-file",
    [DIFFERENCE_SIZE] = "size",
    [DIFFERENCE_CONTENT] = "content",
    [DIFFERENCE_MODE] = "mode",
};

void difference_tell(struct comparison *comparison, enum difference what, const char *path,
    int64_t id, const char *avrs_id, bool mended, const char *detail)
{
	progress_end(&comparison->progress);
	comparison->found++;
	comparison->mended += mended;
	listing_text(comparison->listing, names[what]);
	listing_text(comparison->listing, path);
	listing_number(comparison->listing, id);
	listing_text(comparison->listing, avrs_id);
	listing_yes_no(comparison->listing, mended);
	listing_text(comparison->listing, detail);
	listing_end_row(comparison->listing);
}

static int check_content(struct comparison *comparison, const char *path, int fd,
    const struct letter *letter, struct err *err)
{
	char sha256[SHA256_HEX + 1];
	uint32_t crc32 = 0;
	int64_t size = 0;

	if (comparison->quick)
		return 0;
	if (digest_file(comparison->digest, fd, sha256, &crc32, &size, err) < 0)
		return err_context(err, "%s", path);
	if (strcmp(sha256, letter->sha256) != 0)
		difference_tell(comparison, DIFFERENCE_CONTENT, path, letter->id, letter->avrs_id,
		    false, "not the bytes that were posted: restore it from a backup");
	return 0;
}

static void check_mode(struct comparison *comparison, const char *path, int fd,
    const struct letter *letter, mode_t mode)
{
	bool mended;

	if (!(mode & WRITABLE))
		return;
	mended = comparison->repair && fchmod(fd, SERVED_MODE) == 0;
	difference_tell(comparison, DIFFERENCE_MODE, path, letter->id, letter->avrs_id, mended,
	    "it could be written to");
}

int difference_check_file(
    struct comparison *comparison, const char *path, const struct letter *letter, struct err *err)
{
	OWNED_FD int fd = file_open_beneath(comparison->spool->root_fd, path, O_RDONLY, 0);
	char detail[128];
	struct stat st;

	progress_add(&comparison->progress, 1);
	if (fd < 0 && errno == ENOENT) {
		difference_tell(comparison, DIFFERENCE_NO_FILE, path, letter->id, letter->avrs_id,
		    false, "lost: restore it from a backup");
		return 0;
	}
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, "open %s", path);
	check_mode(comparison, path, fd, letter, st.st_mode);
	if (st.st_size == letter->size)
		return check_content(comparison, path, fd, letter, err);
	(void)snprintf(detail, sizeof(detail),
	    "%" PRId64 " bytes, posted with %" PRId64 ": restore it from a backup",
	    (int64_t)st.st_size, letter->size);
	difference_tell(
	    comparison, DIFFERENCE_SIZE, path, letter->id, letter->avrs_id, false, detail);
	return 0;
}

bool difference_split(const char *file, int64_t *ret_id, const char **ret_name)
{
	char digits[32];
	size_t length = strspn(file, "0123456789");
	struct err err;

	if (length == 0 || length >= sizeof(digits) || file[length] != '_' || !file[length + 1])
		return false;
	memcpy(digits, file, length);
	digits[length] = '\0';
	*ret_name = file + length + 1;
	return number_parse(digits, ret_id, &err) == 0 && *ret_id > 0;
}
