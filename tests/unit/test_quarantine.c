/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "batch/quarantine.h"
#include "tests/lib/drops.h"
#include "tests/unit/suite.h"

void add_suite_quarantine(CU_pSuite suite);

#define FOLDER DROPS_AVRS_ID "/"

/* A drop of that name, as an unopened one is refused, in the folder path ("": the drop root). */
static void refuse(struct drops *drops, const char *avrs_id, enum letter_class class,
    const char *name, struct drop *ret_drop)
{
	struct arrival arrival = {.class = class, .name = name};
	char folder[FOLDER_PATH_MAX];

	text_copy(arrival.avrs_id, avrs_id);
	drop_init(ret_drop, &arrival);
	folder_drop(avrs_id, class, folder);
	ret_drop->folder_fd =
	    avrs_id[0] ? folder_cache_open(drops->folders, folder) : drops->spool.drop_fd;
	CU_ASSERT_EQUAL(fstatat(ret_drop->folder_fd, name, &ret_drop->st, AT_SYMLINK_NOFOLLOW), 0);
	drop_decide(ret_drop, VERDICT_QUARANTINE, "for a test");
}

/* Its row; there has to be exactly one. */
static struct intake only_row(const struct drops *drops)
{
	struct intake intake = {0};
	bool found = false;
	struct err err;

	CU_ASSERT_EQUAL(drops_number(drops, "SELECT COUNT(*) FROM intake"), 1);
	CU_ASSERT_EQUAL(intake_find(drops->spool.catalog,
	                    drops_number(drops, "SELECT id FROM intake"), &intake, &found, &err),
	    0);
	CU_ASSERT_TRUE(found);
	return intake;
}

static mode_t type_of(const struct drops *drops, const char *path)
{
	struct stat st = {0};

	(void)fstatat(drops->spool.root_fd, path, &st, AT_SYMLINK_NOFOLLOW);
	return st.st_mode & S_IFMT;
}

static void a_refused_file_is_moved_with_its_reason_beside_it(void)
{
	OWNED_DROPS struct drops drops;
	OWNED_MEM char *content = NULL;
	OWNED_MEM char *reason = NULL;
	char path[FOLDER_PATH_MAX + 8];
	char day[FOLDER_PATH_MAX];
	struct intake intake;
	struct drop drop;
	struct err err;

	clock_freeze(INT64_C(1553688000000000));
	drops_open(&drops, "agency.timezone = Europe/Paris");
	drops_write(&drops, FOLDER "trade-files/wrong.835", "no X12");
	refuse(&drops, DROPS_AVRS_ID, CLASS_TRADE_FILES, "wrong.835", &drop);
	CU_ASSERT_EQUAL(quarantine(&drops.spool, &drop, drops.arrivals, &err), 0);
	CU_ASSERT_FALSE(drops_has(&drops, "drop/" FOLDER "trade-files/wrong.835"));
	intake = only_row(&drops);
	CU_ASSERT_EQUAL(intake.state, INTAKE_QUARANTINED);
	CU_ASSERT_STRING_EQUAL(intake.reason, "for a test");
	CU_ASSERT_EQUAL(intake.size, 6);
	(void)snprintf(day, sizeof(day), "quarantine/2019-03-27/%d_wrong.835", (int)intake.id);
	CU_ASSERT_STRING_EQUAL(intake.path, day);
	content = scratch_read(&drops.scratch, intake.path);
	CU_ASSERT_PTR_NOT_NULL_FATAL(content);
	CU_ASSERT_STRING_EQUAL(content, "no X12");
	(void)snprintf(path, sizeof(path), "%s.reason", intake.path);
	reason = scratch_read(&drops.scratch, path);
	CU_ASSERT_PTR_NOT_NULL_FATAL(reason);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason, "Why:     for a test\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(reason, "123456789/trade-files/\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(reason, "2019-03-27T12:00:00Z"));
	CU_ASSERT_PTR_NOT_NULL(strstr(reason, "wrong.835, 6 bytes"));
	CU_ASSERT_EQUAL(
	    drops_number(&drops, "SELECT letter_id FROM event WHERE what = 'letter.quarantined'"),
	    intake.id);
	drop_done(&drop);
	clock_freeze(0);
}

