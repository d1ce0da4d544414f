/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/utf8.h"

enum { LINE_MAX_BYTES = 2048, HELD_MAX = 64 * 1024 };

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
static bool holding;
static struct buffer held = BUFFER(HELD_MAX);

void log_open(const char *program, enum log_level least)
{
	program_name = program;
	least_level = least;
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

/* A log that cannot be written stops nobody. */
static void write_all(const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t count = write(STDERR_FILENO, bytes, length);

		if (count <= 0)
			return;
		bytes += count;
		length -= (size_t)count;
	}
}

static void write_held(void)
{
	if (held.length)
		write_all(held.data, held.length);
	buffer_clear(&held);
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
	if (!holding) {
		write_all(line.data, line.length);
		return;
	}
	if (held.length + line.length > HELD_MAX)
		write_held();
	buffer_add(&held, line.data, line.length);
}

void log_hold(void)
{
	holding = true;
}

void log_release(void)
{
	holding = false;
	write_held();
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
