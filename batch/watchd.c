/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/watchd.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/file.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/notify.h"
#include "base/number.h"
#include "base/process.h"
#include "batch/batch.h"
#include "batch/dispatch.h"
#include "batch/doubt.h"
#include "batch/group.h"
#include "batch/manifest.h"
#include "batch/paper.h"
#include "batch/paper_zip.h"
#include "batch/post.h"
#include "batch/print.h"
#include "batch/quarantine.h"
#include "batch/recovery.h"
#include "batch/release.h"
#include "batch/removal.h"
#include "batch/scanner.h"
#include "batch/take.h"
#include "batch/watch.h"
#include "spool/drop_root.h"
#include "spool/program.h"
#include "spool/spool.h"

enum {
	PAUSE_AFTER_TROUBLE = 5, /* seconds */
	DESCRIPTORS_OF_OTHERS = 128,
	DESCRIPTORS_OF_ONE = 16,
};

/* How often is looked whether a day is over that wants its zip; a test does not wait so long. */
#ifdef EDELIVERY_FAULTS
#define ZIP_EVERY SECOND
#else
#define ZIP_EVERY MINUTE
#endif
/* A batch is seen to its end: as long as its syncs take. */
#define STOP_MOST (60 * SECOND)

struct watchd {
	struct spool spool;
	int lock_fd;
	int letters_fd;
	struct loop *loop;
	struct arrivals *arrivals;
	struct watcher *watcher;
	struct holds *holds;
	struct claims *claims;
	struct dispatcher *dispatcher;
	struct taker *taker;
	struct batches *batches;
	bool has_news; /* rights or AVRS IDs changed, and who waits for that was not woken yet */
	struct group_way way;
	struct group *taken;   /* or being taken (group.h) */
	struct group *placed;  /* or being placed */
	struct group *leaving; /* that is posted, and its dropped names are being removed */
	struct checker checker;
	struct scanner scanner;
	struct doubt doubt;
	struct manifest manifest;
	struct printing printing;
	struct process paper_zip; /* that is being made */
	int64_t released;         /* up to this id, of those that are to leave the quarantine */
	int64_t descriptors;      /* that it may have open */
	struct drop_root drop_root;
	bool is_adrift; /* the drop root is gone: nothing is posted until it is back */
	bool in_trouble;
	bool is_reloading; /* the loop was stopped to begin anew with new settings */
	struct err fatal;  /* why the loop was stopped */
	bool failed;
};

static void work(void *arg);
static void scan(void *arg);

/* Nothing can be taken now: say so once, keep everything where it is, and try again later. */
static void pause_for(struct watchd *w, const struct err *err)
{
	log_error("text=\"nothing is posted for %d s: %s\"", PAUSE_AFTER_TROUBLE, err->text);
	w->in_trouble = true;
	doubt_note(&w->doubt, err);
	loop_after(w->loop, PAUSE_AFTER_TROUBLE * SECOND, work, w);
}

static void stop_with(struct watchd *w, const struct err *err)
{
	w->fatal = *err;
	w->failed = true;
	loop_stop(w->loop);
}

/* What may be open of four groups at a time: a letter, its copy, and the folders of both. */
static size_t group_most(const struct watchd *w)
{
	int64_t most = w->spool.settings.post_batch;
	int64_t by_descriptors = (w->descriptors - DESCRIPTORS_OF_OTHERS) / DESCRIPTORS_OF_ONE;

	return (size_t)(by_descriptors < 1 ? 1 : most < by_descriptors ? most : by_descriptors);
}

/* After trouble: what was begun is finished or undone before anything new is begun. */
static int recover_from_trouble(struct watchd *w, struct err *err)
{
	if (!w->in_trouble)
		return 0;
	if (recovery(&w->spool, &w->doubt, err) < 0)
		return -1;
	batches_start_again(w->batches);
	w->in_trouble = false;
	return 0;
}

