/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/text.h"
#include "server/broker_session.h"
#include "spool/digest.h"
#include "tests/lib/broker_bench.h"
#include "tests/lib/drops.h"
#include "tests/unit/suite.h"

void add_suite_broker_answer(CU_pSuite suite);

static void put_hello(struct message *out)
{
	message_put_fd(out, STDIN_FILENO);
}

static void put_key(struct message *out)
{
	message_put_text(out, "ann");
	message_put_text(out, "ssh-ed25519");
	message_put_text(out, "AAAA");
	message_put_int(out, 1);
}

static void put_client(struct message *out)
{
	message_put_text(out, "OpenSSH_9.2");
}

static void put_root(struct message *out)
{
	message_put_text(out, "/");
}

static void put_letter(struct message *out)
{
	message_put_text(out, BENCH_LETTER);
}

static void put_open_next(struct message *out)
{
	message_put_int(out, OPEN_AS_LISTED);
	message_put_int(out, OPEN_NEXT);
	message_put_text(out, BENCH_LETTER);
}

static void put_new(struct message *out)
{
	message_put_text(out, BENCH_NEW);
}

static void put_listing(struct message *out)
{
	message_put_int(out, 3);
}

/* Of an account that is no administrator: answered, with a no. */
static void put_upload(struct message *out)
{
	message_put_text(out, BENCH_UPLOAD);
	message_put_int(out, UPLOAD_CREATE);
}

static void put_uploaded(struct message *out)
{
	message_put_int(out, 3);
	message_put_text(out, "");
}

static void put_set(struct message *out)
{
	message_put_text(out, BENCH_UPLOAD);
	message_put_int(out, UPLOAD_SET_TIME);
	message_put_int(out, 0);
	message_put_int(out, 1553688000 * SECOND);
}

static void put_folder(struct message *out)
{
	message_put_text(out, "/drop/" DROPS_AVRS_ID "/trade-files");
}

static void put_rename(struct message *out)
{
	message_put_text(out, BENCH_UPLOAD);
	message_put_text(out, BENCH_UPLOAD ".2");
}

/* Every request, in which phases it may be made, and one of it that is right. */
static const struct {
	enum request request;
	unsigned phases;
	void (*put)(struct message *out);
	bool is_answered;
} requests[] = {
    {REQUEST_HELLO, PHASE_UNKNOWN, put_hello, false},
    {REQUEST_KEY, PHASE_STRANGER, put_key, true},
    {REQUEST_START, PHASE_LOGGED_IN, put_client, false},
    {REQUEST_FIND, PHASE_SFTP, put_root, true},
    {REQUEST_OPEN_FOLDER, PHASE_SFTP, put_root, true},
    {REQUEST_LIST, PHASE_SFTP, put_listing, true},
    {REQUEST_CLOSE_FOLDER, PHASE_SFTP, put_listing, false},
    {REQUEST_OPEN, PHASE_SFTP, put_letter, true},
    {REQUEST_REMOVE, PHASE_SFTP, put_new, true},
    {REQUEST_END, PHASE_STRANGER | PHASE_LOGGED_IN | PHASE_SFTP | PHASE_ARCHIVE, put_client, false},
    {REQUEST_SPACE, PHASE_SFTP, put_root, true},
    {REQUEST_HASH, PHASE_SFTP, put_letter, true},
    {REQUEST_UPLOAD, PHASE_SFTP, put_upload, true},
    {REQUEST_UPLOADED, PHASE_SFTP, put_uploaded, true},
    {REQUEST_SET, PHASE_SFTP, put_set, true},
    {REQUEST_MAKE_FOLDER, PHASE_SFTP, put_folder, true},
    {REQUEST_RENAME, PHASE_SFTP, put_rename, true},
    {REQUEST_FIND_MORE, PHASE_SFTP, put_letter, true},
    {REQUEST_OPEN_NEXT, PHASE_SFTP, put_open_next, true},
};

static const enum phase phases[] = {
    PHASE_UNKNOWN, PHASE_STRANGER, PHASE_LOGGED_IN, PHASE_SFTP, PHASE_ARCHIVE};

/* As if the root were being listed, by the number that the requests above have. */
static void open_listing(struct broker_bench *bench)
{
	bench->session->listings[3] = (struct listing){.is_open = true, .more = true};
	CU_ASSERT_TRUE(place_parse("/", &bench->session->listings[3].folder));
}

