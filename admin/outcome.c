/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/outcome.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "admin/listing.h"
#include "base/number.h"
#include "base/text.h"

#define LOOK_EVERY   (SECOND / 20)
#define WAIT_DEFAULT (60 * SECOND)

static const char *const names[OUTCOME_COUNT] = {
    [OUTCOME_WAITING] = "waiting",
    [OUTCOME_HELD] = "held",
    [OUTCOME_POSTED] = "posted",
    [OUTCOME_PAPER] = "paper",
    [OUTCOME_DUPLICATE] = "duplicate",
    [OUTCOME_QUARANTINED] = "quarantined",
    [OUTCOME_DISCARDED] = "discarded",
    [OUTCOME_GONE] = "gone",
};

static bool is_settled(const struct outcome *outcome)
{
	return outcome->state != OUTCOME_WAITING && outcome->state != OUTCOME_HELD;
}

static bool is_right(const struct outcome *outcome, bool discarding)
{
	if (discarding)
		return outcome->state == OUTCOME_DISCARDED;
	return outcome->state == OUTCOME_POSTED || outcome->state == OUTCOME_PAPER ||
	       outcome->state == OUTCOME_DUPLICATE;
}

static void settle(struct outcome *outcome, enum outcome_state state, const char *reason)
{
	outcome->state = state;
	text_copy(outcome->reason, reason);
}

static void tell_letter(struct outcome *outcome, const struct letter *letter)
{
	if (letter->electronic == ELECTRONIC_POSTING || (letter->paper && !letter->placed))
		settle(outcome, OUTCOME_WAITING, "being posted");
	else if (letter->electronic)
		settle(outcome, OUTCOME_POSTED, "");
	else
		settle(outcome, OUTCOME_PAPER, letter->paper_reason);
}

static void tell_intake(struct outcome *outcome, const struct intake *intake)
{
	static const enum outcome_state states[INTAKE_COUNT] = {
	    [INTAKE_HELD] = OUTCOME_HELD,
	    [INTAKE_QUARANTINED] = OUTCOME_QUARANTINED,
	    [INTAKE_TAKEN] = OUTCOME_WAITING,
	    [INTAKE_DUPLICATE] = OUTCOME_DUPLICATE,
	    [INTAKE_DISCARDED] = OUTCOME_DISCARDED,
	    [INTAKE_GONE] = OUTCOME_GONE,
	};

	if (intake->wanted)
		settle(outcome, OUTCOME_WAITING, "edelivery-watchd has not looked at it yet");
	else
		settle(outcome, states[intake->state], intake->reason);
}

/* A file that has no row yet, as far as we know. */
static int find_id(struct catalog *catalog, struct outcome *outcome, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog,
	        "SELECT id FROM letter WHERE id >= $1 AND avrs_id = $2 AND class = $3"
	        " AND source_device = $4 AND source_inode = $5"
	        " UNION ALL SELECT id FROM intake WHERE id >= $1 AND avrs_id = $2 AND class = $3"
	        " AND source_device = $4 AND source_inode = $5",
	        VALUES(INT(outcome->from_id), TEXT(outcome->avrs_id),
	            TEXT(letter_class_name(outcome->class)), INT(outcome->source.device),
	            INT(outcome->source.inode)),
	        &row, &found, err) < 0)
		return -1;
	if (found)
		outcome->id = statement_int(row, 0);
	return 0;
}

static int look(struct catalog *catalog, struct outcome *outcome, struct err *err)
{
	struct letter letter;
	struct intake intake;
	bool found = false;

	if (!outcome->id && find_id(catalog, outcome, err) < 0)
		return -1;
	if (!outcome->id) {
		settle(outcome, OUTCOME_WAITING, "edelivery-watchd has not looked at it yet");
		return 0;
	}
	if (letter_find(catalog, outcome->id, &letter, &found, err) < 0)
		return -1;
	if (found) {
		tell_letter(outcome, &letter);
		return 0;
	}
	if (intake_find(catalog, outcome->id, &intake, &found, err) < 0)
		return -1;
	if (found)
		tell_intake(outcome, &intake);
	else /* its posting was undone, and is begun again */
		outcome->id = outcome->from_id ? 0 : outcome->id;
	return 0;
}

int outcome_timeout(const struct call *call, int64_t *ret_timeout, struct err *err)
{
	const char *text = call_option(call, "timeout");

	*ret_timeout = WAIT_DEFAULT;
	if (!text || number_parse_duration(text, ret_timeout, err) == 0)
		return 0;
	return err_context(err, "--timeout");
}

int outcome_await(struct catalog *catalog, struct outcome *outcomes, size_t count, int64_t timeout,
    struct err *err)
{
	const struct timespec pause = {.tv_nsec = LOOK_EVERY * 1000};
	int64_t until = clock_elapsed() + timeout;
	size_t left = count;

	for (;;) {
		left = 0;
		for (size_t i = 0; i < count; i++) {
			if (!is_settled(&outcomes[i]) && look(catalog, &outcomes[i], err) < 0)
				return -1;
			left += !is_settled(&outcomes[i]);
		}
		if (left == 0 || clock_elapsed() >= until)
			return 0;
		(void)nanosleep(&pause, NULL);
	}
}

/* What the exit status says of all of them. */
static int judge(const struct outcome *outcomes, size_t count, bool discarding, struct err *err)
{
	size_t waiting = 0;
	size_t refused = 0;

	for (size_t i = 0; i < count; i++) {
		waiting += !is_settled(&outcomes[i]);
		refused += is_settled(&outcomes[i]) && !is_right(&outcomes[i], discarding);
	}
	if (refused > 0)
		return err_set(err, ERR_REFUSED, "%zu of %zu files: not %s", refused, count,
		    discarding ? "discarded" : "taken");
	if (waiting > 0)
		return err_set(err, ERR_RETRY,
		    "%zu of %zu files: not %s yet (does edelivery-watchd run?)", waiting, count,
		    discarding ? "discarded" : "taken");
	return 0;
}

int outcome_print(
    const struct outcome *outcomes, size_t count, bool discarding, bool as_json, struct err *err)
{
	static const char *const columns[] = {"id", "avrs_id", "name", "outcome", "reason", NULL};
	OWNED_LISTING struct listing *listing = NULL;

	if (listing_new(as_json, columns, &listing, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		listing_number(listing, outcomes[i].id);
		listing_text(listing, outcomes[i].avrs_id);
		listing_text(listing, outcomes[i].name);
		listing_text(listing, names[outcomes[i].state]);
		listing_text(listing, outcomes[i].reason);
		listing_end_row(listing);
	}
	if (listing_print(listing, "", err) < 0)
		return -1;
	return judge(outcomes, count, discarding, err);
}
