/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "server/ask.h"
#include "tests/lib/drops.h"
#include "tests/unit/suite.h"

void add_suite_ask(CU_pSuite suite);

/* A channel: what is asked at the first end is answered at the second, ahead. */
struct bench {
	int ends[2];
	struct message *message;
};

static void bench_open(struct bench *bench)
{
	struct err err;

	bench->message = mem_new(1, sizeof(*bench->message));
	CU_ASSERT_EQUAL_FATAL(message_channel(bench->ends, &err), 0);
}

static void bench_close(struct bench *bench)
{
	(void)close(bench->ends[0]);
	if (bench->ends[1] >= 0)
		(void)close(bench->ends[1]);
	free(bench->message);
}
#define OWNED_BENCH OWNED(bench_close)

static void put_entry(struct message *out)
{
	message_put_text(out, "EFT_1.pdf");
	message_put_int(out, 0);
	message_put_int(out, 40960);
	message_put_int(out, 1553688000000000);
}

static bool is_that_entry(const struct entry *entry)
{
	return strcmp(entry->name, "EFT_1.pdf") == 0 && !entry->is_folder && entry->size == 40960 &&
	       entry->changed == 1553688000000000;
}

/* What a caller gave for the answers; nothing of it may change when asking fails. */
static const struct entry no_entry = {.name = "untouched", .size = 7, .changed = 7};
static const struct reply no_reply = {.answer = ANSWER_COUNT, .reason = "untouched"};

static bool is_untouched(const struct entry *entry, const struct reply *reply)
{
	return strcmp(entry->name, no_entry.name) == 0 && !entry->is_folder && entry->size == 7 &&
	       entry->changed == 7 && reply->answer == ANSWER_COUNT &&
	       strcmp(reply->reason, no_reply.reason) == 0;
}

/* Each asks, and checks what it was told: 1 yes, 0 the broker said no, -1 failed. */
static int call_key(int broker, struct reply *reply, struct err *err)
{
	enum admission admission = ADMISSION_NO;

	if (ask_key(broker, "ann", "ssh-ed25519", "AAAA", true, &admission, err) < 0) {
		CU_ASSERT_EQUAL(admission, ADMISSION_NO);
		return -1;
	}
	reply->answer = ANSWER_OK;
	CU_ASSERT_EQUAL(admission, ADMISSION_YES);
	return 1;
}

static void answer_key(struct message *out)
{
	message_put_int(out, 1);
}

static void answer_nothing(struct message *out)
{
	(void)out;
}

static int call_find(int broker, struct reply *reply, struct err *err)
{
	struct entry entry = no_entry;

	if (ask_find(broker, "/a", &entry, reply, err) < 0) {
		CU_ASSERT_TRUE(is_untouched(&entry, reply));
		return -1;
	}
	if (reply->answer != ANSWER_OK)
		return 0;
	CU_ASSERT_TRUE(is_that_entry(&entry));
	return 1;
}

/* Returns 1, or -1 where the page ends too early. */
static int get_entries(struct message *page, int64_t count, struct err *err)
{
	for (int64_t i = 0; i < count; i++) {
		struct entry entry = no_entry;

		if (ask_next_entry(page, &entry, err) < 0) {
			CU_ASSERT_TRUE(is_untouched(&entry, &no_reply));
			return -1;
		}
		CU_ASSERT_TRUE(is_that_entry(&entry));
	}
	return 1;
}

static int call_find_more(int broker, struct reply *reply, struct err *err)
{
	OWNED_MEM struct message *page = mem_new(1, sizeof(*page));
	int64_t count = -7;

	if (ask_find_more(broker, "/a", page, reply, &count, err) < 0) {
		CU_ASSERT_EQUAL(count, -7);
		CU_ASSERT_TRUE(is_untouched(&no_entry, reply));
		return -1;
	}
	if (reply->answer != ANSWER_OK)
		return 0;
	CU_ASSERT_EQUAL(count, 2);
	return get_entries(page, count, err);
}

static void answer_find_more(struct message *out)
{
	message_put_int(out, 2);
	put_entry(out);
	put_entry(out);
}

