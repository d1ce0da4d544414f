/* SPDX-License-Identifier: Apache-2.0 */
#include "base/syncs.h"

#include <errno.h>
#include <libaio.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"

enum { AT_ONCE = 256 }; /* as many as the queue has room for */

struct item {
	int fd;
	const char *name;
	int error; /* as errno */
};

struct syncs {
	struct item *items;
	size_t count;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of what follows */
static io_context_t queue;

struct syncs *syncs_new(void)
{
	return mem_new(1, sizeof(struct syncs));
}

void syncs_free(struct syncs *syncs)
{
	if (!syncs)
		return;
	free(syncs->items);
	free(syncs);
}

void syncs_clean(struct syncs **syncs)
{
	syncs_free(*syncs);
}

void syncs_add(struct syncs *syncs, int fd, const char *name)
{
	syncs->items = mem_grow(syncs->items, syncs->count, sizeof(*syncs->items));
	syncs->items[syncs->count++] = (struct item){.fd = fd, .name = name};
}

/* Returns how many of them, the first ones, the kernel has taken. */
static size_t submit(struct item *items, size_t count)
{
	static struct iocb requests[AT_ONCE];
	struct iocb *list[AT_ONCE];
	int taken;

	if (!queue && io_queue_init(AT_ONCE, &queue) < 0)
		return 0;
	for (size_t i = 0; i < count; i++) {
		io_prep_fsync(&requests[i], items[i].fd);
		requests[i].data = &items[i];
		list[i] = &requests[i];
	}
	taken = io_submit(queue, (long)count, list);
	return taken < 0 ? 0 : (size_t)taken;
}

static void wait_for(size_t count)
{
	struct io_event events[AT_ONCE];

	while (count > 0) {
		int got = io_getevents(queue, (long)count, (long)count, events, NULL);

		/* Nobody could say any more what is durable. */
		if (got < 0 && got != -EINTR) {
			log_error(
			    "text=\"what is being synced is not told of: %s\"", strerror(-got));
			abort();
		}
		for (int i = 0; i < got; i++) {
			struct item *item = events[i].data;

			item->error = -(int)events[i].res;
		}
		count -= got < 0 ? 0 : (size_t)got;
	}
}

static void sync_some(struct item *items, size_t count)
{
	size_t taken = submit(items, count);

	for (size_t i = taken; i < count; i++)
		items[i].error = fsync(items[i].fd) < 0 ? errno : 0;
	wait_for(taken);
}

static int judge(const struct item *items, size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++)
		if (items[i].error)
			return file_unsynced(items[i].name, items[i].error, err);
	return 0;
}

int syncs_run(struct syncs *syncs, struct err *err)
{
	size_t count = syncs->count;

	syncs->count = 0;
	(void)pthread_mutex_lock(&lock);
	for (size_t at = 0; at < count; at += AT_ONCE)
		sync_some(syncs->items + at, count - at < AT_ONCE ? count - at : AT_ONCE);
	(void)pthread_mutex_unlock(&lock);
	for (size_t i = 0; i < count; i++)
		if (fault_here("file.sync"))
			syncs->items[i].error = EIO;
	return judge(syncs->items, count, err);
}
