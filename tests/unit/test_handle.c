/* SPDX-License-Identifier: Apache-2.0 */
#include "server/handle.h"

#include <fcntl.h>
#include <string.h>

#include "base/mem.h"
#include "tests/lib/drops.h"
#include "tests/unit/suite.h"

void add_suite_handle(CU_pSuite suite);

/* A handle as it goes over the wire, behind its length. */
struct wire {
	char bytes[HANDLE_SIZE];
};

static struct handles *new_handles(void)
{
	return mem_new(1, sizeof(struct handles));
}

static void end_handles(struct handles **handles)
{
	handles_done(*handles);
	free(*handles);
}
#define OWNED_HANDLES OWNED(end_handles)

static struct handle *open_one(struct handles *handles, struct wire *ret_wire)
{
	OWNED(buffer_done) struct buffer out = BUFFER(64);
	struct handle *handle = handle_free(handles);

	CU_ASSERT_PTR_NOT_NULL_FATAL(handle);
	handle->kind = HANDLE_FILE;
	handle->fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	handle_put(handles, handle, &out);
	CU_ASSERT_EQUAL_FATAL(out.length, 4 + HANDLE_SIZE);
	CU_ASSERT_EQUAL(memcmp(buffer_text(&out), "\0\0\0\10", 4), 0);
	memcpy(ret_wire->bytes, buffer_text(&out) + 4, HANDLE_SIZE);
	return handle;
}

static void a_handle_is_found_by_its_own_bytes_only(void)
{
	OWNED_HANDLES struct handles *handles = new_handles();
	struct wire first;
	struct wire second;
	const struct handle *opened = open_one(handles, &first);
	const struct handle *other = open_one(handles, &second);

	CU_ASSERT_PTR_EQUAL(handle_find(handles, first.bytes, HANDLE_SIZE), opened);
	CU_ASSERT_PTR_EQUAL(handle_find(handles, second.bytes, HANDLE_SIZE), other);
	for (size_t length = 0; length < HANDLE_SIZE; length++)
		CU_ASSERT_PTR_NULL(handle_find(handles, first.bytes, length));
	for (size_t bit = 0; bit < 8 * (size_t)HANDLE_SIZE; bit++) {
		struct wire wrong = first;

		wrong.bytes[bit / 8] = (char)(wrong.bytes[bit / 8] ^ 1 << bit % 8);
		CU_ASSERT_PTR_NULL(handle_find(handles, wrong.bytes, HANDLE_SIZE));
	}
}

static void a_closed_one_is_not_found_though_its_slot_is_used_again(void)
{
	OWNED_HANDLES struct handles *handles = new_handles();
	struct wire stale;
	struct wire fresh;
	struct handle *handle = open_one(handles, &stale);
	int before = drops_open_fds();

	CU_ASSERT_FALSE(handles_are_free(handles));
	handle_close(handle);
	CU_ASSERT_EQUAL(drops_open_fds(), before - 1);
	CU_ASSERT_TRUE(handles_are_free(handles));
	CU_ASSERT_PTR_NULL(handle_find(handles, stale.bytes, HANDLE_SIZE));
	handle_close(handle);
	CU_ASSERT_PTR_EQUAL(open_one(handles, &fresh), handle);
	CU_ASSERT_PTR_NULL(handle_find(handles, stale.bytes, HANDLE_SIZE));
	CU_ASSERT_PTR_EQUAL(handle_find(handles, fresh.bytes, HANDLE_SIZE), handle);
}

static void there_are_so_many_and_all_of_them_end_together(void)
{
	int before = drops_open_fds();
	OWNED_HANDLES struct handles *handles = new_handles();
	static struct wire wires[HANDLES_MAX];

	for (int i = 0; i < HANDLES_MAX; i++)
		(void)open_one(handles, &wires[i]);
	CU_ASSERT_PTR_NULL(handle_free(handles));
	for (int i = 0; i < HANDLES_MAX; i++)
		CU_ASSERT_PTR_EQUAL(
		    handle_find(handles, wires[i].bytes, HANDLE_SIZE), &handles->all[i]);
	handle_close(&handles->all[100]);
	CU_ASSERT_PTR_EQUAL(handle_free(handles), &handles->all[100]);
	handles_done(handles);
	CU_ASSERT_TRUE(handles_are_free(handles));
	CU_ASSERT_EQUAL(drops_open_fds(), before);
}

void add_suite_handle(CU_pSuite suite)
{
	TEST(a_handle_is_found_by_its_own_bytes_only);
	TEST(a_closed_one_is_not_found_though_its_slot_is_used_again);
	TEST(there_are_so_many_and_all_of_them_end_together);
}
