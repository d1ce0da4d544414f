/* SPDX-License-Identifier: Apache-2.0 */
/* What a suite file needs: CUnit, and TEST() to add a test under its own name. */
#ifndef TESTS_UNIT_SUITE_H
#define TESTS_UNIT_SUITE_H

#include <CUnit/CUnit.h>

#include "tests/lib/engine.h"

#define TEST(function) CU_add_test(suite, #function, function)

/* For what only this engine has: a database file, its log, a lock on the whole of it. */
#define TEST_ON_SQLITE(function) (engine_is_postgresql() ? NULL : TEST(function))

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
