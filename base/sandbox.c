/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/attack.h"
#include "base/clean.h"
#include "base/log.h"
#include "base/mem.h"

/* Newer than Debian 12's linux/landlock.h (ABI 2), known to newer kernels. */
#define ACCESS_FS_TRUNCATE  (1ULL << 14) /* ABI 3 */
#define ACCESS_NET_BIND_TCP (1ULL << 0)  /* ABI 4 */
#define ACCESS_NET_CONNECT  (1ULL << 1)
#define ACCESS_FS_IOCTL_DEV (1ULL << 15) /* ABI 5 */
#define SCOPE_SOCKET        (1ULL << 0)  /* ABI 6 */
#define SCOPE_SIGNAL        (1ULL << 1)
#define RULE_NET_PORT       2 /* ABI 4, of struct landlock_port below */

struct sandbox {
	struct sock_fprog program;
};

const struct sandbox_rule sandbox_basics[] = {
    {.number = SCMP_SYS(brk)},
    {.number = SCMP_SYS(mmap), .only_if = {{2, PROT_EXEC, 0}}},
    {.number = SCMP_SYS(mprotect), .only_if = {{2, PROT_EXEC, 0}}},
    {.number = SCMP_SYS(munmap)},
    {.number = SCMP_SYS(mremap)},
    {.number = SCMP_SYS(madvise)},
    {.number = SCMP_SYS(futex)},
    {.number = SCMP_SYS(getpid)},
    {.number = SCMP_SYS(gettid)},
    {.number = SCMP_SYS(getrandom)},
    {.number = SCMP_SYS(clock_gettime)},
    {.number = SCMP_SYS(rt_sigreturn)},
    {.number = SCMP_SYS(rt_sigprocmask)},
    {.number = SCMP_SYS(restart_syscall)},
    {.number = SCMP_SYS(poll)},
    {.number = SCMP_SYS(ppoll)},
    {.number = SCMP_SYS(read)},
    {.number = SCMP_SYS(write)},
    {.number = SCMP_SYS(close)},
    {.number = SCMP_SYS(exit)},
    {.number = SCMP_SYS(exit_group)},
    {.number = -1},
};

static int add_rules(scmp_filter_ctx filter, const struct sandbox_rule *rule)
{
	for (; rule && rule->number != -1; rule++) {
		struct scmp_arg_cmp compare[SANDBOX_CONDITIONS];
		unsigned count = 0;

		for (; count < SANDBOX_CONDITIONS && rule->only_if[count].mask; count++)
			compare[count] = SCMP_CMP(rule->only_if[count].argument, SCMP_CMP_MASKED_EQ,
			    rule->only_if[count].mask, rule->only_if[count].value);
		if (seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, rule->number, count, compare) <
		    0)
			return -1;
	}
	return 0;
}

/* libseccomp writes a program to a descriptor only; read it back into memory. */
static int read_program(int fd, struct sock_fprog *ret_program)
{
	struct stat st;
	struct sock_filter *steps;

	if (fstat(fd, &st) < 0)
		return -1;
	steps = mem_new(1, (size_t)st.st_size);
	if (pread(fd, steps, (size_t)st.st_size, 0) != st.st_size) {
		free(steps);
		return -1;
	}
	ret_program->len = (unsigned short)((size_t)st.st_size / sizeof(*steps));
	ret_program->filter = steps;
	return 0;
}

static int compile(
    scmp_filter_ctx filter, const struct sandbox_rule *rules, struct sock_fprog *ret_program)
{
	OWNED_FD int fd = memfd_create("filter", MFD_CLOEXEC);

	if (fd < 0 || add_rules(filter, sandbox_basics) < 0 || add_rules(filter, rules) < 0 ||
	    add_rules(filter, attack_rules()) < 0 || seccomp_export_bpf(filter, fd) < 0)
		return -1;
	return read_program(fd, ret_program);
}

int sandbox_new(const struct sandbox_rule *rules, struct sandbox **ret_sandbox, struct err *err)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	struct sock_fprog program = {0};
	int result = filter ? compile(filter, rules, &program) : -1;

	if (filter)
		seccomp_release(filter);
	if (result < 0)
		return err_set(err, ERR_INTERNAL, "cannot compile the system call filter");
	*ret_sandbox = mem_new(1, sizeof(**ret_sandbox));
	(*ret_sandbox)->program = program;
	return 0;
}

void sandbox_free(struct sandbox *sandbox)
{
	if (!sandbox)
		return;
	free(sandbox->program.filter);
	free(sandbox);
}

int sandbox_limit(int resource, uint64_t most, struct err *err)
{
	struct rlimit limit = {.rlim_cur = most, .rlim_max = most};

	return setrlimit((__rlimit_resource_t)resource, &limit) < 0
	           ? err_sys(err, "set resource limit %d", resource)
	           : 0;
}

#ifdef EDELIVERY_SANITIZED

int sandbox_forget_files(struct err *err)
{
	(void)err;
	return 0;
}

