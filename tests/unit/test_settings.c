/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/number.h"
#include "spool/avrs_id.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_settings(CU_pSuite suite);

/* Load text as a settings file. Time zone and AVRS ID are the defaults' again afterwards. */
static int load(
    const struct scratch *scratch, const char *text, struct settings *ret_settings, struct err *err)
{
	char path[SCRATCH_PATH_MAX + 32];
	struct err ignored;
	int result;

	scratch_write(scratch, "edelivery.conf", text);
	(void)snprintf(path, sizeof(path), "%s/edelivery.conf", scratch->path);
	result = settings_load(path, ret_settings, err);
	clock_set_zone("America/New_York");
	(void)avrs_id_set_pattern("[0-9]{9}", &ignored);
	return result;
}

static void has_a_default_for_everything(void)
{
	OWNED_SCRATCH struct scratch scratch;
	struct settings s;
	char host[256] = "";
	struct err err;

	scratch_open(&scratch);
	CU_ASSERT_EQUAL_FATAL(load(&scratch, "# nothing set\n", &s, &err), 0);
	CU_ASSERT_STRING_EQUAL(s.root, "/var/lib/edelivery");
	CU_ASSERT_STRING_EQUAL(s.catalog, "sqlite:catalog/catalog.db");
	CU_ASSERT_EQUAL(gethostname(host, sizeof(host) - 1), 0);
	CU_ASSERT_STRING_EQUAL(s.node, host);
	CU_ASSERT_STRING_EQUAL(s.agency_timezone, "America/New_York");
	CU_ASSERT_STRING_EQUAL(s.letter_types, "letter-types.conf");
	CU_ASSERT_STRING_EQUAL(s.drop_root, "drop");
	CU_ASSERT_EQUAL(s.drop_settle, 10 * SECOND);
	CU_ASSERT_EQUAL(s.drop_patience, HOUR);
	CU_ASSERT_EQUAL(s.drop_unknown_hold, 48 * HOUR);
	CU_ASSERT_FALSE(s.drop_require_batch);
	CU_ASSERT_EQUAL(s.drop_same_name, SAME_NAME_NUMBER);
	CU_ASSERT_EQUAL(s.drop_duplicate_days, 7);
	CU_ASSERT_EQUAL(s.drop_letter_max, 64 * MIB);
	CU_ASSERT_EQUAL(s.drop_trade_file_max, 4 * GIB);
	CU_ASSERT_EQUAL(s.post_syncfs_from, 64);
	CU_ASSERT_EQUAL(s.server_setstat, SETSTAT_REFUSE);
	CU_ASSERT_TRUE(s.retain_months >= 6 && s.retain_months <= 12);
}

static void reads_a_value_of_every_type(void)
{
	OWNED_SCRATCH struct scratch scratch;
	struct settings s;
	struct err err;

	scratch_open(&scratch);
	CU_ASSERT_EQUAL_FATAL(load(&scratch,
	                          "spool.root = \"/srv/spool\"\n"
	                          "node.name = 'node-a'   # this one\n"
	                          "retain.months = 6\n"
	                          "drop.settle=90s\n"
	                          "drop.patience = 15m\n"
	                          "drop.require-batch = yes\n"
	                          "drop.same-name = quarantine\n"
	                          "drop.letter-max = 512\n"
	                          "drop.trade-file-max = 64K\n"
	                          "server.listen = \"[::1]:0\"\n",
	                          &s, &err),
	    0);
	CU_ASSERT_STRING_EQUAL(s.root, "/srv/spool");
	CU_ASSERT_STRING_EQUAL(s.node, "node-a");
	CU_ASSERT_EQUAL(s.retain_months, 6);
	CU_ASSERT_EQUAL(s.drop_settle, 90 * SECOND);
	CU_ASSERT_EQUAL(s.drop_patience, 15 * MINUTE);
	CU_ASSERT_TRUE(s.drop_require_batch);
	CU_ASSERT_EQUAL(s.drop_same_name, SAME_NAME_QUARANTINE);
	CU_ASSERT_EQUAL(s.drop_letter_max, 512);
	CU_ASSERT_EQUAL(s.drop_trade_file_max, 64 * KIB);
	CU_ASSERT_STRING_EQUAL(s.server_listen, "[::1]:0");
}

