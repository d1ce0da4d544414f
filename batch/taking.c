/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/taking.h"

#include <stdlib.h>

#include "base/mem.h"
#include "batch/beside.h"

struct taking {
	struct taker *taker;
	struct drop *drops;
	size_t count;
	struct beside beside;
	size_t troubled;
	struct err trouble;
};

static void run_taking(void *arg)
{
	struct taking *t = arg;

	t->troubled = take(t->taker, t->drops, t->count, &t->trouble);
}

struct taking *taking_begin(struct taker *taker, struct drop *drops, size_t count)
{
	struct taking *t = mem_new(1, sizeof(*t));

	*t = (struct taking){.taker = taker, .drops = drops, .count = count};
	beside_begin(&t->beside, count > 1, TAKE_NICENESS, run_taking, t);
	return t;
}

size_t taking_end(struct taking *taking, struct err *ret_trouble)
{
	size_t troubled;

	beside_end(&taking->beside);
	troubled = taking->troubled;
	*ret_trouble = taking->trouble;
	free(taking);
	return troubled;
}
