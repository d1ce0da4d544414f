/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/number.h"
#include "spool/avrs_id.h"

#define FIELD(member) .offset = offsetof(struct settings, member)

static int check_absolute(const char *text, struct err *err)
{
	return text[0] == '/' ? 0 : err_set(err, ERR_REFUSED, "not an absolute path");
}

static int check_not_empty(const char *text, struct err *err)
{
	return text[0] ? 0 : err_set(err, ERR_REFUSED, "empty");
}

/* An IPv6 address stands in brackets: it has colons of its own. */
static bool is_address(const char *text, size_t length)
{
	if (text[0] == '[')
		return length > 2 && text[length - 1] == ']';
	return length > 0 && !memchr(text, ':', length);
}

static int check_address(const char *text, struct err *err)
{
	const char *colon = strrchr(text, ':');
	int64_t port = 0;

	if (!colon || !is_address(text, (size_t)(colon - text)) ||
	    number_parse(colon + 1, &port, err) < 0 || port < 0 || port > 65535)
		return err_set(err, ERR_REFUSED, "not ADDRESS:PORT");
	return 0;
}

static const char *const same_name_words[] = {"number", "quarantine", NULL};
static const char *const setstat_words[] = {"refuse", "ignore", NULL};
static const char *const policy_words[] = {
    "standard", "hardened", "fips-algorithms", "compat", NULL};

/* clang-format off */
const struct conf_key settings_keys[] = {
    {"spool.root", &conf_text, FIELD(root), "/var/lib/edelivery",
	.check = check_absolute, .form = "an absolute path",
	.about = "The folder that holds the spool: dropped and posted letters, quarantine, paper "
		 "outbox, audit log."},
    {"catalog", &conf_text, FIELD(catalog), "sqlite:catalog/catalog.db",
	.check = check_not_empty, .form = "sqlite:PATH or postgresql:CONNINFO",
	.about = "Where rights and states are kept: a SQLite file, its path seen from spool.root, or a "
		 "PostgreSQL database by a connection string of libpq, without a password."},
    {"node.name", &conf_text, FIELD(node), "",
	.form = "text",
	.about = "The name of this machine in the catalog and the audit log; empty: its host name."},

    {"agency.timezone", &conf_text, FIELD(agency_timezone), "America/New_York",
	.check = clock_check_zone, .form = "a time zone of the system, such as America/New_York",
	.about = "Dates (effective dates, memberships, nights) are those of this time zone."},
    {"agency.avrs-id", &conf_text, FIELD(agency_avrs_id), "[0-9]{9}",
	.check = avrs_id_check_pattern, .form = "an extended regular expression",
	.about = "What an AVRS ID looks like, as a whole. Whatever the pattern says, an AVRS ID is "
		 "at most 32 letters, digits and -."},
    {"letters.types", &conf_text, FIELD(letter_types), "letter-types.conf",
	.check = check_not_empty, .form = "a path",
	.about = "The table of letter types (rule R1), seen from the folder of this file."},
    {"retain.months", &conf_number, FIELD(retain_months), "12", .min = 6, .max = 12,
	.about = "How long a posted letter stays available (rule R11)."},

    {"drop.root", &conf_text, FIELD(drop_root), "drop",
	.check = check_not_empty, .form = "a path",
	.about = "The folder that jobs drop into, seen from spool.root; it may be another file "
		 "system, then files are copied instead of adopted."},
    {"drop.settle", &conf_duration, FIELD(drop_settle), "10s", .max = HOUR,
	.about = "Where leases do not work, and for files without a structure to check: how long a "
		 "file must stay unchanged to count as complete."},
    {"drop.patience", &conf_duration, FIELD(drop_patience), "1h", .min = SECOND, .max = 7 * DAY,
	.about = "How long a file may stay empty or cut off before it is quarantined."},
    {"drop.unknown-hold", &conf_duration, FIELD(drop_unknown_hold), "48h", .max = 60 * DAY,
	.about = "How long a file for an AVRS ID that is not known waits for the provider import "
		 "before it is quarantined."},
    {"drop.rescan", &conf_duration, FIELD(drop_rescan), "5m", .min = SECOND, .max = DAY,
	.about = "How often all drop folders are compared with what was seen: events are a hint, "
		 "the scan is the truth."},
    {"drop.require-batch", &conf_yes_no, FIELD(drop_require_batch), "no",
	.about = "Hold every letter that no batch control file names."},
    {"drop.same-name", &conf_word, FIELD(drop_same_name), "number", .words = same_name_words,
	.about = "A second file of a name that was served before: number serves it as NAME.2.ext, "
		 "quarantine refuses it."},
    {"drop.duplicate-days", &conf_number, FIELD(drop_duplicate_days), "7", .min = 0, .max = 366,
	.about = "A file with the name and content of one taken less than so many days ago is "
		 "recorded as a duplicate and not posted again."},
    {"drop.letter-max", &conf_size, FIELD(drop_letter_max), "64M", .min = 1, .max = GIB,
	.about = "The largest letter that is taken."},
    {"drop.trade-file-max", &conf_size, FIELD(drop_trade_file_max), "4G", .min = 1,
	.max = 64 * GIB, .about = "The largest trade file that is taken."},

    {"post.batch", &conf_number, FIELD(post_batch), "512", .min = 1, .max = 4096,
	.about = "At most so many letters share the syncs and transactions of one posting."},
    {"post.syncfs-from", &conf_number, FIELD(post_syncfs_from), "64", .min = 1, .max = 100000,
	.about = "From so many letters on one syncfs makes them durable, below it an fsync each: "
		 "syncfs also waits for what others write."},

    {"server.listen", &conf_text, FIELD(server_listen), "127.0.0.1:2022",
	.check = check_address, .form = "ADDRESS:PORT, IPv6 as [ADDRESS]:PORT; port 0: any free one",
	.about = "Where the SFTP server listens."},
    {"server.host-keys", &conf_text, FIELD(server_host_keys), "host-keys",
	.check = check_not_empty, .form = "a path",
	.about = "The folder of the server's private keys (*_key), seen from the folder of this file."},
    {"server.policy", &conf_word, FIELD(server_policy), "standard", .words = policy_words,
	.about = "Which algorithms are offered: edelivery-sftpd(8) lists them."},
    {"server.setstat", &conf_word, FIELD(server_setstat), "refuse", .words = setstat_words,
	.about = "A client that sets times or modes in the read-only tree is refused, or told yes "
		 "without effect: some clients insist."},
    {"server.login-grace", &conf_duration, FIELD(server_login_grace), "60s", .min = SECOND,
	.max = 10 * MINUTE, .about = "A connection that has not logged in after this long is ended."},
    {"server.password-tries", &conf_number, FIELD(server_password_tries), "10", .min = 1,
	.max = 1000,
	.about = "So many wrong passwords in a row lock the password logins of an account; its keys "
		 "go on."},
    {"server.idle", &conf_duration, FIELD(server_idle), "15m", .min = SECOND, .max = DAY,
	.about = "A session without a request for this long is ended."},
    {"server.sessions", &conf_number, FIELD(server_sessions), "2000", .min = 1, .max = 10000,
	.about = "At most so many sessions at a time; further connections are refused."},
    {"server.sessions-per-address", &conf_number, FIELD(server_sessions_per_address), "200",
	.min = 1, .max = 10000,
	.about = "At most so many sessions at a time from one network address."},
    {.name = NULL},
};
/* clang-format on */

