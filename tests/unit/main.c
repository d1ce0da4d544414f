/* SPDX-License-Identifier: Apache-2.0 */
/* Runs every suite of tests/unit, or only the one named as the first argument. */
#include <CUnit/Basic.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/suite.h"

/* Made by the Makefile: SUITE(name) for each tests/unit/test_<name>.c. */
#define SUITE(name) void add_suite_##name(CU_pSuite suite);
#include "suites.h"
#undef SUITE

static const struct {
	const char *name;
	void (*add)(CU_pSuite suite);
} suites[] = {
#define SUITE(name) {#name, add_suite_##name},
#include "suites.h"
#undef SUITE
};

int main(int argc, char **argv)
{
	const char *only = argc > 1 ? argv[1] : NULL;
	unsigned failures;

	/* As main_edelivery.c: libsmartcols never ends with UTF-8 in a locale without it. */
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		return EXIT_FAILURE;
	if (CU_initialize_registry() != CUE_SUCCESS)
		return EXIT_FAILURE;
	for (size_t i = 0; i < COUNT(suites); i++)
		if (!only || strcmp(only, suites[i].name) == 0)
			suites[i].add(CU_add_suite(suites[i].name, NULL, NULL));
	CU_basic_set_mode(CU_BRM_NORMAL);
	CU_basic_run_tests();
	failures = CU_get_number_of_failures();
	CU_cleanup_registry();
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
