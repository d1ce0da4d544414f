/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/archive_job.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"
#include "batch/archive_build.h"
#include "batch/archive_crew.h"
#include "batch/archive_plan.h"
#include "spool/archive_members.h"
#include "spool/lease.h"
#include "spool/night_archive.h"

#define LEASE       "archive"
#define LEASE_LASTS (2 * MINUTE)
#define LEASE_RENEW (30 * SECOND)
#define LOCK        "archives/.lock"

enum { NICE = 10 };

/* One archive that is to be made. */
struct task {
	int64_t id;
	int64_t bytes;
	char night[DATE_SIZE];
};

/* A run. */
struct run {
	struct spool spool;
	char night[DATE_SIZE];
	bool json;
	int64_t renewed; /* the lease */
	struct task *tasks;
	size_t count;
	int64_t letters;
	int64_t bytes;
};

/* --- alone */

static int keep_lease(void *arg, struct err *err)
{
	struct run *run = arg;

	if (run->renewed && clock_elapsed() - run->renewed < LEASE_RENEW)
		return 0;
	if (lease_take(run->spool.catalog, LEASE, run->spool.settings.node, LEASE_LASTS, err) < 0)
		return -1;
	run->renewed = clock_elapsed();
	return 0;
}

/* On this machine the lock tells at once whether somebody is at it, on others the lease. */
static int be_alone(struct run *run, int *ret_lock_fd, struct err *err)
{
	char owner[64];

	(void)snprintf(owner, sizeof(owner), "edelivery-archive, process %d", (int)getpid());
	if (file_lock(run->spool.root_fd, LOCK, owner, ret_lock_fd, err) < 0) {
		err->kind = err->kind == ERR_CONFLICT ? ERR_RETRY : err->kind;
		return -1;
	}
	return keep_lease(run, err);
}

/* --- files that nobody knows any more */

static bool account_is_gone(const struct spool *spool, const char *id, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	int64_t number = 0;
	bool found = true;

	if (number_parse(id, &number, err) < 0 ||
	    catalog_find(spool->catalog, "SELECT 1 FROM account WHERE id = $1", VALUES(INT(number)),
	        &row, &found, err) < 0)
		return false;
	return !found;
}

