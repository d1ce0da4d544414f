/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/view_text.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/csv.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "spool/intake.h"
#include "spool/outbox.h"
#include "spool/view.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_view_text(CU_pSuite suite);

#define ID "123456789"

/* ann is the master of ID, bob sees its letters only; one letter and one trade file. */
static void open_with_letters(struct fixture *f)
{
	struct letter letter;

	fixture_open(f);
	scratch_provider(&f->spool, ID);
	scratch_provider(&f->spool, "200000002");
	(void)scratch_account(&f->spool, "ann", ID, "master");
	(void)scratch_account(&f->spool, "bob", ID, "e-delivery-only");
	fixture_posted(f, ID, CLASS_EDELIVERY, "EFT_1.pdf", &letter);
	fixture_posted(f, ID, CLASS_TRADE_FILES, "RA_1, \"copy\".835", &letter);
}

static void open_view(const struct fixture *f, const char *login, struct view *ret_view)
{
	struct account account;

	fixture_account(f, login, &account);
	view_init(ret_view, &f->spool, &account);
}
#define OWNED_VIEW OWNED(view_done)

static void get(
    struct view *view, enum place_kind kind, const char *avrs_id, const struct view_text **ret_text)
{
	struct place place = {.kind = kind};
	struct err err;

	text_copy(place.avrs_id, avrs_id);
	CU_ASSERT_EQUAL_FATAL(view_text_get(view, &place, ret_text, &err), 0);
}

/* The whole text; the caller frees it. */
static char *read_text(struct view *view, enum place_kind kind, const char *avrs_id)
{
	const struct view_text *text = NULL;
	char *content;

	get(view, kind, avrs_id, &text);
	content = mem_new((size_t)text->size + 1, 1);
	CU_ASSERT_EQUAL(pread(text->fd, content, (size_t)text->size, 0), text->size);
	return content;
}

static void check_has(
    struct view *view, enum place_kind kind, const char *avrs_id, const char *words, bool expected)
{
	OWNED_MEM char *text = read_text(view, kind, avrs_id);

	CU_ASSERT_EQUAL(strstr(text, words) != NULL, expected);
}

static void tells_account_roles_and_counts_in_the_status(void)
{
	static const struct {
		const char *login;
		const char *words;
		bool there;
	} rows[] = {
	    {"ann", "Account ann, e-mail someone@example.org", true},
	    {"ann", ID ": Master", true},
	    {"ann", "new in edelivery: 1\n", true},
	    {"ann", "new in trade-files: 1\n", true},
	    {"ann", "200000002", false},
	    {"bob", ID ": Trade Files E-Delivery Only", true},
	    {"bob", "new in edelivery: 1\n", true},
	    /* R5 */
	    {"bob", "trade-files", false},
	    {"bob", "ann", false},
	};
	OWNED_FIXTURE struct fixture f;

	open_with_letters(&f);
	for (size_t i = 0; i < COUNT(rows); i++) {
		OWNED_VIEW struct view view;

		open_view(&f, rows[i].login, &view);
		check_has(&view, PLACE_STATUS, "", rows[i].words, rows[i].there);
		/* That of the AVRS ID says the same, but for the account. */
		if (!strstr(rows[i].words, "Account"))
			check_has(&view, PLACE_PROVIDER_STATUS, ID, rows[i].words, rows[i].there);
	}
}

/* R10 */
static void tells_how_many_letters_are_being_posted(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;
	struct letter letter;
	struct intake intake = {.id = 1000, .avrs_id = ID, .name = "a", .state = INTAKE_HELD};
	struct err err;

	open_with_letters(&f);
	open_view(&f, "ann", &view);
	check_has(&view, PLACE_PROVIDER_STATUS, ID, VIEW_POSTING_TEXT, false);
	fixture_letter(&f, ID, CLASS_EDELIVERY, "EFT_2.pdf", &letter);
	CU_ASSERT_EQUAL(intake_add(f.catalog, "test", &intake, &err), 0);
	intake.id++;
	intake.state = INTAKE_QUARANTINED;
	CU_ASSERT_EQUAL(intake_add(f.catalog, "test", &intake, &err), 0);
	view_texts_forget(&view.texts, ID);
	check_has(&view, PLACE_PROVIDER_STATUS, ID, "  2 " VIEW_POSTING_TEXT "\n", true);
}

