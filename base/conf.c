/* SPDX-License-Identifier: Apache-2.0 */
#include "base/conf.h"

#include <confuse.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"

enum { FILE_MAX = 1024 * 1024 };

/* What libconfuse's callbacks need and have no argument for; set during conf_load() only. */
static struct loading {
	const struct conf_key *keys;
	const char *path;
	void *values;
	bool *seen;
	bool failed;
	struct err *err;
} loading;

static void *field(const struct conf_key *key, void *values)
{
	return (char *)values + key->offset;
}

const struct conf_key *conf_find(const struct conf_key *keys, const char *name)
{
	for (; keys->name; keys++)
		if (strcmp(keys->name, name) == 0)
			return keys;
	return NULL;
}

void conf_explain(const struct conf_key *key, struct buffer *out)
{
	key->type->explain(key, out);
}

static int parse(const struct conf_key *key, const char *text, void *at, struct err *err)
{
	OWNED_BUFFER struct buffer allowed = BUFFER(CONF_TEXT_MAX);
	struct err why;

	if (key->type->parse(key, text, at, &why) == 0)
		return 0;
	conf_explain(key, &allowed);
	return err_set(err, ERR_REFUSED, "%s = %.80s: %.200s; allowed is %s", key->name, text,
	    why.text, buffer_text(&allowed));
}

int conf_check(const struct conf_key *key, const char *text, struct err *err)
{
	char scratch[CONF_TEXT_MAX];

	if (strpbrk(text, "\r\n"))
		return err_set(err, ERR_REFUSED, "%s: a value is one line", key->name);
	return parse(key, text, scratch, err);
}

void conf_print(const struct conf_key *key, const void *values, struct buffer *out)
{
	key->type->print(key, (const char *)values + key->offset, out);
}

/* Keep the first complaint: the ones that follow come from it. */
static void complain(int line, const char *text)
{
	if (loading.failed)
		return;
	loading.failed = true;
	(void)err_set(loading.err, ERR_REFUSED, "%s:%d: %s", loading.path, line, text);
}

__attribute__((format(printf, 2, 0))) static void on_error(
    cfg_t *cfg, const char *format, va_list args)
{
	char text[ERR_TEXT_MAX];

	(void)vsnprintf(text, sizeof(text), format, args);
	complain(cfg->line, text);
}

/* libconfuse read a value: check it and put it into the settings struct. */
static int on_value(cfg_t *cfg, cfg_opt_t *opt, const char *text, void *result)
{
	const struct conf_key *key = conf_find(loading.keys, opt->name);
	bool *seen = &loading.seen[key - loading.keys];
	struct err err;

	if (*seen) {
		(void)err_set(&err, ERR_REFUSED, "%s is set a second time", key->name);
	} else if (parse(key, text, field(key, loading.values), &err) == 0) {
		*seen = true;
		*(const char **)result = "";
		return 0;
	}
	complain(cfg->line, err.text);
	return -1;
}

static size_t count_keys(const struct conf_key *keys)
{
	size_t count = 0;

	while (keys[count].name)
		count++;
	return count;
}

static int set_fallbacks(const struct conf_key *keys, void *values, struct err *err)
{
	for (; keys->name; keys++)
		if (parse(keys, keys->fallback, field(keys, values), err) < 0)
			return err_context(err, "default");
	return 0;
}

/* The length of the quoted text at text, quotes included, or 0 when it is not closed. */
static size_t quote_length(const char *text)
{
	size_t length = 1;

	while (text[length] && text[length] != text[0])
		length += text[length] == '\\' && text[length + 1] ? 2 : 1;
	return text[length] ? length + 1 : 0;
}

/* The same of a comment. */
static size_t comment_length(const char *text)
{
	const char *end;

	if (text[0] == '#' || text[1] == '/')
		return strcspn(text, "\n");
	end = strstr(text + 2, "*/");
	return end ? (size_t)(end - text) + 2 : 0;
}

/* Is there a comment at text? One with slashes cannot begin inside a word. */
static bool comment_begins(const char *text, bool in_word)
{
	return text[0] == '#' || (!in_word && text[0] == '/' && (text[1] == '/' || text[1] == '*'));
}

/* Returns NULL, or the quote or comment that is not closed. */
static const char *blank_comments(char *text)
{
	bool in_word = false;
	size_t length;

	for (; *text; text += length) {
		bool comment = comment_begins(text, in_word);

		length = 1;
		if (comment)
			length = comment_length(text);
		else if (*text == '"' || *text == '\'')
			length = quote_length(text);
		if (length == 0)
			return text;
		for (size_t i = 0; comment && i < length; i++)
			if (text[i] != '\n')
				text[i] = ' ';
		in_word = !comment && !strchr(" \t\r\n=+(){},\"'", *text);
	}
	return NULL;
}

static int read_text(const char *path, struct buffer *out, struct err *err)
{
	if (file_read(AT_FDCWD, path, out, err) < 0)
		return err_context(err, "cannot read settings");
	if (strlen(buffer_text(out)) != out->length)
		return err_set(err, ERR_REFUSED, "%s: a NUL byte", path);
	return 0;
}