static int call_open_folder(int broker, struct reply *reply, struct err *err)
{
	OWNED_MEM struct message *page = mem_new(1, sizeof(*page));
	int64_t listing = -7;
	int64_t count = -7;

	if (ask_open_folder(broker, "/a", page, reply, &listing, &count, err) < 0) {
		CU_ASSERT_EQUAL(listing, -7);
		CU_ASSERT_EQUAL(count, -7);
		CU_ASSERT_TRUE(is_untouched(&no_entry, reply));
		return -1;
	}
	if (reply->answer != ANSWER_OK)
		return 0;
	CU_ASSERT_EQUAL(listing, LISTINGS_MAX - 1);
	CU_ASSERT_EQUAL(count, 2);
	return get_entries(page, count, err);
}

static void answer_open_folder(struct message *out)
{
	message_put_int(out, LISTINGS_MAX - 1);
	message_put_int(out, 2);
	put_entry(out);
	put_entry(out);
}

static int call_list(int broker, struct reply *reply, struct err *err)
{
	OWNED_MEM struct message *page = mem_new(1, sizeof(*page));
	int64_t count = -7;
	bool more = false;

	if (ask_list(broker, 3, page, reply, &count, &more, err) < 0) {
		CU_ASSERT_EQUAL(count, -7);
		CU_ASSERT_FALSE(more);
		CU_ASSERT_TRUE(is_untouched(&no_entry, reply));
		return -1;
	}
	if (reply->answer != ANSWER_OK)
		return 0;
	CU_ASSERT_EQUAL(count, 2);
	CU_ASSERT_TRUE(more);
	return get_entries(page, count, err);
}

static void answer_list(struct message *out)
{
	message_put_int(out, 1);
	message_put_int(out, 2);
	put_entry(out);
	put_entry(out);
}

/* That file, whose descriptor is closed with it. */
static void expect_opened(const struct opened *opened, int64_t letter)
{
	struct stat st;

	CU_ASSERT_TRUE(is_that_entry(&opened->entry));
	CU_ASSERT_EQUAL(opened->entry.letter, letter);
	CU_ASSERT_EQUAL(fstat(opened->fd, &st), 0);
	CU_ASSERT_TRUE(S_ISCHR(st.st_mode));
	(void)close(opened->fd);
}

static int call_open(int broker, struct reply *reply, struct err *err)
{
	struct opened opened = {no_entry, -7};

	if (ask_open(broker, "/a", &opened, reply, err) < 0) {
		CU_ASSERT_EQUAL(opened.fd, -7);
		CU_ASSERT_TRUE(is_untouched(&opened.entry, reply));
		return -1;
	}
	if (reply->answer != ANSWER_OK) {
		CU_ASSERT_EQUAL(opened.fd, -7);
		return 0;
	}
	expect_opened(&opened, 17);
	return 1;
}

static int call_open_next(int broker, struct reply *reply, struct err *err)
{
	OWNED_MEM struct opened_next *opened = mem_new(1, sizeof(*opened));

	opened->file.fd = -7;
	opened->reports = -7;
	if (ask_open_next(broker, "/a", OPEN_AS_LISTED, 5, opened, reply, err) < 0) {
		CU_ASSERT_EQUAL(opened->file.fd, -7);
		CU_ASSERT_EQUAL(opened->reports, -7);
		CU_ASSERT_TRUE(is_untouched(&no_entry, reply));
		return -1;
	}
	if (reply->answer != ANSWER_OK)
		return 0;
	expect_opened(&opened->file, 17);
	CU_ASSERT_EQUAL(close(opened->reports), 0);
	CU_ASSERT_EQUAL(opened->count, 2);
	expect_opened(&opened->letters[0], 18);
	expect_opened(&opened->letters[1], 19);
	return 1;
}

static void answer_open_next(struct message *out)
{
	put_entry(out);
	message_put_int(out, 17);
	message_put_int(out, 1);
	message_put_int(out, 2);
	for (int i = 18; i <= 19; i++) {
		put_entry(out);
		message_put_int(out, i);
	}
}

static void answer_open(struct message *out)
{
	put_entry(out);
	message_put_int(out, 17);
}

static int call_remove(int broker, struct reply *reply, struct err *err)
{
	if (ask_remove(broker, "/new/a", reply, err) < 0) {
		CU_ASSERT_TRUE(is_untouched(&no_entry, reply));
		return -1;
	}
	return reply->answer == ANSWER_OK;
}

