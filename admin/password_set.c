/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery password set: an account's password, from a terminal or a script. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "admin/commands.h"
#include "admin/operator.h"
#include "spool/password.h"

/* One line of standard input without its end; too long a one is refused by what checks it. */
static int read_line(char text[PASSWORD_MOST + 2], struct err *err)
{
	if (!fgets(text, PASSWORD_MOST + 2, stdin))
		return err_set(err, ERR_REFUSED, "no password on standard input");
	text[strcspn(text, "\r\n")] = '\0';
	return 0;
}

static int ask(const char *prompt, char text[PASSWORD_MOST + 2], struct err *err)
{
	struct termios before;
	struct termios silent;
	int result;

	if (tcgetattr(STDIN_FILENO, &before) < 0)
		return err_sys(err, "terminal");
	silent = before;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	(void)fputs(prompt, stderr);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
	result = read_line(text, err);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
	(void)fputs("\n", stderr);
	return result;
}

/* Twice from a terminal, since nobody sees what is typed. */
static int read_password(char ret_password[PASSWORD_MOST + 2], struct err *err)
{
	char again[PASSWORD_MOST + 2] = "";
	int result;

	if (!isatty(STDIN_FILENO))
		return read_line(ret_password, err);
	if (ask("New password: ", ret_password, err) < 0 || ask("Once more: ", again, err) < 0)
		return -1;
	result = strcmp(ret_password, again) == 0
	             ? 0
	             : err_set(err, ERR_REFUSED, "these were two different passwords");
	explicit_bzero(again, sizeof(again));
	return result;
}

static int run(const struct call *call, struct err *err)
{
	OWNED_SPOOL struct spool spool = SPOOL_CLOSED;
	char password[PASSWORD_MOST + 2] = "";
	char hash[PASSWORD_HASH_MAX + 1];
	struct account account;
	int result = -1;

	if (operator_open(call, &spool, err) == 0 &&
	    account_get(spool.catalog, call->arguments[0], &account, err) == 0 &&
	    read_password(password, err) == 0 && password_check(password, err) == 0 &&
	    password_hash(password, hash, err) == 0)
		result = password_set(spool.catalog, &spool.actor, call->arguments[0], hash, err);
	explicit_bzero(password, sizeof(password));
	if (result == 0)
		(void)printf("account %s has a new password\n", account.login);
	return result;
}

const struct command command_password_set = {
    .name = "password set",
    .arguments = "LOGIN",
    .least = 1,
    .most = 1,
    .about = "set an account's password, from a terminal or a line of standard input",
    .run = run,
};
