/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/drop.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "base/utf8.h"

void drop_init(struct drop *drop, const struct arrival *arrival)
{
	*drop = (struct drop){.class = arrival->class, .folder_fd = -1, .fd = -1, .served_fd = -1};
	text_copy(drop->avrs_id, arrival->avrs_id);
	text_copy(drop->name, arrival->name);
	text_copy(drop->on_disk, arrival->name);
}

void drop_done(struct drop *drop)
{
	if (drop->served_fd != drop->fd)
		clean_fd(&drop->served_fd);
	clean_fd(&drop->fd);
	drop->fd = -1;
	drop->served_fd = -1;
}

void drop_decide(struct drop *drop, enum verdict verdict, const char *format, ...)
{
	va_list args;

	drop->verdict = verdict;
	va_start(args, format);
	(void)vsnprintf(drop->reason, sizeof(drop->reason), format, args);
	va_end(args);
}

void drop_intake(const struct drop *drop, enum intake_state state, struct intake *ret_intake)
{
	OWNED_BUFFER struct buffer name = BUFFER(sizeof(ret_intake->name) - 1);
	int64_t now = clock_now();

	utf8_escape(&name, drop->name, strlen(drop->name));
	*ret_intake = (struct intake){
	    .id = drop->intake_id,
	    .class = drop->class,
	    .state = state,
	    .size = drop->st.st_size,
	    .source = source_of(&drop->st),
	    .seen = now,
	    .changed = now,
	};
	text_copy(ret_intake->avrs_id, drop->avrs_id);
	text_copy(ret_intake->name, buffer_text(&name));
	text_copy(ret_intake->reason, drop->reason);
}

void drop_queue(const struct drop *drop, const char *name, struct arrivals *arrivals)
{
	struct arrival arrival = {.class = drop->class, .name = name};

	text_copy(arrival.avrs_id, drop->avrs_id);
	arrivals_add(arrivals, &arrival);
}

bool drop_is_asked_back(const struct drop *drop)
{
	return drop->leased && fcntl(drop->fd, F_GETLEASE) != F_RDLCK;
}
