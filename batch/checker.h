/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checker: a process without any right but to read the descriptors it is handed, which
 * judges their format. What a hostile file could make of it, it makes in there.
 */
#ifndef BATCH_CHECKER_H
#define BATCH_CHECKER_H

#include "base/err.h"
#include "base/process.h"
#include "batch/format.h"

struct checker {
	struct process process;
	int channel;
};

/* A file to be judged, and what came out. */
struct check {
	int fd;
	int64_t size;
	enum letter_format format;
	const char *media; /* of FORMAT_MEDIA; borrowed */
	enum format_verdict verdict;
	char reason[FORMAT_REASON_MAX + 1];
};

/*
 * Start one: edelivery-watchd --checker, in a memory of its own. ERR_RETRY when it does not get as
 * far as to answer.
 */
int checker_start(struct checker *ret_checker, struct err *err);
void checker_stop(struct checker *checker);

/*
 * Judge count files. One that ends the checker itself is FORMAT_WRONG, and a new checker goes
 * on with the others. Fails only when no checker can be started.
 */
int checker_judge(struct checker *checker, struct check *checks, size_t count, struct err *err);

/* The checker's whole life, in its own process: judge what comes until the channel closes. */
int checker_run(int channel);

#endif
