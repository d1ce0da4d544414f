/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/letter_type.h"

#include <confuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"

enum {
	FILE_MAX = 1024 * 1024,
	TITLE_MAX = sizeof(((struct letter_type *)NULL)->title) - 1,
};

static const struct {
	const char *name;
	enum letter_format format;
} formats[] = {{"pdf", FORMAT_PDF}, {"x12", FORMAT_X12}, {"any", FORMAT_ANY}};

/* libconfuse's callbacks have no argument for these; set during letter_types_load() only. */
static const char *loading_path;
static struct err *loading_err;
static bool loading_failed;

/* Keep the first complaint: the ones that follow come from it. */
static int complain(const cfg_t *cfg, const char *text)
{
	if (!loading_failed)
		(void)err_set(loading_err, ERR_REFUSED, "%s:%d: %s", loading_path, cfg->line, text);
	loading_failed = true;
	return -1;
}

__attribute__((format(printf, 2, 0))) static void on_error(
    cfg_t *cfg, const char *format, va_list args)
{
	char text[ERR_TEXT_MAX];

	(void)vsnprintf(text, sizeof(text), format, args);
	(void)complain(cfg, text);
}

static int check_date(cfg_t *cfg, cfg_opt_t *opt)
{
	return date_is_valid(cfg_opt_getstr(opt))
	           ? 0
	           : complain(cfg, "effective is not a date (YYYY-MM-DD)");
}

static int check_kind(cfg_t *cfg, cfg_opt_t *opt)
{
	enum provider_kind kind;
	struct err err;

	for (unsigned i = 0; i < cfg_opt_size(opt); i++)
		if (provider_kind_parse(cfg_opt_getnstr(opt, i), &kind, &err) < 0)
			return complain(cfg, err.text);
	return 0;
}

static int find_format(const char *name, enum letter_format *ret_format)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (strcmp(formats[i].name, name) == 0) {
			*ret_format = formats[i].format;
			return 0;
		}
	}
	return -1;
}

/* Two words with a slash between, such as image/tiff, as libmagic writes them. */
static bool is_media_type(const char *text)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789.+-";
	size_t first = strspn(text, allowed);
	size_t second = text[first] == '/' ? strspn(text + first + 1, allowed) : 0;

	return first > 0 && second > 0 && text[first + 1 + second] == '\0' &&
	       strlen(text) <= MEDIA_TYPE_MAX;
}

static int check_format(cfg_t *cfg, cfg_opt_t *opt)
{
	const char *text = cfg_opt_getstr(opt);
	enum letter_format format;

	return find_format(text, &format) < 0 && !is_media_type(text)
	           ? complain(cfg, "format is not pdf, x12, any or a media type such as image/tiff")
	           : 0;
}

static int check_largest(cfg_t *cfg, cfg_opt_t *opt)
{
	int64_t size;
	struct err err;

	return number_parse_size(cfg_opt_getstr(opt), &size, &err) < 0 || size < 1
	           ? complain(cfg, "largest is not a size (512, 64K, 10M) from 1 on")
	           : 0;
}

/* A whole section was read: its code is the section's title, and all its lines are there. */
static int check_section(cfg_t *cfg, cfg_opt_t *opt)
{
	cfg_t *section = cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1);
	const char *code = cfg_title(section);
	char dotted[64];
	char parsed[TYPE_CODE_MAX + 1];
	struct err err;

	(void)snprintf(dotted, sizeof(dotted), "%.60s.", code);
	letter_name_type(dotted, parsed);
	if (!parsed[0] || strcmp(parsed, code) != 0)
		return complain(cfg, "a letter type's code is 1 to 16 of A-Z and 0-9");
	if (!cfg_getstr(section, "effective") || cfg_size(section, "audience") == 0 ||
	    !cfg_getstr(section, "title"))
		return complain(cfg, "a letter type needs title, effective and audience");
	if (text_check("title", cfg_getstr(section, "title"), TITLE_MAX, &err) < 0)
		return complain(cfg, err.text);
	return 0;
}

