/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/number.h"
#include "base/text.h"
#include "batch/validate.h"
#include "tests/lib/clamd_stub.h"
#include "tests/lib/drops.h"
#include "tests/unit/suite.h"

void add_suite_validate(CU_pSuite suite);

#define START (INT64_C(1553688000) * SECOND)

/* A validator with all it needs, at START. */
struct bench {
	struct drops drops;
	struct checker checker;
	struct holds *holds;
	struct claims *claims;
	struct scanner scanner;
	struct validator validator;
};

static void bench_open(struct bench *bench, const char *settings)
{
	struct err err;

	clock_freeze(START);
	drops_open(&bench->drops, settings);
	CU_ASSERT_EQUAL_FATAL(checker_start(&bench->checker, &err), 0);
	CU_ASSERT_EQUAL_FATAL(holds_new(&bench->drops.spool, &bench->holds, &err), 0);
	bench->claims = claims_new();
	scanner_init(&bench->scanner, &bench->drops.spool.settings);
	bench->validator = (struct validator){&bench->drops.spool, &bench->checker, bench->holds,
	    bench->drops.folders, bench->claims, &bench->scanner};
}

static void bench_close(struct bench *bench)
{
	clock_freeze(0);
	scanner_done(&bench->scanner);
	claims_free(bench->claims);
	holds_free(bench->holds);
	checker_stop(&bench->checker);
	drops_close(&bench->drops);
}
#define OWNED_BENCH OWNED(bench_close)

/* The drop of a path below the drop folder, which nobody has looked at. */
static struct drop drop_of(const char *path)
{
	const char *name = strrchr(path, '/');
	struct arrival arrival = {.name = name ? name + 1 : path};
	struct drop drop;

	if (name)
		text_copy_part(arrival.avrs_id, strcspn(path, "/") + 1, path);
	if (strstr(path, "/trade-files/"))
		arrival.class = CLASS_TRADE_FILES;
	drop_init(&drop, &arrival);
	return drop;
}

/* Look at one; its drop is the caller's. */
static struct drop look(struct bench *bench, const char *path)
{
	struct drop drop = drop_of(path);
	struct err err;

	CU_ASSERT_EQUAL(validate(&bench->validator, &drop, 1, &err), 0);
	return drop;
}

#define LETTER DROPS_AVRS_ID "/"
#define TRADE  DROPS_AVRS_ID "/trade-files/"
#define LONG                                                                   \
	"EFT_7890123456789012345678901234567890123456789012345678901234567890" \
	"12345678901234567890123456789012345678901234567890123456789012345678" \
	"1234567890123456789012345678901234567890123456789012345678901234"