static int call_space(int broker, struct reply *reply, struct err *err)
{
	struct space space = {.blocks = -7};

	if (ask_space(broker, "/a", &space, reply, err) < 0) {
		CU_ASSERT_EQUAL(space.blocks, -7);
		CU_ASSERT_TRUE(is_untouched(&no_entry, reply));
		return -1;
	}
	if (reply->answer != ANSWER_OK)
		return 0;
	CU_ASSERT_EQUAL(space.block_size, 1);
	CU_ASSERT_EQUAL(space.blocks, 2);
	CU_ASSERT_EQUAL(space.free_blocks, 3);
	CU_ASSERT_EQUAL(space.files, 4);
	CU_ASSERT_EQUAL(space.free_files, 5);
	CU_ASSERT_TRUE(space.is_read_only);
	return 1;
}

static void answer_space(struct message *out)
{
	for (int i = 1; i <= 5; i++)
		message_put_int(out, i);
	message_put_int(out, 1);
}

#define SOME_HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static int call_hash(int broker, struct reply *reply, struct err *err)
{
	char hash[SHA256_HEX + 1] = "untouched";

	if (ask_hash(broker, "/a", hash, reply, err) < 0) {
		CU_ASSERT_STRING_EQUAL(hash, "untouched");
		CU_ASSERT_TRUE(is_untouched(&no_entry, reply));
		return -1;
	}
	if (reply->answer != ANSWER_OK)
		return 0;
	CU_ASSERT_STRING_EQUAL(hash, SOME_HASH);
	return 1;
}

static void answer_hash(struct message *out)
{
	message_put_text(out, SOME_HASH);
}

static int call_upload(int broker, struct reply *reply, struct err *err)
{
	struct uploading uploading = {.entry = no_entry, .fd = -7};
	struct stat st;

	if (ask_upload(broker, "/drop/a", UPLOAD_CREATE, &uploading, reply, err) < 0) {
		CU_ASSERT_EQUAL(uploading.fd, -7);
		CU_ASSERT_TRUE(is_untouched(&uploading.entry, reply));
		return -1;
	}
	if (reply->answer != ANSWER_OK) {
		CU_ASSERT_EQUAL(uploading.fd, -7);
		return 0;
	}
	CU_ASSERT_TRUE(is_that_entry(&uploading.entry));
	CU_ASSERT_EQUAL(uploading.number, UPLOADS_MAX - 1);
	CU_ASSERT_EQUAL(uploading.most, 1000);
	CU_ASSERT_EQUAL(fstat(uploading.fd, &st), 0);
	(void)close(uploading.fd);
	return 1;
}

static void answer_upload(struct message *out)
{
	put_entry(out);
	message_put_int(out, UPLOADS_MAX - 1);
	message_put_int(out, 1000);
}

/* What a call that has nothing to tell but yes comes to. */
static int judge(int result, const struct reply *reply)
{
	if (result < 0) {
		CU_ASSERT_TRUE(is_untouched(&no_entry, reply));
		return -1;
	}
	return reply->answer == ANSWER_OK;
}

static int call_uploaded(int broker, struct reply *reply, struct err *err)
{
	return judge(ask_uploaded(broker, 3, "", reply, err), reply);
}

static int call_set(int broker, struct reply *reply, struct err *err)
{
	static const struct upload_change change = {UPLOAD_SET, 7, 1553688000000000};

	return judge(ask_set(broker, "/drop/a", &change, reply, err), reply);
}

static int call_make_folder(int broker, struct reply *reply, struct err *err)
{
	return judge(ask_make_folder(broker, "/drop/a", reply, err), reply);
}

static int call_rename(int broker, struct reply *reply, struct err *err)
{
	return judge(ask_rename(broker, "/drop/a", "/drop/b", reply, err), reply);
}

static const struct {
	enum request request;
	int (*call)(int broker, struct reply *reply, struct err *err);
	void (*answer)(struct message *out); /* what follows ANSWER_OK */
	bool may_be_denied;
	int fds; /* that come with it */
} asks[] = {
    {REQUEST_KEY, call_key, answer_key, false, 0},
    {REQUEST_FIND, call_find, put_entry, true, 0},
    {REQUEST_OPEN_FOLDER, call_open_folder, answer_open_folder, true, 0},
    {REQUEST_LIST, call_list, answer_list, true, 0},
    {REQUEST_OPEN, call_open, answer_open, true, 1},
    {REQUEST_REMOVE, call_remove, answer_nothing, true, 0},
    {REQUEST_SPACE, call_space, answer_space, true, 0},
    {REQUEST_HASH, call_hash, answer_hash, true, 0},
    {REQUEST_UPLOAD, call_upload, answer_upload, true, 1},
    {REQUEST_UPLOADED, call_uploaded, answer_nothing, true, 0},
    {REQUEST_SET, call_set, answer_nothing, true, 0},
    {REQUEST_MAKE_FOLDER, call_make_folder, answer_nothing, true, 0},
    {REQUEST_RENAME, call_rename, answer_nothing, true, 0},
    {REQUEST_FIND_MORE, call_find_more, answer_find_more, true, 0},
    {REQUEST_OPEN_NEXT, call_open_next, answer_open_next, true, 4},
};

