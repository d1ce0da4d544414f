/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/desk_bench.h"

#include <CUnit/CUnit.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/upload_change.h"

void desk_bench_open(struct desk_bench *bench)
{
	struct account account;

	*bench = (struct desk_bench){.all = NULL};
	fixture_open(&bench->f);
	scratch_provider(&bench->f.spool, DESK_ID);
	(void)scratch_account(&bench->f.spool, "adam", "", "");
	fixture_account(&bench->f, "adam", &account);
	account.admin = true;
	view_init(&bench->view, &bench->f.spool, &account);
	upload_desk_init(&bench->desk, &bench->view, &bench->all);
	upload_desk_init(&bench->other, &bench->view, &bench->all);
}

void desk_bench_close(struct desk_bench *bench)
{
	upload_desk_done(&bench->desk);
	upload_desk_done(&bench->other);
	view_done(&bench->view);
	fixture_close(&bench->f);
}

int64_t desk_open_as(struct desk_bench *bench, struct upload_desk *desk, const char *path,
    unsigned how, const char *content)
{
	struct desk_file file = {.fd = -1};
	struct err err;

	CU_ASSERT_EQUAL_FATAL(upload_desk_open(desk, path, how, &file, &bench->ruling, &err), 0);
	if (bench->ruling.answer != ANSWER_OK) {
		CU_ASSERT_EQUAL(file.fd, -1);
		return -1;
	}
	if (content)
		CU_ASSERT_EQUAL(pwrite(file.fd, content, strlen(content), file.entry.size),
		    (ssize_t)strlen(content));
	(void)close(file.fd);
	return file.number;
}

enum answer desk_close(struct desk_bench *bench, int64_t number, const char *failure)
{
	struct err err;

	CU_ASSERT_EQUAL(upload_desk_close(&bench->desk, number, failure, &bench->ruling, &err), 0);
	return bench->ruling.answer;
}

enum answer desk_upload(struct desk_bench *bench, const char *path, const char *content)
{
	int64_t number = desk_open_as(bench, &bench->desk, path, DESK_NEW, content);

	return number < 0 ? bench->ruling.answer : desk_close(bench, number, "");
}

enum answer desk_remove(struct desk_bench *bench, const char *path)
{
	struct place place;
	struct err err;

	CU_ASSERT_TRUE_FATAL(place_parse(path, &place));
	CU_ASSERT_EQUAL(upload_remove(&bench->desk, &place, &bench->ruling, &err), 0);
	return bench->ruling.answer;
}

enum answer desk_rename(struct desk_bench *bench, const char *from, const char *to)
{
	struct err err;

	CU_ASSERT_EQUAL(upload_rename(&bench->desk, from, to, &bench->ruling, &err), 0);
	return bench->ruling.answer;
}

enum answer desk_set(
    struct desk_bench *bench, const char *path, unsigned what, int64_t size, int64_t modified)
{
	struct upload_change change = {what, size, modified};
	struct err err;

	CU_ASSERT_EQUAL(upload_set(&bench->desk, path, &change, &bench->ruling, &err), 0);
	return bench->ruling.answer;
}

bool desk_has(const struct desk_bench *bench, const char *path)
{
	return faccessat(bench->f.scratch.fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

void desk_expect_content(const struct desk_bench *bench, const char *path, const char *content)
{
	char *text = scratch_read(&bench->f.scratch, path);

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	CU_ASSERT_STRING_EQUAL(text, content);
	free(text);
}

int64_t desk_size_in_view(struct desk_bench *bench, const char *path)
{
	struct view_found found;
	enum view_answer answer = VIEW_NOTHING;
	struct err err;

	CU_ASSERT_EQUAL(view_find(&bench->view, path, &found, &answer, &err), 0);
	return answer == VIEW_FOUND ? found.entry.size : -1;
}
