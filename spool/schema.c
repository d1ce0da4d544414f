/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/schema.h"

#include <stddef.h>

/*
 * Times are microseconds since 1970 UTC, dates YYYY-MM-DD in the agency's time zone, hashes hex.
 * The words in CHECK are those of enum tables in the room; docs/CATALOG.md tells what each table
 * is for.
 */
static const char *const version_1[] = {
    /* Ids, and the number that changes whenever rights do. */
    "CREATE TABLE sequence (name TEXT PRIMARY KEY, next BIGINT NOT NULL)",
    "INSERT INTO sequence VALUES ('letter', 1), ('account', 1), ('key', 1), ('batch', 1),"
    " ('publication', 1), ('archive', 1), ('upload', 1), ('receipt', 1), ('mail', 1),"
    " ('event', 1), ('rights', 1)",

    "CREATE TABLE provider ("
    " avrs_id TEXT PRIMARY KEY,"
    " npi TEXT,"
    " name TEXT NOT NULL,"
    " kind TEXT NOT NULL CHECK (kind IN ('billing', 'performing', 'trading-partner')),"
    " active BIGINT NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),"
    " added BIGINT NOT NULL,"
    " deactivated BIGINT,"
    " last_sequence BIGINT NOT NULL DEFAULT 0,"
    " last_posted BIGINT NOT NULL DEFAULT 0)",

    "CREATE TABLE account ("
    " id BIGINT PRIMARY KEY,"
    " login TEXT NOT NULL UNIQUE,"
    " email TEXT NOT NULL,"
    " state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')),"
    " state_reason TEXT,"
    " state_since BIGINT NOT NULL,"
    " admin BIGINT NOT NULL DEFAULT 0 CHECK (admin IN (0, 1)),"
    " print_shop BIGINT NOT NULL DEFAULT 0 CHECK (print_shop IN (0, 1)),"
    " bundle BIGINT NOT NULL DEFAULT 0 CHECK (bundle IN (0, 1)),"
    " bundle_format TEXT NOT NULL DEFAULT 'zip',"
    " ack TEXT NOT NULL DEFAULT 'on-delete' CHECK (ack IN ('on-delete', 'on-read')),"
    " auth TEXT NOT NULL DEFAULT 'any',"
    " password_hash TEXT,"
    " password_set BIGINT,"
    " failed_passwords BIGINT NOT NULL DEFAULT 0,"
    " locked BIGINT,"
    " created BIGINT NOT NULL,"
    " last_login BIGINT,"
    " mail_window TEXT NOT NULL DEFAULT 'default',"
    " mail_trade_files BIGINT NOT NULL DEFAULT 0 CHECK (mail_trade_files IN (0, 1)),"
    " email_state TEXT NOT NULL DEFAULT 'unknown' CHECK (email_state IN ('unknown', 'good', 'bad')),"
    " email_reason TEXT)",

    /* What an administrator may drop; no row: everything. An empty type: every type. */
    "CREATE TABLE drop_limit ("
    " account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,"
    " avrs_id TEXT NOT NULL REFERENCES provider (avrs_id),"
    " type TEXT NOT NULL DEFAULT '',"
    " PRIMARY KEY (account_id, avrs_id, type))",

    /*
     * R4, R5: one role for each account and AVRS ID. 'none': attached, sees nothing. Everything
     * up to mark is acknowledged; trade files up to trade_files_after came before the role.
     */
    "CREATE TABLE membership ("
    " account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,"
    " avrs_id TEXT NOT NULL REFERENCES provider (avrs_id),"
    " role TEXT NOT NULL CHECK (role IN ('master', 'includes-e-delivery', 'e-delivery-only', 'none')),"
    " from_date TEXT,"
    " until_date TEXT,"
    " mark BIGINT NOT NULL,"
    " trade_files_after BIGINT NOT NULL,"
    " granted BIGINT NOT NULL,"
    " changed BIGINT NOT NULL,"
    " PRIMARY KEY (account_id, avrs_id))",
    "CREATE UNIQUE INDEX membership_master ON membership (avrs_id) WHERE role = 'master'",
    "CREATE INDEX membership_avrs_id ON membership (avrs_id)",

    /* Exceptions to the mark: acknowledged above it, renewed (1) below it. */
    "CREATE TABLE acknowledgement ("
    " account_id BIGINT NOT NULL,"
    " avrs_id TEXT NOT NULL,"
    " sequence BIGINT NOT NULL,"
    " renewed BIGINT NOT NULL CHECK (renewed IN (0, 1)),"
    " PRIMARY KEY (account_id, avrs_id, sequence),"
    " FOREIGN KEY (account_id, avrs_id) REFERENCES membership (account_id, avrs_id) ON DELETE CASCADE)",

    "CREATE TABLE public_key ("
    " id BIGINT PRIMARY KEY,"
    " account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,"
    " type TEXT NOT NULL,"
    " blob TEXT NOT NULL,"
    " fingerprint TEXT NOT NULL,"
    " comment TEXT NOT NULL,"
    " from_addresses TEXT,"
    " added BIGINT NOT NULL,"
    " last_used BIGINT,"
    " UNIQUE (account_id, fingerprint))",

    "CREATE TABLE pin ("
    " avrs_id TEXT PRIMARY KEY REFERENCES provider (avrs_id),"
    " hash TEXT NOT NULL,"
    " issued BIGINT NOT NULL,"
    " expires BIGINT NOT NULL,"
    " failures BIGINT NOT NULL DEFAULT 0,"
    " used BIGINT)",

    "CREATE TABLE batch ("
    " id BIGINT PRIMARY KEY,"
    " name TEXT NOT NULL UNIQUE,"
    " state TEXT NOT NULL CHECK (state IN ('held', 'posting', 'posted', 'discarded')),"
    " seen BIGINT NOT NULL,"
    " alarmed BIGINT,"
    " posted BIGINT)",
    "CREATE TABLE batch_member ("
    " batch_id BIGINT NOT NULL REFERENCES batch (id) ON DELETE CASCADE,"
    " line BIGINT NOT NULL,"
    " avrs_id TEXT NOT NULL,"
    " class TEXT NOT NULL CHECK (class IN ('edelivery', 'trade-files')),"
    " name TEXT NOT NULL,"
    " size BIGINT NOT NULL,"
    " sha256 TEXT NOT NULL,"
    " letter_id BIGINT,"
    " PRIMARY KEY (batch_id, line))",
    "CREATE INDEX batch_member_name ON batch_member (avrs_id, name)",

    /*
     * A taken file and its deliveries: at least one, each kind at most once, so they are two
     * groups of columns. The source columns tell a leftover in the drop folder from a new file.
     */
    "CREATE TABLE letter ("
    " id BIGINT PRIMARY KEY,"
    " avrs_id TEXT NOT NULL REFERENCES provider (avrs_id),"
    " class TEXT NOT NULL CHECK (class IN ('edelivery', 'trade-files')),"
    " type TEXT NOT NULL,"
    " name TEXT NOT NULL,"
    " dropped_name TEXT NOT NULL,"
    " size BIGINT NOT NULL,"
    " sha256 TEXT NOT NULL,"
    " crc32 BIGINT NOT NULL,"
    " node TEXT NOT NULL,"
    " source_device BIGINT NOT NULL,"
    " source_inode BIGINT NOT NULL,"
    " source_changed BIGINT NOT NULL,"
    " batch_id BIGINT REFERENCES batch (id),"
    " taken BIGINT NOT NULL,"
    " electronic TEXT CHECK (electronic IN ('posting', 'posted', 'expired', 'recalled')),"
    " electronic_reason TEXT,"
    " sequence BIGINT,"
    " posted BIGINT,"
    " electronic_ended BIGINT,"
    " kept_until BIGINT,"
    " archived BIGINT NOT NULL DEFAULT 0 CHECK (archived IN (0, 1)),"
    " paper TEXT CHECK (paper IN ('queued', 'handed-over', 'withdrawn')),"
    " paper_reason TEXT,"
    " paper_date TEXT,"
    " queued BIGINT,"
    " placed BIGINT,"
    " paper_ended BIGINT,"
    " CHECK (electronic IS NOT NULL OR paper IS NOT NULL),"
    " UNIQUE (avrs_id, name))",
    "CREATE INDEX letter_posted ON letter (avrs_id, class, sequence) WHERE electronic = 'posted'",
    "CREATE INDEX letter_unfinished ON letter (avrs_id, id)"
    " WHERE electronic = 'posting' OR (paper = 'queued' AND placed IS NULL)",
    "CREATE INDEX letter_paper ON letter (paper_date, id) WHERE paper IS NOT NULL",

    /* Every dropped file that did not become a letter at once. Its id is its letter's id later. */
    "CREATE TABLE intake ("
    " id BIGINT PRIMARY KEY,"
    " avrs_id TEXT NOT NULL,"
    " class TEXT NOT NULL CHECK (class IN ('edelivery', 'trade-files')),"
    " name TEXT NOT NULL,"
    " state TEXT NOT NULL CHECK"
    "  (state IN ('held', 'quarantined', 'taken', 'duplicate', 'discarded', 'gone')),"
    " reason TEXT NOT NULL,"
    " node TEXT NOT NULL,"
    " size BIGINT NOT NULL,"
    " source_device BIGINT NOT NULL,"
    " source_inode BIGINT NOT NULL,"
    " source_changed BIGINT NOT NULL,"
    " seen BIGINT NOT NULL,"
    " changed BIGINT NOT NULL,"
    " path TEXT,"
    " wanted TEXT CHECK (wanted IN ('release', 'discard')),"
    " first_id BIGINT,"
    " batch_id BIGINT REFERENCES batch (id))",
    "CREATE INDEX intake_name ON intake (avrs_id, name)",
    "CREATE INDEX intake_open ON intake (state, id) WHERE state IN ('held', 'quarantined')",

    "CREATE TABLE publication ("
    " id BIGINT PRIMARY KEY,"
    " section TEXT NOT NULL CHECK (section IN ('telehealth', 'messages', 'bulletins')),"
    " name TEXT NOT NULL,"
    " version BIGINT NOT NULL,"
    " size BIGINT NOT NULL,"
    " sha256 TEXT NOT NULL,"
    " posted BIGINT NOT NULL,"
    " current BIGINT NOT NULL CHECK (current IN (0, 1)),"
    " UNIQUE (section, name, version))",

    /* When a letter was opened last, and which bytes of it went out so far. */
    "CREATE TABLE opening ("
    " account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,"
    " letter_id BIGINT NOT NULL REFERENCES letter (id),"
    " opened BIGINT NOT NULL,"
    " sent TEXT NOT NULL DEFAULT '',"
    " PRIMARY KEY (account_id, letter_id))",
    "CREATE TABLE receipt ("
    " id BIGINT PRIMARY KEY,"
    " login TEXT NOT NULL,"
    " letter_id BIGINT NOT NULL REFERENCES letter (id),"
    " completed BIGINT NOT NULL,"
    " bytes BIGINT NOT NULL,"
    " address TEXT NOT NULL,"
    " client TEXT NOT NULL)",
    "CREATE INDEX receipt_letter ON receipt (letter_id)",
    "CREATE INDEX receipt_login ON receipt (login, completed)",

    "CREATE TABLE upload ("
    " id BIGINT PRIMARY KEY,"
    " account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,"
    " avrs_id TEXT NOT NULL,"
    " class TEXT NOT NULL CHECK (class IN ('edelivery', 'trade-files')),"
    " name TEXT NOT NULL,"
    " state TEXT NOT NULL CHECK (state IN ('open', 'part', 'closed', 'removed')),"
    " size BIGINT NOT NULL,"
    " modified BIGINT NOT NULL,"
    " device BIGINT NOT NULL,"
    " inode BIGINT NOT NULL,"
    " changed BIGINT NOT NULL)",
    "CREATE INDEX upload_name ON upload (account_id, avrs_id, class, name)",

    "CREATE TABLE archive ("
    " id BIGINT PRIMARY KEY,"
    " avrs_id TEXT REFERENCES provider (avrs_id),"
    " account_id BIGINT REFERENCES account (id) ON DELETE CASCADE,"
    " class TEXT,"
    " night TEXT NOT NULL,"
    " revision BIGINT NOT NULL,"
    " name TEXT NOT NULL,"
    " state TEXT NOT NULL CHECK (state IN ('building', 'ready', 'withdrawn', 'expired')),"
    " size BIGINT NOT NULL DEFAULT 0,"
    " sha256 TEXT NOT NULL DEFAULT '',"
    " made BIGINT,"
    " CHECK ((avrs_id IS NULL) <> (account_id IS NULL)))",
    "CREATE UNIQUE INDEX archive_of_provider ON archive (avrs_id, name) WHERE avrs_id IS NOT NULL",
    "CREATE UNIQUE INDEX archive_of_account ON archive (account_id, name) WHERE account_id IS NOT NULL",
    "CREATE TABLE archive_letter ("
    " archive_id BIGINT NOT NULL REFERENCES archive (id) ON DELETE CASCADE,"
    " letter_id BIGINT NOT NULL REFERENCES letter (id),"
    " PRIMARY KEY (archive_id, letter_id))",
    "CREATE INDEX archive_letter_letter ON archive_letter (letter_id)",
    "CREATE INDEX letter_unarchived ON letter (avrs_id, class, posted)"
    " WHERE electronic = 'posted' AND archived = 0",

    /* R8: who is to be told of how many, until the window closes and a mail is made of it. */
    "CREATE TABLE notification ("
    " account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,"
    " avrs_id TEXT NOT NULL,"
    " class TEXT NOT NULL CHECK (class IN ('edelivery', 'trade-files')),"
    " letters BIGINT NOT NULL,"
    " since BIGINT NOT NULL,"
    " mail_id BIGINT NOT NULL DEFAULT 0,"
    " PRIMARY KEY (account_id, avrs_id, class, mail_id))",
    "CREATE TABLE mail ("
    " id BIGINT PRIMARY KEY,"
    " account_id BIGINT REFERENCES account (id) ON DELETE CASCADE,"
    " kind TEXT NOT NULL,"
    " state TEXT NOT NULL CHECK (state IN ('queued', 'held', 'sent', 'failed', 'bounced')),"
    " detail TEXT NOT NULL DEFAULT '',"
    " created BIGINT NOT NULL,"
    " due BIGINT NOT NULL,"
    " attempts BIGINT NOT NULL DEFAULT 0,"
    " answer TEXT,"
    " ended BIGINT,"
    " owner TEXT,"
    " owned_until BIGINT)",
    "CREATE INDEX mail_due ON mail (due) WHERE state = 'queued'",

    /* Who works on what that only one may do: nightly jobs, a node's drop folder. */
    "CREATE TABLE lease (name TEXT PRIMARY KEY, owner TEXT NOT NULL, until BIGINT NOT NULL)",

    /* R15, R16: every version of the table stays; the rows of the newest judge a claim. */
    "CREATE TABLE telehealth ("
    " version BIGINT NOT NULL,"
    " line BIGINT NOT NULL,"
    " code TEXT NOT NULL,"
    " rcc TEXT NOT NULL DEFAULT '',"
    " from_date TEXT NOT NULL,"
    " until_date TEXT,"
    " guidance TEXT NOT NULL,"
    " modifiers TEXT NOT NULL,"
    " PRIMARY KEY (version, line))",
    "CREATE INDEX telehealth_code ON telehealth (code, version)",

    /* The audit outbox, in the order of commits; auditd moves it into its files. */
    "CREATE TABLE event ("
    " id BIGINT PRIMARY KEY,"
    " at BIGINT NOT NULL,"
    " node TEXT NOT NULL,"
    " what TEXT NOT NULL,"
    " actor TEXT NOT NULL,"
    " login TEXT,"
    " avrs_id TEXT,"
    " letter_id BIGINT,"
    " detail TEXT)",
    "CREATE INDEX event_letter ON event (letter_id) WHERE letter_id IS NOT NULL",
    NULL,
};

