/* SPDX-License-Identifier: Apache-2.0 */
#include "base/attack.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/mem.h"
#include "base/message.h"
#include "base/sandbox.h"
#include "tests/lib/child.h"
#include "tests/unit/suite.h"

void add_suite_attack(CU_pSuite suite);

struct attack {
	const char *variable; /* EDELIVERY_ATTACK */
	const char *input;
	int channel;
};

static void attack(const void *arg)
{
	const struct attack *a = arg;

	if (a->variable)
		(void)setenv("EDELIVERY_ATTACK", a->variable, 1);
	else
		(void)unsetenv("EDELIVERY_ATTACK");
	attack_here(a->input, strlen(a->input), a->channel);
}

/* What a child says that reads the input, and nothing contains. */
static void expect_said(const struct attack *a, const char *said)
{
	struct child_end end;

	child_run(attack, a, &end);
	CU_ASSERT_EQUAL(end.status, 0);
	CU_ASSERT_EQUAL(said != NULL, end.said[0] != '\0');
	CU_ASSERT_PTR_NOT_NULL(strstr(end.said, said ? said : ""));
}

static void does_nothing_unless_it_is_wanted_and_asked_for(void)
{
	static const struct attack rows[] = {
	    {NULL, "attack-open", -1},
	    {"yes", "attack", -1},
	    {"yes", "an attack-open", -1},
	    {"yes", "attack-nothing", -1},
	    {"yes", "attack-open-soon", -1},
	    {"yes", "attack-ask-often", -1},
	    {"yes",
	        "attack-open-00000000000000000000000000000000000000000000000000000000000000000000",
	        -1},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		expect_said(&rows[i], NULL);
}

#ifdef EDELIVERY_FAULTS

static void tells_what_came_of_a_call(void)
{
	expect_said(&(struct attack){"yes", "attack-open", -1}, "attack=open text=\"it was done\"");
	expect_said(&(struct attack){"yes", "attack-chroot", -1},
	    getuid() == 0 ? "attack=chroot text=\"it was done\""
	                  : "attack=chroot text=\"Operation not permitted\"");
}

static void asks_in_the_three_ways(void)
{
	static const struct {
		const char *input;
		unsigned fds;
		bool is_bad;
	} rows[] = {
	    {"attack-ask-999", 0, false},
	    {"attack-ask-999-fd", 1, false},
	    {"attack-ask-999-cut", 0, true},
	};
	OWNED_MEM struct message *message = mem_new(1, sizeof(*message));
	enum message_state state = MESSAGE_NONE;
	int ends[2];
	struct err err;

	CU_ASSERT_EQUAL_FATAL(message_channel(ends, &err), 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		expect_said(&(struct attack){"yes", rows[i].input, ends[0]}, NULL);
		CU_ASSERT_EQUAL_FATAL(message_receive(ends[1], message, &state, &err), 0);
		CU_ASSERT_EQUAL(state, MESSAGE_GOT);
		CU_ASSERT_EQUAL(message->kind, 999);
		CU_ASSERT_EQUAL(message->fd_count, rows[i].fds);
		(void)message_get_text(message);
		CU_ASSERT_EQUAL(message_is_bad(message), rows[i].is_bad);
		message_close_fds(message);
	}
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void widens_filters_for_landlock_alone(void)
{
	(void)setenv("EDELIVERY_ATTACK", "yes", 1);
	CU_ASSERT_EQUAL(attack_rules()->number, -1);
	(void)setenv("EDELIVERY_ATTACK", "landlock", 1);
	CU_ASSERT_NOT_EQUAL(attack_rules()->number, -1);
	(void)unsetenv("EDELIVERY_ATTACK");
	CU_ASSERT_EQUAL(attack_rules()->number, -1);
}

#else

static void widens_no_filter(void)
{
	(void)setenv("EDELIVERY_ATTACK", "landlock", 1);
	CU_ASSERT_PTR_NULL(attack_rules());
	expect_said(&(struct attack){"yes", "attack-open", -1}, NULL);
	(void)unsetenv("EDELIVERY_ATTACK");
}

#endif

void add_suite_attack(CU_pSuite suite)
{
	TEST(does_nothing_unless_it_is_wanted_and_asked_for);
#ifdef EDELIVERY_FAULTS
	TEST(tells_what_came_of_a_call);
	TEST(asks_in_the_three_ways);
	TEST(widens_filters_for_landlock_alone);
#else
	TEST(widens_no_filter);
#endif
}
