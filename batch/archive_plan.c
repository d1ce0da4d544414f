/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/archive_plan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "spool/archive_right.h"

/* Of a transaction, some 10 ms long; and between two of them, for others that wait to write. */
enum {
	MEMBERSHIPS = 200, /* of an account */
	LETTERS = 500,
	LETTERS_AN_ARCHIVE = 10, /* as many take as long as an archive that begins */
	PAUSE_US = 2000,
};

/* An AVRS ID and class, in their order; "" comes before all. */
struct place_in_order {
	char avrs_id[AVRS_ID_MAX + 1];
	char class[16];
};

/* Letters that are put into archives, for the transaction's body. */
struct collecting {
	const char *night;
	int64_t cutoff;
	struct place_in_order done; /* up to here, before the transaction */
	struct place_in_order next; /* and behind it */
	int64_t left;               /* letters that it still takes */
	bool found;                 /* there may be more */
};

static void let_others_write(void)
{
	(void)usleep(PAUSE_US);
}

static int find_or_add(struct catalog *catalog, struct night_archive *archive, struct err *err)
{
	bool found = false;

	archive->revision = 1;
	night_archive_fill_name(archive, BUNDLE_ZIP);
	if (night_archive_find_name(
	        catalog, archive->avrs_id, 0, archive->name, archive, &found, err) < 0)
		return -1;
	return found ? 0 : night_archive_add(catalog, archive, err);
}

/* Letters of the AVRS ID and class at; those that are left of it are for the next time. */
static int collect_at(
    struct catalog *catalog, struct collecting *c, const struct place_in_order *at, struct err *err)
{
	struct night_archive a = {.revision = 1};
	int64_t count = 0;

	text_copy(a.avrs_id, at->avrs_id);
	text_copy(a.night, c->night);
	if (letter_class_parse(at->class, &a.class, err) < 0 || find_or_add(catalog, &a, err) < 0)
		return -1;
	if (a.letters >= ARCHIVE_LETTERS_MAX)
		log_warning("archive=%" PRId64 " avrs_id=%s text=\"full with %" PRId64
		            " letters; the rest goes into the next night's\"",
		    a.id, a.avrs_id, a.letters);
	else if (archive_members_collect(catalog, &a, c->cutoff, c->left, &count, err) < 0)
		return -1;
	if (count < c->left)
		c->next = *at;
	c->left -= count + LETTERS_AN_ARCHIVE;
	return 0;
}

static int collect_body(struct catalog *catalog, void *arg, struct err *err)
{
	struct collecting *c = arg;

	c->next = c->done;
	c->left = LETTERS;
	while (c->left > 0) {
		struct place_in_order at = c->next;

		if (archive_members_next_unarchived(
		        catalog, c->cutoff, at.avrs_id, at.class, &c->found, err) < 0)
			return -1;
		if (!c->found)
			return 0;
		if (collect_at(catalog, c, &at, err) < 0)
			return err_context(err, "avrs_id=%s", at.avrs_id);
	}
	return 0;
}

static int plan_providers(
    const struct spool *spool, const char *night, int64_t cutoff, struct err *err)
{
	struct collecting c = {.night = night, .cutoff = cutoff};

	do {
		if (catalog_transact(spool->catalog, collect_body, &c, err) < 0)
			return -1;
		c.done = c.next;
		fault_point("archive.collected");
		let_others_write();
	} while (c.found);
	return 0;
}

/* --- bundles */

/* A bundle that gets the archives of a page of memberships, for the transaction's body. */
struct bundling {
	const struct spool *spool;
	const struct account *account;
	const char *night;
	char today[DATE_SIZE];
	char after[AVRS_ID_MAX + 1];
	char last[AVRS_ID_MAX + 1]; /* of the page */
	int64_t seen;
	struct night_archive bundle; /* id 0: there is none yet */
};

/* The bundle's row, which is there from its first part on. */
static int make_bundle(struct bundling *b, struct err *err)
{
	struct night_archive *bundle = &b->bundle;
	bool found = false;

	if (bundle->id)
		return 0;
	bundle->account_id = b->account->id;
	bundle->revision = 1;
	text_copy(bundle->night, b->night);
	night_archive_fill_name(bundle, b->account->bundle_format);
	if (night_archive_find_name(
	        b->spool->catalog, "", bundle->account_id, bundle->name, bundle, &found, err) < 0)
		return -1;
	return found ? 0 : night_archive_add(b->spool->catalog, bundle, err);
}

static int add_class(struct bundling *b, const struct membership *membership,
    enum letter_class class, struct err *err)
{
	struct night_archive part = {.class = class, .revision = 1};
	bool found = false;

	if (!right_may_see(b->account, membership, archive_area(class), b->today))
		return 0;
	text_copy(part.avrs_id, membership->avrs_id);
	text_copy(part.night, b->night);
	night_archive_fill_name(&part, BUNDLE_ZIP);
	if (night_archive_find_name(
	        b->spool->catalog, part.avrs_id, 0, part.name, &part, &found, err) < 0)
		return -1;
	if (!found || part.state != ARCHIVE_BUILDING)
		return 0;
	if (make_bundle(b, err) < 0)
		return -1;
	return archive_members_add_part(b->spool->catalog, b->bundle.id, part.id, err);
}