static const char *const version_2[] = {
    /* The print shop's listings: their cost must not grow with all that was ever printed. */
    "CREATE INDEX letter_to_print ON letter (paper_date, id) WHERE paper = 'queued'",
    NULL,
};

static const char *const version_3[] = {
    /* What is still being posted (R10), of each AVRS ID. */
    "CREATE INDEX intake_held ON intake (avrs_id) WHERE state = 'held'",
    NULL,
};

/* Notification mail: what it is looked up by, and what was missing to send and to give up. */
static const char *const version_4[] = {
    "CREATE TABLE secret (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "ALTER TABLE mail ADD COLUMN first_attempt BIGINT",
    "ALTER TABLE account ADD COLUMN email_since BIGINT",
    "CREATE INDEX notification_open ON notification (since) WHERE mail_id = 0",
    "CREATE INDEX mail_account ON mail (account_id, state)",
    "CREATE INDEX mail_ended ON mail (ended) WHERE ended IS NOT NULL",
    "CREATE INDEX account_email_bad ON account (id) WHERE email_state = 'bad'",
    /* clang-format off */
    "CREATE INDEX letter_posted_alone ON letter (posted) WHERE electronic = 'posted' AND paper IS NULL AND class = 'edelivery'",
    /* clang-format on */
    NULL,
};

