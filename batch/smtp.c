/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/smtp.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fcntl.h>
#include <netdb.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clean.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/sandbox.h"
#include "base/text.h"
#include "spool/mail_relay.h"

enum {
	CA_MAX = 8 * 1024 * 1024,
	ADDRESSES_MAX = 16,
	POLL_MS = 1000,
	UPLOAD_BYTES = 16 * 1024, /* the least that curl takes */
	IDLE_SECONDS = 30,        /* a connection that was idle for so long is not used again */
	CONNECT_SECONDS = 30,
	COMMAND_MAX = 4,
	REPLY_MAX = 400,
};

/* What curl and OpenSSL need once everything is loaded; no file, no program. */
static const struct sandbox_rule rules[] = {
    {.number = SCMP_SYS(socket), .only_if = {{0, ~0ULL, AF_INET}}},
    {.number = SCMP_SYS(socket), .only_if = {{0, ~0ULL, AF_INET6}}},
    {.number = SCMP_SYS(connect)},
    {.number = SCMP_SYS(setsockopt)},
    {.number = SCMP_SYS(getsockopt)},
    {.number = SCMP_SYS(getsockname)},
    {.number = SCMP_SYS(getpeername)},
    {.number = SCMP_SYS(fcntl)},
    {.number = SCMP_SYS(ioctl)},
    {.number = SCMP_SYS(sendto)},
    {.number = SCMP_SYS(recvfrom)},
    {.number = SCMP_SYS(sendmsg)},
    {.number = SCMP_SYS(recvmsg)},
    {.number = SCMP_SYS(rt_sigaction)},
    {.number = -1},
};

/* What waiting for those that hand over needs. */
static const struct sandbox_rule watch_rules[] = {{.number = SCMP_SYS(wait4)}, {.number = -1}};

/* What looking up a name and loading OpenSSL reads. */
static const char *const readable[] = {"/etc", "/usr", "/lib", "/lib64", "/run/systemd/resolve",
    "/run/resolvconf", "/run/NetworkManager", "/proc/self", "/dev/urandom", NULL};

/* A mail being handed over. */
struct call {
	struct smtp *smtp;
	CURL *easy;
	bool busy;
	int64_t id;
	struct curl_slist *to;
	char *text;
	size_t length;
	size_t at;
	char command[COMMAND_MAX + 1]; /* sent last, see smtp_judge() */
	char reply[REPLY_MAX + 1];     /* the last that came */
	bool said_goodbye;
	char error[CURL_ERROR_SIZE];
};

struct smtp {
	int channel;
	CURLM *multi;
	struct call call;
	struct curl_slist *addresses;
	char *certificates;
	size_t certificates_length;
	bool ended;
};

/* --- judging */

/* The class of an enhanced status (RFC 3463) behind the code: "550 5.7.1 ..." has 7; 0: none. */
static int enhanced_subject(const char *answer)
{
	size_t code = strspn(answer, "0123456789");
	const char *at = answer + code;

	if (code != 3 || (*at != ' ' && *at != '-') || at[1] != '5' || at[2] != '.' ||
	    at[3] < '0' || at[3] > '9' || at[4] != '.')
		return 0;
	return at[3] - '0';
}

/* 5.1 the address, 5.2 the mailbox, 5.4 the way there; the others are about us or the message. */
static bool is_about_address(const char *answer)
{
	int subject = enhanced_subject(answer);

	return subject <= 2 || subject == 4;
}

enum handover smtp_judge(const char *command, const char *answer)
{
	bool behind_sender = strcmp(command, "RCPT") == 0 || strcmp(command, "DATA") == 0 ||
	                     strcmp(command, ".") == 0;

	if (!behind_sender)
		return HANDOVER_TROUBLE;
	if (answer[0] != '5' || !is_about_address(answer))
		return HANDOVER_RETRY;
	return HANDOVER_REFUSED;
}

/* --- what curl calls */

static size_t give_text(char *bytes, size_t size, size_t count, void *arg)
{
	struct call *call = arg;
	size_t part = call->length - call->at;

	if (part > size * count)
		part = size * count;
	memcpy(bytes, call->text + call->at, part);
	call->at += part;
	if (part == 0)
		text_copy(call->command, ".");
	return part;
}

