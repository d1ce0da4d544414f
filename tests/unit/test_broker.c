/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/message.h"
#include "base/number.h"
#include "base/process.h"
#include "batch/post.h"
#include "server/control.h"
#include "server/request.h"
#include "spool/public_key.h"
#include "spool/traffic.h"
#include "tests/lib/drops.h"
#include "tests/unit/suite.h"

void add_suite_broker(CU_pSuite suite);

enum { PATIENCE_MS = 5000 };

#define LETTER "/" DROPS_AVRS_ID "/edelivery/EFT_1.pdf"

/* The real broker on a spool with a letter, told of sessions by us in the listener's place. */
struct bench {
	struct drops drops;
	struct process process;
	int control;
	struct message *message;
};

/* A session: its channel, and the process that it would be. */
struct session {
	int channel;
	pid_t pid;
};

static void start_broker(struct bench *bench)
{
	char path[PATH_MAX];
	char settings[SCRATCH_PATH_MAX + 32];
	const char *argv[] = {path, "--broker", settings, NULL};
	int before = dup(STDERR_FILENO);
	int null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	int ends[2];
	struct err err;

	(void)snprintf(settings, sizeof(settings), "%s/edelivery.conf", bench->drops.scratch.path);
	CU_ASSERT_EQUAL_FATAL(process_sibling("edelivery-sftpd", path, sizeof(path), &err), 0);
	CU_ASSERT_EQUAL_FATAL(message_channel(ends, &err), 0);
	(void)dup2(null_fd, STDERR_FILENO);
	CU_ASSERT_EQUAL_FATAL(process_start(argv, &ends[1], 1, &bench->process, &err), 0);
	(void)dup2(before, STDERR_FILENO);
	(void)close(before);
	(void)close(null_fd);
	(void)close(ends[1]);
	bench->control = ends[0];
}

/* Wait for something from the broker. MESSAGE_NONE: nothing came. */
static enum message_state receive(struct bench *bench, int channel)
{
	struct pollfd wait = {.fd = channel, .events = POLLIN};
	enum message_state state = MESSAGE_NONE;
	struct err err;

	if (poll(&wait, 1, PATIENCE_MS) == 1)
		CU_ASSERT_EQUAL(message_receive(channel, bench->message, &state, &err), 0);
	return state;
}

static void add_account(struct bench *bench, const char *login, const char *role)
{
	struct public_key key = {.type = "ssh-ed25519", .blob = "AAAA", .fingerprint = "SHA256:x"};
	struct account account;
	struct err err;

	(void)scratch_account(&bench->drops.spool, login, DROPS_AVRS_ID, role);
	CU_ASSERT_EQUAL_FATAL(account_get(bench->drops.spool.catalog, login, &account, &err), 0);
	CU_ASSERT_EQUAL_FATAL(public_key_add(bench->drops.spool.catalog, &bench->drops.spool.actor,
	                          &account, &key, &err),
	    0);
}

static void post(struct bench *bench, const char *path)
{
	struct drop drop;
	struct err err;

	drops_take(&bench->drops, path, DROPS_PDF, &drop);
	CU_ASSERT_EQUAL_FATAL(drops_post(&bench->drops, &drop, 1, &err), 0);
	drop_done(&drop);
}

/* sql changes the catalog before the broker reads it; NULL: as it is. */
static void bench_open_after(struct bench *bench, const char *sql)
{
	drops_open(&bench->drops, "");
	bench->message = mem_new(1, sizeof(*bench->message));
	add_account(bench, "ann", "master");
	add_account(bench, "bob", "e-delivery-only");
	post(bench, DROPS_AVRS_ID "/EFT_1.pdf");
	if (sql)
		drops_run(&bench->drops, sql);
	start_broker(bench);
	CU_ASSERT_EQUAL_FATAL(receive(bench, bench->control), MESSAGE_GOT);
	CU_ASSERT_EQUAL(bench->message->kind, CONTROL_READY);
}

static void bench_open(struct bench *bench)
{
	bench_open_after(bench, NULL);
}

static void bench_close(struct bench *bench)
{
	if (bench->control >= 0)
		(void)close(bench->control);
	process_stop(&bench->process, SECOND);
	free(bench->message);
	drops_close(&bench->drops);
}
#define OWNED_BENCH OWNED(bench_close)

/* Ask, and get the answer's head. */
static enum answer ask(struct bench *bench, const struct session *session)
{
	struct err err;