/* Names and contents, and what becomes of a file that has them. */
static const struct {
	const char *path;
	const char *content;
	enum verdict verdict;
	const char *reason; /* is in it */
} files[] = {
    {LETTER "EFT_1.pdf", DROPS_PDF, VERDICT_NONE, ""},
    {LETTER "EFT-1.pdf", DROPS_PDF, VERDICT_NONE, ""},
    {LETTER "EFT.pdf", DROPS_PDF, VERDICT_NONE, ""},
    {LETTER "EFT_without-extension", DROPS_PDF, VERDICT_NONE, ""},
    {LETTER "EFT_caf\xc3\xa9 \xe2\x82\xac.pdf", DROPS_PDF, VERDICT_NONE, ""},
    {TRADE "RA.835", DROPS_X12, VERDICT_NONE, ""},
    {TRADE "no type, no structure", "x", VERDICT_NONE, ""},
    {TRADE "report.pdf", DROPS_PDF, VERDICT_NONE, ""},

    {LETTER "EFT_1.pdf", "", VERDICT_HOLD, "empty"},
    {LETTER "EFT_1.pdf", "%PDF-1.4\n", VERDICT_HOLD, "cut off"},
    {TRADE "RA.835", "ISA*00*", VERDICT_HOLD, "cut off"},
    {TRADE "anything.zip", "", VERDICT_HOLD, "empty"},

    {LETTER "EFT_1.pdf", "<html>", VERDICT_QUARANTINE, "%PDF-"},
    {LETTER "EFT_1.835", DROPS_X12, VERDICT_QUARANTINE, "%PDF-"},
    {TRADE "RA.835", DROPS_PDF, VERDICT_QUARANTINE, "ISA"},
    {TRADE "RA.pdf", DROPS_X12, VERDICT_QUARANTINE, "%PDF-"},
    {LETTER "XYZ_1.pdf", DROPS_PDF, VERDICT_QUARANTINE, "type XYZ"},
    {LETTER "eft_1.pdf", DROPS_PDF, VERDICT_QUARANTINE, "type (none)"},
    {LETTER "EFT", DROPS_PDF, VERDICT_QUARANTINE, "type (none)"},
    {LETTER "EFT_a\nb.pdf", DROPS_PDF, VERDICT_QUARANTINE, "control"},
    {LETTER "EFT_\x1b[2J.pdf", DROPS_PDF, VERDICT_QUARANTINE, "control"},
    {LETTER "EFT_\x7f.pdf", DROPS_PDF, VERDICT_QUARANTINE, "control"},
    {LETTER "EFT_\xc2\x9b.pdf", DROPS_PDF, VERDICT_QUARANTINE, "control"},
    {LETTER "EFT_\xe2\x80\xae.pdf", DROPS_PDF, VERDICT_QUARANTINE, "control"},
    {LETTER "EFT_\xff.pdf", DROPS_PDF, VERDICT_QUARANTINE, "UTF-8"},
    {LETTER "EFT_\xc0\xaf.pdf", DROPS_PDF, VERDICT_QUARANTINE, "UTF-8"},
    {TRADE "a\xed\xa0\x80", "x", VERDICT_QUARANTINE, "UTF-8"},
    {LETTER LONG, DROPS_PDF, VERDICT_NONE, ""},
    {LETTER LONG "x", DROPS_PDF, VERDICT_QUARANTINE, "201 bytes"},
    {"EFT_1.pdf", DROPS_PDF, VERDICT_QUARANTINE, "drop root"},
};

static void a_file_is_judged_by_its_name_and_content(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench, "drop.settle = 0s");
	for (size_t i = 0; i < COUNT(files); i++) {
		struct drop drop;

		drops_write(&bench.drops, files[i].path, files[i].content);
		drop = look(&bench, files[i].path);
		CU_ASSERT_EQUAL(drop.verdict, files[i].verdict);
		CU_ASSERT_PTR_NOT_NULL(strstr(drop.reason, files[i].reason));
		if (drop.verdict != files[i].verdict || !strstr(drop.reason, files[i].reason))
			(void)fprintf(stderr, "case %zu: %d %s\n", i, drop.verdict, drop.reason);
		if (drop.verdict == VERDICT_HOLD)
			CU_ASSERT_EQUAL(drop.hold, HOLD_UNFINISHED);
		drop_done(&drop);
	}
}

/* All at once: each still gets its own verdict. */
static void a_batch_is_judged_as_each_alone(void)
{
	static const size_t some[] = {0, 8, 12, 5, 16, 29};
	OWNED_BENCH struct bench bench;
	struct drop drops[COUNT(some)];
	struct err err;

	bench_open(&bench, "drop.settle = 0s");
	for (size_t i = 0; i < COUNT(some); i++) {
		/* Apart, since some have the same name. */
		char path[64];
		const char *name = strrchr(files[some[i]].path, '/');

		(void)snprintf(path, sizeof(path), "%09zu%s%s", i,
		    strstr(files[some[i]].path, "/trade-files/") ? "/trade-files" : "",
		    name ? name : "");
		if (!name)
			text_copy(path, files[some[i]].path);
		drops_write(&bench.drops, path, files[some[i]].content);
		drops[i] = drop_of(path);
	}
	CU_ASSERT_EQUAL(validate(&bench.validator, drops, COUNT(some), &err), 0);
	for (size_t i = 0; i < COUNT(some); i++) {
		CU_ASSERT_EQUAL(drops[i].verdict, files[some[i]].verdict);
		drop_done(&drops[i]);
	}
}

