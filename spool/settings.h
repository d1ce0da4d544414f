/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The settings of all programs: one file, one table (settings.c), one struct.
 *
 * Paths of the spool are relative to spool.root, those of the configuration to the folder that
 * the settings file is in; absolute ones stay as they are.
 */
#ifndef SPOOL_SETTINGS_H
#define SPOOL_SETTINGS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/conf.h"

enum same_name { SAME_NAME_NUMBER, SAME_NAME_QUARANTINE };
enum mail_tls { MAIL_TLS_VERIFY, MAIL_TLS_ENCRYPT, MAIL_TLS_NONE };
enum setstat { SETSTAT_REFUSE, SETSTAT_IGNORE };

struct settings {
	char path[PATH_MAX]; /* of the file they were read from */

	char root[CONF_TEXT_MAX];
	char catalog[CONF_TEXT_MAX];
	char node[CONF_TEXT_MAX];

	char agency_name[CONF_TEXT_MAX];
	char agency_link[CONF_TEXT_MAX];
	char agency_contact[CONF_TEXT_MAX];
	char agency_timezone[CONF_TEXT_MAX];
	char agency_avrs_id[CONF_TEXT_MAX];
	char letter_types[CONF_TEXT_MAX];
	int64_t retain_months;

	char drop_root[CONF_TEXT_MAX];
	int64_t drop_settle;
	int64_t drop_patience;
	int64_t drop_unknown_hold;
	int64_t drop_rescan;
	bool drop_require_batch;
	int drop_same_name; /* enum same_name */
	int64_t drop_duplicate_days;
	int64_t drop_letter_max;
	int64_t drop_trade_file_max;
	char drop_clamd[CONF_TEXT_MAX]; /* "": nothing is scanned */
	int64_t drop_clamd_timeout;

	int64_t post_batch;
	int64_t post_syncfs_from;

	char mail_relay[CONF_TEXT_MAX]; /* "": mail waits */
	int mail_tls;                   /* enum mail_tls */
	char mail_ca[CONF_TEXT_MAX];
	char mail_user[CONF_TEXT_MAX];
	char mail_password_file[CONF_TEXT_MAX];
	char mail_helo[CONF_TEXT_MAX];
	char mail_from[CONF_TEXT_MAX];
	char mail_return_path[CONF_TEXT_MAX];
	char mail_templates[CONF_TEXT_MAX];
	int64_t mail_window;
	int64_t mail_daily_hour;
	int64_t mail_connections;
	int64_t mail_timeout;
	int64_t mail_retry;
	int64_t mail_give_up;
	int64_t mail_keep;
	int64_t mail_codes;
	int64_t mail_warn_before; /* days; 0: never */
	int64_t paper_after;
	int64_t paper_after_bounce;

	char server_listen[CONF_TEXT_MAX];
	char server_host_keys[CONF_TEXT_MAX];
	int server_policy;  /* row of spool/policy.c */
	int server_setstat; /* enum setstat */
	int64_t server_login_grace;
	int64_t server_password_tries;
	int64_t server_idle;
	int64_t server_rekey_data; /* bytes */
	int64_t server_rekey_time;
	int64_t server_sessions;
	int64_t server_sessions_per_address;
	int64_t server_strangers;
	int64_t server_strangers_per_address;
	int64_t server_stop_grace;

	char archive_at[CONF_TEXT_MAX];
	int64_t archive_workers;
	int64_t archive_reserve;
	bool archive_acknowledges;
	char archive_certificate[CONF_TEXT_MAX];
	char archive_key[CONF_TEXT_MAX];
};

/* The table; its end is a row without name. */
extern const struct conf_key settings_keys[];

/*
 * Read the settings file at path and use its time zone and AVRS ID pattern from here on.
 * Returns 0, or -1 with path:line and what is allowed.
 */
int settings_load(const char *path, struct settings *ret_settings, struct err *err);

/* Use the time zone and the AVRS ID pattern of settings that were loaded before. */
int settings_use(const struct settings *settings, struct err *err);

/* place, seen from the folder that the settings file is in. */
void settings_beside(const struct settings *settings, const char *place, char ret_path[PATH_MAX]);

/* place, seen from spool.root. */
void settings_below(const struct settings *settings, const char *place, char ret_path[PATH_MAX]);

#endif