static int add_membership(const struct membership *membership, void *arg, struct err *err)
{
	struct bundling *b = arg;

	b->seen++;
	text_copy(b->last, membership->avrs_id);
	for (enum letter_class class = CLASS_EDELIVERY; class < CLASS_COUNT; class ++)
		if (add_class(b, membership, class, err) < 0)
			return -1;
	return 0;
}

static int bundle_body(struct catalog *catalog, void *arg, struct err *err)
{
	struct bundling *b = arg;

	b->seen = 0;
	b->bundle.id = 0;
	return membership_list(
	    catalog, b->account->id, b->after, MEMBERSHIPS, add_membership, b, err);
}

static int plan_bundle(
    const struct spool *spool, const struct account *account, const char *night, struct err *err)
{
	struct bundling b = {.spool = spool, .account = account, .night = night};

	clock_print_date(clock_now(), b.today);
	do {
		if (catalog_transact(spool->catalog, bundle_body, &b, err) < 0)
			return err_context(err, "login=%s", account->login);
		text_copy(b.after, b.last);
		fault_point("archive.bundled");
		let_others_write();
	} while (b.seen == MEMBERSHIPS);
	return 0;
}

/* Accounts that get bundles; they are read before anything is written. */
struct receivers {
	struct account *accounts;
	size_t count;
};

static int keep_receiver(const struct account *account, void *arg, struct err *err)
{
	struct receivers *receivers = arg;

	(void)err;
	if (!account->bundle || account->disabled)
		return 0;
	receivers->accounts =
	    mem_grow(receivers->accounts, receivers->count, sizeof(*receivers->accounts));
	receivers->accounts[receivers->count++] = *account;
	return 0;
}

static int plan_bundles(const struct spool *spool, const char *night, struct err *err)
{
	struct receivers receivers = {NULL, 0};
	int result = account_list(spool->catalog, keep_receiver, &receivers, err);

	for (size_t i = 0; i < receivers.count && result == 0; i++)
		result = plan_bundle(spool, &receivers.accounts[i], night, err);
	free(receivers.accounts);
	return result;
}

int archive_plan_night(
    const struct spool *spool, const char *night, int64_t cutoff, struct err *err)
{
	bool made = false;

	if (night_archive_is_made(spool->catalog, night, &made, err) < 0)
		return -1;
	if (made)
		return 0;
	if (plan_providers(spool, night, cutoff, err) < 0)
		return -1;
	return plan_bundles(spool, night, err);
}

/* --- what was withdrawn */

/* Archives that are gone through while others are written. */
struct archives {
	struct night_archive *archives;
	size_t count;
};

static int keep(const struct night_archive *archive, void *arg, struct err *err)
{
	struct archives *kept = arg;

	(void)err;
	kept->archives = mem_grow(kept->archives, kept->count, sizeof(*kept->archives));
	kept->archives[kept->count++] = *archive;
	return 0;
}

static int keep_withdrawn(const struct night_archive *archive, void *arg, struct err *err)
{
	return archive->state == ARCHIVE_WITHDRAWN ? keep(archive, arg, err) : 0;
}

static int find_account(struct catalog *catalog, int64_t id, struct account *ret_account,
    bool *ret_found, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;

	if (catalog_find(catalog, "SELECT login FROM account WHERE id = $1", VALUES(INT(id)), &row,
	        ret_found, err) < 0)
		return -1;
	return *ret_found
	           ? account_find(catalog, statement_text(row, 0), ret_account, ret_found, err)
	           : 0;
}

static int check_bundle(
    const struct spool *spool, const struct night_archive *bundle, struct err *err)
{
	char today[DATE_SIZE];
	struct account account;
	bool allowed = false;
	bool found = false;

	clock_print_date(clock_now(), today);
	if (find_account(spool->catalog, bundle->account_id, &account, &found, err) < 0)
		return -1;
	/* It is shown to nobody; with bundles on again it is as it was. */
	if (!found || account.disabled || !account.bundle)
		return 0;
	if (archive_right(spool->catalog, &account, NULL, bundle, today, &allowed, err) < 0)
		return -1;
	if (allowed)
		return 0;
	log_info("archive=%" PRId64 " withdrawn login=%s reason=\"a right was withdrawn\"",
	    bundle->id, account.login);
	return night_archive_set_state(
	    spool->catalog, &spool->actor, bundle, ARCHIVE_WITHDRAWN, "reason=rights", err);
}

static int check_bundles(const struct spool *spool, struct err *err)
{
	struct archives bundles = {NULL, 0};
	int result = night_archive_list_bundles(spool->catalog, keep, &bundles, err);

	for (size_t i = 0; i < bundles.count && result == 0; i++)
		result = check_bundle(spool, &bundles.archives[i], err);
	free(bundles.archives);
	return result;
}

