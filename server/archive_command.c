/* SPDX-License-Identifier: Apache-2.0 */
#include "server/archive_command.h"

#include <string.h>

#include "base/text.h"

#define USAGE "usage: archive --since YYYY-MM-DD [--type TYPE]"

enum { COMMAND_MAX = 256 };

bool archive_command_is(const char *text)
{
	size_t length = strlen("archive");

	return strncmp(text, "archive", length) == 0 && (!text[length] || text[length] == ' ');
}

static int take_type(const char *value, struct archive_command *command, struct err *err)
{
	size_t length = strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

	if (length == 0 || value[length] || length >= sizeof(command->type))
		return err_set(err, ERR_REFUSED, "--type wants a letter type, such as EFT; " USAGE);
	text_copy(command->type, value);
	return 0;
}

static int take_since(const char *value, struct archive_command *command, struct err *err)
{
	if (!date_is_valid(value))
		return err_set(
		    err, ERR_REFUSED, "--since wants a date, such as 2026-11-22; " USAGE);
	text_copy(command->since, value);
	return 0;
}

static int take_option(
    const char *option, const char *value, struct archive_command *command, struct err *err)
{
	bool is_since = strcmp(option, "--since") == 0;

	if (!is_since && strcmp(option, "--type") != 0)
		return err_set(err, ERR_REFUSED, "there is no such option; " USAGE);
	if (!value || (is_since ? command->since : command->type)[0])
		return err_set(err, ERR_REFUSED, "each option has one value; " USAGE);
	return is_since ? take_since(value, command, err) : take_type(value, command, err);
}

/* Cut the next word off, which ends at a blank or one of ends. */
static char *next_word(char **rest, const char *ends)
{
	char *word = *rest + strspn(*rest, " ");
	char *end = word + strcspn(word, ends);

	*rest = *end ? end + 1 : end;
	*end = '\0';
	return word;
}

/* --option=value is the same as --option value. */
int archive_command_parse(const char *text, struct archive_command *ret_command, struct err *err)
{
	struct archive_command command = {.since = ""};
	char words[COMMAND_MAX];
	char *rest = words;

	if (strlen(text) >= sizeof(words))
		return err_set(err, ERR_REFUSED, "the command is too long; " USAGE);
	text_copy(words, text);
	(void)next_word(&rest, " ");
	while (rest[strspn(rest, " ")]) {
		const char *option = next_word(&rest, " =");
		const char *value = next_word(&rest, " ");

		if (take_option(option, value[0] ? value : NULL, &command, err) < 0)
			return -1;
	}
	if (!command.since[0])
		return err_set(err, ERR_REFUSED, "--since is missing; " USAGE);
	*ret_command = command;
	return 0;
}