int sandbox_keep_reading(const char *const *paths, struct err *err)
{
	(void)paths;
	(void)err;
	return 0;
}

int sandbox_keep_port(uint16_t port, struct err *err)
{
	(void)port;
	(void)err;
	return 0;
}

int sandbox_enter(const struct sandbox *sandbox, struct err *err)
{
	(void)sandbox;
	(void)err;
	return 0;
}

#else

/* Of Landlock 6.10; an older kernel is given the part that it knows. */
struct landlock_ruleset {
	uint64_t handled_access_fs;
	uint64_t handled_access_net;
	uint64_t scoped;
};

/* Everything that this kernel can take away. */
static size_t ruleset_for(long abi, struct landlock_ruleset *ret_ruleset)
{
	struct landlock_ruleset all = {
	    .handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1,
	};

	if (abi >= 2)
		all.handled_access_fs |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		all.handled_access_fs |= ACCESS_FS_TRUNCATE;
	if (abi >= 4)
		all.handled_access_net = ACCESS_NET_BIND_TCP | ACCESS_NET_CONNECT;
	if (abi >= 5)
		all.handled_access_fs |= ACCESS_FS_IOCTL_DEV;
	if (abi >= 6)
		all.scoped = SCOPE_SOCKET | SCOPE_SIGNAL;
	*ret_ruleset = all;
	if (abi >= 6)
		return sizeof(all);
	return abi >= 4 ? offsetof(struct landlock_ruleset, scoped) : sizeof(uint64_t);
}

static int no_new_privileges(struct err *err)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? err_sys(err, "give up privileges") : 0;
}

/* What is exempt from a ruleset. */
struct landlock_port {
	uint64_t allowed_access;
	uint64_t port;
};

/* A ruleset that takes everything away; *ret_fd is -1 where the kernel has no Landlock. */
static int begin_ruleset(bool network, long *ret_abi, int *ret_fd, struct err *err)
{
	struct landlock_ruleset ruleset;
	size_t size;

	*ret_fd = -1;
	*ret_abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (*ret_abi < 0) {
		log_warning("sandbox=landlock missing=kernel text=\"no Landlock: %s; files stay "
		            "protected by Unix modes and system call filter only\"",
		    strerror(errno));
		return 0;
	}
	size = ruleset_for(*ret_abi, &ruleset);
	if (!network)
		ruleset.handled_access_net = 0;
	*ret_fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset, size, 0);
	return *ret_fd < 0 ? err_sys(err, "give up the file system") : 0;
}

static int enter_ruleset(int fd, struct err *err)
{
	if (fd < 0)
		return 0;
	if (no_new_privileges(err) < 0)
		return -1;
	return syscall(SYS_landlock_restrict_self, fd, 0) < 0
	           ? err_sys(err, "give up the file system")
	           : 0;
}

int sandbox_forget_files(struct err *err)
{
	OWNED_FD int fd = -1;
	long abi;

	return begin_ruleset(true, &abi, &fd, err) < 0 ? -1 : enter_ruleset(fd, err);
}

static int keep_path(int ruleset_fd, const char *path, struct err *err)
{
	OWNED_FD int fd = open(path, O_PATH | O_CLOEXEC);
	struct landlock_path_beneath_attr rule = {
	    .allowed_access = LANDLOCK_ACCESS_FS_READ_FILE, .parent_fd = fd};
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return 0;
	if (S_ISDIR(st.st_mode))
		rule.allowed_access |= LANDLOCK_ACCESS_FS_READ_DIR;
	return syscall(SYS_landlock_add_rule, ruleset_fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0
	           ? err_sys(err, "keep %s", path)
	           : 0;
}

int sandbox_keep_reading(const char *const *paths, struct err *err)
{
	OWNED_FD int fd = -1;
	long abi;

	if (begin_ruleset(false, &abi, &fd, err) < 0)
		return -1;
	for (; fd >= 0 && *paths; paths++)
		if (keep_path(fd, *paths, err) < 0)
			return -1;
	return enter_ruleset(fd, err);
}

int sandbox_keep_port(uint16_t port, struct err *err)
{
	struct landlock_port rule = {.allowed_access = ACCESS_NET_CONNECT, .port = port};
	OWNED_FD int fd = -1;
	long abi;

	if (begin_ruleset(true, &abi, &fd, err) < 0)
		return -1;
	if (fd >= 0 && abi >= 4 && syscall(SYS_landlock_add_rule, fd, RULE_NET_PORT, &rule, 0) < 0)
		return err_sys(err, "keep port %d", (int)port);
	return enter_ruleset(fd, err);
}

int sandbox_enter(const struct sandbox *sandbox, struct err *err)
{
	if (no_new_privileges(err) < 0)
		return -1;
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &sandbox->program) == 0)
		return 0;
	if (errno != ENOSYS && errno != EINVAL)
		return err_sys(err, "enter the system call filter");
	log_warning(
	    "sandbox=seccomp missing=kernel text=\"no seccomp filters: %s\"", strerror(errno));
	return 0;
}

#endif