	CU_ASSERT_EQUAL_FATAL(message_ask(session->channel, bench->message, PATIENCE_MS, &err), 0);
	return (enum answer)message_get_int(bench->message);
}

static enum answer ask_path(
    struct bench *bench, const struct session *session, enum request request, const char *path)
{
	enum answer answer;

	message_start(bench->message, request);
	message_put_text(bench->message, path);
	answer = ask(bench, session);
	message_close_fds(bench->message);
	return answer;
}

static pid_t start_sleeper(int *ret_pidfd)
{
	pid_t pid = fork();

	if (pid == 0) {
		process_close_from(0, -1);
		for (;;)
			(void)pause();
	}
	*ret_pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	return pid;
}

static void expect_told(struct bench *bench, enum control what, int64_t number)
{
	CU_ASSERT_EQUAL_FATAL(receive(bench, bench->control), MESSAGE_GOT);
	CU_ASSERT_EQUAL(bench->message->kind, what);
	CU_ASSERT_EQUAL(message_get_int(bench->message), number);
}

/* As the listener and the zygote begin one: it has said nothing of its own. */
static struct session introduce_session(struct bench *bench, int64_t number)
{
	struct message *message = bench->message;
	struct session session;
	int pidfd = -1;
	int ends[2];
	struct err err;

	CU_ASSERT_EQUAL_FATAL(message_channel(ends, &err), 0);
	session.pid = start_sleeper(&pidfd);
	session.channel = ends[1];
	message_start(message, CONTROL_CHANNEL);
	message_put_int(message, number);
	message_put_text(message, "127.0.0.1");
	message_put_fd(message, ends[0]);
	CU_ASSERT_EQUAL_FATAL(message_send(bench->control, message, &err), 0);
	(void)close(ends[0]);
	message_start(message, REQUEST_HELLO);
	message_put_fd(message, pidfd);
	CU_ASSERT_EQUAL(message_send(session.channel, message, &err), 0);
	(void)close(pidfd);
	return session;
}

/* May the key be tried, or, proven, is the login done? Yes. */
static void show_key(
    struct bench *bench, const struct session *session, const char *login, bool proven)
{
	struct message *message = bench->message;

	message_start(message, REQUEST_KEY);
	message_put_text(message, login);
	message_put_text(message, "ssh-ed25519");
	message_put_text(message, "AAAA");
	message_put_int(message, proven);
	CU_ASSERT_EQUAL(ask(bench, session), ANSWER_OK);
	CU_ASSERT_EQUAL(message_get_int(message), ADMISSION_YES);
}

/* Then logged in, which the listener hears of, and speaking SFTP. */
static void log_in(
    struct bench *bench, const struct session *session, int64_t number, const char *login)
{
	struct message *message = bench->message;
	struct err err;

	show_key(bench, session, login, true);
	expect_told(bench, CONTROL_LOGGED_IN, number);
	message_start(message, REQUEST_START);
	message_put_text(message, "test");
	CU_ASSERT_EQUAL(message_send(session->channel, message, &err), 0);
}

static struct session begin_session(struct bench *bench, int64_t number, const char *login)
{
	struct session session = introduce_session(bench, number);

	log_in(bench, &session, number, login);
	return session;
}

/* Its process ends, if it has not been ended. Returns whether it had been. */
static bool end_session(struct session *session)
{
	int status = 0;
	bool ended = false;

	for (int i = 0; i < 50 && !ended; i++) {
		ended = waitpid(session->pid, &status, WNOHANG) == session->pid;
		if (!ended && i < 49)
			(void)usleep(2000);
	}
	if (!ended) {
		(void)kill(session->pid, SIGKILL);
		(void)waitpid(session->pid, NULL, 0);
	}
	(void)close(session->channel);
	return ended;
}

/* The listener is told that the session is over. */
static void expect_closed(struct bench *bench, int64_t number)
{
	expect_told(bench, CONTROL_CLOSED, number);
}

