/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/stub_broker.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/message.h"
#include "base/number.h"
#include "server/request.h"

/* A folder being listed. */
struct listing {
	bool is_open;
	bool has_long_names;
	unsigned at;
	unsigned count;
};

struct stub {
	int channel;
	unsigned entries;
	struct listing listings[LISTINGS_MAX];
	bool is_null;    /* the upload is of /drop/null */
	bool is_emptied; /* it was set to no bytes */
	struct message in;
	struct message out;
};

uint8_t stub_byte(uint64_t offset)
{
	return (uint8_t)(offset * 31 + offset / 251);
}

static void put_entry(struct message *out, const char *name, bool is_folder, int64_t size)
{
	message_put_text(out, name);
	message_put_int(out, is_folder);
	message_put_int(out, size);
	message_put_int(out, STUB_CHANGED * SECOND);
}

static const struct {
	const char *path;
	bool is_folder;
	int64_t size;
} tree[] = {
    {"/", true, 0},
    {"/file", false, STUB_FILE_SIZE},
    {"/empty", false, 0},
    {"/folder", true, 0},
    {"/long", true, 0},
    {"/nothing", true, 0},
    {"/new/a", false, 1},
};
enum { TREE = sizeof(tree) / sizeof(tree[0]) };

static size_t find(const char *path)
{
	size_t i = 0;

	while (i < TREE && strcmp(tree[i].path, path) != 0)
		i++;
	return i;
}

/* Answer what is not in the tree. */
static void refuse(struct stub *stub, const char *path)
{
	struct message *out = &stub->out;

	if (strcmp(path, "/denied") == 0) {
		message_put_int(out, ANSWER_DENIED);
		message_put_text(out, "you may not");
	} else if (strcmp(path, "/later") == 0) {
		message_put_int(out, ANSWER_FAILURE);
		message_put_text(out, "come back later");
	} else if (strcmp(path, "/wrong") == 0) {
		message_put_int(out, ANSWER_COUNT);
	} else {
		message_put_int(out, ANSWER_NO_SUCH_FILE);
	}
}

/* A file of its tree's entry: the same each time, since it is only read. */
static int open_file(size_t at)
{
	static int files[TREE]; /* 0: not made yet */
	int64_t size = tree[at].size;
	OWNED_MEM uint8_t *bytes = NULL;
	int fd;

	if (files[at])
		return dup(files[at]);
	bytes = mem_new((size_t)size + 1, 1);
	fd = memfd_create("stub", MFD_CLOEXEC);

	for (int64_t i = 0; i < size; i++)
		bytes[i] = stub_byte((uint64_t)i);
	if (fd < 0 || write(fd, bytes, (size_t)size) != size)
		_exit(EXIT_FAILURE);
	files[at] = fd;
	return dup(fd);
}

static void put_page(struct stub *stub, struct listing *listing)
{
	unsigned left = listing->count - listing->at;
	unsigned part = left < LIST_PAGE ? left : LIST_PAGE;

	message_put_int(&stub->out, part);
	for (unsigned i = 0; i < part; i++) {
		char name[NAME_MAX + 1];

		(void)snprintf(name, sizeof(name), "entry-%06u%s", listing->at++,
		    listing->has_long_names ? "-" : "");
		if (listing->has_long_names) {
			memset(name + strlen(name), 'x', NAME_MAX - strlen(name));
			name[NAME_MAX] = '\0';
		}
		put_entry(&stub->out, name, false, 40960);
	}
}

