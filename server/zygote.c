/* SPDX-License-Identifier: Apache-2.0 */
#include "server/zygote.h"

#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/message.h"
#include "base/number.h"
#include "base/process.h"
#include "base/sandbox.h"
#include "server/control.h"
#include "server/fork_memory.h"
#include "server/host_key.h"
#include "server/kernel_random.h"
#include "server/raw_key.h"
#include "server/request.h"
#include "server/session.h"

/* What the zygote itself needs besides what its sessions do, for them too to be entered. */
static const struct sandbox_rule rules[] = {
    {.number = SCMP_SYS(recvfrom)},
    {.number = SCMP_SYS(sendto)},
    {.number = SCMP_SYS(recvmsg)},
    {.number = SCMP_SYS(sendmsg)},
    {.number = SCMP_SYS(pread64)},
    {.number = SCMP_SYS(pwrite64)},
    {.number = SCMP_SYS(fsync)},
    {.number = SCMP_SYS(clone)},
    {.number = SCMP_SYS(clone3)},
    {.number = SCMP_SYS(set_robust_list)},
    {.number = SCMP_SYS(rseq)},
    {.number = SCMP_SYS(wait4)},
    {.number = SCMP_SYS(pidfd_open)},
    {.number = SCMP_SYS(close_range)},
    {.number = SCMP_SYS(dup3)},
    {.number = SCMP_SYS(dup2)},
    {.number = SCMP_SYS(fcntl)},
    {.number = SCMP_SYS(prctl)},
    {.number = SCMP_SYS(seccomp)},
    {.number = SCMP_SYS(setitimer)},
    {.number = SCMP_SYS(setrlimit)},
    {.number = SCMP_SYS(prlimit64)},
    {.number = SCMP_SYS(rt_sigaction)},
    {.number = SCMP_SYS(setsockopt)},
    {.number = SCMP_SYS(getsockopt)},
    {.number = SCMP_SYS(getsockname)},
    {.number = SCMP_SYS(getpeername)},
    {.number = SCMP_SYS(getppid)},
    {.number = SCMP_SYS(signalfd4)},
    {.number = SCMP_SYS(epoll_wait)},
    {.number = SCMP_SYS(epoll_ctl)},
    {.number = -1},
};

/* Of children that end together one is told of; microseconds until the others are looked for. */
enum { REAP_ALL_AFTER = SECOND / 4 };

struct zygote {
	struct settings settings;
	struct session_means means;
	ssh_bind bind;           /* with the host keys */
	struct sandbox *sandbox; /* of the sessions */
	int control_fd;
	struct loop *loop;
	struct {
		pid_t pid;
		int64_t number;
	} * sessions; /* that have not ended, in no order */
	size_t count;
	size_t capacity;
};

/* Remember which session a process is, to tell if it ends badly. */
static void remember(struct zygote *z, pid_t pid, int64_t number)
{
	if (z->count == z->capacity)
		return;
	z->sessions[z->count].pid = pid;
	z->sessions[z->count].number = number;
	z->count++;
}

/* Returns which session it was, or 0. */
static int64_t forget(struct zygote *z, pid_t pid)
{
	int64_t number;
	size_t i = 0;

	while (i < z->count && z->sessions[i].pid != pid)
		i++;
	if (i == z->count)
		return 0;
	number = z->sessions[i].number;
	z->sessions[i] = z->sessions[--z->count];
	return number;
}

static void tell_crash(struct zygote *z, int64_t number, int status)
{
	static struct message message;
	char how[32];
	struct err err;

	process_print_end(status, how);
	message_start(&message, CONTROL_CRASHED);
	message_put_int(&message, number);
	message_put_text(&message, how);
	(void)message_send(z->control_fd, &message, &err);
}

static void see_off(struct zygote *z, pid_t pid, int status)
{
	int64_t number = forget(z, pid);
	/* SIGKILL comes from outside: the broker's, when it was too slow to end. */
	bool crashed =
	    WIFEXITED(status) ? WEXITSTATUS(status) != EXIT_SUCCESS : WTERMSIG(status) != SIGKILL;

	if (number && crashed)
		tell_crash(z, number, status);
}

static void reap_all(void *arg)
{
	struct zygote *z = arg;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		see_off(z, pid, status);
}

/*
 * To ask for any child is to look at all of them: only the one that has ended is asked for, and
 * those that ended together with it a little later.
 */
static void on_child(void *arg)
{
	struct zygote *z = arg;
	pid_t pid = loop_sender(z->loop);
	int status;

	if (pid > 0 && waitpid(pid, &status, WNOHANG) == pid)
		see_off(z, pid, status);
	loop_after(z->loop, REAP_ALL_AFTER, reap_all, z);
}

/* In the child: let the broker have a handle on us, before a byte from outside is read. */
static int introduce(struct err *err)
{
	static struct message message;
	OWNED_FD int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);

	if (pidfd < 0)
		return err_sys(err, "watch a session's process");
	message_start(&message, REQUEST_HELLO);
	message_put_fd(&message, pidfd);
	return message_send(SESSION_BROKER_FD, &message, err);
}

