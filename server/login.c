/* SPDX-License-Identifier: Apache-2.0 */
#include "server/login.h"

#include <libssh/server.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/attack.h"
#include "base/text.h"
#include "base/utf8.h"
#include "server/ask.h"
#include "spool/key_blob.h"
#include "spool/password.h"

enum {
	LOGIN_PASSWORD_METHODS = SSH_AUTH_METHOD_PASSWORD | SSH_AUTH_METHOD_INTERACTIVE,
	LOGIN_METHODS = SSH_AUTH_METHOD_PUBLICKEY | LOGIN_PASSWORD_METHODS,
	DELAY_MS = 500, /* after a wrong password, and so much more after each further one */
};

/* There is one a process, and the callbacks' userdata is the session's. */
static struct login *current;

void login_init(struct login *login, int broker_fd, const struct policy *policy)
{
	*login = (struct login){.broker_fd = broker_fd, .policy = policy};
}

static int fail(struct login *login, const char *reason)
{
	login->failed = true;
	text_copy(login->reason, reason);
	return SSH_AUTH_DENIED;
}

/* A refused key never locks an account (R12), but a connection has only so many tries. */
static int deny(struct login *login)
{
	if (++login->failures >= LOGIN_FAILURES_MAX)
		return fail(login, "too many refused logins");
	return SSH_AUTH_DENIED;
}

/*
 * The account's part of the key, as its blob: libssh takes a certificate for the key in it, so
 * the type has to be one of our own list.
 */
static bool read_key(
    const struct login *login, ssh_key key, const char **ret_type, char ret_blob[KEY_BLOB_MAX + 1])
{
	char *blob = NULL;
	bool fits;

	*ret_type = ssh_key_type_to_char(ssh_key_type(key));
	if (ssh_key_type(key) == SSH_KEYTYPE_ECDSA_P256 ||
	    ssh_key_type(key) == SSH_KEYTYPE_ECDSA_P384 ||
	    ssh_key_type(key) == SSH_KEYTYPE_ECDSA_P521)
		*ret_type = ssh_pki_key_ecdsa_name(key);
	if (!*ret_type || !policy_accepts_key(login->policy, *ret_type) ||
	    ssh_pki_export_pubkey_base64(key, &blob) != SSH_OK)
		return false;
	fits = strlen(blob) <= KEY_BLOB_MAX;
	if (fits)
		text_copy_part(ret_blob, KEY_BLOB_MAX + 1, blob);
	ssh_string_free_char(blob);
	return fits && policy_accepts_length(login->policy, *ret_type, ret_blob);
}

/* What was shown is right; missing: what an account that takes both has to show as well. */
static int take_admission(
    ssh_session ssh, struct login *login, enum admission admission, int missing)
{
	if (admission == ADMISSION_NO)
		return deny(login);
	login->done = admission == ADMISSION_YES;
	if (login->done)
		return SSH_AUTH_SUCCESS;
	ssh_set_auth_methods(ssh, missing);
	return SSH_AUTH_PARTIAL;
}

static int on_public_key(
    ssh_session ssh, const char *user, struct ssh_key_struct *key, char state, void *arg)
{
	struct login *login = current;
	bool proven = state == SSH_PUBLICKEY_STATE_VALID;
	enum admission admission = ADMISSION_NO;
	char blob[KEY_BLOB_MAX + 1];
	const char *type = NULL;
	struct err err;

	(void)arg;
	if (login->failed || (!proven && state != SSH_PUBLICKEY_STATE_NONE))
		return deny(login);
	if (strlen(user) > LOGIN_MAX || !read_key(login, key, &type, blob))
		return deny(login);
	if (ask_key(login->broker_fd, user, type, blob, proven, &admission, &err) < 0)
		return fail(login, err.text);
	return proven ? take_admission(ssh, login, admission, LOGIN_PASSWORD_METHODS)
	              : (admission == ADMISSION_NO ? deny(login) : SSH_AUTH_SUCCESS);
}

static int on_none(ssh_session ssh, const char *user, void *arg)
{
	(void)ssh;
	(void)arg;
	attack_here(user, strlen(user), current->broker_fd);
	return SSH_AUTH_DENIED;
}

