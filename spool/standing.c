/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/standing.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"

/* A row a class; each part is a look into an index, whatever the history is. */
#define SELECT                                                                                    \
	"SELECT m.avrs_id, c.class,"                                                              \
	" (SELECT COUNT(*) FROM letter l WHERE l.avrs_id = m.avrs_id AND l.class = c.class"       \
	" AND l.electronic = 'posting'),"                                                         \
	" (SELECT MAX(l.taken) FROM letter l WHERE l.avrs_id = m.avrs_id AND l.class = c.class"   \
	" AND l.electronic = 'posting'),"                                                         \
	" (SELECT COUNT(*) FROM intake i WHERE i.avrs_id = m.avrs_id AND i.class = c.class"       \
	" AND i.state = 'held'),"                                                                 \
	" (SELECT MAX(i.changed) FROM intake i WHERE i.avrs_id = m.avrs_id AND i.class = c.class" \
	" AND i.state = 'held'),"                                                                 \
	" (SELECT l.posted FROM letter l WHERE l.avrs_id = m.avrs_id AND l.class = c.class"       \
	" AND l.electronic = 'posted' ORDER BY l.sequence LIMIT 1),"                              \
	" (SELECT MAX(a.renewed) FROM acknowledgement a WHERE a.account_id = m.account_id"        \
	" AND a.avrs_id = m.avrs_id)"                                                             \
	" FROM membership m,"                                                                     \
	" (SELECT 'edelivery' AS class UNION ALL SELECT 'trade-files' AS class) c WHERE "

static struct standing *get(struct standing **all, const char *avrs_id)
{
	struct standing *standing = NULL;

	HASH_FIND_STR(*all, avrs_id, standing);
	if (standing)
		return standing;
	standing = mem_new(1, sizeof(*standing));
	text_copy(standing->avrs_id, avrs_id);
	HASH_ADD_STR(*all, avrs_id, standing);
	return standing;
}

static int add_row(struct standing **all, const struct statement *row, struct err *err)
{
	int64_t posting = statement_int(row, 2) + statement_int(row, 4);
	int64_t taken = statement_int(row, 3);
	int64_t held = statement_int(row, 5);
	int64_t oldest = statement_int(row, 6);
	bool renewed = statement_int(row, 7) != 0;
	enum letter_class class = CLASS_EDELIVERY;
	struct standing *standing;

	if (posting == 0 && oldest == 0 && !renewed)
		return 0;
	if (letter_class_parse(statement_text(row, 1), &class, err) < 0)
		return -1;
	standing = get(all, statement_text(row, 0));
	standing->posting[class] = posting;
	standing->since[class] = taken > held ? taken : held;
	standing->oldest[class] = oldest;
	standing->has_renewed = renewed;
	return 0;
}

static int load(struct standing **all, struct statement *row, bool found, struct err *err)
{
	while (found)
		if (add_row(all, row, err) < 0 || statement_next(row, &found, err) < 0)
			return -1;
	return 0;
}

int standing_load(struct catalog *catalog, int64_t account_id, const char *avrs_id,
    struct standing **ret_all, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	OWNED_STANDING struct standing *all = NULL;
	bool found = false;

	if ((avrs_id[0] ? catalog_find(catalog, SELECT "m.account_id = $1 AND m.avrs_id = $2",
	                      VALUES(INT(account_id), TEXT(avrs_id)), &row, &found, err)
	                : catalog_find(catalog, SELECT "m.account_id = $1", VALUES(INT(account_id)),
	                      &row, &found, err)) < 0 ||
	    load(&all, row, found, err) < 0)
		return -1;
	*ret_all = all;
	all = NULL;
	return 0;
}

void standing_done(struct standing **all)
{
	struct standing *standing;

	while ((standing = *all) != NULL) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it does not follow uthash */
		HASH_DEL(*all, standing);
		free(standing);
	}
}

const struct standing *standing_find(const struct standing *all, const char *avrs_id)
{
	struct standing *standing = NULL;

	HASH_FIND_STR(all, avrs_id, standing);
	return standing;
}
