/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drops letters one by one, and says how long each was on its way.
 *
 *	bench-dropper FOLDER COUNT PAUSE <LOG
 *
 * LOG is a pipe with what edelivery-watchd logs; it is waited for until it watches. A letter of
 * 40 KB is written into FOLDER, a drop folder, under a hidden name, and renamed: that is when its
 * time begins; it ends when it is told as posted. The next follows PAUSE milliseconds later. Prints
 * the seconds of each, a line each.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/number.h"

enum { SIZE = 40000, LOG_MAX = 64 * 1024 };

static const char head[] = "%PDF-1.4\n";
static const char tail[] = "\nstartxref\n0\n%%EOF\n";

static void must(int done, const char *what)
{
	if (done)
		return;
	perror(what);
	abort();
}

static void write_letter(int folder_fd, const char *name)
{
	static unsigned char letter[sizeof(head) - 1 + SIZE + sizeof(tail) - 1];
	int fd = openat(folder_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);

	memcpy(letter, head, sizeof(head) - 1);
	must(getrandom(letter + sizeof(head) - 1, SIZE, 0) == SIZE, "getrandom");
	memcpy(letter + sizeof(head) - 1 + SIZE, tail, sizeof(tail) - 1);
	must(fd >= 0 && write(fd, letter, sizeof(letter)) == (ssize_t)sizeof(letter) &&
	         close(fd) == 0,
	    name);
}

/* The next of the log's lines that says so, whatever stands before it. */
static void wait_for(const char *words)
{
	static char log[LOG_MAX + 1];
	static size_t length;
	char *found;

	while (!(found = strstr(log, words))) {
		/* One line at most is not whole yet. */
		const char *rest = strrchr(log, '\n');
		ssize_t count;

		length = strlen(rest ? rest + 1 : log);
		memmove(log, rest ? rest + 1 : log, length);
		count = read(STDIN_FILENO, log + length, LOG_MAX - length);
		must(count > 0, "watchd's log");
		length += (size_t)count;
		log[length] = '\0';
	}
	found += strlen(words);
	memmove(log, found, strlen(found) + 1);
}

/* Returns how long it was on its way, in microseconds. */
static int64_t drop_one(int folder_fd, int64_t number)
{
	char name[64];
	int64_t begin;

	(void)snprintf(name, sizeof(name), "EFT_one_%lld.pdf", (long long)number);
	write_letter(folder_fd, ".next");
	begin = clock_elapsed();
	must(renameat(folder_fd, ".next", folder_fd, name) == 0, name);
	wait_for(" posted avrs_id=");
	return clock_elapsed() - begin;
}

int main(int argc, char **argv)
{
	int64_t count = 0;
	int64_t pause = 0;
	struct err err;
	int folder_fd;

	if (argc != 4 || number_parse(argv[2], &count, &err) < 0 ||
	    number_parse(argv[3], &pause, &err) < 0) {
		(void)fprintf(stderr, "usage: bench-dropper FOLDER COUNT PAUSE <LOG\n");
		return 2;
	}
	folder_fd = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(folder_fd >= 0, argv[1]);
	wait_for(" text=\"watching ");
	for (int64_t i = 0; i < count; i++) {
		(void)printf("%.6f\n", (double)drop_one(folder_fd, i) / SECOND);
		(void)usleep((useconds_t)pause * 1000);
	}
	return 0;
}
