/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/checker.h"

#include <fcntl.h>
#include <limits.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/attack.h"
#include "base/clean.h"
#include "base/log.h"
#include "base/message.h"
#include "base/number.h"
#include "base/sandbox.h"
#include "base/text.h"
#include "batch/media.h"
#include "batch/x12.h"

enum {
	JUDGE = 1, /* the one request: per descriptor its size and format */
	TIMEOUT_MS = 10000,
	CHUNK = 64 * 1024,
	MANY = 64, /* files */
};

/* An X12 file up to this size is read from end to end, a larger one at both ends. */
#define X12_READ_MOST (INT64_C(64) * 1024 * 1024)
/* Of addresses: libraries, libmagic's database, and what it takes to judge a kilobyte. */
#define MEMORY_MAX (UINT64_C(256) * 1024 * 1024)

static const struct sandbox_rule rules[] = {
    {.number = SCMP_SYS(recvmsg)},
    {.number = SCMP_SYS(sendmsg)},
    {.number = SCMP_SYS(pread64)},
    {.number = -1},
};

/* What there is of count bytes at offset; a file that shrank just has less. */
static size_t read_part(int fd, int64_t offset, char *bytes, size_t count)
{
	size_t length = 0;

	while (length < count) {
		ssize_t got = pread(fd, bytes + length, count - length, offset + (int64_t)length);

		if (got <= 0)
			break;
		length += (size_t)got;
	}
	return length;
}

/* By its first and last bytes; of those, sample has the file's size and what is wanted. */
static enum format_verdict judge_ends(struct media *media, int fd, enum letter_format format,
    struct format_sample sample, char *ret_reason)
{
	char head[FORMAT_SAMPLE];
	char tail[FORMAT_SAMPLE];
	int64_t tail_at = sample.size > FORMAT_SAMPLE ? sample.size - FORMAT_SAMPLE : 0;

	sample.head = head;
	sample.tail = tail;
	sample.head_length = read_part(fd, 0, head, sizeof(head));
	sample.tail_length = read_part(fd, tail_at, tail, sizeof(tail));
	attack_here(head, sample.head_length, -1);
	if (format_wants_media(format, &sample))
		sample.media =
		    media_type_of(media, head, sample.head_length, format == FORMAT_MEDIA);
	return format_judge(format, &sample, ret_reason);
}

static enum format_verdict judge_segments(int fd, int64_t size, const char **ret_reason)
{
	static char chunk[CHUNK];
	struct x12 x12;
	size_t count = 1;

	x12_begin(&x12);
	for (int64_t at = 0; at < size && count > 0; at += (int64_t)count) {
		size_t wanted = size - at < CHUNK ? (size_t)(size - at) : CHUNK;

		count = read_part(fd, at, chunk, wanted);
		if (!x12_add(&x12, chunk, count))
			break;
	}
	return x12_end(&x12, ret_reason);
}

static void judge_one(struct media *media, struct message *in, struct message *out)
{
	OWNED_FD int fd = message_get_fd(in);
	struct format_sample sample = {.size = message_get_bounded(in, 0, INT64_MAX)};
	enum letter_format format =
	    (enum letter_format)message_get_bounded(in, FORMAT_ANY, LETTER_FORMAT_COUNT - 1);
	char text[FORMAT_REASON_MAX + 1];
	const char *reason = text;
	enum format_verdict verdict;

	sample.wanted = message_get_text(in);
	verdict = judge_ends(media, fd, format, sample, text);
	if (verdict == FORMAT_WHOLE && format == FORMAT_X12 && sample.size <= X12_READ_MOST)
		verdict = judge_segments(fd, sample.size, &reason);
	message_put_int(out, (int64_t)verdict);
	message_put_text(out, reason);
}

/* The database is read before files are given up. */
static int confine(struct media **ret_media, struct err *err)
{
	struct sandbox *sandbox = NULL;
	int result;

	if (media_open(ret_media, err) < 0 || sandbox_forget_files(err) < 0 ||
	    sandbox_new(rules, &sandbox, err) < 0)
		return -1;
	result = sandbox_limit(RLIMIT_FSIZE, 0, err);
#ifndef EDELIVERY_SANITIZED /* the sanitizers' shadow memory is larger */
	if (result == 0)
		result = sandbox_limit(RLIMIT_AS, MEMORY_MAX, err);
#endif
	if (result == 0)
		result = sandbox_limit(RLIMIT_NPROC, 0, err);
	if (result == 0)
		result = sandbox_enter(sandbox, err);
	sandbox_free(sandbox);
	return result;
}

