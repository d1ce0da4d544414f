/* SPDX-License-Identifier: Apache-2.0 */
#include "server/raw_key.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <string.h>

#include "base/clean.h"
#include "tests/unit/suite.h"

void add_suite_raw_key(CU_pSuite suite);

enum { LENGTH = 32 };

static void free_key(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
}
#define OWNED_KEY OWNED(free_key)

static EVP_PKEY *generate(const char *type)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, type);

	CU_ASSERT_PTR_NOT_NULL_FATAL(key);
	return key;
}

static EVP_PKEY *make(int type, const unsigned char *bytes)
{
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(type, NULL, bytes, LENGTH);

	CU_ASSERT_PTR_NOT_NULL_FATAL(key);
	return key;
}

static void take_apart(const EVP_PKEY *key, unsigned char *ret_bytes)
{
	size_t length = LENGTH;

	CU_ASSERT_EQUAL_FATAL(EVP_PKEY_get_raw_private_key(key, ret_bytes, &length), 1);
	CU_ASSERT_EQUAL_FATAL(length, LENGTH);
}

static void a_key_of_an_exchange_is_given_back_once(void)
{
	OWNED_KEY EVP_PKEY *key = generate("X25519");
	OWNED_KEY EVP_PKEY *again = NULL;
	OWNED_KEY EVP_PKEY *anew = NULL;
	unsigned char bytes[LENGTH];
	struct err err;

	CU_ASSERT_EQUAL_FATAL(raw_key_begin(&err), 0);
	take_apart(key, bytes);
	again = make(EVP_PKEY_X25519, bytes);
	CU_ASSERT_PTR_EQUAL(again, key);
	anew = make(EVP_PKEY_X25519, bytes);
	CU_ASSERT_PTR_NOT_EQUAL(anew, key);
	CU_ASSERT_EQUAL(EVP_PKEY_eq(anew, key), 1);
}

static void other_bytes_are_another_key(void)
{
	OWNED_KEY EVP_PKEY *key = generate("X25519");
	OWNED_KEY EVP_PKEY *other = NULL;
	OWNED_KEY EVP_PKEY *same = NULL;
	unsigned char bytes[LENGTH];

	take_apart(key, bytes);
	bytes[LENGTH - 1] ^= 0x20;
	other = make(EVP_PKEY_X25519, bytes);
	CU_ASSERT_EQUAL(EVP_PKEY_eq(other, key), 0);
	bytes[LENGTH - 1] ^= 0x20;
	same = make(EVP_PKEY_X25519, bytes);
	CU_ASSERT_PTR_EQUAL(same, key);
}

static void only_the_last_key_of_an_exchange_is_kept(void)
{
	OWNED_KEY EVP_PKEY *first = generate("X25519");
	OWNED_KEY EVP_PKEY *second = generate("X25519");
	OWNED_KEY EVP_PKEY *again = NULL;
	unsigned char bytes[LENGTH];
	unsigned char last[LENGTH];

	take_apart(first, bytes);
	take_apart(second, last);
	again = make(EVP_PKEY_X25519, bytes);
	CU_ASSERT_PTR_NOT_EQUAL(again, first);
	CU_ASSERT_EQUAL(EVP_PKEY_eq(again, first), 1);
}

/* And a curve25519 key of the same bytes is another one. */
static void a_host_key_is_the_same_at_each_use(void)
{
	static const unsigned char bytes[LENGTH] = "the ed25519 key of this server..";
	static const unsigned char later[LENGTH] = "another one, which comes later..";
	OWNED_KEY EVP_PKEY *key = make(EVP_PKEY_ED25519, bytes);
	OWNED_KEY EVP_PKEY *again = make(EVP_PKEY_ED25519, bytes);
	OWNED_KEY EVP_PKEY *exchange = make(EVP_PKEY_X25519, bytes);
	OWNED_KEY EVP_PKEY *other = make(EVP_PKEY_ED25519, later);

	CU_ASSERT_PTR_EQUAL(again, key);
	CU_ASSERT_EQUAL(EVP_PKEY_get_base_id(exchange), EVP_PKEY_X25519);
	CU_ASSERT_EQUAL(EVP_PKEY_eq(other, key), 0);
}

static void what_is_no_key_is_still_refused(void)
{
	OWNED_KEY EVP_PKEY *key = generate("X25519");
	unsigned char bytes[LENGTH];
	size_t length = LENGTH;

	take_apart(key, bytes);
	CU_ASSERT_PTR_NULL(EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, bytes, LENGTH - 1));
	length = 0;
	CU_ASSERT_EQUAL(EVP_PKEY_get_raw_private_key(key, NULL, &length), 1);
	CU_ASSERT_EQUAL(length, LENGTH);
}

void add_suite_raw_key(CU_pSuite suite)
{
	TEST(a_key_of_an_exchange_is_given_back_once);
	TEST(other_bytes_are_another_key);
	TEST(only_the_last_key_of_an_exchange_is_kept);
	TEST(a_host_key_is_the_same_at_each_use);
	TEST(what_is_no_key_is_still_refused);
}
