/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/place.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_place(CU_pSuite suite);

static const struct {
	const char *path;
	enum place_kind kind;
	enum area area;
	bool is_folder;
	const char *avrs_id;
	enum letter_class class;
	const char *name;
} places[] = {
    {"/", PLACE_ROOT, AREA_COMMON, true, "", 0, ""},
    {"/STATUS.txt", PLACE_STATUS, AREA_COMMON, false, "", 0, "STATUS.txt"},
    {"/new", PLACE_NEW, AREA_COMMON, true, "", 0, "new"},
    {"/new/123456789_EFT_1.pdf", PLACE_NEW_FILE, AREA_PROVIDER, false, "123456789", 0, "EFT_1.pdf"},
    {"/new/123456789__x", PLACE_NEW_FILE, AREA_PROVIDER, false, "123456789", 0, "_x"},
    {"/archives", PLACE_BUNDLES, AREA_BUNDLES, true, "", 0, "archives"},
    {"/publications", PLACE_PUBLICATIONS, AREA_COMMON, true, "", 0, "publications"},
    {"/publications/telehealth", PLACE_SECTION, AREA_COMMON, true, "", 0, "telehealth"},
    {"/publications/messages", PLACE_SECTION, AREA_COMMON, true, "", 0, "messages"},
    {"/publications/bulletins", PLACE_SECTION, AREA_COMMON, true, "", 0, "bulletins"},
    /* R2: the print shop's. */
    {"/paper", PLACE_PAPER, AREA_PAPER, true, "", 0, "paper"},
    {"/paper/2024-05-15", PLACE_PAPER_DATE, AREA_PAPER, true, "", 0, "2024-05-15"},
    {"/paper/2024-05-15/manifest.csv", PLACE_PAPER_MANIFEST, AREA_PAPER, false, "", 0,
        "manifest.csv"},
    {"/paper/2024-05-15/paper-2024-05-15.zip", PLACE_PAPER_ZIP, AREA_PAPER, false, "", 0,
        "paper-2024-05-15.zip"},
    {"/paper/2024-05-15/paper-2024-05-16.zip", PLACE_PAPER_LETTER, AREA_PAPER, false, "", 0,
        "paper-2024-05-16.zip"},
    {"/paper/2024-05-15/7_EFT_1.pdf", PLACE_PAPER_LETTER, AREA_PAPER, false, "", 0, "7_EFT_1.pdf"},
    {"/123456789", PLACE_PROVIDER, AREA_PROVIDER, true, "123456789", 0, ""},
    {"/123456789/STATUS.txt", PLACE_PROVIDER_STATUS, AREA_PROVIDER, false, "123456789", 0,
        "STATUS.txt"},
    {"/123456789/MANIFEST.csv", PLACE_MANIFEST, AREA_PROVIDER, false, "123456789", 0,
        "MANIFEST.csv"},
    {"/123456789/new", PLACE_PROVIDER_NEW, AREA_PROVIDER, true, "123456789", 0, "new"},
    {"/123456789/new/RA_1.835", PLACE_PROVIDER_NEW_FILE, AREA_PROVIDER, false, "123456789", 0,
        "RA_1.835"},
    /* R9: letters and trade files are apart. */
    {"/123456789/edelivery", PLACE_CLASS, AREA_EDELIVERY, true, "123456789", CLASS_EDELIVERY,
        "edelivery"},
    {"/123456789/edelivery/STATUS.txt", PLACE_LETTER, AREA_EDELIVERY, false, "123456789",
        CLASS_EDELIVERY, "STATUS.txt"},
    {"/123456789/trade-files", PLACE_CLASS, AREA_TRADE_FILES, true, "123456789", CLASS_TRADE_FILES,
        "trade-files"},
    {"/123456789/trade-files/RA_1.835", PLACE_LETTER, AREA_TRADE_FILES, false, "123456789",
        CLASS_TRADE_FILES, "RA_1.835"},
    {"/archives/x.zip", PLACE_BUNDLE, AREA_BUNDLES, false, "", 0, "x.zip"},
    {"/123456789/archives/x.zip", PLACE_ARCHIVE, AREA_PROVIDER, false, "123456789", 0, "x.zip"},
    {"/123456789/archives", PLACE_ARCHIVES, AREA_PROVIDER, true, "123456789", 0, "archives"},
    {"/drop", PLACE_DROP, AREA_DROP, true, "", 0, "drop"},
    {"/drop/STATUS.txt", PLACE_DROP_STATUS, AREA_DROP, false, "", 0, "STATUS.txt"},
    {"/drop/x.batch.csv", PLACE_DROP_FILE, AREA_DROP, false, "", 0, "x.batch.csv"},
    {"/drop/x.batch.csv.filepart", PLACE_DROP_FILE, AREA_DROP, false, "", 0,
        "x.batch.csv.filepart"},
    {"/drop/publications", PLACE_DROP_FOLDER, AREA_DROP, true, "", 0, "publications"},
    {"/drop/publications/telehealth", PLACE_DROP_FOLDER, AREA_DROP, true, "", 0, "telehealth"},
    {"/drop/publications/messages", PLACE_DROP_FOLDER, AREA_DROP, true, "", 0, "messages"},
    {"/drop/publications/bulletins", PLACE_DROP_FOLDER, AREA_DROP, true, "", 0, "bulletins"},
    {"/drop/publications/bulletins/PB_1.pdf", PLACE_DROP_FILE, AREA_DROP, false, "", 0, "PB_1.pdf"},
    {"/drop/123456789", PLACE_DROP_FOLDER, AREA_DROP, true, "123456789", CLASS_EDELIVERY, ""},
    {"/drop/123456789/trade-files", PLACE_DROP_FOLDER, AREA_DROP, true, "123456789",
        CLASS_TRADE_FILES, "trade-files"},
    {"/drop/123456789/EFT_1.pdf", PLACE_DROP_FILE, AREA_DROP, false, "123456789", CLASS_EDELIVERY,
        "EFT_1.pdf"},
    {"/drop/123456789/trade-files/RA_1.835", PLACE_DROP_FILE, AREA_DROP, false, "123456789",
        CLASS_TRADE_FILES, "RA_1.835"},
};

