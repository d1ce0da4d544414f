/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of `edelivery reindex`: each compares one folder with the catalog, both ways. */
#ifndef ADMIN_REINDEX_PART_H
#define ADMIN_REINDEX_PART_H

#include "admin/difference.h"

int reindex_letters(struct comparison *comparison, struct err *err);
int reindex_paper(struct comparison *comparison, struct err *err);
int reindex_quarantine(struct comparison *comparison, struct err *err);

#endif
