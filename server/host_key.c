/* SPDX-License-Identifier: Apache-2.0 */
#include "server/host_key.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WARM_UP_TURNS = 10000 };

static const char *const files[] = {"ed25519_key", "ecdsa_key", "rsa_key"};

static int set(ssh_bind bind, enum ssh_bind_options_e option, const char *value, struct err *err)
{
	if (ssh_bind_options_set(bind, option, value) == SSH_OK)
		return 0;
	return err_set(
	    err, ERR_INTERNAL, "libssh does not take %s: %s", value, ssh_get_error(bind));
}

static int set_algorithms(ssh_bind bind, const struct policy *policy, struct err *err)
{
	const struct {
		enum ssh_bind_options_e option;
		const char *value;
	} lists[] = {
	    {SSH_BIND_OPTIONS_KEY_EXCHANGE, policy->key_exchanges},
	    {SSH_BIND_OPTIONS_CIPHERS_C_S, policy->ciphers},
	    {SSH_BIND_OPTIONS_CIPHERS_S_C, policy->ciphers},
	    {SSH_BIND_OPTIONS_HMAC_C_S, policy->macs},
	    {SSH_BIND_OPTIONS_HMAC_S_C, policy->macs},
	    {SSH_BIND_OPTIONS_PUBKEY_ACCEPTED_KEY_TYPES, policy->user_keys},
	    {SSH_BIND_OPTIONS_BANNER, "edelivery"},
	};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (set(bind, lists[i].option, lists[i].value, err) < 0)
			return -1;
	return 0;
}

/* The names of those algorithms of the list that keys of the type sign with. */
static bool is_offered(const struct policy *policy, ssh_key key)
{
	const char *name = ssh_key_type_to_char(ssh_key_type(key));

	if (ssh_key_type(key) == SSH_KEYTYPE_RSA)
		name = "rsa-sha2-256";
	if (ssh_key_type(key) == SSH_KEYTYPE_ECDSA_P256)
		name = "ecdsa-sha2-nistp256";
	return name && strstr(policy->host_keys, name);
}

static int load_key(ssh_bind bind, const struct policy *policy, const char *path, struct err *err)
{
	ssh_key key = NULL;

	if (access(path, R_OK) < 0)
		return err_sys(err, "host key %s (`edelivery init` makes it)", path);
	if (ssh_pki_import_privkey_file(path, NULL, NULL, NULL, &key) != SSH_OK)
		return err_set(
		    err, ERR_REFUSED, "%s is not a private key without a passphrase", path);
	if (!is_offered(policy, key)) {
		ssh_key_free(key);
		return 0;
	}
	if (ssh_bind_options_set(bind, SSH_BIND_OPTIONS_IMPORT_KEY, key) == SSH_OK)
		return 0;
	ssh_key_free(key);
	return err_set(err, ERR_REFUSED, "%s: %s", path, ssh_get_error(bind));
}

static int load(
    ssh_bind bind, const struct settings *settings, const struct policy *policy, struct err *err)
{
	bool no = false;
	int rsa_bits = policy->rsa_bits;
	char folder[PATH_MAX];
	char path[PATH_MAX + 32];

	/* First of all: it reads /etc/ssh/libssh_server_config otherwise, in every session. */
	(void)ssh_bind_options_set(bind, SSH_BIND_OPTIONS_PROCESS_CONFIG, &no);
	(void)ssh_bind_options_set(bind, SSH_BIND_OPTIONS_RSA_MIN_SIZE, &rsa_bits);
	if (set_algorithms(bind, policy, err) < 0)
		return -1;
	settings_beside(settings, settings->server_host_keys, folder);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
		if (load_key(bind, policy, path, err) < 0)
			return -1;
	}
	return set(bind, SSH_BIND_OPTIONS_HOSTKEY_ALGORITHMS, policy->host_keys, err);
}

int host_key_load(const struct settings *settings, const struct policy *policy, ssh_bind *ret_bind,
    struct err *err)
{
	ssh_bind bind = ssh_bind_new();

	if (!bind)
		return err_set(err, ERR_INTERNAL, "cannot start libssh");
	if (load(bind, settings, policy, err) < 0) {
		ssh_bind_free(bind);
		return -1;
	}
	*ret_bind = bind;
	return 0;
}

static void set_client(ssh_session client, int fd)
{
	bool no = false;

	(void)ssh_options_set(client, SSH_OPTIONS_PROCESS_CONFIG, &no);
	(void)ssh_options_set(client, SSH_OPTIONS_HOST, "warm-up");
	(void)ssh_options_set(client, SSH_OPTIONS_USER, "warm-up");
	(void)ssh_options_set(client, SSH_OPTIONS_SSH_DIR, "/nonexistent");
	(void)ssh_options_set(client, SSH_OPTIONS_KNOWNHOSTS, "/dev/null");
	(void)ssh_options_set(client, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null");
	(void)ssh_options_set(client, SSH_OPTIONS_FD, &fd);
	ssh_set_blocking(client, 0);
}

/* Both sides in turn, so that no thread exists before the first fork. */
static int exchange(ssh_session server, ssh_session client, struct err *err)
{
	int server_state = SSH_AGAIN;
	int client_state = SSH_AGAIN;

	for (int i = 0; i < WARM_UP_TURNS; i++) {
		if (client_state == SSH_AGAIN)
			client_state = ssh_connect(client);
		if (server_state == SSH_AGAIN)
			server_state = ssh_handle_key_exchange(server);
		if (client_state == SSH_OK && server_state == SSH_OK)
			return 0;
		if (client_state == SSH_ERROR || server_state == SSH_ERROR)
			break;
	}
	return err_set(err, ERR_INTERNAL, "the first key exchange failed: %s; %s",
	    ssh_get_error(server), ssh_get_error(client));
}

int host_key_warm_up(ssh_bind bind, struct err *err)
{
	ssh_session server = ssh_new();
	ssh_session client = ssh_new();
	int ends[2];
	int result;

	if (!server || !client ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0)
		return err_sys(err, "warm up");
	set_client(client, ends[1]);
	if (ssh_bind_accept_fd(bind, server, ends[0]) == SSH_OK) {
		ssh_set_blocking(server, 0);
		result = exchange(server, client, err);
	} else {
		result = err_set(err, ERR_INTERNAL, "%s", ssh_get_error(bind));
	}
	/* The sockets are the sessions' now, and closed with them. */
	ssh_free(client);
	ssh_free(server);
	return result;
}
