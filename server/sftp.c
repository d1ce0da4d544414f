/* SPDX-License-Identifier: Apache-2.0 */
#include "server/sftp.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/attack.h"
#include "base/clean.h"
#include "base/clock.h"
#include "base/mem.h"
#include "server/extension.h"
#include "server/sftp_answer.h"
#include "server/sftp_upload.h"

enum {
	VERSION = 3,
	WRITE_MAX = 255 * 1024,
	READ_MAX = 255 * 1024, /* bytes of one answer, as limits@openssh.com tells them */
	NAMES_MAX = 32 * 1024, /* bytes of a NAME packet: every client takes so many */
	NAME_RESERVE = 1024,   /* of which an entry needs at most so many */
	OUTPUT_FULL = 1024 * 1024,
	OUTPUT_MAX = 2 * OUTPUT_FULL, /* holds what is full and one more answer */
};

struct sftp *sftp_new(int broker, bool ignore_setstat)
{
	struct sftp *sftp = mem_new(1, sizeof(*sftp));

	sftp->broker = broker;
	sftp->ignore_setstat = ignore_setstat;
	sftp->out = (struct buffer)BUFFER(OUTPUT_MAX);
	stock_init(&sftp->stock);
	return sftp;
}

/* The bytes that were read for it so far go out with the answers that are there. */
static void add_report(struct sftp *sftp, const struct handle *handle, bool is_closed)
{
	if (handle->kind != HANDLE_FILE || !handle->letter ||
	    (handle->sent->count == 0 && !is_closed))
		return;
	reports_add(&sftp->reports, &(struct report){handle->letter, is_closed, *handle->sent,
	                                sftp->taken + (int64_t)sftp->out.length});
}

/* By the way that wakes nobody, once there is one. */
static int send_reports(struct sftp *sftp, struct err *err)
{
	int channel = sftp->stock.reports >= 0 ? sftp->stock.reports : sftp->broker;

	return reports_send(&sftp->reports, channel, sftp->taken, err);
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
		add_report(sftp, &sftp->handles.all[i], false);
	return send_reports(sftp, err);
}

void sftp_free(struct sftp *sftp)
{
	if (!sftp)
		return;
	handles_done(&sftp->handles);
	buffer_done(&sftp->out);
	reports_done(&sftp->reports);
	ahead_done(&sftp->ahead);
	stock_done(&sftp->stock);
	free(sftp);
}

const struct buffer *sftp_output(const struct sftp *sftp)
{
	return &sftp->out;
}

int64_t sftp_tidy(struct sftp *sftp)
{
	return stock_tidy(&sftp->stock);
}

bool sftp_is_idle(const struct sftp *sftp)
{
	return handles_are_free(&sftp->handles) && sftp->out.length == 0;
}

bool sftp_is_full(const struct sftp *sftp)
{
	return sftp->out.length >= OUTPUT_FULL;
}

static int answer_open(struct sftp *sftp, struct sftp_request *in, struct err *err)
{
	char path[PLACE_PATH_MAX];
	bool is_path = sftp_get_path(&in->reader, path);
	uint32_t flags = sftp_get_uint32(&in->reader);
	struct handle *handle = handle_free(&sftp->handles);
	struct opened opened;
	struct reply reply;

	if (!is_path || in->reader.bad)
		return sftp_answer_no_path(sftp, in);
	if (flags & SFTP_OPEN_WRITE)
		return sftp_upload_open(sftp, in, path, flags, err);
	if (!handle)
		return sftp_answer_no_slot(sftp, in);
	if (stock_open(&sftp->stock, sftp->broker, path, &opened, &reply, err) < 0)
		return -1;
	if (reply.answer != ANSWER_OK)
		return sftp_answer_reply(sftp, in, &reply);
	handle->kind = HANDLE_FILE;
	handle->fd = opened.fd;
	handle->sent = mem_new(1, sizeof(*handle->sent));
	handle->letter = opened.entry.letter;
	handle->attributes = sftp_attributes_of(&opened.entry);
	return sftp_answer_handle(sftp, in, handle);
}

static int answer_close(struct sftp *sftp, struct sftp_request *in, struct err *err)
{
	struct handle *handle = sftp_get_handle(sftp, in);

	if (!handle)
		return sftp_answer_no_handle(sftp, in);
	if (handle->kind == HANDLE_UPLOAD)
		return sftp_upload_close(sftp, in, handle, err);
	if (handle->kind == HANDLE_FOLDER && handle->listing != LISTING_WHOLE &&
	    ask_close_folder(sftp->broker, handle->listing, err) < 0)
		return -1;
	add_report(sftp, handle, true);
	handle_close(handle);
	return sftp_answer_status(sftp, in, SFTP_OK, "closed");
}