/* Where uploads are kept by: the folder on disk, but for the class. */
static void says_where_in_the_drop_folder_it_is(void)
{
	static const struct {
		const char *path;
		const char *drop;
	} drops[] = {
	    {"/drop", ""},
	    {"/drop/x.batch.csv", ""},
	    {"/drop/publications", "publications"},
	    {"/drop/publications/messages", "publications/messages"},
	    {"/drop/publications/telehealth/T_1.pdf", "publications/telehealth"},
	    {"/drop/123456789", "123456789"},
	    {"/drop/123456789/EFT_1.pdf", "123456789"},
	    {"/drop/123456789/trade-files", "123456789"},
	    {"/drop/123456789/trade-files/RA_1.835", "123456789"},
	    {"/123456789/edelivery/EFT_1.pdf", ""},
	};

	for (size_t i = 0; i < COUNT(drops); i++) {
		struct place place;

		CU_ASSERT_TRUE(place_parse(drops[i].path, &place));
		CU_ASSERT_STRING_EQUAL(place.drop, drops[i].drop);
	}
}

static void knows_every_place_of_the_tree(void)
{
	bool seen[PLACE_KIND_COUNT] = {false};

	for (size_t i = 0; i < COUNT(places); i++) {
		struct place place = {.kind = PLACE_KIND_COUNT};

		CU_ASSERT_TRUE(place_parse(places[i].path, &place));
		CU_ASSERT_EQUAL(place.kind, places[i].kind);
		CU_ASSERT_EQUAL(place.area, places[i].area);
		CU_ASSERT_EQUAL(place.is_folder, places[i].is_folder);
		CU_ASSERT_STRING_EQUAL(place.avrs_id, places[i].avrs_id);
		CU_ASSERT_EQUAL(place.class, places[i].class);
		CU_ASSERT_STRING_EQUAL(place.name, places[i].name);
		CU_ASSERT_STRING_EQUAL(
		    place.date, strstr(places[i].path, "2024-05-15") ? "2024-05-15" : "");
		seen[places[i].kind] = true;
	}
	for (int kind = 0; kind < PLACE_KIND_COUNT; kind++)
		CU_ASSERT_TRUE(seen[kind]);
}

static void knows_no_other_place_and_leaves_the_result_alone(void)
{
	static const char *const wrong[] = {"/status.txt", "/STATUS.TXT", "/letters",
	    "/drop/EFT_1.pdf", "/drop/.batch.csv", "/drop/.x.batch.csv", "/drop/x.batch.csv.pdf",
	    "/drop/12345678/EFT_1.pdf", "/drop/publications/other", "/drop/publications/PB_1.pdf",
	    "/drop/publications/telehealth/a/b", "/drop/123456789/a/b", "/drop/letters",
	    "/drop/123456789/trade-files/a/b", "/drop/STATUS.txt/x", "/drop/x.batch.csv/x",
	    "/catalog", "/.ssh", "/12345678", "/1234567890", "/123456789x", "/STATUS.txt/x",
	    "/new/EFT_1.pdf", "/new/123456789", "/new/123456789_", "/new/_EFT_1.pdf",
	    "/new/12345678_EFT", "/new/123456789/x", "/archives/x/y", "/publications/other",
	    "/publications/telehealth/x", "/123456789/EFT_1.pdf", "/123456789/Edelivery",
	    "/123456789/drop", "/123456789/edelivery/a/b", "/123456789/trade-files/a/b",
	    "/123456789/archives/x/y", "/123456789/new/a/b", "/123456789/STATUS.txt/x",
	    "/123456789/edelivery/a/b/c/d", "/trade-files", "/edelivery", "/paper/today",
	    "/paper/2024-02-30", "/paper/2024-05-15/a/b", "/paper/manifest.csv",
	    /* Not UTF-8. */
	    "/123456789/edelivery/EFT_\xc5\x46.pdf", "/new/123456789_\xff", "/archives/\xc3",
	    "/drop/123456789/EFT_\xed\xa0\x80.pdf", "/drop/\xff.batch.csv"};

	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct place place = {.kind = PLACE_KIND_COUNT};

		CU_ASSERT_FALSE(place_parse(wrong[i], &place));
		CU_ASSERT_EQUAL(place.kind, PLACE_KIND_COUNT);
	}
}

