/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a session has of the zygote's memory, which is copied, and given back, page by page and
 * mapping by mapping at its begin and end: that is a good part of what a short session costs.
 */
#ifndef SERVER_FORK_MEMORY_H
#define SERVER_FORK_MEMORY_H

#include <stdbool.h>

/* Called first, before anything of size is allocated. */
void fork_memory_begin(void);

/*
 * Called once, when everything is prepared. What is allocated from here on is at the heap's end, on
 * pages that nobody has touched, and not between older blocks.
 * The libraries that this program needs for its start only are given up, and those that libssh has
 * for what we never do (Kerberos): a call into one ends the process. Only where all names were
 * bound at the start (LD_BIND_NOW in the environment), and not in sanitizer builds.
 */
void fork_memory_settle(void);

/* Is every library there? If not, the process ends by _exit(): exit() would call their ends. */
bool fork_memory_is_whole(void);

#endif
