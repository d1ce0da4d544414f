/* SPDX-License-Identifier: Apache-2.0 */
/* Desks of an administrator's sessions, for suites: what is asked of them, and what comes of it. */
#ifndef TESTS_LIB_DESK_BENCH_H
#define TESTS_LIB_DESK_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clean.h"
#include "server/upload_desk.h"
#include "tests/lib/fixture.h"

#define DESK_ID     "123456789"
#define DESK_LETTER "/drop/" DESK_ID "/EFT_1.pdf"
#define DESK_DISK   "drop/" DESK_ID "/EFT_1.pdf"
#define DESK_PART   "drop/" DESK_ID "/.EFT_1.pdf.part"
#define DESK_NEW    (UPLOAD_CREATE | UPLOAD_EMPTY)

/* Two sessions of adam, who is an administrator. */
struct desk_bench {
	struct fixture f;
	struct view view;
	struct upload_desk desk;
	struct upload_desk other;
	struct upload_desk *all;
	struct ruling ruling; /* of what was asked last */
};

void desk_bench_open(struct desk_bench *bench);
void desk_bench_close(struct desk_bench *bench);
#define OWNED_DESK_BENCH OWNED(desk_bench_close)

/*
 * Open, and write content (or NULL) behind what is there. The number of what was opened, or -1
 * where the ruling is no. Its descriptor is closed.
 */
int64_t desk_open_as(struct desk_bench *bench, struct upload_desk *desk, const char *path,
    unsigned how, const char *content);

/* What adam's first session asks, and the answer. */
enum answer desk_close(struct desk_bench *bench, int64_t number, const char *failure);
enum answer desk_upload(struct desk_bench *bench, const char *path, const char *content);
enum answer desk_remove(struct desk_bench *bench, const char *path);
enum answer desk_rename(struct desk_bench *bench, const char *from, const char *to);
enum answer desk_set(
    struct desk_bench *bench, const char *path, unsigned what, int64_t size, int64_t modified);

/* Is it on disk, with that content? Its size as the account sees it, or -1. */
bool desk_has(const struct desk_bench *bench, const char *path);
void desk_expect_content(const struct desk_bench *bench, const char *path, const char *content);
int64_t desk_size_in_view(struct desk_bench *bench, const char *path);

#endif