static void what_is_fit_to_be_routed_is_described(void)
{
	OWNED_BENCH struct bench bench;
	struct drop drop;

	bench_open(&bench, "");
	drops_write(&bench.drops, LETTER "EFT_1.pdf", DROPS_PDF);
	drop = look(&bench, LETTER "EFT_1.pdf");
	CU_ASSERT_EQUAL(drop.verdict, VERDICT_NONE);
	CU_ASSERT_TRUE(drop.leased);
	CU_ASSERT_EQUAL(fcntl(drop.fd, F_GETLEASE), F_RDLCK);
	CU_ASSERT_EQUAL(drop.format, FORMAT_PDF);
	CU_ASSERT_STRING_EQUAL(drop.letter.avrs_id, DROPS_AVRS_ID);
	CU_ASSERT_STRING_EQUAL(drop.letter.dropped_name, "EFT_1.pdf");
	CU_ASSERT_STRING_EQUAL(drop.letter.type, "EFT");
	CU_ASSERT_EQUAL(drop.letter.class, CLASS_EDELIVERY);
	CU_ASSERT_EQUAL(drop.letter.size, (int64_t)strlen(DROPS_PDF));
	CU_ASSERT_EQUAL(drop.letter.id, 0);
	drop_done(&drop);
	drops_write(&bench.drops, TRADE "EFT_1.835", DROPS_X12);
	drop = look(&bench, TRADE "EFT_1.835");
	CU_ASSERT_EQUAL(drop.letter.class, CLASS_TRADE_FILES);
	CU_ASSERT_STRING_EQUAL(drop.letter.type, "");
	CU_ASSERT_EQUAL(drop.format, FORMAT_X12);
	drop_done(&drop);
}

static void make_link(int folder_fd, const char *name)
{
	CU_ASSERT_EQUAL(symlinkat("EFT_real.pdf", folder_fd, name), 0);
}

static void make_dangling_link(int folder_fd, const char *name)
{
	CU_ASSERT_EQUAL(symlinkat("/nowhere", folder_fd, name), 0);
}

static void make_fifo(int folder_fd, const char *name)
{
	CU_ASSERT_EQUAL(mkfifoat(folder_fd, name, 0666), 0);
}

static void make_folder(int folder_fd, const char *name)
{
	CU_ASSERT_EQUAL(mkdirat(folder_fd, name, 0777), 0);
}

