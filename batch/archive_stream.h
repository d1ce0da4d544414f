/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An archive that a client waits for: a zip of what its account may see, packed as it is fetched.
 *
 * Nothing of it is kept: memory and files hold what the zip says about its letters at its end.
 */
#ifndef BATCH_ARCHIVE_STREAM_H
#define BATCH_ARCHIVE_STREAM_H

#include "base/err.h"

/*
 * Take the order (spool/archive_order.h) from the channel and fill it, with receipts of what was
 * sent. Also 0 when the client is gone, or was told what failed; -1: nobody could be told.
 */
int archive_stream(const char *settings, int channel, struct err *err);

#define ARCHIVE_STREAM_OPTION "--stream"

#endif