static void every_request_is_answered_in_its_phases_only(void)
{
	/*
	 * All but REQUEST_PASSWORD, which is answered when the verifier has its word, and
	 * REQUEST_SENT, which only a session makes that was handed the letter, and REQUEST_ARCHIVE,
	 * which starts a process: the flows' matter. And REQUEST_OPENED, which is taken from the
	 * channel for reports alone.
	 */
	CU_ASSERT_EQUAL(COUNT(requests), REQUEST_COUNT - 4);
	for (size_t i = 0; i < COUNT(requests); i++) {
		CU_ASSERT_TRUE(i == 0 || requests[i].request > requests[i - 1].request);
		for (size_t j = 0; j < COUNT(phases); j++) {
			OWNED_BROKER_BENCH struct broker_bench bench;
			bool allowed = requests[i].phases & phases[j];
			bool answered = allowed && requests[i].is_answered;
			struct err err;

			broker_bench_open(&bench);
			open_listing(&bench);
			bench.session->phase = phases[j];
			requests[i].put(ask_begin(&bench, requests[i].request));
			CU_ASSERT_EQUAL(ask_raw(&bench, &err), allowed ? 0 : -1);
			CU_ASSERT_EQUAL(ask_answer(&bench), answered);
			if (!allowed) {
				CU_ASSERT_EQUAL(err.kind, ERR_REFUSED);
				CU_ASSERT_EQUAL(bench.session->phase, phases[j]);
			}
			if (answered) {
				CU_ASSERT_EQUAL(bench.broker->in.kind, requests[i].request);
				CU_ASSERT_EQUAL(message_get_int(&bench.broker->in),
				    requests[i].request < REQUEST_UPLOAD ||
				            requests[i].request == REQUEST_FIND_MORE ||
				            requests[i].request == REQUEST_OPEN_NEXT
				        ? ANSWER_OK
				    : requests[i].request == REQUEST_UPLOADED
				        ? ANSWER_FAILURE
				        : ANSWER_NO_SUCH_FILE);
			}
		}
	}
}

static void a_number_without_a_row_is_refused_in_every_phase(void)
{
	static const uint32_t numbers[] = {REQUEST_COUNT, REQUEST_COUNT + 1, 255, UINT32_MAX};
	OWNED_BROKER_BENCH struct broker_bench bench;
	struct err err;

	broker_bench_open(&bench);
	for (size_t i = 0; i < COUNT(numbers); i++) {
		for (size_t j = 0; j < COUNT(phases); j++) {
			bench.session->phase = phases[j];
			put_root(ask_begin(&bench, numbers[i]));
			CU_ASSERT_EQUAL(ask_raw(&bench, &err), -1);
			CU_ASSERT_EQUAL(err.kind, ERR_REFUSED);
			CU_ASSERT_FALSE(ask_answer(&bench));
		}
	}
}

/* The phase in which a request may be made, to try it there. */
static enum phase phase_of(size_t i)
{
	return requests[i].phases & PHASE_SFTP ? PHASE_SFTP : (enum phase)requests[i].phases;
}

/* Cut at every length, or with something behind it: the session that sends it is not ours. */
static void a_request_of_another_shape_ends_the_session(void)
{
	OWNED_BROKER_BENCH struct broker_bench bench;
	int before;
	struct err err;

	broker_bench_open(&bench);
	open_listing(&bench);
	before = drops_open_fds();
	for (size_t i = 0; i < COUNT(requests); i++) {
		uint32_t whole;

		requests[i].put(ask_begin(&bench, requests[i].request));
		whole = bench.broker->in.length;
		for (uint32_t cut = 0; cut < whole; cut++) {
			bench.session->phase = phase_of(i);
			requests[i].put(ask_begin(&bench, requests[i].request));
			bench.broker->in.length = cut;
			CU_ASSERT_EQUAL(ask_raw(&bench, &err), -1);
			CU_ASSERT_EQUAL(err.kind, ERR_REFUSED);
			CU_ASSERT_FALSE(ask_answer(&bench));
			CU_ASSERT_EQUAL(bench.session->phase, phase_of(i));
		}
		bench.session->phase = phase_of(i);
		requests[i].put(ask_begin(&bench, requests[i].request));
		message_put_int(&bench.broker->in, 0);
		CU_ASSERT_EQUAL(ask_raw(&bench, &err), -1);
		CU_ASSERT_FALSE(ask_answer(&bench));
		CU_ASSERT_EQUAL(bench.session->phase, phase_of(i));
	}
	bench.session->phase = PHASE_UNKNOWN;
	(void)ask_begin(&bench, REQUEST_HELLO);
	CU_ASSERT_EQUAL(ask_raw(&bench, &err), -1);
	CU_ASSERT_EQUAL(bench.session->reason[0], '\0');
	CU_ASSERT_EQUAL(drops_open_fds(), before);
}

