/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/media.h"

#include <magic.h>
#include <stdlib.h>

#include "base/mem.h"

/* Only what bytes say: nothing is unpacked, and no list of anything is looked for. */
enum {
	BYTES = MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_TAR |
	        MAGIC_NO_CHECK_APPTYPE | MAGIC_NO_CHECK_ELF | MAGIC_NO_CHECK_CDF |
	        MAGIC_NO_CHECK_CSV | MAGIC_NO_CHECK_JSON | MAGIC_NO_CHECK_TOKENS |
	        MAGIC_NO_CHECK_ENCODING | MAGIC_NO_CHECK_TEXT,
	BYTES_AND_TEXT = BYTES & ~MAGIC_NO_CHECK_TEXT,
};

struct media {
	magic_t magic;
};

int media_open(struct media **ret_media, struct err *err)
{
	magic_t magic = magic_open(BYTES);

	if (!magic)
		return err_sys(err, "start libmagic");
	/* Not one that somebody's environment names. */
	(void)unsetenv("MAGIC");
	(void)unsetenv("HOME");
	if (magic_load(magic, NULL) < 0) {
		(void)err_set(err, ERR_INTERNAL,
		    "no database of libmagic: %s (package libmagic-mgc)", magic_error(magic));
		magic_close(magic);
		return -1;
	}
	*ret_media = mem_new(1, sizeof(**ret_media));
	(*ret_media)->magic = magic;
	return 0;
}

void media_close(struct media *media)
{
	if (!media)
		return;
	magic_close(media->magic);
	free(media);
}

const char *media_type_of(struct media *media, const char *bytes, size_t length, bool text)
{
	const char *type;

	(void)magic_setflags(media->magic, text ? BYTES_AND_TEXT : BYTES);
	type = magic_buffer(media->magic, bytes, length);
	return type ? type : "application/octet-stream";
}
