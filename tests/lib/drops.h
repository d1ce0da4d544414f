/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scratch spool with files in its drop folder, for the suites of batch/: drops as watching,
 * validating and routing hand them on, without doing any of that.
 */
#ifndef TESTS_LIB_DROPS_H
#define TESTS_LIB_DROPS_H

#include "batch/arrival.h"
#include "batch/drop.h"
#include "batch/folder_cache.h"
#include "tests/lib/scratch.h"

/* The AVRS ID that the spool knows from the start: a billing provider. */
#define DROPS_AVRS_ID "123456789"

/* A file that is whole, of either format. */
#define DROPS_PDF "%PDF-1.4\nhello\n%%EOF\n"
#define DROPS_X12                                                        \
	"ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER" \
	"       *190327*1200*^*00501*000000001*0*P*:~GS*HP~ST*835*1~IEA*1*000000001~\n"

struct drops {
	struct scratch scratch;
	struct spool spool;
	struct folder_cache *folders;
	struct arrivals *arrivals;
	int letters_fd;
	struct taker *taker;
};

/* Dies when it cannot be made. extra: lines of settings. */
void drops_open(struct drops *drops, const char *extra);
void drops_close(struct drops *drops);
#define OWNED_DROPS OWNED(drops_close)

/*
 * Make the file path ("123456789/EFT_1.pdf") below the drop folder, and its folder. In the place
 * of another one it is a new inode, as after a job's rename.
 */
void drops_write(const struct drops *drops, const char *path, const char *content);

/* The drop of that file, opened, leased and to be posted electronically. */
void drops_look(struct drops *drops, const char *path, struct drop *ret_drop);

/* The same after drops_write(), and taken. */
void drops_take(struct drops *drops, const char *path, const char *content, struct drop *ret_drop);

/* The same of a file that cannot be adopted, since it has a second link: a copy is taken. */
void drops_take_copy(
    struct drops *drops, const char *path, const char *content, struct drop *ret_drop);

/* Both: adopted, and copied. */
extern void (*const drops_takers[2])(
    struct drops *drops, const char *path, const char *content, struct drop *ret_drop);

/* Where the drop's letter is to be, or is, below the spool's root; until the next call. */
const char *drops_place_of(const struct drop *drop);

/* Of what has that path; 0: nothing has. */
ino_t drops_inode_of(int folder_fd, const char *path);

/* Is there a file of that path below the spool's root? */
bool drops_has(const struct drops *drops, const char *path);

/* What sql (a literal, one row, one column) yields. -1: no row. */
int64_t drops_number(const struct drops *drops, const char *sql);

/* Change the catalog behind the program's back. */
/* What is INSERTed into (or UPDATEd in) the table is refused where condition holds; until again. */
void drops_refuse(
    const struct drops *drops, const char *event, const char *table, const char *condition);
void drops_allow(const struct drops *drops, const char *table);
void drops_forget_references(const struct drops *drops);
void drops_run(const struct drops *drops, const char *sql);

/* Steps 3 and 4 for one that was recorded; and as it is for a letter of a batch, which is linked
 * only. */
void drops_place(const struct drops *drops, struct drop *drop);
void drops_link(const struct drops *drops, struct drop *drop);

/* Steps 3 to 5 of posting (batch/post.h), one after the other, for what was taken. */
int drops_post(const struct drops *drops, struct drop *list, size_t count, struct err *err);

/* Begin to open the file for writing, as a job does that does not know of the lease. */
void drops_ask_back(const struct drop *drop);

/* How many descriptors this process has open. */
int drops_open_fds(void);

/* A folder on another file system than the scratch one: false where this machine has none. */
bool drops_other_file_system(const struct drops *drops, struct scratch *ret_other);

#endif
