/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/view.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/number.h"
#include "base/text.h"
#include "spool/folder.h"
#include "spool/intake.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_view(CU_pSuite suite);

#define ID    "123456789"
#define OTHER "200000002"

/* The file of a letter, where it is served from. */
static void write_letter(const struct fixture *f, const struct letter *letter, const char *text)
{
	char path[FOLDER_PATH_MAX];
	struct err err;

	folder_of_letters(letter->avrs_id, letter->class, path);
	CU_ASSERT_EQUAL(file_make_folder(f->scratch.fd, path, 0750, &err), 0);
	folder_letter(letter->avrs_id, letter->class, letter->id, letter->name, path);
	scratch_write(&f->scratch, path, text);
}

static void hold(const struct fixture *f, int64_t id, enum letter_class class, const char *name)
{
	struct intake intake = {.id = id, .class = class, .state = INTAKE_HELD};
	struct err err;

	text_copy(intake.avrs_id, ID);
	text_copy(intake.name, name);
	CU_ASSERT_EQUAL(intake_add(f->catalog, "test", &intake, &err), 0);
}

/*
 * An account in every role, and in ID a letter and a trade file of every kind: posted, being
 * posted, held in the drop folder, expired.
 */
static void open_with_letters(struct fixture *f)
{
	struct letter letter;

	fixture_open(f);
	scratch_provider(&f->spool, ID);
	scratch_provider(&f->spool, OTHER);
	(void)scratch_account(&f->spool, "master", ID, "master");
	(void)scratch_account(&f->spool, "includes", ID, "includes-e-delivery");
	(void)scratch_account(&f->spool, "only", ID, "e-delivery-only");
	(void)scratch_account(&f->spool, "none", ID, "none");
	(void)scratch_account(&f->spool, "elsewhere", OTHER, "master");
	fixture_posted(f, ID, CLASS_EDELIVERY, "EFT_1.pdf", &letter);
	write_letter(f, &letter, "a letter");
	fixture_posted(f, ID, CLASS_TRADE_FILES, "RA_1.835", &letter);
	write_letter(f, &letter, "a trade file");
	fixture_letter(f, ID, CLASS_EDELIVERY, "EFT_2.pdf", &letter);
	fixture_letter(f, ID, CLASS_TRADE_FILES, "RA_2.835", &letter);
	hold(f, 1003, CLASS_EDELIVERY, "EFT_3.pdf");
	hold(f, 1004, CLASS_TRADE_FILES, "RA_3.835");
	fixture_posted(f, ID, CLASS_EDELIVERY, "EFT_4.pdf", &letter);
	fixture_sql(f, "UPDATE letter SET electronic = 'expired' WHERE name = 'EFT_4.pdf'");
}

static void open_view(const struct fixture *f, const char *login, struct view *ret_view)
{
	struct account account;

	fixture_account(f, login, &account);
	view_init(ret_view, &f->spool, &account);
}
#define OWNED_VIEW OWNED(view_done)

static enum view_answer answer_to(struct view *view, const char *path)
{
	struct view_found found;
	enum view_answer answer = VIEW_NOTHING;
	struct err err;

	CU_ASSERT_EQUAL(view_find(view, path, &found, &answer, &err), 0);
	return answer;
}

