#include "spool/retention.h"

#include <time.h>

#include "base/number.h"

int64_t retention_end(const struct letter *letter, int64_t months)
{
	time_t seconds = letter->posted / SECOND;
	struct tm parts;

	(void)gmtime_r(&seconds, &parts);
	parts.tm_mon += (int)months;
	return timegm(&parts) * SECOND;
}
