/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/archive_crew.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/number.h"
#include "base/process.h"
#include "batch/archive_build.h"
#include "spool/program.h"

enum { WORKERS_MOST = 16, WORKERS_BY_DEFAULT = 4, LOOK_MS = 50 };

/* The shared page. */
struct board {
	struct archive_progress progress;
	_Atomic int64_t next;
	_Atomic int64_t later;
	_Atomic int64_t refused;
	int64_t count;
	int64_t ids[];
};

/* A crew at work. */
struct crew {
	const struct spool *spool;
	const struct crew_work *work;
	struct board *board;
	struct process workers[WORKERS_MOST];
	int64_t started;
	int64_t told; /* when keep() was called, and the progress shown, last */
};

static size_t board_size(int64_t count)
{
	return sizeof(struct board) + (size_t)count * sizeof(int64_t);
}

static int map_board(int fd, size_t size, struct board **ret_board, struct err *err)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (at == MAP_FAILED)
		return err_sys(err, "map the shared page");
	*ret_board = at;
	return 0;
}

static int make_board(
    const struct crew_work *work, int *ret_fd, struct board **ret_board, struct err *err)
{
	OWNED_FD int fd = memfd_create("archives", MFD_CLOEXEC);
	struct board *board = NULL;

	if (fd < 0 || ftruncate(fd, (off_t)board_size(work->count)) < 0)
		return err_sys(err, "make the shared page");
	if (map_board(fd, board_size(work->count), &board, err) < 0)
		return -1;
	board->count = work->count;
	for (int64_t i = 0; i < work->count; i++)
		board->ids[i] = work->ids[i];
	*ret_board = board;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static int count_workers(const struct spool *spool, const struct crew_work *work)
{
	int64_t count = spool->settings.archive_workers;

	if (count == 0) {
		count = sysconf(_SC_NPROCESSORS_ONLN);
		count = count > WORKERS_BY_DEFAULT ? WORKERS_BY_DEFAULT : count;
	}
	count = count > work->count ? work->count : count;
	return count < 1 ? 1 : (int)count;
}

static int start_workers(struct crew *crew, int board_fd, struct err *err)
{
	int count = count_workers(crew->spool, crew->work);
	char path[PATH_MAX];
	const char *argv[] = {path, CREW_WORKER_OPTION, crew->spool->settings.path, NULL};

	if (process_sibling("edelivery-archive", path, sizeof(path), err) < 0)
		return -1;
	for (int i = 0; i < count; i++)
		if (process_start(argv, &board_fd, 1, &crew->workers[i], err) < 0)
			return -1;
	return 0;
}

/* "1,204 of 20,000 letters, 48 of 800 MB, 0:42 left", over itself. */
static void show_progress(const struct crew *crew)
{
	int64_t letters = atomic_load(&crew->board->progress.letters);
	int64_t bytes = atomic_load(&crew->board->progress.bytes);
	int64_t seconds = 0;

	if (!isatty(STDERR_FILENO))
		return;
	if (bytes > 0)
		seconds = (int64_t)((double)(clock_elapsed() - crew->started) / (double)bytes *
		                    (double)(crew->work->bytes - bytes) / (double)SECOND);
	(void)fprintf(stderr,
	    "\r%" PRId64 " of %" PRId64 " letters, %" PRId64 " of %" PRId64 " MB, %" PRId64
	    ":%02d left \033[K",
	    letters, crew->work->letters, bytes / 1000000, crew->work->bytes / 1000000,
	    seconds / 60, (int)(seconds % 60));
}

static void end_progress(void)
{
	if (isatty(STDERR_FILENO))
		(void)fprintf(stderr, "\r\033[K");
}

/* Reap those that have ended; one that did not end well leaves an archive for a later try. */
static bool any_is_at_work(struct crew *crew)
{
	bool any = false;

	for (int i = 0; i < WORKERS_MOST; i++) {
		struct process *worker = &crew->workers[i];
		char how[32];
		int status = 0;

		if (process_has_ended(worker, &status) && status != 0) {
			process_print_end(status, how);
			log_error("text=\"a worker ended: %s\"", how);
			atomic_fetch_add(&crew->board->later, 1);
		}
		any |= worker->pid != 0;
	}
	return any;
}

static int wait_for_workers(
    struct crew *crew, int (*keep)(void *arg, struct err *err), void *arg, struct err *err)
{
	while (any_is_at_work(crew)) {
		(void)usleep(LOOK_MS * 1000);
		if (clock_elapsed() - crew->told < SECOND)
			continue;
		crew->told = clock_elapsed();
		show_progress(crew);
		if (keep(arg, err) < 0)
			return -1;
	}
	return 0;
}

int crew_run(const struct spool *spool, const struct crew_work *work,
    int (*keep)(void *arg, struct err *err), void *arg, struct crew_result *ret_result,
    struct err *err)
{
	struct crew crew = {.spool = spool, .work = work, .started = clock_elapsed()};
	OWNED_FD int board_fd = -1;
	int result;

	if (make_board(work, &board_fd, &crew.board, err) < 0)
		return -1;
	result = start_workers(&crew, board_fd, err);
	if (result == 0)
		result = wait_for_workers(&crew, keep, arg, err);
	for (int i = 0; i < WORKERS_MOST; i++)
		process_stop(&crew.workers[i], SECOND);
	end_progress();
	*ret_result = (struct crew_result){
	    atomic_load(&crew.board->later), atomic_load(&crew.board->refused)};
	(void)munmap(crew.board, board_size(work->count));
	return result;
}

/* Take one archive after the other until none is left. */
static void build_all(const struct archive_builder *builder, struct board *board)
{
	struct err err;

	for (;;) {
		int64_t at = atomic_fetch_add(&board->next, 1);

		if (at >= board->count)
			return;
		if (archive_build(builder, board->ids[at], &err) == 0)
			continue;
		log_error("text=\"%s\"", err.text);
		if (program_status(err.kind) == STATUS_TRY_AGAIN)
			atomic_fetch_add(&board->later, 1);
		else
			atomic_fetch_add(&board->refused, 1);
	}
}

int crew_be_worker(const char *settings, int board_fd)
{
	OWNED_SPOOL struct spool spool = SPOOL_CLOSED;
	struct archive_signer *signer = NULL;
	struct board *board = NULL;
	struct stat st;
	struct err err;

	if (fstat(board_fd, &st) < 0 || (size_t)st.st_size < sizeof(*board)) {
		log_error("text=\"not started by a run: no shared page\"");
		return STATUS_CALLED_WRONGLY;
	}
	catalog_limit_memory(CREW_CATALOG_BYTES);
	if (spool_open(settings, "archive", &spool, &err) < 0 ||
	    archive_signer_new(&spool.settings, &signer, &err) < 0 ||
	    map_board(board_fd, (size_t)st.st_size, &board, &err) < 0) {
		log_error("text=\"%s\"", err.text);
		archive_signer_free(signer);
		return program_status(err.kind);
	}
	build_all(&(struct archive_builder){&spool, signer, &board->progress}, board);
	archive_signer_free(signer);
	(void)munmap(board, (size_t)st.st_size);
	return STATUS_DONE;
}
