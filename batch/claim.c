/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/claim.h"

#include <stdlib.h>
#include <uthash.h>

#include "base/mem.h"

struct file {
	dev_t device;
	ino_t inode;
};

struct claim {
	struct file file;
	UT_hash_handle hh;
};

struct claims {
	struct claim *table;
};

static struct claim *find(const struct claims *claims, const struct stat *st)
{
	struct file file = {st->st_dev, st->st_ino};
	struct claim *claim = NULL;

	/* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): its key is whole */
	HASH_FIND(hh, claims->table, &file, sizeof(file), claim);
	return claim;
}

struct claims *claims_new(void)
{
	return mem_new(1, sizeof(struct claims));
}

static void forget(struct claims *claims, struct claim *claim)
{
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it does not follow uthash */
	HASH_DEL(claims->table, claim);
	free(claim);
}

void claims_free(struct claims *claims)
{
	if (!claims)
		return;
	while (claims->table)
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it does not follow uthash */
		forget(claims, claims->table);
	free(claims);
}

bool claims_add(struct claims *claims, const struct stat *st)
{
	struct claim *claim;

	if (find(claims, st))
		return false;
	claim = mem_new(1, sizeof(*claim));
	claim->file = (struct file){st->st_dev, st->st_ino};
	HASH_ADD(hh, claims->table, file, sizeof(claim->file), claim);
	return true;
}

void claims_remove(struct claims *claims, const struct stat *st)
{
	struct claim *claim = find(claims, st);

	if (claim)
		forget(claims, claim);
}