static const struct {
	const char *text;
	const char *place;
	const char *reason;
} wrong[] = {
    /* R11: 6 to 12 months. */
    {"retain.months = 5\n", ":1:", "6 to 12"},
    {"retain.months = 13\n", ":1:", "6 to 12"},
    {"\n\nretain.months = x\n", ":3:", "6 to 12"},
    {"retain.months = \"\"\n", ":1:", "not a whole number"},
    {"retain.months = 7.5\n", ":1:", "not a whole number"},
    {"retain.months = 99999999999999999999\n", ":1:", "not a whole number"},
    {"retain.weeks = 30\n", ":1:", "retain.weeks"},
    {"node.name = a\ndrop.root = x\nnode.name = b\n", ":3:", "second time"},
    {"drop.settle = 10\n", ":1:", "90s"},
    {"drop.settle = 2h\n", ":1:", "out of bounds"},
    {"drop.patience = 0s\n", ":1:", "1s to 7d"},
    {"drop.letter-max = 0\n", ":1:", "out of bounds"},
    {"drop.letter-max = 2G\n", ":1:", "1G"},
    {"drop.letter-max = 64MB\n", ":1:", "512, 64K"},
    {"drop.require-batch = true\n", ":1:", "yes or no"},
    {"drop.same-name = rename\n", ":1:", "number or quarantine"},
    {"spool.root = relative\n", ":1:", "absolute"},
    {"agency.timezone = Mars/Base\n", ":1:", "Mars/Base"},
    {"agency.avrs-id = \"[0-9\"\n", ":1:", "regular expression"},
    {"server.listen = 127.0.0.1\n", ":1:", "ADDRESS:PORT"},
    {"server.listen = :2022\n", ":1:", "ADDRESS:PORT"},
    {"server.listen = \"127.0.0.1:65536\"\n", ":1:", "ADDRESS:PORT"},
    {"server.listen = \"127.0.0.1:ssh\"\n", ":1:", "ADDRESS:PORT"},
    {"server.listen = \"::1\"\n", ":1:", "[ADDRESS]:PORT"},
    {"server.listen = \"2001:db8::1:2022\"\n", ":1:", "[ADDRESS]:PORT"},
    {"server.listen = \"[::1:2022\"\n", ":1:", "[ADDRESS]:PORT"},
    {"server.listen = \"[]:2022\"\n", ":1:", "[ADDRESS]:PORT"},
    {"server.sessions = 0\n", ":1:", "1 to 10000"},
    {"catalog = \"\"\n", ":1:", "empty"},
    {"node.name\n", ":", ""},
    {"node.name = {a, b}\n", ":1:", ""},
    {"section {\n}\n", ":1:", "section"},
};

static void refuses_a_wrong_file_with_its_name_and_line(void)
{
	OWNED_SCRATCH struct scratch scratch;

	scratch_open(&scratch);
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct settings s = {.retain_months = 42};
		struct err err = {.text = ""};
		const char *place;

		CU_ASSERT_TRUE(fails(load(&scratch, wrong[i].text, &s, &err), &err, ERR_REFUSED));
		CU_ASSERT_EQUAL(s.retain_months, 42);
		place = strstr(err.text, "/edelivery.conf:");
		CU_ASSERT_PTR_NOT_NULL_FATAL(place);
		place += strlen("/edelivery.conf");
		CU_ASSERT_EQUAL(strncmp(place, wrong[i].place, strlen(wrong[i].place)), 0);
		CU_ASSERT_PTR_NOT_NULL(strstr(place, wrong[i].reason));
	}
}

static void refuses_a_text_that_is_too_long(void)
{
	OWNED_SCRATCH struct scratch scratch;
	char line[CONF_TEXT_MAX + 64];
	struct settings s;
	struct err err;

	scratch_open(&scratch);
	(void)snprintf(line, sizeof(line), "node.name = %0*d\n", CONF_TEXT_MAX, 1);
	CU_ASSERT_TRUE(fails(load(&scratch, line, &s, &err), &err, ERR_REFUSED));
	(void)snprintf(line, sizeof(line), "node.name = %0*d\n", CONF_TEXT_MAX - 1, 1);
	CU_ASSERT_EQUAL(load(&scratch, line, &s, &err), 0);
}

static void tells_a_file_that_is_missing_from_a_wrong_one(void)
{
	OWNED_SCRATCH struct scratch scratch;
	struct settings s = {.retain_months = 42};
	char path[SCRATCH_PATH_MAX + 32];
	struct err err;

	scratch_open(&scratch);
	(void)snprintf(path, sizeof(path), "%s/nowhere.conf", scratch.path);
	CU_ASSERT_TRUE(fails(settings_load(path, &s, &err), &err, ERR_REFUSED));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "nowhere.conf"));
	/* A folder is not read either, and does not end the process. */
	CU_ASSERT_TRUE(fails(settings_load(scratch.path, &s, &err), &err, ERR_RETRY));
	CU_ASSERT_EQUAL(s.retain_months, 42);
}

static void uses_the_time_zone_and_the_avrs_id_of_the_file(void)
{
	OWNED_SCRATCH struct scratch scratch;
	char path[SCRATCH_PATH_MAX + 32];
	char date[DATE_SIZE];
	struct settings s;
	struct err err;

	scratch_open(&scratch);
	scratch_write(&scratch, "edelivery.conf",
	    "agency.timezone = Pacific/Auckland\nagency.avrs-id = \"CT[0-9]{3}\"\n");
	(void)snprintf(path, sizeof(path), "%s/edelivery.conf", scratch.path);
	CU_ASSERT_EQUAL(settings_load(path, &s, &err), 0);
	CU_ASSERT_TRUE(avrs_id_is_valid("CT123"));
	CU_ASSERT_FALSE(avrs_id_is_valid("123456789"));
	clock_print_date(FIXTURE_NOW, date);
	CU_ASSERT_STRING_EQUAL(date, "2024-05-16");
	/* A file that is refused changes neither. */
	CU_ASSERT_EQUAL(load(&scratch, "retain.months = 5\n", &s, &err), -1);
	clock_print_date(FIXTURE_NOW, date);
	CU_ASSERT_STRING_EQUAL(date, "2024-05-15");
	CU_ASSERT_TRUE(avrs_id_is_valid("123456789"));
}

