/* SPDX-License-Identifier: Apache-2.0 */
/* Any mail that comes back: what is told of it is one line that can be shown. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "admin/bounce.h"
#include "base/utf8.h"
#include "spool/mail_token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	OWNED_BUFFER struct buffer text = BUFFER(BOUNCE_MAX);
	struct bounce bounce;
	struct mail_token token;
	char path[EMAIL_MAX + 1];
	struct err err;

	buffer_add(&text, data, size < BOUNCE_MAX ? size : BOUNCE_MAX);
	if (bounce_parse(&text, &bounce, &err) == 0 &&
	    (strlen(bounce.reason) > MAIL_ANSWER_MAX ||
	        utf8_has_control(bounce.reason, strlen(bounce.reason))))
		abort();
	if (bounce_find_path(&text, path, &err) == 0 && mail_token_parse(path, &token, &err) < 0)
		abort();
	return 0;
}