/* Which command went out last, and which reply came; of a farewell nothing. */
static int listen_in(CURL *easy, curl_infotype type, char *data, size_t size, void *arg)
{
	struct call *call = arg;

	(void)easy;
	if (type == CURLINFO_HEADER_OUT && size >= 4 && memcmp(data, "QUIT", 4) == 0)
		call->said_goodbye = true;
	if (call->said_goodbye)
		return 0;
	if (type == CURLINFO_HEADER_OUT)
		text_copy_part(
		    call->command, size < COMMAND_MAX ? size + 1 : COMMAND_MAX + 1, data);
	if (type == CURLINFO_HEADER_IN) {
		size_t length = size;

		while (length > 0 && (data[length - 1] == '\n' || data[length - 1] == '\r'))
			length--;
		text_copy_part(call->reply, length < REPLY_MAX ? length + 1 : REPLY_MAX + 1, data);
	}
	return 0;
}

/* --- calls */

static void set(CURL *easy, const struct orders *orders, struct smtp *smtp)
{
	struct curl_blob ca = {smtp->certificates, smtp->certificates_length, CURL_BLOB_NOCOPY};
	bool verify = orders->tls == MAIL_TLS_VERIFY;

	(void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	(void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_PROXY, "");
	(void)curl_easy_setopt(easy, CURLOPT_RESOLVE, smtp->addresses);
	(void)curl_easy_setopt(easy, CURLOPT_USE_SSL,
	    (long)(orders->tls == MAIL_TLS_NONE ? CURLUSESSL_NONE : CURLUSESSL_ALL));
	(void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, (long)verify);
	(void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, verify ? 2L : 0L);
	(void)curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	(void)curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	(void)curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
	if (smtp->certificates)
		(void)curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &ca);
	if (orders->user[0]) {
		(void)curl_easy_setopt(easy, CURLOPT_USERNAME, orders->user);
		(void)curl_easy_setopt(easy, CURLOPT_PASSWORD, orders->password);
		(void)curl_easy_setopt(easy, CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN");
	}
	(void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
	(void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(orders->timeout / (SECOND / 1000)));
	(void)curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)IDLE_SECONDS);
	(void)curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
	/* Made anew for every mail, and thrice as large when escaped: no brk() for that. */
	(void)curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)UPLOAD_BYTES);
	(void)curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_text);
	(void)curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, listen_in);
}

static void hang_up(struct call *call)
{
	if (call->busy)
		(void)curl_multi_remove_handle(call->smtp->multi, call->easy);
	call->busy = false;
	curl_slist_free_all(call->to);
	call->to = NULL;
	free(call->text);
	call->text = NULL;
}

/* Begin to hand over. */
static void begin(struct call *call, const struct envelope *envelope)
{
	call->id = envelope->id;
	call->text = mem_dup(envelope->text);
	call->length = strlen(call->text);
	call->at = 0;
	call->command[0] = '\0';
	call->reply[0] = '\0';
	call->said_goodbye = false;
	call->error[0] = '\0';
	call->to = curl_slist_append(NULL, envelope->to);
	(void)curl_easy_setopt(call->easy, CURLOPT_MAIL_FROM, envelope->return_path);
	(void)curl_easy_setopt(call->easy, CURLOPT_MAIL_RCPT, call->to);
	(void)curl_easy_setopt(call->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)call->length);
	call->busy = true;
	(void)curl_multi_add_handle(call->smtp->multi, call->easy);
}

/* The relay's words, or curl's where it said none. */
static int finish(struct call *call, CURLcode code, struct err *err)
{
	enum handover handover = HANDOVER_DONE;
	const char *said = call->reply;

	if (code != CURLE_OK) {
		handover = smtp_judge(call->command, call->reply);
		if (call->reply[0] != '4' && call->reply[0] != '5')
			said = call->error[0] ? call->error : curl_easy_strerror(code);
	}
	hang_up(call);
	return courier_answer(call->smtp->channel, call->id, handover, said, err);
}

static int finish_all(struct smtp *smtp, struct err *err)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(smtp->multi, &left))) {
		char *data = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		(void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &data);
		if (finish((struct call *)(void *)data, message->data.result, err) < 0)
			return -1;
	}
	return 0;
}

/* --- the channel */

static int take_mail(struct smtp *smtp, struct message *message, struct err *err)
{
	struct envelope envelope;

	if (!courier_read(message, &envelope))
		return err_set(err, ERR_INTERNAL, "maild sent what is no mail");
	if (clock_elapsed() >= envelope.begin_before)
		return courier_answer(
		    smtp->channel, envelope.id, HANDOVER_LATE, "not begun in time", err);
	begin(&smtp->call, &envelope);
	return 0;
}

