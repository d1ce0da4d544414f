/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fault points: named places where a test build fails, dies or waits on demand.
 *
 * In builds with EDELIVERY_FAULTS the variable EDELIVERY_FAULT holds "POINT=ACTION[@N]": at the
 * N-th time (the first, if left out) that the process reaches POINT it does ACTION: `kill` (as
 * kill -9 would), `stop` (until SIGCONT), `fail` (fault_here() is true, once). In all other
 * builds a fault point costs nothing.
 */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include <stdbool.h>

#ifdef EDELIVERY_FAULTS
/* Should this place fail now? Kills or stops the process itself if that is asked for. */
bool fault_here(const char *point);
#else
static inline bool fault_here(const char *point)
{
	(void)point;
	return false;
}
#endif

/* A place where a process may die or wait, but nothing can fail. */
static inline void fault_point(const char *point)
{
	(void)fault_here(point);
}

#endif
