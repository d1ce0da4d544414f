/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sha256_many.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

/* The library is for one architecture. */
#if __has_include(<intel-ipsec-mb.h>)
#include <intel-ipsec-mb.h>
#else
typedef struct no_manager IMB_MGR;
#endif

/* Fewer than the library holds jobs, and more than it has lanes: who is done makes room. */
enum { TOGETHER = 64, SAMPLES = 16 };

struct sha256_many {
	bool has_looked;  /* for a manager: not before there is more than one message */
	IMB_MGR *manager; /* NULL: there is none */
	size_t least;     /* equal messages from which on it takes less time than OpenSSL */
	struct sha256 one;
};

#if __has_include(<intel-ipsec-mb.h>)

/* Beside OpenSSL by SHA instructions one of sixteen lanes has a sixth of the speed. */
enum { LEAST_AVX512 = 8, LEAST_SHA = 2 };

/* 0: never. */
static size_t least_messages(const IMB_MGR *manager)
{
	if (manager->features & IMB_FEATURE_AVX512_SKX)
		return LEAST_AVX512;
	return manager->features & IMB_FEATURE_SHANI ? LEAST_SHA : 0;
}

static void manager_free(IMB_MGR *manager)
{
	if (manager)
		free_mb_mgr(manager);
}

static IMB_MGR *manager_new(size_t *ret_least)
{
	IMB_MGR *manager = alloc_mb_mgr(0);

	*ret_least = 0;
	if (!manager)
		return NULL;
	init_mb_mgr_auto(manager, NULL);
	if (imb_get_errno(manager) == 0)
		*ret_least = least_messages(manager);
	if (*ret_least > 0)
		return manager;
	manager_free(manager);
	return NULL;
}

static bool is_hashed(const IMB_JOB *job)
{
	return job && job->status == IMB_STATUS_COMPLETED;
}

/* At most TOGETHER messages, none of them empty. */
static bool hash_side_by_side(IMB_MGR *manager, struct sha256_message *messages, size_t count)
{
	unsigned char hashes[TOGETHER][SHA256_SIZE];
	const IMB_JOB *ended;
	size_t hashed = 0;

	for (size_t i = 0; i < count; i++) {
		IMB_JOB *job = IMB_GET_NEXT_JOB(manager);

		*job = (IMB_JOB){.cipher_mode = IMB_CIPHER_NULL,
		    .chain_order = IMB_ORDER_HASH_CIPHER,
		    .hash_alg = IMB_AUTH_SHA_256,
		    .src = messages[i].bytes,
		    .msg_len_to_hash_in_bytes = messages[i].count,
		    .auth_tag_output = hashes[i],
		    .auth_tag_output_len_in_bytes = SHA256_SIZE};
		hashed += is_hashed(IMB_SUBMIT_JOB(manager));
	}
	while ((ended = IMB_FLUSH_JOB(manager)) != NULL)
		hashed += is_hashed(ended);
	for (size_t i = 0; i < count; i++)
		sha256_hex(hashes[i], messages[i].hex);
	return hashed == count;
}

#else

static IMB_MGR *manager_new(size_t *ret_least)
{
	*ret_least = 0;
	return NULL;
}

static void manager_free(IMB_MGR *manager)
{
	(void)manager;
}

static bool hash_side_by_side(IMB_MGR *manager, struct sha256_message *messages, size_t count)
{
	(void)manager;
	(void)messages;
	(void)count;
	return false;
}

#endif

static int hash_in_turn(
    struct sha256_many *many, struct sha256_message *messages, size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		if (sha256_start(&many->one, err) < 0)
			return -1;
		sha256_add(&many->one, messages[i].bytes, messages[i].count);
		sha256_print(&many->one, messages[i].hex);
	}
	return 0;
}

/* Both ways have to agree: a letter is known by its hash for as long as it is kept. */
static bool can_be_trusted(struct sha256_many *many)
{
	static const char bytes[] =
	    "Sixteen of them side by side, of different lengths: one block, "
	    "two blocks, and what lies between.";
	struct sha256_message messages[SAMPLES];
	char hex[SAMPLES][SHA256_HEX + 1];
	struct err err;

	for (size_t i = 0; i < SAMPLES; i++)
		messages[i] = (struct sha256_message){.bytes = bytes, .count = 6 * (i + 1)};
	if (hash_in_turn(many, messages, SAMPLES, &err) < 0)
		return false;
	for (size_t i = 0; i < SAMPLES; i++)
		memcpy(hex[i], messages[i].hex, sizeof(hex[i]));
	if (!hash_side_by_side(many->manager, messages, SAMPLES))
		return false;
	for (size_t i = 0; i < SAMPLES; i++)
		if (strcmp(hex[i], messages[i].hex) != 0)
			return false;
	return true;
}

static void give_up_lanes(struct sha256_many *many)
{
	log_warning(
	    "text=\"letters are hashed one after the other: the library for more is wrong\"");
	manager_free(many->manager);
	many->manager = NULL;
}

struct sha256_many *sha256_many_new(void)
{
	return mem_new(1, sizeof(struct sha256_many));
}

void sha256_many_free(struct sha256_many *many)
{
	if (!many)
		return;
	manager_free(many->manager);
	sha256_done(&many->one);
	free(many);
}

bool sha256_many_is_fast(struct sha256_many *many)
{
	if (!many->has_looked) {
		many->has_looked = true;
		many->manager = manager_new(&many->least);
		if (many->manager && !can_be_trusted(many))
			give_up_lanes(many);
	}
	return many->manager != NULL;
}

/* It takes as long as the longest message. */
static bool is_worth_it(
    struct sha256_many *many, const struct sha256_message *messages, size_t count)
{
	size_t longest = 0;
	size_t sum = 0;

	for (size_t i = 0; i < count; i++) {
		if (messages[i].count == 0)
			return false; /* the library takes none */
		sum += messages[i].count;
		if (longest < messages[i].count)
			longest = messages[i].count;
	}
	return count > 1 && sha256_many_is_fast(many) && sum / many->least >= longest;
}

int sha256_many(
    struct sha256_many *many, struct sha256_message *messages, size_t count, struct err *err)
{
	for (size_t at = 0; at < count; at += TOGETHER) {
		size_t some = count - at < TOGETHER ? count - at : TOGETHER;
		bool done = is_worth_it(many, messages + at, some) &&
		            hash_side_by_side(many->manager, messages + at, some);

		if (!done && hash_in_turn(many, messages + at, some, err) < 0)
			return -1;
	}
	return 0;
}