/* No more than can be begun: the others' share stays in the channel. */
static int take_mails(struct smtp *smtp, struct err *err)
{
	static struct message message;
	enum message_state state = MESSAGE_GOT;

	while (state == MESSAGE_GOT && !smtp->call.busy) {
		if (message_receive(smtp->channel, &message, &state, err) < 0)
			return -1;
		if (state == MESSAGE_GOT && take_mail(smtp, &message, err) < 0)
			return -1;
	}
	smtp->ended = state == MESSAGE_END;
	return 0;
}

/* While it is busy it does not see maild go: then the kernel ends it (PR_SET_PDEATHSIG). */
static int serve(struct smtp *smtp, struct err *err)
{
	for (;;) {
		struct curl_waitfd wait = {.fd = smtp->channel, .events = CURL_WAIT_POLLIN};
		int running = 0;
		bool was_busy;

		if (take_mails(smtp, err) < 0)
			return -1;
		if (smtp->ended)
			return 0;
		was_busy = smtp->call.busy;
		(void)curl_multi_perform(smtp->multi, &running);
		if (finish_all(smtp, err) < 0)
			return -1;
		/* One that is busy leaves the channel to the others. */
		if (smtp->call.busy || !was_busy)
			(void)curl_multi_poll(
			    smtp->multi, &wait, smtp->call.busy ? 0 : 1, POLL_MS, NULL);
	}
}

/* --- the beginning */

/* HOST:PORT:ADDRESS,... for curl, so that it looks nothing up. An address needs none. */
static int look_up(const struct mail_relay *relay, struct smtp *smtp, struct err *err)
{
	OWNED_BUFFER struct buffer line = BUFFER(4096);
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
	struct addrinfo *found = NULL;
	struct in6_addr ignored;
	int count = 0;
	int result;

	if (inet_pton(AF_INET, relay->host, &ignored) == 1 ||
	    inet_pton(AF_INET6, relay->host, &ignored) == 1)
		return 0;
	result = getaddrinfo(relay->host, NULL, &hints, &found);
	if (result != 0)
		return err_set(
		    err, ERR_RETRY, "mail.relay: %s: %s", relay->host, gai_strerror(result));
	buffer_print(&line, "%s:%d:", relay->host, relay->port);
	for (const struct addrinfo *at = found; at && count < ADDRESSES_MAX; at = at->ai_next) {
		char text[NI_MAXHOST];

		if (getnameinfo(at->ai_addr, at->ai_addrlen, text, sizeof(text), NULL, 0,
		        NI_NUMERICHOST) != 0)
			continue;
		buffer_print(
		    &line, at->ai_family == AF_INET6 ? "%s[%s]" : "%s%s", count++ ? "," : "", text);
	}
	freeaddrinfo(found);
	smtp->addresses = curl_slist_append(NULL, buffer_text(&line));
	return 0;
}

static int read_certificates(struct smtp *smtp, int fd, struct err *err)
{
	struct buffer text = BUFFER(CA_MAX);
	ssize_t count = 1;

	while (fd >= 0 && count > 0) {
		char *at = buffer_reserve(&text, 64 * KIB);

		count = at ? read(fd, at, 64 * KIB) : -1;
		if (count > 0)
			buffer_grow(&text, (size_t)count);
	}
	smtp->certificates = text.data;
	smtp->certificates_length = text.length;
	return count < 0 ? err_set(err, ERR_REFUSED, "mail.ca: cannot be read, or too large") : 0;
}

/* smtp://HOST:PORT/GREETING */
static void print_url(const struct mail_relay *relay, const char *helo, struct buffer *out)
{
	bool is_ipv6 = strchr(relay->host, ':') != NULL;

	buffer_print(out, "smtp%s://%s%s%s:%d/%s", relay->is_smtps ? "s" : "", is_ipv6 ? "[" : "",
	    relay->host, is_ipv6 ? "]" : "", relay->port, helo);
}

static void make_call(
    struct smtp *smtp, const struct orders *orders, const struct mail_relay *relay)
{
	OWNED_BUFFER struct buffer url = BUFFER(2048);
	struct call *call = &smtp->call;
	char host[256] = "";

