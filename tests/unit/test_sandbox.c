/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clean.h"
#include "tests/lib/child.h"
#include "tests/lib/scratch.h"
#include "tests/unit/suite.h"

void add_suite_sandbox(CU_pSuite suite);

static const struct sandbox_rule none[] = {{.number = -1}};

static void free_sandbox(struct sandbox **sandbox)
{
	sandbox_free(*sandbox);
}
#define OWNED_SANDBOX OWNED(free_sandbox)

static struct sandbox *compile(const struct sandbox_rule *rules)
{
	struct sandbox *sandbox = NULL;
	struct err err;

	CU_ASSERT_EQUAL_FATAL(sandbox_new(rules, &sandbox, &err), 0);
	return sandbox;
}

static void refuses_a_rule_that_cannot_be_and_leaves_the_result_alone(void)
{
	static const struct sandbox_rule wrong[] = {
	    {.number = SCMP_SYS(fcntl), .only_if = {{6, 1, 1}}}, {.number = -1}};
	OWNED_SANDBOX struct sandbox *sandbox = compile(none);
	struct sandbox *kept = sandbox;
	struct err err = {.kind = ERR_RETRY};

	CU_ASSERT_EQUAL(sandbox_new(wrong, &kept, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_INTERNAL);
	CU_ASSERT_PTR_EQUAL(kept, sandbox);
	sandbox_free(NULL);
}

static void limit_descriptors(const void *arg)
{
	struct rlimit limit;
	struct err err;

	(void)arg;
	CHILD_MUST(sandbox_limit(RLIMIT_NOFILE, 10, &err) == 0);
	CHILD_MUST(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	CHILD_MUST(limit.rlim_cur == 10 && limit.rlim_max == 10);
	CHILD_MUST(fcntl(STDERR_FILENO, F_DUPFD, 10) == -1);
}

static void limits_for_good(void)
{
	CU_ASSERT_TRUE(child_succeeds(limit_descriptors, NULL));
}

static void tells_of_a_limit_that_there_is_not(void)
{
	struct err err = {.kind = ERR_INTERNAL};

	CU_ASSERT_EQUAL(sandbox_limit(9999, 1, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_RETRY);
}

/* What can be tried in a sandbox; a file of the scratch folder is at hand. */
struct attempt {
	void (*body)(const struct attempt *attempt);
	int signal;                             /* that it ends with */
	const struct sandbox_rule *inner_rules; /* for a second sandbox inside, or NULL */
	const struct sandbox *sandbox;
	const struct sandbox *inner;
	int folder_fd;
	int file_fd;
};

static void enter_and_try(const void *arg)
{
	const struct attempt *attempt = arg;
	struct err err;

	CHILD_MUST(sandbox_enter(attempt->sandbox, &err) == 0);
	CHILD_MUST(!attempt->inner || sandbox_enter(attempt->inner, &err) == 0);
	attempt->body(attempt);
}

static void try_open(const struct attempt *attempt)
{
	CHILD_MUST(openat(attempt->folder_fd, "file", O_RDONLY | O_CLOEXEC) >= 0);
}

#ifdef EDELIVERY_SANITIZED

static void forget_and_open(const void *arg)
{
	struct err err;

	CHILD_MUST(sandbox_forget_files(&err) == 0);
	enter_and_try(arg);
}

static void gives_up_nothing_where_the_sanitizers_need_it(void)
{
	OWNED_SANDBOX struct sandbox *sandbox = compile(none);
	OWNED_SCRATCH struct scratch scratch;
	struct attempt attempt = {.body = try_open, .sandbox = sandbox};

	scratch_open(&scratch);
	scratch_write(&scratch, "file", "text");
	attempt.folder_fd = scratch.fd;
	CU_ASSERT_TRUE(child_succeeds(forget_and_open, &attempt));
}

#else

static void try_what_is_needed_to_live(const struct attempt *attempt)
{
	struct pollfd wait = {.fd = attempt->file_fd, .events = POLLIN};
	struct timespec now;
	char bytes[4];
	sigset_t all;
	void *memory =
	    mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHILD_MUST(memory != MAP_FAILED);
	CHILD_MUST(mprotect(memory, 4096, PROT_READ) == 0);
	CHILD_MUST(munmap(memory, 1 << 20) == 0);
	CHILD_MUST(clock_gettime(CLOCK_REALTIME, &now) == 0);
	CHILD_MUST(syscall(SYS_clock_gettime, CLOCK_REALTIME, &now) == 0);
	CHILD_MUST(getpid() > 1);
	CHILD_MUST(getrandom(bytes, sizeof(bytes), 0) == sizeof(bytes));
	(void)sigfillset(&all);
	CHILD_MUST(sigprocmask(SIG_BLOCK, &all, NULL) == 0);
	CHILD_MUST(poll(&wait, 1, 0) == 1);
	CHILD_MUST(read(attempt->file_fd, bytes, sizeof(bytes)) == sizeof(bytes));
	CHILD_MUST(write(attempt->file_fd, bytes, sizeof(bytes)) == sizeof(bytes));
	CHILD_MUST(close(attempt->file_fd) == 0);
}

static void try_stat(const struct attempt *attempt)
{
	struct stat st;

	CHILD_MUST(fstat(attempt->file_fd, &st) == 0);
}

static void try_socket(const struct attempt *attempt)
{
	(void)attempt;
	CHILD_MUST(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0);
}

static void try_fork(const struct attempt *attempt)
{
	(void)attempt;
	CHILD_MUST(fork() >= 0);
}

static void try_exec(const struct attempt *attempt)
{
	char *const argv[] = {(char *)(uintptr_t) "/bin/true", NULL};

	(void)attempt;
	(void)execv(argv[0], argv);
}

static void try_kill(const struct attempt *attempt)
{
	(void)attempt;
	CHILD_MUST(kill(getpid(), 0) == 0);
}

static void try_new_code(const struct attempt *attempt)
{
	(void)attempt;
	CHILD_MUST(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
	           MAP_FAILED);
}

static void try_changed_code(const struct attempt *attempt)
{
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)attempt;
	CHILD_MUST(memory != MAP_FAILED);
	CHILD_MUST(mprotect(memory, 4096, PROT_READ | PROT_EXEC) == 0);
}

static void try_get_flags(const struct attempt *attempt)
{
	CHILD_MUST(fcntl(attempt->file_fd, F_GETFD) >= 0);
}

static void try_set_flags(const struct attempt *attempt)
{
	CHILD_MUST(fcntl(attempt->file_fd, F_SETFD, 0) == 0);
}

/* The kernel says no, since it is no socket; the filter has let it through by then. */
static void set_option(const struct attempt *attempt, int level, int option)
{
	int one = 1;

	CHILD_MUST(setsockopt(attempt->file_fd, level, option, &one, sizeof(one)) < 0);
	CHILD_MUST(errno == ENOTSOCK);
}

static void try_the_option(const struct attempt *attempt)
{
	set_option(attempt, SOL_SOCKET, SO_RCVLOWAT);
}

static void try_another_option(const struct attempt *attempt)
{
	set_option(attempt, SOL_SOCKET, SO_RCVBUF);
}

/* There the same number is TCP_USER_TIMEOUT. */
static void try_the_option_of_another_level(const struct attempt *attempt)
{
	set_option(attempt, IPPROTO_TCP, SO_RCVLOWAT);
}

/* The attempt in a sandbox of those rules, and how it ended. */
static void check(const struct attempt *attempt, const struct sandbox_rule *rules)
{
	OWNED_SANDBOX struct sandbox *sandbox = compile(rules);
	OWNED_SANDBOX struct sandbox *inner =
	    attempt->inner_rules ? compile(attempt->inner_rules) : NULL;
	OWNED_SCRATCH struct scratch scratch;
	OWNED_FD int file_fd = -1;
	unsigned action = SECCOMP_RET_KILL_PROCESS;
	struct attempt tried = *attempt;
	struct child_end end;

	scratch_open(&scratch);
	scratch_write(&scratch, "file", "text");
	file_fd = openat(scratch.fd, "file", O_RDWR | O_CLOEXEC);
	tried.sandbox = sandbox;
	tried.inner = inner;
	tried.folder_fd = scratch.fd;
	tried.file_fd = file_fd;
	child_run(enter_and_try, &tried, &end);
	/* Where there are no filters somebody has to be told. */
	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) < 0) {
		CU_ASSERT_PTR_NOT_NULL(strstr(end.said, "sandbox=seccomp missing=kernel"));
		return;
	}
	CU_ASSERT_EQUAL(
	    WIFSIGNALED(end.status) ? WTERMSIG(end.status) : end.status, attempt->signal);
	CU_ASSERT_STRING_EQUAL(end.said, "");
}