static void a_session_is_answered_until_it_ends(void)
{
	OWNED_BENCH struct bench bench;
	struct session session;

	bench_open(&bench);
	session = begin_session(&bench, 7, "ann");
	CU_ASSERT_EQUAL(ask_path(&bench, &session, REQUEST_FIND, "/"), ANSWER_OK);
	CU_ASSERT_EQUAL(ask_path(&bench, &session, REQUEST_FIND, "/x"), ANSWER_NO_SUCH_FILE);
	(void)end_session(&session);
	expect_closed(&bench, 7);
	/* What the ledger had noted is there a moment later. */
	for (int i = 0; i < 100; i++) {
		if (drops_number(&bench.drops,
		        "SELECT COUNT(*) FROM event WHERE what = 'account.logged-in' AND login = 'ann'") ==
		    1)
			break;
		(void)usleep(10000);
	}
	CU_ASSERT_EQUAL(
	    drops_number(&bench.drops,
	        "SELECT COUNT(*) FROM event WHERE what = 'account.logged-in' AND login = 'ann'"),
	    1);
}

/* It ends itself by that, and nobody else. */
static void a_session_that_asks_what_it_may_not_is_ended(void)
{
	OWNED_BENCH struct bench bench;
	struct session wrong;
	struct session right;
	struct err err;

	bench_open(&bench);
	wrong = begin_session(&bench, 1, "ann");
	right = begin_session(&bench, 2, "ann");
	message_start(bench.message, REQUEST_HELLO);
	CU_ASSERT_EQUAL(message_send(wrong.channel, bench.message, &err), 0);
	CU_ASSERT_EQUAL(receive(&bench, wrong.channel), MESSAGE_END);
	expect_closed(&bench, 1);
	CU_ASSERT_EQUAL(ask_path(&bench, &right, REQUEST_FIND, "/"), ANSWER_OK);
	(void)end_session(&wrong);
	(void)end_session(&right);
}

/* Rights changed by somebody else, who announces it. */
static void change_rights(struct bench *bench, const char *sql)
{
	struct err err;

	drops_run(&bench->drops, sql);
	CU_ASSERT_EQUAL(catalog_announce(bench->drops.spool.catalog, &err), 0);
}

static void the_sessions_of_a_disabled_account_end(void)
{
	OWNED_BENCH struct bench bench;
	struct session ann;
	struct session bob;

	bench_open(&bench);
	ann = begin_session(&bench, 1, "ann");
	bob = begin_session(&bench, 2, "bob");
	change_rights(&bench, "UPDATE account SET state = 'disabled' WHERE login = 'ann'");
	CU_ASSERT_EQUAL(receive(&bench, ann.channel), MESSAGE_END);
	expect_closed(&bench, 1);
	CU_ASSERT_TRUE(end_session(&ann));
	CU_ASSERT_EQUAL(ask_path(&bench, &bob, REQUEST_FIND, "/"), ANSWER_OK);
	CU_ASSERT_FALSE(end_session(&bob));
}

static bool answers_ping(struct bench *bench)
{
	struct pollfd wait = {.fd = bench->control, .events = POLLIN};
	enum message_state state = MESSAGE_NONE;
	struct err err;

	message_start(bench->message, CONTROL_PING);
	CU_ASSERT_EQUAL(message_send(bench->control, bench->message, &err), 0);
	if (poll(&wait, 1, 1000) != 1)
		return false;
	CU_ASSERT_EQUAL(message_receive(bench->control, bench->message, &state, &err), 0);
	return state == MESSAGE_GOT && bench->message->kind == CONTROL_PONG;
}

/* The listener kills a broker that gives no answer: a week after many uploads there is work. */
static void it_answers_while_it_forgets_uploads(void)
{
	OWNED_BENCH struct bench bench;
	bool answered = true;
	int64_t left = 1;

	bench_open_after(&bench,
	    "INSERT INTO upload (id, account_id, avrs_id, class, name, state, size, modified,"
	    " device, inode, changed) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL"
	    " SELECT i + 1 FROM n WHERE i < 50000) SELECT n.i, a.id, '" DROPS_AVRS_ID "',"
	    " 'edelivery', 'EFT_' || n.i || '.pdf', 'closed', 5, 0, 1, n.i, n.i FROM n, account a"
	    " WHERE a.login = 'ann'");
	for (int i = 0; i < 6000 && answered && left > 0; i++) {
		answered = answers_ping(&bench);
		left = drops_number(&bench.drops, "SELECT COUNT(*) FROM upload");
		(void)usleep(5000);
	}
	CU_ASSERT_TRUE(answered);
	CU_ASSERT_EQUAL(left, 0);
}

