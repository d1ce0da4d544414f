/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/courier.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/file.h"
#include "base/log.h"
#include "base/number.h"
#include "base/utf8.h"
#include "batch/sendmail.h"
#include "batch/smtp.h"

enum { PASSWORD_FILE_MAX = 4096 };

/* --- in maild */

/* The first line of the password file, which nobody else may read. */
static int read_password(const struct settings *settings, struct buffer *out, struct err *err)
{
	char path[PATH_MAX];
	struct stat st;

	buffer_add_text(out, "");
	if (!settings->mail_user[0])
		return 0;
	settings_beside(settings, settings->mail_password_file, path);
	if (stat(path, &st) < 0)
		return err_set(err, ERR_REFUSED, "mail.password-file: cannot read %s", path);
	if (st.st_mode & S_IRWXO)
		return err_set(
		    err, ERR_REFUSED, "%s: anybody may read it; `chmod o= %s`", path, path);
	if (file_read(AT_FDCWD, path, out, err) < 0)
		return err_context(err, "mail.password-file");
	out->data[strcspn(out->data, "\r\n")] = '\0';
	return 0;
}

static int open_certificates(const struct settings *settings, int *ret_fd, struct err *err)
{
	char path[PATH_MAX];

	*ret_fd = -1;
	if (settings->mail_relay[0] == '/' || settings->mail_tls != MAIL_TLS_VERIFY)
		return 0;
	settings_beside(settings, settings->mail_ca, path);
	*ret_fd = open(path, O_RDONLY | O_CLOEXEC);
	return *ret_fd < 0 ? err_sys(err, "mail.ca: %s", path) : 0;
}

static int send_orders(int channel, const struct settings *settings, struct err *err)
{
	static struct message message;
	OWNED_BUFFER struct buffer password = BUFFER(PASSWORD_FILE_MAX);
	OWNED_FD int ca_fd = -1;
	int result;

	if (read_password(settings, &password, err) < 0 ||
	    open_certificates(settings, &ca_fd, err) < 0)
		return -1;
	message_start(&message, COURIER_ORDERS);
	message_put_text(&message, settings->mail_relay);
	message_put_int(&message, settings->mail_tls);
	message_put_text(&message, settings->mail_user);
	message_put_text(&message, buffer_text(&password));
	message_put_text(&message, settings->mail_helo);
	message_put_int(&message, settings->mail_connections);
	message_put_int(&message, settings->mail_timeout);
	if (ca_fd >= 0)
		message_put_fd(&message, ca_fd);
	result = message_send(channel, &message, err);
	explicit_bzero(message.body, sizeof(message.body));
	if (password.length)
		explicit_bzero(password.data, password.length);
	return result;
}

int courier_start(const struct settings *settings, struct courier *ret_courier, struct err *err)
{
	char path[PATH_MAX];
	const char *argv[] = {path, "--courier", NULL};
	struct courier courier = {.channel = -1};
	int ends[2];
	int result;

	*ret_courier = courier;
	if (process_sibling("edelivery-maild", path, sizeof(path), err) < 0 ||
	    message_channel(ends, err) < 0)
		return -1;
	courier.channel = ends[0];
	result = send_orders(ends[0], settings, err);
	if (result == 0)
		result = process_start(argv, &ends[1], 1, &courier.process, err);
	(void)close(ends[1]);
	if (result == 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0)
		result = err_sys(err, "make a channel");
	if (result < 0)
		courier_stop(&courier);
	else
		*ret_courier = courier;
	return result;
}

void courier_stop(struct courier *courier)
{
	clean_fd(&courier->channel);
	courier->channel = -1;
	process_stop(&courier->process, SECOND);
}

int courier_send(struct courier *courier, const struct envelope *envelope, struct err *err)
{
	static struct message message;

	message_start(&message, COURIER_MAIL);
	message_put_int(&message, envelope->id);
	message_put_int(&message, envelope->begin_before);
	message_put_text(&message, envelope->return_path);
	message_put_text(&message, envelope->to);
	message_put_text(&message, envelope->text);
	return message_send(courier->channel, &message, err);
}

/* --- in the courier */

bool courier_read(struct message *message, struct envelope *ret_envelope)
{
	ret_envelope->id = message_get_int(message);
	ret_envelope->begin_before = message_get_int(message);
	ret_envelope->return_path = message_get_text(message);
	ret_envelope->to = message_get_text(message);
	ret_envelope->text = message_get_text(message);
	return message->kind == COURIER_MAIL && message_is_read(message);
}

int courier_answer(
    int channel, int64_t id, enum handover handover, const char *text, struct err *err)
{
	static struct message message;
	OWNED_BUFFER struct buffer safe = BUFFER(16 * KIB);
	size_t length;

	/* It is shown to people and kept: one line, and not long. */
	utf8_escape_line(&safe, text, strcspn(text, "\r\n"));
	length = utf8_cut(
	    buffer_text(&safe), safe.length < MAIL_ANSWER_MAX ? safe.length : MAIL_ANSWER_MAX);
	message_start(&message, COURIER_ANSWER);
	message_put_int(&message, id);
	message_put_int(&message, (int64_t)handover);
	buffer_add_text(&safe, "");
	safe.data[length] = '\0';
	message_put_text(&message, safe.data);
	return message_send(channel, &message, err);
}

static bool read_orders(struct message *message, struct orders *ret_orders)
{
	struct orders orders = {.ca_fd = -1};

	orders.relay = message_get_text(message);
	orders.tls = (int)message_get_bounded(message, MAIL_TLS_VERIFY, MAIL_TLS_NONE);
	orders.user = message_get_text(message);
	orders.password = message_get_text(message);
	orders.helo = message_get_text(message);
	orders.connections = message_get_bounded(message, 1, COURIER_CONNECTIONS_MAX);
	orders.timeout = message_get_bounded(message, SECOND, HOUR);
	if (message->fd_count)
		orders.ca_fd = message_get_fd(message);
	*ret_orders = orders;
	return message->kind == COURIER_ORDERS && message_is_read(message);
}

int courier_run(int channel)
{
	static struct message message;
	enum message_state state = MESSAGE_END;
	struct orders orders;
	struct err err;
	int result = -1;

	/* Ctrl-C is for maild, which ends it when what is on its way has arrived. */
	(void)signal(SIGINT, SIG_IGN);
	err.text[0] = '\0';
	if (message_receive(channel, &message, &state, &err) == 0 && state == MESSAGE_GOT &&
	    read_orders(&message, &orders))
		result = orders.relay[0] == '/' ? sendmail_run(channel, &orders, &err)
		                                : smtp_run(channel, &orders, &err);
	explicit_bzero(message.body, sizeof(message.body));
	if (result < 0)
		log_error("process=courier text=\"%s\"", err.text);
	return result < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
