/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clean.h"
#include "base/number.h"

static int64_t frozen;

static int64_t read_clock(clockid_t id)
{
	struct timespec now;

	(void)clock_gettime(id, &now);
	return now.tv_sec * SECOND + now.tv_nsec / 1000;
}

#ifdef EDELIVERY_FAULTS
/* How far EDELIVERY_CLOCK puts this process from the real time. */
static int64_t shift(void)
{
	static bool known;
	static int64_t by;
	const char *text = known ? NULL : getenv("EDELIVERY_CLOCK");
	struct err err;

	known = true;
	if (text && clock_parse(text, &by, &err) == 0)
		by -= read_clock(CLOCK_REALTIME);
	return by;
}
#else
static int64_t shift(void)
{
	return 0;
}
#endif

int64_t clock_now(void)
{
	return frozen ? frozen : read_clock(CLOCK_REALTIME) + shift();
}

int64_t clock_elapsed(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

void clock_freeze(int64_t when)
{
	frozen = when;
}

/* Compiled time zone data (tzfile(5)), and not a folder of zones or a table? */
static bool is_zone_file(const char *path)
{
	char magic[4] = "";
	OWNED_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	return fd >= 0 && read(fd, magic, sizeof(magic)) == sizeof(magic) &&
	       memcmp(magic, "TZif", sizeof(magic)) == 0;
}

int clock_check_zone(const char *zone, struct err *err)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", zone);
	if (zone[0] == '\0' || strstr(zone, "..") || !is_zone_file(path))
		return err_set(err, ERR_REFUSED,
		    "\"%.60s\" is not a time zone of this system (such as America/New_York)", zone);
	return 0;
}

void clock_set_zone(const char *zone)
{
	(void)setenv("TZ", zone, 1);
	tzset();
}

void clock_print_date(int64_t when, char ret_date[DATE_SIZE])
{
	time_t seconds = when / SECOND;
	struct tm parts;

	(void)localtime_r(&seconds, &parts);
	(void)strftime(ret_date, DATE_SIZE, "%Y-%m-%d", &parts);
}

static int read_parts(const char *text, size_t length, struct tm *ret_parts)
{
	static const char form[] = "dddd-dd-ddTdd:dd:ddZ";
	struct tm parts = {.tm_isdst = -1};

	for (size_t i = 0; i < length; i++)
		if (form[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
			return -1;
	if (text[length] != '\0' || !strptime(text, "%Y-%m-%d", &parts))
		return -1;
	if (length > DATE_SIZE - 1 && !strptime(text + DATE_SIZE, "%H:%M:%SZ", &parts))
		return -1;
	*ret_parts = parts;
	return 0;
}

int64_t clock_date_start(const char *date, int days_later)
{
	struct tm parts = {0};

	if (read_parts(date, DATE_SIZE - 1, &parts) < 0)
		return 0;
	parts.tm_mday += days_later;
	parts.tm_isdst = -1;
	return mktime(&parts) * SECOND;
}

int clock_parse_time_of_day(const char *text, int64_t *ret_minutes, struct err *err)
{
	struct tm parts = {0};
	const char *end = strlen(text) == 5 ? strptime(text, "%H:%M", &parts) : NULL;

	if (!end || *end || text[0] == ' ' || text[3] == ' ')
		return err_set(
		    err, ERR_REFUSED, "\"%.20s\" is not a time of day such as 04:00", text);
	*ret_minutes = parts.tm_hour * 60 + parts.tm_min;
	return 0;
}

int64_t clock_next_time_of_day(int64_t when, int64_t minutes)
{
	char today[DATE_SIZE];
	struct tm parts = {0};
	int64_t next = 0;

	clock_print_date(when, today);
	for (int days = 0; next <= when; days++) {
		(void)read_parts(today, DATE_SIZE - 1, &parts);
		parts.tm_mday += days;
		parts.tm_hour = (int)(minutes / 60);
		parts.tm_min = (int)(minutes % 60);
		parts.tm_isdst = -1;
		next = mktime(&parts) * SECOND;
	}
	return next;
}

/*
 * timegm() moves the 30th of February into March and second 60 into the next minute; then day
 * or second are not what was written.
 */
static int64_t seconds_of(struct tm parts, bool *ret_exists)
{
	struct tm moved = parts;
	time_t seconds = timegm(&moved);

	*ret_exists = moved.tm_mday == parts.tm_mday && moved.tm_mon == parts.tm_mon &&
	              moved.tm_sec == parts.tm_sec;
	return seconds;
}

bool date_is_valid(const char *text)
{
	struct tm parts = {0};
	bool exists = false;

	if (read_parts(text, DATE_SIZE - 1, &parts) < 0)
		return false;
	(void)seconds_of(parts, &exists);
	return exists;
}

struct tm clock_parts(int64_t when)
{
	time_t seconds = when / SECOND;
	struct tm parts = {0};

	(void)gmtime_r(&seconds, &parts);
	return parts;
}

int64_t clock_add_months(int64_t when, int64_t months)
{
	struct tm parts = clock_parts(when);

	parts.tm_mon += (int)months;
	return timegm(&parts) * SECOND;
}

void clock_print(int64_t when, char ret_time[TIME_SIZE])
{
	struct tm parts = clock_parts(when);

	(void)strftime(ret_time, TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

int clock_parse(const char *text, int64_t *ret_when, struct err *err)
{
	struct tm parts = {0};
	bool exists = false;
	int64_t seconds = 0;

	if (read_parts(text, TIME_SIZE - 1, &parts) == 0)
		seconds = seconds_of(parts, &exists);
	if (!exists)
		return err_set(
		    err, ERR_REFUSED, "\"%.40s\" is not a time such as 2019-03-27T12:00:00Z", text);
	*ret_when = seconds * SECOND;
	return 0;
}
