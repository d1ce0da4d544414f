/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/number.h"
#include "base/text.h"
#include "spool/avrs_id.h"
#include "spool/email.h"
#include "spool/mail_relay.h"
#include "spool/mail_token.h"

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

static int check_email_or_empty(const char *text, struct err *err)
{
	return text[0] ? email_check(text, err) : 0;
}

/* The token that makes it the path of one mail goes behind the local part, which has 64 bytes. */
static int check_return_path(const char *text, struct err *err)
{
	if (strcspn(text, "@") > RETURN_PATH_LOCAL_MAX)
		return err_set(err, ERR_REFUSED, "more than %d bytes in front of the \"@\"",
		    RETURN_PATH_LOCAL_MAX);
	return check_email_or_empty(text, err);
}

/* It becomes a line of a mail. */
static int check_line(const char *text, struct err *err)
{
	return text_check("text", text, CONF_TEXT_MAX, err);
}

static int check_host(const char *text, struct err *err)
{
	return strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") ==
	               strlen(text)
	           ? 0
	           : err_set(err, ERR_REFUSED, "not a host name");
}

static int check_relay(const char *text, struct err *err)
{
	struct mail_relay relay;

	return text[0] ? mail_relay_parse(text, &relay, err) : 0;
}

static const char *const mail_tls_words[] = {"verify", "encrypt", "none", NULL};
static int check_time_of_day(const char *text, struct err *err)
{
	int64_t ignored = 0;

	return clock_parse_time_of_day(text, &ignored, err);
}

