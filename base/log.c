/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/utf8.h"

enum {
	LINE_MAX_BYTES = 2048,
	TOGETHER_MAX = 4096, /* what a pipe takes whole, whoever else writes to it */
};

static const struct {
	const char *name;
	const char *priority; /* sd-daemon(3) */
} levels[] = {
    [LOG_LEVEL_ERROR] = {"error", "<3>"},
    [LOG_LEVEL_WARNING] = {"warning", "<4>"},
    [LOG_LEVEL_INFO] = {"info", "<6>"},
    [LOG_LEVEL_DEBUG] = {"debug", "<7>"},
};

static const char *program_name = "edelivery";
static enum log_level least_level = LOG_LEVEL_INFO;

void log_open(const char *program, enum log_level least)
{
	program_name = program;
	least_level = least;
}

/* Lines that are kept back. */
static _Thread_local struct {
	bool is_on;
	size_t length;
	char bytes[TOGETHER_MAX];
} gathered;

static void write_out(const char *bytes, size_t length)
{
	size_t written = 0;

	while (written < length) {
		ssize_t count = write(STDERR_FILENO, bytes + written, length - written);

		if (count <= 0)
			return;
		written += (size_t)count;
	}
}

static void write_gathered(void)
{
	write_out(gathered.bytes, gathered.length);
	gathered.length = 0;
}

static void put_line(const struct buffer *line)
{
	if (gathered.length + line->length > sizeof(gathered.bytes))
		write_gathered();
	if (!gathered.is_on || line->length > sizeof(gathered.bytes)) {
		write_out(line->data, line->length);
		return;
	}
	memcpy(gathered.bytes + gathered.length, line->data, line->length);
	gathered.length += line->length;
}

void log_gather(void)
{
	gathered.is_on = true;
}

void log_release(void)
{
	gathered.is_on = false;
	write_gathered();
}

/* What a person reads in front of a line; journald has its own time and name. */
static void add_prefix(struct buffer *line, enum log_level level)
{
	char now[TIME_SIZE];

	if (getenv("JOURNAL_STREAM")) {
		buffer_add_text(line, levels[level].priority);
		return;
	}
	clock_print(clock_now(), now);
	buffer_print(line, "%s %s[%d] %s: ", now, program_name, (int)getpid(), levels[level].name);
}

__attribute__((format(printf, 2, 0))) static void write_line(
    enum log_level level, const char *format, va_list args)
{
	char text[LINE_MAX_BYTES];
	OWNED_BUFFER struct buffer line = BUFFER(4 * sizeof(text) + 256);

	if (level > least_level)
		return;
	add_prefix(&line, level);
	(void)vsnprintf(text, sizeof(text), format, args);
	utf8_escape_line(&line, text, strlen(text));
	buffer_add(&line, "\n", 1);
	put_line(&line);
}

void log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line(LOG_LEVEL_ERROR, format, args);
	va_end(args);
}

void log_warning(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line(LOG_LEVEL_WARNING, format, args);
	va_end(args);
}

void log_info(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line(LOG_LEVEL_INFO, format, args);
	va_end(args);
}

void log_debug(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line(LOG_LEVEL_DEBUG, format, args);
	va_end(args);
}
