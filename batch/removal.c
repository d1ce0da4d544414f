/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/removal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/notify.h"
#include "batch/aside.h"
#include "batch/beside.h"
#include "batch/take.h"

int removal_of(struct drop *drop, struct arrivals *arrivals, struct err *err)
{
	char name[ASIDE_NAME_SIZE];
	bool is_it = false;

	aside_name(drop->letter.id, name);
	if (aside_put(drop, name, arrivals, &is_it, err) < 0)
		return -1;
	if (!is_it) {
		/* A repetition that was adopted is a drop again. */
		if (drop->adopted && drop->verdict == VERDICT_DUPLICATE)
			take_back(drop);
		return 0;
	}
	fault_point("post.renamed");
	if (unlinkat(drop->folder_fd, name, 0) < 0)
		return err_sys(err, "remove a taken file");
	fault_point("post.removed");
	return 0;
}

/* The removal of a group's drops, beside what the caller does. */
struct removal {
	struct drop *drops;
	size_t count;
	struct arrivals *arrivals; /* of its own, until it ends */
	struct beside beside;
};

static void run_removal(void *arg)
{
	const struct removal *r = arg;

	for (size_t i = 0; i < r->count; i++) {
		struct drop *drop = &r->drops[i];
		struct err err;

		notify_alive();
		if (drop->is_done_with && removal_of(drop, r->arrivals, &err) < 0)
			log_error("letter=%" PRId64 " avrs_id=%s text=\"%s\"", drop->letter.id,
			    drop->avrs_id, err.text);
		drop_done(drop);
	}
}

struct removal *removal_begin(struct drop *drops, size_t count)
{
	struct removal *r = mem_new(1, sizeof(*r));

	*r = (struct removal){.drops = drops, .count = count, .arrivals = arrivals_new()};
	beside_begin(&r->beside, count > 1, 0, run_removal, r);
	return r;
}

void removal_end(struct removal *removal, struct arrivals *arrivals)
{
	struct arrival *arrival;

	if (!removal)
		return;
	beside_end(&removal->beside);
	while ((arrival = arrivals_take(removal->arrivals, false)) != NULL) {
		arrivals_add(arrivals, arrival);
		free(arrival);
	}
	arrivals_free(removal->arrivals);
	free(removal);
}