static void resolve(const char *folder, int folder_length, const char *place, char *ret_path)
{
	if (place[0] == '/')
		(void)snprintf(ret_path, PATH_MAX, "%s", place);
	else
		(void)snprintf(ret_path, PATH_MAX, "%.*s/%s", folder_length, folder, place);
}

void settings_beside(const struct settings *settings, const char *place, char ret_path[PATH_MAX])
{
	const char *slash = strrchr(settings->path, '/');

	resolve(settings->path, (int)(slash - settings->path), place, ret_path);
}

void settings_below(const struct settings *settings, const char *place, char ret_path[PATH_MAX])
{
	resolve(settings->root, (int)strlen(settings->root), place, ret_path);
}

static int find_node_name(struct settings *settings, struct err *err)
{
	if (settings->node[0])
		return 0;
	return gethostname(settings->node, sizeof(settings->node) - 1) < 0
	           ? err_sys(err, "find the host name")
	           : 0;
}

int settings_load(const char *path, struct settings *ret_settings, struct err *err)
{
	struct settings settings = {0};

	if (conf_load(settings_keys, path, &settings, err) < 0)
		return -1;
	if (!realpath(path, settings.path))
		return err_sys(err, "cannot read settings from %s", path);
	clock_set_zone(settings.agency_timezone);
	if (avrs_id_set_pattern(settings.agency_avrs_id, err) < 0 ||
	    find_node_name(&settings, err) < 0)
		return -1;
	*ret_settings = settings;
	return 0;
}