static void takes_names_as_long_as_a_disk_does(void)
{
	char path[64 + NAME_MAX + 2] = "/123456789/edelivery/";
	size_t start = strlen(path);
	struct place place;

	memset(path + start, 'x', NAME_MAX + 1);
	path[start + NAME_MAX + 1] = '\0';
	CU_ASSERT_FALSE(place_parse(path, &place));
	path[start + NAME_MAX] = '\0';
	CU_ASSERT_TRUE(place_parse(path, &place));
	CU_ASSERT_EQUAL(strlen(place.name), NAME_MAX);
}

/* An agency's own pattern must not make a place of the tree unreachable. */
static void knows_its_own_words_before_an_avrs_id(void)
{
	struct place place;
	struct err err;

	CU_ASSERT_EQUAL(avrs_id_set_pattern("[A-Za-z0-9-]+", &err), 0);
	CU_ASSERT_TRUE(place_parse("/new", &place));
	CU_ASSERT_EQUAL(place.kind, PLACE_NEW);
	CU_ASSERT_TRUE(place_parse("/archives", &place));
	CU_ASSERT_EQUAL(place.kind, PLACE_BUNDLES);
	CU_ASSERT_TRUE(place_parse("/CT-17/new", &place));
	CU_ASSERT_EQUAL(place.kind, PLACE_PROVIDER_NEW);
	CU_ASSERT_TRUE(place_parse("/new/CT-17_a_b", &place));
	CU_ASSERT_STRING_EQUAL(place.avrs_id, "CT-17");
	CU_ASSERT_STRING_EQUAL(place.name, "a_b");
	CU_ASSERT_EQUAL(avrs_id_set_pattern("[0-9]{9}", &err), 0);
}

static const struct {
	const char *path;
	const char *normal; /* NULL: refused */
} paths[] = {
    {"", "/"},
    {"/", "/"},
    {"//", "/"},
    {"///", "/"},
    {".", "/"},
    {"./", "/"},
    {"/.", "/"},
    {"/./.", "/"},
    {"..", "/"},
    {"/..", "/"},
    {"../../..", "/"},
    {"/../etc/passwd", "/etc/passwd"},
    {"new", "/new"},
    {"/new", "/new"},
    {"/new/", "/new"},
    {"//new//", "/new"},
    {"/new/.", "/new"},
    {"/new/..", "/"},
    {"/new/../new", "/new"},
    {"new/../../new/x", "/new/x"},
    {"/a/b/../c", "/a/c"},
    {"/a/b/../../c", "/c"},
    {"/a/b/../../../c", "/c"},
    {"/a/./b//c/", "/a/b/c"},
    {"/...", "/..."},
    {"/..a/.b", "/..a/.b"},
    {"/a/.../..", "/a"},
    {"/ /a", "/ /a"},
    {"/a b", "/a b"},
    {"/\xc3\xa9", "/\xc3\xa9"},
    {"/\\", "/\\"},
    {"/a\nb", NULL},
    {"/a\x1b[2J", NULL},
    {"\x01", NULL},
    {"/a\x1f/..", NULL},
    {"/a\t", NULL},
};

static void makes_one_path_of_all_that_mean_the_same(void)
{
	for (size_t i = 0; i < COUNT(paths); i++) {
		char normal[PLACE_PATH_MAX] = "untouched";
		bool ok = place_normalise(paths[i].path, strlen(paths[i].path), normal);

		CU_ASSERT_EQUAL(ok, paths[i].normal != NULL);
		if (ok && paths[i].normal)
			CU_ASSERT_STRING_EQUAL(normal, paths[i].normal);
	}
}