int checker_run(int channel)
{
	static struct message in;
	static struct message out;
	struct media *media = NULL;
	enum message_state state = MESSAGE_GOT;
	struct err err;

	if (confine(&media, &err) < 0) {
		log_error("process=checker text=\"%s\"", err.text);
		media_close(media);
		return EXIT_FAILURE;
	}
	while (message_receive(channel, &in, &state, &err) == 0 && state == MESSAGE_GOT) {
		message_start(&out, JUDGE);
		for (unsigned left = in.fd_count; left > 0; left--)
			judge_one(media, &in, &out);
		if (message_is_bad(&in) || message_send(channel, &out, &err) < 0)
			break;
	}
	media_close(media);
	return EXIT_SUCCESS;
}

/*
 * What their jobs left in memory goes to disk while they are judged. Of many files a syncfs will
 * see to that (placing.h).
 */
static void begin_writing(const struct check *checks, size_t count)
{
	for (size_t i = 0; i < count && count < MANY; i++)
		(void)sync_file_range(checks[i].fd, 0, 0, SYNC_FILE_RANGE_WRITE);
}

static int ask(struct checker *checker, struct check *checks, size_t count, struct err *err)
{
	static struct message message;

	message_start(&message, JUDGE);
	for (size_t i = 0; i < count; i++) {
		message_put_fd(&message, checks[i].fd);
		message_put_int(&message, checks[i].size);
		message_put_int(&message, (int64_t)checks[i].format);
		message_put_text(&message, checks[i].media ? checks[i].media : "");
	}
	if (message_send(checker->channel, &message, err) < 0)
		return -1;
	begin_writing(checks, count);
	if (message_wait(checker->channel, &message, TIMEOUT_MS, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		checks[i].verdict = (enum format_verdict)message_get_bounded(
		    &message, FORMAT_WHOLE, FORMAT_VERDICT_COUNT - 1);
		text_copy(checks[i].reason, message_get_text(&message));
	}
	return message_is_read(&message) ? 0 : err_set(err, ERR_GONE, "not an answer");
}

static int start_process(struct checker *checker, struct err *err)
{
	char path[PATH_MAX];
	const char *argv[] = {path, "--checker", NULL};
	int ends[2];
	int result;

	if (process_sibling("edelivery-watchd", path, sizeof(path), err) < 0 ||
	    message_channel(ends, err) < 0)
		return -1;
	result = process_start(argv, &ends[1], 1, &checker->process, err);
	(void)close(ends[1]);
	if (result < 0)
		(void)close(ends[0]);
	else
		checker->channel = ends[0];
	return result;
}

int checker_start(struct checker *ret_checker, struct err *err)
{
	*ret_checker = (struct checker){.channel = -1};
	if (start_process(ret_checker, err) < 0)
		return -1;
	/* One that cannot even begin is no reason to refuse a file: ask it about none. */
	if (ask(ret_checker, NULL, 0, err) == 0)
		return 0;
	checker_stop(ret_checker);
	return err_set(
	    err, ERR_RETRY, "the format checker does not start; its own line in the log says why");
}

void checker_stop(struct checker *checker)
{
	if (checker->process.pid == 0)
		return;
	clean_fd(&checker->channel);
	checker->channel = -1;
	process_stop(&checker->process, SECOND);
}

/* The checker died or is stuck over one of these files: with a new one, each by itself. */
static int ask_again(struct checker *checker, struct check *checks, size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		struct err reason;

		if (checker->process.pid == 0 && checker_start(checker, err) < 0)
			return -1;
		if (ask(checker, &checks[i], 1, &reason) == 0)
			continue;
		log_warning("process=checker text=\"ended over a file: %s\"", reason.text);
		checker_stop(checker);
		checks[i].verdict = FORMAT_WRONG;
		text_copy(checks[i].reason, "the format checker itself failed on it");
	}
	return 0;
}

int checker_judge(struct checker *checker, struct check *checks, size_t count, struct err *err)
{
	for (size_t at = 0; at < count;) {
		size_t part = count - at < MESSAGE_FDS_MAX ? count - at : MESSAGE_FDS_MAX;
		struct err reason;

		if (checker->process.pid == 0 && checker_start(checker, err) < 0)
			return -1;
		if (ask(checker, checks + at, part, &reason) < 0) {
			checker_stop(checker);
			if (ask_again(checker, checks + at, part, err) < 0)
				return -1;
		}
		at += part;
	}
	return 0;
}
