/* SPDX-License-Identifier: Apache-2.0 */
#include "server/drop_place.h"

#include <string.h>

#include "base/clock.h"
#include "spool/letter_name.h"
#include "spool/provider.h"
#include "spool/right.h"
#include "spool/view_drop.h"

int drop_place_find(struct view *view, const char *path, bool is_folder, struct place *ret_place,
    struct ruling *ret_ruling, struct err *err)
{
	bool in_drop = strcmp(path, "/drop") == 0 || strncmp(path, "/drop/", 6) == 0;
	char today[DATE_SIZE];
	bool allowed = false;

	*ret_ruling = (struct ruling){.answer = ANSWER_OK};
	*ret_place = (struct place){.kind = PLACE_KIND_COUNT};
	clock_print_date(clock_now(), today);
	if (!in_drop)
		return rule(ret_ruling, ANSWER_DENIED, "this tree is read-only");
	if (!right_may_see(&view->account, NULL, AREA_DROP, today))
		return rule(ret_ruling, ANSWER_NO_SUCH_FILE, "no such file");
	if (!place_parse(path, ret_place) ||
	    ret_place->kind != (is_folder ? PLACE_DROP_FOLDER : PLACE_DROP_FILE))
		return rule(ret_ruling, ANSWER_DENIED,
		    is_folder ? "only folders of AVRS IDs, and trade-files in them, are made here"
		              : "files go into the folder of an AVRS ID, its trade-files, or a "
		                "section of publications; *.batch.csv into drop/");
	if (view_drop_allows(view, ret_place, &allowed, err) < 0)
		return -1;
	if (!allowed)
		return rule(ret_ruling, ANSWER_DENIED, "this account may not drop that");
	return 0;
}

/*
 * lftp writes to .in.NAME with xfer:use-temp-file, and renames that when it is done. Any other name
 * that begins with a dot may be one of ours, or would wait for ever.
 */
static bool is_hidden(const char *name)
{
	size_t length = strlen(name);
	bool is_part = length >= 5 && strcmp(name + length - 5, ".part") == 0;

	return name[0] == '.' && (strncmp(name, ".in.", 4) != 0 || is_part);
}

int drop_place_find_new(struct view *view, const char *path, bool is_folder,
    struct place *ret_place, struct ruling *ret_ruling, struct err *err)
{
	struct provider provider;
	struct err wrong;
	bool known = true;

	if (drop_place_find(view, path, is_folder, ret_place, ret_ruling, err) < 0)
		return -1;
	if (ret_ruling->answer != ANSWER_OK)
		return 0;
	if (!is_folder && letter_name_check(ret_place->name, &wrong) < 0)
		return rule(ret_ruling, ANSWER_DENIED, "%.150s", wrong.text);
	if (!is_folder && is_hidden(ret_place->name))
		return rule(
		    ret_ruling, ANSWER_DENIED, "a name that begins with a dot is never delivered");
	if (ret_place->avrs_id[0] &&
	    provider_find(view->spool->catalog, ret_place->avrs_id, &provider, &known, err) < 0)
		return -1;
	if (!known)
		return rule(
		    ret_ruling, ANSWER_DENIED, "AVRS ID %s is not known", ret_place->avrs_id);
	return 0;
}
