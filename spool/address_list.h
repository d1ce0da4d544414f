/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of network addresses, as from="..." in front of a public key has them. */
#ifndef SPOOL_ADDRESS_LIST_H
#define SPOOL_ADDRESS_LIST_H

#include <stdbool.h>

/*
 * Is address ("192.0.2.1", "2001:db8::1") in list: addresses, patterns with "*" and "?", and CIDR
 * blocks ("192.0.2.0/24"), with commas between, and "!" in front of what is not in it whatever
 * else says so (authorized_keys(5))? The empty list has every address; one with a block that is
 * none has no address at all.
 */
bool address_list_has(const char *list, const char *address);

#endif
