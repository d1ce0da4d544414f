/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking clamd(8) about files, over a connection that somebody else made: one session (IDSESSION),
 * each file sent in chunks of bounded size (INSTREAM), so that it needs no right on our files.
 *
 * clamd scans what it has while the next file is sent, and answers in any order.
 */
#ifndef BATCH_CLAMD_H
#define BATCH_CLAMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CLAMD_TEXT_MAX = 120 };

enum clamd_verdict {
	CLAMD_UNANSWERED, /* the connection ended first, or it was out of time */
	CLAMD_CLEAN,
	CLAMD_INFECTED, /* text is the signature's name */
	CLAMD_FAILED,   /* text is what clamd says: it cannot judge this file */
	CLAMD_VERDICT_COUNT
};

/* A file to be judged, and what came out. */
struct clamd_file {
	int fd;
	int64_t size;
	enum clamd_verdict verdict;
	char text[CLAMD_TEXT_MAX + 1]; /* printable; of a file that is unanswered: why */
};

/* One line of clamd's, without its end: which file (from 1) it is about, and what it says. */
struct clamd_answer {
	int64_t number;
	enum clamd_verdict verdict;
	char text[CLAMD_TEXT_MAX + 1];
};

/* Pure. False: that is no answer about a file. */
bool clamd_parse(const char *line, struct clamd_answer *ret_answer);

/*
 * Have count files judged over socket_fd, a connected one that does not block; without any, ask
 * whether clamd is there. It is out of time when nothing moves for timeout_ms. going_on is called
 * whenever something moved. Returns whether clamd answered all that it was asked; *ret_reason (a
 * constant) says why not.
 */
bool clamd_scan(int socket_fd, struct clamd_file *files, size_t count, int timeout_ms,
    void (*going_on)(void *arg), void *arg, const char **ret_reason);

#endif
