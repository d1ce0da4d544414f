/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/operator.h"

#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

int operator_open(const struct call *call, struct spool *ret_spool, struct err *err)
{
	static char name[64];
	const struct passwd *user = getpwuid(getuid());

	if (user)
		(void)snprintf(name, sizeof(name), "operator %.50s", user->pw_name);
	else
		(void)snprintf(name, sizeof(name), "operator %d", (int)getuid());
	return spool_open(call->settings, name, ret_spool, err);
}
