/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/place.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/utf8.h"
#include "spool/folder.h"
#include "spool/letter_name.h"

enum { PARTS_MAX = 4 };

/* What a part of a path has to be, where it is not a fixed word. */
#define ID     "\001" /* an AVRS ID */
#define NAME   "\002" /* any name */
#define JOINED "\003" /* <AVRS-ID>_<name> */
#define DATE   "\004" /* YYYY-MM-DD */
#define ZIP    "\005" /* paper-<that date>.zip */
#define BATCH  "\006" /* <name>.batch.csv, also with the ending of a file that is not whole yet */

static const struct pattern {
	const char *parts[PARTS_MAX];
	enum place_kind kind;
	enum area area;
	bool is_folder;
	enum letter_class class;
} patterns[] = {
    {{NULL}, PLACE_ROOT, AREA_COMMON, true, 0},
    {{"STATUS.txt"}, PLACE_STATUS, AREA_COMMON, false, 0},
    {{"new"}, PLACE_NEW, AREA_COMMON, true, 0},
    {{"new", JOINED}, PLACE_NEW_FILE, AREA_PROVIDER, false, 0},
    {{"archives"}, PLACE_BUNDLES, AREA_BUNDLES, true, 0},
    {{"archives", NAME}, PLACE_BUNDLE, AREA_BUNDLES, false, 0},
    {{"publications"}, PLACE_PUBLICATIONS, AREA_COMMON, true, 0},
    {{"publications", "telehealth"}, PLACE_SECTION, AREA_COMMON, true, 0},
    {{"publications", "messages"}, PLACE_SECTION, AREA_COMMON, true, 0},
    {{"publications", "bulletins"}, PLACE_SECTION, AREA_COMMON, true, 0},
    {{"paper"}, PLACE_PAPER, AREA_PAPER, true, 0},
    {{"paper", DATE}, PLACE_PAPER_DATE, AREA_PAPER, true, 0},
    {{"paper", DATE, "manifest.csv"}, PLACE_PAPER_MANIFEST, AREA_PAPER, false, 0},
    {{"paper", DATE, ZIP}, PLACE_PAPER_ZIP, AREA_PAPER, false, 0},
    {{"paper", DATE, NAME}, PLACE_PAPER_LETTER, AREA_PAPER, false, 0},
    {{"drop"}, PLACE_DROP, AREA_DROP, true, 0},
    {{"drop", "STATUS.txt"}, PLACE_DROP_STATUS, AREA_DROP, false, 0},
    {{"drop", BATCH}, PLACE_DROP_FILE, AREA_DROP, false, 0},
    {{"drop", "publications"}, PLACE_DROP_FOLDER, AREA_DROP, true, 0},
    {{"drop", "publications", "telehealth"}, PLACE_DROP_FOLDER, AREA_DROP, true, 0},
    {{"drop", "publications", "messages"}, PLACE_DROP_FOLDER, AREA_DROP, true, 0},
    {{"drop", "publications", "bulletins"}, PLACE_DROP_FOLDER, AREA_DROP, true, 0},
    {{"drop", "publications", "telehealth", NAME}, PLACE_DROP_FILE, AREA_DROP, false, 0},
    {{"drop", "publications", "messages", NAME}, PLACE_DROP_FILE, AREA_DROP, false, 0},
    {{"drop", "publications", "bulletins", NAME}, PLACE_DROP_FILE, AREA_DROP, false, 0},
    {{"drop", ID}, PLACE_DROP_FOLDER, AREA_DROP, true, CLASS_EDELIVERY},
    {{"drop", ID, "trade-files"}, PLACE_DROP_FOLDER, AREA_DROP, true, CLASS_TRADE_FILES},
    {{"drop", ID, NAME}, PLACE_DROP_FILE, AREA_DROP, false, CLASS_EDELIVERY},
    {{"drop", ID, "trade-files", NAME}, PLACE_DROP_FILE, AREA_DROP, false, CLASS_TRADE_FILES},
    {{ID}, PLACE_PROVIDER, AREA_PROVIDER, true, 0},
    {{ID, "STATUS.txt"}, PLACE_PROVIDER_STATUS, AREA_PROVIDER, false, 0},
    {{ID, "MANIFEST.csv"}, PLACE_MANIFEST, AREA_PROVIDER, false, 0},
    {{ID, "new"}, PLACE_PROVIDER_NEW, AREA_PROVIDER, true, 0},
    {{ID, "new", NAME}, PLACE_PROVIDER_NEW_FILE, AREA_PROVIDER, false, 0},
    {{ID, "edelivery"}, PLACE_CLASS, AREA_EDELIVERY, true, CLASS_EDELIVERY},
    {{ID, "edelivery", NAME}, PLACE_LETTER, AREA_EDELIVERY, false, CLASS_EDELIVERY},
    {{ID, "trade-files"}, PLACE_CLASS, AREA_TRADE_FILES, true, CLASS_TRADE_FILES},
    {{ID, "trade-files", NAME}, PLACE_LETTER, AREA_TRADE_FILES, false, CLASS_TRADE_FILES},
    {{ID, "archives"}, PLACE_ARCHIVES, AREA_PROVIDER, true, 0},
    {{ID, "archives", NAME}, PLACE_ARCHIVE, AREA_PROVIDER, false, 0},
};

/* Nothing has a name that is not UTF-8, and PostgreSQL would not even be asked for one. */
static bool take_name(const char *text, struct place *place)
{
	size_t length = strlen(text);

	if (length >= sizeof(place->name) || !utf8_is_valid(text, length))
		return false;
	text_copy(place->name, text);
	return true;
}

