/* SPDX-License-Identifier: Apache-2.0 */
#include "server/shelf.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/text.h"
#include "spool/folder.h"
#include "tests/lib/drops.h"
#include "tests/unit/suite.h"

void add_suite_shelf(CU_pSuite suite);

#define FOLDER "/" DROPS_AVRS_ID "/edelivery/"

enum { LETTERS_MAX = 200, NAME_SIZE = 24 };

/* Letters EFT_000.pdf, EFT_001.pdf and so on, which ann and bob may see; each is its name. */
struct bench {
	struct drops drops;
	struct shelf shelf;
	struct view ann;
	struct view bob;
	int before; /* descriptors that are open while nothing is kept */
};

static void print_name(int letter, char ret_name[NAME_SIZE])
{
	(void)snprintf(ret_name, NAME_SIZE, "EFT_%03d.pdf", letter);
}

static void post(struct bench *bench, int count)
{
	static struct drop all[LETTERS_MAX];
	struct err err;

	for (int i = 0; i < count; i++) {
		char path[40] = DROPS_AVRS_ID "/";
		char name[NAME_SIZE];

		print_name(i, name);
		text_copy_part(path + strlen(path), sizeof(name), name);
		drops_take(&bench->drops, path, name, &all[i]);
	}
	CU_ASSERT_EQUAL_FATAL(drops_post(&bench->drops, all, (size_t)count, &err), 0);
	for (int i = 0; i < count; i++)
		drop_done(&all[i]);
}

static void open_view(
    struct bench *bench, const char *login, const char *role, struct view *ret_view)
{
	struct account account;
	struct err err;

	(void)scratch_account(&bench->drops.spool, login, DROPS_AVRS_ID, role);
	CU_ASSERT_EQUAL_FATAL(account_get(bench->drops.spool.catalog, login, &account, &err), 0);
	view_init(ret_view, &bench->drops.spool, &account);
}

static void bench_open(struct bench *bench, int letters)
{
	*bench = (struct bench){.before = 0};
	drops_open(&bench->drops, "");
	post(bench, letters);
	open_view(bench, "ann", "master", &bench->ann);
	open_view(bench, "bob", "e-delivery-only", &bench->bob);
	bench->before = drops_open_fds();
}

static int kept(const struct bench *bench)
{
	return drops_open_fds() - bench->before;
}

static void bench_close(struct bench *bench)
{
	shelf_clear(&bench->shelf);
	CU_ASSERT_EQUAL(kept(bench), 0);
	CU_ASSERT_EQUAL(shelf_tidy(&bench->shelf), -1);
	view_done(&bench->ann);
	view_done(&bench->bob);
	drops_close(&bench->drops);
}
#define OWNED_BENCH OWNED(bench_close)

/* It is the letter of that number: in its entry, on disk, and in its descriptor. */
static int expect_letter(const struct view_found *next, int fd, void *arg, struct err *err)
{
	int *number = arg;
	char name[NAME_SIZE];
	char content[32] = "";

	(void)err;
	print_name(*number, name);
	CU_ASSERT_STRING_EQUAL(next->place.name, name);
	CU_ASSERT_STRING_EQUAL(next->letter.name, name);
	CU_ASSERT_STRING_EQUAL(next->letter.avrs_id, DROPS_AVRS_ID);
	CU_ASSERT_EQUAL(next->letter.class, CLASS_EDELIVERY);
	CU_ASSERT_STRING_EQUAL(next->entry.name, name);
	CU_ASSERT_FALSE(next->entry.is_folder);
	CU_ASSERT_EQUAL(next->entry.size, (int64_t)strlen(name));
	CU_ASSERT_EQUAL(pread(fd, content, sizeof(content), 0), (ssize_t)strlen(name));
	CU_ASSERT_STRING_EQUAL(content, name);
	CU_ASSERT_EQUAL(close(fd), 0);
	++*number;
	return 0;
}

/* What a session asks for, and gets: so many letters behind that one. */
struct asked {
	int64_t session;
	struct view *view;
	int after;
	int64_t limit;
	int count;
	bool as_listed;
};

static void find(struct view *view, const char *path, struct view_found *ret_found)
{
	enum view_answer answer = VIEW_NOTHING;
	struct err err;

	CU_ASSERT_EQUAL(view_find(view, path, ret_found, &answer, &err), 0);
	CU_ASSERT_EQUAL_FATAL(answer, VIEW_FOUND);
}

static void find_letter(struct view *view, int letter, struct view_found *ret_found)
{
	char path[64] = FOLDER;

	print_name(letter, path + strlen(path));
	find(view, path, ret_found);
}

/* How many letters there are for the wish, which is for those behind that one. */
static int ask(struct bench *bench, const struct shelf_wish *wish, int after)
{
	int number = after + 1;
	struct err err;

	CU_ASSERT_EQUAL(shelf_open_next(&bench->shelf, wish, expect_letter, &number, &err), 0);
	return number - after - 1;
}

