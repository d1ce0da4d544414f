/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A broker that speaks server/request.h and knows nothing of accounts: a process of its own that
 * serves one tree, the same to everybody.
 *
 *	/                     folder
 *	/file                 STUB_FILE_SIZE bytes, stub_byte() each; /empty has none
 *	/folder               the entries "entry-000000", ...; /long has LONG_NAMES long names
 *	/nothing              folder without entries
 *	/denied, /later       ANSWER_DENIED "you may not", ANSWER_FAILURE "come back later"
 *	/wrong                an answer that is none
 *	/new/a                can be removed
 *	/drop/a               can be uploaded (STUB_UPLOAD_MAX bytes), made, renamed, and set;
 *	                      closed as not whole it is refused with the reason that was given
 *	/drop/null            the same, but no sync of it succeeds; the broker dies when it is
 *	                      closed without having been emptied
 */
#ifndef TESTS_LIB_STUB_BROKER_H
#define TESTS_LIB_STUB_BROKER_H

#include <stdint.h>
#include <sys/types.h>

/* A quarter of every file's hash, as it tells it. */
#define STUB_HASH "ab00000000000000"

enum {
	STUB_FILE_SIZE = 600000,
	STUB_CHANGED = 1553688000, /* seconds: of everything */
	STUB_LONG_NAMES = 300,
	STUB_UPLOAD_MAX = 100000,
};

struct stub_broker {
	pid_t pid;
	int channel; /* the session's end */
};

/* The byte of /file at offset. */
uint8_t stub_byte(uint64_t offset);

/* Start it, with so many entries in /folder. Dies when that does not work. */
void stub_broker_start(struct stub_broker *broker, unsigned entries);

/* Let it die as a crash would; stopping it closes the channel, too. */
void stub_broker_kill(struct stub_broker *broker);
void stub_broker_stop(struct stub_broker *broker);

#endif
