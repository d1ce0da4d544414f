/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a session may ask of its broker.
 *
 * The session is sandboxed and speaks to the network; the broker holds the rights and speaks only
 * this, over a channel (base/message.h) of the session's own. Each request, but for some that
 * need none, gets one answer of the same kind, whose first int is an enum answer; more follows only
 * after ANSWER_OK. A number is never reused; a new one goes before REQUEST_COUNT.
 */
#ifndef SERVER_REQUEST_H
#define SERVER_REQUEST_H

#include <stdint.h>

enum request {
	/* Its process (a pidfd), told before it reads a byte from outside. No answer */
	REQUEST_HELLO,
	/* login, key type, key blob (base64), proven (0: may it be tried?). Answer: enum admission
	 */
	REQUEST_KEY,
	/* the client's software. No answer; the session is an SFTP session now */
	REQUEST_START,
	/* path. Answer: entry */
	REQUEST_FIND,
	/* path of a folder. Answer: number of the listing, which goes on behind the entries that
	   follow, or LISTING_WHOLE: there are no more, and it is not open; count, count entries */
	REQUEST_OPEN_FOLDER,
	/* number of the listing. Answer: more (0, 1), count, count entries */
	REQUEST_LIST,
	/* number of the listing. No answer */
	REQUEST_CLOSE_FOLDER,
	/* path of a file. Answer: entry, its letter (0: none; an archive's id is negative),
	 * descriptor
	 */
	REQUEST_OPEN,
	/* path of a file in new/. Answer: nothing more */
	REQUEST_REMOVE,
	/* why the session ends, for the log. No answer */
	REQUEST_END,
	/* login, password. Answer: as for REQUEST_KEY */
	REQUEST_PASSWORD,
	/* letter (as above), a handle of it was closed by the client (0, 1), count, count parts of
	 * it that were sent through that: from, to. No answer
	 */
	REQUEST_SENT,
	/* path. Answer: bytes of a block, blocks, free blocks, files, free files: for an
	   administrator the file system's, for others what tells nothing; read-only (0, 1) */
	REQUEST_SPACE,
	/* path of a letter. Answer: its SHA-256, as text */
	REQUEST_HASH,
	/* path in drop/, how (UPLOAD_...). Answer: entry, number of the upload, most bytes that it
	   may have, descriptor for writing */
	REQUEST_UPLOAD,
	/* number of the upload, whose descriptor is closed; why it is not whole ("": it is).
	   Answer: nothing more */
	REQUEST_UPLOADED,
	/* path in drop/, what is set (UPLOAD_SET_...), size, time. Answer: nothing more */
	REQUEST_SET,
	/* path of a folder in drop/. Answer: nothing more */
	REQUEST_MAKE_FOLDER,
	/* path in drop/, path that it gets. Answer: nothing more */
	REQUEST_RENAME,
	/* path. Answer: count, count entries: as for REQUEST_FIND, and letters that follow it in
	   its folder, by name and as they are listed */
	REQUEST_FIND_MORE,
	/* first day, letter type ("": all), the client's software. Answer: a channel on which an
	   archive comes (spool/archive_order.h); the session is for that alone now */
	REQUEST_ARCHIVE,
	/* in which order (enum open_order) and how many (0 to OPEN_NEXT) letters more, path of a
	   file. Answer: as for REQUEST_OPEN, and letters that follow it in its folder: whether
	   a channel for reports comes along (0, 1), the channel, count, count times entry, letter,
	   descriptor */
	REQUEST_OPEN_NEXT,
	/* letter that came so with another one: its client has opened it now. On the channel for
	   reports alone, where REQUEST_SENT may come, too. No answer */
	REQUEST_OPENED,
	REQUEST_COUNT
};

/* An entry: name, folder (0, 1), size, changed. */

enum answer {
	ANSWER_OK,
	ANSWER_NO_SUCH_FILE,
	ANSWER_DENIED,  /* followed by a reason, as for the next one */
	ANSWER_FAILURE, /* this time; a later try may do better */
	ANSWER_COUNT
};

/* Whether a login is done. */
enum admission {
	ADMISSION_NO,
	ADMISSION_YES,
	ADMISSION_MORE, /* what was shown is right; the account demands a password or a key as well
	                 */
	ADMISSION_COUNT
};

/* Which letters follow one that is opened. */
enum open_order { OPEN_BY_NAME, OPEN_AS_LISTED, OPEN_ORDER_COUNT };

/* How a file is opened for writing, as SFTP has it. */
enum {
	UPLOAD_CREATE = 1 << 0,
	UPLOAD_EXCLUSIVE = 1 << 1,
	UPLOAD_EMPTY = 1 << 2,
	UPLOAD_HOW = (1 << 3) - 1,
};

/* What a client sets of a file in drop/. */
enum {
	UPLOAD_SET_SIZE = 1 << 0,
	UPLOAD_SET_TIME = 1 << 1,
	UPLOAD_SET = (1 << 2) - 1,
};
struct upload_change {
	unsigned what; /* UPLOAD_SET_... */
	int64_t size;
	int64_t modified; /* microseconds since 1970 */
};

enum {
	UPLOADS_MAX = 32,           /* open at a time in a session */
	REQUEST_TIMEOUT_MS = 30000, /* a broker that says nothing for so long is gone */
	LISTINGS_MAX = 64,          /* open at a time in a session */
	LISTING_WHOLE = -1,         /* in place of a number */
	LIST_PAGE = 220,            /* entries in an answer at most; they fit a message */
	FIND_MORE = 128,            /* entries in an answer at most; they fit a message */
	OPEN_NEXT = 64,             /* descriptors behind the first one at most; the same */
	CLIENT_MAX = 128,           /* bytes of the client's software that are kept */
};

/*
 * SIGTERM to a session that is logged in: end when nothing is open any more. This is what its
 * client is told.
 */
#define SESSION_STOPS "the server stops, please connect again later"

#endif