static void answer_open_folder(struct stub *stub, const char *path)
{
	int number = 0;

	while (number < LISTINGS_MAX && stub->listings[number].is_open)
		number++;
	if (number == LISTINGS_MAX) {
		message_put_int(&stub->out, ANSWER_FAILURE);
		message_put_text(&stub->out, "too many folders are open");
		return;
	}
	stub->listings[number] = (struct listing){.count = 0};
	if (strcmp(path, "/folder") == 0)
		stub->listings[number].count = stub->entries;
	if (strcmp(path, "/long") == 0)
		stub->listings[number].count = STUB_LONG_NAMES;
	stub->listings[number].has_long_names = strcmp(path, "/long") == 0;
	message_put_int(&stub->out, ANSWER_OK);
	stub->listings[number].is_open = stub->listings[number].count > LIST_PAGE;
	message_put_int(&stub->out, stub->listings[number].is_open ? number : LISTING_WHOLE);
	put_page(stub, &stub->listings[number]);
}

static struct listing *get_listing(struct stub *stub)
{
	int64_t number = message_get_bounded(&stub->in, 0, LISTINGS_MAX - 1);

	if (!message_is_read(&stub->in) || !stub->listings[number].is_open)
		_exit(EXIT_FAILURE);
	return &stub->listings[number];
}

static void answer_list(struct stub *stub)
{
	struct listing *listing = get_listing(stub);

	message_put_int(&stub->out, ANSWER_OK);
	message_put_int(&stub->out, listing->count - listing->at > LIST_PAGE);
	put_page(stub, listing);
}

static void answer_space(struct stub *stub)
{
	message_put_int(&stub->out, ANSWER_OK);
	for (int64_t i = 1; i <= 5; i++)
		message_put_int(&stub->out, i * 1000);
	message_put_int(&stub->out, 1);
}

static void answer_hash(struct stub *stub)
{
	message_put_int(&stub->out, ANSWER_OK);
	message_put_text(&stub->out, STUB_HASH STUB_HASH STUB_HASH STUB_HASH);
}

static bool opens(const struct stub *stub)
{
	return stub->in.kind == REQUEST_OPEN || stub->in.kind == REQUEST_OPEN_NEXT;
}

static void answer_path(struct stub *stub, const char *path)
{
	size_t at = find(path);

	if (at == TREE) {
		refuse(stub, path);
	} else if (stub->in.kind == REQUEST_OPEN_FOLDER && tree[at].is_folder) {
		answer_open_folder(stub, path);
	} else if (stub->in.kind == REQUEST_OPEN_FOLDER || (opens(stub) && tree[at].is_folder)) {
		message_put_int(&stub->out, ANSWER_FAILURE);
		message_put_text(&stub->out, "not what was asked for");
	} else if (stub->in.kind == REQUEST_SPACE) {
		answer_space(stub);
	} else if (stub->in.kind == REQUEST_HASH) {
		answer_hash(stub);
	} else if (stub->in.kind == REQUEST_REMOVE) {
		message_put_int(
		    &stub->out, strncmp(path, "/new/", 5) == 0 ? ANSWER_OK : ANSWER_DENIED);
		if (strncmp(path, "/new/", 5) != 0)
			message_put_text(&stub->out, "not in new/");
	} else {
		message_put_int(&stub->out, ANSWER_OK);
		if (opens(stub))
			message_put_fd(&stub->out, open_file(at));
		if (stub->in.kind == REQUEST_FIND_MORE)
			message_put_int(&stub->out, 1);
		put_entry(&stub->out, strrchr(path, '/') + 1, tree[at].is_folder, tree[at].size);
		if (opens(stub))
			message_put_int(&stub->out, 0);
		if (stub->in.kind == REQUEST_OPEN_NEXT) {
			message_put_int(&stub->out, 0);
			message_put_int(&stub->out, 0);
		}
	}
}

/* What is said before the path is of no interest here. */
static void answer_open_next(struct stub *stub)
{
	(void)message_get_bounded(&stub->in, 0, OPEN_ORDER_COUNT - 1);
	(void)message_get_bounded(&stub->in, 0, OPEN_NEXT);
	answer_path(stub, message_get_text(&stub->in));
}

