/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/mail_relay.h"

#include <string.h>

#include "base/number.h"
#include "base/text.h"

#define NAME "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-."

static int refuse(struct err *err)
{
	return err_set(err, ERR_REFUSED,
	    "not smtp://HOST:PORT, smtps://HOST:PORT or an absolute path of a program");
}

static int parse_port(const char *text, struct mail_relay *relay, struct err *err)
{
	int64_t port = 0;

	if (number_parse(text, &port, err) < 0 || port < 1 || port > UINT16_MAX)
		return refuse(err);
	relay->port = (uint16_t)port;
	return 0;
}

/* HOST[:PORT] or [ADDRESS][:PORT]. */
static int parse_place(const char *text, struct mail_relay *relay, struct err *err)
{
	bool in_brackets = text[0] == '[';
	const char *host = text + in_brackets;
	size_t length = strspn(host, in_brackets ? "0123456789abcdefABCDEF:." : NAME);
	const char *rest = host + length;

	if (length == 0 || length > MAIL_RELAY_HOST_MAX || (in_brackets && *rest++ != ']'))
		return refuse(err);
	text_copy_part(relay->host, length + 1, host);
	if (*rest == '\0')
		return 0;
	return *rest == ':' ? parse_port(rest + 1, relay, err) : refuse(err);
}

int mail_relay_parse(const char *text, struct mail_relay *ret_relay, struct err *err)
{
	static const char smtp[] = "smtp://";
	static const char smtps[] = "smtps://";
	struct mail_relay relay = {.port = 25};
	const char *place = NULL;

	if (text[0] == '/') {
		relay.is_program = true;
		*ret_relay = relay;
		return 0;
	}
	if (strncmp(text, smtp, sizeof(smtp) - 1) == 0) {
		place = text + sizeof(smtp) - 1;
	} else if (strncmp(text, smtps, sizeof(smtps) - 1) == 0) {
		place = text + sizeof(smtps) - 1;
		relay.is_smtps = true;
		relay.port = 465;
	}
	if (!place)
		return refuse(err);
	if (parse_place(place, &relay, err) < 0)
		return -1;
	*ret_relay = relay;
	return 0;
}