/* Begin the answer to the ask at i. */
static struct message *begin(struct bench *bench, size_t i, enum answer answer)
{
	message_start(bench->message, asks[i].request);
	message_put_int(bench->message, (int64_t)answer);
	return bench->message;
}

static void send_answer(struct bench *bench, const struct message *message)
{
	struct err err;

	CU_ASSERT_EQUAL(message_send(bench->ends[1], message, &err), 0);
}

/* Send the right answer, its body cut to length bytes or not at all (-1). */
static void send_right(struct bench *bench, size_t i, int64_t length)
{
	OWNED_FD int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct message *out = begin(bench, i, ANSWER_OK);

	asks[i].answer(out);
	for (int n = 0; n < asks[i].fds; n++)
		message_put_fd(out, fd);
	if (length >= 0)
		out->length = (uint32_t)length;
	send_answer(bench, out);
}

/* Take the question out of the other end. */
static void take_question(struct bench *bench, size_t i)
{
	enum message_state state = MESSAGE_NONE;
	struct err err;

	message_start(bench->message, 0);
	CU_ASSERT_EQUAL(message_receive(bench->ends[1], bench->message, &state, &err), 0);
	CU_ASSERT_EQUAL(state, MESSAGE_GOT);
	CU_ASSERT_EQUAL(bench->message->kind, asks[i].request);
}

static void a_right_answer_is_what_is_told(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	for (size_t i = 0; i < COUNT(asks); i++) {
		struct reply reply = no_reply;
		struct err err;

		send_right(&bench, i, -1);
		CU_ASSERT_EQUAL(asks[i].call(bench.ends[0], &reply, &err), 1);
		take_question(&bench, i);
	}
}

static void a_question_holds_what_was_asked(void)
{
	OWNED_BENCH struct bench bench;
	struct reply reply;
	struct err err;

	bench_open(&bench);
	send_right(&bench, 0, -1);
	CU_ASSERT_EQUAL(call_key(bench.ends[0], &reply, &err), 1);
	take_question(&bench, 0);
	CU_ASSERT_STRING_EQUAL(message_get_text(bench.message), "ann");
	CU_ASSERT_STRING_EQUAL(message_get_text(bench.message), "ssh-ed25519");
	CU_ASSERT_STRING_EQUAL(message_get_text(bench.message), "AAAA");
	CU_ASSERT_EQUAL(message_get_int(bench.message), 1);
	CU_ASSERT_TRUE(message_is_read(bench.message));
	send_right(&bench, 3, -1);
	CU_ASSERT_EQUAL(call_list(bench.ends[0], &reply, &err), 1);
	take_question(&bench, 3);
	CU_ASSERT_EQUAL(message_get_int(bench.message), 3);
	CU_ASSERT_TRUE(message_is_read(bench.message));
	send_right(&bench, 4, -1);
	CU_ASSERT_EQUAL(call_open(bench.ends[0], &reply, &err), 1);
	take_question(&bench, 4);
	CU_ASSERT_STRING_EQUAL(message_get_text(bench.message), "/a");
	CU_ASSERT_TRUE(message_is_read(bench.message));
}

