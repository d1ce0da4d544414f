/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes of a client's, as a session gets them over its channel: each request that is taken has
 * exactly one answer, of its id and a type that answers have, in order and well formed.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "server/sftp.h"
#include "server/sftp_packet.h"
#include "tests/lib/stub_broker.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ENTRIES = 300, HANDLES_KEPT = 512 };

/* What a client knows after an input: the answers that it waits for, and the handles it got. */
struct client {
	struct sftp *sftp;
	const uint8_t *asked; /* the next request that is to be answered */
	const uint8_t *taken; /* behind the last one that was taken */
	uint8_t handles[HANDLES_KEPT][8];
	size_t handle_count;
};

static struct stub_broker broker;

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* The next packet of those before end. False: there is none. */
static bool next_packet(const uint8_t **at, const uint8_t *end, struct sftp_reader *ret_packet)
{
	struct sftp_reader reader = {*at, end, false};
	uint32_t length = sftp_get_uint32(&reader);

	if (reader.bad || length == 0 || length > (size_t)(end - reader.at))
		return false;
	*ret_packet = (struct sftp_reader){reader.at, reader.at + length, false};
	*at = reader.at + length;
	return true;
}

static void keep_handle(struct client *client, struct sftp_reader *answer)
{
	size_t length = 0;
	const char *handle = sftp_get_string(answer, &length);

	must(length == 8);
	if (client->handle_count < HANDLES_KEPT)
		memcpy(client->handles[client->handle_count++], handle, length);
}

static void check_answer(struct client *client, struct sftp_reader *answer)
{
	struct sftp_reader request;
	uint8_t type = sftp_get_byte(answer);
	uint32_t id = sftp_get_uint32(answer);

	must(!answer->bad && next_packet(&client->asked, client->taken, &request));
	if (sftp_get_byte(&request) == SFTP_INIT) {
		must(type == SFTP_VERSION);
		return;
	}
	must(sftp_get_uint32(&request) == id);
	must((type >= SFTP_STATUS && type <= SFTP_ATTRS) || type == SFTP_EXTENDED_REPLY);
	if (type == SFTP_HANDLE)
		keep_handle(client, answer);
}

/* The answers that are there, as if they had been sent. */
static void take_answers(struct client *client, const uint8_t *taken)
{
	const struct buffer *out = sftp_output(client->sftp);
	const uint8_t *at = (const uint8_t *)buffer_text(out);
	const uint8_t *end = at + out->length;
	struct sftp_reader answer;
	struct err err;

	client->taken = taken;
	while (at < end) {
		must(next_packet(&at, end, &answer));
		check_answer(client, &answer);
	}
	must(sftp_sent(client->sftp, out->length, &err) == 0);
}

/* Returns whether the session can go on. */
static bool feed(struct client *client, const uint8_t *data, size_t size, struct err *err)
{
	const uint8_t *at = data;
	size_t used = 1;

	client->asked = data;
	while (used > 0) {
		size_t left = size - (size_t)(at - data);

		if (sftp_feed(client->sftp, at, left, &used, err) < 0) {
			take_answers(client, data + size);
			return false;
		}
		must(used <= left);
		at += used;
		take_answers(client, at);
	}
	must(client->asked == client->taken);
	return true;
}

/* The stub goes on with the next input, and keeps only so many listings open. */
static void close_handles(struct client *client)
{
	struct err err;

	for (size_t i = 0; i < client->handle_count; i++) {
		uint8_t packet[] = {
		    0, 0, 0, 17, SFTP_CLOSE, 0, 0, 0, 1, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0};

		memcpy(packet + 13, client->handles[i], 8);
		must(feed(client, packet, sizeof(packet), &err));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct client client;
	struct err err;

	if (broker.pid == 0)
		stub_broker_start(&broker, ENTRIES);
	client.sftp = sftp_new(broker.channel, size % 2 == 0);
	client.handle_count = 0;
	must(feed(&client, data, size, &err) || err.kind == ERR_REFUSED || err.kind == ERR_GONE);
	close_handles(&client);
	sftp_free(client.sftp);
	return 0;
}
