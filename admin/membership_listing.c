/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/membership_listing.h"

#include "admin/listing.h"

static json_t *date_or_null(const char *date)
{
	return date[0] ? json_string(date) : json_null();
}

void membership_listing_add(json_t *array, const struct membership *membership)
{
	json_t *object = json_object();

	(void)json_object_set_new(object, "login", json_string(membership->login));
	(void)json_object_set_new(object, "avrs_id", json_string(membership->avrs_id));
	(void)json_object_set_new(object, "role", json_string(role_name(membership->role)));
	(void)json_object_set_new(object, "from_date", date_or_null(membership->from));
	(void)json_object_set_new(object, "until_date", date_or_null(membership->until));
	(void)json_object_set_new(object, "granted", listing_time_value(membership->granted));
	(void)json_object_set_new(object, "mark", json_integer(membership->mark));
	(void)json_object_set_new(object, "last_sequence", json_integer(membership->last_sequence));
	(void)json_array_append_new(array, object);
}