static void make_socket(int folder_fd, const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	OWNED_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(
	    address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", folder_fd, name);
	CU_ASSERT_EQUAL(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
}

/* Neither followed nor opened: a FIFO would wait, a link may lead anywhere. */
static void what_is_not_a_file_is_refused_unopened(void)
{
	static const struct {
		void (*make)(int folder_fd, const char *name);
		const char *reason;
	} strange[] = {
	    {make_link, "symbolic link"},
	    {make_dangling_link, "symbolic link"},
	    {make_fifo, "FIFO"},
	    {make_folder, "folder"},
	    {make_socket, "socket"},
	};

	for (size_t i = 0; i < COUNT(strange); i++) {
		OWNED_BENCH struct bench bench;
		struct drop drop;

		bench_open(&bench, "");
		drops_write(&bench.drops, LETTER "EFT_real.pdf", DROPS_PDF);
		strange[i].make(folder_cache_open(bench.drops.folders, DROPS_AVRS_ID), "EFT_1.pdf");
		drop = look(&bench, LETTER "EFT_1.pdf");
		CU_ASSERT_EQUAL(drop.verdict, VERDICT_QUARANTINE);
		CU_ASSERT_PTR_NOT_NULL(strstr(drop.reason, strange[i].reason));
		CU_ASSERT_EQUAL(drop.fd, -1);
		drop_done(&drop);
	}
}

/* A folder of letters that is itself a link leads nowhere. */
static void a_folder_that_is_a_link_is_not_followed(void)
{
	OWNED_BENCH struct bench bench;
	struct drop drop;

	bench_open(&bench, "");
	drops_write(&bench.drops, "real/EFT_1.pdf", DROPS_PDF);
	CU_ASSERT_EQUAL(symlinkat("real", bench.drops.spool.drop_fd, DROPS_AVRS_ID), 0);
	drop = look(&bench, LETTER "EFT_1.pdf");
	CU_ASSERT_NOT_EQUAL(drop.verdict, VERDICT_NONE);
	CU_ASSERT_EQUAL(drop.fd, -1);
	drop_done(&drop);
}

/* It may be a typing error that somebody is about to mend. */
static void a_folder_of_no_avrs_id_waits(void)
{
	OWNED_BENCH struct bench bench;
	struct drop drop;

	bench_open(&bench, "");
	drops_write(&bench.drops, "12345678/EFT_1.pdf", DROPS_PDF);
	drop = look(&bench, "12345678");
	CU_ASSERT_EQUAL(drop.verdict, VERDICT_HOLD);
	CU_ASSERT_EQUAL(drop.hold, HOLD_UNFINISHED);
	drop_done(&drop);
}

static void what_is_too_large_is_refused_by_its_class(void)
{
	static const struct {
		const char *path;
		const char *content;
		off_t size;
		enum verdict verdict;
	} sizes[] = {
	    {LETTER "EFT_1.pdf", "%PDF-", 4096, VERDICT_HOLD},
	    {LETTER "EFT_1.pdf", "%PDF-", 4097, VERDICT_QUARANTINE},
	    {TRADE "RA.835", DROPS_X12, 8192, VERDICT_HOLD},
	    {TRADE "RA.835", DROPS_X12, 8193, VERDICT_QUARANTINE},
	};
	OWNED_BENCH struct bench bench;

	bench_open(&bench, "drop.letter-max = 4K\ndrop.trade-file-max = 8K");
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct drop drop;
		OWNED_FD int fd = -1;

		/* Cut off, but right so far: only the size can be the reason to refuse it. */
		drops_write(&bench.drops, sizes[i].path, sizes[i].content);
		fd = openat(bench.drops.spool.drop_fd, sizes[i].path, O_WRONLY | O_CLOEXEC);
		CU_ASSERT_EQUAL(ftruncate(fd, sizes[i].size), 0);
		clean_fd(&fd);
		fd = -1;
		drop = look(&bench, sizes[i].path);
		CU_ASSERT_EQUAL(drop.verdict, sizes[i].verdict);
		if (sizes[i].verdict == VERDICT_QUARANTINE)
			CU_ASSERT_PTR_NOT_NULL(strstr(drop.reason, "bytes"));
		drop_done(&drop);
	}
}

/* The row of EFT, to be changed. */
static struct letter_type *eft(struct bench *bench)
{
	const struct letter_types *types = &bench->drops.spool.types;

	for (size_t i = 0; i < types->count; i++)
		if (strcmp(types->rows[i].code, "EFT") == 0)
			return &types->rows[i];
	abort();
}

static void a_letter_type_has_a_size_of_its_own(void)
{
	static const struct {
		int64_t largest;
		enum verdict verdict;
	} sizes[] = {
	    {0, VERDICT_NONE},
	    {(int64_t)sizeof(DROPS_PDF) - 1, VERDICT_NONE},
	    {(int64_t)sizeof(DROPS_PDF) - 2, VERDICT_QUARANTINE},
	    {INT64_MAX, VERDICT_NONE},
	};
	OWNED_BENCH struct bench bench;

	bench_open(&bench, "");
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct drop drop;

		eft(&bench)->largest = sizes[i].largest;
		drops_write(&bench.drops, LETTER "EFT_1.pdf", DROPS_PDF);
		drop = look(&bench, LETTER "EFT_1.pdf");
		CU_ASSERT_EQUAL(drop.verdict, sizes[i].verdict);
		if (drop.verdict == VERDICT_QUARANTINE)
			CU_ASSERT_PTR_NOT_NULL(strstr(drop.reason, "bytes"));
		drop_done(&drop);
	}
}

/* By its first bytes alone, so time has to tell that it is whole. */
static void a_letter_type_may_be_of_any_media_type(void)
{
	OWNED_BENCH struct bench bench;
	struct drop drop;

	bench_open(&bench, "drop.settle = 10s");
	eft(&bench)->format = FORMAT_MEDIA;
	text_copy(eft(&bench)->media, "text/plain");
	drops_write(&bench.drops, LETTER "EFT_1.txt", "Dear provider,\nit is so.\n");
	drops_write(&bench.drops, LETTER "EFT_2.txt", DROPS_PDF);
	for (int second = 0; second <= 10; second += 10) {
		clock_freeze(START + second * SECOND);
		drop = look(&bench, LETTER "EFT_1.txt");
		CU_ASSERT_EQUAL(drop.verdict, second < 10 ? VERDICT_WAIT : VERDICT_NONE);
		drop_done(&drop);
		drop = look(&bench, LETTER "EFT_2.txt");
		CU_ASSERT_EQUAL(drop.verdict, second < 10 ? VERDICT_WAIT : VERDICT_QUARANTINE);
		drop_done(&drop);
	}
	CU_ASSERT_PTR_NOT_NULL(strstr(drop.reason, "not text/plain"));
	CU_ASSERT_PTR_NOT_NULL(strstr(drop.reason, "application/pdf"));
}

