/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/letter.h"

#include <pthread.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"
#include "spool/letter_row.h"

#define SELECT "SELECT " LETTER_COLUMNS " FROM letter l "

struct source source_of(const struct stat *st)
{
	return (struct source){
	    .device = (int64_t)st->st_dev,
	    .inode = (int64_t)st->st_ino,
	    .changed = st->st_ctim.tv_sec * INT64_C(1000000000) + st->st_ctim.tv_nsec,
	};
}

/* A delivery that there is not has no state. */
static struct value state_or_null(int state, const char *name)
{
	return TEXT(state ? name : NULL);
}

#define INSERT                                                                                   \
	"INSERT INTO letter (id, avrs_id, class, type, name, dropped_name, size, sha256, crc32," \
	" node, source_device, source_inode, source_changed, batch_id, taken,"                   \
	" electronic, electronic_reason, paper, paper_reason, paper_date, queued)"               \
	" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,"             \
	" $16, $17, $18, $19, $20, $21)"

#define INSERTED(node, l)                                                                 \
	VALUES(INT((l)->id), TEXT((l)->avrs_id), TEXT(letter_class_name((l)->class)),     \
	    TEXT((l)->type), TEXT((l)->name), TEXT((l)->dropped_name), INT((l)->size),    \
	    TEXT((l)->sha256), INT((l)->crc32), TEXT(node), INT((l)->source.device),      \
	    INT((l)->source.inode), INT((l)->source.changed), INT_OR_NULL((l)->batch_id), \
	    INT((l)->taken),                                                              \
	    state_or_null((int)(l)->electronic, electronic_name((l)->electronic)),        \
	    TEXT_OR_NULL((l)->electronic_reason),                                         \
	    state_or_null((int)(l)->paper, paper_name((l)->paper)),                       \
	    TEXT_OR_NULL((l)->paper_reason), TEXT_OR_NULL((l)->paper_date),               \
	    INT_OR_NULL((l)->queued))

int letter_add(
    struct catalog *catalog, const char *node, const struct letter *letter, struct err *err)
{
	return catalog_run(catalog, INSERT, INSERTED(node, letter), err);
}

#define OFFER " ON CONFLICT (avrs_id, name) DO NOTHING"

/*
 * So many in a statement: what PostgreSQL has to see to for each statement (it parses the checks of
 * the table, and opens its indexes) takes as long as the rows themselves.
 */
enum { ROWS = 8, COLUMNS = 21, VALUE_COUNT = ROWS * COLUMNS };
_Static_assert((int)VALUE_COUNT <= (int)CATALOG_VALUES_MAX, "fewer rows");

static char rows_text[2048];

/* INSERT, with $1 and so on of its row once more for each of the others. */
static void make_rows_text(void)
{
	static const char one[] = INSERT;
	OWNED_BUFFER struct buffer text = BUFFER(sizeof(rows_text));

	buffer_add(&text, one, (size_t)(strstr(one, "($1") - one));
	for (int i = 0; i < VALUE_COUNT; i++) {
		const char *between = i % COLUMNS > 0 ? ", " : i > 0 ? "), (" : "(";

		buffer_print(&text, "%s$%d", between, i + 1);
	}
	buffer_add_text(&text, ")" OFFER);
	text_copy(rows_text, buffer_text(&text));
}

static int offer_rows(struct catalog *catalog, const char *node,
    const struct letter *const letters[ROWS], struct err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct value values[VALUE_COUNT + 1];

	(void)pthread_once(&once, make_rows_text);
	for (size_t i = 0; i < ROWS; i++)
		memcpy(
		    &values[i * COLUMNS], INSERTED(node, letters[i]), COLUMNS * sizeof(values[0]));
	values[VALUE_COUNT] = (struct value){.kind = VALUE_END};
	return catalog_queue(catalog, rows_text, values, err);
}

int letter_offer_all(struct catalog *catalog, const char *node, const struct letter *const *letters,
    size_t count, struct err *err)
{
	size_t i = 0;

	for (; count - i >= ROWS; i += ROWS)
		if (offer_rows(catalog, node, letters + i, err) < 0)
			return -1;
	for (; i < count; i++)
		if (catalog_queue(catalog, INSERT OFFER, INSERTED(node, letters[i]), err) < 0)
			return -1;
	return 0;
}

int letter_list_ids(struct catalog *catalog, int64_t first, int64_t last,
    void (*each)(int64_t id, void *arg), void *arg, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog, "SELECT id FROM letter WHERE id >= $1 AND id <= $2 ORDER BY id",
	        VALUES(INT(first), INT(last)), &row, &found, err) < 0)
		return -1;
	while (found) {
		each(statement_int(row, 0), arg);
		if (statement_next(row, &found, err) < 0)
			return -1;
	}
	return 0;
}