/* '+': found, 'p': still being posted, '-': does not exist. */
static const struct {
	const char *path;
	char master, includes, only, none;
} answers[] = {
    {"/", '+', '+', '+', '+'},
    {"/STATUS.txt", '+', '+', '+', '+'},
    {"/new", '+', '+', '+', '+'},
    {"/publications", '+', '+', '+', '+'},
    {"/publications/telehealth", '+', '+', '+', '+'},
    {"/archives", '-', '-', '-', '-'},
    /* R4, R5, R9 */
    {"/123456789", '+', '+', '+', '-'},
    {"/123456789/STATUS.txt", '+', '+', '+', '-'},
    {"/123456789/MANIFEST.csv", '+', '+', '+', '-'},
    {"/123456789/new", '+', '+', '+', '-'},
    {"/123456789/edelivery", '+', '+', '+', '-'},
    {"/123456789/trade-files", '+', '+', '-', '-'},
    {"/123456789/archives", '+', '+', '+', '-'},
    {"/123456789/edelivery/EFT_1.pdf", '+', '+', '+', '-'},
    {"/123456789/trade-files/RA_1.835", '+', '+', '-', '-'},
    {"/123456789/new/EFT_1.pdf", '+', '+', '+', '-'},
    {"/123456789/new/RA_1.835", '+', '+', '-', '-'},
    {"/new/123456789_EFT_1.pdf", '+', '+', '+', '-'},
    {"/new/123456789_RA_1.835", '+', '+', '-', '-'},
    /* Each in its own folder only. */
    {"/123456789/trade-files/EFT_1.pdf", '-', '-', '-', '-'},
    {"/123456789/edelivery/RA_1.835", '-', '-', '-', '-'},
    /* R10 */
    {"/123456789/edelivery/EFT_2.pdf", 'p', 'p', 'p', '-'},
    {"/123456789/edelivery/EFT_3.pdf", 'p', 'p', 'p', '-'},
    {"/123456789/new/EFT_2.pdf", 'p', 'p', 'p', '-'},
    {"/new/123456789_EFT_3.pdf", 'p', 'p', 'p', '-'},
    {"/123456789/trade-files/RA_2.835", 'p', 'p', '-', '-'},
    {"/123456789/trade-files/RA_3.835", 'p', 'p', '-', '-'},
    {"/123456789/new/RA_2.835", 'p', 'p', '-', '-'},
    {"/new/123456789_RA_3.835", 'p', 'p', '-', '-'},
    {"/123456789/trade-files/EFT_2.pdf", '-', '-', '-', '-'},
    {"/123456789/trade-files/EFT_3.pdf", '-', '-', '-', '-'},
    {"/123456789/edelivery/RA_2.835", '-', '-', '-', '-'},
    {"/123456789/edelivery/RA_3.835", '-', '-', '-', '-'},
    /* R11: gone, and what never was. */
    {"/123456789/edelivery/EFT_4.pdf", '-', '-', '-', '-'},
    {"/123456789/new/EFT_4.pdf", '-', '-', '-', '-'},
    {"/123456789/edelivery/EFT_9.pdf", '-', '-', '-', '-'},
    {"/999999999", '-', '-', '-', '-'},
    {"/200000002", '-', '-', '-', '-'},
    {"/200000002/edelivery", '-', '-', '-', '-'},
    {"/paper", '-', '-', '-', '-'},
    {"/paper/2024-05-15", '-', '-', '-', '-'},
    {"/paper/2024-05-15/manifest.csv", '-', '-', '-', '-'},
    {"/paper/2024-05-15/1007_EFT_7.pdf", '-', '-', '-', '-'},
    {"/drop", '-', '-', '-', '-'},
    {"/nonsense", '-', '-', '-', '-'},
};

static void check_answers(const struct fixture *f, const char *login, size_t column)
{
	OWNED_VIEW struct view view;

	open_view(f, login, &view);
	for (size_t i = 0; i < COUNT(answers); i++) {
		const char expected[] = {
		    answers[i].master, answers[i].includes, answers[i].only, answers[i].none};
		static const char names[] = {
		    [VIEW_FOUND] = '+', [VIEW_NOTHING] = '-', [VIEW_POSTING] = 'p'};
		char answer = names[answer_to(&view, answers[i].path)];

		if (answer != expected[column])
			(void)printf("%s %s: %c\n", login, answers[i].path, answer);
		CU_ASSERT_EQUAL(answer, expected[column]);
	}
}

static void answers_each_role_as_the_rules_say(void)
{
	OWNED_FIXTURE struct fixture f;

	open_with_letters(&f);
	check_answers(&f, "master", 0);
	check_answers(&f, "includes", 1);
	check_answers(&f, "only", 2);
	check_answers(&f, "none", 3);
}

