/* SPDX-License-Identifier: Apache-2.0 */
#include "server/shelf.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/clean.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"

struct kept {
	struct letter_line line;
	char name[SERVED_NAME_MAX + 1]; /* line.name is it */
	int fd;
	int64_t until; /* by clock_elapsed() */
};

/* Letters of a folder that follow one another in one of its orders. */
struct run {
	int64_t account_id;
	char avrs_id[AVRS_ID_MAX + 1];
	enum letter_class class;
	bool by_name;
	int64_t session; /* that asked last */
	int64_t until;   /* by clock_elapsed(): nobody has asked for so long */
	bool is_shared;  /* by sessions; for one alone nothing is kept */
	int64_t before;  /* the letter that the first one follows */
	size_t first;
	size_t count;
	struct kept letters[SHELF_LETTERS]; /* a ring */
};

static struct kept *get(struct run *run, size_t index)
{
	return &run->letters[(run->first + index) % SHELF_LETTERS];
}

static void drop_first(struct run *run, size_t count)
{
	for (; count > 0; count--) {
		run->before = get(run, 0)->line.id;
		clean_fd(&get(run, 0)->fd);
		run->first = (run->first + 1) % SHELF_LETTERS;
		run->count--;
	}
}

static void free_run(struct run **run)
{
	drop_first(*run, (*run)->count);
	free(*run);
	*run = NULL;
}

void shelf_clear(struct shelf *shelf)
{
	for (size_t i = 0; i < SHELF_RUNS; i++)
		if (shelf->runs[i])
			free_run(&shelf->runs[i]);
}

/* Microseconds until the run needs it again. */
static int64_t tidy_run(struct run *run, int64_t now)
{
	while (run->count > 0 && get(run, 0)->until <= now)
		drop_first(run, 1);
	return (run->count > 0 ? get(run, 0)->until : run->until) - now;
}

int64_t shelf_tidy(struct shelf *shelf)
{
	int64_t now = clock_elapsed();
	int64_t soonest = -1;

	for (size_t i = 0; i < SHELF_RUNS; i++) {
		struct run **run = &shelf->runs[i];
		int64_t left;

		if (*run && (*run)->until <= now)
			free_run(run);
		if (!*run)
			continue;
		left = tidy_run(*run, now);
		if (soonest < 0 || left < soonest)
			soonest = left;
	}
	return soonest;
}

static bool is_of(const struct run *run, const struct shelf_wish *wish)
{
	const struct letter *letter = &wish->found->letter;

	return run->account_id == wish->view->account.id && run->class == letter->class &&
	       run->by_name == wish->by_name && strcmp(run->avrs_id, letter->avrs_id) == 0;
}

/* The run of that account, folder and order: a new one in the place of the oldest, if need be. */
static struct run *find_run(struct shelf *shelf, const struct shelf_wish *wish)
{
	const struct letter *letter = &wish->found->letter;
	struct run **oldest = &shelf->runs[0];
	struct run *run;

	for (size_t i = 0; i < SHELF_RUNS; i++) {
		struct run **at = &shelf->runs[i];

		if (*at && is_of(*at, wish))
			return *at;
		if (*oldest && (!*at || (*at)->until < (*oldest)->until))
			oldest = at;
	}
	if (*oldest)
		free_run(oldest);
	run = mem_new(1, sizeof(*run));
	run->account_id = wish->view->account.id;
	text_copy(run->avrs_id, letter->avrs_id);
	run->class = letter->class;
	run->by_name = wish->by_name;
	run->session = wish->session;
	*oldest = run;
	return run;
}

/* Is the letter behind all that are kept? They were passed over, or taken. */
static bool is_behind(struct run *run, const struct letter *letter)
{
	const struct kept *last = run->count > 0 ? get(run, run->count - 1) : NULL;

	if (!last)
		return true;
	return run->by_name ? strcmp(letter->name, last->name) > 0
	                    : letter->sequence > last->line.sequence;
}