int conf_read(const char *path, struct buffer *out, struct err *err)
{
	const char *open;
	size_t line = 1;

	if (read_text(path, out, err) < 0)
		return -1;
	open = out->length ? blank_comments(out->data) : NULL;
	if (!open)
		return 0;
	for (const char *at = buffer_text(out); at < open; at++)
		line += *at == '\n';
	return err_set(err, ERR_REFUSED, "%s:%zu: a %s is not closed", path, line,
	    *open == '/' ? "comment" : "quote");
}

static int parse_text(const char *path, const char *text, cfg_opt_t *opts, struct err *err)
{
	cfg_t *cfg = cfg_init(opts, CFGF_NONE);
	int result;

	if (!cfg)
		return err_set(err, ERR_INTERNAL, "%s: cannot start reading settings", path);
	cfg_set_error_function(cfg, on_error);
	result = cfg_parse_buf(cfg, text);
	if (result != CFG_SUCCESS)
		complain(cfg->line, "not of the form key = value");
	cfg_free(cfg);
	return result == CFG_SUCCESS && !loading.failed ? 0 : -1;
}

int conf_load(const struct conf_key *keys, const char *path, void *values, struct err *err)
{
	size_t count = count_keys(keys);
	OWNED_MEM cfg_opt_t *opts = mem_new(count + 1, sizeof(*opts));
	OWNED_MEM bool *seen = mem_new(count, sizeof(*seen));
	OWNED_BUFFER struct buffer text = BUFFER(FILE_MAX);
	cfg_opt_t end = CFG_END();

	if (set_fallbacks(keys, values, err) < 0 || conf_read(path, &text, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		cfg_opt_t opt = CFG_STR_CB("", "", CFGF_NODEFAULT, on_value);

		opt.name = keys[i].name;
		opts[i] = opt;
	}
	opts[count] = end;
	loading = (struct loading){keys, path, values, seen, false, err};
	return parse_text(path, buffer_text(&text), opts, err);
}

/* Does line set key: blanks, the name, blanks, "="? */
static bool line_sets(const char *line, const char *key)
{
	size_t length = strlen(key);

	line += strspn(line, " \t");
	if (strncmp(line, key, length) != 0)
		return false;
	line += length;
	return line[strspn(line, " \t")] == '=';
}

static void print_line(struct buffer *out, const char *name, const char *text)
{
	buffer_print(out, "%s = \"", name);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\' || *text == '$')
			buffer_add(out, "\\", 1);
		buffer_add(out, text, 1);
	}
	buffer_add_text(out, "\"\n");
}

/* The lines of before with the one that sets key replaced, or with one behind them. */
static void replace_line(
    const char *before, const struct conf_key *key, const char *text, struct buffer *out)
{
	bool replaced = false;
	size_t length;

	for (; *before; before += length) {
		length = strcspn(before, "\n");
		length += before[length] == '\n';
		if (!line_sets(before, key->name)) {
			buffer_add(out, before, length);
			continue;
		}
		print_line(out, key->name, text);
		replaced = true;
	}
	if (replaced)
		return;
	if (out->length && out->data[out->length - 1] != '\n')
		buffer_add(out, "\n", 1);
	print_line(out, key->name, text);
}

int conf_set(const struct conf_key *key, const char *path, const char *text, struct err *err)
{
	OWNED_BUFFER struct buffer before = BUFFER(FILE_MAX);
	OWNED_BUFFER struct buffer after = BUFFER(FILE_MAX + 2 * CONF_TEXT_MAX);
	char target[PATH_MAX];

	if (conf_check(key, text, err) < 0 || read_text(path, &before, err) < 0)
		return -1;
	replace_line(buffer_text(&before), key, text, &after);
	if (buffer_is_full(&after))
		return err_set(err, ERR_REFUSED, "%s: too large with %s", path, key->name);
	/* Where path is a link it stays one: what it leads to is replaced. */
	if (!realpath(path, target))
		return err_sys(err, "%s", path);
	return file_replace(AT_FDCWD, target, &after, 0, err);
}

/* The text as comment lines of at most 96 columns. */
static void print_comment(struct buffer *out, const char *text)
{
	while (*text) {
		size_t length = strlen(text);

		if (length > 94) {
			length = 94;
			while (length > 1 && text[length] != ' ')
				length--;
		}
		buffer_print(out, "# %.*s\n", (int)length, text);
		text += length;
		text += strspn(text, " ");
	}
}

void conf_print_file(const struct conf_key *keys, const void *values, struct buffer *out)
{
	for (const struct conf_key *key = keys; key->name; key++) {
		OWNED_BUFFER struct buffer value = BUFFER(CONF_TEXT_MAX);
		OWNED_BUFFER struct buffer allowed = BUFFER(CONF_TEXT_MAX);

		if (values)
			conf_print(key, values, &value);
		else
			buffer_add_text(&value, key->fallback);
		conf_explain(key, &allowed);
		print_comment(out, key->about);
		buffer_add_text(out, "# Allowed: ");
		buffer_print(out, "%s. Default: %s\n", buffer_text(&allowed),
		    key->fallback[0] ? key->fallback : "none");
		print_line(out, key->name, buffer_text(&value));
		buffer_add(out, "\n", 1);
	}
}
