/* SPDX-License-Identifier: Apache-2.0 */
/*
 * .NAME.part: the file that an upload is until it is handed in.
 *
 * Who opens one gets its lock with it, and the lock lasts until the last copy of that descriptor
 * is closed: the broker's, until the upload is handed in or left, and the session's. So it ends
 * with the last process that could write, however that ends. Brokers beside each other, after a
 * reload or on other machines with the same file system, learn from it whether somebody still
 * writes; a row of the catalog outlives whoever made it.
 */
#ifndef SERVER_PART_H
#define SERVER_PART_H

/*
 * Open for writing, with its lock, the part of name that is there (and was left by us), or make
 * one. Returns a descriptor, the caller's, or -1 with errno: EWOULDBLOCK where somebody writes it.
 */
int part_open(int folder_fd, const char *name);
int part_create(int folder_fd, const char *name);

/*
 * Cut off what is behind a hole: a client that writes out of order and breaks off is told the
 * size up to which all of it is there, so that going on leaves nothing out. A hole is what the
 * file system tells as one; of less than two blocks it knows nothing. 0, or -1 with errno.
 */
int part_trim(int fd);

#endif