static int hear_news(struct watchd *w, struct err *err)
{
	bool news = false;

	if (catalog_has_news(w->spool.catalog, &news, err) < 0)
		return -1;
	if (news)
		dispatcher_forget(w->dispatcher);
	w->has_news |= news;
	return 0;
}

/* Begin a group; *ret_group NULL: nothing has arrived. */
static int begin_next(struct watchd *w, struct group **ret_group, struct err *err)
{
	*ret_group = NULL;
	/* Trouble ends here also where nothing is queued: until then nothing is looked at. */
	if (recover_from_trouble(w, err) < 0)
		return -1;
	if (arrivals_count(w->arrivals) == 0)
		return 0;
	if (hear_news(w, err) < 0)
		return -1;
	return group_begin(&w->way, group_most(w), ret_group, err);
}

/* A letter of a batch that has become visible. */
static void end_batched(struct drop *drop, void *arg)
{
	struct watchd *w = arg;
	struct err err;

	ending_posted(&w->way.ender, drop);
	if (removal_of(drop, w->arrivals, &err) < 0)
		log_error("letter=%" PRId64 " avrs_id=%s text=\"%s\"", drop->letter.id,
		    drop->avrs_id, err.text);
}

static void abandon(struct watchd *w, struct group **group)
{
	if (*group)
		group_abandon(&w->way, *group);
	*group = NULL;
}

/* The group that leaves is gone. */
static void see_off(struct watchd *w)
{
	if (w->leaving)
		group_end(&w->way, w->leaving);
	w->leaving = NULL;
}

/* What was placed becomes visible, and leaves. One group at a time does: see ending.c. */
static int publish_placed(struct watchd *w, struct err *err)
{
	if (!w->placed)
		return 0;
	if (group_publish(&w->way, w->placed, err) < 0)
		return -1;
	see_off(w);
	if (group_leave(&w->way, w->placed, err) < 0)
		return -1;
	w->leaving = TAKE(w->placed);
	return 0;
}

/*
 * Each group that is on its way goes a step further: while one is hashed and made durable, and the
 * one before it gets its places, the rows are made of that one, and of the one before that, which
 * has its places by then.
 */
static int go_on(struct watchd *w, struct err *err)
{
	struct group *next = NULL;
	int result = begin_next(w, &next, err);

	if (result == 0 && w->taken)
		result = group_record(&w->way, w->taken, err);
	if (publish_placed(w, err) < 0)
		result = -1;
	if (result == 0)
		result = batches_go_on(w->batches, w->arrivals, end_batched, w, err);
	if (result == 0) {
		w->placed = TAKE(w->taken);
		w->taken = next;
		return 0;
	}
	abandon(w, &next);
	abandon(w, &w->taken);
	abandon(w, &w->placed);
	return -1;
}

static bool is_busy(const struct watchd *w)
{
	return w->taken || w->placed;
}

/* The loop looks at everything else between steps; what comes alone waits for nothing. */
static void work(void *arg)
{
	struct watchd *w = arg;
	struct err err;
	int result;

	if (w->is_adrift)
		return;
	do
		result = go_on(w, &err);
	while (result == 0 && is_busy(w) && arrivals_count(w->arrivals) == 0);
	/* While more is coming, the rows of what comes make those durable that are visible. */
	if (result == 0 && !is_busy(w))
		result = catalog_sync(w->spool.catalog, &err);
	if (result < 0)
		pause_for(w, &err);
	else if (is_busy(w) || arrivals_count(w->arrivals) > 0)
		loop_after(w->loop, 0, work, w);
	else
		see_off(w);
}

/* Whatever queued arrivals ends here; in trouble they wait for the pause to be over. */
static void work_soon(struct watchd *w)
{
	if (!w->in_trouble && arrivals_count(w->arrivals) > 0)
		loop_after(w->loop, 0, work, w);
}

static void scan(void *arg)
{
	struct watchd *w = arg;

	if (w->is_adrift)
		return;
	if (watcher_scan_more(w->watcher))
		loop_after(w->loop, 0, scan, w);
	work_soon(w);
}

