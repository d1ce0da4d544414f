/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery init: make a spool, or bring one up to date. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/commands.h"
#include "admin/host_keys.h"
#include "base/file.h"
#include "base/number.h"
#include "spool/folder.h"
#include "spool/mail_template.h"
#include "spool/spool.h"

/* etc/letter-types.conf as it is in the source, for a new spool. */
__asm__(".pushsection .rodata\n"
        "letter_types_text: .incbin \"etc/letter-types.conf\"\n"
        "1: .balign 8\n"
        "letter_types_length: .quad 1b - letter_types_text\n"
        ".popsection\n");
extern const char letter_types_text[] __attribute__((visibility("hidden")));
extern const size_t letter_types_length __attribute__((visibility("hidden")));

static int write_new(const char *path, const struct buffer *text, mode_t mode, struct err *err)
{
	if (access(path, F_OK) == 0)
		return 0;
	return file_replace(AT_FDCWD, path, text, mode, err);
}

static int write_letter_types(const char *folder, struct err *err)
{
	OWNED_BUFFER struct buffer text = BUFFER(MIB);
	char path[PATH_MAX];

	buffer_add(&text, letter_types_text, letter_types_length);
	(void)snprintf(path, sizeof(path), "%.4000s/letter-types.conf", folder);
	return write_new(path, &text, 0644, err);
}

/* The texts of mails, for the agency to change. */
static int write_mail_templates(const char *folder, struct err *err)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%.4000s/mail", folder);
	if (file_make_folder(AT_FDCWD, path, 0750, err) < 0)
		return -1;
	for (enum mail_kind kind = MAIL_LETTERS; kind < MAIL_KIND_COUNT; kind++) {
		OWNED_BUFFER struct buffer text = BUFFER(MIB);

		mail_template_print(kind, &text);
		(void)snprintf(
		    path, sizeof(path), "%.4000s/mail/%s.txt", folder, mail_kind_name(kind));
		if (write_new(path, &text, 0644, err) < 0)
			return -1;
	}
	return 0;
}

/* The settings file, with what the options say in it. */
static int write_settings(const char *path, const char *root, const char *port, struct err *err)
{
	OWNED_BUFFER struct buffer text = BUFFER(MIB);
	char listen[64];

	buffer_add_text(&text,
	    "# Settings of edelivery: edelivery.conf(5). `edelivery config show` "
	    "lists them with their\n# values; `edelivery config set KEY VALUE` "
	    "changes one, checked.\n\n");
	conf_print_file(settings_keys, NULL, &text);
	if (access(path, F_OK) == 0)
		return 0;
	(void)snprintf(listen, sizeof(listen), "127.0.0.1:%s", port);
	if (file_replace(AT_FDCWD, path, &text, 0640, err) < 0 ||
	    conf_set(conf_find(settings_keys, "spool.root"), path, root, err) < 0)
		return -1;
	return conf_set(conf_find(settings_keys, "server.listen"), path, listen, err);
}

/* The drop folder: jobs of its group write into it, and what they make belongs to the group. */
static int make_drop(const struct settings *settings, struct err *err)
{
	char path[PATH_MAX];

	settings_below(settings, settings->drop_root, path);
	if (file_make_folder(AT_FDCWD, path, 0770, err) < 0)
		return -1;
	return chmod(path, 02770) < 0 ? err_sys(err, "chmod %s", path) : 0;
}

static int make_rest(const struct settings *settings, struct err *err)
{
	OWNED_FD int root_fd = -1;
	struct catalog *catalog = NULL;
	char keys[PATH_MAX];

	settings_beside(settings, settings->server_host_keys, keys);
	if (file_open_folder(AT_FDCWD, settings->root, &root_fd, err) < 0 ||
	    folder_make_all(root_fd, err) < 0 || make_drop(settings, err) < 0 ||
	    host_keys_make(keys, err) < 0 || spool_open_catalog(settings, true, &catalog, err) < 0)
		return -1;
	catalog_close(catalog);
	return 0;
}

static int check_port(const char *port, struct err *err)
{
	int64_t number = 0;

	if (number_parse(port, &number, err) < 0)
		return -1;
	if (number < 0 || number > 65535)
		return err_set(err, ERR_REFUSED, "--port %s: 0 to 65535 are ports", port);
	return 0;
}

/*
 * Where the settings file is to be: in etc/ of the root, or where -c says. Its folder, which has
 * letter types and host keys too, is made.
 */
static int choose_settings(
    const struct call *call, const char *root, char ret_path[PATH_MAX], struct err *err)
{
	char folder[PATH_MAX];
	char absolute[PATH_MAX];
	const char *name = "edelivery.conf";

	if (call->names_settings) {
		const char *slash = strrchr(call->settings, '/');

		file_parent(call->settings, folder);
		name = slash ? slash + 1 : call->settings;
	} else {
		(void)snprintf(folder, sizeof(folder), "%.*s/etc", PATH_MAX - 8, root);
	}
	if (file_make_folder(AT_FDCWD, folder, 0750, err) < 0)
		return -1;
	if (!realpath(folder, absolute))
		return err_sys(err, "%s", folder);
	if (snprintf(ret_path, PATH_MAX, "%s/%s", absolute, name) >= PATH_MAX)
		return err_set(err, ERR_REFUSED, "%s: too long", call->settings);
	return 0;
}

/* Settings that are there already stay, so they have to be those of this root. */
static int load_settings(
    const char *path, const char *root, struct settings *ret_settings, struct err *err)
{
	char theirs[PATH_MAX];

	if (settings_load(path, ret_settings, err) < 0)
		return -1;
	if (!realpath(ret_settings->root, theirs) || strcmp(theirs, root) != 0)
		return err_set(err, ERR_REFUSED, "%s: spool.root is %s there, not %s", path,
		    ret_settings->root, root);
	return 0;
}

static int run(const struct call *call, struct err *err)
{
	const char *root = call_option(call, "root");
	const char *port = call_has(call, "port") ? call_option(call, "port") : "2022";
	char absolute[PATH_MAX];
	char folder[PATH_MAX];
	char path[PATH_MAX];
	struct settings settings;

	if (!root)
		return err_set(err, ERR_USAGE, "--root says where the spool is to be");
	if (check_port(port, err) < 0 || file_make_folder(AT_FDCWD, root, 0750, err) < 0)
		return -1;
	if (!realpath(root, absolute))
		return err_sys(err, "%s", root);
	if (choose_settings(call, absolute, path, err) < 0)
		return -1;
	file_parent(path, folder);
	if (write_settings(path, absolute, port, err) < 0 ||
	    load_settings(path, absolute, &settings, err) < 0 ||
	    write_letter_types(folder, err) < 0 || write_mail_templates(folder, err) < 0 ||
	    make_rest(&settings, err) < 0)
		return -1;
	(void)printf("spool ready: %s\nsettings:    %s\nnext:        edelivery -c %s up\n",
	    absolute, path, path);
	return 0;
}

static const struct option_row options[] = {
    {"root", "DIR", "the folder of the spool; made if it is missing"},
    {"port", "N", "the port of the SFTP server on 127.0.0.1 (2022); 0: any free one"},
    {NULL, NULL, NULL},
};

const struct command command_init = {
    .name = "init",
    .arguments = "",
    .options = options,
    .about = "make a spool with catalog, host keys and settings, or bring one up to date",
    .run = run,
};
