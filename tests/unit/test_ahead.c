/* SPDX-License-Identifier: Apache-2.0 */
#include "server/ahead.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "tests/unit/suite.h"

void add_suite_ahead(CU_pSuite suite);

#define FOLDER "/123456789/edelivery/"

/* A channel: what is asked at the first end is answered at the second, before it is asked. */
struct bench {
	int ends[2];
	struct message *message;
	struct ahead ahead;
};

static void bench_open(struct bench *bench)
{
	struct err err;

	*bench = (struct bench){.message = mem_new(1, sizeof(*bench->message))};
	CU_ASSERT_EQUAL_FATAL(message_channel(bench->ends, &err), 0);
}

static void bench_close(struct bench *bench)
{
	(void)close(bench->ends[0]);
	(void)close(bench->ends[1]);
	ahead_done(&bench->ahead);
	free(bench->message);
}
#define OWNED_BENCH OWNED(bench_close)

/* The answer that the broker will give: entries of these names, or none such. */
static void will_answer(struct bench *bench, enum request request, const char *names)
{
	struct message *out = bench->message;
	struct err err;

	message_start(out, request);
	message_put_int(out, names[0] ? ANSWER_OK : ANSWER_NO_SUCH_FILE);
	if (request == REQUEST_FIND_MORE && names[0])
		message_put_int(out, (int64_t)strlen(names));
	for (; *names; names++) {
		const char name[] = {*names, '\0'};

		message_put_text(out, name);
		message_put_int(out, 0);
		message_put_int(out, *names);
		message_put_int(out, 1);
	}
	CU_ASSERT_EQUAL(message_send(bench->ends[1], out, &err), 0);
}

/* Was that the question? */
static bool was_asked(struct bench *bench, enum request request)
{
	enum message_state state = MESSAGE_NONE;
	struct err err;

	CU_ASSERT_EQUAL(message_receive(bench->ends[1], bench->message, &state, &err), 0);
	return state == MESSAGE_GOT && bench->message->kind == request;
}

static enum answer find(struct bench *bench, const char *path, int64_t size)
{
	struct entry entry = {.size = -1};
	struct reply reply = {.answer = ANSWER_COUNT};
	struct err err;

	CU_ASSERT_EQUAL(ahead_find(&bench->ahead, bench->ends[0], path, &entry, &reply, &err), 0);
	CU_ASSERT_EQUAL(entry.size, size);
	return reply.answer;
}

/* One name of a folder, and the one behind it, whose answer tells of two more. */
static void begin(struct bench *bench)
{
	bench_open(bench);
	will_answer(bench, REQUEST_FIND, "a");
	CU_ASSERT_EQUAL(find(bench, FOLDER "a", 'a'), ANSWER_OK);
	CU_ASSERT_TRUE(was_asked(bench, REQUEST_FIND));
	will_answer(bench, REQUEST_FIND_MORE, "bce");
	CU_ASSERT_EQUAL(find(bench, FOLDER "b", 'b'), ANSWER_OK);
	CU_ASSERT_TRUE(was_asked(bench, REQUEST_FIND_MORE));
}

/* Whoever waited for a broker here would wait in vain: no answer is on its way. */
static void who_goes_on_by_name_is_answered_without_the_broker(void)
{
	OWNED_BENCH struct bench bench;

	begin(&bench);
	CU_ASSERT_EQUAL(find(&bench, FOLDER "c", 'c'), ANSWER_OK);
	CU_ASSERT_EQUAL(find(&bench, FOLDER "e", 'e'), ANSWER_OK);
	CU_ASSERT_EQUAL(find(&bench, FOLDER "c", 'c'), ANSWER_OK);
}

static void who_does_not_go_on_asks_for_one(void)
{
	static const char *const others[] = {
	    FOLDER "a", "/123456789/c", FOLDER "sub/c", "/999999999/edelivery/c", "/"};

	for (size_t i = 0; i < COUNT(others); i++) {
		OWNED_BENCH struct bench bench;

		begin(&bench);
		will_answer(&bench, REQUEST_FIND, "x");
		CU_ASSERT_EQUAL(find(&bench, others[i], 'x'), ANSWER_OK);
		CU_ASSERT_TRUE(was_asked(&bench, REQUEST_FIND));
	}
}

