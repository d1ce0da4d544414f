/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/scratch.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "spool/folder.h"
#include "spool/membership.h"
#include "spool/provider.h"

/* What has to work for there to be a test at all. */
static void must(int result, const struct err *err)
{
	if (result == 0)
		return;
	(void)fprintf(stderr, "scratch: %s\n", err->text);
	abort();
}

void scratch_open(struct scratch *scratch)
{
	const char *base = getenv("TMPDIR");
	struct err err;

	scratch->catalog[0] = '\0';
	(void)snprintf(
	    scratch->path, sizeof(scratch->path), "%s/edelivery-unit-XXXXXX", base ? base : "/tmp");
	if (!mkdtemp(scratch->path)) {
		perror(scratch->path);
		abort();
	}
	must(file_open_folder(AT_FDCWD, scratch->path, &scratch->fd, &err), &err);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

void scratch_close(struct scratch *scratch)
{
	engine_drop_place(getenv("TEST_CATALOG"), scratch->catalog);
	(void)close(scratch->fd);
	(void)nftw(scratch->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void scratch_write(const struct scratch *scratch, const char *name, const char *text)
{
	OWNED_BUFFER struct buffer content = BUFFER(16 * 1024 * 1024);
	struct err err;

	buffer_add_text(&content, text);
	must(file_replace(scratch->fd, name, &content, 0640, &err), &err);
}

char *scratch_read(const struct scratch *scratch, const char *name)
{
	struct buffer content = BUFFER(16 * 1024 * 1024);
	struct err err;

	buffer_add_text(&content, "");
	if (file_read(scratch->fd, name, &content, &err) < 0) {
		buffer_done(&content);
		return NULL;
	}
	return content.data;
}

void scratch_spool(struct scratch *scratch, const char *extra, struct spool *ret_spool)
{
	char text[4096];
	char path[SCRATCH_PATH_MAX + 32];
	struct settings settings;
	struct catalog *catalog = NULL;
	struct err err;

	if (engine_is_postgresql())
		engine_take_place(getenv("TEST_CATALOG"), scratch->catalog);
	(void)snprintf(text, sizeof(text), "spool.root = \"%s\"\nnode.name = test\n%s%s%s\n%s\n",
	    scratch->path, scratch->catalog[0] ? "catalog = \"" : "", scratch->catalog,
	    scratch->catalog[0] ? "\"" : "", extra);
	scratch_write(scratch, "edelivery.conf", text);
	scratch_write(scratch, "letter-types.conf",
	    "letter-type EFT {\n title = \"t\"\n effective = 2019-03-27\n"
	    " audience = {billing, trading-partner}\n}\n");
	(void)snprintf(path, sizeof(path), "%s/edelivery.conf", scratch->path);
	must(folder_make_all(scratch->fd, &err), &err);
	must(file_make_folder(scratch->fd, "drop", 0770, &err), &err);
	must(settings_load(path, &settings, &err), &err);
	must(spool_open_catalog(&settings, true, &catalog, &err), &err);
	catalog_close(catalog);
	if (engine_is_postgresql())
		engine_place_is_made(getenv("TEST_CATALOG"), scratch->catalog);
	must(spool_open(path, "test", ret_spool, &err), &err);
}

void scratch_provider(const struct spool *spool, const char *avrs_id)
{
	struct provider provider;
	struct err err;

	must(provider_fill(&provider, avrs_id, "", "", "billing", &err), &err);
	must(provider_add(spool->catalog, &spool->actor, &provider, &err), &err);
}

int64_t scratch_account(
    const struct spool *spool, const char *login, const char *avrs_id, const char *role)
{
	struct account account;
	struct grant grant = {.login = login, .avrs_id = avrs_id};
	enum role before;
	struct err err;

	must(account_fill(&account, login, "someone@example.org", &err), &err);
	must(account_add(spool->catalog, &spool->actor, &account, &err), &err);
	if (role[0]) {
		must(role_parse(role, &grant.role, &err), &err);
		must(membership_grant(spool->catalog, &spool->actor, &grant, &before, &err), &err);
	}
	return account.id;
}
