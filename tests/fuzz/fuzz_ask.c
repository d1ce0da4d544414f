/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any answer of a broker's to each question: it is taken or refused, an entry that is taken is one,
 * and no descriptor stays behind.
 */
#include "server/ask.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clean.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct message message;
static int ends[2] = {-1, -1}; /* the session's, the broker's */

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_entry(const struct entry *entry)
{
	must(memchr(entry->name, '\0', sizeof(entry->name)) != NULL && entry->size >= 0 &&
	     entry->changed >= 0);
}

static void check_reply(const struct reply *reply)
{
	must(reply->answer < ANSWER_COUNT &&
	     memchr(reply->reason, '\0', sizeof(reply->reason)) != NULL);
}

static void try_find(void)
{
	struct entry entry = {.letter = 0};
	struct reply reply;
	struct err err;

	if (ask_find(ends[0], "/", &entry, &reply, &err) < 0)
		return;
	check_reply(&reply);
	check_entry(&entry);
}

static void try_open(void)
{
	struct opened opened = {.fd = -1};
	struct reply reply;
	struct err err;

	if (ask_open(ends[0], "/", &opened, &reply, &err) < 0)
		return;
	check_reply(&reply);
	check_entry(&opened.entry);
	must((reply.answer == ANSWER_OK) == (opened.fd >= 0));
	clean_fd(&opened.fd);
}

static void try_open_next(void)
{
	static struct opened_next opened;
	struct reply reply;
	struct err err;

	if (ask_open_next(ends[0], "/", OPEN_BY_NAME, OPEN_NEXT, &opened, &reply, &err) < 0)
		return;
	check_reply(&reply);
	if (reply.answer != ANSWER_OK)
		return;
	check_entry(&opened.file.entry);
	must(opened.file.fd >= 0 && opened.count <= OPEN_NEXT);
	clean_fd(&opened.file.fd);
	clean_fd(&opened.reports);
	for (size_t i = 0; i < opened.count; i++) {
		check_entry(&opened.letters[i].entry);
		must(opened.letters[i].fd >= 0);
		clean_fd(&opened.letters[i].fd);
	}
}

static void try_list(void)
{
	static struct message page;
	struct reply reply;
	int64_t count = 0;
	bool more = false;
	struct err err;

	if (ask_list(ends[0], 0, &page, &reply, &count, &more, &err) < 0)
		return;
	check_reply(&reply);
	must(count >= 0 && count <= 2 * LIST_PAGE);
	for (; count > 0; count--) {
		struct entry entry;

		if (ask_next_entry(&page, &entry, &err) < 0)
			break;
		check_entry(&entry);
	}
	message_close_fds(&page);
}

static void try_find_more(void)
{
	static struct message page;
	struct reply reply;
	int64_t count = 0;
	struct err err;

	if (ask_find_more(ends[0], "/", &page, &reply, &count, &err) < 0)
		return;
	check_reply(&reply);
	must((reply.answer == ANSWER_OK) == (count > 0) && count <= FIND_MORE);
	message_close_fds(&page);
}

static void try_folder(void)
{
	static struct message page;
	int64_t listing = 0;
	int64_t count = 0;
	struct reply reply;
	struct err err;

	if (ask_open_folder(ends[0], "/", &page, &reply, &listing, &count, &err) < 0)
		return;
	check_reply(&reply);
	must(listing >= LISTING_WHOLE && listing < LISTINGS_MAX);
	must(count >= 0 && count <= 2 * LIST_PAGE);
	message_close_fds(&page);
}

static void try_login(void)
{
	enum admission admission = ADMISSION_NO;
	struct err err;

	if (ask_password(ends[0], "ann", "secret", &admission, &err) == 0)
		must(admission < ADMISSION_COUNT);
}

static void try_key(void)
{
	enum admission admission = ADMISSION_NO;
	struct err err;

	if (ask_key(ends[0], "ann", "ssh-ed25519", "AAAA", true, &admission, &err) == 0)
		must(admission < ADMISSION_COUNT);
}

static void try_remove(void)
{
	struct reply reply;
	struct err err;

	if (ask_remove(ends[0], "/", &reply, &err) == 0)
		check_reply(&reply);
}

static void try_rest(void)
{
	struct err err;

	(void)ask_start(ends[0], "client", &err);
}

static const struct {
	enum request kind;
	void (*attempt)(void);
} attempts[] = {
    {REQUEST_FIND, try_find},
    {REQUEST_OPEN, try_open},
    {REQUEST_LIST, try_list},
    {REQUEST_OPEN_FOLDER, try_folder},
    {REQUEST_PASSWORD, try_login},
    {REQUEST_KEY, try_key},
    {REQUEST_REMOVE, try_remove},
    {REQUEST_START, try_rest},
    {REQUEST_FIND_MORE, try_find_more},
    {REQUEST_OPEN_NEXT, try_open_next},
};
enum { ATTEMPTS = sizeof(attempts) / sizeof(attempts[0]) };

/* The lowest descriptor that is free: it goes up when one stays behind. */
static int lowest_free(void)
{
	int fd = dup(ends[0]);

	(void)close(fd);
	return fd;
}

/* What nobody reads: what was asked, and an answer to what wants none. */
static void empty(int end)
{
	struct pollfd wait = {.fd = end, .events = POLLIN};
	enum message_state state = MESSAGE_NONE;
	struct err err;

	while (poll(&wait, 1, 0) == 1) {
		must(message_receive(end, &message, &state, &err) == 0);
		message_close_fds(&message);
	}
}

/* First byte: which question, and whether the answer is of another kind. Second: descriptors. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err;
	int before;

	if (size < 2 || size - 2 > MESSAGE_MAX)
		return 0;
	if (ends[0] < 0)
		must(message_channel(ends, &err) == 0);
	before = lowest_free();
	message_start(&message, (uint32_t)attempts[data[0] % ATTEMPTS].kind + (data[0] > 250));
	memcpy(message.body, data + 2, size - 2);
	message.length = (uint32_t)size - 2;
	for (int i = 0; i < data[1] % 3; i++)
		message_put_fd(&message, ends[0]);
	must(message_send(ends[1], &message, &err) == 0);
	message.fd_count = 0;
	attempts[data[0] % ATTEMPTS].attempt();
	empty(ends[0]);
	empty(ends[1]);
	must(lowest_free() == before);
	return 0;
}