static void kills_who_does_what_is_not_allowed(void)
{
	static const struct attempt attempts[] = {
	    {.body = try_what_is_needed_to_live},
	    {.body = try_open, .signal = SIGSYS},
	    {.body = try_stat, .signal = SIGSYS},
	    {.body = try_socket, .signal = SIGSYS},
	    {.body = try_fork, .signal = SIGSYS},
	    {.body = try_exec, .signal = SIGSYS},
	    {.body = try_kill, .signal = SIGSYS},
	    {.body = try_new_code, .signal = SIGSYS},
	    {.body = try_changed_code, .signal = SIGSYS},
	    {.body = try_get_flags, .signal = SIGSYS},
	};

	for (size_t i = 0; i < COUNT(attempts); i++)
		check(&attempts[i], none);
}

static void allows_what_the_rules_say(void)
{
	static const struct sandbox_rule rules[] = {
	    {.number = SCMP_SYS(openat)},
	    {.number = SCMP_SYS(fcntl), .only_if = {{1, UINT64_MAX, F_GETFD}}},
	    {.number = SCMP_SYS(setsockopt),
	        .only_if = {{1, UINT32_MAX, SOL_SOCKET}, {2, UINT32_MAX, SO_RCVLOWAT}}},
	    {.number = -1},
	};
	static const struct attempt attempts[] = {
	    {.body = try_what_is_needed_to_live},
	    {.body = try_open},
	    {.body = try_get_flags},
	    {.body = try_set_flags, .signal = SIGSYS},
	    {.body = try_socket, .signal = SIGSYS},
	    {.body = try_the_option},
	    {.body = try_another_option, .signal = SIGSYS},
	    {.body = try_the_option_of_another_level, .signal = SIGSYS},
	};

	for (size_t i = 0; i < COUNT(attempts); i++)
		check(&attempts[i], rules);
}

