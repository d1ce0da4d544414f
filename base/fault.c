/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fault.h"

#ifdef EDELIVERY_FAULTS
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

struct fault {
	bool known;
	char point[64];
	char action[8];
	_Atomic int64_t countdown;
};

/* "post.linked=kill@2" taken apart; a variable that is not of that form asks for nothing. */
static void read_fault(struct fault *fault)
{
	const char *text = getenv("EDELIVERY_FAULT");
	const char *action = text ? strchr(text, '=') : NULL;
	struct err err;
	int64_t countdown = 1;
	size_t length;

	fault->known = true;
	if (!action || (size_t)(action - text) >= sizeof(fault->point))
		return;
	length = strcspn(action + 1, "@");
	if (length >= sizeof(fault->action))
		return;
	memcpy(fault->point, text, (size_t)(action - text));
	memcpy(fault->action, action + 1, length);
	if (action[1 + length] == '@')
		(void)number_parse(action + 2 + length, &countdown, &err);
	atomic_store(&fault->countdown, countdown);
}

bool fault_here(const char *point)
{
	static struct fault fault;

	if (!fault.known)
		read_fault(&fault);
	if (strcmp(fault.point, point) != 0 || atomic_fetch_sub(&fault.countdown, 1) != 1)
		return false;
	if (strcmp(fault.action, "kill") == 0)
		(void)raise(SIGKILL);
	if (strcmp(fault.action, "stop") == 0)
		(void)raise(SIGSTOP);
	return strcmp(fault.action, "fail") == 0;
}
#endif
