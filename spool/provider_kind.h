/* SPDX-License-Identifier: Apache-2.0 */
/* Kinds of provider, which audiences (R1) are made of. */
#ifndef SPOOL_PROVIDER_KIND_H
#define SPOOL_PROVIDER_KIND_H

#include "base/err.h"

enum provider_kind { KIND_BILLING, KIND_PERFORMING, KIND_TRADING_PARTNER, KIND_COUNT };

const char *provider_kind_name(enum provider_kind kind);

int provider_kind_parse(const char *text, enum provider_kind *ret_kind, struct err *err);

#endif
