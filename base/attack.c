/* SPDX-License-Identifier: Apache-2.0 */
#include "base/attack.h"

#ifdef EDELIVERY_FAULTS
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/message.h"
#include "base/number.h"
#include "base/sandbox.h"
#include "base/text.h"

enum {
	TARGET = 0x7A26E7, /* stands for the process that is named in the input */
	SOCKET = 0x7A26E8, /* for a new one; without Landlock alone, whatever is descriptor 3 */
	INPUT_MAX = 64,    /* bytes of an input that are looked at */
	FOREIGN = 1 << 30, /* the bit of the x32 calls */
	OF_LANDLOCK_MAX = 32,
};

static const char passwd[] = "/etc/passwd";
static char *const program[] = {(char *)(uintptr_t) "/bin/true", NULL};
static char loot[8];
static struct iovec here[] = {{loot, sizeof(loot)}};
static const struct sockaddr_in discard = {.sin_family = AF_INET, .sin_port = 9 << 8};

#define ADDRESS(pointer) ((uintptr_t)(pointer))

static const struct {
	const char *name;
	bool is_landlocks; /* refused by Landlock as well, whatever the filter says */
	long number;
	uintptr_t arguments[6];
} calls[] = {
    {"open", true, SYS_open, {ADDRESS(passwd), O_RDONLY}},
    {"openat", true, SYS_openat, {(uintptr_t)AT_FDCWD, ADDRESS(passwd), O_RDONLY}},
    {"openat2", false, SYS_openat2, {(uintptr_t)AT_FDCWD, ADDRESS(passwd), 0, 24}},
    {"open_by_handle_at", false, SYS_open_by_handle_at, {(uintptr_t)AT_FDCWD, 0, O_RDONLY}},
    {"mkdir", true, SYS_mkdir, {ADDRESS("/tmp/attacked"), 0700}},
    {"unlink", true, SYS_unlink, {ADDRESS("/tmp/attacked")}},
    {"memfd_create", false, SYS_memfd_create, {ADDRESS("attack"), 0}},
    {"socket", false, SYS_socket, {AF_INET, SOCK_STREAM, 0}},
    {"socketpair", false, SYS_socketpair, {AF_UNIX, SOCK_STREAM, 0, ADDRESS(loot)}},
    {"connect", true, SYS_connect, {SOCKET, ADDRESS(&discard), sizeof(discard)}},
    {"bind", true, SYS_bind, {SOCKET, ADDRESS(&discard), sizeof(discard)}},
    {"accept4", false, SYS_accept4, {3, 0, 0, 0}},
    {"execve", true, SYS_execve, {ADDRESS("/bin/true"), ADDRESS(program), 0}},
    {"execveat", false, SYS_execveat, {3, ADDRESS(""), ADDRESS(program), 0, AT_EMPTY_PATH}},
    {"fork", false, SYS_fork, {0}},
    {"clone", false, SYS_clone, {SIGCHLD, 0, 0, 0, 0}},
    {"clone3", false, SYS_clone3, {0, 0}},
    {"ptrace", true, SYS_ptrace, {PTRACE_ATTACH, TARGET, 0, 0}},
    {"process_vm_readv", true, SYS_process_vm_readv, {TARGET, ADDRESS(here), 1, ADDRESS(here), 1}},
    {"process_vm_writev", false, SYS_process_vm_writev,
        {TARGET, ADDRESS(here), 1, ADDRESS(here), 1}},
    {"pidfd_open", false, SYS_pidfd_open, {TARGET, 0}},
    {"pidfd_getfd", false, SYS_pidfd_getfd, {3, 0, 0}},
    {"pidfd_send_signal", false, SYS_pidfd_send_signal, {3, SIGTERM, 0, 0}},
    {"kill", true, SYS_kill, {TARGET, SIGTERM}},
    {"tgkill", false, SYS_tgkill, {TARGET, TARGET, SIGTERM}},
    {"mount", true, SYS_mount, {ADDRESS("none"), ADDRESS("/tmp"), ADDRESS("tmpfs"), 0, 0}},
    {"umount2", false, SYS_umount2, {ADDRESS("/tmp"), 0}},
    {"unshare", false, SYS_unshare, {0x10000000}},
    {"setns", false, SYS_setns, {3, 0}},
    {"chroot", false, SYS_chroot, {ADDRESS("/")}},
    {"setuid", false, SYS_setuid, {0}},
    {"prctl", false, SYS_prctl, {0, 0, 0, 0, 0}},
    {"seccomp", false, SYS_seccomp, {0, 0, 0}},
    {"ioctl", false, SYS_ioctl, {0, 0x5412, ADDRESS("x")}},
    {"io_uring_setup", false, SYS_io_uring_setup, {8, 0}},
    {"bpf", false, SYS_bpf, {0, 0, 0}},
    {"perf_event_open", false, SYS_perf_event_open, {0, 0, 0, 0, 0}},
    {"userfaultfd", false, SYS_userfaultfd, {0}},
    {"keyctl", false, SYS_keyctl, {0, 0, 0, 0, 0}},
    {"shmget", false, SYS_shmget, {0, 4096, 0}},
    {"mmap", false, SYS_mmap,
        {0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, (uintptr_t)-1, 0}},
    {"prlimit64", false, SYS_prlimit64, {TARGET, 0, 0, 0}},
    {"x32", false, FOREIGN | SYS_getpid, {0}},
};
enum { CALLS = sizeof(calls) / sizeof(calls[0]) };

