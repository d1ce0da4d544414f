/* SPDX-License-Identifier: Apache-2.0 */
#include "server/sftp.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/attack.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"
#include "server/ask.h"
#include "server/extension.h"
#include "server/inbound.h"
#include "server/sftp_packet.h"
#include "spool/place.h"

enum {
	VERSION = 3,
	HANDLES_MAX = 256,
	HANDLE_SIZE = 8, /* bytes of a handle on the wire: slot and serial */
	WRITE_MAX = 255 * 1024,
	READ_MAX = 255 * 1024, /* bytes of one answer, as limits@openssh.com tells them */
	NAMES_MAX = 32 * 1024, /* bytes of a NAME packet: every client takes so many */
	NAME_RESERVE = 1024,   /* of which an entry needs at most so many */
	OUTPUT_FULL = 1024 * 1024,
	OUTPUT_MAX = 2 * OUTPUT_FULL, /* holds what is full and one more answer */
	/* Clients give them to their copies: those must be such that the next run can renew them.
	 */
	FILE_MODE = S_IFREG | 0644,
	FOLDER_MODE = S_IFDIR | 0755,
};

#define READ_ONLY "this tree is read-only"

/* A page of a listing, and how much of it is still to be told. */
struct page {
	struct message message;
	int64_t left;
	bool more; /* behind this page */
};

struct handle {
	enum { HANDLE_FREE, HANDLE_FILE, HANDLE_FOLDER, HANDLE_UPLOAD } kind;
	uint32_t serial;
	struct sftp_attributes attributes;
	int fd;                  /* of a file */
	int64_t letter;          /* that it is, or 0; an archive's id is negative */
	struct coverage *sent;   /* of a file; apart, so that the table of handles is a few pages */
	int64_t listing;         /* of a folder, by the broker's number */
	struct page *page;       /* NULL until it is read */
	struct inbound *inbound; /* of an upload */
};

/* What went out of a letter that was closed, to be told when all of it did. */
struct report {
	int64_t letter;
	struct coverage sent;
	int64_t due; /* when so many bytes of answers were sent */
};

struct sftp {
	int broker;
	bool ignore_setstat;
	bool greeted;
	uint32_t next_serial;
	struct handle handles[HANDLES_MAX];
	struct buffer out;
	int64_t taken; /* bytes of all answers that were sent */
	struct report *reports;
	size_t report_count;
};

/* A request being answered. */
struct request_in {
	struct sftp_reader reader;
	uint32_t id;
};

struct sftp *sftp_new(int broker, bool ignore_setstat)
{
	struct sftp *sftp = mem_new(1, sizeof(*sftp));

	sftp->broker = broker;
	sftp->ignore_setstat = ignore_setstat;
	sftp->out = (struct buffer)BUFFER(OUTPUT_MAX);
	return sftp;
}

/* The bytes that were read for it so far go out with the answers that are there. */
static void add_report(struct sftp *sftp, const struct handle *handle)
{
	if (handle->kind != HANDLE_FILE || !handle->letter || handle->sent->count == 0)
		return;
	sftp->reports = mem_resize(sftp->reports, sftp->report_count + 1, sizeof(*sftp->reports));
	sftp->reports[sftp->report_count++] =
	    (struct report){handle->letter, *handle->sent, sftp->taken + (int64_t)sftp->out.length};
}

static int send_reports(struct sftp *sftp, struct err *err)
{
	size_t due = 0;
	int result = 0;

	while (result == 0 && due < sftp->report_count && sftp->reports[due].due <= sftp->taken) {
		result = ask_sent(
		    sftp->broker, sftp->reports[due].letter, &sftp->reports[due].sent, err);
		due++;
	}
	if (due == 0)
		return 0;
	sftp->report_count -= due;
	memmove(sftp->reports, sftp->reports + due, sftp->report_count * sizeof(*sftp->reports));
	return result;
}

