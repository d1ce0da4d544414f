/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sending: mails that are due are claimed by one maild for a while, so that no other sends them,
 * and what became of each is recorded.
 *
 * A claim that is neither recorded nor given back runs out: the process that had it died. Its mails
 * are then sent, and those that it had handed over but not recorded are sent a second time, with
 * the same Message-ID. That is the one way in which a mail goes out twice.
 */
#ifndef SPOOL_MAIL_CLAIM_H
#define SPOOL_MAIL_CLAIM_H

#include <stddef.h>
#include <stdint.h>

#include "spool/mail.h"

enum mail_outcome {
	MAIL_OUTCOME_SENT,
	MAIL_OUTCOME_RETRY,   /* not now: this mail again at .again */
	MAIL_OUTCOME_REFUSED, /* never to this address */
	MAIL_OUTCOME_GIVEN_UP,
	MAIL_OUTCOME_DROPPED, /* nobody is to get it any more */
	MAIL_OUTCOME_UNTRIED, /* given back as it was */
	MAIL_OUTCOME_COUNT
};

/* What became of a claimed mail. */
struct mail_result {
	struct mail mail;
	enum mail_outcome outcome;
	int64_t again; /* when to try again */
	char answer[MAIL_ANSWER_MAX + 1];
};

/*
 * Claim at most limit mails that are due, for owner, until then, those that expire before all
 * others: *ret_mails has room for them, and their attempts count this one.
 */
int mail_claim(struct catalog *catalog, const char *owner, int64_t until, size_t limit,
    struct mail *ret_mails, size_t *ret_count, struct err *err);

/*
 * Record results of mails that owner claimed, in one transaction. One whose claim ran out is
 * another one's by now and stays as it is: *ret_lost counts them.
 */
int mail_record(struct catalog *catalog, const struct actor *actor, const char *owner,
    const struct mail_result *results, size_t count, size_t *ret_lost, struct err *err);

/* The claims of a former run of owner's are nobody's any more. */
int mail_unclaim(struct catalog *catalog, const char *owner, struct err *err);

#endif
