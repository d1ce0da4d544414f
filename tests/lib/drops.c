/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/drops.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "batch/placing.h"
#include "batch/post.h"
#include "batch/take.h"
#include "spool/letter_name.h"

enum { NOBODY = 65534 };

/* What has to work for there to be a test at all. */
static void must(bool worked, const char *what)
{
	if (worked)
		return;
	(void)fprintf(stderr, "drops: %s: %s\n", what, strerror(errno));
	abort();
}

void drops_open(struct drops *drops, const char *extra)
{
	struct err err;

	/* As the daemon does: a lease that is asked back sends it. */
	(void)signal(SIGIO, SIG_IGN);
	log_open("unit", LOG_LEVEL_ERROR);
	scratch_open(&drops->scratch);
	scratch_spool(&drops->scratch, extra, &drops->spool);
	scratch_provider(&drops->spool, DROPS_AVRS_ID);
	drops->folders = folder_cache_new(drops->spool.drop_fd);
	drops->arrivals = arrivals_new();
	must(file_open_folder(drops->spool.root_fd, "letters", &drops->letters_fd, &err) == 0,
	    "letters");
	drops->taker = taker_new(drops->letters_fd);
}

void drops_close(struct drops *drops)
{
	taker_free(drops->taker);
	(void)close(drops->letters_fd);
	arrivals_free(drops->arrivals);
	folder_cache_free(drops->folders);
	spool_close(&drops->spool);
	scratch_close(&drops->scratch);
}

/* A file of that name is kept elsewhere, so that the new one cannot get its inode. */
static void move_away(const struct drops *drops, const char *path)
{
	static unsigned moved;
	char hidden[32];

	(void)snprintf(hidden, sizeof(hidden), ".replaced-%u", moved++);
	(void)renameat(drops->spool.drop_fd, path, drops->spool.drop_fd, hidden);
}

void drops_write(const struct drops *drops, const char *path, const char *content)
{
	OWNED_FD int fd = -1;
	char folder[PATH_MAX];
	struct err err;

	file_parent(path, folder);
	if (strcmp(folder, ".") != 0)
		must(file_make_folder(drops->spool.drop_fd, folder, 0770, &err) == 0, folder);
	move_away(drops, path);
	fd = openat(drops->spool.drop_fd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0660);
	must(
	    fd >= 0 && fchmod(fd, 0660) == 0 && file_write(fd, content, strlen(content), &err) == 0,
	    path);
	/* A job's, even where root tests: what is root's is never adopted. */
	must(geteuid() != 0 || fchown(fd, NOBODY, NOBODY) == 0, path);
}

void drops_look(struct drops *drops, const char *path, struct drop *ret_drop)
{
	const char *slash = strrchr(path, '/');
	struct arrival arrival = {.name = slash + 1};
	struct drop *drop = ret_drop;
	char folder[PATH_MAX];

	file_parent(path, folder);
	if (strchr(folder, '/'))
		arrival.class = CLASS_TRADE_FILES;
	text_copy_part(arrival.avrs_id, strcspn(folder, "/") + 1, folder);
	drop_init(drop, &arrival);
	drop->folder_fd = folder_cache_open(drops->folders, folder);
	must(drop->folder_fd >= 0, folder);
	drop->fd = file_open_beneath(drop->folder_fd, drop->on_disk, O_RDONLY, 0);
	must(drop->fd >= 0, path);
	drop->leased = fcntl(drop->fd, F_SETLEASE, F_RDLCK) == 0;
	must(fstat(drop->fd, &drop->st) == 0, path);
	drop->verdict = VERDICT_POST;
	text_copy(drop->letter.avrs_id, drop->avrs_id);
	text_copy(drop->letter.dropped_name, drop->name);
	if (drop->class == CLASS_EDELIVERY)
		letter_name_type(drop->name, drop->letter.type);
	drop->letter.class = drop->class;
	drop->letter.size = drop->st.st_size;
	drop->letter.taken = clock_now();
	drop->letter.posted = drop->letter.taken;
	drop->letter.electronic = ELECTRONIC_POSTING;
}

void drops_take(struct drops *drops, const char *path, const char *content, struct drop *ret_drop)
{
	struct err err;

	drops_write(drops, path, content);
	drops_look(drops, path, ret_drop);
	must(take(drops->taker, ret_drop, 1, &err) == 0 && ret_drop->served_fd >= 0, path);
}

void drops_take_copy(
    struct drops *drops, const char *path, const char *content, struct drop *ret_drop)
{
	static const char second[] = "second-link";
	int drop_fd = drops->spool.drop_fd;
	struct err err;

	drops_write(drops, path, content);
	(void)unlinkat(drop_fd, second, 0);
	must(linkat(drop_fd, path, drop_fd, second, 0) == 0, path);
	drops_look(drops, path, ret_drop);
	must(take(drops->taker, ret_drop, 1, &err) == 0 && !ret_drop->adopted, path);
}

