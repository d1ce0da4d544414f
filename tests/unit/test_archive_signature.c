/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/archive_signature.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "tests/lib/fixture.h"
#include "tests/lib/shell.h"
#include "tests/unit/suite.h"

void add_suite_archive_signature(CU_pSuite suite);

#define MAKE_CA                                                                        \
	"openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2" \
	" -subj /CN=agency-root"
#define MAKE_CERTIFICATE                                                                    \
	"openssl req -newkey %s -nodes -keyout %s.key -out a.csr -subj /CN=agency &&"       \
	" printf 'keyUsage=digitalSignature\\nextendedKeyUsage=emailProtection\\n' >ext &&" \
	" openssl x509 -req -in a.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2"     \
	" -extfile ext -out %s.pem"

/* Settings of a folder with the agency's certificate, its key, and those of another. */
static void open_folder(struct scratch *scratch, const char *algorithm, struct settings *settings)
{
	char command[512];

	scratch_open(scratch);
	CU_ASSERT_FATAL(shell_succeeds(scratch, MAKE_CA));
	(void)snprintf(command, sizeof(command), MAKE_CERTIFICATE, algorithm, "agency", "agency");
	CU_ASSERT_FATAL(shell_succeeds(scratch, command));
	(void)snprintf(command, sizeof(command), MAKE_CERTIFICATE, "rsa:2048", "other", "other");
	CU_ASSERT_FATAL(shell_succeeds(scratch, command));
	CU_ASSERT_FATAL(shell_succeeds(scratch, "cat ca.pem >>agency.pem"));
	CU_ASSERT_FATAL(shell_succeeds(
	    scratch, "head -c 3000000 /dev/urandom >a.zip && printf '\\r\\n\\n' >>a.zip"));
	*settings =
	    (struct settings){.archive_certificate = "agency.pem", .archive_key = "agency.key"};
	(void)snprintf(settings->path, sizeof(settings->path), "%s/edelivery.conf", scratch->path);
}

static void sign(const struct scratch *scratch, const struct settings *settings)
{
	OWNED_FD int content = openat(scratch->fd, "a.zip", O_RDONLY | O_CLOEXEC);
	OWNED_FD int signature =
	    openat(scratch->fd, "a.zip.p7s", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct archive_signer *signer = NULL;
	struct stat st;
	int64_t size = 0;
	struct err err;

	CU_ASSERT_EQUAL_FATAL(archive_signer_new(settings, &signer, &err), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(signer);
	CU_ASSERT_EQUAL(archive_sign(signer, content, signature, &size, &err), 0);
	CU_ASSERT_EQUAL(fstat(signature, &st), 0);
	CU_ASSERT(size > 0 && size == st.st_size);
	archive_signer_free(signer);
}

static int check(const struct scratch *scratch, const struct settings *settings, struct err *err)
{
	OWNED_FD int content = openat(scratch->fd, "a.zip", O_RDONLY | O_CLOEXEC);
	OWNED_FD int signature = openat(scratch->fd, "a.zip.p7s", O_RDONLY | O_CLOEXEC);

	return archive_signature_check(settings, content, signature, err);
}

/* All that a partner needs: the agency's root certificate. */
static void plain_openssl_verifies_it_with_the_root_certificate(void)
{
	static const char *const algorithms[] = {"rsa:2048", "ec -pkeyopt ec_paramgen_curve:P-256"};

	for (size_t i = 0; i < COUNT(algorithms); i++) {
		OWNED_SCRATCH struct scratch scratch;
		struct settings settings;
		struct err err;

		open_folder(&scratch, algorithms[i], &settings);
		sign(&scratch, &settings);
		CU_ASSERT_EQUAL(check(&scratch, &settings, &err), 0);
		CU_ASSERT(shell_succeeds(&scratch,
		    "openssl cms -verify -binary -inform DER -in a.zip.p7s -content a.zip -CAfile ca.pem"
		    " -out out && cmp out a.zip"));
		CU_ASSERT(shell_succeeds(&scratch,
		    "! openssl cms -verify -binary -inform DER -in a.zip.p7s -content a.zip -CAfile other.pem"
		    " -out out"));
	}
}

static void another_byte_or_another_signer_is_found(void)
{
	OWNED_SCRATCH struct scratch scratch;
	struct settings settings;
	struct err err;

	open_folder(&scratch, "rsa:2048", &settings);
	sign(&scratch, &settings);
	text_copy(settings.archive_certificate, "other.pem");
	CU_ASSERT(fails(check(&scratch, &settings, &err), &err, ERR_REFUSED));
	text_copy(settings.archive_certificate, "agency.pem");
	CU_ASSERT_EQUAL(check(&scratch, &settings, &err), 0);
	CU_ASSERT(shell_succeeds(&scratch, "printf x >>a.zip"));
	CU_ASSERT(fails(check(&scratch, &settings, &err), &err, ERR_REFUSED));
	CU_ASSERT(shell_succeeds(&scratch,
	    "! openssl cms -verify -binary -inform DER -in a.zip.p7s -content a.zip -CAfile ca.pem -out out"));
	CU_ASSERT(shell_succeeds(&scratch, ": >a.zip.p7s"));
	CU_ASSERT(fails(check(&scratch, &settings, &err), &err, ERR_REFUSED));
}

static void says_what_is_wrong_with_certificate_and_key(void)
{
	static const struct {
		const char *certificate, *key, *said;
	} rows[] = {
	    {"agency.pem", "", "set both, or neither"},
	    {"", "agency.key", "set both, or neither"},
	    {"none.pem", "agency.key", "archive.certificate: open"},
	    {"agency.pem", "none.key", "archive.key: open"},
	    {"agency.key", "agency.key", "archive.certificate: "},
	    {"agency.pem", "agency.pem", "archive.key: "},
	    {"agency.pem", "other.key", "is not the key of the certificate"},
	    {"agency.pem", "locked.key", "archive.key: "},
	};
	OWNED_SCRATCH struct scratch scratch;
	struct archive_signer *signer = NULL;
	struct settings settings;
	struct err err;

	open_folder(&scratch, "rsa:2048", &settings);
	CU_ASSERT(shell_succeeds(
	    &scratch, "openssl rsa -aes256 -passout pass:secret -in agency.key -out locked.key"));
	for (size_t i = 0; i < COUNT(rows); i++) {
		text_copy(settings.archive_certificate, rows[i].certificate);
		text_copy(settings.archive_key, rows[i].key);
		CU_ASSERT(fails(archive_signer_new(&settings, &signer, &err), &err, ERR_REFUSED));
		CU_ASSERT_PTR_NOT_NULL(strstr(err.text, rows[i].said));
		CU_ASSERT_PTR_NULL(signer);
	}
	settings.archive_certificate[0] = '\0';
	settings.archive_key[0] = '\0';
	CU_ASSERT_EQUAL(archive_signer_new(&settings, &signer, &err), 0);
	CU_ASSERT_PTR_NULL(signer);
}

void add_suite_archive_signature(CU_pSuite suite)
{
	TEST(plain_openssl_verifies_it_with_the_root_certificate);
	TEST(another_byte_or_another_signer_is_found);
	TEST(says_what_is_wrong_with_certificate_and_key);
}
