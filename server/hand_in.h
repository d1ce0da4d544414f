/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handing an upload in: .NAME.part becomes NAME in its drop folder, and what is left of uploads
 * that were not.
 *
 * The steps, in this order: which inode it is stands in its row (state open); it is renamed, and
 * the folder made durable; the row is closed, with its event. A crash between any two is finished
 * by the next start, or when the account asks for that name again.
 */
#ifndef SERVER_HAND_IN_H
#define SERVER_HAND_IN_H

#include "spool/spool.h"
#include "spool/upload.h"

/*
 * Hand an open upload in; the session has made its bytes durable. *upload is closed afterwards,
 * or a part: a file of its name is there (ERR_CONFLICT), it is larger than is taken, or not there
 * (ERR_REFUSED). Any other error leaves it open, to be settled later.
 */
int hand_in(const struct spool *spool, struct upload *upload, struct err *err);

/*
 * Its session ended, or it is not whole: it is a part from now on. fd: of its part, or -1 where
 * that is whole.
 */
void hand_in_leave(const struct spool *spool, struct upload *upload, int fd);

/*
 * An open upload that this broker does not know of: finish handing it in, or make it a part. It
 * stays open where somebody still writes it (part.h), or its file is another node's.
 */
int hand_in_settle(const struct spool *spool, struct upload *upload, struct err *err);

/* At start: settle all. */
int hand_in_recover(const struct spool *spool, struct err *err);

/* Where cleaning is; all zero at its start. */
struct hand_in_cleaning {
	unsigned step;
	struct upload after;
};

/*
 * Remove parts that nobody went on with for a day and those of accounts that were removed, and
 * forget what is told of no more: the next few of them, since all may take minutes. *ret_more:
 * call again, with the same *cleaning. After a failure it begins anew.
 */
int hand_in_clean(
    const struct spool *spool, struct hand_in_cleaning *cleaning, bool *ret_more, struct err *err);

/* The most bytes of one. */
int64_t hand_in_most(const struct settings *settings, const struct upload *upload);

#endif