static void make_link(int folder_fd)
{
	CU_ASSERT_EQUAL(symlinkat("/etc/passwd", folder_fd, "it"), 0);
}

static void make_fifo(int folder_fd)
{
	CU_ASSERT_EQUAL(mkfifoat(folder_fd, "it", 0600), 0);
}

static void make_folder(int folder_fd)
{
	CU_ASSERT_EQUAL(mkdirat(folder_fd, "it", 0700), 0);
	CU_ASSERT_EQUAL(mkdirat(folder_fd, "it/inner", 0700), 0);
}

static const struct {
	void (*make)(int folder_fd);
	mode_t type;
} strange[] = {
    {make_link, S_IFLNK},
    {make_fifo, S_IFIFO},
    {make_folder, S_IFDIR},
};

/* It is moved itself, and neither followed nor opened; from the drop root too. */
static void what_is_not_a_file_is_moved_as_it_is(void)
{
	static const char *const ids[] = {DROPS_AVRS_ID, ""};

	for (size_t i = 0; i < COUNT(strange) * COUNT(ids); i++) {
		const char *id = ids[i / COUNT(strange)];
		OWNED_DROPS struct drops drops;
		struct drop drop;
		struct err err;

		drops_open(&drops, "");
		drops_write(&drops, FOLDER "EFT_1.pdf", "");
		strange[i % COUNT(strange)].make(
		    id[0] ? folder_cache_open(drops.folders, id) : drops.spool.drop_fd);
		refuse(&drops, id, CLASS_EDELIVERY, "it", &drop);
		CU_ASSERT_EQUAL(quarantine(&drops.spool, &drop, drops.arrivals, &err), 0);
		CU_ASSERT_EQUAL(
		    type_of(&drops, only_row(&drops).path), strange[i % COUNT(strange)].type);
		CU_ASSERT_EQUAL(faccessat(drop.folder_fd, "it", F_OK, AT_SYMLINK_NOFOLLOW), -1);
		drop_done(&drop);
	}
}

/* How many names a folder has. */
static int count_names(const struct drops *drops, const char *path)
{
	DIR *dir = fdopendir(openat(drops->spool.root_fd, path, O_RDONLY | O_CLOEXEC));
	int count = -2;

	CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
	while (readdir(dir))
		count++;
	(void)closedir(dir);
	return count;
}

/* Names that no listing, log or shell should meet, and what they are in quarantine. */
static const struct {
	const char *name;
	const char *escaped;
} names[] = {
    {"a\nb", "a\\x0ab"},
    {"a\\x0ab", "a\\x5cx0ab"},
    {"\x1b[2J", "\\x1b[2J"},
    {"\xff\xfe", "\\xff\\xfe"},
    {"caf\xc3\xa9", "caf\xc3\xa9"},
    {"x\xe2\x80\xae"
     "fdp.exe",
        "x\\xe2\\x80\\xaefdp.exe"},
    {" ", " "},
    {"-rf", "-rf"},
};

static void a_name_of_any_bytes_is_escaped_and_no_two_meet(void)
{
	OWNED_DROPS struct drops drops;
	struct drop drop;
	struct err err;

	clock_freeze(INT64_C(1553688000000000));
	drops_open(&drops, "");
	for (size_t i = 0; i < COUNT(names); i++) {
		char path[FOLDER_PATH_MAX];
		char reason[FOLDER_PATH_MAX + 8];
		OWNED_MEM char *text = NULL;
		int lines = 0;

		(void)snprintf(path, sizeof(path), FOLDER "%s", names[i].name);
		drops_write(&drops, path, names[i].name);
		refuse(&drops, DROPS_AVRS_ID, CLASS_EDELIVERY, names[i].name, &drop);
		CU_ASSERT_EQUAL(quarantine(&drops.spool, &drop, drops.arrivals, &err), 0);
		drop_done(&drop);
		(void)snprintf(
		    path, sizeof(path), "quarantine/2019-03-27/%zu_%s", i + 1, names[i].escaped);
		CU_ASSERT_TRUE(drops_has(&drops, path));
		(void)snprintf(reason, sizeof(reason), "%s.reason", path);
		text = scratch_read(&drops.scratch, reason);
		CU_ASSERT_PTR_NOT_NULL_FATAL(text);
		CU_ASSERT_PTR_NOT_NULL(strstr(text, names[i].escaped));
		for (const char *at = text; *at; at++)
			lines += *at == '\n';
		CU_ASSERT_EQUAL(lines, 4);
	}
	CU_ASSERT_EQUAL(count_names(&drops, "quarantine/2019-03-27"), 2 * (int)COUNT(names));
	CU_ASSERT_EQUAL(count_names(&drops, "drop/" DROPS_AVRS_ID), 0);
	clock_freeze(0);
}