/* R5: that a trade file is on its way is nothing for an E-Delivery Only clerk either. */
static void tells_e_delivery_only_of_no_trade_file_being_posted(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;
	struct letter letter;
	struct intake intake = {.id = 1000,
	    .avrs_id = ID,
	    .class = CLASS_TRADE_FILES,
	    .name = "a",
	    .state = INTAKE_HELD};
	struct err err;

	open_with_letters(&f);
	open_view(&f, "bob", &view);
	fixture_letter(&f, ID, CLASS_TRADE_FILES, "RA_2.835", &letter);
	CU_ASSERT_EQUAL(intake_add(f.catalog, "test", &intake, &err), 0);
	check_has(&view, PLACE_PROVIDER_STATUS, ID, VIEW_POSTING_TEXT, false);
	check_has(&view, PLACE_STATUS, "", VIEW_POSTING_TEXT, false);
	fixture_letter(&f, ID, CLASS_EDELIVERY, "EFT_2.pdf", &letter);
	view_texts_forget(&view.texts, ID);
	check_has(&view, PLACE_PROVIDER_STATUS, ID, "  1 " VIEW_POSTING_TEXT "\n", true);
}

/* Freeze the clock at a moment of a day, and make the text anew. */
static void go_to(struct view *view, const char *now)
{
	int64_t when = 0;
	struct err err;

	CU_ASSERT_EQUAL_FATAL(clock_parse(now, &when, &err), 0);
	clock_freeze(when);
	view_texts_forget(&view->texts, "");
	view_texts_forget(&view->texts, ID);
}

static int64_t changed_of(struct view *view, enum place_kind kind, const char *avrs_id)
{
	const struct view_text *text = NULL;

	get(view, kind, avrs_id, &text);
	return text->changed;
}

/* Also when all is acknowledged: it is for the morning that somebody looks (R10). */
static void tells_what_is_being_posted_where_nothing_is_new(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;
	struct letter letter;

	open_with_letters(&f);
	fixture_sql(&f, "UPDATE membership SET mark = 2");
	open_view(&f, "ann", &view);
	check_has(&view, PLACE_STATUS, "", "new in", false);
	check_has(&view, PLACE_PROVIDER_STATUS, ID, "  new in edelivery: 0\n", true);
	clock_freeze(FIXTURE_NOW + 5);
	fixture_letter(&f, ID, CLASS_EDELIVERY, "EFT_2.pdf", &letter);
	view_texts_forget(&view.texts, "");
	check_has(&view, PLACE_STATUS, "", "  1 " VIEW_POSTING_TEXT "\n", true);
	CU_ASSERT_EQUAL(changed_of(&view, PLACE_STATUS, ""), FIXTURE_NOW + 5);
}

/* It lies below the mark, but it is new. */
static void counts_what_was_renewed(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;

	open_with_letters(&f);
	fixture_sql(&f, "UPDATE membership SET mark = 2");
	fixture_sql(&f, "INSERT INTO acknowledgement (account_id, avrs_id, sequence, renewed)"
	                " SELECT account_id, avrs_id, 1, 1 FROM membership");
	open_view(&f, "ann", &view);
	check_has(&view, PLACE_STATUS, "", "  new in edelivery: 1\n", true);
}

/* R11: told of from thirty days before; the text has changed when they began. */
static void tells_from_when_on_letters_go(void)
{
	static const char words[] = "  the oldest in edelivery go from 2025-05-15 on: ";
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;

	open_with_letters(&f);
	fixture_sql(&f, "UPDATE letter SET posted = posted + 3600000000 WHERE sequence = 2");
	open_view(&f, "bob", &view);
	go_to(&view, "2025-04-15T03:59:59Z");
	check_has(&view, PLACE_STATUS, "", " go from ", false);
	go_to(&view, "2025-04-15T04:00:00Z");
	check_has(&view, PLACE_STATUS, "", words, true);
	check_has(&view, PLACE_PROVIDER_STATUS, ID, words, true);
	/* R5 */
	check_has(&view, PLACE_STATUS, "", "trade-files", false);
	CU_ASSERT_EQUAL(changed_of(&view, PLACE_STATUS, ""), clock_now());
	go_to(&view, "2025-05-01T12:00:00Z");
	check_has(&view, PLACE_STATUS, "", words, true);
	CU_ASSERT_EQUAL(changed_of(&view, PLACE_STATUS, ""), clock_date_start("2025-04-15", 0));
	fixture_sql(&f, "UPDATE letter SET electronic = 'expired'");
	go_to(&view, "2025-05-16T12:00:00Z");
	check_has(&view, PLACE_STATUS, "", " go from ", false);
}

