/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sha256.h"

#include <openssl/evp.h>

int sha256_start(struct sha256 *hash, struct err *err)
{
	/* A context knows its algorithm from the last time, and need not look for it again. */
	const EVP_MD *algorithm = hash->context ? NULL : EVP_sha256();

	if (!hash->context)
		hash->context = EVP_MD_CTX_new();
	if (hash->context && EVP_DigestInit_ex2(hash->context, algorithm, NULL) == 1)
		return 0;
	sha256_done(hash);
	return err_set(err, ERR_INTERNAL, "cannot start a hash");
}

void sha256_done(struct sha256 *hash)
{
	EVP_MD_CTX_free(hash->context);
	hash->context = NULL;
}

void sha256_add(struct sha256 *hash, const void *bytes, size_t count)
{
	(void)EVP_DigestUpdate(hash->context, bytes, count);
}

void sha256_print(struct sha256 *hash, char ret_hex[SHA256_HEX + 1])
{
	unsigned char bytes[EVP_MAX_MD_SIZE] = {0};

	(void)EVP_DigestFinal_ex(hash->context, bytes, NULL);
	sha256_hex(bytes, ret_hex);
}

void sha256_hex(const unsigned char bytes[SHA256_SIZE], char ret_hex[SHA256_HEX + 1])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < SHA256_SIZE; i++) {
		ret_hex[2 * i] = digits[bytes[i] >> 4];
		ret_hex[2 * i + 1] = digits[bytes[i] & 15];
	}
	ret_hex[SHA256_HEX] = '\0';
}