static void the_longest_name_fits_when_it_is_escaped(void)
{
	OWNED_DROPS struct drops drops;
	char name[NAME_MAX + 1];
	char path[FOLDER_PATH_MAX];
	struct drop drop;
	struct err err;

	memset(name, '\n', NAME_MAX);
	name[NAME_MAX] = '\0';
	drops_open(&drops, "");
	(void)snprintf(path, sizeof(path), FOLDER "%s", name);
	drops_write(&drops, path, "x");
	refuse(&drops, DROPS_AVRS_ID, CLASS_EDELIVERY, name, &drop);
	CU_ASSERT_EQUAL(quarantine(&drops.spool, &drop, drops.arrivals, &err), 0);
	CU_ASSERT_EQUAL(type_of(&drops, only_row(&drops).path), S_IFREG);
	CU_ASSERT_EQUAL(strlen(only_row(&drops).name), 4 * NAME_MAX);
	drop_done(&drop);
}

static void a_held_file_changes_its_row(void)
{
	OWNED_DROPS struct drops drops;
	struct intake intake;
	struct drop drop;
	struct err err;

	drops_open(&drops, "");
	drops_write(&drops, FOLDER "EFT_1.pdf", "x");
	refuse(&drops, DROPS_AVRS_ID, CLASS_EDELIVERY, "EFT_1.pdf", &drop);
	drop.intake_id = 70;
	drop_intake(&drop, INTAKE_HELD, &intake);
	CU_ASSERT_EQUAL(intake_add(drops.spool.catalog, "test", &intake, &err), 0);
	CU_ASSERT_EQUAL(quarantine(&drops.spool, &drop, drops.arrivals, &err), 0);
	intake = only_row(&drops);
	CU_ASSERT_EQUAL(intake.id, 70);
	CU_ASSERT_EQUAL(intake.state, INTAKE_QUARANTINED);
	CU_ASSERT_TRUE(drops_has(&drops, intake.path));
	drop_done(&drop);
}

static void a_file_that_is_gone_meanwhile_is_no_trouble(void)
{
	OWNED_DROPS struct drops drops;
	struct drop drop;
	struct err err;

	drops_open(&drops, "");
	drops_write(&drops, FOLDER "EFT_1.pdf", "x");
	refuse(&drops, DROPS_AVRS_ID, CLASS_EDELIVERY, "EFT_1.pdf", &drop);
	CU_ASSERT_EQUAL(unlinkat(drop.folder_fd, "EFT_1.pdf", 0), 0);
	CU_ASSERT_EQUAL(quarantine(&drops.spool, &drop, drops.arrivals, &err), 0);
	CU_ASSERT_EQUAL(only_row(&drops).state, INTAKE_GONE);
	CU_ASSERT_EQUAL(arrivals_count(drops.arrivals), 0);
	drop_done(&drop);
}

