/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"

/* sqlite:PATH with PATH seen from the root; anything else as it is. */
static void catalog_place(const struct settings *settings, char ret_where[PATH_MAX + 16])
{
	static const char sqlite[] = "sqlite:";
	char path[PATH_MAX];

	if (strncmp(settings->catalog, sqlite, sizeof(sqlite) - 1) != 0) {
		(void)snprintf(ret_where, PATH_MAX + 16, "%s", settings->catalog);
		return;
	}
	settings_below(settings, settings->catalog + sizeof(sqlite) - 1, path);
	(void)snprintf(ret_where, PATH_MAX + 16, "%s%s", sqlite, path);
}

int spool_open_catalog(
    const struct settings *settings, bool create, struct catalog **ret_catalog, struct err *err)
{
	char where[PATH_MAX + 16];

	catalog_place(settings, where);
	return catalog_open(where, create, ret_catalog, err);
}

static int load_types(
    const struct settings *settings, struct letter_types *ret_types, struct err *err)
{
	char path[PATH_MAX];

	settings_beside(settings, settings->letter_types, path);
	return letter_types_load(path, ret_types, err);
}

static int open_parts(struct spool *spool, struct err *err)
{
	char path[PATH_MAX];

	if (load_types(&spool->settings, &spool->types, err) < 0)
		return -1;
	if (file_open_folder(AT_FDCWD, spool->settings.root, &spool->root_fd, err) < 0)
		return err_context(err, "spool.root");
	if (file_check_beneath(spool->root_fd, err) < 0)
		return -1;
	settings_below(&spool->settings, spool->settings.drop_root, path);
	if (file_open_folder(AT_FDCWD, path, &spool->drop_fd, err) < 0)
		return err_context(err, "drop.root");
	return spool_open_catalog(&spool->settings, false, &spool->catalog, err);
}

int spool_open(const char *path, const char *name, struct spool *ret_spool, struct err *err)
{
	*ret_spool = (struct spool)SPOOL_CLOSED;
	if (settings_load(path, &ret_spool->settings, err) < 0)
		return -1;
	ret_spool->actor = (struct actor){ret_spool->settings.node, name};
	if (open_parts(ret_spool, err) == 0)
		return 0;
	spool_close(ret_spool);
	return -1;
}

void spool_close(struct spool *spool)
{
	catalog_close(spool->catalog);
	spool->catalog = NULL;
	letter_types_done(&spool->types);
	clean_fd(&spool->root_fd);
	clean_fd(&spool->drop_fd);
	spool->root_fd = -1;
	spool->drop_fd = -1;
}

int spool_check_settings(const struct spool *spool, struct err *err)
{
	struct settings settings;
	struct letter_types types = {0};
	struct err ignored;
	int result = settings_load(spool->settings.path, &settings, err);

	if (result == 0)
		result = load_types(&settings, &types, err);
	letter_types_done(&types);
	/* They held before, so they do now. */
	(void)settings_use(&spool->settings, &ignored);
	return result;
}

int spool_open_file(const struct spool *spool, const char *path, int *ret_fd, struct err *err)
{
	OWNED_FD int fd = file_open_beneath(spool->root_fd, path, O_RDONLY, 0);
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return err_set(err, ERR_REFUSED, "%s: no such file in the spool", path);
	if (fd < 0)
		return err_sys(err, "open %s", path);
	if (fstat(fd, &st) < 0)
		return err_sys(err, "stat %s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_INTERNAL, "%s: not a regular file", path);
	*ret_fd = TAKE_FD(fd);
	return 0;
}
