/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/email.h"

#include <string.h>

#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_email(CU_pSuite suite);

static void takes_what_people_have_and_nothing_that_needs_quotes(void)
{
	static const struct {
		const char *email;
		bool right;
	} rows[] = {
	    {"a@b", true},
	    {"ann.lee+letters@mail.example.org", true},
	    {"o'hara_1@example.org", true},
	    {"", false},
	    {"ann", false},
	    {"@example.org", false},
	    {"ann@", false},
	    {"ann@b@c", false},
	    {".ann@example.org", false},
	    {"ann.@example.org", false},
	    {"an..n@example.org", false},
	    {"ann@.org", false},
	    {"ann@example.org.", false},
	    {"ann@-example.org", false},
	    {"ann@exam ple.org", false},
	    {"ann@[10.0.0.1]", false},
	    {"\"ann lee\"@example.org", false},
	    {"<ann@example.org>", false},
	    {"ann@example.org, bob@example.org", false},
	    /* What a relay, a shell or a program's options could read as something else. */
	    {"-bs@example.org", false},
	    {"ann%other.example@example.org", false},
	    {"other.example!ann@example.org", false},
	    {"|sh@example.org", false},
	    {"`id`@example.org", false},
	    {"ann@example.org\r\nBcc: x@example.org", false},
	    {"ann\n@example.org", false},
	    {"\xc3\xa4nn@example.org", false},
	    {"ann@ex\xc3\xa4mple.org", false},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err err;
		int result = email_check(rows[i].email, &err);

		CU_ASSERT_TRUE(rows[i].right ? result == 0 : fails(result, &err, ERR_REFUSED));
	}
}

static void bounds_the_whole_and_the_local_part(void)
{
	char email[EMAIL_MAX + 2];
	struct err err;

	memset(email, 'x', sizeof(email));
	email[EMAIL_LOCAL_MAX] = '@';
	email[EMAIL_MAX] = '\0';
	CU_ASSERT_EQUAL(email_check(email, &err), 0);
	email[EMAIL_MAX] = 'x';
	email[EMAIL_MAX + 1] = '\0';
	CU_ASSERT_TRUE(fails(email_check(email, &err), &err, ERR_REFUSED));
	email[EMAIL_LOCAL_MAX] = 'x';
	email[EMAIL_LOCAL_MAX + 1] = '@';
	email[100] = '\0';
	CU_ASSERT_TRUE(fails(email_check(email, &err), &err, ERR_REFUSED));
}

static void knows_the_domain(void)
{
	CU_ASSERT_STRING_EQUAL(email_domain("ann@mail.example.org"), "mail.example.org");
}

void add_suite_email(CU_pSuite suite)
{
	TEST(takes_what_people_have_and_nothing_that_needs_quotes);
	TEST(bounds_the_whole_and_the_local_part);
	TEST(knows_the_domain);
}
