/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/next_key.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "base/file.h"
#include "base/number.h"
#include "base/text.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_next_key(CU_pSuite suite);

#define ED25519                                                                             \
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g " \
	"next\n"

/* The host keys' folder, empty. */
static void open_folder(struct fixture *f)
{
	char path[PATH_MAX];
	struct err err;

	fixture_open(f);
	settings_beside(&f->spool.settings, f->spool.settings.server_host_keys, path);
	CU_ASSERT_EQUAL_FATAL(file_make_folder(AT_FDCWD, path, 0700, &err), 0);
}

static void write_key(const struct fixture *f, const char *name, const char *text)
{
	OWNED_BUFFER struct buffer content = BUFFER(64 * KIB);
	OWNED_FD int folder_fd = -1;
	char path[PATH_MAX];
	struct err err;

	settings_beside(&f->spool.settings, f->spool.settings.server_host_keys, path);
	buffer_add_text(&content, text);
	CU_ASSERT_EQUAL_FATAL(file_open_folder(AT_FDCWD, path, &folder_fd, &err), 0);
	CU_ASSERT_EQUAL_FATAL(file_replace(folder_fd, name, &content, 0600, &err), 0);
}

static void a_key_that_is_placed_is_announced(void)
{
	OWNED_FIXTURE struct fixture f;
	struct next_key key;
	bool found = true;
	struct err err;

	open_folder(&f);
	for (int kind = 0; kind < NEXT_KEYS; kind++) {
		CU_ASSERT_EQUAL(next_key_read(&f.spool.settings, kind, &key, &found, &err), 0);
		CU_ASSERT_FALSE(found);
	}
	write_key(&f, "ed25519_key.next", "secret");
	CU_ASSERT_EQUAL(next_key_read(&f.spool.settings, 0, &key, &found, &err), 0);
	CU_ASSERT_FALSE(found);
	write_key(&f, "ed25519_key.next.pub", ED25519);
	CU_ASSERT_EQUAL_FATAL(next_key_read(&f.spool.settings, 0, &key, &found, &err), 0);
	CU_ASSERT_TRUE(found);
	CU_ASSERT_STRING_EQUAL(key.type, "ssh-ed25519");
	CU_ASSERT_EQUAL(strncmp(key.fingerprint, "SHA256:", 7), 0);
	CU_ASSERT_TRUE(key.since > 0 && key.since % SECOND == 0);
	CU_ASSERT_EQUAL(next_key_read(&f.spool.settings, 1, &key, &found, &err), 0);
	CU_ASSERT_FALSE(found);
}

static void what_cannot_be_announced_is_refused_by_its_path(void)
{
	static const struct {
		const char *name;
		int kind;
		const char *text;
		bool with_secret;
		const char *words;
	} rows[] = {
	    {"ed25519_key.next.pub", 0, ED25519, false, "not its private key"},
	    {"ecdsa_key.next.pub", 1, ED25519, true, "a key of type ssh-ed25519"},
	    {"rsa_key.next.pub", 2, ED25519, true, "a key of type ssh-ed25519"},
	    {"ed25519_key.next.pub", 0, "", true, "not a line"},
	    {"ed25519_key.next.pub", 0, "ssh-ed25519 AAAA x\n", true, "not a public key"},
	    {"ed25519_key.next.pub", 0, "-----BEGIN OPENSSH PRIVATE KEY-----\n", true,
	        "private key"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		OWNED_FIXTURE struct fixture f;
		struct next_key key = {.since = 42};
		bool found = true;
		char secret[64];
		struct err err;

		open_folder(&f);
		write_key(&f, rows[i].name, rows[i].text);
		text_copy_part(secret, strlen(rows[i].name) - strlen(".pub") + 1, rows[i].name);
		if (rows[i].with_secret)
			write_key(&f, secret, "secret");
		CU_ASSERT_TRUE(
		    fails(next_key_read(&f.spool.settings, rows[i].kind, &key, &found, &err), &err,
		        ERR_REFUSED));
		CU_ASSERT_PTR_NOT_NULL(strstr(err.text, rows[i].name));
		CU_ASSERT_PTR_NOT_NULL(strstr(err.text, rows[i].words));
		CU_ASSERT_EQUAL(key.since, 42);
	}
}

void add_suite_next_key(CU_pSuite suite)
{
	TEST(a_key_that_is_placed_is_announced);
	TEST(what_cannot_be_announced_is_refused_by_its_path);
}
