/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/address_list.h"

#include <arpa/inet.h>
#include <fnmatch.h>
#include <stdint.h>
#include <string.h>

#include "base/number.h"

enum { ADDRESS_SIZE = 16, ADDRESS_BITS = 128, PART_MAX = 256 };

enum match { MATCH_NO, MATCH_YES, MATCH_BROKEN };

/* As IPv6; an IPv4 address is one that is mapped. */
static bool parse_address(const char *text, unsigned char ret_bytes[ADDRESS_SIZE])
{
	static const unsigned char mapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

	if (inet_pton(AF_INET, text, ret_bytes + sizeof(mapped)) != 1)
		return inet_pton(AF_INET6, text, ret_bytes) == 1;
	memcpy(ret_bytes, mapped, sizeof(mapped));
	return true;
}

static bool has_prefix(const unsigned char *bytes, const unsigned char *prefix, int64_t bits)
{
	size_t whole = (size_t)bits / 8;
	unsigned char mask = (unsigned char)(0xff00 >> bits % 8);

	if (memcmp(bytes, prefix, whole) != 0)
		return false;
	return bits % 8 == 0 || ((bytes[whole] ^ prefix[whole]) & mask) == 0;
}

/* text is "ADDRESS/BITS", which is taken apart. */
static enum match match_block(char *text, const char *address)
{
	unsigned char block[ADDRESS_SIZE];
	unsigned char bytes[ADDRESS_SIZE];
	int64_t above = strchr(text, ':') ? 0 : 96;
	int64_t bits = 0;
	char *slash = strchr(text, '/');
	struct err err;

	*slash = '\0';
	if (!parse_address(text, block) || number_parse(slash + 1, &bits, &err) < 0 || bits < 0 ||
	    bits > ADDRESS_BITS - above)
		return MATCH_BROKEN;
	return parse_address(address, bytes) && has_prefix(bytes, block, bits + above) ? MATCH_YES
	                                                                               : MATCH_NO;
}

static enum match match_part(char *text, const char *address)
{
	unsigned char wanted[ADDRESS_SIZE];
	unsigned char bytes[ADDRESS_SIZE];
	bool is_same;

	if (strchr(text, '/'))
		return match_block(text, address);
	/* An IPv6 address can be written in several ways. */
	if (parse_address(text, wanted) && parse_address(address, bytes))
		is_same = memcmp(wanted, bytes, ADDRESS_SIZE) == 0;
	else
		is_same = fnmatch(text, address, FNM_NOESCAPE) == 0;
	return is_same ? MATCH_YES : MATCH_NO;
}

bool address_list_has(const char *list, const char *address)
{
	bool found = list[0] == '\0';

	while (*list) {
		size_t length = strcspn(list, ",");
		bool is_not = *list == '!';
		char part[PART_MAX];
		enum match match;

		if (length - is_not >= sizeof(part))
			return false;
		memcpy(part, list + is_not, length - is_not);
		part[length - is_not] = '\0';
		match = match_part(part, address);
		if (match == MATCH_BROKEN || (match == MATCH_YES && is_not))
			return false;
		found = found || match == MATCH_YES;
		list += length + (list[length] == ',');
	}
	return found;
}
