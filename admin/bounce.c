/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/bounce.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "base/utf8.h"
#include "spool/mail_token.h"

enum { BOUNDARY_MAX = 70, FIELD_MAX = 1000, REASON_ROOM = 16 * FIELD_MAX };

/* A piece of the message; nothing in it ends with a NUL. */
struct span {
	const char *at;
	const char *end;
};

/* The next line of *rest, without what ends it; false: there is none. */
static bool next_line(struct span *rest, struct span *ret_line)
{
	const char *end;

	if (rest->at == rest->end)
		return false;
	end = memchr(rest->at, '\n', (size_t)(rest->end - rest->at));
	*ret_line = (struct span){rest->at, end ? end : rest->end};
	rest->at = end ? end + 1 : rest->end;
	if (ret_line->end > ret_line->at && ret_line->end[-1] == '\r')
		ret_line->end--;
	return true;
}

/* The lines up to an empty one, which is passed over; false: nothing is left. */
static bool next_block(struct span *rest, struct span *ret_block)
{
	struct span line;

	*ret_block = (struct span){rest->at, rest->at};
	if (rest->at == rest->end)
		return false;
	while (next_line(rest, &line) && line.at != line.end)
		ret_block->end = rest->at;
	return true;
}

static bool has_name(const struct span *line, const char *name)
{
	size_t length = strlen(name);

	return (size_t)(line->end - line->at) > length && line->at[length] == ':' &&
	       strncasecmp(line->at, name, length) == 0;
}

static void add_part(char ret_value[FIELD_MAX + 1], const struct span *part)
{
	size_t length = strlen(ret_value);
	size_t count = (size_t)(part->end - part->at);

	if (count > FIELD_MAX - length)
		count = FIELD_MAX - length;
	text_copy_part(ret_value + length, count + 1, part->at);
}

/* The field's value, its folded lines in one; "": there is none. */
static void find_field(struct span block, const char *name, char ret_value[FIELD_MAX + 1])
{
	struct span line;
	bool inside = false;

	ret_value[0] = '\0';
	while (next_line(&block, &line)) {
		bool folded = line.at < line.end && (*line.at == ' ' || *line.at == '\t');

		if (inside && !folded)
			return;
		if (!inside && !folded && has_name(&line, name)) {
			inside = true;
			line.at += strlen(name) + 1;
		}
		if (inside)
			add_part(ret_value, &line);
	}
}

/* boundary=TOKEN or boundary="TEXT" of a Content-Type. */
static bool find_boundary(const char *type, char ret_boundary[BOUNDARY_MAX + 1])
{
	static const char key[] = "boundary=";
	const char *at = strcasestr(type, key);
	size_t length;

	if (!at)
		return false;
	at += sizeof(key) - 1;
	length = *at == '"' ? strcspn(++at, "\"") : strcspn(at, "; \t");
	if (length == 0 || length > BOUNDARY_MAX)
		return false;
	text_copy_part(ret_boundary, length + 1, at);
	return true;
}

static bool is_boundary(const struct span *line, const char *boundary)
{
	size_t length = strlen(boundary);

	return (size_t)(line->end - line->at) >= length + 2 && memcmp(line->at, "--", 2) == 0 &&
	       memcmp(line->at + 2, boundary, length) == 0;
}

/* The text up to the next boundary, which is passed over. */
static bool next_part(struct span *rest, const char *boundary, struct span *ret_part)
{
	struct span line;

	*ret_part = (struct span){rest->at, rest->at};
	if (rest->at == rest->end)
		return false;
	while (next_line(rest, &line) && !is_boundary(&line, boundary))
		ret_part->end = rest->at;
	return true;
}

