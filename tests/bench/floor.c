/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor of posting: what cannot be done without, and nothing else.
 *
 *	bench-floor DROP LETTERS CATALOG BATCH [PAUSE]
 *
 * Every file of DROP/<folder>/ is hashed (SHA-256 and CRC-32, on both cores), made durable, renamed
 * to where a letter's place is, LETTERS/<hh>/<folder>/edelivery/, made durable there, and gets a
 * row in a database of its own, CATALOG: BATCH at a time, with a syncfs for the bytes, one for the
 * names and one commit. So what has a row is there after a power cut; but it finds nothing out,
 * checks nothing, and does not know what a crash left between. Prints letters, and the seconds
 * since its database was open, less the PAUSE of so many milliseconds before each batch, in which
 * its files are written anew, as their jobs would just have done: they are not on disk yet.
 */
#include <dirent.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/number.h"

enum { CHUNK = 128 * 1024, SYNCFS_FROM = 64 };

struct letter {
	char *folder;
	char *place; /* of the folder, below LETTERS */
	char *name;
	bool makes_place; /* its folder was not there */
	int fd;
	unsigned char hash[32];
	uint32_t crc;
	off_t size;
};

struct work {
	struct letter *letters;
	size_t count;
	atomic_size_t next;
	int drop_fd;
};

static void must(int done, const char *what)
{
	if (done)
		return;
	perror(what);
	abort();
}

static void hash_one(struct letter *letter, int drop_fd, EVP_MD_CTX *context, unsigned char *chunk)
{
	char path[512];
	ssize_t count;

	(void)snprintf(path, sizeof(path), "%s/%s", letter->folder, letter->name);
	letter->fd = openat(drop_fd, path, O_RDONLY | O_CLOEXEC);
	must(letter->fd >= 0, path);
	(void)EVP_DigestInit_ex2(context, EVP_sha256(), NULL);
	while ((count = read(letter->fd, chunk, CHUNK)) > 0) {
		(void)EVP_DigestUpdate(context, chunk, (size_t)count);
		letter->crc = libdeflate_crc32(letter->crc, chunk, (size_t)count);
		letter->size += count;
	}
	(void)EVP_DigestFinal_ex(context, letter->hash, NULL);
}

static void *hash_some(void *arg)
{
	static _Thread_local unsigned char chunk[CHUNK];
	struct work *work = arg;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	size_t i;

	while ((i = atomic_fetch_add(&work->next, 1)) < work->count)
		hash_one(&work->letters[i], work->drop_fd, context, chunk);
	EVP_MD_CTX_free(context);
	return NULL;
}

/* A syncfs of everything, or an fsync for each of few. */
static void sync_bytes(const struct letter *letters, size_t count)
{
	if (count >= SYNCFS_FROM) {
		must(syncfs(letters[0].fd) == 0, "syncfs");
		return;
	}
	for (size_t i = 0; i < count; i++)
		must(fsync(letters[i].fd) == 0, "fsync");
}

