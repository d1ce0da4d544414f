/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/mail_token.h"

#include <inttypes.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/number.h"
#include "base/text.h"

enum { TOKEN_BYTES = 10, TOKEN_TEXT = 2 * TOKEN_BYTES, SECRET_TEXT = 2 * MAIL_SECRET_SIZE };

static const char hex[] = "0123456789abcdef";

static void print_hex(const unsigned char *bytes, size_t count, char *ret_text)
{
	for (size_t i = 0; i < count; i++) {
		ret_text[2 * i] = hex[bytes[i] >> 4];
		ret_text[2 * i + 1] = hex[bytes[i] & 15];
	}
	ret_text[2 * count] = '\0';
}

static bool read_hex(const char *text, unsigned char *ret_bytes, size_t count)
{
	if (strlen(text) != 2 * count || strspn(text, hex) != 2 * count)
		return false;
	for (size_t i = 0; i < count; i++)
		ret_bytes[i] = (unsigned char)((strchr(hex, text[2 * i]) - hex) << 4 |
		                               (strchr(hex, text[2 * i + 1]) - hex));
	return true;
}

static int find_secret(
    struct catalog *catalog, struct mail_secret *ret_secret, bool *ret_found, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;

	if (catalog_find(catalog, "SELECT value FROM secret WHERE name = 'mail'", NO_VALUES, &row,
	        ret_found, err) < 0)
		return -1;
	if (*ret_found && !read_hex(statement_text(row, 0), ret_secret->bytes, MAIL_SECRET_SIZE))
		return err_set(err, ERR_INTERNAL, "the secret of mail is none");
	return 0;
}

int mail_secret_get(struct catalog *catalog, struct mail_secret *ret_secret, struct err *err)
{
	unsigned char bytes[MAIL_SECRET_SIZE];
	char text[SECRET_TEXT + 1];
	bool found = false;

	if (find_secret(catalog, ret_secret, &found, err) < 0)
		return -1;
	if (found)
		return 0;
	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return err_sys(err, "get random bytes");
	print_hex(bytes, sizeof(bytes), text);
	/* Another maild may be first: then its secret is the one. */
	if (catalog_run(catalog,
	        "INSERT INTO secret (name, value) VALUES ('mail', $1)"
	        " ON CONFLICT (name) DO NOTHING",
	        VALUES(TEXT(text)), err) < 0 ||
	    find_secret(catalog, ret_secret, &found, err) < 0)
		return -1;
	return found ? 0 : err_set(err, ERR_INTERNAL, "the secret of mail is not kept");
}

/* HMAC with SHA-256, looked up once: that costs more than using it. NULL: OpenSSL has none. */
static EVP_MAC_CTX *hmac(void)
{
	static EVP_MAC_CTX *context;
	static char digest[] = "SHA256";
	const OSSL_PARAM parameters[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
	    OSSL_PARAM_construct_end()};
	EVP_MAC *mac;

	if (context)
		return context;
	mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	context = mac ? EVP_MAC_CTX_new(mac) : NULL;
	EVP_MAC_free(mac);
	if (context && !EVP_MAC_CTX_set_params(context, parameters)) {
		EVP_MAC_CTX_free(context);
		context = NULL;
	}
	return context;
}

static int sign(const struct mail_secret *secret, const struct mail_token *token, const char *email,
    char ret_text[TOKEN_TEXT + 1], struct err *err)
{
	EVP_MAC_CTX *context = hmac();
	unsigned char digest[EVP_MAX_MD_SIZE];
	char text[EMAIL_MAX + 64];
	int length = snprintf(text, sizeof(text), "return-path %" PRId64 " %" PRId64 " %s",
	    token->account_id, token->mail_id, email);
	size_t size = 0;

	if (!context || !EVP_MAC_init(context, secret->bytes, MAIL_SECRET_SIZE, NULL) ||
	    !EVP_MAC_update(context, (const unsigned char *)text, (size_t)length) ||
	    !EVP_MAC_final(context, digest, &size, sizeof(digest)) || size < TOKEN_BYTES)
		return err_set(err, ERR_INTERNAL, "OpenSSL has no HMAC with SHA-256");
	print_hex(digest, TOKEN_BYTES, ret_text);
	return 0;
}

int mail_return_path(const struct mail_secret *secret, const char *path,
    const struct mail_token *token, const char *email, char ret_path[EMAIL_MAX + 1],
    struct err *err)
{
	char text[TOKEN_TEXT + 1];
	char made[2 * EMAIL_MAX];
	const char *at = strchr(path, '@');

	if (sign(secret, token, email, text, err) < 0)
		return -1;
	(void)snprintf(made, sizeof(made), "%.*s+%" PRId64 "-%" PRId64 "-%s%s", (int)(at - path),
	    path, token->account_id, token->mail_id, text, at);
	if (email_check(made, err) < 0)
		return err_context(err, "mail.return-path");
	text_copy_part(ret_path, EMAIL_MAX + 1, made);
	return 0;
}

static int refuse(struct err *err)
{
	return err_set(err, ERR_REFUSED, "not an address that mail of ours comes back to");
}

/* The number at *text up to end, which is passed over. */
static int take_number(const char **text, char end, int64_t *ret_number, struct err *err)
{
	char digits[20];
	size_t length = strspn(*text, "0123456789");

	if (length == 0 || length >= sizeof(digits) || (*text)[length] != end)
		return refuse(err);
	text_copy_part(digits, length + 1, *text);
	*text += length + 1;
	return number_parse(digits, ret_number, err) < 0 ? refuse(err) : 0;
}

/* Take ...+ACCOUNT-MAIL-TOKEN@... apart. */
static int take_apart(const char *address, struct mail_token *ret_token,
    char ret_text[TOKEN_TEXT + 1], struct err *err)
{
	const char *plus = strchr(address, '+');
	const char *at = plus ? plus + 1 : NULL;
	struct mail_token token;

	if (!at || take_number(&at, '-', &token.account_id, err) < 0 ||
	    take_number(&at, '-', &token.mail_id, err) < 0)
		return refuse(err);
	if (strspn(at, "0123456789abcdefABCDEF") != TOKEN_TEXT || at[TOKEN_TEXT] != '@')
		return refuse(err);
	*ret_token = token;
	text_copy_part(ret_text, TOKEN_TEXT + 1, at);
	return 0;
}

int mail_token_parse(const char *address, struct mail_token *ret_token, struct err *err)
{
	char text[TOKEN_TEXT + 1];

	return take_apart(address, ret_token, text, err);
}

bool mail_token_is_ours(const struct mail_secret *secret, const char *address, const char *email)
{
	struct mail_token token;
	char shown[TOKEN_TEXT + 1];
	char right[TOKEN_TEXT + 1];
	struct err ignored;

	if (take_apart(address, &token, shown, &ignored) < 0)
		return false;
	/* Some relays write a local part in capitals. */
	for (char *at = shown; *at; at++)
		if (*at >= 'A' && *at <= 'F')
			*at = (char)(*at - 'A' + 'a');
	return sign(secret, &token, email, right, &ignored) == 0 &&
	       CRYPTO_memcmp(shown, right, TOKEN_TEXT) == 0;
}
