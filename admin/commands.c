/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/commands.h"

#include <stddef.h>

#define ROW(name) &command_##name,
const struct command *const commands[] = {COMMANDS NULL};
