/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a session has of the zygote's memory, which is copied, and given back, page by page and
 * mapping by mapping at its begin and end: that is a good part of what a short session costs.
 */
#ifndef SERVER_FORK_MEMORY_H
#define SERVER_FORK_MEMORY_H

/*
 * From here on processes that are forked do not have the libraries which this program needs for its
 * start only, or libssh for what we never do (Kerberos). A call into one ends them. Called once,
 * when everything is prepared.
 */
void fork_memory_leave_out(void);

#endif
