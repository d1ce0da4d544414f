/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions of clients that are broken or hostile: bad-client PORT LOGIN KEY SEED SESSIONS AT-ONCE
 *
 * Session i of a seed does the same whenever it is run. A part of them sends garbage instead of
 * logging in; the others log in and then send SFTP packets that are changed, cut off, too long, out
 * of order or nonsense, and leave politely or not. Prints how many of each there were, and fails
 * when the server does not let one in that it should.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libssh/libssh.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/number.h"

enum {
	STREAM_MAX = 512 * 1024, /* bytes that a session sends at most */
	PACKETS_MAX = 40,
	WAIT_MS = 40,
	GARBAGE_IN = 4, /* one of so many does not log in */
};

static unsigned port;
static const char *login;
static ssh_key key;

/* How many sessions sent garbage, and how many logged in. */
static struct {
	int garbage;
	int sftp;
} * counts;

static _Noreturn void die(const char *what, const char *why)
{
	(void)fprintf(stderr, "bad-client: %s: %s\n", what, why);
	(void)fflush(NULL);
	_exit(EXIT_FAILURE);
}

static int number(const char *text)
{
	int64_t value = 0;
	struct err err;

	if (number_parse(text, &value, &err) < 0 || value < 0 || value > INT_MAX)
		die("number", err.text);
	return (int)value;
}

/* --- chance, the same for the same seed (splitmix64) */

static uint64_t chance;

static uint32_t any(void)
{
	uint64_t z = (chance += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)(z >> 32);
}

static uint32_t below(uint32_t limit)
{
	return any() % limit;
}

static bool once_in(uint32_t times)
{
	return below(times) == 0;
}

/* --- bytes to be sent */

static uint8_t stream[STREAM_MAX];
static size_t length;

static void put(const void *bytes, size_t count)
{
	if (count > STREAM_MAX - length)
		return;
	memcpy(stream + length, bytes, count);
	length += count;
}

static void put_uint32(uint32_t value)
{
	uint32_t wire = htonl(value);

	put(&wire, sizeof(wire));
}

static void put_garbage(uint32_t count)
{
	while (count-- > 0 && length < STREAM_MAX)
		stream[length++] = (uint8_t)any();
}

static void put_string(const void *bytes, uint32_t count)
{
	put_uint32(once_in(40) ? any() : count);
	put(bytes, count);
}

static void put_path(void)
{
	static const char *const paths[] = {"/", ".", "", "/new", "/STATUS.txt",
	    "/123456789/edelivery", "/123456789/edelivery/EFT_1.pdf", "/123456789/MANIFEST.csv",
	    "/../../etc/passwd", "/new/../../..", "/new/%n%s%n", "~", "/archives",
	    "/123456789//./new", "/\xff\xfe", "/new/123456789_EFT_1.pdf"};
	static char long_path[64 * 1024];
	const char *path = paths[below(sizeof(paths) / sizeof(paths[0]))];

	if (once_in(12)) {
		memset(long_path, '/' + (int)below(2), sizeof(long_path));
		put_string(long_path, below(sizeof(long_path)));
	} else if (once_in(8)) {
		put_string("/a\0b", 4);
	} else {
		put_string(path, (uint32_t)strlen(path));
	}
}

/* As the server makes them: slot and serial; now and then one that never was. */
static void put_handle(void)
{
	uint32_t handle[2] = {htonl(below(3)), htonl(below(6))};

	if (once_in(8))
		handle[below(2)] = any();
	put_string(handle, once_in(12) ? below(8) : 8);
}

static void put_extended(void)
{
	static const char *const names[] = {"limits@openssh.com", "expand-path@openssh.com",
	    "home-directory", "statvfs@openssh.com", "fstatvfs@openssh.com",
	    "users-groups-by-id@openssh.com", "check-file-name", "check-file-handle",
	    "posix-rename@openssh.com", "fsync@openssh.com", "nothing@example.org"};
	const char *name = names[below(sizeof(names) / sizeof(names[0]))];

	put_string(name, (uint32_t)strlen(name));
	if (once_in(2))
		put_path();
	else
		put_handle();
	put_garbage(below(40));
}