int sftp_sent(struct sftp *sftp, size_t count, struct err *err)
{
	buffer_consume(&sftp->out, count);
	sftp->taken += (int64_t)count;
	return send_reports(sftp, err);
}

int sftp_finish(struct sftp *sftp, struct err *err)
{
	for (int i = 0; i < HANDLES_MAX; i++)
		add_report(sftp, &sftp->handles[i]);
	return send_reports(sftp, err);
}

static void close_handle(struct handle *handle)
{
	if (handle->kind == HANDLE_FREE)
		return;
	if (handle->kind == HANDLE_FILE)
		(void)close(handle->fd);
	free(handle->sent);
	free(handle->page);
	inbound_free(handle->inbound);
	*handle = (struct handle){.kind = HANDLE_FREE};
}

void sftp_free(struct sftp *sftp)
{
	if (!sftp)
		return;
	for (int i = 0; i < HANDLES_MAX; i++)
		close_handle(&sftp->handles[i]);
	buffer_done(&sftp->out);
	free(sftp->reports);
	free(sftp);
}

const struct buffer *sftp_output(const struct sftp *sftp)
{
	return &sftp->out;
}

bool sftp_is_idle(const struct sftp *sftp)
{
	for (size_t i = 0; i < HANDLES_MAX; i++)
		if (sftp->handles[i].kind != HANDLE_FREE)
			return false;
	return sftp->out.length == 0;
}

bool sftp_is_full(const struct sftp *sftp)
{
	return sftp->out.length >= OUTPUT_FULL;
}

static int put_status(struct sftp *sftp, uint32_t id, enum sftp_status status, const char *text)
{
	sftp_put_status(&sftp->out, id, status, text);
	return 0;
}

/* An answer of the broker's that is not ANSWER_OK. */
static int put_reply(struct sftp *sftp, uint32_t id, const struct reply *reply)
{
	switch (reply->answer) {
	case ANSWER_OK:
		return put_status(sftp, id, SFTP_OK, "done");
	case ANSWER_NO_SUCH_FILE:
		return put_status(sftp, id, SFTP_NO_SUCH_FILE, "no such file");
	case ANSWER_DENIED:
		return put_status(sftp, id, SFTP_PERMISSION_DENIED, reply->reason);
	case ANSWER_FAILURE:
	case ANSWER_COUNT:
		break;
	}
	return put_status(sftp, id, SFTP_FAILURE, reply->reason);
}

static int put_attributes(struct sftp *sftp, uint32_t id, const struct sftp_attributes *attributes)
{
	size_t start = sftp_begin(&sftp->out, SFTP_ATTRS, id);

	sftp_put_attributes(&sftp->out, attributes);
	sftp_end(&sftp->out, start);
	return 0;
}

static struct sftp_attributes attributes_of(const struct entry *entry)
{
	return (struct sftp_attributes){
	    .size = (uint64_t)entry->size,
	    .mode = entry->is_folder ? FOLDER_MODE : FILE_MODE,
	    .changed = entry->changed,
	};
}

/* The normalised path of the request's next string. False: it is none that could be. */
static bool get_path(struct request_in *in, char ret_path[PLACE_PATH_MAX])
{
	size_t length = 0;
	const char *bytes = sftp_get_string(&in->reader, &length);

	return !in->reader.bad && place_normalise(bytes, length, ret_path);
}

/* Nothing else can be written to, so that nobody has to be asked about it. */
static bool is_in_drop(const char *path)
{
	return strcmp(path, "/drop") == 0 || strncmp(path, "/drop/", 6) == 0;
}

static int put_no_such_path(struct sftp *sftp, const struct request_in *in)
{
	return put_status(sftp, in->id, SFTP_NO_SUCH_FILE, "no such file");
}

/* The handle of the request's next string, or NULL. */
static struct handle *get_handle(struct sftp *sftp, struct request_in *in)
{
	size_t length = 0;
	const char *bytes = sftp_get_string(&in->reader, &length);
	struct sftp_reader reader = {
	    (const uint8_t *)bytes, (const uint8_t *)bytes + length, false};
	uint32_t slot = sftp_get_uint32(&reader);
	uint32_t serial = sftp_get_uint32(&reader);

