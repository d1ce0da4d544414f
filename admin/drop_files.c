/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery drop: files into a drop folder, and what becomes of them. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/commands.h"
#include "admin/operator.h"
#include "admin/outcome.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/utf8.h"
#include "spool/drop_folder.h"
#include "spool/drop_root.h"
#include "spool/provider.h"

/* Files on their way into one drop folder. */
struct dropping {
	const struct spool *spool;
	const char *avrs_id;
	enum letter_class class;
	char *const *paths;
	size_t count;
	int folder_fd;
	struct outcome *outcomes;
};

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* What watchd would refuse anyway, or never see. */
static int check_name(const struct dropping *d, const char *path, struct err *err)
{
	const char *name = name_of(path);
	char code[TYPE_CODE_MAX + 1];

	if (letter_name_check(name, err) < 0)
		return err_context(err, "%s", path);
	if (letter_name_is_unfinished(name))
		return err_set(err, ERR_REFUSED,
		    "%s: files of such names count as unfinished; give it another", path);
	if (d->class == CLASS_TRADE_FILES)
		return 0;
	letter_name_type(name, code);
	if (!letter_types_find(&d->spool->types, code))
		return err_set(err, ERR_REFUSED,
		    "%s: unknown letter type %s: the name begins with a type of letter-types.conf, "
		    "such as EFT_...; other files are dropped with --trade-file",
		    path, code[0] ? code : "(none)");
	return 0;
}

static int check_file(const struct dropping *d, size_t which, struct err *err)
{
	const char *path = d->paths[which];
	struct stat st;

	if (check_name(d, path, err) < 0)
		return -1;
	if (stat(path, &st) < 0 || access(path, R_OK) < 0)
		return err_set(err, ERR_REFUSED, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_REFUSED, "%s: not a file", path);
	for (size_t i = 0; i < which; i++)
		if (strcmp(name_of(d->paths[i]), name_of(path)) == 0)
			return err_set(err, ERR_REFUSED, "%s: a second file of that name", path);
	if (faccessat(d->folder_fd, name_of(path), F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return err_set(err, ERR_REFUSED,
		    "%s: a file of that name waits in the drop folder of %s", path, d->avrs_id);
	return 0;
}

static int open_folder(struct dropping *d, struct err *err)
{
	struct provider provider;
	struct drop_root root;

	drop_root_init(&root, d->spool);
	if (!drop_root_is_there(&root))
		return err_set(err, ERR_RETRY, "%s: %s", root.path, DROP_ROOT_IS_UNMOUNTED);
	if (provider_get(d->spool->catalog, d->avrs_id, &provider, err) < 0)
		return -1;
	d->folder_fd = drop_folder_open(d->spool, d->avrs_id, d->class);
	return d->folder_fd < 0 ? err_sys(err, "open the drop folder of %s", d->avrs_id) : 0;
}

/* From where on ids are given to what is dropped now. */
static int next_id(struct catalog *catalog, int64_t *ret_id, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog, "SELECT next FROM sequence WHERE name = 'letter'", NO_VALUES,
	        &row, &found, err) < 0)
		return -1;
	*ret_id = statement_int(row, 0);
	return 0;
}

/* A whole copy appears under its name, so that nobody ever sees half of it. */
static int drop_one(struct dropping *d, const char *path, struct outcome *outcome, struct err *err)
{
	OWNED_FD int from = open(path, O_RDONLY | O_CLOEXEC);
	OWNED_BUFFER struct buffer name = BUFFER(sizeof(outcome->name));
	struct stat st;

	if (from < 0)
		return err_sys(err, "%s", path);
	if (file_copy_as(from, d->folder_fd, name_of(path), DROP_FILE_MODE, &st, err) < 0)
		return -1;
	outcome->source = source_of(&st);
	utf8_escape(&name, name_of(path), strlen(name_of(path)));
	text_copy(outcome->name, buffer_text(&name));
	return 0;
}

static int drop_all(struct dropping *d, struct err *err)
{
	int64_t from_id = 0;

	if (open_folder(d, err) < 0 || next_id(d->spool->catalog, &from_id, err) < 0)
		return -1;
	for (size_t i = 0; i < d->count; i++)
		if (check_file(d, i, err) < 0)
			return err_context(err, "nothing is dropped");
	for (size_t i = 0; i < d->count; i++) {
		struct outcome *outcome = &d->outcomes[i];

		outcome->from_id = from_id;
		outcome->class = d->class;
		text_copy(outcome->avrs_id, d->avrs_id);
		if (drop_one(d, d->paths[i], outcome, err) < 0)
			return err_context(err, "%zu of %zu files are dropped", i, d->count);
	}
	return file_sync(d->folder_fd, "the drop folder", err) < 0
	           ? err_context(err, "all %zu files are dropped", d->count)
	           : 0;
}

static int run(const struct call *call, struct err *err)
{
	OWNED_SPOOL struct spool spool = SPOOL_CLOSED;
	size_t count = (size_t)call->count - 1;
	OWNED_MEM struct outcome *outcomes = mem_new(count, sizeof(*outcomes));
	struct dropping dropping = {.spool = &spool,
	    .avrs_id = call->arguments[0],
	    .class = call_has(call, "trade-file") ? CLASS_TRADE_FILES : CLASS_EDELIVERY,
	    .paths = call->arguments + 1,
	    .count = count,
	    .folder_fd = -1,
	    .outcomes = outcomes};
	int64_t timeout = 0;
	int result;

	if (outcome_timeout(call, &timeout, err) < 0 || operator_open(call, &spool, err) < 0)
		return -1;
	result = drop_all(&dropping, err);
	clean_fd(&dropping.folder_fd);
	if (result < 0)
		return -1;
	if (!call_has(call, "wait")) {
		(void)printf("%zu dropped for %s\n", count, dropping.avrs_id);
		return 0;
	}
	if (outcome_await(spool.catalog, outcomes, count, timeout, err) < 0)
		return -1;
	return outcome_print(outcomes, count, false, call_has(call, "json"), err);
}

static const struct option_row options[] = {
    {"wait", NULL, "until each is taken, and tell what became of it"},
    {"trade-file", NULL, "they are trade files, not letters"},
    OPTION_TIMEOUT,
    OPTION_JSON,
    {NULL, NULL, NULL},
};

const struct command command_drop_files = {
    .name = "drop",
    .arguments = "AVRS-ID FILE...",
    .least = 2,
    .most = -1,
    .options = options,
    .about = "files into the drop folder of an AVRS ID, and what becomes of them",
    .run = run,
};