static void sees_paths_from_where_they_belong(void)
{
	static const struct {
		const char *place;
		const char *beside;
		const char *below;
	} rows[] = {
	    {"letter-types.conf", "/etc/edelivery/letter-types.conf",
	        "/srv/spool/letter-types.conf"},
	    {"a/b", "/etc/edelivery/a/b", "/srv/spool/a/b"},
	    {"/opt/x", "/opt/x", "/opt/x"},
	};
	const struct settings s = {.path = "/etc/edelivery/edelivery.conf", .root = "/srv/spool"};
	const struct settings top = {.path = "/edelivery.conf", .root = "/srv/spool"};
	char path[PATH_MAX];

	for (size_t i = 0; i < COUNT(rows); i++) {
		settings_beside(&s, rows[i].place, path);
		CU_ASSERT_STRING_EQUAL(path, rows[i].beside);
		settings_below(&s, rows[i].place, path);
		CU_ASSERT_STRING_EQUAL(path, rows[i].below);
	}
	settings_beside(&top, "host-keys", path);
	CU_ASSERT_STRING_EQUAL(path, "/host-keys");
}

/* However it was named: a daemon may change its folder later. */
static void knows_its_own_file_by_its_full_path(void)
{
	OWNED_SCRATCH struct scratch scratch;
	char path[SCRATCH_PATH_MAX + 64];
	char expected[PATH_MAX];
	struct settings s;
	struct err err;

	scratch_open(&scratch);
	scratch_write(&scratch, "edelivery.conf", "# nothing set\n");
	CU_ASSERT_EQUAL(symlinkat("edelivery.conf", scratch.fd, "link.conf"), 0);
	(void)snprintf(path, sizeof(path), "%s/../%s/./link.conf", scratch.path,
	    strrchr(scratch.path, '/') + 1);
	CU_ASSERT_EQUAL(settings_load(path, &s, &err), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(realpath(scratch.path, expected));
	CU_ASSERT_EQUAL(strncmp(s.path, expected, strlen(expected)), 0);
	CU_ASSERT_STRING_EQUAL(s.path + strlen(expected), "/edelivery.conf");
}

/* What `edelivery config show` and the installed file are made of. */
static void explains_every_setting_and_takes_its_own_default(void)
{
	for (const struct conf_key *key = settings_keys; key->name; key++) {
		OWNED_BUFFER struct buffer explained = BUFFER(4096);
		struct err err;

		CU_ASSERT_PTR_NOT_NULL_FATAL(key->about);
		CU_ASSERT_TRUE(strlen(key->about) > 10);
		conf_explain(key, &explained);
		CU_ASSERT_TRUE(explained.length > 0);
		CU_ASSERT_EQUAL(conf_check(key, key->fallback, &err), 0);
		CU_ASSERT_PTR_EQUAL(conf_find(settings_keys, key->name), key);
	}
}

static void reads_back_the_file_that_it_writes(void)
{
	OWNED_SCRATCH struct scratch scratch;
	OWNED_BUFFER struct buffer file = BUFFER(64 * 1024);
	OWNED_BUFFER struct buffer file_again = BUFFER(64 * 1024);
	struct settings s;
	struct settings again;
	struct err err;

	scratch_open(&scratch);
	CU_ASSERT_EQUAL_FATAL(load(&scratch,
	                          "node.name = \"a \\\"b\\\" \\\\ c\"\nretain.months = 9\n"
	                          "server.idle = 61s\ndrop.require-batch = yes\n"
	                          "server.policy = compat\n",
	                          &s, &err),
	    0);
	conf_print_file(settings_keys, &s, &file);
	CU_ASSERT_FALSE(buffer_is_full(&file));
	CU_ASSERT_EQUAL_FATAL(load(&scratch, buffer_text(&file), &again, &err), 0);
	conf_print_file(settings_keys, &again, &file_again);
	CU_ASSERT_STRING_EQUAL(buffer_text(&file), buffer_text(&file_again));
	CU_ASSERT_STRING_EQUAL(again.node, "a \"b\" \\ c");
}

void add_suite_settings(CU_pSuite suite)
{
	TEST(has_a_default_for_everything);
	TEST(reads_a_value_of_every_type);
	TEST(refuses_a_wrong_file_with_its_name_and_line);
	TEST(refuses_a_text_that_is_too_long);
	TEST(tells_a_file_that_is_missing_from_a_wrong_one);
	TEST(uses_the_time_zone_and_the_avrs_id_of_the_file);
	TEST(sees_paths_from_where_they_belong);
	TEST(knows_its_own_file_by_its_full_path);
	TEST(explains_every_setting_and_takes_its_own_default);
	TEST(reads_back_the_file_that_it_writes);
}
