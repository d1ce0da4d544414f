/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/letter_class.h"

#include <string.h>

static const char *const names[CLASS_COUNT] = {
    [CLASS_EDELIVERY] = "edelivery",
    [CLASS_TRADE_FILES] = "trade-files",
};

const char *letter_class_name(enum letter_class class)
{
	return names[class];
}

int letter_class_parse(const char *text, enum letter_class *ret_class, struct err *err)
{
	for (enum letter_class class = CLASS_EDELIVERY; class < CLASS_COUNT; class ++) {
		if (strcmp(names[class], text) == 0) {
			*ret_class = class;
			return 0;
		}
	}
	return err_set(err, ERR_REFUSED, "\"%.40s\" is neither edelivery nor trade-files", text);
}
