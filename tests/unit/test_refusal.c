/* SPDX-License-Identifier: Apache-2.0 */
#include "server/refusal.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/number.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_refusal(CU_pSuite suite);

static const char identification[] = "SSH-2.0-edelivery\r\n";

static uint32_t get_uint32(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* RFC 4253: a line of identification, then one packet of whole blocks that says goodbye. */
static void is_an_ssh_server_that_disconnects_with_a_reason(void)
{
	for (int i = REFUSAL_SESSIONS; i <= REFUSAL_STRANGERS_ADDRESS; i++) {
		unsigned char text[REFUSAL_PACKET_MAX];
		size_t length = refusal_packet((enum refusal)i, text);
		const unsigned char *packet = text + sizeof(identification) - 1;
		uint32_t padding = packet[4];

		CU_ASSERT_EQUAL(memcmp(text, identification, sizeof(identification) - 1), 0);
		length -= sizeof(identification) - 1;
		CU_ASSERT_EQUAL(length % 8, 0);
		CU_ASSERT_EQUAL(get_uint32(packet), length - 4);
		CU_ASSERT_TRUE(padding >= 4);
		CU_ASSERT_EQUAL(packet[5], 1);               /* SSH_MSG_DISCONNECT */
		CU_ASSERT_EQUAL(get_uint32(packet + 6), 12); /* too many connections */
		CU_ASSERT_EQUAL(4 + 1 + 1 + 4 + 4 + get_uint32(packet + 10) + 4 + padding, length);
		CU_ASSERT_PTR_NOT_NULL(memmem(packet, length, "try again later", 15));
	}
}

static void every_refusal_has_its_setting_and_its_count(void)
{
	CU_ASSERT_STRING_EQUAL(refusal_setting(REFUSAL_SESSIONS), "server.sessions");
	CU_ASSERT_STRING_EQUAL(
	    refusal_setting(REFUSAL_SESSIONS_ADDRESS), "server.sessions-per-address");
	CU_ASSERT_STRING_EQUAL(refusal_setting(REFUSAL_STRANGERS), "server.strangers");
	CU_ASSERT_STRING_EQUAL(
	    refusal_setting(REFUSAL_STRANGERS_ADDRESS), "server.strangers-per-address");
	CU_ASSERT_EQUAL(refusal_kind(REFUSAL_SESSIONS), TRAFFIC_REFUSED_SESSIONS);
	CU_ASSERT_EQUAL(refusal_kind(REFUSAL_SESSIONS_ADDRESS), TRAFFIC_REFUSED_ADDRESS);
	CU_ASSERT_EQUAL(refusal_kind(REFUSAL_STRANGERS), TRAFFIC_REFUSED_STRANGERS);
	CU_ASSERT_EQUAL(refusal_kind(REFUSAL_STRANGERS_ADDRESS), TRAFFIC_REFUSED_STRANGERS_ADDRESS);
}

static void tells_the_client_and_closes_later(void)
{
	struct refused refused = {{{0}}};
	unsigned char told[REFUSAL_PACKET_MAX];
	unsigned char expected[REFUSAL_PACKET_MAX];
	int ends[2];

	CU_ASSERT_EQUAL_FATAL(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
	CU_ASSERT_FALSE(refusal_close(&refused, 0));
	refusal_tell(&refused, REFUSAL_SESSIONS, ends[0]);
	CU_ASSERT_EQUAL(
	    (size_t)read(ends[1], told, sizeof(told)), refusal_packet(REFUSAL_SESSIONS, expected));
	CU_ASSERT_EQUAL(memcmp(told, expected, 64), 0);
	CU_ASSERT_EQUAL(read(ends[1], told, sizeof(told)), 0);
	CU_ASSERT_TRUE(refusal_close(&refused, HOUR));
	CU_ASSERT_NOT_EQUAL(fcntl(ends[0], F_GETFD), -1);
	CU_ASSERT_FALSE(refusal_close(&refused, 0));
	CU_ASSERT_EQUAL(fcntl(ends[0], F_GETFD), -1);
	(void)close(ends[1]);
}

/* However many come: as many descriptors as there are places, and none of a client that is gone. */
static void keeps_a_bounded_number_of_clients(void)
{
	struct refused refused = {{{0}}};
	int before = fixture_open_descriptors();

	for (int i = 0; i < 3 * REFUSED_MAX; i++) {
		int ends[2];

		CU_ASSERT_EQUAL_FATAL(
		    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
		(void)close(ends[1]);
		refusal_tell(&refused, REFUSAL_STRANGERS, ends[0]);
	}
	CU_ASSERT_EQUAL(fixture_open_descriptors(), before + REFUSED_MAX);
	CU_ASSERT_FALSE(refusal_close(&refused, 0));
	CU_ASSERT_EQUAL(fixture_open_descriptors(), before);
}

void add_suite_refusal(CU_pSuite suite)
{
	TEST(is_an_ssh_server_that_disconnects_with_a_reason);
	TEST(every_refusal_has_its_setting_and_its_count);
	TEST(tells_the_client_and_closes_later);
	TEST(keeps_a_bounded_number_of_clients);
}
