/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs fuzzers over files, without libFuzzer: replay CORPUS reads CORPUS/<fuzzer>/<file> and
 * hands each file to its fuzzer. A fuzzer that finds something aborts.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"

/* Made by the Makefile: FUZZER(name) for each tests/fuzz/fuzz_<name>.c. */
#define FUZZER(name) int fuzz_##name(const uint8_t *data, size_t size);
#include "fuzzers.h"
#undef FUZZER

static const struct {
	const char *name;
	int (*run)(const uint8_t *data, size_t size);
} fuzzers[] = {
#define FUZZER(name) {#name, fuzz_##name},
#include "fuzzers.h"
#undef FUZZER
};

/* Every file of a folder to one fuzzer. Returns how many there were. */
static int replay(const char *folder, int (*run)(const uint8_t *data, size_t size))
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	int count = 0;

	while (dir && (entry = readdir(dir)) != NULL) {
		OWNED_BUFFER struct buffer content = BUFFER(16 * 1024 * 1024);
		struct err err;

		if (entry->d_name[0] == '.' ||
		    file_read(dirfd(dir), entry->d_name, &content, &err) < 0)
			continue;
		(void)run((const uint8_t *)buffer_text(&content), content.length);
		count++;
	}
	if (dir)
		(void)closedir(dir);
	return count;
}

int main(int argc, char **argv)
{
	int status = EXIT_SUCCESS;

	if (argc != 2)
		return 2;
	for (size_t i = 0; i < sizeof(fuzzers) / sizeof(fuzzers[0]); i++) {
		char folder[4096];
		int count;

		(void)snprintf(folder, sizeof(folder), "%s/%s", argv[1], fuzzers[i].name);
		count = replay(folder, fuzzers[i].run);
		/* Told before the next one runs, so that a crash has a name. */
		(void)printf(
		    "%s fuzzer %s: %d files\n", count ? "ok" : "not ok", fuzzers[i].name, count);
		(void)fflush(stdout);
		if (count == 0)
			status = EXIT_FAILURE;
	}
	return status;
}
