/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the broker commits in groups: logins, which letters were opened, and what went out of them.
 *
 * They change nothing that anybody waits for, so many sessions share one commit, at most 50 ms
 * after the first. What depends on them asks for ledger_commit() before.
 */
#ifndef SERVER_LEDGER_H
#define SERVER_LEDGER_H

#include <stdint.h>

#include "spool/account.h"
#include "spool/receipt.h"
#include "spool/spool.h"

enum { LEDGER_MS = 50 };

struct ledger;

struct ledger *ledger_new(const struct spool *spool);
void ledger_free(struct ledger *ledger);

/*
 * Note them; true: they are the first since the last commit. how: "key=FINGERPRINT", "password";
 * key_id: of the key that was shown, or 0.
 */
bool ledger_note_login(struct ledger *ledger, const struct account *account, const char *address,
    const char *how, int64_t key_id);
bool ledger_note_opening(struct ledger *ledger, int64_t account_id, int64_t letter_id);

/* What an administrator was denied in drop/, and why. */
bool ledger_note_refusal(struct ledger *ledger, const struct account *account, const char *detail);

bool ledger_note_reading(struct ledger *ledger, const struct reading *reading);

/* Commit what was noted. On failure it stays noted, up to a bound; then the oldest go. */
int ledger_commit(struct ledger *ledger, struct err *err);

#endif
