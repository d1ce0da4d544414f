/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/forget.h"

#include <string.h>
#include <unistd.h>

#include "batch/post.h"
#include "batch/record.h"
#include "spool/intake.h"
#include "tests/lib/drops.h"
#include "tests/unit/suite.h"

void add_suite_forget(CU_pSuite suite);

#define FOLDER DROPS_AVRS_ID "/"
#define NAME   FOLDER "EFT_1.pdf"

/* A batch can have a hundred thousand: not each in a transaction of its own. */
static void what_is_forgotten_goes_together(void)
{
	OWNED_DROPS struct drops drops;
	struct drop batch[2];
	struct letter letters[2];
	struct err err;

	drops_open(&drops, "");
	drops_take(&drops, NAME, "a", &batch[0]);
	drops_take(&drops, FOLDER "EFT_2.pdf", "b", &batch[1]);
	CU_ASSERT_EQUAL(record(&drops.spool, batch, 2, &err), 0);
	for (int i = 0; i < 2; i++) {
		letters[i] = batch[i].letter;
		drops_link(&drops, &batch[i]);
		drop_done(&batch[i]);
	}
	drops_refuse(&drops, "DELETE", "letter", "OLD.name = 'EFT_2.pdf'");
	CU_ASSERT_EQUAL(forget(&drops.spool, letters, 2, "for a test", &err), -1);
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM letter"), 2);
	drops_allow(&drops, "letter");
	CU_ASSERT_EQUAL(forget(&drops.spool, letters, 2, "for a test", &err), 0);
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM letter"), 0);
	CU_ASSERT_EQUAL(forget(&drops.spool, letters, 0, "for a test", &err), 0);
}

/* What is under the hidden name of a letter's id, in its folder; its name stands in no other row.
 */
static const struct {
	const char *hidden;
	bool is_held;
	const char *state; /* of the intake row with its id; NULL: there is none */
} rows[] = {
    {NULL, false, NULL},
    {FOLDER ".1.taken", false, "gone"},
    {FOLDER ".2.taken", false, NULL},             /* another letter's */
    {FOLDER "trade-files/.1.taken", false, NULL}, /* one of another class */
    {FOLDER ".1.taken", true, "held"},
};

static void the_name_of_what_is_left_of_a_letter_is_kept(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		OWNED_DROPS struct drops drops;
		struct drop drop;
		struct intake intake;
		bool found = false;
		struct err err;

		drops_open(&drops, "");
		drops_take(&drops, NAME, "a", &drop);
		CU_ASSERT_EQUAL(record(&drops.spool, &drop, 1, &err), 0);
		CU_ASSERT_EQUAL(drop.letter.id, 1);
		if (rows[i].hidden)
			drops_write(&drops, rows[i].hidden, "b");
		if (rows[i].is_held) {
			drop.intake_id = 1;
			drop_intake(&drop, INTAKE_HELD, &intake);
			CU_ASSERT_EQUAL(intake_add(drops.spool.catalog, "test", &intake, &err), 0);
		}
		CU_ASSERT_EQUAL(forget_rows(&drops.spool, &drop.letter, 1, &err), 0);
		CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM letter"), 0);
		CU_ASSERT_EQUAL(intake_find(drops.spool.catalog, 1, &intake, &found, &err), 0);
		CU_ASSERT_EQUAL(found, rows[i].state != NULL);
		if (found) {
			CU_ASSERT_STRING_EQUAL(intake_state_name(intake.state), rows[i].state);
			CU_ASSERT_STRING_EQUAL(intake.name, "EFT_1.pdf");
			CU_ASSERT_STRING_EQUAL(intake.avrs_id, DROPS_AVRS_ID);
		}
		drop_done(&drop);
	}
}

void add_suite_forget(CU_pSuite suite)
{
	TEST(what_is_forgotten_goes_together);
	TEST(the_name_of_what_is_left_of_a_letter_is_kept);
}
