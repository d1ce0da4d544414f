/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/syncs.h"
#include "tests/lib/child.h"
#include "tests/lib/scratch.h"
#include "tests/unit/suite.h"

void add_suite_syncs(CU_pSuite suite);

enum { MORE_THAN_THE_QUEUE_HAS = 600 };

static void all_that_was_added_is_synced_and_forgotten(void)
{
	OWNED_SCRATCH struct scratch scratch;
	OWNED_SYNCS struct syncs *syncs = syncs_new();
	OWNED_FD int fd = -1;
	struct err err;

	scratch_open(&scratch);
	scratch_write(&scratch, "letter", "its bytes");
	fd = openat(scratch.fd, "letter", O_RDONLY | O_CLOEXEC);
	CU_ASSERT_EQUAL(syncs_run(syncs, &err), 0);
	for (int i = 0; i < MORE_THAN_THE_QUEUE_HAS; i++)
		syncs_add(syncs, i % 2 ? fd : scratch.fd, "a letter or its folder");
	CU_ASSERT_EQUAL(syncs_run(syncs, &err), 0);
	/* What is not open any more would fail now. */
	clean_fd(&fd);
	fd = -1;
	CU_ASSERT_EQUAL(syncs_run(syncs, &err), 0);
	syncs_free(NULL);
}

/* Wherever it stands: in front, where the kernel takes none, in between, or in another lot. */
static void the_first_that_cannot_be_is_named(void)
{
	static const int places[] = {0, 1, 255, 256, MORE_THAN_THE_QUEUE_HAS - 2};

	for (size_t i = 0; i < COUNT(places); i++) {
		OWNED_SCRATCH struct scratch scratch;
		OWNED_SYNCS struct syncs *syncs = syncs_new();
		OWNED_FD int path_fd = -1;
		struct err err;

		scratch_open(&scratch);
		path_fd = openat(scratch.fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
		for (int at = 0; at < MORE_THAN_THE_QUEUE_HAS; at++)
			syncs_add(syncs, at == places[i] ? path_fd : scratch.fd,
			    at == places[i] ? "what has no bytes" : "a folder");
		syncs_add(syncs, path_fd, "the next");
		CU_ASSERT_EQUAL(syncs_run(syncs, &err), -1);
		CU_ASSERT_EQUAL(err.kind, ERR_UNSYNCED);
		CU_ASSERT_STRING_EQUAL(
		    err.text, "make what has no bytes durable: Bad file descriptor");
		syncs_add(syncs, scratch.fd, "a folder");
		CU_ASSERT_EQUAL(syncs_run(syncs, &err), 0);
	}
}

/* The queue is its parent's: the kernel takes nothing from it. */
static void sync_in_a_child(const void *arg)
{
	const struct scratch *scratch = arg;
	OWNED_SYNCS struct syncs *syncs = syncs_new();
	struct err err;

	syncs_add(syncs, scratch->fd, "a folder");
	CHILD_MUST(syncs_run(syncs, &err) == 0);
	syncs_add(syncs, -1, "nothing");
	CHILD_MUST(syncs_run(syncs, &err) == -1);
	CHILD_MUST(strcmp(err.text, "make nothing durable: Bad file descriptor") == 0);
}

static void who_has_no_queue_syncs_one_behind_the_other(void)
{
	OWNED_SCRATCH struct scratch scratch;
	OWNED_SYNCS struct syncs *syncs = syncs_new();
	struct err err;

	scratch_open(&scratch);
	syncs_add(syncs, scratch.fd, "a folder");
	CU_ASSERT_EQUAL(syncs_run(syncs, &err), 0);
	CU_ASSERT(child_succeeds(sync_in_a_child, &scratch));
}

void add_suite_syncs(CU_pSuite suite)
{
	TEST(all_that_was_added_is_synced_and_forgotten);
	TEST(the_first_that_cannot_be_is_named);
	TEST(who_has_no_queue_syncs_one_behind_the_other);
}
