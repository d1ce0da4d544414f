/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The time: microseconds since 1970-01-01T00:00:00Z, and dates in the agency's time zone.
 *
 * Nothing else in the tree asks the system for the time of day, so a test that sets the clock
 * sets all of it. In builds with fault points the variable EDELIVERY_CLOCK (a time as
 * clock_print() writes it) says what time it is when the process starts.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/err.h"

enum {
	DATE_SIZE = sizeof("2019-03-27"),
	TIME_SIZE = sizeof("2019-03-27T12:34:56Z"),
};

int64_t clock_now(void);

/* Microseconds that never go back, for measuring and waiting; not a time of day. */
int64_t clock_elapsed(void);

/* From now on it is when, and stays so; 0 lets the real clock run again. For tests. */
void clock_freeze(int64_t when);

/* Is zone ("America/New_York") a time zone of this system? Returns 0, or -1 with ERR_REFUSED. */
int clock_check_zone(const char *zone, struct err *err);

/* Use zone, which was checked, for dates. */
void clock_set_zone(const char *zone);

/* The date of when in the agency's time zone, as YYYY-MM-DD. */
void clock_print_date(int64_t when, char ret_date[DATE_SIZE]);

/* The first moment of date (valid, YYYY-MM-DD) in the agency's time zone, days later. */
int64_t clock_date_start(const char *date, int days_later);

/* "HH:MM" as minutes since midnight. Returns 0, or -1 with ERR_REFUSED. */
int clock_parse_time_of_day(const char *text, int64_t *ret_minutes, struct err *err);

/*
 * The next moment after when at which a clock in the agency's time zone shows so many minutes
 * since midnight; where summer time leaves them out, an hour later, where they come twice, once.
 */
int64_t clock_next_time_of_day(int64_t when, int64_t minutes);

/* Is text a date of the calendar, as YYYY-MM-DD? Such dates sort as text. */
bool date_is_valid(const char *text);

/* when in RFC 3339, UTC, whole seconds. */
void clock_print(int64_t when, char ret_time[TIME_SIZE]);

/* Year, month, day and so on of when in UTC. */
struct tm clock_parts(int64_t when);

/* The same time of day in UTC some months later; the 31st moves into the next month. */
int64_t clock_add_months(int64_t when, int64_t months);

/* The other way of clock_print(). Returns 0, or -1 with ERR_REFUSED. */
int clock_parse(const char *text, int64_t *ret_when, struct err *err);

#endif
