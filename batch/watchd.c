/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/watchd.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/notify.h"
#include "base/number.h"
#include "base/text.h"
#include "batch/paper.h"
#include "batch/post.h"
#include "batch/print.h"
#include "batch/quarantine.h"
#include "batch/release.h"
#include "batch/route.h"
#include "batch/take.h"
#include "batch/validate.h"
#include "batch/watch.h"
#include "spool/membership.h"
#include "spool/program.h"
#include "spool/provider.h"
#include "spool/spool.h"
#include "spool/unfetched.h"

enum {
	PAUSE_AFTER_TROUBLE = 5, /* seconds */
	DESCRIPTORS_OF_OTHERS = 128,
};

struct watchd {
	struct spool spool;
	int lock_fd;
	int letters_fd;
	struct loop *loop;
	struct arrivals *arrivals;
	struct watcher *watcher;
	struct holds *holds;
	struct checker checker;
	char paper_date[DATE_SIZE]; /* of the outbox folder whose manifest is out of date, or "" */
	int64_t descriptors;        /* that it may have open */
	bool in_trouble;
	struct err fatal; /* why the loop was stopped */
	bool failed;
};

static void work(void *arg);
static void scan(void *arg);

/* Nothing can be taken now: say so once, keep everything where it is, and try again later. */
static void pause_for(struct watchd *w, const struct err *err)
{
	log_error("text=\"nothing is posted for %d s: %s\"", PAUSE_AFTER_TROUBLE, err->text);
	w->in_trouble = true;
	loop_after(w->loop, PAUSE_AFTER_TROUBLE * SECOND, work, w);
}

static void stop_with(struct watchd *w, const struct err *err)
{
	w->fatal = *err;
	w->failed = true;
	loop_stop(w->loop);
}

/* What routing wants to know of the drop's AVRS ID; *ret_known false: nothing is. */
static int find_facts(const struct spool *spool, const struct drop *drop,
    struct route_facts *ret_facts, bool *ret_known, struct err *err)
{
	struct provider provider;

	if (provider_find(spool->catalog, drop->avrs_id, &provider, ret_known, err) < 0)
		return -1;
	if (!*ret_known)
		return 0;
	ret_facts->class = drop->class;
	ret_facts->type = letter_types_find(&spool->types, drop->letter.type);
	ret_facts->provider_active = provider.active;
	ret_facts->provider_kind = provider.kind;
	return membership_audience(spool->catalog, drop->avrs_id, &ret_facts->has_master,
	    &ret_facts->shows_trade_files, err);
}

static void follow_route(struct drop *drop, const struct route_facts *facts)
{
	char reason[REASON_MAX + 1];
	struct letter *letter = &drop->letter;

	letter->taken = clock_now();
	letter->posted = letter->taken;
	drop->verdict = VERDICT_POST;
	switch (route_choose(facts, reason)) {
	case ROUTE_ELECTRONIC:
		letter->electronic = ELECTRONIC_POSTING;
		break;
	case ROUTE_PAPER:
		letter->paper = PAPER_QUEUED;
		letter->queued = letter->taken;
		text_copy(letter->paper_reason, reason);
		text_copy(letter->paper_date, facts->today);
		break;
	case ROUTE_HOLD:
		drop->hold = HOLD_NO_ACCOUNT;
		drop_decide(drop, VERDICT_HOLD, "%s", reason);
		break;
	}
}

static int route(const struct spool *spool, struct drop *drops, size_t count, struct err *err)
{
	char today[DATE_SIZE];

	clock_print_date(clock_now(), today);
	for (size_t i = 0; i < count; i++) {
		struct route_facts facts = {.today = today};
		bool known = false;

		if (drops[i].verdict != VERDICT_NONE)
			continue;
		if (find_facts(spool, &drops[i], &facts, &known, err) < 0)
			return -1;
		if (known) {
			follow_route(&drops[i], &facts);
			continue;
		}
		drops[i].hold = HOLD_UNKNOWN;
		drop_decide(&drops[i], VERDICT_HOLD,
		    "AVRS ID %s is not known; `edelivery provider add %s` makes it so",
		    drops[i].avrs_id, drops[i].avrs_id);
	}
	return 0;
}

