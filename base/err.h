/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why something failed, in words an operator can act on.
 *
 * A function that can fail takes a `struct err *err` last and returns 0, or -1
 * with *err filled. The caller owns the struct, usually on its stack; nothing
 * in it is allocated. Only the function that gives up logs it.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum err_kind {
	ERR_INTERNAL, /* a bug or a broken installation: stop and page someone */
	ERR_RETRY,    /* outside trouble (disk full, database away): try again later */
	ERR_BUSY,     /* somebody else holds it just now: try again at once, a few times */
	ERR_UNSYNCED, /* a sync failed: what was written before may be lost; else as ERR_RETRY */
	ERR_GONE,     /* the connection to the database broke: open it again, then as ERR_RETRY */
	ERR_REFUSED,  /* the input or the caller is at fault: say no, never retry */
	ERR_CONFLICT, /* refused because something like it is there already */
	ERR_USAGE,    /* a command was called wrongly: tell how it is called */
};

enum { ERR_TEXT_MAX = 512 };

struct err {
	enum err_kind kind;
	char text[ERR_TEXT_MAX]; /* one line without control characters, cut if longer */
};

/*
 * Fill *err and yield -1, so that a failing function can end in one line. They are macros so that
 * compilers and analysers, which see one file at a time, know that -1 is what comes back.
 *
 *	err_set(err, kind, format, ...)    the words of format
 *	err_sys(err, format, ...)          a failed system call: ERR_RETRY, ": " and strerror(errno)
 *	err_context(err, format, ...)      the words of format and ": " before what is there
 */
#define err_set(...)     (err_fill(__VA_ARGS__), -1)
#define err_sys(...)     (err_fill_sys(__VA_ARGS__), -1)
#define err_context(...) (err_fill_context(__VA_ARGS__), -1)

void err_fill(struct err *err, enum err_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void err_fill_sys(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
void err_fill_context(struct err *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
