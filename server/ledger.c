/* SPDX-License-Identifier: Apache-2.0 */
#include "server/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "spool/account.h"
#include "spool/archive_members.h"
#include "spool/news.h"
#include "spool/night_archive.h"
#include "spool/public_key.h"

enum { ENTRIES_MAX = 65536 };

struct entry {
	enum { ENTRY_LOGIN, ENTRY_OPENING, ENTRY_READING, ENTRY_REFUSAL } kind;
	int64_t letter_id;
	int64_t key_id;         /* of a login, or 0 */
	struct account account; /* of an opening only the id */
	char detail[256];
	struct reading *reading; /* or NULL */
};

struct ledger {
	const struct spool *spool;
	struct entry *entries;
	size_t count;
	size_t capacity;
};

struct ledger *ledger_new(const struct spool *spool)
{
	struct ledger *ledger = mem_new(1, sizeof(*ledger));

	ledger->spool = spool;
	return ledger;
}

static void forget_all(struct ledger *ledger)
{
	for (size_t i = 0; i < ledger->count; i++)
		free(ledger->entries[i].reading);
	ledger->count = 0;
}

void ledger_free(struct ledger *ledger)
{
	if (!ledger)
		return;
	forget_all(ledger);
	free(ledger->entries);
	free(ledger);
}

static struct entry *add(struct ledger *ledger)
{
	if (ledger->count == ENTRIES_MAX) {
		log_error(
		    "text=\"the catalog takes no commits: %d logins and openings are not recorded\"",
		    ENTRIES_MAX);
		forget_all(ledger);
	}
	if (ledger->count == ledger->capacity) {
		ledger->capacity = ledger->capacity ? 2 * ledger->capacity : 64;
		ledger->entries =
		    mem_resize(ledger->entries, ledger->capacity, sizeof(*ledger->entries));
	}
	memset(&ledger->entries[ledger->count], 0, sizeof(*ledger->entries));
	return &ledger->entries[ledger->count++];
}

bool ledger_note_login(struct ledger *ledger, const struct account *account, const char *address,
    const char *how, int64_t key_id)
{
	struct entry *entry = add(ledger);

	entry->kind = ENTRY_LOGIN;
	entry->account = *account;
	entry->key_id = key_id;
	(void)snprintf(entry->detail, sizeof(entry->detail), "from=%.60s %.90s", address, how);
	return ledger->count == 1;
}

bool ledger_note_opening(struct ledger *ledger, int64_t account_id, int64_t letter_id)
{
	struct entry *entry = add(ledger);

	entry->kind = ENTRY_OPENING;
	entry->account.id = account_id;
	entry->letter_id = letter_id;
	return ledger->count == 1;
}

bool ledger_note_reading(struct ledger *ledger, const struct reading *reading)
{
	struct entry *entry = add(ledger);

	entry->kind = ENTRY_READING;
	entry->reading = mem_new(1, sizeof(*reading));
	*entry->reading = *reading;
	return ledger->count == 1;
}

bool ledger_note_refusal(struct ledger *ledger, const struct account *account, const char *detail)
{
	struct entry *entry = add(ledger);

	entry->kind = ENTRY_REFUSAL;
	entry->account = *account;
	text_copy(entry->detail, detail);
	return ledger->count == 1;
}

/* An archive that an account has got, whose letters it acknowledges with that. */
struct acknowledging {
	struct catalog *catalog;
	const struct actor *actor;
	const struct account *account;
};

static int acknowledge_part(const struct archive_part *part, void *arg, struct err *err)
{
	const struct acknowledging *a = arg;
	struct membership membership;
	bool found = false;

	if (membership_find(
	        a->catalog, a->account->id, part->membership.avrs_id, &membership, &found, err) < 0)
		return -1;
	/* The role may be gone since the last byte was sent. */
	if (!found)
		return 0;
	return news_acknowledge_archive(a->catalog, a->actor, &membership, part->archive_id, err);
}

