/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/npi.h"

#include <stddef.h>
#include <string.h>

/* What the digits of the fixed prefix 80840 add to the Luhn sum. */
enum { PREFIX_SUM = 24 };

/* Add up the Luhn way: every second digit from the right counts double. */
static int luhn_sum(const char *digits, size_t count)
{
	int sum = 0;

	for (size_t i = 0; i < count; i++) {
		int digit = digits[count - 1 - i] - '0';

		if (i % 2 == 1)
			digit = digit < 5 ? digit * 2 : digit * 2 - 9;
		sum += digit;
	}
	return sum;
}

bool npi_is_valid(const char *text)
{
	if (strspn(text, "0123456789") != NPI_DIGITS || text[NPI_DIGITS] != '\0')
		return false;
	return (PREFIX_SUM + luhn_sum(text, NPI_DIGITS)) % 10 == 0;
}
