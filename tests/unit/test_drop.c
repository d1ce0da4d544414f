/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <string.h>

#include "tests/lib/drops.h"
#include "tests/unit/suite.h"

void add_suite_drop(CU_pSuite suite);

static void a_drop_begins_with_nothing_open(void)
{
	static const struct arrival arrival = {
	    .avrs_id = "123456789", .class = CLASS_TRADE_FILES, .name = "RA.835"};
	struct drop drop;

	drop_init(&drop, &arrival);
	CU_ASSERT_STRING_EQUAL(drop.avrs_id, "123456789");
	CU_ASSERT_EQUAL(drop.class, CLASS_TRADE_FILES);
	CU_ASSERT_STRING_EQUAL(drop.name, "RA.835");
	CU_ASSERT_STRING_EQUAL(drop.on_disk, "RA.835");
	CU_ASSERT_EQUAL(drop.verdict, VERDICT_NONE);
	CU_ASSERT_EQUAL(drop.fd, -1);
	CU_ASSERT_EQUAL(drop.served_fd, -1);
	CU_ASSERT_EQUAL(drop.folder_fd, -1);
	CU_ASSERT_FALSE(drop_is_asked_back(&drop));
	drop_done(&drop);
}

/* An adopted file is one descriptor, a copied one two; the folder's is borrowed. */
static void done_closes_each_descriptor_once(void)
{
	static const bool both[] = {true, false};

	for (size_t i = 0; i < COUNT(both); i++) {
		OWNED_SCRATCH struct scratch scratch;
		static const struct arrival arrival = {.name = "a"};
		struct drop drop;
		int before = drops_open_fds();

		scratch_open(&scratch);
		drop_init(&drop, &arrival);
		drop.folder_fd = scratch.fd;
		drop.fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
		drop.served_fd = both[i] ? drop.fd : open("/dev/null", O_RDONLY | O_CLOEXEC);
		drop_done(&drop);
		CU_ASSERT_EQUAL(drops_open_fds(), before + 1);
		CU_ASSERT_EQUAL(drop.fd, -1);
		CU_ASSERT_EQUAL(drop.served_fd, -1);
		drop_done(&drop);
		CU_ASSERT_EQUAL(drops_open_fds(), before + 1);
	}
}

static void a_reason_that_is_too_long_is_cut(void)
{
	static const struct arrival arrival = {.name = "a"};
	char text[2 * REASON_MAX];
	struct drop drop;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	drop_init(&drop, &arrival);
	drop_decide(&drop, VERDICT_QUARANTINE, "%s", text);
	CU_ASSERT_EQUAL(drop.verdict, VERDICT_QUARANTINE);
	CU_ASSERT_EQUAL(strlen(drop.reason), REASON_MAX);
	drop_decide(&drop, VERDICT_WAIT, "%d times", 2);
	CU_ASSERT_EQUAL(drop.verdict, VERDICT_WAIT);
	CU_ASSERT_STRING_EQUAL(drop.reason, "2 times");
}

static void its_intake_row_can_hold_any_name(void)
{
	char name[NAME_MAX + 1];
	const struct arrival arrival = {
	    .avrs_id = "123456789", .class = CLASS_TRADE_FILES, .name = name};
	struct intake intake;
	struct drop drop;

	memset(name, '\n', NAME_MAX);
	name[NAME_MAX] = '\0';
	clock_freeze(1553688000000000);
	drop_init(&drop, &arrival);
	drop.intake_id = 7;
	drop.st.st_size = 5;
	drop.st.st_ino = 9;
	drop_decide(&drop, VERDICT_QUARANTINE, "for a test");
	drop_intake(&drop, INTAKE_QUARANTINED, &intake);
	CU_ASSERT_EQUAL(intake.id, 7);
	CU_ASSERT_STRING_EQUAL(intake.avrs_id, "123456789");
	CU_ASSERT_EQUAL(intake.class, CLASS_TRADE_FILES);
	CU_ASSERT_EQUAL(strlen(intake.name), 4 * NAME_MAX);
	CU_ASSERT_EQUAL(strncmp(intake.name, "\\x0a\\x0a", 8), 0);
	CU_ASSERT_EQUAL(intake.state, INTAKE_QUARANTINED);
	CU_ASSERT_STRING_EQUAL(intake.reason, "for a test");
	CU_ASSERT_EQUAL(intake.size, 5);
	CU_ASSERT_EQUAL(intake.source.inode, 9);
	CU_ASSERT_EQUAL(intake.seen, 1553688000000000);
	CU_ASSERT_EQUAL(intake.changed, 1553688000000000);
	clock_freeze(0);
}

static void a_leased_file_is_asked_back_by_whoever_opens_it_for_writing(void)
{
	OWNED_DROPS struct drops drops;
	struct drop drop;
	int reader;

	drops_open(&drops, "");
	drops_write(&drops, DROPS_AVRS_ID "/EFT_1.pdf", DROPS_PDF);
	drops_look(&drops, DROPS_AVRS_ID "/EFT_1.pdf", &drop);
	CU_ASSERT_TRUE_FATAL(drop.leased);
	CU_ASSERT_FALSE(drop_is_asked_back(&drop));
	reader = openat(drop.folder_fd, drop.on_disk, O_RDONLY | O_CLOEXEC);
	CU_ASSERT(reader >= 0);
	CU_ASSERT_FALSE(drop_is_asked_back(&drop));
	clean_fd(&reader);
	drops_ask_back(&drop);
	CU_ASSERT_TRUE(drop_is_asked_back(&drop));
	drop_done(&drop);
}

void add_suite_drop(CU_pSuite suite)
{
	TEST(a_drop_begins_with_nothing_open);
	TEST(done_closes_each_descriptor_once);
	TEST(a_reason_that_is_too_long_is_cut);
	TEST(its_intake_row_can_hold_any_name);
	TEST(a_leased_file_is_asked_back_by_whoever_opens_it_for_writing);
}