enum { INIT = 1, OPEN = 3, CLOSE = 4, READ = 5, WRITE = 6, READDIR = 12, EXTENDED = 200 };

/* What follows the id of a request of that type, more or less. */
static void put_fields(uint8_t type)
{
	switch (type) {
	case OPEN:
		put_path();
		put_uint32(once_in(4) ? any() : 1);
		put_uint32(0);
		break;
	case CLOSE:
	case READDIR:
		put_handle();
		break;
	case READ:
	case WRITE:
		put_handle();
		put_uint32(once_in(6) ? any() : 0);
		put_uint32(below(100000));
		put_uint32(once_in(6) ? any() : below(40000));
		break;
	case EXTENDED:
		put_extended();
		break;
	default:
		put_path();
		put_garbage(below(30));
	}
}

/* Its length, true or not, and the packet, whole or not. */
static void put_packet(uint8_t type)
{
	size_t start = length;
	uint32_t size;

	put_uint32(0);
	put(&type, 1);
	put_uint32(type == INIT && !once_in(10) ? 3 : any());
	if (type != INIT)
		put_fields(type);
	for (uint32_t i = once_in(6) ? below(6) : 0; i > 0 && length > start + 4; i--)
		stream[start + 4 + below((uint32_t)(length - start - 4))] ^=
		    (uint8_t)(1u << below(8));
	if (once_in(60) && length > start + 5)
		length -= below((uint32_t)(length - start - 4));
	size = (uint32_t)(length - start - 4);
	if (once_in(150))
		size = once_in(2) ? any() : size + below(64) - 32;
	size = htonl(size);
	memcpy(stream + start, &size, sizeof(size));
}

static void make_requests(void)
{
	static const uint8_t types[] = {3, 3, 4, 4, 5, 5, 5, 6, 7, 8, 9, 10, 11, 11, 12, 12, 12, 13,
	    14, 15, 16, 17, 18, 19, 20, 200};

	if (!once_in(20))
		put_packet(INIT);
	for (uint32_t i = below(PACKETS_MAX); i > 0; i--)
		put_packet(once_in(20) ? (uint8_t)any() : types[below(sizeof(types))]);
	if (once_in(30))
		put_garbage(below(100000));
}

/* --- sessions */

static int connect_to_server(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	    .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		die("connect", strerror(errno));
	return fd;
}

/* No FIN: the peer finds out by a reset. */
static void leave_rudely(int fd)
{
	struct linger none = {.l_onoff = 1};

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
}

/* Nothing, noise, half an SSH conversation, or one with numbers that cannot be. */
static void make_garbage(void)
{
	static const char banner[] = "SSH-2.0-bad\r\n";

	length = 0;
	if (!once_in(3))
		put(banner, sizeof(banner) - 1);
	if (once_in(3)) {
		put_uint32(once_in(2) ? any() : below(40000));
		put_garbage(1 + below(64));
	}
	if (!once_in(5))
		put_garbage(below(once_in(10) ? STREAM_MAX : 2000));
}

static void send_garbage(void)
{
	int fd = connect_to_server();
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	char answer[4096];

	make_garbage();
	(void)send(fd, stream, length, MSG_NOSIGNAL);
	if (!once_in(4) && poll(&wait, 1, WAIT_MS) == 1)
		(void)recv(fd, answer, sizeof(answer), MSG_DONTWAIT);
	if (once_in(2))
		leave_rudely(fd);
	(void)close(fd);
}