static void shows_nothing_of_others(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;

	open_with_letters(&f);
	open_view(&f, "elsewhere", &view);
	for (size_t i = 0; i < COUNT(answers); i++)
		if (strstr(answers[i].path, ID))
			CU_ASSERT_EQUAL(answer_to(&view, answers[i].path), VIEW_NOTHING);
	CU_ASSERT_EQUAL(answer_to(&view, "/200000002"), VIEW_FOUND);
}

/* R12 */
static void shows_nothing_to_a_disabled_account_and_all_to_a_locked_one(void)
{
	OWNED_FIXTURE struct fixture f;
	struct view view;

	open_with_letters(&f);
	fixture_sql(&f, "UPDATE account SET locked = 1");
	check_answers(&f, "master", 0);
	fixture_sql(&f, "UPDATE account SET locked = NULL, state = 'disabled'");
	open_view(&f, "master", &view);
	for (size_t i = 0; i < COUNT(answers); i++)
		CU_ASSERT_EQUAL(answer_to(&view, answers[i].path), VIEW_NOTHING);
	view_done(&view);
}

/* The agency's days: at 03:59 UTC it is still the day before in New York. */
static void shows_an_avrs_id_on_the_days_of_the_membership(void)
{
	static const struct {
		const char *now;
		enum view_answer answer;
	} rows[] = {
	    {"2024-05-10T03:59:59Z", VIEW_NOTHING},
	    {"2024-05-10T04:00:00Z", VIEW_FOUND},
	    {"2024-05-20T12:00:00Z", VIEW_FOUND},
	    {"2024-05-21T03:59:59Z", VIEW_FOUND},
	    {"2024-05-21T04:00:00Z", VIEW_NOTHING},
	};
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;

	open_with_letters(&f);
	fixture_sql(
	    &f, "UPDATE membership SET from_date = '2024-05-10', until_date = '2024-05-20'");
	open_view(&f, "master", &view);
	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t now = 0;
		struct err err;

		CU_ASSERT_EQUAL(clock_parse(rows[i].now, &now, &err), 0);
		clock_freeze(now);
		CU_ASSERT_EQUAL(answer_to(&view, "/123456789"), rows[i].answer);
		CU_ASSERT_EQUAL(answer_to(&view, "/123456789/edelivery/EFT_1.pdf"), rows[i].answer);
	}
}

static void sees_a_change_of_rights_at_the_next_question(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;
	struct err err;

	open_with_letters(&f);
	open_view(&f, "includes", &view);
	CU_ASSERT_EQUAL(answer_to(&view, "/123456789/trade-files/RA_1.835"), VIEW_FOUND);
	fixture_grant(&f, "includes", ID, "e-delivery-only");
	CU_ASSERT_EQUAL(answer_to(&view, "/123456789/trade-files/RA_1.835"), VIEW_NOTHING);
	CU_ASSERT_EQUAL(answer_to(&view, "/123456789/edelivery/EFT_1.pdf"), VIEW_FOUND);
	CU_ASSERT_EQUAL(membership_revoke(f.catalog, &f.spool.actor, "includes", ID, &err), 0);
	CU_ASSERT_EQUAL(answer_to(&view, "/123456789/edelivery/EFT_1.pdf"), VIEW_NOTHING);
	CU_ASSERT_EQUAL(answer_to(&view, "/123456789"), VIEW_NOTHING);
}

