/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/clean.h"
#include "base/mem.h"
#include "spool/address_list.h"
#include "tests/unit/suite.h"

void add_suite_address_list(CU_pSuite suite);

static const struct {
	const char *list;
	const char *address;
	bool has;
} cases[] = {
    {"", "192.0.2.1", true},
    {"", "", true},
    {"192.0.2.1", "192.0.2.1", true},
    {"192.0.2.1", "192.0.2.10", false},
    {"192.0.2.10", "192.0.2.1", false},
    {"192.0.2.1,198.51.100.7", "198.51.100.7", true},
    {"192.0.2.1,198.51.100.7", "203.0.113.1", false},
    {",,192.0.2.1,", "192.0.2.1", true},
    {",", "192.0.2.1", false},

    {"192.0.2.*", "192.0.2.77", true},
    {"192.0.2.*", "192.0.20.77", false},
    {"192.0.2.?", "192.0.2.7", true},
    {"192.0.2.?", "192.0.2.77", false},
    {"*", "2001:db8::1", true},

    {"192.0.2.0/24", "192.0.2.255", true},
    {"192.0.2.0/24", "192.0.3.0", false},
    {"192.0.2.128/25", "192.0.2.127", false},
    {"192.0.2.128/25", "192.0.2.128", true},
    {"192.0.2.4/30", "192.0.2.7", true},
    {"192.0.2.4/30", "192.0.2.8", false},
    {"192.0.2.1/32", "192.0.2.1", true},
    {"192.0.2.1/32", "192.0.2.0", false},
    {"0.0.0.0/0", "203.0.113.9", true},
    {"0.0.0.0/0", "2001:db8::1", false},
    {"2001:db8::/32", "2001:db8:ffff::1", true},
    {"2001:db8::/32", "2001:db9::1", false},
    {"2001:db8::/33", "2001:db8:8000::1", false},
    {"::/0", "2001:db8::1", true},
    {"2001:db8::1/128", "2001:db8::1", true},
    {"2001:db8::1/128", "2001:db8::2", false},

    /* The same address, written in another way. */
    {"2001:DB8:0:0::1", "2001:db8::1", true},
    {"192.0.2.1", "::ffff:192.0.2.1", true},
    {"192.0.2.0/24", "::ffff:192.0.2.9", true},

    {"!192.0.2.1", "192.0.2.1", false},
    {"!192.0.2.1", "192.0.2.2", false}, /* nothing says that it is in it */
    {"192.0.2.0/24,!192.0.2.1", "192.0.2.1", false},
    {"!192.0.2.1,192.0.2.0/24", "192.0.2.1", false},
    {"192.0.2.0/24,!192.0.2.1", "192.0.2.2", true},
    {"*,!192.0.2.0/24", "192.0.2.9", false},

    /* A block that is none closes the list: a typing error must not open it. */
    {"192.0.2.0/33", "192.0.2.1", false},
    {"192.0.2.0/-1", "192.0.2.1", false},
    {"192.0.2.0/", "192.0.2.1", false},
    {"192.0.2/24", "192.0.2.1", false},
    {"2001:db8::/129", "2001:db8::1", false},
    {"192.0.2.0/24/24", "192.0.2.1", false},
    {"192.0.2.1,x/8", "192.0.2.1", false},
    {"!192.0.2.0/99,*", "192.0.2.1", false},
    {"client.example.org", "192.0.2.1", false},
    {"192.0.2.1", "", false},
    {"192.0.2.0/24", "not an address", false},
};

static void an_address_is_in_the_list_or_not(void)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		bool has = address_list_has(cases[i].list, cases[i].address);

		CU_ASSERT_EQUAL(has, cases[i].has);
		if (has != cases[i].has)
			(void)fprintf(stderr, "%s in %s\n", cases[i].address, cases[i].list);
	}
}

static void a_part_that_is_too_long_has_no_address(void)
{
	OWNED_MEM char *list = mem_new(1, 1000);

	memset(list, '*', 255);
	CU_ASSERT_TRUE(address_list_has(list, "192.0.2.1"));
	memset(list, '*', 256);
	CU_ASSERT_FALSE(address_list_has(list, "192.0.2.1"));
}

void add_suite_address_list(CU_pSuite suite)
{
	TEST(an_address_is_in_the_list_or_not);
	TEST(a_part_that_is_too_long_has_no_address);
}