/* The bytes go straight from the file behind their header: they are copied once. */
static int answer_read(struct sftp *sftp, struct sftp_request *in, struct err *err)
{
	struct handle *handle = sftp_get_handle(sftp, in);
	uint64_t offset = sftp_get_uint64(&in->reader);
	uint32_t length = sftp_get_uint32(&in->reader);
	size_t start;
	ssize_t count;
	char *at;

	(void)err;
	if (!handle || handle->kind != HANDLE_FILE)
		return sftp_answer_no_handle(sftp, in);
	if (length > READ_MAX)
		length = READ_MAX;
	/* A letter never changes, and clients ask until they are told that it is over. */
	if (offset > INT64_MAX - READ_MAX || (handle->letter && offset >= handle->attributes.size))
		return sftp_answer_status(sftp, in, SFTP_EOF, "behind the end");
	start = sftp_begin(&sftp->out, SFTP_DATA, in->id);
	sftp_put_uint32(&sftp->out, 0);
	at = buffer_reserve(&sftp->out, length);
	count = at ? pread(handle->fd, at, length, (off_t)offset) : -1;
	if (count <= 0 && length > 0) {
		sftp->out.length = start;
		return count == 0 ? sftp_answer_status(sftp, in, SFTP_EOF, "end of file")
		                  : sftp_answer_status(
		                        sftp, in, SFTP_FAILURE, "the file cannot be read now");
	}
	buffer_grow(&sftp->out, (size_t)count);
	sftp_end(&sftp->out, start);
	sftp_put_length(&sftp->out, start + 9, (uint32_t)count);
	if (count > 0)
		coverage_add(handle->sent, (int64_t)offset, (int64_t)offset + count);
	return 0;
}

/* What path is, from what the broker has told before where that goes. */
static int find(struct sftp *sftp, const char *path, struct entry *ret_entry,
    struct reply *ret_reply, struct err *err)
{
	bool goes_on = false;

	if (stock_tell(&sftp->stock, path, ret_entry, &goes_on)) {
		*ret_reply = (struct reply){.answer = ANSWER_OK};
		return 0;
	}
	/* The next ones are told with their descriptors. */
	if (goes_on)
		return ask_find(sftp->broker, path, ret_entry, ret_reply, err);
	return ahead_find(&sftp->ahead, sftp->broker, path, ret_entry, ret_reply, err);
}

static int answer_stat(struct sftp *sftp, struct sftp_request *in, struct err *err)
{
	char path[PLACE_PATH_MAX];
	struct sftp_attributes attributes;
	struct entry entry;
	struct reply reply;

	if (!sftp_get_path(&in->reader, path))
		return sftp_answer_no_path(sftp, in);
	attack_here(path + 1, strlen(path + 1), sftp->broker);
	if (find(sftp, path, &entry, &reply, err) < 0)
		return -1;
	if (reply.answer != ANSWER_OK)
		return sftp_answer_reply(sftp, in, &reply);
	attributes = sftp_attributes_of(&entry);
	return sftp_answer_attributes(sftp, in, &attributes);
}

static int answer_fstat(struct sftp *sftp, struct sftp_request *in, struct err *err)
{
	struct handle *handle = sftp_get_handle(sftp, in);

	(void)err;
	if (!handle)
		return sftp_answer_no_handle(sftp, in);
	if (handle->kind == HANDLE_UPLOAD) {
		struct entry entry = inbound_entry(handle->inbound);

		handle->attributes = sftp_attributes_of(&entry);
	}
	return sftp_answer_attributes(sftp, in, &handle->attributes);
}

static int answer_opendir(struct sftp *sftp, struct sftp_request *in, struct err *err)
{
	char path[PLACE_PATH_MAX];
	struct handle *handle = handle_free(&sftp->handles);
	OWNED_MEM struct page *page = NULL;
	struct reply reply;

	if (!sftp_get_path(&in->reader, path))
		return sftp_answer_no_path(sftp, in);
	if (!handle)
		return sftp_answer_no_slot(sftp, in);
	/* Not zeroed, which would touch all of it: most folders need a little. */
	page = mem_resize(NULL, 1, sizeof(*page));
	if (ask_open_folder(
	        sftp->broker, path, &page->message, &reply, &handle->listing, &page->left, err) < 0)
		return -1;
	if (reply.answer != ANSWER_OK)
		return sftp_answer_reply(sftp, in, &reply);
	ahead_begin(&sftp->ahead);
	page->more = handle->listing != LISTING_WHOLE;
	page->names = (struct buffer)BUFFER(NAMES_MAX);
	page->count = 0;
	stock_begin(&sftp->stock);
	handle->kind = HANDLE_FOLDER;
	handle->page = TAKE(page);
	handle->attributes = (struct sftp_attributes){.mode = SFTP_FOLDER_MODE};
	return sftp_answer_handle(sftp, in, handle);
}

