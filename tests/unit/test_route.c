/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "batch/route.h"
#include "tests/unit/suite.h"

void add_suite_route(CU_pSuite suite);

/* R1, R2: every case there is of a letter whose type is effective from 2019-03-27 on. */
static const struct {
	const char *today;
	bool has_master;
	bool active;
	bool in_audience;
	enum route route;
	const char *rules; /* one of which the reason cites */
} letters[] = {
    {"2019-03-26", false, false, false, ROUTE_PAPER, "R1 R2"},
    {"2019-03-26", false, false, true, ROUTE_PAPER, "R1 R2"},
    {"2019-03-26", false, true, false, ROUTE_PAPER, "R1 R2"},
    {"2019-03-26", false, true, true, ROUTE_PAPER, "R1 R2"},
    {"2019-03-26", true, false, false, ROUTE_PAPER, "R1"},
    {"2019-03-26", true, false, true, ROUTE_PAPER, "R1"},
    {"2019-03-26", true, true, false, ROUTE_PAPER, "R1"},
    {"2019-03-26", true, true, true, ROUTE_PAPER, "R1"},
    {"2019-03-27", false, false, false, ROUTE_PAPER, "R1 R2"},
    {"2019-03-27", false, false, true, ROUTE_PAPER, "R1 R2"},
    {"2019-03-27", false, true, false, ROUTE_PAPER, "R1 R2"},
    {"2019-03-27", false, true, true, ROUTE_PAPER, "R2"},
    {"2019-03-27", true, false, false, ROUTE_PAPER, "R1"},
    {"2019-03-27", true, false, true, ROUTE_PAPER, "R1"},
    {"2019-03-27", true, true, false, ROUTE_PAPER, "R1"},
    {"2019-03-27", true, true, true, ROUTE_ELECTRONIC, ""},
    {"2026-01-01", false, true, true, ROUTE_PAPER, "R2"},
    {"2026-01-01", true, false, true, ROUTE_PAPER, "R1"},
    {"2026-01-01", true, true, false, ROUTE_PAPER, "R1"},
    {"2026-01-01", true, true, true, ROUTE_ELECTRONIC, ""},
};

static bool cites_one_of(const char *reason, const char *rules)
{
	const char *cited = strstr(reason, "(R");

	if (!rules[0])
		return reason[0] == '\0';
	return cited && strlen(cited) == strlen("(R1)") && strncmp(cited + 3, ")", 1) == 0 &&
	       memmem(rules, strlen(rules), cited + 1, 2);
}

/* One case, of every kind and with every audience that make it so. */
static void check_letter(size_t at, enum provider_kind kind, unsigned audience, bool shows)
{
	struct letter_type type = {.code = "EFT", .effective = "2019-03-27", .audience = audience};
	struct route_facts facts = {
	    .class = CLASS_EDELIVERY,
	    .type = &type,
	    .today = letters[at].today,
	    .provider_active = letters[at].active,
	    .provider_kind = kind,
	    .has_master = letters[at].has_master,
	    .shows_trade_files = shows,
	};
	char reason[REASON_MAX + 1] = "untouched";

	CU_ASSERT_EQUAL(route_choose(&facts, reason), letters[at].route);
	CU_ASSERT(cites_one_of(reason, letters[at].rules));
}

static void a_letter_goes_where_R1_and_R2_say(void)
{
	unsigned checked = 0;

	for (size_t at = 0; at < COUNT(letters); at++) {
		for (unsigned audience = 0; audience < 1u << KIND_COUNT; audience++) {
			for (enum provider_kind kind = 0; kind < KIND_COUNT; kind++) {
				bool is_in = audience >> kind & 1;

				if (is_in != letters[at].in_audience)
					continue;
				check_letter(at, kind, audience, false);
				check_letter(at, kind, audience, true);
				checked++;
			}
		}
	}
	/* Half of all kinds and audiences fit each case. */
	CU_ASSERT_EQUAL(checked, COUNT(letters) * KIND_COUNT * (1u << KIND_COUNT) / 2);
}

/* R3: as soon as somebody may see it, whatever else is known; and never on paper. */
static void a_trade_file_is_posted_or_waits_and_never_goes_to_paper(void)
{
	static const bool both[] = {false, true};
	struct route_facts facts = {.class = CLASS_TRADE_FILES, .today = "2019-01-01"};

	for (size_t shows = 0; shows < 2; shows++) {
		for (unsigned other = 0; other < 4 * KIND_COUNT; other++) {
			char reason[REASON_MAX + 1] = "untouched";
			enum route route;

			facts.shows_trade_files = both[shows];
			facts.has_master = both[other & 1];
			facts.provider_active = both[other >> 1 & 1];
			facts.provider_kind = (enum provider_kind)(other / 4);
			route = route_choose(&facts, reason);
			CU_ASSERT_EQUAL(route, both[shows] ? ROUTE_ELECTRONIC : ROUTE_HOLD);
			CU_ASSERT_EQUAL(reason[0] == '\0', both[shows]);
		}
	}
}

static void the_reason_says_from_when_on_and_for_whom(void)
{
	struct letter_type type = {
	    .code = "TPLQ", .effective = "2019-06-03", .audience = 1u << KIND_BILLING};
	struct route_facts facts = {.type = &type,
	    .today = "2019-06-02",
	    .provider_active = true,
	    .provider_kind = KIND_PERFORMING,
	    .has_master = true};
	char reason[REASON_MAX + 1];

	(void)route_choose(&facts, reason);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason, "2019-06-03"));
	facts.today = "2019-06-03";
	(void)route_choose(&facts, reason);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason, "TPLQ"));
	CU_ASSERT_PTR_NOT_NULL(strstr(reason, provider_kind_name(KIND_PERFORMING)));
}

void add_suite_route(CU_pSuite suite)
{
	TEST(a_letter_goes_where_R1_and_R2_say);
	TEST(a_trade_file_is_posted_or_waits_and_never_goes_to_paper);
	TEST(the_reason_says_from_when_on_and_for_whom);
}
