/* SPDX-License-Identifier: Apache-2.0 */
#include "server/handover.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "base/number.h"

#define VARIABLE "EDELIVERY_HANDOVER"

void handover_put(struct buffer *out, const struct handover_line *line)
{
	buffer_add_text(out, line->word);
	for (size_t i = 0; i < HANDOVER_NUMBERS; i++)
		buffer_print(out, " %" PRId64, line->numbers[i]);
	buffer_print(out, " %s\n", line->text);
}

int handover_leave(const struct buffer *lines, int *ret_fd, struct err *err)
{
	OWNED_FD int fd = memfd_create("handover", 0);
	char number[16];

	if (fd < 0)
		return err_sys(err, "make memory for a handover");
	if (buffer_is_full(lines))
		return err_set(err, ERR_INTERNAL, "too much to hand over");
	if (file_write(fd, lines->data, lines->length, err) < 0)
		return -1;
	(void)snprintf(number, sizeof(number), "%d", fd);
	if (lseek(fd, 0, SEEK_SET) < 0 || setenv(VARIABLE, number, 1) < 0)
		return err_sys(err, "leave a handover");
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int handover_take(struct buffer *out, struct err *err)
{
	const char *text = getenv(VARIABLE);
	int64_t number = 0;
	ssize_t count = 0;

	if (!text)
		return 0;
	if (number_parse(text, &number, err) < 0 || number < 3 || number > INT32_MAX)
		return err_set(err, ERR_REFUSED, VARIABLE " is not a descriptor");
	(void)unsetenv(VARIABLE);
	do {
		char *at = buffer_reserve(out, 65536);

		count = at ? read((int)number, at, 65536) : 0;
		if (!at || count < 0)
			return err_sys(err, "read a handover");
		buffer_grow(out, (size_t)count);
	} while (count > 0);
	(void)close((int)number);
	return 0;
}

/* The next word of the line, without the blank behind it. */
static size_t take_word(const char **at, char *ret_word, size_t size)
{
	size_t length = strcspn(*at, " \n");

	(void)snprintf(ret_word, size, "%.*s", (int)length, *at);
	*at += length + ((*at)[length] == ' ');
	return length;
}

int handover_get(const char **at, struct handover_line *ret_line, struct err *err)
{
	struct handover_line line = {.word = ""};
	char word[32];
	size_t length;

	if (take_word(at, line.word, sizeof(line.word)) == 0)
		return err_set(err, ERR_REFUSED, "a line of a handover is none");
	for (size_t i = 0; i < HANDOVER_NUMBERS; i++)
		if (take_word(at, word, sizeof(word)) >= sizeof(word) ||
		    number_parse(word, &line.numbers[i], err) < 0)
			return err_set(err, ERR_REFUSED, "a line of a handover is none");
	length = strcspn(*at, "\n");
	if ((*at)[length] != '\n' || length >= sizeof(line.text))
		return err_set(err, ERR_REFUSED, "a line of a handover is cut off");
	memcpy(line.text, *at, length);
	*at += length + 1;
	*ret_line = line;
	return 0;
}
