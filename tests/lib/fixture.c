/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/fixture.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/number.h"
#include "base/sha256.h"
#include "base/text.h"
#include "spool/folder.h"
#include "spool/letter_sequence.h"
#include "spool/membership.h"

static void must(int result, const struct err *err)
{
	if (result == 0)
		return;
	(void)fprintf(stderr, "fixture: %s\n", err->text);
	abort();
}

void fixture_open(struct fixture *f)
{
	clock_freeze(FIXTURE_NOW);
	scratch_open(&f->scratch);
	scratch_spool(&f->scratch, "", &f->spool);
	f->catalog = f->spool.catalog;
	if (!engine_is_postgresql())
		fixture_sql(f, "PRAGMA synchronous = OFF");
}

void fixture_close(struct fixture *f)
{
	spool_close(&f->spool);
	scratch_close(&f->scratch);
	clock_freeze(0);
}

struct catalog *fixture_connect(const struct fixture *f)
{
	struct catalog *catalog = NULL;
	struct err err;

	must(spool_open_catalog(&f->spool.settings, false, &catalog, &err), &err);
	if (!engine_is_postgresql())
		must(catalog_run(catalog, "PRAGMA synchronous = OFF", NO_VALUES, &err), &err);
	return catalog;
}

bool fixture_has_news(struct catalog *catalog)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	bool news = false;
	struct err err;

	must(catalog_has_news(catalog, &news, &err), &err);
	for (int i = 0; i < 1000 && !news && engine_is_postgresql(); i++) {
		(void)nanosleep(&pause, NULL);
		must(catalog_has_news(catalog, &news, &err), &err);
	}
	return news;
}

int64_t fixture_clerk(const struct fixture *f, const char *login, const char *avrs_id)
{
	return scratch_account(&f->spool, login, avrs_id, "includes-e-delivery");
}

void fixture_grant(
    const struct fixture *f, const char *login, const char *avrs_id, const char *role)
{
	struct grant grant = {.login = login, .avrs_id = avrs_id};
	enum role before;
	struct err err;

	must(role_parse(role, &grant.role, &err), &err);
	must(membership_grant(f->catalog, &f->spool.actor, &grant, &before, &err), &err);
}

void fixture_account(const struct fixture *f, const char *login, struct account *ret_account)
{
	struct err err;

	must(account_get(f->catalog, login, ret_account, &err), &err);
}

/* Add a letter whose deliveries are set; its id and names are filled in. */
static void add_letter(
    const struct fixture *f, const char *avrs_id, const char *name, struct letter *ret_letter)
{
	struct letter letter = *ret_letter;
	struct err err;

	letter.size = 1000;
	letter.crc32 = 1;
	letter.taken = clock_now();
	must(catalog_take_ids(f->catalog, "letter", 1, &letter.id, &err), &err);
	text_copy(letter.avrs_id, avrs_id);
	text_copy(letter.name, name);
	text_copy(letter.dropped_name, name);
	letter_name_type(name, letter.type);
	(void)snprintf(letter.sha256, sizeof(letter.sha256), "%064d", (int)letter.id);
	must(letter_add(f->catalog, f->spool.settings.node, &letter, &err), &err);
	*ret_letter = letter;
}

void fixture_letter(const struct fixture *f, const char *avrs_id, enum letter_class class,
    const char *name, struct letter *ret_letter)
{
	*ret_letter = (struct letter){.class = class, .electronic = ELECTRONIC_POSTING};
	add_letter(f, avrs_id, name, ret_letter);
}

void fixture_on_paper(const struct fixture *f, const char *avrs_id, const char *date,
    const char *name, struct letter *ret_letter)
{
	struct err err;

	*ret_letter = (struct letter){.paper = PAPER_QUEUED,
	    .queued = clock_now(),
	    .paper_reason = "the provider has no account (R2)"};
	text_copy(ret_letter->paper_date, date);
	add_letter(f, avrs_id, name, ret_letter);
	ret_letter->placed = clock_now();
	must(letter_set_placed(f->catalog, ret_letter->id, ret_letter->placed, &err), &err);
}

void fixture_post(const struct fixture *f, struct letter *letter)
{
	struct letter_sequence sequence = {
	    .avrs_id = letter->avrs_id, .letters = 1, .wanted = clock_now()};
	struct err err;

	must(letter_sequence_take(f->catalog, &sequence, 1, &err), &err);
	letter->sequence = sequence.first;
	letter->posted = sequence.posted;
	must(letter_set_posted(f->catalog, letter, &err), &err);
	letter->electronic = ELECTRONIC_POSTED;
}

void fixture_posted(const struct fixture *f, const char *avrs_id, enum letter_class class,
    const char *name, struct letter *ret_letter)
{
	fixture_letter(f, avrs_id, class, name, ret_letter);
	fixture_post(f, ret_letter);
}

void fixture_stored(const struct fixture *f, const char *avrs_id, enum letter_class class,
    const char *name, const char *content, struct letter *ret_letter)
{
	OWNED_BUFFER struct buffer text = BUFFER(1 << 20);
	struct sha256 hash = {NULL};
	struct letter letter;
	char path[FOLDER_PATH_MAX];
	char folder[PATH_MAX];
	struct err err;

	fixture_letter(f, avrs_id, class, name, &letter);
	buffer_add_text(&text, content);
	letter.size = (int64_t)text.length;
	must(sha256_start(&hash, &err), &err);
	sha256_add(&hash, content, text.length);
	sha256_print(&hash, letter.sha256);
	sha256_done(&hash);
	must(catalog_run(f->catalog, "UPDATE letter SET size = $2, sha256 = $3 WHERE id = $1",
	         VALUES(INT(letter.id), INT(letter.size), TEXT(letter.sha256)), &err),
	    &err);
	folder_letter(avrs_id, class, letter.id, name, path);
	file_parent(path, folder);
	must(file_make_folder(f->spool.root_fd, folder, 0750, &err), &err);
	must(file_replace(f->spool.root_fd, path, &text, 0440, &err), &err);
	fixture_post(f, &letter);
	*ret_letter = letter;
}

void fixture_sql(const struct fixture *f, const char *sql)
{
	struct err err;

	must(catalog_run(f->catalog, sql, NO_VALUES, &err), &err);
}

int64_t fixture_number(const struct fixture *f, const char *sql)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;
	struct err err;

	must(catalog_find(f->catalog, sql, NO_VALUES, &row, &found, &err), &err);
	return found ? statement_int(row, 0) : -1;
}

bool fails(int result, const struct err *err, enum err_kind kind)
{
	return result == -1 && err->kind == kind && err->text[0] != '\0';
}

int fixture_open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	if (!dir)
		return -1;
	while (readdir(dir))
		count++;
	(void)closedir(dir);
	return count;
}