static int remove_folder(int bundles_fd, const char *name, struct err *err)
{
	OWNED_FD int fd = -1;
	const struct dirent *entry;
	DIR *dir;

	if (file_open_folder(bundles_fd, name, &fd, err) < 0)
		return -1;
	dir = fdopendir(fcntl(fd, F_DUPFD_CLOEXEC, 0));
	if (!dir)
		return err_sys(err, "read folder %s", name);
	while ((entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			(void)unlinkat(fd, entry->d_name, 0);
	(void)closedir(dir);
	if (unlinkat(bundles_fd, name, AT_REMOVEDIR) < 0)
		return err_sys(err, "remove folder %s", name);
	log_info("text=\"bundles of an account that was removed are gone\" account=%s", name);
	return 0;
}

/* An account that is removed takes its rows with it, and leaves its bundles on disk. */
static int remove_bundles_of_nobody(const struct spool *spool, struct err *err)
{
	int fd = openat(spool->root_fd, FOLDER_OF_BUNDLES, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	int result = 0;

	if (!dir)
		return errno == ENOENT ? 0 : err_sys(err, "read %s", FOLDER_OF_BUNDLES);
	while (result == 0 && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && account_is_gone(spool, entry->d_name, err))
			result = remove_folder(fd, entry->d_name, err);
	(void)closedir(dir);
	return result;
}

/* --- what there is to do */

static int add_task(const struct night_archive *archive, void *arg, struct err *err)
{
	struct run *run = arg;
	struct task *task;

	(void)err;
	if (archive->state != ARCHIVE_BUILDING)
		return 0;
	run->tasks = mem_grow(run->tasks, run->count, sizeof(*run->tasks));
	task = &run->tasks[run->count++];
	*task = (struct task){.id = archive->id};
	text_copy(task->night, archive->night);
	return 0;
}

static int list_tasks(struct run *run, struct err *err)
{
	run->count = 0;
	return night_archive_list_to_do(run->spool.catalog, add_task, run, err);
}

static int measure_tasks(struct run *run, struct err *err)
{
	run->letters = 0;
	run->bytes = 0;
	for (size_t i = 0; i < run->count; i++) {
		struct night_archive archive;
		int64_t letters = 0;
		bool found = false;

		if (night_archive_find(
		        run->spool.catalog, run->tasks[i].id, &archive, &found, err) < 0)
			return -1;
		if (found && archive_members_measure(run->spool.catalog, &archive, &letters,
		                 &run->tasks[i].bytes, err) < 0)
			return -1;
		run->letters += letters;
		run->bytes += run->tasks[i].bytes;
	}
	return 0;
}

static int64_t cutoff_of(const char *night)
{
	int64_t end = clock_date_start(night, 1);
	int64_t now = clock_now();

	return end <= now ? end : now + 1;
}

/* Nights that a run did not finish planning, and then this one. */
static int plan(struct run *run, struct err *err)
{
	if (archive_plan_revisions(&run->spool, err) < 0 || list_tasks(run, err) < 0)
		return -1;
	for (size_t i = 0; i < run->count; i++) {
		const char *night = run->tasks[i].night;

		if ((i == 0 || strcmp(night, run->tasks[i - 1].night) != 0) &&
		    strcmp(night, run->night) != 0 &&
		    archive_plan_night(&run->spool, night, cutoff_of(night), err) < 0)
			return -1;
	}
	if (archive_plan_night(&run->spool, run->night, cutoff_of(run->night), err) < 0)
		return -1;
	fault_point("archive.planned");
	return list_tasks(run, err) < 0 ? -1 : measure_tasks(run, err);
}

/* --- doing it */

static int by_size(const void *a, const void *b)
{
	const struct task *x = a;
	const struct task *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return (x->id > y->id) - (x->id < y->id);
}

static json_t *text_or_null(const char *text)
{
	return text[0] ? json_string(text) : json_null();
}

static void tell_json(const struct night_archive *archive)
{
	bool is_bundle = night_archive_is_bundle(archive);
	char made[TIME_SIZE];
	json_t *row = json_object();
	char *line;

	clock_print(archive->made, made);
	(void)json_object_set_new(row, "id", json_integer(archive->id));
	(void)json_object_set_new(row, "avrs_id", text_or_null(archive->avrs_id));
	(void)json_object_set_new(
	    row, "class", is_bundle ? json_null() : json_string(letter_class_name(archive->class)));
	(void)json_object_set_new(row, "night", json_string(archive->night));
	(void)json_object_set_new(row, "name", json_string(archive->name));
	(void)json_object_set_new(row, "letters", json_integer(archive->letters));
	(void)json_object_set_new(row, "size", json_integer(archive->size));
	(void)json_object_set_new(row, "sha256", json_string(archive->sha256));
	(void)json_object_set_new(row, "made", json_string(made));
	line = json_dumps(row, JSON_COMPACT);
	(void)puts(line);
	free(line);
	json_decref(row);
}

static int tell(const struct run *run, struct err *err)
{
	int64_t archives = 0;
	int64_t letters = 0;
	int64_t bytes = 0;

	for (size_t i = 0; i < run->count; i++) {
		struct night_archive archive;
		bool found = false;

		if (night_archive_find(
		        run->spool.catalog, run->tasks[i].id, &archive, &found, err) < 0)
			return -1;
		if (!found || archive.state != ARCHIVE_READY)
			continue;
		archives++;
		letters += archive.letters;
		bytes += archive.size;
		if (run->json)
			tell_json(&archive);
	}
	if (!run->json)
		(void)printf("night %s: %" PRId64 " archives made, of %" PRId64 " letters, %" PRId64
		             " bytes\n",
		    run->night, archives, letters, bytes);
	return 0;
}

static int build(struct run *run, struct err *err)
{
	OWNED_MEM int64_t *ids = mem_new(run->count + 1, sizeof(*ids));
	struct crew_work work = {ids, (int64_t)run->count, run->letters, run->bytes};
	struct crew_result result = {0, 0};

	if (run->count == 0)
		return 0;
	if (archive_check_space(&run->spool, run->bytes + run->letters * ARCHIVE_ENTRY_BYTES, err) <
	    0)
		return -1;
	/* Those that take longest first: then no worker waits long for another one's last. */
	qsort(run->tasks, run->count, sizeof(*run->tasks), by_size);
	for (size_t i = 0; i < run->count; i++)
		ids[i] = run->tasks[i].id;
	if (crew_run(&run->spool, &work, keep_lease, run, &result, err) < 0)
		return -1;
	if (result.later == 0 && result.refused == 0)
		return 0;
	return err_set(err, result.refused ? ERR_REFUSED : ERR_RETRY,
	    "%" PRId64 " of %" PRId64
	    " archives are not made (see above); the next run tries them again",
	    result.later + result.refused, work.count);
}

/* Can it sign, if it has to? Asked before anything is begun. */
static int check_signer(const struct spool *spool, struct err *err)
{
	struct archive_signer *signer = NULL;

	if (archive_signer_new(&spool->settings, &signer, err) < 0)
		return -1;
	archive_signer_free(signer);
	return 0;
}

static int run_alone(struct run *run, struct err *err)
{
	int64_t started = clock_elapsed();
	struct err ignored;
	int result = check_signer(&run->spool, err);

	if (result == 0)
		result = remove_bundles_of_nobody(&run->spool, err);
	if (result == 0)
		result = plan(run, err);
	if (result == 0) {
		result = build(run, err);
		/* What was made is told of, whatever was not. */
		if (tell(run, result < 0 ? &ignored : err) < 0)
			result = -1;
	}
	log_info("night=%s %s archives=%zu letters=%" PRId64 " bytes=%" PRId64 " ms=%" PRId64,
	    run->night, result == 0 ? "done" : "not-done", run->count, run->letters, run->bytes,
	    (clock_elapsed() - started) / 1000);
	return result;
}

/* When it was archive.at last. */
static int64_t last_time(int64_t minutes)
{
	int64_t now = clock_now();
	int64_t last = clock_next_time_of_day(now - 2 * DAY, minutes);

	for (int64_t next = last; next <= now; next = clock_next_time_of_day(next, minutes))
		last = next;
	return last;
}

/* Does a letter wait that was there when the last run should have been? */
static int is_due(const struct run *run, bool *ret_due, struct err *err)
{
	char avrs_id[AVRS_ID_MAX + 1] = "";
	char class[16] = "";
	int64_t minutes = 0;

	if (clock_parse_time_of_day(run->spool.settings.archive_at, &minutes, err) < 0)
		return -1;
	return archive_members_next_unarchived(
	    run->spool.catalog, last_time(minutes), avrs_id, class, ret_due, err);
}

/* Today, or what was said, unless that is no night or has not begun. */
static int choose_night(struct run *run, const char *night, struct err *err)
{
	char today[DATE_SIZE];

	clock_print_date(clock_now(), today);
	text_copy(run->night, night ? night : today);
	if (night && !date_is_valid(night))
		return err_set(err, ERR_USAGE, "\"%.40s\" is not a date (YYYY-MM-DD)", night);
	if (strcmp(run->night, today) > 0)
		return err_set(err, ERR_REFUSED, "the night %s is yet to come: today is %s",
		    run->night, today);
	return 0;
}

/* Postings and downloads go first. The crew inherits it; where it is more already, it stays. */
static void step_aside(void)
{
	if (getpriority(PRIO_PROCESS, 0) < NICE)
		(void)setpriority(PRIO_PROCESS, 0, NICE);
}

int archive_job(const struct archive_options *options, struct err *err)
{
	struct run run = {.spool = SPOOL_CLOSED, .json = options->json};
	OWNED_FD int lock_fd = -1;
	struct err ignored;
	bool due = true;
	int result;

	step_aside();
	catalog_limit_memory(CREW_CATALOG_BYTES);
	if (spool_open(options->settings, "archive", &run.spool, err) < 0)
		return -1;
	result = choose_night(&run, options->night, err);
	if (result == 0 && options->missed)
		result = is_due(&run, &due, err);
	if (result == 0 && due)
		result = be_alone(&run, &lock_fd, err);
	if (result == 0 && due) {
		result = run_alone(&run, err);
		/* It ends by itself, too. */
		(void)lease_release(run.spool.catalog, LEASE, run.spool.settings.node, &ignored);
	}
	free(run.tasks);
	spool_close(&run.spool);
	return result;
}
