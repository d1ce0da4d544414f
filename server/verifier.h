/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verifier: compares passwords with their hashes for the broker, which must not wait for that.
 *
 * A process of its own that has nothing but its channel. It takes as long over a login that there
 * is not as over a wrong password, so that nobody learns which logins there are.
 */
#ifndef SERVER_VERIFIER_H
#define SERVER_VERIFIER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/loop.h"

struct verifier;

enum verdict_of_password { PASSWORD_WRONG, PASSWORD_RIGHT, PASSWORD_UNKNOWN };

/* answered(arg, ticket, verdict) is called by the loop; PASSWORD_UNKNOWN: the process died. */
struct verifier *verifier_new(struct loop *loop,
    void (*answered)(void *arg, int64_t ticket, enum verdict_of_password verdict), void *arg);
void verifier_free(struct verifier *verifier);

/*
 * Ask, with a ticket of the caller's; hash "" is nobody's. Starts the process if it is not there.
 * ERR_BUSY when too many wait already.
 */
int verifier_ask(struct verifier *verifier, int64_t ticket, const char *hash, const char *password,
    struct err *err);

/* The process itself: answers on channel until that closes. */
int verifier_run(const char *settings, int channel, struct err *err);

#endif