static void warns_of_a_role_that_ends_soon(void)
{
	static const char words[] = "  Warning: this role ends with 2024-12-31\n";
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;

	open_with_letters(&f);
	fixture_sql(&f, "UPDATE membership SET from_date = '2024-01-01',"
	                " until_date = '2024-12-31' WHERE role <> 'master'");
	open_view(&f, "bob", &view);
	go_to(&view, "2024-11-30T12:00:00Z");
	check_has(&view, PLACE_STATUS, "", ", from 2024-01-01 until 2024-12-31\n", true);
	check_has(&view, PLACE_STATUS, "", "Warning", false);
	CU_ASSERT_EQUAL(changed_of(&view, PLACE_STATUS, ""), FIXTURE_NOW);
	go_to(&view, "2024-12-20T12:00:00Z");
	check_has(&view, PLACE_STATUS, "", words, true);
	check_has(&view, PLACE_PROVIDER_STATUS, ID, words, true);
	CU_ASSERT_EQUAL(changed_of(&view, PLACE_STATUS, ""), clock_date_start("2024-12-01", 0));
}

/* R12, R8 */
static void warns_of_what_is_wrong_with_the_account(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;

	open_with_letters(&f);
	open_view(&f, "ann", &view);
	check_has(&view, PLACE_STATUS, "", "Warning", false);
	fixture_sql(&f, "UPDATE account SET locked = 1715774405000000, email_state = 'bad',"
	                " email_reason = '550 no such user' WHERE login = 'ann'");
	view_texts_forget(&view.texts, "");
	check_has(&view, PLACE_STATUS, "",
	    "Warning: too many wrong passwords: since 2024-05-15T12:00:05Z logins by password are"
	    " locked, those by key are not\n",
	    true);
	check_has(&view, PLACE_STATUS, "",
	    "Warning: mail to someone@example.org comes back: 550 no such user\n", true);
	CU_ASSERT_EQUAL(changed_of(&view, PLACE_STATUS, ""), FIXTURE_NOW + 5000000);
	fixture_sql(&f, "UPDATE account SET email_reason = NULL, locked = NULL");
	view_texts_forget(&view.texts, "");
	check_has(&view, PLACE_STATUS, "", "comes back: no reason was given\n", true);
	check_has(&view, PLACE_STATUS, "", "passwords", false);
}

static void tells_which_host_key_will_come(void)
{
	static const char key[] = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAR"
	                          "EhMUFRYXGBkaGxwdHh8g next\n";
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;
	OWNED_FD int folder_fd = -1;
	char path[PATH_MAX];
	const struct timespec later[2] = {
	    {.tv_sec = FIXTURE_NOW / 1000000 + 60}, {.tv_sec = FIXTURE_NOW / 1000000 + 60}};
	OWNED_BUFFER struct buffer text = BUFFER(4096);
	struct err err;

	open_with_letters(&f);
	settings_beside(&f.spool.settings, f.spool.settings.server_host_keys, path);
	CU_ASSERT_EQUAL_FATAL(file_make_folder(AT_FDCWD, path, 0700, &err), 0);
	CU_ASSERT_EQUAL_FATAL(file_open_folder(AT_FDCWD, path, &folder_fd, &err), 0);
	buffer_add_text(&text, key);
	CU_ASSERT_EQUAL(file_replace(folder_fd, "ed25519_key.next", &text, 0600, &err), 0);
	CU_ASSERT_EQUAL(file_replace(folder_fd, "ed25519_key.next.pub", &text, 0600, &err), 0);
	CU_ASSERT_EQUAL(utimensat(folder_fd, "ed25519_key.next.pub", later, 0), 0);
	open_view(&f, "ann", &view);
	check_has(&view, PLACE_STATUS, "", "The host key of this server will change", true);
	check_has(&view, PLACE_STATUS, "", "  SHA256:", true);
	check_has(&view, PLACE_PROVIDER_STATUS, ID, "host key", false);
	CU_ASSERT_EQUAL(changed_of(&view, PLACE_STATUS, ""), FIXTURE_NOW + 60000000);
}