static void a_value_that_is_out_of_bounds_ends_the_session(void)
{
	static const int64_t numbers[] = {-1, 0, LISTINGS_MAX, INT64_MAX, INT64_MIN};
	static const char *const paths[] = {"", "a", "../etc"};
	static const enum request of_path[] = {
	    REQUEST_FIND, REQUEST_OPEN_FOLDER, REQUEST_OPEN, REQUEST_REMOVE};
	static const char *const orders[][3] = {{"2024-05-32", "", "SSH-2.0-x"},
	    {"2024-05-15", "", "SSH-2.0-x\n"}, {"2024-05-15", "", "\xc5"}};
	OWNED_BROKER_BENCH struct broker_bench bench;
	char client[CLIENT_MAX + 1];
	struct err err;

	broker_bench_open(&bench);
	bench.session->phase = PHASE_SFTP;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		message_put_int(ask_begin(&bench, REQUEST_LIST), numbers[i]);
		CU_ASSERT_EQUAL(ask_raw(&bench, &err), -1);
		message_put_int(ask_begin(&bench, REQUEST_CLOSE_FOLDER), numbers[i]);
		CU_ASSERT_EQUAL(ask_raw(&bench, &err), -1);
	}
	for (size_t i = 0; i < COUNT(of_path) * COUNT(paths); i++) {
		message_put_text(
		    ask_begin(&bench, of_path[i / COUNT(paths)]), paths[i % COUNT(paths)]);
		CU_ASSERT_EQUAL(ask_raw(&bench, &err), -1);
	}
	memset(client, 'x', CLIENT_MAX);
	client[CLIENT_MAX] = '\0';
	bench.session->phase = PHASE_LOGGED_IN;
	message_put_text(ask_begin(&bench, REQUEST_START), client);
	CU_ASSERT_EQUAL(ask_raw(&bench, &err), -1);
	message_put_text(ask_begin(&bench, REQUEST_START), "SSH-2.0-x\n1970-01-01");
	CU_ASSERT_EQUAL(ask_raw(&bench, &err), -1);
	message_put_text(ask_begin(&bench, REQUEST_START), "SSH-2.0-\xc5");
	CU_ASSERT_EQUAL(ask_raw(&bench, &err), -1);
	for (size_t i = 0; i < COUNT(orders); i++) {
		struct message *order = ask_begin(&bench, REQUEST_ARCHIVE);

		for (size_t j = 0; j < COUNT(orders[i]); j++)
			message_put_text(order, orders[i][j]);
		CU_ASSERT_EQUAL(ask_raw(&bench, &err), -1);
	}
	bench.session->phase = PHASE_STRANGER;
	put_key(ask_begin(&bench, REQUEST_KEY));
	bench.broker->in.length -= (uint32_t)sizeof(int64_t);
	message_put_int(&bench.broker->in, 2);
	CU_ASSERT_EQUAL(ask_raw(&bench, &err), -1);
	CU_ASSERT_FALSE(ask_answer(&bench));
}

static void the_process_of_a_session_is_kept(void)
{
	OWNED_BROKER_BENCH struct broker_bench bench;
	struct err err;

	broker_bench_open(&bench);
	put_hello(ask_begin(&bench, REQUEST_HELLO));
	CU_ASSERT_EQUAL(ask_raw(&bench, &err), 0);
	CU_ASSERT_FALSE(ask_answer(&bench));
	CU_ASSERT_TRUE(message_is_read(&bench.broker->in));
	CU_ASSERT_EQUAL(bench.session->phase, PHASE_STRANGER);
	CU_ASSERT(bench.session->pidfd >= 0);
}