static void expect(struct bench *bench, const struct asked *asked)
{
	struct view_found found;
	const struct shelf_wish wish = {
	    asked->session, asked->view, &found, !asked->as_listed, asked->limit};

	find_letter(asked->view, asked->after, &found);
	CU_ASSERT_EQUAL(ask(bench, &wish, asked->after), asked->count);
}

static void expect_for_ann(struct bench *bench, int64_t session, int after, int count)
{
	expect(bench, &(struct asked){session, &bench->ann, after, 4, count, false});
}

/* Takes the file away, so that only who has it open can hand it over. */
static void hide(struct bench *bench, int letter)
{
	char name[NAME_SIZE];
	char path[FOLDER_PATH_MAX];

	print_name(letter, name);
	folder_letter(DROPS_AVRS_ID, CLASS_EDELIVERY, letter + 1, name, path);
	CU_ASSERT_EQUAL(unlinkat(bench->drops.spool.root_fd, path, 0), 0);
}

static void for_a_session_alone_nothing_is_kept(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench, 12);
	for (int after = 0; after <= 6; after += 2)
		expect_for_ann(&bench, 1, after, 4);
	CU_ASSERT_EQUAL(kept(&bench), 0);
}

static void what_is_opened_for_one_session_others_get_too(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench, 12);
	expect_for_ann(&bench, 1, 0, 4);
	expect_for_ann(&bench, 2, 1, 4);
	CU_ASSERT_EQUAL(kept(&bench), 4);
	for (int letter = 2; letter <= 5; letter++)
		hide(&bench, letter);
	expect_for_ann(&bench, 3, 1, 4);
	/* As long as it is at least half of what is wished for, it is enough. */
	expect_for_ann(&bench, 1, 3, 2);
	expect_for_ann(&bench, 2, 3, 2);
	CU_ASSERT_EQUAL(kept(&bench), 4);
}

static void behind_what_is_kept_it_goes_on(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench, 12);
	expect_for_ann(&bench, 1, 0, 4);
	expect_for_ann(&bench, 2, 1, 4);
	expect_for_ann(&bench, 1, 4, 4);
	CU_ASSERT_EQUAL(kept(&bench), 8);
	for (int letter = 2; letter <= 9; letter++)
		hide(&bench, letter);
	expect_for_ann(&bench, 2, 5, 4);
	/* To the end of the folder. */
	expect_for_ann(&bench, 1, 9, 2);
	expect_for_ann(&bench, 2, 10, 1);
	expect_for_ann(&bench, 2, 11, 0);
}

static void who_is_further_begins_anew(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench, 20);
	expect_for_ann(&bench, 1, 0, 4);
	expect_for_ann(&bench, 2, 1, 4);
	expect_for_ann(&bench, 1, 9, 4);
	CU_ASSERT_EQUAL(kept(&bench), 4);
	hide(&bench, 10);
	expect_for_ann(&bench, 2, 9, 4);
}

/* He is served from the disk, and the others' stay. */
static void who_is_behind_disturbs_nobody(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench, 20);
	expect_for_ann(&bench, 1, 9, 4);
	expect_for_ann(&bench, 2, 9, 4);
	expect_for_ann(&bench, 3, 0, 4);
	CU_ASSERT_EQUAL(kept(&bench), 4);
	hide(&bench, 10);
	expect_for_ann(&bench, 1, 9, 4);
}

static void accounts_and_orders_have_their_own(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench, 12);
	expect_for_ann(&bench, 1, 0, 4);
	expect_for_ann(&bench, 2, 0, 4);
	hide(&bench, 1);
	expect_for_ann(&bench, 1, 0, 4);
	expect(&bench, &(struct asked){3, &bench.bob, 0, 4, 0, false});
	expect(&bench, &(struct asked){4, &bench.bob, 0, 4, 0, false});
	expect(&bench, &(struct asked){1, &bench.ann, 0, 4, 0, true});
	expect(&bench, &(struct asked){2, &bench.ann, 1, 4, 4, true});
	CU_ASSERT_EQUAL(kept(&bench), 8);
}

/* Who asks for the one that cannot be opened is told why, and the next ones can be had. */
static void what_cannot_be_opened_ends_what_is_kept(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench, 12);
	hide(&bench, 3);
	expect_for_ann(&bench, 1, 0, 2);
	expect_for_ann(&bench, 2, 0, 2);
	expect_for_ann(&bench, 1, 2, 0);
	expect_for_ann(&bench, 2, 3, 4);
	expect_for_ann(&bench, 1, 3, 4);
	CU_ASSERT_EQUAL(kept(&bench), 4);
}

