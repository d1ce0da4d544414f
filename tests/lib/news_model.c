/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/news_model.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "spool/news.h"
#include "spool/renewal.h"

void model_close(struct model *m)
{
	fixture_close(&m->f);
}

void model_read(struct model *m)
{
	bool found = false;
	struct err err;

	CU_ASSERT_EQUAL(
	    membership_find(m->f.catalog, 1, MODEL_ID, &m->membership, &found, &err), 0);
	CU_ASSERT_TRUE_FATAL(found);
}

void model_open(struct model *m, const char *role)
{
	memset(m, 0, sizeof(*m));
	fixture_open(&m->f);
	scratch_provider(&m->f.spool, MODEL_ID);
	(void)scratch_account(&m->f.spool, "ann", MODEL_ID, role);
	m->shows_trade_files = strcmp(role, "e-delivery-only") != 0;
	model_read(m);
}

bool model_shows(const struct model *m, int number)
{
	return m->letters[number].class == CLASS_EDELIVERY || m->shows_trade_files;
}

bool model_is_new(const struct model *m, int number)
{
	return model_shows(m, number) && !m->gone[number] &&
	       (m->renewed[number] || (number > m->mark && !m->acknowledged[number]));
}

void model_move_mark(struct model *m)
{
	int64_t mark = m->mark;

	while (mark < m->count && !model_is_new(m, (int)mark + 1))
		mark++;
	m->mark = mark;
}

void model_post(struct model *m, enum letter_class class)
{
	char name[16];

	m->count++;
	(void)snprintf(name, sizeof(name), "EFT_%d", m->count);
	fixture_posted(&m->f, MODEL_ID, class, name, &m->letters[m->count]);
	CU_ASSERT_EQUAL(m->letters[m->count].sequence, m->count);
	model_read(m);
}

void model_acknowledge(struct model *m, int number)
{
	struct err err;

	CU_ASSERT_EQUAL(news_acknowledge(m->f.catalog, &m->f.spool.actor, &m->membership,
	                    &m->letters[number], &err),
	    0);
	m->acknowledged[number] = true;
	m->renewed[number] = false;
	if (number > m->mark)
		model_move_mark(m);
	model_read(m);
}

void model_renew(struct model *m, int number)
{
	char *const names[] = {m->letters[number].name};
	int64_t count = 0;
	struct err err;

	CU_ASSERT_EQUAL(renewal_by_names(m->f.catalog, &m->f.spool.actor, &m->membership, names, 1,
	                    &count, &err),
	    0);
	CU_ASSERT_EQUAL(count, !model_is_new(m, number));
	if (number <= m->mark)
		m->renewed[number] = true;
	m->acknowledged[number] = false;
	model_read(m);
}

void model_recall(struct model *m, int number)
{
	struct err err;

	CU_ASSERT_EQUAL(
	    catalog_run(m->f.catalog, "UPDATE letter SET electronic = 'recalled' WHERE id = $1",
	        VALUES(INT(m->letters[number].id)), &err),
	    0);
	m->gone[number] = true;
}

static int note(const struct letter *letter, void *arg, struct err *err)
{
	struct seen *seen = arg;

	(void)err;
	seen->times[letter->sequence]++;
	seen->passed++;
	return 0;
}

void model_list(const struct model *m, int64_t limit, struct seen *ret_seen)
{
	struct news_cursor cursor = {.past_renewed = false};
	bool more = true;
	struct err err;

	*ret_seen = (struct seen){.passed = 0};
	for (int page = 0; more; page++) {
		int64_t before = ret_seen->passed;

		CU_ASSERT_EQUAL_FATAL(news_list(m->f.catalog, &m->membership, &cursor, limit, note,
		                          ret_seen, &more, &err),
		    0);
		CU_ASSERT_TRUE(ret_seen->passed - before <= limit);
		CU_ASSERT_FATAL(page <= MODEL_MAX);
	}
}

int64_t model_count(const struct model *m, enum letter_class class, int64_t limit)
{
	int64_t count = -1;
	struct err err;

	CU_ASSERT_EQUAL(news_count(m->f.catalog, &m->membership, class, limit, &count, &err), 0);
	return count;
}

static int note_apart(const struct letter *letter, bool is_new_to_it, void *arg, struct err *err)
{
	struct seen *seen = arg;

	(void)err;
	CU_ASSERT_EQUAL(seen->times[letter->sequence], 0);
	seen->times[letter->sequence] = is_new_to_it ? 2 : 1;
	CU_ASSERT_TRUE(letter->sequence > seen->passed);
	seen->passed = letter->sequence;
	return 0;
}

/* New, or not: every letter of the classes that the role shows comes once, in order. */
static void check_apart(const struct model *m)
{
	for (enum letter_class class = CLASS_EDELIVERY; class < CLASS_COUNT; class ++) {
		struct seen seen = {.passed = 0};
		struct err err;

		if (class == CLASS_TRADE_FILES && !m->shows_trade_files)
			continue;
		CU_ASSERT_EQUAL(
		    news_tell_apart(m->f.catalog, &m->membership, class, note_apart, &seen, &err),
		    0);
		for (int number = 1; number <= m->count; number++) {
			bool there = m->letters[number].class == class && !m->gone[number];

			CU_ASSERT_EQUAL(
			    seen.times[number], there + (there && model_is_new(m, number)));
		}
	}
}

void model_check(const struct model *m, int64_t limit)
{
	struct seen seen;
	int64_t expected[CLASS_COUNT] = {0};
	struct err err;

	CU_ASSERT_EQUAL(m->membership.mark, m->mark);
	check_apart(m);
	model_list(m, limit, &seen);
	for (int number = 1; number <= m->count; number++) {
		bool has = false;

		expected[m->letters[number].class] += model_is_new(m, number);
		CU_ASSERT_EQUAL(seen.times[number], model_is_new(m, number));
		if (!model_shows(m, number) || m->gone[number])
			continue;
		CU_ASSERT_EQUAL(
		    news_has(m->f.catalog, &m->membership, &m->letters[number], &has, &err), 0);
		CU_ASSERT_EQUAL(has, model_is_new(m, number));
	}
	for (enum letter_class class = CLASS_EDELIVERY; class < CLASS_COUNT; class ++) {
		CU_ASSERT_EQUAL(model_count(m, class, 1000), expected[class]);
		CU_ASSERT_EQUAL(model_count(m, class, 1), expected[class] > 0);
	}
}

int64_t model_exceptions(const struct model *m)
{
	return fixture_number(&m->f, "SELECT COUNT(*) FROM acknowledgement");
}