/* Files that are right otherwise, and what clamd makes of them (tests/lib/clamd_stub.h). */
static void what_clamd_does_not_call_clean_is_not_routed(void)
{
	static const struct {
		const char *content;
		enum verdict verdict;
		enum hold hold;
		const char *reason;
	} scans[] = {
	    {"a report", VERDICT_NONE, HOLD_UNFINISHED, ""},
	    {"virus", VERDICT_QUARANTINE, HOLD_UNFINISHED, "infected: Test.Virus"},
	    {"broken", VERDICT_HOLD, HOLD_UNJUDGED, "Can't do that"},
	    {"hang up", VERDICT_HOLD, HOLD_UNSCANNED, "not scanned"},
	    /* It is down from then on, and nobody is asked. */
	    {"another report", VERDICT_HOLD, HOLD_UNSCANNED, "not scanned"},
	};
	OWNED_BENCH struct bench bench;
	struct clamd_stub stub;
	struct drop wrong;
	char path[SCRATCH_PATH_MAX + 16];

	bench_open(&bench, "drop.settle = 0s");
	(void)snprintf(path, sizeof(path), "%s/clamd", bench.drops.scratch.path);
	text_copy(bench.drops.spool.settings.drop_clamd, path);
	clamd_stub_listen(&stub, path);
	for (size_t i = 0; i < COUNT(scans); i++) {
		struct drop drop;

		drops_write(&bench.drops, TRADE "report.txt", scans[i].content);
		drop = look(&bench, TRADE "report.txt");
		CU_ASSERT_EQUAL(drop.verdict, scans[i].verdict);
		CU_ASSERT_EQUAL(drop.hold, scans[i].hold);
		CU_ASSERT_PTR_NOT_NULL(strstr(drop.reason, scans[i].reason));
		drop_done(&drop);
	}
	/* What is wrong anyway is not sent to it. */
	CU_ASSERT_EQUAL(scanner_look(&bench.scanner), SCANNER_IS_DOWN);
	bench.scanner.next_probe = 0;
	CU_ASSERT_EQUAL(scanner_look(&bench.scanner), SCANNER_IS_BACK);
	drops_write(&bench.drops, LETTER "EFT_1.pdf", "virus, and no PDF");
	wrong = look(&bench, LETTER "EFT_1.pdf");
	CU_ASSERT_PTR_NOT_NULL(strstr(wrong.reason, "not a PDF"));
	drop_done(&wrong);
	clamd_stub_end(&stub);
}

static void what_somebody_writes_to_waits(void)
{
	OWNED_BENCH struct bench bench;
	struct drop drop;
	int writer;

	bench_open(&bench, "");
	drops_write(&bench.drops, LETTER "EFT_1.pdf", DROPS_PDF);
	writer =
	    openat(bench.drops.spool.drop_fd, LETTER "EFT_1.pdf", O_WRONLY | O_APPEND | O_CLOEXEC);
	drop = look(&bench, LETTER "EFT_1.pdf");
	CU_ASSERT_EQUAL(drop.verdict, VERDICT_WAIT);
	CU_ASSERT_PTR_NOT_NULL(strstr(drop.reason, "being written"));
	drop_done(&drop);
	(void)close(writer);
	drop = look(&bench, LETTER "EFT_1.pdf");
	CU_ASSERT_EQUAL(drop.verdict, VERDICT_NONE);
	drop_done(&drop);
}

