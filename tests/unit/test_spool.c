/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/number.h"
#include "tests/lib/child.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_spool(CU_pSuite suite);

static void conf_of(const struct fixture *f, char ret_path[SCRATCH_PATH_MAX + 32])
{
	(void)snprintf(ret_path, SCRATCH_PATH_MAX + 32, "%s/edelivery.conf", f->scratch.path);
}

static void opens_all_that_a_program_needs(void)
{
	OWNED_FIXTURE struct fixture f;
	struct stat opened;
	struct stat named;

	fixture_open(&f);
	CU_ASSERT_STRING_EQUAL(f.spool.settings.root, f.scratch.path);
	CU_ASSERT_EQUAL(fstat(f.spool.root_fd, &opened), 0);
	CU_ASSERT_EQUAL(fstat(f.scratch.fd, &named), 0);
	CU_ASSERT_EQUAL(opened.st_ino, named.st_ino);
	CU_ASSERT_EQUAL(fstat(f.spool.drop_fd, &opened), 0);
	CU_ASSERT_EQUAL(fstatat(f.scratch.fd, "drop", &named, 0), 0);
	CU_ASSERT_EQUAL(opened.st_ino, named.st_ino);
	CU_ASSERT_PTR_NOT_NULL(letter_types_find(&f.spool.types, "EFT"));
	CU_ASSERT_STRING_EQUAL(f.spool.actor.name, "test");
	CU_ASSERT_STRING_EQUAL(f.spool.actor.node, "test");
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM letter"), 0);
}

/* What it opens, no program it starts may inherit. */
static void keeps_its_descriptors_to_itself(void)
{
	OWNED_FIXTURE struct fixture f;

	fixture_open(&f);
	CU_ASSERT_TRUE(fcntl(f.spool.root_fd, F_GETFD) & FD_CLOEXEC);
	CU_ASSERT_TRUE(fcntl(f.spool.drop_fd, F_GETFD) & FD_CLOEXEC);
}

static void closes_as_often_as_it_is_told(void)
{
	OWNED_FIXTURE struct fixture f;
	struct spool closed = SPOOL_CLOSED;

	fixture_open(&f);
	spool_close(&closed);
	spool_close(&f.spool);
	CU_ASSERT_EQUAL(f.spool.root_fd, -1);
	CU_ASSERT_EQUAL(f.spool.drop_fd, -1);
	CU_ASSERT_PTR_NULL(f.spool.catalog);
	spool_close(&f.spool);
}

/* A spool with something missing: the text that makes it so, and what the error names. */
static const struct {
	const char *lines;
	enum err_kind kind;
	const char *reason;
} broken[] = {
    {"retain.months = 5", ERR_REFUSED, "retain.months"},
    {"letters.types = nowhere.conf", ERR_REFUSED, "nowhere.conf"},
    {"letters.types = edelivery.conf", ERR_REFUSED, "edelivery.conf:1:"},
    {"spool.root = /nowhere/at/all", ERR_RETRY, "spool.root"},
    {"spool.root = /etc/passwd", ERR_RETRY, "spool.root"},
    {"drop.root = nowhere", ERR_RETRY, "drop.root"},
    {"catalog = \"postgres:x\"", ERR_REFUSED, "postgres:x"},
};

