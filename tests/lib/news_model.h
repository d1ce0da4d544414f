/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What ought to be new to an account, kept beside the catalog: what is done to a letter is done to
 * both, and then they are compared.
 *
 *	OWNED_MODEL struct model m;
 *
 *	model_open(&m, "master");
 */
#ifndef TESTS_LIB_NEWS_MODEL_H
#define TESTS_LIB_NEWS_MODEL_H

#include "spool/membership.h"
#include "tests/lib/fixture.h"

#define MODEL_ID "123456789"

enum { MODEL_MAX = 128 };

/* Letters 1 to count, each posted as a letter or as a trade file. */
struct model {
	struct fixture f;
	struct membership membership; /* as it was read last */
	bool shows_trade_files;
	int64_t mark;
	int count;
	struct letter letters[MODEL_MAX + 1];
	bool acknowledged[MODEL_MAX + 1];
	bool renewed[MODEL_MAX + 1];
	bool gone[MODEL_MAX + 1];
};

/* The account "ann" with that role at MODEL_ID, where nothing was posted yet. */
void model_open(struct model *m, const char *role);
void model_close(struct model *m);
#define OWNED_MODEL OWNED(model_close)

/* Read the membership again. */
void model_read(struct model *m);

/* Does the role show the letter, and is it new? */
bool model_shows(const struct model *m, int number);
bool model_is_new(const struct model *m, int number);

/* Post the next one; a letter that was acknowledged, above the mark or below it, is new again. */
void model_post(struct model *m, enum letter_class class);
void model_acknowledge(struct model *m, int number);
void model_renew(struct model *m, int number);
void model_recall(struct model *m, int number);

/* In the model alone: after an acknowledgement above the mark that is before the first new one. */
void model_move_mark(struct model *m);

/* How often each letter came, and how many did. */
struct seen {
	int times[MODEL_MAX + 1];
	int64_t passed;
};

/* All of the news in pages of limit: no page is larger, and nothing comes twice. */
void model_list(const struct model *m, int64_t limit, struct seen *ret_seen);

int64_t model_count(const struct model *m, enum letter_class class, int64_t limit);

/* Everything that can be asked, against the model. */
void model_check(const struct model *m, int64_t limit);

/* How many rows are kept beside the mark: an empty new/ costs nothing. */
int64_t model_exceptions(const struct model *m);

#endif