void (*const drops_takers[2])(struct drops *drops, const char *path, const char *content,
    struct drop *ret_drop) = {drops_take, drops_take_copy};

const char *drops_place_of(const struct drop *drop)
{
	static char path[FOLDER_PATH_MAX];

	post_path(&drop->letter, path);
	return path;
}

ino_t drops_inode_of(int folder_fd, const char *path)
{
	struct stat st = {.st_ino = 0};

	(void)fstatat(folder_fd, path, &st, AT_SYMLINK_NOFOLLOW);
	return st.st_ino;
}

bool drops_has(const struct drops *drops, const char *path)
{
	return faccessat(drops->spool.root_fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int64_t drops_number(const struct drops *drops, const char *sql)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;
	struct err err;

	if (catalog_find(drops->spool.catalog, sql, NO_VALUES, &row, &found, &err) < 0) {
		(void)fprintf(stderr, "drops: %s\n", err.text);
		abort();
	}
	return found ? statement_int(row, 0) : -1;
}

void drops_refuse(
    const struct drops *drops, const char *event, const char *table, const char *condition)
{
	char sql[512];

	if (engine_is_postgresql())
		drops_run(drops,
		    "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
		    " 'BEGIN RAISE check_violation; END'");
	(void)snprintf(sql, sizeof(sql),
	    "CREATE TRIGGER refuse BEFORE %s ON %s FOR EACH ROW WHEN (%s) %s", event, table,
	    condition,
	    engine_is_postgresql() ? "EXECUTE FUNCTION refuse()"
	                           : "BEGIN SELECT RAISE(ABORT, 'for a test'); END");
	drops_run(drops, sql);
}

void drops_allow(const struct drops *drops, const char *table)
{
	char sql[128];

	(void)snprintf(sql, sizeof(sql), "DROP TRIGGER refuse%s%s",
	    engine_is_postgresql() ? " ON " : "", engine_is_postgresql() ? table : "");
	drops_run(drops, sql);
}

void drops_forget_references(const struct drops *drops)
{
	drops_run(drops, engine_is_postgresql() ? "SET session_replication_role = replica"
	                                        : "PRAGMA foreign_keys = OFF");
}

void drops_run(const struct drops *drops, const char *sql)
{
	struct err err;

	if (catalog_run_text(drops->spool.catalog, sql, &err) == 0)
		return;
	(void)fprintf(stderr, "drops: %s: %s\n", sql, err.text);
	abort();
}

void drops_place(const struct drops *drops, struct drop *drop)
{
	struct err err;

	must(placing_end(placing_begin(&drops->spool, drop, 1, drops->spool.root_fd), &err) == 0,
	    drop->name);
}

void drops_link(const struct drops *drops, struct drop *drop)
{
	int64_t batch_id = drop->letter.batch_id;

	drop->letter.batch_id = 1;
	drops_place(drops, drop);
	drop->letter.batch_id = batch_id;
}

int drops_post(const struct drops *drops, struct drop *list, size_t count, struct err *err)
{
	if (post_record(&drops->spool, list, count, err) < 0)
		return -1;
	if (placing_end(placing_begin(&drops->spool, list, count, drops->spool.root_fd), err) < 0) {
		post_undo(&drops->spool, list, count);
		return -1;
	}
	return post_publish(&drops->spool, list, count, err);
}

void drops_ask_back(const struct drop *drop)
{
	struct stat st;
	int fd;

	/* It may be read-only already; then this one passed that check in time. */
	must(fstat(drop->fd, &st) == 0 && fchmod(drop->fd, 0660) == 0, "chmod");
	fd = openat(drop->folder_fd, drop->on_disk, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	must(fd < 0 && errno == EWOULDBLOCK, "ask a lease back");
	must(fchmod(drop->fd, st.st_mode & 07777) == 0, "chmod");
}

int drops_open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	must(dir != NULL, "/proc/self/fd");
	while (readdir(dir))
		count++;
	(void)closedir(dir);
	return count;
}

bool drops_other_file_system(const struct drops *drops, struct scratch *ret_other)
{
	struct stat here;
	struct stat there;

	(void)snprintf(ret_other->path, sizeof(ret_other->path), "/dev/shm/edelivery-unit-XXXXXX");
	if (!mkdtemp(ret_other->path))
		return false;
	ret_other->fd = open(ret_other->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(ret_other->fd >= 0 && fstat(ret_other->fd, &there) == 0 &&
	         fstat(drops->scratch.fd, &here) == 0,
	    ret_other->path);
	if (here.st_dev != there.st_dev)
		return true;
	scratch_close(ret_other);
	return false;
}
