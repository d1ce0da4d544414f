/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/right.h"

#include "base/text.h"
#include "tests/unit/suite.h"

void add_suite_right(CU_pSuite suite);

#define TODAY "2024-05-15"

/*
 * Who sees what, written down apart from the program: a column an area, and in it what the
 * account needs to see it. '+': nothing more. '-': never. 'b', 'a', 'p': bundles, administrator,
 * print shop. 'd': that today lies in the dates of the membership.
 */
static const struct {
	enum area area;
	char no_membership;
	char by_role[ROLE_COUNT + 1]; /* none, master, includes, only */
} table[] = {
    {AREA_COMMON, '+', "++++"},
    {AREA_BUNDLES, 'b', "bbbb"},
    {AREA_PROVIDER, '-', "-ddd"},    /* R4, R5 */
    {AREA_EDELIVERY, '-', "-ddd"},   /* R4, R5 */
    {AREA_TRADE_FILES, '-', "-dd-"}, /* R4, R5 */
    {AREA_DROP, 'a', "aaaa"},
    {AREA_PAPER, 'p', "pppp"},
};

/* First and last days, and whether TODAY is among them. */
static const struct {
	const char *from;
	const char *until;
	bool in_force;
} dates[] = {
    {"", "", true},
    {"2024-05-14", "", true},
    {TODAY, "", true},
    {"2024-05-16", "", false},
    {"2025-01-01", "", false},
    {"", "2024-05-16", true},
    {"", TODAY, true},
    {"", "2024-05-14", false},
    {"", "2023-12-31", false},
    {"2024-05-14", "2024-05-16", true},
    {TODAY, TODAY, true},
    {"2024-05-16", "2024-05-20", false},
    {"2024-05-10", "2024-05-14", false},
    {"2024-05-16", "2024-05-14", false},
};

static bool expected(char needs, const struct account *account, bool in_force)
{
	/* R12: what is disabled sees nothing, what is locked sees everything it saw before. */
	if (account->disabled)
		return false;
	switch (needs) {
	case '+':
		return true;
	case 'b':
		return account->bundle;
	case 'a':
		return account->admin;
	case 'p':
		return account->print_shop;
	case 'd':
		return in_force;
	default:
		return false;
	}
}

static struct account account_of(unsigned flags)
{
	return (struct account){.disabled = flags & 1,
	    .locked = flags & 2,
	    .admin = flags & 4,
	    .print_shop = flags & 8,
	    .bundle = flags & 16};
}

static void check_every_role(const struct account *account, size_t area, size_t date)
{
	for (enum role role = ROLE_NONE; role < ROLE_COUNT; role++) {
		struct membership membership = {.role = role};

		text_copy(membership.from, dates[date].from);
		text_copy(membership.until, dates[date].until);
		CU_ASSERT_EQUAL(right_may_see(account, &membership, table[area].area, TODAY),
		    expected(table[area].by_role[role], account, dates[date].in_force));
	}
}

static void agrees_with_the_table_for_every_combination(void)
{
	for (unsigned flags = 0; flags < 32; flags++) {
		struct account account = account_of(flags);

		for (size_t area = 0; area < COUNT(table); area++)
			for (size_t date = 0; date < COUNT(dates); date++)
				check_every_role(&account, area, date);
	}
}

static void agrees_with_the_table_without_a_membership(void)
{
	for (unsigned flags = 0; flags < 32; flags++)
		for (size_t a = 0; a < COUNT(table); a++) {
			struct account account = account_of(flags);

			CU_ASSERT_EQUAL(right_may_see(&account, NULL, table[a].area, TODAY),
			    expected(table[a].no_membership, &account, false));
		}
}

/* R5 in one line: what is hidden from an E-Delivery Only clerk is hidden on every day. */
static void never_shows_trade_files_to_e_delivery_only(void)
{
	const struct account account = {.admin = true, .print_shop = true, .bundle = true};
	const struct membership membership = {.role = ROLE_E_DELIVERY_ONLY};

	CU_ASSERT_FALSE(right_may_see(&account, &membership, AREA_TRADE_FILES, TODAY));
	CU_ASSERT_TRUE(right_may_see(&account, &membership, AREA_EDELIVERY, TODAY));
}

void add_suite_right(CU_pSuite suite)
{
	TEST(agrees_with_the_table_for_every_combination);
	TEST(agrees_with_the_table_without_a_membership);
	TEST(never_shows_trade_files_to_e_delivery_only);
}
