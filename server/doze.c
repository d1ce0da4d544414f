/* SPDX-License-Identifier: Apache-2.0 */
#include "server/doze.h"

#include <limits.h>
#include <sys/socket.h>

static void begin(struct doze *doze)
{
	doze->requests = 0;
	doze->vain = 0;
	doze->smallest = UINT64_MAX;
}

void doze_init(struct doze *doze, int fd)
{
	*doze = (struct doze){.fd = fd, .at_least = 1, .needed = DOZE_REQUESTS};
	begin(doze);
}

static void set_least(struct doze *doze, int bytes)
{
	if (setsockopt(doze->fd, SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof(bytes)) == 0)
		doze->at_least = bytes;
}

static void note_request(struct doze *doze)
{
	doze->requests++;
	doze->vain += doze->in_vain;
	doze->in_vain = false;
	if (doze->requests < doze->needed)
		return;
	if (doze->at_least == 1 && 2 * doze->vain >= doze->needed && doze->smallest <= DOZE_PACKET)
		set_least(doze, 2 * (int)doze->smallest + 1);
	begin(doze);
}

void doze_note(struct doze *doze, uint64_t bytes, uint64_t packets, bool has_request)
{
	uint64_t more = packets - doze->packets;
	uint64_t size = more > 0 ? (bytes - doze->bytes) / more : 0;

	if (bytes == doze->bytes)
		return;
	doze->bytes = bytes;
	doze->packets = packets;
	if (has_request) {
		note_request(doze);
		return;
	}
	doze->in_vain = true;
	if (size > 0 && size < doze->smallest)
		doze->smallest = size;
}

/*
 * Something had come, less than was waited for. Where that happens again and again, as with a
 * client whose requests are as small as two such packets, it would take 5 ms of each few requests.
 */
static void note_late(struct doze *doze)
{
	if (doze->in_time >= DOZE_GOOD)
		doze->needed = DOZE_REQUESTS;
	else if (doze->needed <= UINT_MAX / 8)
		doze->needed *= 4;
	doze->in_time = 0;
}

int doze_poll(struct doze *doze, struct pollfd *from, nfds_t count, int timeout_ms)
{
	int ready;

	if (doze->at_least == 1)
		return poll(from, count, timeout_ms);
	ready = poll(from, count, timeout_ms < DOZE_MS ? timeout_ms : DOZE_MS);
	if (ready != 0) {
		doze->in_time++;
		return ready;
	}
	set_least(doze, 1);
	ready = poll(from, count, 0);
	if (ready != 0) {
		note_late(doze);
		return ready;
	}
	return timeout_ms > DOZE_MS ? poll(from, count, timeout_ms - DOZE_MS) : 0;
}
