/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What commands list: a table for people, or one JSON object a line for scripts.
 *
 * The columns are named once; a row is its values in their order. Both forms come from the same
 * values, so that they never tell different things.
 */
#ifndef ADMIN_LISTING_H
#define ADMIN_LISTING_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct listing;

/* columns: names, ended by NULL; they must outlive the listing. */
int listing_new(
    bool as_json, const char *const *columns, struct listing **ret_listing, struct err *err);
void listing_free(struct listing *listing);
void listing_clean(struct listing **listing);
#define OWNED_LISTING __attribute__((cleanup(listing_clean)))

/* The next value of the row. */
void listing_text(struct listing *listing, const char *text); /* NULL or "": none */
void listing_number(struct listing *listing, int64_t number);
void listing_time(struct listing *listing, int64_t when); /* 0: none */
void listing_yes_no(struct listing *listing, bool value);
/* As JSON value, as a table text; value becomes the listing's. */
void listing_json(struct listing *listing, json_t *value, const char *text);

/* A time as JSON has it, for listing_json(); 0: null. */
json_t *listing_time_value(int64_t when);

/* The row is complete. */
void listing_end_row(struct listing *listing);

/*
 * Print it; JSON rows have been printed as they were ended. empty is what people read instead of
 * a table without rows.
 */
int listing_print(struct listing *listing, const char *empty, struct err *err);

#endif
