/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/public_key.h"

#include <inttypes.h>
#include <libssh/libssh.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/number.h"
#include "base/text.h"
#include "base/utf8.h"
#include "spool/key_blob.h"

#define COLUMNS "id, type, blob, comment, fingerprint, from_addresses, added, last_used"

static const char *const types[] = {"ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521", "ssh-rsa", "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com"};

static bool is_known_type(const char *type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i], type) == 0)
			return true;
	return false;
}

/* from="..." in front, the one option that means something here. Moves *line behind it. */
static int take_option(const char **line, struct public_key *key, struct err *err)
{
	static const char from[] = "from=\"";
	size_t length;

	if (strncmp(*line, from, sizeof(from) - 1) != 0)
		return 0;
	*line += sizeof(from) - 1;
	length = strcspn(*line, "\"");
	if (length == 0 || (*line)[length] != '"' || (*line)[length + 1] != ' ' ||
	    length >= sizeof(key->from_addresses))
		return err_set(err, ERR_REFUSED,
		    "from=\"...\" is empty, not closed, too long or followed by "
		    "another option");
	memcpy(key->from_addresses, *line, length);
	if (text_check("from=\"...\"", key->from_addresses, length, err) < 0)
		return -1;
	*line += length + 1;
	*line += strspn(*line, " ");
	return 0;
}

/* The next word of *line, of at most size - 1 bytes. */
static int take_word(const char **line, char *ret_word, size_t size)
{
	size_t length = strcspn(*line, " \t\r\n");

	if (length == 0 || length >= size)
		return -1;
	memcpy(ret_word, *line, length);
	ret_word[length] = '\0';
	*line += length;
	*line += strspn(*line, " \t");
	return 0;
}

static int check_rsa(const struct public_key *key, struct err *err)
{
	unsigned bits = key_blob_rsa_bits(key->blob);

	if (bits < RSA_BITS_MIN)
		return err_set(err, ERR_REFUSED, "an RSA key of %u bits; at least %d are needed",
		    bits, RSA_BITS_MIN);
	return 0;
}

/* Let libssh read the key, and keep its fingerprint. */
static int take_fingerprint(ssh_key parsed, struct public_key *key, struct err *err)
{
	unsigned char *hash = NULL;
	size_t length = 0;
	char *text;

	if (ssh_get_publickey_hash(parsed, SSH_PUBLICKEY_HASH_SHA256, &hash, &length) < 0)
		return err_set(err, ERR_REFUSED, "the key has no fingerprint");
	text = ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash, length);
	ssh_clean_pubkey_hash(&hash);
	if (!text)
		return err_set(err, ERR_REFUSED, "the key has no fingerprint");
	text_copy(key->fingerprint, text);
	ssh_string_free_char(text);
	return 0;
}

/*
 * libssh passes over the type inside the blob and what follows the key. A login is found by the
 * type and the blob that it writes, so any other would never match.
 */
static bool is_written_the_same(ssh_key parsed, const struct public_key *key)
{
	char *written = NULL;
	bool same = key_blob_is_of_type(key->blob, key->type) &&
	            ssh_pki_export_pubkey_base64(parsed, &written) == SSH_OK &&
	            strcmp(written, key->blob) == 0;

	ssh_string_free_char(written);
	return same;
}

static int check_blob(struct public_key *key, struct err *err)
{
	ssh_key parsed = NULL;
	enum ssh_keytypes_e type = ssh_key_type_from_name(key->type);
	int result;

	if (ssh_pki_import_pubkey_base64(key->blob, type, &parsed) != SSH_OK)
		return err_set(err, ERR_REFUSED, "not a public key of type %s", key->type);
	if (is_written_the_same(parsed, key))
		result = take_fingerprint(parsed, key, err);
	else
		result = err_set(err, ERR_REFUSED, "not a public key of type %s", key->type);
	ssh_key_free(parsed);
	if (result == 0 && strcmp(key->type, "ssh-rsa") == 0)
		result = check_rsa(key, err);
	return result;
}

int public_key_parse(const char *line, struct public_key *ret_key, struct err *err)
{
	struct public_key key = {0};
	size_t length;

	line += strspn(line, " \t");
	if (strstr(line, "PRIVATE KEY"))
		return err_set(
		    err, ERR_REFUSED, "this is a private key; give the file that ends in .pub");
	if (take_option(&line, &key, err) < 0)
		return -1;
	if (take_word(&line, key.type, sizeof(key.type)) < 0 || !is_known_type(key.type))
		return err_set(err, ERR_REFUSED,
		    "not a line such as \"ssh-ed25519 AAAA... comment\" of a type that is known here "
		    "(certificates and options but from=\"...\" are not)");
	if (take_word(&line, key.blob, sizeof(key.blob)) < 0)
		return err_set(err, ERR_REFUSED, "no key behind %s, or a longer one than %d bytes",
		    key.type, KEY_BLOB_MAX);
	if (check_blob(&key, err) < 0)
		return -1;
	length = strcspn(line, "\r\n");
	if (length > KEY_COMMENT_MAX)
		length = utf8_cut(line, KEY_COMMENT_MAX);
	memcpy(key.comment, line, length);
	if (text_check("comment", key.comment, KEY_COMMENT_MAX, err) < 0)
		return -1;
	*ret_key = key;
	return 0;
}

