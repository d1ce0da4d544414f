/* SPDX-License-Identifier: Apache-2.0 */
#include "server/refusal.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"

#define IDENTIFICATION "SSH-2.0-edelivery\r\n"

enum {
	SSH_DISCONNECT = 1,        /* SSH_MSG_DISCONNECT */
	TOO_MANY_CONNECTIONS = 12, /* SSH_DISCONNECT_TOO_MANY_CONNECTIONS */
	BLOCK = 8,                 /* a packet is a multiple of it, with at least 4 of padding */
	PADDING_LEAST = 4,
};

static const struct {
	const char *setting;
	enum traffic_kind kind;
	const char *reason;
} refusals[] = {
    [REFUSAL_SESSIONS] = {"server.sessions", TRAFFIC_REFUSED_SESSIONS,
        "too many sessions, try again later"},
    [REFUSAL_SESSIONS_ADDRESS] = {"server.sessions-per-address", TRAFFIC_REFUSED_ADDRESS,
        "too many sessions from this address, try again later"},
    [REFUSAL_STRANGERS] = {"server.strangers", TRAFFIC_REFUSED_STRANGERS,
        "too many connections that are not logged in, try again later"},
    [REFUSAL_STRANGERS_ADDRESS] = {"server.strangers-per-address",
        TRAFFIC_REFUSED_STRANGERS_ADDRESS,
        "too many connections from this address that are not logged in, try again later"},
};

const char *refusal_setting(enum refusal refusal)
{
	return refusals[refusal].setting;
}

enum traffic_kind refusal_kind(enum refusal refusal)
{
	return refusals[refusal].kind;
}

static unsigned char *put_uint32(unsigned char *at, uint32_t value)
{
	at[0] = (unsigned char)(value >> 24);
	at[1] = (unsigned char)(value >> 16);
	at[2] = (unsigned char)(value >> 8);
	at[3] = (unsigned char)value;
	return at + 4;
}

size_t refusal_packet(enum refusal refusal, unsigned char ret_packet[REFUSAL_PACKET_MAX])
{
	const char *reason = refusals[refusal].reason;
	uint32_t length = (uint32_t)strlen(reason);
	uint32_t payload = 1 + 4 + 4 + length + 4;
	uint32_t padding = BLOCK - (4 + 1 + payload) % BLOCK;
	unsigned char *at = ret_packet + sizeof(IDENTIFICATION) - 1;

	if (padding < PADDING_LEAST)
		padding += BLOCK;
	memset(ret_packet, 0, REFUSAL_PACKET_MAX);
	memcpy(ret_packet, IDENTIFICATION, sizeof(IDENTIFICATION) - 1);
	at = put_uint32(at, 1 + payload + padding);
	*at++ = (unsigned char)padding;
	*at++ = SSH_DISCONNECT;
	at = put_uint32(at, TOO_MANY_CONNECTIONS);
	at = put_uint32(at, length);
	text_copy_part((char *)at, length + 1, reason);
	at = put_uint32(at + length, 0); /* no language; it begins where the NUL was */
	return (size_t)(at - ret_packet) + padding;
}

/* The place for one more: a free one, or that of who was told first. */
static size_t find_place(const struct refused *refused)
{
	size_t oldest = 0;

	for (size_t i = 0; i < REFUSED_MAX; i++)
		if (refused->clients[i].when < refused->clients[oldest].when)
			oldest = i;
	return oldest;
}

void refusal_tell(struct refused *refused, enum refusal refusal, int client_fd)
{
	unsigned char packet[REFUSAL_PACKET_MAX];
	size_t length = refusal_packet(refusal, packet);
	size_t place = find_place(refused);

	if (refused->clients[place].when)
		(void)close(refused->clients[place].fd);
	/* A client that takes nothing is refused without a word. */
	(void)send(client_fd, packet, length, MSG_NOSIGNAL | MSG_DONTWAIT);
	(void)shutdown(client_fd, SHUT_WR);
	refused->clients[place].fd = client_fd;
	refused->clients[place].when = clock_elapsed();
}

bool refusal_close(struct refused *refused, int64_t age)
{
	int64_t now = clock_elapsed();
	bool others = false;

	for (size_t i = 0; i < REFUSED_MAX; i++) {
		if (refused->clients[i].when == 0)
			continue;
		if (now - refused->clients[i].when < age) {
			others = true;
			continue;
		}
		(void)close(refused->clients[i].fd);
		refused->clients[i].when = 0;
	}
	return others;
}