static void tells_the_last_day_of_a_role(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;

	open_with_letters(&f);
	fixture_sql(&f, "UPDATE membership SET until_date = '2024-12-31' WHERE role <> 'master'");
	open_view(&f, "bob", &view);
	check_has(&view, PLACE_STATUS, "", "until 2024-12-31", true);
}

static void tells_nothing_of_what_the_account_may_not_see(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;

	open_with_letters(&f);
	fixture_sql(&f, "UPDATE membership SET until_date = '2024-05-14'");
	open_view(&f, "ann", &view);
	check_has(&view, PLACE_STATUS, "", ID, false);
}

/* The lines of a manifest as `name/class/acknowledged;`, and a few fields of the first. */
static void check_manifest(struct view *view, const char *lines)
{
	OWNED_MEM char *text = read_text(view, PLACE_MANIFEST, ID);
	OWNED_BUFFER struct buffer out = BUFFER(64 * 1024);
	OWNED_MEM struct csv *csv = mem_new(1, sizeof(*csv));
	bool record = true;
	struct err err;

	csv_start(csv, text, strlen(text));
	CU_ASSERT_EQUAL(csv_next(csv, &record, &err), 0);
	CU_ASSERT_EQUAL_FATAL(csv->count, 8);
	CU_ASSERT_STRING_EQUAL(csv->fields[4], "sha256");
	for (;;) {
		CU_ASSERT_EQUAL_FATAL(csv_next(csv, &record, &err), 0);
		if (!record)
			break;
		CU_ASSERT_EQUAL_FATAL(csv->count, 8);
		buffer_print(&out, "%s/%s/%s;", csv->fields[0], csv->fields[1], csv->fields[7]);
	}
	CU_ASSERT_STRING_EQUAL(buffer_text(&out), lines);
}

/* R5, R9 */
static void lists_in_the_manifest_what_the_role_shows(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view master;
	OWNED_VIEW struct view only;
	struct letter letter;

	open_with_letters(&f);
	fixture_letter(&f, ID, CLASS_EDELIVERY, "EFT_posting.pdf", &letter);
	fixture_posted(&f, ID, CLASS_EDELIVERY, "EFT_gone.pdf", &letter);
	fixture_sql(&f, "UPDATE letter SET electronic = 'expired' WHERE name = 'EFT_gone.pdf'");
	open_view(&f, "ann", &master);
	open_view(&f, "bob", &only);
	check_manifest(&master, "EFT_1.pdf/edelivery/no;RA_1, \"copy\".835/trade-files/no;");
	check_manifest(&only, "EFT_1.pdf/edelivery/no;");
}

static void tells_size_hash_and_times_in_the_manifest(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;

	open_with_letters(&f);
	open_view(&f, "bob", &view);
	/* R11: it goes after the months of the settings, 12 here. */
	check_has(&view, PLACE_MANIFEST, ID,
	    "\r\nEFT_1.pdf,edelivery,EFT,1000,"
	    "0000000000000000000000000000000000000000000000000000000000000001,"
	    "2024-05-15T12:00:00Z,2025-05-15T12:00:00Z,no\r\n",
	    true);
}

static void tells_in_the_manifest_what_is_acknowledged(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;
	struct view_found found;
	enum view_answer answer;
	struct err err;

	open_with_letters(&f);
	open_view(&f, "ann", &view);
	CU_ASSERT_EQUAL(view_find(&view, "/123456789/new/EFT_1.pdf", &found, &answer, &err), 0);
	CU_ASSERT_EQUAL(
	    news_acknowledge(f.catalog, &f.spool.actor, &found.membership, &found.letter, &err), 0);
	check_manifest(&view, "EFT_1.pdf/edelivery/yes;RA_1, \"copy\".835/trade-files/no;");
}

