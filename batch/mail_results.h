/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What became of mails, kept until it is recorded: together, since a transaction of its own for
 * each would cost more than its mail.
 */
#ifndef BATCH_MAIL_RESULTS_H
#define BATCH_MAIL_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/number.h"
#include "batch/courier.h"
#include "spool/mail_claim.h"

enum {
	MAIL_READY_MAX = 256, /* claimed in one transaction */
	/* What a claim, or two, and all that is on its way can come to before a record succeeds. */
	MAIL_RESULTS_MAX = 3 * MAIL_READY_MAX + COURIER_QUEUE_MAX,
};

/* No mail waits longer between two attempts. */
#define MAIL_DELAY_MOST (4 * HOUR)

struct mail_results {
	struct mail_result rows[MAIL_RESULTS_MAX];
	size_t count;
};

/* How long a mail waits after so many attempts that failed, if it waits first after the first. */
int64_t mail_results_delay(int64_t first, int64_t attempts);

/* There is room (MAIL_RESULTS_MAX). answer may be longer than is kept of it. */
void mail_results_add(struct mail_results *results, const struct mail *mail,
    enum mail_outcome outcome, const char *answer);

/*
 * Later again, after delay; unless it has been tried for give_up (microseconds), or would be of no
 * use by then.
 */
void mail_results_retry(struct mail_results *results, const struct mail *mail, int64_t delay,
    int64_t give_up, const char *answer);

/* Record all of them, and say so in the log. Those that cannot be recorded now are kept. */
int mail_results_record(struct mail_results *results, struct catalog *catalog,
    const struct actor *actor, struct err *err);

#endif