/* The folder; and those above it, where they are new. */
static void sync_place(int letters_fd, const char *place, bool is_new)
{
	char part[64];

	for (size_t i = is_new ? 0 : strlen(place); i <= strlen(place); i++) {
		int fd;

		if (i > 0 && place[i] != '/' && place[i] != '\0')
			continue;
		(void)snprintf(part, sizeof(part), "%.*s", (int)i, place);
		fd = openat(letters_fd, i > 0 ? part : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		must(fd >= 0 && fsync(fd) == 0, place);
		(void)close(fd);
	}
}

static void sync_names(const struct letter *letters, size_t count, int letters_fd)
{
	if (count >= SYNCFS_FROM) {
		must(syncfs(letters_fd) == 0, "syncfs");
		return;
	}
	for (size_t i = 0; i < count; i++)
		sync_place(letters_fd, letters[i].place, letters[i].makes_place);
}

/* The folder and those above it. */
static void make_place(int letters_fd, const char *place)
{
	char part[64];

	for (size_t i = 1; i <= strlen(place); i++) {
		if (place[i] != '/' && place[i] != '\0')
			continue;
		(void)snprintf(part, sizeof(part), "%.*s", (int)i, place);
		(void)mkdirat(letters_fd, part, 0750);
	}
}

static void rename_all(struct letter *letters, size_t count, int drop_fd, int letters_fd)
{
	char from[512];
	char to[512];

	for (size_t i = 0; i < count; i++) {
		(void)snprintf(from, sizeof(from), "%s/%s", letters[i].folder, letters[i].name);
		(void)snprintf(to, sizeof(to), "%s/%s", letters[i].place, letters[i].name);
		if (renameat(drop_fd, from, letters_fd, to) == 0)
			continue;
		make_place(letters_fd, letters[i].place);
		letters[i].makes_place = true;
		must(renameat(drop_fd, from, letters_fd, to) == 0, to);
	}
}

static void commit_all(
    const struct letter *letters, size_t count, sqlite3 *db, sqlite3_stmt *insert)
{
	must(sqlite3_exec(db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK, "BEGIN");
	for (size_t i = 0; i < count; i++) {
		(void)sqlite3_bind_text(insert, 1, letters[i].folder, -1, SQLITE_STATIC);
		(void)sqlite3_bind_text(insert, 2, letters[i].name, -1, SQLITE_STATIC);
		(void)sqlite3_bind_int64(insert, 3, letters[i].size);
		(void)sqlite3_bind_blob(insert, 4, letters[i].hash, 32, SQLITE_STATIC);
		(void)sqlite3_bind_int64(insert, 5, letters[i].crc);
		must(sqlite3_step(insert) == SQLITE_DONE, "INSERT");
		(void)sqlite3_reset(insert);
	}
	must(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK, "COMMIT");
}

static void post(struct letter *letters, size_t count, int drop_fd, int letters_fd, sqlite3 *db,
    sqlite3_stmt *insert)
{
	struct work work = {.letters = letters, .count = count, .drop_fd = drop_fd};
	pthread_t helper;
	int helped = count > 1 && pthread_create(&helper, NULL, hash_some, &work) == 0;

	(void)hash_some(&work);
	if (helped)
		(void)pthread_join(helper, NULL);
	sync_bytes(letters, count);
	rename_all(letters, count, drop_fd, letters_fd);
	sync_names(letters, count, letters_fd);
	commit_all(letters, count, db, insert);
	for (size_t i = 0; i < count; i++)
		(void)close(letters[i].fd);
}

/* As in the spool: <hh>/<folder>/edelivery, <hh> being how the SHA-256 of its name begins. */
static char *place_of(const char *folder)
{
	unsigned char hash[32];
	char place[64];

	must(EVP_Digest(folder, strlen(folder), hash, NULL, EVP_sha256(), NULL) == 1, "EVP_Digest");
	(void)snprintf(place, sizeof(place), "%02x/%.32s/edelivery", hash[0], folder);
	return mem_dup(place);
}

static struct letter *list(const char *drop, size_t *ret_count)
{
	struct letter *letters = NULL;
	DIR *folders = opendir(drop);
	const struct dirent *folder;
	size_t count = 0;

	must(folders != NULL, drop);
	while ((folder = readdir(folders)) != NULL) {
		char path[512];
		char *place;
		const struct dirent *file;
		DIR *files;

		(void)snprintf(path, sizeof(path), "%s/%s", drop, folder->d_name);
		files = folder->d_name[0] == '.' ? NULL : opendir(path);
		place = place_of(folder->d_name);
		while (files && (file = readdir(files)) != NULL) {
			if (file->d_name[0] == '.')
				continue;
			letters = mem_grow(letters, count, sizeof(*letters));
			letters[count++] = (struct letter){.folder = mem_dup(folder->d_name),
			    .place = place,
			    .name = mem_dup(file->d_name),
			    .fd = -1};
		}
		if (files)
			(void)closedir(files);
	}
	(void)closedir(folders);
	*ret_count = count;
	return letters;
}

static void write_anew(const struct letter *letter, int drop_fd)
{
	static unsigned char bytes[CHUNK];
	char path[512];
	char next[512];
	ssize_t count;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", letter->folder, letter->name);
	(void)snprintf(next, sizeof(next), "%s/.next", letter->folder);
	fd = openat(drop_fd, path, O_RDONLY | O_CLOEXEC);
	count = fd < 0 ? -1 : read(fd, bytes, sizeof(bytes));
	must(count >= 0, path);
	(void)close(fd);
	/* ext4 would begin to write what is renamed over another file. */
	must(unlinkat(drop_fd, path, 0) == 0, path);
	fd = openat(drop_fd, next, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	must(fd >= 0 && write(fd, bytes, (size_t)count) == count && close(fd) == 0, next);
	must(renameat(drop_fd, next, drop_fd, path) == 0, path);
}

/* So many milliseconds, in which the letters are written; returns how long it was. */
static int64_t wait_for(int64_t pause, const struct letter *letters, size_t count, int drop_fd)
{
	int64_t begin = clock_elapsed();

	if (pause == 0)
		return 0;
	(void)usleep((useconds_t)pause * 1000);
	for (size_t i = 0; i < count; i++)
		write_anew(&letters[i], drop_fd);
	return clock_elapsed() - begin;
}

int main(int argc, char **argv)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *insert = NULL;
	struct letter *letters;
	int64_t batch = 0;
	int64_t pause = 0;
	int64_t begin;
	struct err err;
	size_t count = 0;
	int drop_fd;
	int letters_fd;

	if (argc < 5 || argc > 6 || number_parse(argv[4], &batch, &err) < 0 || batch < 1 ||
	    (argc > 5 && number_parse(argv[5], &pause, &err) < 0)) {
		(void)fprintf(stderr, "usage: bench-floor DROP LETTERS CATALOG BATCH [PAUSE]\n");
		return 2;
	}
	drop_fd = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	letters_fd = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(drop_fd >= 0 && letters_fd >= 0, "open");
	must(sqlite3_open(argv[3], &db) == SQLITE_OK, argv[3]);
	must(
	    sqlite3_exec(db,
	        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
	        "CREATE TABLE IF NOT EXISTS letter (folder TEXT, name TEXT, size INTEGER, hash BLOB,"
	        " crc INTEGER)",
	        NULL, NULL, NULL) == SQLITE_OK,
	    "CREATE");
	must(sqlite3_prepare_v2(
	         db, "INSERT INTO letter VALUES (?, ?, ?, ?, ?)", -1, &insert, NULL) == SQLITE_OK,
	    "prepare");
	begin = clock_elapsed();
	letters = list(argv[1], &count);
	for (size_t at = 0; at < count; at += (size_t)batch) {
		size_t some = count - at < (size_t)batch ? count - at : (size_t)batch;

		begin += wait_for(pause, letters + at, some, drop_fd);
		post(letters + at, some, drop_fd, letters_fd, db, insert);
	}
	(void)printf("%zu letters %.6f s\n", count, (double)(clock_elapsed() - begin) / SECOND);
	(void)sqlite3_finalize(insert);
	(void)sqlite3_close(db);
	return 0;
}
