/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Letters that nobody comes for: they get a paper delivery as well, once, so that electronic
 * delivery never silently takes the place of paper.
 *
 * Two kinds: of those that no account has a receipt of after paper.after days, each is judged once,
 * when it is that old; of those whose accounts cannot be told, since mail to each of them comes
 * back, after paper.after-bounce days.
 */
#ifndef SPOOL_UNFETCHED_H
#define SPOOL_UNFETCHED_H

#include <stdbool.h>

#include "spool/catalog.h"
#include "spool/event.h"
#include "spool/settings.h"

/*
 * Queue paper deliveries that are due now, some hundred a call; watchd places them. *ret_more:
 * there may be more of them. Where paper.after was off before, only letters that become that old
 * from now on are judged.
 */
int unfetched_queue(struct catalog *catalog, const struct actor *actor,
    const struct settings *settings, bool *ret_more, struct err *err);

#endif
