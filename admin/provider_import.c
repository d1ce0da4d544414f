/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery provider import: many providers from a CSV file, all or none. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "admin/commands.h"
#include "admin/operator.h"
#include "base/csv.h"
#include "base/file.h"
#include "base/number.h"
#include "spool/provider.h"

enum { FILE_MAX = 256 * 1024 * 1024 };

static const char *const header[] = {"avrs_id", "npi", "name", "kind"};
enum { FIELDS = sizeof(header) / sizeof(header[0]) };

/* An import under way, for the transaction's body. */
struct importing {
	const struct spool *spool;
	const struct buffer *text;
	struct csv *csv;
	size_t count;
};

static int check_header(struct csv *csv, struct err *err)
{
	bool record = false;

	if (csv_next(csv, &record, err) < 0)
		return -1;
	if (!record || csv->count != FIELDS)
		return csv_refuse(csv, 0, "the first line must be avrs_id,npi,name,kind", err);
	for (size_t i = 0; i < FIELDS; i++)
		if (strcmp(csv->fields[i], header[i]) != 0)
			return csv_refuse(
			    csv, i, "the first line must be avrs_id,npi,name,kind", err);
	return 0;
}

/* Which field is to blame: each alone makes a provider that is right but for it. */
static size_t wrong_field(char *const *fields)
{
	struct provider ignored;
	struct err err;

	if (provider_fill(&ignored, fields[0], "", "", "billing", &err) < 0)
		return 0;
	if (provider_fill(&ignored, fields[0], fields[1], "", "billing", &err) < 0)
		return 1;
	return provider_fill(&ignored, fields[0], "", fields[2], "billing", &err) < 0 ? 2 : 3;
}

static int import_record(struct importing *importing, struct err *err)
{
	struct csv *csv = importing->csv;
	struct provider provider;
	struct err reason;

	if (csv->count != FIELDS)
		return csv_refuse(csv, csv->count < FIELDS ? csv->count : FIELDS,
		    "four fields were expected: avrs_id,npi,name,kind", err);
	if (provider_fill(&provider, csv->fields[0], csv->fields[1], csv->fields[2], csv->fields[3],
	        &reason) < 0)
		return csv_refuse(csv, wrong_field(csv->fields), reason.text, err);
	importing->count++;
	return provider_put(importing->spool->catalog, &importing->spool->actor, &provider, err);
}

static int import_body(struct catalog *catalog, void *arg, struct err *err)
{
	struct importing *importing = arg;
	bool record = true;

	(void)catalog;
	importing->count = 0;
	csv_start(importing->csv, buffer_text(importing->text), importing->text->length);
	if (check_header(importing->csv, err) < 0)
		return -1;
	for (;;) {
		if (csv_next(importing->csv, &record, err) < 0)
			return -1;
		if (!record)
			return 0;
		if (import_record(importing, err) < 0)
			return -1;
	}
}

static int run(const struct call *call, struct err *err)
{
	static struct csv csv;
	OWNED_BUFFER struct buffer text = BUFFER(FILE_MAX);
	OWNED_SPOOL struct spool spool = SPOOL_CLOSED;
	struct importing importing = {&spool, &text, &csv, 0};

	if (file_read(AT_FDCWD, call->arguments[0], &text, err) < 0 ||
	    operator_open(call, &spool, err) < 0)
		return -1;
	if (catalog_transact(spool.catalog, import_body, &importing, err) < 0)
		return err_context(err, "nothing is imported: %s", call->arguments[0]);
	(void)printf("%zu providers imported\n", importing.count);
	return 0;
}

const struct command command_provider_import = {
    .name = "provider import",
    .arguments = "CSV",
    .least = 1,
    .most = 1,
    .about = "add or change providers from a file: avrs_id,npi,name,kind; all or none",
    .run = run,
};
