/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/publish.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/number.h"
#include "batch/post.h"
#include "spool/intake.h"
#include "spool/letter_sequence.h"
#include "spool/notification.h"

/* A batch being published, for the transaction's body. */
struct publishing {
	const struct spool *spool;
	struct publication *letters;
	size_t count;
	int64_t event_id;                  /* of the next letter's event */
	struct letter_sequence *sequences; /* of each AVRS ID with electronic ones */
	size_t sequence_count;
	size_t next_sequence;
};

static int compare(const void *a, const void *b)
{
	const struct letter *x = &((const struct publication *)a)->letter;
	const struct letter *y = &((const struct publication *)b)->letter;
	int order = strcmp(x->avrs_id, y->avrs_id);

	if (order == 0)
		order = (x->id > y->id) - (x->id < y->id);
	return order;
}

/* How many of the letters from at on have the same AVRS ID. */
static size_t run_length(const struct publishing *p, size_t at)
{
	size_t end = at;

	while (end < p->count &&
	       strcmp(p->letters[end].letter.avrs_id, p->letters[at].letter.avrs_id) == 0)
		end++;
	return end - at;
}

static size_t count_electronic(const struct publication *run, size_t length)
{
	size_t electronic = 0;

	for (size_t i = 0; i < length; i++)
		electronic += run[i].letter.electronic != ELECTRONIC_NONE;
	return electronic;
}

/* The numbers of all AVRS IDs at once: to ask for each one's is a round trip for each. */
static int take_sequences(struct publishing *p, struct err *err)
{
	p->sequence_count = p->next_sequence = 0;
	for (size_t at = 0, length; at < p->count; at += length) {
		size_t electronic;

		length = run_length(p, at);
		electronic = count_electronic(&p->letters[at], length);
		if (electronic > 0)
			p->sequences[p->sequence_count++] =
			    (struct letter_sequence){.avrs_id = p->letters[at].letter.avrs_id,
			        .letters = (int64_t)electronic,
			        .wanted = p->letters[at + length - 1].letter.posted};
	}
	return letter_sequence_take(p->spool->catalog, p->sequences, p->sequence_count, err);
}

/* Its time never goes back within an AVRS ID, so the file may have to follow. */
static int set_posted(
    const struct spool *spool, struct publication *p, int64_t posted, struct err *err)
{
	char path[FOLDER_PATH_MAX];
	int failed;
	const struct timespec times[] = {{.tv_nsec = UTIME_OMIT},
	    {.tv_sec = posted / SECOND, .tv_nsec = posted % SECOND * 1000}};

	if (p->letter.posted == posted)
		return 0;
	p->letter.posted = posted;
	post_path(&p->letter, path);
	failed = p->fd >= 0 ? futimens(p->fd, times)
	                    : utimensat(spool->root_fd, path, times, AT_SYMLINK_NOFOLLOW);
	return failed ? err_sys(err, "set the time of %s", path) : 0;
}

static int publish_electronic(
    struct publishing *p, struct publication *run, size_t length, struct err *err)
{
	struct catalog *catalog = p->spool->catalog;
	const char *avrs_id = run->letter.avrs_id;
	const struct letter_sequence *sequence = &p->sequences[p->next_sequence++];
	size_t counts[CLASS_COUNT] = {0};
	int64_t number = sequence->first;

	for (size_t i = 0; i < length; i++) {
		struct letter *letter = &run[i].letter;

		if (!letter->electronic)
			continue;
		letter->sequence = number++;
		if (set_posted(p->spool, &run[i], sequence->posted, err) < 0 ||
		    letter_set_posted(catalog, letter, err) < 0)
			return -1;
		counts[letter->class]++;
	}
	for (enum letter_class class = CLASS_EDELIVERY; class < CLASS_COUNT; class ++)
		if (counts[class] &&
		    notification_count(catalog, avrs_id, class, (int64_t)counts[class], err) < 0)
			return -1;
	return 0;
}

/* The rest of what is told of a letter, whichever way it goes. */
static int tell(struct publishing *p, const struct publication *one, struct err *err)
{
	const struct letter *letter = &one->letter;
	struct catalog *catalog = p->spool->catalog;

	if (!letter->electronic && letter_set_placed(catalog, letter->id, clock_now(), err) < 0)
		return -1;
	if (one->was_held && intake_set_taken(catalog, letter->id, err) < 0)
		return -1;
	return event_add_as(catalog, p->event_id++, &p->spool->actor,
	    &(struct event){.what = letter->electronic ? "letter.posted" : "letter.on-paper",
	        .avrs_id = letter->avrs_id,
	        .letter_id = letter->id,
	        .detail = letter->electronic ? NULL : letter->paper_reason},
	    err);
}

static int publish_run(struct publishing *p, size_t at, size_t length, struct err *err)
{
	if (count_electronic(&p->letters[at], length) > 0 &&
	    publish_electronic(p, &p->letters[at], length, err) < 0)
		return -1;
	for (size_t i = 0; i < length; i++)
		if (tell(p, &p->letters[at + i], err) < 0)
			return -1;
	return 0;
}

static int publish_body(struct catalog *catalog, void *arg, struct err *err)
{
	struct publishing *p = arg;

	if (catalog_take_ids(catalog, "event", (int64_t)p->count, &p->event_id, err) < 0 ||
	    take_sequences(p, err) < 0)
		return -1;
	for (size_t at = 0, length; at < p->count; at += length) {
		length = run_length(p, at);
		if (publish_run(p, at, length, err) < 0)
			return -1;
	}
	return 0;
}

static void log_letter(const struct letter *letter)
{
	if (letter->electronic)
		log_info("letter=%" PRId64 " posted avrs_id=%s class=%s type=%s bytes=%" PRId64
		         " sequence=%" PRId64,
		    letter->id, letter->avrs_id, letter_class_name(letter->class), letter->type,
		    letter->size, letter->sequence);
	else
		log_info("letter=%" PRId64 " on-paper avrs_id=%s type=%s bytes=%" PRId64
		         " reason=\"%s\"",
		    letter->id, letter->avrs_id, letter->type, letter->size, letter->paper_reason);
}

void publish_log(const struct publication *letters, size_t count)
{
	log_gather();
	for (size_t i = 0; i < count; i++)
		log_letter(&letters[i].letter);
	log_release();
}

int publish_within(
    const struct spool *spool, struct publication *letters, size_t count, struct err *err)
{
	OWNED_MEM struct letter_sequence *sequences = mem_new(count, sizeof(*sequences));
	struct publishing p = {
	    .spool = spool, .letters = letters, .count = count, .sequences = sequences};

	if (count == 0)
		return 0;
	qsort(letters, count, sizeof(*letters), compare);
	return catalog_transact_lazily(spool->catalog, publish_body, &p, err);
}

int publish(const struct spool *spool, struct publication *letters, size_t count, struct err *err)
{
	if (publish_within(spool, letters, count, err) < 0)
		return -1;
	publish_log(letters, count);
	return 0;
}