/* A key and whose it is, for a transaction's body. */
struct change {
	const struct actor *actor;
	const struct account *account;
	struct public_key *key;
	const char *id_or_fingerprint;
};

static int tell(struct catalog *catalog, const struct change *change, const char *what,
    const char *which, struct err *err)
{
	char detail[128];

	(void)snprintf(detail, sizeof(detail), "key=%s", which);
	if (catalog_announce(catalog, err) < 0)
		return -1;
	return event_add(catalog, change->actor,
	    &(struct event){.what = what, .login = change->account->login, .detail = detail}, err);
}

static int insert(struct catalog *catalog, void *arg, struct err *err)
{
	struct change *change = arg;
	struct public_key *k = change->key;

	k->added = clock_now();
	if (catalog_take_ids(catalog, "key", 1, &k->id, err) < 0 ||
	    catalog_run(catalog,
	        "INSERT INTO public_key (id, account_id, type, blob, fingerprint, comment,"
	        " from_addresses, added) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
	        VALUES(INT(k->id), INT(change->account->id), TEXT(k->type), TEXT(k->blob),
	            TEXT(k->fingerprint), TEXT(k->comment), TEXT_OR_NULL(k->from_addresses),
	            INT(k->added)),
	        err) < 0)
		return -1;
	return tell(catalog, change, "key.added", k->fingerprint, err);
}

int public_key_add(struct catalog *catalog, const struct actor *actor,
    const struct account *account, struct public_key *key, struct err *err)
{
	struct public_key added = *key;
	struct change change = {actor, account, &added, NULL};

	if (catalog_transact(catalog, insert, &change, err) == 0) {
		*key = added;
		return 0;
	}
	if (err->kind == ERR_CONFLICT)
		return err_set(err, ERR_CONFLICT, "%s has the key %s already", account->login,
		    key->fingerprint);
	return -1;
}

static int remove_row(struct catalog *catalog, void *arg, struct err *err)
{
	struct change *change = arg;
	int64_t id = 0;
	struct err not_a_number;

	(void)number_parse(change->id_or_fingerprint, &id, &not_a_number);
	if (catalog_run(catalog,
	        "DELETE FROM public_key WHERE account_id = $1 AND (id = $2 OR fingerprint = $3)",
	        VALUES(INT(change->account->id), INT(id), TEXT(change->id_or_fingerprint)),
	        err) < 0)
		return -1;
	if (catalog_changes(catalog) == 0)
		return err_set(err, ERR_REFUSED, "%s has no key %.80s", change->account->login,
		    change->id_or_fingerprint);
	return tell(catalog, change, "key.removed", change->id_or_fingerprint, err);
}

int public_key_remove(struct catalog *catalog, const struct actor *actor,
    const struct account *account, const char *id_or_fingerprint, struct err *err)
{
	struct change change = {actor, account, NULL, id_or_fingerprint};

	return catalog_transact(catalog, remove_row, &change, err);
}

int public_key_note_use(struct catalog *catalog, int64_t id, struct err *err)
{
	return catalog_run(catalog, "UPDATE public_key SET last_used = $2 WHERE id = $1",
	    VALUES(INT(id), INT(clock_now())), err);
}

static void read_row(const struct statement *row, struct public_key *ret_key)
{
	*ret_key = (struct public_key){
	    .id = statement_int(row, 0),
	    .added = statement_int(row, 6),
	    .last_used = statement_int(row, 7),
	};
	text_copy(ret_key->type, statement_text(row, 1));
	text_copy(ret_key->blob, statement_text(row, 2));
	text_copy(ret_key->comment, statement_text(row, 3));
	text_copy(ret_key->fingerprint, statement_text(row, 4));
	text_copy(ret_key->from_addresses, statement_text(row, 5));
}

int public_key_find(struct catalog *catalog, int64_t account_id, const char *blob,
    struct public_key *ret_key, bool *ret_found, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;

	if (catalog_find(catalog,
	        "SELECT " COLUMNS " FROM public_key WHERE account_id = $1 AND blob = $2",
	        VALUES(INT(account_id), TEXT(blob)), &row, ret_found, err) < 0)
		return -1;
	if (*ret_found)
		read_row(row, ret_key);
	return 0;
}

int public_key_list(struct catalog *catalog, int64_t account_id,
    int (*each)(const struct public_key *key, void *arg, struct err *err), void *arg,
    struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog,
	        "SELECT " COLUMNS " FROM public_key WHERE account_id = $1 ORDER BY id",
	        VALUES(INT(account_id)), &row, &found, err) < 0)
		return -1;
	while (found) {
		struct public_key key;

		read_row(row, &key);
		if (each(&key, arg, err) < 0 || statement_next(row, &found, err) < 0)
			return -1;
	}
	return 0;
}
