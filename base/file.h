/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files and folders, made so that a power cut leaves the old or the new, never half.
 *
 * A path is relative to a folder's descriptor (AT_FDCWD for those an operator names).
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "base/err.h"

/* How names begin that a file has only until it gets its own; see file_new(). */
#define FILE_NEW_PREFIX ".new-"

/*
 * openat2() that stays beneath folder_fd and follows no symbolic link anywhere; O_CLOEXEC,
 * O_NOFOLLOW and O_NONBLOCK are added. Returns a descriptor, or -1 with errno.
 */
int file_open_beneath(int folder_fd, const char *path, int flags, mode_t mode);

/*
 * Does file_open_beneath() work here? ERR_REFUSED: the kernel is too old, or whatever confines this
 * process forbids openat2(2).
 */
int file_check_beneath(int folder_fd, struct err *err);

/* The path of the folder that path stands in: "." or "/" where there is no other. */
void file_parent(const char *path, char ret_parent[PATH_MAX]);

/* Open the folder path for use as folder_fd elsewhere. */
int file_open_folder(int folder_fd, const char *path, int *ret_fd, struct err *err);

/* Make the folder path and those above it as needed, each made durable. */
int file_make_folder(int folder_fd, const char *path, mode_t mode, struct err *err);

/* Is what has that path the very file of st? A link there is itself, not what it leads to. */
bool file_is_at(int folder_fd, const char *path, const struct stat *st);

/*
 * When the file of fd was made, in microseconds since 1970; 0 where its file system does not know,
 * or fd is none.
 */
int64_t file_made(int fd);

/*
 * Make durable: the content of fd, or what names stand in the folder path. After ERR_UNSYNCED it is
 * of no use to try again with the same file: the kernel tells of what it could not write only once.
 */
int file_sync(int fd, const char *name, struct err *err);
int file_sync_folder(int folder_fd, const char *path, struct err *err);

/* The same for everything in the file system that fd is in. */
int file_sync_all(int fd, struct err *err);

/* Yields -1: that it could not be, by errno's number. */
int file_unsynced(const char *name, int error, struct err *err);

/*
 * Add the whole file to *out. ERR_REFUSED when it is not there, not allowed or too large, ERR_RETRY
 * when it cannot be read just now.
 */
int file_read(int folder_fd, const char *path, struct buffer *out, struct err *err);

/* All of the bytes to fd, at its position. */
int file_write(int fd, const void *bytes, size_t count, struct err *err);

/*
 * The size bytes that from has after its position to to; between any two file systems. ERR_BUSY: it
 * has fewer, or more, of which one is copied at most. name is for err.
 */
int file_copy(int from, int to, int64_t size, const char *name, struct err *err);

/*
 * Call each(fd, name, arg) for what is in the folder path, in no order, until it returns less than
 * 0; fd is the folder. A name that is removed or added meanwhile may come or not.
 */
int file_each(int folder_fd, const char *path,
    int (*each)(int fd, const char *name, void *arg, struct err *err), void *arg, struct err *err);

/* Remove the file path, or the folder and all that is in it; nothing there is fine. */
int file_remove_all(int folder_fd, const char *path, struct err *err);

/*
 * Remove what file_new() and file_replace() left in the folder path when their process was killed;
 * nobody may be at such a file now. One that cannot be removed stays, with a warning.
 */
int file_remove_unfinished(int folder_fd, const char *path, struct err *err);

/*
 * path holds the bytes of content afterwards, or what it held before. mode 0: owner, group and mode
 * stay as they were, and it fails where they cannot. A link is replaced, not what it leads to.
 */
int file_replace(
    int folder_fd, const char *path, const struct buffer *content, mode_t mode, struct err *err);

/* A name that nobody else has, in the folder where path is to be, until it gets its own. */
void file_temporary_name(const char *path, char ret_name[PATH_MAX]);

/*
 * A new file without a name in the folder, for writing; where the file system cannot do that
 * (NFS, GlusterFS), one with a name of its own (FILE_NEW_PREFIX...), which is stored in
 * ret_name (NAME_MAX + 1 bytes, "" otherwise). file_give_name() ends it.
 */
int file_new(int folder_fd, char *ret_name, int *ret_fd, struct err *err);

/*
 * Nothing more is written to the file of *fd, which can only be read from now on: who looks for
 * writers (F_SETLEASE) finds none.
 */
int file_end_writing(int *fd, struct err *err);

/*
 * Give the file of fd the name path, which must not exist: ERR_CONFLICT when it does. temporary
 * is the name that file_new() stored; it is gone afterwards. The folder is not made durable.
 */
int file_give_name(int fd, int folder_fd, const char *temporary, const char *path, struct err *err);

/*
 * What the file from has, after its position, as the file name in the folder, which must not exist
 * (ERR_CONFLICT): it is there whole, durable and without a writer, or not at all (ERR_BUSY:
 * somebody makes it longer or shorter meanwhile). *ret_st, unless NULL, is what it is before it has
 * that name. The folder is not made durable.
 */
int file_copy_as(
    int from, int folder_fd, const char *name, mode_t mode, struct stat *ret_st, struct err *err);

/*
 * Give from_name the name to_name, which must not exist: 0, or -1 with errno (EEXIST). Where the
 * file system cannot do that at once (GlusterFS), it has both names for a moment.
 */
int file_rename_new(int from_fd, const char *from_name, int to_fd, const char *to_name);

/* Take the lock of the file path (made if needed); ERR_CONFLICT: its text says who has it. */
int file_lock(int folder_fd, const char *path, const char *owner, int *ret_fd, struct err *err);

#endif
