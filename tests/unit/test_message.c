/* SPDX-License-Identifier: Apache-2.0 */
#include "base/message.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clean.h"
#include "tests/lib/child.h"
#include "tests/unit/suite.h"

void add_suite_message(CU_pSuite suite);

enum { KIND = 7 };

static struct message out;
static struct message in;
static int ends[2];

/* A channel; receiving never waits. */
static void open_channel(void)
{
	struct err err;

	CU_ASSERT_EQUAL_FATAL(message_channel(ends, &err), 0);
	for (int i = 0; i < 2; i++)
		(void)fcntl(ends[i], F_SETFL, O_NONBLOCK);
	message_start(&out, KIND);
	message_start(&in, 0);
}

static void close_channel(void)
{
	message_close_fds(&in);
	clean_fd(&ends[0]);
	clean_fd(&ends[1]);
}

static void close_end(int i)
{
	clean_fd(&ends[i]);
	ends[i] = -1;
}

static enum message_state receive(void)
{
	enum message_state state = MESSAGE_NONE;
	struct err err;

	CU_ASSERT_EQUAL(message_receive(ends[1], &in, &state, &err), 0);
	return state;
}

static void send_and_receive(void)
{
	struct err err;

	CU_ASSERT_EQUAL(message_send(ends[0], &out, &err), 0);
	CU_ASSERT_EQUAL(receive(), MESSAGE_GOT);
}

/* How many descriptors this process has open. */
static int open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
	while (readdir(dir))
		count++;
	(void)closedir(dir);
	return count;
}

static void gets_what_was_put_in_the_same_order(void)
{
	static const int64_t numbers[] = {0, -1, 1, INT64_MAX, INT64_MIN};
	const char *bytes;
	size_t count = 0;

	open_channel();
	for (size_t i = 0; i < COUNT(numbers); i++)
		message_put_int(&out, numbers[i]);
	message_put_text(&out, "letter \xc3\xa9");
	message_put_text(&out, "");
	message_put_bytes(&out, "a\0b", 3);
	message_put_bytes(&out, NULL, 0);
	send_and_receive();
	CU_ASSERT_EQUAL(in.kind, KIND);
	for (size_t i = 0; i < COUNT(numbers); i++)
		CU_ASSERT_EQUAL(message_get_int(&in), numbers[i]);
	CU_ASSERT_FALSE(message_is_read(&in));
	CU_ASSERT_STRING_EQUAL(message_get_text(&in), "letter \xc3\xa9");
	CU_ASSERT_STRING_EQUAL(message_get_text(&in), "");
	bytes = message_get_bytes(&in, &count);
	CU_ASSERT_EQUAL(count, 3);
	CU_ASSERT_EQUAL(memcmp(bytes, "a\0b", 3), 0);
	CU_ASSERT_FALSE(message_is_read(&in));
	CU_ASSERT_PTR_NOT_NULL(message_get_bytes(&in, &count));
	CU_ASSERT_EQUAL(count, 0);
	CU_ASSERT_TRUE(message_is_read(&in));
	CU_ASSERT_FALSE(message_is_bad(&in));
	close_channel();
}

static void is_bad_for_good_when_got_past_the_end(void)
{
	size_t count = 42;

	message_start(&out, KIND);
	message_put_int(&out, 5);
	CU_ASSERT_EQUAL(message_get_int(&out), 5);
	CU_ASSERT_EQUAL(message_get_int(&out), 0);
	CU_ASSERT_TRUE(message_is_bad(&out));
	CU_ASSERT_FALSE(message_is_read(&out));
	/* Even what is there is zero from now on. */
	message_put_int(&out, 6);
	CU_ASSERT_EQUAL(message_get_int(&out), 0);
	CU_ASSERT_EQUAL(message_get_bounded(&out, 3, 9), 3);
	CU_ASSERT_STRING_EQUAL(message_get_text(&out), "");
	CU_ASSERT_PTR_NULL(message_get_bytes(&out, &count));
	CU_ASSERT_EQUAL(count, 0);
	CU_ASSERT_TRUE(message_is_bad(&out));
	message_start(&out, KIND);
	CU_ASSERT_FALSE(message_is_bad(&out));
}

/* A message with those bytes, as if they had been received. */
static void fill(const char *bytes, size_t length)
{
	message_start(&in, KIND);
	memcpy(in.body, bytes, length);
	in.length = (uint32_t)length;
}

#define BYTES(text) text, sizeof(text) - 1