/* In the catalog, where `edelivery status` shows it; that it cannot be is no reason to end. */
static void tell(struct watchd *w, const char *what, const char *detail)
{
	struct err err;

	if (event_add(w->spool.catalog, &w->spool.actor,
	        &(struct event){.what = what, .detail = detail}, &err) < 0)
		log_warning("text=\"no event %s: %s\"", what, err.text);
}

/*
 * The drop root is not where it was. Nothing is known of its files now, so nothing is said of them:
 * what is held stays so, what was begun is given back, and everything waits.
 */
static void cut_loose(struct watchd *w, const char *why)
{
	if (w->is_adrift)
		return;
	w->is_adrift = true;
	log_error("drop=%s text=\"%s: nothing is posted until it is back there\"",
	    w->drop_root.path, why);
	see_off(w);
	abandon(w, &w->taken);
	abandon(w, &w->placed);
	tell(w, "drop.gone", why);
}

/* Which one it is does not matter: it is looked at as at a start, by a start. */
static void look_for_drop_root(struct watchd *w)
{
	if (!drop_root_is_back(&w->drop_root))
		return;
	log_info("drop=%s text=\"it is back: starting anew\"", w->drop_root.path);
	tell(w, "drop.back", "");
	w->is_reloading = true;
	loop_stop(w->loop);
}

/* Watching failed: for want of a drop root, or for good. */
static void stop_watching(struct watchd *w, const struct err *err)
{
	if (err->kind == ERR_GONE)
		cut_loose(w, err->text);
	else
		stop_with(w, err);
}

static void on_events(void *arg)
{
	struct watchd *w = arg;
	struct err err;

	if (watcher_read(w->watcher, &err) < 0)
		stop_watching(w, &err);
	else
		scan(w);
}

/* Of very many files some at a time, and what is dropped meanwhile in between. */
static void release_some(void *arg)
{
	struct watchd *w = arg;
	struct err err;

	if (w->is_adrift)
		return;
	if (release_wanted(&w->spool, w->holds, &w->released, &err) < 0)
		log_warning("text=\"%s\"", err.text);
	else if (w->released)
		loop_after(w->loop, 0, release_some, w);
}

/* What is wanted of the quarantine; what fails now is tried again at the next rescan. */
static void release(struct watchd *w)
{
	w->released = 0;
	release_some(w);
}

static void on_rescan(void *arg)
{
	struct watchd *w = arg;
	struct err err;

	if (w->is_adrift)
		return;
	release(w);
	if (watcher_scan(w->watcher, &err) < 0)
		stop_watching(w, &err);
	else
		scan(w);
}

static void zip_paper(void *arg)
{
	struct watchd *w = arg;
	struct err err;

	/* Those letters have their date already, which may be yesterday's, and no rows yet. */
	if (w->taken) {
		loop_after(w->loop, SECOND, zip_paper, w);
		return;
	}
	if (paper_zip_start(&w->spool, &w->paper_zip, &err) < 0)
		log_error("text=\"no zip for the print shop: %s\"", err.text);
}

/* Where viruses are looked for: what waits for clamd is looked at when it is back. */
static void look_for_clamd(struct watchd *w)
{
	switch (scanner_look(&w->scanner)) {
	case SCANNER_AS_BEFORE:
		break;
	case SCANNER_IS_DOWN:
		tell(w, "clamd.gone", w->scanner.why);
		break;
	case SCANNER_IS_BACK:
		tell(w, "clamd.back", "");
		holds_wake_held(w->holds, HOLD_UNSCANNED, w->arrivals);
		break;
	}
}

