/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery letter show: one letter or dropped file, and its whole life so far. */
#include <inttypes.h>
#include <stdio.h>

#include "admin/commands.h"
#include "admin/letter_listing.h"
#include "admin/operator.h"
#include "base/number.h"
#include "spool/event.h"
#include "spool/intake.h"
#include "spool/receipt.h"

static int print_event(
    const struct event *event, int64_t at, const char *actor, void *arg, struct err *err)
{
	char when[TIME_SIZE];

	(void)arg;
	(void)err;
	clock_print(at, when);
	(void)printf("%s  %-20s  %s%s%s%s%s\n", when, event->what, actor, event->login ? " " : "",
	    event->login ? event->login : "", event->detail ? "  " : "",
	    event->detail ? event->detail : "");
	return 0;
}

static int print_receipt(const struct receipt *receipt, void *arg, struct err *err)
{
	char when[TIME_SIZE];

	(void)arg;
	(void)err;
	clock_print(receipt->completed, when);
	(void)printf("%s  received by %s from %s, %" PRId64 " bytes, %s\n", when, receipt->login,
	    receipt->address, receipt->bytes, receipt->client);
	return 0;
}

static void print_letter(const struct letter *letter)
{
	(void)printf("letter   %" PRId64 "\nAVRS ID  %s\nclass    %s\ntype     %s\nname     %s\n"
	             "bytes    %" PRId64 "\nSHA-256  %s\n",
	    letter->id, letter->avrs_id, letter_class_name(letter->class),
	    letter->type[0] ? letter->type : "-", letter->name, letter->size, letter->sha256);
	if (letter->electronic)
		(void)printf("electronic: %s\n", electronic_name(letter->electronic));
	if (letter->paper)
		(void)printf("paper: %s (%s)\n", paper_name(letter->paper), letter->paper_reason);
	(void)printf("\n");
}

static void print_intake(const struct intake *intake)
{
	(void)printf("dropped  %" PRId64
	             "\nAVRS ID  %s\nclass    %s\nname     %s\nbytes    %" PRId64
	             "\nstate    %s\nreason   %s\n%s%s%s\n",
	    intake->id, intake->avrs_id, letter_class_name(intake->class), intake->name,
	    intake->size, intake_state_name(intake->state), intake->reason,
	    intake->path[0] ? "path     " : "", intake->path, intake->path[0] ? "\n" : "");
}

static int show(const struct call *call, const struct spool *spool, int64_t id, struct err *err)
{
	OWNED_LISTING struct listing *listing = NULL;
	struct letter letter;
	struct intake intake;
	bool found = false;
	bool dropped = false;

	if (letter_find(spool->catalog, id, &letter, &found, err) < 0 ||
	    intake_find(spool->catalog, id, &intake, &dropped, err) < 0)
		return -1;
	if (!found && !dropped)
		return err_set(err, ERR_REFUSED, "no letter or dropped file %" PRId64, id);
	if (call_has(call, "json")) {
		if (!found)
			return err_set(err, ERR_REFUSED, "%" PRId64 " is not a letter: %s, %s", id,
			    intake_state_name(intake.state), intake.reason);
		if (listing_new(true, letter_listing_columns, &listing, err) < 0)
			return -1;
		letter_listing_add(listing, &letter);
		return listing_print(listing, "", err);
	}
	if (found)
		print_letter(&letter);
	else
		print_intake(&intake);
	if (event_list_of_letter(spool->catalog, id, print_event, NULL, err) < 0)
		return -1;
	return receipt_list(spool->catalog, id, print_receipt, NULL, err);
}

static int run(const struct call *call, struct err *err)
{
	OWNED_SPOOL struct spool spool = SPOOL_CLOSED;
	int64_t id = 0;

	if (number_parse(call->arguments[0], &id, err) < 0 || operator_open(call, &spool, err) < 0)
		return -1;
	return show(call, &spool, id, err);
}

static const struct option_row options[] = {OPTION_JSON, {NULL, NULL, NULL}};

const struct command command_letter_show = {
    .name = "letter show",
    .arguments = "ID",
    .least = 1,
    .most = 1,
    .options = options,
    .about = "one letter, its deliveries and its life so far",
    .run = run,
};
