/* SPDX-License-Identifier: Apache-2.0 */
#include "server/ahead.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"

void ahead_done(struct ahead *ahead)
{
	free(ahead->page);
}

/* The next entry that was told, or the first one again behind the last. */
static int pass(struct ahead *ahead, struct entry *ret_entry, struct err *err)
{
	if (ahead->passed == ahead->count) {
		ahead->page->at = ahead->start;
		ahead->passed = 0;
	}
	ahead->passed++;
	return ask_next_entry(ahead->page, ret_entry, err);
}

/* Look for path among what was told: it is likely to be behind the one that was found last. */
static int look(struct ahead *ahead, const char *path, struct entry *ret_entry, bool *ret_found,
    struct err *err)
{
	struct entry entry;

	*ret_found = false;
	if (clock_elapsed() >= ahead->until)
		return 0;
	for (int64_t i = 0; i < ahead->count && !*ret_found; i++) {
		if (pass(ahead, &entry, err) < 0)
			return -1;
		*ret_found = strcmp(entry.name, place_name(path)) == 0;
	}
	if (*ret_found) {
		*ret_entry = entry;
		ahead->in_vain = false;
	}
	return 0;
}

/* Ask for path and what follows it. */
static int ask_page(struct ahead *ahead, int broker, const char *path, struct entry *ret_entry,
    struct reply *ret_reply, struct err *err)
{
	struct reply reply;
	int64_t count = 0;

	if (!ahead->page)
		ahead->page = mem_new(1, sizeof(*ahead->page));
	ahead->until = 0;
	ahead->in_vain = true;
	if (ask_find_more(broker, path, ahead->page, &reply, &count, err) < 0)
		return -1;
	if (reply.answer == ANSWER_OK) {
		ahead->start = ahead->page->at;
		ahead->count = count;
		ahead->passed = 0;
		if (pass(ahead, ret_entry, err) < 0)
			return -1;
		/* One alone may be named otherwise than in its path: a letter in new/. */
		if (count > 1)
			ahead->until = clock_elapsed() + AHEAD_LASTS;
	}
	*ret_reply = reply;
	return 0;
}

void ahead_begin(struct ahead *ahead)
{
	ahead->in_vain = false;
}

int ahead_find(struct ahead *ahead, int broker, const char *path, struct entry *ret_entry,
    struct reply *ret_reply, struct err *err)
{
	bool found = false;
	bool is_beside = place_is_beside(path, ahead->path);
	bool goes_on = is_beside && !ahead->in_vain;
	int result = 0;

	/* Another folder may have a letter of the same name. */
	if (!is_beside)
		ahead->until = 0;
	if (look(ahead, path, ret_entry, &found, err) < 0)
		return -1;
	if (found)
		*ret_reply = (struct reply){.answer = ANSWER_OK};
	else
		result = goes_on ? ask_page(ahead, broker, path, ret_entry, ret_reply, err)
		                 : ask_find(broker, path, ret_entry, ret_reply, err);
	text_copy(ahead->path, path);
	return result;
}