static void on_second(void *arg)
{
	struct watchd *w = arg;
	struct err err;

	if (!drop_root_is_there(&w->drop_root))
		cut_loose(w, w->drop_root.is_mount_point
		                 ? DROP_ROOT_IS_UNMOUNTED
		                 : "the drop folder was moved, removed or unmounted");
	if (w->is_adrift) {
		look_for_drop_root(w);
		return;
	}
	if (hear_news(w, &err) < 0)
		log_warning("text=\"%s\"", err.text);
	if (w->has_news) {
		release(w);
		if (batches_heed(w->batches, &err) < 0)
			log_warning("text=\"%s\"", err.text);
	}
	look_for_clamd(w);
	holds_wake(w->holds, w->has_news, w->arrivals);
	w->has_news = false;
	if (!w->in_trouble && batches_go_on(w->batches, w->arrivals, end_batched, w, &err) < 0)
		pause_for(w, &err);
	watcher_poll(w->watcher);
	scan(w);
}

static void on_alive(void *arg)
{
	(void)arg;
	notify_alive();
}

static void on_stop(void *arg)
{
	struct watchd *w = arg;

	notify_stopping(STOP_MOST);
	w->is_reloading = false;
	loop_stop(w->loop);
}

/* Called between batches, so what is at hand is seen to its end; then all begins anew. */
static void on_reload(void *arg)
{
	struct watchd *w = arg;
	struct err err;

	notify_reloading();
	if (spool_check_settings(&w->spool, &err) < 0) {
		log_error("text=\"not reloaded, what was in force stays so: %s\"", err.text);
		notify_ready("");
		return;
	}
	log_info("text=\"reloading\"");
	w->is_reloading = true;
	loop_stop(w->loop);
}

/* A folder that somebody removed with letters to hand over keeps back nothing else. */
static int recover_paper(const char *date, void *arg, struct err *err)
{
	struct err reason;

	(void)err;
	if (paper_write_manifest(arg, date, &reason) < 0)
		log_error("paper=%s text=\"no manifest: %s\"", date, reason.text);
	return 0;
}

/* Finish or undo what a former run left behind; what waits after that is held. */
static int recover(struct watchd *w, struct err *err)
{
	if (take_recover(w->letters_fd, err) < 0 || recovery(&w->spool, &w->doubt, err) < 0 ||
	    quarantine_recover(&w->spool, w->arrivals, err) < 0 ||
	    batches_new(&w->spool, &w->batches, err) < 0 ||
	    holds_new(&w->spool, &w->holds, err) < 0)
		return -1;
	/* Before a scan takes one that was moved back, and no more, for a new file. */
	do {
		if (release_wanted(&w->spool, w->holds, &w->released, err) < 0)
			return -1;
	} while (w->released);
	w->way = (struct group_way){
	    .validator = {&w->spool, &w->checker, w->holds, NULL, w->claims, &w->scanner},
	    .ender = {w->holds, w->batches, w->arrivals, &w->manifest, &w->spool},
	    .dispatcher = w->dispatcher,
	    .doubt = &w->doubt,
	    .taker = w->taker,
	    .letters_fd = w->letters_fd};
	return paper_list_dates(w->spool.catalog, recover_paper, &w->spool, err);
}

static int open_parts(struct watchd *w, const char *settings, struct err *err)
{
	char owner[64];

	w->descriptors = program_descriptors();
	if (spool_open(settings, "watchd", &w->spool, err) < 0)
		return -1;
	program_make_room(DESCRIPTORS_OF_OTHERS + DESCRIPTORS_OF_ONE * (int64_t)group_most(w));
	(void)snprintf(owner, sizeof(owner), "edelivery-watchd, process %d", (int)getpid());
	if (file_lock(w->spool.root_fd, "run/watchd.lock", owner, &w->lock_fd, err) < 0 ||
	    file_open_folder(w->spool.root_fd, "letters", &w->letters_fd, err) < 0 ||
	    checker_start(&w->checker, err) < 0 || loop_new(&w->loop, err) < 0)
		return -1;
	w->manifest = (struct manifest){.spool = &w->spool, .loop = w->loop};
	w->printing = (struct printing){.spool = &w->spool, .manifest = &w->manifest};
	w->arrivals = arrivals_new();
	scanner_init(&w->scanner, &w->spool.settings);
	doubt_init(&w->doubt, &w->spool);
	w->claims = claims_new();
	w->dispatcher = dispatcher_new(&w->spool);
	w->taker = taker_new(w->letters_fd);
	drop_root_init(&w->drop_root, &w->spool);
	return watcher_new(w->spool.drop_fd, w->arrivals, &w->watcher, err);
}

