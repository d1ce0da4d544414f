/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/host_keys.h"
#include "base/text.h"
#include "server/host_key.h"
#include "tests/lib/drops.h"
#include "tests/unit/suite.h"

void add_suite_host_key(CU_pSuite suite);

enum { POLICIES = 4 };

/* A folder with settings that name "keys" in it as the folder of the host keys. */
struct bench {
	struct scratch scratch;
	struct settings settings;
	char keys[SCRATCH_PATH_MAX + 16];
};

static void bench_open(struct bench *bench)
{
	*bench = (struct bench){.settings = {.server_host_keys = "keys"}};
	scratch_open(&bench->scratch);
	(void)snprintf(bench->settings.path, sizeof(bench->settings.path), "%s/edelivery.conf",
	    bench->scratch.path);
	(void)snprintf(bench->keys, sizeof(bench->keys), "%s/keys", bench->scratch.path);
}

static void bench_close(struct bench *bench)
{
	scratch_close(&bench->scratch);
}
#define OWNED_BENCH OWNED(bench_close)

/* The keys that `edelivery init` makes: every policy can be served with them. */
static void the_keys_of_a_new_spool_serve_every_policy(void)
{
	OWNED_BENCH struct bench bench;
	int before;
	struct err err;

	bench_open(&bench);
	CU_ASSERT_EQUAL_FATAL(host_keys_make(bench.keys, &err), 0);
	before = drops_open_fds();
	for (int i = 0; i < POLICIES; i++) {
		ssh_bind bind = NULL;

		CU_ASSERT_EQUAL_FATAL(
		    host_key_load(&bench.settings, policy_get(i), &bind, &err), 0);
		CU_ASSERT_PTR_NOT_NULL(bind);
		CU_ASSERT_EQUAL(host_key_warm_up(bind, &err), 0);
		ssh_bind_free(bind);
		CU_ASSERT_EQUAL(drops_open_fds(), before);
	}
}

/* A key has its name when all of it is on disk. */
static void an_init_that_was_cut_off_leaves_no_half_key(void)
{
	OWNED_BENCH struct bench bench;
	ssh_bind bind = NULL;
	struct err err;

	bench_open(&bench);
	CU_ASSERT_EQUAL(mkdirat(bench.scratch.fd, "keys", 0700), 0);
	/* Here it cannot be written at all, there the first half of it was. */
	CU_ASSERT_EQUAL(mkdirat(bench.scratch.fd, "keys/rsa_key.new", 0700), 0);
	scratch_write(&bench.scratch, "keys/ecdsa_key.new", "-----BEGIN");
	CU_ASSERT_EQUAL(host_keys_make(bench.keys, &err), -1);
	CU_ASSERT_EQUAL(faccessat(bench.scratch.fd, "keys/rsa_key", F_OK, 0), -1);
	CU_ASSERT_EQUAL(unlinkat(bench.scratch.fd, "keys/rsa_key.new", AT_REMOVEDIR), 0);
	CU_ASSERT_EQUAL_FATAL(host_keys_make(bench.keys, &err), 0);
	CU_ASSERT_EQUAL(faccessat(bench.scratch.fd, "keys/ecdsa_key.new", F_OK, 0), -1);
	CU_ASSERT_EQUAL_FATAL(host_key_load(&bench.settings, policy_get(0), &bind, &err), 0);
	ssh_bind_free(bind);
}

/* Export a key of that type to the file, as anybody's might be there. */
static void write_key(const struct bench *bench, const char *name, const char *passphrase)
{
	char path[SCRATCH_PATH_MAX + 64];
	ssh_key key = NULL;

	(void)snprintf(path, sizeof(path), "%s/%s", bench->keys, name);
	(void)unlink(path);
	CU_ASSERT_EQUAL_FATAL(ssh_pki_generate(SSH_KEYTYPE_ED25519, 0, &key), SSH_OK);
	CU_ASSERT_EQUAL(ssh_pki_export_privkey_file(key, passphrase, NULL, NULL, path), SSH_OK);
	ssh_key_free(key);
}

static void remove_key(const struct bench *bench)
{
	CU_ASSERT_EQUAL(unlinkat(bench->scratch.fd, "keys/rsa_key", 0), 0);
}

static void write_garbage(const struct bench *bench)
{
	scratch_write(&bench->scratch, "keys/rsa_key", "not a key\n");
}

static void write_nothing(const struct bench *bench)
{
	scratch_write(&bench->scratch, "keys/rsa_key", "");
}

static void write_public_key(const struct bench *bench)
{
	scratch_write(&bench->scratch, "keys/rsa_key",
	    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n");
}

static void write_locked_key(const struct bench *bench)
{
	write_key(bench, "rsa_key", "secret");
}

static void a_key_that_cannot_be_used_is_named(void)
{
	static const struct {
		void (*spoil)(const struct bench *bench);
		enum err_kind kind;
	} cases[] = {
	    {remove_key, ERR_RETRY},
	    {write_garbage, ERR_REFUSED},
	    {write_nothing, ERR_REFUSED},
	    {write_public_key, ERR_REFUSED},
	    {write_locked_key, ERR_REFUSED},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		OWNED_BENCH struct bench bench;
		ssh_bind bind = NULL;
		int before;
		struct err err;

		bench_open(&bench);
		CU_ASSERT_EQUAL(mkdirat(bench.scratch.fd, "keys", 0700), 0);
		write_key(&bench, "ed25519_key", NULL);
		write_key(&bench, "ecdsa_key", NULL);
		write_key(&bench, "rsa_key", NULL);
		before = drops_open_fds();
		cases[i].spoil(&bench);
		CU_ASSERT_EQUAL(host_key_load(&bench.settings, policy_get(0), &bind, &err), -1);
		CU_ASSERT_EQUAL(err.kind, cases[i].kind);
		CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "rsa_key"));
		CU_ASSERT_PTR_NULL(bind);
		CU_ASSERT_EQUAL(drops_open_fds(), before);
	}
}

void add_suite_host_key(CU_pSuite suite)
{
	TEST(the_keys_of_a_new_spool_serve_every_policy);
	TEST(an_init_that_was_cut_off_leaves_no_half_key);
	TEST(a_key_that_cannot_be_used_is_named);
}
