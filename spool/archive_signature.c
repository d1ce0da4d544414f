/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/archive_signature.h"

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/mem.h"

enum { READ_BYTES = 256 * 1024 };

struct archive_signer {
	X509 *certificate;
	STACK_OF(X509) * chain; /* what else is in the file, for who verifies */
	EVP_PKEY *key;
};

static void clean_bio(BIO **bio)
{
	BIO_free_all(*bio);
}
#define OWNED_BIO OWNED(clean_bio)

static void clean_cms(CMS_ContentInfo **cms)
{
	CMS_ContentInfo_free(*cms);
}
#define OWNED_CMS OWNED(clean_cms)

/* The words of OpenSSL, which are about files and formats, not about keys. */
static int fail(enum err_kind kind, const char *what, struct err *err)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	ERR_clear_error();
	return err_set(err, kind, "%s: %s", what, reason ? reason : "failed");
}

/* A key with a passphrase is none that a timer can use. */
/* NOLINTNEXTLINE(readability-non-const-parameter): OpenSSL gives its type */
static int no_passphrase(char *buffer, int size, int writing, void *arg)
{
	(void)buffer;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

static int open_pem(const struct settings *settings, const char *place, const char *setting,
    BIO **ret_bio, struct err *err)
{
	char path[PATH_MAX];
	BIO *bio;

	settings_beside(settings, place, path);
	bio = BIO_new_file(path, "r");
	if (!bio) {
		ERR_clear_error();
		(void)err_sys(err, "%s: open %s", setting, path);
		err->kind = ERR_REFUSED;
		return -1;
	}
	*ret_bio = bio;
	return 0;
}

static int read_certificates(
    const struct settings *settings, struct archive_signer *signer, struct err *err)
{
	OWNED_BIO BIO *bio = NULL;
	X509 *next;

	if (open_pem(settings, settings->archive_certificate, "archive.certificate", &bio, err) < 0)
		return -1;
	signer->certificate = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL);
	signer->chain = sk_X509_new_null();
	if (!signer->certificate || !signer->chain)
		return fail(ERR_REFUSED, "archive.certificate", err);
	while ((next = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL)))
		(void)sk_X509_push(signer->chain, next);
	ERR_clear_error();
	return 0;
}

static int read_key(const struct settings *settings, struct archive_signer *signer, struct err *err)
{
	OWNED_BIO BIO *bio = NULL;

	if (open_pem(settings, settings->archive_key, "archive.key", &bio, err) < 0)
		return -1;
	signer->key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	if (!signer->key)
		return fail(ERR_REFUSED, "archive.key", err);
	if (X509_check_private_key(signer->certificate, signer->key) == 1)
		return 0;
	ERR_clear_error();
	return err_set(err, ERR_REFUSED,
	    "archive.key is not the key of the certificate in archive.certificate");
}

int archive_signer_new(
    const struct settings *settings, struct archive_signer **ret_signer, struct err *err)
{
	bool has_certificate = settings->archive_certificate[0] != '\0';
	struct archive_signer *signer;

	*ret_signer = NULL;
	if (has_certificate != (settings->archive_key[0] != '\0'))
		return err_set(err, ERR_REFUSED,
		    "archive.certificate and archive.key are set both, or neither");
	if (!has_certificate)
		return 0;
	signer = mem_new(1, sizeof(*signer));
	if (read_certificates(settings, signer, err) < 0 || read_key(settings, signer, err) < 0) {
		archive_signer_free(signer);
		return -1;
	}
	*ret_signer = signer;
	return 0;
}

void archive_signer_free(struct archive_signer *signer)
{
	if (!signer)
		return;
	X509_free(signer->certificate);
	sk_X509_pop_free(signer->chain, X509_free);
	EVP_PKEY_free(signer->key);
	free(signer);
}

/* A reader of the file from its start; OpenSSL reads a kilobyte at a time. */
static BIO *open_fd(int fd, struct err *err)
{
	BIO *file = BIO_new_fd(fd, BIO_NOCLOSE);
	BIO *buffer = BIO_new(BIO_f_buffer());

	if (file && buffer && lseek(fd, 0, SEEK_SET) == 0 &&
	    BIO_set_read_buffer_size(buffer, READ_BYTES) == 1)
		return BIO_push(buffer, file);
	BIO_free(file);
	BIO_free(buffer);
	(void)fail(ERR_RETRY, "read", err);
	return NULL;
}

int archive_sign(const struct archive_signer *signer, int content_fd, int signature_fd,
    int64_t *ret_size, struct err *err)
{
	const unsigned flags = CMS_DETACHED | CMS_BINARY | CMS_NOSMIMECAP;
	OWNED_BIO BIO *content = open_fd(content_fd, err);
	OWNED_BIO BIO *out = BIO_new_fd(signature_fd, BIO_NOCLOSE);
	OWNED_CMS CMS_ContentInfo *cms = NULL;
	struct stat st;

	if (!content)
		return -1;
	cms = CMS_sign(signer->certificate, signer->key, signer->chain, NULL, flags | CMS_PARTIAL);
	if (!cms || CMS_final(cms, content, NULL, flags) != 1)
		return fail(ERR_INTERNAL, "sign", err);
	if (!out || i2d_CMS_bio(out, cms) != 1)
		return fail(ERR_RETRY, "write the signature", err);
	if (fstat(signature_fd, &st) < 0)
		return err_sys(err, "stat the signature");
	*ret_size = st.st_size;
	return 0;
}

static int verify(
    const struct archive_signer *signer, BIO *content, BIO *signature, struct err *err)
{
	OWNED_CMS CMS_ContentInfo *cms = d2i_CMS_bio(signature, NULL);
	STACK_OF(X509) *signers = sk_X509_new_null();
	int result = -1;

	if (cms && signers && sk_X509_push(signers, signer->certificate) > 0)
		result = CMS_verify(cms, signers, NULL, content, NULL,
		    CMS_DETACHED | CMS_BINARY | CMS_NOINTERN | CMS_NO_SIGNER_CERT_VERIFY);
	sk_X509_free(signers);
	return result == 1 ? 0 : fail(ERR_REFUSED, "signature", err);
}

int archive_signature_check(
    const struct settings *settings, int content_fd, int signature_fd, struct err *err)
{
	struct archive_signer *signer = mem_new(1, sizeof(*signer));
	OWNED_BIO BIO *content = open_fd(content_fd, err);
	OWNED_BIO BIO *signature = content ? open_fd(signature_fd, err) : NULL;
	int result = -1;

	if (signature && read_certificates(settings, signer, err) == 0)
		result = verify(signer, content, signature, err);
	archive_signer_free(signer);
	return result;
}
