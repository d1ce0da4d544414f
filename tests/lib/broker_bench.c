/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/broker_bench.h"
#include "server/acknowledge.h"
#include "server/report_box.h"

#include <CUnit/CUnit.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "batch/post.h"

void broker_bench_post(struct broker_bench *bench, const char *path, const char *content)
{
	struct drop drop;
	struct err err;

	drops_take(&bench->drops, path, content, &drop);
	CU_ASSERT_EQUAL_FATAL(drops_post(&bench->drops, &drop, 1, &err), 0);
	drop_done(&drop);
}

void broker_bench_open(struct broker_bench *bench)
{
	struct public_key key = {
	    .type = "ssh-ed25519", .blob = "AAAA", .fingerprint = "SHA256:test"};
	int ends[2];
	struct err err;

	drops_open(&bench->drops, "");
	(void)scratch_account(&bench->drops.spool, "ann", DROPS_AVRS_ID, "master");
	CU_ASSERT_EQUAL_FATAL(account_get(bench->drops.spool.catalog, "ann", &bench->ann, &err), 0);
	CU_ASSERT_EQUAL_FATAL(public_key_add(bench->drops.spool.catalog, &bench->drops.spool.actor,
	                          &bench->ann, &key, &err),
	    0);
	broker_bench_post(bench, DROPS_AVRS_ID "/EFT_1.pdf", DROPS_PDF);
	bench->broker = mem_new(1, sizeof(*bench->broker));
	bench->broker->spool = bench->drops.spool;
	drop_root_init(&bench->broker->drop_root, &bench->broker->spool);
	bench->broker->ledger = ledger_new(&bench->broker->spool);
	CU_ASSERT_EQUAL_FATAL(loop_new(&bench->broker->loop, &err), 0);
	CU_ASSERT_EQUAL_FATAL(report_box_new(bench->broker, &err), 0);
	CU_ASSERT_EQUAL_FATAL(message_channel(ends, &err), 0);
	bench->session = mem_new(1, sizeof(*bench->session));
	bench->session->broker = bench->broker;
	bench->session->channel = ends[0];
	bench->session->pidfd = -1;
	text_copy(bench->session->address, "192.0.2.7");
	bench->session->phase = PHASE_UNKNOWN;
	bench->channel = ends[1];
	bench->reports = -1;
	view_init(&bench->session->view, &bench->broker->spool, &bench->ann);
	upload_desk_init(&bench->session->desk, &bench->session->view, &bench->broker->desks);
}

void broker_bench_close(struct broker_bench *bench)
{
	report_box_remove(bench->session);
	report_box_free(bench->broker);
	upload_desk_done(&bench->session->desk);
	view_done(&bench->session->view);
	clean_fd(&bench->session->pidfd);
	clean_fd(&bench->session->channel);
	clean_fd(&bench->channel);
	clean_fd(&bench->reports);
	acknowledge_forget(bench->session);
	free(bench->session);
	shelf_clear(&bench->broker->shelf);
	ledger_free(bench->broker->ledger);
	loop_free(bench->broker->loop);
	free(bench->broker);
	drops_close(&bench->drops);
}

struct message *ask_begin(struct broker_bench *bench, uint32_t kind)
{
	message_start(&bench->broker->in, kind);
	return &bench->broker->in;
}

int ask_raw(struct broker_bench *bench, struct err *err)
{
	struct message *in = &bench->broker->in;
	int result;

	/* A login has a desk of its own. */
	if (in->kind == REQUEST_KEY)
		upload_desk_done(&bench->session->desk);
	for (unsigned i = 0; i < in->fd_count; i++)
		in->fds[i] = fcntl(in->fds[i], F_DUPFD_CLOEXEC, 0);
	result = broker_answer(bench->session, err);
	message_close_fds(in);
	return result;
}

bool ask_answer(struct broker_bench *bench)
{
	struct pollfd wait = {.fd = bench->channel, .events = POLLIN};
	enum message_state state = MESSAGE_NONE;
	struct err err;

	if (poll(&wait, 1, 0) != 1)
		return false;
	message_start(&bench->broker->in, 0);
	CU_ASSERT_EQUAL(message_receive(bench->channel, &bench->broker->in, &state, &err), 0);
	return state == MESSAGE_GOT;
}

enum answer ask_for(struct broker_bench *bench)
{
	uint32_t kind = bench->broker->in.kind;
	struct err err;

	CU_ASSERT_EQUAL_FATAL(ask_raw(bench, &err), 0);
	CU_ASSERT_TRUE_FATAL(ask_answer(bench));
	CU_ASSERT_EQUAL(bench->broker->in.kind, kind);
	return (enum answer)message_get_bounded(&bench->broker->in, ANSWER_OK, ANSWER_COUNT - 1);
}

enum answer ask_path(struct broker_bench *bench, enum request request, const char *path)
{
	message_put_text(ask_begin(bench, request), path);
	return ask_for(bench);
}

enum answer ask_number(struct broker_bench *bench, enum request request, int64_t number)
{
	message_put_int(ask_begin(bench, request), number);
	return ask_for(bench);
}

void expect_answer_reason(struct broker_bench *bench, const char *reason)
{
	CU_ASSERT_STRING_EQUAL(message_get_text(&bench->broker->in), reason);
	CU_ASSERT_TRUE(message_is_read(&bench->broker->in));
}

void expect_entry(struct broker_bench *bench, const char *name, bool is_folder, int64_t size)
{
	struct message *in = &bench->broker->in;

	CU_ASSERT_STRING_EQUAL(message_get_text(in), name);
	CU_ASSERT_EQUAL(message_get_int(in), is_folder);
	CU_ASSERT_EQUAL(message_get_int(in), size);
	CU_ASSERT_NOT_EQUAL(message_get_int(in), 0);
	CU_ASSERT_FALSE(message_is_bad(in));
}
