/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking: the dropped file, or a copy of it, becomes ours, and is hashed.
 *
 * Adopted where that is as safe as a copy: the same file system, one link, it can be made ours and
 * is not root's, whom its mode does not stop, what was written to it is not in doubt (doubt.h), and
 * a lease says that nobody writes to it. Otherwise copied into an inode of our own, and the source
 * found unchanged afterwards. What was hashed is what is served, whatever its job does.
 */
#ifndef BATCH_TAKE_H
#define BATCH_TAKE_H

#include "batch/drop.h"
#include "spool/spool.h"

/*
 * Beside the thread that makes rows and names, which has the first right to a core: what is hashed
 * next waits for it.
 */
enum { TAKE_NICENESS = 5 };

/*
 * Who takes: keeps what its workers need, which is dear to make. letters_fd is the folder of the
 * file system that letters are served from, and stays the caller's, for as long as this lives.
 */
struct taker;

struct taker *taker_new(int letters_fd);
void taker_free(struct taker *taker);

/*
 * Take those of count drops whose verdict is to post, on both cores. One that changed meanwhile, or
 * could not be taken, has the verdict to wait. Returns how many could not for trouble that may pass
 * (disk full); *ret_trouble tells of one of them.
 */
size_t take(struct taker *taker, struct drop *drops, size_t count, struct err *ret_trouble);

/* Remove the name that our copy had to have meanwhile, where it had one. */
void take_clean(int letters_fd, struct drop *drop);

/* At start: remove such names that a crash left behind. */
int take_recover(int letters_fd, struct err *err);

/* Give an adopted file back as it was: its owner, mode and time. */
void take_back(struct drop *drop);

/*
 * A dropped file that is to wait: if a run that was killed had adopted it, jobs can write to it
 * again. Whose it was is not known any more; it becomes the group's of its folder.
 */
void take_disown(struct drop *drop);

#endif
