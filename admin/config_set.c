/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery config set: change one setting, checked as a start checks it. */
#include <stdio.h>

#include "admin/commands.h"
#include "spool/settings.h"

static int run(const struct call *call, struct err *err)
{
	const struct conf_key *key = conf_find(settings_keys, call->arguments[0]);
	struct settings settings;

	if (!key)
		return err_set(err, ERR_REFUSED,
		    "no setting %s; `edelivery config show` lists them", call->arguments[0]);
	/* A file that is wrong elsewhere is mended by hand: one change must not hide another. */
	if (settings_load(call->settings, &settings, err) < 0 ||
	    conf_set(key, call->settings, call->arguments[1], err) < 0)
		return -1;
	(void)printf("%s is set; what runs takes it at its next reload (SIGHUP)\n", key->name);
	return 0;
}

const struct command command_config_set = {
    .name = "config set",
    .arguments = "KEY VALUE",
    .least = 2,
    .most = 2,
    .about = "change one setting in the settings file",
    .run = run,
};
