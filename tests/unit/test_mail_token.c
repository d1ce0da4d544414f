/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/mail_token.h"

#include <string.h>

#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_mail_token(CU_pSuite suite);

#define PATH  "bounces@agency.example"
#define EMAIL "ann@example.org"

static const struct mail_secret secret = {.bytes = "0123456789abcdef0123456789abcde"};

static void make(const struct mail_token *token, char ret_path[EMAIL_MAX + 1])
{
	struct err err;

	CU_ASSERT_EQUAL_FATAL(mail_return_path(&secret, PATH, token, EMAIL, ret_path, &err), 0);
}

static void a_return_path_names_its_mail_and_is_believed(void)
{
	struct mail_token token = {.account_id = 42, .mail_id = 1234};
	struct mail_token read;
	char path[EMAIL_MAX + 1];
	struct err err;

	make(&token, path);
	CU_ASSERT_EQUAL(strncmp(path, "bounces+42-1234-", 16), 0);
	CU_ASSERT_STRING_EQUAL(email_domain(path), "agency.example");
	CU_ASSERT_EQUAL_FATAL(mail_token_parse(path, &read, &err), 0);
	CU_ASSERT_EQUAL(read.account_id, 42);
	CU_ASSERT_EQUAL(read.mail_id, 1234);
	CU_ASSERT_TRUE(mail_token_is_ours(&secret, path, EMAIL));
}

/* Relays may write a local part in capitals. */
static void a_return_path_in_capitals_is_believed(void)
{
	struct mail_token token = {.account_id = 42, .mail_id = 1234};
	char path[EMAIL_MAX + 1];

	make(&token, path);
	for (char *at = path; *at; at++)
		if (*at >= 'a' && *at <= 'z')
			*at = (char)(*at - 'a' + 'A');
	CU_ASSERT_TRUE(mail_token_is_ours(&secret, path, EMAIL));
}

/* Whoever forges one would mark the address of somebody else. */
static void a_forged_one_is_not_believed(void)
{
	struct mail_token token = {.account_id = 42, .mail_id = 1234};
	struct mail_secret other = secret;
	char path[EMAIL_MAX + 1];

	make(&token, path);
	other.bytes[31] ^= 1;
	CU_ASSERT_FALSE(mail_token_is_ours(&other, path, EMAIL));
	CU_ASSERT_FALSE(mail_token_is_ours(&secret, path, "bob@example.org"));
	for (char *at = strchr(path, '+') + 1; *at != '@'; at++) {
		char was = *at;

		if (was == '-')
			continue;
		*at = was == '1' ? '2' : '1';
		CU_ASSERT_FALSE(mail_token_is_ours(&secret, path, EMAIL));
		*at = was;
	}
	CU_ASSERT_TRUE(mail_token_is_ours(&secret, path, EMAIL));
}

static void refuses_what_has_not_the_form(void)
{
	static const char *const wrong[] = {"", "bounces@agency.example", "bounces+@agency.example",
	    "bounces+42@agency.example", "bounces+42-1@agency.example",
	    "bounces+42-1-0123456789abcdef0123", "bounces+42-1-0123456789abcdef012@agency.example",
	    "bounces+42-1-0123456789abcdef01234@agency.example",
	    "bounces+x-1-0123456789abcdef0123@agency.example",
	    "bounces+-1-1-0123456789abcdef0123@agency.example",
	    "bounces+99999999999999999999-1-0123456789abcdef0123@agency.example",
	    "bounces+9999999999999999999-1-0123456789abcdef0123@agency.example"};

	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct mail_token token = {.mail_id = 7};
		struct err err;

		CU_ASSERT_TRUE(fails(mail_token_parse(wrong[i], &token, &err), &err, ERR_REFUSED));
		CU_ASSERT_EQUAL(token.mail_id, 7);
		CU_ASSERT_FALSE(mail_token_is_ours(&secret, wrong[i], EMAIL));
	}
}

static void a_catalog_keeps_its_secret(void)
{
	OWNED_FIXTURE struct fixture f;
	struct mail_secret first;
	struct mail_secret second;
	struct catalog *other;
	struct err err;

	fixture_open(&f);
	CU_ASSERT_EQUAL_FATAL(mail_secret_get(f.catalog, &first, &err), 0);
	other = fixture_connect(&f);
	CU_ASSERT_EQUAL_FATAL(mail_secret_get(other, &second, &err), 0);
	catalog_close(other);
	CU_ASSERT_EQUAL(memcmp(&first, &second, sizeof(first)), 0);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM secret"), 1);
	fixture_sql(&f, "DELETE FROM secret");
	CU_ASSERT_EQUAL_FATAL(mail_secret_get(f.catalog, &second, &err), 0);
	CU_ASSERT_NOT_EQUAL(memcmp(&first, &second, sizeof(first)), 0);
	fixture_sql(&f, "UPDATE secret SET value = 'xyz'");
	CU_ASSERT_TRUE(fails(mail_secret_get(f.catalog, &second, &err), &err, ERR_INTERNAL));
}

/* What was sent by a program of another day comes back to this one. */
static void makes_the_same_path_as_ever(void)
{
	const struct mail_secret zeros = {{0}};
	const struct mail_token token = {1, 2};
	char path[EMAIL_MAX + 1];
	struct err err;

	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(mail_return_path(&zeros, "bounces@agency.example", &token,
		                    "ann@example.org", path, &err),
		    0);
		CU_ASSERT_STRING_EQUAL(path, "bounces+1-2-d94513ba1753b4739c1d@agency.example");
	}
}

void add_suite_mail_token(CU_pSuite suite)
{
	TEST(a_return_path_names_its_mail_and_is_believed);
	TEST(a_return_path_in_capitals_is_believed);
	TEST(a_forged_one_is_not_believed);
	TEST(refuses_what_has_not_the_form);
	TEST(a_catalog_keeps_its_secret);
	TEST(makes_the_same_path_as_ever);
}