static void write_manifest(void *arg)
{
	struct watchd *w = arg;
	struct err err;

	if (w->paper_date[0] && paper_write_manifest(&w->spool, w->paper_date, &err) < 0)
		log_error("paper=%s text=\"no manifest: %s\"", w->paper_date, err.text);
	w->paper_date[0] = '\0';
}

/* The manifest of the day is to be made anew, once the burst at hand is over. */
static void note_paper(struct watchd *w, const struct letter *letter)
{
	if (letter->electronic)
		return;
	if (w->paper_date[0] && strcmp(w->paper_date, letter->paper_date) != 0)
		write_manifest(w);
	text_copy(w->paper_date, letter->paper_date);
	loop_after(w->loop, SECOND, write_manifest, w);
}

static int end_posted(struct watchd *w, struct drop *drop, struct err *err)
{
	holds_forget(w->holds, drop);
	note_paper(w, &drop->letter);
	return post_remove(drop, w->arrivals, err);
}

static int end_repeated(struct watchd *w, struct drop *drop, struct err *err)
{
	log_info("letter=%" PRId64 " %s avrs_id=%s", drop->letter.id,
	    drop->verdict == VERDICT_DUPLICATE ? "repeated" : "removed", drop->avrs_id);
	holds_forget(w->holds, drop);
	return post_remove(drop, w->arrivals, err);
}

static int end_refused(struct watchd *w, struct drop *drop, struct err *err)
{
	if (quarantine(&w->spool, drop, err) < 0)
		return -1;
	holds_forget(w->holds, drop);
	return 0;
}

static int end_held(struct watchd *w, struct drop *drop, struct err *err)
{
	if (holds_keep(w->holds, drop, err) < 0)
		return -1;
	return drop->verdict == VERDICT_QUARANTINE ? end_refused(w, drop, err) : 0;
}

static int end_gone(struct watchd *w, struct drop *drop, struct err *err)
{
	return holds_lose(w->holds, drop, err);
}

static int end_waiting(struct watchd *w, struct drop *drop, struct err *err)
{
	(void)err;
	holds_wait(w->holds, drop);
	return 0;
}

static int (*const ends[])(struct watchd *w, struct drop *drop, struct err *err) = {
    [VERDICT_POST] = end_posted,
    [VERDICT_WAIT] = end_waiting,
    [VERDICT_HOLD] = end_held,
    [VERDICT_QUARANTINE] = end_refused,
    [VERDICT_DUPLICATE] = end_repeated,
    [VERDICT_LEFTOVER] = end_repeated,
    [VERDICT_GONE] = end_gone,
};

/* Every drop has its verdict: see each to its end. One that fails does not keep back the others. */
static void end_all(struct watchd *w, struct drop *drops, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct err err;

		if (drops[i].verdict == VERDICT_NONE)
			continue;
		if (ends[drops[i].verdict](w, &drops[i], &err) < 0)
			log_error("letter=%" PRId64 " avrs_id=%s text=\"%s\"", drops[i].letter.id,
			    drops[i].avrs_id, err.text);
	}
}

/* The way of a batch, from looking at it to its end. */
static int process(struct watchd *w, struct drop *drops, size_t count, struct err *err)
{
	struct folder_cache *folders = folder_cache_new(w->spool.drop_fd);
	struct validator validator = {&w->spool, &w->checker, w->holds, folders};
	struct err trouble;
	size_t troubled = 0;
	int result = validate(&validator, drops, count, err);

	if (result == 0)
		result = route(&w->spool, drops, count, err);
	if (result == 0) {
		troubled = take(w->letters_fd, drops, count, &trouble);
		result = post(&w->spool, drops, count, err);
	}
	for (size_t i = 0; i < count; i++)
		take_clean(w->letters_fd, &drops[i]);
	if (result == 0)
		end_all(w, drops, count);
	folder_cache_free(folders);
	if (result == 0 && troubled > 0)
		return err_set(err, ERR_RETRY, "%s", trouble.text);
	return result;
}

