/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/quarantine_wish.h"

#include <stdio.h>

#include "admin/operator.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"

/* What is wanted, for the transaction's body: of all, or of none. */
struct wishing {
	const struct spool *spool;
	const struct outcome *outcomes;
	size_t count;
	enum intake_wish wanted;
};

static int want_all(struct catalog *catalog, void *arg, struct err *err)
{
	const struct wishing *wishing = arg;

	for (size_t i = 0; i < wishing->count; i++)
		if (intake_want(catalog, &wishing->spool->actor, wishing->outcomes[i].id,
		        wishing->wanted, err) < 0)
			return -1;
	return 0;
}

/* The file of an id, as the operator knows it. */
static int identify(
    const struct spool *spool, const char *argument, struct outcome *ret_outcome, struct err *err)
{
	struct intake intake;
	bool found = false;

	if (number_parse(argument, &ret_outcome->id, err) < 0 ||
	    intake_find(spool->catalog, ret_outcome->id, &intake, &found, err) < 0)
		return -1;
	if (!found)
		return 0;
	text_copy(ret_outcome->avrs_id, intake.avrs_id);
	text_copy(ret_outcome->name, intake.name);
	return 0;
}

int quarantine_wish(const struct call *call, enum intake_wish wanted, struct err *err)
{
	OWNED_SPOOL struct spool spool = SPOOL_CLOSED;
	size_t count = (size_t)call->count;
	OWNED_MEM struct outcome *outcomes = mem_new(count, sizeof(*outcomes));
	struct wishing wishing = {&spool, outcomes, count, wanted};
	int64_t timeout = 0;

	if (outcome_timeout(call, &timeout, err) < 0 || operator_open(call, &spool, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (identify(&spool, call->arguments[i], &outcomes[i], err) < 0)
			return -1;
	if (catalog_transact(spool.catalog, want_all, &wishing, err) < 0)
		return -1;
	if (call_has(call, "no-wait"))
		return 0;
	if (outcome_await(spool.catalog, outcomes, count, timeout, err) < 0)
		return -1;
	return outcome_print(outcomes, count, wanted == WISH_DISCARD, call_has(call, "json"), err);
}