static bool is_wanted(void)
{
	return getenv("EDELIVERY_ATTACK") != NULL;
}

static bool is_against_landlock(void)
{
	const char *wanted = getenv("EDELIVERY_ATTACK");

	return wanted && strcmp(wanted, "landlock") == 0;
}

const struct sandbox_rule *attack_rules(void)
{
	static struct sandbox_rule rules[OF_LANDLOCK_MAX];
	size_t count = 0;

	if (is_against_landlock()) {
		rules[count++] = (struct sandbox_rule){.number = SCMP_SYS(socket)};
		for (size_t i = 0; i < CALLS; i++)
			if (calls[i].is_landlocks)
				rules[count++] =
				    (struct sandbox_rule){.number = (int)calls[i].number};
	}
	rules[count] = (struct sandbox_rule){.number = -1};
	return rules;
}

static uintptr_t argument(size_t call, size_t i, int64_t target)
{
	switch (calls[call].arguments[i]) {
	case TARGET:
		return (uintptr_t)target;
	case SOCKET:
		return is_against_landlock()
		           ? (uintptr_t)syscall(SYS_socket, AF_INET, SOCK_STREAM, 0)
		           : 3;
	default:
		return calls[call].arguments[i];
	}
}

static void make_call(size_t call, int64_t target)
{
	uintptr_t a[6];
	long result;

	for (size_t i = 0; i < 6; i++)
		a[i] = argument(call, i, target);
	result = syscall(calls[call].number, a[0], a[1], a[2], a[3], a[4], a[5]);
	log_error("attack=%s text=\"%s\"", calls[call].name,
	    result < 0 ? strerror(errno) : "it was done");
}

/* "KIND", "KIND-fd" or "KIND-cut". */
static void ask(char *how, int channel)
{
	OWNED_MEM struct message *message = mem_new(1, sizeof(*message));
	char *more = strchr(how, '-');
	int64_t kind = 0;
	struct err err;

	if (more)
		*more++ = '\0';
	if (number_parse(how, &kind, &err) < 0)
		return;
	message_start(message, (uint32_t)kind);
	message_put_text(message, "/");
	if (more && strcmp(more, "fd") == 0)
		message_put_fd(message, channel);
	if (more && strcmp(more, "cut") == 0)
		message->length--;
	(void)message_send(channel, message, &err);
}

/* "CALL" or "CALL-PID". */
static void call(char *how)
{
	char *pid = strchr(how, '-');
	int64_t target = 0;
	struct err err;

	if (pid)
		*pid++ = '\0';
	if (pid && number_parse(pid, &target, &err) < 0)
		return;
	for (size_t i = 0; i < CALLS; i++)
		if (strcmp(calls[i].name, how) == 0)
			make_call(i, target);
}

void attack_here(const char *input, size_t length, int channel)
{
	static const char first[] = "attack-";
	size_t skipped = sizeof(first) - 1;
	char how[INPUT_MAX];

	if (!is_wanted() || length < skipped || length - skipped >= sizeof(how) ||
	    memcmp(input, first, skipped) != 0)
		return;
	memcpy(how, input + skipped, length - skipped);
	how[length - skipped] = '\0';
	if (strncmp(how, "ask-", 4) == 0)
		ask(how + 4, channel);
	else
		call(how);
}
#endif
