/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon that turns dropped files into letters: its parts, and the order they work in. */
#ifndef BATCH_WATCHD_H
#define BATCH_WATCHD_H

#include "base/err.h"

/* Work on the spool of the settings file until told to stop. */
int watchd_run(const char *settings, struct err *err);

#endif
