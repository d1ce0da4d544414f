/* SPDX-License-Identifier: Apache-2.0 */
#include "server/packer.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/text.h"

struct packer {
	struct broker *broker;
	struct process process;
	struct watch *watch;
	char login[LOGIN_MAX + 1]; /* whose archive it is */
	struct packer *next;
};

static void release(struct packer *packer)
{
	loop_unwatch(packer->broker->loop, packer->watch);
	clean_fd(&packer->process.pidfd);
	free(packer);
}

static void forget(struct packer *packer)
{
	struct packer **at = &packer->broker->packers;

	while (*at != packer)
		at = &(*at)->next;
	*at = packer->next;
	release(packer);
}

static void on_end(void *arg)
{
	struct packer *packer = arg;
	char how[32];
	int status = 0;

	/* Before the descriptor closes, which the wait does. */
	loop_unwatch(packer->broker->loop, packer->watch);
	packer->watch = NULL;
	if (process_has_ended(&packer->process, &status) && status != 0) {
		process_print_end(status, how);
		log_error("process=archive text=\"ended with %s\"", how);
	}
	forget(packer);
}

/* May there be one more, for that account? */
static int check_count(const struct broker *broker, const char *login, struct err *err)
{
	int all = 0;
	int own = 0;

	for (const struct packer *packer = broker->packers; packer; packer = packer->next) {
		all++;
		own += strcmp(packer->login, login) == 0;
	}
	if (own >= PACKERS_PER_ACCOUNT_MAX)
		return err_set(err, ERR_BUSY,
		    "you are fetching %d archives already, please try again when one is done", own);
	if (all >= PACKERS_MAX)
		return err_set(
		    err, ERR_BUSY, "too many archives are being fetched, please try again later");
	return 0;
}

/* Start the program with its end of the channel. */
static int start(struct packer *packer, int end, struct err *err)
{
	char path[PATH_MAX];
	const char *argv[] = {path, "--stream", packer->broker->settings, NULL};

	if (process_sibling("edelivery-archive", path, sizeof(path), err) < 0 ||
	    process_start(argv, &end, 1, &packer->process, err) < 0)
		return -1;
	if (loop_watch(packer->broker->loop, packer->process.pidfd, on_end, packer, &packer->watch,
	        err) == 0)
		return 0;
	process_stop(&packer->process, 0);
	return -1;
}

int packer_start(
    struct broker *broker, const struct archive_order *order, int *ret_fd, struct err *err)
{
	static struct message message;
	OWNED_FD int session = -1;
	OWNED_FD int own = -1;
	struct packer *packer;
	int ends[2];

	if (check_count(broker, order->login, err) < 0 || message_channel(ends, err) < 0)
		return -1;
	session = ends[0];
	own = ends[1];
	archive_order_put(&message, order);
	if (message_send(session, &message, err) < 0)
		return -1;
	if (fcntl(session, F_SETFL, O_NONBLOCK) < 0)
		return err_sys(err, "set up the channel of an archive");
	packer = mem_new(1, sizeof(*packer));
	*packer = (struct packer){.broker = broker, .process = {.pidfd = -1}};
	text_copy(packer->login, order->login);
	if (start(packer, own, err) < 0) {
		free(packer);
		return -1;
	}
	packer->next = broker->packers;
	broker->packers = packer;
	*ret_fd = TAKE_FD(session);
	return 0;
}

void packer_forget_all(struct broker *broker)
{
	struct packer *next = NULL;

	for (struct packer *packer = broker->packers; packer; packer = next) {
		next = packer->next;
		release(packer);
	}
	broker->packers = NULL;
}