static const char *const version_5[] = {
    /* What the SFTP server of a node counts of its connections. */
    "CREATE TABLE traffic ("
    " node TEXT NOT NULL,"
    " name TEXT NOT NULL,"
    " value BIGINT NOT NULL,"
    " changed BIGINT NOT NULL,"
    " PRIMARY KEY (node, name))",
    NULL,
};

/* Nightly archives: signatures, what a bundle is made of, and what a run and a folder look for. */
static const char *const version_6[] = {
    "ALTER TABLE archive ADD COLUMN letters BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE archive ADD COLUMN signature_size BIGINT NOT NULL DEFAULT 0",
    "CREATE INDEX archive_night ON archive (night, avrs_id)",
    "CREATE INDEX archive_to_do ON archive (id)"
    " WHERE state IN ('building', 'withdrawn')",
    "CREATE INDEX archive_ready_of_provider ON archive (avrs_id, id) WHERE state = 'ready'",
    "CREATE INDEX archive_ready_of_account ON archive (account_id, id) WHERE state = 'ready'",

    /* A bundle has the letters of these archives of AVRS IDs. */
    "CREATE TABLE archive_part ("
    " bundle_id BIGINT NOT NULL REFERENCES archive (id) ON DELETE CASCADE,"
    " archive_id BIGINT NOT NULL REFERENCES archive (id),"
    " PRIMARY KEY (bundle_id, archive_id))",
    "CREATE INDEX archive_part_archive ON archive_part (archive_id)",

    /* Which bytes of an archive went out to an account so far. */
    "CREATE TABLE archive_reading ("
    " account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,"
    " archive_id BIGINT NOT NULL REFERENCES archive (id) ON DELETE CASCADE,"
    " sent TEXT NOT NULL,"
    " PRIMARY KEY (account_id, archive_id))",
    NULL,
};

