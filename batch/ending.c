/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/ending.h"

#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/number.h"
#include "batch/batch_control.h"
#include "batch/batch_member.h"
#include "batch/quarantine.h"

void ending_posted(const struct ender *ender, struct drop *drop)
{
	holds_forget(ender->holds, drop);
	manifest_note(ender->manifest, &drop->letter);
	drop->is_done_with = !drop->moved;
}

static int end_posted(const struct ender *ender, struct drop *drop, struct err *err)
{
	(void)err;
	ending_posted(ender, drop);
	return 0;
}

static int end_repeated(const struct ender *ender, struct drop *drop, struct err *err)
{
	(void)err;
	log_info("letter=%" PRId64 " %s avrs_id=%s", drop->letter.id,
	    drop->verdict == VERDICT_DUPLICATE ? "repeated" : "removed", drop->avrs_id);
	holds_forget(ender->holds, drop);
	drop->is_done_with = true;
	return 0;
}

static int end_refused(const struct ender *ender, struct drop *drop, struct err *err)
{
	if (quarantine(ender->spool, drop, ender->arrivals, err) < 0)
		return -1;
	holds_forget(ender->holds, drop);
	return 0;
}

/* Held by now, unless it has been for too long. */
static int end_held(const struct ender *ender, struct drop *drop, struct err *err)
{
	return drop->verdict == VERDICT_QUARANTINE ? end_refused(ender, drop, err) : 0;
}

/* Its batch was accepted. Letters may be here already, held for want of it. */
static int end_control(const struct ender *ender, struct drop *drop, struct err *err)
{
	fault_point("batch.accepted");
	if (batch_control_remove(drop, ender->arrivals, err) < 0)
		return -1;
	holds_forget(ender->holds, drop);
	holds_wake_held(ender->holds, HOLD_BATCH, ender->arrivals);
	return 0;
}

/*
 * Removing another file of its name hides it for a moment (removal.h), and is over by now: it is
 * gone if it is still not there.
 */
static int end_gone(const struct ender *ender, struct drop *drop, struct err *err)
{
	if (drop->folder_fd < 0 ||
	    faccessat(drop->folder_fd, drop->on_disk, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return holds_lose(ender->holds, drop, err);
	drop_queue(drop, drop->on_disk, ender->arrivals);
	return 0;
}

static int end_waiting(const struct ender *ender, struct drop *drop, struct err *err)
{
	(void)err;
	holds_wait(ender->holds, drop);
	return 0;
}

static int (*const ends[])(const struct ender *ender, struct drop *drop, struct err *err) = {
    [VERDICT_POST] = end_posted,
    [VERDICT_WAIT] = end_waiting,
    [VERDICT_HOLD] = end_held,
    [VERDICT_QUARANTINE] = end_refused,
    [VERDICT_DUPLICATE] = end_repeated,
    [VERDICT_LEFTOVER] = end_repeated,
    [VERDICT_GONE] = end_gone,
    [VERDICT_BATCH] = end_control,
};

static int end_one(const struct ender *ender, struct drop *drop, struct err *err)
{
	if (drop->verdict == VERDICT_NONE)
		return 0;
	batch_member_note(ender->batches, drop);
	/* A batch keeps its letters where they are until it is visible. */
	if (drop->member && drop->verdict == VERDICT_POST)
		return 0;
	return ends[drop->verdict](ender, drop, err);
}

int ending(const struct ender *ender, struct drop *drops, size_t count, struct err *err)
{
	if (holds_keep(ender->holds, drops, count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct err reason;

		notify_alive();
		if (end_one(ender, &drops[i], &reason) < 0)
			log_error("letter=%" PRId64 " avrs_id=%s text=\"%s\"", drops[i].letter.id,
			    drops[i].avrs_id, reason.text);
	}
	return 0;
}