static void takes_for_text_only_what_ends_with_its_one_nul(void)
{
	static const struct {
		const char *bytes;
		size_t length;
		const char *text; /* NULL: bad */
	} rows[] = {
	    {BYTES("\2\0\0\0a\0"), "a"},
	    {BYTES("\1\0\0\0\0"), ""},
	    {BYTES("\2\0\0\0a\0\377"), "a"},
	    {BYTES("\0\0\0\0"), NULL},
	    {BYTES("\1\0\0\0a"), NULL},
	    {BYTES("\2\0\0\0ab"), NULL},
	    {BYTES("\3\0\0\0a\0b"), NULL},
	    {BYTES("\3\0\0\0a\0\0"), NULL},
	    {BYTES("\3\0\0\0a\0"), NULL},
	    {BYTES("\377\377\377\377a\0"), NULL},
	    {BYTES("\374\377\377\377a\0"), NULL},
	    {BYTES("\2\0\0"), NULL},
	    {BYTES(""), NULL},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		fill(rows[i].bytes, rows[i].length);
		CU_ASSERT_STRING_EQUAL(message_get_text(&in), rows[i].text ? rows[i].text : "");
		CU_ASSERT_EQUAL(message_is_bad(&in), !rows[i].text);
	}
}

static void refuses_a_number_that_is_cut(void)
{
	fill(BYTES("\1\0\0\0\0\0\0"));
	CU_ASSERT_EQUAL(message_get_int(&in), 0);
	CU_ASSERT_TRUE(message_is_bad(&in));
}

static void keeps_numbers_within_their_bounds(void)
{
	static const struct {
		int64_t value;
		int64_t least;
		int64_t most;
		bool bad;
	} rows[] = {
	    {3, 3, 9, false},
	    {9, 3, 9, false},
	    {2, 3, 9, true},
	    {10, 3, 9, true},
	    {-1, 0, 9, true},
	    {INT64_MIN, INT64_MIN, INT64_MAX, false},
	    {INT64_MAX, INT64_MIN, INT64_MAX, false},
	    {INT64_C(0x100000003), 3, 9, true},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		message_start(&out, KIND);
		message_put_int(&out, rows[i].value);
		CU_ASSERT_EQUAL(message_get_bounded(&out, rows[i].least, rows[i].most),
		    rows[i].bad ? rows[i].least : rows[i].value);
		CU_ASSERT_EQUAL(message_is_bad(&out), rows[i].bad);
	}
}

static void is_bad_when_something_did_not_fit(void)
{
	static char bytes[MESSAGE_MAX + 1];
	static const struct {
		size_t first;
		size_t second;
		bool bad;
	} rows[] = {
	    {MESSAGE_MAX - 8, 0, false},
	    {MESSAGE_MAX - 7, 0, true},
	    {MESSAGE_MAX - 4, 0, true},
	    {MESSAGE_MAX + 1, 0, true},
	    {SIZE_MAX, 0, true},
	    {SIZE_MAX - 3, 0, true},
	    {(size_t)UINT32_MAX + 1, 0, true},
	    {100, MESSAGE_MAX - 108, false},
	    {100, MESSAGE_MAX - 107, true},
	    {100, SIZE_MAX - 100, true},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err err = {.kind = ERR_RETRY};

		open_channel();
		message_put_bytes(&out, bytes, rows[i].first);
		message_put_bytes(&out, bytes, rows[i].second);
		CU_ASSERT_EQUAL(message_is_bad(&out), rows[i].bad);
		CU_ASSERT_EQUAL(message_send(ends[0], &out, &err), rows[i].bad ? -1 : 0);
		CU_ASSERT_EQUAL(err.kind, rows[i].bad ? ERR_INTERNAL : ERR_RETRY);
		CU_ASSERT_EQUAL(receive(), rows[i].bad ? MESSAGE_NONE : MESSAGE_GOT);
		close_channel();
	}
}

static void sends_the_largest_message_whole(void)
{
	open_channel();
	for (int i = 0; i < MESSAGE_MAX / 8; i++)
		message_put_int(&out, i);
	CU_ASSERT_FALSE(message_is_bad(&out));
	send_and_receive();
	CU_ASSERT_EQUAL(in.length, MESSAGE_MAX);
	CU_ASSERT_EQUAL(memcmp(in.body, out.body, MESSAGE_MAX), 0);
	message_put_int(&out, 0);
	CU_ASSERT_TRUE(message_is_bad(&out));
	close_channel();
}