/* The catalog is asked for the role again when role_lasts is over, or for another AVRS ID. */
static void asks_for_a_role_no_more_often_than_told(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;

	open_with_letters(&f);
	open_view(&f, "includes", &view);
	view.role_lasts = 3600 * SECOND;
	CU_ASSERT_EQUAL(answer_to(&view, "/123456789/trade-files/RA_1.835"), VIEW_FOUND);
	fixture_grant(&f, "includes", ID, "e-delivery-only");
	CU_ASSERT_EQUAL(answer_to(&view, "/123456789/trade-files/RA_1.835"), VIEW_FOUND);
	view.role.until = clock_elapsed();
	CU_ASSERT_EQUAL(answer_to(&view, "/123456789/trade-files/RA_1.835"), VIEW_NOTHING);
	fixture_grant(&f, "includes", ID, "includes-e-delivery");
	CU_ASSERT_EQUAL(answer_to(&view, "/123456789/trade-files/RA_1.835"), VIEW_NOTHING);
	CU_ASSERT_EQUAL(answer_to(&view, "/200000002/edelivery/EFT_1.pdf"), VIEW_NOTHING);
	CU_ASSERT_EQUAL(answer_to(&view, "/123456789/trade-files/RA_1.835"), VIEW_FOUND);
}

/* What depends on the mark, or is asked for a folder, is never answered from before. */
static void lists_a_folder_by_the_role_of_now(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;

	open_with_letters(&f);
	open_view(&f, "includes", &view);
	view.role_lasts = 3600 * SECOND;
	CU_ASSERT_EQUAL(answer_to(&view, "/123456789/trade-files/RA_1.835"), VIEW_FOUND);
	CU_ASSERT_EQUAL(answer_to(&view, "/123456789/new/RA_1.835"), VIEW_FOUND);
	fixture_grant(&f, "includes", ID, "e-delivery-only");
	CU_ASSERT_EQUAL(answer_to(&view, "/123456789/new/RA_1.835"), VIEW_NOTHING);
	CU_ASSERT_EQUAL(answer_to(&view, "/123456789/trade-files"), VIEW_NOTHING);
}

static void shows_bundles_to_accounts_that_have_them(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;

	open_with_letters(&f);
	fixture_sql(&f, "UPDATE account SET bundle = 1 WHERE login = 'only'");
	open_view(&f, "only", &view);
	CU_ASSERT_EQUAL(answer_to(&view, "/archives"), VIEW_FOUND);
}

static void takes_what_is_acknowledged_out_of_new_only(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;
	struct view_found found;
	enum view_answer answer;
	struct err err;

	open_with_letters(&f);
	open_view(&f, "only", &view);
	CU_ASSERT_EQUAL(view_find(&view, "/123456789/new/EFT_1.pdf", &found, &answer, &err), 0);
	CU_ASSERT_EQUAL(
	    news_acknowledge(f.catalog, &f.spool.actor, &found.membership, &found.letter, &err), 0);
	CU_ASSERT_EQUAL(answer_to(&view, "/123456789/new/EFT_1.pdf"), VIEW_NOTHING);
	CU_ASSERT_EQUAL(answer_to(&view, "/new/123456789_EFT_1.pdf"), VIEW_NOTHING);
	CU_ASSERT_EQUAL(answer_to(&view, "/123456789/edelivery/EFT_1.pdf"), VIEW_FOUND);
}

/*
 * A print shop, and the folder of a day in every state: to be printed, on its way there, handed
 * over, withdrawn.
 */
static void open_print_shop(struct fixture *f, struct view *ret_view)
{
	static const char *const names[] = {"EFT_p1.pdf", "EFT_p2.pdf", "EFT_p3.pdf", "EFT_p4.pdf"};
	struct letter letter;
	struct err err;

	open_with_letters(f);
	(void)scratch_account(&f->spool, "shop", "", "");
	fixture_sql(f, "UPDATE account SET print_shop = 1 WHERE login = 'shop'");
	CU_ASSERT_EQUAL(file_make_folder(f->scratch.fd, "paper/2024-05-15", 0750, &err), 0);
	fixture_sql(f, "UPDATE sequence SET next = 21 WHERE name = 'letter'");
	for (size_t i = 0; i < COUNT(names); i++) {
		char path[FOLDER_PATH_MAX];

		fixture_on_paper(f, ID, "2024-05-15", names[i], &letter);
		folder_paper("2024-05-15", letter.id, names[i], path);
		scratch_write(&f->scratch, path, "to be printed");
	}
	fixture_sql(f, "UPDATE letter SET placed = NULL WHERE name = 'EFT_p2.pdf'");
	fixture_sql(f, "UPDATE letter SET paper = 'handed-over' WHERE name = 'EFT_p3.pdf'");
	fixture_sql(f, "UPDATE letter SET paper = 'withdrawn' WHERE name = 'EFT_p4.pdf'");
	fixture_on_paper(f, ID, "2024-05-14", "EFT_p5.pdf", &letter);
	fixture_sql(f, "UPDATE letter SET paper = 'handed-over' WHERE name = 'EFT_p5.pdf'");
	open_view(f, "shop", ret_view);
}