	if (length != HANDLE_SIZE || slot >= HANDLES_MAX ||
	    sftp->handles[slot].kind == HANDLE_FREE || sftp->handles[slot].serial != serial)
		return NULL;
	return &sftp->handles[slot];
}

static int put_bad_handle(struct sftp *sftp, const struct request_in *in)
{
	return put_status(sftp, in->id, SFTP_FAILURE, "not a handle of this session");
}

static struct handle *free_handle(struct sftp *sftp)
{
	for (int i = 0; i < HANDLES_MAX; i++)
		if (sftp->handles[i].kind == HANDLE_FREE)
			return &sftp->handles[i];
	return NULL;
}

static int put_handle(struct sftp *sftp, uint32_t id, struct handle *handle)
{
	size_t start = sftp_begin(&sftp->out, SFTP_HANDLE, id);

	handle->serial = sftp->next_serial++;
	sftp_put_uint32(&sftp->out, HANDLE_SIZE);
	sftp_put_uint32(&sftp->out, (uint32_t)(handle - sftp->handles));
	sftp_put_uint32(&sftp->out, handle->serial);
	sftp_end(&sftp->out, start);
	return 0;
}

static int open_upload(struct sftp *sftp, const struct request_in *in, const char *path,
    uint32_t flags, struct err *err)
{
	unsigned how = (flags & SFTP_OPEN_CREATE ? UPLOAD_CREATE : 0) |
	               (flags & SFTP_OPEN_TRUNCATE ? UPLOAD_EMPTY : 0) |
	               (flags & SFTP_OPEN_EXCLUSIVE ? UPLOAD_EXCLUSIVE : 0);
	struct handle *handle = free_handle(sftp);
	struct inbound *inbound = NULL;
	struct reply reply;

	if (inbound_open(sftp->broker, path, how, flags & SFTP_OPEN_APPEND, &inbound, &reply, err) <
	    0)
		return -1;
	if (reply.answer != ANSWER_OK)
		return put_reply(sftp, in->id, &reply);
	handle->kind = HANDLE_UPLOAD;
	handle->inbound = inbound;
	return put_handle(sftp, in->id, handle);
}

static int answer_open(struct sftp *sftp, struct request_in *in, struct err *err)
{
	char path[PLACE_PATH_MAX];
	bool is_path = get_path(in, path);
	uint32_t flags = sftp_get_uint32(&in->reader);
	struct handle *handle = free_handle(sftp);
	struct entry entry;
	struct reply reply;
	int fd = -1;

	if (!is_path || in->reader.bad)
		return put_no_such_path(sftp, in);
	if (flags & SFTP_OPEN_WRITE && !is_in_drop(path))
		return put_status(sftp, in->id, SFTP_PERMISSION_DENIED, READ_ONLY);
	if (!handle)
		return put_status(sftp, in->id, SFTP_FAILURE, "too many open handles");
	if (flags & SFTP_OPEN_WRITE)
		return open_upload(sftp, in, path, flags, err);
	if (ask_open(sftp->broker, path, &entry, &fd, &reply, err) < 0)
		return -1;
	if (reply.answer != ANSWER_OK)
		return put_reply(sftp, in->id, &reply);
	handle->kind = HANDLE_FILE;
	handle->fd = fd;
	handle->sent = mem_new(1, sizeof(*handle->sent));
	handle->letter = entry.letter;
	handle->attributes = attributes_of(&entry);
	return put_handle(sftp, in->id, handle);
}

static int close_upload(
    struct sftp *sftp, const struct request_in *in, struct handle *handle, struct err *err)
{
	struct reply reply;

	if (inbound_close(handle->inbound, sftp->broker, &reply, err) < 0)
		return -1;
	close_handle(handle);
	return put_reply(sftp, in->id, &reply);
}

