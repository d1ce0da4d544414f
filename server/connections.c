/* SPDX-License-Identifier: Apache-2.0 */
#include "server/connections.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

struct origin {
	char address[ADDRESS_MAX];
	size_t sessions;
	size_t strangers;
	UT_hash_handle hh;
};

static struct origin *find_origin(const struct connections *connections, const char *address)
{
	struct origin *origin = NULL;

	HASH_FIND_STR(connections->origins, address, origin);
	return origin;
}

static struct origin *get_origin(struct connections *connections, const char *address)
{
	struct origin *origin = find_origin(connections, address);

	if (origin)
		return origin;
	origin = mem_new(1, sizeof(*origin));
	text_copy(origin->address, address);
	HASH_ADD_STR(connections->origins, address, origin);
	return origin;
}

static void leave_origin(struct connections *connections, struct origin *origin)
{
	if (--origin->sessions > 0)
		return;
	HASH_DEL(connections->origins, origin);
	free(origin);
}

struct connection *connections_add(
    struct connections *connections, int64_t number, const char *address, const void *broker)
{
	struct connection *c = mem_new(1, sizeof(*c));

	c->number = number;
	c->is_stranger = true;
	c->broker = broker;
	text_copy(c->address, address);
	c->origin = get_origin(connections, c->address);
	c->origin->sessions++;
	c->origin->strangers++;
	connections->strangers++;
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
	connections_welcome(connections, connection);
	leave_origin(connections, connection->origin);
	HASH_DEL(connections->first, connection);
	free(connection);
}

void connections_welcome(struct connections *connections, struct connection *connection)
{
	if (!connection->is_stranger)
		return;
	connection->is_stranger = false;
	connection->origin->strangers--;
	connections->strangers--;
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
	return connections->strangers;
}

enum refusal connections_judge(
    const struct connections *connections, const struct settings *settings, const char *address)
{
	const struct origin *origin = find_origin(connections, address);

	if (origin && origin->sessions >= (size_t)settings->server_sessions_per_address)
		return REFUSAL_SESSIONS_ADDRESS;
	if (origin && origin->strangers >= (size_t)settings->server_strangers_per_address)
		return REFUSAL_STRANGERS_ADDRESS;
	if (connections_count(connections) >= (size_t)settings->server_sessions)
		return REFUSAL_SESSIONS;
	return connections->strangers >= (size_t)settings->server_strangers ? REFUSAL_STRANGERS
	                                                                    : REFUSAL_NONE;
}