static int start(struct watchd *w, struct err *err)
{
	/* A lease that is asked back sends SIGIO; drop_is_asked_back() looks for itself. */
	(void)signal(SIGIO, SIG_IGN);
	if (loop_signal(w->loop, SIGTERM, on_stop, w, err) < 0 ||
	    loop_signal(w->loop, SIGINT, on_stop, w, err) < 0 ||
	    loop_signal(w->loop, SIGHUP, on_reload, w, err) < 0 ||
	    loop_watch(w->loop, watcher_fd(w->watcher), on_events, w, NULL, err) < 0 ||
	    (!w->is_adrift && watcher_scan(w->watcher, err) < 0))
		return -1;
	loop_every(w->loop, SECOND, on_second, w);
	loop_every(w->loop, ZIP_EVERY, zip_paper, w);
	loop_after(w->loop, 0, zip_paper, w);
	if (notify_watchdog() > 0)
		loop_every(w->loop, notify_watchdog() / 8, on_alive, w);
	loop_every(w->loop, w->spool.settings.drop_rescan, on_rescan, w);
	loop_every(w->loop, HOUR, print_unfetched, &w->printing);
	loop_after(w->loop, 0, scan, w);
	loop_after(w->loop, SECOND, print_unfetched, &w->printing);
	return 0;
}

static int run(struct watchd *w, const char *settings, struct err *err)
{
	if (open_parts(w, settings, err) < 0)
		return -1;
	/* Nothing is known of the files to be looked at: wait, as for a lost root. */
	if (w->drop_root.is_mount_point)
		cut_loose(w, DROP_ROOT_IS_UNMOUNTED);
	else if (drop_root_remember(&w->drop_root, err) < 0 || recover(w, err) < 0)
		return -1;
	if (start(w, err) < 0)
		return -1;
	log_info("text=\"watching %s\"", w->spool.settings.drop_root);
	notify_ready("");
	/* What is placed is seen to its end. */
	if (loop_run(w->loop, err) < 0 || publish_placed(w, err) < 0 ||
	    catalog_sync(w->spool.catalog, err) < 0)
		return -1;
	manifest_write(&w->manifest);
	if (w->failed)
		*err = w->fatal;
	return w->failed ? -1 : 0;
}

int watchd_run(const char *settings, struct err *err)
{
	struct watchd w = {.spool = SPOOL_CLOSED,
	    .lock_fd = -1,
	    .letters_fd = -1,
	    .checker = {.channel = -1},
	    .scanner = {.channel = -1}};
	char path[PATH_MAX];
	const char *argv[] = {path, "-c", settings, NULL};
	int result = run(&w, settings, err);

	see_off(&w);
	abandon(&w, &w.taken);
	abandon(&w, &w.placed);
	checker_stop(&w.checker);
	scanner_done(&w.scanner);
	process_stop(&w.paper_zip, SECOND);
	claims_free(w.claims);
	dispatcher_free(w.dispatcher);
	taker_free(w.taker);
	batches_free(w.batches);
	holds_free(w.holds);
	watcher_free(w.watcher);
	arrivals_free(w.arrivals);
	loop_free(w.loop);
	clean_fd(&w.letters_fd);
	clean_fd(&w.lock_fd);
	spool_close(&w.spool);
	if (result < 0 || !w.is_reloading)
		return result;
	/* As a start of its own, in the same process, of the program that is installed now. */
	if (process_sibling("edelivery-watchd", path, sizeof(path), err) < 0)
		return -1;
	return process_become(argv, err);
}