static void opens_all_or_nothing(void)
{
	OWNED_FIXTURE struct fixture f;
	char path[SCRATCH_PATH_MAX + 32];
	int before;

	fixture_open(&f);
	spool_close(&f.spool);
	conf_of(&f, path);
	before = fixture_open_descriptors();
	for (size_t i = 0; i < COUNT(broken); i++) {
		struct spool spool = {.root_fd = 42};
		char text[1024];
		struct err err = {.text = ""};

		(void)snprintf(text, sizeof(text), "%s\n%s%s%s\n", broken[i].lines,
		    strstr(broken[i].lines, "spool.root") ? "" : "spool.root = \"",
		    strstr(broken[i].lines, "spool.root") ? "" : f.scratch.path,
		    strstr(broken[i].lines, "spool.root") ? "" : "\"");
		scratch_write(&f.scratch, "edelivery.conf", text);
		CU_ASSERT_TRUE(fails(spool_open(path, "test", &spool, &err), &err, broken[i].kind));
		CU_ASSERT_PTR_NOT_NULL(strstr(err.text, broken[i].reason));
		CU_ASSERT_EQUAL(spool.root_fd, -1);
		CU_ASSERT_EQUAL(spool.drop_fd, -1);
		CU_ASSERT_PTR_NULL(spool.catalog);
		CU_ASSERT_EQUAL(fixture_open_descriptors(), before);
	}
}

/* Before a daemon begins anew: what is wrong in it is told while the old ones still serve. */
static void tells_whether_a_start_would_take_the_settings_and_uses_none_of_them(void)
{
	static const struct {
		const char *lines;
		const char *reason; /* NULL: it would */
	} rows[] = {
	    {"agency.timezone = Asia/Tokyo", NULL},
	    {"agency.timezone = Asia/Tokyo\nretain.months = 5", "retain.months"},
	    {"agency.timezone = Asia/Tokyo\nletters.types = nowhere.conf", "nowhere.conf"},
	    {"agency.timezone = Asia/Tokyo\nletters.types = edelivery.conf", "edelivery.conf:1:"},
	};
	OWNED_FIXTURE struct fixture f;
	char before[DATE_SIZE];

	fixture_open(&f);
	clock_print_date(FIXTURE_NOW + 5 * HOUR, before);
	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[1024];
		char date[DATE_SIZE];
		struct err err = {.text = ""};

		(void)snprintf(
		    text, sizeof(text), "%s\nspool.root = \"%s\"\n", rows[i].lines, f.scratch.path);
		scratch_write(&f.scratch, "edelivery.conf", text);
		CU_ASSERT_EQUAL(spool_check_settings(&f.spool, &err), rows[i].reason ? -1 : 0);
		if (rows[i].reason)
			CU_ASSERT_PTR_NOT_NULL(strstr(err.text, rows[i].reason));
		clock_print_date(FIXTURE_NOW + 5 * HOUR, date);
		CU_ASSERT_STRING_EQUAL(date, before);
	}
}

static void makes_a_catalog_below_the_root_only_when_told(void)
{
	OWNED_FIXTURE struct fixture f;
	struct catalog *catalog = NULL;
	struct settings settings;
	struct err err;

	fixture_open(&f);
	settings = f.spool.settings;
	(void)snprintf(settings.catalog, sizeof(settings.catalog), "sqlite:other.db");
	CU_ASSERT_EQUAL(spool_open_catalog(&settings, false, &catalog, &err), -1);
	CU_ASSERT_PTR_NULL(catalog);
	CU_ASSERT_EQUAL(faccessat(f.scratch.fd, "other.db", F_OK, 0), -1);
	CU_ASSERT_EQUAL(spool_open_catalog(&settings, true, &catalog, &err), 0);
	catalog_close(catalog);
	CU_ASSERT_EQUAL(faccessat(f.scratch.fd, "other.db", F_OK, 0), 0);
}