static void what_needs_no_answer_is_only_sent(void)
{
	OWNED_BENCH struct bench bench;
	enum message_state state = MESSAGE_NONE;
	struct err err;

	bench_open(&bench);
	CU_ASSERT_EQUAL(ask_start(bench.ends[0], "client 1.0", &err), 0);
	CU_ASSERT_EQUAL(message_receive(bench.ends[1], bench.message, &state, &err), 0);
	CU_ASSERT_EQUAL(bench.message->kind, REQUEST_START);
	CU_ASSERT_STRING_EQUAL(message_get_text(bench.message), "client 1.0");
	CU_ASSERT_TRUE(message_is_read(bench.message));
	CU_ASSERT_EQUAL(ask_close_folder(bench.ends[0], 3, &err), 0);
	CU_ASSERT_EQUAL(message_receive(bench.ends[1], bench.message, &state, &err), 0);
	CU_ASSERT_EQUAL(bench.message->kind, REQUEST_CLOSE_FOLDER);
	CU_ASSERT_EQUAL(message_get_int(bench.message), 3);
	CU_ASSERT_TRUE(message_is_read(bench.message));
	CU_ASSERT_EQUAL(ask_opened(bench.ends[0], 17, &err), 0);
	CU_ASSERT_EQUAL(message_receive(bench.ends[1], bench.message, &state, &err), 0);
	CU_ASSERT_EQUAL(bench.message->kind, REQUEST_OPENED);
	CU_ASSERT_EQUAL(message_get_int(bench.message), 17);
	CU_ASSERT_TRUE(message_is_read(bench.message));
}

static void a_refusal_comes_with_its_reason(void)
{
	static const struct {
		enum answer answer;
		const char *reason;
	} refusals[] = {
	    {ANSWER_NO_SUCH_FILE, ""},
	    {ANSWER_DENIED, "you may not"},
	    {ANSWER_FAILURE, "come back later"},
	};

	for (size_t i = 0; i < COUNT(asks); i++) {
		for (size_t j = 0; j < COUNT(refusals); j++) {
			OWNED_BENCH struct bench bench;
			struct reply reply = no_reply;
			struct err err;

			bench_open(&bench);
			(void)begin(&bench, i, refusals[j].answer);
			if (refusals[j].reason[0])
				message_put_text(bench.message, refusals[j].reason);
			send_answer(&bench, bench.message);
			if (asks[i].may_be_denied) {
				CU_ASSERT_EQUAL(asks[i].call(bench.ends[0], &reply, &err), 0);
				CU_ASSERT_EQUAL(reply.answer, refusals[j].answer);
				CU_ASSERT_STRING_EQUAL(reply.reason, refusals[j].reason);
			} else {
				CU_ASSERT_EQUAL(asks[i].call(bench.ends[0], &reply, &err), -1);
				CU_ASSERT_EQUAL(err.kind,
				    refusals[j].answer == ANSWER_FAILURE ? ERR_RETRY : ERR_GONE);
			}
		}
	}
}

/* Whatever is missing behind it. */
static void a_cut_answer_is_none_at_every_length(void)
{
	int before = drops_open_fds();

	for (size_t i = 0; i < COUNT(asks); i++) {
		struct message *whole = mem_new(1, sizeof(*whole));
		uint32_t length;

		message_start(whole, asks[i].request);
		message_put_int(whole, ANSWER_OK);
		asks[i].answer(whole);
		length = whole->length;
		free(whole);
		for (uint32_t cut = 0; cut < length; cut++) {
			OWNED_BENCH struct bench bench;
			struct reply reply = no_reply;
			struct err err;

			bench_open(&bench);
			send_right(&bench, i, cut);
			CU_ASSERT_EQUAL(asks[i].call(bench.ends[0], &reply, &err), -1);
			CU_ASSERT_EQUAL(err.kind, ERR_GONE);
		}
	}
	/* A descriptor that came with it is closed. */
	CU_ASSERT_EQUAL(drops_open_fds(), before);
}

/* A descriptor that nobody asked for makes the answer none, and is closed. */
static void an_unasked_descriptor_is_refused(void)
{
	static const enum answer answers[] = {ANSWER_OK, ANSWER_NO_SUCH_FILE, ANSWER_FAILURE};
	int before = drops_open_fds();

	for (size_t i = 0; i < COUNT(asks); i++) {
		for (size_t j = 0; j < COUNT(answers); j++) {
			OWNED_BENCH struct bench bench;
			struct reply reply = no_reply;
			struct message *out;
			struct err err;

			bench_open(&bench);
			out = begin(&bench, i, answers[j]);
			if (answers[j] == ANSWER_OK)
				asks[i].answer(out);
			if (answers[j] == ANSWER_FAILURE)
				message_put_text(out, "later");
			message_put_fd(out, STDERR_FILENO);
			if (answers[j] == ANSWER_OK && asks[i].fds > 0)
				message_put_fd(out, STDERR_FILENO);
			send_answer(&bench, out);
			CU_ASSERT_EQUAL(asks[i].call(bench.ends[0], &reply, &err), -1);
			CU_ASSERT_EQUAL(err.kind, ERR_GONE);
		}
	}
	CU_ASSERT_EQUAL(drops_open_fds(), before);
}

