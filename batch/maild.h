/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The daemon that sends mails: it makes mails of notifications, claims what is due, has the courier
 * hand it over, and records what became of it. No transaction is open while the relay talks.
 */
#ifndef BATCH_MAILD_H
#define BATCH_MAILD_H

#include "base/err.h"

/* Serve the spool of the settings file at path until SIGTERM or SIGINT. */
int maild_run(const char *settings, struct err *err);

#endif