static int answer_close(struct sftp *sftp, struct request_in *in, struct err *err)
{
	struct handle *handle = get_handle(sftp, in);

	if (!handle)
		return put_bad_handle(sftp, in);
	if (handle->kind == HANDLE_UPLOAD)
		return close_upload(sftp, in, handle, err);
	if (handle->kind == HANDLE_FOLDER &&
	    ask_close_folder(sftp->broker, handle->listing, err) < 0)
		return -1;
	add_report(sftp, handle);
	close_handle(handle);
	return put_status(sftp, in->id, SFTP_OK, "closed");
}

/* The bytes go straight from the file behind their header: they are copied once. */
static int answer_read(struct sftp *sftp, struct request_in *in, struct err *err)
{
	struct handle *handle = get_handle(sftp, in);
	uint64_t offset = sftp_get_uint64(&in->reader);
	uint32_t length = sftp_get_uint32(&in->reader);
	size_t start;
	ssize_t count;
	char *at;

	(void)err;
	if (!handle || handle->kind != HANDLE_FILE)
		return put_bad_handle(sftp, in);
	if (length > READ_MAX)
		length = READ_MAX;
	if (offset > INT64_MAX - READ_MAX)
		return put_status(sftp, in->id, SFTP_EOF, "behind the end");
	start = sftp_begin(&sftp->out, SFTP_DATA, in->id);
	sftp_put_uint32(&sftp->out, 0);
	at = buffer_reserve(&sftp->out, length);
	count = at ? pread(handle->fd, at, length, (off_t)offset) : -1;
	if (count <= 0 && length > 0) {
		sftp->out.length = start;
		return count == 0
		           ? put_status(sftp, in->id, SFTP_EOF, "end of file")
		           : put_status(sftp, in->id, SFTP_FAILURE, "the file cannot be read now");
	}
	buffer_grow(&sftp->out, (size_t)count);
	sftp_end(&sftp->out, start);
	sftp_put_length(&sftp->out, start + 9, (uint32_t)count);
	if (count > 0)
		coverage_add(handle->sent, (int64_t)offset, (int64_t)offset + count);
	return 0;
}

static int refuse_change(struct sftp *sftp, struct request_in *in, struct err *err)
{
	(void)err;
	return put_status(sftp, in->id, SFTP_PERMISSION_DENIED, READ_ONLY);
}

static int answer_write(struct sftp *sftp, struct request_in *in, struct err *err)
{
	struct handle *handle = get_handle(sftp, in);
	uint64_t offset;
	size_t length = 0;
	const char *bytes;
	char reason[200];

	if (!handle || handle->kind != HANDLE_UPLOAD)
		return refuse_change(sftp, in, err);
	offset = sftp_get_uint64(&in->reader);
	bytes = sftp_get_string(&in->reader, &length);
	if (in->reader.bad)
		return 0;
	if (!inbound_write(handle->inbound, offset, bytes, length, reason))
		return put_status(sftp, in->id, SFTP_FAILURE, reason);
	return put_status(sftp, in->id, SFTP_OK, "written");
}

static int answer_stat(struct sftp *sftp, struct request_in *in, struct err *err)
{
	char path[PLACE_PATH_MAX];
	struct sftp_attributes attributes;
	struct entry entry;
	struct reply reply;

	if (!get_path(in, path))
		return put_no_such_path(sftp, in);
	attack_here(path + 1, strlen(path + 1), sftp->broker);
	if (ask_find(sftp->broker, path, &entry, &reply, err) < 0)
		return -1;
	if (reply.answer != ANSWER_OK)
		return put_reply(sftp, in->id, &reply);
	attributes = attributes_of(&entry);
	return put_attributes(sftp, in->id, &attributes);
}

