/* SPDX-License-Identifier: Apache-2.0 */
/* Memberships: which account is what to which AVRS ID, and from when to when. */
#ifndef SPOOL_MEMBERSHIP_H
#define SPOOL_MEMBERSHIP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "spool/account.h"
#include "spool/avrs_id.h"
#include "spool/role.h"

struct membership {
	int64_t account_id;
	char login[LOGIN_MAX + 1];
	char avrs_id[AVRS_ID_MAX + 1];
	enum role role;
	char from[DATE_SIZE];  /* the first day, "": always */
	char until[DATE_SIZE]; /* the last day, "": for ever */
	int64_t mark;          /* every sequence number up to it is acknowledged */
	int64_t trade_files_after;
	int64_t granted;
	int64_t changed;       /* the role, the dates, or what is acknowledged */
	int64_t last_sequence; /* of the AVRS ID */
	int64_t last_posted;
};

struct grant {
	const char *login;
	const char *avrs_id;
	enum role role;
	const char *from; /* dates, or NULL */
	const char *until;
	bool backlog; /* what was posted before the grant is new, too */
};

/*
 * Give the role; a clerk's other role is replaced (R5), *ret_before tells which it was (or
 * ROLE_NONE). ERR_CONFLICT: the AVRS ID has another master, or the login is its master.
 */
int membership_grant(struct catalog *catalog, const struct actor *actor, const struct grant *grant,
    enum role *ret_before, struct err *err);

/* Take the role away. ERR_REFUSED when there is none. */
int membership_revoke(struct catalog *catalog, const struct actor *actor, const char *login,
    const char *avrs_id, struct err *err);

int membership_find(struct catalog *catalog, int64_t account_id, const char *avrs_id,
    struct membership *ret_membership, bool *ret_found, struct err *err);

/*
 * Inside a transaction: read it again, and keep others from moving its mark until that ends. What
 * is acknowledged changes, and with it what the texts of the view tell. ERR_REFUSED: the role was
 * taken away.
 */
int membership_lock(struct catalog *catalog, struct membership *membership, struct err *err);

/* Call each(membership, arg) for at most limit of an account behind an AVRS ID ("": the first). */
int membership_list(struct catalog *catalog, int64_t account_id, const char *after, int64_t limit,
    int (*each)(const struct membership *membership, void *arg, struct err *err), void *arg,
    struct err *err);

/* The same for those of an AVRS ID, in the order of logins. */
int membership_list_of_provider(struct catalog *catalog, const char *avrs_id,
    int (*each)(const struct membership *membership, void *arg, struct err *err), void *arg,
    struct err *err);

/* R2: does a master account of the AVRS ID exist? And does anybody see its trade files? */
int membership_audience(struct catalog *catalog, const char *avrs_id, bool *ret_has_master,
    bool *ret_shows_trade_files, struct err *err);

#endif
