/* SPDX-License-Identifier: Apache-2.0 */
/* The spool as a command of the operator's opens it. */
#ifndef ADMIN_OPERATOR_H
#define ADMIN_OPERATOR_H

#include "admin/command.h"
#include "spool/spool.h"

/* Open the spool of the call's settings; changes are logged as the Unix user's that calls. */
int operator_open(const struct call *call, struct spool *ret_spool, struct err *err);

#endif
