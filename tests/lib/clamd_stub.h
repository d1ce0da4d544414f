/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A clamd that says what a file tells it to, by how the file begins:
 *
 *	virus      it is infected with Test.Virus
 *	broken     clamd cannot judge it
 *	large      it is too large, and the connection is closed
 *	later      its answer comes after the next one
 *	silent     it has no answer
 *	hang up    the connection is closed
 *	garbage    what comes is no answer; "other": one about a file that was not sent
 *
 * Any other file is clean.
 */
#ifndef TESTS_LIB_CLAMD_STUB_H
#define TESTS_LIB_CLAMD_STUB_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct clamd_stub {
	pthread_t thread;
	int fd; /* it listens on that, or talks over it */
	bool listens;
	atomic_int connections;
	atomic_size_t bytes; /* of files that it was sent */
};

/* Serve whoever connects to the socket path. Dies when it cannot. */
void clamd_stub_listen(struct clamd_stub *stub, const char *path);

/* Serve one connection; its other end, which does not block, is the caller's. */
void clamd_stub_talk(struct clamd_stub *stub, int *ret_fd);

/* What was connected is closed; talking ends when the other end is closed, too. */
void clamd_stub_end(struct clamd_stub *stub);

#endif
