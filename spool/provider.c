/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/provider.h"

#include "base/clock.h"
#include "base/text.h"

#define COLUMNS "avrs_id, npi, name, kind, active, added, last_sequence, last_posted"

int provider_fill(struct provider *ret_provider, const char *avrs_id, const char *npi,
    const char *name, const char *kind, struct err *err)
{
	struct provider provider = {.active = true};

	if (!avrs_id_is_valid(avrs_id))
		return err_set(err, ERR_REFUSED, "\"%.40s\" is not an AVRS ID", avrs_id);
	if (npi[0] && !npi_is_valid(npi))
		return err_set(err, ERR_REFUSED,
		    "\"%.40s\" is not an NPI: ten digits, the last one their check digit", npi);
	if (text_check("name", name, PROVIDER_NAME_MAX, err) < 0 ||
	    provider_kind_parse(kind, &provider.kind, err) < 0)
		return -1;
	text_copy(provider.avrs_id, avrs_id);
	text_copy(provider.npi, npi);
	text_copy(provider.name, name);
	*ret_provider = provider;
	return 0;
}

/* What is to be done, for a transaction's body. */
struct change {
	const struct actor *actor;
	const struct provider *provider;
	const char *sql;
	const char *what;
};

static int apply(struct catalog *catalog, void *arg, struct err *err)
{
	const struct change *change = arg;
	const struct provider *p = change->provider;

	if (catalog_run(catalog, change->sql,
	        VALUES(TEXT(p->avrs_id), TEXT_OR_NULL(p->npi), TEXT(p->name),
	            TEXT(provider_kind_name(p->kind)), INT(clock_now())),
	        err) < 0)
		return -1;
	if (event_add(catalog, change->actor,
	        &(struct event){.what = change->what, .avrs_id = p->avrs_id}, err) < 0)
		return -1;
	return catalog_announce(catalog, err);
}

int provider_add(struct catalog *catalog, const struct actor *actor,
    const struct provider *provider, struct err *err)
{
	struct change change = {actor, provider,
	    "INSERT INTO provider (avrs_id, npi, name, kind, added) VALUES ($1, $2, $3, $4, $5)",
	    "provider.added"};

	if (catalog_transact(catalog, apply, &change, err) == 0)
		return 0;
	if (err->kind == ERR_CONFLICT)
		return err_set(err, ERR_CONFLICT,
		    "provider %s is there already; `edelivery provider import` changes it",
		    provider->avrs_id);
	return -1;
}

int provider_put(struct catalog *catalog, const struct actor *actor,
    const struct provider *provider, struct err *err)
{
	struct change change = {actor, provider,
	    "INSERT INTO provider (avrs_id, npi, name, kind, added) VALUES ($1, $2, $3, $4, $5)"
	    " ON CONFLICT (avrs_id) DO UPDATE SET npi = excluded.npi, name = excluded.name,"
	    " kind = excluded.kind, active = 1, deactivated = NULL",
	    "provider.imported"};

	return catalog_transact(catalog, apply, &change, err);
}

static int read_row(const struct statement *row, struct provider *ret_provider, struct err *err)
{
	struct provider provider = {
	    .active = statement_int(row, 4) != 0,
	    .added = statement_int(row, 5),
	    .last_sequence = statement_int(row, 6),
	    .last_posted = statement_int(row, 7),
	};

	text_copy(provider.avrs_id, statement_text(row, 0));
	text_copy(provider.npi, statement_text(row, 1));
	text_copy(provider.name, statement_text(row, 2));
	if (provider_kind_parse(statement_text(row, 3), &provider.kind, err) < 0)
		return -1;
	*ret_provider = provider;
	return 0;
}

int provider_find(struct catalog *catalog, const char *avrs_id, struct provider *ret_provider,
    bool *ret_found, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;

	if (catalog_find(catalog, "SELECT " COLUMNS " FROM provider WHERE avrs_id = $1",
	        VALUES(TEXT(avrs_id)), &row, ret_found, err) < 0)
		return -1;
	return *ret_found ? read_row(row, ret_provider, err) : 0;
}

int provider_get(
    struct catalog *catalog, const char *avrs_id, struct provider *ret_provider, struct err *err)
{
	bool found = false;

	if (provider_find(catalog, avrs_id, ret_provider, &found, err) < 0)
		return -1;
	return found ? 0
	             : err_set(err, ERR_REFUSED,
	                   "no provider %.40s; `edelivery provider add` adds one", avrs_id);
}

/* Who deactivates which, for a transaction's body. */
struct deactivation {
	const struct actor *actor;
	const char *avrs_id;
};

static int deactivate(struct catalog *catalog, void *arg, struct err *err)
{
	const struct deactivation *deactivation = arg;
	struct provider provider;

	if (provider_get(catalog, deactivation->avrs_id, &provider, err) < 0 ||
	    catalog_run(catalog,
	        "UPDATE provider SET active = 0, deactivated = $2 WHERE avrs_id = $1",
	        VALUES(TEXT(provider.avrs_id), INT(clock_now())), err) < 0 ||
	    event_add(catalog, deactivation->actor,
	        &(struct event){.what = "provider.deactivated", .avrs_id = provider.avrs_id},
	        err) < 0)
		return -1;
	return catalog_announce(catalog, err);
}

int provider_deactivate(
    struct catalog *catalog, const struct actor *actor, const char *avrs_id, struct err *err)
{
	struct deactivation deactivation = {actor, avrs_id};

	return catalog_transact(catalog, deactivate, &deactivation, err);
}

int provider_list(struct catalog *catalog,
    int (*each)(const struct provider *provider, void *arg, struct err *err), void *arg,
    struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog, "SELECT " COLUMNS " FROM provider ORDER BY avrs_id", NO_VALUES,
	        &row, &found, err) < 0)
		return -1;
	while (found) {
		struct provider provider;

		if (read_row(row, &provider, err) < 0 || each(&provider, arg, err) < 0 ||
		    statement_next(row, &found, err) < 0)
			return -1;
	}
	return 0;
}