static int answer_fstat(struct sftp *sftp, struct request_in *in, struct err *err)
{
	struct handle *handle = get_handle(sftp, in);

	(void)err;
	if (!handle)
		return put_bad_handle(sftp, in);
	if (handle->kind == HANDLE_UPLOAD) {
		struct entry entry = inbound_entry(handle->inbound);

		handle->attributes = attributes_of(&entry);
	}
	return put_attributes(sftp, in->id, &handle->attributes);
}

static int answer_opendir(struct sftp *sftp, struct request_in *in, struct err *err)
{
	char path[PLACE_PATH_MAX];
	struct handle *handle = free_handle(sftp);
	struct reply reply;
	int64_t listing = 0;

	if (!get_path(in, path))
		return put_no_such_path(sftp, in);
	if (!handle)
		return put_status(sftp, in->id, SFTP_FAILURE, "too many open handles");
	if (ask_open_folder(sftp->broker, path, &listing, &reply, err) < 0)
		return -1;
	if (reply.answer != ANSWER_OK)
		return put_reply(sftp, in->id, &reply);
	handle->kind = HANDLE_FOLDER;
	handle->listing = listing;
	handle->attributes = (struct sftp_attributes){.mode = FOLDER_MODE};
	return put_handle(sftp, in->id, handle);
}

/* See that the handle's page has entries, unless there are none left. */
static int turn_page(
    struct sftp *sftp, struct handle *handle, struct reply *ret_reply, struct err *err)
{
	struct page *page = handle->page;

	ret_reply->answer = ANSWER_OK;
	if (!page) {
		page = mem_new(1, sizeof(*page));
		page->more = true;
		handle->page = page;
	}
	while (page->left == 0 && page->more && ret_reply->answer == ANSWER_OK)
		if (ask_list(sftp->broker, handle->listing, &page->message, ret_reply, &page->left,
		        &page->more, err) < 0)
			return -1;
	return 0;
}

static void put_name(struct buffer *out, const struct entry *entry, int64_t now)
{
	struct sftp_attributes attributes = attributes_of(entry);

	sftp_put_string(out, entry->name, strlen(entry->name));
	sftp_put_long_name(out, entry->name, &attributes, now);
	sftp_put_attributes(out, &attributes);
}

static int answer_readdir(struct sftp *sftp, struct request_in *in, struct err *err)
{
	struct handle *handle = get_handle(sftp, in);
	int64_t now = clock_now();
	struct reply reply;
	uint32_t count = 0;
	size_t start;

	if (!handle || handle->kind != HANDLE_FOLDER)
		return put_bad_handle(sftp, in);
	if (turn_page(sftp, handle, &reply, err) < 0)
		return -1;
	if (reply.answer != ANSWER_OK)
		return put_reply(sftp, in->id, &reply);
	if (handle->page->left == 0)
		return put_status(sftp, in->id, SFTP_EOF, "end of the folder");
	start = sftp_begin(&sftp->out, SFTP_NAME, in->id);
	sftp_put_uint32(&sftp->out, 0);
	while (handle->page->left > 0 && sftp->out.length - start < NAMES_MAX - NAME_RESERVE) {
		struct entry entry;

		if (ask_next_entry(&handle->page->message, &entry, err) < 0)
			return -1;
		put_name(&sftp->out, &entry, now);
		handle->page->left--;
		count++;
	}
	sftp_end(&sftp->out, start);
	sftp_put_length(&sftp->out, start + 9, count);
	return 0;
}

/* A NAME of one folder's path. */
static int put_path(struct sftp *sftp, uint32_t id, const char *path)
{
	struct entry entry = {.is_folder = true};
	struct sftp_attributes attributes = attributes_of(&entry);
	size_t start = sftp_begin(&sftp->out, SFTP_NAME, id);

	sftp_put_uint32(&sftp->out, 1);
	sftp_put_string(&sftp->out, path, strlen(path));
	sftp_put_string(&sftp->out, path, strlen(path));
	sftp_put_attributes(&sftp->out, &attributes);
	sftp_end(&sftp->out, start);
	return 0;
}