/* However long it is: the broker makes it, and serves others meanwhile. */
static void a_manifest_takes_no_more_statements_for_more_letters(void)
{
	int64_t took[2];

	for (int i = 0; i < 2; i++) {
		OWNED_FIXTURE struct fixture f;
		OWNED_VIEW struct view view;
		OWNED_MEM char *text = NULL;
		int64_t before;

		open_with_letters(&f);
		for (int j = 0; j < 40 * i; j++) {
			struct letter letter;
			char name[32];

			(void)snprintf(name, sizeof(name), "EFT_more_%d.pdf", j);
			fixture_posted(&f, ID, CLASS_EDELIVERY, name, &letter);
		}
		open_view(&f, "ann", &view);
		before = catalog_statements(f.catalog);
		text = read_text(&view, PLACE_MANIFEST, ID);
		took[i] = catalog_statements(f.catalog) - before;
	}
	CU_ASSERT_EQUAL(took[0], took[1]);
}

/* What the print shop prints from: what is still to be printed of that day. */
static void lists_in_the_manifest_of_a_day_what_is_to_be_printed(void)
{
	static const struct place place = {.kind = PLACE_PAPER_MANIFEST, .date = "2024-05-15"};
	const int64_t later = FIXTURE_NOW + 5000000;
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;
	const struct view_text *text = NULL;
	struct letter letters[3];
	struct actor actor = {"node", "account shop"};
	char content[600] = "";
	struct err err;

	open_with_letters(&f);
	fixture_on_paper(&f, ID, "2024-05-15", "EFT_p1.pdf", &letters[0]);
	fixture_on_paper(&f, ID, "2024-05-15", "EFT_p2.pdf", &letters[1]);
	fixture_on_paper(&f, ID, "2024-05-14", "EFT_p3.pdf", &letters[2]);
	open_view(&f, "ann", &view);
	CU_ASSERT_EQUAL_FATAL(view_text_get(&view, &place, &text, &err), 0);
	CU_ASSERT_TRUE(pread(text->fd, content, sizeof(content) - 1, 0) > 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(content, "EFT_p1.pdf," ID));
	CU_ASSERT_PTR_NOT_NULL(strstr(content, "EFT_p2.pdf," ID));
	CU_ASSERT_PTR_NULL(strstr(content, "EFT_p3.pdf"));
	CU_ASSERT_EQUAL(text->changed, FIXTURE_NOW);
	clock_freeze(later);
	CU_ASSERT_EQUAL(outbox_hand_over(f.catalog, &actor, "shop", &letters[0], &err), 0);
	CU_ASSERT_EQUAL(view_text_get(&view, &place, &text, &err), 0);
	CU_ASSERT_EQUAL(text->changed, FIXTURE_NOW);
	view_texts_forget(&view.texts, place.date);
	CU_ASSERT_EQUAL(view_text_get(&view, &place, &text, &err), 0);
	memset(content, 0, sizeof(content));
	CU_ASSERT_TRUE(pread(text->fd, content, sizeof(content) - 1, 0) > 0);
	CU_ASSERT_PTR_NULL(strstr(content, "EFT_p1.pdf"));
	CU_ASSERT_PTR_NOT_NULL(strstr(content, "EFT_p2.pdf"));
	CU_ASSERT_EQUAL(text->changed, later);
}

/* So that size, time and content agree for a client that mirrors. */
static void stays_what_it_was_until_its_folder_is_listed_again(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;
	struct letter letter;

	open_with_letters(&f);
	open_view(&f, "ann", &view);
	check_has(&view, PLACE_STATUS, "", "new in edelivery: 1\n", true);
	check_has(&view, PLACE_PROVIDER_STATUS, ID, "new in edelivery: 1\n", true);
	fixture_posted(&f, ID, CLASS_EDELIVERY, "EFT_2.pdf", &letter);
	check_has(&view, PLACE_STATUS, "", "new in edelivery: 1\n", true);
	view_texts_forget(&view.texts, ID);
	check_has(&view, PLACE_STATUS, "", "new in edelivery: 1\n", true);
	check_has(&view, PLACE_PROVIDER_STATUS, ID, "new in edelivery: 2\n", true);
	view_texts_forget(&view.texts, "");
	check_has(&view, PLACE_STATUS, "", "new in edelivery: 2\n", true);
}

static int ignore(const struct view_entry *entry, void *arg, struct err *err)
{
	(void)entry;
	(void)arg;
	(void)err;
	return 0;
}