/* Each wrong one takes longer to be told so; the session is one client's, so only that waits. */
static int try_password(
    ssh_session ssh, struct login *login, const char *user, const char *password)
{
	enum admission admission = ADMISSION_NO;
	struct err err;

	if (login->failed || strlen(user) > LOGIN_MAX || strlen(password) > PASSWORD_MOST)
		return deny(login);
	if (ask_password(login->broker_fd, user, password, &admission, &err) < 0)
		return fail(login, err.text);
	if (admission == ADMISSION_NO)
		(void)poll(NULL, 0, DELAY_MS * (login->failures + 1));
	return take_admission(ssh, login, admission, SSH_AUTH_METHOD_PUBLICKEY);
}

static int on_password(ssh_session ssh, const char *user, const char *password, void *arg)
{
	(void)arg;
	return try_password(ssh, current, user, password);
}

static int ask_interactively(struct login *login, ssh_message message)
{
	static const char *prompts[] = {"Password: "};
	static char echo[] = {0};
	const char *user = ssh_message_auth_user(message);

	if (!user || strlen(user) > LOGIN_MAX)
		return 1;
	/* A response does not say whose it is. */
	text_copy(login->asked, user);
	return ssh_message_auth_interactive_request(message, "", "", 1, prompts, echo) == SSH_OK
	           ? 0
	           : 1;
}

/* RFC 4256; one question takes one response. Returns 0, or 1: libssh refuses. */
static int on_message(ssh_session ssh, ssh_message message, void *arg)
{
	struct login *login = current;
	const char *answer;
	int result;

	(void)arg;
	if (ssh_message_type(message) != SSH_REQUEST_AUTH ||
	    ssh_message_subtype(message) != SSH_AUTH_METHOD_INTERACTIVE || login->done)
		return 1;
	if (!ssh_message_auth_kbdint_is_response(message))
		return ask_interactively(login, message);
	answer = login->asked[0] && ssh_userauth_kbdint_getnanswers(ssh) == 1
	             ? ssh_userauth_kbdint_getanswer(ssh, 0)
	             : NULL;
	if (!answer) {
		(void)deny(login);
		return 1;
	}
	result = try_password(ssh, login, login->asked, answer);
	login->asked[0] = '\0';
	if (result != SSH_AUTH_SUCCESS && result != SSH_AUTH_PARTIAL)
		return 1;
	(void)ssh_message_auth_reply_success(message, result == SSH_AUTH_PARTIAL);
	return 0;
}

static int on_service(ssh_session ssh, const char *service, void *arg)
{
	(void)ssh;
	(void)arg;
	return strcmp(service, "ssh-userauth") == 0 ? 0 : -1;
}

/* libssh answers GSSAPI although it was not offered, and looks for files to do it: no mechanism. */
static ssh_string on_gssapi(
    ssh_session ssh, const char *user, int count, ssh_string *mechanisms, void *arg)
{
	(void)ssh;
	(void)user;
	(void)count;
	(void)mechanisms;
	(void)arg;
	(void)deny(current);
	return NULL;
}

void login_set_callbacks(
    struct login *login, ssh_session ssh, struct ssh_server_callbacks_struct *callbacks)
{
	current = login;
	ssh_set_auth_methods(ssh, LOGIN_METHODS);
	ssh_set_message_callback(ssh, on_message, NULL);
	callbacks->auth_pubkey_function = on_public_key;
	callbacks->auth_none_function = on_none;
	callbacks->auth_password_function = on_password;
	callbacks->service_request_function = on_service;
	callbacks->gssapi_select_oid_function = on_gssapi;
}

const char *login_client(ssh_session ssh)
{
	static char client[CLIENT_MAX];
	OWNED_BUFFER struct buffer safe = BUFFER(1024);
	const char *banner = ssh_get_clientbanner(ssh);

	if (banner)
		utf8_escape_line(&safe, banner, strlen(banner));
	(void)snprintf(client, sizeof(client), "%.*s",
	    (int)utf8_cut(buffer_text(&safe), CLIENT_MAX - 1), buffer_text(&safe));
	return client;
}
