/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mails: rows of the queue, from being due to being handed to a relay or given up.
 *
 * A mail to tell of letters holds no text: what it says is counted when it is sent, from the
 * notification rows that have its id, so that a right that is gone by then shows nothing.
 */
#ifndef SPOOL_MAIL_H
#define SPOOL_MAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "spool/account.h"
#include "spool/mail_kind.h"

enum { MAIL_ANSWER_MAX = 200, MAIL_DETAIL_MAX = 200 };

enum mail_state {
	MAIL_QUEUED,
	MAIL_HELD,    /* by an operator */
	MAIL_SENT,    /* the relay has it */
	MAIL_FAILED,  /* refused, given up, or dropped: answer says which */
	MAIL_BOUNCED, /* sent, and came back */
	MAIL_STATE_COUNT
};

struct mail {
	int64_t id;
	int64_t account_id;
	char login[LOGIN_MAX + 1];
	char email[EMAIL_MAX + 1]; /* where to: mostly its account's address */
	enum mail_kind kind;
	enum mail_state state;
	char detail[MAIL_DETAIL_MAX + 1]; /* what the kind has to say, as key=value words */
	int64_t created;
	int64_t due;
	int64_t attempts;
	int64_t first_attempt; /* 0: none yet */
	char answer[MAIL_ANSWER_MAX + 1];
	int64_t ended;
	int64_t expires; /* from then on it is of no use; 0: never */
};

/* How the answer of a mail begins that was not sent since nobody is to get it any more. */
#define MAIL_DROPPED "dropped: "

const char *mail_state_name(enum mail_state state);

/* "queued", "held", "sent", "failed", "bounced". ERR_REFUSED lists them. */
int mail_state_parse(const char *word, enum mail_state *ret_state, struct err *err);

/*
 * Put a mail to an account that is there into the queue; *ret_id is its id. Inside a transaction.
 * To an address that is bad it waits as failed until there is another.
 */
int mail_add(struct catalog *catalog, int64_t account_id, enum mail_kind kind, int64_t due,
    int64_t *ret_id, struct err *err);

/* The same with an id taken before (catalog_take_ids() of "mail"), for many at once. */
int mail_add_as(struct catalog *catalog, int64_t id, int64_t account_id, enum mail_kind kind,
    int64_t due, struct err *err);

int mail_find(
    struct catalog *catalog, int64_t id, struct mail *ret_mail, bool *ret_found, struct err *err);

/*
 * Call each(mail, arg) for the newest limit mails, newest first: of one login or ("") of all, in
 * one state or (MAIL_STATE_COUNT) in any.
 */
int mail_list(struct catalog *catalog, const char *login, enum mail_state state, int64_t limit,
    int (*each)(const struct mail *mail, void *arg, struct err *err), void *arg, struct err *err);

/*
 * Send a mail that is held or has failed, now; ERR_REFUSED when it is in another state, or was one
 * with a time, which is forgotten when it fails. Its account's address counts as good again.
 */
int mail_retry(struct catalog *catalog, const struct actor *actor, int64_t id, struct err *err);

/* Keep a mail that is queued and not being sent; ERR_REFUSED when it is neither. */
int mail_hold(struct catalog *catalog, const struct actor *actor, int64_t id, struct err *err);

/*
 * Inside a transaction: mail to account->email was refused, or came back. Nothing changes where
 * that is not the account's address any more, or not yet.
 */
int mail_distrust_address(struct catalog *catalog, const struct actor *actor,
    const struct account *account, const char *reason, struct err *err);

/* Inside a transaction: the account has another address, so what failed is sent there. */
int mail_trust_address(struct catalog *catalog, int64_t account_id, struct err *err);

/*
 * A mail of ours came back: its state is bounced, its account's address bad, with reason, if it
 * was sent to that. *ret_noted false: it was noted before, or its row is gone.
 */
int mail_bounced(struct catalog *catalog, const struct actor *actor, const struct mail *mail,
    const char *reason, bool *ret_noted, struct err *err);

/* Forget at most limit of the mails that ended before a time, with what they told of. */
int mail_forget(
    struct catalog *catalog, int64_t before, int64_t limit, int64_t *ret_count, struct err *err);

#endif