static void what_is_kept_is_soon_closed(void)
{
	const struct timespec pause = {.tv_nsec = 260 * 1000 * 1000};
	OWNED_BENCH struct bench bench;
	int64_t left;

	bench_open(&bench, 12);
	CU_ASSERT_EQUAL(shelf_tidy(&bench.shelf), -1);
	expect_for_ann(&bench, 1, 0, 4);
	expect_for_ann(&bench, 2, 0, 4);
	left = shelf_tidy(&bench.shelf);
	CU_ASSERT_TRUE(left > 0);
	CU_ASSERT_TRUE(left <= SHELF_LASTS);
	CU_ASSERT_EQUAL(kept(&bench), 4);
	(void)nanosleep(&pause, NULL);
	CU_ASSERT_EQUAL(shelf_tidy(&bench.shelf), -1);
	CU_ASSERT_EQUAL(kept(&bench), 0);
	/* Nor is it known any more that there was another session. */
	expect_for_ann(&bench, 1, 0, 4);
	CU_ASSERT_EQUAL(kept(&bench), 0);
}

/* However often it is asked for in between. */
static void no_letter_is_kept_for_longer_than_another(void)
{
	const struct timespec pause = {.tv_nsec = 90 * 1000 * 1000};
	OWNED_BENCH struct bench bench;

	bench_open(&bench, 12);
	expect_for_ann(&bench, 1, 0, 4);
	expect_for_ann(&bench, 2, 0, 4);
	(void)nanosleep(&pause, NULL);
	expect_for_ann(&bench, 1, 3, 4);
	CU_ASSERT_EQUAL(kept(&bench), 8);
	for (int i = 0; i < 2; i++) {
		(void)nanosleep(&pause, NULL);
		expect_for_ann(&bench, 2, 5, 3);
	}
	CU_ASSERT_EQUAL(kept(&bench), 4);
}

static void what_is_kept_is_bounded(void)
{
	OWNED_BENCH struct bench bench;
	struct view_found found;
	struct shelf_wish wish = {0, &bench.ann, &found, true, OPEN_NEXT};

	bench_open(&bench, LETTERS_MAX);
	for (int after = 0; after < LETTERS_MAX - OPEN_NEXT; after += 10) {
		int count;

		wish.session++;
		find_letter(&bench.ann, after, &found);
		count = ask(&bench, &wish, after);
		CU_ASSERT_TRUE(count >= OPEN_NEXT / 2);
		CU_ASSERT_TRUE(count <= OPEN_NEXT);
		CU_ASSERT_TRUE(kept(&bench) <= SHELF_LETTERS);
	}
}

/* More accounts at once than there is room for: the one that asked first gives way. */
static void the_oldest_gives_way(void)
{
	OWNED_BENCH struct bench bench;
	struct view other;
	struct view_found found;
	const struct shelf_wish wish = {3, &other, &found, true, 2};

	bench_open(&bench, 3);
	for (int64_t session = 1; session <= 2; session++)
		expect(&bench, &(struct asked){session, &bench.ann, 0, 2, 2, false});
	find_letter(&bench.ann, 0, &found);
	other = bench.ann;
	for (int i = 0; i < SHELF_RUNS; i++) {
		CU_ASSERT_EQUAL(kept(&bench), 2);
		other.account.id = 1000 + i;
		CU_ASSERT_EQUAL(ask(&bench, &wish, 0), 2);
	}
	CU_ASSERT_EQUAL(kept(&bench), 0);
}

static void behind_what_is_no_letter_there_is_nothing(void)
{
	OWNED_BENCH struct bench bench;
	struct view_found found;
	const struct shelf_wish wish = {1, &bench.ann, &found, true, 4};

	bench_open(&bench, 3);
	find(&bench.ann, "/" DROPS_AVRS_ID "/edelivery", &found);
	CU_ASSERT_EQUAL(ask(&bench, &wish, 0), 0);
	expect(&bench, &(struct asked){1, &bench.ann, 0, 0, 0, false});
	CU_ASSERT_EQUAL(shelf_tidy(&bench.shelf), -1);
}

void add_suite_shelf(CU_pSuite suite)
{
	TEST(for_a_session_alone_nothing_is_kept);
	TEST(what_is_opened_for_one_session_others_get_too);
	TEST(behind_what_is_kept_it_goes_on);
	TEST(who_is_further_begins_anew);
	TEST(who_is_behind_disturbs_nobody);
	TEST(accounts_and_orders_have_their_own);
	TEST(what_cannot_be_opened_ends_what_is_kept);
	TEST(what_is_kept_is_soon_closed);
	TEST(no_letter_is_kept_for_longer_than_another);
	TEST(what_is_kept_is_bounded);
	TEST(the_oldest_gives_way);
	TEST(behind_what_is_no_letter_there_is_nothing);
}