static bool take_id(const char *text, struct place *place)
{
	if (!avrs_id_is_valid(text))
		return false;
	text_copy(place->avrs_id, text);
	place->name[0] = '\0';
	return true;
}

static bool take_date(const char *text, struct place *place)
{
	if (!date_is_valid(text))
		return false;
	text_copy(place->date, text);
	return take_name(text, place);
}

static bool take_zip(const char *text, struct place *place)
{
	char path[FOLDER_PATH_MAX];

	folder_paper_zip(place->date, path);
	return strcmp(strrchr(path, '/') + 1, text) == 0 && take_name(text, place);
}

static bool take_joined(const char *text, struct place *place)
{
	char id[AVRS_ID_MAX + 1];
	size_t length = strcspn(text, "_");

	if (length > AVRS_ID_MAX || text[length] != '_' || text[length + 1] == '\0')
		return false;
	memcpy(id, text, length);
	id[length] = '\0';
	return take_id(id, place) && take_name(text + length + 1, place);
}

static bool take_batch(const char *text, struct place *place)
{
	static const char ending[] = ".batch.csv";
	const char *at = strstr(text, ending);

	if (!at || at == text || text[0] == '.')
		return false;
	at += sizeof(ending) - 1;
	return (*at == '\0' || letter_name_is_unfinished(text)) && take_name(text, place);
}

static bool part_matches(const char *wanted, const char *part, struct place *place)
{
	switch (wanted[0]) {
	case '\001':
		return take_id(part, place);
	case '\002':
		return take_name(part, place);
	case '\003':
		return take_joined(part, place);
	case '\004':
		return take_date(part, place);
	case '\005':
		return take_zip(part, place);
	case '\006':
		return take_batch(part, place);
	default:
		return strcmp(wanted, part) == 0 && take_name(part, place);
	}
}

/* Has the path as many parts, and the fixed words? What a part may be is dearer to find out. */
static bool fits(const struct pattern *pattern, char *const *parts)
{
	for (int i = 0; i < PARTS_MAX && (pattern->parts[i] || parts[i]); i++) {
		const char *wanted = pattern->parts[i];

		if (!wanted || !parts[i] || (wanted[0] >= ' ' && strcmp(wanted, parts[i]) != 0))
			return false;
	}
	return true;
}

/* What stands between "drop" and the name of a file, but for the class. */
static void take_drop_folder(struct place *place, char *const *parts)
{
	bool is_section = parts[1] && strcmp(parts[1], "publications") == 0 && parts[2];

	if (place->avrs_id[0])
		text_copy(place->drop, place->avrs_id);
	else if (parts[1] && strcmp(parts[1], "publications") == 0)
		(void)snprintf(place->drop, sizeof(place->drop), "%s%s%.12s", parts[1],
		    is_section ? "/" : "", is_section ? parts[2] : "");
}

static bool matches(const struct pattern *pattern, char *const *parts, struct place *ret_place)
{
	struct place place = {.kind = pattern->kind,
	    .area = pattern->area,
	    .is_folder = pattern->is_folder,
	    .class = pattern->class};

	if (!fits(pattern, parts))
		return false;
	for (int i = 0; i < PARTS_MAX && parts[i]; i++)
		if (!part_matches(pattern->parts[i], parts[i], &place))
			return false;
	if (place.area == AREA_DROP)
		take_drop_folder(&place, parts);
	*ret_place = place;
	return true;
}

/* Cut a normalised path at its slashes. False: too many parts. */
static bool split(char *path, char *ret_parts[PARTS_MAX])
{
	int count = 0;

	for (char *at = path; *at == '/' && at[1];) {
		if (count == PARTS_MAX)
			return false;
		*at++ = '\0';
		ret_parts[count++] = at;
		at += strcspn(at, "/");
	}
	return true;
}

bool place_parse(const char *path, struct place *ret_place)
{
	char copy[PLACE_PATH_MAX];
	char *parts[PARTS_MAX] = {NULL};

	text_copy(copy, path);
	if (!split(copy, parts))
		return false;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		if (matches(&patterns[i], parts, ret_place))
			return true;
	return false;
}

/* Take the last part off the path of that length. */
static size_t drop_part(const char *path, size_t length)
{
	while (length > 0 && path[length - 1] != '/')
		length--;
	return length > 0 ? length - 1 : 0;
}

bool place_normalise(const char *path, size_t length, char ret_path[PLACE_PATH_MAX])
{
	size_t used = 0;

	for (size_t at = 0, part; at < length; at += part) {
		while (at < length && path[at] == '/')
			at++;
		part = 0;
		while (at + part < length && path[at + part] != '/') {
			if ((unsigned char)path[at + part] < 0x20)
				return false;
			part++;
		}
		if (part == 0 || (part == 1 && path[at] == '.'))
			continue;
		if (part == 2 && path[at] == '.' && path[at + 1] == '.') {
			used = drop_part(ret_path, used);
			continue;
		}
		if (used + 1 + part >= PLACE_PATH_MAX)
			return false;
		ret_path[used] = '/';
		memcpy(ret_path + used + 1, path + at, part);
		used += 1 + part;
	}
	if (used == 0)
		ret_path[used++] = '/';
	ret_path[used] = '\0';
	return true;
}

const char *place_name(const char *path)
{
	return strrchr(path, '/') + 1;
}

bool place_is_beside(const char *path, const char *other)
{
	size_t length = (size_t)(place_name(path) - path);

	return strncmp(other, path, length) == 0 && !strchr(other + length, '/');
}