static int answer_realpath(struct sftp *sftp, struct request_in *in, struct err *err)
{
	char path[PLACE_PATH_MAX];

	(void)err;
	if (!get_path(in, path))
		return put_no_such_path(sftp, in);
	return put_path(sftp, in->id, path);
}

static int answer_remove(struct sftp *sftp, struct request_in *in, struct err *err)
{
	char path[PLACE_PATH_MAX];
	struct reply reply;

	if (!get_path(in, path))
		return put_no_such_path(sftp, in);
	if (ask_remove(sftp->broker, path, &reply, err) < 0)
		return -1;
	return put_reply(sftp, in->id, &reply);
}

static int put_unset(struct sftp *sftp, const struct request_in *in)
{
	if (sftp->ignore_setstat)
		return put_status(sftp, in->id, SFTP_OK, "nothing changed");
	return put_status(sftp, in->id, SFTP_PERMISSION_DENIED, READ_ONLY);
}

/* Of something in drop/; its handles have to know. */
static int set_upload(struct sftp *sftp, struct request_in *in, const char *path, struct err *err)
{
	struct sftp_wish wish = sftp_get_wish(&in->reader);
	struct upload_change change = {
	    .what = (wish.has_size ? UPLOAD_SET_SIZE : 0) | (wish.has_times ? UPLOAD_SET_TIME : 0),
	    .size = wish.size > INT64_MAX ? INT64_MAX : (int64_t)wish.size,
	    .modified = wish.modified * SECOND};
	struct reply reply;

	if (in->reader.bad)
		return 0;
	if (ask_set(sftp->broker, path, &change, &reply, err) < 0)
		return -1;
	for (int i = 0; reply.answer == ANSWER_OK && i < HANDLES_MAX; i++)
		if (sftp->handles[i].kind == HANDLE_UPLOAD &&
		    strcmp(inbound_path(sftp->handles[i].inbound), path) == 0)
			inbound_note_change(sftp->handles[i].inbound, &change);
	return put_reply(sftp, in->id, &reply);
}

static int answer_setstat(struct sftp *sftp, struct request_in *in, struct err *err)
{
	char path[PLACE_PATH_MAX];

	if (!get_path(in, path) || !is_in_drop(path))
		return put_unset(sftp, in);
	return set_upload(sftp, in, path, err);
}

static int answer_fsetstat(struct sftp *sftp, struct request_in *in, struct err *err)
{
	const struct handle *handle = get_handle(sftp, in);
	char path[PLACE_PATH_MAX];

	if (!handle || handle->kind != HANDLE_UPLOAD)
		return put_unset(sftp, in);
	text_copy(path, inbound_path(handle->inbound));
	return set_upload(sftp, in, path, err);
}

static int answer_mkdir(struct sftp *sftp, struct request_in *in, struct err *err)
{
	char path[PLACE_PATH_MAX];
	struct reply reply;

	if (!get_path(in, path) || !is_in_drop(path))
		return refuse_change(sftp, in, err);
	if (ask_make_folder(sftp->broker, path, &reply, err) < 0)
		return -1;
	return put_reply(sftp, in->id, &reply);
}

static int answer_rename(struct sftp *sftp, struct request_in *in, struct err *err)
{
	char from[PLACE_PATH_MAX];
	char to[PLACE_PATH_MAX];
	bool are_paths = get_path(in, from);
	struct reply reply;

	are_paths &= get_path(in, to);
	if (!are_paths || !is_in_drop(from) || !is_in_drop(to))
		return refuse_change(sftp, in, err);
	if (ask_rename(sftp->broker, from, to, &reply, err) < 0)
		return -1;
	return put_reply(sftp, in->id, &reply);
}

static int answer_fsync(struct sftp *sftp, struct request_in *in, struct err *err)
{
	struct handle *handle = get_handle(sftp, in);
	char reason[200];

	(void)err;
	if (!handle)
		return put_bad_handle(sftp, in);
	if (handle->kind == HANDLE_UPLOAD && !inbound_sync(handle->inbound, reason))
		return put_status(sftp, in->id, SFTP_FAILURE, reason);
	return put_status(sftp, in->id, SFTP_OK, "durable");
}