/* Or the listener counts the connection for as long as the broker lives. */
static void a_session_that_it_has_no_descriptor_for_is_told_as_closed(void)
{
	OWNED_BENCH struct bench bench;
	struct rlimit before;
	struct rlimit none;
	struct session session;
	int ends[2];
	struct err err;

	bench_open(&bench);
	CU_ASSERT_EQUAL_FATAL(prlimit(bench.process.pid, RLIMIT_NOFILE, NULL, &before), 0);
	none = (struct rlimit){0, before.rlim_max};
	CU_ASSERT_EQUAL_FATAL(prlimit(bench.process.pid, RLIMIT_NOFILE, &none, NULL), 0);
	CU_ASSERT_EQUAL_FATAL(message_channel(ends, &err), 0);
	message_start(bench.message, CONTROL_CHANNEL);
	message_put_int(bench.message, 7);
	message_put_text(bench.message, "127.0.0.1");
	message_put_fd(bench.message, ends[0]);
	CU_ASSERT_EQUAL_FATAL(message_send(bench.control, bench.message, &err), 0);
	(void)close(ends[0]);
	expect_closed(&bench, 7);
	CU_ASSERT_EQUAL(receive(&bench, ends[1]), MESSAGE_END);
	(void)close(ends[1]);
	CU_ASSERT_EQUAL(prlimit(bench.process.pid, RLIMIT_NOFILE, &before, NULL), 0);
	session = begin_session(&bench, 8, "ann");
	CU_ASSERT_EQUAL(ask_path(&bench, &session, REQUEST_FIND, "/"), ANSWER_OK);
	(void)end_session(&session);
}

/* A client that was sent away is back at once; its session is gone, so its upload is free. */
static void what_a_session_uploaded_is_free_as_soon_as_its_process_ends(void)
{
	static const char path[] = "/drop/" DROPS_AVRS_ID "/EFT_2.pdf";
	OWNED_BENCH struct bench bench;
	struct session sent_away;
	struct session back;
	struct pollfd told = {.events = POLLIN};

	bench_open(&bench);
	told.fd = bench.control;
	change_rights(&bench, "UPDATE account SET admin = 1 WHERE login = 'ann'");
	sent_away = begin_session(&bench, 1, "ann");
	message_start(bench.message, REQUEST_UPLOAD);
	message_put_text(bench.message, path);
	message_put_int(bench.message, UPLOAD_CREATE);
	CU_ASSERT_EQUAL(ask(&bench, &sent_away), ANSWER_OK);
	message_close_fds(bench.message);
	change_rights(&bench, "UPDATE account SET admin = 0 WHERE login = 'ann'");
	CU_ASSERT_EQUAL(receive(&bench, sent_away.channel), MESSAGE_END);
	change_rights(&bench, "UPDATE account SET admin = 1 WHERE login = 'ann'");
	CU_ASSERT_FALSE(end_session(&sent_away));
	back = introduce_session(&bench, 2);
	show_key(&bench, &back, "ann", false);
	CU_ASSERT_EQUAL(poll(&told, 1, 0), 1);
	expect_closed(&bench, 1);
	log_in(&bench, &back, 2, "ann");
	CU_ASSERT_EQUAL(ask_path(&bench, &back, REQUEST_REMOVE, path), ANSWER_OK);
	(void)end_session(&back);
}

/* A descriptor cannot be taken back: who holds one goes, the others see the new state. */
static void a_withdrawn_role_ends_the_sessions_that_hold_a_letter(void)
{
	OWNED_BENCH struct bench bench;
	struct session holds;
	struct session lists;

	bench_open(&bench);
	holds = begin_session(&bench, 1, "bob");
	lists = begin_session(&bench, 2, "bob");
	CU_ASSERT_EQUAL(ask_path(&bench, &holds, REQUEST_OPEN, LETTER), ANSWER_OK);
	CU_ASSERT_EQUAL(ask_path(&bench, &lists, REQUEST_FIND, LETTER), ANSWER_OK);
	change_rights(&bench, "DELETE FROM membership WHERE role <> 'master'");
	CU_ASSERT_EQUAL(receive(&bench, holds.channel), MESSAGE_END);
	/* It does not end by itself, so it is killed. */
	expect_closed(&bench, 1);
	CU_ASSERT_TRUE(end_session(&holds));
	CU_ASSERT_EQUAL(ask_path(&bench, &lists, REQUEST_FIND, LETTER), ANSWER_NO_SUCH_FILE);
	CU_ASSERT_FALSE(end_session(&lists));
}