	if (!orders->helo[0])
		(void)gethostname(host, sizeof(host) - 1);
	print_url(relay, orders->helo[0] ? orders->helo : host, &url);
	smtp->multi = curl_multi_init();
	(void)curl_multi_setopt(smtp->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, 1L);
	(void)curl_multi_setopt(smtp->multi, CURLMOPT_MAXCONNECTS, 1L);
	call->smtp = smtp;
	call->easy = curl_easy_init();
	set(call->easy, orders, smtp);
	(void)curl_easy_setopt(call->easy, CURLOPT_URL, buffer_text(&url));
	(void)curl_easy_setopt(call->easy, CURLOPT_PRIVATE, (char *)call);
	(void)curl_easy_setopt(call->easy, CURLOPT_READDATA, call);
	(void)curl_easy_setopt(call->easy, CURLOPT_DEBUGDATA, call);
	(void)curl_easy_setopt(call->easy, CURLOPT_ERRORBUFFER, call->error);
}

/* No file and no other port from here on. */
static int give_up_rights(uint16_t port, struct sandbox **ret_sandbox, struct err *err)
{
	if (sandbox_keep_port(port, err) < 0 || sandbox_new(rules, ret_sandbox, err) < 0 ||
	    sandbox_limit(RLIMIT_FSIZE, 0, err) < 0 || sandbox_limit(RLIMIT_NPROC, 0, err) < 0)
		return -1;
	return sandbox_enter(*ret_sandbox, err);
}

static int tell_ready(int channel, struct err *err)
{
	static struct message message;

	message_start(&message, COURIER_READY);
	return message_send(channel, &message, err);
}

/* What is done once for all connections. */
static int prepare(
    struct smtp *smtp, const struct orders *orders, struct mail_relay *ret_relay, struct err *err)
{
	if (mail_relay_parse(orders->relay, ret_relay, err) < 0 ||
	    sandbox_keep_reading(readable, err) < 0)
		return -1;
	/* curl reads the dates of certificates; the file of a zone could not be opened then. */
	clock_set_zone("UTC");
	if (curl_global_init(CURL_GLOBAL_ALL) != CURLE_OK)
		return err_set(err, ERR_INTERNAL, "curl cannot be used");
	if (look_up(ret_relay, smtp, err) < 0 || read_certificates(smtp, orders->ca_fd, err) < 0)
		return -1;
	return fcntl(smtp->channel, F_SETFL, O_NONBLOCK) < 0
	           ? err_sys(err, "make the channel not block")
	           : 0;
}

/* One process for each connection; *ret_is_one tells whether we are one of them. */
static int spread(int64_t connections, bool *ret_is_one, struct err *err)
{
	pid_t parent = getpid();

	*ret_is_one = false;
	for (int64_t i = 0; i < connections && !*ret_is_one; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return err_sys(err, "start a process for a connection");
		*ret_is_one = pid == 0;
	}
	if (*ret_is_one && (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent))
		return err_set(err, ERR_GONE, "the courier has ended");
	return 0;
}

static int hand_over(struct smtp *smtp, const struct orders *orders, const struct mail_relay *relay,
    struct sandbox **ret_sandbox, struct err *err)
{
	make_call(smtp, orders, relay);
	if (give_up_rights(relay->port, ret_sandbox, err) < 0 || tell_ready(smtp->channel, err) < 0)
		return -1;
	return serve(smtp, err);
}

/* The first that ends ends all, by our end: what it had on its way maild cannot know otherwise. */
static int watch(struct sandbox **ret_sandbox, struct err *err)
{
	int status = 0;

	if (sandbox_forget_files(err) < 0 || sandbox_new(watch_rules, ret_sandbox, err) < 0 ||
	    sandbox_enter(*ret_sandbox, err) < 0)
		return -1;
	if (wait(&status) < 0)
		return err_sys(err, "wait for a connection");
	return WIFEXITED(status) && WEXITSTATUS(status) == 0
	           ? 0
	           : err_set(err, ERR_GONE, "the process of a connection ended");
}

static void end(struct smtp *smtp)
{
	hang_up(&smtp->call);
	if (smtp->call.easy)
		curl_easy_cleanup(smtp->call.easy);
	if (smtp->multi)
		(void)curl_multi_cleanup(smtp->multi);
	curl_slist_free_all(smtp->addresses);
	free(smtp->certificates);
}

int smtp_run(int channel, const struct orders *orders, struct err *err)
{
	static struct smtp smtp;
	struct sandbox *sandbox = NULL;
	struct mail_relay relay;
	bool is_one = false;
	int result;

	smtp.channel = channel;
	result = prepare(&smtp, orders, &relay, err);
	if (result == 0)
		result = spread(orders->connections, &is_one, err);
	if (result == 0)
		result =
		    is_one ? hand_over(&smtp, orders, &relay, &sandbox, err) : watch(&sandbox, err);
	end(&smtp);
	sandbox_free(sandbox);
	return result;
}
