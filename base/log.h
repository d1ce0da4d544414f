/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line an event, key=value, to stderr: for journald with a priority in front, for people
 * with the time.
 *
 *   error    somebody must act              warning  somebody should look
 *   info     one line a change of a letter or an account         debug    free
 *
 * Never what is in a letter, its name, names of people, NPIs, passwords. Whatever could hold
 * control characters is made harmless here, so one call is always one line.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Lines come from program (kept, not copied); those below least are dropped. */
void log_open(const char *program, enum log_level least);

/*
 * Lines of the calling thread are kept from log_gather() on, and written by log_release(), several
 * at a time: for many that come at once, whose reader would be woken by each.
 */
void log_gather(void);
void log_release(void);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
