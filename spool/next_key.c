/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/next_key.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/number.h"
#include "base/text.h"

/* The files of host keys, and how the types begin that may be in them. */
static const struct {
	const char *file;
	const char *type;
} kinds[NEXT_KEYS] = {
    {"ed25519_key", "ssh-ed25519"},
    {"ecdsa_key", "ecdsa-sha2-"},
    {"rsa_key", "ssh-rsa"},
};

static int parse(int kind, const char *path, struct public_key *ret_key, struct err *err)
{
	OWNED_BUFFER struct buffer text = BUFFER(16 * KIB);

	if (file_read(AT_FDCWD, path, &text, err) < 0)
		return -1;
	if (public_key_parse(buffer_text(&text), ret_key, err) < 0)
		return err_context(err, "%s", path);
	if (strncmp(ret_key->type, kinds[kind].type, strlen(kinds[kind].type)) != 0)
		return err_set(err, ERR_REFUSED, "%s: a key of type %s", path, ret_key->type);
	return 0;
}

int next_key_read(const struct settings *settings, int kind, struct next_key *ret_key,
    bool *ret_found, struct err *err)
{
	char folder[PATH_MAX];
	char path[PATH_MAX + 32];
	char public_path[PATH_MAX + 40];
	struct public_key key;
	struct stat st;
	struct stat secret;

	settings_beside(settings, settings->server_host_keys, folder);
	(void)snprintf(path, sizeof(path), "%s/%s.next", folder, kinds[kind].file);
	(void)snprintf(public_path, sizeof(public_path), "%s.pub", path);
	*ret_found = false;
	if (stat(public_path, &st) < 0)
		return errno == ENOENT ? 0 : err_sys(err, "%s", public_path);
	if (stat(path, &secret) < 0)
		return err_set(
		    err, ERR_REFUSED, "%s is there, but not its private key", public_path);
	if (parse(kind, public_path, &key, err) < 0)
		return -1;
	text_copy(ret_key->type, key.type);
	text_copy(ret_key->fingerprint, key.fingerprint);
	ret_key->since = st.st_mtim.tv_sec * SECOND;
	*ret_found = true;
	return 0;
}