static int acknowledge_archive(struct catalog *catalog, const struct ledger *ledger,
    const struct reading *reading, struct err *err)
{
	struct archive_part alone = {.archive_id = reading->archive_id};
	struct account account = {.id = reading->account_id};
	char name[ACTOR_MAX];
	struct night_archive archive;
	struct actor actor;
	bool found = false;

	text_copy(account.login, reading->login);
	actor = actor_of_account(ledger->spool->actor.node, &account, name);
	if (night_archive_find(catalog, reading->archive_id, &archive, &found, err) < 0)
		return -1;
	if (!found)
		return 0;
	text_copy(alone.membership.avrs_id, archive.avrs_id);
	if (night_archive_is_bundle(&archive))
		return archive_members_list_parts(catalog, &archive, acknowledge_part,
		    &(struct acknowledging){catalog, &actor, &account}, err);
	return acknowledge_part(&alone, &(struct acknowledging){catalog, &actor, &account}, err);
}

static int commit_archive(struct catalog *catalog, const struct ledger *ledger,
    const struct reading *reading, struct err *err)
{
	bool whole = false;

	if (receipt_note_archive(catalog, reading, &whole, err) < 0)
		return -1;
	return whole && ledger->spool->settings.archive_acknowledges
	           ? acknowledge_archive(catalog, ledger, reading, err)
	           : 0;
}

static int commit_login(
    struct catalog *catalog, const struct actor *actor, const struct entry *entry, struct err *err)
{
	if (entry->key_id && public_key_note_use(catalog, entry->key_id, err) < 0)
		return -1;
	return account_logged_in(catalog, actor, &entry->account, entry->detail, err);
}

static int commit_refusal(
    struct catalog *catalog, const struct actor *actor, const struct entry *entry, struct err *err)
{
	return event_add(catalog, actor,
	    &(struct event){
	        .what = "upload.refused", .login = entry->account.login, .detail = entry->detail},
	    err);
}

static int commit_entry(struct catalog *catalog, const struct ledger *ledger,
    const struct entry *entry, struct err *err)
{
	char name[ACTOR_MAX];
	struct actor actor;

	if (entry->kind == ENTRY_OPENING)
		return news_note_opening(catalog, entry->account.id, entry->letter_id, err);
	if (entry->kind == ENTRY_READING)
		return entry->reading->archive_id
		           ? commit_archive(catalog, ledger, entry->reading, err)
		           : receipt_note(catalog, entry->reading, err);
	actor = actor_of_account(ledger->spool->actor.node, &entry->account, name);
	return entry->kind == ENTRY_REFUSAL ? commit_refusal(catalog, &actor, entry, err)
	                                    : commit_login(catalog, &actor, entry, err);
}

/* One question for the ids of all receipts that there may be: those that are none leave gaps. */
static int take_receipt_ids(struct catalog *catalog, const struct ledger *ledger, struct err *err)
{
	int64_t count = 0;
	int64_t id = 0;

	for (size_t i = 0; i < ledger->count; i++)
		count += ledger->entries[i].kind == ENTRY_READING;
	if (count == 0)
		return 0;
	if (catalog_take_ids(catalog, "receipt", count, &id, err) < 0)
		return -1;
	for (size_t i = 0; i < ledger->count; i++)
		if (ledger->entries[i].kind == ENTRY_READING)
			ledger->entries[i].reading->receipt_id = id++;
	return 0;
}

static int commit_body(struct catalog *catalog, void *arg, struct err *err)
{
	const struct ledger *ledger = arg;

	if (take_receipt_ids(catalog, ledger, err) < 0)
		return -1;
	for (size_t i = 0; i < ledger->count; i++)
		if (commit_entry(catalog, ledger, &ledger->entries[i], err) < 0)
			return -1;
	return 0;
}

int ledger_commit(struct ledger *ledger, struct err *err)
{
	if (ledger->count == 0)
		return 0;
	if (catalog_transact(ledger->spool->catalog, commit_body, ledger, err) < 0)
		return -1;
	forget_all(ledger);
	return 0;
}