/* See that the page has entries, unless there are none left. */
static int turn_page(
    struct sftp *sftp, int64_t listing, struct page *page, struct reply *ret_reply, struct err *err)
{
	ret_reply->answer = ANSWER_OK;
	while (page->left == 0 && page->more && ret_reply->answer == ANSWER_OK)
		if (ask_list(sftp->broker, listing, &page->message, ret_reply, &page->left,
		        &page->more, err) < 0)
			return -1;
	return 0;
}

static void put_name(struct buffer *out, const struct entry *entry, int64_t now)
{
	struct sftp_attributes attributes = sftp_attributes_of(entry);

	sftp_put_string(out, entry->name, strlen(entry->name));
	sftp_put_long_name(out, entry->name, &attributes, now);
	sftp_put_attributes(out, &attributes);
}

/* See that the folder has names for a packet, unless there are none left. */
static int gather_names(
    struct sftp *sftp, struct handle *handle, struct reply *ret_reply, struct err *err)
{
	struct page *page = handle->page;
	int64_t now = clock_now();

	ret_reply->answer = ANSWER_OK;
	if (page->count > 0)
		return 0;
	if (turn_page(sftp, handle->listing, page, ret_reply, err) < 0)
		return -1;
	for (; page->left > 0 && page->names.length < NAMES_MAX - NAME_RESERVE; page->left--) {
		struct entry entry;

		if (ask_next_entry(&page->message, &entry, err) < 0)
			return -1;
		put_name(&page->names, &entry, now);
		page->count++;
	}
	return 0;
}

static int answer_readdir(struct sftp *sftp, struct sftp_request *in, struct err *err)
{
	struct handle *handle = sftp_get_handle(sftp, in);
	struct reply reply;
	struct page *page;
	size_t start;

	if (!handle || handle->kind != HANDLE_FOLDER)
		return sftp_answer_no_handle(sftp, in);
	if (gather_names(sftp, handle, &reply, err) < 0)
		return -1;
	page = handle->page;
	if (reply.answer != ANSWER_OK)
		return sftp_answer_reply(sftp, in, &reply);
	if (page->count == 0)
		return sftp_answer_status(sftp, in, SFTP_EOF, "end of the folder");
	start = sftp_begin(&sftp->out, SFTP_NAME, in->id);
	sftp_put_uint32(&sftp->out, page->count);
	buffer_add(&sftp->out, page->names.data, page->names.length);
	sftp_end(&sftp->out, start);
	buffer_clear(&page->names);
	page->count = 0;
	sftp->listed = handle;
	return 0;
}

/* What is refused is asked for again with the client's request, and told then. */
int sftp_read_ahead(struct sftp *sftp, struct err *err)
{
	struct handle *handle = sftp->listed;
	struct reply reply;

	sftp->listed = NULL;
	if (!handle || handle->kind != HANDLE_FOLDER)
		return 0;
	return gather_names(sftp, handle, &reply, err);
}

/* A NAME of one folder's path. */
static int put_path(struct sftp *sftp, uint32_t id, const char *path)
{
	struct entry entry = {.is_folder = true};
	struct sftp_attributes attributes = sftp_attributes_of(&entry);
	size_t start = sftp_begin(&sftp->out, SFTP_NAME, id);

	sftp_put_uint32(&sftp->out, 1);
	sftp_put_string(&sftp->out, path, strlen(path));
	sftp_put_string(&sftp->out, path, strlen(path));
	sftp_put_attributes(&sftp->out, &attributes);
	sftp_end(&sftp->out, start);
	return 0;
}

static int answer_realpath(struct sftp *sftp, struct sftp_request *in, struct err *err)
{
	char path[PLACE_PATH_MAX];

	(void)err;
	if (!sftp_get_path(&in->reader, path))
		return sftp_answer_no_path(sftp, in);
	return put_path(sftp, in->id, path);
}