static void becomes_narrower_and_never_wider(void)
{
	static const struct sandbox_rule outer[] = {
	    {.number = SCMP_SYS(openat)},
	    {.number = SCMP_SYS(prctl)},
	    {.number = SCMP_SYS(seccomp)},
	    {.number = -1},
	};
	static const struct sandbox_rule inner[] = {
	    {.number = SCMP_SYS(openat)},
	    {.number = SCMP_SYS(socket)},
	    {.number = -1},
	};
	static const struct attempt attempts[] = {
	    {.body = try_open, .inner_rules = inner},
	    {.body = try_open, .inner_rules = none, .signal = SIGSYS},
	    {.body = try_socket, .inner_rules = inner, .signal = SIGSYS},
	};

	for (size_t i = 0; i < COUNT(attempts); i++)
		check(&attempts[i], outer);
}

static void try_open_in_child(const struct attempt *attempt)
{
	int status = 0;
	pid_t pid = fork();

	CHILD_MUST(pid >= 0);
	if (pid == 0) {
		try_open(attempt);
		_exit(EXIT_SUCCESS);
	}
	CHILD_MUST(waitpid(pid, &status, 0) == pid);
	CHILD_MUST(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
}

static void binds_all_that_it_forks(void)
{
	static const struct sandbox_rule rules[] = {
	    {.number = SCMP_SYS(clone)},
	    {.number = SCMP_SYS(set_robust_list)},
	    {.number = SCMP_SYS(wait4)},
	    {.number = -1},
	};
	static const struct attempt attempt = {.body = try_open_in_child};

	check(&attempt, rules);
}

static long landlock_abi(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

static bool is_denied(long result)
{
	return result < 0 && (errno == EACCES || errno == EXDEV);
}

static void forget_and_try(const void *arg)
{
	const struct attempt *attempt = arg;
	struct err err;
	char bytes[4];

	CHILD_MUST(sandbox_forget_files(&err) == 0);
	/* What is open stays so. */
	CHILD_MUST(pread(attempt->file_fd, bytes, sizeof(bytes), 0) == sizeof(bytes));
	CHILD_MUST(pwrite(attempt->file_fd, bytes, sizeof(bytes), 0) == sizeof(bytes));
	if (landlock_abi() < 0)
		return;
	CHILD_MUST(is_denied(open("/etc/passwd", O_RDONLY | O_CLOEXEC)));
	CHILD_MUST(is_denied(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
	CHILD_MUST(is_denied(openat(attempt->folder_fd, "file", O_RDONLY | O_CLOEXEC)));
	CHILD_MUST(is_denied(openat(attempt->folder_fd, "file", O_WRONLY | O_CLOEXEC)));
	CHILD_MUST(
	    is_denied(openat(attempt->folder_fd, "new", O_WRONLY | O_CREAT | O_CLOEXEC, 0600)));
	CHILD_MUST(is_denied(unlinkat(attempt->folder_fd, "file", 0)));
	CHILD_MUST(is_denied(mkdirat(attempt->folder_fd, "new", 0700)));
	CHILD_MUST(is_denied(symlinkat("x", attempt->folder_fd, "new")));
	CHILD_MUST(is_denied(mkfifoat(attempt->folder_fd, "new", 0600)));
	CHILD_MUST(is_denied(linkat(attempt->folder_fd, "file", attempt->folder_fd, "new", 0)));
	CHILD_MUST(is_denied(renameat(attempt->folder_fd, "file", attempt->folder_fd, "new")));
	try_exec(attempt);
	CHILD_MUST(is_denied(-1));
}

static void takes_away_every_file_that_is_not_open(void)
{
	OWNED_SCRATCH struct scratch scratch;
	OWNED_FD int file_fd = -1;
	struct attempt attempt = {.signal = 0};
	struct child_end end;

	scratch_open(&scratch);
	scratch_write(&scratch, "file", "text");
	file_fd = openat(scratch.fd, "file", O_RDWR | O_CLOEXEC);
	attempt.folder_fd = scratch.fd;
	attempt.file_fd = file_fd;
	child_run(forget_and_try, &attempt, &end);
	CU_ASSERT_EQUAL(end.status, 0);
	CU_ASSERT_EQUAL(
	    strstr(end.said, "sandbox=landlock missing=kernel") != NULL, landlock_abi() < 0);
}

static void forget_and_connect(const void *arg)
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	OWNED_FD int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct err err;

	(void)arg;
	CHILD_MUST(sandbox_forget_files(&err) == 0);
	if (fd < 0 || landlock_abi() < 4)
		return;
	CHILD_MUST(is_denied(bind(fd, (const struct sockaddr *)&address, sizeof(address))));
	address.sin_port = htons(9);
	CHILD_MUST(is_denied(connect(fd, (const struct sockaddr *)&address, sizeof(address))));
}

static void takes_away_binding_and_connecting(void)
{
	CU_ASSERT_TRUE(child_succeeds(forget_and_connect, NULL));
}

/* What a name is looked up with can be read, nothing can be written, and the rest is gone. */
static void keep_and_try(const void *arg)
{
	static const char *const paths[] = {"/etc", "/no such folder", NULL};
	const struct attempt *attempt = arg;
	OWNED_FD int fd = -1;
	struct err err;

	CHILD_MUST(sandbox_keep_reading(paths, &err) == 0);
	fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	CHILD_MUST(fd >= 0);
	if (landlock_abi() < 0)
		return;
	CHILD_MUST(is_denied(open("/usr", O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
	CHILD_MUST(is_denied(openat(attempt->folder_fd, "file", O_RDONLY | O_CLOEXEC)));
	CHILD_MUST(is_denied(openat(attempt->folder_fd, "file", O_WRONLY | O_CLOEXEC)));
	CHILD_MUST(is_denied(unlinkat(attempt->folder_fd, "file", 0)));
}

static void keeps_what_is_to_be_read(void)
{
	OWNED_SCRATCH struct scratch scratch;
	struct attempt attempt = {.signal = 0};

	scratch_open(&scratch);
	scratch_write(&scratch, "file", "text");
	attempt.folder_fd = scratch.fd;
	CU_ASSERT_TRUE(child_succeeds(keep_and_try, &attempt));
}

static int try_connect(uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	    .sin_port = htons(port)};
	OWNED_FD int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return connect(fd, (const struct sockaddr *)&address, sizeof(address));
}

/* On port 9 nobody listens: to be refused by it is to have got there. */
static void keep_port_and_try(const void *arg)
{
	struct err err;

	(void)arg;
	CHILD_MUST(sandbox_keep_port(9, &err) == 0);
	if (landlock_abi() < 4)
		return;
	CHILD_MUST(try_connect(9) < 0 && errno == ECONNREFUSED);
	CHILD_MUST(is_denied(try_connect(10)));
	CHILD_MUST(is_denied(open("/etc/passwd", O_RDONLY | O_CLOEXEC)));
}

static void keeps_one_port(void)
{
	CU_ASSERT_TRUE(child_succeeds(keep_port_and_try, NULL));
}

static void forget_and_signal(const void *arg)
{
	struct err err;

	(void)arg;
	CHILD_MUST(kill(getppid(), 0) == 0);
	CHILD_MUST(sandbox_forget_files(&err) == 0);
	CHILD_MUST(kill(getpid(), 0) == 0);
	CHILD_MUST(landlock_abi() < 6 || (kill(getppid(), 0) < 0 && errno == EPERM));
}

static void takes_away_signals_to_others(void)
{
	CU_ASSERT_TRUE(child_succeeds(forget_and_signal, NULL));
}

#endif

void add_suite_sandbox(CU_pSuite suite)
{
	TEST(refuses_a_rule_that_cannot_be_and_leaves_the_result_alone);
	TEST(limits_for_good);
	TEST(tells_of_a_limit_that_there_is_not);
#ifdef EDELIVERY_SANITIZED
	TEST(gives_up_nothing_where_the_sanitizers_need_it);
#else
	TEST(kills_who_does_what_is_not_allowed);
	TEST(allows_what_the_rules_say);
	TEST(becomes_narrower_and_never_wider);
	TEST(binds_all_that_it_forks);
	TEST(takes_away_every_file_that_is_not_open);
	TEST(takes_away_binding_and_connecting);
	TEST(keeps_what_is_to_be_read);
	TEST(keeps_one_port);
	TEST(takes_away_signals_to_others);
#endif
}
