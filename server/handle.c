/* SPDX-License-Identifier: Apache-2.0 */
#include "server/handle.h"

#include <stdlib.h>
#include <unistd.h>

struct handle *handle_free(struct handles *handles)
{
	for (int i = 0; i < HANDLES_MAX; i++)
		if (handles->all[i].kind == HANDLE_FREE)
			return &handles->all[i];
	return NULL;
}

struct handle *handle_find(struct handles *handles, const char *bytes, size_t length)
{
	struct sftp_reader reader = {
	    (const uint8_t *)bytes, (const uint8_t *)bytes + length, false};
	uint32_t slot = sftp_get_uint32(&reader);
	uint32_t serial = sftp_get_uint32(&reader);

	if (length != HANDLE_SIZE || slot >= HANDLES_MAX ||
	    handles->all[slot].kind == HANDLE_FREE || handles->all[slot].serial != serial)
		return NULL;
	return &handles->all[slot];
}

void handle_put(struct handles *handles, struct handle *handle, struct buffer *out)
{
	handle->serial = handles->next_serial++;
	sftp_put_uint32(out, HANDLE_SIZE);
	sftp_put_uint32(out, (uint32_t)(handle - handles->all));
	sftp_put_uint32(out, handle->serial);
}

void handle_close(struct handle *handle)
{
	if (handle->kind == HANDLE_FREE)
		return;
	if (handle->kind == HANDLE_FILE)
		(void)close(handle->fd);
	free(handle->sent);
	if (handle->page)
		buffer_done(&handle->page->names);
	free(handle->page);
	inbound_free(handle->inbound);
	*handle = (struct handle){.kind = HANDLE_FREE};
}

void handles_done(struct handles *handles)
{
	for (int i = 0; i < HANDLES_MAX; i++)
		handle_close(&handles->all[i]);
}

bool handles_are_free(const struct handles *handles)
{
	for (int i = 0; i < HANDLES_MAX; i++)
		if (handles->all[i].kind != HANDLE_FREE)
			return false;
	return true;
}