/* A job renames a right one over it after it was judged: no lease keeps a rename from that. */
static void what_came_in_its_place_since_it_was_judged_stays(void)
{
	OWNED_DROPS struct drops drops;
	OWNED_MEM char *content = NULL;
	OWNED_MEM struct arrival *arrival = NULL;
	struct intake intake;
	struct drop drop;
	struct err err;

	drops_open(&drops, "");
	drops_write(&drops, FOLDER "EFT_1.pdf", "wrong");
	refuse(&drops, DROPS_AVRS_ID, CLASS_EDELIVERY, "EFT_1.pdf", &drop);
	drops_write(&drops, FOLDER "EFT_1.pdf", "right");
	CU_ASSERT_EQUAL(quarantine(&drops.spool, &drop, drops.arrivals, &err), 0);
	content = scratch_read(&drops.scratch, "drop/" FOLDER "EFT_1.pdf");
	CU_ASSERT_PTR_NOT_NULL_FATAL(content);
	CU_ASSERT_STRING_EQUAL(content, "right");
	arrival = arrivals_take(drops.arrivals, false);
	CU_ASSERT_PTR_NOT_NULL_FATAL(arrival);
	CU_ASSERT_STRING_EQUAL(arrival->name, "EFT_1.pdf");
	/* Its row tells of the one that was refused. */
	intake = only_row(&drops);
	CU_ASSERT_EQUAL(intake.state, INTAKE_GONE);
	CU_ASSERT_STRING_EQUAL(intake.path, "");
	CU_ASSERT_EQUAL(
	    drops_number(&drops, "SELECT letter_id FROM event WHERE what = 'letter.gone'"),
	    intake.id);
	drop_done(&drop);
}

/* A drop folder of its own file system: what it is copied to is whole before it is removed. */
static void from_another_file_system_a_file_is_copied_and_the_rest_hidden(void)
{
	OWNED_DROPS struct drops drops;
	OWNED_MEM char *content = NULL;
	struct scratch other = {.fd = -1};
	struct drop drop;
	char hidden[64];
	int ours;
	struct err err;

	drops_open(&drops, "");
	if (!drops_other_file_system(&drops, &other))
		return;
	ours = drops.spool.drop_fd;
	drops.spool.drop_fd = other.fd;
	drops_write(&drops, "EFT_1.pdf", DROPS_PDF);
	refuse(&drops, "", CLASS_EDELIVERY, "EFT_1.pdf", &drop);
	CU_ASSERT_EQUAL(quarantine(&drops.spool, &drop, drops.arrivals, &err), 0);
	content = scratch_read(&drops.scratch, only_row(&drops).path);
	CU_ASSERT_PTR_NOT_NULL_FATAL(content);
	CU_ASSERT_STRING_EQUAL(content, DROPS_PDF);
	CU_ASSERT_EQUAL(faccessat(other.fd, "EFT_1.pdf", F_OK, 0), -1);
	for (size_t i = 0; i < COUNT(strange); i++) {
		drops_run(&drops, "DELETE FROM intake");
		strange[i].make(other.fd);
		refuse(&drops, "", CLASS_EDELIVERY, "it", &drop);
		CU_ASSERT_EQUAL(quarantine(&drops.spool, &drop, drops.arrivals, &err), 0);
		CU_ASSERT_EQUAL(faccessat(other.fd, "it", F_OK, AT_SYMLINK_NOFOLLOW), -1);
		(void)snprintf(hidden, sizeof(hidden), ".%d.quarantined", (int)only_row(&drops).id);
		CU_ASSERT_EQUAL(faccessat(other.fd, hidden, F_OK, AT_SYMLINK_NOFOLLOW), 0);
	}
	drops.spool.drop_fd = ours;
	scratch_close(&other);
}

/* Only the row was written; the file is where it was. */
static void leave_half_way(struct drops *drops, const struct drop *drop, int64_t id)
{
	struct intake intake;
	struct err err;

	drop_intake(drop, INTAKE_QUARANTINED, &intake);
	intake.id = id;
	folder_quarantine("2019-03-27", id, intake.name, intake.path);
	CU_ASSERT_EQUAL(intake_add(drops->spool.catalog, "test", &intake, &err), 0);
}

