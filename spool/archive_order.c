/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/archive_order.h"

#include <string.h>

void archive_order_put(struct message *out, const struct archive_order *order)
{
	message_start(out, ARCHIVE_ORDER);
	message_put_int(out, order->session);
	message_put_text(out, order->login);
	message_put_text(out, order->since);
	message_put_text(out, order->type);
	message_put_text(out, order->address);
	message_put_text(out, order->client);
}

/* Text that fits; otherwise the message is bad. */
static void get_text(struct message *in, char *ret_text, size_t size)
{
	const char *text = message_get_text(in);

	if (strlen(text) >= size)
		in->bad = true;
	else
		memcpy(ret_text, text, strlen(text) + 1);
}

int archive_order_get(struct message *in, struct archive_order *ret_order, struct err *err)
{
	struct archive_order order = {.session = message_get_int(in)};

	get_text(in, order.login, sizeof(order.login));
	get_text(in, order.since, sizeof(order.since));
	get_text(in, order.type, sizeof(order.type));
	get_text(in, order.address, sizeof(order.address));
	get_text(in, order.client, sizeof(order.client));
	if (in->kind != ARCHIVE_ORDER || !message_is_read(in) || !date_is_valid(order.since))
		return err_set(err, ERR_INTERNAL, "not an order for an archive");
	*ret_order = order;
	return 0;
}
