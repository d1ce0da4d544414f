/* SPDX-License-Identifier: Apache-2.0 */
#include "server/stock.h"

#include <stdlib.h>
#include <string.h>

#include "base/clean.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "server/ahead.h"

/* So many that some are taken where four connections share a folder, as with rclone. */
enum { FIRST_WANTED = 16 };

/* So many connections share a folder at most. */
enum { SHARED_BY = 8 };

/* More than a connection is told by chance that shares a folder with others. */
enum { TOLD_IN_A_ROW = 8 };

void stock_init(struct stock *stock)
{
	*stock = (struct stock){.wanted = FIRST_WANTED, .reports = -1};
}

static void close_all(struct stock *stock)
{
	for (size_t i = 0; stock->until && i < stock->all->count; i++)
		clean_fd(&stock->all->letters[i].fd);
	stock->until = 0;
}

void stock_done(struct stock *stock)
{
	close_all(stock);
	free(stock->all);
	clean_fd(&stock->reports);
}

void stock_begin(struct stock *stock)
{
	stock->in_vain = 0;
}

int64_t stock_tidy(struct stock *stock)
{
	int64_t left;

	if (!stock->until)
		return -1;
	left = stock->until - clock_elapsed();
	if (left > 0)
		return left;
	close_all(stock);
	return -1;
}

/* The letter of that name, if it came: the next one, or one that was passed over, or taken. */
static struct opened *look(struct stock *stock, const char *name)
{
	struct opened *first;

	if (stock_tidy(stock) < 0)
		return NULL;
	/* From the one that was taken last, of which some clients ask more. */
	for (size_t i = 0; i < stock->all->count; i++) {
		size_t at = (stock->at + stock->all->count - 1 + i) % stock->all->count;
		struct opened *letter = &stock->all->letters[at];

		if (strcmp(letter->entry.name, name) == 0)
			return letter;
	}
	first = &stock->all->file;
	return strcmp(first->entry.name, name) == 0 ? first : NULL;
}

static struct opened *find(struct stock *stock, const char *path)
{
	struct opened *letter = look(stock, place_name(path));

	if (letter && letter->fd < 0)
		return NULL;
	if (letter) {
		stock->at = (size_t)(letter - stock->all->letters) + 1;
		stock->taken++;
	}
	return letter;
}

bool stock_tell(struct stock *stock, const char *path, struct entry *ret_entry, bool *ret_goes_on)
{
	const struct opened *letter = NULL;

	if (place_is_beside(path, stock->path))
		letter = look(stock, place_name(path));
	*ret_goes_on = stock->told >= TOLD_IN_A_ROW;
	stock->told = letter ? stock->told + 1 : 0;
	if (letter)
		*ret_entry = letter->entry;
	return letter != NULL;
}

/*
 * Learn from those that came last: is the order the client's, and was it soon through with them?
 * Where connections share a folder each takes its part of however many there are.
 */
static void learn(struct stock *stock)
{
	if (!stock->all)
		return;
	if (stock->taken == 0) {
		stock->in_vain++;
		stock->order = (enum open_order)((stock->order + 1) % OPEN_ORDER_COUNT);
		stock->wanted = FIRST_WANTED;
		return;
	}
	stock->in_vain = 0;
	if (!stock->until || SHARED_BY * stock->taken < stock->all->count)
		stock->wanted /= 2;
	else
		stock->wanted *= 2;
	if (stock->wanted > OPEN_NEXT)
		stock->wanted = OPEN_NEXT;
	if (stock->wanted < FIRST_WANTED)
		stock->wanted = FIRST_WANTED;
}

/* Ask for path, and for those that follow it. */
static int renew(struct stock *stock, int broker, const char *path, struct opened *ret_opened,
    struct reply *ret_reply, struct err *err)
{
	struct reply reply;

	close_all(stock);
	if (!stock->all)
		stock->all = mem_new(1, sizeof(*stock->all));
	stock->taken = 0;
	stock->at = 0;
	stock->all->count = 0;
	if (ask_open_next(
	        broker, path, stock->order, (int64_t)stock->wanted, stock->all, &reply, err) < 0)
		return -1;
	if (reply.answer == ANSWER_OK) {
		if (stock->all->reports >= 0 && stock->reports >= 0)
			clean_fd(&stock->all->reports);
		else if (stock->all->reports >= 0)
			stock->reports = TAKE_FD(stock->all->reports);
		if (stock->all->count > 0)
			stock->until = clock_elapsed() + AHEAD_LASTS;
		*ret_opened = stock->all->file;
		stock->all->file.fd = -1;
	}
	*ret_reply = reply;
	return 0;
}

int stock_open(struct stock *stock, int broker, const char *path, struct opened *ret_opened,
    struct reply *ret_reply, struct err *err)
{
	bool goes_on = place_is_beside(path, stock->path);
	struct opened *letter;

	/* Another folder may have a letter of the same name. */
	if (!goes_on)
		close_all(stock);
	letter = find(stock, path);
	text_copy(stock->path, path);
	if (letter) {
		if (ask_opened(stock->reports, letter->entry.letter, err) < 0)
			return -1;
		*ret_opened = *letter;
		letter->fd = -1;
		*ret_reply = (struct reply){.answer = ANSWER_OK};
		return 0;
	}
	if (goes_on && stock->in_vain < OPEN_ORDER_COUNT)
		learn(stock);
	if (!goes_on || stock->in_vain >= OPEN_ORDER_COUNT)
		return ask_open(broker, path, ret_opened, ret_reply, err);
	return renew(stock, broker, path, ret_opened, ret_reply, err);
}
