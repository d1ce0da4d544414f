/* SPDX-License-Identifier: Apache-2.0 */
/* Any settings file: one that is taken has values within their bounds, and is written as it was. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clean.h"
#include "spool/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Read size bytes as a settings file. */
static int load(const void *data, size_t size, struct settings *ret_settings, struct err *err)
{
	OWNED_FD int fd = memfd_create("settings", MFD_CLOEXEC);
	char path[64];

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		return err_sys(err, "make a settings file");
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return conf_load(settings_keys, path, ret_settings, err);
}

static void check_values(const struct settings *settings)
{
	for (const struct conf_key *key = settings_keys; key->name; key++) {
		OWNED_BUFFER struct buffer value = BUFFER(2 * CONF_TEXT_MAX);
		struct err err;

		conf_print(key, settings, &value);
		if (conf_check(key, buffer_text(&value), &err) < 0 &&
		    !strpbrk(buffer_text(&value), "\r\n"))
			abort();
	}
	/* R11 */
	if (settings->retain_months < 6 || settings->retain_months > 12)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	OWNED_BUFFER struct buffer first = BUFFER(1024 * 1024);
	OWNED_BUFFER struct buffer second = BUFFER(1024 * 1024);
	struct settings settings = {.retain_months = 0};
	struct settings again = {.retain_months = 0};
	struct err err = {.text = ""};

	if (load(data, size, &settings, &err) < 0) {
		if (!err.text[0])
			abort();
		return 0;
	}
	check_values(&settings);
	conf_print_file(settings_keys, &settings, &first);
	if (load(buffer_text(&first), first.length, &again, &err) < 0)
		abort();
	conf_print_file(settings_keys, &again, &second);
	if (strcmp(buffer_text(&first), buffer_text(&second)) != 0)
		abort();
	return 0;
}
