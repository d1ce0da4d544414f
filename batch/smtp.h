/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The courier that speaks SMTP: several connections at a time, each for many mails (libcurl) and in
 * a process of its own: curl waits for the answer to a text, and does nothing else meanwhile. They
 * share the channel, from which each takes a mail when it is free.
 *
 * The relay's name is looked up, and everything that is read from files is read, before the first
 * byte of the relay's; then it can do neither any more.
 */
#ifndef BATCH_SMTP_H
#define BATCH_SMTP_H

#include "batch/courier.h"

/* Hand over what comes by channel until it closes. orders stay the caller's. */
int smtp_run(int channel, const struct orders *orders, struct err *err);

/*
 * What an answer of the relay's means for a mail, which came when it was last sent command ("RCPT",
 * "" before the first, "." behind the text). An answer that is no refusal: the connection broke.
 */
enum handover smtp_judge(const char *command, const char *answer);

#endif