/* R2 */
static void shows_a_print_shop_the_letters_to_print_and_nothing_else(void)
{
	static const struct {
		const char *path;
		enum view_answer answer;
	} rows[] = {
	    {"/paper", VIEW_FOUND},
	    {"/paper/2024-05-15", VIEW_FOUND},
	    {"/paper/2024-05-15/manifest.csv", VIEW_FOUND},
	    {"/paper/2024-05-15/21_EFT_p1.pdf", VIEW_FOUND},
	    {"/paper/2024-05-15/22_EFT_p2.pdf", VIEW_NOTHING},
	    {"/paper/2024-05-15/23_EFT_p3.pdf", VIEW_NOTHING},
	    {"/paper/2024-05-15/24_EFT_p4.pdf", VIEW_NOTHING},
	    {"/paper/2024-05-15/021_EFT_p1.pdf", VIEW_NOTHING},
	    {"/paper/2024-05-15/21_EFT_p2.pdf", VIEW_NOTHING},
	    {"/paper/2024-05-15/EFT_p1.pdf", VIEW_NOTHING},
	    /* It was posted, and never on paper. */
	    {"/paper/2024-05-15/1_EFT_1.pdf", VIEW_NOTHING},
	    {"/paper/2024-05-14/21_EFT_p1.pdf", VIEW_NOTHING},
	    /* All of it is handed over: its manifest can be removed still. */
	    {"/paper/2024-05-14", VIEW_FOUND},
	    {"/paper/2024-05-14/manifest.csv", VIEW_FOUND},
	    {"/paper/2024-05-13", VIEW_NOTHING},
	    {"/paper/2024-05-13/manifest.csv", VIEW_NOTHING},
	    {"/123456789", VIEW_NOTHING},
	    {"/123456789/edelivery/EFT_1.pdf", VIEW_NOTHING},
	};
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;

	open_print_shop(&f, &view);
	for (size_t i = 0; i < COUNT(rows); i++)
		CU_ASSERT_EQUAL(answer_to(&view, rows[i].path), rows[i].answer);
	view.account.print_shop = false;
	for (size_t i = 0; i < COUNT(rows); i++)
		CU_ASSERT_EQUAL(answer_to(&view, rows[i].path), VIEW_NOTHING);
}

static void describes_what_it_found(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;
	struct view_found found;
	enum view_answer answer;
	struct err err;

	open_with_letters(&f);
	open_view(&f, "master", &view);
	CU_ASSERT_EQUAL(
	    view_find(&view, "/123456789/edelivery/EFT_1.pdf", &found, &answer, &err), 0);
	CU_ASSERT_EQUAL(answer, VIEW_FOUND);
	CU_ASSERT_FALSE(found.entry.is_folder);
	CU_ASSERT_STRING_EQUAL(found.entry.name, "EFT_1.pdf");
	CU_ASSERT_EQUAL(found.entry.size, 1000);
	CU_ASSERT_EQUAL(found.entry.changed, FIXTURE_NOW);
	CU_ASSERT_STRING_EQUAL(found.letter.name, "EFT_1.pdf");
	CU_ASSERT_EQUAL(found.membership.role, ROLE_MASTER);
	CU_ASSERT_EQUAL(view_find(&view, "/123456789/edelivery", &found, &answer, &err), 0);
	CU_ASSERT_TRUE(found.entry.is_folder);
	CU_ASSERT_STRING_EQUAL(found.entry.name, "edelivery");
	CU_ASSERT_EQUAL(found.letter.id, 0);
	CU_ASSERT_EQUAL(view_find(&view, "/", &found, &answer, &err), 0);
	CU_ASSERT_TRUE(found.entry.is_folder);
}

