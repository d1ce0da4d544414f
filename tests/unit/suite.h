/* What a suite file needs: CUnit, and TEST() to add a test under its own name. */
#ifndef TESTS_UNIT_SUITE_H
#define TESTS_UNIT_SUITE_H

#include <CUnit/CUnit.h>

#define TEST(function) CU_add_test(suite, #function, function)

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