/* How many letters the broker has open. */
static int letters_open(const struct bench *bench)
{
	char path[64];
	DIR *dir;
	int count = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)bench->process.pid);
	dir = opendir(path);
	CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
	for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
		char target[PATH_MAX] = "";

		if (readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1) > 0)
			count += strstr(target, "/letters/") != NULL;
	}
	(void)closedir(dir);
	return count;
}

/* While nobody asks for anything. */
static void what_it_keeps_for_the_sessions_of_an_account_it_soon_closes(void)
{
	OWNED_BENCH struct bench bench;
	struct session sessions[2];

	bench_open(&bench);
	post(&bench, DROPS_AVRS_ID "/EFT_2.pdf");
	for (int i = 0; i < 2; i++) {
		sessions[i] = begin_session(&bench, 1 + i, "ann");
		message_start(bench.message, REQUEST_OPEN_NEXT);
		message_put_int(bench.message, OPEN_BY_NAME);
		message_put_int(bench.message, OPEN_NEXT);
		message_put_text(bench.message, LETTER);
		CU_ASSERT_EQUAL(ask(&bench, &sessions[i]), ANSWER_OK);
		/* Both letters, and a channel for reports. */
		CU_ASSERT_EQUAL(bench.message->fd_count, 3);
		message_close_fds(bench.message);
	}
	/* What it handed over it has closed before it answers again. */
	CU_ASSERT_EQUAL(ask_path(&bench, &sessions[0], REQUEST_FIND, "/"), ANSWER_OK);
	CU_ASSERT_EQUAL(letters_open(&bench), 1);
	for (int i = 0; i < 100 && letters_open(&bench) > 0; i++)
		(void)usleep(10000);
	CU_ASSERT_EQUAL(letters_open(&bench), 0);
	for (int i = 0; i < 2; i++)
		(void)end_session(&sessions[i]);
}

/* Open the letter with those that follow it: there are none. Our end of the channel for reports. */
static int begin_reporting(struct bench *bench, const struct session *session)
{
	int reports;

	message_start(bench->message, REQUEST_OPEN_NEXT);
	message_put_int(bench->message, OPEN_BY_NAME);
	message_put_int(bench->message, OPEN_NEXT);
	message_put_text(bench->message, LETTER);
	CU_ASSERT_EQUAL(ask(bench, session), ANSWER_OK);
	(void)close(message_get_fd(bench->message));
	reports = message_get_fd(bench->message);
	CU_ASSERT_TRUE_FATAL(reports >= 0);
	return reports;
}

static void report(struct bench *bench, int reports, enum request request, int64_t letter)
{
	struct err err;

	message_start(bench->message, request);
	message_put_int(bench->message, letter);
	if (request == REQUEST_SENT) {
		message_put_int(bench->message, 1);
		message_put_int(bench->message, 1);
		message_put_int(bench->message, 0);
		message_put_int(bench->message, (int64_t)strlen(DROPS_PDF));
	}
	CU_ASSERT_EQUAL(message_send(reports, bench->message, &err), 0);
}

static bool comes_to(struct bench *bench, const char *sql, int64_t count)
{
	for (int i = 0; i < 200 && drops_number(&bench->drops, sql) != count; i++)
		(void)usleep(10000);
	return drops_number(&bench->drops, sql) == count;
}

/* Again and again: nobody has to ask for it. */
static void what_is_reported_is_recorded_soon(void)
{
	OWNED_BENCH struct bench bench;
	struct session session;
	int reports;

	bench_open(&bench);
	session = begin_session(&bench, 1, "ann");
	reports = begin_reporting(&bench, &session);
	for (int i = 1; i <= 3; i++) {
		CU_ASSERT_EQUAL(ask_path(&bench, &session, REQUEST_OPEN, LETTER), ANSWER_OK);
		report(&bench, reports, REQUEST_OPENED, 1);
		report(&bench, reports, REQUEST_SENT, 1);
		CU_ASSERT_TRUE(comes_to(&bench,
		    "SELECT COUNT(*) FROM receipt WHERE letter_id = 1 AND login = 'ann'", i));
		(void)usleep(120000);
	}
	CU_ASSERT_FALSE(end_session(&session));
	(void)close(reports);
}

