/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/mail_template.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "base/utf8.h"

/* The files of etc/mail as they are in the source: name_text, and name_length bytes of it. */
#define TEMPLATE(name, path)                                                            \
	__asm__(".pushsection .rodata\n" #name "_text: .incbin \"etc/mail/" path "\"\n" \
	        "1: .balign 8\n" #name "_length: .quad 1b - " #name "_text\n"           \
	        ".popsection\n");                                                       \
	extern const char name##_text[] __attribute__((visibility("hidden")));          \
	extern const size_t name##_length __attribute__((visibility("hidden")))

TEMPLATE(mail_letters, "letters.txt");
TEMPLATE(mail_quarantine, "quarantine.txt");
TEMPLATE(mail_batch, "batch.txt");
TEMPLATE(mail_locked, "locked.txt");
TEMPLATE(mail_role_ends, "role-ends.txt");
TEMPLATE(mail_letters_end, "letters-end.txt");
TEMPLATE(mail_publication, "publication.txt");
TEMPLATE(mail_code, "code.txt");

static const struct {
	const char *text;
	const size_t *length;
} builtin[MAIL_KIND_COUNT] = {
    [MAIL_LETTERS] = {mail_letters_text, &mail_letters_length},
    [MAIL_QUARANTINE] = {mail_quarantine_text, &mail_quarantine_length},
    [MAIL_BATCH] = {mail_batch_text, &mail_batch_length},
    [MAIL_LOCKED] = {mail_locked_text, &mail_locked_length},
    [MAIL_ROLE_ENDS] = {mail_role_ends_text, &mail_role_ends_length},
    [MAIL_LETTERS_END] = {mail_letters_end_text, &mail_letters_end_length},
    [MAIL_PUBLICATION] = {mail_publication_text, &mail_publication_length},
    [MAIL_CODE] = {mail_code_text, &mail_code_length},
};

static const char *const word_names[MAIL_WORD_COUNT] = {
    [MAIL_WORD_AGENCY] = "agency",
    [MAIL_WORD_LINK] = "link",
    [MAIL_WORD_CONTACT] = "contact",
    [MAIL_WORD_LOGIN] = "login",
    [MAIL_WORD_NEW] = "new",
    [MAIL_WORD_LETTERS] = "letters",
    [MAIL_WORD_TRADE_FILES] = "trade-files",
    [MAIL_WORD_AVRS_IDS] = "avrs-ids",
    [MAIL_WORD_FILES] = "files",
    [MAIL_WORD_NEW_FILES] = "new-files",
    [MAIL_WORD_REASONS] = "reasons",
    [MAIL_WORD_BATCHES] = "batches",
    [MAIL_WORD_DOCUMENTS] = "documents",
    [MAIL_WORD_SECTIONS] = "sections",
    [MAIL_WORD_CODE] = "code",
    [MAIL_WORD_PURPOSE] = "purpose",
    [MAIL_WORD_UNTIL] = "until",
};

void mail_template_print(enum mail_kind kind, struct buffer *out)
{
	buffer_add(out, builtin[kind].text, *builtin[kind].length);
}

/* The word that begins at text ("{name}"), and its length; MAIL_WORD_COUNT: there is none. */
static enum mail_word find_word(const char *text, size_t *ret_length)
{
	for (enum mail_word word = MAIL_WORD_AGENCY; word < MAIL_WORD_COUNT; word++) {
		size_t length = strlen(word_names[word]);

		if (strncmp(text + 1, word_names[word], length) == 0 && text[length + 1] == '}') {
			*ret_length = length + 2;
			return word;
		}
	}
	return MAIL_WORD_COUNT;
}