/* Where an upload's file is: machines may have a drop folder each. */
static const char *const version_7[] = {
    "ALTER TABLE upload ADD COLUMN node TEXT NOT NULL DEFAULT ''",
    /* Parts of accounts that were removed: their files are to go. */
    "CREATE TABLE upload_orphan ("
    " id BIGINT PRIMARY KEY,"
    " node TEXT NOT NULL,"
    " avrs_id TEXT NOT NULL,"
    " class TEXT NOT NULL CHECK (class IN ('edelivery', 'trade-files')),"
    " name TEXT NOT NULL)",
    NULL,
};

/* Mails that are for another address than the account's, and of no use after a time. */
static const char *const version_8[] = {
    "ALTER TABLE mail ADD COLUMN email TEXT",
    "ALTER TABLE mail ADD COLUMN expires BIGINT",
    "CREATE INDEX mail_urgent ON mail (due) WHERE state = 'queued' AND expires IS NOT NULL",
    NULL,
};

/* Roles whose end was told of: the date that was. */
static const char *const version_9[] = {
    "ALTER TABLE membership ADD COLUMN warned TEXT",
    "CREATE INDEX membership_to_warn ON membership (until_date)"
    " WHERE until_date IS NOT NULL AND (warned IS NULL OR warned <> until_date)",
    NULL,
};

/* Uploads that are over are looked for every few minutes. */
static const char *const version_10[] = {
    "CREATE INDEX upload_over ON upload (state, changed, id)",
    NULL,
};

/* Batches that an operator discarded, and on which machine the letters of one are dropped. */
static const char *const version_11[] = {
    "ALTER TABLE batch ADD COLUMN discarded BIGINT",
    "ALTER TABLE batch ADD COLUMN node TEXT",
    NULL,
};

static const char *const *const versions[] = {version_1, version_2, version_3, version_4, version_5,
    version_6, version_7, version_8, version_9, version_10, version_11};

int64_t schema_newest(void)
{
	return sizeof(versions) / sizeof(versions[0]);
}

const char *const *schema_steps(int64_t version)
{
	return versions[version - 1];
}