/* It was said before the end, so it counts. */
static void what_was_reported_by_a_session_that_is_gone_is_recorded(void)
{
	OWNED_BENCH struct bench bench;
	struct session session;
	int reports;

	bench_open(&bench);
	session = begin_session(&bench, 1, "ann");
	reports = begin_reporting(&bench, &session);
	report(&bench, reports, REQUEST_SENT, 1);
	(void)close(reports);
	CU_ASSERT_FALSE(end_session(&session));
	expect_closed(&bench, 1);
	CU_ASSERT_TRUE(comes_to(
	    &bench, "SELECT COUNT(*) FROM receipt WHERE letter_id = 1 AND login = 'ann'", 1));
}

static void a_session_that_reports_what_cannot_be_is_ended(void)
{
	OWNED_BENCH struct bench bench;
	struct session wrong;
	struct session right;
	int reports;

	bench_open(&bench);
	wrong = begin_session(&bench, 1, "ann");
	right = begin_session(&bench, 2, "ann");
	reports = begin_reporting(&bench, &wrong);
	report(&bench, reports, REQUEST_OPENED, 2);
	CU_ASSERT_EQUAL(receive(&bench, wrong.channel), MESSAGE_END);
	expect_closed(&bench, 1);
	CU_ASSERT_TRUE(end_session(&wrong));
	CU_ASSERT_EQUAL(ask_path(&bench, &right, REQUEST_FIND, "/"), ANSWER_OK);
	CU_ASSERT_FALSE(end_session(&right));
	(void)close(reports);
}

/* The print shop has no role at an AVRS ID, and needs none for what is in its paper/ (R2). */
static void a_print_shop_keeps_what_it_prints_until_it_is_none(void)
{
	OWNED_BENCH struct bench bench;
	struct session shop;
	struct err err;

	bench_open(&bench);
	change_rights(&bench, "DELETE FROM membership WHERE role <> 'master'");
	change_rights(&bench, "UPDATE account SET print_shop = 1 WHERE login = 'bob'");
	change_rights(&bench, "UPDATE letter SET paper = 'queued', queued = 1, placed = 1,"
	                      " paper_date = '2019-03-27'");
	CU_ASSERT_EQUAL(
	    file_make_folder(bench.drops.spool.root_fd, "paper/2019-03-27", 0750, &err), 0);
	scratch_write(&bench.drops.scratch, "paper/2019-03-27/1_EFT_1.pdf", DROPS_PDF);
	shop = begin_session(&bench, 1, "bob");
	CU_ASSERT_EQUAL(
	    ask_path(&bench, &shop, REQUEST_OPEN, "/paper/2019-03-27/1_EFT_1.pdf"), ANSWER_OK);
	change_rights(&bench, "UPDATE account SET state = 'disabled' WHERE login = 'ann'");
	(void)usleep(1000 * 1000);
	CU_ASSERT_EQUAL(ask_path(&bench, &shop, REQUEST_FIND, "/paper"), ANSWER_OK);
	change_rights(&bench, "UPDATE account SET print_shop = 0 WHERE login = 'bob'");
	CU_ASSERT_EQUAL(receive(&bench, shop.channel), MESSAGE_END);
	expect_closed(&bench, 1);
	CU_ASSERT_TRUE(end_session(&shop));
}

/*
 * A session parses the network, so it may be anybody's: one that asks and never reads must not
 * keep the broker, and with it everybody else, waiting.
 */
static void a_session_that_reads_no_answers_keeps_nobody_waiting(void)
{
	enum { MANY = 20000 };
	OWNED_BENCH struct bench bench;
	struct session deaf;
	struct session other;
	enum message_state state = MESSAGE_NONE;
	struct err err;

	bench_open(&bench);
	deaf = begin_session(&bench, 1, "ann");
	other = begin_session(&bench, 2, "bob");
	CU_ASSERT_EQUAL(fcntl(deaf.channel, F_SETFL, O_NONBLOCK), 0);
	for (int i = 0; i < MANY; i++) {
		message_start(bench.message, REQUEST_FIND);
		message_put_text(bench.message, "/");
		if (message_send(deaf.channel, bench.message, &err) == 0)
			continue;
		if (err.kind != ERR_BUSY)
			break;
		(void)usleep(100);
	}
	CU_ASSERT_EQUAL(ask_path(&bench, &other, REQUEST_FIND, "/"), ANSWER_OK);
	while (
	    state != MESSAGE_END && message_receive(deaf.channel, bench.message, &state, &err) == 0)
		CU_ASSERT_NOT_EQUAL_FATAL(state, MESSAGE_NONE);
	expect_closed(&bench, 1);
	(void)end_session(&deaf);
	(void)end_session(&other);
}

