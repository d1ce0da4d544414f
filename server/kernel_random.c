/* SPDX-License-Identifier: Apache-2.0 */
#include "server/kernel_random.h"

/* RAND_METHOD is: a provider, which OpenSSL 3 has for it, goes through as many layers again. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <errno.h>
#include <openssl/rand.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

/* Paddings are shorter than the shortest of keys, which are drawn by themselves. */
enum { SHORT_MAX = 31, STORE_BYTES = 256 };

/* Bytes for paddings, drawn together. What was taken of them is wiped, and all by a fork. */
static struct store {
	int left; /* the last of them are taken first */
	unsigned char bytes[STORE_BYTES];
} * store;

/* OpenSSL's convention: 1, or 0 and the bytes must not be used. */
static int draw(unsigned char *bytes, int count)
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

static int fill(unsigned char *bytes, int count)
{
	unsigned char *from;

	if (count < 0 || count > SHORT_MAX)
		return draw(bytes, count);
	if (store->left < count) {
		if (!draw(store->bytes, STORE_BYTES))
			return 0;
		store->left = STORE_BYTES;
	}
	store->left -= count;
	from = store->bytes + store->left;
	memcpy(bytes, from, (size_t)count);
	explicit_bzero(from, (size_t)count);
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

	store =
	    mmap(NULL, sizeof(*store), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (store == MAP_FAILED || madvise(store, sizeof(*store), MADV_WIPEONFORK) < 0)
		return err_sys(err, "make memory for random bytes that is wiped by a fork");
	if (RAND_set_rand_method(&method) == 1)
		return 0;
	return err_set(err, ERR_INTERNAL, "OpenSSL does not take random bytes from the kernel");
}