static void what_is_found_is_described(void)
{
	static const struct {
		const char *path;
		const char *sql;
		enum answer answer;
		const char *reason;
	} paths[] = {
	    {"/", NULL, ANSWER_OK, NULL},
	    {BENCH_LETTER, NULL, ANSWER_OK, NULL},
	    {BENCH_NEW, NULL, ANSWER_OK, NULL},
	    {"/nothing", NULL, ANSWER_NO_SUCH_FILE, NULL},
	    {"/987654321", NULL, ANSWER_NO_SUCH_FILE, NULL},
	    /* R10 */
	    {BENCH_LETTER, "UPDATE letter SET electronic = 'posting'", ANSWER_FAILURE,
	        "still being posted, check back in a few hours"},
	    {BENCH_LETTER, "UPDATE letter SET electronic = 'recalled'", ANSWER_NO_SUCH_FILE, NULL},
	    {BENCH_LETTER, "UPDATE membership SET role = 'none'", ANSWER_NO_SUCH_FILE, NULL},
	    {BENCH_LETTER, "ALTER TABLE letter RENAME TO paper", ANSWER_FAILURE,
	        "temporary trouble, try again later"},
	};
	static const enum request of_path[] = {
	    REQUEST_FIND, REQUEST_OPEN, REQUEST_OPEN_FOLDER, REQUEST_REMOVE};

	for (size_t i = 0; i < COUNT(paths); i++) {
		OWNED_BROKER_BENCH struct broker_bench bench;

		broker_bench_open(&bench);
		bench.session->phase = PHASE_SFTP;
		if (paths[i].sql) {
			drops_forget_references(&bench.drops);
			drops_run(&bench.drops, paths[i].sql);
		}
		for (size_t j = 0; j < COUNT(of_path); j++) {
			enum answer answer = ask_path(&bench, of_path[j], paths[i].path);

			/* What it is, is REQUEST_FIND's; the others may say no for that. */
			if (j > 0 && paths[i].answer == ANSWER_OK)
				continue;
			CU_ASSERT_EQUAL(answer, paths[i].answer);
			if (paths[i].reason)
				expect_answer_reason(&bench, paths[i].reason);
		}
	}
}

static void what_follows_a_letter_is_told_with_it(void)
{
	OWNED_BROKER_BENCH struct broker_bench bench;

	broker_bench_open(&bench);
	bench.session->phase = PHASE_SFTP;
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_FIND_MORE, BENCH_LETTER), ANSWER_OK);
	CU_ASSERT_EQUAL(message_get_int(&bench.broker->in), 1);
	CU_ASSERT_STRING_EQUAL(message_get_text(&bench.broker->in), strrchr(BENCH_LETTER, '/') + 1);
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_FIND_MORE, "/nothing"), ANSWER_NO_SUCH_FILE);
}

/* Letters named EFT_2.pdf and so on, to be COUNT with the one that is there. */
static void add_letters(struct broker_bench *bench, int count)
{
	for (int i = 2; i <= count; i++) {
		struct letter letter = {.id = 1000 + i, .electronic = ELECTRONIC_POSTING};
		struct err err;

		text_copy(letter.avrs_id, DROPS_AVRS_ID);
		(void)snprintf(letter.name, sizeof(letter.name), "EFT_%d.pdf", i);
		letter.sequence = i;
		letter.posted = 1;
		CU_ASSERT_EQUAL(letter_add(bench->drops.spool.catalog, "test", &letter, &err), 0);
		CU_ASSERT_EQUAL(letter_set_posted(bench->drops.spool.catalog, &letter, &err), 0);
	}
}

/* Open the folder; the listing's number, which its first page follows. */
static int64_t open_folder(struct broker_bench *bench, const char *path)
{
	CU_ASSERT_EQUAL(ask_path(bench, REQUEST_OPEN_FOLDER, path), ANSWER_OK);
	return message_get_bounded(&bench->broker->in, LISTING_WHOLE, LISTINGS_MAX - 1);
}

/* The page in the answer has the letters that follow those listed so far. */
static void expect_page(struct broker_bench *bench, unsigned *listed)
{
	struct message *in = &bench->broker->in;
	int64_t count = message_get_bounded(in, 0, LIST_PAGE);

	for (int64_t i = 0; i < count; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "EFT_%u.pdf", ++*listed);
		CU_ASSERT_STRING_EQUAL(message_get_text(in), name);
		for (int field = 0; field < 3; field++)
			(void)message_get_int(in);
	}
	CU_ASSERT_TRUE_FATAL(message_is_read(in));
}