int letter_forget(struct catalog *catalog, int64_t id, struct err *err)
{
	return catalog_run(catalog,
	    "DELETE FROM letter WHERE id = $1 AND sequence IS NULL AND placed IS NULL",
	    VALUES(INT(id)), err);
}

int letter_set_posted(struct catalog *catalog, const struct letter *letter, struct err *err)
{
	return catalog_queue(catalog,
	    "UPDATE letter SET electronic = 'posted', sequence = $2, posted = $3"
	    " WHERE id = $1 AND electronic = 'posting'",
	    VALUES(INT(letter->id), INT(letter->sequence), INT(letter->posted)), err);
}

int letter_set_placed(struct catalog *catalog, int64_t id, int64_t placed, struct err *err)
{
	return catalog_queue(catalog,
	    "UPDATE letter SET placed = $2 WHERE id = $1 AND paper = 'queued' AND placed IS NULL",
	    VALUES(INT(id), INT(placed)), err);
}

static int find_one(struct catalog *catalog, const char *sql, const struct value *values,
    struct letter *ret_letter, bool *ret_found, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;

	if (catalog_find(catalog, sql, values, &row, ret_found, err) < 0)
		return -1;
	return *ret_found ? letter_row_read(row, ret_letter, err) : 0;
}

int letter_find(struct catalog *catalog, int64_t id, struct letter *ret_letter, bool *ret_found,
    struct err *err)
{
	return find_one(
	    catalog, SELECT "WHERE l.id = $1", VALUES(INT(id)), ret_letter, ret_found, err);
}

int letter_find_name(struct catalog *catalog, const char *avrs_id, const char *name,
    struct letter *ret_letter, bool *ret_found, struct err *err)
{
	return find_one(catalog, SELECT "WHERE l.avrs_id = $1 AND l.name = $2",
	    VALUES(TEXT(avrs_id), TEXT(name)), ret_letter, ret_found, err);
}

int letter_queue_paper(struct catalog *catalog, int64_t id, const char *reason, struct err *err)
{
	char today[DATE_SIZE];

	clock_print_date(clock_now(), today);
	return catalog_run(catalog,
	    "UPDATE letter SET paper = 'queued', paper_reason = $2, paper_date = $3, queued = $4"
	    " WHERE id = $1 AND electronic = 'posted' AND paper IS NULL",
	    VALUES(INT(id), TEXT(reason), TEXT(today), INT(clock_now())), err);
}

/* The first condition is that of the index letter_unfinished, to the word. */
int letter_list_to_print(struct catalog *catalog, const char *node, const struct letter *after,
    int64_t limit, int (*each)(const struct letter *letter, void *arg, struct err *err), void *arg,
    struct err *err)
{
	return letter_row_each(catalog,
	    SELECT "WHERE (l.electronic = 'posting' OR (l.paper = 'queued' AND l.placed IS NULL))"
	           " AND l.electronic = 'posted' AND l.node = $1"
	           " AND l.avrs_id >= $2 AND (l.avrs_id > $2 OR l.id > $3)"
	           " ORDER BY l.avrs_id, l.id LIMIT $4",
	    VALUES(TEXT(node), TEXT(after->avrs_id), INT(after->id), INT(limit)), each, arg, err);
}

int letter_list_unfinished(struct catalog *catalog, const char *node,
    int (*each)(const struct letter *letter, void *arg, struct err *err), void *arg,
    struct err *err)
{
	return letter_row_each(catalog,
	    SELECT "WHERE (l.electronic = 'posting' OR (l.paper = 'queued' AND l.placed IS NULL))"
	           " AND COALESCE(l.electronic, '') <> 'posted' AND l.node = $1"
	           " ORDER BY l.avrs_id, l.id",
	    VALUES(TEXT(node)), each, arg, err);
}

/* Of those posted for an AVRS ID in a class, at most so many behind a sequence number. */
#define POSTED_AFTER                                           \
	" FROM letter l WHERE l.avrs_id = $1 AND l.class = $2" \
	" AND l.electronic = 'posted' AND l.sequence > $3"     \
	" ORDER BY l.sequence LIMIT $4"

int letter_is_coming(struct catalog *catalog, const char *avrs_id, const struct source *source,
    bool *ret_coming, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;

	return catalog_find(catalog,
	    "SELECT 1 FROM letter WHERE avrs_id = $1"
	    " AND (electronic = 'posting' OR (paper = 'queued' AND placed IS NULL))"
	    " AND source_device = $2 AND source_inode = $3 LIMIT 1",
	    VALUES(TEXT(avrs_id), INT(source->device), INT(source->inode)), &row, ret_coming, err);
}

