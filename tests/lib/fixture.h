/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scratch spool in one declaration, and letters posted in it as batch/ leaves them.
 *
 *	OWNED_FIXTURE struct fixture f;
 *
 *	fixture_open(&f);
 */
#ifndef TESTS_LIB_FIXTURE_H
#define TESTS_LIB_FIXTURE_H

#include "spool/account.h"
#include "spool/letter.h"
#include "tests/lib/scratch.h"

/* The clock stands still at this: noon of 2024-05-15 in UTC, the same day in the agency. */
#define FIXTURE_NOW INT64_C(1715774400000000)

struct fixture {
	struct scratch scratch;
	struct spool spool;
	struct catalog *catalog; /* of the spool */
};

/* A spool with an empty catalog that does not wait for the disk. Dies when there can be none. */
void fixture_open(struct fixture *f);
void fixture_close(struct fixture *f);
#define OWNED_FIXTURE OWNED(fixture_close)

/* Does the catalog hear of what another connection announced? It may take a moment to get there. */
bool fixture_has_news(struct catalog *catalog);

/* Another connection to the same catalog, which the caller closes. */
struct catalog *fixture_connect(const struct fixture *f);

/* Add a clerk who sees letters and trade files; give an account that is there a role; read it. */
int64_t fixture_clerk(const struct fixture *f, const char *login, const char *avrs_id);
void fixture_grant(
    const struct fixture *f, const char *login, const char *avrs_id, const char *role);
void fixture_account(const struct fixture *f, const char *login, struct account *ret_account);

/* A letter in state posting; then posted, now, with the next number of its AVRS ID. */
void fixture_letter(const struct fixture *f, const char *avrs_id, enum letter_class class,
    const char *name, struct letter *ret_letter);
void fixture_post(const struct fixture *f, struct letter *letter);

/* Both at once. */
void fixture_posted(const struct fixture *f, const char *avrs_id, enum letter_class class,
    const char *name, struct letter *ret_letter);

/* A letter in the outbox folder of a date, now. */
void fixture_on_paper(const struct fixture *f, const char *avrs_id, const char *date,
    const char *name, struct letter *ret_letter);

/* Posted, with its file in letters/: content is what is in it. */
void fixture_stored(const struct fixture *f, const char *avrs_id, enum letter_class class,
    const char *name, const char *content, struct letter *ret_letter);

/* Run SQL (a literal), and the number that a query yields. */
void fixture_sql(const struct fixture *f, const char *sql);
int64_t fixture_number(const struct fixture *f, const char *sql);

/* Did the call that result and err come from fail, with an error of that kind and a text? */
bool fails(int result, const struct err *err, enum err_kind kind);

/* How many descriptors this process has open. */
int fixture_open_descriptors(void);

#endif
