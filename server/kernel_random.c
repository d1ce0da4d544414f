/* SPDX-License-Identifier: Apache-2.0 */
#include "server/kernel_random.h"

/* RAND_METHOD is: a provider, which OpenSSL 3 has for it, goes through as many layers again. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <errno.h>
#include <openssl/rand.h>
#include <sys/random.h>

/* OpenSSL's convention: 1, or 0 and the bytes must not be used. */
static int fill(unsigned char *bytes, int count)
{
	int done = 0;

	while (done < count) {
		ssize_t part = getrandom(bytes + done, (size_t)(count - done), 0);

		if (part < 0 && errno != EINTR)
			return 0;
		done += part < 0 ? 0 : (int)part;
	}
	return 1;
}

/* The kernel's is seeded before getrandom() returns for the first time. */
static int is_seeded(void)
{
	return 1;
}

int kernel_random_begin(struct err *err)
{
	static const RAND_METHOD method = {.bytes = fill, .pseudorand = fill, .status = is_seeded};

	if (RAND_set_rand_method(&method) == 1)
		return 0;
	return err_set(err, ERR_INTERNAL, "OpenSSL does not take random bytes from the kernel");
}