static void list_start(struct view *view, const char *path)
{
	struct view_found found;
	struct view_cursor cursor = {.stage = 0};
	enum view_answer answer;
	bool more;
	struct err err;

	CU_ASSERT_EQUAL(view_find(view, path, &found, &answer, &err), 0);
	CU_ASSERT_EQUAL(view_list(view, &found.place, &cursor, 100, ignore, NULL, &more, &err), 0);
}

static void is_made_anew_when_its_folder_is_listed(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;
	struct letter letter;

	open_with_letters(&f);
	open_view(&f, "ann", &view);
	check_has(&view, PLACE_STATUS, "", "new in edelivery: 1\n", true);
	check_has(&view, PLACE_MANIFEST, ID, "EFT_2.pdf", false);
	fixture_posted(&f, ID, CLASS_EDELIVERY, "EFT_2.pdf", &letter);
	list_start(&view, "/123456789");
	check_has(&view, PLACE_MANIFEST, ID, "EFT_2.pdf", true);
	check_has(&view, PLACE_STATUS, "", "new in edelivery: 1\n", true);
	list_start(&view, "/");
	check_has(&view, PLACE_STATUS, "", "new in edelivery: 2\n", true);
}

/* Which memory file it is in. */
static ino_t file_of(struct view *view)
{
	const struct view_text *text = NULL;
	struct stat st = {.st_ino = 0};

	get(view, PLACE_MANIFEST, ID, &text);
	CU_ASSERT_EQUAL(fstat(text->fd, &st), 0);
	return st.st_ino;
}

/* What a manifest tells of. */
static void change(const struct fixture *f, int what)
{
	struct letter letter;

	if (what == 0)
		fixture_sql(
		    f, "UPDATE letter SET electronic = 'recalled' WHERE name = 'EFT_1.pdf'");
	if (what == 1)
		fixture_sql(f, "UPDATE membership SET changed = changed + 1");
	if (what == 2)
		fixture_posted(f, ID, CLASS_EDELIVERY, "EFT_2.pdf", &letter);
}

/* Who lists the folder again and again does not have a hundred thousand lines made each time. */
static void a_manifest_is_made_anew_only_where_it_changed(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;
	ino_t first;

	open_with_letters(&f);
	open_view(&f, "ann", &view);
	for (int i = 0; i < 3; i++) {
		first = file_of(&view);
		list_start(&view, "/123456789");
		CU_ASSERT_EQUAL(file_of(&view), first);
		change(&f, i);
		CU_ASSERT_EQUAL(file_of(&view), first);
		list_start(&view, "/123456789");
		CU_ASSERT_NOT_EQUAL(file_of(&view), first);
	}
	check_has(&view, PLACE_MANIFEST, ID, "EFT_1.pdf", false);
}

/* A session keeps what it has room for, the newest first. */
static void few_bytes_of_texts_are_kept(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;
	const struct view_text *text = NULL;
	size_t manifest;
	size_t status;

	open_with_letters(&f);
	open_view(&f, "ann", &view);
	get(&view, PLACE_MANIFEST, ID, &text);
	manifest = (size_t)text->size;
	get(&view, PLACE_PROVIDER_STATUS, ID, &text);
	status = (size_t)text->size;
	CU_ASSERT_EQUAL(view.texts.kept[0].kind, PLACE_MANIFEST);
	view.texts.most = manifest + status;
	get(&view, PLACE_STATUS, "", &text);
	CU_ASSERT_EQUAL(view.texts.kept[0].kind, PLACE_ROOT);
	CU_ASSERT_EQUAL(view.texts.kept[1].kind, PLACE_PROVIDER_STATUS);
	CU_ASSERT_EQUAL(text, &view.texts.kept[2]);
	get(&view, PLACE_MANIFEST, ID, &text);
	CU_ASSERT_EQUAL(text, &view.texts.kept[3]);
	CU_ASSERT_EQUAL(view.texts.kept[1].kind, PLACE_ROOT);
}