static int answer_readlink(struct sftp *sftp, struct request_in *in, struct err *err)
{
	(void)err;
	return put_status(sftp, in->id, SFTP_FAILURE, "there are no links here");
}

/* So that clients read as much at a time as we send, and open no more than we keep. */
static int answer_limits(struct sftp *sftp, struct request_in *in, struct err *err)
{
	size_t start = sftp_begin(&sftp->out, SFTP_EXTENDED_REPLY, in->id);

	(void)err;
	sftp_put_uint64(&sftp->out, SFTP_PACKET_MAX);
	sftp_put_uint64(&sftp->out, READ_MAX);
	sftp_put_uint64(&sftp->out, WRITE_MAX);
	sftp_put_uint64(&sftp->out, HANDLES_MAX);
	sftp_end(&sftp->out, start);
	return 0;
}

/* "~" is the root, which is everybody's home; another's home is nobody's. */
static int answer_expand_path(struct sftp *sftp, struct request_in *in, struct err *err)
{
	size_t length = 0;
	const char *text = sftp_get_string(&in->reader, &length);
	bool from_home = length > 0 && text[0] == '~';
	char path[PLACE_PATH_MAX];

	(void)err;
	if (from_home && length > 1 && text[1] != '/')
		return put_status(sftp, in->id, SFTP_NO_SUCH_FILE, "only ~ has a home here");
	if (in->reader.bad || !place_normalise(text + from_home, length - from_home, path))
		return put_no_such_path(sftp, in);
	return put_path(sftp, in->id, path);
}

static int answer_home(struct sftp *sftp, struct request_in *in, struct err *err)
{
	size_t length = 0;

	(void)err;
	(void)sftp_get_string(&in->reader, &length);
	return put_path(sftp, in->id, "/");
}

/*
 * Those that concern the session itself (the others are in extension.c): OpenSSH's PROTOCOL file,
 * and draft-ietf-secsh-filexfer-extensions-00 for home-directory.
 */
static const struct {
	const char *name;
	const char *version;
	int (*answer)(struct sftp *sftp, struct request_in *in, struct err *err);
} extensions[] = {
    {"limits@openssh.com", "1", answer_limits},
    {"expand-path@openssh.com", "1", answer_expand_path},
    {"home-directory", "1", answer_home},
    {"posix-rename@openssh.com", "1", answer_rename},
    {"fsync@openssh.com", "1", answer_fsync},
};
enum { EXTENSIONS = sizeof(extensions) / sizeof(extensions[0]) };

static int answer_elsewhere(
    struct sftp *sftp, struct request_in *in, const struct extension *extension, struct err *err)
{
	struct extension_request request = {
	    .broker = sftp->broker, .out = &sftp->out, .in = &in->reader, .id = in->id, .fd = -1};

	if (extension->takes_handle) {
		const struct handle *handle = get_handle(sftp, in);

		if (!handle)
			return put_bad_handle(sftp, in);
		request.fd = handle->kind == HANDLE_FILE ? handle->fd : -1;
		request.size = handle->attributes.size;
	}
	return extension->answer(&request, err);
}

static int answer_extended(struct sftp *sftp, struct request_in *in, struct err *err)
{
	size_t length = 0;
	const char *name = sftp_get_string(&in->reader, &length);
	const struct extension *extension = extension_find(name, length);

	if (extension)
		return answer_elsewhere(sftp, in, extension, err);
	for (size_t i = 0; i < EXTENSIONS; i++)
		if (!in->reader.bad && strlen(extensions[i].name) == length &&
		    memcmp(extensions[i].name, name, length) == 0)
			return extensions[i].answer(sftp, in, err);
	return put_status(sftp, in->id, SFTP_OP_UNSUPPORTED, "no such extension");
}

