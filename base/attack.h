/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a process does that was taken over, for the test of what contains it.
 *
 * In builds with EDELIVERY_FAULTS, and only where EDELIVERY_ATTACK is in the environment, input
 * that begins with "attack-" makes the process that reads it act for an attacker:
 *
 *   attack-CALL[-PID]         make that system call (the table in attack.c), against process PID
 *   attack-ask-KIND[-fd|-cut] send that message over the channel; with a descriptor that nobody
 *                             asked for; with a text that ends before its length says
 *
 * Whoever is still there after a call logs what came of it. With EDELIVERY_ATTACK=landlock the
 * system call filters allow those of the calls that Landlock has to refuse. In all other builds
 * none of this exists.
 */
#ifndef BASE_ATTACK_H
#define BASE_ATTACK_H

#include <stddef.h>

struct sandbox_rule;

#ifdef EDELIVERY_FAULTS
/* Do what the input of length bytes asks for; channel: to the process that has rights, or -1. */
void attack_here(const char *input, size_t length, int channel);

/* What every filter allows besides its own rules. */
const struct sandbox_rule *attack_rules(void);
#else
static inline void attack_here(const char *input, size_t length, int channel)
{
	(void)input;
	(void)length;
	(void)channel;
}

static inline const struct sandbox_rule *attack_rules(void)
{
	return NULL;
}
#endif

#endif
