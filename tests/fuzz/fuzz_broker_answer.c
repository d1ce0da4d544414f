/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any requests of a session that was taken over, in any phase: the broker answers or ends it, with
 * one answer at most, no descriptor stays behind, and nothing of another provider is ever found.
 *
 * A request is a byte for its kind, one for its descriptors, then values: a byte for the type and
 * what it needs, until one that is none.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "batch/post.h"
#include "server/acknowledge.h"
#include "server/broker_session.h"
#include "server/report_box.h"
#include "tests/lib/drops.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OTHERS_CLEAN_UP = 500 };

#define STRANGER "987654321"

static struct {
	struct drops drops;
	struct account ann;
	struct broker *broker;
	int ends[2]; /* the broker's, ours */
	unsigned runs;
} bench;

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void post_letter(const char *path)
{
	struct drop drop;
	struct err err;

	drops_take(&bench.drops, path, DROPS_PDF, &drop);
	must(drops_post(&bench.drops, &drop, 1, &err) == 0);
	drop_done(&drop);
}

static void remove_bench(void)
{
	drops_close(&bench.drops);
}

/* ann is the master of one provider; it has a letter, and so has another one. */
static void make_bench(void)
{
	struct public_key key = {
	    .type = "ssh-ed25519", .blob = "AAAA", .fingerprint = "SHA256:test"};
	struct err err;

	(void)unsetenv("TEST_CATALOG");
	drops_open(&bench.drops, "");
	scratch_provider(&bench.drops.spool, STRANGER);
	(void)scratch_account(&bench.drops.spool, "zoe", STRANGER, "master");
	(void)scratch_account(&bench.drops.spool, "ann", DROPS_AVRS_ID, "master");
	must(account_get(bench.drops.spool.catalog, "ann", &bench.ann, &err) == 0);
	must(public_key_add(
	         bench.drops.spool.catalog, &bench.drops.spool.actor, &bench.ann, &key, &err) == 0);
	must(catalog_run(bench.drops.spool.catalog, "PRAGMA synchronous = OFF", NO_VALUES, &err) ==
	     0);
	post_letter(DROPS_AVRS_ID "/EFT_1.pdf");
	post_letter(STRANGER "/EFT_2.pdf");
	bench.broker = mem_new(1, sizeof(*bench.broker));
	bench.broker->spool = bench.drops.spool;
	must(loop_new(&bench.broker->loop, &err) == 0);
	must(message_channel(bench.ends, &err) == 0);
	must(fcntl(bench.ends[0], F_SETFL, O_NONBLOCK) == 0);
	must(report_box_new(bench.broker, &err) == 0);
	(void)atexit(remove_bench);
}

/* --- requests out of the input */

struct input {
	const uint8_t *at;
	const uint8_t *end;
};

static uint8_t next(struct input *in)
{
	return in->at < in->end ? *in->at++ : 0;
}

static void put_value(struct input *in, struct message *out, uint8_t type)
{
	static const char *const texts[] = {"ann", "ssh-ed25519", "AAAA", "/", "/new",
	    "/" DROPS_AVRS_ID "/edelivery", "/" DROPS_AVRS_ID "/edelivery/EFT_1.pdf",
	    "/new/" DROPS_AVRS_ID "_EFT_1.pdf", "/" DROPS_AVRS_ID "/MANIFEST.csv", "/STATUS.txt",
	    "/" STRANGER "/edelivery/EFT_2.pdf", "/" STRANGER, "/new/" STRANGER "_EFT_2.pdf",
	    "zoe"};
	size_t count;
	char *text;

	switch (type % 4) {
	case 0:
		message_put_text(out, texts[next(in) % (sizeof(texts) / sizeof(texts[0]))]);
		break;
	case 1:
		message_put_int(out, (int8_t)next(in));
		break;
	case 2:
		count = next(in) % ((size_t)(in->end - in->at) + 1);
		text = mem_dup_part((const char *)in->at, count);
		message_put_text(out, text);
		free(text);
		in->at += count;
		break;
	default:
		count = next(in) % ((size_t)(in->end - in->at) + 1);
		message_put_bytes(out, in->at, count);
		in->at += count;
	}
}

static void read_request(struct input *in, struct message *out)
{
	uint8_t fds;
	uint8_t type;

	message_start(out, next(in) % (REQUEST_COUNT + 2));
	/* It starts a process. */
	if (out->kind == REQUEST_ARCHIVE)
		out->kind = REQUEST_COUNT;
	fds = next(in);
	for (int i = fds % 8 == 7 ? 2 : fds % 2; i > 0; i--)
		message_put_fd(out, fcntl(bench.ends[1], F_DUPFD_CLOEXEC, 0));
	for (type = next(in); type % 8 < 4 && in->at < in->end; type = next(in))
		put_value(in, out, type % 8);
	/* Cut off, or with something behind. */
	if (type == 255 && out->length > 0)
		out->length--;
	else if (type == 254)
		message_put_int(out, 0);
}

