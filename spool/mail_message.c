/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/mail_message.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"

enum {
	ENCODED_PART = 39, /* bytes in an encoded word: a line of at most 76 (RFC 2047) */
	LINE_MOST = 76,    /* characters of a quoted-printable line, with its soft break */
	PLAIN_LINE_MOST = 900,
};

int mail_writer_init(
    struct mail_writer *ret_writer, const struct settings *settings, struct err *err)
{
	ret_writer->settings = settings;
	for (enum mail_kind kind = MAIL_LETTERS; kind < MAIL_KIND_COUNT; kind++)
		if (mail_template_load(settings, kind, &ret_writer->templates[kind], err) < 0)
			return -1;
	return 0;
}

static bool is_plain(const char *text)
{
	for (; *text; text++)
		if (*text == '\r' || (unsigned char)*text >= 0x7f ||
		    ((unsigned char)*text < ' ' && *text != '\n'))
			return false;
	return true;
}

/* As encoded words, each with whole characters. */
static void add_encoded(struct buffer *out, const char *text)
{
	for (bool first = true; *text; first = false) {
		unsigned char coded[ENCODED_PART / 3 * 4 + 1];
		size_t length = strlen(text);

		length = utf8_cut(text, length < ENCODED_PART ? length : ENCODED_PART);
		/* What is not UTF-8 at all is cut where it is. */
		if (length == 0)
			length = strnlen(text, ENCODED_PART);
		(void)EVP_EncodeBlock(coded, (const unsigned char *)text, (int)length);
		buffer_print(out, "%s=?utf-8?B?%s?=", first ? "" : "\r\n ", (const char *)coded);
		text += length;
	}
}

static void add_subject(struct buffer *out, const char *subject)
{
	buffer_add_text(out, "Subject: ");
	if (is_plain(subject) && strlen(subject) <= PLAIN_LINE_MOST)
		buffer_add_text(out, subject);
	else
		add_encoded(out, subject);
	buffer_add_text(out, "\r\n");
}

static void add_from(struct buffer *out, const struct settings *settings)
{
	const char *name = settings->agency_name;

	buffer_add_text(out, "From: ");
	if (name[0] && is_plain(name)) {
		buffer_add_text(out, "\"");
		for (; *name; name++)
			buffer_print(out, "%s%c", *name == '"' || *name == '\\' ? "\\" : "", *name);
		buffer_add_text(out, "\" ");
	} else if (name[0]) {
		add_encoded(out, name);
		buffer_add_text(out, "\r\n ");
	}
	buffer_print(out, "<%s>\r\n", settings->mail_from);
}

static void add_date(struct buffer *out)
{
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char *const months[] = {
	    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	struct tm now = clock_parts(clock_now());

	buffer_print(out, "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n", days[now.tm_wday],
	    now.tm_mday, months[now.tm_mon], now.tm_year + 1900, now.tm_hour, now.tm_min,
	    now.tm_sec);
}

static void add_headers(
    struct buffer *out, const struct settings *settings, const struct mail *mail)
{
	add_date(out);
	add_from(out, settings);
	buffer_print(out, "To: <%s>\r\n", mail->email);
	/* By its time as well: ids begin anew in a new catalog. */
	buffer_print(out, "Message-ID: <edelivery.%" PRId64 ".%" PRId64 "@%s>\r\n", mail->id,
	    mail->created, email_domain(settings->mail_from));
	buffer_add_text(out, "Auto-Submitted: auto-generated\r\n"
	                     "MIME-Version: 1.0\r\n"
	                     "Content-Type: text/plain; charset=utf-8\r\n");
}

static void add_plain(struct buffer *out, const char *text)
{
	while (*text) {
		size_t length = strcspn(text, "\n");

		buffer_add(out, text, length);
		text += length;
		if (*text) {
			buffer_add_text(out, "\r\n");
			text++;
		}
	}
}

/* RFC 2045, 6.7: no line longer than 76 characters, no blank at the end of one. */
static void add_quoted(struct buffer *out, const char *text)
{
	size_t column = 0;

	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;
		bool ends = text[1] == '\n' || text[1] == '\0';
		bool is_literal =
		    (byte > ' ' && byte < 0x7f && byte != '=') || (byte == ' ' && !ends);

		if (byte == '\n') {
			buffer_add_text(out, "\r\n");
			column = 0;
			continue;
		}
		if (column + (is_literal ? 1 : 3) > LINE_MOST - 1) {
			buffer_add_text(out, "=\r\n");
			column = 0;
		}
		if (is_literal)
			buffer_add(out, text, 1);
		else
			buffer_print(out, "=%02X", byte);
		column += is_literal ? 1 : 3;
	}
}

static bool has_long_line(const char *text)
{
	for (size_t length = 0; *text; text += length + (text[length] == '\n')) {
		length = strcspn(text, "\n");
		if (length > PLAIN_LINE_MOST)
			return true;
	}
	return false;
}

