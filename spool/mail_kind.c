/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/mail_kind.h"

#include <string.h>

static const struct {
	const char *name;
	bool is_administrative;
	bool reaches_disabled;
} kinds[MAIL_KIND_COUNT] = {
    [MAIL_LETTERS] = {"letters", false, false},
    [MAIL_QUARANTINE] = {"quarantine", true, false},
    [MAIL_BATCH] = {"batch", true, false},
    [MAIL_LOCKED] = {"locked", false, false},
    [MAIL_ROLE_ENDS] = {"role-ends", false, false},
    [MAIL_LETTERS_END] = {"letters-end", false, false},
    [MAIL_PUBLICATION] = {"publication", false, false},
    [MAIL_CODE] = {"code", false, true},
};

const char *mail_kind_name(enum mail_kind kind)
{
	return kinds[kind].name;
}

int mail_kind_parse(const char *word, enum mail_kind *ret_kind, struct err *err)
{
	for (enum mail_kind kind = MAIL_LETTERS; kind < MAIL_KIND_COUNT; kind++)
		if (strcmp(word, kinds[kind].name) == 0) {
			*ret_kind = kind;
			return 0;
		}
	return err_set(err, ERR_INTERNAL, "a mail of kind %.40s", word);
}

bool mail_kind_is_administrative(enum mail_kind kind)
{
	return kinds[kind].is_administrative;
}

bool mail_kind_reaches_disabled(enum mail_kind kind)
{
	return kinds[kind].reaches_disabled;
}
