/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/found.h"

#include "spool/letter_sequence.h"
#include "spool/provider.h"

/* Rows being made, for the transaction's body. */
struct finding {
	const struct spool *spool;
	struct letter *letters;
	size_t count;
	const struct intake *intake;
};

/* From now on ids are above this one. */
static int raise_ids(struct catalog *catalog, int64_t id, struct err *err)
{
	return catalog_run(catalog,
	    "UPDATE sequence SET next = $1 + 1 WHERE name = 'letter' AND next <= $1",
	    VALUES(INT(id)), err);
}

static int see_to_provider(const struct spool *spool, const char *avrs_id, struct err *err)
{
	struct provider provider;
	bool known = false;

	if (provider_find(spool->catalog, avrs_id, &provider, &known, err) < 0)
		return -1;
	if (known)
		return 0;
	if (provider_fill(&provider, avrs_id, "", "", provider_kind_name(KIND_BILLING), err) < 0 ||
	    provider_add(spool->catalog, &spool->actor, &provider, err) < 0)
		return -1;
	return provider_deactivate(spool->catalog, &spool->actor, avrs_id, err);
}

static int tell(const struct finding *finding, const char *what, const char *avrs_id, int64_t id,
    struct err *err)
{
	return event_add(finding->spool->catalog, &finding->spool->actor,
	    &(struct event){.what = what, .avrs_id = avrs_id, .letter_id = id}, err);
}

static int add_letter(const struct finding *finding, const struct letter *letter, struct err *err)
{
	struct catalog *catalog = finding->spool->catalog;

	if (raise_ids(catalog, letter->id, err) < 0 ||
	    letter_add(catalog, finding->spool->actor.node, letter, err) < 0)
		return -1;
	return tell(finding, "letter.restored", letter->avrs_id, letter->id, err);
}

static int store_letters(struct catalog *catalog, void *arg, struct err *err)
{
	const struct finding *finding = arg;
	struct letter *letters = finding->letters;
	struct letter_sequence sequence = {.avrs_id = letters[0].avrs_id,
	    .letters = (int64_t)finding->count,
	    .wanted = letters[finding->count - 1].posted};

	if (see_to_provider(finding->spool, letters[0].avrs_id, err) < 0 ||
	    letter_sequence_take(catalog, &sequence, 1, err) < 0)
		return -1;
	for (size_t i = 0; i < finding->count; i++) {
		letters[i].electronic = ELECTRONIC_POSTING;
		letters[i].sequence = sequence.first + (int64_t)i;
		if (add_letter(finding, &letters[i], err) < 0 ||
		    letter_set_posted(catalog, &letters[i], err) < 0)
			return -1;
	}
	return catalog_announce(catalog, err);
}

int found_letters(const struct spool *spool, struct letter *letters, size_t count, struct err *err)
{
	struct finding finding = {.spool = spool, .letters = letters, .count = count};

	return catalog_transact(spool->catalog, store_letters, &finding, err);
}

static int store_paper(struct catalog *catalog, void *arg, struct err *err)
{
	const struct finding *finding = arg;
	struct letter queued = *finding->letters;

	queued.paper = PAPER_QUEUED;
	if (see_to_provider(finding->spool, queued.avrs_id, err) < 0 ||
	    add_letter(finding, &queued, err) < 0 ||
	    letter_set_placed(catalog, queued.id, queued.queued, err) < 0)
		return -1;
	return catalog_run(catalog, "UPDATE letter SET paper = $2, paper_ended = $3 WHERE id = $1",
	    VALUES(INT(queued.id), TEXT(paper_name(finding->letters->paper)),
	        INT_OR_NULL(finding->letters->paper_ended)),
	    err);
}

int found_paper(const struct spool *spool, const struct letter *letter, struct err *err)
{
	struct letter copy = *letter;
	struct finding finding = {.spool = spool, .letters = &copy, .count = 1};

	return catalog_transact(spool->catalog, store_paper, &finding, err);
}

static int store_quarantined(struct catalog *catalog, void *arg, struct err *err)
{
	const struct finding *finding = arg;
	const struct intake *intake = finding->intake;

	if (raise_ids(catalog, intake->id, err) < 0 ||
	    intake_add(catalog, finding->spool->actor.node, intake, err) < 0)
		return -1;
	return tell(finding, "letter.restored", intake->avrs_id, intake->id, err);
}

int found_quarantined(const struct spool *spool, const struct intake *intake, struct err *err)
{
	struct finding finding = {.spool = spool, .intake = intake};

	return catalog_transact(spool->catalog, store_quarantined, &finding, err);
}
