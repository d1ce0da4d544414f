/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sha256.h"

#include <string.h>

#include "tests/unit/suite.h"

void add_suite_sha256(CU_pSuite suite);

/* FIPS 180-2, appendix B. */
static void hashes_the_published_examples(void)
{
	static const struct {
		const char *text;
		const char *hex;
	} rows[] = {
	    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
	};
	struct sha256 hash = {NULL};
	struct err err;

	for (size_t i = 0; i < COUNT(rows); i++) {
		char hex[SHA256_HEX + 1];

		CU_ASSERT_EQUAL(sha256_start(&hash, &err), 0);
		for (const char *at = rows[i].text; *at; at++)
			sha256_add(&hash, at, 1);
		sha256_print(&hash, hex);
		CU_ASSERT_STRING_EQUAL(hex, rows[i].hex);
	}
	sha256_done(&hash);
	sha256_done(&hash);
}

void add_suite_sha256(CU_pSuite suite)
{
	TEST(hashes_the_published_examples);
}