static void a_folder_is_listed_page_by_page(void)
{
	enum { LETTERS = 2 * LIST_PAGE + 50 };
	OWNED_BROKER_BENCH struct broker_bench bench;
	unsigned listed = 0;
	int64_t number;
	bool more = true;

	broker_bench_open(&bench);
	bench.session->phase = PHASE_SFTP;
	add_letters(&bench, LETTERS);
	number = open_folder(&bench, "/" DROPS_AVRS_ID "/edelivery");
	CU_ASSERT_NOT_EQUAL_FATAL(number, LISTING_WHOLE);
	expect_page(&bench, &listed);
	while (more) {
		CU_ASSERT_EQUAL_FATAL(ask_number(&bench, REQUEST_LIST, number), ANSWER_OK);
		more = message_get_bounded(&bench.broker->in, 0, 1) == 1;
		expect_page(&bench, &listed);
	}
	CU_ASSERT_EQUAL(listed, LETTERS);
	/* Behind its end there is nothing, and no more. */
	CU_ASSERT_EQUAL(ask_number(&bench, REQUEST_LIST, number), ANSWER_OK);
	CU_ASSERT_EQUAL(message_get_int(&bench.broker->in), 0);
	CU_ASSERT_EQUAL(message_get_int(&bench.broker->in), 0);
}

static void a_folder_that_fits_a_page_is_not_open_afterwards(void)
{
	OWNED_BROKER_BENCH struct broker_bench bench;
	unsigned listed = 0;
	struct err err;

	broker_bench_open(&bench);
	bench.session->phase = PHASE_SFTP;
	add_letters(&bench, 3);
	CU_ASSERT_EQUAL(open_folder(&bench, "/" DROPS_AVRS_ID "/edelivery"), LISTING_WHOLE);
	expect_page(&bench, &listed);
	CU_ASSERT_EQUAL(listed, 3);
	message_put_int(ask_begin(&bench, REQUEST_LIST), 0);
	CU_ASSERT_EQUAL(ask_raw(&bench, &err), -1);
}

static void close_folder(struct broker_bench *bench, int64_t number)
{
	struct err err;

	message_put_int(ask_begin(bench, REQUEST_CLOSE_FOLDER), number);
	CU_ASSERT_EQUAL(ask_raw(bench, &err), 0);
}

static void a_session_has_so_many_listings(void)
{
	OWNED_BROKER_BENCH struct broker_bench bench;
	static const char folder[] = "/" DROPS_AVRS_ID "/edelivery";
	bool seen[LISTINGS_MAX] = {false};
	struct err err;

	broker_bench_open(&bench);
	bench.session->phase = PHASE_SFTP;
	add_letters(&bench, LIST_PAGE + 1);
	for (int i = 0; i < LISTINGS_MAX; i++) {
		int64_t number = open_folder(&bench, folder);

		CU_ASSERT_FATAL(number >= 0);
		CU_ASSERT_FALSE(seen[number]);
		seen[number] = true;
	}
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_OPEN_FOLDER, folder), ANSWER_FAILURE);
	expect_answer_reason(&bench, "too many folders are open");
	close_folder(&bench, 5);
	CU_ASSERT_EQUAL(open_folder(&bench, folder), 5);
	close_folder(&bench, 5);
	/* A closed one is none. */
	message_put_int(ask_begin(&bench, REQUEST_LIST), 5);
	CU_ASSERT_EQUAL(ask_raw(&bench, &err), -1);
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_OPEN_FOLDER, BENCH_LETTER), ANSWER_FAILURE);
	expect_answer_reason(&bench, "not a folder");
}

/* How full the disk is, and that letters come and go, is the administrator's to know. */
static void only_an_administrator_sees_the_space_there_is(void)
{
	OWNED_BROKER_BENCH struct broker_bench bench;
	struct statvfs space;
	int64_t blocks;

	broker_bench_open(&bench);
	bench.session->phase = PHASE_SFTP;
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_SPACE, BENCH_LETTER), ANSWER_OK);
	CU_ASSERT_EQUAL(message_get_int(&bench.broker->in), 4096);
	for (int i = 0; i < 4; i++)
		CU_ASSERT_EQUAL(message_get_int(&bench.broker->in), i % 2 == 0);
	CU_ASSERT_EQUAL(message_get_int(&bench.broker->in), 1);
	CU_ASSERT_TRUE(message_is_read(&bench.broker->in));
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_SPACE, "/987654321"), ANSWER_NO_SUCH_FILE);
	bench.session->view.account.admin = true;
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_SPACE, "/"), ANSWER_OK);
	CU_ASSERT_EQUAL(fstatvfs(bench.drops.spool.root_fd, &space), 0);
	CU_ASSERT_EQUAL(message_get_int(&bench.broker->in), (int64_t)space.f_frsize);
	blocks = message_get_int(&bench.broker->in);
	CU_ASSERT_EQUAL(blocks, (int64_t)space.f_blocks);
	CU_ASSERT_TRUE(message_get_bounded(&bench.broker->in, 0, blocks) > 0);
	/* What can be dropped goes where it can be written. */
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_SPACE, "/drop"), ANSWER_OK);
	for (int i = 0; i < 5; i++)
		(void)message_get_int(&bench.broker->in);
	CU_ASSERT_EQUAL(message_get_int(&bench.broker->in), 0);
}

