/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/renewal.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "spool/news.h"

/* So many letters are renewed in one transaction. */
enum { RENEWED_MAX = 500 };

/* Letters to be renewed, for the transaction's body. */
struct renewing {
	const struct actor *actor;
	struct membership membership;
	const struct letter *letters;
	size_t count;
	int64_t renewed;
};

/* Below the floor a row says that it is new, above it none does. */
static int store_renewal(struct catalog *catalog, const struct membership *m,
    const struct letter *letter, struct err *err)
{
	const struct value *values =
	    VALUES(INT(m->account_id), TEXT(m->avrs_id), INT(letter->sequence));

	if (letter->sequence > news_floor(m, letter->class))
		return catalog_run(catalog,
		    "DELETE FROM acknowledgement"
		    " WHERE account_id = $1 AND avrs_id = $2 AND sequence = $3 AND renewed = 0",
		    values, err);
	return catalog_run(catalog,
	    "INSERT INTO acknowledgement (account_id, avrs_id, sequence, renewed)"
	    " VALUES ($1, $2, $3, 1) ON CONFLICT (account_id, avrs_id, sequence)"
	    " DO UPDATE SET renewed = 1",
	    values, err);
}

static int renew_one(
    struct catalog *catalog, struct renewing *r, const struct letter *letter, struct err *err)
{
	const struct membership *m = &r->membership;
	bool is_new = false;

	/* The role may have changed since the letter was looked for. */
	if (!role_shows(m->role, letter->class))
		return 0;
	if (news_has(catalog, m, letter, &is_new, err) < 0)
		return -1;
	if (is_new)
		return 0;
	r->renewed++;
	/* It was not opened since it is new: only what is opened again can be acknowledged. */
	if (store_renewal(catalog, m, letter, err) < 0 ||
	    catalog_run(catalog,
	        "UPDATE opening SET opened = 0 WHERE account_id = $1 AND letter_id = $2",
	        VALUES(INT(m->account_id), INT(letter->id)), err) < 0)
		return -1;
	return event_add(catalog, r->actor,
	    &(struct event){.what = "letter.renewed",
	        .login = m->login,
	        .avrs_id = m->avrs_id,
	        .letter_id = letter->id},
	    err);
}

static int renew_body(struct catalog *catalog, void *arg, struct err *err)
{
	struct renewing *r = arg;

	r->renewed = 0;
	if (membership_lock(catalog, &r->membership, err) < 0)
		return -1;
	for (size_t i = 0; i < r->count; i++)
		if (renew_one(catalog, r, &r->letters[i], err) < 0)
			return -1;
	return 0;
}

/* Add those of the letters that were not new to *count. */
static int renew(struct catalog *catalog, struct renewing *r, const struct letter *letters,
    size_t letter_count, int64_t *count, struct err *err)
{
	r->letters = letters;
	r->count = letter_count;
	if (letter_count == 0)
		return 0;
	if (catalog_transact(catalog, renew_body, r, err) < 0)
		return -1;
	*count += r->renewed;
	return 0;
}

/* The letter of that name that the role shows. */
static int find_shown(struct catalog *catalog, const struct membership *membership,
    const char *name, struct letter *ret_letter, struct err *err)
{
	bool found = false;

	if (letter_find_name(catalog, membership->avrs_id, name, ret_letter, &found, err) < 0)
		return -1;
	if (!found || ret_letter->electronic != ELECTRONIC_POSTED ||
	    !role_shows(membership->role, ret_letter->class))
		return err_set(err, ERR_REFUSED, "%s sees no letter %.200s at %s",
		    membership->login, name, membership->avrs_id);
	return 0;
}

int renewal_by_names(struct catalog *catalog, const struct actor *actor,
    const struct membership *membership, char *const *names, size_t count, int64_t *ret_count,
    struct err *err)
{
	OWNED_MEM struct letter *letters = mem_new(count ? count : 1, sizeof(*letters));
	struct renewing r = {.actor = actor, .membership = *membership};
	int64_t renewed = 0;

	for (size_t i = 0; i < count; i++)
		if (find_shown(catalog, membership, names[i], &letters[i], err) < 0)
			return -1;
	for (size_t at = 0; at < count; at += RENEWED_MAX) {
		size_t left = count - at;

		if (renew(catalog, &r, letters + at, left < RENEWED_MAX ? left : RENEWED_MAX,
		        &renewed, err) < 0)
			return -1;
	}
	*ret_count = renewed;
	return 0;
}

/* Letters being gathered for a transaction: of those passed, those posted since. */
struct gathering {
	int64_t since;
	int64_t passed;
	int64_t sequence; /* of the last that was passed */
	size_t count;
	struct letter letters[RENEWED_MAX];
};

static int gather(const struct letter *letter, void *arg, struct err *err)
{
	struct gathering *gathering = arg;

	(void)err;
	gathering->passed++;
	gathering->sequence = letter->sequence;
	if (letter->posted >= gathering->since)
		gathering->letters[gathering->count++] = *letter;
	return 0;
}

static int renew_class(struct catalog *catalog, struct renewing *r, enum letter_class class,
    struct gathering *gathering, int64_t *count, struct err *err)
{
	struct letter after = {.class = class};

	text_copy(after.avrs_id, r->membership.avrs_id);
	do {
		gathering->passed = 0;
		gathering->count = 0;
		if (letter_list_posted(catalog, &after, RENEWED_MAX, gather, gathering, err) < 0 ||
		    renew(catalog, r, gathering->letters, gathering->count, count, err) < 0)
			return -1;
		after.sequence = gathering->sequence;
	} while (gathering->passed == RENEWED_MAX);
	return 0;
}

int renewal_since(struct catalog *catalog, const struct actor *actor,
    const struct membership *membership, int64_t since, int64_t *ret_count, struct err *err)
{
	OWNED_MEM struct gathering *gathering = mem_new(1, sizeof(*gathering));
	struct renewing r = {.actor = actor, .membership = *membership};
	int64_t renewed = 0;

	gathering->since = since;
	for (enum letter_class class = CLASS_EDELIVERY; class < CLASS_COUNT; class ++)
		if (role_shows(membership->role, class) &&
		    renew_class(catalog, &r, class, gathering, &renewed, err) < 0)
			return -1;
	*ret_count = renewed;
	return 0;
}