static void read_row(cfg_t *section, struct letter_type *row)
{
	struct err err; /* all of it was checked */

	(void)snprintf(row->code, sizeof(row->code), "%s", cfg_title(section));
	(void)snprintf(row->title, sizeof(row->title), "%s", cfg_getstr(section, "title"));
	(void)snprintf(
	    row->effective, sizeof(row->effective), "%s", cfg_getstr(section, "effective"));
	if (find_format(cfg_getstr(section, "format"), &row->format) < 0) {
		row->format = FORMAT_MEDIA;
		text_copy(row->media, cfg_getstr(section, "format"));
	}
	if (cfg_getstr(section, "largest"))
		(void)number_parse_size(cfg_getstr(section, "largest"), &row->largest, &err);
	for (unsigned i = 0; i < cfg_size(section, "audience"); i++) {
		enum provider_kind kind = KIND_BILLING;

		(void)provider_kind_parse(cfg_getnstr(section, "audience", i), &kind, &err);
		row->audience |= 1u << kind;
	}
}

static int read_rows(cfg_t *cfg, const char *path, struct letter_types *ret_types, struct err *err)
{
	struct letter_types types = {0};
	OWNED_BUFFER struct buffer text = BUFFER(FILE_MAX);

	if (conf_read(path, &text, err) < 0)
		return err_context(err, "letter types");
	if (cfg_parse_buf(cfg, buffer_text(&text)) != CFG_SUCCESS || loading_failed)
		return complain(cfg, "not of the form of a letter type");
	types.count = cfg_size(cfg, "letter-type");
	types.rows = mem_new(types.count, sizeof(*types.rows));
	for (unsigned i = 0; i < types.count; i++)
		read_row(cfg_getnsec(cfg, "letter-type", i), &types.rows[i]);
	*ret_types = types;
	return 0;
}

int letter_types_load(const char *path, struct letter_types *ret_types, struct err *err)
{
	cfg_opt_t row[] = {
	    CFG_STR("title", NULL, CFGF_NODEFAULT),
	    CFG_STR("effective", NULL, CFGF_NODEFAULT),
	    CFG_STR_LIST("audience", NULL, CFGF_NODEFAULT),
	    CFG_STR("format", "pdf", CFGF_NONE),
	    CFG_STR("largest", NULL, CFGF_NODEFAULT),
	    CFG_END(),
	};
	cfg_opt_t opts[] = {
	    CFG_SEC("letter-type", row, CFGF_TITLE | CFGF_MULTI | CFGF_NO_TITLE_DUPES),
	    CFG_END(),
	};
	cfg_t *cfg = cfg_init(opts, CFGF_NONE);
	int result;

	if (!cfg)
		return err_set(err, ERR_INTERNAL, "%s: cannot start reading letter types", path);
	loading_path = path;
	loading_err = err;
	loading_failed = false;
	cfg_set_error_function(cfg, on_error);
	cfg_set_validate_func(cfg, "letter-type", check_section);
	cfg_set_validate_func(cfg, "letter-type|effective", check_date);
	cfg_set_validate_func(cfg, "letter-type|audience", check_kind);
	cfg_set_validate_func(cfg, "letter-type|format", check_format);
	cfg_set_validate_func(cfg, "letter-type|largest", check_largest);
	result = read_rows(cfg, path, ret_types, err);
	cfg_free(cfg);
	return result;
}

void letter_types_done(struct letter_types *types)
{
	free(types->rows);
	*types = (struct letter_types){0};
}

const struct letter_type *letter_types_find(const struct letter_types *types, const char *code)
{
	for (size_t i = 0; i < types->count; i++)
		if (strcmp(types->rows[i].code, code) == 0)
			return &types->rows[i];
	return NULL;
}
