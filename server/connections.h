/* SPDX-License-Identifier: Apache-2.0 */
/* The connections that the listener has handed out, and the limits on how many there may be. */
#ifndef SERVER_CONNECTIONS_H
#define SERVER_CONNECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uthash.h>

#include "server/refusal.h"
#include "spool/settings.h"

enum { ADDRESS_MAX = 64 };

struct origin;

struct connection {
	int64_t number;
	char address[ADDRESS_MAX];
	bool is_stranger;   /* it has not logged in; connections_welcome() changes that */
	const void *broker; /* whose session it is; only compared */
	struct origin *origin;
	UT_hash_handle hh;
};

/* All of them, by number: {.first = NULL} has none. */
struct connections {
	struct connection *first;
	struct origin *origins; /* by address: how many each has, so that nobody has to count */
	size_t strangers;
};

void connections_done(struct connections *connections);

/* A connection belongs to connections, until it is forgotten. */
struct connection *connections_add(
    struct connections *connections, int64_t number, const char *address, const void *broker);
/* NULL: there is none. */
struct connection *connections_find(const struct connections *connections, int64_t number);
void connections_forget(struct connections *connections, struct connection *connection);

/* It has logged in. */
void connections_welcome(struct connections *connections, struct connection *connection);

/* Forget those of a broker: its sessions end with it. */
void connections_forget_broker(struct connections *connections, const void *broker);

size_t connections_count(const struct connections *connections);
size_t connections_of_broker(const struct connections *connections, const void *broker);
size_t connections_strangers(const struct connections *connections);

/* May one more come from the address, and if not, by which limit? */
enum refusal connections_judge(
    const struct connections *connections, const struct settings *settings, const char *address);

#endif
