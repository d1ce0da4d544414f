/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/host_keys.h"

#include <fcntl.h>
#include <libssh/libssh.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/file.h"

static const struct {
	const char *file;
	enum ssh_keytypes_e type;
	int bits;
} kinds[] = {
    {"ed25519_key", SSH_KEYTYPE_ED25519, 0},
    {"ecdsa_key", SSH_KEYTYPE_ECDSA_P256, 256},
    {"rsa_key", SSH_KEYTYPE_RSA, 3072},
};

static int write_key(ssh_key key, const char *path, struct err *err)
{
	OWNED_FD int fd = -1;
	mode_t before = umask(077);
	int result = ssh_pki_export_privkey_file(key, NULL, NULL, NULL, path);

	(void)umask(before);
	if (result != SSH_OK)
		return err_set(err, ERR_RETRY, "cannot write the host key %s", path);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? err_sys(err, "open %s", path) : file_sync(fd, path, err);
}

/* It has its name when all of it is there: the next start takes what has one for a key. */
static int export_key(ssh_key key, const char *path, struct err *err)
{
	char unfinished[PATH_MAX + 32];

	(void)snprintf(unfinished, sizeof(unfinished), "%s.new", path);
	if (write_key(key, unfinished, err) < 0)
		return -1;
	return rename(unfinished, path) < 0 ? err_sys(err, "rename %s", unfinished) : 0;
}

static int make_key(const char *path, enum ssh_keytypes_e type, int bits, struct err *err)
{
	ssh_key key = NULL;
	int result;

	if (ssh_pki_generate(type, bits, &key) != SSH_OK)
		return err_set(err, ERR_INTERNAL, "cannot make the host key %s", path);
	result = export_key(key, path, err);
	ssh_key_free(key);
	return result;
}

int host_keys_make(const char *path, struct err *err)
{
	if (file_make_folder(AT_FDCWD, path, 0700, err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		char file[PATH_MAX + 16];

		(void)snprintf(file, sizeof(file), "%s/%s", path, kinds[i].file);
		if (access(file, F_OK) == 0)
			continue;
		if (make_key(file, kinds[i].type, kinds[i].bits, err) < 0)
			return -1;
	}
	return file_sync_folder(AT_FDCWD, path, err);
}
