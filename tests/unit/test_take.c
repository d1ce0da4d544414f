/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/number.h"
#include "batch/take.h"
#include "tests/lib/drops.h"
#include "tests/unit/suite.h"

void add_suite_take(CU_pSuite suite);

#define NAME       DROPS_AVRS_ID "/EFT_1.pdf"
#define ABC_SHA256 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
enum { ABC_CRC32 = 0x352441c2 };

/* Nobody but root could give a file away. */
enum { NOBODY = 65534 };

static struct stat stat_of(const struct drops *drops, const char *path)
{
	struct stat st = {0};

	CU_ASSERT_EQUAL(fstatat(drops->spool.drop_fd, path, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st;
}

static void a_file_of_its_own_is_adopted(void)
{
	OWNED_DROPS struct drops drops;
	struct drop drop;
	struct stat st;
	struct err err;

	drops_open(&drops, "");
	drops_write(&drops, NAME, "abc");
	drops_look(&drops, NAME, &drop);
	drop.letter.posted = 1553688000 * SECOND + 123456;
	CU_ASSERT_EQUAL(take(drops.taker, &drop, 1, &err), 0);
	CU_ASSERT_EQUAL(drop.verdict, VERDICT_POST);
	CU_ASSERT_TRUE(drop.adopted);
	CU_ASSERT_EQUAL(drop.served_fd, drop.fd);
	CU_ASSERT_STRING_EQUAL(drop.letter.sha256, ABC_SHA256);
	CU_ASSERT_EQUAL(drop.letter.crc32, ABC_CRC32);
	CU_ASSERT_EQUAL(drop.letter.size, 3);
	st = stat_of(&drops, NAME);
	CU_ASSERT_EQUAL(st.st_mode, S_IFREG | 0440);
	CU_ASSERT_EQUAL(st.st_uid, geteuid());
	CU_ASSERT_EQUAL(st.st_mtim.tv_sec, 1553688000);
	CU_ASSERT_EQUAL(st.st_mtim.tv_nsec, 123456000);
	CU_ASSERT_EQUAL(drop.letter.source.inode, (int64_t)st.st_ino);
	CU_ASSERT_EQUAL(drop.letter.source.device, (int64_t)st.st_dev);
	CU_ASSERT_EQUAL(drop.letter.source.changed, 0);
	drop_done(&drop);
}

static void link_it(struct drops *drops, struct drop *drop)
{
	CU_ASSERT_EQUAL(linkat(drops->spool.drop_fd, NAME, drops->spool.drop_fd, "other", 0), 0);
	CU_ASSERT_EQUAL(fstat(drop->fd, &drop->st), 0);
}

static void give_the_lease_up(struct drops *drops, struct drop *drop)
{
	(void)drops;
	CU_ASSERT_EQUAL(fcntl(drop->fd, F_SETLEASE, F_UNLCK), 0);
	drop->leased = false;
}

/* As if: only root could make one. */
static void make_it_roots(struct drops *drops, struct drop *drop)
{
	(void)drops;
	drop->st.st_uid = 0;
}

static void make_it_doubtful(struct drops *drops, struct drop *drop)
{
	(void)drops;
	drop->doubted = true;
}

/* Where its inode cannot be ours alone, the letter is a new one, and the file stays as it is. */
static void a_file_that_others_may_have_is_copied(void)
{
	static void (*const causes[])(struct drops * drops, struct drop * drop) = {
	    link_it, give_the_lease_up, make_it_roots, make_it_doubtful};

	for (size_t i = 0; i < COUNT(causes); i++) {
		OWNED_DROPS struct drops drops;
		struct drop drop;
		struct stat before;
		struct stat after;
		struct stat copy;
		struct err err;

		drops_open(&drops, "");
		drops_write(&drops, NAME, "abc");
		drops_look(&drops, NAME, &drop);
		causes[i](&drops, &drop);
		before = stat_of(&drops, NAME);
		drop.letter.posted = 1553688000 * SECOND;
		CU_ASSERT_EQUAL(take(drops.taker, &drop, 1, &err), 0);
		CU_ASSERT_EQUAL(drop.verdict, VERDICT_POST);
		CU_ASSERT_FALSE(drop.adopted);
		after = stat_of(&drops, NAME);
		CU_ASSERT_EQUAL(memcmp(&before.st_ctim, &after.st_ctim, sizeof(after.st_ctim)), 0);
		CU_ASSERT_EQUAL(before.st_mode, after.st_mode);
		CU_ASSERT_EQUAL(fstat(drop.served_fd, &copy), 0);
		CU_ASSERT_NOT_EQUAL(copy.st_ino, after.st_ino);
		CU_ASSERT_EQUAL(copy.st_mode, S_IFREG | 0440);
		CU_ASSERT_EQUAL(copy.st_size, 3);
		CU_ASSERT_EQUAL(copy.st_mtim.tv_sec, 1553688000);
		CU_ASSERT_STRING_EQUAL(drop.letter.sha256, ABC_SHA256);
		CU_ASSERT_EQUAL(drop.letter.crc32, ABC_CRC32);
		CU_ASSERT_EQUAL(drop.letter.source.inode, (int64_t)after.st_ino);
		CU_ASSERT_NOT_EQUAL(drop.letter.source.changed, 0);
		drop_done(&drop);
	}
}

static void a_file_of_another_file_system_is_copied(void)
{
	OWNED_DROPS struct drops drops;
	OWNED_FD int letters_fd = -1;
	struct taker *taker;
	struct scratch other = {.fd = -1};
	struct drop drop;
	struct stat copy;
	struct stat letters;
	struct err err;

	drops_open(&drops, "");
	if (!drops_other_file_system(&drops, &other))
		return;
	letters_fd = dup(other.fd);
	taker = taker_new(letters_fd);
	drops_write(&drops, NAME, "abc");
	drops_look(&drops, NAME, &drop);
	CU_ASSERT_EQUAL(take(taker, &drop, 1, &err), 0);
	CU_ASSERT_FALSE(drop.adopted);
	CU_ASSERT_EQUAL(fstat(drop.served_fd, &copy), 0);
	CU_ASSERT_EQUAL(fstat(letters_fd, &letters), 0);
	CU_ASSERT_EQUAL(copy.st_dev, letters.st_dev);
	CU_ASSERT_STRING_EQUAL(drop.letter.sha256, ABC_SHA256);
	drop_done(&drop);
	taker_free(taker);
	scratch_close(&other);
}

static void a_file_asked_back_is_given_back_as_it_was(void)
{
	OWNED_DROPS struct drops drops;
	struct drop drop;
	struct stat before;
	struct stat after;
	struct err err;

	drops_open(&drops, "");
	drops_write(&drops, NAME, "abc");
	CU_ASSERT_EQUAL(fchmodat(drops.spool.drop_fd, NAME, 0624, 0), 0);
	before = stat_of(&drops, NAME);
	drops_look(&drops, NAME, &drop);
	drops_ask_back(&drop);
	drop.letter.posted = 1553688000 * SECOND;
	CU_ASSERT_EQUAL(take(drops.taker, &drop, 1, &err), 0);
	CU_ASSERT_EQUAL(drop.verdict, VERDICT_WAIT);
	CU_ASSERT_FALSE(drop.adopted);
	CU_ASSERT_EQUAL(drop.served_fd, -1);
	after = stat_of(&drops, NAME);
	CU_ASSERT_EQUAL(after.st_mode, S_IFREG | 0624);
	CU_ASSERT_EQUAL(after.st_mtim.tv_sec, before.st_mtim.tv_sec);
	CU_ASSERT_EQUAL(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
	drop_done(&drop);
}

/* Into the very file, as a job does that goes on writing. */
static void put(const struct drops *drops, const char *content)
{
	OWNED_FD int fd = openat(drops->spool.drop_fd, NAME, O_WRONLY | O_TRUNC | O_CLOEXEC);
	struct err err;

	CU_ASSERT_EQUAL(file_write(fd, content, strlen(content), &err), 0);
}

static void append(const struct drops *drops)
{
	put(drops, "abcd");
}

static void rewrite(const struct drops *drops)
{
	put(drops, "xyz");
}

static void cut(const struct drops *drops)
{
	put(drops, "");
}

static void touch(const struct drops *drops)
{
	static const struct timespec times[] = {{.tv_sec = 1}, {.tv_sec = 1}};

	CU_ASSERT_EQUAL(utimensat(drops->spool.drop_fd, NAME, times, 0), 0);
}

static void a_file_that_changes_while_it_is_copied_waits(void)
{
	static void (*const changes[])(const struct drops *drops) = {append, rewrite, cut, touch};

	for (size_t i = 0; i < COUNT(changes); i++) {
		OWNED_DROPS struct drops drops;
		struct drop drop;
		struct err err;

		drops_open(&drops, "");
		drops_write(&drops, NAME, "abc");
		drops_look(&drops, NAME, &drop);
		give_the_lease_up(&drops, &drop);
		/* A moment later by the clock of the file system, which ticks slowly. */
		(void)usleep(10000);
		changes[i](&drops);
		CU_ASSERT_EQUAL(take(drops.taker, &drop, 1, &err), 0);
		CU_ASSERT_EQUAL(drop.verdict, VERDICT_WAIT);
		CU_ASSERT_NOT_EQUAL(drop.reason[0], '\0');
		CU_ASSERT_FALSE(drop.adopted);
		drop_done(&drop);
	}
}

/* Its end could be out of reach for ever. */
static void a_file_that_grows_is_copied_no_further_than_it_was(void)
{
	enum { MUCH = 16 * 1024 * 1024 };
	OWNED_DROPS struct drops drops;
	OWNED_FD int fd = -1;
	struct drop drop;
	struct stat copy;
	struct err err;

	drops_open(&drops, "");
	drops_write(&drops, NAME, "abc");
	drops_look(&drops, NAME, &drop);
	give_the_lease_up(&drops, &drop);
	fd = openat(drops.spool.drop_fd, NAME, O_WRONLY | O_CLOEXEC);
	CU_ASSERT_EQUAL(ftruncate(fd, MUCH), 0);
	CU_ASSERT_EQUAL(take(drops.taker, &drop, 1, &err), 0);
	CU_ASSERT_EQUAL(drop.verdict, VERDICT_WAIT);
	CU_ASSERT_STRING_EQUAL(drop.reason, "being written");
	CU_ASSERT_EQUAL(fstat(drop.served_fd, &copy), 0);
	CU_ASSERT_EQUAL(copy.st_size, 0);
	drop_done(&drop);
}

static void what_is_not_to_be_posted_is_left_alone(void)
{
	OWNED_DROPS struct drops drops;
	struct drop taken[3];
	struct err err;

	drops_open(&drops, "");
	for (int i = 0; i < 3; i++) {
		char path[64];

		(void)snprintf(path, sizeof(path), DROPS_AVRS_ID "/EFT_%d.pdf", i);
		drops_write(&drops, path, "abc");
		drops_look(&drops, path, &taken[i]);
	}
	taken[0].verdict = VERDICT_HOLD;
	taken[2].verdict = VERDICT_QUARANTINE;
	CU_ASSERT_EQUAL(take(drops.taker, taken, 3, &err), 0);
	CU_ASSERT_FALSE(taken[0].adopted);
	CU_ASSERT_TRUE(taken[1].adopted);
	CU_ASSERT_FALSE(taken[2].adopted);
	CU_ASSERT_EQUAL(taken[0].letter.sha256[0], '\0');
	CU_ASSERT_EQUAL(stat_of(&drops, DROPS_AVRS_ID "/EFT_0.pdf").st_mode, S_IFREG | 0660);
	for (int i = 0; i < 3; i++)
		drop_done(&taken[i]);
}

static void an_adopted_file_that_is_longer_than_it_was_waits(void)
{
	OWNED_DROPS struct drops drops;
	struct drop drop;
	struct err err;

	drops_open(&drops, "");
	drops_write(&drops, NAME, "abc");
	drops_look(&drops, NAME, &drop);
	drop.st.st_size--;
	CU_ASSERT_EQUAL(take(drops.taker, &drop, 1, &err), 0);
	CU_ASSERT_EQUAL(drop.verdict, VERDICT_WAIT);
	CU_ASSERT_STRING_EQUAL(drop.reason, "being written");
	CU_ASSERT_FALSE(drop.adopted);
	CU_ASSERT_EQUAL(stat_of(&drops, NAME).st_mode, S_IFREG | 0660);
	drop_done(&drop);
}

/* Of all lengths: those on both sides of 64 KiB are read in different ways. */
static off_t length_of(int i)
{
	static const off_t lengths[] = {40000, 20, 64, 65535, 65536, 65537, 300000, 12345};

	return lengths[(size_t)i % COUNT(lengths)];
}

/* Two workers share the drops; each has to end with its own content's hash. */
static void many_are_taken_at_once(void)
{
	enum { MANY = 100 };
	OWNED_DROPS struct drops drops;
	OWNED_DIGEST struct digest *digest = digest_new();
	struct drop taken[MANY];
	struct err err;

	drops_open(&drops, "");
	for (int i = 0; i < MANY; i++) {
		char path[64];
		int fd;

		(void)snprintf(path, sizeof(path), DROPS_AVRS_ID "/EFT_%d.pdf", i);
		drops_write(&drops, path, path + sizeof(DROPS_AVRS_ID));
		fd = openat(drops.spool.drop_fd, path, O_WRONLY | O_CLOEXEC);
		CU_ASSERT_EQUAL(ftruncate(fd, length_of(i)), 0);
		clean_fd(&fd);
		drops_look(&drops, path, &taken[i]);
		if (i % 7 == 0)
			give_the_lease_up(&drops, &taken[i]);
	}
	CU_ASSERT_EQUAL(take(drops.taker, taken, MANY, &err), 0);
	for (int i = 0; i < MANY; i++) {
		char sha256[SHA256_HEX + 1] = "";
		uint32_t crc32 = 0;
		int64_t size = 0;

		CU_ASSERT_EQUAL(taken[i].adopted, i % 7 != 0);
		CU_ASSERT_EQUAL(digest_file(digest, taken[i].fd, sha256, &crc32, &size, &err), 0);
		CU_ASSERT_STRING_EQUAL(taken[i].letter.sha256, sha256);
		CU_ASSERT_EQUAL(taken[i].letter.crc32, crc32);
		CU_ASSERT_EQUAL(
		    digest_file(digest, taken[i].served_fd, sha256, &crc32, &size, &err), 0);
		CU_ASSERT_STRING_EQUAL(taken[i].letter.sha256, sha256);
		for (int j = 0; j < i; j++)
			CU_ASSERT_STRING_NOT_EQUAL(taken[j].letter.sha256, sha256);
	}
	for (int i = 0; i < MANY; i++)
		drop_done(&taken[i]);
}

static void what_cannot_be_copied_now_waits_and_is_told_of(void)
{
	OWNED_DROPS struct drops drops;
	OWNED_FD int removed_fd = -1;
	struct taker *taker;
	struct drop taken[2];
	struct err err = {.kind = ERR_INTERNAL};

	drops_open(&drops, "");
	CU_ASSERT_EQUAL(mkdirat(drops.scratch.fd, "removed", 0700), 0);
	CU_ASSERT_EQUAL(file_open_folder(drops.scratch.fd, "removed", &removed_fd, &err), 0);
	CU_ASSERT_EQUAL(unlinkat(drops.scratch.fd, "removed", AT_REMOVEDIR), 0);
	drops_write(&drops, NAME, "abc");
	drops_write(&drops, DROPS_AVRS_ID "/EFT_2.pdf", "abc");
	drops_look(&drops, NAME, &taken[0]);
	drops_look(&drops, DROPS_AVRS_ID "/EFT_2.pdf", &taken[1]);
	give_the_lease_up(&drops, &taken[0]);
	give_the_lease_up(&drops, &taken[1]);
	taker = taker_new(removed_fd);
	CU_ASSERT_EQUAL(take(taker, taken, 2, &err), 2);
	taker_free(taker);
	CU_ASSERT_EQUAL(err.kind, ERR_RETRY);
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(taken[i].verdict, VERDICT_WAIT);
		drop_done(&taken[i]);
	}
}

static void an_adopted_file_can_be_given_back(void)
{
	OWNED_DROPS struct drops drops;
	struct drop drop;
	struct stat before;
	struct stat after;
	struct err err;

	drops_open(&drops, "");
	drops_write(&drops, NAME, "abc");
	CU_ASSERT_EQUAL(fchmodat(drops.spool.drop_fd, NAME, 0600, 0), 0);
	if (geteuid() == 0)
		CU_ASSERT_EQUAL(fchownat(drops.spool.drop_fd, NAME, NOBODY, NOBODY, 0), 0);
	before = stat_of(&drops, NAME);
	drops_look(&drops, NAME, &drop);
	drop.letter.posted = 1553688000 * SECOND;
	CU_ASSERT_EQUAL(take(drops.taker, &drop, 1, &err), 0);
	CU_ASSERT_TRUE(drop.adopted);
	CU_ASSERT_EQUAL(stat_of(&drops, NAME).st_uid, geteuid());
	take_back(&drop);
	after = stat_of(&drops, NAME);
	CU_ASSERT_EQUAL(after.st_mode, before.st_mode);
	CU_ASSERT_EQUAL(after.st_uid, before.st_uid);
	CU_ASSERT_EQUAL(after.st_gid, before.st_gid);
	CU_ASSERT_EQUAL(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
	CU_ASSERT_EQUAL(after.st_mtim.tv_sec, before.st_mtim.tv_sec);
	drop_done(&drop);
}

static void a_name_that_a_copy_had_meanwhile_is_removed(void)
{
	OWNED_DROPS struct drops drops;
	struct drop drop = {.temporary = FILE_NEW_PREFIX "1"};
	struct err err;

	drops_open(&drops, "");
	scratch_write(&drops.scratch, "letters/" FILE_NEW_PREFIX "1", "");
	scratch_write(&drops.scratch, "letters/" FILE_NEW_PREFIX "2", "");
	scratch_write(&drops.scratch, "letters/new-3", "");
	take_clean(drops.letters_fd, &drop);
	CU_ASSERT_FALSE(drops_has(&drops, "letters/" FILE_NEW_PREFIX "1"));
	CU_ASSERT_TRUE(drops_has(&drops, "letters/" FILE_NEW_PREFIX "2"));
	CU_ASSERT_EQUAL(drop.temporary[0], '\0');
	take_clean(drops.letters_fd, &drop);
	/* And those of a run that crashed, but nothing else. */
	CU_ASSERT_EQUAL(take_recover(drops.letters_fd, &err), 0);
	CU_ASSERT_FALSE(drops_has(&drops, "letters/" FILE_NEW_PREFIX "2"));
	CU_ASSERT_TRUE(drops_has(&drops, "letters/new-3"));
	CU_ASSERT_EQUAL(take_recover(-1, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_RETRY);
}

void add_suite_take(CU_pSuite suite)
{
	TEST(a_file_of_its_own_is_adopted);
	TEST(a_file_that_others_may_have_is_copied);
	TEST(a_file_of_another_file_system_is_copied);
	TEST(a_file_asked_back_is_given_back_as_it_was);
	TEST(a_file_that_changes_while_it_is_copied_waits);
	TEST(a_file_that_grows_is_copied_no_further_than_it_was);
	TEST(what_is_not_to_be_posted_is_left_alone);
	TEST(an_adopted_file_that_is_longer_than_it_was_waits);
	TEST(many_are_taken_at_once);
	TEST(what_cannot_be_copied_now_waits_and_is_told_of);
	TEST(an_adopted_file_can_be_given_back);
	TEST(a_name_that_a_copy_had_meanwhile_is_removed);
}
