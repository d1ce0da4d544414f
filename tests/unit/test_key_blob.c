/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/key_blob.h"

#include <openssl/evp.h>
#include <string.h>

#include "tests/unit/suite.h"

void add_suite_key_blob(CU_pSuite suite);

#define KEY_ED25519 "AAAAC3NzaC1lZDI1NTE5AAAAIL/1oeCG9fZRJjz0ygrdZzofzEhJZ2jvqwGMzOwdMCh6"

/* The blob of an ssh-rsa key whose modulus has size bytes, of which first is the first. */
static void make_rsa(unsigned size, unsigned char first, char ret_blob[KEY_BLOB_MAX])
{
	static const unsigned char head[] = "\0\0\0\007ssh-rsa\0\0\0\003\001\0\001";
	unsigned char bytes[1024] = {0};
	size_t at = sizeof(head) - 1;

	memcpy(bytes, head, at);
	bytes[at + 2] = (unsigned char)(size >> 8);
	bytes[at + 3] = (unsigned char)size;
	bytes[at + 4] = first;
	(void)EVP_EncodeBlock((unsigned char *)ret_blob, bytes, (int)(at + 4 + size));
}

static void tells_how_long_an_rsa_key_is(void)
{
	static const struct {
		unsigned size;
		unsigned char first;
		unsigned bits;
	} rows[] = {
	    {128, 0x80, 1024}, {256, 0x7f, 2047}, {256, 0xff, 2048}, {384, 0x01, 3065}, {1, 1, 1}};
	char blob[KEY_BLOB_MAX];

	for (size_t i = 0; i < COUNT(rows); i++) {
		make_rsa(rows[i].size, rows[i].first, blob);
		CU_ASSERT_EQUAL(key_blob_rsa_bits(blob), rows[i].bits);
	}
}

static void has_no_length_where_there_is_no_modulus(void)
{
	char endless[KEY_BLOB_MAX + 5];

	CU_ASSERT_EQUAL(key_blob_rsa_bits(KEY_ED25519), 0);
	CU_ASSERT_EQUAL(key_blob_rsa_bits("AAAAB3NzaC1yc2EAAAAD"), 0);
	CU_ASSERT_EQUAL(key_blob_rsa_bits("?"), 0);
	CU_ASSERT_EQUAL(key_blob_rsa_bits(""), 0);
	memset(endless, 'A', sizeof(endless) - 1);
	endless[sizeof(endless) - 1] = '\0';
	CU_ASSERT_EQUAL(key_blob_rsa_bits(endless), 0);
}

static void is_of_the_type_that_it_begins_with(void)
{
	CU_ASSERT_TRUE(key_blob_is_of_type(KEY_ED25519, "ssh-ed25519"));
	CU_ASSERT_FALSE(key_blob_is_of_type(KEY_ED25519, "ssh-ed2551"));
	CU_ASSERT_FALSE(key_blob_is_of_type(KEY_ED25519, "ssh-ed25519x"));
	CU_ASSERT_FALSE(key_blob_is_of_type(KEY_ED25519, "ssh-rsa"));
	CU_ASSERT_FALSE(key_blob_is_of_type("AAAAC3NzaC1lZDI1NTE5", "ssh-ed25519"));
	CU_ASSERT_FALSE(key_blob_is_of_type("", "ssh-ed25519"));
}

void add_suite_key_blob(CU_pSuite suite)
{
	TEST(tells_how_long_an_rsa_key_is);
	TEST(has_no_length_where_there_is_no_modulus);
	TEST(is_of_the_type_that_it_begins_with);
}