/* What fits into the address of a Unix socket. */
static int check_socket(const char *text, struct err *err)
{
	if (text[0] && (text[0] != '/' || strlen(text) > 107))
		return err_set(err, ERR_REFUSED, "not an absolute path of at most 107 bytes");
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
		 "outbox, archives."},
    {"catalog", &conf_text, FIELD(catalog), "sqlite:catalog/catalog.db",
	.check = check_not_empty, .form = "sqlite:PATH or postgresql:CONNINFO",
	.about = "Where rights and states are kept: a SQLite file, its path seen from spool.root, or a "
		 "PostgreSQL database by a connection string of libpq, without a password."},
    {"node.name", &conf_text, FIELD(node), "",
	.form = "text",
	.about = "The name of this machine in the catalog and its events; empty: its host name."},

    {"agency.name", &conf_text, FIELD(agency_name), "",
	.check = check_line, .form = "text",
	.about = "The agency's name, for mails."},
    {"agency.link", &conf_text, FIELD(agency_link), "",
	.check = check_line, .form = "text",
	.about = "Where people read how they get their letters, for mails: an address of the web."},
    {"agency.contact", &conf_text, FIELD(agency_contact), "",
	.check = check_line, .form = "text",
	.about = "Whom people ask, for mails: a telephone number, an e-mail address."},
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
    {"drop.clamd", &conf_text, FIELD(drop_clamd), "",
	.check = check_socket, .form = "empty, or the absolute path of a socket, at most 107 bytes",
	.about = "The Unix socket of clamd(8), such as /run/clamav/clamd.ctl: each file is scanned "
		 "for viruses before it is taken, and waits where clamd does not answer. Empty: "
		 "nothing is scanned."},
    {"drop.clamd-timeout", &conf_duration, FIELD(drop_clamd_timeout), "3m", .min = SECOND,
	.max = HOUR,
	.about = "How long clamd may neither take nor answer anything before it counts as away."},

    {"post.batch", &conf_number, FIELD(post_batch), "512", .min = 1, .max = 4096,
	.about = "At most so many letters share the syncs and transactions of one posting."},
    {"post.syncfs-from", &conf_number, FIELD(post_syncfs_from), "64", .min = 1, .max = 100000,
	.about = "From so many letters on one syncfs makes them durable, below it an fsync each: "
		 "syncfs also waits for what others write."},

    {"mail.relay", &conf_text, FIELD(mail_relay), "",
	.check = check_relay,
	.form = "smtp://HOST:PORT, smtps://HOST:PORT, or the path of a sendmail program",
	.about = "Who takes the mails; empty: they wait."},
    {"mail.tls", &conf_word, FIELD(mail_tls), "verify", .words = mail_tls_words,
	.about = "verify: only encrypted, to a relay whose certificate is right; encrypt: to any "
		 "that encrypts; none: in the clear, for a relay on this machine."},
    {"mail.ca", &conf_text, FIELD(mail_ca), "/etc/ssl/certs/ca-certificates.crt",
	.check = check_not_empty, .form = "a path",
	.about = "The certificates that the relay's is verified with (PEM), seen from the folder of "
		 "this file."},
    {"mail.user", &conf_text, FIELD(mail_user), "",
	.check = check_line, .form = "text",
	.about = "Who logs in to the relay; empty: nobody does."},
    {"mail.password-file", &conf_text, FIELD(mail_password_file), "mail-password",
	.check = check_not_empty, .form = "a path",
	.about = "The file whose first line is the password of mail.user, seen from the folder of "
		 "this file."},
    {"mail.helo", &conf_text, FIELD(mail_helo), "",
	.check = check_host, .form = "a host name",
	.about = "The name that the relay is greeted with; empty: the host name of this machine."},
    {"mail.from", &conf_text, FIELD(mail_from), "",
	.check = check_email_or_empty, .form = "an e-mail address",
	.about = "Who mails are from. Has to be set where mail.relay is."},
    {"mail.return-path", &conf_text, FIELD(mail_return_path), "",
	.check = check_return_path, .form = "an e-mail address",
	.about = "Where mails that cannot be delivered come back to, with a token behind the local "
		 "part for each (bounces@ becomes bounces+TOKEN@): give that to `edelivery mail "
		 "bounce`. Empty: to mail.from, without a token."},
    {"mail.templates", &conf_text, FIELD(mail_templates), "mail",
	.check = check_not_empty, .form = "a path",
	.about = "The folder with the texts of mails, seen from the folder of this file."},
    {"mail.window", &conf_duration, FIELD(mail_window), "15m", .max = 7 * DAY,
	.about = "Letters posted within so long of the first are told of in one mail an account."},
    {"mail.daily-hour", &conf_number, FIELD(mail_daily_hour), "7", .max = 23,
	.about = "When accounts are told that want one mail a day, and administrators of what is in "
		 "quarantine: the hour, in the agency's time zone."},
    {"mail.connections", &conf_number, FIELD(mail_connections), "4", .min = 1, .max = 64,
	.about = "At most so many connections to the relay at a time, each for many mails."},
    {"mail.timeout", &conf_duration, FIELD(mail_timeout), "2m", .min = SECOND, .max = HOUR,
	.about = "The longest that handing over one mail may take."},
    {"mail.retry", &conf_duration, FIELD(mail_retry), "1m", .min = SECOND, .max = HOUR,
	.about = "How long a mail waits after the first failed attempt; twice as long after each "
		 "further one, at most four hours."},
    {"mail.give-up", &conf_duration, FIELD(mail_give_up), "5d", .min = SECOND, .max = 30 * DAY,
	.about = "A mail that could not be handed over for so long is given up."},
    {"mail.keep", &conf_duration, FIELD(mail_keep), "30d", .min = DAY, .max = 366 * DAY,
	.about = "How long the row of a mail that was sent or given up is kept; for so long a bounce "
		 "is understood."},

    {"mail.codes", &conf_number, FIELD(mail_codes), "5", .min = 1, .max = 100,
	.about = "At most so many codes are sent to an account within an hour."},
    {"mail.warn-before", &conf_number, FIELD(mail_warn_before), "30", .max = 90,
	.about = "Accounts are warned of roles that end, and of letters that go and that nobody has "
		 "got, so many days before; 0: never."},
    {"paper.after", &conf_number, FIELD(paper_after), "0", .max = 366,
	.about = "A letter that nobody has got so many days after it was posted is printed as well; "
		 "0: never."},
    {"paper.after-bounce", &conf_number, FIELD(paper_after_bounce), "3", .max = 366,
	.about = "The same for a letter of an AVRS ID whose accounts cannot be told, since mail to "
		 "them comes back; 0: never."},

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
    {"server.rekey-data", &conf_size, FIELD(server_rekey_data), "1G", .min = MIB, .max = 16 * GIB,
	.about = "A session exchanges new keys after so many bytes."},
    {"server.rekey-time", &conf_duration, FIELD(server_rekey_time), "1h", .min = SECOND, .max = DAY,
	.about = "It also does after this long, with the next bytes that it sends."},
    {"server.sessions", &conf_number, FIELD(server_sessions), "2000", .min = 1, .max = 10000,
	.about = "At most so many sessions at a time; further connections are refused."},
    {"server.sessions-per-address", &conf_number, FIELD(server_sessions_per_address), "200",
	.min = 1, .max = 10000,
	.about = "At most so many sessions at a time from one network address."},
    {"server.strangers", &conf_number, FIELD(server_strangers), "200", .min = 1, .max = 10000,
	.about = "At most so many connections at a time that have not logged in."},
    {"server.strangers-per-address", &conf_number, FIELD(server_strangers_per_address), "50",
	.min = 1, .max = 10000,
	.about = "At most so many connections at a time from one network address that have not "
		 "logged in."},
    {"server.stop-grace", &conf_duration, FIELD(server_stop_grace), "30s", .max = HOUR,
	.about = "How long files that are being fetched may go on when the server is told to "
		 "stop."},

    {"archive.at", &conf_text, FIELD(archive_at), "04:00",
	.check = check_time_of_day, .form = "HH:MM",
	.about = "When `edelivery up` makes the night archives, in agency.timezone. Under systemd the "
		 "timer says it."},
    {"archive.acknowledges", &conf_yes_no, FIELD(archive_acknowledges), "no",
	.about = "Who has got all of a night archive has acknowledged the letters in it, too: they "
		 "leave new/."},
    {"archive.certificate", &conf_text, FIELD(archive_certificate), "",
	.form = "a path",
	.about = "Sign night archives with the certificate in this PEM file, seen from the folder of "
		 "this file; what else is in it goes along. Empty: they are not signed."},
    {"archive.key", &conf_text, FIELD(archive_key), "",
	.form = "a path",
	.about = "The PEM file of its private key, without a passphrase, which only edelivery-archive "
		 "may read."},
    {"archive.workers", &conf_number, FIELD(archive_workers), "0", .min = 0, .max = 16,
	.about = "So many processes make archives at a time; 0: one a processor, at most 4."},
    {"archive.reserve", &conf_size, FIELD(archive_reserve), "1G", .max = 1024 * GIB,
	.about = "So much of the disk stays free: archives that might need it are not begun."},
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

int settings_use(const struct settings *settings, struct err *err)
{
	clock_set_zone(settings->agency_timezone);
	return avrs_id_set_pattern(settings->agency_avrs_id, err);
}

int settings_load(const char *path, struct settings *ret_settings, struct err *err)
{
	struct settings settings = {0};

	if (conf_load(settings_keys, path, &settings, err) < 0)
		return -1;
	if (!realpath(path, settings.path))
		return err_sys(err, "cannot read settings from %s", path);
	if (settings_use(&settings, err) < 0 || find_node_name(&settings, err) < 0)
		return -1;
	*ret_settings = settings;
	return 0;
}
