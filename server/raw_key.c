/* SPDX-License-Identifier: Apache-2.0 */
#include "server/raw_key.h"

#include <dlfcn.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { RAW_LENGTH = 32 };

/* A key and its bytes; one is counted for us. */
struct raw_key {
	EVP_PKEY *key; /* or NULL */
	unsigned char bytes[RAW_LENGTH];
};

static struct raw_key host;     /* the last one of ed25519 */
static struct raw_key exchange; /* the last one of curve25519, until it is asked for */

static struct {
	EVP_PKEY *(*make)(int type, ENGINE *engine, const unsigned char *bytes, size_t length);
	int (*take_apart)(const EVP_PKEY *key, unsigned char *bytes, size_t *length);
} openssl;

static bool find_openssls(void)
{
	if (!openssl.make)
		*(void **)&openssl.make = dlsym(RTLD_NEXT, "EVP_PKEY_new_raw_private_key");
	if (!openssl.take_apart)
		*(void **)&openssl.take_apart = dlsym(RTLD_NEXT, "EVP_PKEY_get_raw_private_key");
	return openssl.make && openssl.take_apart;
}

int raw_key_begin(struct err *err)
{
	return find_openssls()
	           ? 0
	           : err_set(err, ERR_INTERNAL, "OpenSSL is not there as a library of its own");
}

static void forget(struct raw_key *raw)
{
	EVP_PKEY_free(raw->key);
	OPENSSL_cleanse(raw, sizeof(*raw));
}

static void keep(struct raw_key *raw, EVP_PKEY *key, const unsigned char *bytes)
{
	forget(raw);
	if (EVP_PKEY_up_ref(key) != 1)
		return;
	raw->key = key;
	memcpy(raw->bytes, bytes, RAW_LENGTH);
}

static bool is_of(const struct raw_key *raw, const unsigned char *bytes, size_t length)
{
	return raw->key && length == RAW_LENGTH && CRYPTO_memcmp(raw->bytes, bytes, length) == 0;
}

EVP_PKEY *EVP_PKEY_new_raw_private_key(int type, ENGINE *e, const unsigned char *priv, size_t len)
{
	EVP_PKEY *key = NULL;

	if (!find_openssls())
		return NULL;
	if (type == EVP_PKEY_X25519 && is_of(&exchange, priv, len)) {
		key = EVP_PKEY_up_ref(exchange.key) == 1 ? exchange.key : NULL;
		forget(&exchange);
		return key;
	}
	if (type == EVP_PKEY_ED25519 && is_of(&host, priv, len))
		return EVP_PKEY_up_ref(host.key) == 1 ? host.key : NULL;
	key = openssl.make(type, e, priv, len);
	if (key && type == EVP_PKEY_ED25519)
		keep(&host, key, priv);
	return key;
}

int EVP_PKEY_get_raw_private_key(const EVP_PKEY *pkey, unsigned char *priv, size_t *len)
{
	int result;

	if (!find_openssls())
		return 0;
	result = openssl.take_apart(pkey, priv, len);
	/* It is counted, and else not changed. */
	if (result == 1 && priv && *len == RAW_LENGTH &&
	    EVP_PKEY_get_base_id(pkey) == EVP_PKEY_X25519)
		keep(&exchange, (EVP_PKEY *)(uintptr_t)pkey, priv);
	return result;
}
