/* SPDX-License-Identifier: Apache-2.0 */
#include "server/sftp_answer.h"

#include <string.h>

#include "base/clean.h"
#include "tests/unit/suite.h"

void add_suite_sftp_answer(CU_pSuite suite);

/* Every answer that a broker gives, and what the client is told. */
static const struct {
	struct reply reply;
	enum sftp_status status;
	const char *text;
} replies[] = {
    {{ANSWER_OK, ""}, SFTP_OK, "done"},
    {{ANSWER_NO_SUCH_FILE, ""}, SFTP_NO_SUCH_FILE, "no such file"},
    {{ANSWER_DENIED, "you may not"}, SFTP_PERMISSION_DENIED, "you may not"},
    {{ANSWER_FAILURE, "come back later"}, SFTP_FAILURE, "come back later"},
};

static void what_the_broker_says_is_told_as_a_status(void)
{
	CU_ASSERT_EQUAL(COUNT(replies), ANSWER_COUNT);
	for (size_t i = 0; i < COUNT(replies); i++) {
		OWNED(buffer_done) struct buffer out = BUFFER(1024);
		struct sftp_reader in;
		size_t length = 0;
		const char *text;

		sftp_put_reply(&out, 99, &replies[i].reply);
		in = (struct sftp_reader){
		    (const uint8_t *)out.data, (const uint8_t *)out.data + out.length, false};
		CU_ASSERT_EQUAL(sftp_get_uint32(&in), out.length - 4);
		CU_ASSERT_EQUAL(sftp_get_byte(&in), SFTP_STATUS);
		CU_ASSERT_EQUAL(sftp_get_uint32(&in), 99);
		CU_ASSERT_EQUAL(sftp_get_uint32(&in), replies[i].status);
		text = sftp_get_string(&in, &length);
		CU_ASSERT_EQUAL(length, strlen(replies[i].text));
		CU_ASSERT_EQUAL(strncmp(text, replies[i].text, length), 0);
	}
}

static void a_path_is_read_as_it_is_normalised(void)
{
	static const struct {
		const char *bytes;
		size_t length;
		const char *path; /* NULL: none that could be */
	} paths[] = {
	    {"\0\0\0\2a/", 6, "/a"},
	    {"\0\0\0\0", 4, "/"},
	    {"\0\0\0\3a\0b", 7, NULL},
	    {"\0\0\0\3ab", 6, NULL},
	    {"\0\0", 2, NULL},
	};

	for (size_t i = 0; i < COUNT(paths); i++) {
		const uint8_t *bytes = (const uint8_t *)paths[i].bytes;
		struct sftp_reader in = {bytes, bytes + paths[i].length, false};
		char path[PLACE_PATH_MAX] = "";

		CU_ASSERT_EQUAL(sftp_get_path(&in, path), paths[i].path != NULL);
		if (paths[i].path)
			CU_ASSERT_STRING_EQUAL(path, paths[i].path);
	}
}

/* Copies that clients make with them can be renewed by the next run. */
static void what_there_is_can_be_written_by_its_owner_once_copied(void)
{
	struct entry entry = {.size = 7, .changed = 9};
	struct sftp_attributes attributes = sftp_attributes_of(&entry);

	CU_ASSERT_EQUAL(attributes.mode, 0100644);
	CU_ASSERT_EQUAL(attributes.size, 7);
	CU_ASSERT_EQUAL(attributes.changed, 9);
	entry.is_folder = true;
	CU_ASSERT_EQUAL(sftp_attributes_of(&entry).mode, 040755);
}

void add_suite_sftp_answer(CU_pSuite suite)
{
	TEST(what_the_broker_says_is_told_as_a_status);
	TEST(a_path_is_read_as_it_is_normalised);
	TEST(what_there_is_can_be_written_by_its_owner_once_copied);
}
