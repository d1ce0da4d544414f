/* SPDX-License-Identifier: Apache-2.0 */
/* The list of commands: a row each, in the order that `edelivery help` shows them. */
#ifndef ADMIN_COMMANDS_H
#define ADMIN_COMMANDS_H

#include "admin/command.h"

/* clang-format off */
#define COMMANDS                                                                   \
	ROW(init) ROW(up) ROW(status)                                              \
	ROW(config_show) ROW(config_get) ROW(config_set)                           \
	ROW(provider_add) ROW(provider_import) ROW(provider_list) ROW(provider_show) ROW(provider_deactivate) \
	ROW(account_add) ROW(account_list) ROW(account_show) ROW(account_set) \
	ROW(account_disable) ROW(account_enable) ROW(account_unlock) ROW(account_remove) \
	ROW(role_grant) ROW(role_revoke)                                           \
	ROW(key_add) ROW(key_list) ROW(key_remove) ROW(password_set)                                 \
	ROW(drop_list) ROW(drop_files)                                             \
	ROW(letter_list) ROW(letter_show) ROW(letter_renew)                        \
	ROW(quarantine_list) ROW(quarantine_release) ROW(quarantine_discard)       \
	ROW(batch_list) ROW(batch_discard)                                         \
	ROW(mail_list) ROW(mail_retry) ROW(mail_hold) ROW(mail_bounce)             \
	ROW(archive_run) ROW(archive_list) ROW(archive_verify)                     \
	ROW(reindex) ROW(catalog_copy)
/* clang-format on */

/* The row `ROW(provider_add)` is command_provider_add, in provider_add.c. */
#define ROW(name) extern const struct command command_##name;
COMMANDS
#undef ROW

#endif
