/* SPDX-License-Identifier: Apache-2.0 */
/* Any path: made normal it leads out of nothing, and it means the same however often. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spool/place.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* "/", or parts that are names, each behind one slash. */
static bool is_normal(const char *path)
{
	size_t length;

	if (strcmp(path, "/") == 0)
		return true;
	for (; *path; path += length) {
		if (*path++ != '/')
			return false;
		length = strcspn(path, "/");
		if (length == 0 || (length == 1 && path[0] == '.') ||
		    (length == 2 && path[0] == '.' && path[1] == '.'))
			return false;
	}
	return true;
}

/* What the place of a letter was taken apart into is the path, put together again. */
static void check_letter(const char *path, const struct place *place)
{
	char whole[2 * PLACE_PATH_MAX];

	(void)snprintf(whole, sizeof(whole), "/%s/%s/%s", place->avrs_id,
	    letter_class_name(place->class), place->name);
	if (strcmp(whole, path) != 0 || !place->name[0] || strchr(place->name, '/') ||
	    !avrs_id_is_valid(place->avrs_id))
		abort();
}

/* The same of a file in drop/, where what a session writes goes. */
static void check_drop(const char *path, const struct place *place)
{
	char whole[2 * PLACE_PATH_MAX];

	(void)snprintf(whole, sizeof(whole), "/drop%s%s%s/%s", place->drop[0] ? "/" : "",
	    place->drop, place->class == CLASS_TRADE_FILES ? "/trade-files" : "", place->name);
	if (strcmp(whole, path) != 0 || !place->name[0] || strchr(place->name, '/') ||
	    place->area != AREA_DROP)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char once[PLACE_PATH_MAX];
	char twice[PLACE_PATH_MAX];
	struct place place = {.kind = PLACE_KIND_COUNT};
	struct place again = {.kind = PLACE_KIND_COUNT};

	if (!place_normalise((const char *)data, size, once))
		return 0;
	if (!is_normal(once) || !place_normalise(once, strlen(once), twice) ||
	    strcmp(once, twice) != 0)
		abort();
	if (place_parse(once, &place) != place_parse(twice, &again) || place.kind != again.kind ||
	    place.area != again.area || strcmp(place.name, again.name) != 0)
		abort();
	if (place.kind == PLACE_LETTER)
		check_letter(once, &place);
	if (place.kind == PLACE_DROP_FILE)
		check_drop(once, &place);
	return 0;
}
