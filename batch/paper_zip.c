/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/paper_zip.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <locale.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/number.h"
#include "spool/archive_writer.h"
#include "spool/folder.h"
#include "spool/outbox.h"

enum { PAGE = 500, ZIP_MODE = 0440 };

/* Is the zip of that day to be made: letters to print, all of them there, and none yet? */
static int is_wanting(
    const struct spool *spool, const char *date, bool *ret_wanting, struct err *err)
{
	char path[FOLDER_PATH_MAX];
	bool filling = false;

	folder_paper_zip(date, path);
	*ret_wanting = false;
	if (faccessat(spool->root_fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	if (outbox_is_filling(spool->catalog, date, &filling, err) < 0)
		return -1;
	*ret_wanting = !filling;
	return 0;
}

/* The first day that is over and wants one; "": none. */
static int find_wanting(const struct spool *spool, char ret_date[DATE_SIZE], struct err *err)
{
	char today[DATE_SIZE];
	char date[DATE_SIZE] = "";
	bool found = true;
	bool wanting = false;

	clock_print_date(clock_now(), today);
	ret_date[0] = '\0';
	while (!wanting) {
		if (outbox_next_date(spool->catalog, date, date, &found, err) < 0)
			return -1;
		if (!found || strcmp(date, today) >= 0)
			return 0;
		if (is_wanting(spool, date, &wanting, err) < 0)
			return -1;
	}
	memcpy(ret_date, date, DATE_SIZE);
	return 0;
}

int paper_zip_start(const struct spool *spool, struct process *process, struct err *err)
{
	char path[PATH_MAX];
	char date[DATE_SIZE];
	char end[32];
	int status = 0;

	if (process->pid && !process_has_ended(process, &status))
		return 0;
	if (status != 0) {
		process_print_end(status, end);
		log_error("text=\"the zip for the print shop was not made: %s\"", end);
	}
	if (find_wanting(spool, date, err) < 0)
		return -1;
	if (!date[0])
		return 0;
	return process_sibling("edelivery-watchd", path, sizeof(path), err) < 0
	           ? -1
	           : process_start((const char *const[]){path, "--paper-zip", spool->settings.path,
	                               date, NULL},
	                 NULL, 0, process, err);
}

/* A zip being filled. */
struct filling {
	const struct spool *spool;
	struct archive_writer *writer;
	size_t count; /* of a page */
	int64_t last;
};

static int add_letter(const struct letter *letter, void *arg, struct err *err)
{
	struct filling *filling = arg;
	struct letter copy = *letter;
	char path[FOLDER_PATH_MAX];
	OWNED_FD int fd = -1;

	folder_paper(letter->paper_date, letter->id, letter->name, path);
	fd = file_open_beneath(filling->spool->root_fd, path, O_RDONLY, 0);
	if (fd < 0)
		return err_sys(err, "open %s", path);
	filling->count++;
	filling->last = letter->id;
	copy.posted = letter->queued; /* its time there */
	return archive_writer_add(filling->writer, &copy, fd, err);
}

static int add_all(struct filling *filling, const char *date, struct err *err)
{
	do {
		filling->count = 0;
		if (outbox_list(filling->spool->catalog, date, filling->last, PAGE, add_letter,
		        filling, err) < 0)
			return -1;
	} while (filling->count == PAGE);
	return 0;
}

static int make(const struct spool *spool, const char *date, struct err *err)
{
	OWNED_ARCHIVE_WRITER struct archive_writer *writer = NULL;
	OWNED_FD int folder_fd = -1;
	OWNED_FD int fd = -1;
	struct filling filling = {.spool = spool};
	char temporary[NAME_MAX + 1];
	char path[FOLDER_PATH_MAX];
	char sha256[SHA256_HEX + 1];
	int64_t size = 0;
	int64_t begun = clock_now();
	/* What comes into the outbox from now on is not in it (outbox_note_opening()). */
	const struct timespec times[] = {
	    {.tv_nsec = UTIME_OMIT}, {.tv_sec = begun / SECOND, .tv_nsec = begun % SECOND * 1000}};

	folder_paper(date, 0, NULL, path);
	if (file_open_folder(spool->root_fd, path, &folder_fd, err) < 0 ||
	    file_new(folder_fd, temporary, &fd, err) < 0 ||
	    archive_writer_new(fd, folder_fd, BUNDLE_ZIP, true, &writer, err) < 0)
		return -1;
	filling.writer = writer;
	if (add_all(&filling, date, err) < 0 || archive_writer_end(writer, &size, sha256, err) < 0)
		return -1;
	folder_paper_zip(date, path);
	if (fchmod(fd, ZIP_MODE) < 0 || futimens(fd, times) < 0)
		return err_sys(err, "set mode and time of %s", path);
	if (file_sync(fd, path, err) < 0 ||
	    file_give_name(fd, folder_fd, temporary, strrchr(path, '/') + 1, err) < 0 ||
	    file_sync(folder_fd, path, err) < 0)
		return -1;
	log_info("paper=%s zipped bytes=%lld", date, (long long)size);
	return 0;
}

int paper_zip_run(const char *settings, const char *date, struct err *err)
{
	OWNED_SPOOL struct spool spool = SPOOL_CLOSED;

	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		return err_set(err, ERR_INTERNAL, "the locale C.UTF-8 is missing");
	return spool_open(settings, "watchd", &spool, err) < 0 ? -1 : make(&spool, date, err);
}
