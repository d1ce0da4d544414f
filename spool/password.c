/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/password.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "spool/mail_waiting.h"

int password_check(const char *password, struct err *err)
{
	size_t length = strlen(password);

	if (length < PASSWORD_LEAST || length > PASSWORD_MOST)
		return err_set(err, ERR_REFUSED, "a password has %d to %d bytes, this one %zu",
		    PASSWORD_LEAST, PASSWORD_MOST, length);
	if (text_check("password", password, PASSWORD_MOST, err) < 0)
		/* What is wrong there would show a part of it. */
		return err_set(
		    err, ERR_REFUSED, "a password is UTF-8 text without control characters");
	return 0;
}

int password_hash(const char *password, char ret_hash[PASSWORD_HASH_MAX + 1], struct err *err)
{
	struct crypt_data data = {.initialized = 0};
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];
	const char *hash = NULL;

	if (crypt_gensalt_rn("$y$", 0, NULL, 0, setting, sizeof(setting)))
		hash = crypt_rn(password, setting, &data, sizeof(data));
	if (hash)
		text_copy_part(ret_hash, PASSWORD_HASH_MAX + 1, hash);
	explicit_bzero(&data, sizeof(data));
	return hash ? 0 : err_set(err, ERR_INTERNAL, "cannot hash a password with yescrypt");
}

bool password_matches(const char *password, const char *hash)
{
	struct crypt_data data = {.initialized = 0};
	const char *again = crypt_rn(password, hash, &data, sizeof(data));
	bool matches = again && hash[0] == '$' && strlen(again) == strlen(hash) &&
	               CRYPTO_memcmp(again, hash, strlen(hash)) == 0;

	explicit_bzero(&data, sizeof(data));
	return matches;
}

struct setting {
	const struct actor *actor;
	const char *login;
	const char *hash;
};

static int set(struct catalog *catalog, void *arg, struct err *err)
{
	const struct setting *setting = arg;
	struct account account;

	if (account_get(catalog, setting->login, &account, err) < 0 ||
	    catalog_run(catalog,
	        "UPDATE account SET password_hash = $2, password_set = $3, failed_passwords = 0,"
	        " locked = NULL WHERE id = $1",
	        VALUES(INT(account.id), TEXT(setting->hash), INT(clock_now())), err) < 0)
		return -1;
	return event_add(catalog, setting->actor,
	    &(struct event){.what = "password.set", .login = account.login}, err);
}

int password_set(struct catalog *catalog, const struct actor *actor, const char *login,
    const char *hash, struct err *err)
{
	struct setting setting = {actor, login, hash};

	return catalog_transact(catalog, set, &setting, err);
}

int password_find(struct catalog *catalog, int64_t account_id, char ret_hash[PASSWORD_HASH_MAX + 1],
    struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog, "SELECT COALESCE(password_hash, '') FROM account WHERE id = $1",
	        VALUES(INT(account_id)), &row, &found, err) < 0)
		return -1;
	text_copy_part(ret_hash, PASSWORD_HASH_MAX + 1, found ? statement_text(row, 0) : "");
	return 0;
}

int password_note_success(struct catalog *catalog, int64_t account_id, struct err *err)
{
	return catalog_run(catalog,
	    "UPDATE account SET failed_passwords = 0 WHERE id = $1 AND failed_passwords > 0",
	    VALUES(INT(account_id)), err);
}

struct failure {
	const struct actor *actor;
	const struct account *account;
	int64_t tries;
};

static int note_failure(struct catalog *catalog, void *arg, struct err *err)
{
	const struct failure *failure = arg;
	int64_t id = 0;

	if (catalog_run(catalog,
	        "UPDATE account SET failed_passwords = failed_passwords + 1 WHERE id = $1",
	        VALUES(INT(failure->account->id)), err) < 0 ||
	    catalog_run(catalog,
	        "UPDATE account SET locked = $3 WHERE id = $1 AND locked IS NULL"
	        " AND failed_passwords >= $2",
	        VALUES(INT(failure->account->id), INT(failure->tries), INT(clock_now())), err) < 0)
		return -1;
	if (catalog_changes(catalog) == 0)
		return 0;
	if (mail_add_once(catalog, failure->account->id, MAIL_LOCKED, clock_now(), &id, err) < 0)
		return -1;
	return event_add(catalog, failure->actor,
	    &(struct event){.what = "account.locked", .login = failure->account->login}, err);
}

int password_note_failure(struct catalog *catalog, const struct actor *actor,
    const struct account *account, int64_t tries, struct err *err)
{
	struct failure failure = {actor, account, tries};

	return catalog_transact(catalog, note_failure, &failure, err);
}