static int (*const answers[256])(struct sftp *sftp, struct request_in *in, struct err *err) = {
    [SFTP_OPEN] = answer_open,
    [SFTP_CLOSE] = answer_close,
    [SFTP_READ] = answer_read,
    [SFTP_WRITE] = answer_write,
    [SFTP_LSTAT] = answer_stat,
    [SFTP_FSTAT] = answer_fstat,
    [SFTP_SETSTAT] = answer_setstat,
    [SFTP_FSETSTAT] = answer_fsetstat,
    [SFTP_OPENDIR] = answer_opendir,
    [SFTP_READDIR] = answer_readdir,
    [SFTP_REMOVE] = answer_remove,
    [SFTP_MKDIR] = answer_mkdir,
    [SFTP_RMDIR] = refuse_change,
    [SFTP_REALPATH] = answer_realpath,
    [SFTP_STAT] = answer_stat,
    [SFTP_RENAME] = answer_rename,
    [SFTP_READLINK] = answer_readlink,
    [SFTP_SYMLINK] = refuse_change,
    [SFTP_EXTENDED] = answer_extended,
};

static void offer(struct sftp *sftp, const char *extension, const char *version)
{
	sftp_put_string(&sftp->out, extension, strlen(extension));
	sftp_put_string(&sftp->out, version, strlen(version));
}

/* INIT has a version where other packets have an id, and comes first and once. */
static int greet(struct sftp *sftp, struct sftp_reader *reader, struct err *err)
{
	size_t start;

	if (sftp->greeted || sftp_get_uint32(reader) < VERSION || reader->bad)
		return err_set(err, ERR_REFUSED, "not an SFTP client of version %d", VERSION);
	sftp->greeted = true;
	start = sftp_begin(&sftp->out, SFTP_VERSION, VERSION);
	for (size_t i = 0; i < EXTENSIONS; i++)
		offer(sftp, extensions[i].name, extensions[i].version);
	for (const struct extension *row = extension_rows; row->name; row++)
		offer(sftp, row->name, row->version);
	sftp_end(&sftp->out, start);
	return 0;
}

static int answer_packet(struct sftp *sftp, const uint8_t *bytes, size_t length, struct err *err)
{
	struct request_in in = {.reader = {bytes, bytes + length, false}};
	size_t before = sftp->out.length;
	uint8_t type = sftp_get_byte(&in.reader);

	if (type == SFTP_INIT)
		return greet(sftp, &in.reader, err);
	if (!sftp->greeted)
		return err_set(err, ERR_REFUSED, "SFTP requests before INIT");
	in.id = sftp_get_uint32(&in.reader);
	if (in.reader.bad)
		return err_set(err, ERR_REFUSED, "an SFTP packet without an id");
	if (!answers[type])
		return put_status(sftp, in.id, SFTP_OP_UNSUPPORTED, "no such request");
	if (answers[type](sftp, &in, err) < 0)
		return -1;
	/* Cut off in the middle: what it asked for is not known, so it is not answered. */
	if (in.reader.bad) {
		sftp->out.length = before;
		return put_status(sftp, in.id, SFTP_BAD_MESSAGE, "the request is cut off");
	}
	return 0;
}

int sftp_feed(
    struct sftp *sftp, const void *bytes, size_t length, size_t *ret_used, struct err *err)
{
	const uint8_t *at = bytes;
	const uint8_t *end = at + length;

	while (end - at >= 4 && !sftp_is_full(sftp)) {
		struct sftp_reader reader = {at, end, false};
		uint32_t size = sftp_get_uint32(&reader);

		if (size < 1 || size > SFTP_PACKET_MAX)
			return err_set(err, ERR_REFUSED, "an SFTP packet of %u bytes", size);
		if ((size_t)(end - reader.at) < size)
			break;
		if (answer_packet(sftp, reader.at, size, err) < 0)
			return -1;
		at = reader.at + size;
	}
	*ret_used = (size_t)(at - (const uint8_t *)bytes);
	return 0;
}
