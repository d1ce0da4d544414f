/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A broker with one session, for suites: what the session would ask is asked as if it had been
 * received, and the answer read from the session's end of the channel.
 */
#ifndef TESTS_LIB_BROKER_BENCH_H
#define TESTS_LIB_BROKER_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clean.h"
#include "server/broker_session.h"
#include "tests/lib/drops.h"

#define BENCH_LETTER "/" DROPS_AVRS_ID "/edelivery/EFT_1.pdf"
#define BENCH_UPLOAD "/drop/" DROPS_AVRS_ID "/EFT_2.pdf"
#define BENCH_NEW    "/new/" DROPS_AVRS_ID "_EFT_1.pdf"

/* A broker with one session, whose end of the channel is ours; ann is a master with a letter. */
struct broker_bench {
	struct drops drops;
	struct broker *broker;
	struct broker_session *session;
	struct account ann;
	int channel;
	int reports; /* our end of its channel for them, -1: it has none, or a test keeps it */
};

void broker_bench_open(struct broker_bench *bench);
void broker_bench_close(struct broker_bench *bench);
#define OWNED_BROKER_BENCH OWNED(broker_bench_close)

/* Post one letter more. */
void broker_bench_post(struct broker_bench *bench, const char *path, const char *content);

/* Begin a request; what it holds is put behind it. */
struct message *ask_begin(struct broker_bench *bench, uint32_t kind);

/* Ask it, as if it had been received; descriptors in it are copies of the caller's. */
int ask_raw(struct broker_bench *bench, struct err *err);

/* Is there an answer? Then it is in broker->in, which nobody needs now. */
bool ask_answer(struct broker_bench *bench);

/* Ask, and read the answer's head. */
enum answer ask_for(struct broker_bench *bench);
enum answer ask_path(struct broker_bench *bench, enum request request, const char *path);
enum answer ask_number(struct broker_bench *bench, enum request request, int64_t number);

/* The reason that the answer ends with; the entry that comes next in it. */
void expect_answer_reason(struct broker_bench *bench, const char *reason);
void expect_entry(struct broker_bench *bench, const char *name, bool is_folder, int64_t size);

#endif