static void puts_all_values_of_another(void)
{
	message_start(&in, KIND);
	message_start(&out, KIND);
	message_put_int(&in, 5);
	message_put_text(&in, "a");
	message_put_text(&out, "first");
	message_put_all(&out, &in);
	CU_ASSERT_STRING_EQUAL(message_get_text(&out), "first");
	CU_ASSERT_EQUAL(message_get_int(&out), 5);
	CU_ASSERT_STRING_EQUAL(message_get_text(&out), "a");
	CU_ASSERT_TRUE(message_is_read(&out));
	in.bad = true;
	message_put_all(&out, &in);
	CU_ASSERT_TRUE(message_is_bad(&out));
}

static void hands_over_descriptors_in_order(void)
{
	int pipes[2][2];

	open_channel();
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL_FATAL(pipe2(pipes[i], O_CLOEXEC), 0);
		CU_ASSERT_EQUAL(write(pipes[i][1], i == 0 ? "0" : "1", 1), 1);
		message_put_fd(&out, pipes[i][0]);
	}
	send_and_receive();
	for (int i = 0; i < 2; i++) {
		OWNED_FD int fd = message_get_fd(&in);
		char byte = 'x';

		CU_ASSERT_TRUE(fcntl(fd, F_GETFD) & FD_CLOEXEC);
		CU_ASSERT_EQUAL(read(fd, &byte, 1), 1);
		CU_ASSERT_EQUAL(byte, '0' + i);
		CU_ASSERT_FALSE(message_is_bad(&in));
		(void)close(pipes[i][0]);
		(void)close(pipes[i][1]);
	}
	CU_ASSERT_EQUAL(message_get_fd(&in), -1);
	CU_ASSERT_TRUE(message_is_bad(&in));
	close_channel();
}

static void is_not_read_while_a_descriptor_is_left(void)
{
	open_channel();
	message_put_int(&out, 1);
	message_put_fd(&out, ends[0]);
	send_and_receive();
	(void)message_get_int(&in);
	CU_ASSERT_FALSE(message_is_read(&in));
	(void)close(message_get_fd(&in));
	CU_ASSERT_TRUE(message_is_read(&in));
	close_channel();
}

static void closes_the_descriptors_that_nobody_got(void)
{
	int before;

	open_channel();
	before = open_fds();
	message_put_fd(&out, ends[0]);
	message_put_fd(&out, ends[1]);
	send_and_receive();
	CU_ASSERT_EQUAL(open_fds(), before + 2);
	(void)close(message_get_fd(&in));
	CU_ASSERT_EQUAL(receive(), MESSAGE_NONE);
	CU_ASSERT_EQUAL(open_fds(), before);
	send_and_receive();
	message_close_fds(&in);
	message_close_fds(&in);
	CU_ASSERT_EQUAL(open_fds(), before);
	close_channel();
}

static void receive_without_room(const void *arg)
{
	struct rlimit none = {0, 0};

	(void)arg;
	CHILD_MUST(setrlimit(RLIMIT_NOFILE, &none) == 0);
	CHILD_MUST(receive() == MESSAGE_GOT);
	CHILD_MUST(in.fd_count == 0);
	CHILD_MUST(message_get_int(&in) == 7);
	CHILD_MUST(!message_is_bad(&in));
	CHILD_MUST(message_get_fd(&in) == -1);
	CHILD_MUST(!message_is_read(&in));
}

/* Whoever has no room for them knows what they were for. */
static void without_its_descriptors_the_rest_of_a_message_comes(void)
{
	struct err err;

	open_channel();
	message_put_int(&out, 7);
	message_put_fd(&out, ends[0]);
	message_put_fd(&out, ends[1]);
	CU_ASSERT_EQUAL(message_send(ends[0], &out, &err), 0);
	CU_ASSERT_TRUE(child_succeeds(receive_without_room, NULL));
	close_channel();
}

static void has_room_for_so_many_descriptors(void)
{
	int before;

	open_channel();
	before = open_fds();
	for (int i = 0; i < MESSAGE_FDS_MAX; i++)
		message_put_fd(&out, ends[0]);
	CU_ASSERT_FALSE(message_is_bad(&out));
	send_and_receive();
	CU_ASSERT_EQUAL(in.fd_count, MESSAGE_FDS_MAX);
	CU_ASSERT_EQUAL(open_fds(), before + MESSAGE_FDS_MAX);
	message_close_fds(&in);
	message_put_fd(&out, ends[0]);
	CU_ASSERT_TRUE(message_is_bad(&out));
	CU_ASSERT_EQUAL(open_fds(), before);
	close_channel();
}