static void what_was_not_moved_is_moved_by_the_next_start(void)
{
	OWNED_DROPS struct drops drops;
	struct drop drop;
	char path[FOLDER_PATH_MAX];
	struct err err;

	drops_open(&drops, "");
	for (size_t i = 0; i < COUNT(names); i++) {
		(void)snprintf(path, sizeof(path), FOLDER "trade-files/%s", names[i].name);
		drops_write(&drops, path, "x");
		refuse(&drops, DROPS_AVRS_ID, CLASS_TRADE_FILES, names[i].name, &drop);
		leave_half_way(&drops, &drop, (int64_t)i + 1);
		drop_done(&drop);
	}
	drops_write(&drops, "misplaced", "x");
	refuse(&drops, "", CLASS_EDELIVERY, "misplaced", &drop);
	leave_half_way(&drops, &drop, 99);
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(quarantine_recover(&drops.spool, drops.arrivals, &err), 0);
		CU_ASSERT_EQUAL(
		    count_names(&drops, "quarantine/2019-03-27"), 2 * (int)COUNT(names) + 2);
		CU_ASSERT_EQUAL(count_names(&drops, "drop/" FOLDER "trade-files"), 0);
		CU_ASSERT_FALSE(drops_has(&drops, "drop/misplaced"));
		CU_ASSERT_TRUE(drops_has(&drops, "quarantine/2019-03-27/99_misplaced.reason"));
	}
}

static void a_reason_half_written_goes_at_the_next_start(void)
{
	OWNED_DROPS struct drops drops;
	struct drop drop;
	struct err err;

	drops_open(&drops, "");
	drops_write(&drops, FOLDER "EFT_1.pdf", "wrong");
	refuse(&drops, DROPS_AVRS_ID, CLASS_EDELIVERY, "EFT_1.pdf", &drop);
	leave_half_way(&drops, &drop, 1);
	CU_ASSERT_EQUAL(
	    file_make_folder(drops.spool.root_fd, "quarantine/2019-03-27", 0750, &err), 0);
	scratch_write(&drops.scratch, "quarantine/2019-03-27/" FILE_NEW_PREFIX "12345678", "Rea");
	CU_ASSERT_EQUAL(quarantine_recover(&drops.spool, drops.arrivals, &err), 0);
	CU_ASSERT_FALSE(drops_has(&drops, "quarantine/2019-03-27/" FILE_NEW_PREFIX "12345678"));
	CU_ASSERT_TRUE(drops_has(&drops, "quarantine/2019-03-27/1_EFT_1.pdf.reason"));
	drop_done(&drop);
}

static void what_came_in_its_place_is_not_moved(void)
{
	OWNED_DROPS struct drops drops;
	struct drop drop;
	struct err err;

	drops_open(&drops, "");
	drops_write(&drops, FOLDER "EFT_1.pdf", "wrong");
	refuse(&drops, DROPS_AVRS_ID, CLASS_EDELIVERY, "EFT_1.pdf", &drop);
	leave_half_way(&drops, &drop, 1);
	drops_write(&drops, FOLDER "EFT_1.pdf", "right");
	CU_ASSERT_EQUAL(quarantine_recover(&drops.spool, drops.arrivals, &err), 0);
	CU_ASSERT_TRUE(drops_has(&drops, "drop/" FOLDER "EFT_1.pdf"));
	drop_done(&drop);
	/* Nor is anything else wrong with a drop folder that is gone. */
	CU_ASSERT_EQUAL(renameat(drops.spool.drop_fd, DROPS_AVRS_ID, drops.spool.drop_fd, "x"), 0);
	CU_ASSERT_EQUAL(quarantine_recover(&drops.spool, drops.arrivals, &err), 0);
}

