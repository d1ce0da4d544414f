/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What became of dropped files, for commands that wait for watchd: each file, by the row that it
 * has, or by its inode while it has none.
 */
#ifndef ADMIN_OUTCOME_H
#define ADMIN_OUTCOME_H

#include "admin/command.h"
#include "spool/intake.h"

/* How long a command waits, for outcome_timeout(). */
#define OPTION_TIMEOUT                                                           \
	{                                                                        \
		"timeout", "DURATION", "wait so long for edelivery-watchd (60s)" \
	}

enum outcome_state {
	OUTCOME_WAITING, /* watchd has not seen to its end */
	OUTCOME_HELD,    /* the same, and why is known */
	OUTCOME_POSTED,
	OUTCOME_PAPER,
	OUTCOME_DUPLICATE,
	OUTCOME_QUARANTINED,
	OUTCOME_DISCARDED,
	OUTCOME_GONE,
	OUTCOME_COUNT
};

/* A file that is waited for: by its id, or by what it is in the drop folder. */
struct outcome {
	int64_t id;      /* 0: not known yet; then these are: */
	int64_t from_id; /* any that it gets is not below this */
	char avrs_id[AVRS_ID_MAX + 1];
	enum letter_class class;
	struct source source;
	char name[4 * NAME_MAX + 1]; /* for people */

	enum outcome_state state;
	char reason[REASON_MAX + 1];
};

/* The call's --timeout, in microseconds. */
int outcome_timeout(const struct call *call, int64_t *ret_timeout, struct err *err);

/*
 * Wait until watchd has seen all of count to an end, at most for timeout microseconds; 0: only
 * look. Each outcome's id, state and reason are set to what is known.
 */
int outcome_await(struct catalog *catalog, struct outcome *outcomes, size_t count, int64_t timeout,
    struct err *err);

/*
 * Print them, a row each. Returns 0 where all ended as they should (discarding: discarded;
 * otherwise posted, on paper, or a duplicate), or -1: ERR_REFUSED where one did not, ERR_RETRY
 * where one still waits.
 */
int outcome_print(
    const struct outcome *outcomes, size_t count, bool discarding, bool as_json, struct err *err);

#endif
