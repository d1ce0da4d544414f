/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop of a daemon: wait for descriptors, signals and times, and call what waits for them.
 *
 * Callbacks may add and remove watches, their own included. All of it is single-threaded.
 */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct loop;
struct watch;

int loop_new(struct loop **ret_loop, struct err *err);
void loop_free(struct loop *loop);

/*
 * Call ready(arg) whenever fd can be read, has an error or its other side closed. The watch
 * belongs to the loop; fd stays the caller's, who removes the watch before closing it.
 */
int loop_watch(struct loop *loop, int fd, void (*ready)(void *arg), void *arg,
    struct watch **ret_watch, struct err *err);
void loop_unwatch(struct loop *loop, struct watch *watch);

/* Pause a watch, or go on with it. */
void loop_pause(struct loop *loop, struct watch *watch, bool paused);

/* Call due(arg) every period microseconds from now on, for as long as the loop lives. */
void loop_every(struct loop *loop, int64_t period, void (*due)(void *arg), void *arg);

/*
 * Call due(arg) once, delay microseconds from now. Asked for again before that with the same
 * due and arg, the earlier of the two times holds.
 */
void loop_after(struct loop *loop, int64_t delay, void (*due)(void *arg), void *arg);

/* What loop_after() was asked for with due and arg does not come any more; loop may be NULL. */
void loop_cancel(struct loop *loop, void (*due)(void *arg), void *arg);

/* Block the signal and call caught(arg) when it comes. */
int loop_signal(
    struct loop *loop, int number, void (*caught)(void *arg), void *arg, struct err *err);

/*
 * In caught(): which process sent it, or, of SIGCHLD, ended. Of several that come before the loop
 * looks only the first is told of.
 */
pid_t loop_sender(const struct loop *loop);

/* Run until loop_stop(). */
int loop_run(struct loop *loop, struct err *err);
void loop_stop(struct loop *loop);

#endif