/* Jobs name the letters of all AVRS IDs alike. */
static void another_folder_has_letters_of_its_own(void)
{
	OWNED_BENCH struct bench bench;

	begin(&bench);
	CU_ASSERT_EQUAL(find(&bench, FOLDER "e", 'e'), ANSWER_OK);
	will_answer(&bench, REQUEST_FIND, "x");
	CU_ASSERT_EQUAL(find(&bench, "/987654321/edelivery/x", 'x'), ANSWER_OK);
	CU_ASSERT_TRUE(was_asked(&bench, REQUEST_FIND));
	will_answer(&bench, REQUEST_FIND_MORE, "");
	CU_ASSERT_EQUAL(find(&bench, "/987654321/edelivery/c", -1), ANSWER_NO_SUCH_FILE);
	CU_ASSERT_TRUE(was_asked(&bench, REQUEST_FIND_MORE));
}

/* Such as a letter that is still being posted: the broker knows what to say. */
static void what_was_not_told_is_asked_for(void)
{
	OWNED_BENCH struct bench bench;

	begin(&bench);
	CU_ASSERT_EQUAL(find(&bench, FOLDER "c", 'c'), ANSWER_OK);
	will_answer(&bench, REQUEST_FIND_MORE, "");
	CU_ASSERT_EQUAL(find(&bench, FOLDER "d", -1), ANSWER_NO_SUCH_FILE);
	CU_ASSERT_TRUE(was_asked(&bench, REQUEST_FIND_MORE));
}

/* The broker looks for the next ones in vain once, not for each of them. */
static void who_needs_none_of_the_next_asks_for_one_until_the_next_listing(void)
{
	OWNED_BENCH struct bench bench;

	begin(&bench);
	for (int i = 0; i < 2; i++) {
		will_answer(&bench, REQUEST_FIND, "x");
		CU_ASSERT_EQUAL(find(&bench, FOLDER "x", 'x'), ANSWER_OK);
		CU_ASSERT_TRUE(was_asked(&bench, REQUEST_FIND));
	}
	ahead_begin(&bench.ahead);
	will_answer(&bench, REQUEST_FIND_MORE, "xyz");
	CU_ASSERT_EQUAL(find(&bench, FOLDER "x", 'x'), ANSWER_OK);
	CU_ASSERT_TRUE(was_asked(&bench, REQUEST_FIND_MORE));
	CU_ASSERT_EQUAL(find(&bench, FOLDER "z", 'z'), ANSWER_OK);
}

/* A letter in new/ of all AVRS IDs is told by its own name, which another path could have. */
static void one_entry_alone_is_not_kept(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	will_answer(&bench, REQUEST_FIND, "a");
	CU_ASSERT_EQUAL(find(&bench, "/new/a", 'a'), ANSWER_OK);
	CU_ASSERT_TRUE(was_asked(&bench, REQUEST_FIND));
	will_answer(&bench, REQUEST_FIND_MORE, "z");
	CU_ASSERT_EQUAL(find(&bench, "/new/1_z", 'z'), ANSWER_OK);
	CU_ASSERT_TRUE(was_asked(&bench, REQUEST_FIND_MORE));
	will_answer(&bench, REQUEST_FIND, "");
	CU_ASSERT_EQUAL(find(&bench, "/new/z", -1), ANSWER_NO_SUCH_FILE);
	CU_ASSERT_TRUE(was_asked(&bench, REQUEST_FIND));
}

static void what_was_told_is_soon_forgotten(void)
{
	const struct timespec pause = {.tv_nsec = 510 * 1000 * 1000};
	OWNED_BENCH struct bench bench;

	begin(&bench);
	CU_ASSERT_EQUAL(find(&bench, FOLDER "c", 'c'), ANSWER_OK);
	(void)nanosleep(&pause, NULL);
	will_answer(&bench, REQUEST_FIND_MORE, "");
	CU_ASSERT_EQUAL(find(&bench, FOLDER "c", -1), ANSWER_NO_SUCH_FILE);
	CU_ASSERT_TRUE(was_asked(&bench, REQUEST_FIND_MORE));
}

static void an_entry_that_is_none_ends_the_session(void)
{
	OWNED_BENCH struct bench bench;
	struct entry entry;
	struct reply reply;
	struct err err;

	begin(&bench);
	bench.ahead.page->length -= 4;
	CU_ASSERT_EQUAL(
	    ahead_find(&bench.ahead, bench.ends[0], FOLDER "f", &entry, &reply, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_GONE);
}

void add_suite_ahead(CU_pSuite suite)
{
	TEST(who_goes_on_by_name_is_answered_without_the_broker);
	TEST(who_does_not_go_on_asks_for_one);
	TEST(another_folder_has_letters_of_its_own);
	TEST(what_was_not_told_is_asked_for);
	TEST(who_needs_none_of_the_next_asks_for_one_until_the_next_listing);
	TEST(one_entry_alone_is_not_kept);
	TEST(what_was_told_is_soon_forgotten);
	TEST(an_entry_that_is_none_ends_the_session);
}
