/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/role.h"

#include <string.h>

static const struct {
	const char *name;
	const char *title;
	bool shows[CLASS_COUNT];
} roles[ROLE_COUNT] = {
    [ROLE_NONE] = {"none", "no role", {false, false}},
    [ROLE_MASTER] = {"master", "Master", {true, true}},
    [ROLE_INCLUDES_E_DELIVERY] = {"includes-e-delivery", "Trade Files Includes E-Delivery",
        {true, true}},
    [ROLE_E_DELIVERY_ONLY] = {"e-delivery-only", "Trade Files E-Delivery Only", {true, false}},
};

const char *role_name(enum role role)
{
	return roles[role].name;
}

const char *role_title(enum role role)
{
	return roles[role].title;
}

int role_parse(const char *text, enum role *ret_role, struct err *err)
{
	for (enum role role = ROLE_NONE; role < ROLE_COUNT; role++) {
		if (strcmp(roles[role].name, text) == 0) {
			*ret_role = role;
			return 0;
		}
	}
	return err_set(err, ERR_REFUSED,
	    "\"%.40s\" is not a role: includes-e-delivery, e-delivery-only or master", text);
}

bool role_shows(enum role role, enum letter_class class)
{
	return roles[role].shows[class];
}
