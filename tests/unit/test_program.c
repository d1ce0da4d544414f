/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/program.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "base/number.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_program(CU_pSuite suite);

enum { ARGS_MAX = 6 };

/* What a run of program_options() said, where, and how it ended. */
struct run {
	int status;
	const char *settings;
	char out[1024];
	char errors[1024];
};

static void send_to(const struct scratch *scratch, int fd, const char *name)
{
	int file = openat(scratch->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	CU_ASSERT_TRUE_FATAL(file >= 0);
	CU_ASSERT_TRUE(dup2(file, fd) >= 0);
	(void)close(file);
}

static void read_back(const struct scratch *scratch, const char *name, char ret_text[1024])
{
	OWNED_MEM char *text = scratch_read(scratch, name);

	(void)snprintf(ret_text, 1024, "%s", text ? text : "");
}

static struct run run(char *const argv[])
{
	OWNED_SCRATCH struct scratch scratch;
	OWNED_FD int out = dup(STDOUT_FILENO);
	OWNED_FD int errors = dup(STDERR_FILENO);
	struct run result = {.settings = "untouched"};
	int count = 0;

	while (argv[count])
		count++;
	scratch_open(&scratch);
	(void)fflush(NULL);
	send_to(&scratch, STDOUT_FILENO, "out");
	send_to(&scratch, STDERR_FILENO, "errors");
	optind = 0;
	result.status = program_options(count, argv, "posts letters", &result.settings);
	(void)fflush(NULL);
	(void)dup2(out, STDOUT_FILENO);
	(void)dup2(errors, STDERR_FILENO);
	read_back(&scratch, "out", result.out);
	read_back(&scratch, "errors", result.errors);
	log_open("unit", LOG_LEVEL_INFO);
	return result;
}

#define ARGV(...) ((char *[]){__VA_ARGS__, NULL})

static char name[] = "/usr/sbin/edelivery-watchd";
static char c[] = "-c";
static char file[] = "etc/other.conf";
static char help[] = "--help";
static char version[] = "--version";
static char unknown[] = "-x";

static void goes_on_with_the_installed_settings(void)
{
	struct run r = run(ARGV(name));

	CU_ASSERT_EQUAL(r.status, -1);
	CU_ASSERT_STRING_EQUAL(r.settings, "/etc/edelivery/edelivery.conf");
	CU_ASSERT_STRING_EQUAL(r.out, "");
	CU_ASSERT_STRING_EQUAL(r.errors, "");
}

static void goes_on_with_the_settings_it_is_given(void)
{
	struct run r = run(ARGV(name, c, file));

	CU_ASSERT_EQUAL(r.status, -1);
	CU_ASSERT_PTR_EQUAL(r.settings, file);
}

static void helps_on_standard_output(void)
{
	struct run r = run(ARGV(name, help));

	CU_ASSERT_EQUAL(r.status, 0);
	CU_ASSERT_EQUAL(strncmp(r.out, "edelivery-watchd: posts letters\n", 32), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "-c FILE"));
	CU_ASSERT_STRING_EQUAL(r.errors, "");
}

static void tells_its_version(void)
{
	struct run r = run(ARGV(name, version));

	CU_ASSERT_EQUAL(r.status, 0);
	CU_ASSERT_STRING_EQUAL(r.out, "edelivery-watchd " EDELIVERY_VERSION "\n");
	CU_ASSERT_STRING_EQUAL(r.errors, "");
}

static void tells_how_it_is_called_when_it_is_called_wrongly(void)
{
	char *const *const wrong[] = {
	    ARGV(name, unknown), ARGV(name, c), ARGV(name, file), ARGV(name, c, file, file)};

	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct run r = run(wrong[i]);

		CU_ASSERT_EQUAL(r.status, 2);
		CU_ASSERT_STRING_EQUAL(r.out, "");
		CU_ASSERT_PTR_NOT_NULL(strstr(r.errors, "usage: edelivery-watchd"));
	}
}

static void what_time_may_mend_is_seventy_five(void)
{
	CU_ASSERT_EQUAL(program_status(ERR_RETRY), 75);
	CU_ASSERT_EQUAL(program_status(ERR_BUSY), 75);
	CU_ASSERT_EQUAL(program_status(ERR_UNSYNCED), 75);
	CU_ASSERT_EQUAL(program_status(ERR_GONE), 75);
	CU_ASSERT_EQUAL(program_status(ERR_USAGE), 2);
	CU_ASSERT_EQUAL(program_status(ERR_REFUSED), 1);
	CU_ASSERT_EQUAL(program_status(ERR_CONFLICT), 1);
	CU_ASSERT_EQUAL(program_status(ERR_INTERNAL), 1);
}

static void takes_as_many_descriptors_as_it_may(void)
{
	struct rlimit before;
	struct rlimit low;

	CU_ASSERT_EQUAL(getrlimit(RLIMIT_NOFILE, &before), 0);
	low = before;
	low.rlim_cur = 256;
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &low), 0);
	CU_ASSERT_TRUE(program_descriptors() > 256 || before.rlim_max <= 256);
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &before), 0);
}

/* Of the table of this process. */
static int64_t descriptors_room(void)
{
	static const char field[] = "FDSize:\t";
	char line[256];
	int64_t room = 0;
	struct err err;
	FILE *status = fopen("/proc/self/status", "re");

	CU_ASSERT_PTR_NOT_NULL_FATAL(status);
	do {
		CU_ASSERT_PTR_NOT_NULL_FATAL(fgets(line, sizeof(line), status));
	} while (strncmp(line, field, strlen(field)) != 0);
	(void)fclose(status);
	line[strcspn(line, "\n")] = '\0';
	CU_ASSERT_EQUAL(number_parse(line + strlen(field), &room, &err), 0);
	return room;
}

static void has_room_for_descriptors_before_they_are_open(void)
{
	int64_t wanted = 2 * descriptors_room();

	CU_ASSERT_TRUE_FATAL(program_descriptors() >= wanted);
	program_make_room(wanted);
	CU_ASSERT_EQUAL(descriptors_room(), wanted);
}

void add_suite_program(CU_pSuite suite)
{
	TEST(goes_on_with_the_installed_settings);
	TEST(goes_on_with_the_settings_it_is_given);
	TEST(helps_on_standard_output);
	TEST(tells_its_version);
	TEST(tells_how_it_is_called_when_it_is_called_wrongly);
	TEST(what_time_may_mend_is_seventy_five);
	TEST(takes_as_many_descriptors_as_it_may);
	TEST(has_room_for_descriptors_before_they_are_open);
}
