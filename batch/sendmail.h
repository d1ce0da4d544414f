/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The courier that calls a sendmail program for each mail, several at a time.
 *
 * The program has rights of its own, so this courier gives up none: it has no file open but the
 * text that it hands over.
 */
#ifndef BATCH_SENDMAIL_H
#define BATCH_SENDMAIL_H

#include "batch/courier.h"

/* Hand over what comes by channel until it closes. orders stay the caller's. */
int sendmail_run(int channel, const struct orders *orders, struct err *err);

/* What the exit status of the program means for a mail (sysexits.h). */
enum handover sendmail_judge(int status);

#endif
