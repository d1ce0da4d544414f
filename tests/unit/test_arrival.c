/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "batch/arrival.h"
#include "tests/unit/suite.h"

void add_suite_arrival(CU_pSuite suite);

static void add(
    struct arrivals *arrivals, const char *avrs_id, enum letter_class class, const char *name)
{
	struct arrival arrival = {.class = class, .name = name};

	text_copy(arrival.avrs_id, avrs_id);
	arrivals_add(arrivals, &arrival);
}

/* Take one, which has to be this. */
static void expect(struct arrivals *arrivals, bool newest, const char *avrs_id,
    enum letter_class class, const char *name)
{
	struct arrival *arrival = arrivals_take(arrivals, newest);

	CU_ASSERT_PTR_NOT_NULL_FATAL(arrival);
	CU_ASSERT_STRING_EQUAL(arrival->avrs_id, avrs_id);
	CU_ASSERT_EQUAL(arrival->class, class);
	CU_ASSERT_STRING_EQUAL(arrival->name, name);
	free(arrival);
}

static void a_file_is_queued_once_however_often_it_is_told_of(void)
{
	struct arrivals *arrivals = arrivals_new();

	for (int i = 0; i < 3; i++)
		add(arrivals, "123456789", CLASS_EDELIVERY, "EFT_1.pdf");
	CU_ASSERT_EQUAL(arrivals_count(arrivals), 1);
	expect(arrivals, false, "123456789", CLASS_EDELIVERY, "EFT_1.pdf");
	CU_ASSERT_EQUAL(arrivals_count(arrivals), 0);
	/* Taken out, it may come again. */
	add(arrivals, "123456789", CLASS_EDELIVERY, "EFT_1.pdf");
	CU_ASSERT_EQUAL(arrivals_count(arrivals), 1);
	arrivals_free(arrivals);
}

static void the_same_name_elsewhere_is_another_file(void)
{
	struct arrivals *arrivals = arrivals_new();

	add(arrivals, "123456789", CLASS_EDELIVERY, "a");
	add(arrivals, "123456789", CLASS_TRADE_FILES, "a");
	add(arrivals, "987654321", CLASS_EDELIVERY, "a");
	add(arrivals, "", CLASS_EDELIVERY, "a");
	add(arrivals, "", CLASS_EDELIVERY, "1/a");
	add(arrivals, "", CLASS_EDELIVERY, "");
	CU_ASSERT_EQUAL(arrivals_count(arrivals), 6);
	expect(arrivals, false, "123456789", CLASS_EDELIVERY, "a");
	expect(arrivals, false, "123456789", CLASS_TRADE_FILES, "a");
	expect(arrivals, false, "987654321", CLASS_EDELIVERY, "a");
	expect(arrivals, false, "", CLASS_EDELIVERY, "a");
	expect(arrivals, false, "", CLASS_EDELIVERY, "1/a");
	expect(arrivals, false, "", CLASS_EDELIVERY, "");
	arrivals_free(arrivals);
}

static void both_ends_are_served(void)
{
	struct arrivals *arrivals = arrivals_new();

	add(arrivals, "1", CLASS_EDELIVERY, "first");
	add(arrivals, "1", CLASS_EDELIVERY, "second");
	add(arrivals, "1", CLASS_EDELIVERY, "third");
	add(arrivals, "1", CLASS_EDELIVERY, "fourth");
	/* Told of again, it keeps its place. */
	add(arrivals, "1", CLASS_EDELIVERY, "first");
	expect(arrivals, true, "1", CLASS_EDELIVERY, "fourth");
	expect(arrivals, false, "1", CLASS_EDELIVERY, "first");
	expect(arrivals, true, "1", CLASS_EDELIVERY, "third");
	expect(arrivals, false, "1", CLASS_EDELIVERY, "second");
	CU_ASSERT_PTR_NULL(arrivals_take(arrivals, true));
	CU_ASSERT_PTR_NULL(arrivals_take(arrivals, false));
	arrivals_free(arrivals);
}

static void the_name_is_a_copy(void)
{
	struct arrivals *arrivals = arrivals_new();
	char name[] = "EFT_1.pdf";

	add(arrivals, "1", CLASS_EDELIVERY, name);
	memset(name, 'x', strlen(name));
	expect(arrivals, false, "1", CLASS_EDELIVERY, "EFT_1.pdf");
	arrivals_free(arrivals);
	arrivals_free(NULL);
}

void add_suite_arrival(CU_pSuite suite)
{
	TEST(a_file_is_queued_once_however_often_it_is_told_of);
	TEST(the_same_name_elsewhere_is_another_file);
	TEST(both_ends_are_served);
	TEST(the_name_is_a_copy);
}