/* One packet as somebody who does not use these functions could send it. */
static void send_raw(const void *bytes, size_t length, int fd_count)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int) * 200)];
	} control;
	struct iovec part = {(void *)(uintptr_t)bytes, length};
	struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};

	if (fd_count) {
		memset(&control, 0, sizeof(control));
		header.msg_control = &control;
		header.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
		for (int i = 0; i < fd_count; i++)
			memcpy(CMSG_DATA(&control.header) + sizeof(int) * i, &ends[0],
			    sizeof(ends[0]));
	}
	CU_ASSERT_EQUAL(sendmsg(ends[0], &header, MSG_NOSIGNAL), (ssize_t)length);
}

static void is_bad_when_it_was_not_sent_by_these_functions(void)
{
	static char bytes[MESSAGE_MAX + 5];
	static const struct {
		size_t length;
		int fd_count;
		bool bad;
	} rows[] = {
	    {1, 0, true},
	    {3, 1, true},
	    {4, 0, false},
	    {4, MESSAGE_FDS_MAX, false},
	    {4, MESSAGE_FDS_MAX + 1, true},
	    {4, 200, true},
	    {MESSAGE_MAX + 4, 0, false},
	    {MESSAGE_MAX + 5, 0, true},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		int before;

		open_channel();
		before = open_fds();
		send_raw(bytes, rows[i].length, rows[i].fd_count);
		CU_ASSERT_EQUAL(receive(), MESSAGE_GOT);
		CU_ASSERT_EQUAL(message_is_bad(&in), rows[i].bad);
		CU_ASSERT_EQUAL(in.length, rows[i].bad ? 0 : rows[i].length - 4);
		CU_ASSERT_EQUAL(message_get_int(&in), 0);
		message_close_fds(&in);
		CU_ASSERT_EQUAL(open_fds(), before);
		close_channel();
	}
}

static void takes_an_empty_packet_for_the_end(void)
{
	open_channel();
	send_raw("", 0, 0);
	CU_ASSERT_EQUAL(receive(), MESSAGE_END);
	close_channel();
}

static void keeps_messages_apart(void)
{
	struct err err;

	open_channel();
	for (uint32_t i = 0; i < 3; i++) {
		message_start(&out, i);
		message_put_int(&out, 10 + i);
		CU_ASSERT_EQUAL(message_send(ends[0], &out, &err), 0);
	}
	close_end(0);
	for (uint32_t i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(receive(), MESSAGE_GOT);
		CU_ASSERT_EQUAL(in.kind, i);
		CU_ASSERT_EQUAL(message_get_int(&in), 10 + i);
		CU_ASSERT_TRUE(message_is_read(&in));
	}
	CU_ASSERT_EQUAL(receive(), MESSAGE_END);
	CU_ASSERT_EQUAL(receive(), MESSAGE_END);
	close_channel();
}

