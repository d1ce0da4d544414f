/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery config show: every setting. */
#include "admin/commands.h"
#include "admin/listing.h"
#include "spool/settings.h"

static void add_row(
    struct listing *listing, const struct conf_key *key, const struct settings *settings)
{
	OWNED_BUFFER struct buffer value = BUFFER(CONF_TEXT_MAX);
	OWNED_BUFFER struct buffer allowed = BUFFER(CONF_TEXT_MAX);

	conf_print(key, settings, &value);
	conf_explain(key, &allowed);
	listing_text(listing, key->name);
	listing_text(listing, buffer_text(&value));
	listing_text(listing, key->fallback);
	listing_text(listing, buffer_text(&allowed));
	listing_end_row(listing);
}

static int run(const struct call *call, struct err *err)
{
	static const char *const columns[] = {"key", "value", "default", "allowed", NULL};
	OWNED_LISTING struct listing *listing = NULL;
	struct settings settings;

	if (settings_load(call->settings, &settings, err) < 0 ||
	    listing_new(call_has(call, "json"), columns, &listing, err) < 0)
		return -1;
	for (const struct conf_key *key = settings_keys; key->name; key++)
		add_row(listing, key, &settings);
	return listing_print(listing, "no settings", err);
}

static const struct option_row options[] = {OPTION_JSON, {NULL, NULL, NULL}};

const struct command command_config_show = {
    .name = "config show",
    .arguments = "",
    .options = options,
    .about = "every setting with its value, default and bounds",
    .run = run,
};