static int be_session(const struct zygote *z, int client_fd, int broker_fd)
{
	struct err err;
	sigset_t stop;

	/* session_run() looks for it. */
	(void)sigemptyset(&stop);
	(void)sigaddset(&stop, SIGTERM);
	(void)sigprocmask(SIG_SETMASK, &stop, NULL);
	(void)signal(SIGCHLD, SIG_DFL);
	(void)signal(SIGINT, SIG_IGN);
	/* Numbers that are known, whatever else was open. */
	if (dup2(client_fd, SESSION_CLIENT_FD + 16) < 0 ||
	    dup2(broker_fd, SESSION_BROKER_FD + 16) < 0 ||
	    dup2(SESSION_CLIENT_FD + 16, SESSION_CLIENT_FD) < 0 ||
	    dup2(SESSION_BROKER_FD + 16, SESSION_BROKER_FD) < 0)
		return EXIT_FAILURE;
	process_close_from(SESSION_BROKER_FD + 1, -1);
	if (introduce(&err) < 0) {
		/* A broker that is gone has said so itself. */
		if (err.kind == ERR_GONE)
			return EXIT_SUCCESS;
		log_error("text=\"%s\"", err.text);
		return EXIT_FAILURE;
	}
	return session_run(&z->means);
}

static int answer_ping(const struct zygote *z, struct err *err)
{
	static struct message pong;

	message_start(&pong, CONTROL_PONG);
	return message_send(z->control_fd, &pong, err);
}

static int begin_session(struct zygote *z, struct message *in, struct err *err)
{
	int64_t number = message_get_int(in);
	OWNED_FD int client_fd = message_get_fd(in);
	OWNED_FD int broker_fd = message_get_fd(in);
	pid_t pid;

	if (!message_is_read(in))
		return err_set(err, ERR_INTERNAL, "not a session of the listener's");
	pid = fork();
	if (pid < 0)
		return err_sys(err, "start a session");
	if (pid == 0)
		_exit(be_session(z, client_fd, broker_fd));
	remember(z, pid, number);
	return 0;
}

static void on_control(void *arg)
{
	static struct message message;
	struct zygote *z = arg;
	enum message_state state = MESSAGE_END;
	struct err err;

	if (message_receive(z->control_fd, &message, &state, &err) < 0 || state == MESSAGE_END) {
		loop_stop(z->loop);
		return;
	}
	if (state == MESSAGE_GOT && message.kind == CONTROL_PING && answer_ping(z, &err) < 0)
		log_error("text=\"%s\"", err.text);
	if (state == MESSAGE_GOT && message.kind == CONTROL_SESSION &&
	    begin_session(z, &message, &err) < 0)
		log_error("text=\"%s\"", err.text);
	message_close_fds(&message);
}

static int prepare(struct zygote *z, const char *settings, struct err *err)
{
	struct sandbox *own = NULL;
	int result;

	fork_memory_begin();
	if (settings_load(settings, &z->settings, err) < 0)
		return -1;
	z->means.settings = &z->settings;
	z->means.policy = policy_get(z->settings.server_policy);
	z->capacity = (size_t)z->settings.server_sessions + 64;
	z->sessions = mem_new(z->capacity, sizeof(*z->sessions));
	if (raw_key_begin(err) < 0 || kernel_random_begin(err) < 0 ||
	    host_key_load(&z->settings, z->means.policy, &z->bind, err) < 0 ||
	    host_key_warm_up(z->bind, err) < 0 ||
	    session_prepare(z->bind, &z->settings, &z->means.ssh, err) < 0 ||
	    sandbox_new(session_rules, &z->sandbox, err) < 0 || sandbox_new(rules, &own, err) < 0)
		return -1;
	z->means.sandbox = z->sandbox;
	result = loop_new(&z->loop, err);
	if (result == 0)
		result = loop_signal(z->loop, SIGCHLD, on_child, z, err);
	if (result == 0)
		result = loop_watch(z->loop, z->control_fd, on_control, z, NULL, err);
	/* Last, since all of the above needs files, and what is forked has it from here. */
	if (result == 0)
		result = sandbox_forget_files(err);
	fork_memory_settle();
	if (result == 0)
		result = sandbox_enter(own, err);
	sandbox_free(own);
	return result;
}

int zygote_run(const char *settings, int control_fd, struct err *err)
{
	static struct message ready;
	struct zygote z = {.control_fd = control_fd};
	int result;

	/* The listener sees to it that settings are read again. */
	(void)signal(SIGHUP, SIG_IGN);
	result = prepare(&z, settings, err);

	message_start(&ready, CONTROL_READY);
	if (result == 0)
		result = message_send(control_fd, &ready, err);
	if (result == 0)
		result = loop_run(z.loop, err);
	loop_free(z.loop);
	sandbox_free(z.sandbox);
	/* Closes the control channel, which has the number that a client's socket would have. */
	if (z.means.ssh)
		ssh_free(z.means.ssh);
	if (z.bind)
		ssh_bind_free(z.bind);
	free(z.sessions);
	return result;
}