/* A mirror lists / first, then the folders in it, and gets the files at the end. */
static void stays_while_other_folders_are_listed(void)
{
	static const char *const others[] = {"/new", "/publications", "/publications/telehealth",
	    "/123456789/new", "/123456789/edelivery", "/123456789/trade-files",
	    "/123456789/archives"};
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;
	struct letter letter;

	open_with_letters(&f);
	open_view(&f, "ann", &view);
	list_start(&view, "/");
	list_start(&view, "/123456789");
	fixture_posted(&f, ID, CLASS_EDELIVERY, "EFT_2.pdf", &letter);
	for (size_t i = 0; i < COUNT(others); i++) {
		list_start(&view, others[i]);
		check_has(&view, PLACE_STATUS, "", "new in edelivery: 1\n", true);
		check_has(&view, PLACE_MANIFEST, ID, "EFT_2.pdf", false);
	}
}

/* Its time is that of the newest change it tells of, whenever it is made. */
static void has_the_time_of_what_it_tells(void)
{
	static const struct {
		enum place_kind kind;
		const char *avrs_id;
	} rows[] = {{PLACE_STATUS, ""}, {PLACE_PROVIDER_STATUS, ID}, {PLACE_MANIFEST, ID}};
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;
	const struct view_text *text;
	struct letter letter;

	open_with_letters(&f);
	open_view(&f, "ann", &view);
	for (size_t i = 0; i < COUNT(rows); i++) {
		clock_freeze(FIXTURE_NOW + 3600 * INT64_C(1000000));
		view_texts_forget(&view.texts, rows[i].avrs_id);
		get(&view, rows[i].kind, rows[i].avrs_id, &text);
		CU_ASSERT_EQUAL(text->changed, FIXTURE_NOW);
	}
	fixture_posted(&f, ID, CLASS_EDELIVERY, "EFT_2.pdf", &letter);
	for (size_t i = 0; i < COUNT(rows); i++) {
		view_texts_forget(&view.texts, rows[i].avrs_id);
		get(&view, rows[i].kind, rows[i].avrs_id, &text);
		CU_ASSERT_EQUAL(text->changed, FIXTURE_NOW + 3600 * INT64_C(1000000));
	}
}

/* It tells what is acknowledged, so it has changed with that, though nothing was posted. */
static void has_the_time_of_an_acknowledgement(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;
	const struct view_text *text;
	struct view_found found;
	enum view_answer answer;
	struct err err;

	open_with_letters(&f);
	open_view(&f, "ann", &view);
	clock_freeze(FIXTURE_NOW + 5000000);
	CU_ASSERT_EQUAL(
	    view_find(&view, "/123456789/new/RA_1, \"copy\".835", &found, &answer, &err), 0);
	CU_ASSERT_EQUAL(
	    news_acknowledge(f.catalog, &f.spool.actor, &found.membership, &found.letter, &err), 0);
	get(&view, PLACE_MANIFEST, ID, &text);
	CU_ASSERT_EQUAL(text->changed, FIXTURE_NOW + 5000000);
	get(&view, PLACE_STATUS, "", &text);
	CU_ASSERT_EQUAL(text->changed, FIXTURE_NOW + 5000000);
}

/* Made twice of the same, it is the same: no clock and no age is in it. */
static void has_no_clock_inside(void)
{
	static const enum place_kind kinds[] = {
	    PLACE_STATUS, PLACE_PROVIDER_STATUS, PLACE_MANIFEST};
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;

	open_with_letters(&f);
	open_view(&f, "ann", &view);
	for (size_t i = 0; i < COUNT(kinds); i++) {
		const char *id = kinds[i] == PLACE_STATUS ? "" : ID;
		OWNED_MEM char *first = read_text(&view, kinds[i], id);
		OWNED_MEM char *second = NULL;

		clock_freeze(FIXTURE_NOW + 3600 * INT64_C(1000000) * ((int64_t)i + 1));
		view_texts_forget(&view.texts, id);
		second = read_text(&view, kinds[i], id);
		CU_ASSERT_STRING_EQUAL(first, second);
	}
}

static void can_be_changed_by_nobody(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;
	const struct view_text *text;

	open_with_letters(&f);
	open_view(&f, "ann", &view);
	get(&view, PLACE_STATUS, "", &text);
	CU_ASSERT_EQUAL(pwrite(text->fd, "x", 1, 0), -1);
	CU_ASSERT_EQUAL(ftruncate(text->fd, 0), -1);
	CU_ASSERT_EQUAL(ftruncate(text->fd, 1000000), -1);
	CU_ASSERT_PTR_EQUAL(
	    mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, text->fd, 0), MAP_FAILED);
	CU_ASSERT_TRUE(fcntl(text->fd, F_GETFD) & FD_CLOEXEC);
}

