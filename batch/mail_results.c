/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/mail_results.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/number.h"
#include "base/text.h"

int64_t mail_results_delay(int64_t first, int64_t attempts)
{
	int64_t delay = first;

	for (int64_t i = 1; i < attempts && delay < MAIL_DELAY_MOST; i++)
		delay *= 2;
	return delay < MAIL_DELAY_MOST ? delay : MAIL_DELAY_MOST;
}

static struct mail_result *add(struct mail_results *results, const struct mail *mail,
    enum mail_outcome outcome, const char *answer)
{
	struct mail_result *result = &results->rows[results->count++];

	*result = (struct mail_result){.mail = *mail, .outcome = outcome};
	text_copy(result->answer, answer);
	return result;
}

void mail_results_add(struct mail_results *results, const struct mail *mail,
    enum mail_outcome outcome, const char *answer)
{
	(void)add(results, mail, outcome, answer);
}

void mail_results_retry(struct mail_results *results, const struct mail *mail, int64_t delay,
    int64_t give_up, const char *answer)
{
	int64_t now = clock_now();
	bool is_over =
	    now - mail->first_attempt >= give_up || (mail->expires && now + delay >= mail->expires);
	enum mail_outcome outcome = is_over ? MAIL_OUTCOME_GIVEN_UP : MAIL_OUTCOME_RETRY;

	add(results, mail, outcome, answer)->again = now + delay;
}

static void log_result(const struct mail_result *result)
{
	static const char *const words[MAIL_OUTCOME_COUNT] = {
	    [MAIL_OUTCOME_SENT] = "sent",
	    [MAIL_OUTCOME_RETRY] = "deferred",
	    [MAIL_OUTCOME_REFUSED] = "refused",
	    [MAIL_OUTCOME_GIVEN_UP] = "given-up",
	    [MAIL_OUTCOME_DROPPED] = "dropped",
	};

	if (words[result->outcome])
		log_info("mail=%" PRId64 " %s account=%s kind=%s attempts=%" PRId64
		         " answer=\"%s\"",
		    result->mail.id, words[result->outcome], result->mail.login,
		    mail_kind_name(result->mail.kind), result->mail.attempts, result->answer);
}

int mail_results_record(struct mail_results *results, struct catalog *catalog,
    const struct actor *actor, struct err *err)
{
	size_t lost = 0;

	if (results->count == 0)
		return 0;
	fault_point("mail.handed-over");
	if (mail_record(catalog, actor, actor->node, results->rows, results->count, &lost, err) < 0)
		return -1;
	fault_point("mail.recorded");
	log_gather();
	for (size_t i = 0; i < results->count; i++)
		log_result(&results->rows[i]);
	log_release();
	if (lost)
		log_warning(
		    "text=\"%zu mails were another maild's or nobody's by the time they were "
		    "recorded; they may be sent twice\"",
		    lost);
	results->count = 0;
	return 0;
}