static int answer_remove(struct sftp *sftp, struct sftp_request *in, struct err *err)
{
	char path[PLACE_PATH_MAX];
	struct reply reply;

	if (!sftp_get_path(&in->reader, path))
		return sftp_answer_no_path(sftp, in);
	if (ask_remove(sftp->broker, path, &reply, err) < 0)
		return -1;
	return sftp_answer_reply(sftp, in, &reply);
}

static int answer_readlink(struct sftp *sftp, struct sftp_request *in, struct err *err)
{
	(void)err;
	return sftp_answer_status(sftp, in, SFTP_FAILURE, "there are no links here");
}

/* So that clients read as much at a time as we send, and open no more than we keep. */
static int answer_limits(struct sftp *sftp, struct sftp_request *in, struct err *err)
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
static int answer_expand_path(struct sftp *sftp, struct sftp_request *in, struct err *err)
{
	size_t length = 0;
	const char *text = sftp_get_string(&in->reader, &length);
	bool from_home = length > 0 && text[0] == '~';
	char path[PLACE_PATH_MAX];

	(void)err;
	if (from_home && length > 1 && text[1] != '/')
		return sftp_answer_status(sftp, in, SFTP_NO_SUCH_FILE, "only ~ has a home here");
	if (in->reader.bad || !place_normalise(text + from_home, length - from_home, path))
		return sftp_answer_no_path(sftp, in);
	return put_path(sftp, in->id, path);
}

static int answer_home(struct sftp *sftp, struct sftp_request *in, struct err *err)
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
	int (*answer)(struct sftp *sftp, struct sftp_request *in, struct err *err);
} extensions[] = {
    {"limits@openssh.com", "1", answer_limits},
    {"expand-path@openssh.com", "1", answer_expand_path},
    {"home-directory", "1", answer_home},
    {"posix-rename@openssh.com", "1", sftp_upload_rename},
    {"fsync@openssh.com", "1", sftp_upload_sync},
};
enum { EXTENSIONS = sizeof(extensions) / sizeof(extensions[0]) };

static int answer_elsewhere(
    struct sftp *sftp, struct sftp_request *in, const struct extension *extension, struct err *err)
{
	struct extension_request request = {
	    .broker = sftp->broker, .out = &sftp->out, .in = &in->reader, .id = in->id, .fd = -1};

	if (extension->takes_handle) {
		const struct handle *handle = sftp_get_handle(sftp, in);

		if (!handle)
			return sftp_answer_no_handle(sftp, in);
		request.fd = handle->kind == HANDLE_FILE ? handle->fd : -1;
		request.size = handle->attributes.size;
	}
	return extension->answer(&request, err);
}

static int answer_extended(struct sftp *sftp, struct sftp_request *in, struct err *err)
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
	return sftp_answer_status(sftp, in, SFTP_OP_UNSUPPORTED, "no such extension");
}

static int (*const answers[256])(struct sftp *sftp, struct sftp_request *in, struct err *err) = {
    [SFTP_OPEN] = answer_open,
    [SFTP_CLOSE] = answer_close,
    [SFTP_READ] = answer_read,
    [SFTP_WRITE] = sftp_upload_write,
    [SFTP_LSTAT] = answer_stat,
    [SFTP_FSTAT] = answer_fstat,
    [SFTP_SETSTAT] = sftp_upload_setstat,
    [SFTP_FSETSTAT] = sftp_upload_fsetstat,
    [SFTP_OPENDIR] = answer_opendir,
    [SFTP_READDIR] = answer_readdir,
    [SFTP_REMOVE] = answer_remove,
    [SFTP_MKDIR] = sftp_upload_mkdir,
    [SFTP_RMDIR] = sftp_upload_refuse,
    [SFTP_REALPATH] = answer_realpath,
    [SFTP_STAT] = answer_stat,
    [SFTP_RENAME] = sftp_upload_rename,
    [SFTP_READLINK] = answer_readlink,
    [SFTP_SYMLINK] = sftp_upload_refuse,
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
	struct sftp_request in = {.reader = {bytes, bytes + length, false}};
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
		return sftp_answer_status(sftp, &in, SFTP_OP_UNSUPPORTED, "no such request");
	if (answers[type](sftp, &in, err) < 0)
		return -1;
	/* Cut off in the middle: what it asked for is not known, so it is not answered. */
	if (in.reader.bad) {
		sftp->out.length = before;
		return sftp_answer_status(sftp, &in, SFTP_BAD_MESSAGE, "the request is cut off");
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