/* Every brace of the line begins a word that there is, and nothing in it does harm in a mail. */
static int check_line(const char *where, int number, const char *line, struct err *err)
{
	size_t length = 0;

	if (!utf8_is_valid(line, strlen(line)) || utf8_has_control(line, strlen(line)))
		return err_set(err, ERR_REFUSED, "%s:%d: control characters, or not valid UTF-8",
		    where, number);
	for (const char *at = strchr(line, '{'); at; at = strchr(at + 1, '{'))
		if (find_word(at, &length) == MAIL_WORD_COUNT)
			return err_set(err, ERR_REFUSED,
			    "%s:%d: \"%.20s\": edelivery-maild(8) lists the words in braces", where,
			    number, at);
	return 0;
}

static int check_lines(const char *where, const char *text, struct err *err)
{
	char line[MAIL_TEMPLATE_MAX + 1];
	int number = 0;

	while (*text) {
		size_t length = strcspn(text, "\n");

		text_copy_part(line, length + 1, text);
		if (check_line(where, ++number, line, err) < 0)
			return -1;
		text += length + (text[length] == '\n');
	}
	return 0;
}

int mail_template_parse(
    const char *where, const char *text, struct mail_template *ret_template, struct err *err)
{
	static const char subject[] = "Subject: ";
	size_t line = strcspn(text, "\n");
	size_t begin = sizeof(subject) - 1;

	if (strlen(text) > MAIL_TEMPLATE_MAX)
		return err_set(
		    err, ERR_REFUSED, "%s: more than %d bytes", where, MAIL_TEMPLATE_MAX);
	if (strncmp(text, subject, begin) != 0 || line == begin ||
	    line - begin >= sizeof(ret_template->subject))
		return err_set(err, ERR_REFUSED, "%s:1: not \"Subject: TEXT\"", where);
	if (strncmp(text + line, "\n\n", 2) != 0)
		return err_set(err, ERR_REFUSED, "%s:2: not empty", where);
	if (check_lines(where, text, err) < 0)
		return -1;
	text_copy_part(ret_template->subject, line - begin + 1, text + begin);
	text_copy(ret_template->text, text + line + 2);
	return 0;
}

int mail_template_load(const struct settings *settings, enum mail_kind kind,
    struct mail_template *ret_template, struct err *err)
{
	OWNED_BUFFER struct buffer text = BUFFER(MAIL_TEMPLATE_MAX + 1);
	char place[CONF_TEXT_MAX + 32];
	char path[PATH_MAX];

	(void)snprintf(
	    place, sizeof(place), "%s/%s.txt", settings->mail_templates, mail_kind_name(kind));
	settings_beside(settings, place, path);
	if (access(path, F_OK) < 0)
		mail_template_print(kind, &text);
	else if (file_read(AT_FDCWD, path, &text, err) < 0)
		return -1;
	if (memchr(buffer_text(&text), '\0', text.length))
		return err_set(err, ERR_REFUSED, "%s: not text", path);
	return mail_template_parse(path, buffer_text(&text), ret_template, err);
}

/* Add one line; false: its words are all empty, and it has some. */
static bool fill_line(
    struct buffer *out, const char *line, size_t length, const char *const words[MAIL_WORD_COUNT])
{
	bool has_words = false;
	bool tells = false;

	for (size_t at = 0; at < length;) {
		size_t skip = strcspn(line + at + 1, "{\n") + 1;
		enum mail_word word = MAIL_WORD_COUNT;

		if (line[at] == '{')
			word = find_word(line + at, &skip);
		if (skip > length - at)
			skip = length - at;
		if (word == MAIL_WORD_COUNT) {
			buffer_add(out, line + at, skip);
		} else {
			buffer_add_text(out, words[word]);
			has_words = true;
			tells = tells || words[word][0];
		}
		at += skip;
	}
	return tells || !has_words;
}

void mail_template_fill(
    struct buffer *out, const char *text, const char *const words[MAIL_WORD_COUNT])
{
	while (*text) {
		size_t length = strcspn(text, "\n");
		bool ended = text[length] == '\n';
		size_t before = out->length;

		if (!fill_line(out, text, length, words))
			out->length = before;
		else if (ended)
			buffer_add_text(out, "\n");
		text += length + ended;
	}
}