/* A letter needs two descriptors while it is copied; others need some, too. */
static size_t batch_most(const struct watchd *w)
{
	int64_t most = w->spool.settings.post_batch;
	int64_t by_descriptors = (w->descriptors - DESCRIPTORS_OF_OTHERS) / 2;

	return (size_t)(by_descriptors < 1 ? 1 : most < by_descriptors ? most : by_descriptors);
}

static size_t fill_batch(struct watchd *w, struct drop *drops)
{
	size_t most = batch_most(w);
	size_t count = 0;

	while (count < most) {
		struct arrival *arrival = arrivals_take(w->arrivals, count % 2 == 1);

		if (!arrival)
			break;
		drop_init(&drops[count++], arrival);
		free(arrival);
	}
	return count;
}

/* Queue them again: they were not seen to an end. */
static void requeue(struct watchd *w, const struct drop *drops, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct arrival arrival = {.class = drops[i].class, .name = drops[i].on_disk};

		text_copy(arrival.avrs_id, drops[i].avrs_id);
		arrivals_add(w->arrivals, &arrival);
	}
}

/* After trouble: what was begun is finished or undone before anything new is begun. */
static int recover_from_trouble(struct watchd *w, struct err *err)
{
	if (!w->in_trouble)
		return 0;
	if (post_recover(&w->spool, err) < 0)
		return -1;
	w->in_trouble = false;
	return 0;
}

/* One batch; what is left comes next, after the loop has looked at everything else. */
static void work(void *arg)
{
	struct watchd *w = arg;
	struct drop *drops;
	struct err err;
	size_t count;

	if (arrivals_count(w->arrivals) == 0)
		return;
	if (recover_from_trouble(w, &err) < 0) {
		pause_for(w, &err);
		return;
	}
	drops = mem_new((size_t)w->spool.settings.post_batch, sizeof(*drops));
	count = fill_batch(w, drops);
	if (process(w, drops, count, &err) < 0) {
		requeue(w, drops, count);
		pause_for(w, &err);
	} else if (arrivals_count(w->arrivals) > 0) {
		loop_after(w->loop, 0, work, w);
	}
	for (size_t i = 0; i < count; i++)
		drop_done(&drops[i]);
	free(drops);
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

	if (watcher_scan_more(w->watcher))
		loop_after(w->loop, 0, scan, w);
	work_soon(w);
}

static void on_events(void *arg)
{
	struct watchd *w = arg;
	struct err err;

	if (watcher_read(w->watcher, &err) < 0)
		stop_with(w, &err);
	else
		scan(w);
}

/* What is wanted of the quarantine; what fails now is tried again at the next rescan. */
static void release(struct watchd *w)
{
	struct err err;

	if (release_wanted(&w->spool, w->holds, &err) < 0)
		log_warning("text=\"%s\"", err.text);
}

static void on_rescan(void *arg)
{
	struct watchd *w = arg;
	struct err err;

	release(w);
	if (watcher_scan(w->watcher, &err) < 0)
		stop_with(w, &err);
	else
		scan(w);
}

static void on_second(void *arg)
{
	struct watchd *w = arg;
	struct err err;
	bool news = false;

	if (catalog_has_news(w->spool.catalog, &news, &err) < 0)
		log_warning("text=\"%s\"", err.text);
	if (news)
		release(w);
	holds_wake(w->holds, news, w->arrivals);
	watcher_poll(w->watcher);
	scan(w);
}