/* The part of type message/delivery-status, without its own headers. */
static bool find_status(struct span body, const char *boundary, struct span *ret_status)
{
	struct span part;
	struct span head;
	char type[FIELD_MAX + 1];

	/* What stands before the first boundary is for people. */
	(void)next_part(&body, boundary, &part);
	while (next_part(&body, boundary, &part)) {
		if (!next_block(&part, &head))
			continue;
		find_field(head, "Content-Type", type);
		if (strcasestr(type, "message/delivery-status") ||
		    strcasestr(type, "message/global-delivery-status")) {
			*ret_status = part;
			return true;
		}
	}
	return false;
}

static void print_reason(const char *status, const char *diagnosis, struct bounce *ret_bounce)
{
	OWNED_BUFFER struct buffer safe = BUFFER(REASON_ROOM);
	const char *said = strchr(diagnosis, ';');

	said = said ? said + 1 : diagnosis;
	utf8_escape_line(&safe, status, strlen(status));
	buffer_add_text(&safe, " ");
	said += strspn(said, " \t");
	utf8_escape_line(&safe, said, strlen(said));
	text_copy_part(ret_bounce->reason,
	    1 + utf8_cut(buffer_text(&safe),
	            safe.length < MAIL_ANSWER_MAX ? safe.length : MAIL_ANSWER_MAX),
	    buffer_text(&safe));
}

/* The group of a recipient that failed; a group is a block of fields. */
static void read_groups(struct span status, struct bounce *ret_bounce)
{
	struct span group;

	*ret_bounce = (struct bounce){.failed = false};
	while (!ret_bounce->failed && next_block(&status, &group)) {
		char action[FIELD_MAX + 1];
		char code[FIELD_MAX + 1];
		char diagnosis[FIELD_MAX + 1];
		const char *at;

		find_field(group, "Action", action);
		if (strncasecmp(action + strspn(action, " \t"), "failed", 6) != 0)
			continue;
		find_field(group, "Status", code);
		find_field(group, "Diagnostic-Code", diagnosis);
		at = code + strspn(code, " \t");
		code[(size_t)(at - code) + strspn(at, "0123456789.")] = '\0';
		ret_bounce->failed = true;
		print_reason(at, diagnosis, ret_bounce);
	}
}

static struct span span_of(const struct buffer *text)
{
	const char *at = buffer_text(text);

	return (struct span){at, at + text->length};
}

int bounce_parse(const struct buffer *text, struct bounce *ret_bounce, struct err *err)
{
	struct span rest = span_of(text);
	struct span head;
	struct span status;
	char type[FIELD_MAX + 1];
	char boundary[BOUNDARY_MAX + 1];

	if (!next_block(&rest, &head))
		return err_set(err, ERR_REFUSED, "there is no message");
	find_field(head, "Content-Type", type);
	if (!strcasestr(type, "multipart/report") || !find_boundary(type, boundary) ||
	    !find_status(rest, boundary, &status))
		return err_set(err, ERR_REFUSED, "not a delivery report (RFC 3464)");
	read_groups(status, ret_bounce);
	return 0;
}

/* The address in a field: what stands in "<>", or the only word. */
static void take_address(const char *value, char ret_address[EMAIL_MAX + 1])
{
	const char *open = strrchr(value, '<');
	const char *at = open ? open + 1 : value + strspn(value, " \t");

	text_copy_part(ret_address, EMAIL_MAX + 1, at);
	ret_address[strcspn(ret_address, "> \t")] = '\0';
}

int bounce_find_path(const struct buffer *text, char ret_path[EMAIL_MAX + 1], struct err *err)
{
	static const char *const fields[] = {"X-Original-To", "Delivered-To", "To"};
	struct span rest = span_of(text);
	struct span head;

	if (!next_block(&rest, &head))
		return err_set(err, ERR_REFUSED, "there is no message");
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		char value[FIELD_MAX + 1];
		struct mail_token ignored;

		find_field(head, fields[i], value);
		take_address(value, ret_path);
		if (mail_token_parse(ret_path, &ignored, err) == 0)
			return 0;
	}
	return err_set(err, ERR_REFUSED, "it did not come back to a return path of ours");
}
