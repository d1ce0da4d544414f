/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/taking.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/drops.h"
#include "tests/unit/suite.h"

void add_suite_taking(CU_pSuite suite);

enum { MANY = 3 };

#define ABC_SHA256 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

/* Dropped files with "abc" in them, looked at and to be posted. */
static void look_at(struct drops *drops, size_t count, struct drop ret_drops[])
{
	for (size_t i = 0; i < count; i++) {
		char path[64];

		(void)snprintf(path, sizeof(path), DROPS_AVRS_ID "/EFT_%zu.pdf", i);
		drops_write(drops, path, "abc");
		drops_look(drops, path, &ret_drops[i]);
	}
}

/* One without a thread, and several with one. */
static void what_is_taken_is_hashed(void)
{
	static const size_t counts[] = {1, MANY};

	for (size_t i = 0; i < COUNT(counts); i++) {
		OWNED_DROPS struct drops drops;
		struct drop taken[MANY];
		struct err err;

		drops_open(&drops, "");
		look_at(&drops, counts[i], taken);
		CU_ASSERT_EQUAL(taking_end(taking_begin(drops.taker, taken, counts[i]), &err), 0);
		for (size_t j = 0; j < counts[i]; j++) {
			CU_ASSERT_EQUAL(taken[j].verdict, VERDICT_POST);
			CU_ASSERT_STRING_EQUAL(taken[j].letter.sha256, ABC_SHA256);
			drop_done(&taken[j]);
		}
	}
}

/* There is no folder any more for the copies of what other links have. */
static void what_cannot_be_taken_is_counted(void)
{
	OWNED_DROPS struct drops drops;
	OWNED_FD int removed_fd = -1;
	struct taker *taker;
	struct drop taken[2];
	struct err err = {.kind = ERR_INTERNAL};

	drops_open(&drops, "");
	CU_ASSERT_EQUAL(mkdirat(drops.scratch.fd, "removed", 0700), 0);
	removed_fd = openat(drops.scratch.fd, "removed", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CU_ASSERT_EQUAL(unlinkat(drops.scratch.fd, "removed", AT_REMOVEDIR), 0);
	look_at(&drops, 2, taken);
	taken[0].doubted = taken[1].doubted = true;
	taker = taker_new(removed_fd);
	CU_ASSERT_EQUAL(taking_end(taking_begin(taker, taken, 2), &err), 2);
	CU_ASSERT_EQUAL(err.kind, ERR_RETRY);
	taker_free(taker);
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(taken[i].verdict, VERDICT_WAIT);
		drop_done(&taken[i]);
	}
}

void add_suite_taking(CU_pSuite suite)
{
	TEST(what_is_taken_is_hashed);
	TEST(what_cannot_be_taken_is_counted);
}