static void add_text(struct buffer *out, const char *text)
{
	bool plain = is_plain(text) && !has_long_line(text);

	buffer_print(
	    out, "Content-Transfer-Encoding: %s\r\n\r\n", plain ? "7bit" : "quoted-printable");
	if (plain)
		add_plain(out, text);
	else
		add_quoted(out, text);
}

/* The numbers of a mail as the words of a template. */
struct numbers {
	char letters[24];
	char trade_files[24];
	char files[32];
	char new_files[24];
	char batches[32];
	char documents[32];
	struct buffer news;
};

static void print_numbers(const struct mail_news *news, struct numbers *ret_numbers)
{
	ret_numbers->news = (struct buffer)BUFFER(128);
	mail_news_print(&ret_numbers->news, news->counts);
	(void)snprintf(ret_numbers->letters, sizeof(ret_numbers->letters), "%" PRId64,
	    news->counts[CLASS_EDELIVERY]);
	(void)snprintf(ret_numbers->trade_files, sizeof(ret_numbers->trade_files), "%" PRId64,
	    news->counts[CLASS_TRADE_FILES]);
	(void)snprintf(ret_numbers->files, sizeof(ret_numbers->files), "%" PRId64 " file%s",
	    news->files, news->files == 1 ? "" : "s");
	(void)snprintf(
	    ret_numbers->new_files, sizeof(ret_numbers->new_files), "%" PRId64, news->new_files);
	(void)snprintf(ret_numbers->batches, sizeof(ret_numbers->batches), "%" PRId64 " batch%s",
	    news->batches, news->batches == 1 ? "" : "es");
	(void)snprintf(ret_numbers->documents, sizeof(ret_numbers->documents),
	    "%" PRId64 " document%s", news->documents, news->documents == 1 ? "" : "s");
}

/* The word for what has lines, by kind. */
static const enum mail_word list_words[MAIL_KIND_COUNT] = {
    [MAIL_LETTERS] = MAIL_WORD_AVRS_IDS,
    [MAIL_QUARANTINE] = MAIL_WORD_REASONS,
    [MAIL_BATCH] = MAIL_WORD_AVRS_IDS,
    [MAIL_LOCKED] = MAIL_WORD_AVRS_IDS,
    [MAIL_ROLE_ENDS] = MAIL_WORD_AVRS_IDS,
    [MAIL_LETTERS_END] = MAIL_WORD_AVRS_IDS,
    [MAIL_PUBLICATION] = MAIL_WORD_SECTIONS,
    [MAIL_CODE] = MAIL_WORD_AVRS_IDS,
};

static void set_words(const struct settings *settings, const struct mail *mail,
    const struct mail_news *news, const struct numbers *numbers,
    const char *ret_words[MAIL_WORD_COUNT])
{
	ret_words[MAIL_WORD_AGENCY] =
	    settings->agency_name[0] ? settings->agency_name : "edelivery";
	ret_words[MAIL_WORD_LINK] = settings->agency_link;
	ret_words[MAIL_WORD_CONTACT] = settings->agency_contact;
	ret_words[MAIL_WORD_LOGIN] = mail->login;
	ret_words[MAIL_WORD_NEW] = buffer_text(&numbers->news);
	ret_words[MAIL_WORD_LETTERS] = numbers->letters;
	ret_words[MAIL_WORD_TRADE_FILES] = numbers->trade_files;
	ret_words[MAIL_WORD_FILES] = numbers->files;
	ret_words[MAIL_WORD_NEW_FILES] = numbers->new_files;
	ret_words[MAIL_WORD_BATCHES] = numbers->batches;
	ret_words[MAIL_WORD_CODE] = news->code;
	ret_words[MAIL_WORD_PURPOSE] = news->purpose;
	ret_words[MAIL_WORD_UNTIL] = news->until;
	ret_words[MAIL_WORD_AVRS_IDS] = "";
	ret_words[MAIL_WORD_REASONS] = "";
	ret_words[MAIL_WORD_DOCUMENTS] = numbers->documents;
	ret_words[MAIL_WORD_SECTIONS] = "";
}

int mail_message_write(const struct mail_writer *writer, const struct mail *mail,
    const struct mail_news *news, struct buffer *out, struct err *err)
{
	const struct mail_template *template = &writer->templates[mail->kind];
	OWNED_BUFFER struct buffer subject = BUFFER(4096);
	OWNED_BUFFER struct buffer text = BUFFER(MAIL_MESSAGE_MAX);
	const char *words[MAIL_WORD_COUNT];
	struct numbers numbers;

	print_numbers(news, &numbers);
	set_words(writer->settings, mail, news, &numbers, words);
	/* A header is one line: what has lines is for the text. */
	mail_template_fill(&subject, template->subject, words);
	words[list_words[mail->kind]] = buffer_text(&news->list);
	mail_template_fill(&text, template->text, words);
	buffer_done(&numbers.news);
	add_headers(out, writer->settings, mail);
	add_subject(out, buffer_text(&subject));
	add_text(out, buffer_text(&text));
	if (buffer_is_full(out) || buffer_is_full(&subject) || buffer_is_full(&text))
		return err_set(err, ERR_REFUSED, "the message would be too large");
	return 0;
}
