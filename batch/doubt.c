/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/doubt.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/clean.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/number.h"

/* Its time says when. */
#define NOTE "run/sync-failed"

void doubt_init(struct doubt *doubt, const struct spool *spool)
{
	struct stat st;

	*doubt = (struct doubt){.spool = spool};
	if (fstatat(spool->root_fd, NOTE, &st, AT_SYMLINK_NOFOLLOW) == 0)
		doubt->raised = st.st_mtim.tv_sec * SECOND;
}

/* It is for the next process, not for the next start of the machine: nothing is synced. */
static int write_note(const struct doubt *doubt)
{
	OWNED_FD int fd = file_open_beneath(doubt->spool->root_fd, NOTE, O_WRONLY | O_CREAT, 0640);

	return fd < 0 || futimens(fd, NULL) < 0 ? -1 : 0;
}

void doubt_note(struct doubt *doubt, const struct err *err)
{
	int64_t now = clock_now();

	if (err->kind != ERR_UNSYNCED)
		return;
	/* Whoever hears of it on its way up notes it, too. */
	if (now - doubt->raised >= SECOND)
		log_warning("text=\"what was begun before, or is within an hour, is copied, not "
		            "adopted: %s\"",
		    err->text);
	doubt->raised = now;
	if (write_note(doubt) < 0)
		log_warning(
		    "file=" NOTE " text=\"the next start will not know: %s\"", strerror(errno));
}

bool doubt_is_about(const struct doubt *doubt, int fd)
{
	return doubt->raised && file_made(fd) < doubt->raised + HOUR;
}