static void reads_a_file_of_the_spool(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_FD int fd = -1;
	char text[8] = "";
	struct err err;

	fixture_open(&f);
	scratch_write(&f.scratch, "letters/1_a", "letter");
	CU_ASSERT_EQUAL(spool_open_file(&f.spool, "letters/1_a", &fd, &err), 0);
	CU_ASSERT_EQUAL(read(fd, text, sizeof(text)), 6);
	CU_ASSERT_STRING_EQUAL(text, "letter");
	CU_ASSERT_EQUAL(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	CU_ASSERT_TRUE(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

static void leads_out_of_the_spool_by_no_way(void)
{
	static const char *const ways[] = {"/etc/passwd", "../outside", "letters/../../outside",
	    "link", "folder-link/passwd", "letters/inside-link", "letters/up/outside"};
	OWNED_FIXTURE struct fixture f;
	int before;

	fixture_open(&f);
	scratch_write(&f.scratch, "letters/1_a", "letter");
	CU_ASSERT_EQUAL(symlinkat("/etc/passwd", f.scratch.fd, "link"), 0);
	CU_ASSERT_EQUAL(symlinkat("/etc", f.scratch.fd, "folder-link"), 0);
	CU_ASSERT_EQUAL(symlinkat("1_a", f.scratch.fd, "letters/inside-link"), 0);
	CU_ASSERT_EQUAL(symlinkat("../..", f.scratch.fd, "letters/up"), 0);
	before = fixture_open_descriptors();
	for (size_t i = 0; i < COUNT(ways); i++) {
		int fd = 42;
		struct err err = {.text = ""};

		CU_ASSERT_EQUAL(spool_open_file(&f.spool, ways[i], &fd, &err), -1);
		CU_ASSERT_EQUAL(fd, 42);
		CU_ASSERT_PTR_NOT_NULL(strstr(err.text, ways[i]));
	}
	CU_ASSERT_EQUAL(fixture_open_descriptors(), before);
}

static void opens_regular_files_only_and_waits_for_none(void)
{
	OWNED_FIXTURE struct fixture f;
	int fd = 42;
	int before;
	struct err err;

	fixture_open(&f);
	CU_ASSERT_EQUAL(mkfifoat(f.scratch.fd, "letters/pipe", 0600), 0);
	before = fixture_open_descriptors();
	CU_ASSERT_TRUE(
	    fails(spool_open_file(&f.spool, "letters/pipe", &fd, &err), &err, ERR_INTERNAL));
	CU_ASSERT_TRUE(fails(spool_open_file(&f.spool, "letters", &fd, &err), &err, ERR_INTERNAL));
	CU_ASSERT_TRUE(
	    fails(spool_open_file(&f.spool, "letters/nothing", &fd, &err), &err, ERR_REFUSED));
	CU_ASSERT_EQUAL(fd, 42);
	CU_ASSERT_EQUAL(fixture_open_descriptors(), before);
}

static void open_without_openat2(const void *arg)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	struct spool spool;
	struct err err = {.text = ""};

	CHILD_MUST(filter != NULL);
	CHILD_MUST(seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(openat2), 0) == 0);
	CHILD_MUST(seccomp_load(filter) == 0);
	seccomp_release(filter);
	CHILD_MUST(spool_open(arg, "test", &spool, &err) == -1);
	CHILD_MUST(err.kind == ERR_REFUSED && strstr(err.text, "openat2"));
	CHILD_MUST(spool.root_fd == -1 && spool.drop_fd == -1);
}

/* Better at once than at the first letter. */
static void is_not_opened_where_its_files_could_not_be(void)
{
	OWNED_FIXTURE struct fixture f;
	char path[SCRATCH_PATH_MAX + 32];

	fixture_open(&f);
	conf_of(&f, path);
	CU_ASSERT_TRUE(child_succeeds(open_without_openat2, path));
}

void add_suite_spool(CU_pSuite suite)
{
	TEST(opens_all_that_a_program_needs);
	TEST(keeps_its_descriptors_to_itself);
	TEST(closes_as_often_as_it_is_told);
	TEST(opens_all_or_nothing);
	TEST(is_not_opened_where_its_files_could_not_be);
	TEST(tells_whether_a_start_would_take_the_settings_and_uses_none_of_them);
	TEST(makes_a_catalog_below_the_root_only_when_told);
	TEST(reads_a_file_of_the_spool);
	TEST(leads_out_of_the_spool_by_no_way);
	TEST(opens_regular_files_only_and_waits_for_none);
}