/* Is the run good for what follows that letter? *ret_passed: it is behind so many of it. */
static bool find_letter(struct run *run, const struct letter *letter, size_t *ret_passed)
{
	if (is_behind(run, letter)) {
		drop_first(run, run->count);
		run->before = letter->id;
	}
	*ret_passed = 0;
	if (run->before == letter->id)
		return true;
	for (size_t i = 0; i < run->count; i++)
		if (get(run, i)->line.id == letter->id) {
			*ret_passed = i + 1;
			return true;
		}
	return false;
}

/* Letters being opened: each() is what takes them, or the run. */
struct opening {
	const struct shelf_wish *wish;
	struct run *run;
	int (*each)(const struct view_found *next, int fd, void *arg, struct err *err);
	void *arg;
	int64_t until;
	bool failed;
};

static void keep(const struct opening *opening, const struct letter *letter, int fd)
{
	struct kept *kept = get(opening->run, opening->run->count++);

	text_copy(kept->name, letter->name);
	kept->line = (struct letter_line){
	    letter->id, kept->name, letter->size, letter->sequence, letter->posted};
	kept->fd = fd;
	kept->until = opening->until;
}

static int open_one(const struct view_found *next, void *arg, struct err *err)
{
	struct opening *opening = arg;
	int fd = -1;

	if (opening->failed || view_open(opening->wish->view, next, &fd, err) < 0) {
		opening->failed = true;
		return 0;
	}
	if (!opening->run)
		return opening->each(next, fd, opening->arg, err);
	keep(opening, &next->letter, fd);
	return 0;
}

/* See that there are some behind the first *passed of the run, which may be fewer afterwards. */
static int refill(struct run *run, const struct shelf_wish *wish, size_t *passed, struct err *err)
{
	struct opening opening = {.wish = wish, .run = run};
	struct view_found last = *wish->found;
	size_t left = run->count - *passed;
	size_t all = run->count + (size_t)wish->limit;

	if (2 * left >= (size_t)wish->limit)
		return 0;
	/* What is left, less than half of a wish, has room beside a whole one. */
	if (all > SHELF_LETTERS) {
		drop_first(run, all - SHELF_LETTERS);
		*passed -= all - SHELF_LETTERS;
	}
	if (left > 0)
		view_found_become(&last, &get(run, run->count - 1)->line);
	opening.until = clock_elapsed() + SHELF_LASTS;
	return view_find_next(
	    wish->view, &last, wish->by_name, wish->limit, open_one, &opening, err);
}

static int open_kept(struct run *run, struct opening *opening, size_t passed, struct err *err)
{
	const struct shelf_wish *wish = opening->wish;
	struct view_found next = *wish->found;

	if (refill(run, wish, &passed, err) < 0)
		return -1;
	for (size_t i = passed; i < run->count && i < passed + (size_t)wish->limit; i++) {
		const struct kept *kept = get(run, i);
		int fd = fcntl(kept->fd, F_DUPFD_CLOEXEC, 0);

		if (fd < 0)
			break;
		view_found_become(&next, &kept->line);
		if (opening->each(&next, fd, opening->arg, err) < 0)
			return -1;
	}
	return 0;
}

int shelf_open_next(struct shelf *shelf, const struct shelf_wish *wish,
    int (*each)(const struct view_found *next, int fd, void *arg, struct err *err), void *arg,
    struct err *err)
{
	struct opening opening = {.wish = wish, .each = each, .arg = arg};
	size_t passed = 0;
	struct run *run;

	/* Of nothing else there is a next one. */
	if (wish->found->place.kind != PLACE_LETTER || wish->limit <= 0)
		return 0;
	(void)shelf_tidy(shelf);
	run = find_run(shelf, wish);
	run->until = clock_elapsed() + SHELF_LASTS;
	run->is_shared |= run->session != wish->session;
	run->session = wish->session;
	if (run->is_shared && find_letter(run, &wish->found->letter, &passed))
		return open_kept(run, &opening, passed, err);
	return view_find_next(
	    wish->view, wish->found, wish->by_name, wish->limit, open_one, &opening, err);
}