static int remove_file(const struct spool *spool, const char *path, struct err *err)
{
	if (unlinkat(spool->root_fd, path, 0) < 0 && errno != ENOENT)
		return err_sys(err, "remove %s", path);
	return 0;
}

/* An archive that was withdrawn, and what follows it, for the transaction's body. */
struct replacing {
	const struct spool *spool;
	const struct night_archive *old;
	struct account account; /* of a bundle */
	struct night_archive next;
	char today[DATE_SIZE];
	bool expired;
	int64_t parts;
};

/* The newest archive of the AVRS ID, class and night of a part, unless it is gone for good. */
static int find_newest(struct catalog *catalog, const struct archive_part *part, const char *night,
    int64_t *ret_id, bool *ret_found, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;

	if (catalog_find(catalog,
	        "SELECT id FROM archive WHERE night = $1 AND avrs_id = $2 AND class = $3"
	        " AND state IN ('building', 'ready') ORDER BY revision DESC LIMIT 1",
	        VALUES(TEXT(night), TEXT(part->membership.avrs_id),
	            TEXT(letter_class_name(part->class))),
	        &row, ret_found, err) < 0)
		return -1;
	*ret_id = *ret_found ? statement_int(row, 0) : 0;
	return 0;
}

static int copy_part(const struct archive_part *part, void *arg, struct err *err)
{
	struct replacing *r = arg;
	int64_t id = 0;
	bool found = false;

	if (!archive_right_to_part(&r->account, part, r->today))
		return 0;
	if (find_newest(r->spool->catalog, part, r->old->night, &id, &found, err) < 0)
		return -1;
	if (!found)
		return 0;
	r->parts++;
	return archive_members_add_part(r->spool->catalog, r->next.id, id, err);
}

static int copy_members(struct replacing *r, struct err *err)
{
	if (night_archive_is_bundle(r->old))
		return archive_members_list_parts(r->spool->catalog, r->old, copy_part, r, err);
	return archive_members_copy(r->spool->catalog, r->old->id, r->next.id, err);
}

static int replace_body(struct catalog *catalog, void *arg, struct err *err)
{
	struct replacing *r = arg;
	int64_t letters = 0;

	r->next = (struct night_archive){.account_id = r->old->account_id,
	    .class = r->old->class,
	    .revision = r->old->revision + 1};
	text_copy(r->next.avrs_id, r->old->avrs_id);
	text_copy(r->next.night, r->old->night);
	night_archive_fill_name(&r->next, bundle_format_of(r->old->name));
	r->parts = 0;
	if (archive_members_any_expired(catalog, r->old, &r->expired, err) < 0)
		return -1;
	if (!r->expired &&
	    (night_archive_add(catalog, &r->next, err) < 0 || copy_members(r, err) < 0 ||
	        archive_members_count(catalog, &r->next, &letters, err) < 0))
		return -1;
	if (!r->expired && letters == 0 &&
	    night_archive_set_state(
	        catalog, &r->spool->actor, &r->next, ARCHIVE_EXPIRED, "reason=empty", err) < 0)
		return -1;
	return night_archive_set_state(catalog, &r->spool->actor, r->old, ARCHIVE_EXPIRED,
	    r->expired ? "reason=expired" : "reason=replaced", err);
}

/* Its file first: a row that says it is gone is never wrong. */
static int replace(const struct spool *spool, const struct night_archive *old, struct err *err)
{
	struct replacing r = {.spool = spool, .old = old};
	char path[FOLDER_PATH_MAX];
	bool found = false;

	clock_print_date(clock_now(), r.today);
	night_archive_path(old, path);
	if (remove_file(spool, path, err) < 0)
		return -1;
	night_archive_signature_path(old, path);
	if (remove_file(spool, path, err) < 0)
		return -1;
	if (night_archive_is_bundle(old) &&
	    find_account(spool->catalog, old->account_id, &r.account, &found, err) < 0)
		return -1;
	fault_point("archive.removed");
	if (catalog_transact(spool->catalog, replace_body, &r, err) < 0)
		return err_context(err, "archive=%" PRId64, old->id);
	log_info("archive=%" PRId64 " removed name=%s next=%s", old->id, old->name,
	    r.expired ? "none" : r.next.name);
	return 0;
}

int archive_plan_revisions(const struct spool *spool, struct err *err)
{
	struct archives withdrawn = {NULL, 0};
	int result = check_bundles(spool, err);

	if (result == 0)
		result = night_archive_list_to_do(spool->catalog, keep_withdrawn, &withdrawn, err);
	/* AVRS IDs' first: bundles are made of what follows them. */
	for (int bundles = 0; bundles < 2; bundles++)
		for (size_t i = 0; i < withdrawn.count && result == 0; i++)
			if (night_archive_is_bundle(&withdrawn.archives[i]) == bundles)
				result = replace(spool, &withdrawn.archives[i], err);
	free(withdrawn.archives);
	return result;
}
