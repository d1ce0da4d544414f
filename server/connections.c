/* SPDX-License-Identifier: Apache-2.0 */
#include "server/connections.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

struct connection *connections_add(
    struct connections *connections, int64_t number, const char *address, const void *broker)
{
	struct connection *c = mem_new(1, sizeof(*c));

	c->number = number;
	c->is_stranger = true;
	c->broker = broker;
	text_copy(c->address, address);
	HASH_ADD(hh, connections->first, number, sizeof(c->number), c);
	return c;
}

struct connection *connections_find(const struct connections *connections, int64_t number)
{
	struct connection *c = NULL;

	HASH_FIND(hh, connections->first, &number, sizeof(number), c);
	return c;
}

void connections_forget(struct connections *connections, struct connection *connection)
{
	HASH_DEL(connections->first, connection);
	free(connection);
}

void connections_forget_broker(struct connections *connections, const void *broker)
{
	struct connection *c = NULL;
	struct connection *next = NULL;

	HASH_ITER(hh, connections->first, c, next) {
		if (c->broker == broker)
			connections_forget(connections, c);
	}
}

void connections_done(struct connections *connections)
{
	while (connections->first)
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it does not follow uthash */
		connections_forget(connections, connections->first);
}

size_t connections_count(const struct connections *connections)
{
	return HASH_COUNT(connections->first);
}

size_t connections_of_broker(const struct connections *connections, const void *broker)
{
	size_t count = 0;

	for (const struct connection *c = connections->first; c; c = c->hh.next)
		count += c->broker == broker;
	return count;
}

size_t connections_strangers(const struct connections *connections)
{
	size_t count = 0;

	for (const struct connection *c = connections->first; c; c = c->hh.next)
		count += c->is_stranger;
	return count;
}

enum refusal connections_judge(
    const struct connections *connections, const struct settings *settings, const char *address)
{
	size_t from_there = 0;
	size_t strangers = 0;
	size_t strangers_from_there = 0;

	for (const struct connection *c = connections->first; c; c = c->hh.next) {
		bool is_from_there = strcmp(c->address, address) == 0;

		from_there += is_from_there;
		strangers += c->is_stranger;
		strangers_from_there += is_from_there && c->is_stranger;
	}
	if (from_there >= (size_t)settings->server_sessions_per_address)
		return REFUSAL_SESSIONS_ADDRESS;
	if (strangers_from_there >= (size_t)settings->server_strangers_per_address)
		return REFUSAL_STRANGERS_ADDRESS;
	if (connections_count(connections) >= (size_t)settings->server_sessions)
		return REFUSAL_SESSIONS;
	return strangers >= (size_t)settings->server_strangers ? REFUSAL_STRANGERS : REFUSAL_NONE;
}