static void without_its_listener_it_ends(void)
{
	OWNED_BENCH struct bench bench;
	struct pollfd wait;
	int status = -1;

	bench_open(&bench);
	(void)close(bench.control);
	bench.control = -1;
	wait = (struct pollfd){.fd = bench.process.pidfd, .events = POLLIN};
	CU_ASSERT_EQUAL(poll(&wait, 1, PATIENCE_MS), 1);
	CU_ASSERT_TRUE(process_has_ended(&bench.process, &status));
	CU_ASSERT_TRUE(WIFEXITED(status));
}

static void tell(struct bench *bench, enum control what)
{
	struct err err;

	message_start(bench->message, what);
	CU_ASSERT_EQUAL(message_send(bench->control, bench->message, &err), 0);
}

static void it_answers_whether_it_works_and_passes_over_what_it_does_not_know(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	tell(&bench, (enum control)1000);
	tell(&bench, CONTROL_PING);
	CU_ASSERT_EQUAL_FATAL(receive(&bench, bench.control), MESSAGE_GOT);
	CU_ASSERT_EQUAL(bench.message->kind, CONTROL_PONG);
}

/* Sessions that are logged in know what they have open, so they are only told. */
static void told_to_stop_it_tells_its_sessions_and_ends_strangers(void)
{
	OWNED_BENCH struct bench bench;
	struct session ann;
	struct session stranger;

	bench_open(&bench);
	ann = begin_session(&bench, 1, "ann");
	stranger = introduce_session(&bench, 2);
	tell(&bench, CONTROL_STOP);
	CU_ASSERT_EQUAL(receive(&bench, stranger.channel), MESSAGE_END);
	/* A sleeper takes SIGTERM at its word. */
	CU_ASSERT_TRUE(end_session(&ann));
	expect_closed(&bench, 1);
	expect_closed(&bench, 2);
	(void)end_session(&stranger);
}

static bool number_becomes(struct bench *bench, const char *sql, int64_t number)
{
	for (int i = 0; i < PATIENCE_MS / 20; i++) {
		if (drops_number(&bench->drops, sql) == number)
			return true;
		(void)usleep(20000);
	}
	return false;
}

static void it_writes_down_what_was_counted(void)
{
	OWNED_BENCH struct bench bench;
	struct session ann;
	struct err err;

	bench_open(&bench);
	ann = begin_session(&bench, 1, "ann");
	message_start(bench.message, CONTROL_TRAFFIC);
	message_put_int(bench.message, TRAFFIC_COUNT);
	for (int i = 0; i < TRAFFIC_COUNT; i++)
		message_put_int(bench.message, i == TRAFFIC_ACCEPTED ? 5 : 0);
	CU_ASSERT_EQUAL(message_send(bench.control, bench.message, &err), 0);
	CU_ASSERT_TRUE(
	    number_becomes(&bench, "SELECT value FROM traffic WHERE name = 'connections'", 5));
	CU_ASSERT_TRUE(
	    number_becomes(&bench, "SELECT value FROM traffic WHERE name = 'logins'", 1));
	(void)end_session(&ann);
}

void add_suite_broker(CU_pSuite suite)
{
	TEST(a_session_is_answered_until_it_ends);
	TEST(a_session_that_asks_what_it_may_not_is_ended);
	TEST(the_sessions_of_a_disabled_account_end);
	TEST(what_a_session_uploaded_is_free_as_soon_as_its_process_ends);
	TEST(a_withdrawn_role_ends_the_sessions_that_hold_a_letter);
	TEST(what_it_keeps_for_the_sessions_of_an_account_it_soon_closes);
	TEST(what_is_reported_is_recorded_soon);
	TEST(what_was_reported_by_a_session_that_is_gone_is_recorded);
	TEST(a_session_that_reports_what_cannot_be_is_ended);
	TEST(a_print_shop_keeps_what_it_prints_until_it_is_none);
	TEST(it_answers_while_it_forgets_uploads);
	TEST(a_session_that_it_has_no_descriptor_for_is_told_as_closed);
	TEST(a_session_that_reads_no_answers_keeps_nobody_waiting);
	TEST(without_its_listener_it_ends);
	TEST(it_answers_whether_it_works_and_passes_over_what_it_does_not_know);
	TEST(told_to_stop_it_tells_its_sessions_and_ends_strangers);
	TEST(it_writes_down_what_was_counted);
}