int letter_count_posted(
    struct catalog *catalog, const char *avrs_id, int64_t *ret_count, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog,
	        "SELECT COUNT(*) FROM letter WHERE avrs_id = $1 AND electronic = 'posted'",
	        VALUES(TEXT(avrs_id)), &row, &found, err) < 0)
		return -1;
	*ret_count = found ? statement_int(row, 0) : 0;
	return 0;
}

int letter_list_posted(struct catalog *catalog, const struct letter *after, int64_t limit,
    int (*each)(const struct letter *letter, void *arg, struct err *err), void *arg,
    struct err *err)
{
	return letter_row_each(catalog, "SELECT " LETTER_COLUMNS POSTED_AFTER,
	    VALUES(TEXT(after->avrs_id), TEXT(letter_class_name(after->class)),
	        INT(after->sequence), INT(limit)),
	    each, arg, err);
}

/* Posting times never go back within an AVRS ID, so the newest are looked at first. */
int letter_find_last_before(struct catalog *catalog, const char *avrs_id, enum letter_class class,
    int64_t before, int64_t *ret_sequence, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog,
	        "SELECT l.sequence FROM letter l WHERE l.avrs_id = $1 AND l.class = $2"
	        " AND l.electronic = 'posted' AND l.posted < $3 ORDER BY l.sequence DESC LIMIT 1",
	        VALUES(TEXT(avrs_id), TEXT(letter_class_name(class)), INT(before)), &row, &found,
	        err) < 0)
		return -1;
	*ret_sequence = found ? statement_int(row, 0) : 0;
	return 0;
}

int letter_list_served(struct catalog *catalog, int64_t after, int64_t limit,
    int (*each)(const struct letter *letter, void *arg, struct err *err), void *arg,
    struct err *err)
{
	return letter_row_each(catalog,
	    SELECT "WHERE l.electronic = 'posted' AND l.id > $1 ORDER BY l.id LIMIT $2",
	    VALUES(INT(after), INT(limit)), each, arg, err);
}

/* Run sql, which selects name, size, sequence, posted, and call each(line, arg) for its rows. */
static int each_line(struct catalog *catalog, const char *sql, const struct value *values,
    int (*each)(const struct letter_line *line, void *arg, struct err *err), void *arg,
    struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog, sql, values, &row, &found, err) < 0)
		return -1;
	while (found) {
		struct letter_line line = {statement_int(row, 0), statement_text(row, 1),
		    statement_int(row, 2), statement_int(row, 3), statement_int(row, 4)};

		if (each(&line, arg, err) < 0 || statement_next(row, &found, err) < 0)
			return -1;
	}
	return 0;
}

int letter_list_lines(struct catalog *catalog, const struct letter *after, int64_t limit,
    int (*each)(const struct letter_line *line, void *arg, struct err *err), void *arg,
    struct err *err)
{
	return each_line(catalog, "SELECT l.id, l.name, l.size, l.sequence, l.posted" POSTED_AFTER,
	    VALUES(TEXT(after->avrs_id), TEXT(letter_class_name(after->class)),
	        INT(after->sequence), INT(limit)),
	    each, arg, err);
}

int letter_list_named(struct catalog *catalog, const struct letter *after, int64_t limit,
    int (*each)(const struct letter_line *line, void *arg, struct err *err), void *arg,
    struct err *err)
{
	/* What is limited is what is looked at, not what is found. */
	return each_line(catalog,
	    "SELECT n.id, n.name, n.size, n.sequence, n.posted FROM"
	    " (SELECT l.id, l.name, l.size, l.sequence, l.posted, l.class, l.electronic FROM letter l"
	    " WHERE l.avrs_id = $1 AND l.name > $3 ORDER BY l.name LIMIT $4) n"
	    " WHERE n.class = $2 AND n.electronic = 'posted' ORDER BY n.name",
	    VALUES(TEXT(after->avrs_id), TEXT(letter_class_name(after->class)), TEXT(after->name),
	        INT(limit)),
	    each, arg, err);
}

int letter_list_newest(struct catalog *catalog, const char *avrs_id, int64_t limit,
    int (*each)(const struct letter *letter, void *arg, struct err *err), void *arg,
    struct err *err)
{
	if (avrs_id[0])
		return letter_row_each(catalog,
		    SELECT "WHERE l.avrs_id = $1 ORDER BY l.id DESC LIMIT $2",
		    VALUES(TEXT(avrs_id), INT(limit)), each, arg, err);
	return letter_row_each(
	    catalog, SELECT "ORDER BY l.id DESC LIMIT $1", VALUES(INT(limit)), each, arg, err);
}
