/* SPDX-License-Identifier: Apache-2.0 */
#include "server/report.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "server/ask.h"

void reports_add(struct reports *reports, const struct report *report)
{
	reports->all = mem_grow(reports->all, reports->count, sizeof(*reports->all));
	reports->all[reports->count++] = *report;
}

int reports_send(struct reports *reports, int broker, int64_t position, struct err *err)
{
	size_t due = 0;
	int result = 0;

	while (result == 0 && due < reports->count && reports->all[due].due <= position) {
		result = ask_sent(broker, &reports->all[due], err);
		due++;
	}
	if (due == 0)
		return 0;
	reports->count -= due;
	memmove(reports->all, reports->all + due, reports->count * sizeof(*reports->all));
	return result;
}

void reports_done(struct reports *reports)
{
	free(reports->all);
	*reports = (struct reports){.count = 0};
}