/* No structure says that it is whole, so time has to. */
static void what_has_no_structure_settles_first(void)
{
	OWNED_BENCH struct bench bench;
	struct drop drop;

	bench_open(&bench, "drop.settle = 10s");
	drops_write(&bench.drops, TRADE "a.zip", "x");
	for (int second = 0; second <= 10; second++) {
		clock_freeze(START + second * SECOND);
		drop = look(&bench, TRADE "a.zip");
		CU_ASSERT_EQUAL(drop.verdict, second < 10 ? VERDICT_WAIT : VERDICT_NONE);
		drop_done(&drop);
	}
	/* A letter with one does not. */
	drops_write(&bench.drops, LETTER "EFT_1.pdf", DROPS_PDF);
	drop = look(&bench, LETTER "EFT_1.pdf");
	CU_ASSERT_EQUAL(drop.verdict, VERDICT_NONE);
	drop_done(&drop);
}

static void what_is_not_there_is_gone(void)
{
	static const char *const paths[] = {LETTER "EFT_1.pdf", "987654321/EFT_1.pdf", "EFT_1.pdf"};
	OWNED_BENCH struct bench bench;

	bench_open(&bench, "");
	for (size_t i = 0; i < COUNT(paths); i++) {
		struct drop drop = look(&bench, paths[i]);

		CU_ASSERT_EQUAL(drop.verdict, VERDICT_GONE);
		drop_done(&drop);
	}
}

/* Root may read everything, so only others see this. */
static void what_cannot_be_read_is_held_with_the_way_to_mend_it(void)
{
	OWNED_BENCH struct bench bench;
	struct drop drop;

	bench_open(&bench, "");
	if (geteuid() == 0)
		return;
	drops_write(&bench.drops, LETTER "EFT_1.pdf", DROPS_PDF);
	CU_ASSERT_EQUAL(fchmodat(bench.drops.spool.drop_fd, LETTER "EFT_1.pdf", 0, 0), 0);
	drop = look(&bench, LETTER "EFT_1.pdf");
	CU_ASSERT_EQUAL(drop.verdict, VERDICT_HOLD);
	CU_ASSERT_EQUAL(drop.hold, HOLD_UNREADABLE);
	CU_ASSERT_PTR_NOT_NULL(strstr(drop.reason, "chmod"));
	drop_done(&drop);
}

static void a_held_file_is_recognised(void)
{
	OWNED_BENCH struct bench bench;
	struct drop drop;
	struct err err;

	bench_open(&bench, "");
	drops_write(&bench.drops, LETTER "EFT_1.pdf", "");
	drop = look(&bench, LETTER "EFT_1.pdf");
	CU_ASSERT_EQUAL(drop.verdict, VERDICT_HOLD);
	CU_ASSERT_EQUAL(holds_keep(bench.holds, &drop, 1, &err), 0);
	drop_done(&drop);
	drops_write(&bench.drops, LETTER "EFT_1.pdf", DROPS_PDF);
	drop = look(&bench, LETTER "EFT_1.pdf");
	CU_ASSERT_EQUAL(drop.verdict, VERDICT_NONE);
	CU_ASSERT_EQUAL(drop.intake_id, drops_number(&bench.drops, "SELECT id FROM intake"));
	CU_ASSERT_EQUAL(drop.letter.id, drop.intake_id);
	drop_done(&drop);
}

/* A file that posting renamed has the name again that its job gave it. */
static void what_was_being_removed_has_its_own_name(void)
{
	OWNED_BENCH struct bench bench;
	struct letter letter = {.id = 17, .electronic = ELECTRONIC_POSTED};
	struct drop drop;
	struct err err;

	bench_open(&bench, "");
	text_copy(letter.avrs_id, DROPS_AVRS_ID);
	text_copy(letter.name, "EFT_1.2.pdf");
	text_copy(letter.dropped_name, "EFT_1.pdf");
	CU_ASSERT_EQUAL(letter_add(bench.drops.spool.catalog, "test", &letter, &err), 0);
	drops_write(&bench.drops, LETTER ".17.taken", DROPS_PDF);
	drop = look(&bench, LETTER ".17.taken");
	CU_ASSERT_EQUAL(drop.verdict, VERDICT_NONE);
	CU_ASSERT_STRING_EQUAL(drop.name, "EFT_1.pdf");
	CU_ASSERT_STRING_EQUAL(drop.on_disk, ".17.taken");
	CU_ASSERT_STRING_EQUAL(drop.letter.dropped_name, "EFT_1.pdf");
	CU_ASSERT_STRING_EQUAL(drop.letter.type, "EFT");
	CU_ASSERT_EQUAL(drop.letter.id, 0);
	drop_done(&drop);
}