static ssh_session log_in(void)
{
	ssh_session ssh = ssh_new();
	long patience = 60;
	bool no = false;
	int yes = 1;

	if (!ssh)
		die("ssh_new", "failed");
	(void)ssh_options_set(ssh, SSH_OPTIONS_PROCESS_CONFIG, &no);
	(void)ssh_options_set(ssh, SSH_OPTIONS_HOST, "127.0.0.1");
	(void)ssh_options_set(ssh, SSH_OPTIONS_PORT, &port);
	(void)ssh_options_set(ssh, SSH_OPTIONS_USER, login);
	(void)ssh_options_set(ssh, SSH_OPTIONS_SSH_DIR, "/nonexistent");
	(void)ssh_options_set(ssh, SSH_OPTIONS_TIMEOUT, &patience);
	(void)ssh_options_set(ssh, SSH_OPTIONS_NODELAY, &yes);
	if (ssh_connect(ssh) != SSH_OK)
		die("connect", ssh_get_error(ssh));
	if (ssh_userauth_publickey(ssh, NULL, key) != SSH_AUTH_SUCCESS)
		die("log in", ssh_get_error(ssh));
	return ssh;
}

/* Take what comes, so that the server goes on; until it closes, or is silent. */
static void take_answers(ssh_channel channel)
{
	static char answer[32 * 1024];

	while (ssh_channel_read_timeout(channel, answer, sizeof(answer), 0, WAIT_MS) > 0)
		continue;
}

static void send_requests(ssh_session ssh)
{
	ssh_channel channel = ssh_channel_new(ssh);
	size_t sent = 0;

	if (!channel || ssh_channel_open_session(channel) != SSH_OK ||
	    ssh_channel_request_subsystem(channel, "sftp") != SSH_OK)
		die("start SFTP", ssh_get_error(ssh));
	length = 0;
	make_requests();
	while (sent < length) {
		uint32_t part = 1 + below(20000);

		if (part > length - sent)
			part = (uint32_t)(length - sent);
		if (ssh_channel_write(channel, stream + sent, part) <= 0)
			return;
		sent += part;
	}
	if (once_in(10))
		return;
	if (once_in(3))
		(void)ssh_channel_send_eof(channel);
	take_answers(channel);
	if (once_in(2))
		(void)ssh_channel_close(channel);
}

static void be_bad(void)
{
	ssh_session ssh;

	if (once_in(GARBAGE_IN)) {
		__atomic_add_fetch(&counts->garbage, 1, __ATOMIC_RELAXED);
		send_garbage();
		return;
	}
	__atomic_add_fetch(&counts->sftp, 1, __ATOMIC_RELAXED);
	ssh = log_in();
	send_requests(ssh);
	if (once_in(3))
		leave_rudely(ssh_get_fd(ssh));
	else
		ssh_disconnect(ssh);
	ssh_free(ssh);
}

/* Each of the processes takes every at_once'th session. */
static void work(int first, int at_once, int sessions, int seed)
{
	for (int i = first; i < sessions; i += at_once) {
		chance = (uint64_t)seed << 32 | (uint64_t)i;
		be_bad();
	}
}

int main(int argc, char **argv)
{
	int result = EXIT_SUCCESS;
	int status;
	int at_once;

	if (argc != 7)
		die("usage", "PORT LOGIN KEY SEED SESSIONS AT-ONCE");
	port = (unsigned)number(argv[1]);
	login = argv[2];
	at_once = number(argv[6]);
	counts =
	    mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (counts == MAP_FAILED || ssh_init() != SSH_OK ||
	    ssh_pki_import_privkey_file(argv[3], NULL, NULL, NULL, &key) != SSH_OK)
		die("key", "cannot be read");
	for (int i = 0; i < at_once; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork", strerror(errno));
		if (pid == 0) {
			work(i, at_once, number(argv[5]), number(argv[4]));
			_exit(EXIT_SUCCESS);
		}
	}
	while (wait(&status) > 0)
		if (status != 0)
			result = EXIT_FAILURE;
	printf("seed %s: %d with garbage, %d logged in\n", argv[4], counts->garbage, counts->sftp);
	return result;
}
