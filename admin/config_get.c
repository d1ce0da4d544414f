/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery config get: one setting's value. */
#include <stdio.h>

#include "admin/commands.h"
#include "spool/settings.h"

static int run(const struct call *call, struct err *err)
{
	OWNED_BUFFER struct buffer value = BUFFER(CONF_TEXT_MAX);
	struct settings settings;
	const struct conf_key *key = conf_find(settings_keys, call->arguments[0]);

	if (!key)
		return err_set(err, ERR_REFUSED,
		    "no setting %s; `edelivery config show` lists them", call->arguments[0]);
	if (settings_load(call->settings, &settings, err) < 0)
		return -1;
	conf_print(key, &settings, &value);
	(void)puts(buffer_text(&value));
	return 0;
}

const struct command command_config_get = {
    .name = "config get",
    .arguments = "KEY",
    .least = 1,
    .most = 1,
    .about = "the value of one setting",
    .run = run,
};