static void the_hash_of_a_letter_is_what_it_was_posted_with(void)
{
	static const struct {
		const char *path;
		enum answer answer;
	} others[] = {
	    {"/987654321/edelivery/EFT_1.pdf", ANSWER_NO_SUCH_FILE},
	    {"/" DROPS_AVRS_ID "/edelivery/EFT_2.pdf", ANSWER_NO_SUCH_FILE},
	    {"/" DROPS_AVRS_ID "/edelivery", ANSWER_FAILURE},
	    {"/STATUS.txt", ANSWER_FAILURE},
	};
	OWNED_BROKER_BENCH struct broker_bench bench;
	OWNED_DIGEST struct digest *digest = digest_new();
	char sha256[SHA256_HEX + 1];
	uint32_t crc32;
	struct err err;

	broker_bench_open(&bench);
	bench.session->phase = PHASE_SFTP;
	CU_ASSERT_EQUAL(digest_begin(digest, &err), 0);
	digest_add(digest, DROPS_PDF, strlen(DROPS_PDF));
	digest_end(digest, sha256, &crc32);
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_HASH, BENCH_LETTER), ANSWER_OK);
	expect_answer_reason(&bench, sha256);
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_HASH, BENCH_NEW), ANSWER_OK);
	/* That is no opening: the letter stays new. */
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_REMOVE, BENCH_NEW), ANSWER_OK);
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_FIND, BENCH_NEW), ANSWER_OK);
	for (size_t i = 0; i < COUNT(others); i++)
		CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_HASH, others[i].path), others[i].answer);
}

static void why_a_session_ends_is_kept_and_not_answered(void)
{
	OWNED_BROKER_BENCH struct broker_bench bench;
	char longest[1000];
	struct err err;

	broker_bench_open(&bench);
	bench.session->phase = PHASE_SFTP;
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	message_put_text(ask_begin(&bench, REQUEST_END), longest);
	CU_ASSERT_EQUAL(ask_raw(&bench, &err), 0);
	message_put_text(ask_begin(&bench, REQUEST_END), "closed by the client");
	CU_ASSERT_EQUAL(ask_raw(&bench, &err), 0);
	CU_ASSERT_STRING_EQUAL(bench.session->reason, "closed by the client");
	CU_ASSERT_FALSE(ask_answer(&bench));
}

static void a_session_that_is_gone_is_told_as_such(void)
{
	OWNED_BROKER_BENCH struct broker_bench bench;
	int before;
	struct err err;

	broker_bench_open(&bench);
	bench.session->phase = PHASE_SFTP;
	before = drops_open_fds();
	clean_fd(&bench.channel);
	bench.channel = -1;
	message_put_text(ask_begin(&bench, REQUEST_OPEN), BENCH_LETTER);
	CU_ASSERT_EQUAL(ask_raw(&bench, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_GONE);
	CU_ASSERT_EQUAL(drops_open_fds(), before - 1);
}

void add_suite_broker_answer(CU_pSuite suite)
{
	TEST(every_request_is_answered_in_its_phases_only);
	TEST(a_number_without_a_row_is_refused_in_every_phase);
	TEST(a_request_of_another_shape_ends_the_session);
	TEST(a_value_that_is_out_of_bounds_ends_the_session);
	TEST(the_process_of_a_session_is_kept);
	TEST(what_is_found_is_described);
	TEST(what_follows_a_letter_is_told_with_it);
	TEST(a_folder_is_listed_page_by_page);
	TEST(a_folder_that_fits_a_page_is_not_open_afterwards);
	TEST(a_session_has_so_many_listings);
	TEST(only_an_administrator_sees_the_space_there_is);
	TEST(the_hash_of_a_letter_is_what_it_was_posted_with);
	TEST(why_a_session_ends_is_kept_and_not_answered);
	TEST(a_session_that_is_gone_is_told_as_such);
}
