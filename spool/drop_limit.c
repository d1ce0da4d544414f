/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/drop_limit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/mem.h"
#include "base/text.h"
#include "spool/provider.h"

enum { DETAIL_MAX = 64 * 1024 }; /* DROP_LIMITS_MAX of them fit */

static bool is_type(const char *text)
{
	char name[TYPE_CODE_MAX + 3];
	char code[TYPE_CODE_MAX + 1];

	if (strlen(text) > TYPE_CODE_MAX)
		return false;
	(void)snprintf(name, sizeof(name), "%s_", text);
	letter_name_type(name, code);
	return code[0] && strcmp(code, text) == 0;
}

static int parse_one(const char *text, size_t length, struct drop_limit *ret_limit, struct err *err)
{
	char copy[AVRS_ID_MAX + TYPE_CODE_MAX + 2];
	char *colon;

	if (length >= sizeof(copy))
		return err_set(err, ERR_REFUSED, "\"%.60s\" is not AVRS-ID or AVRS-ID:TYPE", text);
	memcpy(copy, text, length);
	copy[length] = '\0';
	colon = strchr(copy, ':');
	if (colon)
		*colon = '\0';
	if (!avrs_id_is_valid(copy))
		return err_set(err, ERR_REFUSED, "\"%s\" is not an AVRS ID (agency.avrs-id)", copy);
	if (colon && !is_type(colon + 1))
		return err_set(
		    err, ERR_REFUSED, "\"%s\" is not a letter type such as EFT", colon + 1);
	text_copy(ret_limit->avrs_id, copy);
	text_copy(ret_limit->type, colon ? colon + 1 : "");
	return 0;
}

int drop_limit_parse(
    const char *text, struct drop_limit **ret_limits, size_t *ret_count, struct err *err)
{
	OWNED_MEM struct drop_limit *limits = NULL;
	size_t count = 0;

	for (const char *at = text; at;) {
		size_t length = strcspn(at, ",");

		if (count == DROP_LIMITS_MAX)
			return err_set(err, ERR_REFUSED, "more than %d limits of one account",
			    DROP_LIMITS_MAX);
		limits = mem_resize(limits, count + 1, sizeof(*limits));
		if (parse_one(at, length, &limits[count++], err) < 0)
			return -1;
		at = at[length] ? at + length + 1 : NULL;
	}
	*ret_limits = TAKE(limits);
	*ret_count = count;
	return 0;
}

/* The limits of an account, for a transaction's body. */
struct setting {
	const struct actor *actor;
	const struct account *account;
	const struct drop_limit *limits;
	size_t count;
};

static int set_body(struct catalog *catalog, void *arg, struct err *err)
{
	const struct setting *setting = arg;
	OWNED_BUFFER struct buffer detail = BUFFER(DETAIL_MAX);

	if (catalog_run(catalog, "DELETE FROM drop_limit WHERE account_id = $1",
	        VALUES(INT(setting->account->id)), err) < 0)
		return -1;
	for (size_t i = 0; i < setting->count; i++) {
		const struct drop_limit *limit = &setting->limits[i];
		struct provider provider;

		if (provider_get(catalog, limit->avrs_id, &provider, err) < 0 ||
		    catalog_run(catalog,
		        "INSERT INTO drop_limit (account_id, avrs_id, type) VALUES ($1, $2, $3)"
		        " ON CONFLICT (account_id, avrs_id, type) DO NOTHING",
		        VALUES(INT(setting->account->id), TEXT(limit->avrs_id), TEXT(limit->type)),
		        err) < 0)
			return -1;
		buffer_print(&detail, "%s%s%s%s", i ? "," : "drop=", limit->avrs_id,
		    limit->type[0] ? ":" : "", limit->type);
	}
	if (event_add(catalog, setting->actor,
	        &(struct event){.what = "account.drop-limited",
	            .login = setting->account->login,
	            .detail = setting->count ? buffer_text(&detail) : "drop=anything"},
	        err) < 0)
		return -1;
	return catalog_announce(catalog, err);
}

int drop_limit_set(struct catalog *catalog, const struct actor *actor,
    const struct account *account, const struct drop_limit *limits, size_t count, struct err *err)
{
	struct setting setting = {actor, account, limits, count};

	return catalog_transact(catalog, set_body, &setting, err);
}

int drop_limit_list(struct catalog *catalog, int64_t account_id,
    int (*each)(const struct drop_limit *limit, void *arg, struct err *err), void *arg,
    struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog,
	        "SELECT avrs_id, type FROM drop_limit WHERE account_id = $1 ORDER BY avrs_id, type",
	        VALUES(INT(account_id)), &row, &found, err) < 0)
		return -1;
	while (found) {
		struct drop_limit limit;

		text_copy(limit.avrs_id, statement_text(row, 0));
		text_copy(limit.type, statement_text(row, 1));
		if (each(&limit, arg, err) < 0 || statement_next(row, &found, err) < 0)
			return -1;
	}
	return 0;
}

int drop_limit_allows(struct catalog *catalog, int64_t account_id, const char *avrs_id,
    const char *type, bool *ret_allowed, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog,
	        "SELECT CASE WHEN NOT EXISTS (SELECT 1 FROM drop_limit WHERE account_id = $1) THEN 1"
	        " WHEN EXISTS (SELECT 1 FROM drop_limit WHERE account_id = $1 AND avrs_id = $2"
	        " AND (type = '' OR type = $3 OR $4 = 1)) THEN 1 ELSE 0 END",
	        VALUES(INT(account_id), TEXT(avrs_id), TEXT(type ? type : ""), INT(type == NULL)),
	        &row, &found, err) < 0)
		return -1;
	*ret_allowed = found && statement_int(row, 0) == 1;
	return 0;
}

int drop_limit_next(struct catalog *catalog, int64_t account_id, const char *after,
    char ret_avrs_id[AVRS_ID_MAX + 1], bool *ret_found, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;

	if (catalog_find(catalog,
	        "SELECT avrs_id FROM drop_limit WHERE account_id = $1 AND avrs_id > $2"
	        " ORDER BY avrs_id LIMIT 1",
	        VALUES(INT(account_id), TEXT(after)), &row, ret_found, err) < 0)
		return -1;
	if (*ret_found)
		text_copy_part(ret_avrs_id, AVRS_ID_MAX + 1, statement_text(row, 0));
	return 0;
}
