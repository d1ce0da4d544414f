/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings: `key = value` lines checked against a table (libconfuse reads the file).
 *
 * A program's settings are a struct; a row of the table says which field a key fills, of which
 * type, within which bounds and from which default. A key that is not in the table, stands
 * twice, or has a value out of its bounds is an error that names file, line and what is allowed.
 */
#ifndef BASE_CONF_H
#define BASE_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/err.h"

enum { CONF_TEXT_MAX = 512 };

struct conf_key;

/* How a type of value is read, shown and explained. */
struct conf_type {
	/* Write the value of text to *at, which is the field. Returns 0, or -1 with ERR_REFUSED. */
	int (*parse)(const struct conf_key *key, const char *text, void *at, struct err *err);
	/* Add the value as text that parse reads back. */
	void (*print)(const struct conf_key *key, const void *at, struct buffer *out);
	/* Add what is allowed: "90s to 15m", "number or quarantine". */
	void (*explain)(const struct conf_key *key, struct buffer *out);
};

/* Fields: int64_t for the first three, bool, int (index of the word), char[CONF_TEXT_MAX]. */
extern const struct conf_type conf_number, conf_duration, conf_size;
extern const struct conf_type conf_yes_no, conf_word, conf_text;

struct conf_key {
	const char *name;
	const struct conf_type *type;
	size_t offset; /* of the field in the settings struct */
	const char *fallback;
	int64_t min, max;         /* for numbers, durations and sizes */
	const char *const *words; /* for conf_word: the words, then NULL */
	/* for conf_text, or NULL: is the text of the form that is wanted? */
	int (*check)(const char *text, struct err *err);
	const char *form;  /* for conf_text: that form in words */
	const char *about; /* what it does, for people: a sentence or two */
};

/*
 * Fill *values (the settings struct) from the defaults and then from the file at path.
 * keys end with a row without name. Returns 0, or -1: ERR_REFUSED with path:line when the file
 * is wrong, ERR_RETRY when it cannot be read. On -1 *values is in no defined state.
 */
int conf_load(const struct conf_key *keys, const char *path, void *values, struct err *err);

/*
 * Add the text of the file at path to *out for libconfuse, with blanks for comments: it counts
 * their lines more than once, and ends the process when it cannot read a file. Returns 0, or -1:
 * ERR_REFUSED when the file is not there, is not text, or a quote or comment is not closed,
 * ERR_RETRY when it cannot be read just now.
 */
int conf_read(const char *path, struct buffer *out, struct err *err);

/* The row of that name, or NULL. */
const struct conf_key *conf_find(const struct conf_key *keys, const char *name);

/* Is text a value for key? Returns 0, or -1 with ERR_REFUSED saying what is allowed. */
int conf_check(const struct conf_key *key, const char *text, struct err *err);

/* Add the value that key has in *values, as text. */
void conf_print(const struct conf_key *key, const void *values, struct buffer *out);

/* Add what key allows, in words. */
void conf_explain(const struct conf_key *key, struct buffer *out);

/*
 * Set key to text in the file at path: its line is replaced, or one is added at the end; all
 * other lines stay as they are. The file is replaced as a whole, durably. Returns 0, or -1 with
 * nothing changed.
 */
int conf_set(const struct conf_key *key, const char *path, const char *text, struct err *err);

/* Add a whole settings file with every key, explained, at its default or as `values` has it. */
void conf_print_file(const struct conf_key *keys, const void *values, struct buffer *out);

#endif