static void keeps_only_a_few_and_closes_the_others(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;
	int before;

	fixture_open(&f);
	(void)scratch_account(&f.spool, "ann", "", "");
	for (int i = 0; i < 40; i++) {
		char id[32];

		(void)snprintf(id, sizeof(id), "1000000%02d", i);
		scratch_provider(&f.spool, id);
		fixture_grant(&f, "ann", id, "master");
	}
	open_view(&f, "ann", &view);
	before = fixture_open_descriptors();
	for (int round = 0; round < 3; round++)
		for (int i = 0; i < 40; i++) {
			char id[32];

			(void)snprintf(id, sizeof(id), "1000000%02d", i);
			check_has(&view, PLACE_PROVIDER_STATUS, id, id, true);
			check_has(&view, PLACE_MANIFEST, id, "name,class", true);
		}
	CU_ASSERT_EQUAL(fixture_open_descriptors(), before + VIEW_TEXTS_MAX);
	view_texts_done(&view.texts);
	CU_ASSERT_EQUAL(fixture_open_descriptors(), before);
}

static void makes_no_text_of_other_places(void)
{
	static const enum place_kind kinds[] = {
	    PLACE_NEW, PLACE_PUBLICATIONS, PLACE_PROVIDER, PLACE_CLASS, PLACE_LETTER};
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;
	const struct view_text *text = NULL;
	struct err err;

	open_with_letters(&f);
	open_view(&f, "ann", &view);
	for (size_t i = 0; i < COUNT(kinds); i++) {
		const struct place place = {.kind = kinds[i], .avrs_id = ID};

		CU_ASSERT_TRUE(fails(view_text_get(&view, &place, &text, &err), &err, ERR_REFUSED));
		CU_ASSERT_PTR_NULL(text);
	}
}

static void makes_no_text_of_an_avrs_id_of_others(void)
{
	const struct place place = {.kind = PLACE_MANIFEST, .avrs_id = "200000002"};
	OWNED_FIXTURE struct fixture f;
	OWNED_VIEW struct view view;
	const struct view_text *text = NULL;
	struct err err;

	open_with_letters(&f);
	open_view(&f, "ann", &view);
	CU_ASSERT_TRUE(fails(view_text_get(&view, &place, &text, &err), &err, ERR_REFUSED));
	CU_ASSERT_PTR_NULL(text);
}

void add_suite_view_text(CU_pSuite suite)
{
	TEST(tells_account_roles_and_counts_in_the_status);
	TEST(tells_how_many_letters_are_being_posted);
	TEST(tells_what_is_being_posted_where_nothing_is_new);
	TEST(counts_what_was_renewed);
	TEST(tells_from_when_on_letters_go);
	TEST(warns_of_a_role_that_ends_soon);
	TEST(warns_of_what_is_wrong_with_the_account);
	TEST(tells_which_host_key_will_come);
	TEST(tells_the_last_day_of_a_role);
	TEST(tells_nothing_of_what_the_account_may_not_see);
	TEST(lists_in_the_manifest_what_the_role_shows);
	TEST(tells_size_hash_and_times_in_the_manifest);
	TEST(tells_in_the_manifest_what_is_acknowledged);
	TEST(a_manifest_takes_no_more_statements_for_more_letters);
	TEST(lists_in_the_manifest_of_a_day_what_is_to_be_printed);
	TEST(stays_what_it_was_until_its_folder_is_listed_again);
	TEST(is_made_anew_when_its_folder_is_listed);
	TEST(has_the_time_of_what_it_tells);
	TEST(has_no_clock_inside);
	TEST(can_be_changed_by_nobody);
	TEST(keeps_only_a_few_and_closes_the_others);
	TEST(makes_no_text_of_other_places);
	TEST(makes_no_text_of_an_avrs_id_of_others);
	TEST(a_manifest_is_made_anew_only_where_it_changed);
	TEST(few_bytes_of_texts_are_kept);
	TEST(stays_while_other_folders_are_listed);
	TEST(tells_e_delivery_only_of_no_trade_file_being_posted);
	TEST(has_the_time_of_an_acknowledgement);
}