static void changes_nothing_the_second_time(void)
{
	for (size_t i = 0; i < COUNT(paths); i++) {
		char once[PLACE_PATH_MAX];
		char twice[PLACE_PATH_MAX];

		if (!place_normalise(paths[i].path, strlen(paths[i].path), once))
			continue;
		CU_ASSERT_TRUE(place_normalise(once, strlen(once), twice));
		CU_ASSERT_STRING_EQUAL(once, twice);
	}
}

/* A path from the network has a length, and no NUL behind it. */
static void reads_no_further_than_the_path(void)
{
	static const struct {
		const char *bytes;
		size_t length;
		const char *normal;
	} rows[] = {
	    {"/new/x", 4, "/new"},
	    {"/new/x", 5, "/new"},
	    {"/a/..b", 5, "/"},
	    {"/a\0b", 4, NULL},
	    {"\0", 1, NULL},
	    {"/a", 0, "/"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		OWNED_MEM char *exact = mem_new(rows[i].length + 1, 1);
		char normal[PLACE_PATH_MAX];
		bool ok;

		/* Without a byte behind it, so that a reader too far is seen by a sanitizer. */
		exact = mem_resize(exact, rows[i].length ? rows[i].length : 1, 1);
		memcpy(exact, rows[i].bytes, rows[i].length);
		ok = place_normalise(exact, rows[i].length, normal);
		CU_ASSERT_EQUAL(ok, rows[i].normal != NULL);
		if (ok && rows[i].normal)
			CU_ASSERT_STRING_EQUAL(normal, rows[i].normal);
	}
}

static void refuses_what_is_too_long(void)
{
	char path[PLACE_PATH_MAX + 1];
	char normal[PLACE_PATH_MAX];

	for (size_t i = 0; i < sizeof(path); i++)
		path[i] = i % 2 ? 'x' : '/';
	CU_ASSERT_TRUE(place_normalise(path, PLACE_PATH_MAX - 2, normal));
	CU_ASSERT_EQUAL(strlen(normal), PLACE_PATH_MAX - 2);
	CU_ASSERT_FALSE(place_normalise(path, PLACE_PATH_MAX, normal));
	memset(path, 'x', sizeof(path));
	CU_ASSERT_TRUE(place_normalise(path, PLACE_PATH_MAX - 2, normal));
	CU_ASSERT_EQUAL(strlen(normal), PLACE_PATH_MAX - 1);
	CU_ASSERT_FALSE(place_normalise(path, PLACE_PATH_MAX - 1, normal));
}

static void knows_the_place_of_what_it_normalised(void)
{
	static const char *const same[] = {"/123456789/edelivery/EFT_1.pdf",
	    "123456789/edelivery/EFT_1.pdf", "//123456789//edelivery/./EFT_1.pdf/",
	    "/new/../123456789/trade-files/../edelivery/EFT_1.pdf"};

	for (size_t i = 0; i < COUNT(same); i++) {
		char normal[PLACE_PATH_MAX];
		struct place place;

		CU_ASSERT_TRUE_FATAL(place_normalise(same[i], strlen(same[i]), normal));
		CU_ASSERT_TRUE(place_parse(normal, &place));
		CU_ASSERT_EQUAL(place.kind, PLACE_LETTER);
		CU_ASSERT_STRING_EQUAL(place.name, "EFT_1.pdf");
	}
}

static void knows_what_is_in_the_same_folder(void)
{
	static const struct {
		const char *path;
		const char *other;
		bool is_beside;
	} pairs[] = {
	    {"/a/b", "/a/c", true},
	    {"/a/b", "/a/b", true},
	    {"/a", "/b", true},
	    {"/", "/a", true},
	    {"/a/b", "/a", false},
	    {"/a", "/a/b", false},
	    {"/a/b", "/c/b", false},
	    {"/a/b", "/a/b/c", false},
	    {"/a/b", "/aa/b", false},
	    {"/a/b", "", false},
	};

	for (size_t i = 0; i < COUNT(pairs); i++)
		CU_ASSERT_EQUAL(place_is_beside(pairs[i].path, pairs[i].other), pairs[i].is_beside);
	CU_ASSERT_STRING_EQUAL(place_name("/a/bc"), "bc");
	CU_ASSERT_STRING_EQUAL(place_name("/"), "");
}

void add_suite_place(CU_pSuite suite)
{
	TEST(knows_every_place_of_the_tree);
	TEST(says_where_in_the_drop_folder_it_is);
	TEST(knows_no_other_place_and_leaves_the_result_alone);
	TEST(takes_names_as_long_as_a_disk_does);
	TEST(knows_its_own_words_before_an_avrs_id);
	TEST(makes_one_path_of_all_that_mean_the_same);
	TEST(changes_nothing_the_second_time);
	TEST(reads_no_further_than_the_path);
	TEST(refuses_what_is_too_long);
	TEST(knows_the_place_of_what_it_normalised);
	TEST(knows_what_is_in_the_same_folder);
}