/* A mirror looks at the time of a folder to see whether there is anything new in it. */
static void gives_a_folder_the_time_of_its_newest_letter(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;
	struct view_found found;
	struct letter letter;
	enum view_answer answer;
	struct err err;

	fixture_open(&f);
	scratch_provider(&f.spool, ID);
	(void)scratch_account(&f.spool, "master", ID, "master");
	open_view(&f, "master", &view);
	CU_ASSERT_EQUAL(view_find(&view, "/123456789", &found, &answer, &err), 0);
	CU_ASSERT_EQUAL(found.entry.changed, FIXTURE_NOW);
	clock_freeze(FIXTURE_NOW + 5000000);
	fixture_posted(&f, ID, CLASS_EDELIVERY, "EFT_1.pdf", &letter);
	CU_ASSERT_EQUAL(view_find(&view, "/123456789", &found, &answer, &err), 0);
	CU_ASSERT_EQUAL(found.entry.changed, FIXTURE_NOW + 5000000);
}

/* Open what path is, and compare what is in it. */
static void check_content(struct view *view, const char *path, const char *content)
{
	OWNED_FD int fd = -1;
	struct view_found found;
	enum view_answer answer = VIEW_NOTHING;
	char text[256] = "";
	struct err err;

	CU_ASSERT_EQUAL(view_find(view, path, &found, &answer, &err), 0);
	CU_ASSERT_EQUAL_FATAL(answer, VIEW_FOUND);
	CU_ASSERT_EQUAL_FATAL(view_open(view, &found, &fd, &err), 0);
	CU_ASSERT_TRUE(pread(fd, text, sizeof(text) - 1, 0) >= 0);
	CU_ASSERT_EQUAL(strncmp(text, content, strlen(content)), 0);
	CU_ASSERT_TRUE(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	CU_ASSERT_EQUAL(write(fd, "x", 1), -1);
}

static void opens_what_it_found_for_reading(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;

	open_with_letters(&f);
	open_view(&f, "includes", &view);
	check_content(&view, "/123456789/edelivery/EFT_1.pdf", "a letter");
	check_content(&view, "/new/123456789_EFT_1.pdf", "a letter");
	check_content(&view, "/123456789/new/RA_1.835", "a trade file");
	check_content(&view, "/STATUS.txt", "Account includes");
	check_content(&view, "/123456789/MANIFEST.csv", "name,class,type");
}

static void opens_what_is_to_be_printed(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;

	open_print_shop(&f, &view);
	check_content(&view, "/paper/2024-05-15/21_EFT_p1.pdf", "to be printed");
	check_content(&view, "/paper/2024-05-15/manifest.csv", "file,avrs_id,npi");
}

/* The catalog says that it is there: that is no client's fault, and somebody must look. */
static void says_which_letter_has_lost_its_file(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;
	struct view_found found;
	struct letter letter;
	enum view_answer answer;
	char id[32];
	int fd = 42;
	struct err err;

	open_with_letters(&f);
	fixture_posted(&f, ID, CLASS_EDELIVERY, "EFT_9.pdf", &letter);
	open_view(&f, "master", &view);
	CU_ASSERT_EQUAL(
	    view_find(&view, "/123456789/edelivery/EFT_9.pdf", &found, &answer, &err), 0);
	CU_ASSERT_TRUE(fails(view_open(&view, &found, &fd, &err), &err, ERR_INTERNAL));
	(void)snprintf(id, sizeof(id), "letter=%lld", (long long)letter.id);
	CU_ASSERT_EQUAL(strncmp(err.text, id, strlen(id)), 0);
	CU_ASSERT_EQUAL(fd, 42);
}

static void opens_no_folder(void)
{
	static const char *const folders[] = {"/", "/new", "/publications",
	    "/publications/telehealth", "/123456789", "/123456789/new", "/123456789/edelivery",
	    "/123456789/archives"};
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;

	open_with_letters(&f);
	open_view(&f, "master", &view);
	for (size_t i = 0; i < COUNT(folders); i++) {
		struct view_found found;
		enum view_answer answer = VIEW_NOTHING;
		int fd = 42;
		struct err err;

		CU_ASSERT_EQUAL(view_find(&view, folders[i], &found, &answer, &err), 0);
		CU_ASSERT_EQUAL(answer, VIEW_FOUND);
		CU_ASSERT_TRUE(fails(view_open(&view, &found, &fd, &err), &err, ERR_REFUSED));
		CU_ASSERT_EQUAL(fd, 42);
	}
}

/* R10: intake keeps names escaped, clients ask for them as they were dropped. */
static void finds_a_held_letter_whatever_its_name(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;

	open_with_letters(&f);
	hold(&f, 1005, CLASS_EDELIVERY, "EFT_a\\x5cb.pdf");
	open_view(&f, "master", &view);
	CU_ASSERT_EQUAL(answer_to(&view, "/123456789/edelivery/EFT_a\\b.pdf"), VIEW_POSTING);
	CU_ASSERT_EQUAL(answer_to(&view, "/new/123456789_EFT_a\\b.pdf"), VIEW_POSTING);
	CU_ASSERT_EQUAL(answer_to(&view, "/123456789/edelivery/EFT_a\\x5cb.pdf"), VIEW_NOTHING);
}

static void leaves_the_results_alone_when_the_catalog_fails(void)
{
	static const char *const paths[] = {"/123456789/edelivery/EFT_1.pdf", "/123456789",
	    "/123456789/MANIFEST.csv", "/STATUS.txt"};
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;

	open_with_letters(&f);
	open_view(&f, "master", &view);
	fixture_sql(&f, "ALTER TABLE membership RENAME TO lost");
	for (size_t i = 0; i < COUNT(paths); i++) {
		struct view_found found = {.letter.id = 42};
		enum view_answer answer = VIEW_POSTING;
		struct err err;

		CU_ASSERT_TRUE(
		    fails(view_find(&view, paths[i], &found, &answer, &err), &err, ERR_INTERNAL));
		CU_ASSERT_EQUAL(found.letter.id, 42);
		CU_ASSERT_EQUAL(answer, VIEW_POSTING);
	}
}

/* R10, word for word. */
static void says_what_the_bulletin_says_of_a_letter_being_posted(void)
{
	CU_ASSERT_STRING_EQUAL(VIEW_POSTING_TEXT, "still being posted, check back in a few hours");
}

void add_suite_view(CU_pSuite suite)
{
	TEST(answers_each_role_as_the_rules_say);
	TEST(shows_nothing_of_others);
	TEST(shows_nothing_to_a_disabled_account_and_all_to_a_locked_one);
	TEST(shows_an_avrs_id_on_the_days_of_the_membership);
	TEST(sees_a_change_of_rights_at_the_next_question);
	TEST(asks_for_a_role_no_more_often_than_told);
	TEST(lists_a_folder_by_the_role_of_now);
	TEST(shows_bundles_to_accounts_that_have_them);
	TEST(takes_what_is_acknowledged_out_of_new_only);
	TEST(shows_a_print_shop_the_letters_to_print_and_nothing_else);
	TEST(describes_what_it_found);
	TEST(gives_a_folder_the_time_of_its_newest_letter);
	TEST(opens_what_it_found_for_reading);
	TEST(opens_what_is_to_be_printed);
	TEST(says_which_letter_has_lost_its_file);
	TEST(opens_no_folder);
	TEST(says_what_the_bulletin_says_of_a_letter_being_posted);
	TEST(finds_a_held_letter_whatever_its_name);
	TEST(leaves_the_results_alone_when_the_catalog_fails);
}