static void put_other_kind(struct message *out)
{
	out->kind++;
}

static void put_answer_below(struct message *out)
{
	message_start(out, out->kind);
	message_put_int(out, -1);
}

static void put_answer_above(struct message *out)
{
	message_start(out, out->kind);
	message_put_int(out, ANSWER_COUNT);
}

static void put_denial_without_reason(struct message *out)
{
	message_start(out, out->kind);
	message_put_int(out, ANSWER_DENIED);
}

static void put_reason_without_end(struct message *out)
{
	message_start(out, out->kind);
	message_put_int(out, ANSWER_FAILURE);
	message_put_bytes(out, "abc", 3);
}

static void put_wild_numbers(struct message *out)
{
	message_start(out, out->kind);
	message_put_int(out, ANSWER_OK);
	for (int i = 0; i < 8; i++)
		message_put_int(out, INT64_MIN);
}

static void put_large_numbers(struct message *out)
{
	message_start(out, out->kind);
	message_put_int(out, ANSWER_OK);
	for (int i = 0; i < 8; i++)
		message_put_int(out, INT64_MAX);
}

static void an_answer_that_is_wrong_is_none(void)
{
	static const struct {
		void (*change)(struct message *out);
		bool has_body; /* only where something follows ANSWER_OK can it be wrong */
	} changes[] = {
	    {put_other_kind, false},
	    {put_answer_below, false},
	    {put_answer_above, false},
	    {put_denial_without_reason, false},
	    {put_reason_without_end, false},
	    {put_wild_numbers, true},
	    {put_large_numbers, true},
	};

	for (size_t i = 0; i < COUNT(asks); i++) {
		for (size_t j = 0; j < COUNT(changes); j++) {
			OWNED_BENCH struct bench bench;
			struct reply reply = no_reply;
			struct err err;

			bench_open(&bench);
			if (changes[j].has_body && asks[i].answer == answer_nothing)
				continue;
			asks[i].answer(begin(&bench, i, ANSWER_OK));
			changes[j].change(bench.message);
			send_answer(&bench, bench.message);
			CU_ASSERT_EQUAL(asks[i].call(bench.ends[0], &reply, &err), -1);
			CU_ASSERT_EQUAL(err.kind, ERR_GONE);
		}
	}
}

static void a_broker_that_is_gone_is_told_as_such(void)
{
	for (size_t i = 0; i < COUNT(asks); i++) {
		OWNED_BENCH struct bench bench;
		struct reply reply = no_reply;
		struct err err;

		bench_open(&bench);
		clean_fd(&bench.ends[1]);
		bench.ends[1] = -1;
		CU_ASSERT_EQUAL(asks[i].call(bench.ends[0], &reply, &err), -1);
		CU_ASSERT_EQUAL(err.kind, ERR_GONE);
		/* Nobody is there to be told, which is no trouble. */
		ask_end(bench.ends[0], "reason");
	}
}

static void the_end_is_told_and_nothing_waited_for(void)
{
	OWNED_BENCH struct bench bench;
	enum message_state state = MESSAGE_NONE;
	struct err err;

	bench_open(&bench);
	ask_end(bench.ends[0], "closed by the client");
	CU_ASSERT_EQUAL(message_receive(bench.ends[1], bench.message, &state, &err), 0);
	CU_ASSERT_EQUAL(state, MESSAGE_GOT);
	CU_ASSERT_EQUAL(bench.message->kind, REQUEST_END);
	CU_ASSERT_STRING_EQUAL(message_get_text(bench.message), "closed by the client");
	CU_ASSERT_TRUE(message_is_read(bench.message));
}

void add_suite_ask(CU_pSuite suite)
{
	TEST(a_right_answer_is_what_is_told);
	TEST(a_question_holds_what_was_asked);
	TEST(what_needs_no_answer_is_only_sent);
	TEST(a_refusal_comes_with_its_reason);
	TEST(a_cut_answer_is_none_at_every_length);
	TEST(an_unasked_descriptor_is_refused);
	TEST(an_answer_that_is_wrong_is_none);
	TEST(a_broker_that_is_gone_is_told_as_such);
	TEST(the_end_is_told_and_nothing_waited_for);
}
