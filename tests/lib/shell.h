/* SPDX-License-Identifier: Apache-2.0 */
/* Programs of others, for tests of what they are to open, read or verify. */
#ifndef TESTS_LIB_SHELL_H
#define TESTS_LIB_SHELL_H

#include "tests/lib/scratch.h"

/* Run a shell command in the scratch folder: does it succeed? If not, what it said is shown. */
bool shell_succeeds(const struct scratch *scratch, const char *command);

#endif