/* Yes to what is about /drop/a and /drop/null. */
static bool is_upload(struct stub *stub)
{
	const char *path = message_get_text(&stub->in);
	bool is_null = strcmp(path, "/drop/null") == 0;
	bool is = is_null || strcmp(path, "/drop/a") == 0;

	stub->is_null |= is_null;
	message_put_int(&stub->out, is ? ANSWER_OK : ANSWER_DENIED);
	if (!is)
		message_put_text(&stub->out, "not /drop/a");
	return is;
}

static void answer_upload(struct stub *stub)
{
	if (!is_upload(stub))
		return;
	message_put_fd(&stub->out, stub->is_null ? open("/dev/null", O_WRONLY | O_CLOEXEC)
	                                         : memfd_create("upload", MFD_CLOEXEC));
	put_entry(&stub->out, "a", false, 0);
	message_put_int(&stub->out, 3);
	message_put_int(&stub->out, STUB_UPLOAD_MAX);
}

static void answer_set(struct stub *stub)
{
	stub->is_emptied = is_upload(stub) && message_get_int(&stub->in) == UPLOAD_SET_SIZE &&
	                   message_get_int(&stub->in) == 0;
}

static void answer_uploaded(struct stub *stub)
{
	const char *failure;

	if (message_get_int(&stub->in) != 3 || (stub->is_null && !stub->is_emptied))
		_exit(EXIT_FAILURE);
	failure = message_get_text(&stub->in);
	message_put_int(&stub->out, failure[0] ? ANSWER_FAILURE : ANSWER_OK);
	if (failure[0])
		message_put_text(&stub->out, failure);
}

static void answer(struct stub *stub)
{
	struct err err;

	message_start(&stub->out, stub->in.kind);
	switch (stub->in.kind) {
	case REQUEST_FIND:
	case REQUEST_FIND_MORE:
	case REQUEST_OPEN_FOLDER:
	case REQUEST_OPEN:
	case REQUEST_REMOVE:
	case REQUEST_SPACE:
	case REQUEST_HASH:
		answer_path(stub, message_get_text(&stub->in));
		break;
	case REQUEST_OPEN_NEXT:
		answer_open_next(stub);
		break;
	case REQUEST_LIST:
		answer_list(stub);
		break;
	case REQUEST_CLOSE_FOLDER:
		get_listing(stub)->is_open = false;
		return;
	case REQUEST_UPLOAD:
		answer_upload(stub);
		break;
	case REQUEST_UPLOADED:
		answer_uploaded(stub);
		break;
	case REQUEST_SET:
		answer_set(stub);
		break;
	case REQUEST_MAKE_FOLDER:
	case REQUEST_RENAME:
		(void)is_upload(stub);
		break;
	default:
		_exit(EXIT_FAILURE);
	}
	if (message_send(stub->channel, &stub->out, &err) < 0)
		_exit(EXIT_FAILURE);
	message_close_fds(&stub->out);
}

static void serve(int channel, unsigned entries)
{
	struct stub *stub = mem_new(1, sizeof(*stub));
	enum message_state state = MESSAGE_GOT;
	struct err err;

	stub->channel = channel;
	stub->entries = entries;
	while (message_receive(channel, &stub->in, &state, &err) == 0 && state == MESSAGE_GOT)
		answer(stub);
	free(stub);
}

void stub_broker_start(struct stub_broker *broker, unsigned entries)
{
	int ends[2];
	struct err err;

	if (message_channel(ends, &err) < 0)
		abort();
	broker->pid = fork();
	if (broker->pid < 0)
		abort();
	if (broker->pid == 0) {
		(void)close(ends[0]);
		serve(ends[1], entries);
		_exit(EXIT_SUCCESS);
	}
	(void)close(ends[1]);
	broker->channel = ends[0];
}

void stub_broker_kill(struct stub_broker *broker)
{
	if (broker->pid == 0)
		return;
	(void)kill(broker->pid, SIGKILL);
	(void)waitpid(broker->pid, NULL, 0);
	broker->pid = 0;
}

void stub_broker_stop(struct stub_broker *broker)
{
	stub_broker_kill(broker);
	(void)close(broker->channel);
}
