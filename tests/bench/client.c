/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The load of the benches, by libssh: bench-client PORT LOGIN KEY MODE...
 *
 *   list FOLDER COUNT                     read all entries, which must be COUNT and . and ..
 *   poll SESSIONS LISTS FOLDER COUNT      the same, LISTS times a session, one after another
 *   storm AT-ONCE SESSIONS FOLDER FILE N  so many sessions, at once so many processes: log in, list
 *                                         the N of FOLDER, get FILE of it, bye; prints its times
 *   hold N                                so many idle sessions, until standard input ends
 */
#include <fcntl.h>
#include <libssh/libssh.h>
#include <libssh/sftp.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/number.h"

enum { READ_SIZE = 32 * 1024 };

static unsigned port;
static const char *login;
static ssh_key key;

struct client {
	ssh_session ssh;
	sftp_session sftp;
};

static _Noreturn void die(const char *what, ssh_session ssh)
{
	(void)fprintf(stderr, "bench-client: %s: %s\n", what, ssh ? ssh_get_error(ssh) : "failed");
	(void)fflush(NULL);
	_exit(EXIT_FAILURE);
}

static double now_ms(void)
{
	return (double)clock_elapsed() / 1000;
}

static int number(const char *text)
{
	int64_t value = 0;
	struct err err;

	if (number_parse(text, &value, &err) < 0 || value < 0 || value > INT_MAX)
		die(err.text, NULL);
	return (int)value;
}

static struct client enter(void)
{
	struct client c = {.ssh = ssh_new()};
	long patience = 60;
	bool no = false;
	int yes = 1;

	if (!c.ssh)
		die("ssh_new", NULL);
	(void)ssh_options_set(c.ssh, SSH_OPTIONS_PROCESS_CONFIG, &no);
	(void)ssh_options_set(c.ssh, SSH_OPTIONS_HOST, "127.0.0.1");
	(void)ssh_options_set(c.ssh, SSH_OPTIONS_PORT, &port);
	(void)ssh_options_set(c.ssh, SSH_OPTIONS_USER, login);
	(void)ssh_options_set(c.ssh, SSH_OPTIONS_SSH_DIR, "/nonexistent");
	(void)ssh_options_set(c.ssh, SSH_OPTIONS_TIMEOUT, &patience);
	/* Else its small packets wait for acknowledgements, and that is all that is measured. */
	(void)ssh_options_set(c.ssh, SSH_OPTIONS_NODELAY, &yes);
	/* The same work of both servers. */
	(void)ssh_options_set(c.ssh, SSH_OPTIONS_KEY_EXCHANGE, "curve25519-sha256");
	(void)ssh_options_set(c.ssh, SSH_OPTIONS_CIPHERS_C_S, "aes256-gcm@openssh.com");
	(void)ssh_options_set(c.ssh, SSH_OPTIONS_CIPHERS_S_C, "aes256-gcm@openssh.com");
	if (ssh_connect(c.ssh) != SSH_OK)
		die("connect", c.ssh);
	if (ssh_userauth_publickey(c.ssh, NULL, key) != SSH_AUTH_SUCCESS)
		die("log in", c.ssh);
	c.sftp = sftp_new(c.ssh);
	if (!c.sftp || sftp_init(c.sftp) < 0)
		die("start SFTP", c.ssh);
	return c;
}

static void leave(struct client *c)
{
	sftp_free(c->sftp);
	ssh_disconnect(c->ssh);
	ssh_free(c->ssh);
}

static void list(struct client *c, const char *folder, long count)
{
	sftp_dir dir = sftp_opendir(c->sftp, folder);
	sftp_attributes entry;
	long seen = 0;

	if (!dir)
		die("open the folder", c->ssh);
	while ((entry = sftp_readdir(c->sftp, dir)) != NULL) {
		seen += entry->name[0] != '.';
		sftp_attributes_free(entry);
	}
	if (!sftp_dir_eof(dir) || seen != count)
		die("list the folder", c->ssh);
	(void)sftp_closedir(dir);
}

static void get(struct client *c, const char *folder, const char *name)
{
	static char bytes[READ_SIZE];
	char path[4096];
	sftp_file file;
	ssize_t count;
	size_t whole = 0;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = sftp_open(c->sftp, path, O_RDONLY, 0);
	if (!file)
		die("open the file", c->ssh);
	while ((count = sftp_read(file, bytes, sizeof(bytes))) > 0)
		whole += (size_t)count;
	if (count < 0 || whole == 0)
		die("read the file", c->ssh);
	(void)sftp_close(file);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Each of the processes takes every at_once'th session; its times go into shared memory. */
static void work(char **args, int first, int at_once, int sessions, double *times)
{
	for (int i = first; i < sessions; i += at_once) {
		double begin = now_ms();
		struct client c = enter();

		list(&c, args[2], number(args[4]));
		get(&c, args[2], args[3]);
		leave(&c);
		times[i] = now_ms() - begin;
	}
}

static int storm(char **args)
{
	int at_once = number(args[0]);
	int sessions = number(args[1]);
	double *times = mmap(NULL, sizeof(*times) * (size_t)sessions, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	double begin = now_ms();
	struct rusage usage;
	double cpu_ms;
	int result = EXIT_SUCCESS;
	int status;

	if (times == MAP_FAILED)
		die("storm", NULL);
	for (int i = 0; i < at_once; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork", NULL);
		if (pid == 0) {
			work(args, i, at_once, sessions, times);
			_exit(EXIT_SUCCESS);
		}
	}
	while (wait(&status) > 0)
		if (status != 0)
			result = EXIT_FAILURE;
	begin = now_ms() - begin;
	(void)getrusage(RUSAGE_CHILDREN, &usage);
	cpu_ms = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
	         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
	qsort(times, (size_t)sessions, sizeof(*times), compare);
	printf("seconds=%.4f p50_ms=%.3f p99_ms=%.3f cpu_ms=%.1f\n", begin / 1e3,
	    times[sessions / 2], times[(sessions * 99 - 1) / 100], cpu_ms);
	return result;
}

static int poll_folder(char **args)
{
	for (int session = number(args[0]); session > 0; session--) {
		struct client c = enter();

		for (int lists = number(args[1]); lists > 0; lists--)
			list(&c, args[2], number(args[3]));
		leave(&c);
	}
	return EXIT_SUCCESS;
}

static int hold(int count)
{
	char byte;

	for (int i = 0; i < count; i++)
		(void)enter();
	printf("held %d\n", count);
	(void)fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		continue;
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	if (argc < 5)
		die("usage", NULL);
	port = (unsigned)number(argv[1]);
	login = argv[2];
	if (ssh_init() != SSH_OK ||
	    ssh_pki_import_privkey_file(argv[3], NULL, NULL, NULL, &key) != SSH_OK)
		die("read the key", NULL);
	if (strcmp(argv[4], "list") == 0 && argc == 7) {
		struct client c = enter();

		list(&c, argv[5], number(argv[6]));
		leave(&c);
		return EXIT_SUCCESS;
	}
	if (strcmp(argv[4], "poll") == 0 && argc == 9)
		return poll_folder(argv + 5);
	if (strcmp(argv[4], "storm") == 0 && argc == 10)
		return storm(argv + 5);
	if (strcmp(argv[4], "hold") == 0 && argc == 6)
		return hold(number(argv[5]));
	die("usage", NULL);
}