/* It came in the place of a file that was being quarantined, and another one in its own. */
static void what_was_set_aside_with_a_refused_file_has_its_own_name(void)
{
	OWNED_BENCH struct bench bench;
	struct intake intake = {.id = 19, .class = CLASS_TRADE_FILES, .state = INTAKE_GONE};
	struct drop drop;
	struct err err;

	bench_open(&bench, "");
	text_copy(intake.avrs_id, DROPS_AVRS_ID);
	text_copy(intake.name, "RA\\x0a.835");
	CU_ASSERT_EQUAL(intake_add(bench.drops.spool.catalog, "test", &intake, &err), 0);
	drops_write(&bench.drops, TRADE ".19.taken", DROPS_X12);
	drop = look(&bench, TRADE ".19.taken");
	CU_ASSERT_STRING_EQUAL(drop.name, "RA\n.835");
	CU_ASSERT_STRING_EQUAL(drop.on_disk, ".19.taken");
	drop_done(&drop);
	/* In another folder it is another file's. */
	drops_write(&bench.drops, LETTER ".19.taken", DROPS_PDF);
	drop = look(&bench, LETTER ".19.taken");
	CU_ASSERT_EQUAL(drop.verdict, VERDICT_WAIT);
	drop_done(&drop);
}

/* It was accepted, or came in the place of one that was. */
static void a_control_file_that_was_set_aside_is_judged_as_one(void)
{
	OWNED_BENCH struct bench bench;
	struct drop drop;

	bench_open(&bench, "drop.settle = 0s");
	drops_write(&bench.drops, ".night.batch.csv.taken", "avrs_id,");
	drop = look(&bench, ".night.batch.csv.taken");
	CU_ASSERT_EQUAL(drop.verdict, VERDICT_BATCH);
	CU_ASSERT_STRING_EQUAL(drop.name, "night.batch.csv");
	drop_done(&drop);
}

/* A job may use such a name, too: then it is a hidden one, and ignored like others. */
static void a_name_of_removing_that_is_none_of_ours_waits(void)
{
	static const char *const paths[] = {
	    TRADE ".18.taken", LETTER ".18.taken", "987654321/trade-files/.17.taken"};
	OWNED_BENCH struct bench bench;
	struct letter letter = {.id = 17, .electronic = ELECTRONIC_POSTED};
	struct err err;

	bench_open(&bench, "drop.settle = 0s");
	text_copy(letter.avrs_id, DROPS_AVRS_ID);
	text_copy(letter.dropped_name, "EFT_1.pdf");
	CU_ASSERT_EQUAL(letter_add(bench.drops.spool.catalog, "test", &letter, &err), 0);
	for (size_t i = 0; i < COUNT(paths); i++) {
		struct drop drop;

		drops_write(&bench.drops, paths[i], DROPS_PDF);
		drop = look(&bench, paths[i]);
		CU_ASSERT_EQUAL(drop.verdict, VERDICT_WAIT);
		drop_done(&drop);
	}
}

void add_suite_validate(CU_pSuite suite)
{
	TEST(a_file_is_judged_by_its_name_and_content);
	TEST(a_batch_is_judged_as_each_alone);
	TEST(what_is_fit_to_be_routed_is_described);
	TEST(what_is_not_a_file_is_refused_unopened);
	TEST(a_folder_that_is_a_link_is_not_followed);
	TEST(a_folder_of_no_avrs_id_waits);
	TEST(what_is_too_large_is_refused_by_its_class);
	TEST(a_letter_type_has_a_size_of_its_own);
	TEST(a_letter_type_may_be_of_any_media_type);
	TEST(what_clamd_does_not_call_clean_is_not_routed);
	TEST(what_somebody_writes_to_waits);
	TEST(what_has_no_structure_settles_first);
	TEST(what_is_not_there_is_gone);
	TEST(what_cannot_be_read_is_held_with_the_way_to_mend_it);
	TEST(a_held_file_is_recognised);
	TEST(what_was_being_removed_has_its_own_name);
	TEST(what_was_set_aside_with_a_refused_file_has_its_own_name);
	TEST(a_control_file_that_was_set_aside_is_judged_as_one);
	TEST(a_name_of_removing_that_is_none_of_ours_waits);
}