/* What nobody comes for is printed as well. */
static void print_unfetched(void *arg)
{
	struct watchd *w = arg;
	struct err err;

	if (unfetched_queue(w->spool.catalog, &w->spool.actor, &w->spool.settings, &err) < 0 ||
	    print_queued(&w->spool, &err) < 0)
		log_warning("text=\"letters that nobody comes for are printed later: %s\"", err.text);
}

static void on_stop(void *arg)
{
	struct watchd *w = arg;

	loop_stop(w->loop);
}

/* A folder that somebody removed with letters to hand over keeps back nothing else. */
static int note_manifest(const char *date, void *arg, struct err *err)
{
	struct err reason;

	(void)err;
	if (paper_write_manifest(arg, date, &reason) < 0)
		log_error("paper=%s text=\"no manifest: %s\"", date, reason.text);
	return 0;
}

/* Finish or undo what a former run left behind. */
static int recover(struct watchd *w, struct err *err)
{
	if (take_recover(w->letters_fd, err) < 0 || post_recover(&w->spool, err) < 0 ||
	    quarantine_recover(&w->spool, err) < 0 || release_wanted(&w->spool, w->holds, err) < 0)
		return -1;
	return paper_list_dates(w->spool.catalog, note_manifest, &w->spool, err);
}

static int open_parts(struct watchd *w, const char *settings, struct err *err)
{
	char owner[64];

	w->descriptors = program_descriptors();
	if (spool_open(settings, "watchd", &w->spool, err) < 0)
		return -1;
	(void)snprintf(owner, sizeof(owner), "edelivery-watchd, process %d", (int)getpid());
	if (file_lock(w->spool.root_fd, "run/watchd.lock", owner, &w->lock_fd, err) < 0 ||
	    file_open_folder(w->spool.root_fd, "letters", &w->letters_fd, err) < 0 ||
	    checker_start(&w->checker, err) < 0 || loop_new(&w->loop, err) < 0)
		return -1;
	w->arrivals = arrivals_new();
	if (watcher_new(w->spool.drop_fd, w->arrivals, &w->watcher, err) < 0)
		return -1;
	return holds_new(&w->spool, &w->holds, err);
}

static int start(struct watchd *w, struct err *err)
{
	/* A lease that is asked back sends SIGIO; drop_is_asked_back() looks for itself. */
	(void)signal(SIGIO, SIG_IGN);
	if (loop_signal(w->loop, SIGTERM, on_stop, w, err) < 0 ||
	    loop_signal(w->loop, SIGINT, on_stop, w, err) < 0 ||
	    loop_watch(w->loop, watcher_fd(w->watcher), on_events, w, NULL, err) < 0 ||
	    watcher_scan(w->watcher, err) < 0)
		return -1;
	loop_every(w->loop, SECOND, on_second, w);
	loop_every(w->loop, w->spool.settings.drop_rescan, on_rescan, w);
	loop_every(w->loop, HOUR, print_unfetched, w);
	loop_after(w->loop, 0, scan, w);
	loop_after(w->loop, SECOND, print_unfetched, w);
	return 0;
}

static int run(struct watchd *w, const char *settings, struct err *err)
{
	if (open_parts(w, settings, err) < 0 || recover(w, err) < 0 || start(w, err) < 0)
		return -1;
	log_info("text=\"watching %s\"", w->spool.settings.drop_root);
	notify_ready("");
	if (loop_run(w->loop, err) < 0)
		return -1;
	write_manifest(w);
	if (w->failed)
		*err = w->fatal;
	return w->failed ? -1 : 0;
}

int watchd_run(const char *settings, struct err *err)
{
	struct watchd w = {
	    .spool = SPOOL_CLOSED, .lock_fd = -1, .letters_fd = -1, .checker = {.channel = -1}};
	int result = run(&w, settings, err);

	checker_stop(&w.checker);
	holds_free(w.holds);
	watcher_free(w.watcher);
	arrivals_free(w.arrivals);
	loop_free(w.loop);
	clean_fd(&w.letters_fd);
	clean_fd(&w.lock_fd);
	spool_close(&w.spool);
	return result;
}