/* A process died when it was set aside, or hidden, or had been copied, too. */
static void what_was_on_its_way_is_moved_by_the_next_start(void)
{
	static const struct {
		const char *name;
		const char *copy; /* NULL: none yet */
	} rows[] = {
	    {FOLDER ".1.taken", NULL},
	    {FOLDER ".1.quarantined", NULL},
	    {FOLDER ".1.quarantined", "quarantine/2019-03-27/1_EFT_1.pdf"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		OWNED_DROPS struct drops drops;
		OWNED_MEM char *content = NULL;
		struct drop drop;
		struct err err;

		drops_open(&drops, "");
		drops_write(&drops, FOLDER "EFT_1.pdf", "it");
		refuse(&drops, DROPS_AVRS_ID, CLASS_EDELIVERY, "EFT_1.pdf", &drop);
		leave_half_way(&drops, &drop, 1);
		CU_ASSERT_EQUAL(renameat(drops.spool.drop_fd, FOLDER "EFT_1.pdf",
		                    drops.spool.drop_fd, rows[i].name),
		    0);
		CU_ASSERT_EQUAL(
		    file_make_folder(drops.spool.root_fd, "quarantine/2019-03-27", 0750, &err), 0);
		scratch_write(&drops.scratch, "quarantine/2019-03-27/.new-1", "i");
		if (rows[i].copy)
			scratch_write(&drops.scratch, rows[i].copy, "it");
		CU_ASSERT_EQUAL(quarantine_recover(&drops.spool, drops.arrivals, &err), 0);
		content = scratch_read(&drops.scratch, "quarantine/2019-03-27/1_EFT_1.pdf");
		CU_ASSERT_PTR_NOT_NULL_FATAL(content);
		CU_ASSERT_STRING_EQUAL(content, "it");
		CU_ASSERT_EQUAL(count_names(&drops, "drop/" DROPS_AVRS_ID), 0);
		CU_ASSERT_TRUE(drops_has(&drops, "quarantine/2019-03-27/1_EFT_1.pdf.reason"));
		CU_ASSERT_FALSE(drops_has(&drops, "quarantine/2019-03-27/.new-1"));
		drop_done(&drop);
	}
}

/* No space, say: its row holds good, and nothing takes it for a new file. */
static void what_cannot_be_moved_now_stays_hidden_until_it_can(void)
{
	OWNED_DROPS struct drops drops;
	char hidden[64];
	struct intake intake;
	struct drop drop;
	struct err err;

	drops_open(&drops, "");
	drops_write(&drops, FOLDER "EFT_1.pdf", "wrong");
	refuse(&drops, DROPS_AVRS_ID, CLASS_EDELIVERY, "EFT_1.pdf", &drop);
	CU_ASSERT_EQUAL(unlinkat(drops.spool.root_fd, "quarantine", AT_REMOVEDIR), 0);
	scratch_write(&drops.scratch, "quarantine", "in the way");
	CU_ASSERT_EQUAL(quarantine(&drops.spool, &drop, drops.arrivals, &err), 0);
	intake = only_row(&drops);
	CU_ASSERT_EQUAL(intake.state, INTAKE_QUARANTINED);
	(void)snprintf(hidden, sizeof(hidden), "drop/" FOLDER ".%d.quarantined", (int)intake.id);
	CU_ASSERT_TRUE(drops_has(&drops, hidden));
	CU_ASSERT_EQUAL(unlinkat(drops.spool.root_fd, "quarantine", 0), 0);
	CU_ASSERT_EQUAL(quarantine_recover(&drops.spool, drops.arrivals, &err), 0);
	CU_ASSERT_TRUE(drops_has(&drops, only_row(&drops).path));
	CU_ASSERT_FALSE(drops_has(&drops, hidden));
	drop_done(&drop);
}

void add_suite_quarantine(CU_pSuite suite)
{
	TEST(a_refused_file_is_moved_with_its_reason_beside_it);
	TEST(what_is_not_a_file_is_moved_as_it_is);
	TEST(a_name_of_any_bytes_is_escaped_and_no_two_meet);
	TEST(the_longest_name_fits_when_it_is_escaped);
	TEST(a_held_file_changes_its_row);
	TEST(a_file_that_is_gone_meanwhile_is_no_trouble);
	TEST(what_came_in_its_place_since_it_was_judged_stays);
	TEST(from_another_file_system_a_file_is_copied_and_the_rest_hidden);
	TEST(what_was_not_moved_is_moved_by_the_next_start);
	TEST(a_reason_half_written_goes_at_the_next_start);
	TEST(what_came_in_its_place_is_not_moved);
	TEST(what_was_on_its_way_is_moved_by_the_next_start);
	TEST(what_cannot_be_moved_now_stays_hidden_until_it_can);
}