/* --- sessions */

/* As a login does it. */
static void begin_view(struct broker_session *s)
{
	view_init(&s->view, &bench.broker->spool, &bench.ann);
	upload_desk_init(&s->desk, &s->view, &bench.broker->desks);
}

static struct broker_session *new_session(uint8_t phase)
{
	static const enum phase phases[] = {
	    PHASE_UNKNOWN, PHASE_STRANGER, PHASE_LOGGED_IN, PHASE_SFTP, PHASE_ENDING};
	struct broker_session *s = mem_new(1, sizeof(*s));

	s->broker = bench.broker;
	s->channel = bench.ends[0];
	s->pidfd = -1;
	s->phase = phases[phase % (sizeof(phases) / sizeof(phases[0]))];
	text_copy(s->address, "192.0.2.7");
	if (s->phase & (PHASE_LOGGED_IN | PHASE_SFTP))
		begin_view(s);
	return s;
}

static void free_session(struct broker_session *s)
{
	report_box_remove(s);
	upload_desk_done(&s->desk);
	if (s->view.account.login[0])
		view_done(&s->view);
	clean_fd(&s->pidfd);
	acknowledge_forget(s);
	free(s);
}

/* The answer, if there is one, and not two. */
static bool take_answer(enum answer *ret_answer)
{
	struct pollfd wait = {.fd = bench.ends[1], .events = POLLIN};
	enum message_state state = MESSAGE_NONE;
	struct message *in = &bench.broker->in;
	struct err err;

	if (poll(&wait, 1, 0) != 1)
		return false;
	must(message_receive(bench.ends[1], in, &state, &err) == 0 && state == MESSAGE_GOT);
	*ret_answer = (enum answer)message_get_bounded(in, ANSWER_OK, ANSWER_COUNT - 1);
	must(!message_is_bad(in));
	message_close_fds(in);
	must(poll(&wait, 1, 0) == 0);
	return true;
}

/* Does the request's path lead to the other provider? */
static bool is_foreign(const struct message *request)
{
	static struct message copy;
	const char *path;

	copy = *request;
	if (request->kind == REQUEST_OPEN_NEXT) {
		(void)message_get_int(&copy);
		(void)message_get_int(&copy);
	}
	path = message_get_text(&copy);
	return request->kind >= REQUEST_FIND &&
	       (strncmp(path, "/" STRANGER, sizeof(STRANGER)) == 0 ||
	           strstr(path, STRANGER "_EFT") != NULL);
}

/* Returns whether the session goes on. */
static bool ask(struct broker_session *s)
{
	struct message *in = &bench.broker->in;
	uint32_t kind = in->kind;
	enum phase phase = s->phase;
	bool must_fail = is_foreign(in);
	enum answer answer = ANSWER_OK;
	bool goes_on;
	struct err err;

	/* That would start a verifier. */
	if (kind == REQUEST_PASSWORD && phase == PHASE_STRANGER) {
		message_close_fds(in);
		return true;
	}
	/* As it comes from the channel for reports. */
	if (kind == REQUEST_OPENED && phase == PHASE_SFTP)
		goes_on = acknowledge_take_report(s, in, &err) == 0;
	else
		goes_on = broker_answer(s, &err) == 0;
	message_close_fds(in);
	must(goes_on || err.kind == ERR_REFUSED);
	if (!take_answer(&answer))
		return goes_on;
	must(goes_on && kind < REQUEST_COUNT && phase != PHASE_ENDING);
	must(kind <= REQUEST_START || phase == PHASE_SFTP);
	must(!must_fail || answer != ANSWER_OK);
	return true;
}

static int lowest_free(void)
{
	int fd = dup(bench.ends[0]);

	(void)close(fd);
	return fd;
}

static void run(struct input *in)
{
	struct broker_session *s = new_session(next(in));
	bool goes_on = true;

	while (goes_on && in->at < in->end) {
		read_request(in, &bench.broker->in);
		goes_on = ask(s);
	}
	free_session(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, data + size};
	struct err err;
	int before;

	if (!bench.broker)
		make_bench();
	before = lowest_free();
	bench.broker->ledger = ledger_new(&bench.broker->spool);
	run(&in);
	ledger_free(bench.broker->ledger);
	must(lowest_free() == before);
	if (++bench.runs % OTHERS_CLEAN_UP == 0)
		must(catalog_run(bench.drops.spool.catalog, "DELETE FROM event", NO_VALUES, &err) ==
		     0);
	return 0;
}