static void tells_when_the_other_side_is_gone(void)
{
	struct err err = {.kind = ERR_INTERNAL};

	open_channel();
	close_end(1);
	CU_ASSERT_EQUAL(message_send(ends[0], &out, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_GONE);
	err.kind = ERR_INTERNAL;
	CU_ASSERT_EQUAL(message_ask(ends[0], &out, 1000, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_GONE);
	close_channel();
}

static void tells_when_the_other_side_does_not_read(void)
{
	struct err err = {.kind = ERR_INTERNAL};
	int sent = 0;

	open_channel();
	while (sent < 100000 && message_send(ends[0], &out, &err) == 0)
		sent++;
	CU_ASSERT_TRUE(sent > 0);
	CU_ASSERT_EQUAL(err.kind, ERR_BUSY);
	CU_ASSERT_EQUAL(receive(), MESSAGE_GOT);
	while (sent > 0 && receive() == MESSAGE_GOT)
		sent--;
	CU_ASSERT_EQUAL(sent, 1);
	CU_ASSERT_EQUAL(message_send(ends[0], &out, &err), 0);
	close_channel();
}

static void tells_when_it_cannot_receive_and_leaves_the_state_alone(void)
{
	OWNED_FD int file = open("/dev/null", O_RDWR | O_CLOEXEC);
	enum message_state state = MESSAGE_GOT;
	struct err err = {.kind = ERR_INTERNAL};

	message_start(&in, 0);
	message_start(&out, KIND);
	CU_ASSERT_EQUAL(message_receive(file, &in, &state, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_RETRY);
	CU_ASSERT_EQUAL(state, MESSAGE_GOT);
	err.kind = ERR_INTERNAL;
	CU_ASSERT_EQUAL(message_send(file, &out, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_RETRY);
}

/* Send an answer before the question is asked; it waits in the channel. */
static void answer(int64_t value)
{
	static struct message message;
	struct err err;

	message_start(&message, KIND + 1);
	message_put_int(&message, value);
	CU_ASSERT_EQUAL(message_send(ends[1], &message, &err), 0);
}

static void asks_and_keeps_the_descriptors_of_the_question(void)
{
	struct err err;
	int before;

	open_channel();
	before = open_fds();
	answer(42);
	message_put_text(&out, "question");
	message_put_fd(&out, ends[0]);
	CU_ASSERT_EQUAL(message_ask(ends[0], &out, 1000, &err), 0);
	CU_ASSERT_EQUAL(out.kind, KIND + 1);
	CU_ASSERT_EQUAL(message_get_int(&out), 42);
	CU_ASSERT_TRUE(message_is_read(&out));
	CU_ASSERT_EQUAL(open_fds(), before);
	CU_ASSERT_EQUAL(receive(), MESSAGE_GOT);
	CU_ASSERT_STRING_EQUAL(message_get_text(&in), "question");
	CU_ASSERT_EQUAL(in.fd_count, 1);
	close_channel();
}

static void gives_up_asking(void)
{
	struct err err = {.kind = ERR_INTERNAL};

	open_channel();
	CU_ASSERT_EQUAL(message_ask(ends[0], &out, 2, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_GONE);
	CU_ASSERT_STRING_EQUAL(err.text, "no answer");
	/* Reads the question, but will never answer. */
	err.kind = ERR_INTERNAL;
	(void)shutdown(ends[1], SHUT_WR);
	message_start(&out, KIND);
	CU_ASSERT_EQUAL(message_ask(ends[0], &out, 1000, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_GONE);
	CU_ASSERT_STRING_EQUAL(err.text, "the other side is gone");
	close_channel();
}

static void makes_channels_that_no_program_inherits(void)
{
	open_channel();
	for (int i = 0; i < 2; i++)
		CU_ASSERT_TRUE(fcntl(ends[i], F_GETFD) & FD_CLOEXEC);
	close_channel();
}

static void make_channel_without_descriptors(const void *arg)
{
	struct rlimit none = {0, 0};
	int kept[2] = {42, 43};
	struct err err = {.kind = ERR_INTERNAL};

	(void)arg;
	CHILD_MUST(setrlimit(RLIMIT_NOFILE, &none) == 0);
	CHILD_MUST(message_channel(kept, &err) == -1);
	CHILD_MUST(err.kind == ERR_RETRY);
	CHILD_MUST(kept[0] == 42 && kept[1] == 43);
}

static void can_be_tried_again_when_there_is_no_descriptor(void)
{
	CU_ASSERT_TRUE(child_succeeds(make_channel_without_descriptors, NULL));
}

void add_suite_message(CU_pSuite suite)
{
	TEST(gets_what_was_put_in_the_same_order);
	TEST(is_bad_for_good_when_got_past_the_end);
	TEST(takes_for_text_only_what_ends_with_its_one_nul);
	TEST(refuses_a_number_that_is_cut);
	TEST(keeps_numbers_within_their_bounds);
	TEST(is_bad_when_something_did_not_fit);
	TEST(sends_the_largest_message_whole);
	TEST(puts_all_values_of_another);
	TEST(hands_over_descriptors_in_order);
	TEST(is_not_read_while_a_descriptor_is_left);
	TEST(closes_the_descriptors_that_nobody_got);
	TEST(without_its_descriptors_the_rest_of_a_message_comes);
	TEST(has_room_for_so_many_descriptors);
	TEST(is_bad_when_it_was_not_sent_by_these_functions);
	TEST(takes_an_empty_packet_for_the_end);
	TEST(keeps_messages_apart);
	TEST(tells_when_the_other_side_is_gone);
	TEST(tells_when_the_other_side_does_not_read);
	TEST(tells_when_it_cannot_receive_and_leaves_the_state_alone);
	TEST(asks_and_keeps_the_descriptors_of_the_question);
	TEST(gives_up_asking);
	TEST(makes_channels_that_no_program_inherits);
	TEST(can_be_tried_again_when_there_is_no_descriptor);
}
